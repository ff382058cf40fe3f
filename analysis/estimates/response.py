"""Response to treatment: Table 3 and Figure 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import CATEGORIES, CRITERIA, NOT_EVALUABLE, REGION_VARIABLES
from analysis.estimates.counts import missing_rows
from analysis.estimates.intervals import (
    PROPORTION_INTERVALS,
    fisher_p,
    mcnemar_chi_square_p,
    mcnemar_p,
    pearson_p,
    proportion_limits,
)
from analysis.estimates.rows import row, to_table
from analysis.study.keys import Statistic
from analysis.study.parameters import Parameters

ANALYSIS = "response"
SUMMARIES = {"ORR": ("CR", "PR"), "DCR": ("CR", "PR", "SD")}


def responses(cohort: Cohort, region: str) -> pd.DataFrame:
    """Give best response, a patient a row and a criterion a column, for one region."""
    chosen = cohort.assessments[cohort.assessments["region"] == region]
    return chosen.pivot(index="patient_id", columns="criterion", values="response")


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give response rates with their intervals, and two p values for each pair of rates.

    `p_association` asks whether the two criteria go together (Fisher, as the article's values
    can be had); `p_paired` asks whether one criterion calls more patients responders than the
    other in the same patients (exact McNemar), as a reader expects from the column. Where
    `table_test` is asymptotic, both are by their chi-square.
    """
    rows: list[dict[str, Any]] = []
    if not cohort.has("assessments.criterion", "assessments.region"):
        return to_table(rows, estimate, cohort.stand_ins)
    for region, variable in REGION_VARIABLES.items():
        best = responses(cohort, region)
        for criterion in best.columns:
            known = best[criterion].dropna()
            missing = len(cohort.patients) - len(known)
            note = f"not recorded for {missing}" if missing else ""
            rows += _rates(known, variable, str(criterion), parameters, note)
            rows += missing_rows(
                ANALYSIS,
                variable,
                missing,
                len(cohort.patients),
                group="criterion",
                group_level=str(criterion),
            )
        if set(CRITERIA) <= set(best.columns):
            rows += _two_criteria(best.dropna(), variable, parameters)
    return to_table(rows, estimate, cohort.stand_ins)


def _rates(
    best: pd.Series, variable: str, criterion: str, parameters: Parameters, note: str
) -> list[dict[str, Any]]:
    n = len(best)
    rows = []
    levels = CATEGORIES if not (best == NOT_EVALUABLE).any() else (*CATEGORIES, NOT_EVALUABLE)
    for level, members in ({level: (level,) for level in levels} | SUMMARIES).items():
        count = int(best.isin(members).sum())
        low, high = proportion_limits(count, n, parameters)
        interval, _ = PROPORTION_INTERVALS[parameters.proportion_interval]
        statistics = {
            Statistic.COUNT: (count, "patients", ""),
            Statistic.PERCENT: (100 * count / n if n else None, "%", ""),
            Statistic.CI_LOWER: (100 * low, "%", interval),
            Statistic.CI_UPPER: (100 * high, "%", interval),
        }
        rows += [
            row(
                ANALYSIS,
                variable,
                statistic,
                value,
                variable_level=level,
                group="criterion",
                group_level=criterion,
                unit=unit,
                method=method,
                n=n,
                note=note,
            )
            for statistic, (value, unit, method) in statistics.items()
        ]
    return rows


def association(
    table: list[list[int]], parameters: Parameters, of: str = ""
) -> tuple[float, str, str]:
    """Give the p value of association, its test in words, and why there is none."""
    if parameters.table_test == "exact":
        return fisher_p(table), f"Fisher exact test{of}, two-sided", ""
    p = pearson_p(table)
    note = "no test: nobody, or everybody, on one side of the table" if np.isnan(p) else ""
    return p, f"Pearson chi-square test{of}, without continuity correction", note


def _paired(table: list[list[int]], parameters: Parameters) -> tuple[float, str, str]:
    if parameters.table_test == "exact":
        return mcnemar_p(table), "McNemar exact test", ""
    p = mcnemar_chi_square_p(table)
    note = "no test: both criteria agree in every patient" if np.isnan(p) else ""
    return p, "McNemar chi-square test, without continuity correction", note


def _two_criteria(
    best: pd.DataFrame, variable: str, parameters: Parameters
) -> list[dict[str, Any]]:
    rows = []
    for level, members in SUMMARIES.items():
        first, second = (best[criterion].isin(members) for criterion in CRITERIA)
        table = two_by_two(first, second)
        rows += [
            row(
                ANALYSIS,
                variable,
                statistic,
                p,
                variable_level=level,
                group="criterion",
                method=method,
                n=len(best),
                note=note,
            )
            for statistic, (p, method, note) in (
                (Statistic.P_ASSOCIATION, association(table, parameters, " of association")),
                (Statistic.P_PAIRED, _paired(table, parameters)),
            )
        ]
    return rows


def two_by_two(first: pd.Series, second: pd.Series) -> list[list[int]]:
    """Count patients by two answers: both, the first alone, the second alone, neither."""
    return [
        [int((first & second).sum()), int((first & ~second).sum())],
        [int((~first & second).sum()), int((~first & ~second).sum())],
    ]
