"""Hazard ratios of the factors as rows of estimates: each alone, or all in one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates import bootstrap
from analysis.estimates.compared import KNOWN, changes, since
from analysis.estimates.cox_regression import NOT_ESTIMABLE, cox
from analysis.estimates.curves import NO_ESTIMATE
from analysis.estimates.follow_up import Intervals, intervals_of
from analysis.estimates.groups import ANALYSIS
from analysis.estimates.landmark import from_change, from_landmark, known_from, landmark_day
from analysis.estimates.one_factor import HazardRatio, hazard_ratio, log_hazard_ratios
from analysis.estimates.proportionality import TOO_FEW_DAYS, proportionality
from analysis.estimates.remembered import remembered
from analysis.estimates.risk_sets import count
from analysis.estimates.rows import row
from analysis.estimates.several_levels import Levels, levels_against_first
from analysis.estimates.sparse import with_exact
from analysis.estimates.weights import N, number_of, weights_of
from analysis.study.endpoints import Endpoint
from analysis.study.keys import YES, Statistic
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

ALL_FACTORS = "all_factors"
ALIKE = "not estimable: all patients, or none, have the factor"
MODEL = "Cox regression, Efron ties"
# Fewer than this bias the coefficients of a model and narrow its intervals (Peduzzi P, et al. J
# Clin Epidemiol 1995;48:1503-10, of Cox regression, and 1996;49:1373-9). That ten are enough does
# not follow (van Smeden M, et al. BMC Med Res Methodol 2016;16:163).
EVENTS_PER_FACTOR = 10

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Rows = list[dict[str, Any]]


# One factor ------------------------------------------------------------------------------------


@remembered
def ratio_rows(
    times: pd.DataFrame, factor: Factor, endpoint: Endpoint, parameters: Parameters
) -> Rows:
    """Give the hazard ratio of a factor alone, and the test that it is the same at all times.

    Of yes against no, or of each level against the reference.
    """
    if not factor.is_binary:
        return _level_rows(times, factor, endpoint, parameters)
    pieces = from_change(times) if KNOWN in times else times
    found = hazard_ratio(pieces, YES, parameters)
    method = _model(endpoint, parameters)
    if KNOWN in times:
        method += ", from the day of the second treatment"
    samples = None
    if parameters.interval_source == "bootstrap" and not found.note:
        samples = _sampled_log_ratios(times, parameters)
    method += since(parameters)
    rows = _rows(found, factor, endpoint, method, number_of(times), samples, parameters)
    return _exactly(rows, pieces)


def _model(endpoint: Endpoint, parameters: Parameters) -> str:
    # With an event that competes, it ends the time at risk as censoring does.
    return f"cause-specific {MODEL}" if endpoint.competes(parameters) else MODEL


def _sampled_log_ratios(times: pd.DataFrame, parameters: Parameters) -> Numbers:
    """Give the log hazard ratios of bootstrap samples of patients, shape (samples,)."""
    patients = times.sort_values("patient_id", kind="stable").assign(place=range(len(times)))
    pieces = from_change(patients) if KNOWN in patients else patients
    place = pieces["place"].to_numpy()

    def statistics(samples: Counts) -> Numbers:
        return log_hazard_ratios(pieces, YES, samples[:, place])[:, np.newaxis]

    once = np.ones(len(patients), dtype=np.int64)
    return bootstrap.replicates_by_count(once, statistics, parameters)[:, 0]


def _level_rows(
    times: pd.DataFrame, factor: Factor, endpoint: Endpoint, parameters: Parameters
) -> Rows:
    """Give the hazard ratio of each level against the reference, from one model of all levels."""
    reference, *others = factor.groups
    present = [level for level in others if (times["level"] == level).any()]
    known = bool((times["level"] == reference).any()) and bool(present)
    fitted, proportional_p = None, np.full(len(present), np.nan)
    if N in times:
        found_levels = _levels_of_counts(times, (reference, *present)) if known else None
        if found_levels is not None:
            fitted, proportional_p = found_levels.fitted, found_levels.proportionality_p
    elif present:
        follow_up = _of_levels(times, present)
        fitted = cox(follow_up) if known else None
        proportional_p = proportionality(follow_up, fitted).each
    samples = None
    if parameters.interval_source == "bootstrap" and fitted is not None:

        def statistics(sample: pd.DataFrame) -> Numbers:
            again = cox(_of_levels(sample, present))
            return np.full(len(present), np.nan) if again is None else again.coefficients

        samples = bootstrap.replicates(times, statistics, parameters)
    method = _model(endpoint, parameters) + f", against {factor.group(reference)}"
    method += since(parameters)
    rows: Rows = []
    for level in others:
        found = HazardRatio(NO_ESTIMATE, float("nan"), note=NOT_ESTIMABLE)
        place = present.index(level) if level in present else None
        if place is not None and fitted is not None:
            ratio, p_value = fitted.ratio(place, parameters), fitted.p_value(place)
            found = HazardRatio(ratio, p_value, float(proportional_p[place]))
        own = None if samples is None or place is None else samples[:, place]
        of_level = _rows(found, factor, endpoint, method, number_of(times), own, parameters, level)
        rows += _exactly(of_level, times[times["level"].isin([reference, level])])
    return rows


def _levels_of_counts(times: pd.DataFrame, levels: tuple[str, ...]) -> Levels | None:
    """Give the model of counts: who has another level, or none, is not in it."""
    own = times[times["level"].isin(levels)]
    codes = pd.Categorical(own["level"], categories=list(levels)).codes.astype(np.int64)
    days, event = own["days"].to_numpy(), own["event"].to_numpy(dtype=bool)
    return levels_against_first(count(days, event, codes, levels, weights=weights_of(own)))


def _exactly(rows: Rows, times: pd.DataFrame, none: str = "") -> Rows:
    """Give the rows of a hazard ratio; where events are few, with a warning and the exact test.

    That the ratio is 1 is what the log-rank test of the two groups in `times` asks, so that its
    exact form stands for the Wald test.
    """
    *before, test, proportional = rows
    found = with_exact(test, times, none=none)
    if len(found) == 1:
        return rows
    warned = found[0]["warning"]
    before = [
        {**one, "warning": "; ".join(filter(None, (one["warning"], warned)))} for one in before
    ]
    return [*before, *found, proportional]


def _of_levels(times: pd.DataFrame, levels: Sequence[str]) -> Intervals:
    return intervals_of(times, pd.DataFrame({name: times["level"].eq(name) for name in levels}))


def _rows(
    found: HazardRatio,
    factor: Factor,
    endpoint: Endpoint,
    method: str,
    n: int,
    samples: Numbers | None,
    parameters: Parameters,
    level: str = "",
    warning: str = "",
    model: str = "",
) -> Rows:
    lower, upper, limit, note = found.ratio.lower, found.ratio.upper, method, found.note
    if samples is not None:
        (low,), (high,) = bootstrap.percentiles(samples[:, np.newaxis], parameters)
        # Infinite where too many samples have all events in one group.
        lower, upper = (float(np.exp(end)) if np.isfinite(end) else np.nan for end in (low, high))
        limit = (
            f"{method}, {100 * parameters.confidence:g}% percentile interval of "
            f"{len(samples)} bootstrap samples"
        )
        left_out = int((~np.isfinite(samples)).sum())
        note = f"not estimable in {left_out} of {len(samples)} samples" if left_out else ""
    proportional = "score test of the factor with 1 - Kaplan-Meier"
    proportional += f", {model}" if model else since(parameters)
    few = found.note or (TOO_FEW_DAYS if np.isnan(found.proportionality_p) else "")
    return [
        row(
            ANALYSIS,
            endpoint.name,
            statistic,
            value,
            group=factor.key,
            group_level=level,
            method=said,
            n=n,
            note=why,
            warning=warning,
        )
        for statistic, value, said, why in (
            (Statistic.HAZARD_RATIO, found.ratio.value, method, found.note),
            (Statistic.HR_LOWER, lower, limit, note),
            (Statistic.HR_UPPER, upper, limit, note),
            (Statistic.HR_P, found.p_value, method, found.note),
            (Statistic.PROPORTIONALITY_P, found.proportionality_p, proportional, few),
        )
    ]


# All factors together --------------------------------------------------------------------------


def together_rows(
    cohort: Cohort, factors: Sequence[Factor], endpoint: Endpoint, parameters: Parameters
) -> Rows:
    """Give hazard ratios from one model of all factors, of patients in whom all are recorded."""
    complete = _complete(cohort, factors, endpoint, parameters)
    # A factor, or a level, that all have, or none, tells nothing apart.
    terms = [term for factor in factors for term in _terms(factor) if _varies(complete, term)]
    ridge = parameters.penalty if parameters.factor_model == "penalised" else 0.0
    n, events = len(complete), int(complete["event"].sum())
    varied = list(dict.fromkeys(factor.key for factor, _ in terms))
    method = f"Cox regression of {len(varied)} factors, Efron ties"
    if ridge:
        method += f", ridge penalty {ridge:g}"
    moved = [factor for factor in factors if changes(cohort, factor, parameters)]
    if KNOWN in complete and moved:
        method += f", {moved[0].label.lower()} from the day of the second treatment"
    method += since(parameters)
    keys: dict[str, Any] = {"group": ALL_FACTORS, "n": n, "method": method}
    rows = [
        row(ANALYSIS, endpoint.name, Statistic.N, n, unit="patients", **keys),
        row(ANALYSIS, endpoint.name, Statistic.EVENTS, events, unit="patients", **keys),
    ]
    follow_up = _covariates(complete, terms, moved)
    fitted = cox(follow_up, ridge) if terms else None
    test = proportionality(follow_up, None if ridge else fitted)
    warning = ""
    if terms:
        share = events / len(terms)
        rows.append(row(ANALYSIS, endpoint.name, Statistic.EVENTS_PER_FACTOR, share, **keys))
        if share < EVENTS_PER_FACTOR and not ridge:
            warning = f"{share:.1f} events a coefficient, fewer than {EVENTS_PER_FACTOR}"
    no_test = "no test of a model with a penalty" if ridge else NOT_ESTIMABLE
    rows.append(
        row(
            ANALYSIS,
            endpoint.name,
            Statistic.PROPORTIONALITY_P,
            test.all,
            note=no_test if np.isnan(test.all) else "",
            **keys | {"method": f"score test of all {len(varied)} factors with 1 - Kaplan-Meier"},
        )
    )
    samples = None
    if parameters.interval_source == "bootstrap" and fitted is not None:

        def statistics(sample: pd.DataFrame) -> Numbers:
            again = cox(_covariates(sample, terms, moved), ridge)
            return np.full(len(terms), np.nan) if again is None else again.coefficients

        samples = bootstrap.replicates(complete, statistics, parameters)
    for factor in factors:
        for term in _terms(factor):
            found = HazardRatio(NO_ESTIMATE, float("nan"), note=NOT_ESTIMABLE)
            place = terms.index(term) if term in terms else None
            if place is None:
                found = HazardRatio(NO_ESTIMATE, float("nan"), note=ALIKE)
            elif fitted is not None:
                found = HazardRatio(
                    fitted.ratio(place, parameters), fitted.p_value(place), float(test.each[place])
                )
            own = None if samples is None or place is None else samples[:, place]
            level = "" if factor.is_binary else term[1]
            of_term = _rows(
                found, factor, endpoint, method, n, own, parameters, level, warning, method
            )
            if ridge and not found.note:
                of_term[-1]["note"] = no_test
            compared = factor.groups if factor.is_binary else (factor.groups[0], term[1])
            times = complete.assign(level=complete[factor.column])
            times = times[times["level"].isin(compared)]
            rows += _exactly(of_term, times, none="no exact test of a model of many factors")
    return rows


Term = tuple[Factor, str]


def _terms(factor: Factor) -> list[Term]:
    """Give the covariates of a factor: its yes, or each of its levels but the reference."""
    return [(factor, YES)] if factor.is_binary else [(factor, level) for level in factor.levels[1:]]


def _varies(times: pd.DataFrame, term: Term) -> bool:
    factor, level = term
    return times[factor.column].eq(level).nunique() > 1


def _complete(
    cohort: Cohort, factors: Sequence[Factor], endpoint: Endpoint, parameters: Parameters
) -> pd.DataFrame:
    """Give the times of patients in whom all factors are recorded."""
    columns = [factor.column for factor in factors]
    times = cohort.times(endpoint.name)
    times = times.join(cohort.patients[columns], on="patient_id").dropna(subset=columns)
    if parameters.landmark_months:
        known = pd.concat([known_from(cohort, factor) for factor in factors], axis=1).max(axis=1)
        day = landmark_day(parameters.landmark_months, cohort.times(endpoint.name)["days"])
        times = from_landmark(times.join(known.rename(KNOWN), on="patient_id"), day)
        times = times.drop(columns=KNOWN)
    for factor in factors:
        if changes(cohort, factor, parameters):
            times = times.join(known_from(cohort, factor).rename(KNOWN), on="patient_id")
    return times


def _covariates(times: pd.DataFrame, terms: Sequence[Term], moved: Sequence[Factor]) -> Intervals:
    if KNOWN in times and moved:
        column = moved[0].column
        times = from_change(times.assign(level=times[column]))
        times[column] = times["level"]
    return intervals_of(
        times,
        pd.DataFrame(
            {f"{factor.name}={level}": times[factor.column].eq(level) for factor, level in terms}
        ),
    )
