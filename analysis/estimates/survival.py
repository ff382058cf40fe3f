"""Time to event: Kaplan-Meier curves, medians, rates, numbers at risk, follow-up.

Everything follows the conventions of R's `survival` package, which most readers will compare
with; `tests/reference/` holds its values. Days are whole days from time zero. Months are for
display, and for the times at which a curve is read.

Where death competes with relapse, a curve is 1 minus the Aalen-Johansen incidence of relapse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lifelines import KaplanMeierFitter
from scipy.stats import norm

from analysis.cohort.derive import RELAPSE_ENDPOINTS
from analysis.cohort.model import Cohort
from analysis.estimates import bootstrap, bootstrap_curves, competing
from analysis.estimates.counts import count_rows
from analysis.estimates.remembered import remembered
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

DAYS_PER_MONTH = 30.4375

FOLLOW_UP = "follow_up"
NOT_REACHED = "not reached"

_Numbers = npt.NDArray[np.float64]

# Products of fractions that make exactly one half come out a few bits beside it; this is the
# tolerance of R's `survfit`.
_HALF_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True)
class Estimate:
    """A value with the limits of its confidence interval; nan where one does not exist."""

    value: float
    lower: float
    upper: float


NO_ESTIMATE = Estimate(float("nan"), float("nan"), float("nan"))


def months(days: float) -> float:
    """Give days as months of 30.4375 days (a twelfth of 365.25)."""
    return days / DAYS_PER_MONTH


def curve(times: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Estimate a survival curve by the product-limit method.

    Parameters
    ----------
    times
        One row a patient: `days` (whole, not negative), `event` (bool) and, where something
        competes with the event, `competing` (bool); the curve is then 1 minus the incidence of
        the event, from `competing.incidence`.
    parameters
        `ci_type` and `confidence` choose the pointwise interval, from Greenwood's variance; with
        `interval_source` "bootstrap" it holds the percentiles of the curves of bootstrap samples.

    Returns
    -------
    DataFrame
        One row for day 0 and for each day on which somebody had the event or was censored:
        `days`, `at_risk` (patients just before the day), `events`, `censored`, `survival`
        (just after the day, from 1 down to 0), `lower`, `upper`. Survival on day 0 is 1 unless
        somebody had the event on day 0. The limits are nan at a survival of 0, and with log-log
        at a survival of 1 once anybody was censored, as in R: the transformation does not exist
        there.

    Raises
    ------
    ValueError
        When there is no patient, or a number of days or an event is missing or negative.

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-81. Intervals: Kalbfleisch JD, Prentice RL.
    The Statistical Analysis of Failure Time Data, 2nd ed., 2002, section 1.4.
    """
    if times.empty:
        raise ValueError("A survival curve needs at least one patient.")
    if times[["days", "event"]].isna().to_numpy().any() or (times["days"] < 0).any():
        raise ValueError("A survival curve needs days of 0 or more, and an event, for everybody.")
    if _competes(times):
        estimated = competing.event_free(competing.causes(times), parameters)
    else:
        estimated = _product_limit(times[["days", "event"]])
        lower, upper = _limits(estimated, parameters)
        estimated = estimated.assign(lower=lower, upper=upper)
    if parameters.interval_source == "bootstrap":
        lower, upper = bootstrap.percentiles(_resampled(times, parameters)[1], parameters)
        # Day 0 is added where nobody's time ended on it; nobody has had the event then.
        added = np.ones(len(estimated) - len(lower))
        estimated = estimated.assign(
            lower=np.concatenate([added, lower]), upper=np.concatenate([added, upper])
        )
    return estimated


def _competes(times: pd.DataFrame) -> bool:
    return "competing" in times and bool(times["competing"].any())


def _resampled(
    times: pd.DataFrame, parameters: Parameters
) -> tuple[npt.NDArray[np.int64], _Numbers]:
    ended = times["event"].to_numpy(dtype=np.int64) * bootstrap_curves.EVENT
    if _competes(times):
        ended += times["competing"].to_numpy(dtype=np.int64) * bootstrap_curves.COMPETING
    days = times["days"].to_numpy(dtype=np.int64)
    return bootstrap_curves.resampled_curves(days, ended, parameters)


