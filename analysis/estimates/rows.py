"""The estimates table: one row a statistic, numbers kept as numbers.

The layout follows the Analysis Results Data idea of CDISC and of R's `cards` package.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

KEY = ["analysis_id", "group", "group_level", "variable", "variable_level", "statistic"]
COLUMNS = [*KEY, "value", "unit", "method", "n", "note"]


def row(
    analysis_id: str,
    variable: str,
    statistic: str,
    value: float | None,
    *,
    variable_level: object = "",
    group: str = "",
    group_level: object = "",
    unit: str = "",
    method: str = "",
    n: int | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Give one row of the estimates table.

    `value` is None for a statistic that does not exist (a median that is not reached);
    `n` is the number of patients that the statistic is computed from.
    """
    return {
        "analysis_id": analysis_id,
        "group": group,
        "group_level": str(group_level),
        "variable": variable,
        "variable_level": str(variable_level),
        "statistic": statistic,
        "value": float("nan") if value is None else float(value),
        "unit": unit,
        "method": method,
        "n": n,
        "note": note,
    }


def to_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Give the rows as a DataFrame with `COLUMNS`, in the order given.

    Raises
    ------
    ValueError
        When two rows have the same key: a printed number must have one source.
    """
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    table = table.astype({"value": "float64", "n": "Int64"})
    twice = table[table.duplicated(KEY, keep=False)]
    if not twice.empty:
        raise ValueError(f"Statistics computed twice:\n{twice[KEY].to_string(index=False)}")
    return table


def pick(table: pd.DataFrame, **keys: object) -> pd.DataFrame:
    """Give the rows of an estimates table whose keys have the given values."""
    chosen = table
    for column, wanted in keys.items():
        chosen = chosen[chosen[column] == str(wanted)]
    return chosen


def value_of(table: pd.DataFrame, **keys: object) -> float:
    """Give the one value that the keys choose.

    Raises
    ------
    KeyError
        When the keys choose no row, or more than one.
    """
    chosen = pick(table, **keys)
    if len(chosen) != 1:
        raise KeyError(f"{len(chosen)} estimates, not one, for {keys}")
    return float(chosen["value"].iloc[0])
