"""The line of a page that says what a dataset does not record, made and read again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape

# What is not recorded: the name of a table or figure, its title, and what it is made of.
Absent = tuple[str, str, str]

_ABSENT = re.compile(r'<span id="([^"]*)" data-title="([^"]*)" data-source="([^"]*)">', re.DOTALL)


def absent_line(absent: Sequence[Absent], section: str = "") -> str:
    """Give the line that says what is not recorded, or that a whole section is not.

    >>> re.sub("<[^>]+>", "", absent_line([("table_3", "Table 3", "responses"), ("a", "Age", "")]))
    'Not recorded in this dataset: Table 3 (responses); Age.'
    >>> re.sub("<[^>]+>", "", absent_line([("a", "", "AFP"), ("b", "", "AFP")], "Marker"))
    'Marker: not recorded in this dataset (AFP).'
    """
    marks = [
        f'<span id="{escape(name)}" data-title="{escape(title)}" data-source="{escape(source)}">'
        for name, title, source in absent
    ]
    sources = "; ".join(dict.fromkeys(source for *_, source in absent if source))
    if section or len(absent) == 1:
        title = escape(section or absent[0][1])
        said = f"{title}: not recorded in this dataset{_in_brackets(sources)}."
        said = f"{''.join(f'{mark}</span>' for mark in marks[:-1])}{marks[-1]}{said}</span>"
    else:
        listed = [
            f"{mark}{escape(title)}{_in_brackets(source)}</span>"
            for mark, (_, title, source) in zip(marks, absent, strict=True)
        ]
        said = f"Not recorded in this dataset: {'; '.join(listed)}."
    return f'<p class="not-recorded">{said}</p>'


def _in_brackets(words: str) -> str:
    return f" ({escape(words)})" if words else ""


def absent_of(markup: str) -> list[Absent]:
    """Give back what `absent_line` was made of; nothing of other markup."""
    if not markup.startswith('<p class="not-recorded">'):
        return []
    return [
        (unescape(name), unescape(title), unescape(source))
        for name, title, source in _ABSENT.findall(markup)
    ]
