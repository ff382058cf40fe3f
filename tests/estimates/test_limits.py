"""Values of which only a limit is known: what rests on one says so, and what it leaves open is not
known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.display.tables import median_range
from analysis.estimates.counts import range_rows
from analysis.estimates.rows import to_table
from analysis.study.expressions import holds
from analysis.study.limits import AT_LEAST, AT_MOST, NEAR, compares, rests_on
from analysis.study.variables import Cut, Factor, Variable


def told(values: list[float], signs: list[str | None]) -> dict[str, str]:
    return rests_on(pd.Series(values), pd.Series(signs, dtype=object))


@pytest.mark.parametrize(
    ("values", "signs", "notes"),
    [
        ([1, 2, 3], [None, None, None], {}),
        ([1.2, 2, 3], ["<", None, None], {"min": AT_MOST}),
        ([1, 2, 100], [None, None, ">"], {"max": AT_LEAST}),
        # Whether the greatest is the limit or not, somebody may be above it.
        ([1, 2, 100, 50], [None, None, None, ">="], {"max": AT_LEAST, "median": AT_LEAST}),
        ([1, 5], ["<", None], {"min": AT_MOST, "median": AT_MOST}),
        ([1, 5], ["<", ">"], {"min": AT_MOST, "max": AT_LEAST, "median": NEAR}),
        ([np.nan, 5], ["<", None], {}),
    ],
)
def test_what_rests_on_a_limit(
    values: list[float], signs: list[str | None], notes: dict[str, str]
) -> None:
    assert told(values, signs) == notes


SIGNS = st.sampled_from(["<", "<=", ">", ">=", None])


@given(
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(0, 6),
    st.lists(st.tuples(st.integers(0, 6), SIGNS), min_size=1, max_size=6),
)
def test_a_cut_is_decided_just_where_every_value_that_there_can_be_agrees(
    sign: str, cut: int, given: list[tuple[int, str | None]]
) -> None:
    """By brute force: all values in steps of a half that a limit allows are tried."""
    values = pd.Series([float(value) for value, _ in given])
    signs = pd.Series([one for _, one in given], dtype=object)
    found = compares(sign, cut, values, signs)
    holds = {
        "<": lambda x: x < cut,
        "<=": lambda x: x <= cut,
        ">": lambda x: x > cut,
        ">=": lambda x: x >= cut,
        "==": lambda x: x == cut,
        "!=": lambda x: x != cut,
    }[sign]
    for (limit, one), decided in zip(given, found, strict=True):
        grid = np.arange(-4, 12, 0.5)
        can = {
            "<": grid[grid < limit],
            "<=": grid[grid <= limit],
            ">": grid[grid > limit],
            ">=": grid[grid >= limit],
            None: np.array([float(limit)]),
        }[one]
        answers = {bool(holds(x)) for x in can}
        assert (decided is pd.NA) == (len(answers) == 2)
        if len(answers) == 1:
            assert bool(decided) == answers.pop()


def test_a_patient_whom_a_limit_leaves_open_is_on_neither_side() -> None:
    patients = pd.DataFrame(
        {"afp": [1.2, 500.0, 100_000.0, 10.0], "afp_limit": ["<", "<", ">", None]}
    )
    factor = Factor("low", Variable("afp", "AFP", quantity=True), cut=Cut("<", 400))
    groups = factor.values(patients)
    assert [None if pd.isna(group) else group for group in groups] == ["yes", None, "no", "yes"]
    assert factor.values(patients.drop(columns="afp_limit"))[1] == "no"


def test_a_range_shows_its_limits() -> None:
    values = pd.Series([1.2, 2.0, 3.0, 100_000.0])
    signs = pd.Series(["<", None, None, ">"], dtype=object)

    def shown(signs: pd.Series | None) -> str | None:
        return median_range(to_table(range_rows("a", "afp", values, "ng/mL", signs), shown))

    assert shown(None) == "2.5 (1.2–100,000)"
    assert shown(signs) == "2.5 (<\u202f1.2 to >\u202f100,000)"


def test_a_part_of_the_patients_holds_nobody_whom_a_limit_leaves_open() -> None:
    patients = pd.DataFrame(
        {"afp": [1.2, 500.0, 100_000.0, 10.0, 500.0], "afp_limit": ["<", "<", ">", None, None]}
    )

    def answers(expression: str) -> list[bool | None]:
        return [None if pd.isna(one) else bool(one) for one in holds(expression, patients)]

    assert answers("afp >= 400") == [False, None, True, False, True]
    assert answers("afp == 500") == [False, False, False, False, True]
    assert answers("afp != 500") == [True, True, True, True, False]
    assert answers("afp in (1, 500)") == [None, None, False, False, True]
