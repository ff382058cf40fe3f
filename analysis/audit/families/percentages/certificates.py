"""Certificates about a count and the percentages that are printed for it."""

# ruff: noqa: D102 (the three methods of every certificate are described in `Certificate`)

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pydantic import Field

from analysis.audit.certificate import Certificate, Quotes, as_read, decimal
from analysis.study.printed import Convention


class Counts(Certificate):
    """All counts that the claims about one quantity allow.

    Attributes
    ----------
    of : the denominators that were tried.
    fits : pairs of count and denominator that every claim allows.
    near : where one denominator was tried, the nearest counts, with their exact percentages.
    """

    kind: Literal["counts"] = "counts"
    about: tuple[str, ...]
    conventions: tuple[Convention, ...]
    of: tuple[int, ...]
    fits: tuple[tuple[int, int], ...]
    near: dict[int, Fraction] = Field(default_factory=dict)

    def claims(self) -> list[str]:
        return list(self.about)

    def refutes(self) -> bool:
        return not self.fits

    def steps(self, quotes: Quotes) -> list[str]:
        whole = (
            f"of {self.of[0]}" if len(self.of) == 1 else f"of any number from 1 to {self.of[-1]}"
        )
        listed = " and ".join(str(quotes[claim]) for claim in self.about)
        result = [f"Every count {whole} is tried against {listed}, {as_read(self.conventions)}."]
        result += [
            f"{count} of {self.of[0]} is {decimal(percent, 4)} %."
            for count, percent in self.near.items()
        ]
        if self.fits:
            shown = ", ".join(f"{count} of {of}" for count, of in self.fits[:4])
            more = f" and {len(self.fits) - 4} more" if len(self.fits) > 4 else ""
            result.append(f"What fits: {shown}{more}.")
        else:
            result.append("No count fits.")
        return result


class Restated(Certificate):
    """Two statements of one statistic that no number can stand behind together."""

    kind: Literal["restated"] = "restated"
    first: str
    second: str
    conventions: tuple[Convention, ...]
    gap: Fraction

    def claims(self) -> list[str]:
        return [self.first, self.second]

    def refutes(self) -> bool:
        return self.gap >= 0

    def steps(self, quotes: Quotes) -> list[str]:
        return [
            f"{quotes[self.first]} and {quotes[self.second]} state the same statistic.",
            f"{as_read(self.conventions).capitalize()}, what they stand for is "
            f"{decimal(self.gap)} apart.",
        ]


class SumOfPrinted(Certificate):
    """A printed percentage that is the sum of printed percentages of its parts."""

    kind: Literal["sum of printed"] = "sum of printed"
    relation: str
    whole: str
    parts: tuple[str, ...]
    total: Fraction

    def claims(self) -> list[str]:
        return [self.whole, *self.parts]

    def refutes(self) -> bool:
        return False

    def steps(self, quotes: Quotes) -> list[str]:
        terms = " + ".join(str(quotes[part]) for part in self.parts)
        return [f"{terms} = {decimal(self.total)}, which is {quotes[self.whole]}."]


AnyOf = Counts | Restated | SumOfPrinted
