"""Curves as data: which records of a patient end them, and what the ledger prints of them.

A cohort on the way has, for each patient, a day for every record (last contact, progression and
so on), counted from the first treatment. A `Curve` says which of them ends it; a `Gap` says how
far apart two of them may lie. `Search` gives both to the kernels, which move the days until
every printed number of every curve is met.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis import kernels
from analysis.synthesis.kernels import Endpoints, Factors, Flags, Floats, Ints, Schedule
from analysis.synthesis.targets import Printed, Targets

# In place of a record that a patient has not.
NONE = -1
# More days than lie between any two records.
UNBOUNDED = 2**31
_STRICTLY = 1e-9
# The kernels look as far as this beyond a day on which an event is asked.
_AROUND = 40


@dataclass(frozen=True)
class Curve:
    """A curve of the time to an event, and what the ledger prints of it.

    Attributes
    ----------
    name
        Its variable in the ledger.
    ends
        Kinds of patient who have the event, each with the record at which; of several kinds that
        a patient is of, the first decides.
    censored
        The record at which all others are censored.
    limits
        Whether the confidence limits of its median are printed.
    rates
        Months at which survival is printed.
    compared
        Whether prognostic factors are compared on it.

    Examples
    --------
    >>> Curve("PFS", {"progressed": "progression", "died": "contact"}, "contact", rates=("12",))
    Curve(name='PFS', ends={'progressed': 'progression', 'died': 'contact'}, censored='contact', \
limits=False, rates=('12',), compared=False)
    """

    name: str
    ends: Mapping[str, str]
    censored: str
    limits: bool = False
    rates: tuple[str, ...] = ()
    compared: bool = False


@dataclass(frozen=True)
class Band:
    """Between which values the survival of a curve is asked to be on a day, beside the printed."""

    curve: str
    day: int
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Asked:
    """What is asked of a curve, in the form of `kernels.curve_cost`.

    `claims` names the claim behind each row of `checks`.
    """

    curve: Curve
    checks: Floats
    claims: tuple[str, ...]
    anchors: Ints

    def stretches(self) -> list[tuple[int, int]]:
        """Give the first and last day of each stretch that needs an event."""
        return [(int(first), int(last)) for first, last in self.anchors]


@dataclass(frozen=True)
class Gap:
    """How many days may lie from one record of a patient to a later one.

    `least` and `most` are one number for all patients, or one a patient. It binds those who have
    both records; `since` is "" for the first treatment.
    """

    record: str
    since: str = ""
    least: Ints | int = -UNBOUNDED
    most: Ints | int = UNBOUNDED


@dataclass(frozen=True)
class Histories:
    """What happens to each patient: kinds of patient (fixed), and days of records (to be moved).

    Attributes
    ----------
    kinds
        By name, who is of it.
    records
        Names of the columns of `days`.
    days
        Shape (patients, records), `NONE` where there is none.
    gaps
        What the days of a patient must keep to.
    visits
        Records that fall on working days.
    """

    kinds: Mapping[str, Flags]
    records: tuple[str, ...]
    days: Ints
    gaps: Sequence[Gap]
    visits: tuple[str, ...] = ()

    def of(self, record: str) -> Ints:
        """Give each patient's day of a record, or `NONE`."""
        return self.days[:, self.records.index(record)].copy()


def asked_of(
    targets: Targets, curves: Iterable[Curve], factors: Collection[str], bands: Sequence[Band]
) -> tuple[Asked, ...]:
    """Read the survival numbers, and the days on which a printed median needs an event.

    Parameters
    ----------
    factors
        Factors whose medians are printed for each curve that is `compared`.
    """
    return tuple(_asked(targets, curve, factors, bands) for curve in curves)


def _asked(
    targets: Targets, curve: Curve, factors: Collection[str], bands: Sequence[Band]
) -> Asked:
    rows: list[tuple[tuple[float, float, float, float], str]] = []
    statistics = {"median": kernels.SURVIVAL}
    if curve.limits:
        statistics |= {"median_lower": kernels.LOWER, "median_upper": kernels.UPPER}
    for statistic, limit in statistics.items():
        claim = targets.printed("survival", curve.name, statistic)
        rows += [(check, claim.claim) for check in _crosses_half(claim, limit)]
    for month in curve.rates:
        claim = targets.printed("survival", curve.name, "rate", month)
        check = (day_of(month), kernels.SURVIVAL, claim.low / 100, claim.high / 100)
        rows.append((check, claim.claim))
    rows += [
        ((band.day, kernels.SURVIVAL, band.low, band.high), band.words)
        for band in bands
        if band.curve == curve.name
    ]
    rows.sort()
    medians = {
        targets.printed("prognosis", curve.name, "median", "", factor, level)
        for factor in (factors if curve.compared else ())
        for level in ("yes", "no")
    }
    days = {(p.whole_days()[0], p.whole_days()[-1]) for p in medians if p.is_reached}
    return Asked(
        curve,
        checks=np.array([check for check, _ in rows], dtype=float).reshape(-1, 4),
        claims=tuple(claim for _, claim in rows),
        anchors=np.array(sorted(days), dtype=np.int64).reshape(-1, 2),
    )


def day_of(month: str) -> int:
    """Give the last whole day of so many months.

    Examples
    --------
    >>> day_of("12")
    365
    """
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


