"""What must hold between columns, or is asked: dates in the order in which things happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analysis.cohort.draft.fit import formats_of
from analysis.cohort.draft.match import REPEATED
from analysis.cohort.draft.proposal import ID, Look, Part

_IN_ORDER = (
    ("birth_date", "enrolment_date"),
    ("enrolment_date", "progression_date"),
    ("enrolment_date", "last_contact_date"),
    ("enrolment_date", "death_date"),
    ("progression_date", "last_imaging_date"),
    ("progression_date", "last_contact_date"),
    ("progression_date", "death_date"),
    ("progression_date", "in_field_relapse_date"),
    ("progression_date", "out_field_relapse_date"),
    ("last_imaging_date", "last_contact_date"),
    ("last_imaging_date", "death_date"),
    ("last_contact_date", "death_date"),
)
# What is known of every patient, or the column is another.
_OF_EVERYBODY = ("birth_date", "enrolment_date", "last_imaging_date", "last_contact_date")


def checked(parts: Sequence[Part], look: Look) -> list[Part]:
    """Ask about dates that do not stand in the order in which they happen, and ages that differ."""
    by_column: dict[str, str] = {}
    for part in parts:
        for line in part.lines:
            one = line.active and len(line.headers) == 1 and part.table in ("patients", "follow_up")
            if one and line.column != ID:
                by_column[line.column] = line.headers[0]
    days = {
        column: look.columns[header].days(formats_of(look.columns[header], look.orders)[0])
        for column, header in by_column.items()
        if column.endswith("_date") and header in look.columns
    }
    asked: dict[str, list[str]] = defaultdict(list)
    for earlier, after in _IN_ORDER:
        if earlier in days and after in days:
            both = days[earlier].notna() & days[after].notna()
            wrong = int((days[earlier] > days[after])[both].sum())
            if wrong > 0.03 * both.sum():
                words = f"of {both.sum()} patients, {wrong} have {earlier} after {after}"
                for column in (earlier, after):
                    asked[column].append(words)
    for name in _OF_EVERYBODY:
        if name in days and days[name].notna().any():
            blank = int(days[name].isna().sum())
            if blank > 0.2 * len(days[name]):
                asked[name].append(f"blank in {blank} of {len(days[name])}: not known of them?")
    if "last_contact_date" in days:
        contact = days["last_contact_date"]
        for header, cells in look.columns.items():
            if header in by_column.values() or not cells.is_dates:
                continue
            other = cells.days(formats_of(cells, look.orders)[0])
            both = other.notna() & contact.notna()
            later = int((other > contact)[both].sum())
            if later > 0.3 * max(int(both.sum()), 1):
                asked["last_contact_date"].append(f"{header} is later in {later} patients")
    treated = _treated(parts, look)
    for name in ("last_contact_date", "death_date"):
        if name in days and treated is not None:
            wrong = int((treated > days[name]).sum())
            if wrong > 0.03 * int((treated.notna() & days[name].notna()).sum()):
                asked[name].append(f"{wrong} patients were treated after it")
    if {"birth_date", "enrolment_date"} <= set(days) and "age_years" in by_column:
        age = look.columns[by_column["age_years"]]
        told = pd.to_numeric(age.cells, errors="coerce")
        counted = (days["enrolment_date"] - days["birth_date"]).dt.days / 365.25
        differ = ((told - counted).abs() > 1.1) & told.notna() & counted.notna()
        if differ.sum() > 0.05 * max(int(counted.notna().sum()), 1):
            asked["age_years"].append(
                f"{int(differ.sum())} differ from enrolment_date less birth_date: age when?"
            )
    checked = []
    for part in parts:
        lines = []
        for line in part.lines:
            if line.active and part.table in ("patients", "follow_up"):
                for words in asked.get(line.column, []):
                    line = line.asking(words)
            lines.append(line)
        checked.append(_in_their_order(replace(part, lines=tuple(lines)), look))
    return checked


def _treated(parts: Sequence[Part], look: Look) -> pd.Series | None:
    """Give the last day on which each patient of a sheet was treated."""
    ends = [
        look.columns[header].days(formats_of(look.columns[header], look.orders)[0])
        for part in parts
        if part.table in REPEATED
        for line in part.lines
        if line.active and line.column in ("start_date", "end_date")
        for header in line.headers
    ]
    return pd.concat(ends, axis=1).max(axis=1) if ends else None


def _in_their_order(part: Part, look: Look) -> Part:
    """Ask where treatments end before they begin."""
    by_column = {line.column: line for line in part.lines if line.active}
    if not {"start_date", "end_date"} <= set(by_column):
        return part
    wrong = n = 0
    pairs = zip(by_column["start_date"].headers, by_column["end_date"].headers, strict=False)
    for start, end in pairs:
        read = [
            look.columns[h].days(formats_of(look.columns[h], look.orders)[0]) for h in (start, end)
        ]
        both = read[0].notna() & read[1].notna()
        n += int(both.sum())
        wrong += int((read[0] > read[1])[both].sum())
    if wrong <= 0.03 * n:
        return part
    words = f"{wrong} of {n} end before they begin"
    return replace(
        part,
        lines=tuple(
            line.asking(words) if line.column in ("start_date", "end_date") else line
            for line in part.lines
        ),
    )
