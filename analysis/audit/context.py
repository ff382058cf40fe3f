"""The ledger as the checker reads it, sharing nothing with how the rules read it.

What a printed number stands for is found by rounding candidates and comparing, where the rules
take intervals. Each check of a certificate is a function of this and of the certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from analysis.audit.certificate import Certificate
from analysis.audit.structure import Quantity, Relation, Structure, quantity_of, relations


class Rejected(ValueError):
    """Something in a proof is not as computed."""


@dataclass(frozen=True)
class Edges:
    """The ends of what a printed number stands for, and whether they belong to it."""

    low: Fraction
    high: Fraction
    low_closed: bool
    high_closed: bool


class Context:
    """A ledger and its structure, as what checks of certificates ask of them.

    Attributes
    ----------
    rows : rows of the ledger, by claim_id.
    structure : what is declared about the ledger.
    relations : what the structure makes of counts, by name.
    about : claims of a count or a percentage, by the quantity they are about.
    """

    def __init__(self, rows: list[Mapping[str, Any]], structure: Structure) -> None:
        self.rows = {str(row["claim_id"]): row for row in rows}
        self.structure = structure
        self.relations = {item.name: item for item in relations(structure, rows)}
        self.about: dict[Quantity, list[str]] = {}
        for name, row in self.rows.items():
            if row["statistic"] in {"count", "percent"}:
                self.about.setdefault(quantity_of(row), []).append(name)

    def key(self, name: str) -> tuple[str, ...]:
        """Give what a claim states: the five names of its quantity, and the statistic."""
        row = self.rows[name]
        return (*map(str, vars(quantity_of(row)).values()), str(row["statistic"]))

    def denominator(self, name: str) -> int | None:
        """Give the denominator of a claim, None where the ledger has none."""
        value = self.rows[name]["denominator"]
        return None if value is None or value != value or str(value) == "<NA>" else int(value)

    def digits(self, name: str) -> tuple[Fraction, int]:
        """Give a printed number, and how many decimals it has."""
        text = str(self.rows[name]["printed"]).lstrip("<>=").replace(",", "")
        return Fraction(text), len(text.partition(".")[2])

    def prints(self, name: str, value: Fraction, conventions: Sequence[str]) -> bool:
        """Tell whether a number would be printed as it is, under one of the conventions."""
        printed, decimals = self.digits(name)
        comparator = self.rows[name]["comparator"]
        if comparator != "=":
            compare = {
                "<": value < printed,
                "<=": value <= printed,
                ">": value > printed,
                ">=": value >= printed,
            }
            return compare[comparator]
        scaled, wanted = value * 10**decimals, printed * 10**decimals
        whole = scaled.numerator // scaled.denominator
        part = scaled - whole
        ways: set[int] = set()
        if "half up" in conventions:
            # Halves go away from zero.
            half = Fraction(1, 2)
            ways.add(whole + (part >= half if value >= 0 else part > half))
        if "half even" in conventions:
            tie = {whole, whole + 1} if part == Fraction(1, 2) else set()
            ways |= tie or {whole + (part > Fraction(1, 2))}
        if "truncated" in conventions:
            ways.add(whole if value >= 0 or part == 0 else whole + 1)
        return wanted in ways

    def edges(self, name: str, conventions: Sequence[str]) -> Edges:
        """Give the ends of what a printed '=' stands for."""
        if self.rows[name]["comparator"] != "=":
            raise Rejected(f"{name} does not print an exact number")
        printed, decimals = self.digits(name)
        unit = Fraction(1, 10**decimals)
        candidates = [printed + step * unit / 4 for step in (-4, -3, -2, -1, 0, 1, 2, 3, 4)]
        inside = [value for value in candidates if self.prints(name, value, conventions)]
        # Each convention changes at halves or wholes of the last digit only, so that the quarter
        # points beside an end tell which end it is and whether it belongs.
        low, high = min(inside), max(inside)
        halves = Fraction(1, 2) * unit

        def end(value: Fraction, direction: int) -> tuple[Fraction, bool]:
            offset = (value - printed) / halves
            if offset.denominator == 1:
                return value, True
            return value + direction * unit / 4, False

        (first, first_closed), (last, last_closed) = end(low, -1), end(high, 1)
        return Edges(first, last, first_closed, last_closed)

    def fits(self, name: str, count: int, of: int, conventions: Sequence[str]) -> bool:
        """Tell whether a claim allows a count, of its own denominator or else of the one given."""
        row = self.rows[name]
        if row["statistic"] == "count":
            if row["comparator"] != "=":
                return self.prints(name, Fraction(count), conventions)
            return Fraction(count) == self.digits(name)[0]
        return self.prints(name, Fraction(100 * count, self.denominator(name) or of), conventions)

    def allowed(self, names: Sequence[str], conventions: Sequence[str]) -> list[int] | None:
        """Give the counts that claims about one quantity allow, None where nothing bounds them."""
        denominators = [d for d in map(self.denominator, names) if d]
        printed = [
            int(self.digits(name)[0])
            for name in names
            if self.rows[name]["statistic"] == "count" and self.rows[name]["comparator"] == "="
        ]
        if not denominators and not printed:
            return None
        last = min(denominators) if denominators else max(printed)
        return [
            count
            for count in range(last + 1)
            if all(
                self.fits(name, count, 1, conventions)
                for name in names
                if self.rows[name]["statistic"] == "count" or self.denominator(name)
            )
        ]

    def patients(self, name: str) -> int:
        """Give the number of patients, by the claim that is declared to state it."""
        if not name or name != self.structure.patients:
            raise Rejected(f"{name} is not the declared number of patients")
        number, decimals = self.digits(name)
        if decimals or self.rows[name]["comparator"] != "=":
            raise Rejected(f"{name} is not a number of patients")
        return int(number)

    def relation(self, name: str) -> Relation:
        """Give a declared relation by its name."""
        if name not in self.relations:
            raise Rejected(f"the relation {name!r} is not declared")
        return self.relations[name]


Figures = dict[str, Any]


def under_every_rounding(item: Any) -> bool:
    """Tell whether a certificate leaves no convention of rounding out."""
    return set(item.conventions) == {"half up", "half even", "truncated"}


def _never(_: Any) -> bool:
    return False


@dataclass(frozen=True)
class Verification:
    """How a kind of certificate is checked.

    Attributes
    ----------
    figures : computes the figures of a certificate again, by their names in it; raises `Rejected`,
        or another error, where it says what the ledger and the structure do not.
    under_every_reading : whether what such a certificate refutes is impossible, and not only under
        the reading that it takes.
    """

    figures: Callable[[Context, Any], Figures]
    under_every_reading: Callable[[Any], bool] = _never


# How each kind of certificate is checked.
Checks = Mapping[type[Certificate], Verification]
