from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.estimates.rows import KEY
from analysis.estimates.spread import COLUMNS, MEMBER, spread


def _rows(values: dict[int, float], statistic: str, unit: str = "") -> pd.DataFrame:
    key = ["prognosis", "pvtt", "", "OS", "", statistic]
    rows = [[member, *key, value, unit] for member, value in values.items()]
    return pd.DataFrame(rows, columns=[MEMBER, *KEY, "value", "unit"])


def _one(values: dict[int, float], statistic: str, unit: str = "") -> dict:
    table = spread(_rows(values, statistic, unit))
    assert list(table.columns) == COLUMNS
    (row,) = table.to_dict("records")
    return row


def test_the_range_is_that_of_the_members():
    row = _one({1: 1.2, 2: 0.9, 3: 1.0}, "hazard_ratio")
    assert (row["members"], row["without_value"]) == (3, 0)
    assert (row["lowest"], row["median"], row["highest"]) == (0.9, 1.0, 1.2)
    assert not row["alike"]
    assert pd.isna(row["below_005"])


@pytest.mark.parametrize(
    ("values", "statistic", "unit", "alike"),
    [
        ([16.96, 17.04], "median", "months", True),
        ([16.94, 17.04], "median", "months", False),
        # Half up, of the shortest decimal.
        ([2.675, 2.684], "hazard_ratio", "", True),
        # "1.00" on both sides of 1 is another direction.
        ([0.999, 1.001], "hazard_ratio", "", False),
        ([0.0001, 0.0009], "p_value", "", True),
        ([0.0009, 0.001], "p_value", "", False),
        ([0.0498, 0.0502], "p_value", "", False),
        ([0.0501, 0.0502], "p_value", "", True),
        ([math.nan, math.nan], "median", "months", True),
        ([math.nan, 17.0], "median", "months", False),
        ([math.inf, math.inf], "hazard_ratio", "", True),
        ([2.0, math.inf], "hazard_ratio", "", False),
        ([54.0, 54.0], "count", "patients", True),
    ],
)
def test_alike_is_what_the_report_writes_the_same(values, statistic, unit, alike):
    assert _one(dict(enumerate(values)), statistic, unit)["alike"] is alike


def test_p_values_below_005_are_counted():
    assert _one({1: 0.04, 2: 0.06, 3: 0.049}, "hr_p")["below_005"] == 2


def test_what_a_member_lacks_is_not_alike():
    both = pd.concat([_rows({1: 3.0, 2: 3.0}, "count"), _rows({1: 5.0}, "events")])
    table = spread(both).set_index("statistic")
    assert table["members"].to_dict() == {"count": 2, "events": 1}
    assert table["alike"].to_dict() == {"count": True, "events": False}


def test_a_median_without_value_is_counted():
    row = _one({1: math.nan, 2: 17.0, 3: 18.0}, "median", "months")
    assert (row["without_value"], row["lowest"], row["highest"]) == (1, 17.0, 18.0)


def test_a_key_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        spread(pd.concat([_rows({1: 1.0}, "count"), _rows({1: 2.0}, "count")]))
