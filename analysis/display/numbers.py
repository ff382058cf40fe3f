"""The numbers of a text, drawn from the estimates table; which they are, the study declares."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from analysis.display import format as fmt
from analysis.display.tables import Table, median_range, plain_table
from analysis.estimates.rows import pick
from analysis.study.declarations import Line
from analysis.study.keys import Statistic
from analysis.study.limits import shown
from analysis.study.study import Study


def text_of(line: Line, estimates: pd.DataFrame) -> str | None:
    """Give a line's number as text, or None when it was not estimated."""
    rows = pick(
        estimates,
        analysis_id=line.analysis_id,
        variable=line.variable,
        variable_level=line.level,
        group=line.group,
        group_level=line.group_level,
    )
    if rows.empty:
        return None
    values = rows.set_index("statistic")["value"]
    # Of whom a percentage, or a range, is, where it is not of all.
    known, partly = rows["n"].iloc[0], rows["note"].str.startswith("not recorded for").any()
    if line.kind == "share":
        text = fmt.count_percent(values[Statistic.COUNT], values[Statistic.PERCENT])
        return f"{text[:-1]} of {fmt.thousands(known)})" if partly else text
    if line.kind == "count":
        return fmt.with_unit(fmt.thousands(values[Statistic.COUNT]), line.unit)
    if line.kind == "range":
        between = median_range(rows, line.decimals)
        if between is None:
            return None
        return fmt.with_unit(between, line.unit) + (
            f", n = {fmt.thousands(known)}" if partly else ""
        )
    if line.kind == "median":
        if Statistic.MEDIAN not in values:
            return None
        text = fmt.thousands(values[Statistic.MEDIAN], line.decimals or 0)
        note = rows.set_index("statistic")["note"][Statistic.MEDIAN]
        return fmt.with_unit(shown(text, note), line.unit)
    if line.kind == "survival":
        lower, upper = Statistic.MEDIAN.limits
        median, limits = (rows[rows["statistic"] == name] for name in (Statistic.MEDIAN, lower))
        level = re.search(r"\S+%(?= interval)", limits["method"].iloc[0])
        text = fmt.median_months(
            values[Statistic.MEDIAN],
            values[lower],
            values[upper],
            patients=median["n"].iloc[0],
            level=level[0] if level else "",
        )
        return fmt.with_unit(text, line.unit)
    return fmt.p_value(values[Statistic.P_VALUE])


def of_study(study: Study, name: str, estimates: pd.DataFrame) -> Table | None:
    """Give the table of the lines that a study declares under a name; None when it has none."""
    declared = study.lines.get(name)
    if declared is None:
        return None
    # Of a study that says itself what there is, nothing else was looked for.
    return numbers_table(declared(study.chosen), estimates, asked=study.asks_for_tables)


def numbers_table(
    lines: Iterable[Line], estimates: pd.DataFrame, *, asked: bool = True
) -> Table | None:
    """Give a table of the lines that were estimated; None when there are none.

    Lines that were `asked` for, and are not recorded, are named below it.
    """
    texts = {line.label: text_of(line, estimates) for line in lines}
    known = {label: text for label, text in texts.items() if text is not None}
    missing = [label for label, text in texts.items() if text is None]
    if not known:
        return None
    cells = pd.DataFrame({"Quantity": list(known), "Value": list(known.values())})
    notes = [f"Not recorded in this dataset: {', '.join(missing)}."] if missing and asked else []
    return plain_table(cells, stub="Quantity", notes=notes)
