"""Articles in JATS XML, the form in which PubMed Central gives them.

Source: JATS 1.3, NISO Z39.96-2021: `table-wrap`, `thead`, `tbody`, `xref`, `fn`, `sec`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from analysis.article.draft.paper import (
    CITED,
    Cell,
    Paper,
    Paragraph,
    Table,
    UnreadablePaper,
    kind_of,
    laid_out,
    section_name,
    tidy,
)

MOST_BYTES = 60_000_000

# Whose text is none of the article's own words, or is told elsewhere.
_SILENT = {"tex-math", "annotation", "annotation-xml", "object-id", "graphic", "inline-graphic"}
_BLOCKS = {"break", "p", "list-item", "title", "disp-formula"}
_MARK = re.compile(r"[\s,;]*(?:[a-z]{1,2}|[*†‡§¶‖#^∥◊✝⁎△▲]+|[A-Z])(?:[\s,;]+(?:[a-z]|[*†‡§¶‖#^∥]+))*")
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


def parse(content: bytes, name: str) -> etree._Element:
    """Parse XML that may be hostile: nothing is fetched, no entity of its own is resolved.

    Raises
    ------
    UnreadablePaper
        When it is no XML, too large, or declares entities.
    """
    if len(content) > MOST_BYTES:
        raise UnreadablePaper(f"{name}: over {MOST_BYTES // 1_000_000} MB is no article.")
    if re.search(rb"<!ENTITY", content[:200_000]):
        raise UnreadablePaper(
            f"{name}: it declares entities of its own, which no article needs; they are not "
            "resolved. Take the <!ENTITY …> lines away."
        )
    reader = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, reader)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadablePaper(f"{name}: not XML: {error}") from None
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = etree.QName(element).localname
    return root


def read_jats(path: Path) -> Paper:
    """Read an article in JATS.

    Raises
    ------
    UnreadablePaper
        As `parse`, and when there is no article in it.
    """
    root = parse(path.read_bytes(), path.name)
    article = root if root.tag == "article" else root.find(".//article")
    if article is None:
        raise UnreadablePaper(f"{path.name}: no <article> in it; JATS XML has one.")
    title = article.find(".//front//article-title")
    return Paper(
        title="" if title is None else _words(title)[0],
        tables=tuple(_tables(article)),
        paragraphs=tuple(_paragraphs(article)),
    )


def _tables(article: etree._Element) -> Iterator[Table]:
    number = 0
    for wrap in article.iter("table-wrap"):
        # Several tables in one wrap are parts of one.
        for part in wrap.iter("table"):
            number += 1
            label = wrap.find("label")
            called = _words(label)[0].strip(" .:") if label is not None else f"Table {number}"
            caption = wrap.find("caption")
            rows, headings = _rows(part)
            if rows:
                yield Table(
                    label=re.sub(r"(?i)^table", "Table", called) or f"Table {number}",
                    caption="" if caption is None else _words(caption)[0].replace("\n", " "),
                    grid=laid_out(rows),
                    headings=headings,
                    footnotes=tuple(_footnotes(wrap)),
                )


def _rows(table: etree._Element) -> tuple[list[list[Cell]], int]:
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
    text, marks = _words(element, cell=True)
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


def _footnotes(wrap: etree._Element) -> Iterator[str]:
    for foot in wrap.iter("table-wrap-foot"):
        notes = list(foot.iter("fn")) or [child for child in foot if isinstance(child.tag, str)]
        for note in notes:
            label = note.find("label")
            mark = _words(label)[0] if label is not None else ""
            paragraphs = list(note.iter("p")) or [note]
            words = " ".join(_words(p)[0] for p in paragraphs).replace("\n", " ")
            yield f"{mark} {words}".strip()


def _words(element: etree._Element, cell: bool = False) -> tuple[str, tuple[str, ...]]:
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
        inner = _words(child, cell)[0]
        has_reference = any(x.get("ref-type") in ("table-fn", "fn", "bibr") for x in child.iter("xref"))
        if has_reference and not inner.replace(CITED, "").strip(" ,;()[]–-"):
            found.marks.append(inner)
            found.add(CITED if CITED in inner else None)
        elif has_reference or _is_mark(inner, before, cell):
            found.marks.append(inner)
        else:
            found.add(f"^{inner}" if re.search(r"\d$", before) else inner)
    elif child.tag == "mfrac" and len(child) == 2:
        found.add("/".join(_words(part)[0] for part in child))
    elif child.tag in ("msup", "msub", "msubsup"):
        parts = [_words(part)[0] for part in child]
        found.add(parts[0] + "".join(f"^{part}" for part in parts[1:]) if child.tag == "msup" else parts[0])
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
    kind, inner = child.get("ref-type", ""), _words(child, cell)[0]
    if kind == "bibr":
        found.add(f"{CITED}")
        found.marks.append(inner)
    elif kind in ("table-fn", "fn", "corresp", "aff"):
        found.marks.append(inner)
    else:
        found.add(inner)


def _is_mark(inner: str, before: str, cell: bool) -> bool:
    """Tell whether a superscript is the mark of a note or of a reference, and no exponent."""
    if not inner.strip():
        return True
    # 10⁹/L, m², cm³, and the ends of ordinals belong to what they stand by.
    if re.search(r"10$", before) or (re.search(r"(?:\b(?:m|cm|mm|kg/m|s|h)|/m)$", before) and inner in "23-1−1"):
        return False
    if inner in ("st", "nd", "rd", "th", "TM", "®", "™"):
        return False
    if _MARK.fullmatch(inner):
        return True
    return bool(_CITATION.fullmatch(inner)) and (cell or not re.search(r"\d$", before))


def _paragraphs(article: etree._Element) -> Iterator[Paragraph]:
    title = article.find(".//front//title-group")
    if title is None:
        title = article.find(".//front//article-title")
    if title is not None:
        yield Paragraph("Title", "title", _words(title)[0].replace("\n", " "))
    for abstract in article.iterfind(".//front//abstract"):
        if abstract.get("abstract-type") in (None, "", "structured", "section", "web-summary"):
            yield from _within(abstract, "abstract", "Abstract")
    body = article.find("body")
    if body is not None:
        yield from _within(body, "other", "Text")


def _within(element: etree._Element, kind: str, section: str) -> Iterator[Paragraph]:
    for child in element:
        if child.tag == "p":
            text = _prose(child)
            if text:
                yield Paragraph(section, kind, text)
        elif child.tag == "sec":
            yield from _section(child, kind, section)
        elif child.tag in ("list", "list-item", "disp-quote", "boxed-text"):
            yield from _within(child, kind, section)


def _section(sec: etree._Element, kind: str, section: str) -> Iterator[Paragraph]:
    label, heading = sec.find("label"), sec.find("title")
    words = " ".join(_words(part)[0] for part in (label, heading) if part is not None)
    if kind == "abstract":
        yield from _within(sec, kind, section)
        return
    own = kind_of(words) or kind_of((sec.get("sec-type") or "").replace("|", " "))
    parent = sec.getparent()
    top = parent is not None and parent.tag == "body"
    within = own if own and (top or kind == "other") else kind
    yield from _within(sec, within, section_name(within, words) if words else section)


def _prose(paragraph: etree._Element) -> str:
    text = _words(paragraph)[0].replace("\n", " ")
    # A list of references leaves its brackets and commas behind.
    apart = rf"[\s,;–—-]*(?:and\s+)?"
    text = re.sub(rf"[\[(]?\s*{CITED}(?:{apart}{CITED})*\s*[\])]?", f" {CITED} ", text)
    return re.sub(rf" +(?=[.,;:])| +", _one_space, text).strip()


def _one_space(found: re.Match[str]) -> str:
    following = found.string[found.end() : found.end() + 1]
    return "" if following in ".,;:" and following else " "
