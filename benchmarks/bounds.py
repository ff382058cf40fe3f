"""How long the bounds of the article take, and how often a true cohort lies outside of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import joblib

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.synthesis.bounds import run
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.synthesis.bounds import COUNTED, MONTHS
from analysis.zhai_2025.synthesis.factors import NAMES
from analysis.zhai_2025.synthesis.prove import curves_of
from benchmarks import printed_cohorts


@dataclass(frozen=True)
class Result:
    """Seconds on all cores, how many bounds there are, and how many true cohorts were outside."""

    prove: float
    check: float
    bounds: int
    cohorts: int
    outside: int


def measure(cohorts: int, progress: Callable[[str], None]) -> Result:
    """Prove and check all bounds of the article, and those of so many true cohorts."""
    targets, curves = Targets(read_ledger(CLAIMS)), curves_of("synthetic")
    began = time.perf_counter()
    everything = run.prove(targets, COUNTED, NAMES, curves, progress=progress)
    of_curves = run.prove_curves(targets, COUNTED, MONTHS)
    proved = time.perf_counter()
    number = run.check(everything, CLAIMS, curves, of_curves)
    checked = time.perf_counter()
    found = joblib.Parallel(n_jobs=-1)(
        joblib.delayed(printed_cohorts.outside)(seed) for seed in range(cohorts)
    )
    outside = sum(any(each) for each in found)
    return Result(proved - began, checked - proved, number, cohorts, outside)
