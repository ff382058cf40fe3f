"""Search for follow-up times that give every published survival number.

The search works on whole days from the first treatment: for each patient the last contact (or
death), the progression and the last imaging. Who dies and who progresses is fixed beforehand
from the published counts; annealing then moves days, and with them the labels of factors that
so few patients lack that labels alone leave no choice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.synthesis import course, kernels
from analysis.synthesis.course import EARLIEST_IMAGING
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.targets import DAYS_PER_MONTH, Printed, Targets

RATE_MONTHS = ("12", "24")
NONE = -1
# Positions of the two patients with a fatal adverse event (Discussion).
FISTULA, DIARRHOEA = 0, 1
# From progression to death of the tumour, and from any last imaging to death, days.
SHORTEST_AFTER_PROGRESSION = 21
SHORTEST_AFTER_IMAGING = 3
LONGEST_AFTER_IMAGING = 185
# Radiotherapy, two weeks of it, may start some weeks after the first treatment, and a fistula
# kills within weeks.
FISTULA_TO_DEATH = (20, 75)
LATEST_DIARRHOEA = 365
_CURVES = {
    kernels.OS: "OS",
    kernels.PFS: "PFS",
    kernels.ORFS: "ORFS",
    kernels.IRFS: "IRFS",
    kernels.FOLLOW_UP: "follow_up",
}
_STRICTLY = 1e-9
_NOBODY = np.zeros((0, 0), dtype=np.int64)
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
    """The printed survival numbers in the form of the kernels (see `kernels.anneal`).

    `claims` names the claim behind each row of `checks`; `quiet` are days on which ORFS has no
    room for two progressions, `second_year` the days between the two printed rates.
    """

    checks: Floats
    first_check: Ints
    claims: tuple[str, ...]
    anchors: Ints
    first_anchor: Ints
    shortest: range
    longest: range
    quiet: range
    second_year: range

    def anchors_of(self, curve: int) -> list[tuple[int, int]]:
        """Give the first and last day of each stretch that needs an event of a curve."""
        rows = self.anchors[self.first_anchor[curve] : self.first_anchor[curve + 1]]
        return [(int(first), int(last)) for first, last in rows]


def curve_targets(targets: Targets, factors: Iterable[str]) -> CurveTargets:
    """Read the survival numbers, and the days on which a printed median needs an event."""
    checks: list[list[tuple[float, float, float, float]]] = []
    claims: list[str] = []
    anchors: list[list[tuple[int, int]]] = []
    for curve, variable in _CURVES.items():
        rows: list[tuple[tuple[float, float, float, float], str]] = []
        statistics = {"median": kernels.SURVIVAL}
        if curve in (kernels.OS, kernels.PFS, kernels.ORFS):
            statistics |= {"median_lower": kernels.LOWER, "median_upper": kernels.UPPER}
        for statistic, limit in statistics.items():
            claim = targets.printed("survival", variable, statistic)
            rows += [(check, claim.claim) for check in _crosses_half(claim, limit)]
        if curve != kernels.FOLLOW_UP:
            for month in RATE_MONTHS:
                claim = targets.printed("survival", variable, "rate", month)
                check = (_day(month), kernels.SURVIVAL, claim.low / 100, claim.high / 100)
                rows.append((check, claim.claim))
        within = course.TOLERANCE - course.MARGIN
        for point in course.steady(targets):
            if point.variable == variable:
                low, high = point.survival - within, point.survival + within
                check = (point.day, kernels.SURVIVAL, low, high)
                rows.append((check, f"a steady {variable} until day {point.day}"))
        rows.sort()
        checks.append([check for check, _ in rows])
        claims += [claim for _, claim in rows]
        printed = {
            targets.printed("prognosis", variable, "median", "", factor, level)
            for factor in factors
            for level in ("yes", "no")
            if variable in ("OS", "PFS")
        }
        days = {(p.whole_days()[0], p.whole_days()[-1]) for p in printed if p.is_reached}
        anchors.append(sorted(days))
    first, second = (_day(month) for month in RATE_MONTHS)
    orfs = targets.printed("survival", "ORFS", "median")
    return CurveTargets(
        checks=np.array([row for rows in checks for row in rows], dtype=float),
        first_check=_offsets(checks),
        claims=tuple(claims),
        anchors=np.array([row for rows in anchors for row in rows], dtype=np.int64),
        first_anchor=_offsets(anchors),
        shortest=targets.printed("survival", "follow_up", "min").whole_days(),
        longest=targets.printed("survival", "follow_up", "max").whole_days(),
        quiet=range(first + 1, orfs.whole_days()[0] if orfs.is_reached else first + 1),
        second_year=range(first + 1, second + 1),
    )


def _day(month: str) -> int:
    return int(float(month) * DAYS_PER_MONTH)


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
        self.limits = self._limits(targets, deaths, without, relapsed)
        self.state = self._first_state()

    def _limits(self, targets: Targets, deaths: int, without: int, relapsed: slice) -> Ints:
        """Give the days between which each patient's records may lie."""
        aims, n = self._aims, targets.n
        limits = np.zeros((n, 7), dtype=np.int64)
        limits[:, kernels.EARLIEST_CONTACT] = aims.shortest[0]
        limits[:, kernels.LATEST_CONTACT] = aims.longest[-1]
        limits[:, kernels.EARLIEST_IMAGING] = EARLIEST_IMAGING
        limits[:, kernels.LATEST_PROGRESSION] = aims.longest[-1]
        limits[:, kernels.PROGRESSION_TO_DEATH] = SHORTEST_AFTER_PROGRESSION
        limits[:, kernels.LONGEST_UNSEEN] = LONGEST_AFTER_IMAGING
        limits[:deaths, kernels.SHORTEST_UNSEEN] = SHORTEST_AFTER_IMAGING
        # The last two are the shortest and the longest follow-up, both still alive.
        limits[n - 2, kernels.LATEST_CONTACT] = aims.shortest[-1]
        limits[n - 1, kernels.EARLIEST_CONTACT] = aims.longest[0]
        # No relapse in the field within a year of treatment, all of them within two.
        limits[relapsed, kernels.LATEST_PROGRESSION] = aims.second_year[0]
        limits[relapsed, kernels.EARLIEST_CONTACT] = np.mean(aims.second_year)

        event = targets.printed("grade5_case_2", "months_to_event", "value").whole_days()
        limits[FISTULA, kernels.EARLIEST_CONTACT] = event[0] + FISTULA_TO_DEATH[0]
        limits[FISTULA, kernels.LATEST_CONTACT] = event[-1] + FISTULA_TO_DEATH[1]
        limits[DIARRHOEA, kernels.LATEST_CONTACT] = LATEST_DIARRHOEA
        # Medians of PFS on days without room for a progression are deaths without one; so is
        # most of what PFS loses beyond ORFS in the second year.
        at = [days for days in aims.anchors_of(kernels.PFS) if days[0] in aims.quiet]
        others = [i for i in range(without) if i not in (FISTULA, DIARRHOEA)]
        if at and self._meets(limits[FISTULA], at[-1]):
            others.insert(len(at) - 1, FISTULA)
        for i, days in zip(others, at, strict=False):
            limits[i, kernels.EARLIEST_CONTACT], limits[i, kernels.LATEST_CONTACT] = days
        later = [i for i in others[len(at) :] if i != FISTULA]
        limits[later, kernels.EARLIEST_CONTACT] = aims.quiet.stop
        return limits

    @staticmethod
    def _meets(limits: Ints, days: tuple[int, int]) -> bool:
        return bool(
            limits[kernels.EARLIEST_CONTACT] <= days[0]
            and days[1] <= limits[kernels.LATEST_CONTACT]
        )

    def _first_state(self) -> Ints:
        """Draw days within the limits, that look like those of such patients."""
        rng, limits, kind, n = self._rng, self.limits, self.kind, len(self.kind)
        died = kind[:, kernels.DIED] == 1
        year = self._aims.second_year[0]
        dying = np.where(
            rng.random(n) < 0.5,
            rng.uniform(self._aims.shortest[-1], year, n),
            year + rng.gamma(2.0, 90, n),
        )
        followed = self._aims.shortest[-1] + rng.weibull(1.2, n) * 480
        time = np.clip(
            np.where(died, dying, followed).astype(np.int64),
            limits[:, kernels.EARLIEST_CONTACT],
            limits[:, kernels.LATEST_CONTACT],
        )
        unseen = np.minimum(rng.integers(SHORTEST_AFTER_IMAGING, 90, n), time - EARLIEST_IMAGING)
        imaging = time - unseen
        latest = np.minimum(imaging, time - SHORTEST_AFTER_PROGRESSION)
        progression = np.clip(
            (latest * rng.beta(2, 1.2, n)).astype(np.int64),
            EARLIEST_IMAGING,
            limits[:, kernels.LATEST_PROGRESSION],
        )
        in_field = (progression + imaging) // 2
        return np.column_stack(
            [
                time,
                np.where(kind[:, kernels.PROGRESSED] == 1, progression, NONE),
                imaging,
                np.where(kind[:, kernels.RELAPSED_IN_FIELD] == 1, in_field, NONE),
            ]
        )

    def anneal(
        self,
        steps: int,
        hottest: float,
        coldest: float,
        labels: Ints = _NOBODY,
        free: Ints = _NOBODY,
        bounds: Floats = _NO_BOUNDS,
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

    def unmet(self) -> list[str]:
        """Give the claims on the curves that are not met, and the medians without an event."""
        aims = self._aims
        counts = kernels.count_days(self.state, self.kind, kernels.days_needed(*self._extent()))
        none, nothing = np.zeros((0, 4)), np.zeros((0, 2), dtype=np.int64)
        found: list[str] = []
        for curve in _CURVES:

            def is_met(checks: Floats, anchors: Ints, curve: int = curve) -> bool:
                events, censored = counts[curve, kernels.EVENT], counts[curve, kernels.CENSORED]
                n = len(self.state)
                return bool(kernels.curve_cost(events, censored, n, checks, anchors) <= 0)

            for k in range(aims.first_check[curve], aims.first_check[curve + 1]):
                if not is_met(aims.checks[k : k + 1], nothing):
                    found.append(aims.claims[k])
            for days in aims.anchors_of(curve):
                if not is_met(none, np.array([days], dtype=np.int64)):
                    months = f"{np.mean(days) / DAYS_PER_MONTH:.1f}"
                    found.append(f"an event of {_CURVES[curve]} at {months} months")
        return list(dict.fromkeys(found))

    def _extent(self) -> tuple[Ints, Floats, Ints]:
        return self.limits, self._aims.checks, self._aims.anchors

    def outcomes(self) -> Outcomes:
        """Give the outcomes where the search stands."""
        time, progression, imaging, in_field = (self.state[:, k].copy() for k in range(4))
        died = self.kind[:, kernels.DIED].copy()
        return Outcomes(time, died, progression, imaging, in_field, self.cause)
