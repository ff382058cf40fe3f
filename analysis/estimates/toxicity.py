"""Adverse events by worst CTCAE grade a patient: Table 4 and section 3.4."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort import ctcae
from analysis.cohort.model import Cohort
from analysis.estimates.counts import share_rows
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

ANALYSIS = "adverse_events"
GRADES = (1, 2, 3, 4, 5)


def worst_grades(cohort: Cohort) -> pd.DataFrame:
    """Give the worst grade, a patient a row and a table row a column; 0 where none happened."""
    worst = cohort.adverse_events.pivot_table(
        index="patient_id", columns="group", values="grade", aggfunc="max"
    )
    known = [group.name for group in ctcae.GROUPS]
    others = sorted(set(worst.columns) - set(known))
    return (
        worst.reindex(index=cohort.patients.index, columns=[*known, *others]).fillna(0).astype(int)
    )


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give patients by term and worst grade, any event of grade 3 or more, and named events."""
    if "adverse_events" not in cohort.recorded_tables:
        return to_table([])
    worst = worst_grades(cohort)
    n = len(worst)
    rows: list[dict[str, Any]] = []
    for term in worst.columns:
        rows += _by_grade(term, worst[term], n)
    highest = worst.max(axis=1)
    rows += _by_grade("any_event", highest, n)

    events = cohort.adverse_events
    immune = events["attribution"].fillna("").str.contains("immunotherapy")
    radiation = events["attribution"].fillna("").str.contains("radiotherapy")
    injury = events["term"].isin(ctcae.LIVER_INJURY)
    named = {
        "viral_reactivation": events["term"].isin(ctcae.VIRAL_REACTIVATION),
        "radiation_liver_injury": injury & radiation,
        "immune_liver_injury": injury & immune,
        "immune_related": immune,
    }
    for name, chosen in named.items():
        count = events.loc[chosen, "patient_id"].nunique()
        rows += share_rows(ANALYSIS, name, count, n, variable_level="any")
    fatal = events.loc[immune & (events["grade"] == 5), "patient_id"].nunique()
    rows.append(
        row(
            ANALYSIS,
            "ae_death_immune_related",
            "count",
            fatal,
            variable_level="yes",
            unit="patients",
            n=n,
        )
    )
    return to_table(rows)


def _by_grade(term: str, worst: pd.Series, n: int) -> list[dict[str, Any]]:
    levels = {str(grade): worst == grade for grade in GRADES}
    levels |= {"any": worst >= 1, ">=2": worst >= 2, ">=3": worst >= 3}
    return [
        entry
        for level, chosen in levels.items()
        for entry in share_rows(ANALYSIS, term, int(chosen.sum()), n, variable_level=level)
    ]
