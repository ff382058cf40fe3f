"""The tables of the schema, made of what people keep as `dataset.yaml` declares."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from analysis.cohort.faults import DESCRIPTION, Fault
from analysis.cohort.intake import units
from analysis.cohort.intake.cells import Conventions, with_point, with_points, without_missing
from analysis.cohort.intake.declaration import MappedColumn, Part
from analysis.cohort.intake.sheet import Sheet, by_value
from analysis.study.columns import Table, kind

SAME = "same"


@dataclass(frozen=True)
class Written:
    """A table of the schema as text, and where each of its cells stands.

    Attributes
    ----------
    file
        What a fault of the whole table is told of.
    frame
        Columns of the schema, or those of the file where nothing is mapped. The index is the row of
        the file, or counts from 1 where the table is made of several parts.
    parts
        For a mapped table, of each row the number of its part and its row in the source.
    origins
        Of each part, the name of its sheet and the column of it behind each column.
    mapped
        Columns that a line of `dataset.yaml` makes: their conventions are seen to.
    """

    file: str
    frame: pd.DataFrame
    parts: np.ndarray | None = None
    rows: np.ndarray | None = None
    origins: tuple[tuple[str, Mapping[str, str]], ...] = ()
    notes: tuple[str, ...] = ()
    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def place(self, row: int, column: str) -> tuple[str, int, str]:
        """Give the file, row and column of a cell as the person knows them."""
        if self.parts is None or self.rows is None:
            return self.file, row, column
        if not 1 <= row <= len(self.rows):
            return self.file, 0, column
        file, names = self.origins[self.parts[row - 1]]
        return file, int(self.rows[row - 1]), names.get(column, column)


def mapped_table(
    table: Table,
    pieces: Sequence[tuple[Part, Sheet, bool]],
    conventions: Conventions,
    faults: list[Fault],
) -> Written:
    """Make one table of the schema.

    Parameters
    ----------
    table
        Its description.
    pieces
        Each part with the sheet that it is read from, and whether that sheet is the table's own
        file: then columns that the part does not name stay as they are.
    conventions
        Of the dataset.
    faults
        What is wrong is added to it, once a cause.
    """
    frames, rows, parts = [], [], []
    origins: list[tuple[str, Mapping[str, str]]] = []
    formats: dict[str, tuple[str, ...]] = {}
    for part, sheet, own in pieces:
        kept = chosen_rows(sheet, part.where, faults, table.name)
        for place in _places(part, sheet, faults, table.name):
            made = {name: column.at(place) for name, column in part.made.items()}
            frame, names = _made(table, made, kept, sheet, own, conventions, faults)
            formats |= {name: column.dates for name, column in made.items() if column.dates}
            there = _has_something(frame, made, table)
            frames.append(frame[there])
            rows.append(kept.index.to_numpy()[there.to_numpy()])
            parts.append(np.full(int(there.sum()), len(origins)))
            origins.append((sheet.name, names))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    of_part = np.concatenate(parts) if parts else np.array([], int)
    of_row = np.concatenate(rows) if rows else np.array([], int)
    if table.key == ("patient_id",) and len(origins) > 1 and "patient_id" in frame:
        frame = _joined(frame, of_part)
        of_part, of_row = of_part[frame.index], of_row[frame.index]
    frame.index = pd.RangeIndex(1, 1 + len(frame))
    return Written(
        f"{DESCRIPTION} ({table.name})",
        frame,
        of_part,
        of_row,
        tuple(origins),
        tuple(dict.fromkeys(note for _, sheet, _ in pieces for note in sheet.notes)),
        formats,
    )


def _joined(frame: pd.DataFrame, of_part: np.ndarray) -> pd.DataFrame:
    """Put what several parts say of one patient into the row that names the patient first.

    Parts that fill the same column of a patient stay apart: they are two rows, which is a fault.
    """
    part = pd.Series(of_part, index=frame.index)
    told = frame.drop(columns="patient_id")
    same = frame["patient_id"]
    once = ~pd.concat([same, part], axis=1).duplicated(keep=False).groupby(same).transform("any")
    apart = told.notna().groupby(same).sum().le(1).all(axis=1)
    can = once & same.map(apart).fillna(False).astype(bool) & same.notna()
    filled = told.groupby(same).transform("first")
    filled = pd.concat([same, filled], axis=1)[list(frame.columns)]
    return frame.where(~can, filled)[~(can & same.duplicated())]


def _places(part: Part, sheet: Sheet, faults: list[Fault], table: str) -> Iterable[str]:
    """Give what stands for `{}`, one after another; once nothing where nothing is repeated."""
    if part.repeat:
        return part.repeat
    if part.columns is None:
        return ("",)
    found = [re.fullmatch(part.columns, str(name)) for name in sheet.frame.columns]
    places = [match[1] if match.re.groups else match[0] for match in found if match]
    if not places:
        where = f"tables.{table}.columns"
        faults.append(Fault(DESCRIPTION, 0, where, part.columns, f"columns of {sheet.name}"))
    return tuple(dict.fromkeys(places))


def chosen_rows(
    sheet: Sheet, where: Mapping[str, tuple[str, ...]], faults: list[Fault], table: str
) -> pd.DataFrame:
    """Give the rows of a sheet that are meant; a blank text means blank cells."""
    frame = sheet.frame
    for column, texts in where.items():
        if column not in frame.columns:
            faults.append(_no_column(f"tables.{table}.where", column, sheet))
            continue
        cells = frame[column]
        named = cells.map(dict(sheet.labels.get(column, {})))
        frame = frame[cells.isin(texts) | named.isin(texts) | (cells.isna() & ("" in texts))]
    return frame


def _no_column(where: str, name: str, sheet: Sheet) -> Fault:
    near = difflib.get_close_matches(name, map(str, sheet.frame.columns), n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return Fault(DESCRIPTION, 0, where, name, f"a column of {sheet.name}{meant}")


def _made(
    table: Table,
    made: Mapping[str, MappedColumn],
    rows: pd.DataFrame,
    sheet: Sheet,
    own: bool,
    conventions: Conventions,
    faults: list[Fault],
) -> tuple[pd.DataFrame, dict[str, str]]:
    columns: dict[str, pd.Series] = {}
    names: dict[str, str] = {}
    for target, column in made.items():
        where = f"tables.{table.name}.{target}"
        if column.source is None:
            cells = pd.Series(column.constant, index=rows.index, dtype=object)
        elif column.source not in rows.columns:
            faults.append(_no_column(where, column.source, sheet))
            continue
        else:
            found = rows[column.source]
            if isinstance(found, pd.DataFrame):
                words = f"one column of that name in {sheet.name}, which has {found.shape[1]}"
                faults.append(Fault(DESCRIPTION, 0, where, column.source, words))
                continue
            cells = without_missing(found, column.source, conventions)
            if column.missing:
                cells = cells.mask(cells.isin(column.missing))
            names[target] = column.source
        labels = sheet.labels.get(column.source or "", {})
        columns[target] = _read(cells, column, labels, table, target, where, conventions, faults)
    if own:
        used = set(names.values())
        for name in rows.columns:
            if name not in used and name not in columns:
                columns[name] = without_missing(rows[name], name, conventions)
    return pd.DataFrame(columns, index=rows.index, dtype=object), names


def _read(
    cells: pd.Series,
    column: MappedColumn,
    labels: Mapping[str, str],
    table: Table,
    target: str,
    where: str,
    conventions: Conventions,
    faults: list[Fault],
) -> pd.Series:
    described = table.schema.columns.get(target)
    is_number = described is not None and kind(described) in ("number", "integer")
    as_number = is_number or column.times is not None or column.unit is not None
    is_text = described is None or kind(described) == "text"
    if as_number:
        cells = _each(cells, lambda text: with_point(text, conventions))
    if column.take is not None:
        if as_number:
            cells = _each(cells, lambda text: with_points(text, conventions))
        cells = _taken(cells, column.take, where, faults)
    if column.event_is:
        meant = set(column.event_is)
        labelled = {code for code, label in labels.items() if label in meant}
        cells = _each(cells, lambda text: "yes" if text in meant | labelled else "no")
    elif column.values is not None:
        cells = _valued(cells, column, labels, where, faults)
    elif labels and is_text:
        cells = _each(cells, lambda text: labels.get(text, text))
    if column.times is not None:
        cells = _multiplied(cells, Decimal(str(column.times)), column, where, faults)
    elif column.unit is not None:
        cells = _converted(cells, column, described, where, faults)
    return cells


def _each(cells: pd.Series, change: Callable[[str], str]) -> pd.Series:
    return by_value(cells, lambda texts: texts.map(lambda text: change(str(text)))).astype(object)


def _taken(cells: pd.Series, expression: str, where: str, faults: list[Fault]) -> pd.Series:
    """Give what the expression takes of each text; a number that it would cut in two is a fault."""
    pattern, wrong, cut = re.compile(expression), [], []

    def take(text: str) -> str:
        match = pattern.search(text)
        if match is None:
            wrong.append(text)
            return ""
        group = 1 if pattern.groups else 0
        start, end = match.span(group)
        if _cuts_a_number(text, start, end):
            cut.append(text)
            return ""
        return match[group] or ""

    taken = _each(cells, take)
    for texts, words in (
        (wrong, f"text in which `take: '{expression}'` finds something"),
        (cut, f"text of which `take: '{expression}'` does not cut a number in two"),
    ):
        if texts:
            faults.append(Fault(DESCRIPTION, 0, where, texts[0], _counted(cells, texts, words)))
    return taken.replace("", pd.NA)


def _cuts_a_number(text: str, start: int, end: int) -> bool:
    taken = text[start:end]
    if not taken:
        return False
    before, after = text[:start], text[end:]
    at_front = taken[0].isdigit() and re.search(r"\d[.,]?$", before) is not None
    at_back = taken[-1].isdigit() and re.match(r"[.,]?\d", after) is not None
    return at_front or at_back


def _counted(cells: pd.Series, texts: Iterable[str], words: str) -> str:
    n = int(cells.isin(set(texts)).sum())
    return f"{words} ({n} {'cell has' if n == 1 else 'cells have'} none)" if n else words


def _valued(
    cells: pd.Series,
    column: MappedColumn,
    labels: Mapping[str, str],
    where: str,
    faults: list[Fault],
) -> pd.Series:
    values = column.values or {}
    by_number = {_number(code): new for code, new in values.items() if _number(code) is not None}
    unknown: list[str] = []

    def change(text: str) -> str:
        if text in values:
            return values[text]
        label = labels.get(text)
        if label is not None and label in values:
            return values[label]
        number = _number(text)
        if number is not None and number in by_number:
            return by_number[number]
        if column.otherwise is None:
            unknown.append(text)
            return ""
        return text if column.otherwise == SAME else column.otherwise

    changed = _each(cells, change).replace("", pd.NA)
    known = ", ".join(values)
    for code in sorted(unknown):
        n = int((cells == code).sum())
        words = (
            f"one of the codes {known}, or a line for it (it is in {n} "
            f"{'cell' if n == 1 else 'cells'}), or `otherwise: same`"
        )
        faults.append(Fault(DESCRIPTION, 0, where, code, words))
    return changed


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _converted(
    cells: pd.Series, column: MappedColumn, described: object, where: str, faults: list[Fault]
) -> pd.Series:
    assert column.unit is not None
    wanted = str((getattr(described, "metadata", None) or {}).get("unit") or "")
    if not wanted:
        words = "no unit, since none is known of this column; or `times:` with a factor"
        faults.append(Fault(DESCRIPTION, 0, f"{where}.unit", column.unit, words))
        return cells
    factor = units.factor(column.unit, wanted)
    if factor is None:
        known = ", ".join(units.known(wanted)) or wanted
        words = f"a unit that can be changed into {wanted}: {known}; or `times:` with a factor"
        faults.append(Fault(DESCRIPTION, 0, f"{where}.unit", column.unit, words))
        return cells
    return _multiplied(cells, factor, column, where, faults)


def _multiplied(
    cells: pd.Series, factor: Decimal, column: MappedColumn, where: str, faults: list[Fault]
) -> pd.Series:
    """Give numbers times a factor, unrounded; in decimals, so that 1.4 times 3 is written 4.2."""
    wrong: list[str] = []

    def product(text: str) -> str:
        sign = re.match(r"[<>≤≥]=?\s*", text)
        number = _number(text[sign.end() :] if sign else text)
        if number is None:
            wrong.append(text)
            return ""
        exact = f"{number * factor:f}"
        # As people write them: 24 and 730.5, not 24.0 and 730.5000.
        plain = exact.rstrip("0").rstrip(".") if "." in exact else exact
        return f"{sign[0]}{plain}" if sign else plain

    # Once each value: a fault of a thousand rows is told once.
    changed = _each(cells, product).replace("", pd.NA)
    for text in sorted(set(wrong)):
        way = "times" if column.times is not None else "unit"
        words = f"a number, since `{way}` multiplies {column.source}"
        faults.append(Fault(DESCRIPTION, 0, where, text, words))
    return changed


def _has_something(
    frame: pd.DataFrame, made: Mapping[str, MappedColumn], table: Table
) -> pd.Series:
    """Tell which rows hold more than the patient and constants: others are of nothing."""
    if table.key == ("patient_id",):
        return pd.Series(True, index=frame.index)
    fixed = {"patient_id", *(name for name, column in made.items() if column.source is None)}
    told = [name for name in frame.columns if name not in fixed]
    if not told:
        return pd.Series(True, index=frame.index)
    there: pd.Series = frame[told].notna().any(axis=1)
    return there
