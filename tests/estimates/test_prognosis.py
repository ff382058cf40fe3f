"""Prognostic factors against R's `survdiff` and `coxph`, and what must hold.

Tolerance: log-rank statistics are sums of a few hundred fractions, and both Cox iterations are
carried to the last digits (R's by starting it again where it stopped); 1e-10 leaves room for
another order of summing.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from analysis.cohort.model import Cohort
from analysis.cohort.recording import Recording
from analysis.cohort.schema import TABLE_KEYS
from analysis.estimates import curves, points, prognosis, survival
from analysis.estimates.log_rank import log_rank
from analysis.estimates.one_factor import hazard_ratio
from analysis.estimates.rows import pick, value_of
from analysis.zhai_2025.factors import FACTORS
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.estimates.strict import STRICT

REFERENCE = Path(__file__).parents[1] / "reference"
EXPECTED = json.loads((REFERENCE / "expected.json").read_text())
PARAMETERS = Parameters()

# What lifelines or numpy would print must not reach a notebook.
pytestmark = STRICT


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, expected, id=f"{name}-{expected['group']}")
        for name, dataset in EXPECTED["datasets"].items()
        for expected in dataset[kind]
    ]


def times_of(name: str, group: str) -> pd.DataFrame:
    rows = pd.read_csv(REFERENCE / f"{name}.csv", dtype=str)
    rows = rows.astype({"days": int, "event": int}).astype({"event": bool})
    return rows[["days", "event", group]].rename(columns={group: "level"})


def times(rows: list[tuple[int, bool, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["days", "event", "level"])


two_groups = st.lists(
    st.tuples(st.integers(0, 25), st.booleans(), st.sampled_from(["yes", "no"])),
    min_size=2,
    max_size=30,
).map(times)
settled = settings(max_examples=30, deadline=None)


# Against R


@pytest.mark.parametrize(("name", "expected"), cases("log_rank"))
def test_log_rank_agrees_with_r(name: str, expected: dict[str, Any]) -> None:
    found = log_rank(times_of(name, expected["group"]))
    assert found.statistic == pytest.approx(expected["chisq"], rel=1e-10)
    assert found.degrees_of_freedom == expected["df"]
    assert found.p_value == pytest.approx(expected["p"], rel=1e-10)


@pytest.mark.parametrize(("name", "expected"), cases("cox"))
def test_hazard_ratio_agrees_with_r(name: str, expected: dict[str, Any]) -> None:
    found = hazard_ratio(times_of(name, expected["group"]), expected["level"], PARAMETERS)
    limits = np.log([found.ratio.lower, found.ratio.upper])
    assert math.log(found.ratio.value) == pytest.approx(expected["coefficient"], abs=1e-10)
    error = (limits[1] - limits[0]) / (2 * norm.ppf(0.975))
    assert error == pytest.approx(expected["standard_error"], abs=1e-10)
    assert found.ratio.lower == pytest.approx(expected["lower"], abs=1e-10)
    assert found.ratio.upper == pytest.approx(expected["upper"], abs=1e-10)
    assert found.p_value == pytest.approx(expected["p"], abs=1e-10)


def test_hazard_ratio_has_the_confidence_asked_for() -> None:
    rows = times_of("lung", "sex")
    wide = hazard_ratio(rows, "2", Parameters(confidence=0.99)).ratio
    found = hazard_ratio(rows, "2", PARAMETERS).ratio
    width = math.log(wide.upper / wide.lower) / math.log(found.upper / found.lower)
    assert width == pytest.approx(norm.ppf(0.995) / norm.ppf(0.975))


# What must hold for any patients


@settled
@given(two_groups, st.randoms(use_true_random=False), st.integers(2, 31))
def test_order_names_and_unit_do_not_change_the_tests(
    rows: pd.DataFrame, random: Random, unit: int
) -> None:
    other = rows.iloc[random.sample(range(len(rows)), len(rows))].assign(
        level=lambda frame: frame["level"].map({"yes": "no", "no": "yes"}),
        days=lambda frame: frame["days"] * unit,
    )
    np.testing.assert_allclose(log_rank(other).p_value, log_rank(rows).p_value, rtol=1e-9)
    found = hazard_ratio(rows, "yes", PARAMETERS)
    inverted = hazard_ratio(other, "yes", PARAMETERS)
    np.testing.assert_allclose(inverted.ratio.value, 1 / found.ratio.value, rtol=1e-8)
    np.testing.assert_allclose(inverted.ratio.lower, 1 / found.ratio.upper, rtol=1e-8)
    np.testing.assert_allclose(inverted.p_value, found.p_value, rtol=1e-8, atol=1e-12)
    assert inverted.note == found.note


@settled
@given(two_groups)
def test_hazard_ratio_is_finite_or_says_why_not(rows: pd.DataFrame) -> None:
    found = hazard_ratio(rows, "yes", PARAMETERS)
    everything = [found.ratio.value, found.ratio.lower, found.ratio.upper, found.p_value]
    assert np.isfinite(everything).all() if not found.note else np.isnan(everything).all()


@settled
@given(two_groups)
def test_log_rank_is_the_score_test_of_mantel(rows: pd.DataFrame) -> None:
    """Against the textbook's sum over the event days, one hypergeometric table each."""
    excess, variance = 0.0, 0.0
    for day in rows.loc[rows["event"], "days"].unique():
        left = rows[rows["days"] >= day]
        n, yes = len(left), int((left["level"] == "yes").sum())
        having = left[left["event"] & (left["days"] == day)]
        d = len(having)
        excess += (having["level"] == "yes").sum() - d * yes / n
        if n > 1:
            variance += d * yes / n * (1 - yes / n) * (n - d) / (n - 1)
    found = log_rank(rows)
    assert math.isnan(found.p_value) == (variance == 0)
    assume(variance > 0)
    assert found.statistic == pytest.approx(excess**2 / variance, rel=1e-9, abs=1e-12)


