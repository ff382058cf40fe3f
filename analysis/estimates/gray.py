"""Gray's test: whether groups differ in the cumulative incidence of a cause."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from analysis.estimates.competing import CENSORED, just_before
from analysis.estimates.log_rank import LogRank

_Numbers = npt.NDArray[np.float64]

# A group whose contribution has no variance leaves some 1e-16 of that of the others.
_SINGULAR = 1e-12


def gray_test(first: pd.DataFrame, cause: str) -> LogRank:
    """Test whether the cumulative incidence of a cause is the same in all groups.

    Parameters
    ----------
    first
        One row a patient: `days` (whole, not negative), `cause` (censored, or the event) and
        `level` (the group).
    cause
        The event whose incidence is compared; every other event competes with it.

    Returns
    -------
    LogRank
        As `cuminc` of R's `cmprsk`, with its weight rho 0. nan with a note where the events
        cannot decide anything.

    References
    ----------
    Gray RJ. Ann Stat 1988;16:1141-54: score and variance of section 3, whose letters are kept:
    F1 is the incidence, G = 1 - F1, S survival without any event, 0 of all groups together.
    """
    # Written out because no library that is used here has it. The paper has no ties; tied events
    # have the variance of a draw without replacement, which is what `cuminc` gives.
    days = np.unique(first.loc[first["cause"] != CENSORED, "days"])
    levels = [rows for _, rows in first.groupby("level", observed=True)]
    if len(levels) < 2 or not (first["cause"] == cause).any():
        return _undecided()
    at_risk, of_cause, of_other = (
        np.array([_counts(rows, days, cause)[part] for rows in levels]) for part in range(3)
    )
    left = np.maximum(at_risk, 1)
    survival = np.cumprod(1 - (of_cause + of_other) / left, axis=1)
    before = just_before(survival, 1.0)
    own = just_before(np.cumsum(before * of_cause / left, axis=1), 0.0)

    # How many patients each group would have at risk of the cause, had it no competitor; groups
    # are rows, days columns. A group that nobody is left of has none.
    h = np.where(at_risk > 0, at_risk / np.where(before > 0, before, 1), 0.0)
    everybody, events = h.sum(axis=0), of_cause.sum(axis=0)
    exposed = h * (1 - own)
    score = (of_cause - _share(exposed, exposed.sum(axis=0)) * events).sum(axis=1)

    of_incidence = _share(events, everybody)
    common = 1 - np.cumsum(of_incidence)
    of_hazard = _share(of_incidence, just_before(common, 1.0))
    # Axes: group whose score, group whose patients, day.
    same = np.eye(len(levels))[:, :, np.newaxis]
    d = h[:, np.newaxis] * (same - _share(h, everybody))
    c = np.cumsum(d * of_hazard, axis=2)
    ahead = c[:, :, -1:] - c
    b = np.where(survival > 0, common / np.where(survival > 0, survival, 1), 0.0) * ahead
    a = d + ahead - b
    first_part = _share(of_incidence, h) * _tied(events, everybody * before)
    second_part = _share(before * of_other / left, h) * _tied(of_other, at_risk)
    variance = np.einsum("krt,lrt,rt->kl", a, a, first_part)
    variance += np.einsum("krt,lrt,rt->kl", b, b, second_part)

    # Scores of all groups add up to nothing, so that the last of them tells nothing.
    score, variance = score[:-1], variance[:-1, :-1]
    tolerance = _SINGULAR * float(everybody.max()) ** 2
    if np.linalg.matrix_rank(variance, tol=tolerance, hermitian=True) < len(score):
        return _undecided()
    statistic = float(score @ np.linalg.solve(variance, score))
    return LogRank(statistic, len(score), float(chi2.sf(statistic, len(score))))


def _undecided() -> LogRank:
    return LogRank(float("nan"), 0, float("nan"), "no event of the cause while groups were at risk")


def _counts(rows: pd.DataFrame, days: npt.NDArray[np.int64], cause: str) -> _Numbers:
    """Count patients at risk, with the cause and with another event, shape (3, days)."""
    own = rows["days"].to_numpy()[:, np.newaxis]
    of_cause = rows["cause"].eq(cause).to_numpy()[:, np.newaxis]
    any_event = rows["cause"].ne(CENSORED).to_numpy()[:, np.newaxis]
    on_day = own == days
    return np.array(
        [own >= days, on_day & of_cause, on_day & any_event & ~of_cause], dtype=np.float64
    ).sum(axis=1)


def _share(part: _Numbers, whole: _Numbers) -> _Numbers:
    """Divide, with 0 where there is nothing to divide by."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0.0)


def _tied(events: _Numbers, at_risk: _Numbers) -> _Numbers:
    """Give the factor by which a draw of `events` without replacement varies less."""
    tied = (events > 1) & (at_risk > 1)
    return np.where(tied, 1 - (events - 1) / np.where(tied, at_risk - 1, 1), 1.0)
