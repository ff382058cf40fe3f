"""Survival estimates against R's `survival` package, exact arithmetic, and what must hold.

Tolerance: both sides multiply the same fractions in doubles, in another order, so that they
agree to a few units in the last place; 1e-10 leaves room for sums of a few hundred terms and
for the exponentials of the log-log interval.
"""

from __future__ import annotations

import json
import math
import shutil
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.model import Cohort
from analysis.cohort.recording import Recording
from analysis.cohort.schema import TABLE_KEYS
from analysis.estimates import curves, survival
from analysis.estimates.rows import pick, rounded, value_of
from analysis.study.months import DAYS_PER_MONTH, months
from analysis.study.parameters import ConfidenceInterval
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.rscript import run_r

REFERENCE = Path(__file__).parents[1] / "reference"
EXPECTED = json.loads((REFERENCE / "expected.json").read_text())
PARAMETERS = Parameters()

CURVES = [
    pytest.param(name, found, id=f"{name}-{found['group']}-{found['level']}")
    for name, dataset in EXPECTED["datasets"].items()
    for found in dataset["curves"]
]


def times_of(name: str, group: str = "", level: str = "") -> pd.DataFrame:
    rows = pd.read_csv(REFERENCE / f"{name}.csv", dtype=str)
    rows = rows.astype({"days": int, "event": int}).astype({"event": bool})
    return rows[rows[group] == level] if group else rows


def times(days: list[int], events: list[bool]) -> pd.DataFrame:
    return pd.DataFrame({"days": days, "event": events}).astype({"days": int, "event": bool})


def numbers(values: list[float | None]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=float)


def assert_close(found: npt.ArrayLike, expected: npt.ArrayLike) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=1e-10, atol=1e-12
    )


def values(estimate: curves.Estimate) -> list[float]:
    return [estimate.value, estimate.lower, estimate.upper]


patients = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=30).map(
    lambda rows: times([day for day, _ in rows], [event for _, event in rows])
)
settled = settings(max_examples=30, deadline=None)


# Against R


@pytest.mark.parametrize(("name", "expected"), CURVES)
def test_curve_agrees_with_r(name: str, expected: dict[str, Any]) -> None:
    of_group = times_of(name, expected["group"], expected["level"])
    found = curves.curve(of_group, PARAMETERS)
    for column in ("days", "at_risk", "events", "censored"):
        assert found[column].tolist() == expected[column]
    assert_close(found["survival"], expected["survival"])


@pytest.mark.parametrize(("name", "expected"), CURVES)
def test_limits_medians_and_rates_agree_with_r(name: str, expected: dict[str, Any]) -> None:
    of_group = times_of(name, expected["group"], expected["level"])
    for interval in expected["intervals"]:
        parameters = Parameters(ci_type=interval["ci_type"], confidence=interval["confidence"])
        found = curves.curve(of_group, parameters)
        for column in ("lower", "upper"):
            assert_close(found[column], numbers(interval[column]))
        np.testing.assert_array_equal(values(curves.median(found)), numbers(interval["median"]))
        rates = interval["rates"]
        assert_close(
            [values(curves.rate(found, day)) for day in rates["days"]],
            np.transpose([numbers(rates[part]) for part in ("survival", "lower", "upper")]),
        )


@pytest.mark.parametrize(("name", "expected"), CURVES)
def test_numbers_at_risk_and_follow_up_agree_with_r(name: str, expected: dict[str, Any]) -> None:
    of_group = times_of(name, expected["group"], expected["level"])
    found = curves.curve(of_group, PARAMETERS)
    at_risk = curves.numbers_at_risk(found, expected["risk_months"])
    assert at_risk == expected["numbers_at_risk"]
    follow_up = survival.follow_up_rows(of_group.assign(endpoint="OS"), PARAMETERS)
    days = {row["statistic"]: row["value"] * DAYS_PER_MONTH for row in follow_up}
    assert_close(
        [days[statistic] for statistic in ("median", "min", "max")],
        numbers([expected["follow_up"]["median"], *of_group["days"].agg(["min", "max"])]),
    )


def test_reference_names_its_software() -> None:
    versions = EXPECTED["versions"]
    readme = (REFERENCE / "README.md").read_text()
    assert f"R {versions['R']} with survival {versions['survival']}" in readme


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(tmp_path: Path) -> None:
    for file in REFERENCE.glob("*.csv"):
        shutil.copy(file, tmp_path)
    (tmp_path / "lung.csv").unlink()
    run_r("tests/reference/make_reference.R", tmp_path, packages=("survival",))
    assert (tmp_path / "lung.csv").read_text() == (REFERENCE / "lung.csv").read_text()
    again = json.loads((tmp_path / "expected.json").read_text())
    assert_same(again | {"versions": None}, EXPECTED | {"versions": None})


