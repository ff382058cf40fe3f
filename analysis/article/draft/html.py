"""Articles as web pages: the same tables and paragraphs, without the marks that JATS gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import lxml.html
from lxml import etree

from analysis.article.draft.markup import prose_of, rows_of, words_of
from analysis.article.draft.paper import (
    Paper,
    Paragraph,
    Table,
    UnreadablePaper,
    kind_of,
    laid_out,
    refuse_large,
    section_name,
)

_NO_TEXT = (
    "script",
    "style",
    "noscript",
    "template",
    "nav",
    "footer",
    "form",
    "svg",
    "iframe",
    "object",
    "head",
)
_LABEL = re.compile(r"\s*(table\s+(?:[A-Z]?\d+[a-z]?|[IVX]+)\b)\s*[.:|–—-]?\s*", re.IGNORECASE)
_REFERENCE = re.compile(r"(?i)#.*(?:\bref|bib|cit|^#B\d|#b\d|#CR\d|#R\d)")
_NOTE = re.compile(r"(?i)#.*(?:fn|note|tfn)")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def read_html(path: Path) -> Paper:
    """Read an article from a web page; scripts and styles are not looked at.

    Raises
    ------
    UnreadablePaper
        When it is too large or is no HTML.
    """
    content = path.read_bytes()
    refuse_large(len(content), path.name)
    reader = lxml.html.HTMLParser(no_network=True, huge_tree=False, encoding=_encoding(content))
    try:
        root = lxml.html.document_fromstring(content, parser=reader)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UnreadablePaper(f"{path.name}: not HTML: {error}") from None
    title = root.findtext(".//h1") or root.findtext(".//title") or ""
    for element in list(root.iter(*_NO_TEXT, etree.Comment, etree.ProcessingInstruction)):
        if element.getparent() is not None:
            element.drop_tree()
    _as_jats(root)
    return Paper(" ".join(title.split()), tuple(_tables(root)), tuple(_paragraphs(root, title)))


def _encoding(content: bytes) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _as_jats(root: etree._Element) -> None:
    """Name the elements as JATS does, where the two differ."""
    for element in root.iter("br"):
        element.tag = "break"
    for element in list(root.iter("a")):
        target = element.get("href") or ""
        if target.startswith("#"):
            element.tag = "xref"
            kind = (
                "bibr" if _REFERENCE.search(target) else "table-fn" if _NOTE.search(target) else ""
            )
            element.set("ref-type", kind)


def _tables(root: etree._Element) -> Iterator[Table]:
    number = 0
    for table in root.iter("table"):
        if table.find(".//table") is not None:
            continue
        rows, headings = rows_of(table)
        if len(rows) < 2:
            continue
        number += 1
        words = _caption(table)
        found = _LABEL.match(words)
        label = re.sub(r"(?i)^table", "Table", found[1]) if found else f"Table {number}"
        foot = [words_of(row)[0].replace("\n", " ") for row in table.iterfind("tfoot/tr")]
        body = rows[: len(rows) - len(foot)] if foot else rows
        yield Table(label, words[found.end() :] if found else words, laid_out(body), headings,
                    (*foot, *_notes(table)))  # fmt: skip


def _caption(table: etree._Element) -> str:
    caption = table.find("caption")
    if caption is not None:
        return words_of(caption)[0].replace("\n", " ")
    figure = table.getparent()
    for _ in range(3):
        if figure is None:
            break
        for child in figure.iter(
            "figcaption", "caption", "h2", "h3", "h4", "h5", "p", "div", "strong"
        ):
            if child.find(".//table") is None and child.tag != "table":
                words = words_of(child)[0].replace("\n", " ")
                if _LABEL.match(words) and len(words) < 600 and _precedes(child, table):
                    return words
        figure = figure.getparent()
    return ""


def _precedes(one: etree._Element, other: etree._Element) -> bool:
    """Tell whether an element stands before a table with no other table between."""
    seen = False
    for element in one.getroottree().iter():
        if element is other:
            return seen
        if element is one:
            seen = True
        elif seen and element.tag == "table":
            return False
    return False


def _notes(table: etree._Element) -> Iterator[str]:
    parent = table.getparent()
    for element in parent.iter() if parent is not None and parent.tag != "body" else ():
        called = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
        if isinstance(element.tag, str) and re.search(
            r"\b(?:tblwrap-foot|fn|foot|footnote|legend|tfn)", called
        ):
            yield words_of(element)[0].replace("\n", " ")


def _paragraphs(root: etree._Element, title: str) -> Iterator[Paragraph]:
    if title.strip():
        yield Paragraph("Title", "title", " ".join(title.split()))
    kind, section = "other", "Text"
    for element in root.iter(*_HEADINGS, "p"):
        if any(
            parent.tag in ("table", "figcaption", "caption") for parent in element.iterancestors()
        ):
            continue
        if element.tag == "p":
            text = prose_of(element)
            if text and not _LABEL.match(text):
                yield Paragraph(section, kind, text)
            continue
        words = words_of(element)[0].replace("\n", " ")
        own = kind_of(words)
        if (
            kind == "abstract"
            and own in ("methods", "results", "introduction", "discussion")
            and element.tag in _HEADINGS[2:]
        ):
            continue
        kind = own or (kind if element.tag in _HEADINGS[2:] else "other")
        section = section_name(kind, words)
        if re.match(r"(?i)references|bibliography|literature cited|acknowledg", words):
            return
