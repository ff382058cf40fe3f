"""How long an exact cohort takes: seconds and evaluations, seed by seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.engine import answers_of
from analysis.audit.structure import read_structure
from analysis.synthesis import search
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.synthesis.plan import plan


@dataclass(frozen=True)
class Run:
    """What one seed took; `missed` counts numbers that are not met."""

    seed: int
    seconds: float
    attempts: int
    evaluations: int
    missed: int


def runs(seeds: Iterable[int], progress: Callable[[str], None]) -> list[Run]:
    """Search a cohort for each seed, from the ledger to judged tables; kernels are compiled."""
    ledger = read_ledger(CLAIMS)
    targets, excused = Targets(ledger), answers_of(ledger, read_structure())

    def one(seed: int) -> Run:
        began = time.perf_counter()
        try:
            found = search.find(plan(), targets, seed, lambda _: None, excused)
        except search.NotReached as reason:
            taken = time.perf_counter() - began
            return Run(seed, taken, search.ATTEMPTS, 0, len(reason.unmet))
        return Run(seed, time.perf_counter() - began, found.attempts, found.evaluations, 0)

    one(0)
    found = []
    for seed in seeds:
        found.append(one(seed))
        progress(f"seed {seed}: {found[-1].seconds:.1f} s")
    return found
