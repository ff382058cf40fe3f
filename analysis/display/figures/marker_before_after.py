"""A tumour marker before and after treatment, each patient a line."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import Sheet, clean, legend_height, widest
from analysis.estimates.drawn import positive_pairs
from analysis.estimates.rows import value_of
from analysis.study.declarations import Marker
from analysis.study.keys import NO, YES, Statistic

FALL = theme.OKABE_ITO["blue"]
RISE = theme.OKABE_ITO["vermillion"]

_PLOT_HEIGHT = 66.0


@drawn
def before_after(
    patients: pd.DataFrame,
    marker: Marker,
    rows: pd.DataFrame,
    *,
    width_mm: float = theme.SINGLE_COLUMN_MM,
) -> Drawing:
    """Draw a marker before and after treatment on a log axis, with both medians.

    Parameters
    ----------
    patients
        One row a patient, with the columns of the marker. Patients without both values, or with a
        value of zero or less, which a log axis cannot show, are left out and counted in the
        alternative text.
    marker
        Its columns, words and unit; where the values after treatment are cut, there is a dashed
        line.
    rows
        What is said of them: the rows of `estimates.drawn.before_after_rows`.
    """
    threshold = marker.after_groups.cut.value
    pairs = positive_pairs(patients, marker.before, marker.after)
    if pairs.empty:
        return notice(f"{marker.words} before and after treatment: not recorded.", width_mm)
    fell = pairs[marker.after] < pairs[marker.before]
    counts = {
        level: int(value_of(rows, statistic=Statistic.COUNT, variable_level=level))
        for level in (YES, NO)
    }
    medians = [
        value_of(rows, variable=name, statistic=Statistic.MEDIAN)
        for name in (marker.before, marker.after)
    ]
    low = 10.0 ** np.floor(np.log10(pairs.min().min()))
    high = max(10.0 ** np.ceil(np.log10(pairs.max().max())), 10 * low)
    ticks = [10.0**power for power in range(-9, 13) if 0.99 * low <= 10.0**power <= 1.01 * high]
    tick_labels = [f"{tick:g}" if tick < 1 else fmt.thousands(tick) for tick in ticks]
    left = widest(tick_labels) + 8.0
    key = {
        f"decreased (n = {counts[YES]})": Line2D([], [], color=FALL, linewidth=1.0),
        f"did not decrease (n = {counts[NO]})": Line2D(
            [], [], color=RISE, linewidth=1.0, linestyle=theme.DASHES[1]
        ),
        "median": Line2D([], [], color=theme.INK, linewidth=2.0),
    }
    top = 2.0 + legend_height(key, width_mm - 4.0) + 2.0
    sheet = Sheet.blank(width_mm, top + _PLOT_HEIGHT + 6.0)
    sheet.legend(key, 2.0, 2.0, width_mm - 4.0)
    axes = sheet.axes(left, top, width_mm - left - 3.0, _PLOT_HEIGHT)
    for (_, pair), falls in zip(pairs.iterrows(), fell, strict=True):
        axes.plot(
            [0, 1],
            pair.to_numpy(),
            color=FALL if falls else RISE,
            linewidth=0.5,
            alpha=0.5,
            linestyle="-" if falls else theme.DASHES[1],
            marker="o",
            markersize=1.6,
        )
    axes.plot([0, 1], medians, color=theme.INK, linewidth=2.0, marker="D", markersize=4.0)
    for x, value, side in ((-0.06, medians[0], "right"), (1.06, medians[1], "left")):
        axes.text(x, value, fmt.level(value), ha=side, va="center_baseline", weight="bold")
    axes.set(yscale="log", xlim=(-0.45, 1.45), ylim=(low, high))
    axes.set_xticks([0, 1], ["Before", "After"])
    axes.set_yticks(ticks, tick_labels)
    axes.tick_params(which="minor", left=False, labelleft=False)
    axes.set_ylabel(f"{marker.words} ({clean(marker.unit)})")
    if low <= threshold < high:
        axes.axhline(threshold, color=theme.MUTED, linewidth=0.7, linestyle=(0, (4, 2)))
        axes.text(
            1.44,
            threshold * 1.06,
            marker.after_groups.cut.shown().partition(" ")[2],
            ha="right",
            va="bottom",
            color=theme.MUTED,
        )
    return Drawing(sheet.figure, _alt(rows, medians, marker))


def _alt(rows: pd.DataFrame, medians: list[float], marker: Marker) -> str:
    before, after = (fmt.level(value) for value in medians)
    shown, absent = (
        int(value_of(rows, variable=marker.decrease, statistic=statistic))
        for statistic in (Statistic.N, Statistic.EXCLUDED)
    )
    share = fmt.count_percent(
        value_of(rows, statistic=Statistic.COUNT, variable_level=YES),
        value_of(rows, statistic=Statistic.PERCENT, variable_level=YES),
    )
    end = f" {fmt.patients(absent)} without both values not shown." if absent else ""
    return (
        f"{marker.words} before and after treatment in {fmt.patients(shown)}, log scale: it "
        f"decreased in {share}; median {before} {clean(marker.unit)} before, {after} after.{end}"
    )
