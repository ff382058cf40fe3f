"""From the sheets of a source to what each of their columns probably is, and what must be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import pandas as pd

from analysis.cohort.draft.columns import candidates, decided
from analysis.cohort.draft.fit import UNANSWERED, Fit
from analysis.cohort.draft.match import REPEATED, Matcher
from analysis.cohort.draft.order import checked
from analysis.cohort.draft.parts import events_of, part_of_times, parts_of
from analysis.cohort.draft.profile import Column
from analysis.cohort.draft.proposal import ID, Guess, Line, Look, Part
from analysis.cohort.draft.sheets import Named, identifiers, look_at, table_of
from analysis.cohort.draft.survival import times_of
from analysis.cohort.draft.vocabulary import GENERAL
from analysis.cohort.draft.words import Reader
from analysis.cohort.intake.sheet import Sheet
from analysis.cohort.schema import tables_of
from analysis.study.own import OWN
from analysis.study.study import Study

# With as many of the study's own columns, and treatments, patients are taken for such as it has.
_OF_THE_STUDY = 5


def guess(
    sheets: Sequence[Sheet],
    study: Study,
    rows: Sequence[Mapping[str, tuple[str, ...]]] | None = None,
) -> Guess:
    """Guess what the columns of sheets are.

    Parameters
    ----------
    sheets
        Of one source.
    study
        That of the project; where patients are not such as it has, the guess is of `study: own`.
    rows
        Of each sheet the `where` that chose its rows, for exports that hold several tables in one.
    """
    matcher = _matcher(study)
    looks = [look_at(sheet, matcher) for sheet in sheets]
    ids = identifiers(looks, matcher)
    for place, look in enumerate(looks):
        _propose(look, matcher, ids, study)
        if rows is not None and rows[place]:
            chosen = rows[place]
            look.parts = [replace(p, where={**chosen, **p.where}) for p in look.parts]
    _name_patients(looks)
    own = set(study.patient_columns) - set(OWN.patient_columns)
    found = {
        line.column
        for look in looks
        for part in look.parts
        if part.table == "patients"
        for line in part.lines
        if line.active and line.column in own
    }
    treated = any(part.table in REPEATED for look in looks for part in look.parts)
    if not own or (len(found) >= _OF_THE_STUDY and treated) or len(found) >= 2 * _OF_THE_STUDY:
        return Guess("" if own else "own", looks, matcher.tables)
    for look in looks:
        look.parts = [_without(part, own) for part in look.parts]
    return Guess("own", looks, tables_of(OWN))


@lru_cache(maxsize=4)
def _matcher(study: Study) -> Matcher:
    return Matcher(tables_of(study), Reader(GENERAL | study.vocabulary))


def _name_patients(looks: Sequence[Look]) -> None:
    """Where no column describes the patients, the first table with one row for each names them."""
    if any(part.table == "patients" for look in looks for part in look.parts):
        return
    for look in looks:
        for part in look.parts:
            named = [line for line in part.lines if line.column == ID and line.active]
            once = named and not look.columns[named[0].headers[0]].cells.dropna().duplicated().any()
            if once:
                look.parts.insert(0, Part("patients", tuple(named)))
                return


def _without(part: Part, columns: set[str]) -> Part:
    if part.table != "patients":
        return part
    return replace(part, lines=tuple(line for line in part.lines if line.column not in columns))


def _propose(
    look: Look,
    matcher: Matcher,
    ids: Mapping[int, Named],
    study: Study,
) -> None:
    named = ids.get(id(look))
    id_name = named[0] if named else ""
    cells = look.columns[id_name].cells if id_name else pd.Series(dtype=object)
    long = bool(id_name) and bool(cells.dropna().duplicated().any())
    within = table_of(look, matcher, long)
    if long and not within:
        by = _told_apart(look, id_name)
        if not by:
            look.remarks.append("there are several rows a patient: of which table are they?")
            return
        _propose_by(look, by, matcher, ids, study)
        return
    id_line = (
        Line(ID, id_name, {}, named[2], named[1], headers=(id_name,), fits=(Fit(""),))
        if named
        else None
    )
    used: set[str] = {id_name} | set(look.identifying)
    events = None if long else events_of(look, matcher, study, used)
    if events is not None:
        used |= {header for line in events.lines for header in line.headers}
    found = list(candidates(look, matcher, within, long, used))
    lines = decided(found, look, matcher)
    # Several responses are told by criterion and region; a long sheet has a row for each.
    if not long:
        durations = times_of(
            {n: c for n, c in look.columns.items() if n not in used and n not in _sure(lines)},
            matcher.reader,
            tuple(endpoint.name for endpoint in study.endpoints),
        )
    else:
        durations = []
    parts = parts_of(lines, look, within, long)
    if events is not None:
        parts.append(events)
    # A table of which only parts of names speak is a remark on these columns, and no table.
    for part in parts:
        if part.table != "patients" and not any(line.active for line in part.lines):
            look.perhaps |= {h: f"{part.table}.{e.column}" for e in part.lines for h in e.headers}
    parts = [
        part
        for part in parts
        if part.table == "patients" or any(line.active for line in part.lines)
    ]
    dated = {line.column for part in parts if part.table == "follow_up" for line in part.lines}
    for times in durations:
        parts.append(part_of_times(times, dated))
    if id_line is None and parts:
        look.remarks.append("no column names the patient")
        id_line = Line(ID, None, {}, "", ("which column names the patient?",), active=False)
    if id_line is not None:
        if not parts:
            parts = [Part(within or "patients", ())]
        parts = [replace(part, lines=(id_line, *part.lines)) for part in parts]
    order = list(matcher.tables)
    look.parts = sorted(checked(parts, look), key=lambda part: order.index(part.table))


def _told_apart(look: Look, id_name: str) -> str:
    """Give the column of few codes by which the rows of a patient differ: the endpoint of each."""
    ids = look.columns[id_name].cells
    for header, column in look.columns.items():
        if header != id_name and 1 < len(column.known) <= 6 and column.filled == len(column.cells):
            rows = pd.DataFrame({"id": ids, "of": column.cells})
            if not rows.duplicated().any() and rows.groupby("id")["of"].nunique().min() > 1:
                return header
    return ""


def _propose_by(
    look: Look,
    by: str,
    matcher: Matcher,
    ids: Mapping[int, Named],
    study: Study,
) -> None:
    """Propose patients of the rows of one code, and endpoints of those of each."""
    codes = sorted(look.columns[by].known)
    rows = {text: look.columns[by].cells == text for text in codes}
    for place, text in enumerate(codes):
        some = Look(
            look.sheet,
            {h: replace_cells(c, c.cells[rows[text]]) for h, c in look.columns.items() if h != by},
            look.twice,
            identifying=look.identifying,
        )
        _propose(some, matcher, {id(some): ids[id(look)]}, study)
        for part in some.parts:
            if part.table == "time_to_event":
                lines = tuple(
                    replace(
                        line,
                        how={"constant": UNANSWERED},
                        questions=(f"which endpoint is {by} {text}?",),
                    )
                    if line.column == "endpoint"
                    else line
                    for line in part.lines
                )
                look.parts.append(replace(part, lines=lines, where={by: (text,)}))
            elif part.table == "patients" and place == 0:
                look.parts.insert(0, replace(part, where={by: (text,)}))
    look.told_by = by


def replace_cells(column: Column, cells: pd.Series) -> Column:
    """Give a column of some rows."""
    return Column(column.name, cells, column.labels, column.title, column.dated)


def _sure(lines: Mapping[tuple[str, tuple[str, ...]], list[Line]]) -> set[str]:
    return {
        header
        for found in lines.values()
        for line in found
        if line.active and not line.questions
        for header in line.headers
    }
