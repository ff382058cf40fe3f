"""Times are whole days or not: no engine depends on it.

Patients whose times are whole months are the same patients in the unit of a month, in which all
times are whole. Tests and ratios know only the order of times and their ties; curves and means are
the same at other times. That they are R's, on months, is in `tests/reference/test_studies.py`.

Tolerance: areas are sums of a few dozen products in another unit, 1e-12; all else is the same bits.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import competing, curves, proportionality, rmst
from analysis.estimates.cox_regression import cox
from analysis.estimates.follow_up import intervals_of
from analysis.estimates.gray import gray_test
from analysis.estimates.landmark import from_change, from_landmark
from analysis.estimates.log_rank import LogRank, log_rank
from analysis.estimates.one_factor import hazard_ratio
from analysis.estimates.rows import to_table
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.parameters import Parameters

PARAMETERS = Parameters()
BOOTSTRAPPED = Parameters(interval_source="bootstrap", bootstrap_replicates=200)

recorded = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.sampled_from(["event", "competing", "censored"]),
        st.sampled_from(["yes", "no"]),
        st.sampled_from(["a", "b"]),
    ),
    min_size=4,
    max_size=40,
)
settled = settings(max_examples=25, deadline=None)


def patients(rows: list[tuple[int, str, str, str]], competes: bool = False) -> pd.DataFrame:
    times = pd.DataFrame(rows, columns=["days", "ended", "level", "stratum"])
    return times.assign(
        event=times["ended"].eq("event"),
        competing=times["ended"].eq("competing") & competes,
    )


def in_days(times: pd.DataFrame) -> pd.DataFrame:
    return times.assign(days=times["days"] * DAYS_PER_MONTH)


def same_test(one: LogRank, other: LogRank) -> None:
    np.testing.assert_array_equal(
        [one.statistic, one.p_value], [other.statistic, other.p_value], strict=True
    )


@settled
@given(recorded)
def test_tests_and_ratios_know_only_the_order(rows: list[tuple[int, str, str, str]]) -> None:
    whole = patients(rows)
    decimal = in_days(whole)
    for weighting in ("none", "wilcoxon", "peto"):
        same_test(log_rank(decimal, weighting), log_rank(whole, weighting))
    same_test(log_rank(decimal, "none", ["stratum"]), log_rank(whole, "none", ["stratum"]))
    found, expected = (hazard_ratio(times, "yes", PARAMETERS) for times in (decimal, whole))
    assert repr(found) == repr(expected)
    both = whole.assign(competing=whole["ended"].eq("competing"))
    same_test(
        gray_test(competing.causes(in_days(both)), competing.RELAPSE),
        gray_test(competing.causes(both), competing.RELAPSE),
    )


@settled
@given(recorded)
def test_models_of_many_covariates_know_only_the_order(
    rows: list[tuple[int, str, str, str]],
) -> None:
    fits = []
    for times in (patients(rows), in_days(patients(rows))):
        covariates = pd.DataFrame({"x": times["level"].eq("yes"), "y": times["stratum"].eq("a")})
        follow_up = intervals_of(times, covariates)
        fitted = cox(follow_up)
        test = proportionality.proportionality(follow_up, fitted)
        fits.append((fitted, test))
    (one, its), (other, theirs) = fits
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-12)
        np.testing.assert_allclose(its.each, theirs.each, rtol=1e-9)


@settled
@given(recorded, st.booleans())
def test_curves_are_the_same_at_other_times(
    rows: list[tuple[int, str, str, str]], competes: bool
) -> None:
    whole = patients(rows, competes)
    for parameters in (PARAMETERS, BOOTSTRAPPED):
        found, expected = (curves.curve(times, parameters) for times in (in_days(whole), whole))
        assert (found["days"] / DAYS_PER_MONTH).tolist() == expected["days"].tolist()
        pd.testing.assert_frame_equal(found.drop(columns="days"), expected.drop(columns="days"))
        of_days = curves.median_of(in_days(whole), parameters)
        of_months = curves.median_of(whole, parameters)
        np.testing.assert_array_equal(
            np.array([of_days.value, of_days.lower, of_days.upper]) / DAYS_PER_MONTH,
            [of_months.value, of_months.lower, of_months.upper],
        )


@settled
@given(recorded)
def test_boundaries_are_those_of_the_months(rows: list[tuple[int, str, str, str]]) -> None:
    """Who had the event at a month had it by then, and was at risk just before it."""
    whole = patients(rows)
    estimated = curves.curve(in_days(whole), PARAMETERS)
    of_months = curves.curve(whole, PARAMETERS)
    grid = range(22)
    at_risk = curves.numbers_at_risk(estimated, grid)
    assert at_risk == [int((whole["days"] >= month).sum()) for month in grid]
    for month in grid:
        found = curves.rate(estimated, month * DAYS_PER_MONTH)
        assert repr(found) == repr(curves.rate(of_months, month))


@settled
@given(recorded, st.integers(1, 20))
def test_means_are_in_another_unit(rows: list[tuple[int, str, str, str]], month: int) -> None:
    whole = patients(rows)
    found = rmst.restricted_mean(curves.curve(in_days(whole), PARAMETERS), month * DAYS_PER_MONTH)
    expected = rmst.restricted_mean(curves.curve(whole, PARAMETERS), month)
    np.testing.assert_allclose(
        np.array([found.days, found.standard_error]) / DAYS_PER_MONTH,
        [expected.days, expected.standard_error],
        rtol=1e-12,
        atol=1e-12,
    )


@settled
@given(recorded, st.integers(1, 12))
def test_landmarks_and_changes_on_the_way(
    rows: list[tuple[int, str, str, str]], month: int
) -> None:
    whole = patients(rows).assign(known=float(month))
    days = in_days(whole).assign(known=month * DAYS_PER_MONTH)
    left, expected = from_landmark(days, month * DAYS_PER_MONTH), from_landmark(whole, month)
    assert (left["days"] / DAYS_PER_MONTH).tolist() == expected["days"].tolist()
    parted, as_months = from_change(days), from_change(whole)
    assert parted["days"].tolist() == (as_months["days"] * DAYS_PER_MONTH).tolist()
    assert parted["level"].tolist() == as_months["level"].tolist()
    same_test(log_rank(parted), log_rank(as_months))


@settled
@given(recorded, st.booleans())
def test_points_of_a_curve_give_the_curve_back(
    rows: list[tuple[int, str, str, str]], competes: bool
) -> None:
    estimated = curves.curve(in_days(patients(rows, competes)), PARAMETERS)
    table = to_table(curves.point_rows(estimated, "survival_curve", variable="OS"), curves.curve)
    again = curves.of_rows(table)
    assert again["days"].tolist() == estimated["days"].tolist()
    assert again["at_risk"].tolist() == estimated["at_risk"].tolist()
    assert again["survival"].to_numpy() == pytest.approx(estimated["survival"].to_numpy())