# Groups that cannot be compared


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(5, True, "yes"), (9, True, "yes")], id="one level"),
        pytest.param([(5, False, "yes"), (9, False, "no")], id="no event"),
        pytest.param([(5, False, "yes"), (6, True, "no"), (9, True, "no")], id="nobody left"),
        pytest.param([(5, True, "yes"), (5, True, "no")], id="all at once"),
        pytest.param([], id="nobody"),
    ],
)
def test_log_rank_says_when_nothing_can_be_compared(rows: list[tuple[int, bool, str]]) -> None:
    found = log_rank(times(rows).astype({"days": int, "event": bool}))
    assert math.isnan(found.p_value)
    assert found.note == "no event while two groups were at risk"


def test_log_rank_leaves_out_a_group_that_nobody_is_left_in() -> None:
    """R: survdiff gives chisq 0.42857142857142860, p 0.51269076026192344 on 1 df."""
    found = log_rank(
        times(
            [
                (1, False, "a"),
                (1, False, "a"),
                (3, True, "b"),
                (4, True, "b"),
                (3, True, "c"),
                (5, True, "c"),
            ]
        )
    )
    assert found.degrees_of_freedom == 1
    assert found.statistic == pytest.approx(0.4285714285714286, rel=1e-10)
    assert found.p_value == pytest.approx(0.5126907602619234, rel=1e-10)


def test_hazard_ratio_without_events_in_one_group_is_not_estimable() -> None:
    found = hazard_ratio(
        times([(5, True, "yes"), (6, True, "yes"), (7, False, "no"), (9, False, "no")]),
        "yes",
        PARAMETERS,
    )
    assert math.isnan(found.ratio.value)
    assert "not estimable" in found.note


# Rows of the estimates table

CELLS = ("squamous", "smallcell", "adeno", "large")
# The factor beside Table 5 with the four types of cells for levels.
STUDY_OF_CELLS = replace(
    STUDY,
    factors=tuple(
        replace(factor, levels=CELLS) if factor.name == "ici_regimen" else factor
        for factor in FACTORS
    ),
)


