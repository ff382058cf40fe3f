"""Marked-up text, JATS and HTML alike: cells, marks of notes, references, exponents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from analysis.article.draft.paper import CITED, Cell, tidy

# Whose text is none of the article's own words, or is told elsewhere.
_SILENT = {"tex-math", "annotation", "annotation-xml", "object-id", "graphic", "inline-graphic"}
_BLOCKS = {"break", "p", "list-item", "title", "disp-formula"}
_MARK = re.compile(
    r"[\s,;]*(?:[a-z]{1,2}|[*†‡§¶‖#^∥◊✝⁎△▲]+|[A-Z])(?:[\s,;]+(?:[a-z]|[*†‡§¶‖#^∥]+))*"
)
_CITATION = re.compile(r"[\[(]?\s*\d+(?:\s*[,–\-;]\s*\d+)*\s*[\])]?")
_WORD = re.compile(r"[^\W\d_]")


@dataclass
class _Text:
    """What is collected of an element: its words, and the marks that stood among them."""

    words: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def add(self, words: str | None) -> None:
        if words:
            self.words.append(re.sub(r"\s*\n\s*", " ", words))


def rows_of(table: etree._Element) -> tuple[list[list[Cell]], int]:
    """Give the rows of a table, and how many from the top are headings."""
    rows: list[list[Cell]] = []
    headings = 0
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        rows.append([_cell(cell) for cell in cells])
        parent = row.getparent()
        if parent is not None and parent.tag == "thead" and headings == len(rows) - 1:
            headings = len(rows)
    return rows, headings


def _cell(element: etree._Element) -> Cell:
    text, marks = words_of(element, cell=True)
    raw = "".join(element.itertext())
    spaces = re.match(r"[\u00a0\u2000-\u200a\u3000 ]*", raw.lstrip("\n\r\t"))
    set_in = len(spaces[0]) if spaces and raw.strip() else 0
    style = f"{element.get('style', '')} {element.get('content-type', '')}"
    padded = re.search(r"(?:padding-left|text-indent|margin-left):\s*(\d+)", style)
    if padded and int(padded[1]):
        set_in += int(padded[1])
    if element.find("list") is not None or "indent" in style:
        set_in += 1
    if re.match(r"[•◦‣·▪-]\s+\S", text):
        set_in, text = set_in + 1, re.sub(r"^[•◦‣·▪-]\s+", "", text)
    return Cell(
        text=text,
        marks=marks,
        rowspan=_span(element.get("rowspan")),
        colspan=_span(element.get("colspan")),
        heading=element.tag == "th",
        indent=set_in,
    )


def _span(given: str | None) -> int:
    return max(1, int(given)) if given and given.isdecimal() and len(given) < 5 else 1


def words_of(element: etree._Element, cell: bool = False) -> tuple[str, tuple[str, ...]]:
    """Give the text of an element, and the footnote marks that are no part of it."""
    found = _Text()
    _walk(element, found, cell)
    return tidy("".join(found.words)), tuple(found.marks)


def _walk(element: etree._Element, found: _Text, cell: bool) -> None:
    found.add(element.text)
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _SILENT:
            _child(child, found, cell)
        found.add(child.tail)


def _child(child: etree._Element, found: _Text, cell: bool) -> None:
    before = "".join(found.words)
    if child.tag == "xref":
        _reference(child, found, cell)
    elif child.tag == "sup":
        inner = words_of(child, cell)[0]
        has_reference = any(
            x.get("ref-type") in ("table-fn", "fn", "bibr") for x in child.iter("xref")
        )
        if has_reference and not inner.replace(CITED, "").strip(" ,;()[]–-"):
            found.marks.append(inner)
            found.add(CITED if CITED in inner else None)
        elif has_reference or is_mark(inner, before, cell):
            found.marks.append(inner)
        else:
            found.add(f"^{inner}" if re.search(r"\d$", before) else inner)
    elif child.tag == "mfrac" and len(child) == 2:
        found.add("/".join(words_of(part)[0] for part in child))
    elif child.tag in ("msup", "msub", "msubsup"):
        parts = [words_of(part)[0] for part in child]
        found.add(
            parts[0] + "".join(f"^{part}" for part in parts[1:])
            if child.tag == "msup"
            else parts[0]
        )
    elif child.tag == "alternatives":
        _walk(child[0] if len(child) else child, found, cell)
    elif child.tag in ("fn", "table-wrap", "fig", "boxed-text", "supplementary-material"):
        return
    else:
        if child.tag in _BLOCKS and before.strip():
            found.words.append("\n")
        _walk(child, found, cell)
        if child.tag in _BLOCKS - {"break"}:
            found.words.append("\n")


def _reference(child: etree._Element, found: _Text, cell: bool) -> None:
    """Leave out what refers to a note, and mark where other work is referred to."""
    kind, inner = child.get("ref-type", ""), words_of(child, cell)[0]
    if kind == "bibr":
        found.add(f"{CITED}")
        found.marks.append(inner)
    elif kind in ("table-fn", "fn", "corresp", "aff"):
        found.marks.append(inner)
    else:
        found.add(inner)


def is_mark(inner: str, before: str, cell: bool) -> bool:
    """Tell whether a superscript is the mark of a note or of a reference, and no exponent."""
    if not inner.strip():
        return True
    # 10⁹/L, m², cm³, and the ends of ordinals belong to what they stand by.
    if re.search(r"(?:10|[χΧ𝜒rR])$", before) or (
        re.search(r"(?:\b(?:m|cm|mm|kg/m|s|h)|/m)$", before) and inner in "23-1−1"
    ):
        return False
    if inner in ("st", "nd", "rd", "th", "TM", "®", "™"):
        return False
    if _MARK.fullmatch(inner):
        return True
    return bool(_CITATION.fullmatch(inner)) and (cell or not re.search(r"\d$", before))


def prose_of(paragraph: etree._Element) -> str:
    """Give a paragraph in one line, references to other work as one mark in their sentence."""
    text = words_of(paragraph)[0].replace("\n", " ")
    # A list of references leaves its brackets and commas behind.
    apart = r"[\s,;–—-]*(?:and\s+)?"
    text = re.sub(rf"[\[(]?\s*{CITED}(?:{apart}{CITED})*\s*[\])]?", f" {CITED} ", text)
    text = re.sub(r" +(?=[.,;:])| +", _one_space, text).strip()
    # A reference printed behind the full stop belongs to the sentence before it.
    return re.sub(rf"([.,;:]) ?{CITED}", rf" {CITED}\1", text)


def _one_space(found: re.Match[str]) -> str:
    following = found.string[found.end() : found.end() + 1]
    return "" if following in ".,;:" and following else " "
