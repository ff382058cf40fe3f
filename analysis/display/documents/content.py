"""What the pages of a report say, for one document: without what only a screen needs."""

from __future__ import annotations

import copy
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lxml.html
from lxml.html import HtmlElement

# What moves, folds, filters, links to a file or to a row, or shows code is of the screen.
_OF_THE_SCREEN = (
    "descendant::*[self::nav or self::script or self::style or self::button"
    " or self::details[contains(@class, 'code')]"
    " or contains(concat(' ', @class, ' '), ' anchor ')"
    " or contains(concat(' ', @class, ' '), ' files ')"
    " or contains(concat(' ', @class, ' '), ' filter ')"
    " or contains(concat(' ', @class, ' '), ' spots ') or @class = 'rows' or @class = 'other']"
)
# A panel in which settings are moved, and the patients that it carries.
_PANELS = "descendant::*[@class='what-if-fold' or (@class='what-if' and not(ancestor::details))]"
_IN_ITS_PLACE = "On a screen a panel stands here, in which settings can be moved."
_ALIGNED = re.compile(r"\bgt_(left|center|right)\b")
# Sizes of lettering in tables, in points, and how wide a letter is of its size.
_CELLS_PT, _EM = (8.0, 7.5, 7.0, 6.5, 6.0), 0.6
PADDING_MM, _MM_PER_PT = 1.1, 25.4 / 72
# A cell of more letters goes over lines, unless there is room.
_LINE = 44
_PAGE = re.compile(r"([\w-]+)\.html(?:#(.*))?")


@dataclass(frozen=True)
class Content:
    """A report as one document.

    Attributes
    ----------
    title, subtitle
        Of the study.
    notices
        What every page says first: which dataset, that it is synthetic, what was changed.
    foot
        What every page says last: how to cite, whose the article is.
    pages
        A piece of HTML a page, with its heading, in the order of reading.
    """

    title: str
    subtitle: str
    notices: tuple[str, ...]
    foot: tuple[str, ...]
    pages: tuple[HtmlElement, ...]

    @property
    def body(self) -> str:
        """The pages as one piece of HTML, one after another."""
        return "\n".join(as_text(part) for page in self.pages for part in page)


def as_text(element: HtmlElement) -> str:
    """Give an element as HTML."""
    return str(lxml.html.tostring(element, encoding="unicode", with_tail=False))


def content(report: Path, pages: Sequence[str]) -> Content:
    """Read the pages of a report, which lie in the folder `report`, in the order given.

    An identifier has the name of its page before it (`04_survival.figure_2a`), and links from one
    page to another lead there. Tables have their notes below them, in paragraphs of the class
    `note`; what was folded is open. Pictures are those of the folder: `figures/<name>.svg`.
    """
    read = [lxml.html.fromstring((report / f"{name}.html").read_bytes()) for name in pages]
    first = read[0]
    bodies = {
        name: _cleared(page.get_element_by_id("content"), report)
        for name, page in zip(pages, read, strict=True)
    }
    return Content(
        title=_said(first, "//*[@class='report']")[0],
        subtitle=next(iter(_said(first, "//*[@class='subtitle']")), ""),
        notices=tuple(_said(first, "//*[@class='notice']//p")),
        foot=tuple(_said(first, "//footer//p")),
        pages=tuple(_linked(bodies).values()),
    )


def tables(page: HtmlElement) -> Iterator[HtmlElement]:
    """Give the tables of a page that have a name, in order."""
    for table in page.iter("table"):
        if table.get("id"):
            yield table


def with_notes(table: HtmlElement) -> list[HtmlElement]:
    """Give a table, and the notes that stand below it."""
    found = [table]
    for following in table.itersiblings():
        if following.get("class") != "note":
            break
        found.append(following)
    return found


def _said(page: HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in page.xpath(path)]


