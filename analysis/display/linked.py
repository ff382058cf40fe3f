"""Tables whose numbers are links to their rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from analysis.display.tables import Table, journal
from analysis.display.written import NUMBER, split

# Signs of the private use area stand around a number until it is HTML; text of a dataset that has
# them loses them.
_OPEN, _TO, _CLOSE = "\ue000", "\ue001", "\ue002"
_SIGNED = re.compile(f"{_OPEN}(\\d+){_TO}([^{_OPEN}-{_CLOSE}]*){_CLOSE}")
_STRAY = re.compile(f"[{_OPEN}-{_CLOSE}]")


def table_markup(name: str, table: Table) -> tuple[str, str]:
    """Give the HTML of a table, with links from its numbers to their rows, and without."""
    if not table.links:
        # Great Tables draws a new identifier at random each time it is not given one.
        plain = table.shown.with_id(f"{name}_gt").as_raw_html()
        return plain, plain
    to: list[str] = []
    signed = _signed(table, to)
    markup = signed.shown.with_id(f"{name}_gt").as_raw_html()

    def link(found: re.Match[str]) -> str:
        place = int(found[1])
        if place >= len(to):
            return found[2]
        return f'<a class="n" href="#{escape(to[place])}">{found[2]}</a>'

    linked = _STRAY.sub("", _SIGNED.sub(link, markup))
    return linked, _STRAY.sub("", _SIGNED.sub(r"\2", markup))


def _signed(table: Table, to: list[str]) -> Table:
    """Give a table with signs around the numbers that are links; where they lead is put into `to`.

    A group of rows is known by its text: that of all its rows is signed alike.
    """
    cells = table.cells.set_axis(list(table.columns), axis=1).map(lambda cell: _plain(str(cell)))
    layout = dict(table.layout)
    notes = [_plain(note) for note in filter(None, layout.get("notes", ()))]
    headings = dict(layout.get("headings") or {})
    group, groups = layout.get("group"), dict[str, str]()
    for (kind, down, across), addresses in table.links.items():
        name = table.columns[across]
        if kind == "note":
            notes[down] = _with_signs(notes[down], addresses, to)
        elif kind == "head":
            headings[name] = _with_signs(_plain(headings.get(name, name)), addresses, to)
        else:
            text = str(cells.iat[down, across])
            if name != group:
                cells.iat[down, across] = _with_signs(text, addresses, to)
            elif text not in groups:
                groups[text] = _with_signs(text, addresses, to)
    if group is not None:
        cells[group] = cells[group].replace(groups)
    return journal(cells, **layout | {"notes": notes, "headings": headings or None})


def _plain(text: str) -> str:
    return _STRAY.sub("", text)


def _with_signs(text: str, addresses: Iterable[str | None], to: list[str]) -> str:
    following = iter(addresses)

    def sign(number: re.Match[str]) -> str:
        address = next(following, None)
        if address is None:
            return number[0]
        to.append(address)
        before, plain = split(number[0])
        return f"{before}{_OPEN}{len(to) - 1}{_TO}{plain}{_CLOSE}"

    return NUMBER.sub(sign, text)
