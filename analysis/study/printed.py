"""How a number is printed, and what a printed number can stand for: the one place for both.

Journals and R's tables of the field round half up, away from zero: 0.25 gives 0.3, where binary or
half-even rounding would give 0.2. Other conventions are met in print, and are named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Convention = Literal["half up", "half even", "truncated", "rounded up", "rounded twice"]

ROUNDED: tuple[Convention, ...] = ("half up", "half even")
EVERY: tuple[Convention, ...] = (*ROUNDED, "truncated", "rounded up", "rounded twice")

# As journals print signs: the Lancet's decimal point, minus signs, wide forms.
_SIGNS = str.maketrans(
    {"·": ".", "−": "-", "‐": "-", "‑": "-", "–": "-", "＜": "<", "＞": ">", "≤": "<", "≥": ">"}
)
_SPACES = re.compile(r"(?<=\d)[\s\u00a0\u2007\u2009\u200a\u202f]+(?=\d{3}(?!\d))")
# A power of ten as it is printed, 5.81 × 10−48; a superscript may have become plain digits.
_POWER = re.compile(r"(?<=\d)[\s\u00a0\u2009]*[×x][\s\u00a0\u2009]*10\^?(?=-?\d)")
# No group of thousands begins with 0: "0,001" has a decimal comma.
_NUMBER = re.compile(
    r"-?(?:(?P<whole>[1-9]\d{0,2}(?:,\d{3})+|\d+)?(?:[.,](?P<fraction>\d+))?)(?:[eE](?P<power>[-+]?\d+))?"
)


def half_up(value: float | Decimal, decimals: int = 0) -> Decimal:
    """Give a finite number rounded to `decimals` places, halves away from zero.

    The shortest decimal that stands for the number is what is rounded, so that 2.675 gives 2.68
    although the nearest binary number lies below it.

    >>> half_up(2.675, 2), half_up(-0.25, 1)
    (Decimal('2.68'), Decimal('-0.3'))

    Raises
    ------
    ValueError
        When the number is missing or infinite.
    """
    exact = exactly(value)
    if not exact.is_finite():
        raise ValueError(f"A number is needed to round, not {value}.")
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def exactly(value: float | Decimal) -> Decimal:
    """Give the decimal that a computed number stands for.

    Twelve digits hold every statistic here and drop what binary fractions add to a half.

    >>> exactly(0.1 + 0.2)
    Decimal('0.3')
    """
    return value if isinstance(value, Decimal) else Decimal(f"{value:.12g}")


def plain(value: float) -> str:
    """Give a number as people type it, all its digits and no exponent; for keys and parameters.

    >>> plain(1e6), plain(12345.67), plain(60.0)
    ('1000000', '12345.67', '60')
    """
    text = f"{Decimal(repr(float(value))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Both ends, of an interval that has them.

        Raises
        ------
        ValueError
            When it is open to infinity.
        """
        if self.low is None or self.high is None:
            raise ValueError(f"{self} is open to infinity")
        return self.low, self.high

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
    text = _POWER.sub("e", _SPACES.sub("", printed.translate(_SIGNS)))
    found = next((m for m in _NUMBER.finditer(text) if m["whole"] or m["fraction"]), None)
    if found is None:
        raise ValueError(f"no number in {printed!r}")
    fraction, power = found["fraction"] or "", int(found["power"] or 0)
    whole = (found["whole"] or "0").replace(",", "")
    unit = Fraction(10) ** (power - len(fraction))
    return Fraction(int(whole + fraction)) * unit * (-1 if found[0].startswith("-") else 1), unit


@lru_cache(maxsize=10_000)
def values(
    printed: str, comparator: str = "=", conventions: tuple[Convention, ...] = EVERY
) -> Interval:
    """Give all numbers that a printed one can stand for under any of some conventions.

    Half up takes [p − u/2, p + u/2) for a printed p of unit u, and, below zero, the mirror image
    of it, since halves go away from zero. Half even takes both ends where
    the last digit is even and neither where it is odd; as programs differ in the direction of
    ties, both ends are taken here. Truncated takes [p, p + u), away from zero below it, and rounded
    up (p − u, p]. Rounded twice, as 1.445 that gives 1.45, 1.5 and 2, takes 0.555 units on both
    sides. The union is one interval, since each of them holds p.
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
    pieces = [Interval(number, number, True, True)]
    pieces += [_piece(number, unit, convention) for convention in conventions]
    low, low_open = min((piece.low, not piece.low_closed) for piece in pieces)
    high, high_closed = max((piece.high, piece.high_closed) for piece in pieces)
    return Interval(low, high, not low_open, high_closed)


def _piece(number: Fraction, unit: Fraction, convention: Convention) -> Interval:
    """Give what a number stands for under one convention."""
    half, twice = unit / 2, unit * Fraction(111, 200)
    match convention:
        case "half up":
            return Interval(number - half, number + half, number > 0, number < 0)
        case "half even":
            return Interval(number - half, number + half, True, True)
        case "rounded twice":
            return Interval(number - twice, number + twice, True, True)
        case "truncated":
            low, high = (number - unit * (number <= 0), number + unit * (number >= 0))
            return Interval(low, high, number > 0, number < 0)
        case "rounded up":
            low, high = (number - unit * (number > 0), number + unit * (number < 0))
            return Interval(low, high, number <= 0, number >= 0)
