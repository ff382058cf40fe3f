"""Immortal time: groups that are known only after time zero.

Whoever lives longer has more time to receive a treatment, so that its recipients seem to live
longer. There are two remedies. At a landmark, groups are what was known by then, and time runs from
it. Or patients change group on the day on which it is known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.variables import Factor


def landmark_day(month: int, days: npt.ArrayLike) -> float:
    """Give a month in days: where all times are whole days, the whole day nearest to it.

    What was recorded in months lies on the month itself, and is counted from there.

    >>> [landmark_day(month, [365, 366]) for month in (2, 3, 6)]
    [61.0, 91.0, 183.0]
    >>> landmark_day(2, [365.25, 60.875])
    60.875
    """
    exact = month * DAYS_PER_MONTH
    return float(round(exact)) if (np.asarray(days) % 1 == 0).all() else exact


def from_landmark(times: pd.DataFrame, landmark: float) -> pd.DataFrame:
    """Give the patients at risk at a landmark whose group was known by then, counted from it.

    Parameters
    ----------
    times
        One row a patient: `days`, `event` (bool), `level` (the group), and `known` (the
        day on which the level became known; missing where it was known from the start).
    landmark
        Days from time zero.

    Returns
    -------
    DataFrame
        `times` of patients still observed, without event, after the day of the landmark; `days`
        is what is left, more than 0.

    References
    ----------
    Anderson JR, Cain KC, Gelber RD. J Clin Oncol 1983;1:710-9.
    """
    kept = times[(times["days"] > landmark) & ~(times["known"] > landmark)]
    return kept.assign(days=kept["days"] - landmark)


def from_change(times: pd.DataFrame) -> pd.DataFrame:
    """Part the follow-up of patients who enter the group `yes` on the way.

    Parameters
    ----------
    times
        One row a patient: `days`, `event` (bool), `level` (`yes` or `no`, in the end)
        and `known` (the day from which it holds; missing: from the start).

    Returns
    -------
    DataFrame
        `times` with `start`, the day after which a row is at risk (-1, from the start). A patient
        is `no` until the day of entering the group, and `yes` after it, in a second row. The event
        of the day itself belongs to the time before.

    References
    ----------
    Mantel N, Byar DP. J Am Stat Assoc 1974;69:81-6.
    """
    change = times["known"].fillna(0).to_numpy()
    enters = times["level"].eq("yes").to_numpy() & (change > 0)
    parted = enters & (change < times["days"].to_numpy())
    level = times["level"].astype(pd.CategoricalDtype(["no", "yes"], ordered=True))
    before = times.assign(
        start=-1.0,
        days=np.where(parted, change, times["days"]),
        event=times["event"].to_numpy(dtype=bool) & ~parted,
        level=level.mask(enters, "no"),
    )
    after = times[parted].assign(start=change[parted], level=level[parted])
    return pd.concat([before, after], ignore_index=True)


def known_from(cohort: Cohort, factor: Factor) -> pd.Series:
    """Give the day from time zero on which each patient's level of a factor became known.

    Returns
    -------
    Series
        Index `patient_id`; nan where it was known from the start, or the dates are not recorded.
    """
    columns = [name for name in factor.known_from if cohort.records(name, "time_zero")]
    if not columns:
        return pd.Series(np.nan, index=cohort.patients.index)
    latest = cohort.patients[columns].max(axis=1)
    return (latest - cohort.patients["time_zero"]).dt.days
