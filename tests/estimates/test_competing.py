"""Cumulative incidence against R's `survfit` of a factor, exact fractions, and what must hold.

Tolerance: both sides add the same few hundred products in doubles; 1e-10 leaves room for another
order.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.article.ledger import read_ledger
from analysis.cohort.read import load
from analysis.estimates import competing, survival
from analysis.estimates.rows import pick, value_of
from analysis.parameters import Parameters
from tests.estimates.sensitivity import first_events_of, records

PARAMETERS = Parameters()
CAUSES = ("censored", "relapse", "death")
patients = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(CAUSES)), min_size=1, max_size=30
).map(lambda rows: pd.DataFrame(rows, columns=["days", "cause"]))
settled = settings(max_examples=30)

pytestmark = pytest.mark.filterwarnings("error")


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


def test_the_dead_have_the_day_of_death_and_relapse_comes_first() -> None:
    times = pd.DataFrame(
        [
            ("relapsed, died", "ORFS", 50, True),
            ("relapsed, died", "OS", 90, True),
            ("died", "ORFS", 60, False),
            ("died", "OS", 95, True),
            ("alive", "ORFS", 70, False),
            ("alive", "OS", 99, False),
        ],
        columns=["patient_id", "endpoint", "days", "event"],
    )
    found = competing.first_events(times, "ORFS")
    assert found.to_numpy().tolist() == [
        ["relapsed, died", 50, "relapse"],
        ["died", 95, "death"],
        ["alive", 70, "censored"],
    ]


def test_incidence_is_read_within_follow_up_only() -> None:
    first = pd.DataFrame({"days": [5, 9], "cause": ["relapse", "censored"]})
    found = competing.incidence(first, "relapse", PARAMETERS)
    assert competing.incidence_at(found, 4).value == 0
    assert competing.incidence_at(found, 5).value == 0.5
    assert math.isnan(competing.incidence_at(found, 10).value)
    with pytest.raises(ValueError, match="at least one patient"):
        competing.incidence(first.iloc[:0], "relapse", PARAMETERS)


def test_rows_of_the_cohort() -> None:
    cohort = load("synthetic", PARAMETERS)
    table = competing.estimate(cohort, PARAMETERS)
    assert set(table["analysis_id"]).isdisjoint(read_ledger()["analysis_id"])

    def value(statistic: str) -> float:
        keys = {"variable": "ORFS", "variable_level": 12, "group": ""}
        return value_of(table, statistic=statistic, **keys)

    assert value("relapse") + value("death") + value("event_free") == pytest.approx(100)
    assert value("relapse_lower") < value("relapse") < value("relapse_upper")
    # Censoring the dead counts them as if they could relapse still.
    assert value("relapse") <= value("relapse_death_censored")
    assert set(pick(table, group="cirrhosis")["group_level"]) == {"yes", "no"}
    alone = cohort.time_to_event[cohort.time_to_event["endpoint"] != "OS"]
    assert competing.estimate(dataclasses.replace(cohort, time_to_event=alone), PARAMETERS).empty
