"""Find the limits of a hazard ratio that is not printed, each with its proof (`form`).

For a given ratio the weights of rows are found by generating paths: a linear programme asks
whether a mixture of the paths so far keeps to all rows; its dual prices are weights, for which the
lattice gives the path with the greatest sum. When that sum is below 0 the weights are a proof; when
a mixture keeps to all rows, this kind of proof has none.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from ortools.linear_solver import pywraplp

from analysis.synthesis.bounds import lattice
from analysis.synthesis.bounds.form import BELOW_ZERO, Bound, Branch, Part, Question, Side
from analysis.synthesis.bounds.lattice import Floats, Ints
from analysis.synthesis.bounds.rows import Row, greatest_variance, least_variance, rows

# Ratios are looked for between these, and are given to so many decimals.
SMALLEST, LARGEST, DECIMALS = 0.8, 20.0, 2
# Paths that are kept from one ratio to the next, and tried for one before it is given up.
_KEPT, _TRIED = 100, 100
# Ends of stretches of the variance, where the chord is near enough to the square root: the first in
# events' worth, the others as shares of the greatest.
_SMALL = (0.05, 0.1, 0.2, 0.4, 0.8)
_SHARES = (0.13, 0.2, 0.3, 0.4, 0.55, 0.7, 0.8, 0.86, 0.92, 0.96, 1.0)
_CURVES = ("all", "yes", "no", "left", "left at least", "greenwood", "died", "gone")
_SUMS = ("excess", "variance", "events", "tied")


def bounds(question: Question) -> tuple[Bound, ...]:
    """Give what can be proved of the ratio, on both sides of 1."""
    found: list[Bound] = []
    branches: tuple[tuple[Branch, Question], ...] = (
        ("above 1", question),
        ("below 1", question.of_others()),
    )
    for branch, asked in branches:
        paths = Paths(asked)
        found += [bound for bound in (_least(paths, branch), _most(paths, branch)) if bound]
    return tuple(found)


def _least(paths: Paths, branch: Branch) -> Bound | None:
    """Give the greatest ratio that every cohort of the branch is proved to exceed."""
    question = paths.question
    ends = _ends(question)
    stretches = list(pairwise(ends))[::-1]
    steps = 10**DECIMALS
    reached = round(LARGEST * steps)
    for stretch in stretches:
        if paths.refute(reached / steps, "at least", stretch):
            continue
        low, high = round(SMALLEST * steps), reached
        while high - low > 1:
            middle = (low + high) // 2
            if paths.refute(middle / steps, "at least", stretch):
                low = middle
            else:
                high = middle
        reached = low
        if reached <= round(SMALLEST * steps):
            return None
    # Whatever was proved of a larger ratio holds of the one that all stretches have.
    parts: list[Part] = []
    while stretches:
        part = paths.refute(reached / steps, "at least", stretches[0])
        if part is None:
            reached -= 1
            parts, stretches = [], list(pairwise(ends))[::-1]
            if reached <= round(SMALLEST * steps):
                return None
            continue
        parts.append(part)
        stretches = stretches[1:]
    return Bound(branch=branch, side="at least", ratio=reached / steps, parts=tuple(parts))


def _most(paths: Paths, branch: Branch) -> Bound | None:
    """Give the least ratio that every cohort of the branch is proved to stay below."""
    whole = (least_variance(paths.question), greatest_variance(paths.question))
    steps = 10**DECIMALS
    high = round(LARGEST * steps)
    part = paths.refute(high / steps, "at most", whole)
    if part is None:
        return None
    low = round(SMALLEST * steps)
    while high - low > 1:
        middle = (low + high) // 2
        found = paths.refute(middle / steps, "at most", whole)
        if found is None:
            low = middle
        else:
            high, part = middle, found
    return Bound(branch=branch, side="at most", ratio=high / steps, parts=(part,))


def _ends(question: Question) -> list[float]:
    least, most = least_variance(question), greatest_variance(question)
    shares = [share * most for share in _SHARES]
    inner = [*(end for end in _SMALL if end < shares[0]), *shares]
    return [least, *(end for end in inner if end > least)]


class Paths:
    """Paths of a question, and what they show or cannot."""

    def __init__(self, question: Question) -> None:
        self.question = question
        n, (fewest, most) = question.patients, question.sizes
        self._shape = most, n - fewest
        self._steps = lattice.steps(*self._shape, question.most_a_day, n)
        self._starts = np.array([(size, n - size) for size in range(fewest, most + 1)])
        # Terms of somebody who leaves; at least, were all events of that day still at risk.
        self._leaves = self._steps.curve[:, 1]
        later = np.arange(1, n + 1) + question.most_a_day
        self._leaves_at_least = np.concatenate([[0.0], -np.log1p(-1 / later)])
        times = question.times()
        self._days = np.array(
            [
                (day.at_risk, day.events, day.leaving, bisect_right(times, day.day))
                for day in question.days
            ],
            dtype=np.int64,
        )
        most_a_day = question.most_a_day
        # Kinds are in the order of events, then of those with the factor (`lattice.steps`).
        self._first_of = np.array([d * (d + 1) // 2 - 1 for d in range(most_a_day + 1)])
        if question.days:
            early = n - question.days[0].at_risk
            self._first_sizes = np.arange(
                max(0, fewest - early), min(most, question.days[0].at_risk) + 1
            )
        self._places = {name: place for place, name in enumerate(("score", *_SUMS))}
        self._paths: list[Ints] = []
        self._sums: list[Floats] = []

    def refute(self, ratio: float, side: Side, variance: tuple[float, float]) -> Part | None:
        """Give the proof that no path's ratio is on the other side of this, or None."""
        weights = self.weights(rows(self.question, side, variance), math.log(ratio))
        return None if weights is None else Part(variance=variance, weights=weights)

    def weights(self, asked: Sequence[Row], log_ratio: float = 0.0) -> dict[str, float] | None:
        """Give weights of rows with which no path keeps to all of them, or None."""
        lines = np.array([self._line(row) for row in asked])
        constants = np.array([row.constant for row in asked])
        score = lattice.score(*self._shape, self._steps.kinds, log_ratio)
        programme = _Programme(asked)
        for path, sums in zip(self._paths[-_KEPT:], self._sums[-_KEPT:], strict=True):
            programme.add(lines @ _with_score(path, sums, score) + constants)
        for _ in range(_TRIED):
            weights = programme.weights()
            if weights is None:
                return None
            greatest, path = self._greatest(weights @ lines, score)
            if greatest + weights @ constants < 2 * BELOW_ZERO:
                return {
                    row.name: float(weight)
                    for row, weight in zip(asked, weights, strict=True)
                    if weight > 0
                }
            sums = self._sums_of(path)
            self._paths.append(path)
            self._sums.append(sums)
            programme.add(lines @ _with_score(path, sums, score) + constants)
        return None

    def _line(self, row: Row) -> Floats:
        """Give the weights of a row in the order of `_sums_of`, the score first."""
        phases = self.question.phases()
        line = np.zeros(len(self._places) + len(_CURVES) * phases)
        for name, share in row.sums.items():
            line[self._places[name]] += share
        for (curve, phase), share in row.curves.items():
            line[len(self._places) + _CURVES.index(curve) * phases + phase] += share
        return line

    def _greatest(self, line: Floats, score: Floats) -> tuple[float, Ints]:
        """Give the greatest weighted sum of a path, and the path."""
        steps = self._steps
        of = dict(zip(self._places, line, strict=False))
        # A term counts up to every later phase.
        by_phase = line[len(self._places) :].reshape(len(_CURVES), -1)
        later = by_phase[:, ::-1].cumsum(axis=1)[:, ::-1]
        curves = dict(zip(_CURVES, np.ascontiguousarray(later), strict=True))
        rewards = of["score"] * score + of["excess"] * steps.excess
        rewards += of["variance"] * steps.variance
        rewards += of["events"] * steps.events + of["tied"] * steps.tied
        if self.question.days:
            value, path = lattice.greatest_on_days(
                self._days,
                self._first_of,
                rewards,
                curves["yes"],
                curves["no"],
                steps.curve,
                self._first_sizes,
            )
            return float(value), path
        everybody = curves["all"][:, None, None] * steps.curve
        everybody += curves["greenwood"][:, None, None] * steps.greenwood
        dead = np.arange(steps.curve.shape[1], dtype=float)
        everybody += curves["died"][:, None, None] * dead[None, None, :]
        leaving = np.outer(curves["left"], self._leaves) + curves["gone"][:, None]
        leaving += np.outer(curves["left at least"], self._leaves_at_least)
        value, path = lattice.greatest(
            steps.kinds,
            rewards,
            everybody,
            curves["yes"],
            curves["no"],
            steps.curve,
            leaving,
            self._starts,
        )
        return float(value), path

    def _sums_of(self, path: Ints) -> Floats:
        """Give the sums of a path: a place for the score, the others, the curves by last phase."""
        steps, phases = self._steps, self.question.phases()
        events, leaving = path[path[:, 2] >= 0], path[path[:, 2] < 0]
        a, c, kind, phase = events.T
        own, others = steps.kinds[kind].T
        n, left = a + c, leaving[:, 0] + leaving[:, 1]

        def by_phase(phases_of: Ints, terms: Floats) -> Floats:
            return np.bincount(phases_of, terms, minlength=phases).cumsum()

        curves = {
            "all": by_phase(phase, steps.curve[n, own + others]),
            "yes": by_phase(phase, steps.curve[a, own]),
            "no": by_phase(phase, steps.curve[c, others]),
            "greenwood": by_phase(phase, steps.greenwood[n, own + others]),
            "left": by_phase(leaving[:, 3], self._leaves[left]),
            "left at least": by_phase(leaving[:, 3], self._leaves_at_least[left]),
            "died": by_phase(phase, (own + others).astype(float)),
            "gone": by_phase(leaving[:, 3], np.ones(len(left))),
        }
        sums = {
            "score": 0.0,
            "excess": steps.excess[a, c, kind].sum(),
            "variance": steps.variance[a, c, kind].sum(),
            "events": steps.events[kind].sum(),
            "tied": steps.tied[kind].sum(),
        }
        return np.concatenate(
            [[sums[name] for name in self._places], *(curves[name] for name in _CURVES)]
        )


