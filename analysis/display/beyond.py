"""Marks at the numbers of a synthetic cohort that the article it is held against does not print.

What the article leaves open was drawn at random, and must not be taken for the article's. Which
estimates are printed is told from outside; where they stand in a table or a sentence is found by
making it again of other estimates, in which every number that is not printed is another one. What
differs is marked: a number, or the heading of a column that holds no other.

With an ensemble of cohorts that give the same printed numbers, it is made thrice more: with other
numbers where the cohorts are not alike, and of the lowest and of the highest value that each number
has in them. What is the same in all three, as it is shown, is determined by what is printed; what
is not is open, and its range stands below the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown

from analysis.display.origins import is_estimates, of_table, of_text
from analysis.display.sources import UNDER, Given, Published, Sources, listing
from analysis.display.tables import Table, journal
from analysis.display.written import NUMBER, split
from analysis.estimates.ensemble import Ensemble
from analysis.estimates.standing import Status, over, status, with_standing
from analysis.study.keys import Statistic
from analysis.study.study import Study

MARK = "‡"
DETERMINED = "§"
SIGNS = {Status.OPEN: MARK, Status.DETERMINED: DETERMINED}

NOTE = (
    f"{MARK} Not printed by the article: it follows from what is printed or was drawn at random, "
    "and says nothing of patients."
)
LEGEND = (
    f"**{MARK}** marks what the article does not print, a number or, in a heading, a whole column: "
    "of these synthetic patients it follows from printed numbers or was drawn at random, and says "
    "nothing of real ones."
)
UNKNOWN = (
    "What of it the printed numbers determine, and within which range the rest lies, is not known "
    "here."
)
LEADS = (
    "Each number that comes from the patients leads to its row: what it is, with all its digits, "
    "how it was computed, and of whom."
)
BESIDE = (
    "A fine line below it: the article prints it too, and it comes out. **≠**: the article prints "
    "another, and the sign leads to what is said of it."
)
CAPTION = f"{MARK}\u00a0Drawn of synthetic patients: more than the article prints."
CAPTION_DETERMINED = (
    f"{DETERMINED}\u00a0Drawn of synthetic patients: more than the article prints, but alike in "
    "all cohorts that were found from its numbers."
)

Printed = Callable[[pd.DataFrame], pd.Series]
"""From estimates to a bool for each: whether the article prints it (same index)."""

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?%?")
# Between numbers that are read as one: a range, events of patients.
_ONE = re.compile(r"–| to |/")
_P_VALUES = tuple(statistic.value for statistic in Statistic if statistic.is_p)


@dataclass(frozen=True)
class Number:
    """A number, or words with numbers, that the article does not print, as it is shown.

    `lowest` and `highest` are how the ends of its range over the ensemble would be shown; empty
    where no range is known.
    """

    shown: str
    status: Status
    lowest: str = ""
    highest: str = ""

    @property
    def range(self) -> str:
        """The range as one text: '1.64–1.67', or '' where none is known."""
        if not self.lowest:
            return ""
        plain = all(_NUMBER.fullmatch(end) for end in (self.lowest, self.highest))
        return f"{self.lowest}{'–' if plain else ' to '}{self.highest}"


@dataclass(frozen=True)
class Version:
    """One thing, made of the estimates, of others where they are not printed, and of the ends.

    `unlike` has other numbers only where the cohorts of the ensemble are not alike. It, `low` and
    `high` are None without an ensemble.
    """

    shown: str
    other: str
    unlike: str | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Marked:
    """A text with signs, the numbers in it that the article does not print, and its ends.

    `lowest` and `highest` are the text that is `shown`, each open number at the end of its range;
    "?" stands where none is known.
    """

    text: str
    shown: str
    numbers: tuple[Number, ...] = ()
    lowest: str = ""
    highest: str = ""

    @property
    def open_with_range(self) -> list[Number]:
        """The open numbers whose range is known."""
        return [one for one in self.numbers if one.status is Status.OPEN and one.lowest]


@dataclass(frozen=True)
class Marks:
    """Marks tables, sentences and captions; with `printed` None, of real patients, nothing.

    Numbers of tables and sentences lead to the rows that they come from, whoever the patients are.

    Attributes
    ----------
    printed
        Which estimates the article prints.
    ensemble
        What cohorts that give the same printed numbers have beyond them; None where there are none,
        and `missing` is then a sentence that says why and how to get them.
    published
        What an article prints of estimates; None where these are held against none.
    part
        A group of the patients, and its level, that estimates are of under the keys of all.
    sources
        The rows behind the numbers that were shown.
    """

    printed: Printed | None = None
    ensemble: Ensemble | None = None
    missing: str = ""
    published: Published | None = None
    part: tuple[str, str] = ("", "")
    sources: Sources = field(default_factory=Sources, compare=False)

    def table(self, make: Callable[..., Table | None], *given: Any) -> Table | None:
        """Give the table that `make` makes of what is given, its numbers marked and linked.

        Of what is given, frames that have keys and values, and are no ledger, are estimates. A
        table of other rows when numbers are others is marked as a whole, at every heading.
        """
        shown = make(*given)
        if shown is None:
            return None
        found = of_table(shown, make, given)
        rows = Given(given)
        links = {at: self.sources.of(keys, rows, self.part) for at, keys in found.places.items()}
        columns = tuple(map(str, shown.cells.columns))
        if self.printed is not None:
            shown = self._marked(shown, [make(*one) for one in self._versions(given)])
        return replace(shown, links=links, columns=columns)

    def known(self, shown: Table, *given: pd.DataFrame) -> Table:
        """Give a table that says itself which of the given estimates are behind it, linked.

        Estimates under other parameters than the page's have these in a column `sources.UNDER`.
        """
        frames = {
            under: Given([one[one[UNDER] == under] if UNDER in one else one for one in given])
            for under in {"", *shown.under.values()}
        }
        links = {}
        for at, keys in shown.keys.items():
            under = shown.under.get(at, "")
            links[at] = self.sources.of(tuple(keys), frames[under], under=under)
        return replace(shown, links=links, columns=tuple(map(str, shown.cells.columns)))

    def text(self, make: Callable[..., Markdown], *given: Any) -> Markdown:
        """Give the prose that `make` makes of what is given, marked and linked (see `table`)."""
        text, said = str(make(*given).data), ""
        found, _ = of_text(text, lambda *other: str(make(*other).data), given)
        links = self.sources.of(found, Given(given), self.part)
        if self.printed is not None:
            others = [str(make(*one).data) for one in self._versions(given)]
            made = marked(Version(text, *others))
            text, said = made.text, self._said(made.open_with_range)
        return Markdown(_linked(text, links) + said)

    def rows(self, study: Study) -> HTML:
        """List the rows that the numbers of the page come from, with all that is known of each."""
        rows = self.sources.table()
        # What is known of numbers under the page's parameters is not so of these.
        own = rows[UNDER] == ""
        claims = {} if self.published is None else self.published(rows[own])
        members = 0 if self.ensemble is None else self.ensemble.members
        told = self.estimates(rows[own])
        if not own.all():
            told = pd.concat([told, self.of_part().estimates(rows[~own])]).loc[rows.index]
        return HTML(listing(told, study, claims, members))

    def caption(self, caption: str, rows: pd.DataFrame | None = None) -> str:
        """Give a caption with the mark, where a figure draws more than printed numbers.

        `rows` are the estimates that are drawn; without them, patients or curves are.
        """
        if self.printed is None:
            return caption
        if rows is None:
            return f"{caption} {CAPTION}"
        status = set(self.estimates(rows)["status"])
        if status <= {Status.PUBLISHED}:
            return caption
        return f"{caption} {CAPTION if Status.OPEN in status else CAPTION_DETERMINED}"

    def legend(self, leads: bool = True) -> Markdown:
        """Say where numbers lead, and what marks mean; numbers of real patients have none.

        On a page whose numbers are not of its own estimates they lead nowhere.
        """
        said = [LEADS, BESIDE if self.published is not None else ""] if leads else []
        return Markdown("\n\n".join(filter(None, (" ".join(said).rstrip(), self._meaning()))))

    def _meaning(self) -> str:
        if self.printed is None:
            return ""
        if self.ensemble is None:
            return f"{LEGEND} {UNKNOWN} {self.missing}".rstrip()
        many = self.ensemble.members
        return (
            f"What the article does not print is marked, a number or, in a heading, a whole "
            f"column. **{DETERMINED}**: the same, to the digits shown, in all {many} cohorts that "
            f"were found from its numbers and give every one of them; the article determines it, "
            f"as far as these tell. **{MARK}**: open; their ranges stand below the tables. A range "
            "is of what was found, no interval of confidence, and none of it says anything of real "
            "patients."
        )

    def estimates(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give estimates with what stands behind each (`estimates.standing`), as files have it.

        Those of real patients are given as they are.
        """
        if self.printed is None:
            return rows
        return with_standing(rows, self.printed(rows), self.ensemble)

    def of_part(self, group: str = "", level: str = "") -> Marks:
        """Give marks for a part of the patients under the keys of all: nothing of it is printed."""
        own = replace(self, part=(group, level))
        if self.printed is None:
            return own
        return replace(own, printed=lambda rows: pd.Series(False, rows.index), ensemble=None)

    def of_model(self, caption: str, study: Study) -> str:
        """Give the caption of hazard ratios; of a model of many factors it is said to be open."""
        if self.printed is None or study.chosen.factor_model == "univariate":
            return caption
        text = f"{caption} The article prints no model of many factors, and does not determine it: "
        if self.ensemble is None:
            return f"{text}other cohorts that give all of its numbers give other ratios."
        return (
            f"{text}each ratio is what this one cohort gives, and its range over "
            f"{self.ensemble.members} cohorts that give all of the article’s numbers stands beside "
            "it in the table."
        )

    def _versions(self, given: Sequence[Any]) -> list[list[Any]]:
        """Give what is given with other values of what is not printed: see `Version`."""
        made = [self._of(one) if is_estimates(one) else None for one in given]
        count = 1 if self.ensemble is None else 4
        return [
            [
                one if others is None else others[place]
                for one, others in zip(given, made, strict=True)
            ]
            for place in range(count)
        ]

    def _of(self, estimates: pd.DataFrame) -> list[pd.DataFrame]:
        assert self.printed is not None
        printed = self.printed(estimates)
        value = estimates["value"].astype("float64")
        # A p value stays one: half a unit away it is written with other digits.
        is_p = estimates["statistic"].isin(_P_VALUES)
        other = (value + 1000.0).where(~is_p, (value + 0.5) % 1.0)
        made = [other]
        if self.ensemble is not None:
            found = over(self.ensemble, estimates)
            open_ = status(estimates, printed, found) == Status.OPEN
            known = found["members"].notna()
            # Where some cohorts have no such number, as a median that is not reached, none ends it.
            all_have = found["members"].eq(self.ensemble.members) & found["without_value"].eq(0)
            low, high = (found[name].astype("float64") for name in ("lowest", "highest"))
            made += [
                value.where(~open_, other),
                low.where(known, other),
                high.where(all_have).where(known, other),
            ]
        return [estimates.assign(value=value.where(printed, one)) for one in made]

    def _marked(self, shown: Table, others: Sequence[Table | None]) -> Table:
        layout = dict(shown.layout)
        columns = list(shown.cells.columns)
        named = {layout["stub"], layout.get("group")}
        cells = shown.cells.copy()
        headed: dict[str, Status] = {}
        made_of: list[tuple[str, str, Marked]] = []
        there: set[Status] = set()
        if others[0] is None or others[0].cells.shape != cells.shape:
            headed = {name: Status.OPEN for name in columns if name not in named}
        else:
            rows = _names(cells, layout)
            for place, name in enumerate(columns):
                versions = _column(shown, others, place)
                made = [marked(version) for version in versions]
                made_of += [(row, name, cell) for row, cell in zip(rows, made, strict=True)]
                here = {number.status for cell in made for number in cell.numbers}
                there |= here
                texts = [cell.text for cell in made]
                if name not in named and _all_differ(versions):
                    headed[name] = Status.OPEN if Status.OPEN in here else Status.DETERMINED
                    # In a column that is open as a whole, only what is not is marked.
                    texts = [text.replace(SIGNS[headed[name]], "") for text in texts]
                if texts != [version.shown for version in versions]:
                    cells[name] = texts
        notes, of_notes = self._notes(shown, others)
        there |= {number.status for number in of_notes} | set(headed.values())
        if not there:
            return shown
        headings: Mapping[str, str] = layout.get("headings") or {}
        signed = {name: f"{headings.get(name, name)}{SIGNS[how]}" for name, how in headed.items()}
        layout["headings"] = {**headings, **signed}
        layout["notes"] = [*notes, *self._explained(there)]
        again = journal(cells, **layout)
        plain = cells.rename(columns={name: f"{name}{SIGNS[how]}" for name, how in headed.items()})
        return Table(again.show, plain, again.layout, self._ranges(made_of))

    def _notes(
        self, shown: Table, others: Sequence[Table | None]
    ) -> tuple[list[str], list[Number]]:
        notes = [note for note in shown.layout.get("notes", ()) if note]
        versions = [
            [note for note in other.layout.get("notes", ()) if note]
            for other in others
            if other is not None
        ]
        if len(versions) != len(others) or any(len(one) != len(notes) for one in versions):
            return notes, []
        made = [marked(Version(*texts)) for texts in zip(notes, *versions, strict=True)]
        return [one.text for one in made], [number for one in made for number in one.numbers]

    def _explained(self, status: Iterable[Status]) -> list[str]:
        if self.ensemble is None:
            return [NOTE]
        many = self.ensemble.members
        said = {
            Status.DETERMINED: f"{DETERMINED} Not printed by the article, but the same, to the "
            f"digits shown, in all {many} cohorts found from its numbers.",
            Status.OPEN: f"{MARK} Not printed by the article, and other in other cohorts that give "
            "all of its numbers: it says nothing of patients.",
        }
        return [text for one, text in said.items() if one in status]

    def _ranges(self, cells: Sequence[tuple[str, str, Marked]]) -> str:
        """Give the ranges of what is open as HTML to fold out, '' where none is known."""
        known = [(row, column, cell) for row, column, cell in cells if cell.open_with_range]
        if self.ensemble is None or not known:
            return ""
        rows = "".join(
            f'<tr><th scope="row">{escape(row)}</th><td>{escape(column)}</td>'
            f'<td class="number">{escape(cell.shown)}</td>'
            f'<td class="number">{escape(cell.lowest)}</td>'
            f'<td class="number">{escape(cell.highest)}</td></tr>'
            for row, column, cell in known
        )
        count = sum(len(cell.open_with_range) for *_, cell in known)
        many = f"{self.ensemble.members} cohorts"
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("Row", "Column", "Here", f"Lowest of {many}", f"Highest of {many}")
        )
        return (
            f'<details class="ranges"><summary>Ranges of {count} open number'
            f"{'s' if count > 1 else ''} over {many}</summary>"
            "<p>Each range is of one number: two numbers in a cell may come from different "
            "cohorts.</p>"
            '<div class="scroll" role="group" tabindex="0" aria-label="Ranges">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
        )

    def _said(self, numbers: Iterable[Number]) -> str:
        """Give the ranges of the open numbers of a text as a sentence."""
        known = dict.fromkeys(
            f"{number.shown}{MARK} is {number.range}"
            for number in numbers
            # A text whose words change with its numbers is marked as one, and has no range.
            if _NUMBER.fullmatch(number.shown)
        )
        if self.ensemble is None or not known:
            return ""
        return f" Over {self.ensemble.members} cohorts that give every printed number, " + (
            f"{'; '.join(known)}."
        )


