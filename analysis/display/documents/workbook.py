"""One Excel workbook: a sheet a table as it stands on its page, and a sheet of all estimates.

Numbers are numbers, with the decimals that are printed; whatever else is text, so that no
spreadsheet takes "5/8" for a day in May, and nothing is run.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from lxml.html import HtmlElement

from analysis.display.documents.content import Content, columns, tables, with_notes
from analysis.display.documents.pandoc import NotInstalled

_NUMBER = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?|-?\d+(\.\d+)?")
# Excel's limit for the name of a sheet, and signs that none may have.
_LONGEST, _REFUSED = 31, re.compile(r"[\[\]:*?/\\]")
# The widest a column is, in letters.
_WIDEST = 60
# The same bytes for the same tables.
_MADE = datetime(1980, 1, 1)


def write_workbook(content: Content, estimates: pd.DataFrame, path: Path) -> None:
    """Write the tables of a report, and its estimates, as a workbook.

    Raises
    ------
    analysis.display.documents.pandoc.NotInstalled
        When XlsxWriter is not there.
    """
    try:
        from xlsxwriter import Workbook
    except ModuleNotFoundError:
        raise NotInstalled("XlsxWriter, which writes workbooks,") from None
    options = {
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
    }
    with Workbook(str(path), options) as book:
        book.set_properties({"title": content.title, "created": _MADE})
        formats = _formats(book)
        _contents(book, content, formats)
        for page in content.pages:
            for table in tables(page):
                _sheet(book, table, content, formats)
        _estimates(book, estimates, formats)


def sheet_name(table: HtmlElement) -> str:
    """Give the name of a table's sheet: that of its files, as far as Excel takes it."""
    return _REFUSED.sub(" ", str(table.get("id")).partition(".")[2])[:_LONGEST]


def _formats(book: Any) -> dict[str, Any]:
    plain = {"font_name": "Arial", "font_size": 9, "valign": "top"}
    return {
        "title": book.add_format({**plain, "bold": True, "font_size": 11}),
        "heading": book.add_format({**plain, "bold": True, "bottom": 1, "text_wrap": True}),
        "spanner": book.add_format({**plain, "bold": True, "bottom": 1, "align": "center"}),
        "group": book.add_format({**plain, "bold": True}),
        "left": book.add_format({**plain, "text_wrap": True}),
        "right": book.add_format({**plain, "align": "right"}),
        "center": book.add_format({**plain, "align": "center"}),
        "note": book.add_format({**plain, "font_size": 8, "font_color": "#5a5f66"}),
        **{
            f"number{decimals}": book.add_format(
                {**plain, "num_format": "#,##0" + ("." + "0" * decimals if decimals else "")}
            )
            for decimals in range(7)
        },
    }


def _contents(book: Any, content: Content, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("contents")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    lines = [content.title, content.subtitle, *content.notices, *content.foot]
    row = 0
    for line in filter(None, lines):
        sheet.write_string(row, 0, line, formats["title"] if row == 0 else formats["note"])
        row += 1
    for page in content.pages:
        for table in tables(page):
            row += 1
            name = sheet_name(table)
            sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
            sheet.write_string(row, 1, _caption(table), formats["left"])
    sheet.write_url(row + 1, 0, "internal:'estimates'!A1", string="estimates")
    sheet.write_string(row + 1, 1, "Every number of the report, one row each.", formats["left"])


def _caption(table: HtmlElement) -> str:
    return " ".join(" ".join(table.xpath("string(./caption)").split()).split())


def _sheet(book: Any, table: HtmlElement, content: Content, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(sheet_name(table))
    sheet.write_string(0, 0, _caption(table), formats["title"])
    row = 2
    taken: set[tuple[int, int]] = set()
    last = 0
    for line in table.iter("tr"):
        heads = bool(line.xpath("ancestor::thead"))
        column = 0
        for cell in line.xpath("./td | ./th"):
            while (row, column) in taken:
                column += 1
            wide, high = (int(cell.get(key, 1)) for key in ("colspan", "rowspan"))
            taken |= {(row + down, column + on) for down in range(high) for on in range(wide)}
            _cell(sheet, (row, column), (high, wide), cell, heads, formats)
            column += wide
            last = max(last, column)
        if heads:
            sheet.freeze_panes(row + 1, 1)
        row += 1
    for place, (_, length) in enumerate(columns(table)):
        sheet.set_column(place, place, min(_WIDEST, max(8, length + 2)))
    row += 1
    said = [" ".join(note.text_content().split()) for note in with_notes(table)[1:]]
    for line in [*said, *content.notices]:
        sheet.write_string(row, 0, line, formats["note"])
        row += 1


def _cell(
    sheet: Any,
    place: tuple[int, int],
    spans: tuple[int, int],
    cell: HtmlElement,
    heads: bool,
    formats: dict[str, Any],
) -> None:
    text = " ".join(cell.text_content().replace("\u2003", "  ").split(" ")).strip("\n")
    text = re.sub(r"\s*\n\s*", " ", text)
    high, wide = spans
    side = str(cell.get("style", "left")).rpartition(" ")[2]
    look = formats[side if side in formats else "left"]
    if heads:
        look = formats["spanner" if wide > 1 else "heading"]
    elif wide > 1:
        # The heading of a group is not merged: rows stay rows that can be sorted.
        sheet.write_string(*place, text, formats["group"])
        return
    if high > 1 or wide > 1:
        sheet.merge_range(*place, place[0] + high - 1, place[1] + wide - 1, "", look)
    elif _NUMBER.fullmatch(text) and not heads:
        decimals = len(text.partition(".")[2])
        if f"number{decimals}" in formats:
            sheet.write_number(*place, float(text.replace(",", "")), formats[f"number{decimals}"])
            return
    sheet.write_string(*place, text, look)


def _estimates(book: Any, estimates: pd.DataFrame, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("estimates")
    for column, name in enumerate(estimates.columns):
        sheet.write_string(0, column, str(name), formats["heading"])
        for row, value in enumerate(estimates[name], start=1):
            if pd.isna(value) or value == "":
                continue
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            else:
                sheet.write_number(row, column, float(value))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(estimates), 1), max(len(estimates.columns) - 1, 0))
