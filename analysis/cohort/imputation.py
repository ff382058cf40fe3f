"""Dates of which only the month or the year is known keep the order that dates have.

Imputed by the rule of the dataset, a day may fall before the first treatment or after the last
contact of the same patient; it is moved as little as needed within the month or year that is
known, as the R package admiral does with `min_dates` and `max_dates`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.cohort.intake.cells import span
from analysis.cohort.rules import ORDER, first_treatment

Tables = dict[str, pd.DataFrame]


def within_order(
    tables: Mapping[str, pd.DataFrame], imputed: Mapping[str, pd.DataFrame]
) -> tuple[Tables, list[str]]:
    """Give the tables with imputed dates in order, and how many dates were imputed, in sentences.

    Parameters
    ----------
    tables
        Of the schema.
    imputed
        Table to column to `D` (the day was not known) or `M` (nor the month), by row.
    """
    changed = {name: frame.copy() for name, frame in tables.items()}
    notes = []
    for name, flags in imputed.items():
        for column in flags.columns:
            of_column = flags[column].dropna()
            if of_column.empty:
                continue
            days = _moved(changed, name, column, of_column)
            changed[name].loc[of_column.index, column] = days
            known = int(changed[name][column].notna().sum())
            years = int((of_column == "M").sum())
            only = f", {years} of them not to the month either" if years else ""
            notes.append(
                f"{column} ({name}): of {len(of_column)} of {known} dates the day is not "
                f"known{only}; it is imputed (`partial_dates`)."
            )
    return changed, notes


def _moved(tables: Tables, name: str, column: str, flags: pd.Series) -> pd.Series:
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
    for bound in lower:
        days = days.mask(bound.between(first, last) & (bound > days), bound)
    for bound in upper:
        days = days.mask(bound.between(first, last) & (bound < days), bound)
    return days


def _ends(follow_up: pd.DataFrame) -> pd.Series:
    ends = follow_up["death_date"].fillna(follow_up["last_contact_date"])
    return ends.groupby(follow_up["patient_id"]).max()
