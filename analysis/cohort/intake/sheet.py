"""One table as a file holds it: cells as text, and what the file says of them."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.cohort.faults import Fault, did_you_mean
from analysis.study.variables import at_places

# A header stands among the first rows; more than this is a table without one.
_FIRST_ROWS = 20
# A row is taken for a header when it fills this share of what the fullest row does.
_FILLED = 0.8
# No cell of a table of patients is longer; what is, is another file, or a trap.
LONGEST_CELL = 100_000
# Numbers in figures, which Arrow reads and writes as Python does, and faster.
FIGURES = r"^-?[0-9]+([.][0-9]+)?$"
# Texts that stand for themselves: letters of ASCII with none but these at their ends.
_AS_IT_IS = r"^[!-~]([ -~]*[!-~])?$"


@dataclass(frozen=True)
class Sheet:
    """One table of a file.

    Attributes
    ----------
    name
        As people know it: `patients.csv`, or `hospital.xlsx, sheet 2023`.
    frame
        Cells as text, blank: missing; where there may be many rows, as codes of distinct texts
        (`category`), else as `object`. Columns are the texts of the header; the index is the row
        as a spreadsheet or an editor counts it.
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
    """Change cells that are not blank, each distinct value once: most columns hold few.

    Cells in codes stay in codes. What is changed into nothing is blank.
    """
    codes, values = pd.factorize(cells)
    changed = change(pd.Series(values, dtype=object if in_codes(cells) else None))
    if in_codes(cells):
        return pd.Series(coded(codes, changed), index=cells.index, name=cells.name)
    return pd.Series(changed.array.take(codes, allow_fill=True), index=cells.index, name=cells.name)


def in_codes(cells: pd.Series) -> bool:
    """Tell whether cells are codes of distinct texts."""
    return isinstance(cells.dtype, pd.CategoricalDtype)


def coded(codes: np.ndarray, texts: pd.Series | pd.Index, in_order: bool = False) -> pd.Categorical:
    """Give cells as codes of distinct texts, in the order in which these are given.

    Parameters
    ----------
    codes
        Of each cell the place of its text; -1 where it is blank.
    texts
        Several may be the same, or missing.
    in_order
        Whether the categories are in alphabetical order.
    """
    listed = pd.Index(texts, dtype=object)
    if not in_order and listed.is_unique and not listed.hasnans:
        return at_places(codes, listed)
    place, distinct = pd.factorize(texts, sort=in_order)
    return at_places(np.append(place, -1)[codes], pd.Index(distinct, dtype=object))


def blank_rows(frame: pd.DataFrame) -> np.ndarray:
    """Tell which rows have nothing in any column; all of a table without columns."""
    nothing = np.ones(len(frame), dtype=bool)
    for place in range(frame.shape[1]):
        nothing &= frame.iloc[:, place].isna().to_numpy()
    return nothing


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
        exact = str(cell)
        # Python writes no other floats in figures alone, and none with a zero too many.
        if isinstance(cell, decimal.Decimal) or "e" in exact or "n" in exact:
            exact = f"{decimal.Decimal(exact):f}"
        plain = exact.rstrip("0").rstrip(".") if "." in exact else exact
        # The point of a typed number parts no thousands, whatever the texts beside it do.
        parts = plain[-4:-3] == "." and len(plain.lstrip("-")) <= len("123.456")
        return f"{plain}0" if parts else plain
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
    columns = []
    for place, title in enumerate(frame.columns):
        codes, values = pd.factorize(frame.iloc[:, place].reset_index(drop=True))
        columns.append((str(title).strip(), pd.Series(values), codes))
    dated = frozenset(
        title for place, (title, *_) in enumerate(columns) if is_dated(frame.iloc[:, place])
    )
    return frame_of_distinct(name, columns, first_row), dated


def frame_of_distinct(
    name: str, columns: Sequence[tuple[str, pd.Series, np.ndarray]], first_row: int = 2
) -> pd.DataFrame:
    """Give columns as text.

    Parameters
    ----------
    name
        Of the table.
    columns
        Name, distinct values, and of each row the place of its own; -1 where it is blank.
    first_row
        The row of the file that the first is.

    Raises
    ------
    Unreadable
        For a cell that is too long.
    """
    made: dict[int, pd.Categorical] = {}
    rows = 0
    for place, (_, values, codes) in enumerate(columns):
        texts = _texts(values)
        long = lengths(texts) > LONGEST_CELL
        if long.any():
            row = int(np.append(long, False)[codes].argmax()) + first_row
            raise Unreadable(name, row, "", f"cells of at most {LONGEST_CELL:,} characters")
        made[place], rows = coded(codes, texts), len(codes)
    frame = pd.DataFrame(made, index=pd.RangeIndex(first_row, first_row + rows), copy=False)
    frame.columns = pd.Index([title for title, _, _ in columns], dtype=object)
    nothing = blank_rows(frame)
    return frame[~nothing] if nothing.any() else frame


def _texts(values: pd.Series) -> pd.Series:
    """Give distinct values as text; what is blank is missing."""
    if values.dtype == object and not values.empty and matches(values, _AS_IT_IS).all():
        return values
    if values.dtype == np.float64:
        return _of_floats(values)
    return values.astype(object).map(text_of).replace("", pd.NA).astype(object)


def _of_floats(values: pd.Series) -> pd.Series:
    """Do what `text_of` does, of a million numbers in a second.

    Arrow writes the fewest figures that tell a number from all others, as Python does.
    """
    written = pa.array(values).cast(pa.string())
    # The point of a typed number parts no thousands.
    written = pc.replace_substring_regex(written, r"^(-?[0-9]{1,3}[.][0-9]{3})$", r"\10")
    texts = pd.Series(written.to_numpy(zero_copy_only=False), index=values.index)
    odd = ~matches(texts, FIGURES)
    texts[odd] = values[odd].map(text_of).replace("", pd.NA)
    return texts


def matches(values: pd.Series, expression: str) -> np.ndarray:
    """Tell which values are texts that hold what an expression finds (RE2, letters of ASCII)."""
    try:
        texts = pa.array(values, pa.string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Not all of them are texts.
        return np.zeros(len(values), dtype=bool)
    found = pc.match_substring_regex(texts, expression)
    told: np.ndarray = found.fill_null(False).to_numpy(zero_copy_only=False)
    return told


def lengths(texts: pd.Series) -> np.ndarray:
    """Give how many letters texts have; 0 where one is missing."""
    counted = pc.utf8_length(pa.array(texts, pa.string(), from_pandas=True))
    many: np.ndarray = counted.fill_null(0).to_numpy(zero_copy_only=False)
    return many


def is_dated(cells: pd.Series) -> bool:
    """Tell whether cells that a file has typed are dates."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        return True
    known = cells.dropna()
    return bool(len(known)) and all(isinstance(cell, datetime.date) for cell in known.iloc[:50])
