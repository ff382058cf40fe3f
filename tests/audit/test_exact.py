"""P values in fractions against the libraries, and against values known by hand."""

from __future__ import annotations

import random
from fractions import Fraction
from math import isclose, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.audit.checker import exact
from analysis.audit.finders import contingency
from analysis.audit.finders.tests2x2 import cells, p_values
from analysis.audit.form import Comparison

COMPARISONS: tuple[Comparison, ...] = ("association", "paired", "unpaired")


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 120), st.sampled_from(COMPARISONS))
def test_fractions_and_libraries_agree(data: st.DataObject, n: int, comparison: Comparison) -> None:
    margins = (data.draw(st.integers(0, n)), data.draw(st.integers(0, n)))
    sizes = (n, n)
    possible = cells(comparison, margins, sizes)
    assert exact.cells(comparison, margins, sizes) == possible
    cell = data.draw(st.sampled_from(possible))
    found = p_values(comparison, margins, sizes, cell)
    bounds = exact.of_table(comparison, margins, sizes, cell)
    assert set(found) == set(bounds)
    for test, (low, high) in bounds.items():
        assert 0 <= low <= high <= 1 + Fraction(1, 10**30)
        if test != "likelihood ratio" or high < 1:
            assert high - low <= Fraction(1, 10**13)
        # scipy and statsmodels are exact to about 1e-12 here.
        assert isclose(found[test], float(high), abs_tol=1e-10), test


def test_the_lady_tasting_tea() -> None:
    # Fisher RA. The Design of Experiments, 1935: 3 of 4 cups right has 17/70 one-sided.
    bounds = exact.independence(3, 1, 1, 3)
    assert bounds["Fisher one-sided"] == (Fraction(17, 70), Fraction(17, 70))
    assert bounds["Fisher"][0] == Fraction(34, 70)


@pytest.mark.parametrize("statistic", ["0.0001", "0.455", "3.841458820694124", "29.99", "59"])
def test_chi_square_is_enclosed(statistic: str) -> None:
    low, high = exact.chi_square(Fraction(statistic))
    assert low <= Fraction(float(stats.chi2.sf(float(statistic), 1))) * (1 + Fraction(1, 10**12))
    assert high >= Fraction(float(stats.chi2.sf(float(statistic), 1))) * (1 - Fraction(1, 10**12))
    assert high - low < Fraction(1, 10**30)


@given(st.integers(1, 10**5))
def test_logarithms_are_enclosed(k: int) -> None:
    low, high = exact.logarithm(Fraction(k))
    assert high - low < Fraction(1, 10**40)
    assert isclose(float(low), log(k), rel_tol=1e-14, abs_tol=1e-14)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 11])
@pytest.mark.parametrize("statistic", [0.01, 0.7, 3.0, 9.4, 31.0, 75.0, 140.0])
def test_chi_square_of_any_degrees_of_freedom(freedom: int, statistic: float) -> None:
    low, high = exact.chi_square(Fraction(statistic), freedom)
    assert high - low <= Fraction(1, 10**12)
    assert isclose(float(low + high) / 2, stats.chi2.sf(statistic, freedom), abs_tol=1e-12)


def test_larger_tables_agree_with_the_libraries() -> None:
    draw = random.Random(7)
    for _ in range(25):
        shape = draw.choice([(2, 3), (3, 2), (3, 3), (2, 4)])
        cells = tuple(tuple(draw.randint(0, 5) for _ in range(shape[1])) for _ in range(shape[0]))
        found = contingency.p_values(cells)
        bounds = exact.contingency(cells)
        assert set(found) == set(bounds)
        for test, (_, high) in bounds.items():
            assert isclose(found[test], float(high), abs_tol=1e-9), (cells, test)
        rows, columns = tuple(map(sum, cells)), tuple(map(sum, zip(*cells, strict=True)))
        assert sorted(contingency.with_margins(rows, columns)) == sorted(
            exact.tables_of(rows, columns)
        )


def test_freeman_and_halton_by_hand() -> None:
    # Rows 2, 2 and columns 2, 1, 1 have four tables, with n!/cells! of 12, 24, 24 and 12.
    bounds = exact.contingency(((2, 0, 0), (0, 1, 1)))
    assert bounds["Fisher-Freeman-Halton"] == (Fraction(1, 3), Fraction(1, 3))
    assert exact.contingency(((1, 0), (0, 1)))["Fisher-Freeman-Halton"][0] == 1


@pytest.mark.parametrize(
    ("table", "test", "p"),
    [
        # R 4.2.2: fisher.test, prop.trend.test, kruskal.test, chisq.test(correct = FALSE)
        (((27, 3, 1, 2), (25, 6, 3, 2)), "Fisher-Freeman-Halton", 0.6551844),
        (((3, 1, 2, 27), (6, 3, 2, 25)), "Fisher-Freeman-Halton", 0.6551844),
        (((100, 60, 40), (90, 62, 48)), "Fisher-Freeman-Halton", 0.5324263),
        (((100, 60, 40), (90, 62, 48)), "Cochran-Armitage trend", 0.2568298),
        (((100, 60, 40), (90, 62, 48)), "Pearson", 0.5256142),
    ],
)
def test_larger_tables_agree_with_r(
    table: tuple[tuple[int, ...], ...], test: str, p: float
) -> None:
    assert isclose(contingency.p_values(table)[test], p, abs_tol=5e-8)
    assert isclose(float(exact.contingency(table)[test][0]), p, abs_tol=5e-8)


def test_the_order_of_columns_and_of_rows_changes_no_exact_test() -> None:
    draw = random.Random(3)
    for _ in range(10):
        table = tuple(tuple(draw.randint(0, 9) for _ in range(4)) for _ in range(2))
        columns = list(zip(*table, strict=True))
        draw.shuffle(columns)
        other = tuple(zip(*columns, strict=True))
        assert exact.freeman_halton(table) == exact.freeman_halton(other)
        assert exact.freeman_halton(table) == exact.freeman_halton(tuple(reversed(other)))


def test_a_table_that_is_too_large_is_left_out_of_both() -> None:
    table = ((20, 30, 40), (30, 20, 25), (10, 30, 20))
    assert exact.freeman_halton(table) is None
    assert "Fisher-Freeman-Halton" not in exact.contingency(table)


@pytest.mark.parametrize(("t", "freedom"), [("2.2", "58"), ("0.3", "3"), ("5.1", "12.7")])
def test_students_t_is_enclosed(t: str, freedom: str) -> None:
    low, high = exact.student(Fraction(t), Fraction(freedom))
    assert high - low < Fraction(1, 10**30)
    assert isclose(float(low), 2 * stats.t.sf(float(t), float(freedom)), rel_tol=1e-9)
