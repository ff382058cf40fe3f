"""The tables of the schema, made of what people keep as `dataset.yaml` declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd

from analysis.cohort.faults import DESCRIPTION, Fault, did_you_mean, printable
from analysis.cohort.intake import units
from analysis.cohort.intake.cells import Conventions, with_point, with_points, without_missing
from analysis.cohort.intake.declaration import MappedColumn, Part
from analysis.cohort.intake.sheet import Sheet, by_value
from analysis.study.columns import Table, kind

SAME = "same"
# No text of which a part counts is longer; on one that is, an expression may try for years.
_LONGEST_TAKEN = 1_000
# As many texts of a column are shown where another was meant.
_LISTED = 8


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
    parts, rows
        For a mapped table, of each row the number of its part and its row in the source.
    origins
        Of each part, the name of its sheet and the column of it behind each column.
    notes
        What was found and not told, in sentences.
    formats
        Column to the formats of dates that are declared of it alone.
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
    notes = [note for _, sheet, _ in pieces for note in sheet.notes]
    frames, rows, parts = [], [], []
    origins: list[tuple[str, Mapping[str, str]]] = []
    formats: dict[str, tuple[str, ...]] = {}
    for part, sheet, own in pieces:
        kept = chosen_rows(sheet, part.where, faults, table)
        for place in _places(part, sheet, faults, table.name):
            made = {name: column.at(place) for name, column in part.made.items()}
            frame, names = _made(table, made, kept, sheet, own, conventions, faults, notes)
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
        tuple(dict.fromkeys(notes)),
        formats,
    )


def _joined(frame: pd.DataFrame, of_part: np.ndarray) -> pd.DataFrame:
    """Put what several parts say of one patient into the row that names the patient first.

    Parts that fill the same column of a patient stay apart: they are two rows, which is a fault.
    """
    # Codes of one part are not those of another.
    frame = frame.astype(object)
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


def _column_of(
    sheet: Sheet, rows: pd.DataFrame, name: str, where: str, faults: list[Fault]
) -> pd.Series | None:
    """Give a column of the source; a fault if there is none, or several of that name."""
    if name not in rows.columns:
        faults.append(_no_column(where, name, sheet))
        return None
    found = rows[name]
    if isinstance(found, pd.DataFrame):
        words = f"one column of that name in {sheet.name}, which has {found.shape[1]}"
        faults.append(Fault(DESCRIPTION, 0, where, name, words))
        return None
    return found


def chosen_rows(
    sheet: Sheet, where: Mapping[str, tuple[str, ...]], faults: list[Fault], table: Table
) -> pd.DataFrame:
    """Give the rows of a sheet that are meant; a blank text means blank cells."""
    frame = sheet.frame
    for column, texts in where.items():
        cells = _column_of(sheet, frame, column, f"tables.{table.name}.where", faults)
        if cells is None:
            continue
        named = cells.map(dict(sheet.labels.get(column, {})))
        meant = cells.isin(texts) | named.isin(texts) | (cells.isna() & ("" in texts))
        if not meant.any() and not cells.empty:
            _look_at_where(table, sheet, column, texts, cells, faults)
        frame = frame[meant]
    return frame


def _look_at_where(
    table: Table,
    sheet: Sheet,
    column: str,
    texts: tuple[str, ...],
    cells: pd.Series,
    faults: list[Fault],
) -> None:
    """Say that no row is meant, but where nothing of a table may have happened."""
    there = [str(text) for text in cells.dropna().unique()]
    meant = next(filter(None, (did_you_mean(text, there) for text in texts)), "")
    if table.may_be_empty and not meant:
        return
    more = ", …" if len(there) > _LISTED else ""
    known = ", ".join(there[:_LISTED]) + more or "blank cells alone"
    words = f"a text of {column} in {sheet.name}, which has {known}{meant}"
    faults.append(Fault(DESCRIPTION, 0, f"tables.{table.name}.where", ", ".join(texts), words))


def _no_column(where: str, name: str, sheet: Sheet) -> Fault:
    meant = did_you_mean(name, map(str, sheet.frame.columns))
    return Fault(DESCRIPTION, 0, where, name, f"a column of {sheet.name}{meant}")


def _made(
    table: Table,
    made: Mapping[str, MappedColumn],
    rows: pd.DataFrame,
    sheet: Sheet,
    own: bool,
    conventions: Conventions,
    faults: list[Fault],
    notes: list[str],
) -> tuple[pd.DataFrame, dict[str, str]]:
    columns: dict[str, pd.Series] = {}
    names: dict[str, str] = {}
    for target, column in made.items():
        where = f"tables.{table.name}.{target}"
        labels = sheet.labels.get(column.source or "", {})
        if column.source is None:
            cells = pd.Series(column.constant, index=rows.index, dtype=object)
        else:
            found = _column_of(sheet, rows, column.source, where, faults)
            if found is None:
                continue
            if column.missing:
                missing = {**conventions.missing, column.source: frozenset(column.missing)}
                own_words = replace(conventions, missing=missing)
                found = without_missing(found, column.source, own_words, labels)
            cells = without_missing(found, column.source, conventions, labels)
            names[target] = column.source
        columns[target] = _read(
            cells, column, labels, table, target, where, conventions, faults, notes
        )
    if own:
        used = set(names.values())
        for name in rows.columns:
            if name not in used and name not in columns:
                left = _column_of(sheet, rows, name, f"tables.{table.name}", faults)
                if left is not None:
                    labels = sheet.labels.get(name, {})
                    columns[name] = without_missing(left, name, conventions, labels)
    return pd.DataFrame(columns, index=rows.index), names


def _read(
    cells: pd.Series,
    column: MappedColumn,
    labels: Mapping[str, str],
    table: Table,
    target: str,
    where: str,
    conventions: Conventions,
    faults: list[Fault],
    notes: list[str],
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
            notes += _signs_left_out(cells, column.take, f"{target} ({table.name})")
        cells = _taken(cells, column.take, where, faults)
    if column.event_is:
        meant = set(column.event_is)
        meant |= {code for code, label in labels.items() if label in meant}
        numbers = {_number(code) for code in meant} - {None}
        cells = _each(
            cells, lambda text: "yes" if text in meant or _number(text) in numbers else "no"
        )
    elif column.values is not None:
        cells = _valued(cells, column, labels, where, faults)
    elif labels and is_text:
        cells = _each(cells, lambda text: labels.get(text, text))
    if column.times is not None:
        cells = _multiplied(cells, Decimal(str(column.times)), column, where, faults)
    elif column.unit is not None:
        cells = _converted(cells, column, described, where, faults)
    return cells


def _each(cells: pd.Series, change: Callable[[str], object]) -> pd.Series:
    return by_value(cells, lambda texts: texts.map(lambda text: change(str(text))).astype(object))


def _each_or_blank(cells: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Change each distinct text; what is changed into nothing is blank."""
    return _each(cells, lambda text: change(text) or pd.NA)


