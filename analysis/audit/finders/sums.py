"""Counts that add up: levels, parts of a whole, subsets, unions; one by one and all together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ortools.sat.python import cp_model

from analysis.audit.finders.evidence import Evidence
from analysis.audit.finders.relations import relations_of
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.form import Bounds, Infeasible, Relation, Untried
from analysis.study.printed import Convention

SECONDS = 20


def bounds(relation: Relation, conventions: tuple[Convention, ...]) -> Bounds:
    """Certify the least and greatest value of a sum."""
    return Bounds(
        relation=relation,
        conventions=conventions,
        low=sum(term.low if term.sign > 0 else -term.high for term in relation.terms),
        high=sum(term.high if term.sign > 0 else -term.low for term in relation.terms),
    )


def refuted(found: Bounds) -> bool:
    """Tell whether a sum cannot be as declared."""
    return found.high < 0 or (found.relation.equal and found.low > 0)


def claims_of(relations: Iterable[Relation]) -> tuple[str, ...]:
    """Give the claims of sums, each once."""
    return tuple(
        dict.fromkeys(name for rel in relations for term in rel.terms for name in term.about)
    )


def _find_sums(evidence: Evidence) -> Iterator[Check]:
    plain = {_key(relation): relation for relation in relations_of(evidence, evidence.own)}
    seen = set()
    for relation in relations_of(evidence, evidence.ways):
        names = claims_of([relation])
        same = (relation.equal, *((t.sign, t.about, t.of) for t in relation.terms))
        if same in seen:
            # Declared twice.
            continue
        seen.add(same)
        every = bounds(relation, evidence.ways)
        own = plain.get(_key(relation))
        if refuted(every):
            yield Check(names, (every,))
        elif own is not None and refuted(narrower := bounds(own, evidence.own)):
            yield Check(names, (narrower, every))
        else:
            yield Check(names, says=f"{_name(evidence, relation)}: {_equation(own or relation)}")


def _key(relation: Relation) -> tuple[Any, ...]:
    about = tuple((term.sign, term.about, term.of) for term in relation.terms)
    return relation.part, relation.place, relation.equal, about


def _name(evidence: Evidence, relation: Relation) -> str:
    shown = next(term for term in relation.terms if (term.sign < 0) == (relation.part != "sums"))
    quantity = evidence.every[shown.about[0]].quantity
    group = f" ({quantity.group_level})" if quantity.group_level else ""
    kind = {
        "exclusive": "levels",
        "one_at_most": "one level at most",
        "several": "several levels",
        "sums": "sum",
        "unions": "union",
        "at_least": "at least",
        "subsets": "subset",
        "arms": "groups",
    }[relation.part]
    declared = getattr(evidence.structure, relation.part, ())
    of = declared[relation.place] if declared else None
    if relation.part in {"sums", "unions", "at_least"}:
        return f"{kind}: {of.whole if of else ''}{group}"
    if relation.part == "subsets":
        return f"{kind}: {of.part if of else ''} in {of.whole if of else ''}{group}"
    return f"{kind}: {evidence.structure.names.get(quantity.variable, quantity.variable)}{group}"


def _equation(relation: Relation) -> str:
    """Write the counts of a sum, as in '108 = 100 + 8'."""

    def side(sign: int) -> str:
        return " + ".join(
            str(term.low) if term.low == term.high else f"({term.low} to {term.high})"
            for term in relation.terms
            if term.sign == sign
        )

    return f"{side(1)} {'=' if relation.equal else '≥'} {side(-1)}"


def _find_together(evidence: Evidence) -> Iterator[Check]:
    kept = [
        rel
        for rel in relations_of(evidence, evidence.ways)
        if not refuted(bounds(rel, evidence.ways))
    ]
    # Where some have no value levels do not fill their whole: first without that.
    loose = [
        relation.model_copy(update={"equal": False}) if relation.part == "exclusive" else relation
        for relation in kept
    ]
    for relations in (loose, kept):
        found = False
        for part in _connected(evidence, relations):
            if len(part) < 2:
                continue
            names = claims_of(part)
            status = solve(evidence, part)
            if status == cp_model.INFEASIBLE:
                found = True
                yield Check(names, (_conflict(evidence, part),))
            elif status == cp_model.UNKNOWN:
                yield Check(names, (_undecided(names, len(part)),))
            elif relations is kept:
                yield Check(names, says=f"{len(part)} relations hold together")
        if found:
            return


def _conflict(evidence: Evidence, relations: Sequence[Relation]) -> Infeasible:
    """Give the sums that conflict: each is left out if it can be."""
    left = list(relations)
    for relation in relations:
        fewer = [item for item in left if item is not relation]
        if solve(evidence, fewer) == cp_model.INFEASIBLE:
            left = fewer
    return Infeasible(relations=tuple(left), conventions=evidence.ways)


def _undecided(names: tuple[str, ...], sums: int) -> Untried:
    return Untried(rule="all counts together", about=names, because="sums", cases=sums)


def solve(evidence: Evidence, relations: Iterable[Relation]) -> Any:
    """Give CP-SAT's status for the counts that sums allow."""
    model = cp_model.CpModel()
    variables: dict[object, Any] = {}
    for relation in relations:
        terms = []
        for term in relation.terms:
            claim = evidence.every[term.about[0]]
            key = (claim.quantity, claim.denominator, term.of)
            if key not in variables:
                variables[key] = model.new_int_var(term.low, term.high, "")
            model.add(variables[key] >= term.low)
            model.add(variables[key] <= term.high)
            terms.append(term.sign * variables[key])
        model.add(sum(terms) == 0 if relation.equal else sum(terms) >= 0)
    solver = cp_model.CpSolver()
    # It would take Ctrl-C for itself, and leave Python without its handler.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    return solver.solve(model)


def _connected(evidence: Evidence, relations: Iterable[Relation]) -> list[list[Relation]]:
    """Group sums that share a count, directly or through others."""
    parts: list[tuple[set[object], list[Relation]]] = []
    for relation in relations:
        touched: set[object] = {evidence.every[term.about[0]].quantity for term in relation.terms}
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


RULES = (
    Rule(
        "counts that add up",
        "Do levels add up to those they divide, parts to their whole, groups to all, and is a "
        "subset no larger than what holds it? Columns in which a patient may stand twice are kept "
        "apart.",
        "Bounds of integers; which counts add up is declared in structure.yaml.",
        _find_sums,
    ),
    Rule(
        "all counts together",
        "Are there whole numbers of patients that satisfy all relations at once?",
        "CP-SAT of OR-Tools, with the minimal conflicting sums.",
        _find_together,
    ),
)
