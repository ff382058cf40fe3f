"""Text files whose lines are their rows, read by pyarrow: a million rows in a second or two.

Where a cell holds a line of its own, where a quote stands within a cell, the header further down,
or a row has another width, Python's csv module reads the file: it knows the line that each row
begins in.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from analysis.cohort.intake.arrow import distinct_and_codes
from analysis.cohort.intake.sheet import (
    LONGEST_CELL,
    Sheet,
    blank_rows,
    coded,
    header_place,
    stripped,
)


def read_plain(name: str, text: str, remarks: int, separator: str) -> Sheet | None:
    """Read a table whose lines are its rows; None where it may be otherwise.

    Parameters
    ----------
    name, text
        Of the file.
    remarks
        How many lines stand before the header.
    separator
        One letter.
    """
    if "\0" in text:
        return None
    # The rest of the text stays where it is: it may have hundreds of megabytes.
    first_lines = _first_lines(text, remarks + 20)
    raw = text.encode()
    quoted = b'"' in raw
    if quoted and not _quotes_are_of_cells(
        raw[len("\n".join([*first_lines[:remarks], ""]).encode()) :], separator.encode()
    ):
        return None
    try:
        # The last is what is left behind them, or a row without an end.
        *first_rows, last = csv.reader(first_lines[remarks:], delimiter=separator)
    except (csv.Error, ValueError):
        return None
    names = [cell.strip() for cell in (*first_rows, last)[0]]
    if not names or not all(names) or (first_rows and header_place(first_rows) != 0):
        return None
    blank: list[int] = []
    other: list[int] = []

    def odd(row: Any) -> str:
        (blank if not (row.text or "").strip(" \t\r" + separator) else other).append(row.number)
        return "skip"

    columns = [str(place) for place in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(raw),
            # One thread, so that rows are numbered.
            read_options=arrow_csv.ReadOptions(
                skip_rows=remarks + 1, column_names=columns, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator,
                quote_char='"' if quoted else False,
                ignore_empty_lines=False,
                invalid_row_handler=odd,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.dictionary(pa.int32(), pa.string())),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if other:
        return None
    # A cell that is too long is told of, with its row, by the other reader.
    if _longest_line(raw) > LONGEST_CELL:
        return None
    del raw
    first = remarks + 2
    rows: pd.Index = pd.RangeIndex(first, first + table.num_rows + len(blank))
    if blank:
        rows = pd.Index(np.setdiff1d(rows, np.array(blank, dtype=int) + first - 1))
    frame = pd.DataFrame(
        {place: pd.Series(_texts(table[place]), index=rows) for place in columns}, copy=False
    )
    frame.columns = pd.Index(names)
    nothing = blank_rows(frame)
    return Sheet(name, frame[~nothing] if nothing.any() else frame)


def _quotes_are_of_cells(raw: bytes, separator: bytes) -> bool:
    """Tell whether quotes enclose whole cells of one line each, which may hold pairs of them."""
    letters = np.frombuffer(raw, dtype=np.uint8)
    quotes = np.flatnonzero(letters == ord('"'))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    ends = np.flatnonzero((letters == ord("\n")) | (letters == ord("\r")))
    if (ends.searchsorted(opening) != ends.searchsorted(closing)).any():
        return False
    # Two quotes side by side are one that is closed and opened again.
    paired = closing[:-1] + 1 == opening[1:]
    around = np.frombuffer(b"\n" + raw + b"\n", dtype=np.uint8)
    edges = np.frombuffer(separator + b"\n\r", dtype=np.uint8)
    before = np.isin(around[opening], edges)
    after = np.isin(around[closing + 2], edges)
    before[1:] |= paired
    after[:-1] |= paired
    return bool(before.all() and after.all())


def _first_lines(text: str, n: int) -> list[str]:
    """Give the first lines of a text and, behind them, the beginning of what is left of it."""
    end = 0
    for _ in range(n):
        end = text.find("\n", end) + 1
        if not end:
            return text.split("\n")
    return text[: end + 1].split("\n")


def _longest_line(raw: bytes) -> int:
    """Give how many bytes the longest line has, at least as many as letters."""
    ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n"))
    return int(np.diff(ends, prepend=-1, append=len(raw)).max())


def _texts(cells: pa.ChunkedArray) -> pd.Categorical:
    """Strip each distinct text once."""
    values, codes = distinct_and_codes(cells)
    return coded(codes, stripped(pd.Series(values.to_pylist(), dtype=object)))
