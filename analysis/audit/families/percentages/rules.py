"""Counts and percentages: whether a count fits, and whether two statements agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations

from analysis.audit.evidence import Claim, Evidence, allowed_counts, exact_count
from analysis.audit.families.percentages.certificates import Counts, Restated, SumOfPrinted
from analysis.audit.families.sums.certificates import Bounds
from analysis.audit.families.sums.rules import bounds
from analysis.audit.proof import AnyCertificate, Finding, Proof, Verdict, prove
from analysis.audit.rules import Check, Rule, in_words, one_digit_apart, other
from analysis.audit.structure import Quantity
from analysis.study.printed import EVERY, Convention, number_and_unit


def _find_counts(evidence: Evidence) -> Iterator[Check]:
    for quantity, claims in evidence.about.items():
        yield from _of_quantity(evidence, quantity, claims)


def _of_quantity(evidence: Evidence, quantity: Quantity, claims: list[Claim]) -> Iterator[Check]:
    alone = [claim for claim in claims if counts(evidence, [claim], EVERY).refutes()]
    for claim in alone:
        others = [other for other in claims if other is not claim]
        yield _finding(evidence, quantity, [claim], EVERY, (claim,), others)
    rest = [claim for claim in claims if claim not in alone]
    if not rest:
        return
    for conventions in (EVERY, evidence.own):
        if counts(evidence, rest, conventions).refutes():
            culprits = [
                claim
                for claim in rest
                if len(rest) > 1
                and not counts(
                    evidence, [other for other in rest if other is not claim], conventions
                ).refutes()
            ]
            sums: list[Bounds] = []
            if len(culprits) > 1:
                culprits, sums = _by_sums(evidence, quantity, culprits, conventions)
            subject = tuple(culprits) if len(culprits) == 1 else ()
            yield _finding(evidence, quantity, rest, conventions, subject, rest, sums)
            return
    names = tuple(claim.claim_id for claim in rest)
    found = counts(evidence, rest, evidence.own).fits
    yield Check(names, says=f"{evidence.name(quantity)}: {_listed(found)}")


def _by_sums(
    evidence: Evidence,
    quantity: Quantity,
    culprits: list[Claim],
    conventions: tuple[Convention, ...],
) -> tuple[list[Claim], list[Bounds]]:
    """Give those without which the counts add up, and the sums that rule the others out."""
    left, ruled_out = [], []
    for claim in culprits:
        without = evidence.without([claim.claim_id])
        broken = [
            found
            for relation in without.relations
            if quantity in {term for _, term in relation.terms}
            and (found := bounds(without, relation, conventions)) is not None
            and found.refutes()
        ]
        if broken:
            ruled_out.append(broken[0])
        else:
            left.append(claim)
    return (left, ruled_out) if len(left) == 1 else (culprits, [])


def _listed(fits: tuple[tuple[int, int], ...]) -> str:
    if len(fits) == 1:
        return f"{fits[0][0]} of {fits[0][1]}"
    return f"{len(fits)} counts fit"


def counts(evidence: Evidence, claims: list[Claim], conventions: tuple[Convention, ...]) -> Counts:
    """Certify which counts the claims about one quantity allow.

    Where no claim has a denominator, percentages are tried of every number of patients up to all.
    """
    denominators = [claim.denominator for claim in claims if claim.denominator]
    exact = [count for count in map(exact_count, claims) if count is not None]
    near: dict[int, Fraction] = {}
    if denominators:
        of: tuple[int, ...] = (min(denominators),)
        allowed = allowed_counts(claims, conventions) or []
        fits = tuple((count, of[0]) for count in allowed)
        near = _near(claims, exact, of[0]) if not fits or exact else {}
    elif exact:
        of = (max(exact),)
        fits = tuple((count, of[0]) for count in allowed_counts(claims, conventions) or [])
    else:
        of = tuple(range(1, (evidence.n or 1) + 1))
        fits = tuple(
            (count, whole)
            for whole in of
            for count in range(whole + 1)
            if all(Fraction(100 * count, whole) in claim.values(conventions) for claim in claims)
        )
    return Counts(
        about=tuple(claim.claim_id for claim in claims),
        conventions=conventions,
        of=of,
        fits=fits,
        near=near,
    )


def _near(claims: list[Claim], exact: list[int], of: int) -> dict[int, Fraction]:
    """Give the printed counts, or the two counts around a printed percentage, as percentages."""
    if exact:
        chosen = sorted(set(exact))
    else:
        number, _ = number_and_unit(claims[0].printed)
        below = int(number * of / 100)
        chosen = [count for count in (below, below + 1) if 0 <= count <= of]
    return {count: Fraction(100 * count, of) for count in chosen}


def _finding(
    evidence: Evidence,
    quantity: Quantity,
    claims: list[Claim],
    conventions: tuple[Convention, ...],
    subject: tuple[Claim, ...],
    others: list[Claim],
    by_sums: Iterable[Bounds] = (),
) -> Check:
    certificates: list[AnyCertificate] = [counts(evidence, claims, conventions), *by_sums]
    reading = set(conventions) != set(EVERY)
    allowed: tuple[str, ...] = ()
    if reading:
        certificates.append(counts(evidence, claims, EVERY))
        named = subject[0].printed if subject else "a number"
        allowed = (f"{named} is {in_words(other(conventions))}",)
    restating = [claim for claim in others if claim not in subject]
    explanations, sums = _explanations(evidence, quantity, subject, restating)
    shown, named = subject[0] if subject else claims[0], evidence.name(quantity)
    title = (
        f"{named}: no count gives “{shown.printed}”"
        if len(claims) == 1
        else f"{named}: “{shown.printed}” does not agree with the other numbers given for it"
        if subject
        else f"{named}: the numbers given for it do not agree"
    )
    finding = Finding(
        rule=COUNTS,
        verdict=Verdict.READING if reading else Verdict.IMPOSSIBLE,
        title=title,
        subject=tuple(claim.claim_id for claim in subject),
        excluded=(in_words(conventions),),
        allowed=allowed,
        explanations=tuple(explanations),
        proof=prove(evidence.quotes, *certificates, *sums),
    )
    return Check(tuple(claim.claim_id for claim in claims), finding)


def _explanations(
    evidence: Evidence, quantity: Quantity, subject: tuple[Claim, ...], others: list[Claim]
) -> tuple[list[str], list[SumOfPrinted]]:
    """Give what could have led to the printed percentage, the likeliest first."""
    if not subject or subject[0].statistic != "percent" or not subject[0].denominator:
        return [], []
    claim, of = subject[0], subject[0].denominator
    words, sums = [], []
    for sum_ in _sums_of_printed(evidence, quantity, claim):
        sums.append(sum_)
        parts = " and ".join(evidence.claims[part].printed for part in sum_.parts)
        words.append(f"it is the sum of the printed percentages {parts}")
    stated = next((count for count in map(exact_count, others) if count is not None), None)
    if stated is not None:
        cut = Fraction(100 * stated, of)
        if cut in claim.values(other(evidence.own)):
            words.append(
                f"{stated} of {of}, {float(cut):.2f} %, {in_words(other(evidence.own))} "
                f"instead of {in_words(evidence.own)}"
            )
    for restated in others:
        same = restated.statistic == claim.statistic
        if same and one_digit_apart(claim.printed, restated.printed):
            words.append(f"one digit differs from “{restated.printed}” ({restated.locator})")
            break
    if counts(evidence, [claim], EVERY).refutes() and evidence.n:
        number = next(
            (
                (count, whole)
                for whole in range(of - 1, 0, -1)
                for count in [round(number_and_unit(claim.printed)[0] * whole / 100)]
                if Fraction(100 * count, whole) in claim.values(evidence.own)
            ),
            None,
        )
        if number is not None:
            words.append(f"of fewer patients: {number[0]} of {number[1]} would give it")
    return words, sums


def _sums_of_printed(
    evidence: Evidence, quantity: Quantity, claim: Claim
) -> Iterator[SumOfPrinted]:
    for relation in evidence.relations:
        terms = {term: sign for sign, term in relation.terms}
        if relation.kind != "sum" or terms.get(quantity) != -1:
            continue
        parts = [
            next((c for c in evidence.about[part] if c.statistic == "percent"), None)
            for part in terms
            if part != quantity
        ]
        if len(parts) < 2 or any(part is None for part in parts):
            continue
        found = [part for part in parts if part is not None]
        total = sum((number_and_unit(part.printed)[0] for part in found), Fraction(0))
        if total == number_and_unit(claim.printed)[0]:
            yield SumOfPrinted(
                relation=relation.name,
                whole=claim.claim_id,
                parts=tuple(part.claim_id for part in found),
                total=total,
            )


def _find_restated(evidence: Evidence) -> Iterator[Check]:
    for claims in evidence.by_key.values():
        stated = [claim for claim in claims if claim.is_number and claim.comparator == "="]
        if len(stated) < 2:
            continue
        first_of = {claim.printed: claim for claim in reversed(stated)}
        apart = [
            pair
            for pair in combinations(first_of.values(), 2)
            if not pair[0].values().meets(pair[1].values())
        ]
        names = tuple(claim.claim_id for claim in stated)
        if not apart:
            yield Check(names, says=f"stated {len(stated)} times, in agreement")
        for first, second in apart:
            low, high = sorted((first.values(), second.values()), key=lambda i: i.low or 0)
            certificate = Restated(
                first=first.claim_id,
                second=second.claim_id,
                conventions=EVERY,
                gap=(low.high is not None and high.low is not None and high.low - low.high)
                or Fraction(0),
            )
            proof = prove(evidence.quotes, certificate)
            yield Check(names, _restated(evidence, first, second, proof))


def _restated(evidence: Evidence, first: Claim, second: Claim, proof: Proof) -> Finding:
    return Finding(
        rule=RESTATED,
        verdict=Verdict.RESTATED,
        title=f"{evidence.name(first.quantity)}, {first.statistic}: “{first.printed}” and "
        f"“{second.printed}”",
        subject=(first.claim_id, second.claim_id),
        proof=proof,
    )


COUNTS = "count and percentage"
RESTATED = "the same fact twice"
RULES = (
    Rule(
        RESTATED,
        "Do two statements of one statistic agree?",
        "Exact intervals of printed numbers.",
        _find_restated,
    ),
    Rule(
        COUNTS,
        "Is there a count of patients behind each percentage, and is it the count printed? "
        "Percentages are read rounded half up, half even, and cut off; where the denominator is "
        "not printed, every number of patients is tried.",
        "After Brown NJL, Heathers JAJ. Soc Psychol Personal Sci 2017;8:363-9, for proportions.",
        _find_counts,
    ),
)