class Search:
    """A cohort on the way to the published numbers of its curves; annealing moves its days."""

    def __init__(
        self, histories: Histories, asked: Sequence[Asked], rng: np.random.Generator
    ) -> None:
        self.histories = histories
        self._asked, self._rng = asked, rng
        self._gaps = _gaps(histories)
        self._curves = _curves(histories, asked)
        self._compared = [k for k, one in enumerate(asked) if one.curve.compared]

    def anneal(self, schedule: Schedule, factors: Factors | None = None) -> tuple[float, int]:
        """Move days, and labels of factors in place, towards what is printed of them.

        Gives the distance left and the number of changes that were judged.
        """
        return kernels.anneal(
            int(self._rng.integers(2**31)),
            self.histories.days,
            self._gaps,
            self._curves,
            self.no_factors() if factors is None else factors,
            schedule,
        )

    def wander(self, steps: int, factors: Factors | None = None) -> tuple[float, int]:
        """Move days, and labels of factors in place, at random, never farther from what is printed.

        Gives the distance left and the number of changes that were made.
        """
        return kernels.wander(
            int(self._rng.integers(2**31)),
            self.histories.days,
            self._gaps,
            self._curves,
            self.no_factors() if factors is None else factors,
            steps,
        )

    def distance(self) -> float:
        """Give how far the curves are from what is printed of them; 0 is exact."""
        return self.wander(0)[0]

    def factors(self, labels: Ints, free: Ints, bounds: Floats) -> Factors:
        """Give factors whose labels are to be found with the days; see `kernels.Factors`."""
        return Factors(labels, free, np.array(self._compared, dtype=np.int64), bounds)

    def no_factors(self) -> Factors:
        """Give none, for days alone."""
        patients = len(self.histories.days)
        nobody = np.zeros((0, patients), dtype=np.int64)
        return self.factors(nobody, nobody, np.zeros((0, len(self._compared), 3, 2)))

    def endpoints(self) -> Endpoints:
        """Give days and events (1) of the curves on which factors are compared, a row each."""
        records = self._curves.record[self._compared]
        patients = np.arange(len(self.histories.days))
        times = self.histories.days[patients, records]
        return Endpoints(times, (self._curves.ends[self._compared] == kernels.EVENT).astype(int))

    def unmet(self) -> list[str]:
        """Give the claims on the curves that are not met, and the medians without an event."""
        counts = kernels.count_days(self.histories.days, self._curves)
        none, nothing = np.zeros((0, 4)), np.zeros((0, 2), dtype=np.int64)
        found: list[str] = []
        for one, (events, censored) in zip(self._asked, counts, strict=True):

            def is_met(checks: Floats, anchors: Ints, *, of: Sequence[Ints]) -> bool:
                n = len(self.histories.days)
                return bool(kernels.curve_cost(*of, n, checks, anchors) <= 0)

            for k, claim in enumerate(one.claims):
                if not is_met(one.checks[k : k + 1], nothing, of=(events, censored)):
                    found.append(claim)
            for days in one.stretches():
                stretch = np.array([days], dtype=np.int64)
                if not is_met(none, stretch, of=(events, censored)):
                    months = f"{np.mean(days) / DAYS_PER_MONTH:.1f}"
                    found.append(f"an event of {one.curve.name} at {months} months")
        return list(dict.fromkeys(found))


def _gaps(histories: Histories) -> kernels.Gaps:
    """Give the gaps in the form of the kernels, without bounds where a record is lacking."""
    columns = {record: k for k, record in enumerate(histories.records)}
    shape = len(histories.days), len(histories.gaps)
    least, most = np.full(shape, -UNBOUNDED), np.full(shape, UNBOUNDED)
    for g, gap in enumerate(histories.gaps):
        recorded = histories.of(gap.record) != NONE
        if gap.since:
            recorded &= histories.of(gap.since) != NONE
        least[:, g] = np.where(recorded, gap.least, -UNBOUNDED)
        most[:, g] = np.where(recorded, gap.most, UNBOUNDED)
    return kernels.Gaps(
        later=np.array([columns[gap.record] for gap in histories.gaps], dtype=np.int64),
        earlier=np.array(
            [columns.get(gap.since, kernels.FIRST_TREATMENT) for gap in histories.gaps],
            dtype=np.int64,
        ),
        least=least,
        most=most,
        visits=np.array([columns[name] for name in histories.visits], dtype=np.int64),
    )


def _curves(histories: Histories, asked: Sequence[Asked]) -> kernels.Curves:
    """Say at which record each patient leaves each curve, and how."""
    columns = {record: k for k, record in enumerate(histories.records)}
    shape = len(asked), len(histories.days)
    record = np.zeros(shape, dtype=np.int64)
    ends = np.full(shape, kernels.CENSORED, dtype=np.int64)
    for c, one in enumerate(asked):
        record[c] = columns[one.curve.censored]
        for kind, end in reversed(list(one.curve.ends.items())):
            record[c, histories.kinds[kind]] = columns[end]
            ends[c, histories.kinds[kind]] = kernels.EVENT
    latest = [_latest(histories), *(day for one in asked for day in one.checks[:, 0])]
    latest += [day for one in asked for stretch in one.stretches() for day in stretch]
    return kernels.Curves(
        record=record,
        ends=ends,
        checks=tuple(one.checks for one in asked),
        anchors=tuple(one.anchors for one in asked),
        days=int(max(latest)) + _AROUND,
    )


def _latest(histories: Histories) -> int:
    """Give the last day on which any record may lie."""
    latest = np.full(histories.days.shape, UNBOUNDED)
    for gap in histories.gaps:
        if not gap.since:
            latest[:, histories.records.index(gap.record)] = gap.most
    last = int(latest[histories.days != NONE].max())
    if last == UNBOUNDED:
        raise ValueError("every record needs a latest day, counted from the first treatment")
    return last
