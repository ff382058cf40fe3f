"""Restricted mean survival time: the months lived, on average, within the first so many.

A sensitivity analysis of Table 5: a difference of means needs no proportional hazards, and its
unit is a month. The curve is that of `survival.curve`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from analysis.cohort.model import Cohort
from analysis.estimates.prognosis import endpoints_of, factors_of, times_by
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import DAYS_PER_MONTH, Estimate, curve, months
from analysis.parameters import Parameters

ANALYSIS = "sensitivity_rmst"
BEYOND = "beyond the last follow-up"


@dataclass(frozen=True)
class Mean:
    """A restricted mean and its standard error, days; nan where the curve ends before."""

    days: float
    standard_error: float


def restricted_mean(curve: pd.DataFrame, days: float) -> Mean:
    """Give the area below a survival curve until a day, and its standard error.

    Parameters
    ----------
    curve
        From `survival.curve`.
    days
        Where the area ends, days from time zero, above 0, whole or not.

    Returns
    -------
    Mean
        nan beyond the last follow-up, unless everybody had had the event by then.

    References
    ----------
    Irwin JO. J Hyg 1949;47:188-9. Standard error: Klein JP, Moeschberger ML. Survival Analysis,
    2nd ed., 2003, section 4.5; as R's `summary(survfit, rmean = )` and `survRM2`.
    """
    if days > curve["days"].iloc[-1] and curve["survival"].iloc[-1] > 0:
        return Mean(float("nan"), float("nan"))
    # lifelines' restricted_mean_survival_time gives the same area, but as its variance that of
    # the patients' times, which is not that of their mean. Both need only sums over whole days.
    until = curve[curve["days"] < days]
    steps = np.diff(until["days"].to_numpy(dtype=np.float64), append=days)
    areas = until["survival"].to_numpy() * steps
    ahead = areas[::-1].cumsum()[::-1]
    at_risk, events = (until[name].to_numpy(dtype=np.float64) for name in ("at_risk", "events"))
    # Nothing lies ahead of the day on which the last patients at risk have the event.
    changes = (events > 0) & (events < at_risk)
    greenwood = events[changes] / (at_risk * (at_risk - events))[changes]
    return Mean(float(ahead[0]), float(np.sqrt((ahead[changes] ** 2 * greenwood).sum())))


def interval(mean: Mean, parameters: Parameters) -> Estimate:
    """Give a restricted mean, or a difference of two, with its normal interval (days)."""
    half = norm.ppf((1 + parameters.confidence) / 2) * mean.standard_error
    return Estimate(mean.days, mean.days - half, mean.days + half)


def difference(one: Mean, other: Mean) -> tuple[Mean, float]:
    """Compare the restricted means of two groups of patients.

    Returns
    -------
    tuple of Mean and float
        The first less the second, and the two-sided p value of no difference; the p value is
        nan when neither mean has a standard error.

    References
    ----------
    Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152.
    """
    apart = Mean(one.days - other.days, float(np.hypot(one.standard_error, other.standard_error)))
    if not apart.standard_error > 0:
        return apart, float("nan")
    return apart, float(2 * norm.sf(abs(apart.days) / apart.standard_error))


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate restricted means of all patients and by prognostic factor.

    At each of `rate_months`, for the endpoints of Table 5. The difference is yes less no.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` sensitivity_rmst, `variable_level` the month where the
        mean is restricted. What a curve does not reach is nan with a note.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in endpoints_of(cohort):
        everybody = cohort.time_to_event[cohort.time_to_event["endpoint"] == endpoint]
        for month in parameters.rate_months:
            rows += _mean_rows(everybody, endpoint, month, parameters)[1]
            for factor in factors_of(cohort):
                times = times_by(cohort, f"factor_{factor}", endpoint)
                rows += _factor_rows(times, factor, endpoint, month, parameters)
    return to_table(rows)


def _mean_rows(
    times: pd.DataFrame, endpoint: str, month: int, parameters: Parameters, **keys: Any
) -> tuple[Mean, list[dict[str, Any]]]:
    if times.empty:
        found, missing = Mean(float("nan"), float("nan")), "no patients"
    else:
        found = restricted_mean(curve(times, parameters), month * DAYS_PER_MONTH)
        missing = BEYOND
    limits = interval(found, parameters)
    return found, _rows("rmst", limits, endpoint, month, missing, parameters, len(times), **keys)


def _factor_rows(
    times: pd.DataFrame, factor: str, endpoint: str, month: int, parameters: Parameters
) -> list[dict[str, Any]]:
    (yes, of_yes), (no, of_no) = (
        _mean_rows(
            times[times["level"] == level],
            endpoint,
            month,
            parameters,
            group=factor,
            group_level=level,
        )
        for level in ("yes", "no")
    )
    apart, p_value = difference(yes, no)
    missing = "no mean in one of the groups" if np.isnan(apart.days) else "no event in either group"
    test = row(
        ANALYSIS,
        endpoint,
        "p_value",
        p_value,
        variable_level=month,
        group=factor,
        method="normal test of the difference of restricted means",
        n=len(times),
        note=missing if np.isnan(p_value) else "",
    )
    compared = _rows(
        "rmst_difference",
        interval(apart, parameters),
        endpoint,
        month,
        missing,
        parameters,
        len(times),
        group=factor,
    )
    return [*of_yes, *of_no, *compared, test]


def _rows(
    statistic: str,
    found: Estimate,
    endpoint: str,
    month: int,
    missing: str,
    parameters: Parameters,
    n: int,
    **keys: Any,
) -> list[dict[str, Any]]:
    area = "area below Kaplan-Meier curve"
    limit = f"{area}, normal {100 * parameters.confidence:g}% interval"
    return [
        row(
            ANALYSIS,
            endpoint,
            statistic + suffix,
            months(days),
            variable_level=month,
            unit="months",
            method=method,
            n=n,
            note=missing if np.isnan(days) else "",
            **keys,
        )
        for suffix, days, method in (
            ("", found.value, area),
            ("_lower", found.lower, limit),
            ("_upper", found.upper, limit),
        )
    ]
