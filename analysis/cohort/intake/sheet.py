"""One table as a file holds it: cells as text, and what the file says of them."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.cohort.faults import Fault, did_you_mean

# A header stands among the first rows; more than this is a table without one.
_FIRST_ROWS = 20
# A row is taken for a header when it fills this share of what the fullest row does.
_FILLED = 0.8
# No cell of a table of patients is longer; what is, is another file, or a trap.
LONGEST_CELL = 100_000


@dataclass(frozen=True)
class Sheet:
    """One table of a file.

    Attributes
    ----------
    name
        As people know it: `patients.csv`, or `hospital.xlsx, sheet 2023`.
    frame
        Cells as text (`object`, blank: missing). Columns are the texts of the header; the index is
        the row as a spreadsheet or an editor counts it.
    labels
        Column to what its codes stand for, where the file says so (SPSS, Stata, REDCap).
    titles
        Column to its own words, where the file has some.
    dated
        Columns that hold cells which the file itself knows for dates.
    notes
        What was found and not told: a separator, an encoding.
    """

    name: str
    frame: pd.DataFrame
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    dated: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class Unreadable(Exception):
    """A file cannot be read; `fault` says why."""

    def __init__(self, file: str, row: int, found: str, expected: str) -> None:
        super().__init__(expected)
        self.fault = Fault(file, row, "", found, expected)


def from_rows(
    name: str,
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int],
    header: int | None = None,
    rows_until_blank: str | None = None,
    dates: Collection[tuple[int, int]] = (),
) -> Sheet:
    """Make a sheet of rows of text cells, of which one is the header.

    Parameters
    ----------
    rows, numbers
        Cells, '' where blank, and which row of the file each row is.
    header
        The row of the file that is the header; found where not told.
    rows_until_blank
        A column at whose first blank cell the patients end.
    dates
        Row and place of the cells that the file itself knows for dates.

    Raises
    ------
    Unreadable
        For a file without a header, a row of another width, or a column that there is not.
    """
    if not any(any(map(str.strip, row)) for row in rows):
        raise Unreadable(name, 0, "", "a table with a header and one row a line")
    place = header_place(rows) if header is None else _told(name, numbers, header)
    # A header of several lines is one text: nobody could name it in dataset.yaml otherwise.
    names = [re.sub(r"\s*[\r\n]+\s*", " ", cell.strip()) for cell in rows[place]]
    written = len(names)
    while names and not names[-1]:
        names.pop()
    body, kept = rows[place + 1 :], numbers[place + 1 :]
    if rows_until_blank is not None:
        last = _place_of(name, names, rows_until_blank)
        filled = (len(row) > last and bool(row[last].strip()) for row in body)
        n = next((i for i, one in enumerate(filled) if not one), len(body))
        body, kept = body[:n], kept[:n]
    _check_width(name, body, kept, written, len(names))
    body = [row[: len(names)] if len(row) == written else [""] * len(names) for row in body]
    # Column by column, each distinct text once: there may be a million rows.
    columns = zip(*body, strict=True) if body else [()] * len(names)
    frame = pd.DataFrame(
        {
            i: by_value(pd.Series(np.array(cells, dtype=object)), stripped)
            for i, cells in enumerate(columns)
        },
        dtype=object,
    )
    frame.columns = pd.Index(names)
    frame.index = pd.Index(np.asarray(kept, dtype=np.int64))
    frame = frame.dropna(how="all")
    kept = list(frame.index)
    # A column that has neither a name nor a cell is none.
    there = [bool(name) or bool(frame.iloc[:, i].notna().any()) for i, name in enumerate(names)]
    frame = frame.loc[:, there]
    of_rows = set(kept)
    dated = {place for row, place in dates if row in of_rows and place < len(names)}
    return Sheet(name, frame, dated=frozenset(names[place] for place in dated))


def _check_width(
    name: str, rows: Sequence[Sequence[str]], numbers: Sequence[int], width: int, named: int
) -> None:
    """Refuse a row of more or fewer cells than the header, and cells behind the last heading.

    A separator too many moves what is behind it, and one lost joins two cells: a row of another
    width says something else than was meant, be its last cells blank or not.
    """
    for row, number in zip(rows, numbers, strict=True):
        if not any(map(str.strip, row)):
            continue
        if len(row) != width or any(map(str.strip, row[named:])):
            found = "1 cell" if len(row) == 1 else f"{len(row)} cells"
            raise Unreadable(name, number, found, f"{named} cells, as the header has")


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """Give the place of the row that looks like a header: the first as full as the fullest.

    Titles, and headings merged over several columns, fill fewer cells. Names are no numbers: a row
    of a patient that has a cell too many is none.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:_FIRST_ROWS]]
    named = [_are_names(row) for row in rows[:_FIRST_ROWS]]
    if not any(named):
        named = [True] * len(filled)
    most = max(n for n, are in zip(filled, named, strict=True) if are)
    return next(i for i, n in enumerate(filled) if named[i] and n >= _FILLED * most)


