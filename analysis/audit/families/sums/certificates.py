"""Certificates that counts add up, or that no whole numbers satisfy all that is printed."""

# ruff: noqa: D102 (the three methods of every certificate are described in `Certificate`)

from __future__ import annotations

from typing import Literal

from analysis.audit.certificate import Certificate, Quotes, as_read, from_to
from analysis.study.printed import Convention


class Bounds(Certificate):
    """Least and greatest value of a declared sum of counts, which should be 0, or at least 0.

    `terms` are, in the order of the relation, sign, least and greatest count, and the claims.
    """

    kind: Literal["bounds"] = "bounds"
    relation: str
    equal: bool
    conventions: tuple[Convention, ...]
    terms: tuple[tuple[int, int, int, tuple[str, ...]], ...]
    low: int
    high: int

    def claims(self) -> list[str]:
        return [claim for *_, about in self.terms for claim in about]

    def refutes(self) -> bool:
        return self.high < 0 or (self.equal and self.low > 0)

    def steps(self, quotes: Quotes) -> list[str]:
        def side(sign: int) -> str:
            return " + ".join(
                f"{low if low == high else f'{low} to {high}'} {quotes[about[0]].locator!r}"
                for found, low, high, about in self.terms
                if found == sign
            )

        expected = "equals" if self.equal else "is at least"
        return [
            f"By the relation “{self.relation}”, {side(1)} {expected} {side(-1)} "
            f"({as_read(self.conventions)}).",
            f"The first less the second is {from_to(self.low, self.high)}.",
            f"It should be {'0' if self.equal else '0 or more'}: "
            + ("this cannot be." if self.refutes() else "this can be."),
        ]


class Infeasible(Certificate):
    """Relations and claims that no whole numbers satisfy together (CP-SAT).

    Both lists are minimal: without any one of them there is a solution.
    """

    kind: Literal["infeasible"] = "infeasible"
    relations: tuple[str, ...]
    about: tuple[str, ...]
    conventions: tuple[Convention, ...]

    def claims(self) -> list[str]:
        return list(self.about)

    def refutes(self) -> bool:
        return True

    def steps(self, quotes: Quotes) -> list[str]:
        return [
            "Relations: " + "; ".join(f"“{name}”" for name in self.relations) + ".",
            "Claims: " + "; ".join(str(quotes[claim]) for claim in self.about) + ".",
            f"No whole numbers satisfy all of them, {as_read(self.conventions)}; without any one "
            "of them there are some.",
        ]


AnyOf = Bounds | Infeasible
