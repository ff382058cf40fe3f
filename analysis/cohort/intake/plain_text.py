"""Text files without quotes, read by pyarrow: a million rows in a second or two.

Where a cell may hold a line of its own, where the header stands further down, or a row has
another width, Python's csv module reads the file: it knows the line that each row begins in.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

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
    if '"' in text or "\0" in text:
        return None
    # The rest of the text stays where it is: it may have hundreds of megabytes.
    first_lines = _first_lines(text, remarks + 20)
    head = first_lines[remarks].rstrip("\r")
    names = [cell.strip() for cell in head.split(separator)]
    first_rows = [line.split(separator) for line in first_lines[remarks:-1]]
    if not all(names) or (first_rows and header_place(first_rows) != 0):
        return None
    blank: list[int] = []
    other: list[int] = []

    def odd(row: Any) -> str:
        (blank if not (row.text or "").strip(" \t\r" + separator) else other).append(row.number)
        return "skip"

    columns = [str(place) for place in range(len(names))]
    raw = text.encode()
    try:
        table = csv.read_csv(
            io.BytesIO(raw),
            # One thread, so that rows are numbered.
            read_options=csv.ReadOptions(
                skip_rows=remarks + 1, column_names=columns, use_threads=False
            ),
            parse_options=csv.ParseOptions(
                delimiter=separator,
                quote_char=False,
                ignore_empty_lines=False,
                invalid_row_handler=odd,
            ),
            convert_options=csv.ConvertOptions(
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