def _taken(cells: pd.Series, expression: str, where: str, faults: list[Fault]) -> pd.Series:
    """Give what the expression takes of each text; a number that it would cut in two is a fault."""
    pattern = re.compile(expression)
    wrong: list[str] = []
    cut: list[str] = []
    long: list[str] = []

    def take(text: str) -> str:
        if len(text) > _LONGEST_TAKEN:
            long.append(text)
            return ""
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

    taken = _each_or_blank(cells, take)
    for texts, words in (
        (wrong, f"text in which `take: '{expression}'` finds something"),
        (long, f"text of at most {_LONGEST_TAKEN:,} characters, for `take`"),
        (cut, f"text of which `take: '{expression}'` does not cut a number in two"),
    ):
        if texts:
            faults.append(Fault(DESCRIPTION, 0, where, texts[0], _counted(cells, texts, words)))
    return taken


def _signs_left_out(cells: pd.Series, expression: str, name: str) -> list[str]:
    """Say of limits that the expression makes exact numbers of, such as `<1.2` taken for 1.2."""
    pattern = re.compile(expression)
    limits = cells.dropna()
    limits = limits[limits.str.len().le(_LONGEST_TAKEN) & limits.str.contains("[<>≤≥]")]

    def is_exact(text: str) -> bool:
        match = pattern.search(text)
        if match is None:
            return False
        start = match.start(1 if pattern.groups else 0)
        return re.search(r"[<>≤≥]=?\s*$", text[:start]) is not None

    exact = limits[[is_exact(text) for text in limits]]
    if exact.empty:
        return []
    shown = printable(str(exact.iloc[0])[:20])
    n = "1 limit" if len(exact) == 1 else f"{len(exact)} limits"
    return [
        f"{name}: `take` leaves out the sign of {n}, such as '{shown}', and takes "
        "what is left for exact. To keep it, take the sign too: `'([<>]?[\\d.]+)'`."
    ]


def _cuts_a_number(text: str, start: int, end: int) -> bool:
    taken = text[start:end]
    if not re.search(r"\d", taken):
        return False
    # A number is its figures with one mark between any two, and an exponent.
    number = re.compile(r"\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")
    return any(
        cut in range(match.start() + 1, match.end())
        for match in number.finditer(text)
        for cut in (start, end)
    )


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

    changed = _each_or_blank(cells, change)
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
    changed = _each_or_blank(cells, product)
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