def mark_text(shown: str, other: str) -> str:
    """Mark each number of a text that is another in the other text, without an ensemble.

    Numbers that are read as one, as those of a range, have one mark. Where other words stand
    beside numbers, the text is marked at its end; words alone have none.

    >>> mark_text("12.6 (10.8–14.5)", "12.6 (1,010.8–1,014.5)")
    '12.6 (10.8–14.5‡)'
    >>> mark_text("54 (50.0%)", "1,054 (50.0%)"), mark_text("5 of 9", "none")
    ('54‡ (50.0%)', '5 of 9‡')
    """
    return marked(Version(shown, other)).text


def marked(version: Version) -> Marked:
    """Give a text with signs at its numbers that are not printed, and these numbers.

    >>> made = marked(Version("1.6 (0.9–2.8)", "9.6 (9.9–9.8)", "1.6 (9.9–2.8)", "1.6 (0.8–2.8)",
    ...                       "1.6 (1.0–2.8)"))
    >>> made.text, made.lowest, made.highest
    ('1.6§ (0.9–2.8‡)', '1.6 (0.8–2.8)', '1.6 (1.0–2.8)')
    >>> [(number.shown, number.status.value, number.range) for number in made.numbers][:2]
    [('1.6', 'determined', '1.6–1.6'), ('0.9', 'open', '0.8–1.0')]
    """
    shown, other = version.shown, version.other
    if shown == other or not (_NUMBER.search(shown) or _NUMBER.search(other)):
        return Marked(shown, shown)
    numbers = list(_NUMBER.finditer(shown))
    if _words(shown) != _words(other):
        whole = _whole(version)
        text = f"{shown.rstrip()}{SIGNS[whole.status]}"
        return Marked(text, shown, (whole,), whole.lowest, whole.highest)
    others = _NUMBER.findall(other)
    differs = [a[0] != b for a, b in zip(numbers, others, strict=True)]
    further = [text for text in (version.unlike, version.low, version.high) if text is not None]
    if further and all(_words(text) == _words(shown) for text in further):
        texts = zip(*(_NUMBER.findall(text) for text in (shown, other, *further)), strict=True)
        told = [_number(*of_one) for of_one in texts]
        found = tuple(number for number, new in zip(told, differs, strict=True) if new)
        lowest, highest = (
            _with(shown, [getattr(number, end) or "?" if new else number.shown
                          for number, new in zip(told, differs, strict=True)])
            for end in ("lowest", "highest")
        )  # fmt: skip
    else:
        whole = _whole(version)
        told = [Number(number[0], whole.status) for number in numbers]
        found, lowest, highest = (whole,), whole.lowest, whole.highest
    signed = _signed(shown, numbers, differs, [number.status for number in told])
    return Marked(signed, shown, found, lowest, highest)


