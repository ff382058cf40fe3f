"""Immortal time: groups that are known only after time zero.

Whoever lives longer has more time to receive a treatment, so that its recipients seem to live
longer. There are two remedies. At a landmark, groups are what was known by then, and time runs from
it. Or patients change group on the day on which it is known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.variables import Factor


def landmark_day(month: int) -> int:
    """Give the whole day nearest to a month, since times are whole days.

    >>> [landmark_day(month) for month in (2, 3, 6)]
    [61, 91, 183]
    """
    return round(month * DAYS_PER_MONTH)


def from_landmark(times: pd.DataFrame, landmark: int) -> pd.DataFrame:
    """Give the patients at risk at a landmark whose group was known by then, counted from it.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool), `level` (the group), and `known` (the
        day on which the level became known; missing where it was known from the start).
    landmark
        Whole days from time zero.

    Returns
    -------
    DataFrame
        `times` of patients still observed, without event, after the day of the landmark; `days`
        is what is left, 1 or more.

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
        One row a patient: `days` (whole), `event` (bool), `level` (`yes` or `no`, in the end)
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
        start=-1,
        days=np.where(parted, change, times["days"]).astype(np.int64),
        event=times["event"].to_numpy(dtype=bool) & ~parted,
        level=level.mask(enters, "no"),
    )
    after = times[parted].assign(start=change[parted].astype(np.int64), level=level[parted])
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
