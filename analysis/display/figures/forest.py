"""Forest plot of hazard ratios, with the numbers that it draws beside it.

Log axis and columns after Lewis and Clarke, Forest plots: trying to see the wood and the trees,
BMJ 2001.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import (
    LINE_MM,
    NARROW_MM,
    Rows,
    Sheet,
    Stacked,
    clean,
    text_width,
    widest,
    wrap,
)

_TICKS = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 20, 50, 100]
# Beyond these an interval says no more than that it is very wide; it ends in an arrow.
_LIMITS = (0.1, 10.0)
_MARGIN, _GAP = 2.0, 2.5
_LABEL_MM = 52.0
_ROW_PADDING = 1.6
_HEADING_Y = _MARGIN + 1.5 * LINE_MM
_TOP = _MARGIN + 2 * LINE_MM + 1.5


@dataclass(frozen=True)
class _Panel:
    """One endpoint: its table, and the texts that stand beside its plot."""

    name: str
    table: pd.DataFrame
    ratios: list[str]
    p_values: list[str]


@drawn
def forests(
    endpoints: Mapping[str, pd.DataFrame],
    *,
    confidence: float = 0.95,
    groups: tuple[str, str] = ("yes", "no"),
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw the hazard ratios of one or two endpoints side by side on shared rows.

    Parameters
    ----------
    endpoints
        By name of the endpoint, one row a factor: label, n_yes, n_no (patients with and without
        it), hazard_ratio (yes against no), lower, upper, p, exact (bool: p is exact, since events
        are few; it is marked). A missing ratio is 'not estimable'.
        Rows are matched by label; the counts printed are those of the first endpoint.
    confidence
        Level of the intervals, as a fraction.
    groups
        What the two numbers of patients are called.

    Raises
    ------
    ValueError
        When a label stands twice in one endpoint, since rows could not be matched.
    """
    tables = {clean(name): _by_label(name, rows) for name, rows in endpoints.items()}
    labels = list(dict.fromkeys(label for table in tables.values() for label in table.index))
    if not labels:
        return notice("Forest plot: no factor has been analysed.", width_mm)
    panels = [_panel(name, table.reindex(labels)) for name, table in tables.items()]
    level = fmt.confidence_level(confidence)
    if width_mm < NARROW_MM:
        return _narrow(panels, labels, level, groups, width_mm)
    counts = panels[0].table[["n_yes", "n_no"]].map(fmt.thousands)

    lines = [wrap(label, _LABEL_MM) for label in labels]
    rows = Rows.below(_TOP, map(len, lines), _ROW_PADDING)
    label_width = widest([text for texts in lines for text in texts])
    n_width = widest([f"{groups[0]} ", f"{groups[1]} ", *counts.to_numpy().ravel()])
    no_x = _MARGIN + label_width + 2 * (_GAP + n_width)

    sheet = Sheet.blank(width_mm, rows.bottom + 10.0)
    for upper, lower in list(pairwise(rows.edges))[::2]:
        sheet.paper.axhspan(upper, lower, color=theme.STRIPE, linewidth=0)
    rule = [_TOP - 0.6] * 2
    sheet.paper.plot([_MARGIN, width_mm - _MARGIN], rule, color=theme.INK, linewidth=0.6)
    sheet.text(_MARGIN, _HEADING_Y, "Factor", weight="bold")
    rows.write(sheet, _MARGIN, lines)
    sheet.text(no_x, _HEADING_Y - LINE_MM, "Patients", ha="right", weight="bold")
    for x, name, column in (
        (no_x - n_width - _GAP, groups[0], "n_yes"),
        (no_x, groups[1], "n_no"),
    ):
        sheet.text(x, _HEADING_Y, name, ha="right", weight="bold")
        rows.write(sheet, x, list(counts[column]), ha="right")

    heading = f"HR ({level} CI)"
    limits = _limits([panel.table for panel in panels])
    width = (width_mm - _MARGIN - no_x) / len(panels)
    ratio_width = max(
        text_width(heading, weight="bold"), *(widest(panel.ratios) for panel in panels)
    )
    for index, panel in enumerate(panels):
        left, right = no_x + index * width + 2 * _GAP, no_x + (index + 1) * width
        _draw_panel(sheet, rows, panel, heading, limits, left, right, ratio_width, groups)
    return Drawing(sheet.figure, _alt(panels, groups, level))


