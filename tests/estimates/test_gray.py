"""Gray's test against `cuminc` of R's `cmprsk`, and what must hold.

Tolerance: sums of a few hundred products, and a system of at most three equations; 1e-9.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates.gray import gray_test
from analysis.estimates.log_rank import log_rank
from tests.estimates.sensitivity import first_events_of, records
from tests.estimates.strict import STRICT

CAUSES = ("censored", "relapse", "death")
patients = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(CAUSES), st.sampled_from("abc")),
    min_size=2,
    max_size=40,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "cause", "level"]))
settled = settings(max_examples=40)

pytestmark = STRICT


@pytest.mark.parametrize("record", records("gray"))
def test_it_agrees_with_cmprsk(record: dict[str, Any]) -> None:
    first = first_events_of(record)
    found = gray_test(first.assign(level=first[record["group"]]), record["cause"])
    expected = record["values"]
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-9)
    assert found.p_value == pytest.approx(expected["p_value"], rel=1e-9)
    assert found.degrees_of_freedom == expected["degrees_of_freedom"]


@settled
@given(patients, st.randoms(use_true_random=False), st.integers(2, 31))
def test_order_names_and_unit_do_not_change_it(
    first: pd.DataFrame, random: Random, unit: int
) -> None:
    other = first.iloc[random.sample(range(len(first)), len(first))].assign(
        level=lambda frame: frame["level"].map({"a": "z", "b": "y", "c": "x"}),
        days=lambda frame: frame["days"] * unit,
    )
    one, two = gray_test(first, "relapse"), gray_test(other, "relapse")
    assert one.degrees_of_freedom == two.degrees_of_freedom
    np.testing.assert_allclose(two.statistic, one.statistic, rtol=1e-6, atol=1e-9)


@settled
@given(patients)
def test_it_is_a_test_or_says_why_not(first: pd.DataFrame) -> None:
    found = gray_test(first, "relapse")
    assert np.isnan(found.p_value) == bool(found.note)
    if not found.note:
        assert found.statistic >= 0
        assert 0 <= found.p_value <= 1


def test_a_competing_event_is_not_a_censoring() -> None:
    """Whoever is alive relapses at the same rate in both, but in one group more die first."""
    random = np.random.default_rng(7)
    relapse = random.exponential(300, 600)
    death = random.exponential(np.repeat([300, 3000], 300))
    first = pd.DataFrame(
        {
            "days": np.ceil(np.minimum(relapse, death)).astype(int),
            "cause": np.where(relapse < death, "relapse", "death"),
            "level": np.repeat(["a", "b"], 300),
        }
    )
    assert gray_test(first, "relapse").p_value < 1e-6
    assert log_rank(first.assign(event=first["cause"] == "relapse")).p_value > 0.01


def test_equal_incidence_is_rejected_as_often_as_it_should_be() -> None:
    """Of 400 samples without a difference about 5 % have p < 0.05; 99.9 % of such counts."""
    random = np.random.default_rng(1)
    rejected = 0
    for _ in range(400):
        first = pd.DataFrame(
            {
                "days": random.integers(1, 60, 100),
                "cause": random.choice(CAUSES, 100, p=[0.3, 0.4, 0.3]),
                "level": random.choice(["a", "b"], 100),
            }
        )
        rejected += gray_test(first, "relapse").p_value < 0.05
    assert 7 <= rejected <= 36


@pytest.mark.parametrize(
    ("causes", "levels"),
    [
        pytest.param(["death", "censored"], ["a", "b"], id="no relapse"),
        pytest.param(["relapse", "death"], ["a", "a"], id="one group"),
        pytest.param(["censored", "relapse"], ["a", "b"], id="one group left"),
        pytest.param(["censored", "relapse", "relapse"], ["a", "a", "b"], id="all at once"),
    ],
)
def test_what_decides_nothing_has_a_note(causes: list[str], levels: list[str]) -> None:
    days = [3, 5, 5][: len(causes)]
    found = gray_test(pd.DataFrame({"days": days, "cause": causes, "level": levels}), "relapse")
    assert np.isnan(found.p_value)
    assert found.note == "no event of the cause while groups were at risk"


def test_a_variance_below_nought_is_no_test() -> None:
    """The correction for ties would make the statistic -10.7."""
    first = pd.DataFrame({"days": [0, 1, 1, 1], "cause": "relapse", "level": list("aabb")})
    found = gray_test(first, "relapse")
    assert np.isnan(found.statistic)
    assert found.note == "too few patients for so many events on one day"
