"""A walk among exact cohorts: from days and labels that meet every digit to others that do.

A step moves days at random while the curves, and the factors that few patients have or lack, stay
exact: two of five moves do. The other factors then miss by a little, and their labels are mended
one factor after another, half of them from other patients altogether, so that the next cohort
may lie on the other side of what a two-sided p leaves open. A step takes a hundredth of a search.

What is found so is exact like what is searched for, and is filled in and judged in the same way.
It is no draw from any distribution: near to the cohort that it was walked from, unless many steps
lie between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.synthesis import factors, kernels
from analysis.synthesis.curves import Asked, Search
from analysis.synthesis.factors import Factor, Sought
from analysis.synthesis.kernels import Endpoints, Factors, Floats, Ints, Schedule
from analysis.synthesis.search import State
from analysis.synthesis.targets import Targets

# Factors that fewer patients than these have, or lack, move with the days: on given days few labels
# fit.
FEW = 18
# Moves that are tried of days; two of five are made, so that most patients' days change.
DAYS = 40_000
# From labels that are nearly right, or from any; the longer one where these fail.
MEND, REDRAW, LONG = (
    Schedule(20_000, 0.05, 0.003),
    Schedule(40_000, 0.1, 0.003),
    Schedule(80_000, 0.1, 0.003),
)
# How often labels of a factor are begun from other patients rather than from those who have it.
ANEW = 0.5
TRIES, RESTARTS = 12, 8


class Stuck(ValueError):
    """No other exact cohort was found from one."""


class Walk:
    """A walk among the exact cohorts of a ledger."""

    def __init__(self, targets: Targets, sought: Sought, asked: Sequence[Asked]) -> None:
        self.targets, self.sought, self.asked = targets, sought, asked
        self.rare = factors.few(sought, targets.n, FEW)
        self.aims = {
            factor.name: factors.bounds(targets, factor.name, sought.endpoints)
            for factor in sought.factors
        }

    def step(self, state: State, rng: np.random.Generator) -> State:
        """Give another exact state; the same for the same state and `rng`.

        Raises
        ------
        Stuck
            When labels fit none of the days that are tried.
        """
        for _ in range(RESTARTS):
            search, labels = self.other_days(state, rng)
            mended = self.mend(search.endpoints(), labels, state.labels, rng)
            if mended is not None:
                return State(search.histories, mended)
        raise Stuck(f"labels fit none of {RESTARTS} other sets of days")

    def other_days(
        self, state: State, rng: np.random.Generator, steps: int = DAYS
    ) -> tuple[Search, dict[str, Ints]]:
        """Give other days with exact curves, and the labels of those factors that few have."""
        histories = replace(state.histories, days=state.histories.days.copy())
        search = Search(histories, self.asked, rng)
        rare = self.with_days(search, state.labels, self.rare)
        search.wander(steps, rare)
        return search, {f.name: rare.labels[k].copy() for k, f in enumerate(self.rare)}

    def with_days(
        self, search: Search, labels: Mapping[str, Ints], chosen: Sequence[Factor]
    ) -> Factors:
        """Give some factors as they go with the days of a search."""
        n, endpoints = self.targets.n, len(self.sought.endpoints)
        found = np.array([labels[factor.name] for factor in chosen], dtype=np.int64).reshape(-1, n)
        free = np.ones_like(found)
        for row, factor in enumerate(chosen):
            free[row, list(factor.told)] = 0
        aims = np.array([self.aims[factor.name] for factor in chosen])
        return search.factors(found, free, aims.reshape(-1, endpoints, 3, 2))

    def mend(
        self,
        endpoints: Endpoints,
        known: Mapping[str, Ints],
        before: Mapping[str, Ints],
        rng: np.random.Generator,
    ) -> dict[str, Ints] | None:
        """Give exact labels of every factor on these endpoints; None when some are not found.

        Parameters
        ----------
        known
            Labels that are exact on them already; they may be others in the end.
        before
            Labels of every factor that are exact elsewhere.
        """
        labels = dict(known)
        for factor in self.sought.factors:
            # Labels that are exact already stay, unless others are found at once.
            own = labels.get(factor.name)
            tries = 1 if own is not None else TRIES
            found = self._mended(factor, endpoints, labels, before[factor.name], tries, rng)
            if found is None and own is None:
                return None
            if found is not None:
                labels[factor.name] = found
        groups = self.sought.groups.name
        labels[groups], distance, _ = factors.three_groups(
            self.targets, self.sought, endpoints, rng
        )
        return labels if distance <= 0 else None

    def _mended(
        self,
        factor: Factor,
        endpoints: Endpoints,
        labels: Mapping[str, Ints],
        before: Ints,
        tries: int,
        rng: np.random.Generator,
    ) -> Ints | None:
        for attempt in range(tries):
            fixed = factors.settled(factor, labels, rng)
            free = np.setdiff1d(np.arange(self.targets.n), list(fixed))
            size = int(rng.choice(self.sought.sizes[factor.name]))
            if rng.random() < ANEW:
                found = factors.first_labels(fixed, free, size, rng, self.targets.n)
                schedule = REDRAW
            else:
                found = near_labels(before, fixed, free, size, rng)
                schedule = MEND
            if attempt > TRIES // 2:
                schedule = LONG
            distance, _ = kernels.mend_labels(
                int(rng.integers(2**31)), found, free, endpoints, self.aims[factor.name], schedule
            )
            if distance <= 0:
                return found
        return None

    def distance(self, state: State) -> float:
        """Give how far a state is from what is printed of curves and factors; 0 is exact."""
        search = Search(state.histories, self.asked, np.random.default_rng(0))
        rare = self.with_days(search, state.labels, self.sought.factors)
        distance = search.wander(0, rare)[0]
        groups = state.labels[self.sought.groups.name]
        return distance + factors.distance_of_groups(
            self.targets, self.sought, search.endpoints(), groups
        )


def near_labels(
    before: Ints, fixed: Mapping[int, int], free: Ints, size: int, rng: np.random.Generator
) -> Ints:
    """Give labels as before but for those that are fixed, and as few more as the size takes."""
    labels = before.copy()
    for i, value in fixed.items():
        labels[i] = value
    surplus = int(labels.sum()) - size
    changing = rng.permutation(free[labels[free] == (surplus > 0)])[: abs(surplus)]
    labels[changing] = int(surplus < 0)
    return labels


def alike(state: State, other: State, names: Sequence[str]) -> int:
    """Count the patients of a state who stand in the other too: days, events and labels.

    Patients have no names, so a patient of the one is looked for among all of the other.
    """

    def patients(of: State) -> Floats:
        kinds = np.column_stack(list(of.histories.kinds.values())).astype(np.int64)
        labels = np.column_stack([of.labels[name] for name in names])
        return np.column_stack([of.histories.days, kinds, labels])

    counts: dict[bytes, int] = {}
    for row in patients(other):
        counts[row.tobytes()] = counts.get(row.tobytes(), 0) + 1
    shared = 0
    for row in patients(state):
        if counts.get(row.tobytes(), 0) > 0:
            counts[row.tobytes()] -= 1
            shared += 1
    return shared