def assert_same(found: Any, expected: Any, where: str = "") -> None:
    """Compare two trees of values; numbers to 1e-10, for other builds of R."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for position, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_same(one, other, f"{where}/{position}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-12), where
    else:
        assert found == expected, where


# The median at one half


@pytest.mark.parametrize("n", [2, 4, 6, 10, 12, 20, 24, 50, 108])
def test_median_of_an_even_number_is_the_middle(n: int) -> None:
    """Products such as (11/12)(10/11)...(6/7) are not exactly one half in doubles."""
    found = curves.curve(times(list(range(1, n + 1)), [True] * n), PARAMETERS)
    assert curves.median(found).value == (n + 1) / 2


@pytest.mark.parametrize("n", [4, 10, 12, 20, 24, 50, 108])
def test_median_is_the_first_day_at_one_half_when_nothing_follows(n: int) -> None:
    events = [day <= n // 2 for day in range(1, n + 1)]
    found = curves.curve(times(list(range(1, n + 1)), events), PARAMETERS)
    assert curves.median(found).value == n // 2


def test_median_that_is_not_reached_is_nan() -> None:
    found = curves.curve(times([5, 6, 7], [True, False, False]), PARAMETERS)
    assert math.isnan(curves.median(found).value)


# Exact arithmetic


def exact_survival(rows: pd.DataFrame) -> dict[int, Fraction]:
    left, height = len(rows), Fraction(1)
    heights = {0: height}
    for day in sorted(set(rows["days"])):
        of_day = rows.loc[rows["days"] == day, "event"]
        height *= 1 - Fraction(int(of_day.sum()), left)
        left -= len(of_day)
        heights[day] = height
    return heights


def exact_median(heights: dict[int, Fraction]) -> float:
    half = Fraction(1, 2)
    reached = [day for day, height in heights.items() if height <= half]
    if not reached:
        return math.nan
    below = [day for day, height in heights.items() if height < heights[reached[0]]]
    if heights[reached[0]] == half and below:
        return (reached[0] + below[0]) / 2
    return reached[0]


@settled
@given(patients)
def test_curve_and_median_are_those_of_exact_fractions(rows: pd.DataFrame) -> None:
    found = curves.curve(rows, PARAMETERS)
    exact = exact_survival(rows)
    assert found["days"].tolist() == list(exact)
    np.testing.assert_allclose(
        found["survival"], [float(height) for height in exact.values()], rtol=1e-12
    )
    np.testing.assert_equal(curves.median(found).value, exact_median(exact))


# What must hold for any patients


@settled
@given(patients, st.randoms(use_true_random=False))
def test_order_of_patients_does_not_matter(rows: pd.DataFrame, random: Random) -> None:
    shuffled = rows.iloc[random.sample(range(len(rows)), len(rows))]
    pd.testing.assert_frame_equal(
        curves.curve(shuffled, PARAMETERS), curves.curve(rows, PARAMETERS)
    )


@settled
@given(patients, st.integers(2, 31), st.sampled_from(["log-log", "log", "plain"]))
def test_unit_of_time_only_scales_the_median(
    rows: pd.DataFrame, unit: int, ci_type: ConfidenceInterval
) -> None:
    parameters = Parameters(ci_type=ci_type)
    found = curves.curve(rows, parameters)
    scaled = curves.curve(rows.assign(days=rows["days"] * unit), parameters)
    assert (scaled["days"] == found["days"] * unit).all()
    pd.testing.assert_frame_equal(scaled.drop(columns="days"), found.drop(columns="days"))
    np.testing.assert_allclose(
        [months(days) for days in values(curves.median(scaled))],
        [unit * months(days) for days in values(curves.median(found))],
    )


@settled
@given(patients, st.sampled_from(["log-log", "log", "plain"]))
def test_curve_falls_within_its_limits(rows: pd.DataFrame, ci_type: ConfidenceInterval) -> None:
    found = curves.curve(rows, Parameters(ci_type=ci_type))
    assert found["survival"].is_monotonic_decreasing
    assert found["survival"].between(0, 1).all()
    limited = found.dropna()
    assert (limited["lower"] <= limited["survival"] * (1 + 1e-12)).all()
    assert (limited["upper"] >= limited["survival"] * (1 - 1e-12)).all()
    assert limited["lower"].ge(0).all()
    assert limited["upper"].le(1).all()


@settled
@given(patients)
def test_numbers_at_risk_fall_and_count_the_patients_left(rows: pd.DataFrame) -> None:
    grid = [0, 0.1, 0.25, 0.5, 1, 1.2, 2]
    found = curves.numbers_at_risk(curves.curve(rows, PARAMETERS), grid)
    assert found == [int((rows["days"] >= month * 30.4375).sum()) for month in grid]
    assert found[0] == len(rows)
    assert sorted(found, reverse=True) == found
    censored = curves.numbers_censored(curves.curve(rows, PARAMETERS), grid)
    gone = [rows["days"] < month * 30.4375 for month in grid]
    assert censored == [int((before & ~rows["event"]).sum()) for before in gone]


# Choices


@settled
@given(patients)
def test_follow_up_by_its_definitions(rows: pd.DataFrame) -> None:
    observed = rows.assign(endpoint="OS")
    of_whom = {"all patients": rows["days"], "survivors": rows.loc[~rows["event"], "days"]}
    for definition, days in of_whom.items():
        parameters = Parameters(follow_up_definition=definition)  # type: ignore[arg-type]
        first = survival.follow_up_rows(observed, parameters)[0]
        np.testing.assert_allclose(first["value"] * DAYS_PER_MONTH, days.median())
        assert first["n"] == len(days)
        assert first["note"] == ("" if len(days) else "no patients")
        assert definition in first["method"]


def test_methods_say_each_choice_that_is_not_the_articles() -> None:
    parameters = Parameters(
        time_zero="radiotherapy",
        pfs_censoring="last imaging",
        relapse_censoring="last contact",
        relapse_death="event",
    )

    def said_of(name: str, chosen: Parameters) -> str:
        return survival.method_of(STUDY.endpoint(name), chosen)

    assert said_of("OS", PARAMETERS) == "Kaplan-Meier"
    start = ", from the start of radiotherapy"
    assert said_of("OS", parameters) == f"Kaplan-Meier{start}"
    assert said_of("PFS", parameters) == f"Kaplan-Meier, censored at last imaging{start}"
    said = f"Kaplan-Meier, death an event, censored at last contact{start}"
    assert said_of("IRFS", parameters) == said
    competing = Parameters(relapse_death="competing")
    assert said_of("ORFS", competing).startswith("1 - Aalen-Johansen incidence")
    assert said_of("PFS", competing) == "Kaplan-Meier"


BOOTSTRAP = Parameters(interval_source="bootstrap", bootstrap_replicates=400)


def test_bootstrap_limits_are_percentiles_of_curves_and_medians() -> None:
    """Of 200 patients they lie near the limits by formula, within a third of their width."""
    random = np.random.default_rng(3)
    own, lost = random.exponential(300, 200), random.exponential(900, 200)
    rows = times(list(np.minimum(own, lost).astype(int)), list(own < lost))
    found = [curves.median_of(rows, parameters) for parameters in (PARAMETERS, BOOTSTRAP)]
    estimated = [curves.curve(rows, parameters) for parameters in (PARAMETERS, BOOTSTRAP)]
    found += [curves.rate(one, 365) for one in estimated]
    for formula, bootstrap in zip(found[::2], found[1::2], strict=True):
        assert bootstrap.value == formula.value
        width = formula.upper - formula.lower
        assert bootstrap.lower == pytest.approx(formula.lower, abs=width / 3)
        assert bootstrap.upper == pytest.approx(formula.upper, abs=width / 3)
        assert (bootstrap.lower, bootstrap.upper) != (formula.lower, formula.upper)
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(curves.curve(shuffled, BOOTSTRAP), estimated[1])


def test_a_bootstrap_median_that_is_mostly_not_reached_has_no_upper_limit() -> None:
    rows = times([10, 20, 30, 40, 50, 60], [True, True, True, False, False, False])
    found = curves.median_of(rows, BOOTSTRAP)
    assert found.value == 30
    assert found.lower < 30
    assert math.isnan(found.upper)


# Faults


def test_curve_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one patient"):
        curves.curve(times([], []), PARAMETERS)


@pytest.mark.parametrize("day", [-1, math.nan])
def test_curve_of_impossible_days_is_refused(day: float) -> None:
    rows = pd.DataFrame({"days": [3.0, day], "event": [True, False]})
    with pytest.raises(ValueError, match="days of 0 or more"):
        curves.curve(rows, PARAMETERS)


def test_curve_leaves_the_error_state_of_numpy_alone() -> None:
    before = np.geterr()
    curves.curve(times([1, 2], [True, True]), PARAMETERS)
    assert np.geterr() == before


# Rows of the estimates table


def cohort_of(time_to_event: pd.DataFrame, **columns: list[str | None]) -> Cohort:
    ids = time_to_event["patient_id"].unique()
    frame = pd.DataFrame(
        {name: pd.Categorical(levels) for name, levels in columns.items()},
        index=pd.Index(ids, name="patient_id"),
    )
    nothing = pd.DataFrame()
    return Cohort(
        name="made-up",
        study=STUDY,
        title="Made-up patients",
        notice="",
        synthetic=True,
        patients=frame,
        radiotherapy=nothing,
        immunotherapy=nothing,
        assessments=nothing,
        adverse_events=nothing,
        organ_doses=nothing,
        time_to_event=time_to_event,
        screening=nothing,
        recording=Recording(frozenset(TABLE_KEYS), frozenset(), {}),
        unrecorded={},
        stand_ins={},
        read=len(frame),
    )


def four_patients() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": ["a", "b", "c", "d"] * 2,
            "endpoint": ["OS"] * 4 + ["PFS"] * 4,
            "days": [100, 400, 500, 900, 50, 200, 500, 900],
            "event": [True, True, False, False, True, True, True, False],
            "competing": False,
        }
    )


def test_estimates_of_a_cohort() -> None:
    table = survival.estimate(
        cohort_of(
            four_patients(),
            death=["yes", "yes", "no", "no"],
            cause_of_death=["tumour", "tumour", None, None],
            progression=["yes", "yes", "yes", "no"],
            failure_pattern=["in-field only", "out-of-field only", "out-of-field only", None],
            in_field_relapse=["yes", "no", "no", "no"],
        ),
        Parameters(
            rate_months=(12, 36), figure_months=24, at_risk_every_months=12, show_censored=True
        ),
    )

    def value(variable: str, statistic: str, level: object = "") -> float:
        return value_of(table, variable=variable, statistic=statistic, variable_level=level)

    assert value("OS", "n") == 4
    assert value("OS", "events") == 2
    assert value("OS", "median") == rounded(400 / 30.4375)
    assert math.isnan(value("OS", "median_upper"))
    assert value("OS", "rate", 12) == pytest.approx(75)
    assert 0 < value("OS", "rate_lower", 12) < 75 < value("OS", "rate_upper", 12) < 100
    assert math.isnan(value("OS", "rate", 36))
    assert [value("OS", "at_risk", month) for month in (0, 12, 24)] == [4, 3, 1]
    assert [value("OS", "censored_before", month) for month in (0, 12, 24)] == [0, 0, 1]
    assert value("PFS", "median") == rounded(350 / 30.4375)
    assert value("follow_up", "median") == rounded(700 / 30.4375)
    assert value("follow_up", "min") == rounded(100 / 30.4375)
    assert value("follow_up", "max") == rounded(900 / 30.4375)
    assert value("death", "count", "yes") == 2
    assert value("death", "percent", "yes") == 50
    assert value("cause_of_death", "count", "tumour") == 2
    assert value("progression", "count", "yes") == 3
    assert value("failure_pattern", "count", "out-of-field only") == 2
    assert value("in_field_relapse", "count", "yes") == 1
    notes = pick(table, variable="OS").query("value.isna()").set_index("statistic")["note"]
    assert notes["median_upper"] == "not reached"
    assert notes["rate"] == "beyond the last follow-up"


def test_what_is_not_recorded_has_no_rows() -> None:
    pfs = four_patients().query("endpoint == 'PFS'")
    table = survival.estimate(cohort_of(pfs, death=[None] * 4), PARAMETERS)
    assert set(table["variable"]) == {"PFS"}


def test_nobody_at_all_gives_a_row_that_says_so() -> None:
    rows = survival.endpoint_rows(
        four_patients().iloc[:0], STUDY.endpoint("IRFS"), PARAMETERS, group="sex"
    )
    assert [row["value"] for row in rows[:2]] == [0, 0]
    assert {row["note"] for row in rows[2:]} == {"no patients"}
