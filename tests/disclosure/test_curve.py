"""Curves of which no step is a patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure.curve import midpoint, stand_ins
from analysis.disclosure.rules import ACRO, OPENSAFELY, RuleSet
from analysis.study.months import DAYS_PER_MONTH

RULES = st.sampled_from([OPENSAFELY, ACRO])
PATIENT = st.tuples(st.integers(0, 1500), st.sampled_from(["event", "censored", "competing"]))


def times(patients: list[tuple[int, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "days": [float(days) for days, _ in patients],
            "event": [end == "event" for _, end in patients],
            "competing": [end == "competing" for _, end in patients],
        }
    )


@given(st.integers(0, 5000), RULES)
def test_a_midpoint_stands_for_as_many_counts_as_its_multiple(count: int, rules: RuleSet) -> None:
    [middle] = midpoint(np.array([count]), rules)
    same = [
        other
        for other in range(max(0, count - 10), count + 11)
        if midpoint(np.array([other]), rules)[0] == middle
    ]
    # None is none, and tells of nobody.
    assert len(same) == (rules.midpoint if count else 1)
    assert count in same


@given(st.lists(PATIENT, min_size=8, max_size=120), RULES)
def test_every_step_is_at_the_end_of_a_month_and_of_several_patients(
    patients: list[tuple[int, str]], rules: RuleSet
) -> None:
    stood = stand_ins(times(patients), rules, 60)
    months = stood["days"] / DAYS_PER_MONTH
    assert (months == months.round()).all()
    steps = stood[stood["event"]].groupby("days").size()
    assert (steps % (rules.midpoint // 2) == 0).all()


@given(st.lists(PATIENT, min_size=20, max_size=60), st.randoms(use_true_random=False))
def test_who_moves_within_his_month_moves_nothing(
    patients: list[tuple[int, str]], random: object
) -> None:
    moved = []
    for days, end in patients:
        month = max(1, int(np.ceil(days / DAYS_PER_MONTH)))
        first = int(np.floor((month - 1) * DAYS_PER_MONTH)) + 1
        moved.append((random.randint(first, int(month * DAYS_PER_MONTH)), end))  # type: ignore[attr-defined]
    random.shuffle(moved)  # type: ignore[attr-defined]
    before, after = (stand_ins(times(each), OPENSAFELY, 60) for each in (patients, moved))
    pd.testing.assert_frame_equal(before, after)


def test_of_few_patients_there_is_no_curve() -> None:
    assert stand_ins(times([(30, "event")] * 7), OPENSAFELY, 60).empty
    assert not stand_ins(times([(30, "event")] * 8), OPENSAFELY, 60).empty
