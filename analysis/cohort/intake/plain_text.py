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

from analysis.cohort.intake.sheet import LONGEST_CELL, Sheet, header_place, stripped


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
    head = text.split("\n", remarks + 1)[remarks].rstrip("\r")
    names = [cell.strip() for cell in head.split(separator)]
    first_rows = [line.split(separator) for line in text.split("\n", remarks + 20)[remarks:-1]]
    if not all(names) or (first_rows and header_place(first_rows) != 0):
        return None
    blank: list[int] = []
    other: list[int] = []

    def odd(row: Any) -> str:
        (blank if not (row.text or "").strip(" \t\r" + separator) else other).append(row.number)
        return "skip"

    columns = [str(place) for place in range(len(names))]
    try:
        table = csv.read_csv(
            io.BytesIO(text.encode()),
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
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if other:
        return None
    # A cell that is too long is told of, with its row, by the other reader.
    if max(map(len, text.split("\n")), default=0) > LONGEST_CELL:
        return None
    frame = pd.DataFrame({place: _texts(table[place]) for place in columns}, dtype=object)
    first = remarks + 2
    rows = np.arange(first, first + len(frame) + len(blank))
    frame.index = pd.Index(np.setdiff1d(rows, np.array(blank, dtype=int) + first - 1))
    frame.columns = pd.Index(names)
    return Sheet(name, frame.dropna(how="all"))


def _texts(cells: pa.ChunkedArray) -> pd.Series:
    """Strip each distinct text once."""
    encoded = cells.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    values = stripped(pd.Series(encoded.dictionary.to_pylist(), dtype=object))
    return pd.Series(values.array.take(encoded.indices.to_numpy()))
