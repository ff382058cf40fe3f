"""Response to treatment: Table 3, Figure 1 and the fall of alpha-fetoprotein (section 3.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import CRITERIA
from analysis.estimates.counts import count_rows, range_rows
from analysis.estimates.intervals import (
    PROPORTION_INTERVALS,
    fisher_p,
    mcnemar_chi_square_p,
    mcnemar_p,
    pearson_p,
    proportion_limits,
)
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

REGION_VARIABLES = {"overall": "response_overall", "in-field": "response_in_field"}
SUMMARIES = {"ORR": ("CR", "PR"), "DCR": ("CR", "PR", "SD")}
_LEVELS = {**{level: (level,) for level in ("CR", "PR", "SD", "PD")}, **SUMMARIES}


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
    if "assessments" not in cohort.recorded_tables:
        return to_table(rows)
    for region, variable in REGION_VARIABLES.items():
        best = responses(cohort, region)
        for criterion in best.columns:
            rows += _rates(best[criterion].dropna(), variable, str(criterion), parameters)
        if set(CRITERIA) <= set(best.columns):
            rows += _two_criteria(best.dropna(), variable, parameters)
    return to_table(rows)


def _rates(
    best: pd.Series, variable: str, criterion: str, parameters: Parameters
) -> list[dict[str, Any]]:
    n = len(best)
    rows = []
    for level, members in _LEVELS.items():
        count = int(best.isin(members).sum())
        low, high = proportion_limits(count, n, parameters)
        interval, _ = PROPORTION_INTERVALS[parameters.proportion_interval]
        statistics = {
            "count": (count, "patients", ""),
            "percent": (100 * count / n if n else None, "%", ""),
            "ci_lower": (100 * low, "%", interval),
            "ci_upper": (100 * high, "%", interval),
        }
        rows += [
            row(
                "response",
                variable,
                statistic,
                value,
                variable_level=level,
                group="criterion",
                group_level=criterion,
                unit=unit,
                method=method,
                n=n,
            )
            for statistic, (value, unit, method) in statistics.items()
        ]
    return rows


def _association(
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
        table = _two_by_two(first, second)
        rows += [
            row(
                "response",
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
                ("p_association", _association(table, parameters, " of association")),
                ("p_paired", _paired(table, parameters)),
            )
        ]
    return rows


def _two_by_two(first: pd.Series, second: pd.Series) -> list[list[int]]:
    return [
        [int((first & second).sum()), int((first & ~second).sum())],
        [int((~first & second).sum()), int((~first & ~second).sum())],
    ]


def estimate_afp(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give AFP after treatment, how many fell, and the fall against response (Fisher)."""
    patients = cohort.patients
    second = f"afp_after_{parameters.afp_second_cutoff:g}"
    rows = [
        *count_rows("afp_response", "afp_decrease", patients["afp_decrease"]),
        *range_rows("afp_response", "afp_after", patients["afp_after"], "ng/mL"),
        *range_rows("afp_response", "afp_change", patients["afp_change_percent"], "%"),
        *count_rows("afp_response", second, patients[second]),
    ]
    if "assessments" in cohort.recorded_tables and cohort.records("afp_decrease"):
        best = responses(cohort, "overall")
        for criterion in best.columns:
            both = pd.concat([best[criterion], patients["afp_decrease"]], axis=1).dropna()
            fell = both["afp_decrease"] == "yes"
            for level, members in SUMMARIES.items():
                responded = both[criterion].isin(members)
                keys: dict[str, Any] = {
                    "variable_level": level,
                    "group": "criterion",
                    "group_level": str(criterion),
                    "n": len(both),
                }
                counts = {
                    "count": ((fell & responded).sum(), "AFP fell, with response"),
                    "responders": (responded.sum(), "with response"),
                    "count_without": ((fell & ~responded).sum(), "AFP fell, without response"),
                    "non_responders": ((~responded).sum(), "without response"),
                }
                rows += [
                    row(
                        "afp_response",
                        "response_overall",
                        statistic,
                        int(count),
                        unit="patients",
                        note=note,
                        **keys,
                    )
                    for statistic, (count, note) in counts.items()
                ]
                p, method, note = _association(_two_by_two(fell, responded), parameters)
                rows.append(
                    row(
                        "afp_response",
                        "response_overall",
                        "p_value",
                        p,
                        method=method,
                        note=note,
                        **keys,
                    )
                )
    return to_table(rows)
