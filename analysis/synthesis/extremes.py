"""Witnesses: exact cohorts in which what no digit fixes is as low, or as high, as was reached.

A statistic is pushed by annealing: days and labels leave exact states for a while and are paid
for it, and the farthest exact state that was met is kept (`kernels.push`). The search begins from
several cohorts, once with the labels that they have and once with others, since a two-sided p is
met on either side of no difference. The other factors are then mended as in a walk, and the cohort
is filled in and judged like any. What is kept of it is what the report would say of it.

A witness proves that its value is possible. That nothing lies beyond it is not proved here.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.synthesis import factors, kernels
from analysis.synthesis.curves import Search
from analysis.synthesis.factors import Factor
from analysis.synthesis.kernels import Ints, Objective, Pushing, Schedule
from analysis.synthesis.moves import Walk
from analysis.synthesis.pushed import Pushed
from analysis.synthesis.search import State

MIN, MAX = "min", "max"
DIRECTIONS = {MIN: -1.0, MAX: 1.0}

# One unit of what is pushed beside the cost: a z that is off by as much. Means are in days.
WEIGHTS = {kernels.MEANS_APART: 0.02, kernels.RATE: 10.0, kernels.LOG_RATIO_OF_ALL: 1.0}
_WEIGHT = 3.0
FIRST, THEN = Schedule(150_000, 0.05, 0.002), Schedule(100_000, 0.03, 0.001)
# Each step of the model of all factors takes twenty times as long.
FIRST_OF_ALL, THEN_OF_ALL = Schedule(60_000, 0.05, 0.003), Schedule(60_000, 0.03, 0.002)
MOVING, OWN, MOST = 0.4, 0.8, 0.2
MOVING_OF_ALL, OWN_OF_ALL = 0.05, 0.2
# So many of the farthest are pushed again, so often, and then filled in, each so often.
AGAIN, FILLED = 2, 4


@dataclass(frozen=True)
class Parent:
    """A cohort that the search begins from: its number, its state, and what was filled in."""

    number: int
    state: State
    rest: pd.DataFrame | None = None


@dataclass(frozen=True)
class Reached:
    """Where a push ended: the statistic in its own unit, days, and labels of some factors."""

    value: float
    parent: Parent
    search: Search
    labels: dict[str, Ints]


def seed_of(seed: int, pushed: Pushed, direction: str) -> list[int]:
    """Give the seed of a witness, which hangs on its name alone and not on the others."""
    return [seed, zlib.crc32(f"{pushed.name}-{direction}".encode())]


def reach(
    walk: Walk,
    pushed: Pushed,
    direction: str,
    parents: Sequence[Parent],
    rng: np.random.Generator,
) -> list[Reached]:
    """Push a statistic from every parent, and the farthest again; the farthest come first.

    None lies nearer than the parents themselves do.
    """
    sign = DIRECTIONS[direction]
    of_all = pushed.statistic == kernels.LOG_RATIO_OF_ALL
    first, then = (FIRST_OF_ALL, THEN_OF_ALL) if of_all else (FIRST, THEN)
    reached = []
    for parent in parents:
        for anew in (False, True) if pushed.factor and not of_all else (False,):
            one = Reached(math.nan, parent, *_begin(walk, pushed, parent, anew, rng))
            reached.append(_push(walk, pushed, sign, one, first, rng))
    # Few labels of a factor that few have are exact; they are stepped through one by one.
    for strictly in (False, True):
        reached = _farthest(reached, sign)
        reached += [
            _push(walk, pushed, sign, one, then, rng, strictly=strictly) for one in reached[:AGAIN]
        ]
    return _farthest(reached, sign)


def _farthest(reached: Sequence[Reached], sign: float) -> list[Reached]:
    exact = [one for one in reached if not math.isnan(one.value)]
    return sorted(exact, key=lambda one: -sign * one.value)


def _begin(
    walk: Walk, pushed: Pushed, parent: Parent, anew: bool, rng: np.random.Generator
) -> tuple[Search, dict[str, Ints]]:
    """Give the days of a parent and its labels, those of the factor itself drawn anew if asked."""
    labels = {name: of.copy() for name, of in parent.state.labels.items()}
    if anew:
        factor = walk.sought.named(pushed.factor)
        fixed = factors.settled(factor, labels, rng)
        free = np.setdiff1d(np.arange(walk.targets.n), list(fixed))
        size = int(rng.choice(walk.sought.sizes[factor.name]))
        labels[factor.name] = factors.first_labels(fixed, free, size, rng, walk.targets.n)
    histories = replace(parent.state.histories, days=parent.state.histories.days.copy())
    return Search(histories, walk.asked, rng), labels


def _push(
    walk: Walk,
    pushed: Pushed,
    sign: float,
    begun: Reached,
    schedule: Schedule,
    rng: np.random.Generator,
    *,
    strictly: bool = False,
) -> Reached:
    """Push from where something was reached; what is given is no nearer, and exact or nan."""
    of_all = pushed.statistic == kernels.LOG_RATIO_OF_ALL
    histories = replace(begun.search.histories, days=begun.search.histories.days.copy())
    search = Search(histories, walk.asked, rng)
    labels = {name: of.copy() for name, of in begun.labels.items()}
    moved = _moved(walk, pushed)
    rows = [factor.name for factor in moved]
    curves = [one.curve.name for one in walk.asked]
    compared = walk.sought.endpoints
    of_curve = pushed.statistic == kernels.RATE
    aim = Objective(
        pushed.statistic,
        rows.index(pushed.factor) if pushed.factor else 0,
        (curves if of_curve else list(compared)).index(pushed.curve),
        pushed.day,
        sign,
        WEIGHTS.get(pushed.statistic, _WEIGHT),
    )
    how = (
        Pushing(MOVING_OF_ALL, OWN_OF_ALL, MOST, True)
        if of_all
        else Pushing(MOVING, OWN if pushed.factor else 0.0, MOST, strictly or not pushed.factor)
    )
    value = math.nan
    for frozen in _frozen(moved, pushed):
        given = walk.with_days(search, labels, moved)
        _hold(given, moved, frozen)
        value = search.push(aim, how, schedule, given)
        labels |= {name: given.labels[k].copy() for k, name in enumerate(rows)}
    return Reached(value, begun.parent, search, labels)


def _moved(walk: Walk, pushed: Pushed) -> list[Factor]:
    """Give the factors that are held exact while a statistic is pushed."""
    if pushed.statistic == kernels.LOG_RATIO_OF_ALL:
        return list(walk.sought.factors)
    own = [pushed.factor, *([part] if (part := _part_of(walk, pushed)) else [])]
    rare = [factor.name for factor in walk.rare if factor.name not in own]
    return [walk.sought.named(name) for name in (*own, *rare) if name]


def _part_of(walk: Walk, pushed: Pushed) -> str:
    return walk.sought.named(pushed.factor).containing if pushed.factor else ""


def _frozen(moved: Sequence[Factor], pushed: Pushed) -> list[str]:
    """Give which of a factor and its part stands still, push after push; "" where none does."""
    names = [factor.name for factor in moved]
    pairs = [(f.name, f.containing) for f in moved if f.containing in names]
    if not pairs:
        return [""]
    whole, part = pairs[0]
    if pushed.statistic != kernels.LOG_RATIO_OF_ALL:
        return [part]
    return [whole, part] if pushed.factor == part else [part, whole]


def _hold(given: kernels.Factors, moved: Sequence[Factor], frozen: str) -> None:
    """Hold a factor's labels still, and those of others with it that would no longer contain it."""
    names = [factor.name for factor in moved]
    for row, factor in enumerate(moved):
        if factor.containing not in names:
            continue
        part = names.index(factor.containing)
        if frozen == factor.containing:
            given.free[part] = 0
            given.free[row, given.labels[part] == 1] = 0
        else:
            given.free[row] = 0
            given.free[part, given.labels[row] == 0] = 0


def states_of(
    walk: Walk, pushed: Pushed, reached: Sequence[Reached], rng: np.random.Generator
) -> Iterator[tuple[Parent, State]]:
    """Give whole exact states around what was reached, farthest first."""
    moved = [factor.name for factor in _moved(walk, pushed)]
    of_all = pushed.statistic == kernels.LOG_RATIO_OF_ALL
    own = [pushed.factor, _part_of(walk, pushed)]
    for one in reached:
        known = {name: one.labels[name] for name in moved}
        for _ in range(FILLED):
            labels = walk.mend(
                one.search.endpoints(),
                known,
                one.labels,
                rng,
                held=moved if of_all else [name for name in own if name],
            )
            if labels is not None:
                yield one.parent, State(one.search.histories, labels)
