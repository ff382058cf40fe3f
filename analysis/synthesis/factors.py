"""Search for who has which prognostic factor, so that Table 5 comes out.

Given the outcomes, each yes/no factor is found by itself: labels of patients are swapped until
both medians and the log-rank p of overall and of progression-free survival are as printed. A
factor that few patients have, or lack, allows few p values on given days: its labels are found
together with the days (`with_days`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.synthesis import kernels
from analysis.synthesis.curves import Search
from analysis.synthesis.kernels import Endpoints, Floats, Ints, Schedule
from analysis.synthesis.survival_search import DIARRHOEA, FISTULA
from analysis.synthesis.targets import Targets

ENDPOINTS = ("OS", "PFS")
REGIMEN, REGIMENS = "ici_regimen", ("toripalimab", "sintilimab", "other")
# Groups smaller than this are found together with the days.
FEW = 10
# A label search takes a tenth of a second; most factors are met by the first or second.
LABELS, RESTARTS, REDRAWS = Schedule(150_000, 0.3, 0.01), 24, 4
THREE_LABELS = LABELS._replace(steps=15_000)
WITH_DAYS, REHEATS = Schedule(300_000, 0.3, 0.01), 4
_INSIDE = 1e-9


@dataclass(frozen=True)
class Factor:
    """A yes/no factor of Table 5 and the two patients whose histories the Discussion tells.

    `containing` names a factor whose patients have this one too. `outside_liver` is what most
    patients have who are irradiated outside the liver only.
    """

    name: str
    fistula: int | None = None
    diarrhoea: int | None = None
    containing: str = ""
    outside_liver: int | None = None


# Those that leave fewest choices come first, so that a cohort which cannot have them is
# given up early.
FACTORS = (
    Factor("male", fistula=1, diarrhoea=1),
    Factor("targeted_therapy", fistula=1, diarrhoea=1),
    Factor("rt_intrahepatic", fistula=0, diarrhoea=1),
    Factor("viral_hepatitis"),
    Factor("prior_ici", fistula=0, diarrhoea=0),
    Factor("vp4", fistula=0, outside_liver=0),
    Factor("sbrt", fistula=0, diarrhoea=1),
    Factor("concurrent", fistula=1),
    Factor("pvtt", fistula=0, diarrhoea=1, containing="vp4", outside_liver=0),
    Factor("age_under_60"),
    Factor("alcohol_use"),
    Factor("cirrhosis"),
    Factor("afp_under_1000"),
    Factor("tumours_5_or_more"),
    Factor("extrahepatic_metastasis", fistula=1, outside_liver=1),
    Factor("eqd2_under_60", fistula=1, diarrhoea=1),
)
NAMES = tuple(factor.name for factor in FACTORS)
_NAMED = {factor.name: factor for factor in FACTORS}

# Numbers of patients who may have each factor.
Sizes = Mapping[str, range]


@dataclass(frozen=True)
class Found:
    """Labels (0 or 1 a patient) by factor, what is left of those not met, and the effort.

    Labels of "ici_regimen" are positions in `REGIMENS`. `left` has the distance of each factor
    that is not met; `evaluations` counts changes that were judged.
    """

    labels: dict[str, Ints]
    left: dict[str, float]
    evaluations: int


def bounds(targets: Targets, factor: str) -> Floats:
    """Give low and high of a factor's median yes, median no (days) and z, for OS and PFS.

    z is the size of the log-rank statistic's signed root, whose p value is printed.
    """
    rows = []
    for endpoint in ENDPOINTS:
        for level in ("yes", "no"):
            rows.append(targets.printed("prognosis", endpoint, "median", "", factor, level).days())
        p = targets.printed("prognosis", endpoint, "p_value", "", factor)
        low = float(stats.norm.isf(p.high / 2)) + _INSIDE if p.high < 1 else 0.0
        rows.append((low, float(stats.norm.isf(p.low / 2)) - _INSIDE))
    return np.array(rows).reshape(len(ENDPOINTS), 3, 2)


def with_days(search: Search, targets: Targets, sizes: Sizes, rng: np.random.Generator) -> Found:
    """Find the factors that few patients have or lack, moving days of an exact search as well."""
    few = [f for f in FACTORS if min(sizes[f.name][0], targets.n - sizes[f.name][0]) < FEW]
    labels = np.zeros((len(few), targets.n), dtype=np.int64)
    free = np.ones_like(labels)
    for row, factor in enumerate(few):
        fixed = _fixed(factor, {}, rng)
        free[row, list(fixed)] = 0
        labels[row] = _first_labels(fixed, np.flatnonzero(free[row]), sizes[factor.name][0], rng)
    aims = np.array([bounds(targets, factor.name) for factor in few]).reshape(-1, 2, 3, 2)
    evaluations = 0
    for _ in range(REHEATS):
        distance, judged = search.anneal(WITH_DAYS, search.factors(labels, free, aims))
        evaluations += judged
        if distance <= 0:
            break
    found = {factor.name: labels[row] for row, factor in enumerate(few)}
    return Found(found, dict.fromkeys(found, distance) if distance > 0 else {}, evaluations)


def search(
    targets: Targets,
    sizes: Sizes,
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
        aims = bounds(targets, factor.name)
        nearest = np.inf
        for _ in range(restarts):
            fixed = _fixed(factor, labels, rng)
            free = np.setdiff1d(np.arange(targets.n), list(fixed))
            size = int(rng.choice(sizes[factor.name]))
            found = _first_labels(fixed, free, size, rng, targets.n)
            distance, judged = kernels.anneal_labels(
                int(rng.integers(2**31)), found, free, endpoints, aims, LABELS
            )
            evaluations += judged
            if distance < nearest:
                nearest, labels[factor.name] = distance, found
            if nearest <= 0 or (stop is not None and stop.is_set()):
                break
        return float(nearest)

    for factor in FACTORS:
        if factor.name in known:
            continue
        part = factor.containing
        distance = find(factor, RESTARTS // REDRAWS if part else RESTARTS)
        for _ in range(REDRAWS - 1 if part else 0):
            # Other patients with the part may leave room for the whole.
            if distance > 0 and find(_NAMED[part], RESTARTS) <= 0:
                distance = find(factor, RESTARTS // REDRAWS)
        if distance > 0:
            left[factor.name] = distance
            if not to_the_end:
                return Found(labels, left, evaluations)
    labels[REGIMEN], distance, judged = _regimens(targets, sizes, endpoints, rng)
    if distance > 0:
        left[REGIMEN] = distance
    return Found(labels, left, evaluations + judged)


def _first_labels(
    fixed: Mapping[int, int], free: Ints, size: int, rng: np.random.Generator, n: int = 0
) -> Ints:
    labels = np.zeros(n or len(free) + len(fixed), dtype=np.int64)
    for i, value in fixed.items():
        labels[i] = value
    labels[rng.permutation(free)[: size - labels.sum()]] = 1
    return labels


def _fixed(factor: Factor, labels: Mapping[str, Ints], rng: np.random.Generator) -> dict[int, int]:
    """Give the labels that histories decide."""
    fixed: dict[int, int] = {}
    if factor.outside_liver is not None:
        outside = np.flatnonzero(labels["rt_intrahepatic"] == 0)
        fixed = {int(i): factor.outside_liver for i in outside if rng.random() < 0.8}
    if factor.containing:
        fixed |= {int(i): 1 for i in np.flatnonzero(labels[factor.containing])}
    told = {FISTULA: factor.fistula, DIARRHOEA: factor.diarrhoea}
    return fixed | {i: value for i, value in told.items() if value is not None}


def _regimens(
    targets: Targets, sizes: Sizes, endpoints: Endpoints, rng: np.random.Generator
) -> tuple[Ints, float, int]:
    claims = [
        targets.printed("prognosis", endpoint, "p_value", "", REGIMEN) for endpoint in ENDPOINTS
    ]
    # Two degrees of freedom: the chi-square of a p value is -2 log p.
    aims = np.array(
        [
            (
                stats.chi2.isf(min(claim.high, 1.0), 2) + _INSIDE,
                stats.chi2.isf(claim.low, 2) - _INSIDE,
            )
            for claim in claims
        ]
    )
    free = np.setdiff1d(np.arange(targets.n), [FISTULA])
    nearest, best, evaluations = np.inf, np.zeros(targets.n, dtype=np.int64), 0
    for _ in range(RESTARTS):
        labels = np.repeat(np.arange(len(REGIMENS)), [sizes[name][0] for name in REGIMENS])
        rng.shuffle(labels)
        # The patient with the fistula had toripalimab.
        first = int(np.flatnonzero(labels == 0)[0])
        labels[first], labels[FISTULA] = labels[FISTULA], labels[first]
        distance, judged = kernels.anneal_three_labels(
            int(rng.integers(2**31)), labels, free, endpoints, aims, THREE_LABELS
        )
        evaluations += judged
        if distance < nearest:
            nearest, best = distance, labels
        if nearest <= 0:
            break
    return best, nearest, evaluations
