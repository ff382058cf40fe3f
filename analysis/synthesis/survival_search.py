"""Search for follow-up times that give every published survival number.

The search works on whole days from the first treatment: for each patient the last contact (or
death), the progression and the last imaging. Who dies and who progresses is fixed beforehand
from the published counts; annealing then moves days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.synthesis import kernels
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.targets import DAYS_PER_MONTH, Printed, Targets

RATE_MONTHS = ("12", "24")
NONE = -1
# Positions of the two patients with a fatal adverse event (Discussion).
FISTULA, DIARRHOEA = 0, 1
# First imaging is a month after treatment, which takes some weeks.
EARLIEST_IMAGING = 40
# From progression to death of the tumour, and from any last imaging to death, days.
SHORTEST_AFTER_PROGRESSION = 21
SHORTEST_AFTER_IMAGING = 3
LONGEST_AFTER_IMAGING = 185
# Radiotherapy, two weeks of it, may start some weeks after the first treatment, and a fistula
# kills within weeks.
FISTULA_TO_DEATH = (20, 75)
LATEST_DIARRHOEA = 365
HOTTEST, COLDEST = 3.0, 0.05
_STRICTLY = 1e-9
_NO_BOUNDS = np.zeros((0, 2, 3, 2))


@dataclass(frozen=True)
class Outcomes:
    """What happened to each patient, in whole days from the first treatment.

    Arrays have one entry a patient. `progression` is -1 without one, `in_field` is -1 without
    an in-field relapse; a progression is always (also) out of field. `cause` is "" in the
    living.
    """

    time: Ints
    died: Ints
    progression: Ints
    imaging: Ints
    in_field: Ints
    cause: tuple[str, ...]

    def endpoints(self) -> tuple[Ints, Ints]:
        """Give days and events (1) of OS and PFS, a row each."""
        progressed = self.progression != NONE
        times = np.stack([self.time, np.where(progressed, self.progression, self.time)])
        return times, np.stack([self.died, np.where(progressed, 1, self.died)])


@dataclass(frozen=True)
class CurveTargets:
    """The printed survival numbers in the form of the kernels (see `anneal`)."""

    checks: Floats
    first_check: Ints
    anchors: Ints
    first_anchor: Ints
    shortest: range
    longest: range


def curve_targets(targets: Targets, factors: tuple[str, ...]) -> CurveTargets:
    """Read the survival numbers, and the days on which a printed median needs an event."""
    names = {
        kernels.OS: "OS",
        kernels.PFS: "PFS",
        kernels.ORFS: "ORFS",
        kernels.IRFS: "IRFS",
        kernels.FOLLOW_UP: "follow_up",
    }
    checks: list[list[tuple[float, float, float, float]]] = []
    anchors: list[list[tuple[int, int]]] = []
    for curve in range(kernels.CURVES):
        variable = names[curve]
        rows = []
        statistics = {"median": kernels.SURVIVAL}
        if curve in (kernels.OS, kernels.PFS, kernels.ORFS):
            statistics |= {"median_lower": kernels.LOWER, "median_upper": kernels.UPPER}
        for statistic, limit in statistics.items():
            rows += _crosses_half(targets.printed("survival", variable, statistic), limit)
        if curve != kernels.FOLLOW_UP:
            for month in RATE_MONTHS:
                claim = targets.printed("survival", variable, "rate", month)
                day = int(float(month) * DAYS_PER_MONTH)
                rows.append((day, kernels.SURVIVAL, claim.low / 100, claim.high / 100))
        checks.append(sorted(rows))
        printed = {
            targets.printed("prognosis", variable, "median", "", factor, level)
            for factor in factors
            for level in ("yes", "no")
            if variable in ("OS", "PFS")
        }
        days = {(p.whole_days()[0], p.whole_days()[-1]) for p in printed if p.is_reached}
        anchors.append(sorted(days))
    return CurveTargets(
        checks=np.array([row for rows in checks for row in rows], dtype=float),
        first_check=_offsets(checks),
        anchors=np.array([row for rows in anchors for row in rows], dtype=np.int64),
        first_anchor=_offsets(anchors),
        shortest=targets.printed("survival", "follow_up", "min").whole_days(),
        longest=targets.printed("survival", "follow_up", "max").whole_days(),
    )


def _crosses_half(claim: Printed, limit: float) -> list[tuple[float, float, float, float]]:
    """Say of a median (or of its limit) that the curve passes one half on the days printed so."""
    if not claim.is_reached:
        return []
    days = claim.whole_days()
    return [
        (days[0] - 1, limit, 0.5 + _STRICTLY, math.inf),
        (days[-1], limit, -math.inf, 0.5 - _STRICTLY),
    ]


def _offsets(groups: Sequence[Sequence[object]]) -> Ints:
    return np.cumsum([0, *(len(group) for group in groups)]).astype(np.int64)


def search(
    targets: Targets,
    factors: tuple[str, ...],
    rng: np.random.Generator,
    progress: Callable[[str], None],
    steps: int = 1_000_000,
) -> Iterator[Search]:
    """Give searches whose outcomes meet every survival number, one after the other."""
    aims = curve_targets(targets, factors)
    none = np.zeros((0, targets.n), dtype=np.int64)
    while True:
        found = Search(targets, aims, rng)
        cost, taken = found.anneal(none, none, _NO_BOUNDS, steps, HOTTEST, COLDEST)
        progress(f"survival curves: {taken:,} steps, distance left {cost:.3f}")
        if cost <= 0:
            yield found


class Search:
    """A cohort of outcomes on the way to the published numbers; annealing moves its days."""

    def __init__(self, targets: Targets, aims: CurveTargets, rng: np.random.Generator) -> None:
        self._aims, self._rng = aims, rng
        n = targets.n
        deaths = targets.count("survival", "death")
        causes = {
            cause: targets.count("survival", "cause_of_death", cause)
            for cause in ("adverse event", "other disease", "tumour")
        }
        progressed = targets.count("survival", "progression")
        # Some who die of another disease have progressed before.
        without = deaths - causes["tumour"] - int(rng.integers(0, 3))
        kind = np.zeros((n, 3), dtype=np.int64)
        kind[:deaths, kernels.DIED] = 1
        kind[without : without + progressed, kernels.PROGRESSED] = 1
        relapsed = slice(deaths, deaths + targets.count("survival", "in_field_relapse"))
        kind[relapsed, kernels.RELAPSED_IN_FIELD] = 1
        self.kind = kind
        self.cause = tuple(
            [cause for cause, count in causes.items() for _ in range(count)] + [""] * (n - deaths)
        )

        limits = np.zeros((n, 6), dtype=np.int64)
        limits[:, 0] = aims.shortest[0]
        limits[:, 1] = aims.longest[-1]
        limits[:, 2] = EARLIEST_IMAGING
        limits[:, 3] = SHORTEST_AFTER_PROGRESSION
        limits[:, 4] = LONGEST_AFTER_IMAGING
        limits[:deaths, 5] = SHORTEST_AFTER_IMAGING
        # The last two are the shortest and the longest follow-up, both still alive.
        limits[n - 2, 1] = aims.shortest[-1]
        limits[n - 1, 0] = aims.longest[0]
        event = targets.printed("grade5_case_2", "months_to_event", "value").whole_days()
        limits[FISTULA, :2] = event[0] + FISTULA_TO_DEATH[0], event[-1] + FISTULA_TO_DEATH[1]
        limits[DIARRHOEA, 1] = LATEST_DIARRHOEA
        self.limits = limits

        died = kind[:, kernels.DIED] == 1
        spread = np.where(died, rng.weibull(1.6, n) * 380, rng.weibull(1.2, n) * 480)
        time = np.clip(aims.shortest[-1] + spread.astype(np.int64), limits[:, 0], limits[:, 1])
        gap = np.minimum(rng.integers(SHORTEST_AFTER_IMAGING, 90, n), time - EARLIEST_IMAGING)
        imaging = time - gap
        latest = np.minimum(imaging, time - SHORTEST_AFTER_PROGRESSION)
        progression = np.maximum(EARLIEST_IMAGING, (latest * rng.beta(3, 1.5, n)).astype(np.int64))
        in_field = (progression + imaging) // 2
        self.state = np.column_stack(
            [
                time,
                np.where(kind[:, kernels.PROGRESSED] == 1, progression, NONE),
                imaging,
                np.where(kind[:, kernels.RELAPSED_IN_FIELD] == 1, in_field, NONE),
            ]
        )

    def anneal(
        self,
        labels: Ints,
        free: Ints,
        bounds: Floats,
        steps: int,
        hottest: float,
        coldest: float,
    ) -> tuple[float, int]:
        """Move days, and labels in place, towards the survival numbers and those of factors.

        See `kernels.anneal` for shapes. Gives the distance left and the steps taken.
        """
        return kernels.anneal(
            int(self._rng.integers(2**31)),
            self.state,
            self.kind,
            self.limits,
            self._aims.checks,
            self._aims.first_check,
            self._aims.anchors,
            self._aims.first_anchor,
            labels,
            free,
            bounds,
            steps,
            hottest,
            coldest,
        )

    def outcomes(self) -> Outcomes:
        """Give the outcomes where the search stands."""
        time, progression, imaging, in_field = (self.state[:, k].copy() for k in range(4))
        died = self.kind[:, kernels.DIED].copy()
        return Outcomes(time, died, progression, imaging, in_field, self.cause)
