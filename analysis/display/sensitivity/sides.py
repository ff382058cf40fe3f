"""Both sides of a cell of a comparison as they are printed, with their marks and their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from typing import Any

import pandas as pd

from analysis.display.beyond import MARK, SIGNS
from analysis.display.format import count_percent, is_missing, thousands
from analysis.display.sensitivity import words
from analysis.display.tables import EXACT_MARK
from analysis.estimates.sparse import WARNING
from analysis.sensitivity import compare
from analysis.study.keys import NOT_REACHED, Statistic

# Notes that a dash or NR says as well.
_PLAIN_NOTES = {"none", NOT_REACHED}
_EFFECT = [name for name in compare.SAME_CELL if name != "statistic"]


def effects(cells: pd.DataFrame) -> Iterable[list[dict[Any, Any]]]:
    """Give the cells, a count together with its percentage."""
    for _, own in groupby(
        cells.to_dict("records"), key=lambda cell: tuple(cell[name] for name in _EFFECT)
    ):
        found = list(own)
        pair = [cell for cell in found if cell["statistic"] in (Statistic.COUNT, Statistic.PERCENT)]
        if [cell["statistic"] for cell in pair] == [Statistic.COUNT, Statistic.PERCENT]:
            yield pair
            found = [cell for cell in found if cell not in pair]
        yield from ([cell] for cell in found)


def counted(count: float, share: float, lower: float, text: str) -> str:
    """Give a count with its percentage, of which `text` has the interval, if there is one."""
    if is_missing(lower):
        return count_percent(count, share)
    return f"{thousands(count)}, {text}"


def ours(cell: Mapping[Any, Any]) -> str:
    """Give the estimate of the base."""
    value, lower, upper = (cell[name] for name in ("base", "base_lower", "base_upper"))
    text = words.shown(cell["statistic"], cell["unit"], value, lower, upper, note=cell["base_note"])
    return text + mark(cell["statistic"], cell["base_warning"])


def theirs(cell: Mapping[Any, Any]) -> str:
    """Give the estimate of the variant."""
    value, lower, upper = (cell[name] for name in ("value", "lower", "upper"))
    text = words.shown(cell["statistic"], cell["unit"], value, lower, upper, note=cell["note"])
    return text + mark(cell["statistic"], cell["warning"])


def both(cells: list[dict[Any, Any]]) -> tuple[str, str, str]:
    """Give both estimates of `effects`, and the difference, as they are printed."""
    last = cells[-1]
    base, value = ours(last), theirs(last)
    if len(cells) == 2:
        count = cells[0]
        base = counted(count["base"], last["base"], last["base_lower"], base)
        value = counted(count["value"], last["value"], last["lower"], value)
    change = words.difference(last["statistic"], last["unit"], last["base"], last["value"])
    return base, value, change


def sign(cells: Iterable[Mapping[Any, Any]], column: str = "base_status") -> str:
    """Give the sign of a number that an article does not print, or of several, of one side."""
    signs = {SIGNS.get(cell.get(column, ""), "") for cell in cells}
    return MARK if MARK in signs else "".join(signs)


def mark(statistic: str, warning: str) -> str:
    """Give the mark of an exact test, or of an interval of few events."""
    marked = Statistic(statistic).is_p or statistic == Statistic.HAZARD_RATIO
    return EXACT_MARK if marked and WARNING in warning else ""


def said(cell: Mapping[Any, Any]) -> str:
    """Give what a reader needs to know of a cell: another method, or why there is no number."""
    said = [
        cell["method"] if cell["method"] != cell["base_method"] else "",
        cell["note"] if is_missing(cell["value"]) else "",
    ]
    return "; ".join(part for part in said if part and part not in _PLAIN_NOTES)


def reason(text: str) -> str:
    """Give what `said` gives as HTML, below what it is about."""
    return f'<br><span class="reason">{escape(text)}</span>' if text else ""


def headings(names: Iterable[str]) -> str:
    """Give the headings of columns as HTML; names are plain text."""
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
