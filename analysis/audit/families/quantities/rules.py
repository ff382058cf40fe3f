"""Medians, ranges, cut-offs, limits and doses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from analysis.audit.evidence import Claim, Evidence
from analysis.audit.families.quantities.certificates import Cut, Grid, Limits, Order, Scaled
from analysis.audit.proof import Finding, Verdict, prove
from analysis.audit.rules import Check, Rule, decide
from analysis.audit.structure import Cut as DeclaredCut
from analysis.study.printed import EVERY, Convention, Interval, number_and_unit

# Of two statistics of one variable, which cannot be above which, and why.
ORDERED = {
    ("min", "median"): "a minimum is not above the median",
    ("median", "max"): "a median is not above the maximum",
    ("min", "max"): "a minimum is not above the maximum",
    ("min", "mean"): "a minimum is not above the mean",
    ("mean", "max"): "a mean is not above the maximum",
    ("median_lower", "median"): "a lower confidence limit is not above its estimate",
    ("median", "median_upper"): "an estimate is not above its upper confidence limit",
    ("rate_lower", "rate"): "a lower confidence limit is not above its estimate",
    ("rate", "rate_upper"): "an estimate is not above its upper confidence limit",
}
# Statistics that are bounded by what they are: the greatest value, if there is one; the least is 0.
BOUNDED: dict[str, Fraction | None] = {
    "count": None,
    "percent": Fraction(100),
    "rate": Fraction(100),
    "rate_lower": Fraction(100),
    "rate_upper": Fraction(100),
    "p_value": Fraction(1),
    "p_association": Fraction(1),
}
# A window is narrow when it is no more than this part of what either number leaves open.
NARROW = Fraction(1, 5)


def _find_order(evidence: Evidence) -> Iterator[Check]:
    for (lower, upper), because in ORDERED.items():
        for smaller in evidence.claims.values():
            if smaller.statistic != lower or not smaller.is_number:
                continue
            for larger in evidence.by_key.get((*smaller.key[:-1], upper), []):
                if larger.is_number:
                    yield ordered(ORDER, evidence, smaller, larger, because)
    for variable, of in evidence.structure.within.items():
        for lower, upper in (("threshold_min", "min"), ("max", "threshold_max")):
            variables = {"min": variable, "max": variable}
            for smaller, larger in product(
                evidence.numbers(lower, variables.get(lower, of)),
                evidence.numbers(upper, variables.get(upper, of)),
            ):
                found = ordered(ORDER, evidence, smaller, larger, "eligibility bounds it")
                yield (
                    found
                    if found.finding is None
                    else _reading(found, "every patient met the criterion", "some patients did not")
                )


def ordered(rule: str, evidence: Evidence, smaller: Claim, larger: Claim, because: str) -> Check:
    """Check that a number is not above another."""
    named = evidence.name(smaller.quantity)

    def certify(conventions: tuple[Convention, ...]) -> Order:
        low, high = smaller.values(conventions).low, larger.values(conventions).high
        return Order(
            smaller=smaller.claim_id,
            larger=larger.claim_id,
            because=because,
            conventions=conventions,
            least_of_smaller=low if low is not None else Fraction(-(10**9)),
            greatest_of_larger=high if high is not None else Fraction(10**9),
        )

    return decide(
        rule,
        evidence,
        certify,
        f"{named}: {smaller.statistic} “{smaller.printed}” and {larger.statistic} "
        f"“{larger.printed}”",
        says=f"{named}: {smaller.statistic} {smaller.printed} ≤ "
        f"{larger.statistic} {larger.printed}",
    )


def _find_limits(evidence: Evidence) -> Iterator[Check]:
    for claim in evidence.claims.values():
        if claim.statistic in BOUNDED and claim.comparator == "=":
            yield _within_limits(evidence, claim)


def _within_limits(evidence: Evidence, claim: Claim) -> Check:
    def certify(conventions: tuple[Convention, ...]) -> Limits:
        low, high = claim.values(conventions).ends
        return Limits(
            claim=claim.claim_id,
            conventions=conventions,
            least=Fraction(0),
            most=BOUNDED[claim.statistic],
            low=low,
            high=high,
        )

    title = f"“{claim.printed}” ({claim.locator}) is no {claim.statistic.replace('_', ' ')}"
    return decide(LIMITS, evidence, certify, title, subject=(claim.claim_id,))


def _find_grid(evidence: Evidence) -> Iterator[Check]:
    patients, n = evidence.patients, evidence.n
    if patients is None or n is None:
        return
    for variable in evidence.structure.whole_numbers:
        for statistic, step, because, complete in (
            ("median", Fraction(1, 2), "as the middle value, or the mean of two, of whole numbers",
             False),
            ("min", Fraction(1), "as one of the whole numbers", False),
            ("max", Fraction(1), "as one of the whole numbers", False),
            ("median", Fraction(1, 1 if n % 2 else 2), "as the middle value of whole numbers",
             True),
            ("mean", Fraction(1, n), "as a sum of whole numbers over the number of patients",
             True),
        ):  # fmt: skip
            for claim in evidence.numbers(statistic, variable):
                if claim.comparator != "=" or claim.quantity.group:
                    continue
                found = _on_grid(evidence, claim, patients, step, because)
                if found.finding is None or not complete:
                    yield found
                elif (
                    statistic == "mean"
                    or not _on_grid(evidence, claim, patients, Fraction(1, 2), because).finding
                ):
                    yield _reading(found, "every patient has a value", "some patients have none")


def _reading(check: Check, excluded: str, allowed: str) -> Check:
    """Make a finding depend on a reading that no printed number settles."""
    assert check.finding is not None
    finding = check.finding.model_copy(
        update={"verdict": Verdict.READING, "excluded": (excluded,), "allowed": (allowed,)}
    )
    return Check(check.claims, finding)


def _on_grid(
    evidence: Evidence, claim: Claim, patients: Claim, step: Fraction, because: str
) -> Check:
    number, _ = number_and_unit(claim.printed)
    below = number // step * step

    def certify(conventions: tuple[Convention, ...]) -> Grid:
        allowed = claim.values(conventions)
        first, last = (end // step for end in allowed.ends)
        # More than a few multiples are as good as all: the claim is possible.
        tried = [step * k for k in range(int(first), min(int(last), int(first) + 3) + 1)]
        return Grid(
            claim=claim.claim_id,
            patients=patients.claim_id,
            because=because,
            conventions=conventions,
            step=step,
            below=below,
            above=below + step,
            fits=tuple(value for value in tried if value in allowed),
        )

    return decide(
        GRID,
        evidence,
        certify,
        f"{evidence.name(claim.quantity)}: {claim.statistic} “{claim.printed}” of whole numbers",
        subject=(claim.claim_id,),
        says=f"{evidence.name(claim.quantity)}: {claim.statistic} {claim.printed} of whole numbers",
    )


def _find_cuts(evidence: Evidence) -> Iterator[Check]:
    if evidence.patients is None or evidence.n is None:
        return
    for declared in evidence.structure.cuts:
        variable, _, level = declared.level.partition("=")
        quantities = [
            quantity
            for quantity in evidence.about
            if (quantity.variable, quantity.variable_level) == (variable, level)
        ]
        for quantity, median in product(quantities, evidence.numbers("median", declared.variable)):
            group = (median.quantity.group, median.quantity.group_level)
            denominators = {claim.denominator for claim in evidence.about[quantity]}
            if (quantity.group, quantity.group_level) != group or denominators != {evidence.n}:
                continue
            yield from _at_cut(evidence, declared, median, evidence.about[quantity])


def _at_cut(
    evidence: Evidence, declared: DeclaredCut, median: Claim, level: list[Claim]
) -> Iterator[Check]:
    patients, n = evidence.patients, evidence.n
    assert patients is not None
    assert n is not None
    named = evidence.name(median.quantity)
    allowed = {c: evidence.counts(level[0].quantity, c) for c in (EVERY, evidence.own)}
    if not allowed[EVERY]:
        return

    def certify(conventions: tuple[Convention, ...]) -> Cut:
        counts = allowed[conventions] or allowed[EVERY] or [0]
        return at_cut(
            declared, median, level, patients.claim_id, n, counts, median.values(conventions),
            conventions,
        )  # fmt: skip

    check = decide(
        CUTS,
        evidence,
        certify,
        f"{named}: median “{median.printed}” and the number beyond the cut-off",
        says=f"{named}: median {median.printed} and {level[0].printed} beyond the cut-off",
    )
    narrow = certify(evidence.own)
    if check.finding is None and narrow.astride and narrow.low == narrow.high:
        check = Check(
            check.claims,
            Finding(
                rule=CUTS,
                verdict=Verdict.NARROW,
                title=f"{named}: exactly {narrow.low} of {n} have {narrow.side} "
                f"{float(narrow.cut):g}",
                subject=(median.claim_id, *(claim.claim_id for claim in level)),
                proof=prove(evidence.quotes, narrow),
            ),
        )
    yield check


def at_cut(
    declared: DeclaredCut,
    median: Claim,
    level: list[Claim],
    patients: str,
    n: int,
    counts: list[int],
    allowed: Interval,
    conventions: tuple[Convention, ...],
) -> Cut:
    """Certify how many of n patients can be beyond a cut-off, given their median.

    With K values at or above c: if the median is c or more, the upper of the two middle values
    is, so that K is at least half of n; if it is below c, the lower one is, so that K is at most
    half. For an odd n both are the one middle value. 'At most' is the mirror image.
    """
    at_least = declared.at_least is not None
    cut = Fraction(str(declared.at_least if at_least else declared.at_most))
    low, high = allowed.ends
    if at_least:
        surely = low >= cut
        surely_not = high < cut or (high == cut and not allowed.high_closed)
    else:
        surely = high <= cut
        surely_not = low > cut
    least = (n + 1) // 2 if surely else 0
    most = n // 2 if surely_not else n
    return Cut(
        median=median.claim_id,
        level=tuple(claim.claim_id for claim in level),
        patients=patients,
        cut=cut,
        side="at least" if at_least else "at most",
        conventions=conventions,
        n=n,
        low=counts[0],
        high=counts[-1],
        median_low=allowed.low,
        median_high=allowed.high,
        least=least,
        most=most,
        astride=n % 2 == 0 and counts[0] == counts[-1] == n // 2,
    )


def _find_doses(evidence: Evidence) -> Iterator[Check]:
    for declared in evidence.structure.doses:
        factor = 1 + Fraction(2, declared.alpha_beta)
        for statistic in ("median", "min", "max"):
            for bed, eqd2 in product(
                evidence.numbers(statistic, declared.bed),
                evidence.numbers(statistic, declared.eqd2),
            ):
                if bed.key[:3] == eqd2.key[:3]:
                    yield _of_dose(evidence, bed, eqd2, factor)


def _of_dose(evidence: Evidence, bed: Claim, eqd2: Claim, factor: Fraction) -> Check:
    def certify(conventions: tuple[Convention, ...]) -> Scaled:
        return scaled(bed, eqd2, factor, conventions)

    first, second = evidence.name(bed.quantity), evidence.name(eqd2.quantity)
    title = f"{first} “{bed.printed}” and {second} “{eqd2.printed}”, {bed.statistic}"
    check = decide(DOSES, evidence, certify, title, says=title)
    found = certify(evidence.own)
    if check.finding is None and found.low is not None and found.high is not None:
        narrow_enough = NARROW * min(
            found.product_high - found.product_low, found.scaled_high - found.scaled_low
        )
        if found.high - found.low <= narrow_enough:
            narrow = Finding(
                rule=DOSES,
                verdict=Verdict.NARROW,
                title=f"{title}: from {float(found.low):g} to {float(found.high):g} only",
                subject=(bed.claim_id, eqd2.claim_id),
                proof=prove(evidence.quotes, found),
            )
            return Check(check.claims, narrow)
    return check


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


LIMITS = "limits of statistics"
ORDER = "order of statistics"
GRID = "statistics of whole numbers"
CUTS = "median and cut-off"
DOSES = "BED and EQD2"
RULES = (
    Rule(
        LIMITS,
        "Is a percentage or a survival rate from 0 to 100, a p value from 0 to 1?",
        "Definitions of the statistics.",
        _find_limits,
    ),
    Rule(
        ORDER,
        "Is a median within its range, an estimate within its confidence limits, a range within "
        "the limits of eligibility?",
        "Definitions of the statistics.",
        _find_order,
    ),
    Rule(
        GRID,
        "Can whole numbers have this median or mean?",
        "Brown NJL, Heathers JAJ. Soc Psychol Personal Sci 2017;8:363-9 (GRIM); medians by the "
        "same reasoning.",
        _find_grid,
    ),
    Rule(
        CUTS,
        "Do a median and the number of patients beyond a cut-off allow each other?",
        "Order statistics: the median is between the two middle values.",
        _find_cuts,
    ),
    Rule(
        DOSES,
        "Do biologically effective dose and equivalent dose in 2 Gy fractions agree?",
        "Fowler JF. Br J Radiol 1989;62:679-94: BED = EQD2 × (1 + 2/(α/β)).",
        _find_doses,
    ),
)
