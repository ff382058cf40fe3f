"""The groups of a factor: patients, events and medians of each, and the test of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates import rmst
from analysis.estimates.compared import KNOWN, since, since_landmark
from analysis.estimates.competing import RELAPSE, causes
from analysis.estimates.curves import curve
from analysis.estimates.gray import gray_test
from analysis.estimates.landmark import from_change
from analysis.estimates.log_rank import Weighting, log_rank
from analysis.estimates.remembered import remembered
from analysis.estimates.rows import row
from analysis.estimates.sparse import with_exact
from analysis.estimates.survival import summary_rows
from analysis.estimates.weights import number_of
from analysis.study.endpoints import Endpoint
from analysis.study.keys import Statistic
from analysis.study.months import DAYS_PER_MONTH, months
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

ANALYSIS = "prognosis"
# Of medians by a factor by which patients change their group on the way.
IN_THE_END = ", by group in the end"

WEIGHTINGS: dict[str, tuple[Weighting, str]] = {
    "log-rank": ("none", "log-rank test"),
    "Gehan-Wilcoxon": ("wilcoxon", "Gehan-Breslow-Wilcoxon test"),
    "Peto-Peto": ("peto", "Peto-Peto test"),
    "stratified log-rank": ("none", "log-rank test"),
    # Of patients who change group; there is no curve of a group, and no mean.
    "restricted mean": ("none", "log-rank test"),
}

Rows = list[dict[str, Any]]


@remembered
def group_rows(
    times: pd.DataFrame,
    factor: Factor,
    endpoint: Endpoint,
    strata: tuple[Factor, ...],
    parameters: Parameters,
) -> Rows:
    """Give patients, events and medians by level, and the test of the factor, exactly if sparse.

    Parameters
    ----------
    times
        From `compared.compared_times`, or counted (`weights`).
    strata
        The factors whose columns `times` has besides.
    parameters
        What acts on times that are counted; all else acts through `times`.
    """
    # Late entry is in the words of every curve.
    said = since_landmark(parameters) + (IN_THE_END if KNOWN in times else "")
    rows = [
        {**statistic, "method": statistic["method"] + said} if statistic["method"] else statistic
        for level in factor.groups
        for statistic in summary_rows(
            times[times["level"] == level],
            endpoint,
            parameters,
            group=factor.key,
            group_level=level,
            analysis_id=ANALYSIS,
        )
    ]
    # The area below a curve is a mean time only where nothing competes with the event.
    by_means = parameters.factor_test == "restricted mean" and not endpoint.competes(parameters)
    if by_means and KNOWN not in times:
        return rows + _mean_rows(times, factor, endpoint, parameters)
    return rows + _test_rows(times, factor, endpoint, strata, parameters)


def _test_rows(
    times: pd.DataFrame,
    factor: Factor,
    endpoint: Endpoint,
    strata: tuple[Factor, ...],
    parameters: Parameters,
) -> Rows:
    weighting, method = WEIGHTINGS[parameters.factor_test]
    if parameters.factor_test == "stratified log-rank":
        by = " and ".join(stratum.label for stratum in strata)
        method += f", stratified by {by}" if by else ", no stratum recorded"
    if KNOWN in times:
        method += ", groups from the day of the second treatment (Mantel-Byar)"
    columns = tuple(stratum.column for stratum in strata)
    within = times.dropna(subset=list(columns))
    compared = from_change(within) if KNOWN in times else within
    competing = endpoint.competes(parameters)
    if competing:
        # Gray's test knows neither weights nor strata, nor groups that change on the way.
        compared, weighting, columns = within, "none", ()
        test, method = gray_test(causes(within), RELAPSE), "Gray's test"
    else:
        test = log_rank(compared, weighting, columns)
    asked = row(
        ANALYSIS,
        endpoint.name,
        Statistic.P_VALUE,
        test.p_value,
        group=factor.key,
        method=method + since(parameters),
        n=number_of(within),
        note=test.note,
    )
    return with_exact(asked, compared, weighting, columns, competing)


def _mean_rows(
    times: pd.DataFrame, factor: Factor, endpoint: Endpoint, parameters: Parameters
) -> Rows:
    """Give restricted means by level, and the test that they are the same."""
    month = parameters.restricted_months
    rows: Rows = []
    found: dict[str, rmst.Mean] = {}
    keys: dict[str, Any] = {"group": factor.key, "variable_level": month, "unit": "months"}
    for level in factor.groups:
        of_level = times[times["level"] == level]
        mean = rmst.Mean(float("nan"), float("nan"))
        if not of_level.empty:
            mean = rmst.restricted_mean(curve(of_level, parameters), month * DAYS_PER_MONTH)
            found[level] = mean
        missing = "no patients" if of_level.empty else "beyond the last follow-up"
        rows += _mean_row_of(
            Statistic.RMST,
            mean,
            endpoint,
            parameters,
            missing,
            **keys,
            group_level=level,
            n=number_of(of_level),
        )
    missing = "no restricted mean of every group"
    if factor.is_binary:
        apart = rmst.Mean(float("nan"), float("nan"))
        if len(found) == len(factor.groups):
            yes, no = factor.groups
            apart = rmst.difference(found[yes], found[no])
        rows += _mean_row_of(
            Statistic.RMST_DIFFERENCE,
            apart,
            endpoint,
            parameters,
            missing,
            **keys,
            n=number_of(times),
        )
    p_value = rmst.equality(list(found.values())) if len(found) > 1 else float("nan")
    test = row(
        ANALYSIS,
        endpoint.name,
        Statistic.P_VALUE,
        p_value,
        group=factor.key,
        method=f"test of restricted means at {month} months{since(parameters)}",
        n=number_of(times),
        note=missing if np.isnan(p_value) else "",
    )
    return rows + with_exact(test, times, none="no exact test of restricted means")


def _mean_row_of(
    statistic: Statistic,
    mean: rmst.Mean,
    endpoint: Endpoint,
    parameters: Parameters,
    missing: str,
    **keys: Any,
) -> Rows:
    area = f"area below Kaplan-Meier curve{since(parameters)}"
    limit = f"{area}, normal {100 * parameters.confidence:g}% interval"
    found = rmst.interval(mean, parameters)
    lower, upper = statistic.limits
    return [
        row(
            ANALYSIS,
            endpoint.name,
            each,
            months(days),
            method=method,
            note=missing if np.isnan(days) else "",
            **keys,
        )
        for each, days, method in (
            (statistic, found.value, area),
            (lower, found.lower, limit),
            (upper, found.upper, limit),
        )
    ]
