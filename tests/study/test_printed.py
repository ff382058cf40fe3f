"""How numbers are rounded and printed, and what a printed number can stand for."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.study.printed import (
    EVERY,
    Convention,
    Interval,
    half_up,
    number_and_unit,
    plain,
    values,
)

HALF_UP: tuple[Convention, ...] = ("half up",)
# As many digits as any record or statistic has.
numbers = st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False, places=5)
decimals = st.integers(0, 4)


@given(numbers, decimals)
def test_a_number_lies_in_what_its_rounded_form_stands_for(value: Decimal, places: int) -> None:
    rounded = half_up(value, places)
    printed = f"{rounded:f}"
    assert Fraction(value) in values(printed, conventions=HALF_UP)
    assert Fraction(value) in values(printed, conventions=EVERY)
    # What is printed is printed alike when it is rounded again.
    assert f"{half_up(rounded, places):f}" == printed


@given(numbers, decimals)
def test_only_what_rounds_to_a_form_lies_in_it(value: Decimal, places: int) -> None:
    unit = Decimal(1).scaleb(-places)
    for neighbour in (half_up(value, places) + unit, half_up(value, places) - unit):
        # Minus nought and nought are one number of two signs.
        if neighbour:
            assert Fraction(value) not in values(f"{neighbour:f}", conventions=HALF_UP)


@given(numbers, decimals)
def test_below_zero_is_the_mirror_image(value: Decimal, places: int) -> None:
    assert half_up(-value, places) == -half_up(value, places)
    printed = f"{abs(half_up(value, places)):f}"
    above, below = (values(sign + printed, conventions=HALF_UP) for sign in ("", "-"))
    if Fraction(printed) != 0:
        assert (below.low, below.high) == (-above.high, -above.low)
        assert (below.low_closed, below.high_closed) == (above.high_closed, above.low_closed)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (0.25, 1, "0.3"),
        (-0.25, 1, "-0.3"),
        (2.675, 2, "2.68"),
        (0.1 + 0.2, 1, "0.3"),
        (0.05, 1, "0.1"),
        (999.95, 1, "1000.0"),
        (2.5, 0, "3"),
        (-2.5, 0, "-3"),
    ],
)
def test_halves_go_away_from_zero(value: float, places: int, expected: str) -> None:
    assert f"{half_up(value, places):f}" == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_rounded(value: float) -> None:
    with pytest.raises(ValueError, match="A number is needed"):
        half_up(value, 1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_plain_is_the_number_without_an_exponent(value: float) -> None:
    text = plain(value)
    assert float(text) == value
    assert set(text) <= set("-0123456789.")
    assert not text.endswith(".")
    if "." in text:
        assert not text.endswith("0")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e6, "1000000"), (12345.67, "12345.67"), (60.0, "60"), (1e-7, "0.0000001"), (-5.0, "-5")],
)
def test_plain_is_what_people_type(value: float, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("comparator", "inside", "outside"),
    [("<", 49, 50), ("<=", 50, 51), (">", 51, 50), (">=", 50, 49)],
)
def test_a_sign_opens_one_end(comparator: str, inside: int, outside: int) -> None:
    found = values("50", comparator)
    assert inside in found
    assert outside not in found


def test_conventions_differ_where_they_should() -> None:
    half, unit = Fraction(1, 20), Fraction(1, 10)
    p = Fraction(3, 10)
    assert p - half in values("0.3", conventions=HALF_UP)
    assert p + half not in values("0.3", conventions=HALF_UP)
    assert p + half in values("0.3", conventions=("half even",))
    assert p - half not in values("0.3", conventions=("truncated",))
    assert p + unit - Fraction(1, 10**9) in values("0.3", conventions=("truncated",))
    assert p + unit not in values("0.3", conventions=EVERY)
    # Nought is what is nearer to it than half a unit, from both sides.
    nought = values("0.0", conventions=HALF_UP)
    assert nought == Interval(-half, half, low_closed=False, high_closed=False)


def test_thousands_are_read_and_no_number_is_told() -> None:
    assert number_and_unit("1,234.50") == (Fraction(2469, 2), Fraction(1, 100))
    with pytest.raises(ValueError, match="no number in 'NR'"):
        number_and_unit("NR")
