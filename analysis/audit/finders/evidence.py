"""The ledger as the rules of the audit read it: claims by what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Any, NamedTuple

import pandas as pd

from analysis.article.ledger import KEY
from analysis.audit.structure import Structure
from analysis.study.printed import EVERY, ROUNDED, Convention, Interval, values

# So many percentages that are those of their counts show how an article's are made.
PLAIN_ENOUGH = 5


class Quantity(NamedTuple):
    """What a claim is about, whatever its statistic."""

    analysis_id: str
    group: str
    group_level: str
    variable: str
    variable_level: str


@dataclass(frozen=True)
class Claim:
    """A row of the ledger."""

    claim_id: str
    quantity: Quantity
    statistic: str
    printed: str
    comparator: str
    denominator: int | None
    locator: str
    unit: str = ""
    whole: bool = False
    asks: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the claim prints a number (a median may be 'not reached')."""
        return self.comparator in {"=", "<", "<=", ">", ">="}

    @property
    def key(self) -> tuple[str, ...]:
        """Give what it is about, and its statistic."""
        return (*self.quantity, self.statistic)

    def values(self, conventions: Iterable[Convention] = EVERY) -> Interval:
        """Give what the printed number can stand for, in its own unit; counts are whole."""
        if self.whole and self.comparator == "=":
            conventions = ()
        return values(self.printed, self.comparator, tuple(conventions))


class Cell(NamedTuple):
    """A quantity, and the number of patients that its claims are printed of."""

    quantity: Quantity
    of: int | None


