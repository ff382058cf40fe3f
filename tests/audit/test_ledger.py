"""What a printed number stands for: the checker rounds, the rules take intervals; both agree."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.audit.checker import Ledger
from analysis.audit.checker.ledger import EVERY, digits
from analysis.audit.structure import Structure
from analysis.study.printed import Convention, number_and_unit, values

MODES = {
    "half up": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "truncated": ROUND_DOWN,
    "rounded up": ROUND_UP,
}


def read(printed: str, comparator: str = "=") -> Ledger:
    row = {
        "claim_id": "c",
        "analysis_id": "a",
        "group": "",
        "group_level": "",
        "variable": "v",
        "variable_level": "",
        "statistic": "median",
        "printed": printed,
        "comparator": comparator,
        "denominator": None,
        "locator": "here",
    }
    return Ledger([row], Structure(patients="c"))


@given(st.integers(-(10**6), 10**6), st.integers(0, 3), st.sampled_from(sorted(MODES)))
@example(-250, 1, "half up")
def test_a_number_is_printed_as_what_it_is_rounded_to(
    thousandths: int, decimals: int, convention: Convention
) -> None:
    exact = Decimal(thousandths) / 1000
    printed = str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=MODES[convention]))
    assert read(printed).prints("c", Fraction(exact), [convention])


@given(st.integers(-(10**6), 10**6), st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]))
@example(1445, ROUND_HALF_UP)
def test_a_number_rounded_in_steps_is_read_as_rounded_twice(thousandths: int, mode: str) -> None:
    number = Decimal(thousandths) / 1000
    for places in (2, 1, 0):
        number = number.quantize(Decimal(1).scaleb(-places), rounding=mode)
    exact = Fraction(Decimal(thousandths) / 1000)
    assert read(str(number)).prints("c", exact, ["rounded twice"])
    assert exact in values(str(number), "=", ("rounded twice",))


@given(
    st.integers(-3000, 3000),
    st.integers(-400, 400),
    st.sets(st.sampled_from(EVERY), min_size=1),
)
@example(-25, 80, {"half up"})
@example(-25, -80, {"half up"})
@example(0, 0, {"rounded up"})
def test_intervals_and_the_checker_agree(tenths: int, offset: int, chosen: set[Convention]) -> None:
    printed = f"{Decimal(tenths) / 10:.1f}"
    value = Fraction(tenths, 10) + Fraction(offset, 2000)
    ways = tuple(way for way in EVERY if way in chosen)
    interval = values(printed, "=", ways)
    assert read(printed).prints("c", value, ways) == (value in interval)
    found = read(printed).edges("c", ways)
    assert (found.low, found.high) == (interval.low, interval.high)
    assert (found.low_closed, found.high_closed) == (interval.low_closed, interval.high_closed)


@pytest.mark.parametrize(
    ("printed", "number", "unit"),
    [
        ("28·1", "28.1", "0.1"),
        ("97.5%", "97.5", "0.1"),
        ("1 000", "1000", "1"),
        ("1\u2009234.5", "1234.5", "0.1"),
        ("−25.6", "-25.6", "0.1"),
        ("12,5", "12.5", "0.1"),
        ("1,234", "1234", "1"),
        (".05", "0.05", "0.01"),
        ("<.001", "0.001", "0.001"),
        ("5.81e-48", "5.81e-48", "1e-50"),
    ],
)
def test_numbers_are_read_as_journals_print_them(printed: str, number: str, unit: str) -> None:
    expected = Fraction(Decimal(number)), Fraction(Decimal(unit))
    assert digits(printed) == number_and_unit(printed) == expected
