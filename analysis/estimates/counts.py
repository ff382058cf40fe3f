"""Counts with percentages, and medians with ranges: the rows that most tables are made of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.estimates.rows import row


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
        order. Percentages are of the patients whose value is recorded; none recorded, no rows.
    """
    recorded = values.dropna()
    if recorded.empty:
        return []
    levels = (
        list(recorded.cat.categories)
        if isinstance(recorded.dtype, pd.CategoricalDtype)
        else sorted(recorded.unique())
    )
    counts = recorded.value_counts()
    missing = len(values) - len(recorded)
    note = f"not recorded for {missing}" if missing else ""
    return [
        entry
        for level in levels
        for entry in share_rows(
            analysis_id,
            variable,
            int(counts.get(level, 0)),
            len(recorded),
            variable_level=level,
            group=group,
            group_level=group_level,
            note=note,
        )
    ]


def share_rows(
    analysis_id: str, variable: str, count: int, n: int, **keys: Any
) -> list[dict[str, Any]]:
    """Give a count and its percentage of `n` patients."""
    percent = 100 * count / n if n else None
    return [
        row(analysis_id, variable, "count", count, unit="patients", n=n, **keys),
        row(analysis_id, variable, "percent", percent, unit="%", n=n, **keys),
    ]


def range_rows(
    analysis_id: str, variable: str, values: pd.Series, unit: str
) -> list[dict[str, Any]]:
    """Give median, minimum and maximum of a quantity; none recorded, no rows."""
    recorded = values.dropna().astype("float64")
    if recorded.empty:
        return []
    missing = len(values) - len(recorded)
    note = f"not recorded for {missing}" if missing else ""
    summary = {"median": recorded.median(), "min": recorded.min(), "max": recorded.max()}
    return [
        row(analysis_id, variable, statistic, value, unit=unit, n=len(recorded), note=note)
        for statistic, value in summary.items()
    ]
