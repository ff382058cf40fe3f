"""Numbers leave the computation with the digits that processors agree on."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates.rows import DIGITS, rounded, row, to_table, value_of

VALUES = st.floats(1e-12, 1e9) | st.floats(-1e9, -1e-12)


@given(VALUES, st.floats(-2e-14, 2e-14))
def test_what_processors_make_different_is_the_same(value: float, apart: float) -> None:
    # But for a value beside the middle of two, which no way of rounding can spare.
    last = abs(value) * 10 ** (DIGITS - 1 - math.floor(math.log10(abs(value)))) / abs(value)
    beside = abs(abs(value) * last % 1 - 0.5) < 0.1
    assert beside or rounded(value) == rounded(value * (1 + apart))


@given(VALUES)
def test_rounding_moves_a_value_by_less_than_references_are_held_to(value: float) -> None:
    assert math.isclose(rounded(value), value, rel_tol=5.01e-12)
    assert rounded(rounded(value)) == rounded(value)
    assert len(f"{rounded(value):e}") <= len(f"{value:e}")


def test_what_is_no_number_stays_so() -> None:
    assert math.isnan(rounded(math.nan))
    assert rounded(math.inf) == math.inf
    assert rounded(-0.0) == 0
    assert [rounded(value) for value in (0, 108, 0.1 + 0.2)] == [0, 108, 0.3]


def test_every_value_of_a_table_is_rounded() -> None:
    table = to_table([row("a", "OS", "p_value", 0.1 + 0.2), row("a", "OS", "n", None)], row)
    assert value_of(table, statistic="p_value") == 0.3
    assert math.isnan(value_of(table, statistic="n"))
