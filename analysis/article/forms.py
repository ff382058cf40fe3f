"""What a printed number says by its form alone: its value, decimals and sign, or that it is none.

The number itself is read by `analysis.study.printed`, which the audit reads it by too; here a
string is only admitted when nothing of it is left over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analysis.study.keys import NOT_REACHED
from analysis.study.printed import number_and_unit

ABOUT, RANGE = "about", "range"

# Written instead of a number that the data do not give; compared without case, dots and spaces.
NO_NUMBER = frozenset(
    {
        "nr",
        "ne",
        "not reached",
        "not yet reached",
        "not achieved",
        "not estimable",
        "not estimated",
        "not evaluable",
        "not calculable",
    }
)

_COMPARATORS = {
    "": "",
    "=": "",
    "<": "<",
    "＜": "<",
    "<=": "<=",
    "≤": "<=",
    "⩽": "<=",
    "≦": "<=",
    ">": ">",
    "＞": ">",
    ">=": ">=",
    "≥": ">=",
    "⩾": ">=",
    "≧": ">=",
    "~": ABOUT,
    "≈": ABOUT,
    "∼": ABOUT,
}
_SPACE = r"[ \u00a0\u2007\u2009\u200a\u202f]"
_MINUS = r"[-−‐‑–]"
_NUMBER = (
    rf"(?:\d{{1,3}}(?:{_SPACE}\d{{3}})+|[1-9]\d{{0,2}}(?:,\d{{3}})+|\d+)(?P<fraction>[.·]\d+)?"
    r"|\d+(?P<comma>,\d+)|(?P<bare>[.·]\d+)"
)
_POWER = rf"(?:[eE][-+−]?\d{{1,3}}|{_SPACE}?[×x]{_SPACE}?10\^?{_MINUS}?\d{{1,3}})?"
_FORM = re.compile(
    rf"(?P<sign>[<>]=|[=<＜≤⩽≦>＞≥⩾≧~≈∼]?){_SPACE}?(?:{_MINUS}|\+)?(?:{_NUMBER}){_POWER}"
    rf"(?P<percent>{_SPACE}?[%％])?"
)
_ONE = r"[-−]?[.·]?\d[\d.,·]*%?"
_RANGE = re.compile(rf"{_ONE}{_SPACE}?(?:[-−‐‑–—]|to|;|,{_SPACE}){_SPACE}?{_ONE}")


@dataclass(frozen=True)
class Form:
    """What a printed string is.

    Attributes
    ----------
    comparator
        `=`, `<`, `<=`, `>`, `>=`, `about`, `not reached` or `range`.
    number
        None of the last two.
    decimals
        Of the digits as printed, before any power of ten; None where there is no number.
    percent
        Whether a percent sign is printed.
    """

    comparator: str
    number: Fraction | None = None
    decimals: int | None = None
    percent: bool = False

    @property
    def value(self) -> str:
        """The number as decimal digits, '' where there is none.

        >>> form_of("1,000").value, form_of("28·10").value, form_of("NR").value
        ('1000', '28.10', '')
        """
        if self.number is None or self.decimals is None:
            return ""
        if (self.number * 10**self.decimals).denominator == 1:
            return f"{_decimal(self.number, self.decimals)}"
        return f"{Decimal(self.number.numerator) / Decimal(self.number.denominator):.15g}"


def form_of(printed: str) -> Form | None:
    """Give what a printed string is, or None when it is no number, range or word for neither.

    >>> form_of("<.001").comparator, float(form_of("5.81 × 10−48").number)
    ('<', 5.81e-48)
    >>> form_of("12–18").comparator, form_of("about 108")
    ('range', None)
    """
    text = printed.strip()
    if text.lower().replace(".", "") in NO_NUMBER:
        return Form(NOT_REACHED)
    found = _FORM.fullmatch(text)
    if found is None:
        return Form(RANGE) if _RANGE.fullmatch(text) else None
    number, _ = number_and_unit(text)
    fraction = found["fraction"] or found["comma"] or found["bare"] or "."
    comparator = _COMPARATORS[found["sign"]] or "="
    return Form(comparator, number, len(fraction) - 1, found["percent"] is not None)


def has_sign(printed: str) -> bool:
    """Tell whether a sign such as < or ~ is printed before a number."""
    found = _FORM.fullmatch(printed.strip())
    return found is not None and bool(_COMPARATORS[found["sign"]])


def _decimal(number: Fraction, decimals: int) -> str:
    whole = number * 10**decimals
    digits = str(abs(whole.numerator)).rjust(decimals + 1, "0")
    sign = "-" if number < 0 else ""
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)
