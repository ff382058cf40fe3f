"""The tables of a dataset as text, from its own files or from what `dataset.yaml` names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.cohort.description import Description, read_description
from analysis.cohort.faults import DESCRIPTION, DatasetFaults, Fault, did_you_mean
from analysis.cohort.intake import adam, redcap
from analysis.cohort.intake.cells import Conventions, without_missing
from analysis.cohort.intake.declaration import OPEN, Part, Source
from analysis.cohort.intake.mapping import Written, mapped_table
from analysis.cohort.intake.sheet import Sheet, Unreadable, by_value
from analysis.cohort.intake.sources import Own, Sources, files_of, own_files
from analysis.study.columns import Table, kind, levels_of
from analysis.study.own import OWN

ADAM, REDCAP = "adam", "redcap"


@dataclass(frozen=True)
class Everything:
    """What was read of a dataset.

    Attributes
    ----------
    tables
        Table to its text; only those that there are.
    faults
        What could not be read.
    notes
        What was found and not told, in sentences.
    not_recorded
        What is not recorded because nothing declares where it is.
    unread
        Files and sheets that are called like no table: name, and what of it is like that of one.
    """

    tables: Mapping[str, Written]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    not_recorded: Mapping[str, list[str] | str] = field(default_factory=dict)
    unread: tuple[tuple[str, str], ...] = ()


def expanded(folder: Path, description: Description, sources: Sources) -> Description:
    """Give a description with what its preset declares, where it declares nothing itself.

    Parameters
    ----------
    folder, description
        Of the dataset.
    sources
        That folder's, so that what is opened here is open to `read_tables`.

    Raises
    ------
    DatasetFaults
        When the sources of the preset cannot be read.
    """
    if description.preset != ADAM:
        return description
    try:
        sheets = sources.sheets(description.source or Source(file="."))
        compared = [factor.column for factor in description.factors]
        compared += [description.arm.column] if description.arm else []
        tables = {**adam.tables(sheets, compared), **description.tables}
        arm = adam.arms(sheets)
    except Unreadable as error:
        raise DatasetFaults(folder.name, [error.fault]) from None
    changed: dict[str, object] = {
        "tables": tables,
        "study": description.study or OWN.name,
        "source": description.source or Source(file="."),
    }
    if arm is not None and description.arm is None:
        column, words = arm
        changed["arm"] = {"column": column, "label": words}
    given = {name: getattr(description, name) for name in description.model_fields_set}
    return Description.model_validate({**given, **changed})


def read_tables(
    folder: Path,
    description: Description,
    schema: Mapping[str, Table],
    sources: Sources,
    opened: Own | None = None,
) -> Everything:
    """Read all tables of a dataset as text.

    Parameters
    ----------
    folder
        That of `dataset.yaml`.
    description, schema
        What the dataset says of itself, and the tables of its study.
    sources
        Those of the folder.
    opened
        The folder's own files where they have been opened.
    """
    # Where a source is declared, files that are called like tables are not what is meant.
    found_own = opened or Own()
    if opened is None and description.source is None:
        found_own = own_files(folder, list(schema), files_of(folder, _sources(description)))
    own, faults = found_own.sheets, found_own.faults
    conventions = description.conventions
    written: dict[str, Written] = {}
    notes: list[str] = []
    sheets = list(own.values())
    for name, table in schema.items():
        parts = description.tables.get(name)
        found = [
            Fault(DESCRIPTION, 0, f"tables.{name}.{target}", OPEN, "an answer to what is left open")
            for part in parts or ()
            for target, column in part.made.items()
            if column.is_open
        ]
        if parts and not found:
            pieces = _pieces(name, parts, own, sources, description, found)
            sheets += [sheet for _, sheet, _ in pieces]
            if not found:
                written[name] = mapped_table(table, pieces, conventions, found)
        elif name in own:
            written[name] = _as_it_is(table, own[name], conventions)
        faults += found
        if name in written:
            notes += written[name].notes
    if not faults:
        faults += _unknown_missing(description, sheets)
    if still_open := _open_lines(folder):
        lines = "1 line still asks" if still_open == 1 else f"{still_open} lines still ask"
        notes.append(f"{DESCRIPTION}: {lines} something (# ?). Answer, and take the question away.")
    left_out, more = _left_out(description, schema, own, sources, written)
    if more:
        notes.append(more)
        written = {
            name: replace_rows(each, ~each.frame["patient_id"].isin(left_out))
            if "patient_id" in each.frame
            else each
            for name, each in written.items()
        }
    return Everything(
        written,
        tuple(faults),
        tuple(dict.fromkeys(notes)),
        _implied(description, schema, written, own),
        tuple(found_own.unread),
    )


def _unknown_missing(description: Description, sheets: list[Sheet]) -> list[Fault]:
    """Find columns of which `missing` speaks, and that there are not."""
    there = sorted({str(name) for sheet in sheets for name in sheet.frame.columns})
    faults = []
    for name in description.missing.keys() - {"*", *there}:
        words = f"a column of the file, as it is called there{did_you_mean(name, there)}"
        faults.append(Fault(DESCRIPTION, 0, "missing", name, words))
    return faults


def _open_lines(folder: Path) -> int:
    """Count the questions of a draft that stand in the description."""
    path = folder / DESCRIPTION
    text = path.read_text("utf-8-sig", errors="replace") if path.is_file() else ""
    asked = [line for line in text.splitlines() if re.search(r"(^|\s)#\s*\?", line)]
    return len(asked)


def _pieces(
    name: str,
    parts: list[Part],
    own: Mapping[str, Sheet],
    sources: Sources,
    description: Description,
    faults: list[Fault],
) -> list[tuple[Part, Sheet, bool]]:
    pieces = []
    for part in parts:
        source = part.source.over(description.source) if part.source else description.source
        try:
            if source is not None:
                sheet = sources.sheet(source)
                where = {**source.where, **part.where}
                pieces.append(
                    (
                        _of_base(part.model_copy(update={"where": where}), sheet, description),
                        sheet,
                        False,
                    )
                )
            elif name in own:
                pieces.append((part, own[name], True))
            else:
                words = (
                    f"a `source` (such as `source: {{file: patients.xlsx}}`), or a file {name}.csv "
                    "beside dataset.yaml, for what is declared of this table"
                )
                faults.append(Fault(DESCRIPTION, 0, f"tables.{name}", "", words))
        except Unreadable as error:
            faults.append(error.fault)
    return pieces


def _of_base(part: Part, sheet: Sheet, description: Description) -> Part:
    """Keep the rows of a REDCap export that are of no repeated instrument, unless told."""
    repeats = redcap.INSTRUMENT
    if description.preset == REDCAP and repeats in sheet.frame.columns:
        return part.model_copy(update={"where": {repeats: ("",), **part.where}})
    return part


def _as_it_is(table: Table, sheet: Sheet, conventions: Conventions) -> Written:
    """Give a file in the columns of the schema, whatever their capitals."""
    known = {plain(name): name for name in table.schema.columns}
    there = set(sheet.frame.columns)
    names = {
        name: known[plain(name)]
        for name in sheet.frame.columns
        if plain(name) in known and known[plain(name)] not in there
    }
    frame = sheet.frame.copy(deep=False)
    labels = {names.get(name, name): texts for name, texts in sheet.labels.items()}
    frame.columns = pd.Index([names.get(name, name) for name in frame.columns])
    if not frame.columns.has_duplicates:
        for name in frame.columns:
            old = next((old for old, new in names.items() if new == name), name)
            found = labels.get(name, {})
            frame[name] = without_missing(frame[name], old, conventions, found)
            described = table.schema.columns.get(name)
            if name in labels and described is not None and kind(described) == "text":
                spelt = {k: v for k, v in labels[name].items() if k not in levels_of(described)}
                frame[name] = by_value(frame[name], partial(_labelled, labels=spelt))
    return Written(sheet.name, frame, notes=sheet.notes)


def _labelled(texts: pd.Series, labels: Mapping[str, str]) -> pd.Series:
    return texts.map(lambda text: labels.get(text, text)).astype(object)


def plain(name: object) -> str:
    """Give a name without capitals and marks, of which nobody is sure."""
    return re.sub(r"[\s.\-_]+", "_", str(name).strip().casefold())


def _left_out(
    description: Description,
    schema: Mapping[str, Table],
    own: Mapping[str, Sheet],
    sources: Sources,
    written: Mapping[str, Written],
) -> tuple[set[str], str]:
    """Give the patients whom a `where` of the patients leaves out, who have rows elsewhere."""
    parts = description.tables.get("patients", [])
    if "patients" not in written or not any(part.where for part in parts):
        return set(), ""
    # Read as the patients are, so that an id is what it is made of there.
    faults: list[Fault] = []
    free = [part.model_copy(update={"where": {}}) for part in parts]
    pieces = _pieces("patients", free, own, sources, description, faults)
    ids = [
        part.model_copy(update={"made": {k: v for k, v in part.made.items() if k == "patient_id"}})
        for part, _, _ in pieces
    ]
    alone = [(part, sheet, own) for part, (_, sheet, own) in zip(ids, pieces, strict=True)]
    everybody = mapped_table(schema["patients"], alone, description.conventions, faults).frame
    if "patient_id" not in everybody or "patient_id" not in written["patients"].frame:
        return set(), ""
    left = set(everybody["patient_id"].dropna()) - set(
        written["patients"].frame["patient_id"].dropna()
    )
    if not left:
        return set(), ""
    n = len(left)
    who = "1 patient is" if n == 1 else f"{n} patients are"
    return left, f"{who} left out by `where` of patients in {DESCRIPTION}."


def replace_rows(written: Written, kept: pd.Series) -> Written:
    """Give a table with some of its rows."""
    if written.parts is None or written.rows is None:
        return replace(written, frame=written.frame[kept])
    there = kept.to_numpy()
    frame = written.frame[there]
    frame.index = pd.RangeIndex(1, 1 + len(frame))
    return replace(written, frame=frame, parts=written.parts[there], rows=written.rows[there])


def _implied(
    description: Description,
    schema: Mapping[str, Table],
    written: Mapping[str, Written],
    own: Mapping[str, Sheet],
) -> dict[str, list[str] | str]:
    """Give what nobody says where it is: of a source, what is not mapped is not recorded."""
    implied: dict[str, list[str] | str] = {}
    for name, table in schema.items():
        parts = description.tables.get(name)
        if parts is None:
            if description.source is not None and name != "patients":
                implied[name] = "all"
        elif name in written and name not in own:
            columns = written[name].frame.columns
            implied[name] = [each for each in table.schema.columns if each not in columns]
    return implied


def sources_outside(folder: Path) -> dict[str, Path]:
    """Give the files outside its folder that a dataset is read from, by a name to tell them by.

    What cannot be read has none: reading the dataset says why.
    """
    try:
        found = files_of(folder, _sources(read_description(folder)))
    except DatasetFaults:
        return {}
    outside = [path for path in found if path.parent != folder.resolve()]
    names = [path.name for path in outside]
    return {
        f"source/{path.name if names.count(path.name) == 1 else f'{i}/{path.name}'}": path
        for i, path in enumerate(outside, start=1)
    }


def hashes_of_databases(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of what tables of a database hold, which is no file."""
    try:
        described = _sources(read_description(folder))
        asked = [each for each in described if each.sql and not each.sql.startswith("sqlite:///")]
        sheets = [sheet for each in asked for sheet in Sources(folder).sheets(each)]
    except (DatasetFaults, Unreadable):
        return {}
    return {
        f"source/{i}/table": hashlib.sha256(sheet.frame.to_csv().encode()).hexdigest()
        for i, sheet in enumerate(sheets, start=1)
    }


def _sources(description: Description) -> list[Source]:
    parts = [part for parts in description.tables.values() for part in parts]
    own = [part.source.over(description.source) for part in parts if part.source is not None]
    return [source for source in (description.source, *own) if source is not None]
