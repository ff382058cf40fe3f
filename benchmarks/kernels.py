"""How many changes a second are judged: the compiled kernels, lifelines, and vectorised numpy.

One evaluation of a factor is what a swap of two labels needs: both medians and the log-rank
statistic, of overall and of progression-free survival.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.synthesis import kernels
from analysis.synthesis.factors import bounds as bounds_of
from analysis.synthesis.kernels import Ints, Schedule
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.synthesis import outcomes
from analysis.zhai_2025.synthesis.factors import ENDPOINTS, NAMES

FACTOR = "cirrhosis"
SECONDS = 3.0


def rates(progress: Callable[[str], None]) -> dict[str, float]:
    """Give evaluations a second by way of evaluating, on one core."""
    targets = Targets(read_ledger(CLAIMS))
    rng = np.random.default_rng(1)
    asked = outcomes.asked(targets, NAMES)
    endpoints = outcomes.begin(targets, asked, rng).endpoints()
    times, events = endpoints
    size = targets.count("characteristics", FACTOR)
    labels = rng.permutation(np.arange(targets.n) < size).astype(np.int64)
    bounds = bounds_of(targets, FACTOR, ENDPOINTS)
    orders = np.argsort(times, axis=1, kind="stable")
    # Never met, so that no search ends early.
    out_of_reach = bounds.copy()
    out_of_reach[:, 2] = 40, 41

    def annealed(steps: int) -> int:
        own, free = labels.copy(), np.arange(targets.n)
        schedule = Schedule(steps, 0.3, 0.01)
        kernels.anneal_labels(1, own, free, endpoints, out_of_reach, schedule)
        return steps

    def compiled(repeats: int) -> int:
        for _ in range(repeats):
            for e in range(2):
                kernels.factor_cost_by_day(orders[e], times[e], events[e], labels, bounds[e])
        return repeats

    def by_lifelines(repeats: int) -> int:
        for _ in range(repeats):
            for e in range(2):
                _lifelines(times[e], events[e], labels)
        return repeats

    def by_numpy(repeats: int) -> int:
        for _ in range(repeats):
            for e in range(2):
                numpy_log_rank(times[e], events[e], labels)
        return repeats

    found = {}
    for name, evaluate, batch in (
        ("kernel, incremental (a swap of two labels)", annealed, 100_000),
        ("kernel, from scratch", compiled, 10_000),
        ("numpy, vectorised: log-rank alone", by_numpy, 1_000),
        ("lifelines: medians and log-rank", by_lifelines, 5),
    ):
        evaluate(1)
        done, began = 0, time.perf_counter()
        while (taken := time.perf_counter() - began) < SECONDS:
            done += evaluate(batch)
        found[name] = done / taken
        progress(f"{name}: {found[name]:,.0f} a second")
    return found


def _lifelines(days: Ints, events: Ints, labels: Ints) -> tuple[float, float, float]:
    first, second = labels == 1, labels == 0
    medians = [
        KaplanMeierFitter().fit(days[group], events[group]).median_survival_time_
        for group in (first, second)
    ]
    tested = logrank_test(days[first], days[second], events[first], events[second])
    return *medians, tested.test_statistic


def numpy_log_rank(days: Ints, events: Ints, labels: Ints) -> float:
    """Give the log-rank chi-square of two groups with array operations alone."""
    event_days = np.unique(days[events == 1])
    at_risk = days[np.newaxis, :] >= event_days[:, np.newaxis]
    dying = (days[np.newaxis, :] == event_days[:, np.newaxis]) & (events == 1)
    n, d = at_risk.sum(axis=1), dying.sum(axis=1)
    n1, d1 = at_risk @ labels, dying @ labels
    excess = (d1 - d * n1 / n).sum()
    with np.errstate(invalid="ignore"):
        terms = d * n1 * (n - n1) * (n - d) / (n * n * (n - 1.0))
    return float(excess**2 / np.nansum(terms))
