"""A report as one HTML file: to send by mail, and to open without anything beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import lxml.html
from lxml.html import HtmlElement

from analysis.display.documents.content import follow_links
from analysis.display.templates import one_file

# What names another element by its identifier.
_NAMES = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers")


def write_one_file(report: Path, pages: Sequence[str], path: Path) -> None:
    """Write the pages of a report, in the folder `report`, one below another.

    Everything is embedded, and links between pages lead within the file. Those to files beside the
    report are taken away, since they are not sent.
    """
    read = {n: lxml.html.fromstring((report / f"{n}.html").read_bytes()) for n in pages}
    first = read[pages[0]]
    mains = {name: _named(page, name) for name, page in read.items()}
    known = {*read, *(str(at) for main in mains.values() for at in main.xpath(".//@id"))}
    for name, main in mains.items():
        follow_links(main, name, known)
    parts = [(name, _title(read[name]), _inside(main)) for name, main in mains.items()]
    text = one_file(
        title=_text(first, "//*[@class='report']"),
        subtitle=_text(first, "//*[@class='subtitle']"),
        notice=_markup(first, "//*[@class='notice']"),
        foot=_markup(first, "//footer"),
        parts=parts,
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def _title(page: HtmlElement) -> str:
    return _text(page, "//main//h1")


def _text(page: HtmlElement, where: str) -> str:
    found = page.xpath(where)
    return " ".join(found[0].text_content().split()) if found else ""


def _markup(page: HtmlElement, where: str) -> str:
    found = page.xpath(where)
    if not found:
        return ""
    return str(lxml.html.tostring(found[0], encoding="unicode", with_tail=False))


def _named(page: HtmlElement, name: str) -> HtmlElement:
    """Give what a page says, with every identifier under the name of the page."""
    main = page.get_element_by_id("content")
    for element in main.xpath(".//nav | .//script | .//*[@class='files']"):
        element.drop_tree()
    for element in main.xpath(".//*[@id]"):
        element.set("id", f"{name}.{element.get('id')}")
    for key in _NAMES:
        for element in main.xpath(f".//*[@{key}]"):
            names = str(element.get(key)).split()
            element.set(key, " ".join(f"{name}.{each}" for each in names))
    return main


def _inside(main: HtmlElement) -> str:
    return (main.text or "") + "".join(
        str(lxml.html.tostring(child, encoding="unicode")) for child in main
    )
