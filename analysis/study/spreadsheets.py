"""CSV files that people open in a spreadsheet, in which no text becomes a formula."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection), and its full-width
# forms. A sign that stands alone is none.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠].", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, the same bytes on every system; texts like formulas as `as_text`."""
    safe = frame.rename(columns=as_text)
    for place, (_, column) in enumerate(frame.items()):
        if column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype):
            # Each text once: a table of all variants has millions of cells, most of few texts.
            texts = {cell: as_text(cell) for cell in column.unique() if isinstance(cell, str)}
            if any(text != cell for cell, text in texts.items()):
                safe.isetitem(place, [texts.get(cell, cell) for cell in column.astype(object)])
    safe.to_csv(path, index=False, lineterminator="\n")


def as_text(cell: Any) -> Any:
    """Give a text that begins like a formula with an apostrophe before it, anything else as it is.

    The apostrophe is what a spreadsheet has for "this is text" (OWASP, CSV Injection); numbers stay
    numbers. A link in a formula would be opened by whoever opens the file.

    Examples
    --------
    >>> print(as_text('=HYPERLINK("http://example.org")'), as_text("-3.5"), as_text("-3.5 to 2"))
    '=HYPERLINK("http://example.org") -3.5 '-3.5 to 2
    >>> as_text("="), as_text("Nausea"), as_text(None)
    ('=', 'Nausea', None)
    """
    if not isinstance(cell, str):
        return cell
    # A carriage return is not quoted by pandas, and would begin a row.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
