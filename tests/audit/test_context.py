"""What a printed number stands for: the checker rounds, the rules take intervals; both agree."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from analysis.audit.context import Context
from analysis.audit.structure import Structure
from analysis.study.printed import EVERY, Convention, values

MODES = {"half up": ROUND_HALF_UP, "half even": ROUND_HALF_EVEN, "truncated": ROUND_DOWN}


def context(printed: str, comparator: str = "=") -> Context:
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
    return Context([row], Structure(patients="c"))


@given(st.integers(-(10**6), 10**6), st.integers(0, 3), st.sampled_from(EVERY))
@example(-250, 1, "half up")
def test_a_number_is_printed_as_what_it_is_rounded_to(
    thousandths: int, decimals: int, convention: Convention
) -> None:
    exact = Decimal(thousandths) / 1000
    printed = str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=MODES[convention]))
    assert context(printed).prints("c", Fraction(exact), [convention])


@given(
    st.integers(-3000, 3000),
    st.integers(-400, 400),
    st.sets(st.sampled_from(EVERY), min_size=1),
)
@example(-25, 80, {"half up"})
@example(-25, -80, {"half up"})
def test_intervals_and_the_checker_agree(tenths: int, offset: int, chosen: set[Convention]) -> None:
    printed = f"{Decimal(tenths) / 10:.1f}"
    value = Fraction(tenths, 10) + Fraction(offset, 1600)
    if "half even" in chosen:  # an end may belong to it by either direction of ties
        edges = {Fraction(tenths, 10) + Fraction(side, 20) for side in (-1, 1)}
        if value in edges:
            return
    interval = values(printed, "=", tuple(chosen))
    assert context(printed).prints("c", value, tuple(chosen)) == (value in interval)
    found = context(printed).edges("c", tuple(chosen))
    assert (found.low, found.high) == (interval.low, interval.high)
    assert (found.low_closed, found.high_closed) == (interval.low_closed, interval.high_closed)
