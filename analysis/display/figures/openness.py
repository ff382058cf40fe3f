"""What an article leaves open of its hazard ratios: what is proved, what was attained, one cohort.

One figure an endpoint. Each row has a line for what is proved, from no limit (an arrow) to the
limits on the days of one cohort, a bar for what exact cohorts have, and a point for one of them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import (
    LINE_MM,
    NARROW_MM,
    Rows,
    Sheet,
    Stacked,
    clean,
    legend_height,
    text_width,
    widest,
    wrap,
)

_LIMITS = (0.25, 4.0)
_TICKS = (0.25, 0.5, 1.0, 2.0, 4.0)
_MARGIN, _GAP, _PADDING = 2.0, 3.0, 1.8
_LABEL_MM = 50.0
_AXIS_MM = 10.0
_PROVED, _ON_DAYS = theme.FAINT, theme.MUTED
_SIGNS = {
    "proved, whatever the days": Line2D([], [], color=_PROVED, linewidth=1.4),
    "proved, on the days of this cohort": Line2D([], [], color=_ON_DAYS, linewidth=2.0),
    "attained by exact cohorts": Line2D([], [], color=theme.NEUTRAL, linewidth=4.0),
    "this cohort": Line2D([], [], color=theme.INK, marker="o", markersize=3.4, linewidth=0),
}


@drawn
def openness(rows: pd.DataFrame, *, name: str, width_mm: float = theme.DOUBLE_COLUMN_MM) -> Drawing:
    """Draw the hazard ratios of one endpoint.

    Parameters
    ----------
    rows
        One row a factor, in order: `label`, `group` (a heading stands above its first), `ratio` of
        the cohort, `attained`, `any_days` and `own_days` (each a list of stretches from low to
        high, empty for none), and `text` (what was attained, in words).
    name
        What the figure is called in its alternative text.
    """
    if rows.empty:
        return notice(f"{name}: no hazard ratio is compared.", width_mm)
    lines: list[list[str]] = []
    # None for a heading.
    entries: list[dict[Hashable, Any] | None] = []
    for place, row in enumerate(rows.to_dict("records")):
        if place in _firsts(rows):
            lines.append([clean(row["group"])])
            entries.append(None)
        lines.append(wrap(row["label"], _LABEL_MM))
        entries.append(row)
    texts = ["" if row is None else clean(row["text"]) for row in entries]
    if width_mm < NARROW_MM:
        return _narrow(rows, entries, name, width_mm)
    heading = "Attained"
    text_mm = max(widest(texts), text_width(heading, weight="bold"))
    plot_left = _MARGIN + max(widest([t for one in lines for t in one]), 20.0) + _GAP
    plot_width = width_mm - _MARGIN - text_mm - _GAP - plot_left
    labels = list(_SIGNS)
    legend_mm = legend_height(labels, width_mm - 2 * _MARGIN)
    top = _MARGIN + legend_mm + LINE_MM + 1.5
    table = Rows.below(top, map(len, lines), _PADDING)
    sheet = Sheet.blank(width_mm, table.bottom + _AXIS_MM)
    sheet.legend(_SIGNS, _MARGIN, _MARGIN, width_mm - 2 * _MARGIN)
    for place, (upper, lower) in enumerate(pairwise(table.edges)):
        if entries[place] is None:
            sheet.paper.axhspan(upper, lower, color=theme.STRIPE, linewidth=0)
    text_x = plot_left + plot_width + _GAP
    sheet.text(text_x, top - 0.5 * LINE_MM - 0.6, heading, weight="bold")
    for y, entry, label, text in zip(table.centres, entries, lines, texts, strict=True):
        sheet.text(_MARGIN, y, label, weight="bold" if entry is None else "normal")
        sheet.text(text_x, y, text)
    axes = _axes(sheet, table, plot_left, plot_width)
    axes.axvline(1, color=theme.INK, linewidth=0.6)
    for y, entry in zip(table.centres, entries, strict=True):
        if entry is not None:
            _draw(axes, y, entry)
    return Drawing(sheet.figure, _alt(name, rows))


def _narrow(
    rows: pd.DataFrame,
    entries: Sequence[Mapping[Hashable, Any] | None],
    name: str,
    width_mm: float,
) -> Drawing:
    """Draw the same with the words of a factor above its line."""
    width = width_mm - 2 * _MARGIN
    texts = [[clean(rows["group"].iloc[place])] for place in _firsts(rows)]
    headings = iter(texts)
    words: list[list[str]] = []
    for entry in entries:
        if entry is None:
            words.append(next(headings))
            continue
        label, text = clean(entry["label"]), clean(entry["text"])
        beside = text_width(label) + _GAP + text_width(text) <= width
        words.append([label] if beside else [*wrap(label, width), *wrap(text, width)])
    legend_mm = legend_height(list(_SIGNS), width)
    top = _MARGIN + legend_mm + 1.5
    table = Stacked.below(top, map(len, words), 0.8)
    sheet = Sheet.blank(width_mm, table.rows.bottom + _AXIS_MM)
    sheet.legend(_SIGNS, _MARGIN, _MARGIN, width)
    axes = _axes(sheet, table.rows, 2 * _MARGIN, width_mm - 4 * _MARGIN)
    for place, (entry, lines) in enumerate(zip(entries, words, strict=True)):
        upper, lower = table.rows.edges[place : place + 2]
        if entry is None:
            sheet.paper.axhspan(upper, lower, color=theme.STRIPE, linewidth=0)
            sheet.text(_MARGIN, (upper + lower) / 2, lines, weight="bold")
            continue
        y = table.plots[place]
        sheet.text(_MARGIN, table.words[place], lines)
        if len(lines) == 1:
            sheet.text(width_mm - _MARGIN, table.words[place], clean(entry["text"]), ha="right")
        axes.plot([1, 1], [y - 1.5, y + 1.5], color=theme.INK, linewidth=0.6)
        _draw(axes, y, entry)
    return Drawing(sheet.figure, _alt(name, rows))


def _firsts(rows: pd.DataFrame) -> list[int]:
    """Give the places of rows above which a heading stands."""
    groups = list(rows["group"])
    return [i for i, group in enumerate(groups) if i == 0 or group != groups[i - 1]]


def _axes(sheet: Sheet, table: Rows, left: float, width: float) -> Axes:
    axes = sheet.axes(left, table.top, width, table.bottom - table.top)
    axes.set(xscale="log", xlim=_LIMITS, ylim=(table.bottom, table.top), yticks=[])
    axes.set_xlabel("Hazard ratio, with the factor v without")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{tick:g}" for tick in _TICKS])
    return axes


def _draw(axes: Axes, y: float, row: Mapping[Hashable, Any]) -> None:
    for stretches, colour, width in (
        (row["any_days"], _PROVED, 1.4),
        (row["own_days"], _ON_DAYS, 2.0),
        (row["attained"], theme.NEUTRAL, 4.0),
    ):
        for low, high in stretches or ():
            left, right = np.clip([low, high], *_LIMITS)
            if low > _LIMITS[1] or high < _LIMITS[0]:
                continue
            # What is narrower than a point is still seen.
            middle, least = math.sqrt(left * right), 1.006
            left, right = min(left, middle / least), max(right, middle * least)
            axes.plot([left, right], [y, y], color=colour, linewidth=width, solid_capstyle="butt")
            for end, beyond, marker in (
                (_LIMITS[0], low < _LIMITS[0], "<"),
                (_LIMITS[1], high > _LIMITS[1], ">"),
            ):
                if beyond:
                    axes.plot(end, y, marker, color=colour, markersize=3.4, clip_on=False)
    if _LIMITS[0] <= row["ratio"] <= _LIMITS[1]:
        axes.plot(
            row["ratio"],
            y,
            "o",
            markerfacecolor=theme.INK,
            markeredgecolor="white",
            markeredgewidth=0.5,
            markersize=3.8,
        )


def _alt(name: str, rows: pd.DataFrame) -> str:
    said: Sequence[str] = [
        f"{clean(row['label'])}: {row['group'].lower()}, {clean(row['text'])}"
        for row in rows.to_dict("records")
    ]
    return f"{clean(name)}: hazard ratios that exact cohorts attain. {'; '.join(said)}."