def _are_names(row: Sequence[str]) -> bool:
    there = [cell.strip() for cell in row if cell.strip()]
    figures = [cell for cell in there if re.fullmatch(r"[-+<>]?[\d.,/: -]+", cell)]
    return bool(there) and len(figures) <= (1 - _FILLED) * len(there)


def _told(name: str, numbers: Sequence[int], header: int) -> int:
    for place, number in enumerate(numbers):
        if number == header:
            return place
    raise Unreadable(name, header, "", "a header in this row, as `header` says")


def _place_of(name: str, names: Sequence[str], column: str) -> int:
    if column not in names:
        words = f"a column of the file, for rows_until_blank{did_you_mean(column, names)}"
        raise Unreadable(name, 0, column, words)
    return names.index(column)


def check_names(sheet: Sheet) -> None:
    """Refuse a sheet of which two columns have one name, where columns are found by theirs."""
    doubled = sheet.frame.columns[sheet.frame.columns.duplicated()]
    if len(doubled):
        raise Unreadable(sheet.name, 0, str(doubled[0]), "each column once")


def stripped(cells: pd.Series) -> pd.Series:
    """Give texts without spaces around them; what is left blank is missing."""
    return cells.str.strip().replace("", pd.NA).astype(object)


def by_value(cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Change cells that are not blank, each distinct value once: most columns hold few."""
    codes, values = pd.factorize(cells)
    changed = change(pd.Series(values)).array.take(codes, allow_fill=True)
    return pd.Series(changed, index=cells.index, name=cells.name)


def text_of(cell: object) -> str:
    """Give the text of a cell that a file has typed; '' where it is blank.

    Examples
    --------
    >>> text_of(5.0), text_of(datetime.date(2018, 1, 16)), text_of(True), text_of(None)
    ('5', '2018-01-16', 'yes', '')
    """
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float | decimal.Decimal):
        exact = f"{decimal.Decimal(str(cell)):f}"
        plain = exact.rstrip("0").rstrip(".") if "." in exact else exact
        # The point of a typed number parts no thousands, whatever the texts beside it do.
        return f"{plain}0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", plain) else plain
    if isinstance(cell, datetime.datetime):
        # A time of day is kept: by it alone a day of another time zone is seen.
        at_midnight = cell.time() == datetime.time() and cell.tzinfo is None
        return cell.strftime("%Y-%m-%d") if at_midnight else str(cell)
    return str(cell).strip()


def typed_frame(
    name: str, frame: pd.DataFrame, first_row: int = 2
) -> tuple[pd.DataFrame, frozenset[str]]:
    """Give a typed frame as text, with the columns that it knows for dates.

    Raises
    ------
    Unreadable
        For a cell that is too long.
    """
    text = pd.DataFrame(
        {place: _texts(frame.iloc[:, place]) for place in range(frame.shape[1])}, dtype=object
    )
    for place in text.columns:
        long = text[place].str.len() > LONGEST_CELL
        if long.any():
            row = int(long.to_numpy().argmax()) + first_row
            raise Unreadable(name, row, "", f"cells of at most {LONGEST_CELL:,} characters")
    text.columns = pd.Index([str(name).strip() for name in frame.columns])
    text.index = pd.RangeIndex(first_row, first_row + len(frame))
    dated = {
        str(name).strip()
        for place, name in enumerate(frame.columns)
        if _is_dated(frame.iloc[:, place])
    }
    return text.dropna(how="all"), frozenset(dated)


def _texts(cells: pd.Series) -> pd.Series:
    def change(values: pd.Series) -> pd.Series:
        return values.astype(object).map(text_of).replace("", pd.NA)

    return by_value(cells.reset_index(drop=True), change).astype(object)


def _is_dated(cells: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(cells):
        return True
    known = cells.dropna()
    return bool(len(known)) and all(isinstance(cell, datetime.date) for cell in known.iloc[:50])
