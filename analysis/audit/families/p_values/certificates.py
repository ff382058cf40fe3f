"""Certificates about p values of two-by-two tables."""

# ruff: noqa: D102 (the three methods of every certificate are described in `Certificate`)

from __future__ import annotations

from typing import Literal

from analysis.audit.certificate import Certificate, Data, Quotes
from analysis.audit.structure import Comparison
from analysis.study.printed import Convention


class Table(Data):
    """A two-by-two table by its first cell and its margins, and p values to six digits.

    For an association `first` counts the patients in both margins; for a paired comparison, the
    patients in the first margin only; unpaired there is one table, and `first` is the first
    margin.
    """

    margins: tuple[int, int]
    first: int
    p: dict[str, str]


class Tables(Certificate):
    """Every two-by-two table that two margins allow, with its p value under every test.

    `digits` is the claim whose printed digits are looked for; it is not `claim` where labels are
    exchanged. `margins` are the claims that state each margin, `sizes` the numbers of patients: of
    two groups, which are the denominators of the margins, or twice all `patients`. `fits` are the
    tests and tables (margins, first cell) that give the digits.
    """

    kind: Literal["tables"] = "tables"
    claim: str
    digits: str
    margins: tuple[tuple[str, ...], tuple[str, ...]]
    patients: str | None
    comparison: Comparison
    conventions: tuple[Convention, ...]
    sizes: tuple[int, int]
    tables: tuple[Table, ...]
    fits: tuple[tuple[str, tuple[int, int], int], ...]

    def claims(self) -> list[str]:
        used = [self.claim, self.digits, *self.margins[0], *self.margins[1]]
        return list(dict.fromkeys(used + ([self.patients] if self.patients else [])))

    def refutes(self) -> bool:
        return not self.fits

    def steps(self, quotes: Quotes) -> list[str]:
        tests = list(dict.fromkeys(test for table in self.tables for test in table.p))
        what = {
            "association": "tables of two facts in the same patients",
            "paired": "paired tables of the same patients",
            "unpaired": "tables of two groups",
        }[self.comparison]
        first, second = (str(quotes[margin[0]]) for margin in self.margins)
        whole = " and ".join(str(size) for size in dict.fromkeys(self.sizes))
        shown = " (labels exchanged)" if self.claim != self.digits else ""
        many = f"{len(self.tables)} {what}" if len(self.tables) > 1 else "one table"
        result = [
            f"{first} and {second}, of {whole} patients, allow {many}.",
            f"Tests: {', '.join(tests)}. Sought{shown}: {quotes[self.digits]}.",
        ]
        if self.fits:
            p = {(table.margins, table.first): table.p for table in self.tables}
            listed = "; ".join(
                f"{test} {p[margins, first][test]}{self._where(first)}"
                for test, margins, first in self.fits[:6]
            )
            more = f"; and {len(self.fits) - 6} more" if len(self.fits) > 6 else ""
            return [*result, f"These tests and tables give it: {listed}{more}."]
        return [*result, f"No test of any table gives it; {self._nearest(quotes)}."]

    def _where(self, first: int) -> str:
        where = {
            "association": f" with {first} patients in both",
            "paired": f" with {first} patients in the first only",
        }
        return where.get(self.comparison, "")

    def _nearest(self, quotes: Quotes) -> str:
        sought = quotes[self.digits]
        below = sought.comparator in {"<", "<="}
        target = 0.0 if below else float(sought.printed.lstrip("<>="))
        _, value, test, first = min(
            (abs(float(p) - target), p, test, table.first)
            for table in self.tables
            for test, p in table.p.items()
        )
        return f"the {'least' if below else 'nearest'} is {value} ({test}{self._where(first)})"


AnyOf = Tables
