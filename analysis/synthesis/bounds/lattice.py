"""The greatest weighted sum of any path through the numbers at risk, and such a path (`form`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from analysis.synthesis.bounds.form import MOST_OF_A_CURVE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEVER = -1e18
# In place of a step with events: somebody leaves, of those with the factor or of the others.
_LEAVES, _OTHER_LEAVES = -1, -2


def _jit(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


@dataclass(frozen=True)
class Steps:
    """Kinds of days with events, and the terms that each adds, by the numbers at risk before it.

    Attributes
    ----------
    kinds
        Shape (kinds, 2): events with the factor and without, together at most so many a day.
    excess, variance
        Shape (at risk with the factor + 1, without + 1, kinds).
    events, tied
        Shape (kinds,).
    curve, greenwood
        Shape (at risk + 1, events + 1).
    """

    kinds: Ints
    excess: Floats
    variance: Floats
    events: Floats
    tied: Floats
    curve: Floats
    greenwood: Floats


def steps(with_it: int, without: int, most_a_day: int, patients: int) -> Steps:
    """Give the steps of paths with at most so many at risk."""
    kinds = np.array(
        [(own, d - own) for d in range(1, most_a_day + 1) for own in range(d + 1)], dtype=np.int64
    )
    excess, variance = _log_rank(with_it, without, kinds)
    events = kinds.sum(axis=1).astype(float)
    at_risk = np.arange(patients + 1)[:, None].astype(float)
    dead = np.arange(most_a_day + 1)[None, :].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = -np.log1p(-dead / at_risk)
        greenwood = dead / (at_risk * (at_risk - dead))
    out = [
        np.where(dead <= at_risk, np.nan_to_num(np.minimum(one, MOST_OF_A_CURVE), nan=0.0), 0.0)
        for one in (curve, np.where(dead == at_risk, MOST_OF_A_CURVE, greenwood))
    ]
    for one in out:
        one[0], one[:, 0] = 0.0, 0.0
    return Steps(kinds, excess, variance, events, events - 1, out[0], out[1])


@_jit
def _log_rank(with_it: int, without: int, kinds: Ints) -> tuple[Floats, Floats]:
    shape = (with_it + 1, without + 1, kinds.shape[0])
    excess, variance = np.zeros(shape), np.zeros(shape)
    for a in range(with_it + 1):
        for c in range(without + 1):
            n = a + c
            for k in range(kinds.shape[0]):
                own, d = kinds[k, 0], kinds[k, 0] + kinds[k, 1]
                if own <= a and kinds[k, 1] <= c:
                    excess[a, c, k] = own - d * a / n
                    if n > 1:
                        variance[a, c, k] = d * (a / n) * (c / n) * (n - d) / (n - 1)
    return excess, variance


@_jit
def score(with_it: int, without: int, kinds: Ints, log_ratio: float) -> Floats:
    """Give the terms of Cox's score (Efron); shape (with it + 1, without + 1, kinds)."""
    found = np.zeros((with_it + 1, without + 1, kinds.shape[0]))
    ratio = math.exp(log_ratio)
    for a in range(with_it + 1):
        for c in range(without + 1):
            for k in range(kinds.shape[0]):
                own, others = kinds[k, 0], kinds[k, 1]
                if own <= a and others <= c:
                    d = own + others
                    expected = 0.0
                    for gone in range(d):
                        hazard = (a - gone * own / d) * ratio
                        expected += hazard / (hazard + c - gone * others / d)
                    found[a, c, k] = own - expected
    return found