def _cleared(main: HtmlElement, report: Path) -> HtmlElement:
    body = copy.deepcopy(main)
    for panel in body.xpath(_PANELS):
        said = lxml.html.Element("p")
        said.text, said.tail = _IN_ITS_PLACE, panel.tail
        panel.getparent().replace(panel, said)
    for element in body.xpath(_OF_THE_SCREEN):
        element.drop_tree()
    for number in body.xpath(".//a[contains(concat(' ', @class, ' '), ' n ')]"):
        number.drop_tag()
    for element in body.xpath(".//details"):
        _unfold(element)
    for figure in body.xpath(".//figure"):
        if figure.xpath(".//img"):
            _picture(figure, report)
    for figure in body.xpath(".//figure[.//table]"):
        _tables_of(figure)
    for table in body.iter("table"):
        _plain(table)
    for element in body.xpath(".//div | .//section | .//span[not(@lang)]"):
        if element.get("class") != "note":
            element.drop_tag()
    _levels(body)
    body.tag = "section"
    for key in list(body.attrib):
        del body.attrib[key]
    return body


def _levels(body: HtmlElement) -> None:
    """Let no heading be more than one level below the one before it, as tagged files must."""
    above = 0
    for heading in body.xpath(".//h1 | .//h2 | .//h3 | .//h4 | .//h5"):
        above = min(int(heading.tag[1]), above + 1)
        heading.tag = f"h{above}"


def _unfold(details: HtmlElement) -> None:
    """Open what is folded; what stood in its line becomes a paragraph before it."""
    for summary in details.xpath("./summary"):
        summary.tag = "p"
        _strong(summary)
    details.tag = "div"


def _picture(figure: HtmlElement, report: Path) -> None:
    (image,) = figure.xpath(".//img")
    path = report / "figures" / f"{figure.get('id')}.svg"
    image.set("src", str(path))
    for key in ("width", "height"):
        image.attrib.pop(key, None)
    (caption,) = figure.xpath("./figcaption")
    caption.attrib.clear()
    for child in list(figure):
        figure.remove(child)
    image.tail = caption.tail = None
    figure.extend([image, caption])
    figure.attrib.pop("class", None)


def _tables_of(figure: HtmlElement) -> None:
    """Give the first table of a figure its caption and its name, and take the figure away."""
    table = figure.xpath(".//table")[0]
    table.set("id", figure.get("id") or "")
    for caption in figure.xpath("./figcaption"):
        figure.remove(caption)
        caption.tag = "caption"
        caption.tail = None
        caption.attrib.clear()
        table.insert(0, caption)
    figure.drop_tag()


def _plain(table: HtmlElement) -> None:
    """Keep of a table what a document can show: cells, spans, alignment; notes go below."""
    for foot in table.xpath("./tfoot"):
        # In reverse, since each is put directly below the table.
        for row in reversed(foot.xpath(".//tr")):
            note = lxml.html.Element("div", {"class": "note", "data-custom-style": "Table Note"})
            said = lxml.html.Element("p")
            note.append(said)
            for cell in row.xpath("./td"):
                _take(said, cell)
            _after(table, note)
        table.remove(foot)
    for cell in table.xpath(".//th | .//td"):
        told = cell.get("class", "")
        aligned = _ALIGNED.search(told)
        group = "gt_group_heading" in told
        in_body = bool(cell.xpath("ancestor::tbody"))
        indent = re.search(r"gt_indent_(\d)", told)
        spans = {key: cell.get(key) for key in ("colspan", "rowspan") if cell.get(key, "1") != "1"}
        number = "number" in told.split()
        cell.attrib.clear()
        for key, value in spans.items():
            cell.set(key, str(value))
        side = "right" if number else aligned[1] if aligned else "left"
        cell.set("style", f"text-align: {side}")
        if in_body:
            # A heading in a row would be bold in Word, and a column of its own in a program.
            cell.tag = "td"
        if group or not in_body:
            _strong(cell)
        if indent:
            cell.text = "\u2003" * int(indent[1]) + (cell.text or "").lstrip()
    for row in table.xpath(".//tr | .//tbody | .//thead"):
        row.attrib.clear()
    name = table.get("id")
    table.attrib.clear()
    if name:
        table.set("id", name)


