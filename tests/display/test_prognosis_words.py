"""Page 06 says by which test and model factors were compared when they are not the article's."""

from __future__ import annotations

from typing import Any

import pytest
from analysis.parameters import Parameters

from analysis.cohort.read import load
from analysis.display import labels, plots, statements, tables
from analysis.display.format import p_value
from analysis.estimates import prognosis
from analysis.estimates.rows import value_of

ENDPOINTS = ["OS", "PFS"]
COHORT = load("synthetic", Parameters())


def test_with_the_choices_of_the_article_nothing_is_added() -> None:
    estimates = prognosis.estimate(COHORT, Parameters())
    assert statements.factor_methods(estimates, Parameters()).data == ""
    caption = plots.hazard_ratio_caption(estimates)
    assert caption == "Hazard ratios with and without each factor."
    assert labels.factor_test(Parameters()) == "log-rank"
    assert tables.afp_spline_table(estimates, Parameters(), ENDPOINTS) is None


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"factor_test": "Peto-Peto"}, "Tests here: Peto-Peto test."),
        ({"p_adjustment": "Holm"}, "Holm adjustment for 32 tests"),
        ({"factor_model": "multivariable"}, "Cox regression of 16 factors, Efron ties"),
        ({"landmark_months": 3}, "Patients at risk at month 3, time counted from it."),
        ({"mode_over_time": True}, "Mantel-Byar"),
        ({"afp_model": "spline"}, "natural cubic spline of log10 AFP"),
    ],
)
def test_other_choices_are_told(choices: dict[str, Any], words: str) -> None:
    parameters = Parameters(**choices)
    estimates = prognosis.estimate(COHORT, parameters)
    assert words in statements.factor_methods(estimates, parameters).data
    assert tables.table_5(estimates, parameters, ENDPOINTS) is not None
    assert tables.table_5_hazards(estimates, parameters, ENDPOINTS) is not None
    shown = tables.afp_spline_table(estimates, parameters, ENDPOINTS) is not None
    assert shown == ("afp_model" in choices)


def test_proportional_hazards_stand_beside_the_ratios() -> None:
    estimates = prognosis.estimate(COHORT, Parameters())
    table = tables.table_5_hazards(estimates, Parameters(), ["OS"])
    assert table is not None
    row = table.cells[table.cells["factor"] == "PVTT"].iloc[0]
    expected = value_of(estimates, group="pvtt", variable="OS", statistic="proportionality_p")
    assert row["Proportional hazards: p"] == p_value(expected)
