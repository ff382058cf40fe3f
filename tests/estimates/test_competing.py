"""Cumulative incidence against R's `survfit` of a factor, exact fractions, and what must hold.

Tolerance: both sides add the same few hundred products in doubles; 1e-10 leaves room for another
order.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import competing, survival
from analysis.zhai_2025.parameters import Parameters
from tests.estimates.sensitivity import first_events_of, records
from tests.estimates.strict import STRICT

PARAMETERS = Parameters()
CAUSES = ("censored", "relapse", "death")
patients = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(CAUSES)), min_size=1, max_size=30
).map(lambda rows: pd.DataFrame(rows, columns=["days", "cause"]))
settled = settings(max_examples=30)

pytestmark = STRICT


@pytest.mark.parametrize("record", records("incidence"))
def test_incidence_agrees_with_r(record: dict[str, Any]) -> None:
    parameters = Parameters(ci_type=record["ci_type"], confidence=record["confidence"])
    found = competing.incidence(first_events_of(record), record["cause"], parameters)
    for column, expected in record["values"].items():
        np.testing.assert_allclose(
            found[column].to_numpy(dtype=float),
            np.array(expected, dtype=float),
            rtol=1e-10,
            atol=1e-12,
            err_msg=column,
        )


@settled
@given(patients)
def test_incidence_is_that_of_exact_fractions(first: pd.DataFrame) -> None:
    found = competing.incidence(first, "relapse", PARAMETERS)
    surviving, total = Fraction(1), Fraction(0)
    for day, value in zip(found["days"], found["incidence"], strict=True):
        left = int((first["days"] >= day).sum())
        causes = first.loc[first["days"] == day, "cause"]
        total += surviving * Fraction(int((causes == "relapse").sum()), left)
        surviving *= 1 - Fraction(int((causes != "censored").sum()), left)
        assert value == pytest.approx(float(total), abs=1e-12)


@settled
@given(patients)
def test_causes_and_survival_without_either_are_all_patients(first: pd.DataFrame) -> None:
    both = sum(competing.incidence(first, cause, PARAMETERS)["incidence"] for cause in CAUSES[1:])
    either = survival.curve(first.assign(event=first["cause"] != "censored"), PARAMETERS)
    heights = either.set_index("days")["survival"].reindex(np.unique(first["days"]))
    np.testing.assert_allclose(both, 1 - heights, atol=1e-12)


@settled
@given(patients)
def test_with_one_cause_it_is_kaplan_meier(first: pd.DataFrame) -> None:
    alone = first[first["cause"] != "death"]
    if alone.empty:
        return
    found = competing.incidence(alone, "relapse", PARAMETERS)
    expected = survival.curve(alone.assign(event=alone["cause"] == "relapse"), PARAMETERS)
    heights = expected.set_index("days")["survival"].reindex(found["days"])
    np.testing.assert_allclose(found["incidence"], 1 - heights, atol=1e-12)


@settled
@given(patients)
def test_without_censoring_it_is_a_proportion(first: pd.DataFrame) -> None:
    """The error is then the binomial one."""
    complete = first.assign(cause=first["cause"].replace("censored", "death"))
    found = competing.incidence(complete, "relapse", PARAMETERS)
    n = len(complete)
    shares = [
        ((complete["days"] <= day) & (complete["cause"] == "relapse")).mean()
        for day in found["days"]
    ]
    np.testing.assert_allclose(found["incidence"], shares, atol=1e-12)
    np.testing.assert_allclose(
        found["error"], [math.sqrt(share * (1 - share) / n) for share in shares], atol=1e-9
    )


@settled
@given(patients)
def test_the_curve_without_relapse_is_one_minus_the_incidence(first: pd.DataFrame) -> None:
    """Those who died stay in it, and count neither as an event nor as censored."""
    times = first.assign(event=first["cause"] == "relapse", competing=first["cause"] == "death")
    found = survival.curve(times, PARAMETERS)
    incidence = competing.incidence(first, "relapse", PARAMETERS).set_index("days")
    shown = found.set_index("days").loc[incidence.index]
    if times["competing"].any():
        assert found["days"].iloc[0] == 0
        for one, other in (("lower", "upper"), ("upper", "lower"), ("survival", "incidence")):
            np.testing.assert_allclose(shown[one], 1 - incidence[other], atol=1e-12)
    assert found["events"].sum() == (first["cause"] == "relapse").sum()
    assert found["censored"].sum() == (first["cause"] == "censored").sum()
    assert found["survival"].is_monotonic_decreasing
    grid = [0, 0.1, 0.25, 0.5]
    at_risk = survival.numbers_at_risk(found, grid)
    assert at_risk == [int((first["days"] >= month * 30.4375).sum()) for month in grid]


def test_what_competes_with_relapse_lifts_the_curve() -> None:
    """Censoring the dead counts them as if they could relapse still."""
    times = pd.DataFrame(
        {
            "days": [1, 2, 3, 4],
            "event": [False, True, False, True],
            "competing": [True, False, True, False],
        }
    )
    found = survival.curve(times, PARAMETERS).set_index("days")["survival"]
    assert list(found) == [1, 1, 0.75, 0.75, 0.5]
    assert survival.curve(times.drop(columns="competing"), PARAMETERS)["survival"].iloc[-1] == 0


def test_an_incidence_of_nobody_is_refused() -> None:
    nobody = pd.DataFrame({"days": [], "cause": []})
    with pytest.raises(ValueError, match="at least one patient"):
        competing.incidence(nobody, "relapse", PARAMETERS)
