"""Prognostic factors: medians by level, tests and hazard ratios, as the parameters choose them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.compared import compared_times, strata_of
from analysis.estimates.factors import (
    endpoints_of,
    factors_of,
    left_out_rows,
    other_factors_of,
)
from analysis.estimates.groups import ANALYSIS, group_rows
from analysis.estimates.multiplicity import adjusted
from analysis.estimates.ratios import ALL_FACTORS, ratio_rows, together_rows
from analysis.estimates.rows import rounded, to_table
from analysis.estimates.spline_rows import is_spline, spline_rows
from analysis.estimates.weights import counted_if_many
from analysis.study.keys import Statistic
from analysis.study.limits import exact
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

# What acts on times that are counted. Other parameters act through who is in, how patients are
# grouped and which days are counted, so that what does not change with them is not computed again.
# The first three change days too; they are here for the words of `survival.method_of`.
COUNTING = (
    "time_zero",
    "delayed_entry",
    "pfs_censoring",
    "ci_type",
    "confidence",
    "interval_source",
    "bootstrap_replicates",
    "bootstrap_seed",
    "landmark_months",
    "factor_test",
    "restricted_months",
)

# Of a factor in its groups; a spline has its own.
TESTS = (Statistic.P_VALUE, Statistic.EXACT_P)

Rows = list[dict[str, Any]]


def of_counting(parameters: Parameters) -> Parameters:
    """Give the parameters that act on times that are counted; all others as nobody chose them."""
    return Parameters(**parameters.model_dump(include=set(COUNTING)))


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate every prognostic factor of Table 5, and outcome by the factors beside it.

    By every endpoint that is compared (`factors.endpoints_of`). Hazard ratios are of yes against
    no, or of each level against the reference. The parameters of prognostic factors choose who is
    compared, by which test and in which model; the column `method` says so.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` prognosis, `group` the key of the factor. What a dataset
        does not record has no rows; what cannot be estimated is nan with a note. Besides the rows
        of every choice: with restricted means, `rmst` by level and `rmst_difference`; with all
        factors in one model, its patients, events and test of proportional hazards, `group`
        all_factors; with a factor as a spline, hazard ratios against its cut, `variable_level` the
        quantity.
    """
    factors = factors_of(cohort)
    endpoints = [cohort.study.endpoint(name) for name in endpoints_of(cohort)]
    together: Rows = []
    if parameters.factor_model != "univariate":
        together = [
            statistic
            for endpoint in endpoints
            for statistic in together_rows(cohort, factors, endpoint, parameters)
        ]
    rows: Rows = []
    counting = of_counting(parameters)
    for factor in factors:
        for endpoint in endpoints:
            times = _times(cohort, factor, endpoint.name, parameters)
            strata = _strata(cohort, factor, parameters)
            found = group_rows(times, factor, endpoint, strata, counting)
            rows += left_out_rows(cohort, factor, endpoint.name, ANALYSIS)
            if is_spline(factor, parameters):
                rows += [one for one in found if one["statistic"] not in TESTS]
                # A limit has no place on a curve.
                measured = exact(cohort.patients, factor.variable.name)
                rows += spline_rows(times, measured, factor, endpoint, parameters)
            elif together:
                rows += found
                rows += [one for one in together if _is_of(one, factor.key, endpoint.name)]
            else:
                rows += found + ratio_rows(times, factor, endpoint, counting)
    for factor in other_factors_of(cohort):
        for endpoint in endpoints:
            times = _times(cohort, factor, endpoint.name, parameters)
            strata = _strata(cohort, factor, parameters)
            rows += left_out_rows(cohort, factor, endpoint.name, ANALYSIS)
            rows += group_rows(times, factor, endpoint, strata, counting)
            if factor.ratios:
                rows += ratio_rows(times, factor, endpoint, counting)
    rows += [one for one in together if one["group"] == ALL_FACTORS]
    return adjusted_tests(to_table(rows, estimate, cohort.stand_ins), factors, parameters)


def _times(cohort: Cohort, factor: Factor, endpoint: str, parameters: Parameters) -> pd.DataFrame:
    """Give the times that are compared, counted where patients are many and counts suffice.

    A curve needs the quantity of each patient, and a model of several levels is another library's.
    """
    times = compared_times(cohort, factor, endpoint, parameters)
    if is_spline(factor, parameters) or not factor.is_binary:
        return times
    return counted_if_many(times, parameters)


def _strata(cohort: Cohort, factor: Factor, parameters: Parameters) -> tuple[Factor, ...]:
    if parameters.factor_test != "stratified log-rank":
        return ()
    return tuple(strata_of(cohort, factor, parameters))


def _is_of(one: dict[str, Any], group: str, endpoint: str) -> bool:
    return (one["group"], one["variable"]) == (group, endpoint)


def adjusted_tests(
    table: pd.DataFrame, factors: Sequence[Factor], parameters: Parameters
) -> pd.DataFrame:
    """Adjust the tests of the factors, all endpoints as one family, for their number."""
    if parameters.p_adjustment == "none" or table.empty:
        return table
    of_factor = table["group"].isin([factor.key for factor in factors])
    asked = of_factor & (table["statistic"] == Statistic.P_VALUE)
    exact = of_factor & (table["statistic"] == Statistic.EXACT_P)
    # An exact test is read in place of the approximation, whose row is the one before.
    replaced = asked & exact.shift(-1, fill_value=False)
    read = (asked & ~replaced) | exact
    found = table.copy()
    for family, written in ((asked, replaced), (read, read)):
        values = table.loc[family, "value"]
        new = pd.Series(adjusted(values, parameters.p_adjustment), index=values.index).map(rounded)
        found.loc[written, "value"] = new[written[new.index]]
        found.loc[written, "method"] += (
            f", {parameters.p_adjustment} adjustment for {int(values.notna().sum())} tests"
        )
    return found