def _narrow(
    panels: Sequence[_Panel],
    labels: Sequence[str],
    level: str,
    groups: tuple[str, str],
    width_mm: float,
) -> Drawing:
    """Draw one endpoint below the other, the words of a factor above its line."""
    heading = f"HR ({level} CI)"
    right = width_mm - _MARGIN
    p_width = widest(["<0.001", *(p for panel in panels for p in panel.p_values)])
    ratio_x = right - p_width - _GAP
    ratio_width = max(
        text_width(heading, weight="bold"), *(widest(panel.ratios) for panel in panels)
    )
    lines = [wrap(label, ratio_x - ratio_width - _GAP - _MARGIN) for label in labels]
    limits = _limits([panel.table for panel in panels])
    tables: list[Stacked] = []
    top = 0.0
    for _ in panels:
        tables.append(Stacked.below(top + _TOP, map(len, lines), 1.0))
        top = tables[-1].rows.bottom + 11.0
    sheet = Sheet.blank(width_mm, top)
    for panel, table in zip(panels, tables, strict=True):
        y = table.rows.top - _TOP + _HEADING_Y
        sheet.text(_MARGIN, y - LINE_MM, panel.name, weight="bold")
        sheet.text(ratio_x, y, heading, ha="right", weight="bold")
        sheet.text(right, y, "p", ha="right", weight="bold")
        rule = [table.rows.top - 0.6] * 2
        sheet.paper.plot([_MARGIN, right], rule, color=theme.INK, linewidth=0.6)
        for upper, lower in list(pairwise(table.rows.edges))[::2]:
            sheet.paper.axhspan(upper, lower, color=theme.STRIPE, linewidth=0)
        axes = _axes(sheet, table.rows, limits, 2 * _MARGIN, width_mm - 4 * _MARGIN, groups)
        for place, (_, row) in enumerate(panel.table.iterrows()):
            words, plot = table.words[place], table.plots[place]
            missing = panel.ratios[place] == fmt.NOT_ESTIMABLE
            sheet.text(_MARGIN, words, lines[place])
            ink = theme.MUTED if missing else theme.INK
            sheet.text(ratio_x, words, panel.ratios[place], ha="right", color=ink)
            sheet.text(right, words, panel.p_values[place], ha="right")
            axes.plot([1, 1], [plot - 1.5, plot + 1.5], color=theme.INK, linewidth=0.6)
            if not missing:
                _draw_ratio(axes, plot, row, limits)
    return Drawing(sheet.figure, _alt(panels, groups, level))


