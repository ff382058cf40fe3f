"""Time to event: medians, rates, numbers at risk, follow-up, deaths; as rows of estimates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.at_risk import REASONS
from analysis.cohort.model import Cohort
from analysis.estimates.counts import count_rows
from analysis.estimates.curves import (
    NO_ESTIMATE,
    Estimate,
    curve,
    median_of,
    numbers_at_risk,
    numbers_censored,
    rate,
)
from analysis.estimates.rows import row, to_table
from analysis.estimates.weights import counted_if_many, number_of
from analysis.study.endpoints import Endpoint
from analysis.study.keys import NOT_REACHED, Statistic
from analysis.study.months import DAYS_PER_MONTH, months
from analysis.study.parameters import Parameters, zero_words

ANALYSIS = "survival"
FOLLOW_UP = Endpoint("follow_up", "Follow-up")
OVERALL_SURVIVAL = "OS"
OUTCOMES = ("death", "progression", "in_field_relapse")
# Asked only of patients who died or progressed, so that a blank is not a gap.
DETAILS = ("cause_of_death", "failure_pattern")


def at_risk_months(parameters: Parameters) -> list[int]:
    """Give the months at which numbers at risk stand below a survival figure."""
    return list(parameters.axis)


def summary_rows(
    times: pd.DataFrame,
    endpoint: Endpoint,
    parameters: Parameters,
    *,
    group: str = "",
    group_level: str = "",
    analysis_id: str = ANALYSIS,
) -> list[dict[str, Any]]:
    """Give patients, events and the median with its limits (months) as rows of estimates.

    `times` holds the patients of one group and one endpoint; it may be empty, and may have `n`
    (`weights`).
    """
    n = number_of(times)
    keys: dict[str, Any] = {"group": group, "group_level": group_level, "n": n}
    found = median_of(times, parameters) if n else NO_ESTIMATE
    return [
        row(analysis_id, endpoint.name, Statistic.N, n, unit="patients", **keys),
        row(
            analysis_id,
            endpoint.name,
            Statistic.EVENTS,
            number_of(times, times["event"].to_numpy(dtype=bool)),
            unit="patients",
            **keys,
        ),
        *_interval_rows(
            analysis_id,
            endpoint,
            Statistic.MEDIAN,
            Estimate(months(found.value), months(found.lower), months(found.upper)),
            parameters,
            unit="months",
            missing=NOT_REACHED if n else "no patients",
            **keys,
        ),
    ]


def endpoint_rows(
    times: pd.DataFrame,
    endpoint: Endpoint,
    parameters: Parameters,
    *,
    group: str = "",
    group_level: str = "",
    analysis_id: str = ANALYSIS,
) -> list[dict[str, Any]]:
    """Give everything that is reported of one endpoint as rows of estimates.

    Patients, events, median (months), survival rates (%) at `rate_months`, and numbers at risk
    below the figure. `times` are those of the endpoint, of all patients or of a group of them.
    """
    keys = {"group": group, "group_level": group_level}
    rows = summary_rows(times, endpoint, parameters, analysis_id=analysis_id, **keys)
    if times.empty:
        return rows
    n = number_of(times)
    estimated = curve(times, parameters)
    for month in parameters.rate_months:
        found = rate(estimated, month * DAYS_PER_MONTH)
        rows += _interval_rows(
            analysis_id,
            endpoint,
            Statistic.RATE,
            Estimate(100 * found.value, 100 * found.lower, 100 * found.upper),
            parameters,
            unit="%",
            missing=_missing_rate(found),
            variable_level=month,
            n=n,
            **keys,
        )
    return rows + at_risk_rows(
        estimated, endpoint, parameters, analysis_id=analysis_id, n=n, **keys
    )


def _missing_rate(found: Estimate) -> str:
    if np.isnan(found.value):
        return "beyond the last follow-up"
    return "no interval at 0, since nobody is left" if found.value == 0 else "no interval"


def at_risk_rows(
    estimated: pd.DataFrame,
    endpoint: Endpoint,
    parameters: Parameters,
    *,
    analysis_id: str,
    **keys: Any,
) -> list[dict[str, Any]]:
    """Give the numbers at risk below a survival figure, `variable_level` the month.

    With `show_censored` the numbers censored before each month too.
    """
    grid = at_risk_months(parameters)
    counted = {Statistic.AT_RISK: numbers_at_risk(estimated, grid)}
    if parameters.show_censored:
        counted[Statistic.CENSORED_BEFORE] = numbers_censored(estimated, grid)
    return [
        row(
            analysis_id,
            endpoint.name,
            statistic,
            count,
            variable_level=month,
            unit="patients",
            **keys,
        )
        for statistic, counts in counted.items()
        for month, count in zip(grid, counts, strict=True)
    ]


def _interval_rows(
    analysis_id: str,
    endpoint: Endpoint,
    statistic: Statistic,
    estimate: Estimate,
    parameters: Parameters,
    *,
    missing: str,
    **keys: Any,
) -> list[dict[str, Any]]:
    source = method_of(endpoint, parameters)
    interval = f"{source}, {interval_name(parameters)}"
    lower, upper = statistic.limits
    limits = missing
    if not np.isnan(estimate.value) and np.isnan(estimate.lower) and missing == NOT_REACHED:
        # A lower limit lies below the median: where it is not there, nor is an interval.
        limits = "no interval"
    return [
        row(
            analysis_id,
            endpoint.name,
            each,
            value,
            method=method,
            note=why if np.isnan(value) else "",
            **keys,
        )
        for each, value, method, why in (
            (statistic, estimate.value, source, missing),
            (lower, estimate.lower, interval, limits),
            (upper, estimate.upper, interval, limits),
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


def method_of(endpoint: Endpoint, parameters: Parameters) -> str:
    """Say how an endpoint is estimated, with each choice that is not the study's own.

    >>> relapse = Endpoint("LRFS", "Local relapse-free survival", death_choice="relapse_death")
    >>> method_of(relapse, Parameters(relapse_death="event", time_zero="immunotherapy"))
    'Kaplan-Meier, death an event, from the start of immunotherapy'
    """
    name = (
        "1 - Aalen-Johansen incidence of the event"
        if endpoint.competes(parameters)
        else "Kaplan-Meier"
    )
    return name + times_chosen(endpoint, parameters)


def times_chosen(endpoint: Endpoint, parameters: Parameters) -> str:
    """Say each choice about the times of an endpoint (or of follow-up) that is not the study's.

    >>> survival = Endpoint("PFS", "Progression-free survival", censoring_choice="pfs_censoring")
    >>> times_chosen(survival, Parameters())
    ''
    >>> times_chosen(survival, Parameters(time_zero="radiotherapy"))
    ', from the start of radiotherapy'
    """
    chosen = parameters.changed()
    said = []
    if endpoint.death_choice in chosen:
        words = {"event": "death an event", "competing": "death competing"}
        said.append(words[getattr(parameters, endpoint.death_choice)])
    if endpoint.censoring_choice in chosen:
        said.append(f"censored at {getattr(parameters, endpoint.censoring_choice)}")
    if "time_zero" in chosen and not endpoint.time_zero and not endpoint.duration:
        said.append(f"from {zero_words(parameters)}")
    if "delayed_entry" in chosen:
        said.append(f"at risk from the {parameters.delayed_entry} (delayed entry)")
    return "".join(f", {choice}" for choice in said)


def not_at_risk_rows(
    endpoints: Iterable[str], counts: Mapping[tuple[str, str], int], n: int
) -> list[dict[str, Any]]:
    """Tell who is left out of an endpoint since never at risk of it, `variable_level` the reason.

    Parameters
    ----------
    endpoints
        Their names, in order.
    counts
        Of patients, by endpoint and reason. Where nobody is left out, there are no rows.
    n
        How many patients are analysed.
    """
    return [
        row(
            ANALYSIS,
            name,
            Statistic.EXCLUDED,
            counts[name, reason],
            variable_level=reason,
            unit="patients",
            n=n,
            note="not at risk",
        )
        for name in endpoints
        for reason in REASONS
        if (name, reason) in counts
    ]


def follow_up_rows(times: pd.DataFrame, parameters: Parameters) -> list[dict[str, Any]]:
    """Give the length of follow-up (months) as rows of estimates.

    The median is by `follow_up_definition`: the reverse Kaplan-Meier one, in which death ends the
    observation of follow-up as censoring ends that of survival (Schemper M, Smith TL. Control
    Clin Trials 1996;17:343-6), or the median of the times that all patients, or those alive, were
    observed. The range is that of the times observed, whether or not they end in death.
    """
    if parameters.follow_up_definition != "reverse Kaplan-Meier":
        # Of the times themselves, whenever a patient entered.
        times = times.drop(columns="start", errors="ignore")
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
        Statistic.MEDIAN: (middle.value, median_method),
        Statistic.MEDIAN_LOWER: (middle.lower, limits_method),
        Statistic.MEDIAN_UPPER: (middle.upper, limits_method),
        Statistic.MIN: (float(times["days"].min()), range_method),
        Statistic.MAX: (float(times["days"].max()), range_method),
    }
    return [
        row(
            ANALYSIS,
            FOLLOW_UP.name,
            statistic,
            months(days),
            unit="months",
            method=method,
            n=number_of(ended if statistic.startswith("median") else times),
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
    times = {name: counted_if_many(cohort.times(name), parameters) for name in endpoints}
    rows = [
        statistic
        for name in endpoints
        for statistic in endpoint_rows(times[name], cohort.study.endpoint(name), parameters)
    ]
    out = cohort.not_at_risk
    left_out = Counter(zip(out["endpoint"], out["reason"], strict=True))
    rows += not_at_risk_rows(endpoints, left_out, len(cohort.patients))
    if OVERALL_SURVIVAL in endpoints:
        rows += follow_up_rows(times[OVERALL_SURVIVAL], parameters)
    for outcome in filter(cohort.records, OUTCOMES):
        rows += count_rows(ANALYSIS, outcome, cohort.patients[outcome])
    for detail in filter(cohort.records, DETAILS):
        rows += count_rows(ANALYSIS, detail, cohort.patients[detail].dropna())
    return to_table(rows, estimate, cohort.stand_ins)
