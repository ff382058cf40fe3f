"""Log-rank tests: plain, weighted towards early events, and within strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from analysis.estimates.risk_sets import RiskSets, count
from analysis.estimates.weights import weights_of

Weighting = Literal["none", "wilcoxon", "peto"]

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LogRank:
    """A log-rank test; nan with a note when the data cannot decide anything."""

    statistic: float
    degrees_of_freedom: int
    p_value: float
    note: str = ""


def log_rank(
    times: pd.DataFrame, weighting: Weighting = "none", strata: Sequence[str] = ()
) -> LogRank:
    """Test whether the hazard differs between groups of patients.

    Parameters
    ----------
    times
        One row a patient: `days`, `event` (bool), `level` (the group), and the columns
        named by `strata`. With a column `start`, a row is at risk only after that day: groups
        entered on the way give the test of Mantel and Byar. With `n` a row stands for so many
        patients (`weights`).
    weighting
        The weight of each day with events: `none` for the log-rank test; `wilcoxon` for the
        number at risk (Gehan, Breslow); `peto` for survival just before the day (Peto and Peto;
        the test of Harrington and Fleming with rho 1). Within a stratum, of that stratum.
    strata
        Patients are compared only with those of the same values.

    Returns
    -------
    LogRank
        As R's `survdiff(Surv(days, event) ~ level + strata(...), rho = )`, in which `peto` is
        rho 1: a group that nobody is left in at the first event is left out. nan with a note
        when no event decides anything.

    References
    ----------
    Mantel N. Cancer Chemother Rep 1966;50:163-70. Peto R, Peto J. J R Stat Soc A 1972;135:185-207.
    Gehan EA. Biometrika 1965;52:203-23. Breslow N. Biometrika 1970;57:579-94. Harrington DP,
    Fleming TR. Biometrika 1982;69:553-66. Mantel N, Byar DP. J Am Stat Assoc 1974;69:81-6.
    """
    # Written out because each library leaves something out, though all agree to 1e-13 where they
    # answer (docs/libraries.md). lifelines has neither strata nor delayed entry, and takes 23 ms
    # where this takes 1. statsmodels' survdiff fails on strata with delayed entry, and on a group
    # that is gone before the first event. SurPyval's logrank counts a degree of freedom for a group
    # that meets no other, and calls it p = 1 where no event decides anything.
    codes, levels = pd.factorize(times["level"], sort=True)
    groups = times.groupby(list(strata), observed=True).indices.values() if strata else [None]
    excess, variance = np.zeros(len(levels)), np.zeros((len(levels), len(levels)))
    for rows in groups:
        part, of = (times, codes) if rows is None else (times.iloc[rows], codes[rows])
        found = _excess_and_variance(
            count(
                part["days"].to_numpy(),
                part["event"].to_numpy(dtype=bool),
                of,
                tuple(levels),
                part["start"].to_numpy() if "start" in part else None,
                weights_of(part),
            ),
            weighting,
        )
        excess, variance = excess + found[0], variance + found[1]
    # Only days that can decide something are counted, so that nought is exactly nought here.
    exposed = np.diag(variance) > 0
    freedom = 0
    if exposed.any():
        excess, variance = excess[exposed], variance[np.ix_(exposed, exposed)]
        # The excesses of all groups add to nought, and so do those of groups that never meet.
        freedom = int(np.linalg.matrix_rank(variance, hermitian=True, rtol=1e-9))
    if not freedom:
        where = " of a stratum" if strata else ""
        note = f"no event while two groups{where} were at risk"
        return LogRank(float("nan"), 0, float("nan"), note)
    inverse = np.linalg.pinv(variance, hermitian=True, rtol=1e-9)
    statistic = float(excess @ inverse @ excess)
    return LogRank(statistic, freedom, float(chi2.sf(statistic, freedom)))


def _excess_and_variance(sets: RiskSets, weighting: Weighting) -> tuple[_Numbers, _Numbers]:
    """Give observed less expected events of each group, shape (g,), and their covariances."""
    left, had = (counts.sum(axis=1).astype(np.float64) for counts in (sets.at_risk, sets.events))
    decides = ((sets.at_risk > 0).sum(axis=1) > 1) & (had < left)
    weight = weight_of(weighting, left, had)[decides]
    left, had = left[decides], had[decides]
    share = sets.at_risk[decides] / left[:, np.newaxis]
    excess = weight @ (sets.events[decides] - had[:, np.newaxis] * share)
    spread = weight**2 * had * (left - had) / (left - 1)
    return excess, np.diag(spread @ share) - (share * spread[:, np.newaxis]).T @ share


def weight_of(weighting: Weighting, at_risk: _Numbers, events: _Numbers) -> _Numbers:
    """Give the weight of each day with events, shape (k,); see `log_rank`."""
    if weighting == "wilcoxon":
        return at_risk
    if weighting == "peto":
        return np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])[:-1]
    return np.ones_like(at_risk)
