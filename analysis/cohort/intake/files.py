"""Read the tables of a file as it is kept: CSV, workbooks, SPSS, Stata, SAS, Parquet, SQL."""

from __future__ import annotations

import csv
import datetime
import io
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import charset_normalizer
import pandas as pd

from analysis.cohort.faults import did_you_mean
from analysis.cohort.intake.arrow import distinct_values
from analysis.cohort.intake.kinds import DATABASES, STATISTICAL, SUFFIXES, TEXTS, WORKBOOKS
from analysis.cohort.intake.plain_text import read_plain
from analysis.cohort.intake.sheet import (
    LONGEST_CELL,
    Sheet,
    Unreadable,
    frame_of_distinct,
    from_rows,
    header_place,
    is_dated,
    text_of,
    typed_frame,
)

_SEPARATORS = (",", ";", "\t", "|")
# What people write for a separator that is hard to type in YAML.
_CALLED = {"tab": "\t", r"\t": "\t"}
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
        _check_kind(path, suffix)
        if suffix in TEXTS:
            return [_text_file(path, where)]
        if suffix in WORKBOOKS:
            return _workbook(path, where)
        if suffix in STATISTICAL:
            return [_statistical(path, suffix, where)]
        if suffix == ".parquet":
            return [_parquet(path)]
        if suffix in DATABASES:
            return _sqlite(path, where.sheet)
    except OSError as error:
        raise Unreadable(path.name, 0, _first_line(error), "a file that can be read") from None
    known = ", ".join(SUFFIXES)
    raise Unreadable(path.name, 0, suffix or path.name, f"a file of one of the kinds {known}")


def names_in(path: Path) -> list[str]:
    """Give the names of the sheets of a workbook, or of the tables of a SQLite file.

    Raises
    ------
    Unreadable
        When it cannot be opened.
    """
    suffix = path.suffix.lower()
    try:
        _check_kind(path, suffix)
    except OSError as error:
        raise Unreadable(path.name, 0, _first_line(error), "a file that can be read") from None
    if suffix in WORKBOOKS:
        return list(_opened(path).sheet_names)
    if suffix in DATABASES:
        return _names_of_tables(_engine_of(path), path.name)
    return []


def check_is_utf8(path: Path) -> None:
    """Refuse a text whose mark says that it is in UTF-16, which a table of the schema is not.

    Raises
    ------
    Unreadable
        When it is. A source may be in UTF-16: it is declared.
    """
    with path.open("rb") as file:
        begins = file.read(4)
    if begins[:2] in (b"\xff\xfe", b"\xfe\xff") and begins[2:] != b"\0\0":
        words = "text in UTF-8 (in Excel: save as 'CSV UTF-8'), or this file named under `source`"
        raise Unreadable(path.name, 0, "UTF-16", words)


# How files begin, and what they then are called.
_BEGINNINGS: Mapping[bytes, tuple[str, tuple[str, ...]]] = {
    b"PK\x03\x04": ("a workbook", (".xlsx", ".xlsm", ".xlsb", ".ods")),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("a workbook", (".xls",)),
    b"PAR1": ("Parquet", (".parquet",)),
    b"$FL2": ("SPSS", (".sav",)),
    b"$FL3": ("SPSS", (".zsav", ".sav")),
    b"SQLite format 3\0": ("SQLite", DATABASES),
    b"HEADER RECORD*******LIB": ("SAS", (".xpt",)),
    b"<stata_dta>": ("Stata", (".dta",)),
}


def _check_kind(path: Path, suffix: str) -> None:
    """Refuse a file of another kind than its suffix says, and say what it is."""
    with path.open("rb") as file:
        begins = file.read(512)
    for beginning, (kind, suffixes) in _BEGINNINGS.items():
        if begins.startswith(beginning) and suffix not in suffixes:
            # A workbook with a password is packed as workbooks of before 2007 were.
            if suffixes == (".xls",) and suffix in WORKBOOKS:
                words = "a workbook without a password; open it, and save it without one"
            else:
                words = f"the suffix of what it is, {kind}: call it {path.stem}{suffixes[0]}"
            raise Unreadable(path.name, 0, "", words)
    if suffix in WORKBOOKS and begins and b"\0" not in begins and not begins.startswith(b"PK"):
        kind = "a web page" if begins.lstrip().startswith(b"<") else "text"
        words = f"a workbook; it is {kind}. Open it in Excel, and save it as a workbook (.xlsx)"
        raise Unreadable(path.name, 0, "", words)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# --- text -----------------------------------------------------------------------------------------


