"""Radiotherapy: a regimen for each patient and each irradiated site.

Regimens are those in use for the liver (Methods 2.3: 50-65 Gy in 20-30 fractions), stereotactic
ones, and palliative ones for metastases. A patient's dose is that of the site with the highest
EQD2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.targets import Printed, Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.patients import RT_SITES
from analysis.zhai_2025.synthesis.outcomes import DIARRHOEA, FISTULA


@dataclass(frozen=True)
class Regimen:
    """Total dose in Gy and number of fractions, and how often it is chosen."""

    dose: float
    fractions: int
    weight: float = 1.0

    def bed(self, alpha_beta: float) -> float:
        """Give the biologically effective dose in Gy."""
        return self.dose * (1 + self.dose / self.fractions / alpha_beta)

    def eqd2(self, alpha_beta: float) -> float:
        """Give the equivalent dose in fractions of 2 Gy."""
        return self.bed(alpha_beta) / (1 + 2 / alpha_beta)

    def is_sbrt(self, options: Parameters) -> bool:
        """Tell whether it counts as stereotactic."""
        few = self.fractions <= options.sbrt_max_fractions
        return few and self.dose / self.fractions >= options.sbrt_min_fraction_gy


REGIMENS = (
    Regimen(25, 5, 0.4),
    Regimen(30, 5, 2),
    Regimen(35, 5, 2),
    Regimen(40, 5, 2),
    Regimen(45, 5, 1),
    Regimen(50, 5, 1),
    Regimen(50, 10, 3),
    Regimen(55, 10, 3),
    Regimen(30, 10, 1),
    Regimen(40, 10, 1),
    Regimen(45, 15, 1),
    Regimen(50, 25, 3),
    Regimen(50, 20, 2),
    Regimen(52.5, 15, 2),
    Regimen(54, 18, 2),
    Regimen(55, 25, 6),
    Regimen(55, 22, 4),
    Regimen(55, 20, 5),
    Regimen(56, 28, 3),
    Regimen(58, 29, 1),
    Regimen(60, 30, 6),
    Regimen(60, 25, 5),
    Regimen(60, 24, 3),
    Regimen(62.5, 25, 2),
    Regimen(64, 32, 1),
    Regimen(65, 26, 1),
    Regimen(54, 15, 3),
    Regimen(55, 15, 3),
)
PALLIATIVE = (Regimen(30, 10), Regimen(25, 5), Regimen(20, 5))


def regimens(
    profile: pd.DataFrame, targets: Targets, options: Parameters, rng: np.random.Generator
) -> list[Regimen]:
    """Give each patient's strongest regimen, with median and range of dose, BED and EQD2 exact.

    Raises
    ------
    Unreachable
        When the regimens in use do not give the published medians and ranges.
    """
    n = targets.n
    sbrt, weak = ((profile[name] == "yes").to_numpy() for name in ("sbrt", "eqd2_under_60"))

    def choices(patient: int) -> list[Regimen]:
        return [
            regimen
            for regimen in REGIMENS
            if regimen.is_sbrt(options) == sbrt[patient]
            and (round(regimen.eqd2(options.alpha_beta), 3) < options.eqd2_cutoff) == weak[patient]
        ]

    told = {
        patient: Regimen(
            targets.value(f"grade5_case_{case}", "dose_gy", "value"),
            int(targets.value(f"grade5_case_{case}", "fractions", "value")),
        )
        for patient, case in ((DIARRHOEA, 1), (FISTULA, 2))
    }
    options_of = [[told[i]] if i in told else choices(i) for i in range(n)]

    def pick(patient: int) -> Regimen:
        of = options_of[patient]
        weights = np.array([regimen.weight for regimen in of])
        return of[int(rng.choice(len(of), p=weights / weights.sum()))]

    chosen = [pick(i) for i in range(n)]
    aims = {
        (variable, statistic): targets.printed("treatment", variable, statistic)
        for variable in ("rt_dose_gy", "bed_gy", "eqd2_gy")
        for statistic in ("median", "min", "max")
    }
    best = _distance(chosen, aims, options)
    for _ in range(20_000):
        if best == 0:
            return chosen
        i = int(rng.integers(n))
        was, chosen[i] = chosen[i], pick(i)
        now = _distance(chosen, aims, options)
        if now <= best:
            best = now
        else:
            chosen[i] = was
    raise Unreachable(f"median and range of dose, BED and EQD2 are {best:.2f} Gy from the printed")


def _distance(
    chosen: list[Regimen], aims: dict[tuple[str, str], Printed], options: Parameters
) -> float:
    """Give by how many Gy medians and ranges are off."""
    values = {
        "rt_dose_gy": [regimen.dose for regimen in chosen],
        "bed_gy": [regimen.bed(options.alpha_beta) for regimen in chosen],
        "eqd2_gy": [regimen.eqd2(options.alpha_beta) for regimen in chosen],
    }
    total = 0.0
    statistics: dict[str, Callable[[list[float]], float]] = {
        "median": lambda numbers: float(np.median(numbers)),
        "min": min,
        "max": max,
    }
    for (variable, statistic), printed in aims.items():
        found = statistics[statistic](values[variable])
        if not printed.holds(found):
            total += abs(found - printed.value)
    return total


def sites(
    profile: pd.DataFrame, chosen: list[Regimen], options: Parameters, rng: np.random.Generator
) -> list[dict[str, tuple[float, int]]]:
    """Give dose (Gy) and fractions by irradiated site, a dictionary a patient.

    Tumour and thrombus lie in one target volume; what is outside the liver may be given less.
    """
    given: list[dict[str, tuple[float, int]]] = []
    for i, regimen in enumerate(chosen):
        irradiated = [site for site in RT_SITES if profile[f"site {site}"].iloc[i] == "yes"]
        doses = {}
        for position, site in enumerate(irradiated):
            own = regimen
            if position > 0 and site == "other metastasis" and rng.random() < 0.5:
                weaker = [
                    other
                    for other in PALLIATIVE
                    if other.eqd2(options.alpha_beta) < regimen.eqd2(options.alpha_beta)
                    and other.fractions <= regimen.fractions
                ]
                if weaker:
                    own = weaker[int(rng.integers(len(weaker)))]
            doses[site] = (own.dose, own.fractions)
        given.append(doses)
    return given
