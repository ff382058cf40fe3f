"""Page 06 says by which test and model factors were compared in the report at hand."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.cohort.read import load
from analysis.display.format import p_value
from analysis.display.pages import prognosis as page
from analysis.estimates import prognosis
from analysis.estimates.rows import value_of
from analysis.study.keys import Statistic
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY

COHORT = load("synthetic", STUDY)


def test_the_choices_of_the_article_are_told() -> None:
    study = COHORT.study
    estimates = prognosis.estimate(COHORT, COHORT.parameters)
    said = page.method(estimates, study).data
    assert "log-rank test (Mantel 1966; Peto and Peto 1972)" in said
    assert "without adjustment for the number of tests" in said
    assert (
        "Cox regression with the one factor (Cox 1972; ties after Efron 1977)"
        in page.hazards_method(estimates, study).data
    )
    said = page.forest_caption(estimates, study)
    assert said.startswith("Hazard ratios with and without each factor. † Fewer than 5 events")
    assert page.spline_table(estimates, study) is None


@pytest.mark.parametrize(
    ("choices", "words", "unsaid"),
    [
        ({"factor_test": "Peto-Peto"}, "the Peto-Peto test (1972)", "log-rank"),
        (
            {"p_adjustment": "Holm"},
            "adjusted for the number of tests after Holm (1979)",
            "without adjustment for the number",
        ),
        ({"landmark_months": 3}, "Patients at risk at month 3, time counted from it.", "Holm"),
        ({"mode_over_time": True}, "Mantel-Byar", "Patients at risk"),
        ({"afp_model": "spline"}, "natural cubic spline of log10 AFP", "Holm"),
    ],
)
def test_other_choices_are_told(choices: dict[str, Any], words: str, unsaid: str) -> None:
    cohort = load("synthetic", STUDY, Parameters(**choices))
    study = cohort.study
    estimates = prognosis.estimate(cohort, study.chosen)
    said = page.method(estimates, study).data
    assert words in said
    assert unsaid not in said
    assert page.table_5(estimates, study) is not None
    assert page.table_5_hazards(estimates, study) is not None
    shown = page.spline_table(estimates, study) is not None
    assert shown == ("afp_model" in choices)


@pytest.mark.parametrize(
    ("model", "words", "caption"),
    [
        ("multivariable", "all factors together", "Cox regression of 16 factors, Efron ties"),
        ("penalised", "a ridge penalty", "Cox regression of 16 factors, Efron ties, ridge penalty"),
    ],
)
def test_the_model_of_hazard_ratios_is_told(model: str, words: str, caption: str) -> None:
    cohort = load("synthetic", STUDY, Parameters(factor_model=model))
    estimates = prognosis.estimate(cohort, cohort.parameters)
    assert words in page.hazards_method(estimates, cohort.study).data
    assert caption in page.forest_caption(estimates, cohort.study)


def test_with_holm_nothing_is_called_unadjusted() -> None:
    cohort = load("synthetic", STUDY, Parameters(p_adjustment="Holm"))
    estimates = prognosis.estimate(cohort, cohort.parameters)
    said = page.significant_factors(estimates, cohort.study).data
    assert said.startswith(
        "32 tests (log-rank, 2 of them exact since events are few), adjusted for the number of "
        "tests after Holm (1979);"
    )


def test_the_test_that_is_named_is_the_one_that_was_made() -> None:
    cohort = load("synthetic", STUDY, Parameters(factor_test="restricted mean"))
    estimates = prognosis.estimate(cohort, cohort.parameters)
    said = page.significant_factors(estimates, cohort.study).data
    # Of the eight women no restricted mean is told from the men's: there is no exact test of it.
    assert said.startswith("30 tests (restricted mean), ")


def test_proportional_hazards_stand_beside_the_ratios() -> None:
    estimates = prognosis.estimate(COHORT, COHORT.parameters)
    table = page.table_5_hazards(estimates, COHORT.study)
    assert table is not None
    row = table.cells[table.cells["factor"] == "PVTT"].iloc[0]
    expected = value_of(
        estimates, group="pvtt", variable="OS", statistic=Statistic.PROPORTIONALITY_P
    )
    assert row["Proportional hazards: p"] == p_value(expected)
