"""Time zero, and patients who enter late, against R.

Tolerance: that of `test_survival` and `test_prognosis`, whose estimators these are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.read import load
from analysis.estimates import curves, prognosis, survival
from analysis.estimates.log_rank import log_rank
from analysis.estimates.one_factor import hazard_ratio
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.estimates.sensitivity import patients_of, records, times_of
from tests.estimates.strict import STRICT
from tests.later import DAYS, write_later

PARAMETERS = Parameters()

pytestmark = STRICT


def entering(times: pd.DataFrame) -> pd.DataFrame:
    """Let two of three patients enter on the way, as in R."""
    turn = np.arange(1, len(times) + 1) % 3
    start = (times["days"] * turn) // 4
    return times.assign(start=start.mask((turn == 0) | (times["days"] == 0), -1))


@pytest.mark.parametrize("record", records("entry_curve"))
def test_a_curve_of_late_entries_agrees_with_r(record: dict[str, Any]) -> None:
    found = curves.curve(entering(patients_of(record)), Parameters(ci_type=record["ci_type"]))
    expected = record["values"]
    ended = found[(found["events"] + found["censored"]) > 0]
    for column in ("days", "at_risk", "survival"):
        assert ended[column].tolist() == pytest.approx(expected[column], rel=1e-9), column
    middle = curves.median(found)
    assert [middle.value, middle.lower, middle.upper] == pytest.approx(
        [_number(expected[name]) for name in ("median", "lower", "upper")], nan_ok=True
    )
    rates = [curves.rate(found, month * DAYS_PER_MONTH) for month in record["months"]]
    for name, given_ in (("rate", "value"), ("rate_lower", "lower"), ("rate_upper", "upper")):
        assert [getattr(rate, given_) for rate in rates] == pytest.approx(
            expected[name], rel=1e-9
        ), name


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


@pytest.mark.parametrize("record", records("entry_at_risk"))
def test_numbers_at_risk_are_of_those_who_have_entered(record: dict[str, Any]) -> None:
    found = curves.curve(entering(patients_of(record)), PARAMETERS)
    assert curves.numbers_at_risk(found, record["months"]) == record["values"]["at_risk"]


@pytest.mark.parametrize("record", records("entry_ratio"))
def test_a_hazard_ratio_of_late_entries_agrees_with_r(record: dict[str, Any]) -> None:
    found = hazard_ratio(entering(times_of(record)), "yes", PARAMETERS)
    expected = record["values"]
    assert [
        found.ratio.value,
        found.ratio.lower,
        found.ratio.upper,
        found.p_value,
        found.proportionality_p,
    ] == pytest.approx(
        [
            expected[name]
            for name in ("hazard_ratio", "lower", "upper", "p_value", "proportionality_p")
        ],
        rel=1e-6,
    )


@pytest.mark.parametrize("record", records("entry_log_rank"))
def test_a_log_rank_test_of_late_entries_agrees_with_r(record: dict[str, Any]) -> None:
    found = log_rank(entering(times_of(record)))
    assert found.statistic == pytest.approx(record["values"]["statistic"], rel=1e-9)
    assert found.p_value == pytest.approx(record["values"]["p_value"], rel=1e-9)


@pytest.mark.parametrize("record", records("zero"))
def test_the_cohort_from_another_day_agrees_with_r(record: dict[str, Any], tmp_path: Path) -> None:
    chosen: dict[str, Any] = {"time_zero": record["time_zero"]}
    if record["time_zero"] == "first treatment":
        chosen = {"delayed_entry": "second treatment"}
    dataset: str | Path = "synthetic"
    if record["later"]:
        assert record["later"] == DAYS
        dataset = write_later(tmp_path / "later")
        # Some of them began too late for the study.
        chosen |= {"apply_eligibility": False}
    cohort = load(dataset, STUDY, chosen)
    found = pick(
        survival.estimate(cohort, cohort.parameters), variable=record["endpoint"], group=""
    )
    expected = record["values"]
    plain = found[found["variable_level"] == ""].set_index("statistic")["value"]
    assert plain[Statistic.N] == expected["n"]
    assert pick(found, statistic=Statistic.EXCLUDED)["value"].sum() == expected["before"]
    assert [
        plain[name] * DAYS_PER_MONTH
        for name in (Statistic.MEDIAN, Statistic.MEDIAN_LOWER, Statistic.MEDIAN_UPPER)
    ] == pytest.approx([expected[name] for name in ("median", "lower", "upper")])
    rates = [value_of(found, statistic=Statistic.RATE, variable_level=month) for month in (12, 24)]
    assert rates == pytest.approx([100 * rate for rate in expected["rate"]], rel=1e-9)


def test_overall_survival_from_the_second_treatment_and_left_truncated() -> None:
    """The printed numbers, which R gives: 15.4 (14.2 to 17.4), and 17.0."""
    printed = []
    for choice in ({"time_zero": "second treatment"}, {"delayed_entry": "second treatment"}):
        cohort = load("synthetic", STUDY, choice)
        found = pick(survival.estimate(cohort, cohort.parameters), variable="OS", group="")
        printed.append(
            [
                round(value_of(found, statistic=name), 1)
                for name in (Statistic.MEDIAN, Statistic.MEDIAN_LOWER, Statistic.MEDIAN_UPPER)
            ]
        )
    assert printed == [[15.4, 14.2, 17.4], [17.0, 15.6, 18.0]]


def test_factors_are_compared_among_those_who_have_entered() -> None:
    cohort = load("synthetic", STUDY, {"delayed_entry": "second treatment"})
    found = prognosis.estimate(cohort, cohort.parameters)
    once = prognosis.estimate(load("synthetic", STUDY), PARAMETERS)
    keys = {"group": "concurrent", "variable": "OS", "statistic": Statistic.HAZARD_RATIO}
    assert value_of(found, **keys) != value_of(once, **keys)
    tests = found[found["statistic"].isin([Statistic.P_VALUE, Statistic.HAZARD_RATIO])]
    assert tests["method"].str.contains("at risk from the second treatment", regex=False).all()
    medians = pick(found, statistic=Statistic.MEDIAN)["method"]
    assert (medians.str.count("delayed entry") == 1).all()


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=30))
def test_nobody_late_is_the_curve_without_entry(patients: list[tuple[int, bool]]) -> None:
    times = pd.DataFrame(patients, columns=["days", "event"])
    pd.testing.assert_frame_equal(
        curves.curve(times.assign(start=-1), PARAMETERS), curves.curve(times, PARAMETERS)
    )


@given(
    st.lists(
        st.tuples(st.integers(-1, 20), st.integers(1, 20), st.booleans()), min_size=1, max_size=30
    )
)
def test_at_risk_is_who_has_entered_and_not_left(patients: list[tuple[int, int, bool]]) -> None:
    times = pd.DataFrame(patients, columns=["start", "length", "event"])
    times["days"] = (times["start"] + times["length"]).clip(lower=0)
    times.loc[times["days"] <= times["start"], "start"] = -1
    times.loc[times["start"] == 0, "start"] = -1
    found = curves.curve(times, PARAMETERS)
    for day, at_risk in zip(found["days"], found["at_risk"], strict=True):
        assert at_risk == ((times["start"] < day) & (times["days"] >= day)).sum()
    assert found["survival"].is_monotonic_decreasing


def test_there_is_no_incidence_and_no_bootstrap_of_late_entries() -> None:
    times = pd.DataFrame({"start": [-1, 3], "days": [5, 9], "event": [True, False]})
    with pytest.raises(ValueError, match="enter late"):
        curves.curve(times.assign(competing=[False, True]), PARAMETERS)
    with pytest.raises(ValueError, match="enter late"):
        curves.curve(times, Parameters(interval_source="bootstrap"))
