"""Several levels by counts are what they are by patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates.cox_regression import cox
from analysis.estimates.follow_up import intervals_of
from analysis.estimates.one_factor import hazard_ratio
from analysis.estimates.proportionality import proportionality
from analysis.estimates.risk_sets import RiskSets, count
from analysis.estimates.several_levels import levels_against_first
from analysis.study.parameters import Parameters


def patients(seed: int, levels: int, n: int = 150, days: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    level = random.integers(levels, size=n)
    return pd.DataFrame(
        {
            "days": random.integers(days, size=n) // (1 + level // 2),
            "event": random.random(n) < 0.6,
            "level": np.array(list("abcde"))[level],
        }
    )


def sets_of(times: pd.DataFrame) -> RiskSets:
    codes, levels = pd.factorize(times["level"], sort=True)
    return count(times["days"].to_numpy(), times["event"].to_numpy(), codes, tuple(levels))


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), levels=st.integers(2, 5))
def test_counts_give_the_regression_and_the_test_of_the_patients(seed: int, levels: int) -> None:
    times = patients(seed, levels)
    found = levels_against_first(sets_of(times))
    names = sorted(times["level"].unique())[1:]
    intervals = intervals_of(times, pd.DataFrame({name: times["level"].eq(name) for name in names}))
    expected = cox(intervals)
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    np.testing.assert_allclose(
        found.fitted.coefficients, expected.coefficients, rtol=1e-8, atol=1e-9
    )
    np.testing.assert_allclose(found.fitted.covariances, expected.covariances, rtol=1e-8)
    np.testing.assert_allclose(
        found.proportionality_p, proportionality(intervals, expected).each, rtol=1e-7
    )


def test_two_levels_are_those_of_one_factor() -> None:
    times = patients(3, 2)
    found = levels_against_first(sets_of(times))
    expected = hazard_ratio(times, "b", Parameters())
    assert found is not None
    assert found.fitted.ratio(0, Parameters()).value == pytest.approx(
        expected.ratio.value, rel=1e-12
    )
    assert found.proportionality_p[0] == pytest.approx(expected.proportionality_p, rel=1e-9)


@pytest.mark.parametrize("spoilt", ["no event in a level", "one level alone at risk"])
def test_a_likelihood_without_a_maximum_has_no_estimate(spoilt: str) -> None:
    times = patients(5, 3)
    if spoilt == "no event in a level":
        times["event"] &= times["level"] != "c"
    else:
        times["days"] = times["days"].where(times["level"] != "c", 0)
        times["event"] &= (times["level"] != "c") & (times["days"] > 0)
    assert levels_against_first(sets_of(times)) is None
