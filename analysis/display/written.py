"""Numbers in what is shown: how they are found, and whether one is a value that was written so."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from analysis.display.format import MISSING, NOT_ESTIMABLE, NOT_REACHED
from analysis.study.printed import half_up

DIGITS = r"(?:[<>=] ?)?−?\d+(?:,\d{3})*(?:\.\d+)?"
# What may be the value of a row as it is shown: a number, or a sign that there is none. The dash of
# a range looks like such a sign, and is told from it by never being another.
NUMBER = re.compile(rf"{DIGITS}|\b{NOT_REACHED}\b|{MISSING}|{NOT_ESTIMABLE}")
WITHOUT = (NOT_REACHED, MISSING, NOT_ESTIMABLE)


def split(number: str) -> tuple[str, str]:
    """Part what stands before a number, and is no part of it, from the number.

    >>> split("= 0.024"), split("< 0.001"), split("NR")
    (('= ', '0.024'), ('', '< 0.001'), ('', 'NR'))
    """
    plain = number.removeprefix("= ")
    return number.removesuffix(plain), plain


def is_written(value: Any, shown: str) -> bool:
    """Tell whether a value, written as something is shown, is that.

    >>> is_written(12.558, "12.6"), is_written(0.0004, "<0.001"), is_written(float("nan"), "NR")
    (True, True, True)
    >>> is_written(12.4, "12.6")
    False
    """
    if pd.isna(value) or math.isinf(value):
        return shown in WITHOUT
    if shown in WITHOUT:
        return False
    plain = re.sub(r"[>=,\s]", "", shown).replace("−", "-")
    if plain.startswith("<"):
        # A limit that was recorded, or a p value too small to be written.
        return value < float(plain[1:]) or half_up(value, _decimals(plain)) == half_up(
            float(plain[1:]), _decimals(plain)
        )
    return bool(half_up(value, _decimals(plain)) == half_up(float(plain), _decimals(plain)))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])
