"""Counts that add up: levels, parts of a whole, subsets, unions; one by one and all together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ortools.sat.python import cp_model

from analysis.audit.evidence import Claim, Evidence, allowed_counts
from analysis.audit.families.sums.certificates import Bounds, Infeasible
from analysis.audit.proof import Finding, Verdict, prove
from analysis.audit.rules import Check, Rule, decide, in_words, one_digit_apart
from analysis.audit.structure import Quantity, Relation
from analysis.study.printed import EVERY, Convention

SECONDS = 20


def _find_sums(evidence: Evidence) -> Iterator[Check]:
    for relation in evidence.relations:
        if bounds(evidence, relation, EVERY) is None:
            continue

        def certify(conventions: tuple[Convention, ...], relation: Relation = relation) -> Bounds:
            found = bounds(evidence, relation, conventions) or bounds(evidence, relation, EVERY)
            assert found is not None
            return found

        shown = relation.name.partition(": ")[2].replace("_", " ")
        check = decide(
            SUMS,
            evidence,
            certify,
            f"{shown}: the counts do not add up",
            says=f"{relation.name}: {_equation(certify(evidence.own))}"
            + (f" ({relation.because})" if relation.because else ""),
        )
        if check.finding is not None:
            words = tuple(_one_digit(evidence, relation))
            finding = check.finding.model_copy(update={"explanations": words})
            check = Check(check.claims, finding)
        yield check


def _equation(found: Bounds) -> str:
    """Write the counts of a relation, as in '108 = 100 + 8'."""

    def side(sign: int) -> str:
        return " + ".join(
            str(low) if low == high else f"({low} to {high})"
            for own, low, high, _ in found.terms
            if own == sign
        )

    return f"{side(1)} {'=' if found.equal else '≥'} {side(-1)}"


def _one_digit(evidence: Evidence, relation: Relation) -> Iterator[str]:
    """Give the counts of an equality that one other digit would make add up."""
    counts = {quantity: evidence.counts(quantity) or [] for _, quantity in relation.terms}
    if not relation.equal or any(len(allowed) != 1 for allowed in counts.values()):
        return
    excess = sum(sign * counts[quantity][0] for sign, quantity in relation.terms)
    for sign, quantity in relation.terms:
        needed = str(counts[quantity][0] - sign * excess)
        for claim in evidence.about[quantity]:
            if claim.statistic == "count" and one_digit_apart(claim.printed, needed):
                yield f"{needed} instead of “{claim.printed}” ({claim.locator}) would add up"


def bounds(
    evidence: Evidence, relation: Relation, conventions: tuple[Convention, ...]
) -> Bounds | None:
    """Certify the least and greatest value of a relation; None where a count is not bounded."""
    terms = []
    for sign, quantity in relation.terms:
        allowed = evidence.counts(quantity, conventions)
        if not allowed:
            return None
        names = tuple(claim.claim_id for claim in evidence.about[quantity])
        terms.append((sign, allowed[0], allowed[-1], names))
    return Bounds(
        relation=relation.name,
        equal=relation.equal,
        conventions=conventions,
        terms=tuple(terms),
        low=sum(low if sign > 0 else -high for sign, low, high, _ in terms),
        high=sum(high if sign > 0 else -low for sign, low, high, _ in terms),
    )


def _find_together(evidence: Evidence) -> Iterator[Check]:
    for part in _connected(evidence.relations):
        relations = [item for item in part if bounds(evidence, item, EVERY) is not None]
        claims = {
            claim.claim_id: claim
            for relation in relations
            for _, quantity in relation.terms
            for claim in evidence.about[quantity]
        }
        if len(relations) < 2 or any(
            found.refutes() for item in relations if (found := bounds(evidence, item, EVERY))
        ):
            continue
        status = solve(relations, claims.values(), EVERY)
        names = tuple(claims)
        if status == cp_model.INFEASIBLE:
            yield Check(names, _conflict(evidence, relations, claims))
        elif status == cp_model.UNKNOWN:
            yield Check(names, _undecided(relations, len(claims), evidence))
        else:
            yield Check(names, says=f"{len(relations)} relations hold together")


def _conflict(evidence: Evidence, relations: list[Relation], claims: dict[str, Claim]) -> Finding:
    """Give the finding with minimal relations and claims: each is left out if it can be."""
    for relation in list(relations):
        fewer = [item for item in relations if item is not relation]
        if solve(fewer, claims.values(), EVERY) == cp_model.INFEASIBLE:
            relations = fewer
    for name in list(claims):
        without = {key: claim for key, claim in claims.items() if key != name}
        if solve(relations, without.values(), EVERY) == cp_model.INFEASIBLE:
            claims = without
    certificate = Infeasible(
        relations=tuple(item.name for item in relations),
        about=tuple(claims),
        conventions=EVERY,
    )
    return Finding(
        rule=TOGETHER,
        verdict=Verdict.IMPOSSIBLE,
        title=f"{len(claims)} numbers cannot hold together",
        subject=(),
        excluded=(in_words(EVERY),),
        proof=prove(evidence.quotes, certificate),
    )


def _undecided(relations: list[Relation], claims: int, evidence: Evidence) -> Finding:
    return Finding(
        rule=TOGETHER,
        verdict=Verdict.UNDECIDED,
        title=f"{len(relations)} relations of {claims} numbers were not decided in {SECONDS} s",
        subject=(),
        proof=prove(evidence.quotes),
    )


def solve(
    relations: Iterable[Relation], claims: Iterable[Claim], conventions: tuple[Convention, ...]
) -> Any:
    """Give CP-SAT's status for the counts that claims and relations allow.

    A quantity without a claim may be any count up to the greatest denominator.
    """
    by_quantity: dict[Quantity, list[Claim]] = {}
    for claim in claims:
        by_quantity.setdefault(claim.quantity, []).append(claim)
    model = cp_model.CpModel()
    variables: dict[Quantity, Any] = {}
    for relation in relations:
        for _, quantity in relation.terms:
            if quantity not in variables:
                allowed = allowed_counts(by_quantity.get(quantity, []), conventions)
                domain = (
                    cp_model.Domain(0, 10**6)
                    if allowed is None
                    else cp_model.Domain.from_values(allowed)
                )
                variables[quantity] = model.new_int_var_from_domain(domain, str(quantity))
        total = sum(sign * variables[quantity] for sign, quantity in relation.terms)
        model.add(total == 0 if relation.equal else total >= 0)
    solver = cp_model.CpSolver()
    # It would take Ctrl-C for itself, and leave Python without its handler.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    return solver.solve(model)


def _connected(relations: Iterable[Relation]) -> list[list[Relation]]:
    """Group relations that share a quantity, directly or through others."""
    parts: list[tuple[set[Quantity], list[Relation]]] = []
    for relation in relations:
        touched = {quantity for _, quantity in relation.terms}
        joined = [relation]
        rest = []
        for quantities, members in parts:
            if quantities & touched:
                touched |= quantities
                joined = members + joined
            else:
                rest.append((quantities, members))
        parts = [*rest, (touched, joined)]
    return [members for _, members in parts]


SUMS = "counts that add up"
TOGETHER = "all counts together"
RULES = (
    Rule(
        SUMS,
        "Do levels add up to those they divide, parts to their whole, and is a subset no larger "
        "than what holds it? Columns in which a patient may stand twice are kept apart.",
        "Bounds of integers; which counts add up is declared in structure.yaml.",
        _find_sums,
    ),
    Rule(
        TOGETHER,
        "Are there whole numbers of patients that satisfy all relations at once?",
        "CP-SAT of OR-Tools, with the minimal conflicting claims.",
        _find_together,
    ),
)
