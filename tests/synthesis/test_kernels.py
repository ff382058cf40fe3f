"""The compiled kernels give what `analysis.estimates` gives, and count right while they anneal."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from analysis.parameters import Parameters
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.estimates import survival
from analysis.estimates.log_rank import log_rank
from analysis.synthesis import factors, kernels, survival_search
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.survival_search import Search
from analysis.synthesis.targets import Targets

OPTIONS = Parameters()
# Compiled and uncompiled arithmetic add up in another order: a few units of the 15th digit.
NEAR = 1e-9


@st.composite
def patients(draw: st.DrawFn, groups: int = 2) -> pd.DataFrame:
    """Draw up to 40 patients with many tied days."""
    n = draw(st.integers(6, 40))
    days = draw(st.lists(st.integers(1, 25), min_size=n, max_size=n))
    event = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    level = draw(st.lists(st.integers(0, groups - 1), min_size=n, max_size=n))
    return pd.DataFrame({"days": days, "event": event, "level": level})


def around(value: float) -> tuple[float, float]:
    return (math.inf, math.inf) if math.isnan(value) else (value - NEAR, value + NEAR)


def cost_of_factor(times: pd.DataFrame, medians: Floats, z: tuple[float, float]) -> float:
    days = times["days"].to_numpy(np.int64)
    return float(
        kernels.factor_cost_by_day(
            np.argsort(days, kind="stable"),
            days,
            times["event"].to_numpy(np.int64),
            times["level"].to_numpy(np.int64),
            medians,
            np.array(z),
        )
    )


@settings(max_examples=150, deadline=None)
@given(patients())
def test_a_factor_costs_nothing_exactly_where_medians_and_p_are_those_of_the_estimates(
    times: pd.DataFrame,
) -> None:
    assume(times["level"].nunique() == 2)
    tested = log_rank(times)
    assume(not math.isnan(tested.p_value))
    found = [
        survival.median(survival.curve(times[times["level"] == level], OPTIONS)).value
        for level in (1, 0)
    ]
    size = math.sqrt(tested.statistic)
    medians = np.array([around(value) for value in found])
    assert cost_of_factor(times, medians, (size - NEAR, size + NEAR)) == 0
    assert cost_of_factor(times, medians, (size + 0.01, math.inf)) == pytest.approx(0.01)
    for row in range(2):
        elsewhere = medians.copy()
        elsewhere[row] = (30, 31)
        assert cost_of_factor(times, elsewhere, (0, math.inf)) > 0.2


@settings(max_examples=100, deadline=None)
@given(patients(), st.integers(0, 30))
def test_a_curve_costs_nothing_exactly_where_survival_and_limits_are_those_of_the_estimates(
    times: pd.DataFrame, day: int
) -> None:
    counts = [
        np.bincount(times.loc[times["event"] == event, "days"], minlength=80).astype(np.int64)
        for event in (True, False)
    ]
    curve = survival.curve(times, OPTIONS)
    at = curve[curve["days"] <= day].iloc[-1]
    assume(0 < at["survival"] < 1)
    nothing = np.zeros((0, 2), dtype=np.int64)
    for what, column in (
        (kernels.SURVIVAL, "survival"),
        (kernels.LOWER, "lower"),
        (kernels.UPPER, "upper"),
    ):
        check = np.array([[day, what, *around(at[column])]])
        assert kernels.curve_cost(*counts, len(times), check, nothing) == 0
        check[0, 2:] += 0.001
        assert kernels.curve_cost(*counts, len(times), check, nothing) == pytest.approx(0.5, 1e-3)
    has_event = np.array([[1, 25]], dtype=np.int64)
    expected = times["event"].any()
    assert (kernels.curve_cost(*counts, len(times), check[:0], has_event) == 0) == expected


@settings(max_examples=60, deadline=None)
@given(patients(groups=3))
def test_three_groups_are_tested_as_the_estimates_do(times: pd.DataFrame) -> None:
    assume(times["level"].nunique() == 3)
    tested = log_rank(times)
    assume(tested.degrees_of_freedom == 2)
    chi2 = kernels.three_groups_chi2(
        times["days"].to_numpy(np.int64),
        times["event"].to_numpy(np.int64),
        times["level"].to_numpy(np.int64),
    )
    assert stats.chi2.sf(chi2, 2) == pytest.approx(tested.p_value, rel=1e-9)


@pytest.fixture(scope="module")
def targets() -> Targets:
    return Targets(read_ledger(CLAIMS))


def begun(targets: Targets, seed: int) -> tuple[Search, Ints, Ints, Floats]:
    """Give a search, and labels of two factors that are free to move."""
    rng = np.random.default_rng(seed)
    aims = survival_search.curve_targets(targets, factors.NAMES)
    labels = np.stack([rng.permutation(np.arange(targets.n) < k) for k in (100, 60)])
    names = ("male", "cirrhosis")
    bounds = np.stack([factors.bounds(targets, name) for name in names])
    return Search(targets, aims, rng), labels.astype(np.int64), np.ones_like(labels), bounds


@pytest.mark.parametrize("seed", range(3))
def test_annealing_keeps_count_and_limits(targets: Targets, seed: int) -> None:
    search, labels, free, bounds = begun(targets, seed)
    members, kinds = labels.sum(axis=1), search.kind.copy()
    cost, judged = search.anneal(20_000, 1.0, 0.01, labels, free.astype(np.int64), bounds)
    # One more call that takes no step computes the cost anew from the days and labels.
    again, none = search.anneal(0, 1.0, 0.5, labels, free.astype(np.int64), bounds)
    assert cost == pytest.approx(again, abs=1e-9)
    assert (judged > 10_000, none) == (True, 0)
    assert (labels.sum(axis=1) == members).all()
    assert (search.kind == kinds).all()
    limits, time = search.limits, search.state[:, kernels.TIME]
    assert (time >= limits[:, kernels.EARLIEST_CONTACT]).all()
    assert (time <= limits[:, kernels.LATEST_CONTACT]).all()
    outcomes = search.outcomes()
    progressed = outcomes.progression >= 0
    assert (outcomes.progression <= outcomes.imaging)[progressed].all()
    assert (outcomes.imaging <= outcomes.time).all()


@pytest.mark.parametrize("seed", range(3))
def test_swapping_labels_keeps_count(targets: Targets, seed: int) -> None:
    search, labels, _, bounds = begun(targets, seed)
    times, events = search.outcomes().endpoints()
    own = labels[1].copy()
    fixed = np.arange(10)
    free = np.arange(10, targets.n)
    cost, _ = kernels.anneal_labels(seed, own, free, times, events, bounds[1], 5_000, 0.3, 0.01)
    again = sum(
        kernels.factor_cost_by_day(
            np.argsort(times[e]), times[e], events[e], own, bounds[1, e, :2], bounds[1, e, 2]
        )
        for e in range(2)
    )
    assert cost == pytest.approx(again, abs=1e-9)
    assert own.sum() == labels[1].sum()
    assert (own[fixed] == labels[1][fixed]).all()


def test_what_is_unmet_is_named(targets: Targets) -> None:
    search, *_ = begun(targets, 0)
    unmet = search.unmet()
    assert "s3.3-os-rate-24" in unmet
    assert any(name.startswith("an event of ") for name in unmet)
