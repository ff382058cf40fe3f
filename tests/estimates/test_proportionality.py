"""Tests of proportional hazards and residuals against R's `cox.zph`, and what must hold.

Tolerance: as for the regressions that they are of.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from analysis.estimates.cox_regression import Cox, cox
from analysis.estimates.follow_up import Intervals, intervals_of
from analysis.estimates.one_factor import hazard_ratio, log_hazard_ratios
from analysis.estimates.proportionality import proportionality, schoenfeld, smoothed
from analysis.zhai_2025.parameters import Parameters
from tests.estimates.sensitivity import records, times_of
from tests.estimates.strict import STRICT

PARAMETERS = Parameters()
settled = settings(max_examples=30)
two_groups = st.lists(
    st.tuples(st.integers(0, 25), st.booleans(), st.sampled_from(["yes", "no"])),
    min_size=2,
    max_size=30,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "event", "level"]))

pytestmark = STRICT


def fitted(intervals: Intervals) -> Cox:
    found = cox(intervals)
    assert found is not None
    return found


@pytest.mark.parametrize("record", records("schoenfeld"))
def test_residuals_and_their_smooth_agree_with_r(record: dict[str, Any]) -> None:
    times, expected = times_of(record), record["values"]
    found = schoenfeld(times)
    # Of events on one day the order is not that of R.
    columns = ["days", "residual"]
    mine = found[columns].sort_values(columns).to_numpy()
    theirs = np.array([expected["time"], expected["residual"]]).T
    theirs = theirs[np.lexsort(theirs.T[::-1])]
    assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-6)
    assert found["passed"].to_numpy() == pytest.approx(np.array(expected["passed"]), abs=1e-12)
    assert found.attrs["variance"] == pytest.approx(expected["variance"], rel=1e-9)
    smooth = smoothed(found, PARAMETERS)
    assert smooth["log_hazard_ratio"].to_numpy() == pytest.approx(
        np.array(expected["smooth"]), rel=1e-6, abs=1e-8
    )
    error = (smooth["upper"] - smooth["log_hazard_ratio"]).to_numpy() / norm.ppf(0.975)
    assert error == pytest.approx(np.array(expected["error"]), rel=1e-6)
    test = hazard_ratio(times, "yes", PARAMETERS)
    assert test.proportionality_p == pytest.approx(expected["proportionality"], rel=1e-7)


@settled
@given(two_groups)
def test_residuals_are_of_each_event_and_mean_the_log_ratio(times: pd.DataFrame) -> None:
    found = schoenfeld(times)
    (expected,) = log_hazard_ratios(times, "yes", np.ones((1, len(times)), dtype=np.int64))
    assert found.empty == (not math.isfinite(expected))
    if not found.empty:
        assert len(found) == times["event"].sum()
        assert found["residual"].mean() == pytest.approx(expected, abs=1e-9)


def test_hazards_that_cross_are_found_and_proportional_ones_are_not() -> None:
    random = np.random.default_rng(3)
    level = np.repeat([0, 1], 200)
    covariates = pd.DataFrame({"level": level})
    steady = random.exponential(1000, 400) / np.where(level, 2, 1)
    crossing = np.where(level, 1000 * random.weibull(3, 400), 1000 * random.weibull(0.7, 400))

    def p_of(lived: Any) -> float:
        times = pd.DataFrame({"days": np.ceil(lived).astype(int), "event": True})
        intervals = intervals_of(times, covariates)
        return proportionality(intervals, fitted(intervals)).all

    assert p_of(crossing) < 1e-6
    assert p_of(steady) > 0.01


def test_events_on_one_day_tell_nothing_of_time() -> None:
    times = pd.DataFrame({"days": 5, "event": [True, True, False, False]})
    intervals = intervals_of(times, pd.DataFrame({"level": [1, 0, 1, 0]}))
    found = proportionality(intervals, fitted(intervals))
    assert np.isnan(found.all)
    assert np.isnan(found.each).all()


def test_a_factor_that_meets_others_on_one_day_alone_tells_nothing_of_time() -> None:
    """The reason why the test is not SurPyval's, which gives a p value of rounding here."""
    times = pd.DataFrame({"days": [2, 3, 2], "event": True})
    intervals = intervals_of(times, pd.DataFrame({"level": [0, 0, 1]}))
    found = proportionality(intervals, fitted(intervals))
    assert np.isnan(found.each).all()
    assert np.isnan(found.all)
