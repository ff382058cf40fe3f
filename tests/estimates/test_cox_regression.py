"""Cox regressions against R's `coxph`, `ridge` and `cox.zph`, and what must hold.

Tolerance: both sides iterate to the last digits (R's by starting it again where it stopped), and
penalised fits of R stop at 1e-13 of the likelihood, which leaves some 1e-7 of a coefficient.
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
from analysis.estimates.landmark import from_change
from analysis.estimates.one_factor import hazard_ratio, log_hazard_ratios
from analysis.estimates.proportionality import proportionality
from analysis.zhai_2025.parameters import Parameters
from tests.estimates.sensitivity import patients_of, records, times_of
from tests.estimates.strict import STRICT

PARAMETERS = Parameters()
RIDGE = PARAMETERS.penalty
settled = settings(max_examples=30)
two_groups = st.lists(
    st.tuples(st.integers(0, 25), st.booleans(), st.sampled_from(["yes", "no"])),
    min_size=2,
    max_size=30,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "event", "level"]))

pytestmark = STRICT


def follow_up_of(record: dict[str, Any]) -> Intervals:
    rows = patients_of(record)
    groups = zip(np.atleast_1d(record["groups"]), np.atleast_1d(record["yes"]), strict=True)
    return intervals_of(
        rows, pd.DataFrame({group: rows[group] == level for group, level in groups})
    )


def levels_of(times: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"level": times["level"] == "yes"})


def fitted(intervals: Intervals, ridge: float = 0.0) -> Cox:
    found = cox(intervals, ridge)
    assert found is not None
    return found


@pytest.mark.parametrize("record", records("cox"))
def test_regressions_agree_with_r(record: dict[str, Any]) -> None:
    expected, intervals = record["values"], follow_up_of(record)
    found = fitted(intervals, record["ridge"])
    tolerance = 1e-6 if record["ridge"] else 1e-9
    assert found.coefficients == pytest.approx(
        np.atleast_1d(expected["coefficients"]), rel=tolerance
    )
    assert found.covariances.ravel() == pytest.approx(
        np.atleast_1d(expected["covariances"]), rel=tolerance
    )
    if record["ridge"]:
        return
    p_values = [found.p_value(position) for position in range(len(found.coefficients))]
    assert p_values == pytest.approx(np.atleast_1d(expected["p_value"]), rel=1e-8)
    test = proportionality(intervals, found)
    assert test.each == pytest.approx(np.atleast_1d(expected["proportionality"]), rel=1e-8)
    assert test.all == pytest.approx(expected["proportionality_all"], rel=1e-8)


@pytest.mark.parametrize("record", records("time_varying"))
def test_groups_entered_on_the_way_agree_with_r(record: dict[str, Any]) -> None:
    times = times_of(record)
    known = pd.Series(7 * (times.index + 1) % 60, index=times.index, dtype=float)
    pieces = from_change(times.assign(known=known.where(times["level"] == "yes")))
    expected = record["values"]
    assert len(pieces) == expected["rows"]
    found = fitted(intervals_of(pieces, levels_of(pieces)))
    assert found.coefficients[0] == pytest.approx(expected["coefficients"], rel=1e-9)
    assert found.covariances[0, 0] == pytest.approx(expected["covariances"], rel=1e-9)
    alone = hazard_ratio(pieces, "yes", PARAMETERS).ratio
    assert math.log(alone.value) == pytest.approx(expected["coefficients"], rel=1e-9)
    width = 2 * norm.ppf(0.975) * math.sqrt(expected["covariances"])
    assert math.log(alone.upper / alone.lower) == pytest.approx(width, rel=1e-9)


@settled
@given(two_groups)
def test_with_one_factor_it_is_the_hazard_ratio_of_table_5(times: pd.DataFrame) -> None:
    expected = hazard_ratio(times, "yes", PARAMETERS)
    intervals = intervals_of(times, levels_of(times))
    found = cox(intervals)
    (once,) = log_hazard_ratios(times, "yes", np.ones((1, len(times)), dtype=np.int64))
    assert (found is None) == bool(expected.note)
    if found is None:
        assert not math.isfinite(once)
        return
    ratio, test = found.ratio(0, PARAMETERS), proportionality(intervals, found)
    np.testing.assert_allclose(
        [ratio.value, ratio.lower, ratio.upper, found.p_value(0)],
        [expected.ratio.value, expected.ratio.lower, expected.ratio.upper, expected.p_value],
        rtol=1e-7,
    )
    np.testing.assert_allclose(test.each[0], expected.proportionality_p, rtol=1e-6, atol=1e-9)
    assert once == pytest.approx(math.log(expected.ratio.value), rel=1e-12, abs=1e-12)


@settled
@given(two_groups, st.integers(0, 99), st.booleans())
def test_ratios_of_samples_are_those_of_their_patients(
    times: pd.DataFrame, seed: int, late: bool
) -> None:
    if late:
        times = times.assign(start=times["days"] // 2 - 1)
    samples = np.random.default_rng(seed).integers(0, 4, (5, len(times)))
    found = log_hazard_ratios(times, "yes", samples)
    for sample, ratio in zip(samples, found, strict=True):
        alone = hazard_ratio(times.loc[times.index.repeat(sample)], "yes", PARAMETERS)
        if alone.note:
            assert not math.isfinite(ratio)
        else:
            assert math.exp(ratio) == pytest.approx(alone.ratio.value, rel=1e-13)


@settled
@given(two_groups)
def test_nobody_changes_when_all_is_known_from_the_start(times: pd.DataFrame) -> None:
    found = from_change(times.assign(known=math.nan))
    assert found["days"].tolist() == times["days"].tolist()
    assert found["level"].tolist() == times["level"].tolist()
    assert (found["start"] == -1).all()


@settled
@given(two_groups, st.integers(0, 30))
def test_parting_follow_up_keeps_its_length_and_events(times: pd.DataFrame, day: int) -> None:
    found = from_change(times.assign(known=float(day)))
    assert (found["days"] - found["start"]).sum() == (times["days"] + 1).sum()
    assert found["event"].sum() == times["event"].sum()
    assert (found["start"] < found["days"]).all()
    # Before the change nobody is in the group, and nobody who is `no` in the end ever is.
    known = day if day > 0 else -1
    assert (found["level"].eq("yes") <= (found["start"] >= known)).all()


@settled
@given(two_groups)
def test_a_penalty_shrinks_and_never_fails(times: pd.DataFrame) -> None:
    intervals = intervals_of(times, levels_of(times))
    weak, strong = (cox(intervals, ridge) for ridge in (RIDGE, 50))
    possible = times["event"].any() and times["level"].nunique() == 2
    assert (weak is not None) == (strong is not None) == possible
    if weak is not None and strong is not None:
        assert abs(strong.coefficients[0]) <= abs(weak.coefficients[0]) + 1e-9
        # The prior alone has a variance of one half.
        assert weak.covariances[0, 0] <= 1 / RIDGE + 1e-9


def test_a_combination_of_factors_that_orders_all_events_is_found() -> None:
    """Neither factor alone does, but whoever has exactly the first dies before the rest."""
    first = np.array([1, 1, 1, 0, 0, 1, 0, 1])
    second = np.array([0, 0, 0, 1, 0, 1, 0, 1])
    times = pd.DataFrame({"days": range(1, 9), "event": [True] * 3 + [False] * 5})
    both = pd.DataFrame({"first": first, "second": second})
    assert cox(intervals_of(times, both)) is None
    later = times.assign(event=True)
    assert cox(intervals_of(later, both)) is not None
    assert fitted(intervals_of(times, both), RIDGE).coefficients[0] > 0


def test_a_factor_that_repeats_another_is_found() -> None:
    times = pd.DataFrame({"days": [1, 2, 3, 4], "event": True})
    level = np.array([1, 0, 1, 0])
    alone = intervals_of(times, pd.DataFrame({"a": level}))
    twice = intervals_of(times, pd.DataFrame({"a": level, "b": 1 - level}))
    assert cox(alone) is not None
    assert cox(twice) is None
    assert np.isnan(proportionality(twice, None).all)
