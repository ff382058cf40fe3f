"""Articles in JATS XML, the form in which PubMed Central gives them.

Source: JATS 1.3, NISO Z39.96-2021: `table-wrap`, `thead`, `tbody`, `xref`, `fn`, `sec`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

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


def parse(content: bytes, name: str) -> etree._Element:
    """Parse XML that may be hostile: nothing is fetched, no entity of its own is resolved.

    Raises
    ------
    UnreadablePaper
        When it is no XML, too large, or declares entities.
    """
    refuse_large(len(content), name)
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
        title="" if title is None else words_of(title)[0],
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
            called = words_of(label)[0].strip(" .:") if label is not None else f"Table {number}"
            caption = wrap.find("caption")
            rows, headings = rows_of(part)
            if rows:
                yield Table(
                    label=re.sub(r"(?i)^table", "Table", called) or f"Table {number}",
                    caption="" if caption is None else words_of(caption)[0].replace("\n", " "),
                    grid=laid_out(rows),
                    headings=headings,
                    footnotes=tuple(_footnotes(wrap)),
                )


def _footnotes(wrap: etree._Element) -> Iterator[str]:
    for foot in wrap.iter("table-wrap-foot"):
        notes = list(foot.iter("fn")) or [child for child in foot if isinstance(child.tag, str)]
        for note in notes:
            label = note.find("label")
            mark = words_of(label)[0] if label is not None else ""
            paragraphs = list(note.iter("p")) or [note]
            words = " ".join(words_of(p)[0] for p in paragraphs).replace("\n", " ")
            yield f"{mark} {words}".strip()


def _paragraphs(article: etree._Element) -> Iterator[Paragraph]:
    title = article.find(".//front//title-group")
    if title is None:
        title = article.find(".//front//article-title")
    if title is not None:
        yield Paragraph("Title", "title", words_of(title)[0].replace("\n", " "))
    for abstract in article.iterfind(".//front//abstract"):
        if abstract.get("abstract-type") in (None, "", "structured", "section", "web-summary"):
            yield from _within(abstract, "abstract", "Abstract")
    body = article.find("body")
    if body is not None:
        yield from _within(body, "other", "Text")


def _within(element: etree._Element, kind: str, section: str) -> Iterator[Paragraph]:
    for child in element:
        if child.tag == "p":
            text = prose_of(child)
            if text:
                yield Paragraph(section, kind, text)
        elif child.tag == "sec":
            yield from _section(child, kind, section)
        elif child.tag in ("list", "list-item", "disp-quote", "boxed-text"):
            yield from _within(child, kind, section)


def _section(sec: etree._Element, kind: str, section: str) -> Iterator[Paragraph]:
    label, heading = sec.find("label"), sec.find("title")
    words = " ".join(words_of(part)[0] for part in (label, heading) if part is not None)
    if kind == "abstract":
        yield from _within(sec, kind, section)
        return
    own = kind_of(words) or kind_of((sec.get("sec-type") or "").replace("|", " "))
    parent = sec.getparent()
    top = parent is not None and parent.tag == "body"
    within = own if own and (top or kind == "other") else kind
    yield from _within(sec, within, section_name(within, words) if words else section)
