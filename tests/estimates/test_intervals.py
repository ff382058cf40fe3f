"""Intervals and tests of counts against R.

Tolerance: R finds the limits of `binom.test` from the same beta quantiles, good to about 1e-12; the
approximations are formulas.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates.intervals import (
    fisher_p,
    mcnemar_chi_square_p,
    mcnemar_p,
    pearson_p,
    proportion_limits,
)
from analysis.zhai_2025.parameters import Parameters
from tests.estimates.sensitivity import records

REFERENCE = Path(__file__).parents[1] / "reference"
EXPECTED = json.loads((REFERENCE / "expected.json").read_text())

counts = st.integers(0, 40)
tables = st.tuples(counts, counts, counts, counts)


@pytest.mark.parametrize("expected", EXPECTED["proportions"], ids=lambda case: case["call"])
def test_clopper_pearson_agrees_with_r(expected: dict[str, Any]) -> None:
    parameters = Parameters(confidence=expected["confidence"])
    found = proportion_limits(expected["count"], expected["n"], parameters)
    assert found == pytest.approx((expected["lower"], expected["upper"]), rel=1e-10)


@pytest.mark.parametrize("record", records("proportion"))
def test_approximate_intervals_agree_with_r(record: dict[str, Any]) -> None:
    parameters = Parameters(proportion_interval=record["interval"], confidence=record["confidence"])
    found = proportion_limits(record["count"], record["n"], parameters)
    assert found == pytest.approx(record["values"]["limits"], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("record", records("table"))
def test_chi_square_tests_agree_with_r(record: dict[str, Any]) -> None:
    a, b, c, d = record["counts"]
    test = {"pearson": pearson_p, "mcnemar": mcnemar_chi_square_p}[record["test"]]
    assert test([[a, b], [c, d]]) == pytest.approx(record["values"]["p_value"], rel=1e-10)


@pytest.mark.parametrize("expected", EXPECTED["two_by_two"], ids=lambda case: str(case["counts"]))
def test_exact_tests_agree_with_r(expected: dict[str, Any]) -> None:
    a, b, c, d = expected["counts"]
    assert fisher_p([[a, b], [c, d]]) == pytest.approx(expected["fisher_p"], rel=1e-10)
    assert mcnemar_p([[a, b], [c, d]]) == pytest.approx(expected["mcnemar_p"], rel=1e-10)


@pytest.mark.parametrize("interval", ["exact", "Wilson", "Wald"])
@given(case=st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_proportion_and_mirrors_its_complement(
    interval: Literal["exact", "Wilson", "Wald"], case: tuple[int, int]
) -> None:
    count, n = case
    parameters = Parameters(proportion_interval=interval)
    lower, upper = proportion_limits(count, n, parameters)
    assert 0 <= lower <= count / n + 1e-12
    assert count / n - 1e-12 <= upper <= 1
    mirrored = proportion_limits(n - count, n, parameters)
    assert mirrored == pytest.approx((1 - upper, 1 - lower), abs=1e-9)


@given(tables)
def test_p_values_do_not_depend_on_which_criterion_comes_first(
    table: tuple[int, int, int, int],
) -> None:
    a, b, c, d = table
    for test in (fisher_p, mcnemar_p, pearson_p, mcnemar_chi_square_p):
        p = test([[a, b], [c, d]])
        assert 0 <= p <= 1 or math.isnan(p)
        assert test([[a, c], [b, d]]) == pytest.approx(p, rel=1e-9, nan_ok=True)


def test_nothing_to_compare_gives_one_or_no_chi_square() -> None:
    assert fisher_p([[0, 0], [4, 5]]) == 1
    assert mcnemar_p([[8, 0], [0, 9]]) == 1
    assert math.isnan(pearson_p([[0, 0], [4, 5]]))
    assert math.isnan(mcnemar_chi_square_p([[8, 0], [0, 9]]))


def test_no_patients_give_no_interval() -> None:
    assert all(math.isnan(limit) for limit in proportion_limits(0, 0, Parameters()))


@pytest.mark.parametrize(("count", "n"), [(5, 4), (-1, 4), (0, -1)])
def test_impossible_proportion_is_refused(count: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a proportion"):
        proportion_limits(count, n, Parameters())


@pytest.mark.parametrize("table", [[1, 2, 3, 4], [[1, 2], [3, -4]], [[1, 2.5], [3, 4]]])
def test_tables_other_than_four_counts_are_refused(table: Any) -> None:
    for test in (fisher_p, mcnemar_p, pearson_p, mcnemar_chi_square_p):
        with pytest.raises(ValueError, match="four counts"):
            test(table)