def _text_file(path: Path, where: Where) -> Sheet:
    text, encoding = _decoded(path, where.encoding)
    lines = list(islice(io.StringIO(text, newline=""), _LINES))
    # Lines before the header that start with '#' are remarks on the file.
    remarks = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    told = _CALLED.get(where.separator or "", where.separator)
    separator = told or _separator(lines[remarks:])
    plain = where.header is None and where.rows_until_blank is None and separator in _SEPARATORS
    sheet = read_plain(path.name, text, remarks, separator) if plain else None
    if sheet is None:
        rows, numbers = _rows(path.name, text, separator)
        sheet = from_rows(
            path.name, rows[remarks:], numbers[remarks:], where.header, where.rows_until_blank
        )
    notes = []
    if encoding and not where.encoding:
        notes.append(
            f"{path.name} is not in UTF-8; it is read as {encoding}, such as "
            f"'{_sample(text, encoding)}'. If that looks wrong, save it as UTF-8, or say "
            "`encoding:` under "
            "source in dataset.yaml."
        )
    return replace(sheet, notes=tuple(notes))


def read_part(name: str, text: str, separator: str) -> Sheet:
    """Read lines of a text file, the first of which is its header; rows count from it.

    Raises
    ------
    Unreadable
        As `read_sheets` does, with the row counted from that header.
    """
    if "\0" in text:
        raise Unreadable(name, 0, "a zero byte", "text; say `encoding:` if it is UTF-16")
    sheet = read_plain(name, text, 0, separator)
    if sheet is None:
        rows, numbers = _rows(name, text, separator)
        sheet = from_rows(name, rows, numbers, header=1)
    return sheet


def how_it_begins(text: str) -> tuple[int, str, bool]:
    """Tell how the first lines of a text file are to be read.

    Returns
    -------
    tuple
        How many lines of remarks stand before the header; the separator; and whether the line
        after them is the header.
    """
    lines = list(islice(io.StringIO(text, newline=""), _LINES))
    remarks = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    separator = _separator(lines[remarks:])
    rows = list(csv.reader(lines[remarks:], delimiter=separator))
    there = any(any(map(str.strip, row)) for row in rows)
    return remarks, separator, there and header_place(rows) == 0


def _decoded(path: Path, told: str | None) -> tuple[str, str]:
    """Give the text of a file, and the encoding that was guessed ('' where there is no doubt)."""
    raw = path.read_bytes()
    text, guessed = _text_of(path, raw, told)
    if "\0" in text:
        raise Unreadable(path.name, 0, "a zero byte", "text; say `encoding:` if it is UTF-16")
    return text.removeprefix("\ufeff"), guessed


def _text_of(path: Path, raw: bytes, told: str | None) -> tuple[str, str]:
    if told is not None:
        try:
            return raw.decode(told), ""
        except (LookupError, ValueError) as error:
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
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError:
        if _is_chinese(raw):
            return raw.decode("gb18030"), "GB 18030"
        guessed = charset_normalizer.from_bytes(raw, cp_isolation=_ENCODINGS).best()
    if guessed is None:
        # Too little to judge by; of the West it is if accents and units are all there is.
        western = raw.decode("cp1252", "replace")
        if all(letter.isalpha() or letter in "²³°±–" for letter in western if letter > "\x7f"):
            return western, "cp1252"
        words = "text in UTF-8 (in Excel: save as 'CSV UTF-8'), or `encoding:` under source"
        raise Unreadable(path.name, 0, "", words)
    # Code pages share most letters: where these decide nothing, it is the one of the West.
    same = raw.decode("cp1252", "replace") == str(guessed)
    return str(guessed), "cp1252" if same else guessed.encoding


