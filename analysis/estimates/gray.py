"""Gray's test: whether groups differ in the cumulative incidence of a cause."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates.competing import CENSORED
from analysis.estimates.log_rank import LogRank
from analysis.estimates.weights import weights_of


def gray_test(first: pd.DataFrame, cause: str) -> LogRank:
    """Test whether the cumulative incidence of a cause is the same in all groups.

    Parameters
    ----------
    first
        One row a patient: `days` (not negative), `cause` (censored, or the event) and
        `level` (the group). With `n` a row stands for so many patients (`weights`).
    cause
        The event whose incidence is compared; every other event competes with it.

    Returns
    -------
    LogRank
        As `cuminc` of R's `cmprsk`, with its weight rho 0. nan with a note where the events
        cannot decide anything.

    References
    ----------
    Gray RJ. Ann Stat 1988;16:1141-54. The paper has no ties; tied events have the variance of a
    draw without replacement, which is what `cuminc` gives.
    """
    of_cause = first.loc[first["cause"] == cause, "days"]
    left = first[first["days"] >= of_cause.min()]
    groups = first["level"].nunique()
    # SurPyval gives 0 and p = 1 where the variance is none: of a group that nobody is left of, and
    # where the cause takes all who are left on one day, if nothing competed with it before.
    at_once = left["cause"].eq(cause).all() and left["days"].nunique() == 1
    alone = first["cause"].isin([cause, CENSORED]).all()
    if groups < 2 or left["level"].nunique() < groups or (at_once and alone):
        return _undecided("no event of the cause while groups were at risk")
    # Imported here, since it takes a second, for which the base report has no need.
    from surpyval.univariate.competing_risks import gray_test as surpyval_gray_test

    # It divides by 0 where it then takes 1, on a day that takes all of a group.
    with np.errstate(divide="ignore", invalid="ignore"):
        found = surpyval_gray_test(
            first["days"].to_numpy(),
            first["cause"].mask(first["cause"] == CENSORED).to_numpy(),
            first["level"].to_numpy(),
            event=cause,
            n=weights_of(first),
        )
    # The correction of `cuminc` for ties takes more than there is where a day takes nearly all who
    # are left of a few patients.
    if found.statistic < 0:
        return _undecided("too few patients for so many events on one day")
    return LogRank(found.statistic, found.df, found.p_value)


def _undecided(note: str) -> LogRank:
    return LogRank(float("nan"), 0, float("nan"), note)
