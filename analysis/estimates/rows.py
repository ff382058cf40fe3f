"""The estimates table: one row a statistic, numbers kept as numbers (keys in `study.keys`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.study.keys import KEY as _KEY
from analysis.study.keys import Statistic

KEY = list(_KEY)
COLUMNS = [*KEY, "value", "unit", "method", "n", "note", "warning", "function"]

# Significant digits of a value. Linear algebra and the functions of a C library end otherwise on
# one processor than on another, by some 1e-14 of a value.
DIGITS = 12


def row(
    analysis_id: str,
    variable: str,
    statistic: Statistic,
    value: float | None,
    *,
    variable_level: object = "",
    group: str = "",
    group_level: object = "",
    unit: str = "",
    method: str = "",
    n: int | None = None,
    note: str = "",
    warning: str = "",
) -> dict[str, Any]:
    """Give one row of the estimates table.

    `value` is None for a statistic that does not exist (a median that is not reached);
    `n` is the number of patients that the statistic is computed from; `note` says why there is no
    value, or of whom it is, and `warning` why it should not be leant on.

    Raises
    ------
    ValueError
        When there is no such statistic.
    """
    return {
        "analysis_id": analysis_id,
        "group": group,
        "group_level": str(group_level),
        "variable": variable,
        "variable_level": str(variable_level),
        "statistic": Statistic(statistic).value,
        "value": float("nan") if value is None else float(value),
        "unit": unit,
        "method": method,
        "n": n,
        "note": note,
        "warning": warning,
    }


def rounded(value: float) -> float:
    """Give a number with as many significant digits as processors agree on.

    >>> rounded(0.44791636760985387) == rounded(0.44791636760985354) == 0.44791636761
    True
    """
    return float(f"{value:.{DIGITS - 1}e}")


def to_table(
    rows: Iterable[dict[str, Any]],
    made_by: Callable[..., object],
    stand_ins: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Give the rows as a DataFrame with `COLUMNS`, in the order given, and values rounded.

    Every number leaves the computation here: pages, files and comparisons have it as it is in the
    table.

    `made_by` is the function that answers for them; column `function` names it. `stand_ins` has
    what stands in for what is not recorded, by variable: the method of its rows says so.

    Raises
    ------
    ValueError
        When two rows have the same key: a printed number must have one source.
    """
    function = f"{made_by.__module__}.{made_by.__qualname__}"
    table = pd.DataFrame([{**one, "function": function} for one in rows], columns=COLUMNS)
    table = table.astype({"value": "float64", "n": "Int64"})
    table["value"] = table["value"].map(rounded)
    for variable, words in (stand_ins or {}).items():
        of_it = table["variable"] == variable
        methods = table.loc[of_it, "method"]
        table.loc[of_it, "method"] = (methods + ", " + words).str.removeprefix(", ")
    twice = table[table.duplicated(KEY, keep=False)]
    if not twice.empty:
        raise ValueError(f"Statistics computed twice:\n{twice[KEY].to_string(index=False)}")
    return table


def pick(table: pd.DataFrame, **keys: object) -> pd.DataFrame:
    """Give the rows of an estimates table whose keys have the given values."""
    # Tables ask this thousands of times: arrays are compared in a sixth of the time of columns.
    chosen = np.ones(len(table), dtype=bool)
    for column, wanted in keys.items():
        chosen &= table[column].to_numpy(dtype=object) == str(wanted)
    return table.take(np.flatnonzero(chosen))


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