def _is_chinese(raw: bytes) -> bool:
    """Tell whether bytes are Chinese as mainland computers write it.

    Its letters are pairs of high bytes; accents of European letters stand alone between others. A
    guess by frequencies takes a column of few Chinese words for Hungarian.
    """
    runs = re.findall(rb"[\x80-\xff]+", raw)
    if any(len(run) % 2 for run in runs):
        return False
    # Two accents side by side within a word: größe, créée.
    if re.search(rb"[a-z][\x80-\xff]{2}[a-z]", raw):
        return False
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True


def _sample(text: str, encoding: str) -> str:
    """Give a word to look at: one that would be another in a code page that is like this one."""
    words = re.findall(r"[^\s,;|]*[^\x00-\x7f][^\s,;|]*", text)
    other = "cp1250" if encoding == "cp1252" else "cp1252"
    codec = encoding.replace(" ", "")
    telling = [word for word in words if word.encode(codec).decode(other, "replace") != word]
    shown = next(iter(telling or words), "")
    return shown[:20] if shown.isprintable() else ""


def _separator(lines: list[str]) -> str:
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
    if len(separator) != 1 or separator in '"\r\n\0':
        raise Unreadable(name, 0, separator, "one letter for `separator`")
    csv.field_size_limit(LONGEST_CELL)
    lines: list[str] = []

    def read() -> Iterator[str]:
        for each in io.StringIO(text, newline=""):
            lines.append(each)
            yield each

    reader = csv.reader(read(), delimiter=separator, strict=True)
    rows, numbers, line = [], [], 0
    try:
        for row in reader:
            if len(lines) > 1:
                _check_quotes(name, lines, line + 1, len(row), separator)
            rows.append(row)
            numbers.append(line + 1)
            line = reader.line_num
            lines.clear()
    except csv.Error as error:
        found = _first_line(error)
        words = "a row of cells, with quotes in pairs"
        if "field larger" in found:
            found, words = "", f"cells of at most {LONGEST_CELL:,} characters"
        raise Unreadable(name, line + 1, found, words) from None
    return rows, numbers


def _check_quotes(name: str, lines: list[str], line: int, width: int, separator: str) -> None:
    """Refuse a row that has swallowed others, which stand between a quote and the next stray one.

    A line that a cell goes on in has fewer separators than a row. Of a swallowed row the first
    and the last line are whole rows too, but for their quotes.
    """
    counts = [each.count(separator) for each in lines]
    whole = [n >= width - 1 for n in counts]
    if all(whole) or any(n >= max(width - 1, 2) for n in counts[1:-1]):
        words = "cells that do not hold whole rows; a quote before them is not closed"
        raise Unreadable(name, line, lines[1].strip(), words)


# --- workbooks ------------------------------------------------------------------------------------


def _opened(path: Path) -> Any:
    import python_calamine as calamine

    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except (calamine.CalamineError, ValueError, OSError) as error:
        words = "a whole workbook, which opens without a password"
        raise Unreadable(path.name, 0, _first_line(error), words) from None


def _workbook(path: Path, where: Where) -> list[Sheet]:
    book = _opened(path)
    names = list(book.sheet_names)
    several = len(names) > 1 or where.sheet is not None
    if where.sheet is not None:
        if where.sheet not in names:
            words = f"one of its sheets: {', '.join(names)}{did_you_mean(where.sheet, names)}"
            raise Unreadable(path.name, 0, where.sheet, words)
        names = [where.sheet]
    sheets, unread = [], []
    for name in names:
        shown = f"{path.name}, sheet {name}" if several else path.name
        try:
            sheets += _sheet_of(path, book, name, shown, where)
        except Unreadable as error:
            # Notes and the like beside the tables are no reason to refuse them.
            unread.append(error)
    if unread and not sheets:
        raise unread[0]
    return sheets


