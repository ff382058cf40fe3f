"""Dates of which only the month or the year is known keep the order that dates have.

Imputed by the rule of the dataset, a day may fall before the first treatment or after the last
contact of the same patient; it is moved as little as needed within the month or year that is
known, as the R package admiral does with `min_dates` and `max_dates`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pandas as pd

from analysis.cohort.intake.cells import span
from analysis.cohort.rules import ORDER, first_treatment

Tables = dict[str, pd.DataFrame]


def within_order(
    tables: Mapping[str, pd.DataFrame],
    imputed: Mapping[str, pd.DataFrame],
    cutoff: datetime.date | None = None,
) -> tuple[Tables, list[str]]:
    """Give the tables with imputed dates in order, and how many dates were imputed, in sentences.

    Parameters
    ----------
    tables
        Of the schema.
    imputed
        Table to column to `D` (the day was not known) or `M` (nor the month), by row.
    cutoff
        The day after which there is none.
    """
    changed = {name: frame.copy() for name, frame in tables.items()}
    columns = {
        (name, column): found
        for name, flags in imputed.items()
        for column in flags.columns
        if not (found := flags[column].dropna()).empty
    }
    # A date that is moved may be the bound of another that was imputed: once more for each.
    for _ in range(len(columns) + 1):
        for (name, column), flags in columns.items():
            days = _moved(changed, name, column, flags, cutoff)
            changed[name].loc[flags.index, column] = days
    return changed, [
        _note(name, column, flags, int(changed[name][column].notna().sum()))
        for (name, column), flags in columns.items()
    ]


def _note(name: str, column: str, flags: pd.Series, known: int) -> str:
    years = int((flags == "M").sum())
    only = f", {years} of them not to the month either" if years else ""
    return (
        f"{column} ({name}): of {len(flags)} of {known} dates the day is not "
        f"known{only}; it is imputed (`partial_dates`)."
    )


def _moved(
    tables: Tables, name: str, column: str, flags: pd.Series, cutoff: datetime.date | None
) -> pd.Series:
    rows = tables[name].loc[flags.index]
    days = rows[column]
    spans = [span(day, flag) for day, flag in zip(days, flags, strict=True)]
    first = pd.Series([each[0] for each in spans], index=days.index)
    last = pd.Series([each[1] for each in spans], index=days.index)
    lower = [rows[a] for table, a, b in ORDER if (table, b) == (name, column)]
    upper = [rows[b] for table, a, b in ORDER if (table, a) == (name, column)]
    if name in ("follow_up", "adverse_events") and column != "last_imaging_date":
        lower.append(rows["patient_id"].map(first_treatment(tables)))
    if name == "adverse_events":
        upper.append(rows["patient_id"].map(_ends(tables["follow_up"])))
    if name in ("radiotherapy", "immunotherapy") and column == "start_date":
        upper.append(rows["patient_id"].map(_before_treatment(tables)))
    if cutoff is not None:
        upper.append(pd.Series(pd.Timestamp(cutoff), index=days.index))
    for bound in lower:
        days = days.mask(bound.between(first, last) & (bound > days), bound)
    for bound in upper:
        days = days.mask(bound.between(first, last) & (bound < days), bound)
    return days


def _before_treatment(tables: Tables) -> pd.Series:
    """Give the first outcome of each patient of whom it would be before any treatment."""
    follow_up, events = tables["follow_up"], tables["adverse_events"]
    ids = [events["patient_id"]]
    outcomes = [events["onset_date"]]
    for column in follow_up.columns:
        if column.endswith("_date") and column != "last_imaging_date":
            ids.append(follow_up["patient_id"])
            outcomes.append(follow_up[column])
    first = pd.concat(outcomes).groupby(pd.concat(ids)).min()
    treated = first_treatment(tables).reindex(first.index)
    return first[first < treated]


def _ends(follow_up: pd.DataFrame) -> pd.Series:
    ends = follow_up["death_date"].fillna(follow_up["last_contact_date"])
    return ends.groupby(follow_up["patient_id"]).max()
