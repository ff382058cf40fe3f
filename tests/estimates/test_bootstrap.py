"""Bootstrap samples: what must hold of them, and exact agreement with the curves they stand for."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest

from analysis.estimates import curves
from analysis.estimates.bootstrap import (
    Counts,
    Numbers,
    percentiles,
    replicates,
    replicates_by_count,
)
from analysis.estimates.bootstrap_curves import COMPETING, EVENT, resampled_curves
from analysis.zhai_2025.parameters import Parameters

PARAMETERS = Parameters(bootstrap_replicates=120)
RANDOM = np.random.default_rng(11)
PATIENTS = pd.DataFrame(
    {
        "patient_id": [f"P{number:02d}" for number in range(40)],
        "days": RANDOM.integers(0, 25, 40),
        "ended": RANDOM.integers(0, 3, 40),
    }
)


def mean_and_median(frame: pd.DataFrame) -> Numbers:
    return np.array([frame["days"].mean(), frame["days"].median()])


def test_neither_workers_nor_the_order_of_rows_change_a_sample() -> None:
    alone = replicates(PATIENTS, mean_and_median, PARAMETERS)
    with joblib.parallel_config(n_jobs=2):
        together = replicates(PATIENTS.iloc[::-1], mean_and_median, PARAMETERS)
    np.testing.assert_array_equal(alone, together)


def test_more_samples_begin_with_the_same_ones() -> None:
    """Up to the last full chunk."""
    fewer, more = (
        replicates(PATIENTS, mean_and_median, Parameters(bootstrap_replicates=number))
        for number in (100, 130)
    )
    np.testing.assert_array_equal(fewer, more[:100])


def test_another_seed_gives_other_samples() -> None:
    first, second = (
        replicates(PATIENTS, mean_and_median, Parameters(bootstrap_seed=seed)) for seed in (1, 2)
    )
    assert (first != second).any(axis=0).all()


def test_a_sample_has_as_many_patients_and_the_spread_that_theory_gives() -> None:
    members = np.array([30, 0, 10], dtype=np.int64)
    drawn = replicates_by_count(members, lambda counts: counts.astype(float), Parameters())
    assert (drawn.sum(axis=1) == 40).all()
    assert (drawn[:, 1] == 0).all()
    # Binomial: mean 30, standard deviation 2.74; of 1000 samples within four standard errors.
    assert drawn[:, 0].mean() == pytest.approx(30, abs=4 * 2.74 / np.sqrt(1000))
    assert drawn[:, 0].std() == pytest.approx(2.74, rel=0.1)


def test_limits_are_the_kth_smallest_and_the_kth_largest() -> None:
    found = np.arange(1000, dtype=float)[::-1, np.newaxis]
    lower, upper = percentiles(found, Parameters())
    assert (lower[0], upper[0]) == (24, 975)
    lower, upper = percentiles(found[:999], Parameters(confidence=0.9))
    assert (lower[0], upper[0]) == (50, 950)


def test_infinite_is_later_than_all_and_no_estimate_is_left_out() -> None:
    with_infinite = np.array([1.0, 2, np.inf, 3] * 30)[:, np.newaxis]
    without = np.array([1.0, 2, np.nan, 3] * 30)[:, np.newaxis]
    nothing = np.full((120, 1), np.nan)
    limits = percentiles(np.hstack([with_infinite, without, nothing]), PARAMETERS)
    np.testing.assert_array_equal(limits, [[1, 1, np.nan], [np.inf, 3, np.nan]])


def test_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one patient"):
        replicates(PATIENTS.iloc[:0], mean_and_median, PARAMETERS)


@pytest.mark.parametrize("competing", [False, True])
def test_curves_of_samples_are_those_of_the_patients_drawn(competing: bool) -> None:
    """Each sample once more, as a table of patients, through `curves.curve`."""
    days, ended = (PATIENTS[column].to_numpy() for column in ("days", "ended"))
    ended = ended if competing else np.minimum(ended, EVENT)
    grid, heights = resampled_curves(days, ended, PARAMETERS)
    kinds, members = np.unique(np.stack([days, ended]), axis=1, return_counts=True)

    def drawn(counts: Counts) -> Numbers:
        return counts.astype(float)

    samples = replicates_by_count(members, drawn, PARAMETERS)
    assert len(samples) == len(heights) == 120
    medians = curves._days_at_half(grid.astype(float), heights)
    for counts, height, median in zip(samples[:40], heights, medians, strict=False):
        of_day, how = np.repeat(kinds, counts.astype(int), axis=1)
        sample = pd.DataFrame(
            {"days": of_day, "event": how == EVENT, "competing": how == COMPETING}
        )
        curve = curves.curve(sample, Parameters())
        at = curve["days"].searchsorted(grid, side="right") - 1
        expected = np.where(at < 0, 1.0, curve["survival"].to_numpy()[at])
        np.testing.assert_allclose(height, expected, atol=1e-12)
        np.testing.assert_equal(median, curves.median(curve).value)


def test_limits_of_a_mean_cover_it_as_often_as_they_should() -> None:
    """Of 200 samples of 50 patients some 94 %; 99.9 % of such counts."""
    covered = 0
    for number in range(200):
        frame = pd.DataFrame(
            {"patient_id": range(50), "x": np.random.default_rng(number).normal(0, 1, 50)}
        )
        shares = frame["x"].to_numpy() / 50
        found = replicates_by_count(
            np.ones(50, dtype=np.int64),
            lambda counts, shares=shares: (counts @ shares)[:, np.newaxis],
            Parameters(bootstrap_replicates=200),
        )
        lower, upper = percentiles(found, Parameters())
        covered += bool(lower[0] <= 0 <= upper[0])
    assert 175 <= covered <= 198
