"""The one form in which every kind of article is read: tables of cells, and paragraphs.

Readers (`jats`, `html`, `word`, `pdf`) make it; nothing behind it knows what file it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from analysis.study.errors import ReadableError

# A table with more is no table of a clinical article; spans of hostile files would fill the memory.
MOST_ROWS, MOST_COLUMNS = 3000, 200
MOST_BYTES = 60_000_000


class UnreadablePaper(ReadableError, ValueError):
    """An article that cannot be read; the message says which file, why, and what would do."""


def refuse_large(size: int, name: str) -> None:
    """Raise UnreadablePaper when a file has more bytes than any article."""
    if size > MOST_BYTES:
        raise UnreadablePaper(f"{name}: over {MOST_BYTES // 1_000_000} MB is no article.")


@dataclass(frozen=True)
class Cell:
    """One cell as it is printed.

    Attributes
    ----------
    text
        With line breaks where the article has them.
    marks
        Footnote marks, which are no part of the text.
    rowspan, colspan
        How many rows and columns it covers.
    heading
        Whether the file says that it is a heading.
    indent
        How far its text is set in, in steps of the file's own; 0 is not.
    doubt
        Why what stands here may not be what is printed, '' where there is no doubt.
    """

    text: str
    marks: tuple[str, ...] = ()
    rowspan: int = 1
    colspan: int = 1
    heading: bool = False
    indent: int = 0
    doubt: str = ""


EMPTY = Cell("")


@dataclass(frozen=True)
class Table:
    """A table whose spans are resolved: a cell stands in every place that it covers.

    Attributes
    ----------
    label
        "Table 1".
    grid
        Rows of the same length.
    headings
        How many of the rows, from the top, the file says are headings.
    footnotes
        One text a note, with its mark in front.
    """

    label: str
    caption: str
    grid: tuple[tuple[Cell, ...], ...]
    headings: int
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the text.

    Attributes
    ----------
    section
        As a reader would name it: "Abstract", "Results 3.1", "Discussion".
    kind
        `title`, `abstract`, `introduction`, `methods`, `results`, `discussion` or `other`.
    text
        References are replaced by `CITED`.
    """

    section: str
    kind: str
    text: str


@dataclass(frozen=True)
class Paper:
    """An article: its title, tables in their order, and paragraphs in theirs."""

    title: str
    tables: tuple[Table, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    remarks: tuple[str, ...] = field(default=())


# Stands in a paragraph where a reference to other work stood.
CITED = "⟦cited⟧"

_KINDS = {
    "results": ("result", "finding"),
    "methods": ("method", "material", "patients and", "statistical", "study design", "procedure"),
    "introduction": ("introduction", "background"),
    "discussion": ("discussion", "conclusion", "interpretation", "limitation"),
    "abstract": ("abstract", "summary"),
}


def kind_of(heading: str) -> str:
    """Give the kind of a section by its heading, '' where it says nothing.

    >>> kind_of("3 Results"), kind_of("Patients and methods"), kind_of("Efficacy")
    ('results', 'methods', '')
    """
    words = heading.lower()
    return next(
        (kind for kind, parts in _KINDS.items() if any(part in words for part in parts)), ""
    )


def section_name(kind: str, heading: str) -> str:
    """Name a section by its kind and its number, or by its heading where it has none.

    >>> section_name("results", "3.1 Characteristics"), section_name("results", "Efficacy")
    ('Results 3.1', 'Results, Efficacy')
    """
    called = kind.capitalize() if kind not in ("", "other") else ""
    number = re.match(r"\s*(\d+(?:\.\d+)+)", heading)
    if number and called:
        return f"{called} {number[1]}"
    bare = re.sub(r"^\s*[\d.]+\s*", "", heading).strip()
    if not called:
        return bare or "Text"
    return called if not bare or kind_of(bare) == kind else f"{called}, {bare[:60]}"


def laid_out(rows: Iterable[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Put cells with spans in their places, as HTML does.

    Raises
    ------
    UnreadablePaper
        When it would be larger than any table is.
    """
    grid: list[dict[int, Cell]] = []
    waiting: dict[int, tuple[int, Cell]] = {}
    for cells in rows:
        row: dict[int, Cell] = {}
        for column, (left, cell) in list(waiting.items()):
            row[column] = cell
            if left == 1:
                del waiting[column]
            else:
                waiting[column] = (left - 1, cell)
        column = 0
        for cell in cells:
            while column in row:
                column += 1
            for covered in range(column, column + min(cell.colspan, MOST_COLUMNS)):
                row.setdefault(covered, cell)
                if cell.rowspan > 1:
                    waiting[covered] = (min(cell.rowspan, MOST_ROWS) - 1, cell)
            column += cell.colspan
        grid.append(row)
        if len(grid) > MOST_ROWS or max(row, default=0) > MOST_COLUMNS:
            raise UnreadablePaper(
                f"A table has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns."
            )
    width = max((max(row, default=-1) for row in grid), default=-1) + 1
    return tuple(tuple(row.get(column, EMPTY) for column in range(width)) for row in grid)


def tidy(text: str) -> str:
    """Give text with single spaces, line breaks kept, and none of the signs that show nothing."""
    text = re.sub(r"[\u200b-\u200f\u2060\ufeff\u00ad]", "", text)
    text = re.sub(r"[ \t\r\f\v\u00a0\u2002-\u200a\u202f\u205f\u3000]+", _space, text)
    lines = [line.strip(" ") for line in text.split("\n")]
    return "\n".join(line for line in lines if line)


def _space(found: re.Match[str]) -> str:
    # A thin or no-break space between digits groups thousands, and is kept as what it is.
    return found[0] if found[0] in ("\u2009", "\u202f", "\u00a0", "\u2007") else " "
