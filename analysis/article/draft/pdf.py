"""Articles as PDF: what stands in a column is told by where it is drawn; every cell is in doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pdfplumber

from analysis.article.draft.paper import (
    EMPTY,
    Cell,
    Paper,
    Paragraph,
    Table,
    UnreadablePaper,
    kind_of,
    refuse_large,
    section_name,
    tidy,
)

MOST_PAGES = 60
DOUBT = "read from a PDF: is this what is printed, and in this column?"
_LABEL = re.compile(r"(?im)^\s*(table\s+(?:[A-Z]?\d+[a-z]?|[IVX]+)\b)\s*[.:|–—-]?\s*(.*)$")
_HEADING = re.compile(
    r"^\s*(?:\d+(?:\.\d+)*\.?\s+)?(?:abstract|summary|introduction|background|"
    r"(?:materials?|patients) and methods|"
    r"methods|results|findings|discussion|conclusions?|references|acknowledg\w+)\s*:?\s*$",
    re.IGNORECASE,
)  # fmt: skip


def read_pdf(path: Path) -> Paper:
    """Read an article from a PDF.

    Raises
    ------
    UnreadablePaper
        When it is too large, no PDF, or holds pictures of text only.
    """
    refuse_large(path.stat().st_size, path.name)
    tables: list[Table] = []
    texts: list[str] = []
    try:
        with pdfplumber.open(path) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise UnreadablePaper(f"{path.name}: over {MOST_PAGES} pages is no article.")
            for page in pdf.pages:
                drawn = page.find_tables()
                tables += _tables(page, drawn, len(tables))
                texts.append(_outside(page, drawn).extract_text() or "")
                page.close()
    except UnreadablePaper:
        raise
    except Exception as error:  # whatever pdfminer meets in a broken file
        raise UnreadablePaper(f"{path.name}: not a PDF that can be read: {error}") from None
    if not any(text.strip() for text in texts):
        raise UnreadablePaper(f"{path.name}: no text in it, only pictures of it.")
    return Paper(
        title=next((line.strip() for line in texts[0].split("\n") if len(line) > 20), ""),
        tables=tuple(tables),
        paragraphs=tuple(_paragraphs(texts)),
        remarks=("From a PDF: every number of a table asks whether it is what is printed there.",),
    )


def _outside(page: Any, drawn: list[Any]) -> Any:
    """Give a page without its tables."""

    def outside(part: dict[str, Any]) -> bool:
        x, y = (part["x0"] + part["x1"]) / 2, (part["top"] + part["bottom"]) / 2
        return not any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in (t.bbox for t in drawn))

    return page.filter(outside) if drawn else page


def _tables(page: Any, found: list[Any], before: int) -> Iterator[Table]:
    if not found and _LABEL.search(page.extract_text() or ""):
        found = page.find_tables({"vertical_strategy": "text", "horizontal_strategy": "lines"})
    number = before
    for table in found:
        rows = [[_cell(text) for text in row] for row in table.extract()]
        rows = [row for row in rows if any(cell.text for cell in row)]
        if len(rows) < 2 or max(len(row) for row in rows) < 2:
            continue
        number += 1
        above = page.crop((0, 0, page.width, max(table.bbox[1], 1))).extract_text() or ""
        captions = list(_LABEL.finditer(above))
        label = re.sub(r"(?i)^table", "Table", captions[-1][1]) if captions else f"Table {number}"
        caption = above[captions[-1].start(2) :].replace("\n", " ") if captions else ""
        width = max(len(row) for row in rows)
        grid = tuple(tuple(row + [EMPTY] * (width - len(row))) for row in rows)
        yield Table(label, caption[:400], _spread(grid), 0)


def _spread(grid: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[Cell, ...], ...]:
    """Let a heading of the first row stand in the empty places behind it, as if merged."""
    first: list[Cell] = []
    for cell in grid[0]:
        first.append(first[-1] if first and cell is _MERGED else cell)
    rest = (tuple(EMPTY if cell is _MERGED else cell for cell in row) for row in grid[1:])
    return (tuple(first), *rest)


_MERGED = Cell("", doubt="merged")


def _cell(text: str | None) -> Cell:
    return _MERGED if text is None else replace(Cell(tidy(text)), doubt=DOUBT)


def _paragraphs(texts: list[str]) -> Iterator[Paragraph]:
    kind, section = "other", "Text"
    lines: list[str] = []
    for line in "\n".join(texts).split("\n"):
        if not _HEADING.match(line):
            lines.append(line.strip())
            continue
        yield from _paragraph(section, kind, lines)
        lines = []
        if re.match(r"(?i)\W*(?:references|acknowledg)", line):
            return
        kind = kind_of(line) or "other"
        section = section_name(kind, line.strip())
    yield from _paragraph(section, kind, lines)


def _paragraph(section: str, kind: str, lines: list[str]) -> Iterator[Paragraph]:
    text = " ".join(line for line in lines if line and not _LABEL.match(line))
    text = re.sub(r"(?<=[a-z])- (?=[a-z])", "", text)
    if text:
        yield Paragraph(section, kind, text)
