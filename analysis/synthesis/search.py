"""The whole search: attempts, one after another, until a cohort meets every published number.

An attempt finds days for the survival curves, moves them until the factors with few patients
fit, finds who has the other factors of Table 5, and then fills in the rest of every patient's
history. What comes out is judged by `analysis.estimates`, like any dataset.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.cohort.faults import DatasetFaults
from analysis.parameters import Parameters
from analysis.synthesis import cohort, factors, judgement, margins, survival_search
from analysis.synthesis.curves import Asked, Search
from analysis.synthesis.kernels import Schedule
from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.targets import Targets

Progress = Callable[[str], None]
# Nearly every other attempt succeeds; after as many as these no cohort is likely to be found.
ATTEMPTS = 40
# As many cohorts that meet survival and Table 5 may be refused for something else.
REFUSALS = 6
_DAYS, _REHEATS = Schedule(300_000, 0.5, 0.05), 3


@dataclass(frozen=True)
class Found:
    """A cohort that meets the ledger, and the effort: attempts, and changes that were judged."""

    tables: dict[str, pd.DataFrame]
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
    targets: Targets,
    seed: int,
    progress: Progress,
    options: Parameters | None = None,
    excused: Collection[str] = (),
) -> Found:
    """Find a cohort that meets every published number; the same for the same seed.

    Parameters
    ----------
    excused
        Names of claims that no cohort is expected to meet.

    Raises
    ------
    margins.ConflictingClaims
        When published counts contradict each other.
    NotReached
        With the numbers that the nearest cohort does not meet.
    """
    options = options or Parameters()
    progress("counts: looking for claims that contradict each other")
    margins.check(targets, excused)
    nearest: _Attempt | None = None
    evaluations = 0
    refused: list[list[str]] = []
    with closing(_attempts(targets, seed)) as attempts:
        for number, attempt in enumerate(attempts, start=1):
            evaluations += attempt.found.evaluations
            if nearest is None or attempt.distance < nearest.distance:
                nearest = attempt
            if attempt.unmet:
                progress(f"attempt {number}: still unmet: {_listed(attempt.unmet)}")
                continue
            progress(f"attempt {number}: survival and Table 5 are met; the rest of every history")
            rng = np.random.default_rng([seed, number, 1])
            try:
                outcomes = survival_search.outcomes(targets, attempt.search.histories)
                labels = attempt.found.labels
                tables = cohort.tables(targets, outcomes, labels, options, rng)
                unmet = judgement.of(tables, targets, options).unmet(excused)
            except (Unreachable, DatasetFaults, margins.ConflictingClaims) as reason:
                unmet = [str(reason)]
            if not unmet:
                return Found(tables, number, evaluations)
            progress(f"attempt {number}: {_listed(unmet)}")
            refused.append(unmet)
            if len(refused) == REFUSALS:
                raise NotReached(
                    f"{REFUSALS} cohorts met survival and Table 5, but not all else; the nearest:",
                    min(refused, key=len),
                )
    assert nearest is not None
    raise _not_reached(nearest, targets, options, excused)


def _attempts(targets: Targets, seed: int) -> Generator[_Attempt, None, None]:
    """Give attempts in order, the next ones made meanwhile on the other cores."""
    asked = survival_search.asked(targets, factors.NAMES)
    sizes = _sizes(targets)
    stop = threading.Event()
    cores = os.cpu_count() or 1
    waiting: deque[Future[_Attempt]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        try:
            for number in range(1, ATTEMPTS + 1):
                rng = np.random.default_rng([seed, number])
                waiting.append(pool.submit(_attempt, targets, asked, sizes, rng, stop))
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
    asked: Sequence[Asked],
    sizes: factors.Sizes,
    rng: np.random.Generator,
    stop: threading.Event,
) -> _Attempt:
    search = survival_search.begin(targets, asked, rng)
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
    few = factors.with_days(search, targets, sizes, rng)
    found = replace(few, evaluations=evaluations + few.evaluations)
    if not found.left:
        endpoints = search.endpoints()
        rest = factors.search(targets, sizes, endpoints, few.labels, rng, stop=stop)
        found = replace(rest, evaluations=found.evaluations + rest.evaluations)
    unmet = tuple(f"Table 5, {name}" for name in found.left)
    # An attempt that got through more factors is nearer.
    missing = len(factors.FACTORS) - len(found.labels) if unmet else 0
    return _Attempt(search, found, unmet, missing + sum(found.left.values()))


def _not_reached(
    nearest: _Attempt, targets: Targets, options: Parameters, excused: Collection[str]
) -> NotReached:
    """Give the published numbers that the nearest attempt does not meet, and what it reaches."""
    reason = f"No cohort was found in {ATTEMPTS} attempts. The nearest does not meet:"
    rng = np.random.default_rng(0)
    endpoints, known = nearest.search.endpoints(), nearest.found.labels
    outcomes = survival_search.outcomes(targets, nearest.search.histories)
    found = factors.search(targets, _sizes(targets), endpoints, known, rng, to_the_end=True)
    try:
        tables = cohort.tables(targets, outcomes, found.labels, options, rng)
        return NotReached(reason, judgement.of(tables, targets, options).unmet(excused))
    except (Unreachable, DatasetFaults, margins.ConflictingClaims):
        return NotReached(reason, list(nearest.unmet))


def _sizes(targets: Targets) -> factors.Sizes:
    """Give how many patients may have each factor; one number where it is printed."""
    n = targets.n
    characteristics = "characteristics"

    def printed(analysis_id: str, variable: str, level: str = "yes") -> range:
        count = targets.count(analysis_id, variable, level)
        return range(count, count + 1)

    without_hepatitis = targets.count(characteristics, "hepatitis", "none")
    first, second, _ = factors.REGIMENS
    agents = {name: printed("treatment", "ici_agent", name) for name in (first, second)}
    others = n - sum(size[0] for size in agents.values())
    return {
        "male": printed(characteristics, "sex", "male"),
        # The median age is below 60, and a few years from it.
        "age_under_60": range(n // 2 + 9, n // 2 + 15),
        "alcohol_use": printed(characteristics, "alcohol_use"),
        "viral_hepatitis": range(n - without_hepatitis, n - without_hepatitis + 1),
        "cirrhosis": printed(characteristics, "cirrhosis"),
        "afp_under_1000": printed(characteristics, "afp_1000", "<1000"),
        "tumours_5_or_more": printed(characteristics, "tumour_count_group", ">=5"),
        "extrahepatic_metastasis": printed(characteristics, "extrahepatic_metastasis"),
        "pvtt": printed(characteristics, "pvtt"),
        "vp4": printed(characteristics, "vp4"),
        "prior_ici": printed(characteristics, "prior_ici"),
        "concurrent": printed("treatment", "treatment_mode", "concurrent"),
        "rt_intrahepatic": range(n - 16, n - 9),
        "sbrt": range(26, 36),
        # The median BED and EQD2 hold together only with half of the patients on either side.
        "eqd2_under_60": range(n // 2, n // 2 + 1),
        "targeted_therapy": printed("treatment", "targeted_therapy"),
        **agents,
        "other": range(others, others + 1),
    }
