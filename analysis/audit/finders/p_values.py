"""P values from counts: which tests and tables give the printed digits, and which cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

from analysis.audit.finders.evidence import Cell, Claim, Evidence
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.finders.tests2x2 import cells, p_values
from analysis.audit.form import (
    AnyCertificate,
    Comparison,
    Identified,
    Table,
    Tables,
    Untried,
)
from analysis.audit.structure import Family
from analysis.study.printed import EVERY

# A search of more tables than this, for one p value, is not begun.
MOST_TABLES = 20_000

P_VALUES = "p value from counts"


@dataclass(frozen=True)
class _Asked:
    """A p value with the counts that its margins allow, and what they are of."""

    claim: Claim
    margins: tuple[tuple[Claim, ...], tuple[Claim, ...]]
    counts: tuple[tuple[int, int], ...]
    sizes: tuple[int, int]


def _find(evidence: Evidence) -> Iterator[Check]:
    for family in evidence.structure.p_values:
        asked, undecided = _asked(evidence, family)
        yield from undecided
        if asked:
            yield from _of_family(family, asked)


def _asked(evidence: Evidence, family: Family) -> tuple[list[_Asked], list[Check]]:
    asked, undecided = [], []
    for value in family.values:
        named = [value.claim, *value.margins]
        if not set(named) <= set(evidence.claims) or not evidence.claims[value.claim].is_number:
            continue
        claim, *margins = (evidence.claims[name] for name in named)
        own = [Cell(margin.quantity, margin.denominator) for margin in margins]
        stated = [
            (margin, *(other for other in evidence.cells[cell] if other is not margin))
            for margin, cell in zip(margins, own, strict=True)
        ]
        allowed = [evidence.counts(cell) if cell.of else None for cell in own]
        if None in allowed or not own[0].of or not own[1].of:
            continue
        sizes = (own[0].of, own[1].of)
        if set(family.readings) != {"unpaired"} and sizes[0] != sizes[1]:
            continue
        first, second = (range(found[0], found[1] + 1) for found in allowed if found is not None)
        tables = sum(
            len(cells(comparison, pair, sizes))
            for comparison in family.readings
            for pair in product(first, second)
        )
        if tables > MOST_TABLES:
            certificate = Untried(
                rule=P_VALUES, about=(claim.claim_id,), because="tables", cases=tables
            )
            undecided.append(Check((claim.claim_id,), (certificate,)))
            continue
        counts = tuple(product(first, second))
        asked.append(_Asked(claim, (stated[0], stated[1]), counts, sizes))
    return asked, undecided


def certify(asked: _Asked, comparison: Comparison, digits: Claim) -> Tables:
    """Certify which tests and tables give printed digits."""
    sought = digits.values(EVERY)
    tables, fits = [], []
    for margins in asked.counts:
        for cell in cells(comparison, margins, asked.sizes):
            found = p_values(comparison, margins, asked.sizes, cell)
            written = {test: f"{p:.6g}" for test, p in found.items()}
            tables.append(Table(margins=margins, first=cell, p=written))
            # A p value of exactly 1 or 0.05 is on the right side of an edge only to 12 digits.
            fits += [
                (test, margins, cell)
                for test, p in found.items()
                if Fraction(f"{p:.12g}") in sought
            ]
    first, second = (tuple(claim.claim_id for claim in margin) for margin in asked.margins)
    return Tables(
        claim=asked.claim.claim_id,
        digits=digits.claim_id,
        margins=(first, second),
        comparison=comparison,
        conventions=EVERY,
        sizes=asked.sizes,
        tables=tuple(tables),
        fits=tuple(fits),
    )


def _of_family(family: Family, asked: list[_Asked]) -> Iterator[Check]:
    found = {
        (item.claim.claim_id, comparison): certify(item, comparison, item.claim)
        for item in asked
        for comparison in family.readings
    }
    names = tuple(item.claim.claim_id for item in asked)
    identified = _identified(found, names, family.readings)
    exchange = None if identified else _exchanged(asked, family, found)
    for item in asked:
        yield _of_value(item, family, found, exchange)
    # One p value identifies a test only if a single test gives it.
    if len(identified) == 1 or (identified and len(asked) > 1):
        certificate = Identified(
            family=family.name, values=names, exchanged=None, tests=tuple(identified)
        )
        comparisons = dict.fromkeys(comparison for comparison, _ in identified)
        proofs = [found[name, comparison] for comparison in comparisons for name in names]
        yield Check(names, (certificate, *proofs))
    if exchange:
        yield Check(names, exchange)


def _of_value(
    item: _Asked,
    family: Family,
    found: dict[tuple[str, Comparison], Tables],
    exchange: tuple[AnyCertificate, ...] | None,
) -> Check:
    own = {comparison: found[item.claim.claim_id, comparison] for comparison in family.readings}
    claims = tuple(
        dict.fromkeys(
            [item.claim.claim_id, *(claim.claim_id for margin in item.margins for claim in margin)]
        )
    )
    none = [comparison for comparison in family.readings if not own[comparison].fits]
    some = [comparison for comparison in family.readings if comparison not in none]
    # That one reading of several is excluded says something only if the plain ones all are.
    plain = set(family.readings) - {"association"} or set(family.readings)
    if not plain <= set(none):
        tests = sorted({test for c in some for test, *_ in own[c].fits})
        return Check(claims, says=f"{item.claim.locator}: {', '.join(tests)} can give it")
    swapped: tuple[AnyCertificate, ...] = ()
    if exchange is not None:
        main = exchange[0]
        assert isinstance(main, Identified)
        if main.exchanged and item.claim.claim_id in main.exchanged:
            swapped = (main,)
    return Check(claims, (*(own[c] for c in [*none, *some]), *swapped))


# Test identification --------------------------------------------------------------------------


def _identified(
    found: dict[tuple[str, Comparison], Tables],
    names: tuple[str, ...],
    readings: tuple[Comparison, ...],
) -> list[tuple[Comparison, str]]:
    """Give the readings and tests that can give every p value of a family."""
    return [
        (comparison, test)
        for comparison in readings
        for test in dict.fromkeys(test for test, *_ in found[names[0], comparison].fits)
        if all(test in {fit[0] for fit in found[name, comparison].fits} for name in names)
    ]


def _exchanged(
    asked: list[_Asked], family: Family, found: dict[tuple[str, Comparison], Tables]
) -> tuple[AnyCertificate, ...] | None:
    """Give the proof that all fit one test when two labels are exchanged, if they do."""
    for comparison, (one, two) in product(family.readings, combinations(asked, 2)):
        swapped = {
            one.claim.claim_id: certify(one, comparison, two.claim),
            two.claim.claim_id: certify(two, comparison, one.claim),
        }
        proofs = [
            swapped.get(item.claim.claim_id, found[item.claim.claim_id, comparison])
            for item in asked
        ]
        tests = [
            test
            for test in dict.fromkeys(fit[0] for fit in proofs[0].fits)
            if all(test in {fit[0] for fit in proof.fits} for proof in proofs)
        ]
        if tests:
            certificate = Identified(
                family=family.name,
                values=tuple(item.claim.claim_id for item in asked),
                exchanged=(one.claim.claim_id, two.claim.claim_id),
                tests=tuple((comparison, test) for test in tests),
            )
            return (certificate, *proofs)
    return None


RULES = (
    Rule(
        P_VALUES,
        "Does any table that the printed counts allow give the printed p value, under Fisher "
        "(two-sided by probability, doubled, and one-sided), mid-p, Pearson and the difference of "
        "proportions (one- and two-sided), Yates, likelihood ratio, N−1, or McNemar (exact, mid-p, "
        "asymptotic, corrected)? Do all values printed together fit one test, as they stand or "
        "with two labels exchanged?",
        "scipy.stats and statsmodels; Campbell I. Stat Med 2007;26:3661-75 (N−1); Fagerland MW, "
        "Lydersen S, Laake P. BMC Med Res Methodol 2013;13:91 (McNemar).",
        _find,
    ),
)
