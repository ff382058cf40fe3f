"""The checker of proofs: computes every figure again, and writes what follows from them.

It shares nothing with what finds things but the form of a proof (`form`), and knows besides only
the ledger and what is declared about it. It reads printed numbers by rounding candidates and
comparing (`ledger`), works in whole numbers, fractions and intervals, and asks CP-SAT only whether
whole numbers exist. A certificate is rejected when anything in it differs from what is computed
here; a finding, when anything in it differs from what is written here from its certificates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.audit.checker.continuous import (
    OfCounted,
    OfDifference,
    OfSpread,
    OfSquares,
    OfZero,
)
from analysis.audit.checker.counts import OfCounts, OfHabit, OfRestated, OfSumOfPrinted
from analysis.audit.checker.effects import (
    OfEffect,
    OfProportion,
    OfRatioInterval,
    OfShare,
    OfStatisticP,
    OfWaldP,
    OfWidth,
)
from analysis.audit.checker.kind import OTHERWISE, Kind
from analysis.audit.checker.ledger import Ledger, Rejected
from analysis.audit.checker.p_values import OfContingency, OfIdentified, OfTables, OfUntried
from analysis.audit.checker.quantities import OfCut, OfGrid, OfLimits, OfOrder, OfScaled
from analysis.audit.checker.sums import OfBounds, OfInfeasible
from analysis.audit.checker.survival import (
    OfFollowUp,
    OfFollowUpWitness,
    OfGroupMedians,
    OfRateAndMedian,
    OfSharedEvents,
    OfSharedWitness,
    OfSteps,
)
from analysis.audit.form import (
    AnyCertificate,
    Bounds,
    Contingency,
    Counted,
    Counts,
    Cut,
    Difference,
    Effect,
    Finding,
    FollowUp,
    FollowUpWitness,
    Grid,
    GroupMedians,
    Habit,
    Identified,
    Infeasible,
    Limits,
    Order,
    Proof,
    Proportion,
    RateAndMedian,
    RatioInterval,
    Restated,
    Scaled,
    Share,
    SharedEvents,
    SharedWitness,
    Spread,
    Squares,
    StatisticP,
    Steps,
    SumOfPrinted,
    Tables,
    Untried,
    Verdict,
    WaldP,
    Width,
    Zero,
)

__all__ = ["KINDS", "Ledger", "Rejected", "conclude", "faults"]

KINDS: dict[type[Any], Kind[Any]] = {
    Counts: OfCounts(),
    Restated: OfRestated(),
    SumOfPrinted: OfSumOfPrinted(),
    Habit: OfHabit(),
    Bounds: OfBounds(),
    Infeasible: OfInfeasible(),
    Order: OfOrder(),
    Limits: OfLimits(),
    Grid: OfGrid(),
    Cut: OfCut(),
    Scaled: OfScaled(),
    Spread: OfSpread(),
    Squares: OfSquares(),
    Counted: OfCounted(),
    RatioInterval: OfRatioInterval(),
    WaldP: OfWaldP(),
    Proportion: OfProportion(),
    Effect: OfEffect(),
    StatisticP: OfStatisticP(),
    Share: OfShare(),
    Width: OfWidth(),
    Difference: OfDifference(),
    Zero: OfZero(),
    Tables: OfTables(),
    Identified: OfIdentified(),
    Contingency: OfContingency(),
    Untried: OfUntried(),
    Steps: OfSteps(),
    FollowUp: OfFollowUp(),
    FollowUpWitness: OfFollowUpWitness(),
    SharedEvents: OfSharedEvents(),
    SharedWitness: OfSharedWitness(),
    GroupMedians: OfGroupMedians(),
    RateAndMedian: OfRateAndMedian(),
}


def conclude(ledger: Ledger, certificates: Sequence[AnyCertificate]) -> Finding:
    """Write the finding that follows from certificates, of which the first is what it is about.

    Raises
    ------
    Rejected
        When a certificate is not as computed here, or nothing follows from them.
    """
    for number, item in enumerate(certificates, start=1):
        try:
            KINDS[type(item)].check(ledger, item)
        except (ValueError, LookupError, ArithmeticError, AssertionError) as error:
            raise Rejected(f"certificate {number} ({item.kind}): {error}") from error
    if not certificates:
        raise Rejected("there is no certificate")
    main, *rest = certificates
    kind = KINDS[type(main)]
    said = kind.says(ledger, main, tuple(rest))
    allowed = list(said.allowed)
    plain = getattr(main, "conventions", ()) == ledger.plain != ledger.every
    if said.verdict == Verdict.READING and plain and type(main) is not Counts:
        # What only the article's own way of rounding refutes, another way allows.
        allowed.append(OTHERWISE)
    used = dict.fromkeys(name for item in certificates for name in KINDS[type(item)].claims(item))
    verdict, asked = said.verdict, [name for name in used if ledger.asks(name)]
    if verdict == Verdict.IMPOSSIBLE and asked:
        # What a draft is not sure of proves nothing.
        verdict = Verdict.READING
        where = ledger.text(asked[0], "locator")
        allowed.append(f"what the draft of the ledger asks is answered otherwise ({where})")
    return Finding(
        rule=said.rule or kind.rule,
        verdict=verdict,
        title=said.title,
        subject=tuple(said.subject),
        excluded=tuple(said.excluded),
        allowed=tuple(allowed),
        declared=tuple(said.declared),
        explanations=tuple(said.explanations),
        proof=Proof(
            claims=tuple(ledger.quoted(name) for name in used),
            steps=tuple(
                step for item in certificates for step in KINDS[type(item)].steps(ledger, item)
            ),
            certificates=tuple(certificates),
        ),
    )


def faults(finding: Finding, ledger: Ledger) -> list[str]:
    """Give everything in a finding that does not follow from the ledger; none if it is proved."""
    try:
        written = conclude(ledger, finding.proof.certificates)
    except Rejected as error:
        return [str(error)]
    found = [
        f"{name}: it follows “{getattr(written, name)}”"
        for name in Finding.model_fields
        if name != "proof" and getattr(written, name) != getattr(finding, name)
    ]
    found += [
        f"proof, {name}: not as the certificates show"
        for name in ("claims", "steps")
        if getattr(written.proof, name) != getattr(finding.proof, name)
    ]
    return found