def _with_score(path: Ints, sums: Floats, score: Floats) -> Floats:
    events = path[path[:, 2] >= 0]
    found = sums.copy()
    found[0] = score[events[:, 0], events[:, 1], events[:, 2]].sum()
    return found


class _Programme:
    """The least violation of rows by a mixture of paths; its dual prices are weights."""

    def __init__(self, asked: Sequence[Row]) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self._solver.infinity()
        self._rows = [self._solver.Constraint(0.0, infinity) for _ in asked]
        self._whole = self._solver.Constraint(1.0, 1.0)
        self._violation = self._solver.NumVar(0.0, infinity, "")
        for constraint, row in zip(self._rows, asked, strict=True):
            constraint.SetCoefficient(self._violation, row.size)
        # Before there are paths: one that breaks every row.
        none = self._solver.NumVar(0.0, infinity, "")
        self._whole.SetCoefficient(none, 1.0)
        for constraint in self._rows:
            constraint.SetCoefficient(none, -1e4)
        self._solver.Objective().SetCoefficient(self._violation, 1.0)
        self._solver.Objective().SetMinimization()

    def add(self, values: Floats) -> None:
        """Add a path by the values of its rows."""
        share = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._whole.SetCoefficient(share, 1.0)
        for constraint, value in zip(self._rows, values.tolist(), strict=True):
            constraint.SetCoefficient(share, value)

    def weights(self) -> Floats | None:
        """Give the prices of the rows, or None where a mixture keeps to all of them."""
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        if self._solver.Objective().Value() < 1e-9:
            return None
        return np.array([max(0.0, constraint.dual_value()) for constraint in self._rows])
