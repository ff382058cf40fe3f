"""Restricted means against R's `survfit`, lifelines, and what must hold.

Tolerance: sums of a few hundred areas in doubles; 1e-10 leaves room for another order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from scipy.stats import chi2

from analysis.estimates import rmst, survival
from analysis.zhai_2025.parameters import Parameters
from tests.estimates.sensitivity import records, times_of

PARAMETERS = Parameters()
patients = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=30).map(
    lambda rows: pd.DataFrame(rows, columns=["days", "event"])
)
settled = settings(max_examples=30)


def mean_of(times: pd.DataFrame, days: float) -> rmst.Mean:
    return rmst.restricted_mean(survival.curve(times, PARAMETERS), days)


@pytest.mark.parametrize("record", records("rmst"))
def test_means_and_errors_agree_with_r(record: dict[str, Any]) -> None:
    times = times_of(record)
    for level, days, error in zip(
        record["levels"],
        *(record["values"][name] for name in ("days", "standard_error")),
        strict=True,
    ):
        found = mean_of(times[times["level"] == level], record["month"] * survival.DAYS_PER_MONTH)
        assert found.days == pytest.approx(days, rel=1e-10)
        assert found.standard_error == pytest.approx(error, rel=1e-10)


@settled
@given(patients, st.floats(0.5, 40))
def test_mean_is_the_area_of_lifelines(times: pd.DataFrame, days: float) -> None:
    found = mean_of(times, days)
    with np.errstate(all="ignore"):
        fitted = KaplanMeierFitter().fit(times["days"], times["event"])
    ends_before = times["days"].max() < days and fitted.predict(times["days"].max()) > 0
    assert math.isnan(found.days) == ends_before
    if not ends_before:
        assert found.days == pytest.approx(restricted_mean_survival_time(fitted, days), rel=1e-10)


@settled
@given(patients, st.integers(1, 40))
def test_without_censoring_it_is_the_mean_of_the_times(times: pd.DataFrame, days: int) -> None:
    """The error is then the standard deviation over the root of n, the divisor being n."""
    found = mean_of(times.assign(event=True), days)
    limited = times["days"].clip(upper=days)
    assert found.days == pytest.approx(limited.mean())
    # A product of many fractions leaves some 1e-16 where no time differs.
    assert found.standard_error == pytest.approx(
        limited.std(ddof=0) / math.sqrt(len(times)), abs=1e-9
    )


def test_difference_has_the_error_of_both() -> None:
    one, other = rmst.Mean(10, 3), rmst.Mean(20, 4)
    apart = rmst.difference(one, other)
    assert (apart.days, apart.standard_error) == (-10, 5)
    assert rmst.equality([one, other]) == pytest.approx(0.0455, abs=1e-4)
    limits = rmst.interval(apart, Parameters(confidence=0.9))
    assert limits.lower == pytest.approx(-10 - 5 * 1.6449, abs=1e-3)
    assert limits.upper == pytest.approx(-10 + 5 * 1.6449, abs=1e-3)


def test_mean_beyond_the_last_follow_up_does_not_exist() -> None:
    times = pd.DataFrame({"days": [5, 9], "event": [True, False]})
    assert mean_of(times, 9).days == 7
    assert math.isnan(mean_of(times, 9.5).days)
    assert mean_of(times.assign(event=True), 9.5).days == 7


def test_equality_of_many_means_is_cochrans_test() -> None:
    """Q: weighted squares of the distances from the weighted mean."""
    days, errors = np.array([10.0, 14.0, 9.0]), np.array([2.0, 1.0, 3.0])
    weights = errors**-2
    q = (weights * (days - weights @ days / weights.sum()) ** 2).sum()
    found = rmst.equality([rmst.Mean(*mean) for mean in zip(days, errors, strict=True)])
    assert found == pytest.approx(chi2.sf(q, 2))
    assert math.isnan(rmst.equality([rmst.Mean(10, 0), rmst.Mean(20, 0)]))
    assert math.isnan(rmst.equality([rmst.Mean(10, 2), rmst.Mean(math.nan, math.nan)]))
