"""Articles as Word files (.docx)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from analysis.article.draft.markup import is_mark
from analysis.article.draft.paper import (
    EMPTY,
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Paper,
    Paragraph,
    Table,
    UnreadablePaper,
    kind_of,
    section_name,
    tidy,
)

# What a file may be when it is unpacked, in bytes, and how many times what it is packed.
MOST_BYTES, MOST_TIMES = 200_000_000, 200
_LABEL = re.compile(r"\s*(table\s+(?:[A-Z]?\d+[a-z]?|[IVX]+)\b)\s*[.:|–—-]?\s*", re.IGNORECASE)
_NOTE = re.compile(
    r"(?i)^\s*(?:[*†‡§¶#^]|[a-z][.)\s]|note|abbreviation|data are|values are|[A-Z]{2,}[,:=] )"
)


def read_word(path: Path) -> Paper:
    """Read an article from a Word file.

    Raises
    ------
    UnreadablePaper
        When it is no Word file, unpacks to more than any article, or declares entities.
    """
    _check(path)
    try:
        document = docx.Document(str(path))
    except Exception as error:  # whatever python-docx meets in a broken file
        raise UnreadablePaper(f"{path.name}: not a Word file that can be read: {error}") from None
    tables: list[Table] = []
    paragraphs: list[Paragraph] = []
    kind, section, caption, title = "other", "Text", "", ""
    waiting: list[str] = []
    for part in _parts(document):
        if isinstance(part, WordTable):
            tables.append(_table(part, caption, len(tables) + 1))
            caption, waiting = "", ["note"]
            continue
        text, _ = _words(part)
        if not text:
            continue
        style = (part.style.name if part.style is not None else "") or ""
        if _LABEL.match(text) and len(text) < 600:
            caption, waiting = text, []
        elif waiting and _NOTE.match(text):
            last = tables[-1]
            tables[-1] = Table(
                last.label, last.caption, last.grid, last.headings, (*last.footnotes, text)
            )
        elif style == "Title":
            title, waiting = text, []
            paragraphs.append(Paragraph("Title", "title", text))
        elif style.startswith("Heading") or (
            len(text) < 60 and kind_of(text) and text[-1] not in ".;"
        ):
            own = kind_of(text)
            kind = own or (kind if not style.endswith(" 1") else "other")
            section, waiting = section_name(kind, text), []
        else:
            waiting = []
            paragraphs.append(Paragraph(section, kind, text.replace("\n", " ")))
    return Paper(title, tuple(tables), tuple(paragraphs))


def _check(path: Path) -> None:
    """Refuse what would fill the memory, or declares entities, before anything is parsed."""
    try:
        with zipfile.ZipFile(path) as packed:
            files = packed.infolist()
            whole = sum(file.file_size for file in files)
            if whole > MOST_BYTES or whole > MOST_TIMES * max(path.stat().st_size, 1):
                raise UnreadablePaper(
                    f"{path.name}: it unpacks to {whole // 1_000_000} MB, more than any article."
                )
            if "word/document.xml" not in {file.filename for file in files}:
                raise UnreadablePaper(f"{path.name}: a ZIP file, but no Word file (.docx).")
            for file in files:
                if file.filename.endswith((".xml", ".rels")):
                    with packed.open(file) as content:
                        if re.search(rb"<!(?:DOCTYPE|ENTITY)", content.read(4096)):
                            raise UnreadablePaper(
                                f"{path.name}: {file.filename} declares entities."
                            )
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise UnreadablePaper(f"{path.name}: not a Word file that can be read: {error}") from None


def _parts(document: Any) -> Iterator[WordParagraph | WordTable]:
    for child in document.element.body.iterchildren():
        if child.tag == qn("w:p"):
            yield WordParagraph(child, document)
        elif child.tag == qn("w:tbl"):
            yield WordTable(child, document)


def _words(paragraph: WordParagraph) -> tuple[str, tuple[str, ...]]:
    """Give the text of a paragraph, and the marks that are no part of it."""
    words = ""
    marks: list[str] = []
    for run in paragraph.runs:
        text = run.text
        if run.font.superscript and text.strip():
            if is_mark(text.strip(), words, True):
                marks.append(text.strip())
                continue
            text = f"^{text}" if re.search(r"\d$", words) else text
        words += text
    # Text of links and tracked changes stands outside the runs.
    return (tidy(words or paragraph.text), tuple(marks))


def _table(table: WordTable, caption: str, number: int) -> Table:
    # Elements are kept beside their cells, so that no other gets the identity of one.
    made: dict[int, tuple[Any, Cell]] = {}
    grid: list[tuple[Cell, ...]] = []
    headings = 0
    for row in table.rows:
        marked = row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None
        cells = []
        for cell in row.cells:
            # Merged cells are one and the same element.
            key = id(cell._tc)
            if key not in made:
                made[key] = (cell._tc, _cell(cell))
            cells.append(made[key][1])
        grid.append(tuple(cells))
        if marked and headings == len(grid) - 1:
            headings = len(grid)
        if len(grid) > MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise UnreadablePaper(
                f"A table has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns."
            )
    width = max((len(row) for row in grid), default=0)
    full = tuple(row + (EMPTY,) * (width - len(row)) for row in grid)
    found = _LABEL.match(caption)
    label = re.sub(r"(?i)^table", "Table", found[1]) if found else f"Table {number}"
    return Table(label, caption[found.end() :] if found else caption, _spanning(full), headings)


def _spanning(grid: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[Cell, ...], ...]:
    """Note in each cell over how many rows it goes."""
    rows: dict[int, set[int]] = {}
    for number, row in enumerate(grid):
        for cell in row:
            rows.setdefault(id(cell), set()).add(number)
    made = {
        id(cell): replace(cell, rowspan=len(rows[id(cell)])) if cell is not EMPTY else cell
        for row in grid
        for cell in row
    }
    return tuple(tuple(made[id(cell)] for cell in row) for row in grid)


def _cell(cell: Any) -> Cell:
    texts: list[str] = []
    marks: list[str] = []
    for paragraph in cell.paragraphs:
        text, found = _words(paragraph)
        texts.append(text)
        marks += found
    raw = cell.text
    first = cell.paragraphs[0].paragraph_format if cell.paragraphs else None
    set_in = len(raw) - len(raw.lstrip(" \u00a0\u2002\u2003\t"))
    for length in (first.left_indent, first.first_line_indent) if first is not None else ():
        set_in += int(length.pt) if length is not None and length > 0 else 0
    return Cell(
        "\n".join(text for text in texts if text), tuple(marks), indent=set_in if raw.strip() else 0
    )
