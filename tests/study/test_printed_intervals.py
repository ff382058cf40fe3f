"""What a printed number stands for, as an interval under each convention of rounding."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.study.printed import Convention, Interval, number_and_unit, values

MODES: dict[Convention, str] = {
    "half up": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "truncated": ROUND_DOWN,
    "rounded up": ROUND_UP,
}


@given(
    st.integers(-(10**6), 10**6),
    st.integers(0, 3),
    st.sampled_from(sorted(MODES)),
)
def test_a_number_stands_for_what_is_rounded_to_it(
    thousandths: int, decimals: int, convention: Convention
) -> None:
    exact = Decimal(thousandths) / 1000
    printed = str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=MODES[convention]))
    assert Fraction(exact) in values(printed, "=", (convention,))
    assert Fraction(exact) in values(printed)


@pytest.mark.parametrize(
    ("printed", "comparator", "inside", "outside"),
    [
        ("17.6", "=", ["17.501", "17.6999"], ["17.5", "17.7"]),
        ("17", "=", ["16.01", "17.99"], ["16", "18"]),
        ("<0.001", "<", ["0", "0.00099"], ["0.001"]),
        ("40", ">", ["40.001"], ["40"]),
        ("1,000", "=", ["999.1"], ["999", "1001"]),
        ("0", "=", ["0.9", "-0.5"], ["1", "-1"]),
    ],
)
def test_every_convention_together(
    printed: str, comparator: str, inside: list[str], outside: list[str]
) -> None:
    interval = values(printed, comparator)
    assert all(Fraction(value) in interval for value in inside)
    assert not any(Fraction(value) in interval for value in outside)


@pytest.mark.parametrize(
    ("convention", "inside", "outside"),
    [
        ("half up", ["1.5", "2.49"], ["1.49", "2.5"]),
        ("half even", ["1.5", "2.5"], ["1.49", "2.51"]),
        ("truncated", ["2", "2.99"], ["1.99", "3"]),
        ("rounded up", ["1.01", "2"], ["1", "2.01"]),
        # 1.445 gives 1.45, 1.5 and 2; 4 of 274, 1.4599 %, is printed so.
        ("rounded twice", ["1.445", "1.4599", "2.555"], ["1.444", "2.556"]),
    ],
)
def test_each_convention_by_itself(
    convention: Convention, inside: list[str], outside: list[str]
) -> None:
    interval = values("2", "=", (convention,))
    assert all(Fraction(value) in interval for value in inside)
    assert not any(Fraction(value) in interval for value in outside)


def test_intervals_meet_where_an_end_belongs_to_both() -> None:
    closed = Interval(Fraction(1), Fraction(2), True, True)
    after = Interval(Fraction(2), Fraction(3), True, False)
    assert closed.meets(after)
    assert closed.common(after) == Interval(Fraction(2), Fraction(2), True, True)
    assert not closed.meets(Interval(Fraction(2), Fraction(3), False, False))
    assert Interval(None, Fraction(2)).common(after).low == 2 if closed.meets(after) else True


def test_a_text_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        number_and_unit("NR")
