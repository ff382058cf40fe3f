"""A mark at every number of a synthetic cohort that the article it is held against does not print.

What the article leaves open was drawn at random, and must not be taken for the article's. Which
estimates are printed is told from outside; where they stand in a table or a sentence is found by
making it twice, once of estimates in which every number that is not printed is another one. What
differs is marked: a number, or the heading of a column that holds no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from IPython.display import Markdown

from analysis.display.tables import Table, journal
from analysis.study.keys import Statistic

MARK = "‡"
NOTE = (
    f"{MARK} Not printed by the article: it follows from what is printed or was drawn at random, "
    "and says nothing of patients."
)
LEGEND = (
    f"**{MARK}** marks what the article does not print, a number or, in a heading, a whole column: "
    "of these synthetic patients it follows from printed numbers or was drawn at random, and says "
    "nothing of real ones."
)
CAPTION = f"{MARK}\u00a0Drawn of synthetic patients: more than the article prints."

Printed = Callable[[pd.DataFrame], pd.Series]
"""From estimates to a bool for each: whether the article prints it (same index)."""

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?%?")
# Between numbers that are read as one: a range, events of patients.
_ONE = re.compile(r"–| to |/")
_P_VALUES = tuple(statistic.value for statistic in Statistic if statistic.is_p)


@dataclass(frozen=True)
class Marks:
    """Marks tables, sentences and captions; with `printed` None, of real patients, nothing."""

    printed: Printed | None = None

    def table(self, make: Callable[..., Table | None], *given: Any) -> Table | None:
        """Give the table that `make` makes of what is given, its numbers marked.

        Of what is given, frames that have keys, and are no ledger, are estimates. A table of other
        rows when numbers are others is marked as a whole, at every heading.
        """
        shown = make(*given)
        if shown is None or self.printed is None:
            return shown
        other = make(*self._others(given))
        return _marked(shown, other)

    def text(self, make: Callable[..., Markdown], *given: Any) -> Markdown:
        """Give the prose that `make` makes of what is given, its numbers marked (see `table`)."""
        shown = make(*given)
        if self.printed is None:
            return shown
        return Markdown(mark_text(str(shown.data), str(make(*self._others(given)).data)))

    def caption(self, caption: str, rows: pd.DataFrame | None = None) -> str:
        """Give a caption with the mark, where a figure draws more than printed numbers.

        `rows` are the estimates that are drawn; without them, patients or curves are.
        """
        if self.printed is None or (rows is not None and self.printed(rows).all()):
            return caption
        return f"{caption} {CAPTION}"

    def legend(self) -> Markdown:
        """Say what the mark means; nothing of real patients."""
        return Markdown("" if self.printed is None else LEGEND)

    def _others(self, given: Sequence[Any]) -> list[Any]:
        return [self._other(one) if _is_estimates(one) else one for one in given]

    def _other(self, estimates: pd.DataFrame) -> pd.DataFrame:
        """Give estimates in which every number that is not printed is another, and prints so."""
        assert self.printed is not None
        value = estimates["value"].astype("float64")
        # A p value stays one: half a unit away it is written with other digits.
        is_p = estimates["statistic"].isin(_P_VALUES)
        other = (value + 1000.0).where(~is_p, (value + 0.5) % 1.0)
        return estimates.assign(value=value.where(self.printed(estimates), other))


def mark_text(shown: str, other: str) -> str:
    """Mark each number of a text that is another in the other text.

    Numbers that are read as one, as those of a range, have one mark. Where other words stand
    beside numbers, the text is marked at its end; words alone have none.

    >>> mark_text("12.6 (10.8–14.5)", "12.6 (1,010.8–1,014.5)")
    '12.6 (10.8–14.5‡)'
    >>> mark_text("54 (50.0%)", "1,054 (50.0%)"), mark_text("5 of 9", "none")
    ('54‡ (50.0%)', '5 of 9‡')
    """
    if shown == other or not (_NUMBER.search(shown) or _NUMBER.search(other)):
        return shown
    numbers, others = list(_NUMBER.finditer(shown)), _NUMBER.findall(other)
    if _NUMBER.sub("", shown) != _NUMBER.sub("", other):
        return shown.rstrip() + MARK
    differs = [a[0] != b for a, b in zip(numbers, others, strict=True)]
    parts, end = [], 0
    for place, number in enumerate(numbers):
        parts.append(shown[end : number.end()])
        end = number.end()
        after = numbers[place + 1] if place + 1 < len(numbers) else None
        goes_on = (
            after is not None
            and differs[place + 1]
            and _ONE.fullmatch(shown[end : after.start()]) is not None
        )
        if differs[place] and not goes_on:
            parts.append(MARK)
    return "".join(parts) + shown[end:]


def _is_estimates(given: Any) -> bool:
    return isinstance(given, pd.DataFrame) and "analysis_id" in given and "claim_id" not in given


def _marked(shown: Table, other: Table | None) -> Table:
    layout = dict(shown.layout)
    same = other is not None and other.cells.shape == shown.cells.shape
    columns = list(shown.cells.columns)
    named = {layout["stub"], layout.get("group")}
    cells = shown.cells.copy()
    whole, marked = [], False
    for place, name in enumerate(columns):
        if other is None or not same:
            whole += [name] if name not in named else []
            continue
        here = [str(cell) for cell in shown.cells.iloc[:, place]]
        there = [str(cell) for cell in other.cells.iloc[:, place]]
        if name not in named and _all_differ(here, there):
            whole.append(name)
        else:
            texts = [mark_text(a, b) for a, b in zip(here, there, strict=True)]
            if texts != here:
                cells[name], marked = texts, True
    notes = [note for note in layout.get("notes", ()) if note]
    if other is not None:
        others = [note for note in other.layout.get("notes", ()) if note]
        if len(notes) == len(others):
            notes = [mark_text(a, b) for a, b in zip(notes, others, strict=True)]
    if not (whole or marked or notes != list(layout.get("notes", ()))):
        return shown
    headings: Mapping[str, str] = layout.get("headings") or {}
    layout["headings"] = {
        **headings,
        **{name: f"{headings.get(name, name)}{MARK}" for name in whole},
    }
    layout["notes"] = [*notes, NOTE]
    made = journal(cells, **layout)
    plain = cells.rename(columns={name: f"{name}{MARK}" for name in whole})
    return Table(made.shown, plain, made.layout)


def _all_differ(here: Sequence[str], there: Sequence[str]) -> bool:
    """Tell whether a column has numbers, and every one of them is another."""
    found = False
    for shown, other in zip(here, there, strict=True):
        numbers, others = _NUMBER.findall(shown), _NUMBER.findall(other)
        if not numbers or len(numbers) != len(others):
            continue
        if any(a == b for a, b in zip(numbers, others, strict=True)):
            return False
        found = True
    return found