@dataclass(frozen=True)
class Evidence:
    """Claims, structure, and the convention of rounding that the percentages show.

    Attributes
    ----------
    rows : rows of the ledger as mappings, all of them.
    dropped : claims that a rule has found not to hold, which later rules do not build on.
    """

    rows: tuple[dict[str, Any], ...]
    structure: Structure
    dropped: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, ledger: pd.DataFrame, structure: Structure) -> Evidence:
        """Read a ledger (as `article.ledger.read_ledger` gives it)."""
        records = ledger.to_dict("records")
        return cls(tuple({str(k): v for k, v in row.items()} for row in records), structure)

    def without(self, claims: Iterable[str]) -> Evidence:
        """Give the evidence without some claims."""
        return replace(self, dropped=self.dropped | set(claims))

    @cached_property
    def every(self) -> dict[str, Claim]:
        """All claims, by claim_id, in the order of the ledger."""
        counted, ends = {"count", "n_at_risk"}, {"min", "max"}
        return {
            row["claim_id"]: Claim(
                row["claim_id"],
                Quantity(*(str(row[name]) for name in KEY[:5])),
                row["statistic"],
                row["printed"],
                row["comparator"],
                None if pd.isna(row["denominator"]) else int(row["denominator"]),
                row["locator"],
                str(row.get("unit") or ""),
                row["statistic"] in counted
                or (
                    # The least and the greatest of whole numbers are whole.
                    row["statistic"] in ends
                    and row["variable"] in self.structure.whole_numbers
                    and row["printed"].isdigit()
                ),
                str(row.get("note") or "").startswith("? "),
            )
            for row in self.rows
        }

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """All claims that are not dropped."""
        return {name: claim for name, claim in self.every.items() if name not in self.dropped}

    def name(self, quantity: Quantity) -> str:
        """Give words for people: the variable's name, its level unless that is 'yes', the group."""
        variable = self.structure.names.get(quantity.variable, quantity.variable.replace("_", " "))
        level = f", {quantity.variable_level}" if quantity.variable_level not in {"", "yes"} else ""
        return variable + level + (f" ({quantity.group_level})" if quantity.group_level else "")

    # Counts and percentages ------------------------------------------------------------------

    @cached_property
    def cells(self) -> dict[Cell, list[Claim]]:
        """Claims of a count or a percentage, by what they are about and are printed of."""
        found: dict[Cell, list[Claim]] = {}
        for claim in self.claims.values():
            if claim.statistic in {"count", "percent"} and claim.is_number:
                found.setdefault(Cell(claim.quantity, claim.denominator), []).append(claim)
        return found

    @cached_property
    def about(self) -> dict[Quantity, list[Cell]]:
        """The cells of each quantity that bound a count."""
        found: dict[Quantity, list[Cell]] = {}
        for cell, claims in self.cells.items():
            if cell.of is not None or any(exact_count(claim) is not None for claim in claims):
                found.setdefault(cell.quantity, []).append(cell)
        return found

    def cell(self, quantity: Quantity) -> Cell | None:
        """Give the one cell of a quantity; None where it is open which is meant."""
        cells = self.about.get(quantity, [])
        counts = {
            count
            for cell in cells
            for claim in self.cells[cell]
            if (count := exact_count(claim)) is not None
        }
        if not cells or (len(counts) > 1 and len({c.of for c in cells} - {None}) > 1):
            return None
        return max(cells, key=lambda cell: cell.of or 0)

    def stated(self, cell: Cell) -> list[Claim]:
        """Give the claims of a cell that can bound a count."""
        claims = self.cells[cell]
        if cell.of is None:
            claims = [claim for claim in claims if claim.statistic == "count"]
        return claims

    def counts(
        self, cell: Cell, conventions: Sequence[Convention] | None = None
    ) -> tuple[int, int] | None:
        """Give the least and greatest count that the claims of a cell allow, None for none."""
        ways = self.ways if conventions is None else tuple(conventions)
        return allowed_counts(self.stated(cell), cell.of, ways)

    @cached_property
    def pairs(self) -> dict[tuple[str, str], tuple[Fraction, Claim]]:
        """Percentages beside a count of the same patients, with what the count is in per cent."""
        found = {}
        every = replace(self, dropped=frozenset()) if self.dropped else self
        for cell, claims in every.cells.items():
            counts = [claim for claim in claims if claim.statistic == "count"
                      and claim.comparator == "="]  # fmt: skip
            exact = exact_count(counts[0]) if counts else None
            if cell.of is None or exact is None or not 0 < exact < cell.of:
                continue
            for claim in claims:
                if claim.statistic == "percent" and claim.comparator == "=":
                    pair = (counts[0].claim_id, claim.claim_id)
                    found[pair] = (Fraction(100 * exact, cell.of), claim)
        return found

    def fit(self, pair: tuple[str, str], conventions: Sequence[Convention]) -> bool:
        """Tell whether a count and a percentage fit."""
        exact, percent = self.pairs[pair]
        return exact in percent.values(conventions)

    @cached_property
    def fitting(self) -> dict[Convention, int]:
        """How many percentages beside a printed count fit each convention, of all that fit one."""
        fits: dict[Convention, int] = dict.fromkeys(EVERY, 0)
        for exact, percent in self.pairs.values():
            for convention in EVERY:
                fits[convention] += exact in percent.values([convention])
        return fits

    @cached_property
    def own(self) -> tuple[Convention, ...]:
        """The conventions that the percentages show: rounded, unless cut off or rounded up."""
        fits = self.fitting
        rounded = max(
            fits["half up"],
            sum(exact in percent.values(ROUNDED) for exact, percent in self.pairs.values()),
        )
        others: tuple[Convention, ...] = ("truncated", "rounded up")
        for way in others:
            if fits[way] > rounded and fits[way] == max(fits[w] for w in ("half up", *others)):
                return (way,)
        return ROUNDED

    @cached_property
    def ways(self) -> tuple[Convention, ...]:
        """All conventions that a number may be printed by: rounded up only where some can be."""
        up = [pair for pair in self.pairs if self.way(pair) == "rounded up"]
        down = [
            pair
            for pair in self.pairs
            if self.fit(pair, self.own) and not self.fit(pair, ["rounded up"])
        ]
        if self.own == ROUNDED and len(down) >= PLAIN_ENOUGH and len(up) < 2:
            return tuple(way for way in EVERY if way != "rounded up")
        return EVERY

    def parts(self, cell: Cell) -> tuple[int, list[list[Claim]]] | None:
        """Give the parts of a declared sum of a quantity, of the same patients, with its place."""
        level = f"{cell.quantity.variable}={cell.quantity.variable_level}"
        for place, declared in enumerate(self.structure.sums):
            if declared.whole != level or cell.of is None:
                continue
            found = []
            for part in declared.parts:
                variable, _, value = part.partition("=")
                own = cell.quantity._replace(variable=variable, variable_level=value)
                found.append(self.cells.get(Cell(own, cell.of), []))
            if all(found):
                return place, found
        return None

    def way(self, pair: tuple[str, str]) -> Convention | None:
        """Give the plainest way of rounding in which a pair fits that does not fit plainly."""
        if self.fit(pair, self.own):
            return None
        order: tuple[Convention, ...] = ("rounded twice", "truncated", "rounded up")
        return next((way for way in order if self.fit(pair, [way])), None)

    # Patients --------------------------------------------------------------------------------

    def patients(self, group: tuple[str, str] = ("", "")) -> tuple[str, ...]:
        """Give the claims that state how many patients a group has, if they agree."""
        declared = self.every.get(self.structure.patients or "")
        if declared is None:
            return ()
        found = [
            claim
            for claim in self.claims.values()
            if claim.quantity[3:] == declared.quantity[3:]
            and claim.quantity[1:3] == group
            and exact_count(claim) is not None
        ]
        return (found[0].claim_id,) if len({exact_count(claim) for claim in found}) == 1 else ()

    def n(self, group: tuple[str, str] = ("", "")) -> int | None:
        """Give how many patients a group has, where that is printed as one number."""
        names = self.patients(group)
        return exact_count(self.claims[names[0]]) if names else None

    @cached_property
    def most(self) -> int:
        """The greatest number that a percentage can be of."""
        declared = self.every.get(self.structure.patients or "")
        if declared is not None:
            return exact_count(declared) or 0
        return sum({claim.denominator for claim in self.every.values() if claim.denominator})

    # Others ----------------------------------------------------------------------------------

    @cached_property
    def by_key(self) -> dict[tuple[str, ...], list[Claim]]:
        """Claims by the statistic they state."""
        found: dict[tuple[str, ...], list[Claim]] = {}
        for claim in self.claims.values():
            found.setdefault(claim.key, []).append(claim)
        return found

    def numbers(self, statistic: str, variable: str) -> list[Claim]:
        """Give the claims of a statistic of a variable that print a number."""
        return [
            claim
            for claim in self.claims.values()
            if claim.statistic == statistic
            and claim.quantity.variable == variable
            and claim.is_number
        ]


def exact_count(claim: Claim) -> int | None:
    """Give the count that a claim prints, None if it prints none or says only 'more than'."""
    if claim.statistic != "count" or claim.comparator != "=":
        return None
    low = claim.values(()).low
    return int(low) if low is not None and low.denominator == 1 else None


def allowed_counts(
    claims: Sequence[Claim], of: int | None, conventions: tuple[Convention, ...]
) -> tuple[int, int] | None:
    """Give the least and greatest count that claims about one quantity allow, None for none.

    Counts are printed whole: conventions of rounding concern percentages only.
    """
    exact = [count for count in map(exact_count, claims) if count is not None]
    last = of if of is not None else max(exact)
    allowed = Interval(Fraction(0), Fraction(last), True, True)
    for claim in claims:
        if claim.statistic == "count":
            own = claim.values(() if claim.comparator == "=" else conventions)
        else:
            own = claim.values(conventions).scaled(Fraction(of or 0, 100))
        if not allowed.meets(own):
            return None
        allowed = allowed.common(own)
    low, high = allowed.ends
    least = ceil(low) + (low.denominator == 1 and not allowed.low_closed)
    greatest = floor(high) - (high.denominator == 1 and not allowed.high_closed)
    return (least, greatest) if least <= greatest else None
