"""Links within a report: numbers to their rows and back, and none that leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote

import lxml.html

from analysis.display.written import NUMBER, is_written

# Pages --------------------------------------------------------------------------------------------

# As `linked`, `sources` and the template write them: attributes in the order of the alphabet.
_LISTED = re.compile(r'<section class="rows">.*?</section>', re.DOTALL)
_ENTRY = re.compile(r'<tr(?: class="(same)")? id="([^"]+)">(.*?)</tr>', re.DOTALL)
_GROUP = re.compile(r'<tbody><tr class="how">((?:(?!</tbody>).)*)</tbody>', re.DOTALL)
_MET = re.compile(
    r'<figure class="[^"]*" id="(?P<figure>[^"]+)">|</figure>|'
    r'<a (?:class="n" )?href="#(?P<to>[^"]+)">(?P<number>[^<]*)</a>'
)
_PAGE = re.compile(r'<a href="([\w-]+)\.html(?:#[^"]*)?">((?:(?!</a>).)*)</a>', re.DOTALL)
# What belongs to a number stands before the sign: "17.6%≠".
_SIGNS = re.compile(r'((?:<a aria-label="The article prints[^>]*>≠</a>)+)(%?[§‡†]*)')
_TEXT = "text"


def complete(content: str, name: str, pages: Collection[str]) -> str:
    """Complete the links of what a page shows: numbers lead to rows, and rows back to numbers.

    Rows of which no number is shown are left out. A number that an article prints too is told from
    others by its class, `same`; where it prints another, a sign leads to what is said of it. A link
    to a page that the report does not have is its words.
    """
    content = _PAGE.sub(lambda found: found[0] if found[1] in pages else found[2], content)
    listed = _LISTED.search(content)
    if listed is None:
        return content
    entries = {unescape(found[2]): found for found in _ENTRY.finditer(listed[0])}
    shown: dict[str, dict[str, None]] = {}
    figure = _TEXT

    def link(found: re.Match[str]) -> str:
        nonlocal figure
        if found["to"] is None:
            figure = found["figure"] or _TEXT
            return found[0]
        to = unquote(unescape(found["to"]))
        if to not in entries:
            return found[0]
        first = figure not in shown.setdefault(to, {})
        shown[to][figure] = None
        # A paragraph has no name to go back to: the number itself has one.
        place = f' id="{escape(_in_text(to))}"' if first and figure == _TEXT else ""
        return _number(to, found["number"], place, entries[to], name)

    before, after = content[: listed.start()], content[listed.end() :]
    before = _SIGNS.sub(r"\2\1", _MET.sub(link, before))

    def entry(found: re.Match[str]) -> str:
        to = unescape(found[2])
        if to not in shown:
            return ""
        places = ", ".join(
            f'<a href="#{escape(_in_text(to) if place == _TEXT else place)}">{_words(place)}</a>'
            for place in shown[to]
        )
        return f"{found[0].removesuffix('</tr>')}<td>{places}</tr>"

    rows = _ENTRY.sub(entry, listed[0])
    rows = _GROUP.sub(lambda found: found[0] if ' id="' in found[1] else "", rows)
    # HTML lets these be left out, which a page of many rows gains by.
    rows = re.sub("</t[dhr]>", "", rows)
    return f"{before}{rows if shown else ''}{after}"


def _number(to: str, number: str, place: str, entry: re.Match[str], page: str) -> str:
    # A number of patients leads to the row that is of them, and no verdict on that is one on it.
    written = NUMBER.search(unescape(number))
    judged = written is not None and is_written(_value_in(entry[3]), written[0])
    classes = "n same" if entry[1] and judged else "n"
    link = f'<a class="{classes}" href="#{escape(to)}"{place}>{number}</a>'
    # The article may print a number twice, and not alike. The page of verdicts says it itself.
    return link + "".join(
        f'<a aria-label="The article prints {verdict[2]}: the verdict" class="other" '
        f'href="{verdict[1]}">≠</a>'
        for verdict in re.finditer(r'<a href="([^"]+)">([^<]*)</a> ≠', entry[3])
        if judged and not verdict[1].startswith(f"{page}.html")
    )


def _value_in(entry: str) -> float:
    """Give the value of a row from its entry; nan where it has none."""
    found = re.search(r"<td>(−?\d[\d.]*(?:e[+−]?\d+)?)", entry)
    return float(found[1].replace("−", "-")) if found else float("nan")


def _in_text(to: str) -> str:
    return f"{to}@text"


def _words(place: str) -> str:
    """Give what a table is called where there is little room.

    >>> _words("table_5_detail"), _words("numbers_3_3"), _words("survival")
    ('Table 5 detail', 'Numbers 3.3', 'Survival')
    """
    text = re.sub(r"(?<=\d)_(?=\d)", ".", place).replace("_", " ")
    return escape(text[:1].upper() + text[1:])


# The report ---------------------------------------------------------------------------------------


_UTF_8 = lxml.html.HTMLParser(encoding="utf-8")


def broken(report: Path, pages: Iterable[str]) -> list[str]:
    """Give what is wrong with the links of a report, a sentence each; none leaves its folder.

    A link is wrong that leads to no page, place or file of it; so are two places of one name.
    """
    read = {name: lxml.html.parse(report / f"{name}.html", _UTF_8).getroot() for name in pages}
    places = {name: [str(at) for at in page.xpath("//@id")] for name, page in read.items()}
    return [
        sentence
        for name, page in read.items()
        for sentence in (*_twice(name, places[name]), *_astray(name, page, places, report))
    ]


def _twice(name: str, places: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for place in places:
        if place in seen:
            yield f"{name}.html: two places are called “{place}”."
        seen.add(place)


def _astray(
    name: str, page: lxml.html.HtmlElement, places: Mapping[str, list[str]], report: Path
) -> Iterator[str]:
    known = {of: set(found) for of, found in places.items()}
    for link in page.xpath("//a[@href]"):
        to = str(link.get("href"))
        if re.match(r"[a-z]+:|\.\./", to):
            continue
        file, _, place = to.partition("#")
        there, place = file.removesuffix(".html") or name, unquote(place)
        if there in known and file in ("", f"{there}.html"):
            if not place or place in known[there]:
                continue
        elif not place and (report / unquote(file)).is_file():
            continue
        words = " ".join(link.text_content().split())
        near = next(iter(link.xpath("ancestor::*[@id][1]/@id")), "")
        yield f"{name}.html: the link “{words}”{f' in {near}' if near else ''} leads nowhere: {to}"
