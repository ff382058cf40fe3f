"""P values of tables of r rows and c columns: known in full, or by their margins only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
from scipy import stats

from analysis.audit.evidence import Claim, Evidence
from analysis.audit.families.contingency.certificates import Contingency, CrossTable
from analysis.audit.proof import Finding, Verdict, prove
from analysis.audit.rules import Check, Rule
from analysis.audit.structure import Contingency as Declared
from analysis.study.printed import EVERY

# Of a p value with more tables than this nothing is said but their number.
MOST_TABLES = 2_000

Cells = tuple[tuple[int, ...], ...]


def _find(evidence: Evidence) -> Iterator[Check]:
    for declared in evidence.structure.p_tables:
        named = [declared.claim, *(name for row in declared.rows for name in row)]
        if set(named) <= set(evidence.claims):
            yield from _of_table(evidence, declared)


def _of_table(evidence: Evidence, declared: Declared) -> Iterator[Check]:
    claim = evidence.claims[declared.claim]
    stated = tuple(tuple(_claims(evidence, name) for name in row) for row in declared.rows)
    allowed = [[evidence.counts(cell[0].quantity) or [] for cell in row] for row in stated]
    if not all(all(row) for row in allowed):
        return
    size = bound(allowed, declared.margins)
    if size > MOST_TABLES:
        title = f"{claim.locator}: up to {size:,} tables, more than {MOST_TABLES:,}, are not tried"
        yield Check(
            (claim.claim_id,),
            Finding(
                rule=CONTINGENCY,
                verdict=Verdict.UNDECIDED,
                title=title,
                subject=(claim.claim_id,),
                proof=prove(evidence.quotes),
            ),
        )
        return
    certificate = certify(claim, stated, allowed, declared.margins)
    if certificate.tables:
        yield _checked(evidence, claim, certificate)


def _claims(evidence: Evidence, name: str) -> tuple[Claim, ...]:
    """Give the claims that state a count: the declared one first."""
    claim = evidence.claims[name]
    return (claim, *(other for other in evidence.about[claim.quantity] if other is not claim))


def bound(allowed: Sequence[Sequence[Sequence[int]]], margins: bool) -> int:
    """Give a number that the tables cannot exceed."""
    choices = prod(len(cell) for row in allowed for cell in row)
    if not margins:
        return choices
    rows, columns = allowed
    ways = prod(comb(max(cell) + len(rows) - 1, len(rows) - 1) for cell in columns[:-1])
    return choices * ways


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
    return Contingency(
        claim=claim.claim_id,
        rows=tuple(tuple(tuple(c.claim_id for c in cell) for cell in row) for row in stated),
        margins=margins,
        conventions=EVERY,
        tables=tuple(tables),
        fits=tuple(fits),
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
    """Give the p value of a table by Pearson, likelihood ratio, and Fisher-Freeman-Halton.

    The last sums the probabilities, by scipy, of all tables with these margins that are no more
    probable; it is left out where these are too many. The others do not exist with an empty row
    or column.
    """
    table = np.array(cells)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    found: dict[str, float] = {}
    if rows.all() and columns.all():
        found["Pearson"] = float(stats.chi2_contingency(table, correction=False).pvalue)
        found["likelihood ratio"] = float(
            stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
        )
    totals = tuple(map(int, rows)), tuple(map(int, columns))
    if bound([[[total] for total in side] for side in totals], True) <= MOST_TABLES:
        chance = stats.random_table(rows, columns)
        own = float(chance.pmf(table))
        chances = [float(chance.pmf(np.array(other))) for other in with_margins(*totals)]
        found["Fisher-Freeman-Halton"] = sum(p for p in chances if p <= own * (1 + 1e-7))
    return found


def _checked(evidence: Evidence, claim: Claim, certificate: Contingency) -> Check:
    claims = tuple(dict.fromkeys(certificate.claims()))
    if not certificate.refutes():
        tests = ", ".join(sorted({test for test, _ in certificate.fits}))
        return Check(claims, says=f"{claim.locator}: {tests} can give it")
    finding = Finding(
        rule=CONTINGENCY,
        verdict=Verdict.READING,
        title=f"“{claim.printed}” ({claim.locator}) is not the p value of "
        + ("a table with these margins" if certificate.margins else "its table"),
        subject=(claim.claim_id,),
        excluded=(", ".join(sorted({test for table in certificate.tables for test in table.p})),),
        allowed=("another test",),
        proof=prove(evidence.quotes, certificate),
    )
    return Check(claims, finding)


CONTINGENCY = "p value of a larger table"
RULES = (
    Rule(
        CONTINGENCY,
        "Does a table of several rows and columns give the printed p value, under Pearson, "
        "likelihood ratio, or Fisher's exact test as extended by Freeman and Halton?",
        "scipy.stats; Freeman GH, Halton JH. Biometrika 1951;38:141-9.",
        _find,
    ),
)