@remembered
def _product_limit(times: pd.DataFrame) -> pd.DataFrame:
    # lifelines takes log(0) when the last patient has the event, and changes how numpy reports
    # that for the whole process; the context puts it back.
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = KaplanMeierFitter().fit(
            times["days"].to_numpy(dtype=np.float64), times["event"].to_numpy(dtype=bool)
        )
    table = fitted.event_table
    return pd.DataFrame(
        {
            "days": table.index.to_numpy(dtype=np.int64),
            "at_risk": table["at_risk"].to_numpy(dtype=np.int64),
            "events": table["observed"].to_numpy(dtype=np.int64),
            "censored": table["censored"].to_numpy(dtype=np.int64),
            "survival": fitted.survival_function_.iloc[:, 0].to_numpy(dtype=np.float64),
        }
    )


def _limits(estimated: pd.DataFrame, parameters: Parameters) -> tuple[_Numbers, _Numbers]:
    # Written out because lifelines offers the log-log interval alone; one formula a scale keeps
    # the three comparable.
    survival, at_risk, events = (
        estimated[column].to_numpy(dtype=np.float64) for column in ("survival", "at_risk", "events")
    )
    z = norm.ppf((1 + parameters.confidence) / 2)
    defined = survival > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        # The standard error of log survival, by Greenwood's formula.
        error = z * np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
        if parameters.ci_type == "plain":
            lower, upper = survival * (1 - error), survival * (1 + error)
        elif parameters.ci_type == "log":
            lower, upper = survival * np.exp(-error), survival * np.exp(error)
        else:
            power = np.exp(error / -np.log(survival))
            lower, upper = survival**power, survival ** (1 / power)
            # Before the first event only the row that is added for day 0 has limits, as in R.
            added = (estimated["days"] == 0) & (estimated["events"] + estimated["censored"] == 0)
            defined &= (survival < 1) | added.to_numpy()
    return (
        np.where(defined, np.clip(lower, 0, 1), np.nan),
        np.where(defined, np.clip(upper, 0, 1), np.nan),
    )


def median(curve: pd.DataFrame) -> Estimate:
    """Give the median survival of a curve and its confidence limits, in days.

    The median is the first day on which survival is at or below one half. When it stays at
    exactly one half until it drops further, it is the middle of that stretch. Each limit is
    read off the limits of the curve in the same way (Brookmeyer R, Crowley J. Biometrics
    1982;38:29-41), so that the lower limit of the curve gives the lower limit of the median.
    This is what R's `print` and `summary` of a `survfit` give. Its `quantile` differs where a
    curve ends at exactly one half, and where a log interval widens upwards.

    Returns
    -------
    Estimate
        In days; nan where it is not reached.
    """
    days = curve["days"].to_numpy(dtype=np.float64)
    heights = curve[["survival", "lower", "upper"]].to_numpy(dtype=np.float64).T
    return Estimate(*(float(day) for day in _days_at_half(days, heights)))


def median_of(times: pd.DataFrame, parameters: Parameters) -> Estimate:
    """Give the median survival of some patients and its confidence limits, in days.

    Parameters
    ----------
    times
        As for `curve`; at least one patient.
    parameters
        By formula the limits are those of `median`; by bootstrap, percentiles of the medians of
        bootstrap samples, in which a median that is not reached is later than any day.

    Returns
    -------
    Estimate
        In days; nan where it is not reached.
    """
    by_formula = parameters.model_copy(update={"interval_source": "formula"})
    found = median(curve(times, by_formula))
    if parameters.interval_source == "formula":
        return found
    days, heights = _resampled(times, parameters)
    medians = _days_at_half(days.astype(np.float64), heights)
    later = np.where(np.isnan(medians), np.inf, medians)[:, np.newaxis]
    limits = (float(limit[0]) for limit in bootstrap.percentiles(later, parameters))
    lower, upper = (limit if np.isfinite(limit) else float("nan") for limit in limits)
    return Estimate(found.value, lower, upper)


def _days_at_half(days: _Numbers, heights: _Numbers) -> _Numbers:
    """Give the day at which each curve (rows) is down to one half; nan where it never is."""
    reached = heights < 0.5 + _HALF_TOLERANCE
    first = np.argmax(reached, axis=-1)
    at_first = np.take_along_axis(heights, first[..., np.newaxis], axis=-1)
    further = reached & (heights < at_first)
    level = (np.abs(at_first[..., 0] - 0.5) < _HALF_TOLERANCE) & further.any(axis=-1)
    middle = (days[first] + days[np.argmax(further, axis=-1)]) / 2
    return np.where(reached.any(axis=-1), np.where(level, middle, days[first]), np.nan)