@_jit
def greatest(
    kinds: Ints,
    rewards: Floats,
    everybody: Floats,
    own_curve: Floats,
    other_curve: Floats,
    curve: Floats,
    leaving: Floats,
    starts: Ints,
) -> tuple[float, Ints]:
    """Give the greatest sum of rewards of a path, and such a path.

    Parameters
    ----------
    rewards
        Shape (with it + 1, without + 1, kinds): of a day with events, whenever it is.
    everybody
        Shape (phases, at risk + 1, events + 1): added by the phase.
    own_curve, other_curve
        Shape (phases,): times `curve` of the group's own numbers, added too.
    leaving
        Shape (phases, at risk + 1): of somebody who leaves.
    starts
        Shape (n, 2): at risk at the beginning.

    Returns
    -------
    The sum, and the path with a row a step: at risk with the factor and without, kind of step and
    phase.
    """
    with_it, without, phases = rewards.shape[0] - 1, rewards.shape[1] - 1, everybody.shape[0]
    patients = everybody.shape[1] - 1
    best = np.full((with_it + 1, without + 1, phases), _NEVER)
    for a in range(with_it + 1):
        for c in range(without + 1):
            n = a + c
            if n > patients:
                continue
            for p in range(phases - 1, -1, -1):
                value = _NEVER
                if p < phases - 1:
                    value = best[a, c, p + 1]
                elif n == 0:
                    value = 0.0
                if n > 0:
                    if a > 0:
                        value = max(value, best[a - 1, c, p] + leaving[p, n])
                    if c > 0:
                        value = max(value, best[a, c - 1, p] + leaving[p, n])
                    for k in range(kinds.shape[0]):
                        own, others = kinds[k, 0], kinds[k, 1]
                        if own <= a and others <= c:
                            value = max(
                                value,
                                best[a - own, c - others, p]
                                + rewards[a, c, k]
                                + everybody[p, n, own + others]
                                + own_curve[p] * curve[a, own]
                                + other_curve[p] * curve[c, others],
                            )
                best[a, c, p] = value
    first = 0
    for s in range(starts.shape[0]):
        if best[starts[s, 0], starts[s, 1], 0] > best[starts[first, 0], starts[first, 1], 0]:
            first = s
    a, c, p = starts[first, 0], starts[first, 1], 0
    value = best[a, c, 0]
    path = np.zeros((patients, 4), dtype=np.int64)
    taken = 0
    while a + c > 0:
        if p < phases - 1 and best[a, c, p + 1] >= best[a, c, p]:
            p += 1
            continue
        n = a + c
        step, reached = _OTHER_LEAVES, _NEVER
        if a > 0:
            step, reached = _LEAVES, best[a - 1, c, p] + leaving[p, n]
        if c > 0 and best[a, c - 1, p] + leaving[p, n] > reached:
            step, reached = _OTHER_LEAVES, best[a, c - 1, p] + leaving[p, n]
        for k in range(kinds.shape[0]):
            own, others = kinds[k, 0], kinds[k, 1]
            if own <= a and others <= c:
                there = (
                    best[a - own, c - others, p]
                    + rewards[a, c, k]
                    + everybody[p, n, own + others]
                    + own_curve[p] * curve[a, own]
                    + other_curve[p] * curve[c, others]
                )
                if there > reached:
                    step, reached = k, there
        path[taken, 0], path[taken, 1], path[taken, 2], path[taken, 3] = a, c, step, p
        taken += 1
        if step == _LEAVES:
            a -= 1
        elif step == _OTHER_LEAVES:
            c -= 1
        else:
            a, c = a - kinds[step, 0], c - kinds[step, 1]
    return value, path[:taken]


@_jit
def greatest_on_days(
    days: Ints,
    first_of: Ints,
    rewards: Floats,
    own_curve: Floats,
    other_curve: Floats,
    curve: Floats,
    starts: Ints,
) -> tuple[float, Ints]:
    """Give what `greatest` does where the days of all patients are given.

    Parameters
    ----------
    days
        A row a day with events: at risk, events, leaving after it, and phase. Whoever leaves before
        the first of them is no part of it.
    first_of
        Position of the first kind of so many events; the next has one more with the factor.
    starts
        Numbers with the factor at risk on the first day.

    Returns
    -------
    The sum, and the path as that of `greatest`, without those who leave.
    """
    size = days.shape[0]
    most = rewards.shape[0]
    best = np.full((size + 1, most), _NEVER)
    choice = np.zeros((size, most, 2), dtype=np.int64)
    for a in range(most):
        best[size, a] = 0.0
    for j in range(size - 1, -1, -1):
        n, d, leaving, p = days[j, 0], days[j, 1], days[j, 2], days[j, 3]
        for a in range(max(0, n - rewards.shape[1] + 1), min(n, most - 1) + 1):
            c = n - a
            for own in range(max(0, d - c), min(d, a) + 1):
                here = (
                    rewards[a, c, first_of[d] + own]
                    + own_curve[p] * curve[a, own]
                    + other_curve[p] * curve[c, d - own]
                )
                for gone in range(max(0, leaving - (c - d + own)), min(leaving, a - own) + 1):
                    there = here + best[j + 1, a - own - gone]
                    if there > best[j, a]:
                        best[j, a] = there
                        choice[j, a, 0], choice[j, a, 1] = own, gone
    first = starts[0]
    for a in starts:
        if best[0, a] > best[0, first]:
            first = a
    path = np.zeros((size, 4), dtype=np.int64)
    a = first
    for j in range(size):
        own, gone = choice[j, a, 0], choice[j, a, 1]
        path[j, 0], path[j, 1] = a, days[j, 0] - a
        path[j, 2], path[j, 3] = first_of[days[j, 1]] + own, days[j, 3]
        a -= own + gone
    return best[0, first], path