def _take(target: HtmlElement, source: HtmlElement) -> None:
    """Move what an element holds into another."""
    target.text = (target.text or "") + (source.text or "")
    for child in list(source):
        target.append(child)


def _after(element: HtmlElement, new: HtmlElement) -> None:
    parent = element.getparent()
    assert parent is not None
    new.tail, element.tail = element.tail, None
    parent.insert(parent.index(element) + 1, new)


def _strong(element: HtmlElement) -> None:
    strong = lxml.html.Element("strong")
    _take(strong, element)
    element.text = None
    element.append(strong)


def _linked(bodies: dict[str, HtmlElement]) -> dict[str, HtmlElement]:
    """Name what can be led to, each page apart, and let links lead there."""
    for name, body in bodies.items():
        for element in body.xpath(".//*[@id]"):
            if element.tag == "h1":
                element.set("id", name)
            elif element.tag in ("h2", "h3", "h4", "table", "figure"):
                element.set("id", f"{name}.{element.get('id')}")
            else:
                del element.attrib["id"]
    known = {element.get("id") for body in bodies.values() for element in body.xpath(".//*[@id]")}
    for name, body in bodies.items():
        follow_links(body, name, known)
    return bodies


def follow_links(body: HtmlElement, name: str, known: Container[str | None]) -> None:
    """Let the links of a page lead within one document, whose identifiers are `known`.

    An identifier there is that of a page (`04_survival`), or has it before it. What a link led to
    beside the report is not sent with a document: of such a link the words stay.
    """
    for link in body.xpath(".//a[@href]"):
        target = str(link.get("href"))
        if re.match(r"(https?|mailto):", target):
            continue
        there = _PAGE.fullmatch(target)
        page, place = (there[1], there[2]) if there else (name, target.removeprefix("#"))
        found = [to for to in (f"{page}.{place}", page) if to in known]
        if found and (there or target.startswith("#")):
            link.set("href", f"#{found[0]}")
        else:
            link.drop_tag()


def columns(table: HtmlElement) -> list[tuple[int, int]]:
    """Give of each column of a table the length of its longest word, and of its longest cell.

    What stands across several columns counts for none of them.
    """
    rows = [*table.iter("tr")]
    taken: dict[tuple[int, int], bool] = {}
    found: dict[int, tuple[int, int]] = {}
    for at, row in enumerate(rows):
        column = 0
        for cell in row.xpath("./td | ./th"):
            while taken.get((at, column)):
                column += 1
            wide, high = (int(cell.get(key, 1)) for key in ("colspan", "rowspan"))
            for below in range(high):
                for beside in range(wide):
                    taken[at + below, column + beside] = True
            if wide == 1:
                text = cell.text_content().split()
                word, line = found.get(column, (0, 0))
                longest = max(map(len, text), default=0)
                found[column] = (max(word, longest), max(line, len(" ".join(text))))
            column += wide
    return [found.get(column, (0, 0)) for column in range(1 + max(at for _, at in taken))]


def fit(table: HtmlElement, text_mm: float) -> float:
    """Give the columns of a table widths, in a text so wide; return its lettering in points.

    It is the largest of a few with which no word is cut.
    """
    lengths = columns(table)
    for size in _CELLS_PT:
        letter = size * _EM * _MM_PER_PT
        least = [word * letter + 2 * PADDING_MM for word, _ in lengths]
        wanted = [min(line, _LINE) * letter + 2 * PADDING_MM for _, line in lengths]
        wanted = [max(pair) for pair in zip(least, wanted, strict=True)]
        if sum(least) <= text_mm:
            break
    over = max(0.0, sum(wanted) - text_mm)
    room = sum(wanted) - sum(least)
    share = min(1.0, over / room) if room else 0.0
    widths = [w - share * (w - low) for w, low in zip(wanted, least, strict=True)]
    whole = max(text_mm, sum(widths))
    group = lxml.html.Element("colgroup")
    for width in widths:
        group.append(lxml.html.Element("col", {"style": f"width: {100 * width / whole:.2f}%"}))
    captions = table.xpath("./caption")
    table.insert(len(captions), group)
    return size
