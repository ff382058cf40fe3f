"""Certificates about medians, ranges, cut-offs, limits and doses."""

# ruff: noqa: D102 (the three methods of every certificate are described in `Certificate`)

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from analysis.audit.certificate import Certificate, Quotes, as_read, decimal, from_to
from analysis.study.printed import Convention


class Order(Certificate):
    """Two numbers of which the first cannot be above the second."""

    kind: Literal["order"] = "order"
    smaller: str
    larger: str
    because: str
    conventions: tuple[Convention, ...]
    least_of_smaller: Fraction
    greatest_of_larger: Fraction

    def claims(self) -> list[str]:
        return [self.smaller, self.larger]

    def refutes(self) -> bool:
        return self.least_of_smaller > self.greatest_of_larger

    def steps(self, quotes: Quotes) -> list[str]:
        return [
            f"{quotes[self.smaller]} cannot be above {quotes[self.larger]}: {self.because}.",
            f"{as_read(self.conventions).capitalize()}, the first is "
            f"{decimal(self.least_of_smaller)} or more, the second "
            f"{decimal(self.greatest_of_larger)} or less.",
        ]


class Limits(Certificate):
    """A statistic that can only lie between two numbers, and what is printed."""

    kind: Literal["limits"] = "limits"
    claim: str
    conventions: tuple[Convention, ...]
    least: Fraction
    most: Fraction | None
    low: Fraction
    high: Fraction

    def claims(self) -> list[str]:
        return [self.claim]

    def refutes(self) -> bool:
        return self.high < self.least or (self.most is not None and self.low > self.most)

    def steps(self, quotes: Quotes) -> list[str]:
        upper = "" if self.most is None else f" and at most {decimal(self.most)}"
        return [
            f"{quotes[self.claim]} is a statistic of at least {decimal(self.least)}{upper}.",
            f"What is printed is from {decimal(self.low)} to {decimal(self.high)}.",
        ]


class Grid(Certificate):
    """A number that can only be a multiple of a step, and the multiples next to what is printed."""

    kind: Literal["grid"] = "grid"
    claim: str
    patients: str
    because: str
    conventions: tuple[Convention, ...]
    step: Fraction
    below: Fraction
    above: Fraction
    fits: tuple[Fraction, ...]

    def claims(self) -> list[str]:
        return [self.claim, self.patients]

    def refutes(self) -> bool:
        return not self.fits

    def steps(self, quotes: Quotes) -> list[str]:
        found = "lie" if not self.fits else "do not both lie"
        return [
            f"{quotes[self.claim]} is of {quotes[self.patients]} patients: {self.because}, "
            f"it is a multiple of {decimal(self.step, 6)}.",
            f"The multiples nearest to it, {decimal(self.below, 6)} and {decimal(self.above, 6)}, "
            f"{found} beyond what the printed number stands for, {as_read(self.conventions)}.",
        ]


class Cut(Certificate):
    """A median against the number of patients on one side of a cut-off.

    `low` and `high` are the least and greatest number of patients at or beyond the cut-off;
    `median_low` and `median_high` bound the printed median. The least number of patients who have
    to be beyond it, and the greatest number who can be, follow from which side the median is on.
    """

    kind: Literal["cut"] = "cut"
    median: str
    level: tuple[str, ...]
    patients: str
    cut: Fraction
    side: Literal["at least", "at most"]
    conventions: tuple[Convention, ...]
    n: int
    low: int
    high: int
    median_low: Fraction
    median_high: Fraction
    least: int
    most: int
    astride: bool

    def claims(self) -> list[str]:
        return [self.median, *self.level, self.patients]

    def refutes(self) -> bool:
        return self.high < self.least or self.low > self.most

    def steps(self, quotes: Quotes) -> list[str]:
        levels = " and ".join(str(quotes[claim]) for claim in self.level)
        result = [
            f"Of {self.n} patients, {from_to(self.low, self.high)} have {self.side} "
            f"{decimal(self.cut)} by {levels}, {as_read(self.conventions)}.",
            f"The median, {quotes[self.median]}, is from {decimal(self.median_low)} to "
            f"{decimal(self.median_high)}, so that {from_to(self.least, self.most)} patients can "
            f"have {self.side} {decimal(self.cut)}.",
        ]
        if self.astride:
            if self.side == "at least":
                sides = f"one is below {decimal(self.cut)}, and the other therefore above "
                sides += decimal(2 * self.median_low - self.cut)
            else:
                sides = f"one is above {decimal(self.cut)}, and the other therefore below "
                sides += decimal(2 * self.median_high - self.cut)
            result.append(
                f"With exactly half of the patients on each side, the median is the mean of the "
                f"two middle values: {sides}."
            )
        return result


class Scaled(Certificate):
    """A number against another that a definition makes a multiple of it."""

    kind: Literal["scaled"] = "scaled"
    product: str
    base: str
    factor: Fraction
    conventions: tuple[Convention, ...]
    product_low: Fraction
    product_high: Fraction
    scaled_low: Fraction
    scaled_high: Fraction
    low: Fraction | None
    high: Fraction | None

    def claims(self) -> list[str]:
        return [self.product, self.base]

    def refutes(self) -> bool:
        return self.low is None

    def steps(self, quotes: Quotes) -> list[str]:
        return [
            f"By definition, BED = {decimal(self.factor)} × EQD2 in every patient, so that their "
            "medians, minima and maxima are in the same proportion.",
            f"{quotes[self.product]} is from {decimal(self.product_low)} to "
            f"{decimal(self.product_high)}, {as_read(self.conventions)}.",
            f"{quotes[self.base]} times {decimal(self.factor)} is from {decimal(self.scaled_low)} "
            f"to {decimal(self.scaled_high)}.",
            "No number is in both."
            if self.low is None or self.high is None
            else f"Both hold from {decimal(self.low)} to {decimal(self.high)} only.",
        ]


AnyOf = Order | Limits | Grid | Cut | Scaled
