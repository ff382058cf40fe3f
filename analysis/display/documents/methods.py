"""The methods of a report in words, and checklists of reporting guidelines, from what was run.

A sentence stands here because it stands on a page, and it stands on a page because there are
estimates behind it. An item of a checklist is filled where a page has what it asks for, and
estimates of that kind are there; the others are for the authors.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from lxml.html import HtmlElement

from analysis.display.documents.content import Content, as_text
from analysis.display.page import label
from analysis.display.templates import page_title

CHECKLISTS = Path(__file__).parent / "checklists.yaml"
YOURS = "Yours to write"
# What computes statistics; other packages read, draw and write.
_COMPUTE = ("lifelines", "surpyval", "scipy", "statsmodels", "formulaic", "numpy", "pandas")
_METHOD = "Method."


@dataclass(frozen=True)
class Made:
    """How a report was made: versions, the commit, and choices that were changed."""

    version: str
    python: str
    packages: Mapping[str, str]
    commit: str
    changed: Mapping[str, object]


@dataclass(frozen=True)
class Item:
    """An item of a checklist: where the report has it ("" for nowhere), and what is left to say."""

    number: str
    asks: str
    where: str
    yours: str

    @property
    def filled(self) -> bool:
        """Whether the report has what it asks for, if only in part."""
        return bool(self.where)


def checklists(content: Content, estimates: pd.DataFrame, made: Made) -> dict[str, list[Item]]:
    """Give each checklist by its title."""
    known = {
        str(each.get("id")): each for page in content.pages for each in page.xpath(".//*[@id]")
    }
    declared = yaml.safe_load(CHECKLISTS.read_text(encoding="utf-8"))
    return {
        one["title"]: [_item(item, known, estimates, made) for item in one["items"]]
        for one in declared.values()
    }


def write_up(content: Content, estimates: pd.DataFrame, made: Made) -> str:
    """Give methods and checklists as HTML."""
    parts = [
        "<h1>Methods and reporting checklists</h1>",
        *(f"<p><strong>{escape(line)}</strong></p>" for line in content.notices),
        "<h2>Statistical methods</h2>",
        *_paragraphs(content),
        "<h2>Software</h2>",
        f"<p>{escape(_software(made))}</p>",
    ]
    for title, items in checklists(content, estimates, made).items():
        filled = sum(item.filled for item in items)
        rows = "".join(
            f"<tr><td>{escape(item.number)}</td><td>{escape(item.asks)}</td>"
            f"<td>{escape(item.where)}</td><td>{escape(item.yours)}</td></tr>"
            for item in items
        )
        head = "".join(
            f"<th><strong>{words}</strong></th>"
            for words in ("Item", "What it asks", "Where the report has it", YOURS)
        )
        parts += [
            f"<h2>{escape(title)}</h2>",
            f"<p>{filled} of {len(items)} items are filled by this report, some in part; the "
            "others are yours to write.</p>",
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>",
        ]
    return "\n".join([*parts, *(f"<p>{escape(line)}</p>" for line in content.foot)])


def _paragraphs(content: Content) -> list[str]:
    """Give what the pages say of their methods, under the names of page and section."""
    found: list[str] = []
    for page in content.pages:
        title, section, telling = page.xpath("string(.//h1)"), "", False
        for element in page.iterchildren():
            if element.tag in ("h2", "h3"):
                section, telling = " ".join(element.text_content().split()), False
            elif element.tag in ("table", "figure"):
                telling = False
            elif element.text_content().strip().startswith(_METHOD):
                telling = True
                found += [f"<h3>{escape(f'{title}: {section}')}</h3>", _without_word(element)]
            elif telling:
                found.append(as_text(element))
    return found


def _without_word(element: HtmlElement) -> str:
    """Give a paragraph without the word that it begins with."""
    plain = copy.deepcopy(element)
    first = plain[0]
    first.drop_tree()
    plain.text = (plain.text or "").lstrip()
    return as_text(plain)


def _software(made: Made) -> str:
    known = [f"{name} {made.packages[name]}" for name in _COMPUTE if name in made.packages]
    said = f"Analyses were run in Python {made.python} with {', '.join(known)}, by hcc-replication "
    said += f"{made.version}"
    said += f" (commit {made.commit[:12]})." if made.commit else "."
    if made.changed:
        listed = ", ".join(f"{name} = {value}" for name, value in made.changed.items())
        said += f" Other than the default choices: {listed}."
    return said


def _item(
    declared: Mapping[str, Any],
    known: Mapping[str, HtmlElement],
    estimates: pd.DataFrame,
    made: Made,
) -> Item:
    where = [
        _place(known[f"{one['page']}.{one['place']}"], one["page"], one["place"])
        for one in declared.get("at", ())
        if f"{one['page']}.{one['place']}" in known
        and all(_there(estimates, asked) for asked in one["of"])
    ]
    if declared.get("code") and made.commit:
        where.append(f"code: hcc-replication {made.version}, commit {made.commit[:12]}")
    # What remains is the whole item, where the report has nothing of it.
    yours = declared.get("yours", "") if where else "all of it"
    return Item(declared["item"], declared["asks"], "; ".join(where), yours)


def _there(estimates: pd.DataFrame, asked: Mapping[str, str]) -> bool:
    rows = estimates[estimates["value"].notna()]
    for column, value in asked.items():
        if column == "method":
            rows = rows[rows[column].str.contains(value, regex=False)]
        else:
            rows = rows[rows[column] == value]
    return not rows.empty


def _place(found: HtmlElement, page: str, place: str) -> str:
    """Say where something stands: its number, or its caption or heading, and the page."""
    words = label(place)
    if not words:
        own = found.xpath("string(./caption | ./figcaption)") or found.text_content()
        words = f"“{' '.join(own.split()).partition('.')[0]}”"
    return f"{words}, page {page_title(page)}"
