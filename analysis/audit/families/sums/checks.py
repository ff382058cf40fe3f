"""How certificates about sums of counts are checked: bounds again, and CP-SAT on its own model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ortools.sat.python import cp_model

from analysis.audit.context import (
    Checks,
    Context,
    Figures,
    Rejected,
    Verification,
    under_every_rounding,
)
from analysis.audit.families.sums.certificates import Bounds, Infeasible
from analysis.audit.structure import Quantity, Relation


def _bounds(context: Context, item: Bounds) -> Figures:
    relation = context.relation(item.relation)
    if len(relation.terms) != len(item.terms):
        raise Rejected("the terms are not those of the relation")
    terms = []
    for (sign, quantity), (*_, names) in zip(relation.terms, item.terms, strict=True):
        if not names or not set(names) <= set(context.about[quantity]):
            raise Rejected(f"claims that are not about {quantity}")
        allowed = context.allowed(names, item.conventions)
        if not allowed:
            raise Rejected(f"no count of {quantity}")
        terms.append((sign, min(allowed), max(allowed), names))
    return {
        "equal": relation.equal,
        "terms": tuple(terms),
        "low": sum(low if sign > 0 else -high for sign, low, high, _ in terms),
        "high": sum(high if sign > 0 else -low for sign, low, high, _ in terms),
    }


def _infeasible(context: Context, item: Infeasible) -> Figures:
    chosen = [context.relation(name) for name in item.relations]
    if _solvable(context, chosen, item.about, item.conventions):
        raise Rejected("there are whole numbers that satisfy all")
    for claim in item.about:
        fewer = [name for name in item.about if name != claim]
        if not _solvable(context, chosen, fewer, item.conventions):
            raise Rejected(f"{claim} is not needed")
    for relation in chosen:
        rest = [other for other in chosen if other is not relation]
        if not _solvable(context, rest, item.about, item.conventions):
            raise Rejected(f"{relation.name} is not needed")
    return {}


def _solvable(
    context: Context, chosen: list[Relation], names: Sequence[str], conventions: Sequence[str]
) -> bool:
    model = cp_model.CpModel()
    variables: dict[Quantity, Any] = {}
    for relation in chosen:
        for _, quantity in relation.terms:
            if quantity in variables:
                continue
            claims = [name for name in context.about.get(quantity, []) if name in names]
            allowed = context.allowed(claims, conventions)
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
    solver.parameters.max_time_in_seconds = 60
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.UNKNOWN:
        raise Rejected("CP-SAT did not decide")
    return bool(status in {cp_model.OPTIMAL, cp_model.FEASIBLE})


CHECKS: Checks = {
    Bounds: Verification(_bounds, under_every_rounding),
    Infeasible: Verification(_infeasible, under_every_rounding),
}
