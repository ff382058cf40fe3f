"""P values of tables of r rows and c columns: known in full, or by their margins only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
from scipy import stats
from scipy.special import gammaln

from analysis.audit.finders.evidence import Cell, Claim, Evidence
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.form import Contingency, CrossTable, Untried
from analysis.audit.structure import Contingency as Declared
from analysis.study.printed import EVERY

# Of a p value with more tables than this nothing is said but their number.
MOST_TABLES = 2_000
# The exact test of a table is not computed where more tables than this have its margins.
MOST_WITH_MARGINS = 3_000_000

CONTINGENCY = "p value of a larger table"
EXACT = "Fisher-Freeman-Halton"

Cells = tuple[tuple[int, ...], ...]


def _find(evidence: Evidence) -> Iterator[Check]:
    for declared in evidence.structure.p_tables:
        named = [declared.claim, *(name for row in declared.rows for name in row)]
        known = set(named) <= set(evidence.claims)
        if known and evidence.claims[declared.claim].is_number:
            yield from _of_table(evidence, declared)


def _of_table(evidence: Evidence, declared: Declared) -> Iterator[Check]:
    claim = evidence.claims[declared.claim]
    cells = [
        [Cell(evidence.claims[name].quantity, evidence.claims[name].denominator) for name in row]
        for row in declared.rows
    ]
    if any(cell not in evidence.cells for row in cells for cell in row):
        return
    stated = tuple(
        tuple(
            (evidence.claims[name], *(o for o in evidence.stated(cell) if o.claim_id != name))
            for name, cell in zip(row, named, strict=True)
        )
        for row, named in zip(declared.rows, cells, strict=True)
    )
    found = [[evidence.counts(cell) for cell in row] for row in cells]
    if any(counts is None for row in found for counts in row):
        return
    allowed = [[range(c[0], c[1] + 1) for c in row if c is not None] for row in found]
    size = bound(allowed, declared.margins)
    if size > MOST_TABLES:
        untried = Untried(rule=CONTINGENCY, about=(claim.claim_id,), because="tables", cases=size)
        yield Check((claim.claim_id,), (untried,))
        return
    certificate = certify(claim, stated, allowed, declared.margins)
    if not certificate.tables:
        return
    names = tuple(
        dict.fromkeys(
            [claim.claim_id, *(c.claim_id for row in stated for cell in row for c in cell)]
        )
    )
    if certificate.fits:
        tests = ", ".join(sorted({test for test, _ in certificate.fits}))
        yield Check(names, says=f"{claim.locator}: {tests} can give it")
    else:
        yield Check(names, (certificate,))


def bound(allowed: Sequence[Sequence[Sequence[int]]], margins: bool) -> int:
    """Give a number that the tables cannot exceed."""
    choices = prod(len(cell) for row in allowed for cell in row)
    if not margins:
        return choices
    rows, columns = allowed
    return choices * _with_margins([max(cell) for cell in rows], [max(cell) for cell in columns])


def _with_margins(rows: Sequence[int], columns: Sequence[int]) -> int:
    """Give a number that the tables with these margins cannot exceed, in whatever order."""
    short, long = sorted((sorted(rows), sorted(columns)), key=len)
    return prod(comb(total + len(short) - 1, len(short) - 1) for total in long[:-1])


def certify(
    claim: Claim,
    stated: tuple[tuple[tuple[Claim, ...], ...], ...],
    allowed: Sequence[Sequence[Sequence[int]]],
    margins: bool,
) -> Contingency:
    """Certify which tests and tables give a printed p value."""
    tables: list[CrossTable] = []
    fits: list[tuple[str, int]] = []
    for cells in _tables(allowed, margins):
        found = p_values(cells)
        fits += [
            (test, len(tables))
            for test, p in found.items()
            if Fraction(f"{p:.12g}") in claim.values(EVERY)
        ]
        tables.append(CrossTable(cells=cells, p={name: f"{p:.6g}" for name, p in found.items()}))
    untried = any(EXACT not in table.p for table in tables)
    return Contingency(
        claim=claim.claim_id,
        rows=tuple(tuple(tuple(c.claim_id for c in cell) for cell in row) for row in stated),
        margins=margins,
        conventions=EVERY,
        tables=tuple(tables),
        fits=tuple(fits),
        untried=(EXACT,) if untried else (),
    )


def _tables(allowed: Sequence[Sequence[Sequence[int]]], margins: bool) -> Iterator[Cells]:
    for chosen in product(*(product(*row) for row in allowed)):
        if not margins:
            yield chosen
        elif sum(chosen[0]) == sum(chosen[1]):
            yield from with_margins(chosen[0], chosen[1])


def with_margins(rows: tuple[int, ...], columns: tuple[int, ...]) -> Iterator[Cells]:
    """Give every table with given totals of rows and columns, column by column."""
    if len(columns) == 1:
        yield tuple((row,) for row in rows)
        return
    for column in _parts(columns[0], rows):
        left = tuple(row - part for row, part in zip(rows, column, strict=True))
        for rest in with_margins(left, columns[1:]):
            yield tuple((part, *row) for part, row in zip(column, rest, strict=True))


def _parts(total: int, most: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if len(most) == 1:
        if total <= most[0]:
            yield (total,)
        return
    for first in range(max(0, total - sum(most[1:])), min(total, most[0]) + 1):
        for rest in _parts(total - first, most[1:]):
            yield (first, *rest)


def p_values(cells: Cells) -> dict[str, float]:
    """Give the p value of a table under every test; a test may not exist for it.

    Pearson, likelihood ratio and Fisher-Freeman-Halton; and, with the columns as ordered
    categories, the trend of Cochran and Armitage, linear by linear association, and Kruskal-Wallis,
    which for two rows is the test of Mann and Whitney.
    """
    table = np.array(cells)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    found: dict[str, float] = {}
    if rows.all() and columns.all():
        found["Pearson"] = float(stats.chi2_contingency(table, correction=False).pvalue)
        found["likelihood ratio"] = float(
            stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
        )
    found |= _ordered(table)
    exact = freeman_halton(table)
    if exact is not None:
        found[EXACT] = exact
    return found


def _ordered(table: np.ndarray) -> dict[str, float]:
    found: dict[str, float] = {}
    n = int(table.sum())
    row, column = np.repeat(np.indices(table.shape).reshape(2, -1), table.ravel(), axis=1)
    if n > 1 and np.ptp(row) and np.ptp(column):
        squared = float(np.corrcoef(row, column)[0, 1]) ** 2
        if 2 in table.shape:
            found["Cochran-Armitage trend"] = float(stats.chi2.sf(n * squared, 1))
        found["linear by linear"] = float(stats.chi2.sf((n - 1) * squared, 1))
    if n > 1 and np.ptp(column) and table.sum(axis=1).all():
        groups = [column[row == place] for place in range(table.shape[0])]
        found["Kruskal-Wallis"] = float(stats.kruskal(*groups).pvalue)
    return found


def freeman_halton(table: np.ndarray) -> float | None:
    """Give the exact p value: the chance of all tables that are no more probable.

    All tables of these margins are made at once, a line at a time; None where they are too many.
    (scipy's own for more than two rows and columns is by chance.)
    """
    if table.shape[0] > table.shape[1]:
        table = table.T
    table = table[:, np.argsort(table.sum(axis=0))]
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if _with_margins(rows.tolist(), columns.tolist()) > MOST_WITH_MARGINS:
        return None
    left, weight = rows[None, :], np.zeros(1)
    for total in columns[:-1]:
        choices = np.array(list(_parts(int(total), (int(total),) * len(rows))))
        if len(left) * len(choices) > MOST_WITH_MARGINS:
            return None
        after = left[:, None, :] - choices[None, :, :]
        ways = -gammaln(choices + 1).sum(axis=1)
        kept = (after >= 0).all(axis=2)
        weight = (weight[:, None] + ways[None, :])[kept]
        left = after[kept]
    weight = weight - gammaln(left + 1).sum(axis=1)
    own = -gammaln(table + 1).sum()
    chances = np.exp(weight - weight.max())
    # Two tables are equally probable when they differ by less than this part, as in R.
    return float(chances[weight <= own + 1e-7].sum() / chances.sum())


RULES = (
    Rule(
        CONTINGENCY,
        "Does a table of several rows and columns give the printed p value, under Pearson, "
        "likelihood ratio, Fisher's exact test as extended by Freeman and Halton, or, its columns "
        "in order, a trend, linear by linear association or Kruskal-Wallis?",
        "scipy.stats; Freeman GH, Halton JH. Biometrika 1951;38:141-9; Mehta CR, Patel NR. J Am "
        "Stat Assoc 1983;78:427-34.",
        _find,
    ),
)
