"""Times as ledgers name them: a number, or a number with its unit."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

# Months of 30.4375 days.
_MONTHS = (
    (re.compile(r"y(?:ea)?rs?|years?|y"), Fraction(12)),
    (re.compile(r"months?|mos?"), Fraction(1)),
    (re.compile(r"weeks?|wks?"), Fraction(7) / Fraction("30.4375")),
    (re.compile(r"days?|d"), 1 / Fraction("30.4375")),
)
_PARTS = re.compile(r"(?P<number>\d+(?:\.\d+)?)[ -]?(?P<unit>[a-z]*)")


class Time(NamedTuple):
    """A time: in months where its unit is told, and else as it is printed."""

    told: bool
    value: Fraction


def time_of(level: str) -> Time | None:
    """Give the time that a level names, None for a level that names none.

    >>> time_of("1 year"), time_of("24")
    (Time(told=True, value=Fraction(12, 1)), Time(told=False, value=Fraction(24, 1)))
    """
    parts = _PARTS.fullmatch(level)
    if parts is None:
        return None
    if not parts["unit"]:
        return Time(False, Fraction(parts["number"]))
    months = months_in(parts["unit"])
    return None if months is None else Time(True, Fraction(parts["number"]) * months)


def months_in(unit: str) -> Fraction | None:
    """Give how many months a unit of time has, None for what is no unit of time."""
    return next((months for names, months in _MONTHS if names.fullmatch(unit)), None)
