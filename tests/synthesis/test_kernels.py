"""The compiled kernels give what `analysis.estimates` gives, and count right while they anneal."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.estimates import curves
from analysis.estimates.log_rank import log_rank
from analysis.synthesis import kernels
from analysis.synthesis.curves import NONE, UNBOUNDED, Asked, Curve, Gap, Histories, Search
from analysis.synthesis.factors import bounds as bounds_of
from analysis.synthesis.kernels import Floats, Ints, Schedule
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis import outcomes as article
from analysis.zhai_2025.synthesis.factors import ENDPOINTS, NAMES

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
            np.array([*medians, z]),
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
        curves.median(curves.curve(times[times["level"] == level], OPTIONS)).value
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
    curve = curves.curve(times, OPTIONS)
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


def begun(targets: Targets, seed: int) -> tuple[Search, Ints, Floats]:
    """Give a search, and labels of two factors that are free to move."""
    rng = np.random.default_rng(seed)
    asked = article.asked(targets, NAMES)
    labels = np.stack([rng.permutation(np.arange(targets.n) < k) for k in (100, 60)])
    bounds = np.stack([bounds_of(targets, name, ENDPOINTS) for name in ("male", "cirrhosis")])
    return article.begin(targets, asked, rng), labels.astype(np.int64), bounds


@pytest.mark.parametrize("seed", range(3))
def test_annealing_keeps_count_and_limits(targets: Targets, seed: int) -> None:
    search, labels, bounds = begun(targets, seed)
    members, kinds = labels.sum(axis=1), dict(search.histories.kinds)
    both = search.factors(labels, np.ones_like(labels), bounds)
    cost, judged = search.anneal(Schedule(20_000, 1.0, 0.01), both)
    # One more call that takes no step computes the cost anew from the days and labels.
    again, none = search.anneal(Schedule(0, 1.0, 0.5), both)
    assert cost == pytest.approx(again, abs=1e-9)
    assert (judged > 10_000, none) == (True, 0)
    assert (labels.sum(axis=1) == members).all()
    for kind, who in kinds.items():
        assert (search.histories.kinds[kind] == who).all()
    for gap in search.histories.gaps:
        days = search.histories.of(gap.record)
        recorded = days != NONE
        if gap.since:
            recorded &= search.histories.of(gap.since) != NONE
            days = days - search.histories.of(gap.since)
        assert ((days >= gap.least) & (days <= gap.most))[recorded].all(), gap
    outcomes = article.outcomes(targets, search.histories)
    progressed = outcomes.progression >= 0
    assert (outcomes.progression <= outcomes.imaging)[progressed].all()
    assert (outcomes.imaging <= outcomes.time).all()


@pytest.mark.parametrize("seed", range(3))
def test_swapping_labels_keeps_count(targets: Targets, seed: int) -> None:
    search, labels, bounds = begun(targets, seed)
    endpoints = search.endpoints()
    own = labels[1].copy()
    fixed = np.arange(10)
    free = np.arange(10, targets.n)
    cost, _ = kernels.anneal_labels(
        seed, own, free, endpoints, bounds[1], Schedule(5_000, 0.3, 0.01)
    )
    again = sum(
        kernels.factor_cost_by_day(np.argsort(times), times, events, own, asked)
        for times, events, asked in zip(*endpoints, bounds[1], strict=True)
    )
    assert cost == pytest.approx(again, abs=1e-9)
    assert own.sum() == labels[1].sum()
    assert (own[fixed] == labels[1][fixed]).all()


def test_what_is_unmet_is_named(targets: Targets) -> None:
    search, *_ = begun(targets, 0)
    unmet = search.unmet()
    assert "s3.3-os-rate-24" in unmet
    assert any(name.startswith("an event of ") for name in unmet)


# Curves as data --------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> Histories:
    """Draw patients some of whom relapse, some of whom die, with records in any order."""
    n = draw(st.integers(2, 12))
    day = st.lists(st.integers(1, 40), min_size=n, max_size=n)
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    relapsed, died = (np.array(draw(flags)) for _ in range(2))
    seen, relapse, scan = (np.array(draw(day), dtype=np.int64) for _ in range(3))
    return Histories(
        kinds={"relapsed": relapsed, "died": died, "lost": ~died},
        records=("seen", "relapse", "scan"),
        days=np.column_stack([seen, np.where(relapsed, relapse, NONE), scan]),
        gaps=[Gap(record, least=1, most=90) for record in ("seen", "relapse", "scan")],
    )


DECLARED = (
    Curve("death", {"died": "seen"}, "seen", compared=True),
    Curve("relapse or death", {"relapsed": "relapse", "died": "seen"}, "scan", compared=True),
    Curve("follow-up", {"lost": "seen"}, "seen"),
)


def nothing_asked(curve: Curve) -> Asked:
    return Asked(curve, np.zeros((0, 4)), (), np.zeros((0, 2), dtype=np.int64))


@settings(max_examples=60)
@given(histories())
def test_a_declared_curve_ends_at_the_first_kind_that_a_patient_is_of(known: Histories) -> None:
    search = Search(known, [nothing_asked(one) for one in DECLARED], np.random.default_rng(0))
    endpoints = search.endpoints()
    counts = kernels.count_days(known.days, search._curves)
    for i, (seen, relapse, scan) in enumerate(known.days):
        relapsed, died = known.kinds["relapsed"][i], known.kinds["died"][i]
        expected = relapse if relapsed else seen if died else scan
        assert endpoints.times[:, i].tolist() == [seen, expected]
        assert endpoints.events[:, i].tolist() == [died, relapsed or died]
    for c, time in enumerate([*endpoints.times, known.of("seen")]):
        assert (counts[c].sum(axis=0)[:41] == np.bincount(time, minlength=41)).all()
    assert (counts[0, [1, 0]] == counts[2]).all()


@settings(max_examples=40)
@given(histories(), st.integers(0, 2**31 - 1))
def test_days_move_within_the_gaps_and_to_visits_on_working_days(
    known: Histories, seed: int
) -> None:
    within = [
        Gap("seen", least=1, most=60),
        Gap("relapse", least=1, most=60),
        Gap("scan", least=1, most=60),
        Gap("seen", since="scan", least=-40, most=40),
    ]
    moved = replace(known, days=known.days.copy(), gaps=within, visits=known.records)
    # Out of reach, so that every step is taken.
    never = [replace(nothing_asked(one), checks=OUT_OF_REACH) for one in DECLARED]
    search = Search(moved, never, np.random.default_rng(seed))
    _, judged = search.anneal(Schedule(300, 1.0, 0.1))
    changed = (moved.days != known.days).any(axis=1)
    assert judged == 0 or changed.any()
    assert ((moved.days == NONE) == (known.days == NONE)).all()
    for row in moved.days[changed]:
        days = row[row != NONE]
        assert ((days >= 1) & (days <= 60)).all()
        assert abs(row[0] - row[2]) <= 40
        assert any(((weekday + days) % 7 < 5).all() for weekday in range(5))


OUT_OF_REACH = np.array([[20, kernels.SURVIVAL, 2.0, 3.0]])


def test_any_two_visits_can_fall_on_working_days() -> None:
    both = np.array([0, 1])
    for one in range(7):
        for other in range(7):
            assert kernels._fall_on_working_days(np.array([one, other]), both)
    assert not kernels._fall_on_working_days(np.array([2, 3, 5]), np.arange(3))


def test_a_record_without_a_latest_day_is_refused() -> None:
    known = Histories({}, ("seen",), np.array([[3]]), [Gap("seen", least=1)])
    with pytest.raises(ValueError, match="latest day"):
        Search(known, [nothing_asked(Curve("any", {}, "seen"))], np.random.default_rng(0))
    assert UNBOUNDED > 100_000
