"""Landmark analyses against R, immortal time made and removed, and what is left out.

Tolerance: that of `test_prognosis`, whose log-rank test and Cox regression these are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.read import load
from analysis.estimates import landmark
from analysis.estimates.log_rank import log_rank
from analysis.estimates.one_factor import hazard_ratio
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.estimates.sensitivity import records, times_of
from tests.estimates.strict import STRICT

PARAMETERS = Parameters()

pytestmark = STRICT


@pytest.mark.parametrize("record", records("landmark"))
def test_comparison_from_a_landmark_agrees_with_r(record: dict[str, Any]) -> None:
    left = landmark.from_landmark(times_of(record).assign(known=np.nan), record["day"])
    expected = record["values"]
    cox = hazard_ratio(left, "yes", PARAMETERS)
    assert len(left) == expected["n"]
    assert log_rank(left).p_value == pytest.approx(expected["p_value"], rel=1e-9)
    assert [cox.ratio.value, cox.ratio.lower, cox.ratio.upper, cox.p_value] == pytest.approx(
        [expected[name] for name in ("hazard_ratio", "hr_lower", "hr_upper", "hr_p")], rel=1e-9
    )


def test_landmarks_are_whole_days_where_times_are() -> None:
    assert [landmark.landmark_day(month, [7.0, 500.0]) for month in (2, 3, 6)] == [61, 91, 183]


def test_landmarks_are_months_where_times_were_recorded_in_months() -> None:
    """Whoever had 6 months recorded was observed until the landmark of 6 months, not after it."""
    recorded = np.array([5.0, 6.0, 7.0]) * DAYS_PER_MONTH
    day = landmark.landmark_day(6, recorded)
    times = pd.DataFrame({"days": recorded, "event": True, "level": "yes", "known": np.nan})
    left = landmark.from_landmark(times, day)
    assert (left["days"] / DAYS_PER_MONTH).tolist() == [1.0]


def test_the_dead_the_lost_and_the_unclassified_are_left_out() -> None:
    times = pd.DataFrame(
        [
            ("died before", 30, True, np.nan),
            ("died on the day", 61, True, np.nan),
            ("lost before", 60, False, np.nan),
            ("known later", 200, True, 62),
            ("known that day", 200, True, 61),
            ("known always", 62, True, np.nan),
        ],
        columns=["patient_id", "days", "event", "known"],
    ).assign(level="yes")
    found = landmark.from_landmark(times, 61)
    assert found["patient_id"].tolist() == ["known that day", "known always"]
    assert found["days"].tolist() == [139, 1]


def test_immortal_time_makes_an_effect_that_the_landmark_removes() -> None:
    """A second treatment without any effect, which only those who live until its day receive."""
    random = np.random.default_rng(5)
    lived = np.ceil(random.exponential(200, 4000)).astype(int)
    begins = random.integers(1, 400, 4000)
    received = begins < lived
    times = pd.DataFrame(
        {"days": lived, "event": True, "level": np.where(received, "yes", "no"), "known": np.nan}
    )
    naive = hazard_ratio(times, "yes", PARAMETERS)
    assert naive.ratio.upper < 0.7
    by_then = times.assign(level=np.where(received & (begins <= 91), "yes", "no"))
    fair = hazard_ratio(landmark.from_landmark(by_then, 91), "yes", PARAMETERS)
    assert fair.ratio.lower < 1 < fair.ratio.upper


def test_mode_is_known_when_the_second_treatment_begins() -> None:
    cohort = load("synthetic", STUDY, PARAMETERS)
    known = landmark.known_from(cohort, STUDY.factor("concurrent"))
    patients = cohort.patients
    gap = (patients["rt_start"] - patients["ici_start"]).dt.days.abs()
    assert known.tolist() == gap.tolist()
    assert landmark.known_from(cohort, STUDY.factor("cirrhosis")).isna().all()


def test_nobody_left_says_so() -> None:
    times = pd.DataFrame(
        {"days": [5, 9], "event": [True, False], "level": ["yes", "no"], "known": np.nan}
    )
    left = landmark.from_landmark(times, 61)
    assert left.empty
    assert log_rank(left).note == "no event while two groups were at risk"
    assert np.isnan(hazard_ratio(left, "yes", PARAMETERS).p_value)
