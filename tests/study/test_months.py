"""When two times are the same, and that nothing else is changed about them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.study.months import DAYS_PER_MONTH, TOLERANCE, level_of, without_noise

# As people record: whole, or with one or two decimals.
recorded = st.integers(0, 60_000).map(lambda hundredths: hundredths / 100)
some = st.lists(recorded, min_size=1, max_size=40)


@given(st.lists(st.integers(0, 1200), min_size=1))
def test_whole_months_lie_on_their_boundaries(recorded_months: list[int]) -> None:
    days = np.array(recorded_months) * DAYS_PER_MONTH
    assert without_noise(days).tolist() == days.tolist()
    assert (days / DAYS_PER_MONTH).tolist() == recorded_months


@given(some, st.sampled_from([1.0, 7.0, DAYS_PER_MONTH, 365.25]), st.integers(0, 2**32 - 1))
def test_noise_makes_no_time_of_its_own(values: list[float], unit: float, seed: int) -> None:
    """Times that sums and products of decimals leave some bits apart are those that were meant."""
    days = np.array(values) * unit
    noise = np.random.default_rng(seed).uniform(-1e-12, 1e-12, len(days))
    found, meant = without_noise(np.abs(days * (1 + noise))), without_noise(days)
    distinct = np.unique(np.array(values))
    assert len(np.unique(found)) == len(np.unique(meant)) == len(distinct)
    assert np.array_equal(np.argsort(found, kind="stable"), np.argsort(days, kind="stable"))
    for boundary in np.arange(0, 601, 6) * DAYS_PER_MONTH:
        assert (found <= boundary).tolist() == (meant <= boundary).tolist()


@given(some, st.sampled_from([1.0, 7.0, DAYS_PER_MONTH, 365.25]))
def test_nothing_is_rounded(values: list[float], unit: float) -> None:
    days = np.array(values) * unit
    found = without_noise(days)
    assert (np.abs(found - days) <= 2 * TOLERANCE * np.maximum(days, 1)).all()
    assert without_noise(found).tolist() == found.tolist()


def test_a_boundary_that_binary_fractions_miss() -> None:
    days = np.array([0.1 + 0.2, 0.3, 1.1 + 2.2 - 0.3, 12.3]) * DAYS_PER_MONTH
    assert days[0] != days[1]
    assert days[2] != 3 * DAYS_PER_MONTH
    tied, same, month, other = without_noise(days)
    assert tied == same
    assert [month, other] == [3 * DAYS_PER_MONTH, days[3]]


@given(st.floats(0, 36525))
def test_a_level_gives_its_day_back(days: float) -> None:
    assert float(level_of(days)) == days


@pytest.mark.parametrize(("days", "level"), [(365.0, "365"), (0.0, "0"), (63.91875, "63.91875")])
def test_a_level_of_whole_days_has_no_decimals(days: float, level: str) -> None:
    assert level_of(days) == level
