"""Adverse events by worst CTCAE grade a patient: Table 4 and section 3.4."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
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
# Stands for a grade that is not recorded of an event that happened.
HAPPENED = 1
# From the worst grades of patients to those who are counted in a level.
LEVELS: Mapping[str, Callable[[pd.Series], pd.Series]] = {
    **{str(grade): partial(operator.eq, grade) for grade in GRADES},
    ANY: partial(operator.le, 1),
    ">=2": partial(operator.le, 2),
    ">=3": partial(operator.le, 3),
}


def worst_grades(cohort: Cohort) -> pd.DataFrame:
    """Give the worst grade, a patient a row and a table row a column; 0 where none happened.

    Where no grade is recorded, an event has the grade `HAPPENED`, and only the row of any grade may
    be shown. Where no term is recorded, there is no column.
    """
    events = cohort.adverse_events.assign(grade=_grades(cohort))
    worst = events.pivot_table(index="patient_id", columns="group", values="grade", aggfunc="max")
    known = [group.name for group in cohort.study.event_groups]
    others = sorted(set(worst.columns) - set(known))
    columns = [*known, *others] if cohort.has("adverse_events.term") else []
    return worst.reindex(index=cohort.patients.index, columns=columns).fillna(0).astype(int)


def worst_of_all(cohort: Cohort) -> pd.Series:
    """Give the worst grade of any event of each patient, as `worst_grades` does."""
    worst = _grades(cohort).groupby(cohort.adverse_events["patient_id"]).max()
    return worst.reindex(cohort.patients.index).fillna(0).astype(int)


def _grades(cohort: Cohort) -> pd.Series:
    grades = cohort.adverse_events["grade"]
    return grades if cohort.has("adverse_events.grade") else grades.fillna(HAPPENED)


def estimate(cohort: Cohort, _: Parameters) -> pd.DataFrame:
    """Give patients by term and worst grade, any event of grade 3 or more, and named events.

    Where no grade is recorded, there are events of any grade alone; where no term or attribution
    is, what is counted by it has no rows.
    """
    if not cohort.has("adverse_events"):
        return to_table([], estimate)
    worst = worst_grades(cohort)
    levels = LEVELS if cohort.has("adverse_events.grade") else {ANY: LEVELS[ANY]}
    rows: list[dict[str, Any]] = []
    for term in worst.columns:
        rows += _by_grade(term, worst[term], levels)
    rows += _by_grade(ANY_EVENT, worst_of_all(cohort), levels)
    for named in cohort.study.named_events:
        if cohort.has(*named.needs()):
            rows += _named(cohort.adverse_events, named, len(worst))
    return to_table(rows, estimate)


def _named(events: pd.DataFrame, named: NamedEvents, n: int) -> list[dict[str, Any]]:
    chosen = pd.Series(True, index=events.index)
    if named.terms:
        chosen &= events["term"].isin(named.terms)
    if named.fatal:
        chosen &= (events["grade"] == FATAL).fillna(False).astype(bool)
    note = ""
    if named.attribution:
        attributed = events["attribution"]
        unknown = int((chosen & attributed.isna()).sum())
        note = f"{unknown} {'event' if unknown == 1 else 'events'} without attribution"
        note = note if unknown else ""
        chosen &= attributed.fillna("").str.contains(named.attribution, regex=False)
    count = events.loc[chosen, "patient_id"].nunique()
    if not named.fatal:
        return share_rows(ANALYSIS, named.name, count, n, variable_level=ANY, note=note)
    return [
        row(
            ANALYSIS,
            named.name,
            Statistic.COUNT,
            count,
            variable_level=YES,
            unit="patients",
            n=n,
            note=note,
        )
    ]


def _by_grade(
    term: str, worst: pd.Series, levels: Mapping[str, Callable[[pd.Series], pd.Series]]
) -> list[dict[str, Any]]:
    return [
        entry
        for level, chosen in levels.items()
        for entry in share_rows(
            ANALYSIS, term, int(chosen(worst).sum()), len(worst), variable_level=level
        )
    ]
