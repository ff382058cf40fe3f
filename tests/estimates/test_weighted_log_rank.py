"""Weighted and stratified log-rank tests against R, lifelines, and what must hold.

Tolerance: sums of a few hundred fractions, in doubles; 1e-10 leaves room for another order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from analysis.article.ledger import read_ledger
from analysis.cohort.read import load
from analysis.estimates.prognosis import log_rank
from analysis.estimates.rows import value_of
from analysis.estimates.weighted_log_rank import estimate, weighted_log_rank
from analysis.parameters import Parameters
from tests.estimates.sensitivity import patients_of, records, times_of

two_groups = st.lists(
    st.tuples(st.integers(0, 25), st.booleans(), st.sampled_from(["yes", "no"])),
    min_size=2,
    max_size=30,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "event", "level"]))
settled = settings(max_examples=30)

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("record", records("weighted_log_rank"))
def test_weighted_tests_agree_with_r(record: dict[str, Any]) -> None:
    found = weighted_log_rank(times_of(record), record["weighting"])
    assert found.statistic == pytest.approx(record["values"]["chisq"], rel=1e-10)


@pytest.mark.parametrize("record", records("stratified_log_rank"))
def test_stratified_tests_agree_with_r(record: dict[str, Any]) -> None:
    times = times_of(record).assign(stratum=patients_of(record)[record["stratum"]])
    found = weighted_log_rank(times, record["weighting"], ["stratum"])
    assert found.statistic == pytest.approx(record["values"]["chisq"], rel=1e-10)


@settled
@given(two_groups)
def test_without_weights_it_is_the_test_of_table_5(times: pd.DataFrame) -> None:
    expected, found = log_rank(times), weighted_log_rank(times)
    np.testing.assert_allclose(found.p_value, expected.p_value, rtol=1e-9)
    assert found.note == expected.note


@settled
@given(two_groups)
def test_wilcoxon_is_that_of_lifelines(times: pd.DataFrame) -> None:
    found = weighted_log_rank(times, "wilcoxon")
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
        weighted_log_rank(twice, "peto", ["stratum"]).statistic,
        2 * weighted_log_rank(times, "peto").statistic,
        rtol=1e-9,
        atol=1e-12,
    )


@settled
@given(two_groups)
def test_without_censoring_both_weights_are_the_same(times: pd.DataFrame) -> None:
    """Survival just before a day is then the share of patients at risk."""
    complete = times.assign(event=True)
    np.testing.assert_allclose(
        weighted_log_rank(complete, "peto").statistic,
        weighted_log_rank(complete, "wilcoxon").statistic,
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
    wilcoxon, plain = (weighted_log_rank(times, weight).p_value for weight in ("wilcoxon", "none"))
    assert wilcoxon < plain / 2


def test_strata_that_part_the_groups_decide_nothing() -> None:
    times = pd.DataFrame(
        {"days": [3, 5, 8, 9], "event": True, "level": ["yes", "yes", "no", "no"]}
    ).assign(stratum=["a", "a", "b", "b"])
    found = weighted_log_rank(times, strata=["stratum"])
    assert math.isnan(found.p_value)
    assert found.note == "no event while two groups of a stratum were at risk"
    assert not math.isnan(weighted_log_rank(times).p_value)


def test_rows_of_the_cohort() -> None:
    cohort = load("synthetic", Parameters())
    table = estimate(cohort, Parameters())
    assert set(table["analysis_id"]).isdisjoint(read_ledger()["analysis_id"])
    assert len(table) == 16 * 2 * 3
    # A factor is not compared within itself.
    of_pvtt = table[table["group"].eq("pvtt") & table["statistic"].eq("p_value_stratified")]
    assert set(of_pvtt["method"]) == {"log-rank test, stratified by extrahepatic_metastasis"}
    assert 0 < value_of(table, group="pvtt", variable="OS", statistic="p_value_stratified") < 1
