"""Landmark analysis: prognostic factors among those alive and followed at a fixed month.

Whoever lives longer has more time to receive a treatment, so that its recipients seem to live
longer (immortal time). At a landmark, groups are what was known by then, and time runs from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.prognosis import (
    endpoints_of,
    factors_of,
    hazard_ratio,
    log_rank,
    times_by,
)
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import DAYS_PER_MONTH, summary_rows
from analysis.parameters import Parameters

ANALYSIS = "sensitivity_landmark"
MONTHS = (2, 3, 6)

# On which dates a factor becomes known, the latest of them; of others on the day of enrolment.
# Whether radiotherapy and immunotherapy were concurrent is seen when the second begins; what was
# given by radiotherapy, when it ends.
KNOWN_FROM = {
    "concurrent": ("rt_start", "ici_start"),
    "sbrt": ("rt_end",),
    "eqd2_under_60": ("rt_end",),
    "rt_intrahepatic": ("rt_end",),
}


def landmark_day(month: int) -> int:
    """Give the whole day nearest to a month, since times are whole days.

    >>> [landmark_day(month) for month in MONTHS]
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


def known_from(cohort: Cohort, factor: str) -> pd.Series:
    """Give the day from time zero on which each patient's level of a factor became known.

    Returns
    -------
    Series
        Index `patient_id`; nan where it was known from the start, or the dates are not recorded.
    """
    columns = [name for name in KNOWN_FROM.get(factor, ()) if cohort.records(name, "time_zero")]
    if not columns:
        return pd.Series(np.nan, index=cohort.patients.index)
    latest = cohort.patients[columns].max(axis=1)
    return (latest - cohort.patients["time_zero"]).dt.days


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Repeat the comparisons of Table 5 at landmarks of 2, 3 and 6 months.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` sensitivity_landmark, `variable_level` the month.
        Medians are months from the landmark, hazard ratios of yes against no.
    """
    rows: list[dict[str, Any]] = []
    for factor in factors_of(cohort):
        known = known_from(cohort, factor).rename("known")
        for endpoint in endpoints_of(cohort):
            times = times_by(cohort, f"factor_{factor}", endpoint).join(known, on="patient_id")
            for month in MONTHS:
                left = from_landmark(times, landmark_day(month))
                rows += _month_rows(left, factor, endpoint, month, parameters)
    return to_table(rows)


def _month_rows(
    left: pd.DataFrame, factor: str, endpoint: str, month: int, parameters: Parameters
) -> list[dict[str, Any]]:
    summaries = [
        {**statistic, "variable_level": str(month)}
        for level in ("yes", "no")
        for statistic in summary_rows(
            left[left["level"] == level],
            endpoint,
            parameters,
            group=factor,
            group_level=level,
            analysis_id=ANALYSIS,
        )
    ]
    test, cox = log_rank(left), hazard_ratio(left, "yes", parameters)
    return summaries + [
        row(
            ANALYSIS,
            endpoint,
            statistic,
            value,
            variable_level=month,
            group=factor,
            method=method,
            n=len(left),
            note=note,
        )
        for statistic, value, method, note in (
            ("p_value", test.p_value, "log-rank test", test.note),
            ("hazard_ratio", cox.ratio.value, "Cox regression, Efron ties", cox.note),
            ("hr_lower", cox.ratio.lower, "Cox regression, Efron ties", cox.note),
            ("hr_upper", cox.ratio.upper, "Cox regression, Efron ties", cox.note),
            ("hr_p", cox.p_value, "Cox regression, Efron ties", cox.note),
        )
    ]
