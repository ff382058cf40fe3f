"""Log-rank tests, plain, weighted and stratified, against R, lifelines, and what must hold.

Tolerance: sums of a few hundred fractions, in doubles; 1e-10 leaves room for another order.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test, multivariate_logrank_test
from surpyval import logrank

from analysis.estimates.log_rank import log_rank
from tests.estimates.sensitivity import patients_of, records, times_of
from tests.estimates.strict import STRICT

two_groups = st.lists(
    st.tuples(st.integers(0, 25), st.booleans(), st.sampled_from(["yes", "no"])),
    min_size=2,
    max_size=30,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "event", "level"]))
three_groups = st.lists(
    st.tuples(st.integers(0, 25), st.booleans(), st.sampled_from(["a", "b", "c"])),
    min_size=2,
    max_size=30,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "event", "level"]))
settled = settings(max_examples=30)

pytestmark = STRICT


@pytest.mark.parametrize("record", records("weighted_log_rank"))
def test_weighted_tests_agree_with_r(record: dict[str, Any]) -> None:
    found = log_rank(times_of(record), record["weighting"])
    assert found.statistic == pytest.approx(record["values"]["chisq"], rel=1e-10)


@pytest.mark.parametrize("record", records("stratified_log_rank"))
def test_stratified_tests_agree_with_r(record: dict[str, Any]) -> None:
    times = times_of(record).assign(stratum=patients_of(record)[record["stratum"]])
    found = log_rank(times, record["weighting"], ["stratum"])
    assert found.statistic == pytest.approx(record["values"]["chisq"], rel=1e-10)


@pytest.mark.parametrize("record", records("k_sample_log_rank"))
def test_tests_of_many_groups_agree_with_r(record: dict[str, Any]) -> None:
    times = times_of(record).assign(stratum=patients_of(record)[record["stratum"]])
    strata = ["stratum"] if record["stratified"] else []
    found = log_rank(times, record["weighting"], strata)
    assert found.statistic == pytest.approx(record["values"]["chisq"], rel=1e-10)
    assert found.degrees_of_freedom == times["level"].nunique() - 1


@settled
@given(three_groups)
def test_it_is_that_of_lifelines(times: pd.DataFrame) -> None:
    found = log_rank(times)
    if found.degrees_of_freedom < 1:
        return
    days, event, level = (times[name].to_numpy() for name in ("days", "event", "level"))
    # lifelines counts groups that nobody is left in at the first event.
    exposed = [name for name in set(level) if days[level == name].max() >= days[event].min()]
    known = np.isin(level, exposed)
    expected = multivariate_logrank_test(days[known], level[known], event[known])
    if found.degrees_of_freedom == len(exposed) - 1:
        assert found.statistic == pytest.approx(expected.test_statistic, rel=1e-7, abs=1e-9)


@settled
@given(three_groups, st.integers(0, 25))
def test_follow_up_in_pieces_is_the_same_follow_up(times: pd.DataFrame, day: int) -> None:
    parted = times["days"] > day
    pieces = pd.concat(
        [
            times.assign(
                start=-1, days=times["days"].clip(upper=day), event=times["event"] & ~parted
            ),
            times[parted].assign(start=day),
        ]
    )
    for weighting in ("none", "wilcoxon", "peto"):
        expected, found = log_rank(times, weighting), log_rank(pieces, weighting)
        np.testing.assert_allclose(found.statistic, expected.statistic, rtol=1e-9, atol=1e-12)
        assert found.note == expected.note


@settled
@given(two_groups)
def test_wilcoxon_is_that_of_lifelines(times: pd.DataFrame) -> None:
    found = log_rank(times, "wilcoxon")
    if math.isnan(found.statistic):
        return
    yes, no = (times[times["level"] == level] for level in ("yes", "no"))
    expected = logrank_test(
        yes["days"], no["days"], yes["event"], no["event"], weightings="wilcoxon"
    )
    assert found.statistic == pytest.approx(expected.test_statistic, rel=1e-9, abs=1e-12)


@settled
@given(two_groups)
def test_strata_that_are_copies_only_double_the_statistic(times: pd.DataFrame) -> None:
    twice = pd.concat([times.assign(stratum="a"), times.assign(stratum="b")])
    np.testing.assert_allclose(
        log_rank(twice, "peto", ["stratum"]).statistic,
        2 * log_rank(times, "peto").statistic,
        rtol=1e-9,
        atol=1e-12,
    )


@settled
@given(two_groups)
def test_without_censoring_both_weights_are_the_same(times: pd.DataFrame) -> None:
    """Survival just before a day is then the share of patients at risk."""
    complete = times.assign(event=True)
    np.testing.assert_allclose(
        log_rank(complete, "peto").statistic,
        log_rank(complete, "wilcoxon").statistic,
        rtol=1e-9,
        atol=1e-12,
    )


def test_wilcoxon_sees_an_early_difference_that_late_deaths_blur() -> None:
    """Groups that differ early alone: a weight on early days makes more of it."""
    yes = [*range(1, 16), *range(100, 200, 4)]
    no = [100 + 5 * number // 2 for number in range(40)]
    times = pd.DataFrame(
        {"days": yes + no, "event": True, "level": ["yes"] * len(yes) + ["no"] * len(no)}
    )
    wilcoxon, plain = (log_rank(times, weight).p_value for weight in ("wilcoxon", "none"))
    assert wilcoxon < plain / 2


def test_strata_that_part_the_groups_decide_nothing() -> None:
    times = pd.DataFrame(
        {"days": [3, 5, 8, 9], "event": True, "level": ["yes", "yes", "no", "no"]}
    ).assign(stratum=["a", "a", "b", "b"])
    found = log_rank(times, strata=["stratum"])
    assert math.isnan(found.p_value)
    assert found.note == "no event while two groups of a stratum were at risk"
    assert not math.isnan(log_rank(times).p_value)


@settled
@given(three_groups, st.sampled_from(["none", "wilcoxon", "peto"]), st.booleans())
def test_it_is_that_of_surpyval(times: pd.DataFrame, weighting: Any, entered: bool) -> None:
    """Stratified, and with delayed entry, where the two count the same degrees of freedom."""
    times = times.assign(stratum=times["days"] % 2)
    if entered:
        times = times.assign(start=times["days"] // 2 - 1)
    found = log_rank(times, weighting, ["stratum"])
    weights: dict[str, dict[str, Any]] = {
        "none": {},
        "wilcoxon": {"weighting": "gehan"},
        "peto": {"weighting": "fleming-harrington", "rho": 1},
    }
    if times["level"].nunique() < 2:
        return
    with warnings.catch_warnings():
        # Of groups of one patient, which it takes for a mistake.
        warnings.simplefilter("ignore")
        expected = logrank(
            times["days"].to_numpy() + 1,
            times["level"].to_numpy(),
            1 - times["event"].to_numpy().astype(int),
            strata=times["stratum"].to_numpy(),
            tl=times["start"].to_numpy() + 1 if entered else None,
            **weights[weighting],
        )
    if not found.note and found.degrees_of_freedom == expected.dof:
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-7, abs=1e-9)
        assert found.p_value == pytest.approx(expected.p_value, rel=1e-7, abs=1e-9)


def test_a_group_that_meets_no_other_costs_no_degree_of_freedom() -> None:
    times = pd.DataFrame(
        {
            "days": range(1, 9),
            "event": True,
            "level": list("abababcc"),
            "stratum": [1] * 6 + [2] * 2,
        }
    )
    found = log_rank(times, strata=["stratum"])
    alone = log_rank(times[times["stratum"] == 1])
    assert found.degrees_of_freedom == alone.degrees_of_freedom == 1
    assert found.statistic == pytest.approx(alone.statistic)
