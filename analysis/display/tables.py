"""Tables as a journal lays them out, and what the tables of all pages share.

A `Table` is what is shown (great_tables) and the same cells as a plain data frame for CSV. A table
whose estimates are missing is `None`; the notebook then says that its source is not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal

import pandas as pd
from great_tables import GT, loc, style

from analysis.display.format import (
    MISSING,
    confidence_level,
    fixed,
    interval,
    is_missing,
    median_months,
    p_value,
    thousands,
)
from analysis.estimates.exact_log_rank import SPARSE
from analysis.estimates.rows import pick
from analysis.estimates.sparse import EXACT
from analysis.study.keys import Key, Statistic
from analysis.study.limits import shown
from analysis.study.printed import half_up
from analysis.study.study import Study
from analysis.study.variables import Factor, Grouped, Row


@dataclass(frozen=True)
class Table:
    """A table, its cells as text, and how they are laid out (see `journal`).

    `show` makes what is shown, of which there is one (`shown`) for many tables that are only read.
    `below` is HTML that stands under it, wherever it is shown. `links` has addresses of what stands
    in places of the table (`display.origins`); names of columns there are `columns`, which is empty
    where they are those of `cells`. `keys` are those of rows behind numbers, where only whoever
    makes the table knows them: of what is computed from the estimates of many cohorts. `under` has
    the parameters of rows that were estimated under others than the report's.
    """

    show: Callable[[], GT]
    cells: pd.DataFrame
    layout: Mapping[str, Any] = field(default_factory=dict)
    below: str = ""
    links: Mapping[Place, Sequence[str | None]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    keys: Mapping[Place, Sequence[Key]] = field(default_factory=dict)
    under: Mapping[Place, str] = field(default_factory=dict)

    @cached_property
    def shown(self) -> GT:
        """The table of great_tables."""
        return self.show()


# A text of a table: a name of a column, a cell by row and column, or a note; all counted from 0.
Place = tuple[Literal["head", "cell", "note"], int, int]


def texts(table: Table) -> dict[Place, str]:
    """Give every text of a table by its place: names of columns, cells, and notes."""
    found: dict[Place, str] = {}
    for across, name in enumerate(table.cells.columns):
        found["head", 0, across] = str(name)
        for down, cell in enumerate(table.cells.iloc[:, across]):
            found["cell", down, across] = str(cell)
    for at, note in enumerate(filter(None, table.layout.get("notes", ()))):
        found["note", at, 0] = note
    return found


def journal(
    cells: pd.DataFrame,
    *,
    stub: str,
    group: str | None = None,
    headings: dict[str, str] | None = None,
    spanners: dict[str, list[str]] | None = None,
    notes: Iterable[str] = (),
    left: Iterable[str] = (),
    in_one_line: Iterable[str] = (),
) -> Table:
    """Lay out cells of text as a journal would: rules above and below, numbers to the right.

    Cells of columns `in_one_line` are not broken: two stretches of numbers, or two names.
    """
    layout: dict[str, Any] = {
        "stub": stub,
        "group": group,
        "headings": headings,
        "spanners": spanners,
        "notes": list(filter(None, notes)),
        "left": list(left),
        "in_one_line": list(in_one_line),
    }
    return Table(partial(_great_table, cells, **layout), cells, layout)


def _great_table(
    cells: pd.DataFrame,
    stub: str,
    group: str | None,
    headings: dict[str, str] | None,
    spanners: dict[str, list[str]] | None,
    notes: list[str],
    left: list[str],
    in_one_line: list[str],
) -> GT:
    shown: dict[str, Any] = {name: name for name in cells.columns if name != group}
    table = GT(cells, rowname_col=stub, groupname_col=group).cols_label(shown | (headings or {}))
    table = table.tab_stubhead(label=(headings or {}).get(stub, stub))
    for label, columns in (spanners or {}).items():
        table = table.tab_spanner(label=label, columns=columns)
    numbers = [name for name in cells.columns if name not in {stub, group, *left}]
    table = table.cols_align("right", columns=numbers)
    if left:
        table = table.cols_align("left", columns=left)
    if in_one_line:
        unbroken = style.css("white-space: nowrap")
        table = table.tab_style(unbroken, loc.body(columns=in_one_line))
    for note in notes:
        table = table.tab_source_note(note)
    table = table.tab_style(style.text(weight="bold"), loc.row_groups())
    return table.tab_options(
        table_font_names=["inherit"],
        table_font_size="0.875em",
        data_row_padding="3px",
        row_group_padding="4px",
        column_labels_border_top_style="solid",
        column_labels_border_top_width="2px",
        table_body_hlines_style="none",
    )


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
    of_all = rows[rows["variable_level"] == ""].set_index("statistic")
    if Statistic.MEDIAN not in of_all.index:
        return None
    middle, low, high = (
        shown(number(of_all["value"][name], decimals), of_all["note"][name])
        for name in (Statistic.MEDIAN, Statistic.MIN, Statistic.MAX)
    )
    # A dash before a sign reads as an arrow.
    dash = " to " if high.startswith((">", "<")) else "–"
    return f"{middle} ({low}{dash}{high})"


def statistics(estimates: pd.DataFrame, group_level: str) -> pd.Series:
    """Give the values of one group by statistic."""
    # A page asks a thousand times: the other columns are not copied.
    chosen = estimates["group_level"].to_numpy(dtype=object) == group_level
    names = pd.Index(estimates["statistic"].to_numpy()[chosen], name="statistic")
    return pd.Series(estimates["value"].to_numpy()[chosen], names, name="value")


def method_of(estimates: pd.DataFrame, statistic: Statistic) -> str:
    """Give the words for how a statistic was computed; a dash where it was not."""
    found = pick(estimates, statistic=statistic)["method"]
    return str(found.iloc[0]) if len(found) else MISSING


def by_endpoint(rows: pd.DataFrame) -> list[str]:
    """Give how rows were computed, each way once, with its endpoints where they differ in it."""
    ways = rows.groupby("method", sort=False)["variable"].unique().map(list)
    if all(endpoints == ways.iloc[0] for endpoints in ways):
        return list(ways.index)
    return [f"{', '.join(endpoints)}: {method}" for method, endpoints in ways.items()]


def percent(parameters: Any) -> str:
    """Give the level of confidence: '95%'."""
    return confidence_level(parameters.confidence)


def median_with_limits(values: pd.Series) -> str:
    """Give the median of a curve with its interval, from the values of its rows by statistic."""
    lower, upper = Statistic.MEDIAN.limits
    return median_months(
        values[Statistic.MEDIAN],
        values[lower],
        values[upper],
        patients=values.get(Statistic.N),
    )


def rate_with_limits(values: pd.Series) -> str:
    """Give a survival rate with its interval; a dash where the curve does not go so far."""
    lower, upper = (values.get(limit) for limit in Statistic.RATE.limits)
    rate = values.get(Statistic.RATE)
    return MISSING if is_missing(rate) else f"{fixed(rate, 1)} ({interval(lower, upper, 1)})"


def rate_note(rows: pd.DataFrame) -> str:
    """Say what a dash is in a column of survival rates; "" where there is none among some rows."""
    rates = rows[rows["statistic"] == Statistic.RATE]
    beyond = f"{MISSING}, beyond the last follow-up." if rates["value"].isna().any() else ""
    none_left = f"0.0 ({MISSING}), nobody is left without the event."
    zero = none_left if rates["value"].eq(0).any() else ""
    return " ".join(filter(None, (beyond, zero)))


def untested_note(rows: pd.DataFrame) -> str:
    """Say why a p value is a dash; "" where none is among some rows of tests."""
    tests = rows[rows["statistic"].isin([test.value for test in EXACT])]
    notes = tests.loc[tests["value"].isna(), "note"].str.removeprefix("not estimable: ")
    why = dict.fromkeys(note for note in notes if note)
    return f"{MISSING}, not estimable: {'; '.join(why)}." if why else ""


def left_out_note(rows: pd.DataFrame, factors: Sequence[Factor]) -> str:
    """Say who is left out of comparisons since a factor is not recorded; "" where nobody is."""
    missing = rows[rows["statistic"] == Statistic.NOT_RECORDED]
    most = missing.groupby("group", sort=False)["value"].max()
    said = [
        f"{factor.label} ({thousands(most[factor.key])})"
        for factor in factors
        if factor.key in most
    ]
    if not said:
        return ""
    return f"Not recorded, and such patients left out of its comparison: {', '.join(said)}."


# Of tests with few events, which are exact.
EXACT_MARK = "†"


def read_p(values: pd.Series, test: Statistic = Statistic.P_VALUE) -> float:
    """Give the p value of a test that is to be read, from the values of its rows by statistic.

    Where events are few that is the exact one (`estimates.exact_log_rank`); nan where none is.
    """
    return float(values.get(EXACT[test], values.get(test, float("nan"))))


def p_text_of(values: pd.Series, test: Statistic = Statistic.P_VALUE) -> str:
    """Give the p value that is to be read as text; that of an exact test is marked."""
    mark = EXACT_MARK if EXACT[test] in values else ""
    return p_value(read_p(values, test)) + mark


def exact_note(estimates: pd.DataFrame) -> str:
    """Say what the mark of an exact test means; "" where there is none among some rows."""
    exact = estimates[estimates["statistic"].isin(list(EXACT.values()))]
    if exact.empty:
        return ""
    drawn = (method for method in exact["method"] if "random deals" in method)
    how = "; ".join(dict.fromkeys(method.partition(": ")[2] for method in drawn))
    without = dict.fromkeys(note for note in exact["note"] if note)
    text = (
        f"{EXACT_MARK} {SPARSE[:1].upper()}{SPARSE[1:]} (Mantel and Fleiss 1980), so that p is "
        "exact: the events of each day dealt anew among the patients at risk"
    )
    text += f" ({how})." if how else "."
    return text + "".join(f" {MISSING}{EXACT_MARK}: {note}." for note in without)


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
    frame = pd.DataFrame(once_not_recorded(cells))
    counted = whole.loc[whole["variable"] == "patients", "n"]
    of_all = f" (N = {thousands(counted.iloc[0])})" if len(counted) else ""
    partly = (whole["statistic"] == Statistic.NOT_RECORDED).any()
    whom = "Percentages are of the patients whose value is recorded: n." if partly else ""
    missing = f"Not recorded in this dataset: {', '.join(left_out)}." if left_out else ""
    explained = abbreviations(study, [*frame["variable"], *frame["level"]])
    return journal(
        frame,
        stub="level",
        group="variable",
        headings={"level": heading + of_all},
        notes=[whom, *notes, explained, missing],
    )


def _row_cells(whole: pd.DataFrame, asked: Row, study: Study) -> list[dict[str, str]]:
    chosen = pick(whole, variable=asked.name)
    variable = asked.variable if isinstance(asked, Grouped) else asked
    if not isinstance(asked, Grouped) and asked.quantity:
        text = median_range(chosen, asked.decimals)
        if text is None:
            return []
        label = f"{variable.label}{_of_whom(chosen)}"
        return [
            {"variable": label, "level": "Median (range)", "No.": text, "%": ""},
            *_not_recorded(chosen, label),
        ]
    counted = chosen[chosen["statistic"].isin([Statistic.COUNT, Statistic.PERCENT])]
    if isinstance(asked, Grouped):
        counted = counted[counted["variable_level"].isin(asked.cut.sides)]
    wide = counted.pivot(index="variable_level", columns="statistic", values="value")
    label = variable.label if isinstance(asked, Grouped) else variable.words
    label += _of_whom(chosen)
    rows = [
        {
            "variable": label,
            "level": variable.level(level),
            "No.": thousands(wide.loc[level, Statistic.COUNT]),
            "%": fixed(wide.loc[level, Statistic.PERCENT], 1),
        }
        for level in dict.fromkeys(counted["variable_level"])
    ]
    return rows + _not_recorded(chosen, label) if rows else []


def _of_whom(chosen: pd.DataFrame) -> str:
    """Give the number of patients of whom percentages are, where it is not that of all."""
    if not (chosen["statistic"] == Statistic.NOT_RECORDED).any():
        return ""
    known = chosen.loc[chosen["statistic"] != Statistic.NOT_RECORDED, "n"]
    return f" (n = {thousands(known.iloc[0])})"


def once_not_recorded(cells: list[dict[str, str]]) -> list[dict[str, str]]:
    """Leave out the line "Not recorded" of a variable where the same follows, as of its groups."""
    return [
        line
        for place, line in enumerate(cells)
        if line["level"] != NOT_RECORDED or line not in cells[place + 1 :]
    ]


def _not_recorded(chosen: pd.DataFrame, label: str) -> list[dict[str, str]]:
    return [
        {"variable": label, "level": NOT_RECORDED, "No.": thousands(count), "%": ""}
        for count in chosen.loc[chosen["statistic"] == Statistic.NOT_RECORDED, "value"]
    ]


NOT_RECORDED = "Not recorded"
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
