"""Medians, ranges, cut-offs, limits and doses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from analysis.audit.finders.evidence import Cell, Claim, Evidence
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.form import Cut, Grid, Limits, Order, Scaled
from analysis.audit.structure import Cut as DeclaredCut
from analysis.study.printed import Convention, Interval

# Of two statistics of one variable, which cannot be above which.
ESTIMATES = (
    "median", "mean", "rate", "percent", "hr", "or", "rr", "difference", "r", "auc", "c_index",
)  # fmt: skip
ORDERED = [
    ("min", "median"), ("median", "max"), ("min", "max"), ("q1", "median"), ("median", "q3"),
    ("q1", "q3"), ("min", "q1"), ("q3", "max"), ("min", "mean"), ("mean", "max"),
    *((f"{name}_lower", name) for name in ESTIMATES),
    *((name, f"{name}_upper") for name in ESTIMATES),
    *((f"{name}_lower", f"{name}_upper") for name in ESTIMATES),
]  # fmt: skip
# Statistics that are bounded by what they are, from the least to the greatest value.
_PERCENT, _ABOVE, _PART = (0, 100), (0, None), (0, 1)
BOUNDED: dict[str, tuple[int | None, int | None]] = {
    "count": _ABOVE, "n_at_risk": _ABOVE, "sd": _ABOVE, "hr": _ABOVE, "or": _ABOVE, "rr": _ABOVE,
    "percent": _PERCENT, "rate": _PERCENT, "incidence": _PERCENT, "rate_lower": _PERCENT,
    "rate_upper": _PERCENT, "percent_lower": _PERCENT, "percent_upper": _PERCENT, "p_value": _PART,
    "p_association": _PART, "auc": _PART, "c_index": _PART, "r": (-1, 1),
}  # fmt: skip
# A window is narrow when it is no more than this part of what either number leaves open.
NARROW = Fraction(1, 5)


# Limits and order ------------------------------------------------------------------------------


def _find_limits(evidence: Evidence) -> Iterator[Check]:
    for claim in evidence.claims.values():
        if claim.statistic not in BOUNDED or not claim.is_number:
            continue
        every, own = (_limits(claim, way) for way in (evidence.ways, evidence.own))
        names = (claim.claim_id,)
        if beyond(every, claim.values(evidence.ways)):
            yield Check(names, (every,))
        elif beyond(own, claim.values(evidence.own)):
            yield Check(names, (own, every))
        else:
            yield Check(names)


def _limits(claim: Claim, conventions: tuple[Convention, ...]) -> Limits:
    least, most = BOUNDED[claim.statistic]
    stands = claim.values(conventions)
    return Limits(
        claim=claim.claim_id,
        conventions=conventions,
        least=None if least is None else Fraction(least),
        most=None if most is None else Fraction(most),
        low=stands.low,
        high=stands.high,
    )


def beyond(found: Limits, stands: Interval) -> bool:
    """Tell whether all that a number stands for is beyond its limits."""
    limits = Interval(found.least, found.most, True, True)
    return not limits.meets(stands)


def _find_order(evidence: Evidence) -> Iterator[Check]:
    for lower, upper in ORDERED:
        for smaller in evidence.claims.values():
            if smaller.statistic != lower or not smaller.is_number:
                continue
            for larger in evidence.by_key.get((*smaller.key[:-1], upper), []):
                if larger.is_number:
                    yield ordered(evidence, smaller, larger)
    for variable, of in evidence.structure.within.items():
        for lower, upper in (("threshold_min", "min"), ("max", "threshold_max")):
            variables = {"min": variable, "max": variable}
            for smaller, larger in product(
                evidence.numbers(lower, variables.get(lower, of)),
                evidence.numbers(upper, variables.get(upper, of)),
            ):
                yield ordered(evidence, smaller, larger)


def ordered(evidence: Evidence, smaller: Claim, larger: Claim) -> Check:
    """Check that a number is not above another."""
    every, own = (_order(smaller, larger, way) for way in (evidence.ways, evidence.own))
    names = (smaller.claim_id, larger.claim_id)
    if _above(every):
        return Check(names, (every,))
    if _above(own):
        return Check(names, (own, every))
    named = evidence.name(smaller.quantity)
    return Check(
        names,
        says=f"{named}: {smaller.statistic} {smaller.printed} ≤ {larger.statistic} "
        f"{larger.printed}".replace("_", " "),
    )


def _order(smaller: Claim, larger: Claim, conventions: tuple[Convention, ...]) -> Order:
    return Order(
        smaller=smaller.claim_id,
        larger=larger.claim_id,
        conventions=conventions,
        least_of_smaller=smaller.values(conventions).low,
        greatest_of_larger=larger.values(conventions).high,
    )


def _above(found: Order) -> bool:
    least, greatest = found.least_of_smaller, found.greatest_of_larger
    return least is not None and greatest is not None and least > greatest


# Whole numbers ---------------------------------------------------------------------------------


def _find_grid(evidence: Evidence) -> Iterator[Check]:
    for variable in evidence.structure.whole_numbers:
        for statistic in ("median", "min", "max", "mean"):
            for claim in evidence.numbers(statistic, variable):
                group = claim.quantity[1:3]
                n = evidence.n(group)
                if claim.comparator == "=" and n is not None:
                    yield _on_grid(evidence, claim, evidence.patients(group), n)


def _on_grid(evidence: Evidence, claim: Claim, patients: tuple[str, ...], n: int) -> Check:
    every, own = (_grid(claim, patients, n, way) for way in (evidence.ways, evidence.own))
    names = (claim.claim_id, *patients)
    if not every.fits:
        return Check(names, (every,))
    if not own.fits:
        return Check(names, (own, every))
    named = evidence.name(claim.quantity)
    return Check(names, says=f"{named}: {claim.statistic} {claim.printed} of whole numbers")


def _grid(
    claim: Claim, patients: tuple[str, ...], n: int, conventions: tuple[Convention, ...]
) -> Grid:
    stands = claim.values(conventions)

    def step_of(size: int) -> Fraction:
        if claim.statistic == "mean":
            return Fraction(1, size)
        return Fraction(1, 2) if claim.statistic == "median" and size % 2 == 0 else Fraction(1)

    def fitting(step: Fraction) -> list[Fraction]:
        first, last = (end // step for end in stands.ends)
        tried = (step * k for k in range(int(first), int(last) + 1))
        return [value for value in tried if value in stands][:4]

    fewer = None
    if claim.statistic in {"median", "mean"}:
        fewer = next((size for size in range(n - 1, 0, -1) if fitting(step_of(size))), None)
    return Grid(
        claim=claim.claim_id,
        patients=patients,
        conventions=conventions,
        n=n,
        step=step_of(n),
        fits=tuple(fitting(step_of(n))),
        fewer=fewer,
    )


# Cut-offs --------------------------------------------------------------------------------------


def _find_cuts(evidence: Evidence) -> Iterator[Check]:
    for place, declared in enumerate(evidence.structure.cuts):
        variable, _, level = declared.level.partition("=")
        for median in evidence.numbers("median", declared.variable):
            for cell in evidence.cells:
                quantity = cell.quantity
                if (
                    (quantity.variable, quantity.variable_level) == (variable, level)
                    and quantity[1:3] == median.quantity[1:3]
                    and cell.of is not None
                    and cell.of == (evidence.n(quantity[1:3]) or cell.of)
                ):
                    yield from _at_cut(evidence, place, declared, median, cell)


def _at_cut(
    evidence: Evidence, place: int, declared: DeclaredCut, median: Claim, cell: Cell
) -> Iterator[Check]:
    found = [
        certificate
        for way in (evidence.ways, evidence.own)
        if (certificate := at_cut(evidence, place, declared, median, cell, way)) is not None
    ]
    if len(found) < 2:
        return
    every, own = found
    names = (median.claim_id, *every.level)
    if every.high < every.least or every.low > every.most:
        yield Check(names, (every,))
    elif own.high < own.least or own.low > own.most:
        yield Check(names, (own, every))
    elif own.n % 2 == 0 and own.low == own.high == own.n // 2:
        yield Check(names, (own,))
    else:
        named = evidence.name(median.quantity)
        shown = evidence.claims[every.level[0]].printed
        yield Check(names, says=f"{named}: median {median.printed} and {shown} beyond the cut-off")


def at_cut(
    evidence: Evidence,
    place: int,
    declared: DeclaredCut,
    median: Claim,
    cell: Cell,
    conventions: tuple[Convention, ...],
) -> Cut | None:
    """Certify how many of n patients can be beyond a cut-off, given their median.

    With K values at or above c: if the median is c or more, the upper of the two middle values
    is, so that K is at least half of n; if it is below c, the lower one is, so that K is at most
    half. For an odd n both are the one middle value. 'At most' is the mirror image.
    """
    counts, allowed = evidence.counts(cell, conventions), median.values(conventions)
    if counts is None or allowed.low is None or allowed.high is None or cell.of is None:
        return None
    at_least = declared.at_least is not None
    cut = Fraction(str(declared.at_least if at_least else declared.at_most))
    low, high = allowed.ends
    if at_least:
        surely = low >= cut
        surely_not = high < cut or (high == cut and not allowed.high_closed)
    else:
        surely = high <= cut
        surely_not = low > cut or (low == cut and not allowed.low_closed)
    return Cut(
        median=median.claim_id,
        level=tuple(claim.claim_id for claim in evidence.stated(cell)),
        place=place,
        conventions=conventions,
        n=cell.of,
        low=counts[0],
        high=counts[1],
        median_low=low,
        median_high=high,
        least=(cell.of + 1) // 2 if surely else 0,
        most=cell.of // 2 if surely_not else cell.of,
    )


# Doses -----------------------------------------------------------------------------------------


def _find_doses(evidence: Evidence) -> Iterator[Check]:
    for declared in evidence.structure.doses:
        factor = 1 + Fraction(2, declared.alpha_beta)
        for statistic in ("median", "min", "max"):
            for bed, eqd2 in product(
                evidence.numbers(statistic, declared.bed),
                evidence.numbers(statistic, declared.eqd2),
            ):
                exact = bed.comparator == eqd2.comparator == "="
                if bed.quantity[:3] == eqd2.quantity[:3] and exact:
                    yield _of_dose(evidence, bed, eqd2, factor)


def _of_dose(evidence: Evidence, bed: Claim, eqd2: Claim, factor: Fraction) -> Check:
    every, own = (scaled(bed, eqd2, factor, way) for way in (evidence.ways, evidence.own))
    names = (bed.claim_id, eqd2.claim_id)
    if every.low is None:
        return Check(names, (every,))
    if own.low is None or own.high is None:
        return Check(names, (own, every))
    room = min(own.product_high - own.product_low, own.scaled_high - own.scaled_low)
    if own.high - own.low <= NARROW * room:
        return Check(names, (own,))
    first, second = evidence.name(bed.quantity), evidence.name(eqd2.quantity)
    return Check(names, says=f"{first} {bed.printed} and {second} {eqd2.printed}, {bed.statistic}")


def scaled(
    bed: Claim, eqd2: Claim, factor: Fraction, conventions: tuple[Convention, ...]
) -> Scaled:
    """Certify what BED can be, by its own digits and by those of EQD2."""
    own, from_base = bed.values(conventions), eqd2.values(conventions).scaled(factor)
    common = own.common(from_base) if own.meets(from_base) else None
    product_low, product_high = own.ends
    scaled_low, scaled_high = from_base.ends
    return Scaled(
        product=bed.claim_id,
        base=eqd2.claim_id,
        factor=factor,
        conventions=conventions,
        product_low=product_low,
        product_high=product_high,
        scaled_low=scaled_low,
        scaled_high=scaled_high,
        low=common.low if common else None,
        high=common.high if common else None,
    )


RULES = (
    Rule(
        "limits of statistics",
        "Is a percentage or a survival rate from 0 to 100, a p value from 0 to 1, a correlation "
        "from −1 to 1?",
        "Definitions of the statistics.",
        _find_limits,
        covers=False,
    ),
    Rule(
        "order of statistics",
        "Is a median within its range and its quartiles, an estimate within its confidence limits, "
        "a range within the limits of eligibility?",
        "Definitions of the statistics.",
        _find_order,
    ),
    Rule(
        "statistics of whole numbers",
        "Can whole numbers of so many patients have this median or mean?",
        "Brown NJL, Heathers JAJ. Soc Psychol Personal Sci 2017;8:363-9 (GRIM); medians by the "
        "same reasoning.",
        _find_grid,
    ),
    Rule(
        "median and cut-off",
        "Do a median and the number of patients beyond a cut-off allow each other?",
        "Order statistics: the median is between the two middle values.",
        _find_cuts,
    ),
    Rule(
        "BED and EQD2",
        "Do biologically effective dose and equivalent dose in 2 Gy fractions agree?",
        "Fowler JF. Br J Radiol 1989;62:679-94: BED = EQD2 × (1 + 2/(α/β)).",
        _find_doses,
    ),
)
