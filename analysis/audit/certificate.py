"""What a certificate is: the complete result of one exact computation, and its words.

Each family of rules has its own kinds, in `families.<family>.certificates`. The numbered steps are
written from the figures, so that words and figures cannot part.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from analysis.study.printed import EVERY, Convention


class Data(BaseModel):
    """Plain data that cannot be changed, and holds nothing but what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quoted(Data):
    """A claim as the ledger states it."""

    claim_id: str
    printed: str
    comparator: str
    denominator: int | None
    locator: str

    def __str__(self) -> str:
        return f"“{self.printed}” ({self.locator})"


Quotes = dict[str, Quoted]


class Certificate(Data):
    """The result of one exact computation from printed numbers."""

    @abstractmethod
    def claims(self) -> list[str]:
        """Give the claims that were used."""

    @abstractmethod
    def refutes(self) -> bool:
        """Tell whether the claims cannot hold together under what the certificate assumes."""

    @abstractmethod
    def steps(self, quotes: Quotes) -> list[str]:
        """Give the derivation in words."""


def decimal(value: Fraction, places: int = 4) -> str:
    """Write a fraction as a decimal, with `…` where digits are cut off.

    >>> decimal(Fraction(1, 4)), decimal(Fraction(2, 3), 3)
    ('0.25', '0.666…')
    """
    sign, value = ("−" if value < 0 else ""), abs(value)
    scaled = value * 10**places
    whole = scaled.numerator // scaled.denominator
    text = f"{whole // 10**places}.{whole % 10**places:0{places}d}"
    if scaled.denominator == 1:
        return sign + text.rstrip("0").rstrip(".")
    return f"{sign}{text}…"


def as_read(conventions: tuple[Convention, ...]) -> str:
    """Say under which conventions of rounding a number is read."""
    if set(conventions) == set(EVERY):
        return "whether rounded or cut off"
    if conventions == ("truncated",):
        return "if it is cut off"
    return "if it is rounded"


def from_to(low: int, high: int) -> str:
    """Write a range of counts, or the one count that it is."""
    return str(low) if low == high else f"{low} to {high}"