def _sheet_of(path: Path, book: Any, name: str, shown: str, where: Where) -> list[Sheet]:
    import python_calamine as calamine

    try:
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (calamine.CalamineError, ValueError) as error:
        raise Unreadable(shown, 0, _first_line(error), "a sheet of cells") from None
    rows = [[_cell(shown, cell) for cell in row] for row in cells]
    if not any(any(row) for row in rows) and where.sheet is None:
        return []
    dates = {
        (number, place)
        for number, row in enumerate(cells, start=1)
        for place, cell in enumerate(row)
        if isinstance(cell, datetime.date)
    }
    numbers = range(1, len(rows) + 1)
    sheet = from_rows(shown, rows, numbers, where.header, where.rows_until_blank, dates)
    return [_without_formulas(path, name, sheet)]


# A cell in the XML of a sheet, with its row.
_XML_CELL = re.compile(rb'<c r="[A-Z]+(\d+)"([^>]*)>(.*?)</c>', re.DOTALL)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OF_SHEET = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def _without_formulas(path: Path, name: str, sheet: Sheet) -> Sheet:
    """Refuse formulas that nobody has computed, and say how many cells hold an error.

    Both look blank to whoever reads values alone; a blank cell says that nothing is recorded.
    """
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return sheet
    rows, errors = set(map(int, sheet.frame.index)), 0
    for row, about, within in _XML_CELL.findall(_xml_of(path, name)):
        if int(row) not in rows:
            continue
        if b't="e"' in about:
            errors += 1
        elif b"<f" in within and b't="str"' not in about and not re.search(rb"<v>[^<]", within):
            words = "values of formulas; open the workbook in Excel, and save it"
            raise Unreadable(sheet.name, int(row), "a formula that was never computed", words)
    if not errors:
        return sheet
    cells = "1 cell holds" if errors == 1 else f"{errors} cells hold"
    said = f"{sheet.name}: {cells} an error such as #N/A or #DIV/0!, and count as blank."
    return replace(sheet, notes=(*sheet.notes, said))


def _xml_of(path: Path, name: str) -> bytes:
    """Give the XML of a sheet of a workbook; none where it is not where it should be."""
    try:
        with zipfile.ZipFile(path) as packed:
            book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
            links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
            targets = {link.get("Id"): link.get("Target", "") for link in links}
            called = {
                sheet.get("name"): targets.get(sheet.get(_OF_SHEET), "")
                for sheet in book.iter(f"{_MAIN}sheet")
            }
            place = called.get(name, "").removeprefix("/xl/").removeprefix("xl/")
            return packed.read(f"xl/{place}")
    except (KeyError, zipfile.BadZipFile, ElementTree.ParseError):
        return b""


def _cell(name: str, cell: object) -> str:
    text = text_of(cell)
    if len(text) > LONGEST_CELL:
        raise Unreadable(name, 0, "", f"cells of at most {LONGEST_CELL:,} characters")
    return text


# --- Parquet --------------------------------------------------------------------------------------


def _parquet(path: Path) -> Sheet:
    import pyarrow
    from pyarrow import parquet

    try:
        # The index of a frame of pandas may be the patients: it is a column like the others.
        schema = parquet.read_schema(path)
        texts = [field.name for field in schema if pyarrow.types.is_string(field.type)]
        table = _decoded_columns(path, parquet.read_table(path, read_dictionary=texts))
        nested = [field.name for field in table.schema if pyarrow.types.is_nested(field.type)]
        columns = [] if nested else [distinct_values(column) for column in table.columns]
    except (pyarrow.ArrowException, ValueError) as error:
        found = _first_line(error).replace(str(path), path.name)
        raise Unreadable(path.name, 0, found, "a whole Parquet file") from None
    if nested:
        words = "columns of one value a cell; these hold lists"
        raise Unreadable(path.name, 0, ", ".join(nested), words)
    named = [
        (name.strip(), *column)
        for name, column in zip(table.schema.names, columns, strict=True)
        if not re.fullmatch(r"__index_level_\d+__", name)
    ]
    del table
    dated = frozenset(name for name, values, _ in named if is_dated(values))
    return Sheet(path.name, frame_of_distinct(path.name, named), dated=dated)


