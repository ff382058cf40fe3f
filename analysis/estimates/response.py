"""Response to treatment: Table 3, Figure 1 and the fall of alpha-fetoprotein (section 3.3)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import CRITERIA
from analysis.estimates.counts import count_rows, range_rows
from analysis.estimates.intervals import clopper_pearson, fisher_p, mcnemar_p
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
    """Give response rates with exact intervals, and two p values for each pair of rates.

    `p_association` asks whether the two criteria go together (Fisher, as the article's values
    can be had); `p_paired` asks whether one criterion calls more patients responders than the
    other in the same patients (exact McNemar), as a reader expects from the column.
    """
    rows: list[dict[str, Any]] = []
    if "assessments" not in cohort.recorded_tables:
        return to_table(rows)
    for region, variable in REGION_VARIABLES.items():
        best = responses(cohort, region)
        for criterion in best.columns:
            rows += _rates(best[criterion].dropna(), variable, str(criterion), parameters)
        if set(CRITERIA) <= set(best.columns):
            rows += _two_criteria(best.dropna(), variable)
    return to_table(rows)


def _rates(
    best: pd.Series, variable: str, criterion: str, parameters: Parameters
) -> list[dict[str, Any]]:
    n = len(best)
    rows = []
    for level, members in _LEVELS.items():
        count = int(best.isin(members).sum())
        low, high = clopper_pearson(count, n, parameters.confidence)
        statistics = {
            "count": (count, "patients", ""),
            "percent": (100 * count / n if n else None, "%", ""),
            "ci_lower": (100 * low, "%", "Clopper-Pearson"),
            "ci_upper": (100 * high, "%", "Clopper-Pearson"),
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


def _two_criteria(best: pd.DataFrame, variable: str) -> list[dict[str, Any]]:
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
            )
            for statistic, p, method in (
                (
                    "p_association",
                    fisher_p(table),
                    "Fisher exact test of association, two-sided",
                ),
                ("p_paired", mcnemar_p(table), "McNemar exact test"),
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
                rows.append(
                    row(
                        "afp_response",
                        "response_overall",
                        "p_value",
                        fisher_p(_two_by_two(fell, responded)),
                        method="Fisher exact test, two-sided",
                        **keys,
                    )
                )
    return to_table(rows)
