"""Search for who has which prognostic factor, so that Table 5 comes out.

Given the outcomes, each yes/no factor is found by itself: labels of patients are swapped until
both medians and the log-rank p of overall and of progression-free survival are as printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.synthesis import kernels
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.survival_search import DIARRHOEA, FISTULA, Outcomes
from analysis.synthesis.targets import Targets

ENDPOINTS = ("OS", "PFS")
REGIMENS = ("toripalimab", "sintilimab", "other")


@dataclass(frozen=True)
class Factor:
    """A yes/no factor of Table 5 and the two patients whose histories the Discussion tells.

    `within` names a factor that a patient needs to have this one. `outside_liver` is what most
    patients have who are irradiated outside the liver only.
    """

    name: str
    fistula: int | None = None
    diarrhoea: int | None = None
    within: str = ""
    outside_liver: int | None = None


# Those that leave fewest choices come first, so that a cohort which cannot have them is
# given up early.
FACTORS = (
    Factor("male", fistula=1, diarrhoea=1),
    Factor("targeted_therapy", fistula=1, diarrhoea=1),
    Factor("rt_intrahepatic", fistula=0, diarrhoea=1),
    Factor("viral_hepatitis"),
    Factor("prior_ici", fistula=0, diarrhoea=0),
    Factor("pvtt", fistula=0, diarrhoea=1, outside_liver=0),
    Factor("vp4", within="pvtt"),
    Factor("age_under_60"),
    Factor("alcohol_use"),
    Factor("cirrhosis"),
    Factor("afp_under_1000"),
    Factor("tumours_5_or_more"),
    Factor("extrahepatic_metastasis", fistula=1, outside_liver=1),
    Factor("concurrent", fistula=1),
    Factor("sbrt", fistula=0, diarrhoea=1),
    Factor("eqd2_under_60", fistula=1, diarrhoea=1),
)
NAMES = tuple(factor.name for factor in FACTORS)


def bounds(targets: Targets, factor: str) -> Floats:
    """Give low and high of a factor's median yes, median no (days) and p, for OS and PFS."""
    rows = []
    for endpoint in ENDPOINTS:
        for level in ("yes", "no"):
            rows.append(targets.printed("prognosis", endpoint, "median", "", factor, level).days())
        p = targets.printed("prognosis", endpoint, "p_value", "", factor)
        rows.append((p.low, p.high))
    return np.array(rows).reshape(len(ENDPOINTS), 3, 2)


def search(
    targets: Targets,
    sizes: dict[str, int],
    outcomes: Outcomes,
    rng: np.random.Generator,
    progress: Callable[[str], None],
    steps: int = 400_000,
    restarts: int = 4,
) -> tuple[dict[str, Ints], float]:
    """Give the labels (0 or 1 a patient) of every factor, the nearest found where none fit.

    `sizes` has the number of patients with each factor. The labels of "ici_regimen" are
    positions in `REGIMENS`. The second value is the distance left, 0 when all are met.
    """
    labels: dict[str, Ints] = {}
    distance = 0.0
    times, events = outcomes.endpoints()
    for factor in FACTORS:
        eligible = np.arange(targets.n)
        if factor.within:
            eligible = np.flatnonzero(labels[factor.within])
        fixed = _fixed(factor, labels, rng)
        free = np.setdiff1d(eligible, list(fixed))
        nearest = np.inf
        for _ in range(restarts):
            found = np.zeros(targets.n, dtype=np.int64)
            for i, value in fixed.items():
                found[i] = value
            found[rng.permutation(free)[: sizes[factor.name] - found.sum()]] = 1
            cost, _ = kernels.anneal_labels(
                int(rng.integers(2**31)),
                found,
                free,
                times,
                events,
                bounds(targets, factor.name),
                steps,
                0.3,
                0.003,
            )
            if cost < nearest:
                nearest, labels[factor.name] = cost, found
            if cost <= 0:
                break
        distance += nearest
    regimen, left = _regimens(targets, sizes, times, events, rng)
    progress(f"factors of Table 5: distance left {distance + left:.3f}")
    return labels | {"ici_regimen": regimen}, distance + left


def _fixed(factor: Factor, labels: dict[str, Ints], rng: np.random.Generator) -> dict[int, int]:
    """Give the labels that histories decide."""
    fixed: dict[int, int] = {}
    if factor.outside_liver is not None:
        outside = np.flatnonzero(labels["rt_intrahepatic"] == 0)
        fixed = {int(i): factor.outside_liver for i in outside if rng.random() < 0.8}
    told = {FISTULA: factor.fistula, DIARRHOEA: factor.diarrhoea}
    return fixed | {i: value for i, value in told.items() if value is not None}


def _regimens(
    targets: Targets,
    sizes: dict[str, int],
    times: Ints,
    events: Ints,
    rng: np.random.Generator,
    steps: int = 60_000,
) -> tuple[Ints, float]:
    claims = [
        targets.printed("prognosis", endpoint, "p_value", "", "ici_regimen")
        for endpoint in ENDPOINTS
    ]
    labels = np.repeat(np.arange(len(REGIMENS)), [sizes[name] for name in REGIMENS])
    free = np.arange(targets.n)
    rng.shuffle(labels)
    # The patient with the fistula had toripalimab.
    first = int(np.flatnonzero(labels == 0)[0])
    labels[first], labels[FISTULA] = labels[FISTULA], labels[first]
    cost, _ = kernels.anneal_three_labels(
        int(rng.integers(2**31)),
        labels,
        free[free != FISTULA],
        times[0],
        events[0],
        times[1],
        events[1],
        np.array([(claim.low, claim.high) for claim in claims]),
        steps,
        0.3,
        0.003,
    )
    return labels, cost
