"""What numbers a printed one can stand for, exactly, under each convention of rounding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Convention = Literal["half up", "half even", "truncated"]

ROUNDED: tuple[Convention, ...] = ("half up", "half even")
EVERY: tuple[Convention, ...] = (*ROUNDED, "truncated")

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.(?P<fraction>\d+))?")


@dataclass(frozen=True)
class Interval:
    """The numbers between `low` and `high`; an end that is None is open to infinity."""

    low: Fraction | None
    high: Fraction | None
    low_closed: bool = True
    high_closed: bool = False

    def __contains__(self, value: Fraction | int) -> bool:
        if self.low is not None and (
            value < self.low or (value == self.low and not self.low_closed)
        ):
            return False
        return self.high is None or value < self.high or (value == self.high and self.high_closed)

    def scaled(self, factor: Fraction | int) -> Interval:
        """Give the interval of these numbers times a positive factor."""
        return Interval(
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
            self.low_closed,
            self.high_closed,
        )

    def below(self, other: Interval) -> bool:
        """Tell whether every number here is less than every number of the other."""
        if self.high is None or other.low is None:
            return False
        touching = self.high_closed and other.low_closed
        return self.high < other.low or (self.high == other.low and not touching)

    def meets(self, other: Interval) -> bool:
        """Tell whether some number is in both."""
        return not (self.below(other) or other.below(self))

    def common(self, other: Interval) -> Interval:
        """Give the numbers in both; the intervals must meet."""
        low, low_closed = self.low, self.low_closed
        if other.low is not None and (
            low is None or other.low > low or (other.low == low and not other.low_closed)
        ):
            low, low_closed = other.low, other.low_closed
        high, high_closed = self.high, self.high_closed
        if other.high is not None and (
            high is None or other.high < high or (other.high == high and not other.high_closed)
        ):
            high, high_closed = other.high, other.high_closed
        return Interval(low, high, low_closed, high_closed)


def number_and_unit(printed: str) -> tuple[Fraction, Fraction]:
    """Give a printed number exactly, and one unit of its last decimal.

    >>> number_and_unit("1,000"), number_and_unit("<0.050")
    ((Fraction(1000, 1), Fraction(1, 1)), (Fraction(1, 20), Fraction(1, 1000)))

    Raises
    ------
    ValueError
        When there is no number in it.
    """
    found = _NUMBER.search(printed)
    if found is None:
        raise ValueError(f"no number in {printed!r}")
    return Fraction(found[0].replace(",", "")), Fraction(1, 10 ** len(found["fraction"] or ""))


@lru_cache(maxsize=10_000)
def values(
    printed: str, comparator: str = "=", conventions: tuple[Convention, ...] = EVERY
) -> Interval:
    """Give all numbers that a printed one can stand for under any of some conventions.

    Half up takes [p − u/2, p + u/2) for a printed p of unit u. Half even takes both ends where
    the last digit is even and neither where it is odd; as programs differ in the direction of
    ties, both ends are taken here. Truncated takes [p, p + u), away from zero below it. The
    union is one interval, since each of them holds p.
    """
    number, unit = number_and_unit(printed)
    match comparator:
        case "<":
            return Interval(None, number, False, False)
        case "<=":
            return Interval(None, number, False, True)
        case ">":
            return Interval(number, None, False, False)
        case ">=":
            return Interval(number, None, True, False)
    chosen = set(conventions)
    low, low_closed, high, high_closed = number, True, number, True
    if "half up" in chosen:
        low, high, high_closed = number - unit / 2, number + unit / 2, False
    if "half even" in chosen:
        low, high, high_closed = number - unit / 2, number + unit / 2, True
    if "truncated" in chosen:
        if number >= 0:
            high, high_closed = number + unit, False
        if number <= 0:
            low, low_closed = number - unit, False
    return Interval(low, high, low_closed, high_closed)