def rate(curve: pd.DataFrame, days: float) -> Estimate:
    """Read survival and its confidence limits off a curve, as proportions.

    Parameters
    ----------
    curve
        From `curve`.
    days
        Days from time zero, 0 or more, whole or not.

    Returns
    -------
    Estimate
        nan beyond the last follow-up, where the curve says nothing.
    """
    if days > curve["days"].iloc[-1]:
        return NO_ESTIMATE
    at = int(curve["days"].searchsorted(days, side="right")) - 1
    return Estimate(*(float(curve[column].iloc[at]) for column in ("survival", "lower", "upper")))


def numbers_at_risk(curve: pd.DataFrame, month_grid: Iterable[float]) -> list[int]:
    """Count the patients still under observation, without event, just before each month."""
    at_risk = [*curve["at_risk"], 0]
    return [
        int(at_risk[int(curve["days"].searchsorted(month * DAYS_PER_MONTH, side="left"))])
        for month in month_grid
    ]


def at_risk_months(parameters: Parameters) -> list[int]:
    """Give the months at which numbers at risk stand below a survival figure."""
    return list(range(0, parameters.figure_months + 1, parameters.at_risk_every_months))


def summary_rows(
    times: pd.DataFrame,
    endpoint: str,
    parameters: Parameters,
    *,
    group: str = "",
    group_level: str = "",
    analysis_id: str = "survival",
) -> list[dict[str, Any]]:
    """Give patients, events and the median with its limits (months) as rows of estimates.

    `times` holds the patients of one group and one endpoint; it may be empty.
    """
    n = len(times)
    keys: dict[str, Any] = {"group": group, "group_level": group_level, "n": n}
    found = median_of(times, parameters) if n else NO_ESTIMATE
    return [
        row(analysis_id, endpoint, "n", n, unit="patients", **keys),
        row(analysis_id, endpoint, "events", int(times["event"].sum()), unit="patients", **keys),
        *_interval_rows(
            analysis_id,
            endpoint,
            "median",
            Estimate(months(found.value), months(found.lower), months(found.upper)),
            parameters,
            unit="months",
            missing=NOT_REACHED if n else "no patients",
            **keys,
        ),
    ]


def endpoint_rows(
    time_to_event: pd.DataFrame,
    endpoint: str,
    parameters: Parameters,
    *,
    group: str = "",
    group_level: str = "",
    analysis_id: str = "survival",
) -> list[dict[str, Any]]:
    """Give everything that is reported of one endpoint as rows of estimates.

    Patients, events, median (months), survival rates (%) at `rate_months`, and numbers at risk
    below the figure. `time_to_event` is that of a cohort, or of a group of its patients.
    """
    times = time_to_event[time_to_event["endpoint"] == endpoint]
    keys = {"group": group, "group_level": group_level}
    rows = summary_rows(times, endpoint, parameters, analysis_id=analysis_id, **keys)
    if times.empty:
        return rows
    estimated = curve(times, parameters)
    for month in parameters.rate_months:
        found = rate(estimated, month * DAYS_PER_MONTH)
        rows += _interval_rows(
            analysis_id,
            endpoint,
            "rate",
            Estimate(100 * found.value, 100 * found.lower, 100 * found.upper),
            parameters,
            unit="%",
            missing="beyond the last follow-up" if np.isnan(found.value) else "no interval",
            variable_level=month,
            n=len(times),
            **keys,
        )
    grid = at_risk_months(parameters)
    rows += [
        row(
            analysis_id,
            endpoint,
            "at_risk",
            count,
            variable_level=month,
            unit="patients",
            n=len(times),
            **keys,
        )
        for month, count in zip(grid, numbers_at_risk(estimated, grid), strict=True)
    ]
    return rows


def _interval_rows(
    analysis_id: str,
    endpoint: str,
    statistic: str,
    estimate: Estimate,
    parameters: Parameters,
    *,
    missing: str,
    **keys: Any,
) -> list[dict[str, Any]]:
    source = method_of(endpoint, parameters)
    interval = f"{source}, {interval_name(parameters)}"
    return [
        row(
            analysis_id,
            endpoint,
            statistic + suffix,
            value,
            method=method,
            note=missing if np.isnan(value) else "",
            **keys,
        )
        for suffix, value, method in (
            ("", estimate.value, source),
            ("_lower", estimate.lower, interval),
            ("_upper", estimate.upper, interval),
        )
    ]


