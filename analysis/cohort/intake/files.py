"""Read the tables of a file as it is kept: CSV, workbooks, SPSS, Stata, SAS, Parquet, SQL."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import charset_normalizer
import pandas as pd

from analysis.cohort.intake.sheet import (
    LONGEST_CELL,
    Sheet,
    Unreadable,
    from_rows,
    text_of,
    typed_frame,
)

TEXTS = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
STATISTICAL = (".sav", ".zsav", ".por", ".dta", ".xpt", ".sas7bdat")
DATABASES = (".sqlite", ".sqlite3", ".db")
SUFFIXES = (*TEXTS, ".parquet", *WORKBOOKS, *STATISTICAL, *DATABASES)

_SEPARATORS = (",", ";", "\t", "|")
# As many lines show how cells are separated.
_LINES = 50
# What text files of hospitals are in when they are not Unicode: Chinese, Japanese, Korean, and the
# code pages of Windows. Others are told with `encoding`.
_ENCODINGS = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1250", "cp1251"]


@dataclass(frozen=True)
class Where:
    """Where in a file a table is, and how the file is written; what is None is found."""

    sheet: str | None = None
    header: int | None = None
    rows_until_blank: str | None = None
    separator: str | None = None
    encoding: str | None = None


def read_sheets(path: Path, where: Where | None = None) -> list[Sheet]:
    """Read every table of a file, or of all files of a folder.

    Raises
    ------
    Unreadable
        With what is wrong: a file of another kind, an encoding, a row too long, no header.
    """
    where = where or Where()
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
        return [sheet for each in files for sheet in read_sheets(each, where)]
    if not path.is_file():
        raise Unreadable(path.name, 0, "", "a file that there is")
    suffix = path.suffix.lower()
    try:
        if suffix in TEXTS:
            return [_text_file(path, where)]
        if suffix in WORKBOOKS:
            return _workbook(path, where)
        if suffix in STATISTICAL:
            return [_statistical(path, suffix, where)]
        if suffix == ".parquet":
            frame, dated = typed_frame(pd.read_parquet(path))
            return [Sheet(path.name, frame, dated=dated)]
        if suffix in DATABASES:
            return database(f"sqlite:///{path}", where.sheet)
    except OSError as error:
        raise Unreadable(path.name, 0, _first_line(error), "a file that can be read") from None
    known = ", ".join(SUFFIXES)
    raise Unreadable(path.name, 0, suffix or path.name, f"a file of one of the kinds {known}")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# --- text -----------------------------------------------------------------------------------------


def _text_file(path: Path, where: Where) -> Sheet:
    text, encoding = _decoded(path, where.encoding)
    lines = text.split("\n", _LINES)[:_LINES]
    # Lines before the header that start with '#' are remarks on the file.
    remarks = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    separator = where.separator or _separator(path, lines[remarks:])
    rows, numbers = _rows(path.name, text, separator)
    sheet = from_rows(
        path.name, rows[remarks:], numbers[remarks:], where.header, where.rows_until_blank
    )
    notes = []
    if encoding and not where.encoding:
        notes.append(
            f"{path.name} is not in UTF-8; it is read as {encoding}, such as "
            f"'{_sample(text)}'. If that looks wrong, save it as UTF-8, or say `encoding:` under "
            "source in dataset.yaml."
        )
    return replace(sheet, notes=tuple(notes))


def _decoded(path: Path, told: str | None) -> tuple[str, str]:
    """Give the text of a file, and the encoding that was guessed ('' where there is no doubt)."""
    raw = path.read_bytes()
    if told is not None:
        try:
            return raw.decode(told).removeprefix("\ufeff"), ""
        except (LookupError, UnicodeDecodeError) as error:
            raise Unreadable(path.name, 0, told, f"its encoding ({_first_line(error)})") from None
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), ""
            except UnicodeDecodeError:
                break
    if b"\0" in raw:
        raise Unreadable(path.name, 0, "a zero byte", "text; say `encoding:` if it is UTF-16")
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError:
        if _is_chinese(raw):
            return raw.decode("gb18030"), "GB 18030"
        guessed = charset_normalizer.from_bytes(raw, cp_isolation=_ENCODINGS).best()
    if guessed is None:
        words = "text in UTF-8 (in Excel: save as 'CSV UTF-8'), or `encoding:` under source"
        raise Unreadable(path.name, 0, "", words)
    return str(guessed), guessed.encoding


def _is_chinese(raw: bytes) -> bool:
    """Tell whether bytes are Chinese as mainland computers write it.

    Its letters are pairs of high bytes; accents of European letters stand alone between others. A
    guess by frequencies takes a column of few Chinese words for Hungarian.
    """
    runs = re.findall(rb"[\x80-\xff]+", raw)
    if any(len(run) % 2 for run in runs):
        return False
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True


def _sample(text: str) -> str:
    """Give the first word that is not plain letters, to look at."""
    words = re.findall(r"[^\s,;|]*[^\x00-\x7f][^\s,;|]*", text)
    return words[0][:20] if words and words[0].isprintable() else ""


def _separator(path: Path, lines: list[str]) -> str:
    """Give the separator under which the lines have the most cells, and as many as the header.

    csv.Sniffer takes letters for separators in tables of short words.
    """

    def shape(separator: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(lines[:-1] or lines, delimiter=separator)]
        except csv.Error:
            return (0, 0)
        alike = sum(width == max(widths, default=0) for width in widths)
        return (alike if max(widths, default=0) > 1 else 0, max(widths, default=0))

    return max(_SEPARATORS, key=shape)


def _rows(name: str, text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    """Give the rows of a text with the line that each begins in."""
    if len(separator) != 1:
        raise Unreadable(name, 0, separator, "one letter for `separator`")
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, numbers, line = [], [], 0
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            numbers.append(line + 1)
            line = reader.line_num
    except csv.Error as error:
        found = _first_line(error)
        words = "a row of cells, with quotes in pairs"
        if "field larger" in found:
            found, words = "", f"cells of at most {LONGEST_CELL:,} characters"
        raise Unreadable(name, line + 1, found, words) from None
    return rows, numbers


# --- workbooks ------------------------------------------------------------------------------------


def _workbook(path: Path, where: Where) -> list[Sheet]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except (calamine.CalamineError, ValueError, OSError) as error:
        words = "a workbook that opens without a password"
        raise Unreadable(path.name, 0, _first_line(error), words) from None
    names = list(book.sheet_names)
    if where.sheet is not None:
        if where.sheet not in names:
            words = f"one of its sheets: {', '.join(names)}"
            raise Unreadable(path.name, 0, where.sheet, words)
        names = [where.sheet]
    sheets = []
    for name in names:
        shown = (
            f"{path.name}, sheet {name}"
            if len(book.sheet_names) > 1 or where.sheet
            else (path.name)
        )
        try:
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except (calamine.CalamineError, ValueError) as error:
            raise Unreadable(shown, 0, _first_line(error), "a sheet of cells") from None
        rows = [[_cell(shown, cell) for cell in row] for row in cells]
        if not any(any(row) for row in rows) and where.sheet is None:
            continue
        sheet = from_rows(
            shown, rows, range(1, len(rows) + 1), where.header, where.rows_until_blank
        )
        sheets.append(replace(sheet, dated=_dated_columns(cells, sheet)))
    return sheets


def _cell(name: str, cell: object) -> str:
    text = text_of(cell)
    if len(text) > LONGEST_CELL:
        raise Unreadable(name, 0, "", f"cells of at most {LONGEST_CELL:,} characters")
    return text


def _dated_columns(cells: list[list[Any]], sheet: Sheet) -> frozenset[str]:
    typed: set[int] = {
        place for row in cells for place, cell in enumerate(row) if isinstance(cell, datetime.date)
    }
    names = list(sheet.frame.columns)
    return frozenset(names[place] for place in typed if place < len(names))


# --- files of statistical packages ----------------------------------------------------------------


def _statistical(path: Path, suffix: str, where: Where) -> Sheet:
    import pyreadstat

    readers: Mapping[str, Callable[..., Any]] = {
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".por": pyreadstat.read_por,
        ".dta": pyreadstat.read_dta,
        ".xpt": pyreadstat.read_xport,
        ".sas7bdat": pyreadstat.read_sas7bdat,
    }
    how = {"encoding": where.encoding} if where.encoding else {}
    try:
        frame, about = readers[suffix](str(path), **how)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as error:
        words = f"a whole file of the kind {suffix}; say `encoding:` if it is not in Unicode"
        raise Unreadable(path.name, 0, _first_line(error), words) from None
    # Values that the file itself declares missing are blank by now.
    text, dated = typed_frame(frame)
    return Sheet(
        path.name,
        text,
        labels={
            column: {text_of(code): str(label).strip() for code, label in labels.items()}
            for column, labels in about.variable_value_labels.items()
        },
        titles={column: title for column, title in about.column_names_to_labels.items() if title},
        dated=dated,
    )


# --- databases ------------------------------------------------------------------------------------


def database(url: str, table: str | None = None) -> list[Sheet]:
    """Read one table of a database, or all of them.

    Parameters
    ----------
    url
        As SQLAlchemy has them. Its password is shown nowhere.

    Raises
    ------
    Unreadable
        When it cannot be reached, or has no such table.
    """
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url)
    except (sqlalchemy.exc.ArgumentError, ImportError) as error:
        words = "a URL such as sqlite:///patients.db, and the package that its kind needs"
        raise Unreadable("source", 0, _first_line(error), words) from None
    shown = engine.url.render_as_string(hide_password=True)
    try:
        names = sqlalchemy.inspect(engine).get_table_names()
        views = sqlalchemy.inspect(engine).get_view_names()
        if table is not None and table not in (*names, *views):
            words = f"one of its tables: {', '.join((*names, *views))}"
            raise Unreadable(shown, 0, table, words)
        sheets = []
        for name in names if table is None else [table]:
            with engine.connect() as connection:
                frame = pd.read_sql_table(name, connection)
            text, dated = typed_frame(frame, first_row=1)
            sheets.append(Sheet(f"{shown}, table {name}", text, dated=dated))
    except sqlalchemy.exc.SQLAlchemyError as error:
        words = "a database that can be reached"
        raise Unreadable(shown, 0, type(error).__name__, words) from None
    finally:
        engine.dispose()
    return sheets
