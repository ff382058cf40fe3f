"""Estimates of survival and of prognostic factors from counts, by the functions that patients use.

The rows are those of `survival.estimate` and `prognosis.estimate`. What needs more of the patients
than counts hold has its row, without a value, and a note that says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from analysis.counts.about import UNKNOWN
from analysis.counts.counted import Counted
from analysis.estimates import prognosis, survival
from analysis.estimates.compared import since, strata_of
from analysis.estimates.counts import level_rows, missing_rows
from analysis.estimates.factors import endpoints_of, factors_of, other_factors_of
from analysis.estimates.groups import ANALYSIS, IN_THE_END, group_rows
from analysis.estimates.ratios import ALL_FACTORS, MODEL, ratio_rows
from analysis.estimates.rows import row, to_table
from analysis.estimates.sparse import EXACT
from analysis.estimates.spline_rows import is_spline
from analysis.estimates.weights import N, number_of
from analysis.study.endpoints import Endpoint
from analysis.study.keys import Statistic
from analysis.study.variables import Factor

NEEDS_PATIENTS = "needs patients, not counts"

Rows = list[dict[str, Any]]

# Numbers of patients, which late entry leaves as they are.
_NUMBERS = frozenset(
    {
        Statistic.N,
        Statistic.EVENTS,
        Statistic.EXCLUDED,
        Statistic.NOT_RECORDED,
        Statistic.COUNT,
        Statistic.PERCENT,
    }
)
_TESTS = frozenset({Statistic.P_VALUE})
_RATIOS = (
    Statistic.HAZARD_RATIO,
    Statistic.HR_LOWER,
    Statistic.HR_UPPER,
    Statistic.HR_P,
    Statistic.PROPORTIONALITY_P,
)
_OF_MODEL = (
    Statistic.N,
    Statistic.EVENTS,
    Statistic.EVENTS_PER_FACTOR,
    Statistic.PROPORTIONALITY_P,
)
# So many patients at most are told one by one to a Cox regression of several levels, by the very
# functions that patients use; of more it is made of counts, and agrees to 1e-9 (`several_levels`).
MOST_TOLD = 5_000


def estimate(counted: Counted) -> pd.DataFrame:
    """Give the estimates of survival and of prognostic factors.

    Returns
    -------
    DataFrame
        The estimates table, equal to that of the patients who were counted but for `function`, and
        for what needs patients: its value is nan, and its note `NEEDS_PATIENTS`. Which rows there
        are of a curve through a quantity, and of exact tests of what is not tested here, only the
        patients tell.
    """
    of_survival = to_table(_survival(counted), estimate, counted.stand_ins)
    of_factors = to_table(_prognosis(counted), estimate, counted.stand_ins)
    parameters, factors = counted.parameters, factors_of(counted)
    if parameters.p_adjustment != "none" and not of_factors.empty:
        family = of_factors["group"].isin([factor.key for factor in factors])
        family &= of_factors["statistic"].isin([Statistic.P_VALUE, Statistic.EXACT_P])
        if (family & of_factors["note"].eq(NEEDS_PATIENTS)).any():
            # A family of tests is adjusted for all of them.
            of_factors.loc[family, "value"] = float("nan")
            of_factors.loc[family, "note"] = NEEDS_PATIENTS
        else:
            of_factors = prognosis.adjusted_tests(of_factors, factors, parameters)
    return pd.concat([of_survival, of_factors], ignore_index=True)


def _survival(counted: Counted) -> Rows:
    parameters, about = counted.parameters, counted.counts.about
    endpoints = counted.endpoints()
    rows = [
        statistic
        for name in endpoints
        for statistic in survival.endpoint_rows(
            counted.times(name), counted.study.endpoint(name), parameters
        )
    ]
    left_out = {
        (name, reason): n
        for name, reasons in about.not_at_risk.items()
        for reason, n in reasons.items()
    }
    rows += survival.not_at_risk_rows(endpoints, left_out, about.patients)
    if survival.OVERALL_SURVIVAL in endpoints:
        rows += survival.follow_up_rows(counted.times(survival.OVERALL_SURVIVAL), parameters)
    if parameters.delayed_entry != "none":
        rows = _blank(rows, {one["statistic"] for one in rows} - _NUMBERS)
    for outcome in filter(counted.records, (*survival.OUTCOMES, *survival.DETAILS)):
        by_level = dict(about.outcomes[outcome])
        unknown = by_level.pop(UNKNOWN, 0)
        if outcome in survival.DETAILS:
            unknown = 0
        rows += level_rows(survival.ANALYSIS, outcome, by_level, unknown)
    return rows


def _prognosis(counted: Counted) -> Rows:
    parameters = counted.parameters
    endpoints = [counted.study.endpoint(name) for name in endpoints_of(counted)]
    factors = factors_of(counted)
    rows: Rows = []
    together = parameters.factor_model != "univariate"
    for factor in factors:
        for endpoint in endpoints:
            own = _compared(counted, factor, endpoint, ratios=not together)
            if is_spline(factor, parameters):
                own = [one for one in own if one["statistic"] not in prognosis.TESTS]
                own += _spline_rows(counted, factor, endpoint)
            elif together:
                own += _ratios_of_all(factor, endpoint, parameters.factor_model)
            rows += own
    for factor in other_factors_of(counted):
        for endpoint in endpoints:
            rows += _compared(counted, factor, endpoint, ratios=factor.ratios)
    if together:
        rows += [
            row(ANALYSIS, endpoint.name, statistic, None, group=ALL_FACTORS, note=NEEDS_PATIENTS)
            for endpoint in endpoints
            for statistic in _OF_MODEL
        ]
    return rows


def _compared(counted: Counted, factor: Factor, endpoint: Endpoint, ratios: bool) -> Rows:
    """Give the rows of a factor alone: patients left out, groups, the test, hazard ratios."""
    parameters = counted.parameters
    counting = prognosis.of_counting(parameters)
    everybody = number_of(counted.times(endpoint.name))
    by_level = counted.times(endpoint.name, factor.key)
    unknown = by_level["level"] == UNKNOWN
    rows = missing_rows(
        ANALYSIS,
        endpoint.name,
        number_of(by_level, unknown.to_numpy()),
        everybody,
        group=factor.key,
    )
    times = _in_order(by_level[~unknown].reset_index(drop=True), factor)
    of_groups = group_rows(times, factor, endpoint, (), counting)
    of_ratios: Rows = []
    if ratios and not is_spline(factor, parameters):
        of_ratios = _ratios(times, factor, endpoint, counted)
    moves = factor.key in counted.counts.about.changing
    if moves:
        of_groups = [
            {**one, "method": one["method"] and one["method"] + IN_THE_END} for one in of_groups
        ]
    late = parameters.delayed_entry != "none"
    if late:
        of_groups = _blank(of_groups, {one["statistic"] for one in of_groups} - _NUMBERS)
    elif _is_stratified(counted, factor) or moves:
        of_groups = _blank(of_groups, _TESTS)
    return rows + of_groups + of_ratios


def _in_order(times: pd.DataFrame, factor: Factor) -> pd.DataFrame:
    """Give times whose levels are in the order of the patients' own.

    A test adds in their order, and the last digits of a very small p value hang on it.
    """
    levels = [str(level) for level in factor.groups]
    others = sorted(set(times["level"].astype(str)) - set(levels))
    kind = pd.CategoricalDtype([*levels, *others], ordered=True)
    return times.assign(level=times["level"].astype(str).astype(kind))


def _is_stratified(counted: Counted, factor: Factor) -> bool:
    parameters = counted.parameters
    if parameters.factor_test != "stratified log-rank":
        return False
    return bool(strata_of(counted, factor, parameters))


def _ratios(times: pd.DataFrame, factor: Factor, endpoint: Endpoint, counted: Counted) -> Rows:
    parameters = counted.parameters
    counting = prognosis.of_counting(parameters)
    moves = parameters.delayed_entry != "none" or factor.key in counted.counts.about.changing
    sampled = parameters.interval_source == "bootstrap"
    if moves or (not factor.is_binary and sampled):
        return _without_ratios(factor, endpoint, counted, number_of(times))
    if not factor.is_binary:
        if number_of(times) <= MOST_TOLD:
            times = times.loc[times.index.repeat(times[N])].drop(columns=N).reset_index(drop=True)
        return ratio_rows(times, factor, endpoint, counting)
    by_formula = counting.model_copy(update={"interval_source": "formula"})
    rows = ratio_rows(times, factor, endpoint, by_formula)
    limits = {Statistic.HR_LOWER, Statistic.HR_UPPER}
    # A sample draws patients in the order of their names.
    known = [one for one in rows if one["statistic"] in limits and not one["note"]]
    return _blank(rows, limits, keep_exact=True) if sampled and known else rows


def _without_ratios(factor: Factor, endpoint: Endpoint, counted: Counted, n: int) -> Rows:
    parameters = counted.parameters
    method = f"cause-specific {MODEL}" if endpoint.competes(parameters) else MODEL
    method += since(parameters)
    return _needing(factor, endpoint, method, _levels(factor), _RATIOS, n)


def _ratios_of_all(factor: Factor, endpoint: Endpoint, model: str) -> Rows:
    method = f"Cox regression of all factors ({model})"
    return _needing(factor, endpoint, method, _levels(factor), _RATIOS)


def _needing(
    factor: Factor,
    endpoint: Endpoint,
    method: str,
    levels: Sequence[str],
    statistics: Sequence[Statistic],
    n: int | None = None,
) -> Rows:
    """Give rows of a factor without a value, whose note says that they need patients."""
    keys: dict[str, Any] = {"group": factor.key, "method": method, "n": n, "note": NEEDS_PATIENTS}
    return [
        row(ANALYSIS, endpoint.name, statistic, None, group_level=level, **keys)
        for level in levels
        for statistic in statistics
    ]


def _levels(factor: Factor) -> Sequence[str]:
    """Give the levels under which a factor has hazard ratios: none for yes against no."""
    return ("",) if factor.is_binary else factor.groups[1:]


def _spline_rows(counted: Counted, factor: Factor, endpoint: Endpoint) -> Rows:
    n = number_of(counted.times(endpoint.name, factor.key))
    method = f"Cox regression on a natural cubic spline of log10 {factor.variable.words}"
    statistics = (Statistic.P_VALUE, Statistic.NONLINEARITY_P, *_RATIOS)
    return _needing(factor, endpoint, method, ("",), statistics, n)


def _blank(rows: Rows, statistics: Collection[str], keep_exact: bool = False) -> Rows:
    """Give rows without the values of some statistics, and a note that these need patients.

    Whether there are exact tests of what is not tested is not known: they have no rows.
    """
    exactly = {each.value for each in EXACT.values()} if not keep_exact else set()
    asked = {Statistic(each).value for each in statistics}
    return [
        {**one, "value": float("nan"), "note": NEEDS_PATIENTS, "warning": ""}
        if one["statistic"] in asked
        else one
        for one in rows
        if one["statistic"] not in exactly
    ]