def interval_name(parameters: Parameters) -> str:
    """Say how confidence limits of survival are found.

    >>> interval_name(Parameters())
    'log-log 95% interval'
    """
    level = f"{100 * parameters.confidence:g}% interval"
    if parameters.interval_source == "bootstrap":
        return f"{level} of {parameters.bootstrap_replicates} bootstrap samples"
    return f"{parameters.ci_type} {level}"


def method_of(endpoint: str, parameters: Parameters) -> str:
    """Say how an endpoint is estimated, with each choice that is not the article's.

    >>> method_of("ORFS", Parameters(relapse_death="event", time_zero="immunotherapy"))
    'Kaplan-Meier, death an event, from the start of immunotherapy'
    """
    competing_risk = endpoint in RELAPSE_ENDPOINTS and parameters.relapse_death == "competing"
    name = "1 - Aalen-Johansen incidence of relapse" if competing_risk else "Kaplan-Meier"
    return name + times_chosen(endpoint, parameters)


def times_chosen(endpoint: str, parameters: Parameters) -> str:
    """Say each choice about the times of an endpoint (or of follow-up) that is not the article's.

    >>> times_chosen("PFS", Parameters()), times_chosen("PFS", Parameters(time_zero="radiotherapy"))
    ('', ', from the start of radiotherapy')
    """
    chosen = parameters.changed()
    said = []
    if endpoint in RELAPSE_ENDPOINTS:
        if "relapse_death" in chosen:
            words = {"event": "death an event", "competing": "death competing"}
            said.append(words[parameters.relapse_death])
        if "relapse_censoring" in chosen:
            said.append(f"censored at {parameters.relapse_censoring}")
    if endpoint == "PFS" and "pfs_censoring" in chosen:
        said.append(f"censored at {parameters.pfs_censoring}")
    if "time_zero" in chosen:
        said.append(f"from the start of {parameters.time_zero}")
    return "".join(f", {choice}" for choice in said)


def follow_up_rows(time_to_event: pd.DataFrame, parameters: Parameters) -> list[dict[str, Any]]:
    """Give the length of follow-up (months) as rows of estimates.

    The median is by `follow_up_definition`: the reverse Kaplan-Meier one, in which death ends the
    observation of follow-up as censoring ends that of survival (Schemper M, Smith TL. Control
    Clin Trials 1996;17:343-6), or the median of the times that all patients, or those alive, were
    observed. The range is that of the times observed, whether or not they end in death.
    """
    times = time_to_event[time_to_event["endpoint"] == "OS"]
    dead = times["event"].astype(bool)
    # With an event for everybody, the median of a curve is the median of the times.
    ended, median_method = {
        "reverse Kaplan-Meier": (times.assign(event=~dead), "reverse Kaplan-Meier"),
        "all patients": (times.assign(event=True), "median of observed times, all patients"),
        "survivors": (times[~dead].assign(event=True), "median of observed times, survivors"),
    }[parameters.follow_up_definition]
    middle = median_of(ended, parameters) if len(ended) else NO_ESTIMATE
    chosen = times_chosen(FOLLOW_UP, parameters)
    median_method += chosen
    limits_method = f"{median_method}, {interval_name(parameters)}"
    range_method = f"range of observed times{chosen}"
    found = {
        "median": (middle.value, median_method),
        "median_lower": (middle.lower, limits_method),
        "median_upper": (middle.upper, limits_method),
        "min": (float(times["days"].min()), range_method),
        "max": (float(times["days"].max()), range_method),
    }
    return [
        row(
            "survival",
            FOLLOW_UP,
            statistic,
            months(days),
            unit="months",
            method=method,
            n=len(ended) if statistic.startswith("median") else len(times),
            note="" if not np.isnan(days) else NOT_REACHED if len(ended) else "no patients",
        )
        for statistic, (days, method) in found.items()
    ]


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate every endpoint of a cohort, its follow-up, deaths and pattern of failure.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` survival. What a dataset does not record has no rows.
    """
    endpoints = cohort.endpoints()
    rows = [
        statistic
        for endpoint in endpoints
        for statistic in endpoint_rows(cohort.time_to_event, endpoint, parameters)
    ]
    if "OS" in endpoints:
        rows += follow_up_rows(cohort.time_to_event, parameters)
    for outcome in filter(cohort.records, ("death", "progression", "in_field_relapse")):
        rows += count_rows("survival", outcome, cohort.patients[outcome])
    # Asked only of patients who died or progressed, so that a blank is not a gap.
    for detail in filter(cohort.records, ("cause_of_death", "failure_pattern")):
        rows += count_rows("survival", detail, cohort.patients[detail].dropna())
    return to_table(rows)
