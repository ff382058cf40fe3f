"""Exact intervals and tests against R.

Tolerance: R finds the limits of `binom.test` from the same beta quantiles, good to about 1e-12.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates.intervals import clopper_pearson, fisher_p, mcnemar_p

REFERENCE = Path(__file__).parents[1] / "reference"
EXPECTED = json.loads((REFERENCE / "expected.json").read_text())

counts = st.integers(0, 40)
tables = st.tuples(counts, counts, counts, counts)


@pytest.mark.parametrize("expected", EXPECTED["proportions"], ids=lambda case: case["call"])
def test_clopper_pearson_agrees_with_r(expected: dict[str, Any]) -> None:
    found = clopper_pearson(expected["count"], expected["n"], expected["confidence"])
    assert found == pytest.approx((expected["lower"], expected["upper"]), rel=1e-10)


@pytest.mark.parametrize("expected", EXPECTED["two_by_two"], ids=lambda case: str(case["counts"]))
def test_exact_tests_agree_with_r(expected: dict[str, Any]) -> None:
    a, b, c, d = expected["counts"]
    assert fisher_p([[a, b], [c, d]]) == pytest.approx(expected["fisher_p"], rel=1e-10)
    assert mcnemar_p([[a, b], [c, d]]) == pytest.approx(expected["mcnemar_p"], rel=1e-10)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_proportion_and_mirrors_its_complement(case: tuple[int, int]) -> None:
    count, n = case
    lower, upper = clopper_pearson(count, n)
    assert 0 <= lower <= count / n <= upper <= 1
    assert clopper_pearson(n - count, n) == pytest.approx((1 - upper, 1 - lower), abs=1e-9)


@given(tables)
def test_p_values_do_not_depend_on_which_criterion_comes_first(
    table: tuple[int, int, int, int],
) -> None:
    a, b, c, d = table
    for test in (fisher_p, mcnemar_p):
        p = test([[a, b], [c, d]])
        assert 0 <= p <= 1
        assert test([[a, c], [b, d]]) == pytest.approx(p, rel=1e-9)


def test_nothing_to_compare_gives_one() -> None:
    assert fisher_p([[0, 0], [4, 5]]) == 1
    assert mcnemar_p([[8, 0], [0, 9]]) == 1


def test_no_patients_give_no_interval() -> None:
    assert all(math.isnan(limit) for limit in clopper_pearson(0, 0))


@pytest.mark.parametrize(("count", "n"), [(5, 4), (-1, 4), (0, -1)])
def test_impossible_proportion_is_refused(count: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a proportion"):
        clopper_pearson(count, n)


@pytest.mark.parametrize("table", [[1, 2, 3, 4], [[1, 2], [3, -4]], [[1, 2.5], [3, 4]]])
def test_tables_other_than_four_counts_are_refused(table: Any) -> None:
    for test in (fisher_p, mcnemar_p):
        with pytest.raises(ValueError, match="four counts"):
            test(table)
