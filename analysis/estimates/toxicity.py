"""Adverse events by worst CTCAE grade a patient: Table 4 and section 3.4."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.counts import share_rows
from analysis.estimates.rows import row, to_table
from analysis.study.declarations import NamedEvents
from analysis.study.keys import YES, Statistic
from analysis.study.parameters import Parameters

ANALYSIS = "adverse_events"
ANY_EVENT, ANY = "any_event", "any"
GRADES = (1, 2, 3, 4, 5)
# The grade of an event that kills.
FATAL = 5


def worst_grades(cohort: Cohort) -> pd.DataFrame:
    """Give the worst grade, a patient a row and a table row a column; 0 where none happened."""
    worst = cohort.adverse_events.pivot_table(
        index="patient_id", columns="group", values="grade", aggfunc="max"
    )
    known = [group.name for group in cohort.study.event_groups]
    others = sorted(set(worst.columns) - set(known))
    return (
        worst.reindex(index=cohort.patients.index, columns=[*known, *others]).fillna(0).astype(int)
    )


def estimate(cohort: Cohort, _: Parameters) -> pd.DataFrame:
    """Give patients by term and worst grade, any event of grade 3 or more, and named events."""
    if "adverse_events" not in cohort.recorded_tables:
        return to_table([], estimate)
    worst = worst_grades(cohort)
    n = len(worst)
    rows: list[dict[str, Any]] = []
    for term in worst.columns:
        rows += _by_grade(term, worst[term], n)
    rows += _by_grade(ANY_EVENT, worst.max(axis=1), n)
    for named in cohort.study.named_events:
        rows += _named(cohort.adverse_events, named, n)
    return to_table(rows, estimate)


def _named(events: pd.DataFrame, named: NamedEvents, n: int) -> list[dict[str, Any]]:
    chosen = pd.Series(True, index=events.index)
    if named.terms:
        chosen &= events["term"].isin(named.terms)
    if named.attribution:
        chosen &= events["attribution"].fillna("").str.contains(named.attribution, regex=False)
    if named.fatal:
        chosen &= (events["grade"] == FATAL).fillna(False).astype(bool)
    count = events.loc[chosen, "patient_id"].nunique()
    if not named.fatal:
        return share_rows(ANALYSIS, named.name, count, n, variable_level=ANY)
    return [
        row(
            ANALYSIS,
            named.name,
            Statistic.COUNT,
            count,
            variable_level=YES,
            unit="patients",
            n=n,
        )
    ]


def _by_grade(term: str, worst: pd.Series, n: int) -> list[dict[str, Any]]:
    levels = {str(grade): worst == grade for grade in GRADES}
    levels |= {ANY: worst >= 1, ">=2": worst >= 2, ">=3": worst >= 3}
    return [
        entry
        for level, chosen in levels.items()
        for entry in share_rows(ANALYSIS, term, int(chosen.sum()), n, variable_level=level)
    ]
