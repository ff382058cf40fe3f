"""Search for who has which prognostic factor, so that the printed comparisons come out.

Given the endpoints, each yes/no factor is found by itself: labels of patients are swapped until
both medians and the log-rank p of every endpoint are as printed. A factor that few patients
have, or lack, allows few p values on given days: its labels are found together with the days
(`with_days`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from analysis.synthesis import kernels
from analysis.synthesis.curves import Search
from analysis.synthesis.kernels import Endpoints, Floats, Ints, Schedule
from analysis.synthesis.targets import Targets

# Groups smaller than this are found together with the days.
FEW = 10
# A label search takes a tenth of a second; most factors are met by the first or second.
LABELS, RESTARTS, REDRAWS = Schedule(150_000, 0.3, 0.01), 24, 4
THREE_LABELS = LABELS._replace(steps=15_000)
WITH_DAYS, REHEATS = Schedule(300_000, 0.3, 0.01), 4
_INSIDE = 1e-9


@dataclass(frozen=True)
class Leaning:
    """What most patients have who have a label (0 or 1) of another factor."""

    factor: str
    label: int
    most_have: int
    share: float = 0.8


@dataclass(frozen=True)
class Factor:
    """A yes/no factor to be found.

    `told` has the label (0 or 1) of patients (positions) whose histories are known;
    `containing` names a factor whose patients have this one too.
    """

    name: str
    told: Mapping[int, int] = field(default_factory=dict)
    containing: str = ""
    leaning: Leaning | None = None


@dataclass(frozen=True)
class ThreeGroups:
    """A factor of three levels, of which p values are printed and no medians.

    `told` has the level (a position in `levels`) of patients whose histories are known.
    """

    name: str
    levels: tuple[str, str, str]
    told: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sought:
    """The factors that are sought, and what is known of them.

    Attributes
    ----------
    factors
        Those that leave fewest choices first, so that a cohort which cannot have them is given up
        early.
    groups
        Found after all of them.
    sizes
        How many patients may have each factor, and each level of the groups.
    endpoints
        Curves on which they are compared, in the order of `curves.Search.endpoints`.
    """

    factors: tuple[Factor, ...]
    groups: ThreeGroups
    sizes: Mapping[str, range]
    endpoints: tuple[str, ...]

    def named(self, name: str) -> Factor:
        """Give a factor by its name."""
        return next(factor for factor in self.factors if factor.name == name)


@dataclass(frozen=True)
class Found:
    """Labels (0 or 1 a patient) by factor, what is left of those not met, and the effort.

    Labels of the three groups are positions in their levels. `left` has the distance of each factor
    that is not met; `evaluations` counts changes that were judged.
    """

    labels: dict[str, Ints]
    left: dict[str, float]
    evaluations: int


def bounds(targets: Targets, factor: str, endpoints: Sequence[str]) -> Floats:
    """Give low and high of a factor's median yes, median no (days) and z, endpoint by endpoint.

    z is the size of the log-rank statistic's signed root, whose p value is printed.
    """
    rows = []
    for endpoint in endpoints:
        for level in ("yes", "no"):
            rows.append(targets.printed("prognosis", endpoint, "median", "", factor, level).days())
        p = targets.printed("prognosis", endpoint, "p_value", "", factor)
        low = float(stats.norm.isf(p.high / 2)) + _INSIDE if p.high < 1 else 0.0
        rows.append((low, float(stats.norm.isf(p.low / 2)) - _INSIDE))
    return np.array(rows).reshape(len(endpoints), 3, 2)


def few(sought: Sought, n: int, fewer_than: int = FEW) -> list[Factor]:
    """Give the factors that few of n patients have or lack."""
    sizes = {factor.name: sought.sizes[factor.name][0] for factor in sought.factors}
    return [f for f in sought.factors if min(sizes[f.name], n - sizes[f.name]) < fewer_than]


def with_days(search: Search, targets: Targets, sought: Sought, rng: np.random.Generator) -> Found:
    """Find the factors that few patients have or lack, moving days of an exact search as well."""
    n, sizes = targets.n, sought.sizes
    rare = few(sought, n)
    labels = np.zeros((len(rare), n), dtype=np.int64)
    free = np.ones_like(labels)
    for row, factor in enumerate(rare):
        fixed = settled(factor, {}, rng)
        free[row, list(fixed)] = 0
        labels[row] = first_labels(fixed, np.flatnonzero(free[row]), sizes[factor.name][0], rng)
    aims = np.array([bounds(targets, factor.name, sought.endpoints) for factor in rare])
    aims = aims.reshape(-1, len(sought.endpoints), 3, 2)
    evaluations = 0
    for _ in range(REHEATS):
        distance, judged = search.anneal(WITH_DAYS, search.factors(labels, free, aims))
        evaluations += judged
        if distance <= 0:
            break
    found = {factor.name: labels[row] for row, factor in enumerate(rare)}
    return Found(found, dict.fromkeys(found, distance) if distance > 0 else {}, evaluations)


def search(
    targets: Targets,
    sought: Sought,
    endpoints: Endpoints,
    known: Mapping[str, Ints],
    rng: np.random.Generator,
    *,
    to_the_end: bool = False,
    stop: threading.Event | None = None,
) -> Found:
    """Find the labels of every factor, given the endpoints.

    Parameters
    ----------
    known
        Labels that are found already.
    to_the_end
        Give the nearest labels of a factor that is not met and go on; otherwise it is the last.
    stop
        Set from outside when the labels are no longer needed; what is given then is not whole.
    """
    labels = dict(known)
    left: dict[str, float] = {}
    evaluations = 0

    def find(factor: Factor, restarts: int) -> float:
        """Put the nearest labels that are found among the others; give their distance."""
        nonlocal evaluations
        aims = bounds(targets, factor.name, sought.endpoints)
        nearest = np.inf
        for _ in range(restarts):
            fixed = settled(factor, labels, rng)
            free = np.setdiff1d(np.arange(targets.n), list(fixed))
            size = int(rng.choice(sought.sizes[factor.name]))
            found = first_labels(fixed, free, size, rng, targets.n)
            distance, judged = kernels.anneal_labels(
                int(rng.integers(2**31)), found, free, endpoints, aims, LABELS
            )
            evaluations += judged
            if distance < nearest:
                nearest, labels[factor.name] = distance, found
            if nearest <= 0 or (stop is not None and stop.is_set()):
                break
        return float(nearest)

    for factor in sought.factors:
        if factor.name in known:
            continue
        part = factor.containing
        distance = find(factor, RESTARTS // REDRAWS if part else RESTARTS)
        for _ in range(REDRAWS - 1 if part else 0):
            # Other patients with the part may leave room for the whole.
            if distance > 0 and find(sought.named(part), RESTARTS) <= 0:
                distance = find(factor, RESTARTS // REDRAWS)
        if distance > 0:
            left[factor.name] = distance
            if not to_the_end:
                return Found(labels, left, evaluations)
    three = sought.groups.name
    labels[three], distance, judged = three_groups(targets, sought, endpoints, rng)
    if distance > 0:
        left[three] = distance
    return Found(labels, left, evaluations + judged)


def first_labels(
    fixed: Mapping[int, int], free: Ints, size: int, rng: np.random.Generator, n: int = 0
) -> Ints:
    """Draw labels of which `size` are 1, those that are fixed among them."""
    labels = np.zeros(n or len(free) + len(fixed), dtype=np.int64)
    for i, value in fixed.items():
        labels[i] = value
    labels[rng.permutation(free)[: size - labels.sum()]] = 1
    return labels


def settled(factor: Factor, labels: Mapping[str, Ints], rng: np.random.Generator) -> dict[int, int]:
    """Give the labels that histories decide."""
    fixed: dict[int, int] = {}
    if leaning := factor.leaning:
        those = np.flatnonzero(labels[leaning.factor] == leaning.label)
        fixed = {int(i): leaning.most_have for i in those if rng.random() < leaning.share}
    if factor.containing:
        fixed |= {int(i): 1 for i in np.flatnonzero(labels[factor.containing])}
    return fixed | dict(factor.told)


def three_groups(
    targets: Targets, sought: Sought, endpoints: Endpoints, rng: np.random.Generator
) -> tuple[Ints, float, int]:
    """Find the levels of the three groups; give them, their distance, and the effort."""
    groups, aims = sought.groups, _bounds_of_groups(targets, sought)
    free = np.setdiff1d(np.arange(targets.n), list(groups.told))
    sizes = [sought.sizes[level][0] for level in groups.levels]
    nearest, best, evaluations = np.inf, np.zeros(targets.n, dtype=np.int64), 0
    for _ in range(RESTARTS):
        labels = np.repeat(np.arange(len(groups.levels)), sizes)
        rng.shuffle(labels)
        for patient, level in groups.told.items():
            first = int(np.flatnonzero(labels == level)[0])
            labels[first], labels[patient] = labels[patient], labels[first]
        distance, judged = kernels.anneal_three_labels(
            int(rng.integers(2**31)), labels, free, endpoints, aims, THREE_LABELS
        )
        evaluations += judged
        if distance < nearest:
            nearest, best = distance, labels
        if nearest <= 0:
            break
    return best, nearest, evaluations


def distance_of_groups(
    targets: Targets, sought: Sought, endpoints: Endpoints, labels: Ints
) -> float:
    """Give how far the three groups are from what is printed of them; 0 is exact."""
    nobody = np.zeros(1, dtype=np.int64)
    schedule = THREE_LABELS._replace(steps=1)
    # A patient who is swapped with himself: the cost as it stands.
    distance, _ = kernels.anneal_three_labels(
        0, labels.copy(), nobody, endpoints, _bounds_of_groups(targets, sought), schedule
    )
    return float(distance)


def _bounds_of_groups(targets: Targets, sought: Sought) -> Floats:
    """Give low and high of the chi-square of the groups, endpoint by endpoint."""
    claims = [
        targets.printed("prognosis", endpoint, "p_value", "", sought.groups.name)
        for endpoint in sought.endpoints
    ]
    # Two degrees of freedom: the chi-square of a p value is -2 log p.
    return np.array(
        [
            (
                stats.chi2.isf(min(claim.high, 1.0), 2) + _INSIDE,
                stats.chi2.isf(claim.low, 2) - _INSIDE,
            )
            for claim in claims
        ]
    )
