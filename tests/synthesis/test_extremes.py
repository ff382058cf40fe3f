"""What is pushed is what the report estimates; what is reached is exact, and never nearer."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.estimates import curves
from analysis.estimates.cox_regression import cox
from analysis.estimates.follow_up import intervals_of
from analysis.estimates.one_factor import hazard_ratio
from analysis.estimates.rmst import restricted_mean
from analysis.synthesis import extremes, kernels, states
from analysis.synthesis.extremes import DIRECTIONS, Parent
from analysis.synthesis.kernels import Schedule
from analysis.synthesis.moves import Walk
from analysis.synthesis.pushed import Pushed
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis import pushed as article
from analysis.zhai_2025.synthesis.plan import plan

OPTIONS = Parameters()
STATE = Path(__file__).parent / "state_1.csv"
SHORT = Schedule(4_000, 0.05, 0.002)


@st.composite
def patients(draw: st.DrawFn, factors: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw up to 60 patients with tied days, and labels of factors."""
    n = draw(st.integers(20, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days = rng.integers(1, 40, n)
    times = pd.DataFrame({"days": days, "event": rng.random(n) < 0.6})
    return times, rng.integers(0, 2, (factors, n))


def sorted_days(times: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    days = times["days"].to_numpy(np.int64)
    return np.argsort(days, kind="stable"), days, times["event"].to_numpy(np.int64)


@settings(max_examples=100, deadline=None)
@given(patients(), st.sampled_from([-1.0, 10.0]))
def test_the_hazard_ratio_is_that_of_the_report(
    drawn: tuple[pd.DataFrame, np.ndarray], after: float
) -> None:
    times, (labels,) = drawn
    value, error = kernels.log_hazard_ratio(*sorted_days(times), labels, after)
    left = times.assign(level=np.where(labels == 1, "yes", "no"))[times["days"] > after]
    expected = hazard_ratio(left, "yes", OPTIONS)
    if math.isnan(expected.p_value):
        assert math.isnan(value)
        return
    assert value == pytest.approx(math.log(expected.ratio.value), abs=1e-8)
    wide = math.log(expected.ratio.upper / expected.ratio.lower) / 2 / kernels.Z_95
    assert error == pytest.approx(wide, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(patients(factors=4))
def test_the_model_of_all_factors_is_that_of_the_report(
    drawn: tuple[pd.DataFrame, np.ndarray],
) -> None:
    times, labels = drawn
    expected = cox(intervals_of(times, pd.DataFrame(labels.T.astype(bool))))
    assume(expected is not None)
    assert expected is not None
    assume(np.abs(expected.coefficients).max() < 6)
    beta = np.zeros(4)
    assert kernels.log_hazard_ratios(*sorted_days(times), labels, -1.0, beta)
    assert beta == pytest.approx(expected.coefficients, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(patients(), st.floats(5, 30))
def test_restricted_means_are_those_of_the_report(
    drawn: tuple[pd.DataFrame, np.ndarray], until: float
) -> None:
    times, (labels,) = drawn
    means = []
    for label in (1, 0):
        those = times[labels == label]
        assume(len(those) and those["days"].max() > until)
        means.append(restricted_mean(curves.curve(those, OPTIONS), until).days)
    found = kernels.means_apart(*sorted_days(times), labels, until)
    assert found == pytest.approx(means[0] - means[1], abs=1e-8)


@pytest.fixture(scope="module")
def walk() -> Walk:
    targets, how = Targets(read_ledger(CLAIMS)), plan()
    return Walk(targets, how.sought(targets), how.asked(targets))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST", "THEN", "FIRST_OF_ALL", "THEN_OF_ALL"):
        monkeypatch.setattr(extremes, name, SHORT)


def named(name: str) -> Pushed:
    return next(one for one in article.PUSHED if one.name == name)


def reached(walk: Walk, pushed: Pushed, direction: str) -> extremes.Reached:
    parent = Parent(1, states.from_table(pd.read_csv(STATE)))
    rng = np.random.default_rng(extremes.seed_of(1, pushed, direction))
    return extremes.reach(walk, pushed, direction, [parent], rng)[0]


@pytest.mark.parametrize(
    "name",
    ["pvtt-os-hr", "vp4-pfs-hr", "male-os-hr", "pfs-rate-36", "sbrt-os-rmst-difference"],
)
@pytest.mark.usefixtures("short")
def test_what_is_reached_is_exact_and_no_nearer_than_the_parent(walk: Walk, name: str) -> None:
    pushed = named(name)
    lowest, highest = (reached(walk, pushed, direction) for direction in DIRECTIONS)
    parent = Parent(1, states.from_table(pd.read_csv(STATE)))
    start = extremes.Reached(
        math.nan, parent, *extremes._begin(walk, pushed, parent, False, np.random.default_rng(0))
    )
    none = SHORT._replace(steps=0)
    own = extremes._push(walk, pushed, 1.0, start, none, np.random.default_rng(0))
    assert lowest.value <= own.value <= highest.value
    for one in (lowest, highest):
        # Before the other factors are mended, those that were held are exact.
        held = walk.with_days(one.search, one.labels, extremes._moved(walk, pushed))
        assert one.search.wander(0, held)[0] == 0


@pytest.mark.usefixtures("short")
def test_whole_states_are_exact_and_keep_the_value(walk: Walk) -> None:
    pushed = named("pvtt-os-hr")
    one = reached(walk, pushed, "max")
    _, state = next(extremes.states_of(walk, pushed, [one], np.random.default_rng(3)))
    assert walk.distance(state) == 0
    assert np.all(state.labels["pvtt"] >= state.labels["vp4"])
    times = one.search.endpoints()
    value, _ = kernels.log_hazard_ratio(
        np.argsort(times.times[0]), times.times[0], times.events[0], state.labels["pvtt"], -1.0
    )
    assert value == pytest.approx(one.value, abs=1e-9)


@pytest.mark.usefixtures("short")
def test_the_same_seed_reaches_the_same(walk: Walk) -> None:
    first, again = (reached(walk, named("prior-ici-os-hr"), "min") for _ in range(2))
    assert first.value == again.value
    assert np.array_equal(first.search.histories.days, again.search.histories.days)


def test_every_name_is_one_that_can_be_unpacked_and_is_there_once() -> None:
    names = [one.name for one in article.PUSHED]
    assert len(set(names)) == len(names)
    assert {"pvtt-os-hr", "prior-ici-pfs-adjusted-hr", "orfs-rate-36"} <= set(names)
    assert all(name.replace("-", "").isalnum() and name == name.lower() for name in names)
    assert len(article.UNIVARIABLE) == 32