def _decoded_columns(path: Path, table: Any) -> Any:
    """Give a table in which columns of bytes, as some programs write texts, are texts."""
    import pyarrow

    of_bytes = (
        pyarrow.types.is_binary,
        pyarrow.types.is_large_binary,
        pyarrow.types.is_fixed_size_binary,
    )
    for place, field in enumerate(table.schema):
        if any(is_such(field.type) for is_such in of_bytes):
            try:
                texts = table[place].cast(pyarrow.binary()).cast(pyarrow.string())
            except pyarrow.ArrowInvalid:
                words = "columns of text or numbers; these hold bytes that are no text in UTF-8"
                raise Unreadable(path.name, 0, field.name, words) from None
            table = table.set_column(place, field.name, texts)
    return table


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
    text, dated = typed_frame(path.name, frame)
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
        As SQLAlchemy has them. It is shown nowhere, since a password may stand in it.

    Raises
    ------
    Unreadable
        When it cannot be reached, or has no such table.
    """
    import sqlalchemy

    words = "a URL such as sqlite:///patients.db, and the package that its kind needs"
    try:
        address = sqlalchemy.make_url(url)
        if address.get_backend_name() == "sqlite":
            return _sqlite(Path(address.database or ""), table)
        engine = sqlalchemy.create_engine(address)
    except ImportError as error:
        raise Unreadable("source", 0, _first_line(error), words) from None
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise Unreadable("source", 0, "", words) from None
    return _tables(engine, f"{address.get_backend_name()} database", table)


def _sqlite(path: Path, table: str | None) -> list[Sheet]:
    return _tables(_engine_of(path), path.name, table)


def _engine_of(path: Path) -> Any:
    """Open a SQLite file to be read alone: what is not there is not made, what is there stays."""
    import sqlalchemy

    if not path.is_file():
        raise Unreadable(path.name or "source", 0, "", "a file that there is")
    url = f"file:{quote(str(path.resolve()))}?mode=ro"
    return sqlalchemy.create_engine("sqlite://", creator=lambda: sqlite3.connect(url, uri=True))


def _names_of_tables(engine: Any, shown: str) -> list[str]:
    import sqlalchemy

    try:
        return list(sqlalchemy.inspect(engine).get_table_names())
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _unreached(shown, error) from None
    finally:
        engine.dispose()


def _tables(engine: Any, shown: str, table: str | None) -> list[Sheet]:
    import sqlalchemy

    try:
        about = sqlalchemy.inspect(engine)
        names = about.get_table_names()
        if table is not None:
            known = [*names, *about.get_view_names()]
            if table not in known:
                words = f"one of its tables: {', '.join(known)}{did_you_mean(table, known)}"
                raise Unreadable(shown, 0, table, words)
            names = [table]
        with engine.connect() as connection:
            return [_table(connection, about.get_columns(name), shown, name) for name in names]
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _unreached(shown, error) from None
    finally:
        engine.dispose()


def _table(connection: Any, columns: list[Any], shown: str, name: str) -> Sheet:
    import sqlalchemy

    # As the database has them: SQLite holds any text in a column of dates.
    every = sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(name))
    found = connection.execute(every)
    frame = pd.DataFrame(found.fetchall(), columns=list(found.keys()), dtype=object)
    for column in columns:
        if isinstance(column["type"], sqlalchemy.Boolean):
            frame[column["name"]] = frame[column["name"]].replace({0: False, 1: True})
    whole = f"{shown}, table {name}"
    text, dated = typed_frame(whole, frame, first_row=1)
    typed = {
        column["name"]
        for column in columns
        if isinstance(column["type"], sqlalchemy.Date | sqlalchemy.DateTime)
    }
    return Sheet(whole, text, dated=dated | typed)


def _unreached(shown: str, error: Exception) -> Unreadable:
    # What a driver says of an error may hold the password.
    return Unreadable(shown, 0, type(error).__name__, "a database that can be reached and is whole")
