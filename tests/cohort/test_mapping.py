"""What a mapping makes of a source: numbers are multiplied, not rounded; faults are told once."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.description import MappedColumn
from analysis.cohort.faults import Fault
from analysis.cohort.mapping import _translated


def mapped(cells: list[object], **how: object) -> tuple[list[object], list[Fault]]:
    faults: list[Fault] = []
    column = MappedColumn.model_validate({"column": "source", **how})
    found = _translated(pd.Series(cells), "target", column, faults)
    return [None if pd.isna(cell) else cell for cell in found], faults


@pytest.mark.parametrize(
    ("cell", "times", "expected"),
    [(1.4, 1, "1.4"), (1.4, 17.1, "23.94"), (24, 30.4375, "730.5"), (59.9, 1.0, "59.9")],
)
def test_nothing_is_rounded(cell: float, times: float, expected: str) -> None:
    assert mapped([cell], times=times) == ([expected], [])


@given(st.decimals(0, 10_000, places=3), st.sampled_from(["1", "30.4375", "17.1", "0.001", "7"]))
def test_the_number_is_the_nearest_to_the_product(cell: Decimal, times: str) -> None:
    (written,), faults = mapped([float(cell)], times=float(times))
    assert isinstance(written, str)
    assert float(written) == float(cell * Decimal(times))
    assert "E" not in written.upper()
    assert not faults


def test_what_is_missing_stays_missing() -> None:
    assert mapped([1.5, None, float("nan")], times=2) == (["3", None, None], [])


def test_a_text_that_should_be_multiplied_is_a_fault_told_once() -> None:
    found, faults = mapped(["12", "adeno", "adeno"], times=2)
    assert found == ["24", None, None]
    assert [fault.value for fault in faults] == ["adeno"]
    assert "a number, since `times` multiplies source" in faults[0].expected
