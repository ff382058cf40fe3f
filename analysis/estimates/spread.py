"""How far the estimates of many cohorts lie apart that all meet the same published numbers.

The range is that of the cohorts that were found, by the way in which they were found. It is no
interval of confidence and no posterior.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.estimates.rows import KEY
from analysis.study.keys import Statistic
from analysis.study.printed import half_up

MEMBER = "member"
COLUMNS = [*KEY, "members", "without_value", "lowest", "highest", "median", "below_005", "alike"]

_SIGNIFICANCE = 0.05
# As the report prints them; what is not here has two decimals.
_DECIMALS_OF_UNIT = {"%": 1, "months": 1, "patients": 0, "days": 0}
_DECIMALS_OF_P = 3
_SMALLEST_P = 0.001
_RATIOS = (Statistic.HAZARD_RATIO, *Statistic.HAZARD_RATIO.limits)


def spread(estimates: pd.DataFrame) -> pd.DataFrame:
    """Give one row a statistic: between which values it lies in all members.

    Parameters
    ----------
    estimates
        Rows of the estimates table of every member, with `MEMBER` (who), `KEY`, `value` and, if
        there is one, `unit`. A member has a key at most once.

    Returns
    -------
    DataFrame of `COLUMNS`, keys in the order in which they are first met:

    - `members` (int): how many members have the statistic;
    - `without_value` (int): of these, how many have no value of it (a median that is not reached);
    - `lowest`, `highest`, `median` (float): of the values there are; NaN when there is none;
    - `below_005` (Int64): of a p value, in how many members it is below 0.05; else missing;
    - `alike` (bool): whether every member has it, and it is written the same in all of them: with
      as many decimals as the report gives it, a p value and a ratio on the same side of 0.05 and 1.

    Raises
    ------
    ValueError
        When a member has a key twice.
    """
    keyed = estimates.assign(**{name: estimates[name].fillna("").astype(str) for name in KEY})
    if keyed.duplicated([MEMBER, *KEY]).any():
        raise ValueError("a member has the same statistic twice")
    everybody = keyed[MEMBER].nunique()
    value = keyed["value"].astype("float64")
    is_p = keyed["statistic"].isin([one.value for one in Statistic if one.is_p])
    groups = keyed.assign(
        value=value,
        below=(is_p & (value < _SIGNIFICANCE)).astype(int),
        unit=keyed.get("unit", ""),
    ).groupby(KEY, sort=False)
    of_values = groups["value"]
    table = pd.DataFrame(
        {
            "members": groups.size(),
            "without_value": groups.size() - of_values.count(),
            "lowest": of_values.min(),
            "highest": of_values.max(),
            "median": of_values.median(),
            "below_005": groups["below"].sum().astype("Int64"),
            "unit": groups["unit"].first(),
        }
    ).reset_index()
    p_values = table["statistic"].isin([one.value for one in Statistic if one.is_p])
    table["below_005"] = table["below_005"].where(p_values)
    table["alike"] = [
        row["members"] == everybody
        and (
            row["without_value"] == everybody
            or (row["without_value"] == 0 and _alike(row["lowest"], row["highest"], row))
        )
        for row in table.to_dict("records")
    ]
    return table.astype({"alike": bool})[COLUMNS]


def decimals(statistic: str, unit: str) -> int:
    """Give how many decimals the report gives a statistic.

    >>> decimals("median", "months"), decimals("hazard_ratio", ""), decimals("p_value", "")
    (1, 2, 3)
    """
    if Statistic(statistic).is_p:
        return _DECIMALS_OF_P
    return _DECIMALS_OF_UNIT.get(unit, 2)


def _alike(lowest: float, highest: float, row: dict) -> bool:
    """Tell whether two numbers, and so all between them, are written the same."""
    statistic = Statistic(row["statistic"])
    if statistic.is_p:
        if highest < _SMALLEST_P:
            return True
        if lowest < _SMALLEST_P or _sides(lowest, highest, _SIGNIFICANCE):
            return False
    if statistic in _RATIOS and _sides(lowest, highest, 1):
        return False
    if math.isinf(lowest) or math.isinf(highest):
        return lowest == highest
    places = decimals(statistic, row["unit"])
    return half_up(lowest, places) == half_up(highest, places)


def _sides(lowest: float, highest: float, line: float) -> bool:
    """Tell whether a line lies between two numbers, or one of them on it."""
    return bool(np.sign(lowest - line) != np.sign(highest - line))
