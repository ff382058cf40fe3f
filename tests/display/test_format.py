"""How numbers are printed: the article's own conventions, and what is missing or infinite."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.display import format as fmt
from analysis.display.tables import number
from analysis.study.printed import half_up

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)
DECIMALS = st.integers(0, 4)


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (0.25, 1, "0.3"),
        (0.35, 1, "0.4"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (10.5, 0, "11"),
        (11.5, 0, "12"),
        (17, 1, "17.0"),
        (-0.04, 1, "0.0"),
        (-0.25, 1, "−0.3"),
        (Decimal("0.125"), 2, "0.13"),
        (np.float64(2.675), 2, "2.68"),
        (np.int64(3), 1, "3.0"),
        (1e-7, 3, "0.000"),
        (float("nan"), 1, "–"),
        (None, 1, "–"),
        (pd.NA, 1, "–"),
        (float("inf"), 1, "∞"),
    ],
)
def test_fixed_rounds_half_up(value: Any, decimals: int, printed: str) -> None:
    assert fmt.fixed(value, decimals) == printed


@given(NUMBERS, DECIMALS)
def test_fixed_is_within_half_a_unit_and_keeps_its_decimals(value: float, decimals: int) -> None:
    printed = fmt.fixed(value, decimals).replace("−", "-")
    exact = Decimal(str(value))
    # Of numbers longer than twelve digits, the rest is taken for what binary fractions add.
    dropped = abs(exact) * Decimal("1e-11")
    assert abs(Decimal(printed) - exact) <= Decimal(1).scaleb(-decimals) / 2 + dropped
    assert len(printed.partition(".")[2]) == decimals


def test_binary_noise_does_not_decide_a_half() -> None:
    assert fmt.fixed(100 * (1 - 0.4855), 1) == fmt.fixed(51.45, 1) == "51.5"
    assert fmt.fixed(0.1 + 0.15, 1) == "0.3"
    assert fmt.fixed(51.449999999999996, 1) == "51.5"


@given(NUMBERS, DECIMALS)
def test_rounding_is_symmetric(value: float, decimals: int) -> None:
    assert half_up(-value, decimals) == -half_up(value, decimals)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_half_up_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(ValueError, match="A number is needed"):
        half_up(value)


@pytest.mark.parametrize(
    ("p", "printed", "sentence"),
    [
        (0.088, "0.088", "p = 0.088"),
        (0.0875, "0.088", "p = 0.088"),
        (0.001, "0.001", "p = 0.001"),
        (0.00099, "<0.001", "p < 0.001"),
        (0.0, "<0.001", "p < 0.001"),
        (1.0, "1.000", "p = 1.000"),
        (float("nan"), "–", "p = –"),
    ],
)
def test_p_values(p: float, printed: str, sentence: str) -> None:
    assert fmt.p_value(p) == printed
    assert fmt.p_text(p) == sentence


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (14.9, 20.5, "14.9–20.5"),
        (14.9, None, "14.9–NR"),
        (None, None, "NR"),
        (-3.2, 4.1, "−3.2 to 4.1"),
    ],
)
def test_intervals(low: float | None, high: float | None, printed: str) -> None:
    assert fmt.interval(low, high, missing=fmt.NOT_REACHED) == printed


@pytest.mark.parametrize(
    ("median", "low", "high", "printed"),
    [
        (17.04, 14.95, 20.5, "17.0 (15.0–20.5)"),
        (17.0, 14.9, float("nan"), "17.0 (14.9–NR)"),
        (float("inf"), 16.1, float("inf"), "NR (16.1–NR)"),
        (None, None, None, "NR"),
    ],
)
def test_median_survival(
    median: float | None, low: float | None, high: float | None, printed: str
) -> None:
    assert fmt.median_months(median, low, high) == printed


def test_estimates_that_do_not_exist_are_said_to_be_so() -> None:
    assert fmt.estimate(1.234, 0.805, 1.865) == "1.23 (0.81–1.87)"
    assert fmt.estimate(float("nan"), 1, 2) == fmt.NOT_ESTIMABLE
    assert fmt.estimate(1, 0.5, float("inf")) == fmt.NOT_ESTIMABLE


def test_percentages_and_counts() -> None:
    assert fmt.percent(75) == "75.0%"
    assert fmt.percent(None) == "–"
    assert fmt.signed_percent(20) == "+20%"
    assert fmt.signed_percent(-30) == "−30%"
    assert fmt.signed_percent(0.2) == "0%"
    assert fmt.count_percent(81, 75) == "81 (75.0%)"
    assert fmt.count_percent(None, None) == "–"
    assert fmt.patients(1) == "1 patient"
    assert fmt.patients(1080) == "1,080 patients"


def test_large_and_laboratory_values() -> None:
    assert fmt.thousands(178376) == "178,376"
    assert fmt.thousands(-1234.5, 1) == "−1,234.5"
    assert [fmt.level(v) for v in (178376, 406, 44.02, 1.51, None)] == [
        "178,376",
        "406",
        "44.0",
        "1.51",
        "–",
    ]


def test_units_stand_behind_numbers_only() -> None:
    assert fmt.with_unit("17.0", "months") == "17.0 months"
    assert fmt.with_unit("NR", "months") == "NR"
    assert fmt.with_unit("75.0", "%") == "75.0%"
    assert fmt.with_unit("3", "") == "3"


def test_capitals_in_a_sentence() -> None:
    assert fmt.mid_sentence("Overall survival") == "overall survival"
    assert fmt.mid_sentence("AFP change") == "AFP change"
    assert fmt.mid_sentence("") == ""


def test_quantities_have_all_their_digits_up_to_two_decimals() -> None:
    # What `:,g` made 12,345.7 and 1e+06 of.
    assert number(12345.67) == "12,345.67"
    assert number(1e6) == "1,000,000"
    assert number(1000.0) == "1,000"
    assert number(2.5) == "2.5"
    assert number(None) == "–"


@given(st.floats(0, 1e9))
def test_a_quantity_is_written_to_half_a_hundredth(value: float) -> None:
    printed = number(value)
    assert abs(float(printed.replace(",", "")) - value) <= 0.005 + abs(value) * 1e-11
    assert not printed.endswith((".", ".0", ".00"))
