"""P values from counts: which tests and tables give the printed digits, and which cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

from analysis.audit.evidence import Claim, Evidence, exact_count
from analysis.audit.families.p_values.certificates import Table, Tables
from analysis.audit.families.p_values.tests2x2 import cells, p_values
from analysis.audit.proof import AnyCertificate, Finding, Verdict, prove
from analysis.audit.rules import Check, Rule
from analysis.audit.structure import Comparison, Family
from analysis.study.printed import EVERY, Convention

# A search of more tables than this, for one p value, is not begun.
MOST_TABLES = 20_000

WORDS: dict[Comparison, str] = {
    "paired": "paired comparison",
    "unpaired": "comparison of separate groups",
    "association": "test of association",
}


@dataclass(frozen=True)
class _Asked:
    """A p value with the counts that its margins allow."""

    claim: Claim
    margins: tuple[Claim, Claim]
    counts: tuple[tuple[int, int], ...]


def _find(evidence: Evidence) -> Iterator[Check]:
    for family in evidence.structure.p_values:
        asked, undecided = _asked(evidence, family)
        yield from undecided
        known = evidence.n is not None or set(family.readings) == {"unpaired"}
        if asked and known:
            yield from _of_family(evidence, family, asked)


def _asked(evidence: Evidence, family: Family) -> tuple[list[_Asked], list[Check]]:
    asked, undecided = [], []
    for value in family.values:
        named = [value.claim, *value.margins]
        if not set(named) <= set(evidence.claims):
            continue
        claim, first, second = (evidence.claims[name] for name in named)
        allowed = [evidence.counts(margin.quantity) for margin in (first, second)]
        if not all(allowed) or not (first.denominator and second.denominator):
            continue
        counts = tuple(product(allowed[0] or [], allowed[1] or []))
        size = len(counts) * (min(first.denominator, second.denominator) + 1)
        if size > MOST_TABLES:
            undecided.append(Check((claim.claim_id,), _undecided(evidence, claim, size)))
            continue
        asked.append(_Asked(claim, (first, second), counts))
    return asked, undecided


def _undecided(evidence: Evidence, claim: Claim, size: int) -> Finding:
    return Finding(
        rule=P_VALUES,
        verdict=Verdict.UNDECIDED,
        title=f"{claim.locator}: its margins allow up to {size:,} tables, more than "
        f"{MOST_TABLES:,}",
        subject=(claim.claim_id,),
        proof=prove(evidence.quotes),
    )


def certify(
    evidence: Evidence,
    asked: _Asked,
    comparison: Comparison,
    digits: Claim,
    conventions: tuple[Convention, ...] = EVERY,
) -> Tables:
    """Certify which tests and tables give printed digits."""
    sizes = _sizes(evidence, asked, comparison)
    sought = digits.values(conventions)
    listed, fits = [], []
    for margins in asked.counts:
        for cell in cells(comparison, margins, sizes):
            found = p_values(comparison, margins, sizes, cell)
            written = {test: f"{p:.6g}" for test, p in found.items()}
            listed.append(Table(margins=margins, first=cell, p=written))
            # A p value of exactly 1 or 0.05 is on the right side of an edge only to 12 digits.
            fits += [
                (test, margins, cell)
                for test, p in found.items()
                if Fraction(f"{p:.12g}") in sought
            ]
    return Tables(
        claim=asked.claim.claim_id,
        digits=digits.claim_id,
        margins=(_stated(evidence, asked.margins[0]), _stated(evidence, asked.margins[1])),
        patients=None if comparison == "unpaired" else evidence.structure.patients,
        comparison=comparison,
        conventions=conventions,
        sizes=sizes,
        tables=tuple(listed),
        fits=tuple(fits),
    )


def _sizes(evidence: Evidence, asked: _Asked, comparison: Comparison) -> tuple[int, int]:
    """Give the numbers of patients: of two groups as printed with them, or twice all patients."""
    if comparison != "unpaired":
        assert evidence.n is not None
        return evidence.n, evidence.n
    first, second = (
        min(claim.denominator for claim in evidence.about[margin.quantity] if claim.denominator)
        for margin in asked.margins
    )
    return first, second


def _stated(evidence: Evidence, margin: Claim) -> tuple[str, ...]:
    """Give the claims that state a margin: the declared one, and others unless it is a count."""
    if exact_count(margin) is not None:
        return (margin.claim_id,)
    others = [claim.claim_id for claim in evidence.about[margin.quantity] if claim is not margin]
    return (margin.claim_id, *others)


def _of_family(evidence: Evidence, family: Family, asked: list[_Asked]) -> Iterator[Check]:
    found = {
        (item.claim.claim_id, comparison): certify(evidence, item, comparison, item.claim)
        for item in asked
        for comparison in family.readings
    }
    names = tuple(item.claim.claim_id for item in asked)
    identified = _identified(found, names, family.readings)
    exchange = None if identified else _exchanged(evidence, asked, family, found)
    for item in asked:
        yield _of_value(evidence, item, family, found, exchange)
    # One p value identifies a test only if a single test gives it.
    if len(identified) == 1 or (identified and len(asked) > 1):
        yield Check(names, _identification(evidence, family, asked, found, identified))
    if exchange:
        yield Check(names, _exchange_finding(evidence, family, exchange))


def _of_value(
    evidence: Evidence,
    item: _Asked,
    family: Family,
    found: dict[tuple[str, Comparison], Tables],
    exchange: _Exchange | None,
) -> Check:
    own = {comparison: found[item.claim.claim_id, comparison] for comparison in family.readings}
    claims = tuple(dict.fromkeys(name for table in own.values() for name in table.claims()))
    none = [comparison for comparison in family.readings if own[comparison].refutes()]
    some = [comparison for comparison in family.readings if comparison not in none]
    # That one reading of several is excluded says something only if the plain ones all are.
    plain = set(family.readings) - {"association"} or set(family.readings)
    if not plain <= set(none):
        tests = sorted({test for c in some for test, *_ in own[c].fits})
        return Check(claims, says=f"{item.claim.locator}: {', '.join(tests)} can give it")
    first, second = (
        item.counts[0] if len(item.counts) == 1 else (margin.printed for margin in item.margins)
    )
    others = (
        tuple(
            f"the digits of {other.locator}, which are here if the two labels are exchanged"
            for other in exchange.pair
            if other.claim_id != item.claim.claim_id
        )
        if exchange and item.claim in exchange.pair
        else ()
    )
    finding = Finding(
        rule=P_VALUES,
        verdict=Verdict.READING,
        title=f"“{item.claim.printed}” ({item.claim.locator}) is not the p value of "
        f"{' or '.join(f'a {WORDS[c]}' for c in none)} of {first} and {second}",
        subject=(item.claim.claim_id,),
        excluded=tuple(WORDS[comparison] for comparison in none),
        allowed=tuple(WORDS[comparison] for comparison in some)
        + (("the labels of two p values exchanged",) if others else ())
        + (() if some or others else ("another test, or other tables",)),
        explanations=others,
        proof=prove(evidence.quotes, *(own[c] for c in [*none, *some])),
    )
    return Check(claims, finding)


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


def _count(values: int) -> str:
    return {1: "the p value", 2: "both p values"}.get(values, f"all {values} p values")


def _identification(
    evidence: Evidence,
    family: Family,
    asked: list[_Asked],
    found: dict[tuple[str, Comparison], Tables],
    identified: list[tuple[Comparison, str]],
) -> Finding:
    comparison, test = identified[0]
    rivals = [
        rival if other == comparison else f"{rival}, {WORDS[other]}"
        for other, rival in identified[1:]
    ]
    proofs = [found[item.claim.claim_id, comparison] for item in asked]
    return Finding(
        rule=IDENTIFIED,
        verdict=Verdict.LIKELY,
        title=f"{family.name}: {_count(len(asked))} can be of a {WORDS[comparison]}, {test}",
        subject=tuple(item.claim.claim_id for item in asked),
        allowed=(f"{test}, {WORDS[comparison]}", *rivals),
        explanations=tuple(f"rival: {rival}" for rival in rivals),
        proof=prove(evidence.quotes, *proofs),
    )


@dataclass(frozen=True)
class _Exchange:
    """Two p values that fit one test, with the others, when their labels are exchanged."""

    pair: tuple[Claim, Claim]
    comparison: Comparison
    test: str
    certificates: tuple[Tables, ...]
    rivals: tuple[str, ...]


def _exchanged(
    evidence: Evidence,
    asked: list[_Asked],
    family: Family,
    found: dict[tuple[str, Comparison], Tables],
) -> _Exchange | None:
    results = []
    for comparison, (one, two) in product(family.readings, combinations(asked, 2)):
        swapped = (
            certify(evidence, one, comparison, two.claim),
            certify(evidence, two, comparison, one.claim),
        )
        rest = [found[i.claim.claim_id, comparison] for i in asked if i not in (one, two)]
        proofs = (*swapped, *rest)
        for test in dict.fromkeys(fit[0] for fit in swapped[0].fits):
            if all(test in {fit[0] for fit in proof.fits} for proof in proofs):
                results.append((one.claim, two.claim, comparison, test, proofs))
    if not results:
        return None
    first, *others = results
    rivals = tuple(
        f"{test}, with “{one.printed}” and “{two.printed}” exchanged"
        for one, two, _, test, _ in others
    )
    return _Exchange((first[0], first[1]), first[2], first[3], first[4], rivals)


def _exchange_finding(evidence: Evidence, family: Family, exchange: _Exchange) -> Finding:
    one, two = exchange.pair
    single = all(
        sum(test == exchange.test for test, *_ in proof.fits) == 1
        for proof in exchange.certificates[:2]
    )
    proofs: tuple[AnyCertificate, ...] = exchange.certificates
    return Finding(
        rule=IDENTIFIED,
        verdict=Verdict.LIKELY,
        title=f"{family.name}: with the labels of “{one.printed}” and “{two.printed}” exchanged, "
        f"all p values are those of one test ({exchange.test})"
        + (", each with one single table" if single else ""),
        subject=(one.claim_id, two.claim_id),
        allowed=(f"{exchange.test}, labels exchanged",),
        explanations=tuple(f"rival: {rival}" for rival in exchange.rivals),
        proof=prove(evidence.quotes, *proofs),
    )


P_VALUES = "p value from counts"
IDENTIFIED = "test identification"
RULES = (
    Rule(
        P_VALUES,
        "Does any table that the printed counts allow give the printed p value, under Fisher "
        "(two-sided by probability, doubled, and one-sided), mid-p, Pearson, Yates, likelihood "
        "ratio, N−1, or McNemar (exact, mid-p, asymptotic, corrected)? Do all values printed "
        "together fit one test, as they stand or with two labels exchanged?",
        "scipy.stats and statsmodels; Campbell I. Stat Med 2007;26:3661-75 (N−1); Fagerland MW, "
        "Lydersen S, Laake P. BMC Med Res Methodol 2013;13:91 (McNemar).",
        _find,
    ),
)