def _with(text: str, numbers: Iterable[str]) -> str:
    """Give a text with other numbers."""
    following = iter(numbers)
    return _NUMBER.sub(lambda _: next(following), text)


def _words(text: str) -> str:
    return _NUMBER.sub("", text)


def _whole(version: Version) -> Number:
    """Give a text as one number."""
    if version.unlike is None or version.low is None or version.high is None:
        return Number(version.shown, Status.OPEN)
    return _number(version.shown, version.other, version.unlike, version.low, version.high)


def _number(shown: str, other: str, unlike: str, low: str, high: str) -> Number:
    if shown == unlike == low == high:
        return Number(shown, Status.DETERMINED, low, high)
    # Of what the ensemble does not have, both ends are the other number.
    if low == high == other:
        return Number(shown, Status.OPEN)
    return Number(shown, Status.OPEN, low, high)


def _signed(
    shown: str, numbers: Sequence[re.Match[str]], differs: Sequence[bool], status: Sequence[Status]
) -> str:
    """Put a sign behind each number that differs, one behind those that are read as one."""
    parts, end, run = [], 0, set[Status]()
    for place, number in enumerate(numbers):
        parts.append(shown[end : number.end()])
        end = number.end()
        if not differs[place]:
            continue
        run.add(status[place])
        after = numbers[place + 1] if place + 1 < len(numbers) else None
        goes_on = (
            after is not None
            and differs[place + 1]
            and _ONE.fullmatch(shown[end : after.start()]) is not None
        )
        if not goes_on:
            parts.append(SIGNS[Status.OPEN if Status.OPEN in run else Status.DETERMINED])
            run = set()
    return "".join(parts) + shown[end:]


