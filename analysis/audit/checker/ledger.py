"""The ledger as the checker reads it, sharing nothing with how the finders read it.

What a printed number stands for is found by rounding candidates and comparing, where the finders
take intervals. Which claims belong together is decided here, from the keys and the denominators.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from math import ceil, floor
from typing import Any

from analysis.audit.form import Convention, Quoted
from analysis.audit.structure import Structure

EVERY: tuple[Convention, ...] = (
    "half up",
    "half even",
    "truncated",
    "rounded up",
    "rounded twice",
)
ROUNDED: tuple[Convention, ...] = ("half up", "half even")
# So many other percentages that are counts of what they are printed of show that the article's are
# neither weighted nor of imputed or rounded counts.
PLAIN_ENOUGH = 5

_SIGNS = {
    "·": ".",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "％": "%",
    "＜": "<",
    "＞": ">",
    "≤": "<=",
    "≥": ">=",
    "⩽": "<=",
    "⩾": ">=",
    "≦": "<=",
    "≧": ">=",
}
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u200a\u202f]+")
# No group of thousands begins with 0: "0,001" has a decimal comma.
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_POWER = re.compile(r"(?<=\d)[×x]10\^?(?=-?\d)")


class Rejected(ValueError):
    """Something in a proof is not as computed."""


@dataclass(frozen=True)
class Edges:
    """The ends of what a printed number stands for, and whether they belong to it."""

    low: Fraction | None
    high: Fraction | None
    low_closed: bool
    high_closed: bool

    @property
    def both(self) -> tuple[Fraction, Fraction]:
        """Both ends, of a number that has them."""
        if self.low is None or self.high is None:
            raise Rejected("what is printed has no end")
        return self.low, self.high

    def holds(self, value: Fraction) -> bool:
        """Tell whether a value is inside."""
        above = self.low is None or value > self.low or (value == self.low and self.low_closed)
        below = self.high is None or value < self.high or (value == self.high and self.high_closed)
        return above and below


@lru_cache(maxsize=20_000)
def digits(printed: str) -> tuple[Fraction, Fraction]:
    """Give a printed number exactly, and one unit of its last digit, as journals print them."""
    text = printed
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    text = _SPACES.sub("", text).lstrip("<>=~≈∼").rstrip("%")
    text = _POWER.sub("e", text)
    # A comma groups thousands, or else marks the decimals.
    text = text.replace(",", "") if _GROUPED.fullmatch(text) else text.replace(",", ".")
    number = Decimal(text)
    if not number.is_finite():
        raise Rejected(f"{printed!r} is no number")
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(number), Fraction(10) ** exponent


def _nearest(value: Fraction, ties: str) -> set[int]:
    whole = floor(value)
    part = value - whole
    if part != Fraction(1, 2):
        return {whole + (part > Fraction(1, 2))}
    if ties == "away":
        return {whole + (value > 0)}
    return {whole, whole + 1}


def _printed(value: Fraction, convention: Convention) -> set[int]:
    """Give the whole numbers of units that a number is printed as."""
    if convention == "half up":
        return _nearest(value, "away")
    if convention == "half even":
        # Programs differ in the direction of ties: both are taken.
        return _nearest(value, "both")
    toward = floor(value) if value >= 0 else ceil(value)
    if convention == "truncated":
        return {toward}
    if convention == "rounded up":
        return {ceil(value) if value >= 0 else floor(value)}
    reached = {value}
    for scale in (100, 10, 1):
        reached |= {
            Fraction(whole, scale) for one in reached for whole in _nearest(one * scale, "both")
        }
    return {int(one) for one in reached if one.denominator == 1}


@lru_cache(maxsize=50_000)
def stands_for(printed: str, value: Fraction, conventions: tuple[Convention, ...]) -> bool:
    """Tell whether a number would be printed so, under one of the conventions."""
    number, unit = digits(printed)
    if abs(value - number) > unit:
        # No way of rounding moves a number by more than one unit of the last digit.
        return False
    scaled, wanted = value / unit, number / unit
    return any(wanted in _printed(scaled, convention) for convention in conventions)


# Offsets, in units of the last digit, at which a convention can change what is printed.
_OFFSETS = sorted({sign * Fraction(k, 200) for sign in (-1, 1) for k in (0, 100, 110, 111, 200)})


@lru_cache(maxsize=20_000)
def edges_of(printed: str, conventions: tuple[Convention, ...]) -> Edges:
    """Give the ends of what a printed number stands for."""
    number, unit = digits(printed)
    # The numbers at which it can change, and one between each two of them.
    middles = [(a + b) / 2 for a, b in pairwise(_OFFSETS)]
    inside = [
        offset
        for offset in sorted([*_OFFSETS, *middles])
        if stands_for(printed, number + offset * unit, conventions)
    ]

    def end(offset: Fraction, beyond: Sequence[Fraction]) -> tuple[Fraction, bool]:
        if offset in _OFFSETS:
            return number + offset * unit, True
        return number + beyond[0] * unit, False

    low, low_closed = end(inside[0], [o for o in reversed(_OFFSETS) if o < inside[0]])
    high, high_closed = end(inside[-1], [o for o in _OFFSETS if o > inside[-1]])
    return Edges(low, high, low_closed, high_closed)


class Ledger:
    """A ledger and its structure, as what checks of certificates ask of them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], structure: Structure) -> None:
        self.rows = {str(row["claim_id"]): row for row in rows}
        self.structure = structure

    # What a claim says -----------------------------------------------------------------------

    def row(self, name: str) -> Mapping[str, Any]:
        """Give a row of the ledger."""
        if name not in self.rows:
            raise Rejected(f"{name} is not in the ledger")
        return self.rows[name]

    def text(self, name: str, column: str) -> str:
        """Give a cell of a row."""
        return str(self.row(name)[column])

    def key(self, name: str) -> tuple[str, str, str, str, str]:
        """Give what a claim is about: analysis, group, group level, variable, level."""
        row = self.row(name)
        return (
            str(row["analysis_id"]),
            str(row["group"]),
            str(row["group_level"]),
            str(row["variable"]),
            str(row["variable_level"]),
        )

    def statistic(self, name: str) -> str:
        """Give the statistic that a claim states."""
        return self.text(name, "statistic")

    def denominator(self, name: str) -> int | None:
        """Give the denominator of a claim, None where the ledger has none."""
        value = self.row(name)["denominator"]
        missing = value is None or value != value or str(value) in {"<NA>", ""}
        return None if missing else int(value)

    def asks(self, name: str) -> bool:
        """Tell whether a row is of a draft that is not sure of it: its note is a question."""
        return str(self.row(name).get("note") or "").startswith("? ")

    def quoted(self, name: str) -> Quoted:
        """Give a claim as proofs quote it."""
        return Quoted(
            claim_id=name,
            printed=self.text(name, "printed"),
            comparator=self.text(name, "comparator"),
            denominator=self.denominator(name),
            locator=self.text(name, "locator"),
        )

    def named(self, name: str) -> str:
        """Give words for what a claim is about: the variable, its level unless 'yes', the group."""
        _, _, group, variable, level = self.key(name)
        words = self.words(f"{variable}={level}")
        return words + (f" ({group})" if group else "")

    def words(self, named: str) -> str:
        """Give words for a level as structures name it: variable=level."""
        variable, _, level = named.partition("=")
        words = self.structure.names.get(variable, variable.replace("_", " "))
        return words + (f", {level}" if level not in {"", "yes"} else "")

    def number(self, name: str) -> Fraction:
        """Give the number that a claim prints."""
        return digits(self.text(name, "printed"))[0]

    def prints(self, name: str, value: Fraction, conventions: Sequence[Convention]) -> bool:
        """Tell whether a number would be printed as it is, under one of the conventions."""
        comparator = self.text(name, "comparator")
        if comparator == "=" and not self.is_whole(name):
            return stands_for(self.text(name, "printed"), value, tuple(conventions))
        return self.edges(name, conventions).holds(value)

    def is_whole(self, name: str) -> bool:
        """Tell whether a claim prints a whole number that was not rounded.

        Counts are, and so are the least and the greatest of what is declared to be whole numbers.
        """
        statistic = self.statistic(name)
        declared = self.key(name)[3] in self.structure.whole_numbers
        ends = statistic in {"min", "max"} and declared and self.text(name, "printed").isdigit()
        return statistic in {"count", "n_at_risk"} or ends

    def edges(self, name: str, conventions: Sequence[Convention]) -> Edges:
        """Give the ends of what a claim stands for."""
        comparator = self.text(name, "comparator")
        if comparator == "=" and self.is_whole(name):
            return Edges(self.number(name), self.number(name), True, True)
        if comparator == "=":
            return edges_of(self.text(name, "printed"), tuple(conventions))
        number = self.number(name)
        ends = {
            "<": Edges(None, number, False, False),
            "<=": Edges(None, number, False, True),
            ">": Edges(number, None, False, False),
            ">=": Edges(number, None, True, False),
        }
        if comparator not in ends:
            raise Rejected(f"{name} prints no number that can be compared")
        return ends[comparator]

    def exact(self, name: str) -> int | None:
        """Give the count that a claim prints, None if it prints none, or only 'more than'."""
        if self.statistic(name) != "count" or self.text(name, "comparator") != "=":
            return None
        number = self.number(name)
        return int(number) if number.denominator == 1 else None

    # Which claims belong together ------------------------------------------------------------

    def one_quantity(self, names: Sequence[str]) -> int | None:
        """Give the number that claims about one quantity are printed of; reject any others."""
        if not names or len({self.key(name) for name in names}) != 1:
            raise Rejected("the claims are not about one quantity")
        if len(set(names)) != len(names):
            raise Rejected("a claim is told twice")
        if any(self.statistic(name) not in {"count", "percent"} for name in names):
            raise Rejected("a claim is no count and no percentage")
        of = {self.denominator(name) for name in names} - {None}
        if len(of) > 1:
            raise Rejected("the claims are printed of different numbers")
        if not of and any(self.statistic(name) == "percent" for name in names):
            raise Rejected("a percentage is printed of no number")
        return next(iter(of), None)

    def counts(
        self, names: Sequence[str], conventions: Sequence[Convention]
    ) -> tuple[int, int] | None:
        """Give the least and greatest count that claims about a quantity allow, None for none."""
        of = self.one_quantity(names)
        exact = [count for count in map(self.exact, names) if count is not None]
        if of is None and not exact:
            raise Rejected("nothing bounds the count")
        low, high = 0, of if of is not None else max(exact)
        for name in names:
            if self.statistic(name) == "count" and self.text(name, "comparator") == "=":
                count = self.exact(name)
                if count is None:
                    return None
                low, high = max(low, count), min(high, count)
                continue
            ends = self.edges(name, conventions)
            scale = Fraction(of or 0, 100) if self.statistic(name) == "percent" else Fraction(1)
            if self.statistic(name) == "percent" and of is None:
                raise Rejected(f"{name} is printed of no number")
            if ends.low is not None:
                least = ends.low * scale
                low = max(low, ceil(least) + (least.denominator == 1 and not ends.low_closed))
            if ends.high is not None:
                most = ends.high * scale
                high = min(high, floor(most) - (most.denominator == 1 and not ends.high_closed))
        return (low, high) if low <= high else None

    def patients(self, names: Sequence[str], group: tuple[str, str] = ("", "")) -> int:
        """Give how many patients a group has, by claims that are declared to state it."""
        declared = self.structure.patients
        if not names or declared is None or len(set(names)) != len(names):
            raise Rejected("no claim is declared to state the number of patients, or one twice")
        found = set()
        for name in names:
            same = self.key(name)[3:] == self.key(declared)[3:]
            count = self.exact(name)
            if not same or self.key(name)[1:3] != group or count is None:
                raise Rejected(f"{name} is not the number of these patients")
            found.add(count)
        if len(found) != 1:
            raise Rejected("the claims state different numbers of patients")
        return found.pop()

    @cached_property
    def counted(self) -> dict[tuple[str, str, str, str, str], dict[int | None, list[str]]]:
        """Give the claims of counts and percentages, by what they are about and are printed of."""
        found: dict[tuple[str, str, str, str, str], dict[int | None, list[str]]] = {}
        for name in self.rows:
            comparable = self.text(name, "comparator") in {"=", "<", "<=", ">", ">="}
            if self.statistic(name) in {"count", "percent"} and comparable:
                of = self.denominator(name)
                found.setdefault(self.key(name), {}).setdefault(of, []).append(name)
        return found

    def ambiguous(self, name: str) -> bool:
        """Tell whether a quantity has different counts, printed of different numbers."""
        counts = {
            count
            for names in self.counted[self.key(name)].values()
            for other in names
            if (count := self.exact(other)) is not None
        }
        return len(counts) > 1 and len(set(self.counted[self.key(name)]) - {None}) > 1

    # What the ledger shows as a whole --------------------------------------------------------

    @cached_property
    def pairs(self) -> dict[tuple[str, str], bool]:
        """Counts and percentages of one quantity and one number, and whether they fit, rounded.

        A count of nobody or of everybody says nothing.
        """
        about: dict[tuple[Any, ...], dict[str, list[str]]] = {}
        for name in self.rows:
            of = self.denominator(name)
            if of and self.text(name, "comparator") == "=":
                about.setdefault((*self.key(name), of), {}).setdefault(
                    self.statistic(name), []
                ).append(name)
        found = {}
        for (*_, of), named in about.items():
            for count in named.get("count", [])[:1]:
                exact = self.exact(count)
                if exact is None or not 0 < exact < of:
                    continue
                for percent in named.get("percent", []):
                    value = Fraction(100 * exact, of)
                    found[count, percent] = self.prints(percent, value, ROUNDED)
        return found

    def fit(self, pair: tuple[str, str], conventions: Sequence[Convention]) -> bool:
        """Tell whether a count and a percentage fit."""
        count, of = self.exact(pair[0]), self.denominator(pair[0])
        if count is None or not of:
            raise Rejected(f"{pair[0]} is no count of a number")
        return self.prints(pair[1], Fraction(100 * count, of), conventions)

    @cached_property
    def plain(self) -> tuple[Convention, ...]:
        """The conventions that the percentages show: rounded, unless cut off or rounded up."""
        ways: dict[Convention, int] = {
            way: sum(self.fit(pair, [way]) for pair in self.pairs)
            for way in ("half up", "truncated", "rounded up")
        }
        rounded = max(ways["half up"], sum(self.pairs.values()))
        for way in ("truncated", "rounded up"):
            if ways[way] > rounded and ways[way] == max(ways.values()):
                return (way,)
        return ROUNDED

    @cached_property
    def every(self) -> tuple[Convention, ...]:
        """The conventions that a number may be printed by.

        Where several percentages are plainly rounded that are not rounded up, none is, unless two
        or more of them can be nothing else.
        """
        up = [pair for pair in self.pairs if self.needs(pair, "rounded up")]
        down = [
            pair
            for pair in self.pairs
            if self.fit(pair, self.plain) and not self.fit(pair, ["rounded up"])
        ]
        if self.plain == ROUNDED and len(down) >= PLAIN_ENOUGH and len(up) < 2:
            return tuple(way for way in EVERY if way != "rounded up")
        return EVERY

    def needs(self, pair: tuple[str, str], convention: Convention) -> bool:
        """Tell whether a count and a percentage fit in one way, in no plain and no plainer way."""
        order: list[Convention] = ["rounded twice", "truncated", "rounded up"]
        if convention not in order or self.fit(pair, self.plain):
            return False
        plainer = order[: order.index(convention)]
        return self.fit(pair, [convention]) and not any(self.fit(pair, [w]) for w in plainer)

    @cached_property
    def fitting(self) -> Counter[str]:
        """How many percentages of an analysis are those of the count beside them, plainly."""
        fitting = Counter(self.key(pair[0])[0] for pair in self.pairs if self.fit(pair, self.plain))
        fitting.update(
            self.key(name)[0]
            for name, value in self.summed.items()
            if self.prints(name, value, self.plain)
        )
        return fitting

    @cached_property
    def summed(self) -> dict[str, Fraction]:
        """Percentages without a count beside them, with that of the declared sum of their parts."""
        found: dict[str, Fraction] = {}
        for declared in self.structure.sums:
            variable, _, level = declared.whole.partition("=")
            for key, by_number in self.counted.items():
                if key[3:] != (variable, level):
                    continue
                for of, names in by_number.items():
                    total = self._total(key, of, declared.parts)
                    if of and total and all(self.exact(name) is None for name in names):
                        percents = [n for n in names if self.statistic(n) == "percent"]
                        found |= dict.fromkeys(percents, Fraction(100 * total, of))
        return found

    def _total(
        self, key: tuple[str, str, str, str, str], of: int | None, parts: Sequence[str]
    ) -> int | None:
        """Give the sum of parts that are printed as counts of the same patients."""
        counts = []
        for part in parts:
            variable, _, level = part.partition("=")
            names = self.counted.get((*key[:3], variable, level), {}).get(of, [])
            exact = [count for name in names if (count := self.exact(name)) is not None]
            if not exact:
                return None
            counts.append(exact[0])
        return sum(counts)

    def settled(self, name: str) -> bool:
        """Tell whether the percentages of an analysis show that they are of counted patients.

        Weighted or imputed numbers stand in tables of their own, not between plain ones.
        """
        return self.fitting[self.key(name)[0]] >= PLAIN_ENOUGH

    def counted_plainly(self, name: str) -> bool:
        """Tell whether another percentage of the same variable is plainly that of its count.

        A variable of which none is may be something else than patients, such as a mean.
        """
        own = self.key(name)
        return any(
            self.fit(pair, self.plain)
            and (self.key(pair[0])[0], self.key(pair[0])[3]) == (own[0], own[3])
            for pair in self.pairs
        )
