"""Tables as a journal lays them out, and what the tables of all pages share.

A `Table` is what is shown (great_tables) and the same cells as a plain data frame for CSV. A table
whose estimates are missing is `None`; the notebook then says that its source is not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from great_tables import GT, loc, style

from analysis.display.format import (
    MISSING,
    fixed,
    is_missing,
    thousands,
)
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic
from analysis.study.printed import half_up
from analysis.study.study import Study
from analysis.study.variables import Grouped, Row


@dataclass(frozen=True)
class Table:
    """A table to show (`shown`) and its cells as text (`cells`)."""

    shown: GT
    cells: pd.DataFrame


def journal(
    cells: pd.DataFrame,
    *,
    stub: str,
    group: str | None = None,
    headings: dict[str, str] | None = None,
    spanners: dict[str, list[str]] | None = None,
    notes: Iterable[str] = (),
    left: Iterable[str] = (),
) -> Table:
    """Lay out cells of text as a journal would: rules above and below, numbers to the right."""
    shown: dict[str, Any] = {name: name for name in cells.columns if name != group}
    table = GT(cells, rowname_col=stub, groupname_col=group).cols_label(shown | (headings or {}))
    table = table.tab_stubhead(label=(headings or {}).get(stub, stub))
    for label, columns in (spanners or {}).items():
        table = table.tab_spanner(label=label, columns=columns)
    numbers = [name for name in cells.columns if name not in {stub, group, *left}]
    table = table.cols_align("right", columns=numbers)
    if left:
        table = table.cols_align("left", columns=list(left))
    for note in filter(None, notes):
        table = table.tab_source_note(note)
    table = table.tab_style(style.text(weight="bold"), loc.row_groups())
    table = table.tab_options(
        table_font_names=["inherit"],
        table_font_size="0.875em",
        data_row_padding="3px",
        row_group_padding="4px",
        column_labels_border_top_style="solid",
        column_labels_border_top_width="2px",
        table_body_hlines_style="none",
    )
    return Table(table, cells)


def plain_table(
    cells: pd.DataFrame,
    *,
    stub: str,
    notes: Iterable[str] = (),
    left: Iterable[str] = (),
    group: str | None = None,
) -> Table:
    """Give any table of text in the same layout."""
    return journal(cells, stub=stub, notes=notes, left=left, group=group)


def number(value: float, decimals: int | None = None) -> str:
    """Give a quantity with the decimals asked for, else with as few as it needs, at most two."""
    if decimals is not None or is_missing(value):
        return thousands(value, decimals or 0)
    text = f"{half_up(value, 2):,f}"
    return text.rstrip("0").rstrip(".")


def median_range(rows: pd.DataFrame, decimals: int | None = None) -> str | None:
    """Give 'median (min–max)' of a quantity from its rows, or None when it is not recorded."""
    values = rows[rows["variable_level"] == ""].set_index("statistic")["value"]
    if Statistic.MEDIAN not in values:
        return None
    low, high = (number(values[name], decimals) for name in (Statistic.MIN, Statistic.MAX))
    return f"{number(values[Statistic.MEDIAN], decimals)} ({low}–{high})"


def statistics(estimates: pd.DataFrame, group_level: str) -> pd.Series:
    """Give the values of one group by statistic."""
    chosen = estimates[estimates["group_level"] == group_level]
    return chosen.set_index("statistic")["value"]


def method_of(estimates: pd.DataFrame, statistic: Statistic) -> str:
    """Give the words for how a statistic was computed; a dash where it was not."""
    found = pick(estimates, statistic=statistic)["method"]
    return str(found.iloc[0]) if len(found) else MISSING


def percent(parameters: Any) -> str:
    """Give the level of confidence: '95%'."""
    return f"{100 * parameters.confidence:g}%"


def abbreviations(study: Study, texts: Iterable[object]) -> str:
    """Give what the abbreviations in some texts stand for, as a note; "" where there are none.

    >>> abbreviations(Study("", "", abbreviations={"EHM": "metastasis", "TT": "x"}), ["EHM", "at"])
    'EHM, metastasis.'
    """
    words = {word for text in texts for word in re.findall(r"\w+", str(text))}
    said = [f"{short}, {long}" for short, long in study.abbreviations.items() if short in words]
    return f"{'; '.join(said)}." if said else ""


def counts_table(
    estimates: pd.DataFrame,
    rows: Sequence[Row],
    study: Study,
    heading: str,
    notes: Sequence[str] = (),
) -> Table | None:
    """Give a table of counts with percentages by level, and medians with ranges.

    `estimates` are those of one analysis. A row that is not recorded, and has no stand-in, is named
    in a note.
    """
    cells: list[dict[str, str]] = []
    left_out = []
    whole = estimates[estimates["group"] == ""]
    for asked in rows:
        found = _row_cells(whole, asked, study)
        if not found and asked.name in study.stand_ins:
            found = _row_cells(whole, study.variable(study.stand_ins[asked.name]), study)
        if not found:
            variable = asked.variable if isinstance(asked, Grouped) else asked
            left_out.append(variable.label if isinstance(asked, Grouped) else variable.words)
        cells += found
    if not cells:
        return None
    frame = pd.DataFrame(cells)
    missing = f"Not recorded in this dataset: {', '.join(left_out)}." if left_out else ""
    explained = abbreviations(study, [*frame["variable"], *frame["level"]])
    return journal(
        frame,
        stub="level",
        group="variable",
        headings={"level": heading},
        notes=[*notes, explained, missing],
    )


def _row_cells(whole: pd.DataFrame, asked: Row, study: Study) -> list[dict[str, str]]:
    chosen = pick(whole, variable=asked.name)
    variable = asked.variable if isinstance(asked, Grouped) else asked
    if not isinstance(asked, Grouped) and asked.quantity:
        text = median_range(chosen, asked.decimals)
        if text is None:
            return []
        return [{"variable": variable.label, "level": "Median (range)", "No.": text, "%": ""}]
    counted = chosen[chosen["statistic"].isin([Statistic.COUNT, Statistic.PERCENT])]
    if isinstance(asked, Grouped):
        counted = counted[counted["variable_level"].isin(asked.cut.sides)]
    wide = counted.pivot(index="variable_level", columns="statistic", values="value")
    label = variable.label if isinstance(asked, Grouped) else variable.words
    return [
        {
            "variable": label,
            "level": variable.level(level),
            "No.": thousands(wide.loc[level, Statistic.COUNT]),
            "%": fixed(wide.loc[level, Statistic.PERCENT], 1),
        }
        for level in dict.fromkeys(counted["variable_level"])
    ]


_DOSES = {"max": "maximum dose", "mean": "mean dose"}


def case_variable(name: str, study: Study) -> str:
    """Give the words for what is known of a case (see `estimates.fatal_events`).

    >>> case_variable("small_intestine_max_dose_gy", Study("", ""))
    'Small intestine, maximum dose'
    >>> case_variable("oesophagus_v32_ml", Study("", ""))
    'Oesophagus, V32'
    """
    dose = re.fullmatch(r"(\w+)_(max|mean)_dose_gy", name)
    volume = re.fullmatch(r"(\w+)_(v[0-9.]+)_(?:ml|percent)", name)
    if dose:
        return f"{dose[1].replace('_', ' ').capitalize()}, {_DOSES[dose[2]]}"
    if volume:
        return f"{volume[1].replace('_', ' ').capitalize()}, {volume[2].upper()}"
    return study.variable(name).words