def _linked(text: str, addresses: Sequence[str | None]) -> str:
    """Give Markdown in which numbers lead to their rows.

    >>> _linked("a median of 12.6 (p = 0.02)", ["OS.median", None])
    'a median of [12.6](#OS.median) (p = 0.02)'
    """
    following = iter(addresses)

    def link(number: re.Match[str]) -> str:
        to = next(following, None)
        if to is None:
            return number[0]
        before, plain = split(number[0])
        return f"{before}[{plain}](#{to})"

    return NUMBER.sub(link, text)


def _names(cells: pd.DataFrame, layout: Mapping[str, Any]) -> list[str]:
    """Give the name of each row: what stands in its stub, after the group that it is in."""
    stub = [str(cell) for cell in cells[layout["stub"]]]
    if layout.get("group") is None:
        return stub
    return [f"{group}: {row}" for group, row in zip(cells[layout["group"]], stub, strict=True)]


def _column(shown: Table, others: Sequence[Table | None], place: int) -> list[Version]:
    """Give the versions of the cells of a column; ends of another shape are no ends."""
    texts = [[str(cell) for cell in shown.cells.iloc[:, place]]]
    fits = [other for other in others if other and other.cells.shape == shown.cells.shape]
    texts += [
        [str(cell) for cell in other.cells.iloc[:, place]]
        for other in (fits if len(fits) == len(others) else fits[:1])
    ]
    return [Version(*cell) for cell in zip(*texts, strict=True)]


def _all_differ(versions: Sequence[Version]) -> bool:
    """Tell whether a column has numbers, and every one of them is another."""
    found = False
    for version in versions:
        numbers, others = _NUMBER.findall(version.shown), _NUMBER.findall(version.other)
        if not numbers or len(numbers) != len(others):
            continue
        if any(a == b for a, b in zip(numbers, others, strict=True)):
            return False
        found = True
    return found
