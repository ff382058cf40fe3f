"""Statements about curves and about deviations that proofs rest on, tried on any small data."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulated import half, kaplan_meier

# Few different days, so that ties are common.
PATIENTS = st.lists(st.tuples(st.integers(1, 8), st.booleans()), min_size=1, max_size=14)


def height(days: np.ndarray, events: np.ndarray, at: int) -> Fraction:
    return [Fraction(1), *(level for day, level in kaplan_meier(days, events) if day <= at)][-1]


@given(PATIENTS, st.integers(0, 9))
def test_a_curve_is_at_least_those_left_over_those_left_and_dead(
    patients: list[tuple[int, bool]], at: int
) -> None:
    days, died = (np.array(column) for column in zip(*patients, strict=True))
    left, dead = int((days > at).sum()), int((died & (days <= at)).sum())
    if left + dead:
        assert height(days, died, at) >= Fraction(left, left + dead)


@given(
    st.lists(
        st.tuples(st.integers(1, 8), st.sampled_from(["relapse", "death", "lost"])),
        min_size=1,
        max_size=14,
    ),
    st.integers(0, 9),
)
def test_curves_with_the_same_relapses_differ_by_nothing_or_by_one_part_in_n(
    patients: list[tuple[int, str]], at: int
) -> None:
    days = np.array([day for day, _ in patients])
    what = np.array([end for _, end in patients])
    both = height(days, np.isin(what, ["relapse", "death"]), at)
    relapses = height(days, what == "relapse", at)
    deaths = int(((what == "death") & (days <= at)).sum())
    if relapses:
        ratio = both / relapses
        assert ratio == 1 if not deaths else ratio <= 1 - Fraction(1, len(patients))


@given(PATIENTS, st.lists(st.booleans(), min_size=14, max_size=14))
def test_without_censoring_the_median_of_all_is_between_those_of_two_groups(
    patients: list[tuple[int, bool]], groups: list[bool]
) -> None:
    days = np.array([day for day, _ in patients])
    first = np.array(groups[: len(days)])
    everybody = np.ones(len(days), dtype=bool)
    if first.all() or not first.any():
        return
    medians = [half(kaplan_meier(days[some], everybody[some])) for some in (first, ~first)]
    found = [median for median in medians if median is not None]
    overall = half(kaplan_meier(days, everybody))
    assert overall is not None
    assert min(found) <= overall <= max(found)


def test_with_censoring_the_median_of_all_can_be_outside() -> None:
    # Ten patients in whom half die late; ninety in whom half die early and most are then lost.
    days = np.array([10] * 10 + [5] * 45 + [6] * 44 + [20])
    died = np.array([True] * 5 + [False] * 5 + [True] * 45 + [False] * 45)
    first = np.arange(100) < 10
    # Everybody's curve is below one half at day 10, each group's is not.
    assert height(days[first], died[first], 10) == Fraction(1, 2)
    assert height(days[~first], died[~first], 10) == Fraction(1, 2)
    assert height(days, died, 10) < Fraction(1, 2)


@given(PATIENTS, st.integers(0, 9))
def test_a_curve_is_at_least_the_share_that_is_still_at_risk(
    patients: list[tuple[int, bool]], at: int
) -> None:
    days, died = (np.array(column) for column in zip(*patients, strict=True))
    at_risk = int((days >= at).sum())
    # Just before `at`, when those at risk are counted.
    assert height(days, died, at - 1) >= Fraction(at_risk, len(days))


@given(PATIENTS, st.integers(0, 9))
def test_greenwoods_error_is_at_least_that_of_a_proportion_of_all(
    patients: list[tuple[int, bool]], at: int
) -> None:
    days, died = (np.array(column) for column in zip(*patients, strict=True))
    s, total = height(days, died, at), Fraction(0)
    for day in sorted({int(day) for day in days[died] if day <= at}):
        at_risk, failed = int((days >= day).sum()), int(((days == day) & died).sum())
        if at_risk == failed:
            return
        total += Fraction(failed, at_risk * (at_risk - failed))
    assert s**2 * total >= s * (1 - s) / len(days)


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12))
def test_a_range_bounds_a_deviation_from_below_and_from_above(numbers: list[int]) -> None:
    n, low, high = len(numbers), min(numbers), max(numbers)
    mean = Fraction(sum(numbers), n)
    variance = sum(((x - mean) ** 2 for x in numbers), Fraction(0)) / (n - 1)
    assert variance >= Fraction((high - low) ** 2, 2 * (n - 1))
    assert variance <= (high - mean) * (mean - low) * n / (n - 1)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=12))
def test_a_sum_of_squares_is_even_or_odd_as_the_sum_is(numbers: list[int]) -> None:
    assert (sum(x * x for x in numbers) - sum(numbers)) % 2 == 0
