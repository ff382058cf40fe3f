"""Certificates about p values of tables of several rows and columns."""

# ruff: noqa: D102 (the three methods of every certificate are described in `Certificate`)

from __future__ import annotations

from typing import Literal

from analysis.audit.certificate import Certificate, Data, Quotes
from analysis.study.printed import Convention


class CrossTable(Data):
    """A table of counts, row by row, and its p values to six digits."""

    cells: tuple[tuple[int, ...], ...]
    p: dict[str, str]


class Contingency(Certificate):
    """Every table of several rows and columns that the claims allow, with its p values.

    `rows` are the claims that count each cell; with `margins`, those that count the totals of
    rows and of columns. `fits` are tests and places in `tables` that give the printed digits.
    """

    kind: Literal["contingency"] = "contingency"
    claim: str
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    margins: bool
    conventions: tuple[Convention, ...]
    tables: tuple[CrossTable, ...]
    fits: tuple[tuple[str, int], ...]

    def claims(self) -> list[str]:
        return [self.claim, *(name for row in self.rows for cell in row for name in cell)]

    def refutes(self) -> bool:
        return not self.fits

    def steps(self, quotes: Quotes) -> list[str]:
        shown = " / ".join(
            " ".join(str(quotes[cell[0]].printed) for cell in row) for row in self.rows
        )
        what = "Totals of rows and of columns" if self.margins else "Counts, row by row"
        tests = list(dict.fromkeys(test for table in self.tables for test in table.p))
        result = [
            f"{what}: {shown}; {len(self.tables)} table(s).",
            f"Tests: {', '.join(tests)}. Sought: {quotes[self.claim]}.",
        ]
        if self.fits:
            listed = "; ".join(
                f"{test} {self.tables[place].p[test]}" for test, place in self.fits[:6]
            )
            more = f"; and {len(self.fits) - 6} more" if len(self.fits) > 6 else ""
            return [*result, f"These give it: {listed}{more}."]
        first = "; ".join(f"{test} {p}" for test, p in self.tables[0].p.items())
        return [*result, f"None gives it; the first table has {first}."]


AnyOf = Contingency
