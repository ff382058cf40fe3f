"""The whole search: attempts, one after another, until a cohort meets every published number.

An attempt finds days for the survival curves, moves them until the factors with few patients
fit, finds who has the other factors, and then fills in the rest of every patient's history. What
comes out is judged by `analysis.estimates`, like any dataset. What an article has of all this, a
`Plan` says.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.cohort.faults import DatasetFaults
from analysis.synthesis import factors, margins
from analysis.synthesis.curves import Asked, Histories, Search
from analysis.synthesis.factors import Sought
from analysis.synthesis.judgement import Judgement
from analysis.synthesis.kernels import Ints, Schedule
from analysis.synthesis.margins import Margins
from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.targets import Targets

Progress = Callable[[str], None]
Labels = Mapping[str, Ints]
Tables = dict[str, pd.DataFrame]
# Nearly every other attempt succeeds; after as many as these no cohort is likely to be found.
ATTEMPTS = 40
# As many cohorts that meet survival and factors may be refused for something else.
REFUSALS = 6
_DAYS, _REHEATS = Schedule(300_000, 0.5, 0.05), 3


@dataclass(frozen=True)
class Plan:
    """What the search goes by in an article.

    Attributes
    ----------
    margins
        What its tables count.
    sought
        Its prognostic factors.
    asked
        What its ledger asks of its curves.
    begin
        Gives a search with days to begin with.
    rest
        Gives every patient the categories that are not found yet, around the histories and labels
        that are; near to those of another cohort where there is one. May raise
        `ConflictingClaims`.
    fill
        Gives the tables of a dataset around histories, labels and, if they are known, those
        categories. May raise `Unreachable` or `ConflictingClaims`.
    judge
        Judges tables. May raise `DatasetFaults`.
    """

    margins: Margins
    sought: Callable[[Targets], Sought]
    asked: Callable[[Targets], Sequence[Asked]]
    begin: Callable[[Targets, Sequence[Asked], np.random.Generator], Search]
    rest: Callable[
        [Targets, Histories, Labels, np.random.Generator, pd.DataFrame | None], pd.DataFrame
    ]
    fill: Callable[..., Tables]
    judge: Callable[[Tables, Targets], Judgement]


@dataclass(frozen=True)
class State:
    """Days and labels that meet what is printed of the curves and of the factors.

    Labels are by factor, 0 or 1 a patient, and by the groups, a position in their levels.
    """

    histories: Histories
    labels: Labels


@dataclass(frozen=True)
class Found:
    """A cohort that meets the ledger, and the effort: attempts, and changes that were judged.

    `state` and `rest` (see `Plan.rest`) are what its tables were filled in around, and `judged` is
    how they were judged.
    """

    tables: dict[str, pd.DataFrame]
    state: State
    rest: pd.DataFrame
    judged: Judgement
    attempts: int
    evaluations: int


class NotReached(ValueError):
    """No cohort met every published number.

    Attributes
    ----------
    unmet : list of str
        One line a number that the nearest cohort does not meet, with the value it reaches.
    """

    def __init__(self, reason: str, unmet: list[str]) -> None:
        self.unmet = unmet
        listed = "".join(f"\n  - {line}" for line in unmet)
        super().__init__(f"{reason}{listed}")


@dataclass(frozen=True)
class _Attempt:
    """Where an attempt stands: days and labels so far, what is unmet, and how far off it is."""

    search: Search
    found: factors.Found
    unmet: tuple[str, ...]
    distance: float


def find(
    plan: Plan,
    targets: Targets,
    seed: int,
    progress: Progress,
    excused: Collection[str] = (),
    *,
    checked: bool = False,
    at_a_time: int = 0,
) -> Found:
    """Find a cohort that meets every published number; the same for the same seed.

    Parameters
    ----------
    excused
        Names of claims that no cohort is expected to meet.
    checked
        Whether it is known that no published counts contradict each other.
    at_a_time
        How many attempts are made at a time; 0 is one a core. It changes nothing that is found.

    Raises
    ------
    margins.ConflictingClaims
        When published counts contradict each other.
    NotReached
        With the numbers that the nearest cohort does not meet.
    """
    if not checked:
        progress("counts: looking for claims that contradict each other")
        margins.check(plan.margins, targets, excused)
    nearest: _Attempt | None = None
    evaluations = 0
    refused: list[list[str]] = []
    with closing(_attempts(plan, targets, seed, at_a_time)) as attempts:
        for number, attempt in enumerate(attempts, start=1):
            evaluations += attempt.found.evaluations
            if nearest is None or attempt.distance < nearest.distance:
                nearest = attempt
            if attempt.unmet:
                progress(f"attempt {number}: still unmet: {_listed(attempt.unmet)}")
                continue
            progress(f"attempt {number}: survival and factors are met; the rest of every history")
            rng = np.random.default_rng([seed, number, 1])
            try:
                histories, labels = attempt.search.histories, attempt.found.labels
                rest = plan.rest(targets, histories, labels, rng, None)
                tables = plan.fill(targets, histories, labels, rng, rest)
                judged = plan.judge(tables, targets)
                unmet = judged.unmet(excused)
            except (Unreachable, DatasetFaults, margins.ConflictingClaims) as reason:
                unmet = [str(reason)]
            if not unmet:
                state = State(histories, labels)
                return Found(tables, state, rest, judged, number, evaluations)
            progress(f"attempt {number}: {_listed(unmet)}")
            refused.append(unmet)
            if len(refused) == REFUSALS:
                raise NotReached(
                    f"{REFUSALS} cohorts met survival and factors, but not all else; the nearest:",
                    min(refused, key=len),
                )
    assert nearest is not None
    raise _not_reached(plan, nearest, targets, excused)


def _attempts(
    plan: Plan, targets: Targets, seed: int, at_a_time: int
) -> Generator[_Attempt, None, None]:
    """Give attempts in order, the next ones made meanwhile on the other cores."""
    asked, sought = plan.asked(targets), plan.sought(targets)

    def attempt(number: int) -> _Attempt:
        rng = np.random.default_rng([seed, number])
        return _attempt(targets, plan.begin(targets, asked, rng), sought, rng, stop)

    stop = threading.Event()
    cores = at_a_time or os.cpu_count() or 1
    waiting: deque[Future[_Attempt]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        try:
            for number in range(1, ATTEMPTS + 1):
                waiting.append(pool.submit(attempt, number))
                if len(waiting) == cores:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _listed(names: Collection[str], most: int = 6) -> str:
    shown = ", ".join(list(names)[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _attempt(
    targets: Targets,
    search: Search,
    sought: Sought,
    rng: np.random.Generator,
    stop: threading.Event,
) -> _Attempt:
    evaluations = 0
    for _ in range(_REHEATS):
        distance, judged = search.anneal(_DAYS)
        evaluations += judged
        if distance <= 0:
            break
    else:
        # Farther than any attempt whose curves are met.
        nothing = factors.Found({}, {}, evaluations)
        return _Attempt(search, nothing, tuple(search.unmet()), 1000 + distance)
    few = factors.with_days(search, targets, sought, rng)
    found = replace(few, evaluations=evaluations + few.evaluations)
    if not found.left:
        endpoints = search.endpoints()
        rest = factors.search(targets, sought, endpoints, few.labels, rng, stop=stop)
        found = replace(rest, evaluations=found.evaluations + rest.evaluations)
    unmet = tuple(f"factor {name}" for name in found.left)
    # An attempt that got through more factors is nearer.
    missing = len(sought.factors) - len(found.labels) if unmet else 0
    return _Attempt(search, found, unmet, missing + sum(found.left.values()))


def _not_reached(
    plan: Plan, nearest: _Attempt, targets: Targets, excused: Collection[str]
) -> NotReached:
    """Give the published numbers that the nearest attempt does not meet, and what it reaches."""
    reason = f"No cohort was found in {ATTEMPTS} attempts. The nearest does not meet:"
    rng = np.random.default_rng(0)
    endpoints, known = nearest.search.endpoints(), nearest.found.labels
    found = factors.search(targets, plan.sought(targets), endpoints, known, rng, to_the_end=True)
    try:
        tables = plan.fill(targets, nearest.search.histories, found.labels, rng)
        return NotReached(reason, plan.judge(tables, targets).unmet(excused))
    except (Unreachable, DatasetFaults, margins.ConflictingClaims):
        return NotReached(reason, list(nearest.unmet))