def veterans(second: str = "PFS", **columns: pd.Categorical) -> Cohort:
    """Lung cancer patients of the `veteran` data in the form of a cohort, two endpoints each."""
    rows = pd.read_csv(REFERENCE / "veteran.csv")
    ids = [f"V{number:03d}" for number in range(len(rows))]
    times_of_all = pd.DataFrame(
        {
            "patient_id": ids,
            "days": rows["days"],
            "event": rows["event"].astype(bool),
            "competing": False,
        }
    )
    patients = pd.DataFrame(
        {
            "factor_concurrent": pd.Categorical(
                np.where(rows["treatment"] == 1, "yes", "no"), ["no", "yes"], ordered=True
            ),
            "factor_pvtt": pd.Categorical([None] * len(rows), ["no", "yes"]),
            "factor_ici_regimen": pd.Categorical(rows["cell"], CELLS, ordered=True),
            **columns,
        },
        index=pd.Index(ids, name="patient_id"),
    )
    nothing = pd.DataFrame()
    return Cohort(
        name="veteran",
        study=STUDY_OF_CELLS.under(PARAMETERS),
        title="Veterans",
        notice="",
        synthetic=False,
        patients=patients,
        radiotherapy=nothing,
        immunotherapy=nothing,
        assessments=nothing,
        adverse_events=nothing,
        organ_doses=nothing,
        time_to_event=pd.concat(
            [
                times_of_all.assign(endpoint="OS"),
                times_of_all.assign(endpoint=second, days=times_of_all["days"] // 2),
            ]
        ),
        screening=nothing,
        recording=Recording(frozenset(TABLE_KEYS), frozenset(), {}),
        unrecorded={},
        stand_ins={},
        read=len(patients),
    )


def test_estimates_of_factors_and_regimen() -> None:
    table = prognosis.estimate(veterans(), PARAMETERS)
    assert set(table["group"]) == {"concurrent", "ici_regimen"}
    assert set(table["variable"]) == {"OS", "PFS"}
    os = pick(table, variable="OS")
    expected = {case["group"]: case for case in EXPECTED["datasets"]["veteran"]["log_rank"]}
    p = value_of(os, group="concurrent", statistic="p_value")
    assert p == pytest.approx(expected["treatment"]["p"], rel=1e-10)
    p = value_of(os, group="ici_regimen", statistic="p_value")
    assert p == pytest.approx(expected["cell"]["p"], rel=1e-10)
    cox = EXPECTED["datasets"]["veteran"]["cox"][0]
    ratio = value_of(os, group="concurrent", statistic="hazard_ratio")
    assert ratio == pytest.approx(math.exp(-cox["coefficient"]), abs=1e-10)
    lower = value_of(os, group="concurrent", statistic="hr_lower")
    assert lower == pytest.approx(1 / cox["upper"], abs=1e-10)
    counts = [
        value_of(os, group="concurrent", group_level=level, statistic="n")
        for level in ("yes", "no")
    ]
    assert counts == [69, 68]
    assert set(pick(os, group="ici_regimen", statistic="median")["group_level"]) == {
        "adeno",
        "large",
        "smallcell",
        "squamous",
    }


def test_recurrence_free_survival_stands_in_for_progression_free() -> None:
    table = prognosis.estimate(veterans(second="RFS"), PARAMETERS)
    assert set(table["variable"]) == {"OS", "RFS"}


def test_a_factor_that_everybody_has_is_reported_without_comparison() -> None:
    everybody = pd.Categorical(["yes"] * 137, ["no", "yes"])
    table = prognosis.estimate(veterans(factor_male=everybody), PARAMETERS)
    male = pick(table, group="male", variable="OS")
    assert value_of(male, group_level="no", statistic="n") == 0
    assert pick(male, group_level="no", statistic="median")["note"].item() == "no patients"
    for statistic in ("p_value", "hazard_ratio"):
        compared = pick(male, statistic=statistic)
        assert compared["value"].isna().all()
        assert compared["note"].ne("").all()


def test_nothing_recorded_gives_an_empty_table() -> None:
    cohort = veterans(
        factor_concurrent=pd.Categorical([None] * 137),
        factor_ici_regimen=pd.Categorical([None] * 137),
    )
    assert prognosis.estimate(cohort, PARAMETERS).empty


def test_factors_of_table_5_are_sixteen_and_named_once() -> None:
    of_table_5 = [factor for factor in FACTORS if factor.in_table]
    assert len(of_table_5) == len({factor.key for factor in of_table_5}) == 16
    assert len({factor.name for factor in FACTORS}) == len(FACTORS)


def test_curves_of_any_factor() -> None:
    cohort = veterans()
    chosen = [cohort.study.factor(name) for name in ("ici_regimen", "pvtt")]
    found = points.factor_curves(cohort, PARAMETERS, chosen)
    # What is not recorded has no curve.
    assert set(found["group"]) == {"ici_regimen"}
    assert list(found["group_level"].unique()) == ["squamous", "smallcell", "adeno", "large"]
    rows = times_of("veteran", "cell").query("level == 'adeno'")
    drawn = pick(found, variable="OS", group_level="adeno", analysis_id=points.FACTOR_CURVE)
    pd.testing.assert_frame_equal(curves.of_rows(drawn), curves.curve(rows, PARAMETERS))
    below = pick(found, variable="OS", group_level="adeno", analysis_id=points.FACTOR_AT_RISK)
    months = [int(month) for month in below["variable_level"]]
    assert months == survival.at_risk_months(PARAMETERS)
    expected = curves.numbers_at_risk(curves.curve(rows, PARAMETERS), months)
    assert below["value"].tolist() == expected
