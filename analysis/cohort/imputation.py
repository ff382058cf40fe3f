"""Dates of which only the month or the year is known keep the order that dates have.

Imputed by the rule of the dataset, a day may fall before the first treatment or after the last
contact of the same patient; it is moved as little as needed within the month or year that is
known, as the R package admiral does with `min_dates` and `max_dates`. Where several dates of one
patient were imputed, what each can be is narrowed by what the others can be, and the days are then
set one after another in the order that they have.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pandas as pd

from analysis.cohort.by_patient import extreme, of_each, of_rows
from analysis.cohort.intake.cells import span
from analysis.cohort.rules import ORDER, first_treatment

Tables = dict[str, pd.DataFrame]
_TREATMENTS = ("radiotherapy", "immunotherapy")
_START, _END, _ONSET, _IMAGING = "start_date", "end_date", "onset_date", "last_imaging_date"
# Earlier dates of a patient before later ones, as far as an order is known.
_FIRST = ("patients", *_TREATMENTS, "adverse_events", "follow_up")


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
    columns = {
        (name, column): found
        for name, flags in imputed.items()
        for column in flags.columns
        if not (found := flags[column].dropna()).empty
    }
    if not columns:
        return dict(tables), []
    days = {name: frame.copy() for name, frame in tables.items()}
    earliest = {name: frame.copy() for name, frame in tables.items()}
    latest = {name: frame.copy() for name, frame in tables.items()}
    for (name, column), flags in columns.items():
        rows = flags.index
        spans = [span(day, flag) for day, flag in zip(days[name][column][rows], flags, strict=True)]
        earliest[name].loc[rows, column] = pd.Series([each[0] for each in spans], rows)
        latest[name].loc[rows, column] = pd.Series([each[1] for each in spans], rows)
        if cutoff is not None:
            last = latest[name].loc[rows, column]
            end = pd.Timestamp(cutoff)
            latest[name].loc[rows, column] = last.mask(
                (last > end) & (earliest[name].loc[rows, column] <= end), end
            )
    _narrow(columns, earliest, latest)
    for name, column in sorted(columns, key=_place):
        rows = columns[name, column].index
        own = days[name].loc[rows, column]
        low, high = (each[name].loc[rows, column] for each in (earliest, latest))
        before = _before(days, name, column)[rows]
        low = low.mask(before > low, before)
        # An order that cannot be kept is told by the rules.
        days[name].loc[rows, column] = own.mask(own < low, low).mask(
            lambda day, h=high: day > h, high
        )
    return days, [
        _note(name, column, flags, int(days[name][column].notna().sum()))
        for (name, column), flags in columns.items()
    ]


def _note(name: str, column: str, flags: pd.Series, known: int) -> str:
    years = int((flags == "M").sum())
    only = f", {years} of them not to the month either" if years else ""
    return (
        f"{column} ({name}): of {len(flags)} of {known} dates the day is not "
        f"known{only}; it is imputed (`partial_dates`)."
    )


def _place(key: tuple[str, str]) -> tuple[int, int]:
    """Order the columns of dates so that what is earlier for a patient comes first."""
    later = [i for i, (table, _, column) in enumerate(ORDER) if (table, column) == key]
    return _FIRST.index(key[0]), max(later, default=-1)


def _narrow(columns: Mapping[tuple[str, str], pd.Series], earliest: Tables, latest: Tables) -> None:
    """Move the first and last day that each date can be by those of the dates beside it."""
    # The longest chain, from treatment to death, has fewer links than there are rules.
    for _ in ORDER:
        changed = False
        for (name, column), flags in columns.items():
            rows = flags.index
            low, high = (each[name].loc[rows, column] for each in (earliest, latest))
            after, before = (
                _after(earliest, latest, name, column)[rows],
                _before(earliest, name, column)[rows],
            )
            low_now = low.mask((before > low) & (before <= high), before)
            high_now = high.mask((after < high) & (after >= low_now), after)
            changed |= not (low_now.equals(low) and high_now.equals(high))
            earliest[name].loc[rows, column] = low_now
            latest[name].loc[rows, column] = high_now
        if not changed:
            return


def _before(tables: Tables, name: str, column: str) -> pd.Series:
    """Give the day before which each date of a column cannot be; missing where there is none."""
    frame = tables[name]
    bounds = [frame[a] for table, a, b in ORDER if (table, b) == (name, column)]
    if name in ("follow_up", "adverse_events") and column != _IMAGING:
        bounds.append(of_rows(frame["patient_id"], first_treatment(tables)))
    if name == "follow_up" and column in ("last_contact_date", "death_date"):
        events = tables["adverse_events"]
        onset = of_rows(frame["patient_id"], of_each(events["patient_id"], events[_ONSET], "max"))
        if column == "last_contact_date":
            # Events may begin after the last contact of somebody whose death is known.
            onset = onset.where(frame["death_date"].isna())
        bounds.append(onset)
    if name == "follow_up" and column == "death_date":
        for treatment in _TREATMENTS:
            courses = tables[treatment]
            last = of_each(courses["patient_id"], courses[[_START, _END]].max(axis=1), "max")
            bounds.append(of_rows(frame["patient_id"], last))
    return _extreme(bounds, frame.index, "max")


def _after(earliest: Tables, latest: Tables, name: str, column: str) -> pd.Series:
    """Give the day after which each date of a column cannot be; missing where there is none."""
    frame = latest[name]
    bounds = [frame[b] for table, a, b in ORDER if (table, a) == (name, column)]
    ids = frame["patient_id"]
    if name == "adverse_events":
        follow_up = latest["follow_up"]
        ends = follow_up["death_date"].fillna(follow_up["last_contact_date"])
        bounds.append(of_rows(ids, of_each(follow_up["patient_id"], ends, "max")))
    if name in _TREATMENTS:
        follow_up = latest["follow_up"]
        death = of_each(follow_up["patient_id"], follow_up["death_date"], "max")
        bounds.append(of_rows(ids, death))
    if name in _TREATMENTS and column == _START:
        # Of several treatments it is the first that outcomes are not before.
        is_first = earliest[name][_START].eq(of_rows(ids, first_treatment(earliest)))
        bounds.append(of_rows(ids, _first_outcome(latest)).where(is_first))
    return _extreme(bounds, frame.index, "min")


def _first_outcome(tables: Tables) -> pd.Series:
    follow_up, events = tables["follow_up"], tables["adverse_events"]
    dated = [name for name in map(str, follow_up.columns) if name.endswith("_date")]
    dated.remove(_IMAGING)
    found = [of_each(follow_up["patient_id"], follow_up[column], "min") for column in dated]
    found.append(of_each(events["patient_id"], events[_ONSET], "min"))
    return extreme(found, "min")


def _extreme(bounds: list[pd.Series], index: pd.Index, which: str) -> pd.Series:
    if not bounds:
        return pd.Series(pd.NaT, index=index)
    together = pd.concat([pd.to_datetime(bound) for bound in bounds], axis=1)
    return together.max(axis=1) if which == "max" else together.min(axis=1)
