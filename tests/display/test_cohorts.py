"""In how many cohorts something is so."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.display.cohorts import Across
from analysis.estimates.ensemble import Ensemble
from analysis.study.keys import Statistic

NAN = float("nan")


def across(**statistics: list[float | None]) -> Across:
    """Give the cohorts in which each statistic of one factor has these values; None: no row."""
    rows = [
        {"member": member, "analysis_id": "prognosis", "group": "pvtt", "group_level": "",
         "variable": "OS", "variable_level": "", "statistic": name, "value": value, "unit": ""}
        for name, values in statistics.items()
        for member, value in enumerate(values)
        if value is not None
    ]  # fmt: skip
    return Across(Ensemble(3, pd.DataFrame(rows)), "prognosis")


ONE = ("pvtt", "", "OS")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.641, 1.668, 1.65], "1.64–1.67"),
        ([1.641, 1.642, 1.643], "1.64"),
        ([0.70, 1.40, 1.2], "0.70–1.40, above 1 in 2"),
        # As many decimals as show the sides.
        ([0.999, 1.001, 0.98], "0.98–1.001, above 1 in 1"),
        ([0.9, 1.0, 0.95], "0.90–1.00"),
        ([1.0, 1.2, 1.1], "1.00–1.20, above 1 in 2"),
        ([NAN, NAN, NAN], "–"),
    ],
)
def test_a_ratio_has_its_range_and_how_often_it_is_above_1(values: list[float], text: str) -> None:
    assert across(hazard_ratio=values).ratio(*ONE) == text


def test_where_no_cohort_has_it_a_dash_stands() -> None:
    found = across(hazard_ratio=[1.0, 1.1, 1.2])
    assert found.ratio("other", "", "OS") == "–"
    assert found.count(*ONE, Statistic.HR_P) == "–"
    assert found.below(*ONE, Statistic.HR_P) is None


def test_the_exact_test_is_read_in_cohorts_that_have_one() -> None:
    found = across(hr_p=[0.04, 0.04, 0.06], hr_exact_p=[0.06, None, 0.04])
    assert found.below(*ONE, Statistic.HR_P) == 2
    assert found.count(*ONE, Statistic.HR_P) == "2"
    # No exact test can be made of some models: then none is below.
    assert across(hr_p=[0.04, 0.04, 0.04], hr_exact_p=[NAN] * 3).below(*ONE, Statistic.HR_P) == 0
