"""Response under every choice of interval and test: the same rows, each saying how it was found."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort.read import load
from analysis.estimates import marker, response
from analysis.estimates.intervals import mcnemar_chi_square_p, pearson_p, proportion_limits
from analysis.estimates.rows import KEY, pick, rounded, value_of
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY

COHORT = load("synthetic", STUDY, Parameters())


def rows(parameters: Parameters) -> pd.DataFrame:
    parts = [response.estimate(COHORT, parameters), marker.estimate(COHORT, parameters)]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("interval", "name"),
    [("exact", "Clopper-Pearson"), ("Wilson", "Wilson score"), ("Wald", "Wald")],
)
def test_intervals_are_those_asked_for(interval: str, name: str) -> None:
    parameters = Parameters.model_validate({"proportion_interval": interval})
    found = pick(rows(parameters), variable="response_overall", group_level="RECIST 1.1")
    orr = pick(found, analysis_id="response", variable_level="ORR")
    limits = proportion_limits(int(value_of(orr, statistic="count")), 108, parameters)
    for statistic, limit in zip(("ci_lower", "ci_upper"), limits, strict=True):
        assert value_of(orr, statistic=statistic) == rounded(100 * limit)
        assert list(pick(orr, statistic=statistic)["method"]) == [name]


def test_tests_are_those_asked_for_under_the_same_keys() -> None:
    exact, asymptotic = rows(Parameters()), rows(Parameters(table_test="asymptotic"))
    pd.testing.assert_frame_equal(exact[KEY], asymptotic[KEY])
    best = response.responses(COHORT, "overall").isin(["CR", "PR"])
    table = pd.crosstab(best["RECIST 1.1"], best["mRECIST"]).to_numpy()[::-1, ::-1]
    orr = {"analysis_id": "response", "variable": "response_overall", "variable_level": "ORR"}
    for statistic, test in (("p_association", pearson_p), ("p_paired", mcnemar_chi_square_p)):
        assert value_of(asymptotic, statistic=statistic, **orr) == rounded(test(table))
        (method,) = pick(asymptotic, statistic=statistic, **orr)["method"]
        assert "chi-square" in method
    changed = exact["method"] != asymptotic["method"]
    p_values = exact["statistic"].isin(["p_association", "p_paired", "p_value"])
    assert list(changed) == list(p_values)
    missing = asymptotic[p_values & asymptotic["value"].isna()]
    assert missing["note"].str.startswith("no test").all()