def _by_label(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    table = rows.assign(label=rows["label"].map(clean)).set_index("label")
    if table.index.has_duplicates:
        twice = ", ".join(table.index[table.index.duplicated()].unique())
        raise ValueError(f"{clean(name) or 'Forest plot'}: these factors stand twice: {twice}.")
    return table


def _panel(name: str, table: pd.DataFrame) -> _Panel:
    numbers = table[["hazard_ratio", "lower", "upper"]].apply(pd.to_numeric).astype(float)
    drawable = (np.isfinite(numbers) & (numbers > 0)).all(axis=1)
    exact = table["exact"].eq(True) if "exact" in table else False
    table = table.assign(**numbers.where(drawable, np.nan), exact=exact)
    ratios = [fmt.estimate(*row) for row in table[numbers.columns].itertuples(index=False)]
    p_values = [
        fmt.p_value(p) + ("†" if exact else "")
        for p, exact in zip(table["p"], table["exact"], strict=True)
    ]
    return _Panel(name, table, ratios, p_values)


def _limits(tables: Sequence[pd.DataFrame]) -> tuple[float, float]:
    """Give limits shared by the panels: the ticks around every interval, within reason."""
    low = np.nanmin([0.5, *(table["lower"].min() for table in tables)])
    high = np.nanmax([2.0, *(table["upper"].max() for table in tables)])
    return (
        max(tick for tick in _TICKS if tick <= max(low, _LIMITS[0])),
        min(tick for tick in _TICKS if tick >= min(high, _LIMITS[1])),
    )


def _draw_panel(
    sheet: Sheet,
    rows: Rows,
    panel: _Panel,
    heading: str,
    limits: tuple[float, float],
    left: float,
    right: float,
    ratio_width: float,
    groups: tuple[str, str],
) -> None:
    """Draw the plot of an endpoint and its columns of text between `left` and `right` mm."""
    ratio_x = right - widest(["<0.001", *panel.p_values]) - _GAP - ratio_width
    plot_width = ratio_x - _GAP - left
    axes = _axes(sheet, rows, limits, left, plot_width, groups)
    axes.axvline(1, color=theme.INK, linewidth=0.6)
    for y, (_, row) in zip(rows.centres, panel.table.iterrows(), strict=True):
        if not np.isnan(row["hazard_ratio"]):
            _draw_ratio(axes, y, row, limits)

    sheet.text(left, _HEADING_Y - LINE_MM, panel.name, weight="bold")
    sheet.text(ratio_x, _HEADING_Y, heading, weight="bold")
    sheet.text(right, _HEADING_Y, "p", ha="right", weight="bold")
    for y, ratio in zip(rows.centres, panel.ratios, strict=True):
        missing = ratio == fmt.NOT_ESTIMABLE
        sheet.text(ratio_x, y, ratio, color=theme.MUTED if missing else theme.INK)
    rows.write(sheet, right, panel.p_values, ha="right")


def _axes(
    sheet: Sheet,
    rows: Rows,
    limits: tuple[float, float],
    left: float,
    width: float,
    groups: tuple[str, str],
) -> Axes:
    """Give the axes of the hazard ratios, `width` mm wide, whose heights are those of the rows."""
    axes = sheet.axes(left, rows.top, width, rows.bottom - rows.top)
    axes.set(xscale="log", xlim=limits, ylim=(rows.bottom, rows.top), yticks=[])
    axes.set_xlabel(f"Hazard ratio, {groups[0]} v {groups[1]}")
    axes.spines["left"].set_visible(False)
    ticks = _legible_ticks(*limits, width)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{tick:g}" for tick in ticks])
    return axes


def _draw_ratio(axes: Axes, y: float, row: pd.Series, limits: tuple[float, float]) -> None:
    low, high = limits
    lower, upper = max(row["lower"], low), min(row["upper"], high)
    axes.plot([lower, upper], [y, y], color=theme.NEUTRAL, linewidth=1.0, solid_capstyle="butt")
    if low <= row["hazard_ratio"] <= high:
        axes.plot(row["hazard_ratio"], y, "s", color=theme.NEUTRAL, markersize=3.6)
    if row["lower"] < low:
        axes.plot(low, y, "<", color=theme.NEUTRAL, markersize=3.6, clip_on=False)
    if row["upper"] > high:
        axes.plot(high, y, ">", color=theme.NEUTRAL, markersize=3.6, clip_on=False)


def _legible_ticks(low: float, high: float, width: float) -> list[float]:
    """Give the ticks whose labels do not touch on an axis `width` mm long: 1 and the ends first."""
    inner = sorted((tick for tick in _TICKS if low < tick < high), key=lambda t: abs(np.log(t)))
    kept: list[float] = []
    for tick in dict.fromkeys([1.0, low, high, *inner]):
        room = [abs(np.log(tick / other)) / np.log(high / low) * width for other in kept]
        need = [(text_width(f"{tick:g}") + text_width(f"{other:g}")) / 2 + 1.0 for other in kept]
        if all(gap > least for gap, least in zip(room, need, strict=True)):
            kept.append(tick)
    return sorted(kept)


def _alt(panels: Sequence[_Panel], groups: tuple[str, str], level: str) -> str:
    parts = []
    for panel in panels:
        texts = [
            f"{label} {ratio} ({'exact ' if exact else ''}{fmt.p_text(p)})"
            for label, ratio, p, exact in zip(
                panel.table.index,
                panel.ratios,
                panel.table["p"],
                panel.table["exact"],
                strict=True,
            )
        ]
        of = f" of {fmt.mid_sentence(panel.name)}" if panel.name else ""
        against = f"{groups[0]} against {groups[1]}"
        parts.append(
            f"Forest plot of hazard ratios with {level} CI{of}, {against}: {'; '.join(texts)}."
        )
    return " ".join(parts)
