"""Counts with percentages, and medians with ranges: the rows that most tables are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.estimates.rows import row
from analysis.study.keys import Statistic
from analysis.study.limits import limits, rests_on
from analysis.study.variables import Grouped, Row, in_order


def count_rows(
    analysis_id: str,
    variable: str,
    values: pd.Series,
    *,
    group: str = "",
    group_level: str = "",
) -> list[dict[str, Any]]:
    """Give count and percent of each level of a categorical variable.

    Parameters
    ----------
    values
        One value a patient. The levels are those of a Categorical, else those that occur, in
        order. Percentages are of the patients whose value is recorded; none recorded, no rows. Of
        how many it is not is a row of its own (`missing_rows`).
    """
    recorded = values.dropna()
    if recorded.empty:
        return []
    levels = (
        list(recorded.cat.categories)
        if isinstance(recorded.dtype, pd.CategoricalDtype)
        else _sorted(recorded)
    )
    counts = recorded.value_counts()
    by_level = {level: int(counts.get(level, 0)) for level in levels}
    missing = len(values) - len(recorded)
    keys = {"group": group, "group_level": group_level}
    return level_rows(analysis_id, variable, by_level, missing, **keys)


def level_rows(
    analysis_id: str, variable: str, by_level: Mapping[Any, int], missing: int, **keys: Any
) -> list[dict[str, Any]]:
    """Give count and percent of each level, in their order, as `count_rows`; none recorded, none.

    `missing` is of how many patients the variable is not recorded.
    """
    recorded = sum(by_level.values())
    if not recorded:
        return []
    note = f"not recorded for {missing}" if missing else ""
    rows = [
        entry
        for level, count in by_level.items()
        for entry in share_rows(
            analysis_id, variable, count, recorded, variable_level=level, note=note, **keys
        )
    ]
    return rows + missing_rows(analysis_id, variable, missing, recorded + missing, **keys)


def _sorted(recorded: pd.Series) -> list[Any]:
    levels = list(recorded.unique())
    return in_order(levels) if all(isinstance(level, str) for level in levels) else sorted(levels)


def missing_rows(
    analysis_id: str, variable: str, missing: int, n: int, **keys: Any
) -> list[dict[str, Any]]:
    """Give of how many of `n` patients something is not recorded; no row where it is of all."""
    if not missing:
        return []
    one = row(analysis_id, variable, Statistic.NOT_RECORDED, missing, unit="patients", n=n, **keys)
    return [one]


def share_rows(
    analysis_id: str, variable: str, count: int, n: int, **keys: Any
) -> list[dict[str, Any]]:
    """Give a count and its percentage of `n` patients."""
    percent = 100 * count / n if n else None
    return [
        row(analysis_id, variable, Statistic.COUNT, count, unit="patients", n=n, **keys),
        row(analysis_id, variable, Statistic.PERCENT, percent, unit="%", n=n, **keys),
    ]


def range_rows(
    analysis_id: str,
    variable: str,
    values: pd.Series,
    unit: str,
    signs: pd.Series | None = None,
) -> list[dict[str, Any]]:
    """Give median, minimum and maximum of a quantity, and of how many it is not recorded.

    None recorded, no rows. `signs` says which values are limits (`study.limits`); the note of a
    number that rests on one says so.
    """
    recorded = values.dropna().astype("float64")
    if recorded.empty:
        return []
    missing = len(values) - len(recorded)
    note = f"not recorded for {missing}" if missing else ""
    summary = {
        Statistic.MEDIAN: recorded.median(),
        Statistic.MIN: recorded.min(),
        Statistic.MAX: recorded.max(),
    }
    limited = {} if signs is None or signs.isna().all() else rests_on(values, signs)
    rows = [
        row(
            analysis_id,
            variable,
            statistic,
            value,
            unit=unit,
            n=len(recorded),
            note="; ".join(filter(None, (note, limited.get(statistic.value, "")))),
        )
        for statistic, value in summary.items()
    ]
    return rows + missing_rows(analysis_id, variable, missing, len(values))


def rows_of(analysis_id: str, patients: pd.DataFrame, asked: Row) -> list[dict[str, Any]]:
    """Give what a table shows of a variable: counts by level or side, or median and range.

    A variable that the patients do not have, or that is recorded for nobody, has no rows.
    """
    if asked.name not in patients:
        return []
    if isinstance(asked, Grouped):
        return count_rows(analysis_id, asked.name, asked.values(patients))
    values = patients[asked.name]
    if asked.quantity:
        return range_rows(analysis_id, asked.name, values, asked.unit, limits(patients, asked.name))
    return count_rows(analysis_id, asked.name, values)


def once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give rows without those that stand twice, as where two cuts are the same."""
    found: list[dict[str, Any]] = []
    for one in rows:
        if one not in found:
            found.append(one)
    return found
