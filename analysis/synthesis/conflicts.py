"""The smallest set of assumptions that cannot hold together, in a model of CP-SAT.

CP-SAT itself reports some set of assumptions that conflict, not a small one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ortools.sat.python import cp_model

# Sets to hit before the smallest conflict is given up for one that is only irreducible.
ROUNDS = 200
# CP-SAT's deterministic time (about seconds) to find how few assumptions need be dropped.
LIMIT = 0.1


class Size(Enum):
    """What is proved about a conflict; the value says it in words."""

    SMALLEST = "no smaller set conflicts"
    IRREDUCIBLE = "without any one of them the others can be met"
    FOUND = "some may not be needed for the conflict"


@dataclass(frozen=True)
class Conflict:
    """Positions of the assumptions that conflict, ascending, and what is proved about them."""

    members: list[int]
    size: Size


def solver(seed: int = 0, limit: float = math.inf) -> cp_model.CpSolver:
    """Give a solver whose answer depends on the seed alone.

    Parameters
    ----------
    limit
        Deterministic time, counted in operations and worth about as many seconds.
    """
    solver = cp_model.CpSolver()
    # It would take Ctrl-C for itself, and leave Python without its handler.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = limit
    return solver


def smallest(model: cp_model.CpModel, literals: Sequence[cp_model.IntVar]) -> Conflict | None:
    """Find a conflict that has the fewest members.

    A conflict must meet every set of assumptions whose complement can hold. The smallest set that
    meets all such sets known so far is tried, and either conflicts or gives one more such set
    (implicit hitting sets: Ignatiev et al., CP 2015), until it is as large as a conflict that is
    irreducible. Meant for models that are solved in milliseconds.

    Parameters
    ----------
    literals
        Boolean variables that enforce the assumptions; without them the model is feasible.

    Returns
    -------
    None when all can hold together.
    """
    conflict = irreducible(model, literals, math.inf)
    if conflict is None:
        return None
    to_hit: list[list[int]] = []
    for _ in range(ROUNDS):
        chosen = _hitting_set(to_hit, len(literals))
        if len(chosen) == len(conflict.members):
            return Conflict(conflict.members, Size.SMALLEST)
        dropped = _to_drop(model, literals, chosen)
        if dropped is None:
            return Conflict(chosen, Size.SMALLEST)
        to_hit.append(dropped)
    return conflict


def _hitting_set(to_hit: Iterable[list[int]], n: int) -> list[int]:
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in range(n)]
    for members in to_hit:
        model.add_bool_or(taken[k] for k in members)
    model.minimize(cp_model.LinearExpr.sum(taken))
    solving = solver()
    solving.solve(model)
    return [k for k, variable in enumerate(taken) if solving.boolean_value(variable)]


def _to_drop(
    model: cp_model.CpModel, literals: Sequence[cp_model.IntVar], kept: list[int]
) -> list[int] | None:
    """Give assumptions, few of them, whose dropping lets those kept hold; None when nothing does.

    More than need be, which the limit may leave, cost rounds but are no less right.
    """
    trial = model.clone()
    held = [trial.get_bool_var_from_proto_index(literal.index) for literal in literals]
    trial.add_bool_and(held[k] for k in kept)
    trial.maximize(cp_model.LinearExpr.sum(held))
    for limit in (LIMIT, math.inf):
        solving = solver(limit=limit)
        status = solving.solve(trial)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.UNKNOWN:
            break
    return [k for k, variable in enumerate(held) if not solving.boolean_value(variable)]


def irreducible(
    model: cp_model.CpModel, literals: Sequence[cp_model.IntVar], limit: float
) -> Conflict | None:
    """Drop assumptions one by one from a conflict, while it stays one.

    Parameters
    ----------
    limit
        Deterministic time for each trial. What is not decided by then is taken for feasible.

    Returns
    -------
    None when all can hold together, as far as the limit tells.
    """
    status, members = _core(model, literals, range(len(literals)), limit)
    if status != cp_model.INFEASIBLE:
        return None
    size = Size.IRREDUCIBLE
    for k in list(members):
        if k in members:
            others = [other for other in members if other != k]
            status, core = _core(model, literals, others, limit)
            if status == cp_model.INFEASIBLE:
                members = core
            elif status == cp_model.UNKNOWN:
                size = Size.FOUND
    return Conflict(members, size)


def _core(
    model: cp_model.CpModel,
    literals: Sequence[cp_model.IntVar],
    kept: Iterable[int],
    limit: float,
) -> tuple[cp_model.CpSolverStatus, list[int]]:
    """Give CP-SAT's verdict on some assumptions, and which of them it needs for a conflict."""
    trial = model.clone()
    by_index = {literals[k].index: k for k in kept}
    trial.add_assumptions(trial.get_bool_var_from_proto_index(index) for index in by_index)
    solving = solver(limit=limit)
    status = solving.solve(trial)
    if status != cp_model.INFEASIBLE:
        return status, []
    return status, sorted(by_index[i] for i in solving.sufficient_assumptions_for_infeasibility())
