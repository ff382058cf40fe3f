"""Histograms over a strip of the single values, with the median marked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, wrap
from analysis.estimates.drawn import bars, usable
from analysis.estimates.rows import value_of
from analysis.study.keys import Statistic

Numbers = npt.NDArray[np.float64]

_LEFT, _RIGHT, _GAP = 13.0, 3.0, 6.0
# The last label of a log axis is long (100,000) and reaches beyond its panel.
_LOG_RIGHT, _LOG_GAP = 8.0, 12.0
_STRIP = 5.0
# A histogram that is narrower than this cannot be read.
_LEAST = 30.0
# Instead of decimals: all values are whole numbers.
_WHOLE = -1


@drawn
def distributions(
    columns: Mapping[str, tuple[pd.Series, pd.DataFrame]],
    *,
    unit: str,
    decimals: int | None = 0,
    log: bool = False,
    summary: bool = True,
    height_mm: float = 38.0,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw a histogram of each column side by side, counts on one shared axis.

    Parameters
    ----------
    columns
        By name, one value a patient in `unit`, and what is said of them: the rows of
        `estimates.drawn.histogram_rows`, which has the same `log`.
    decimals
        Of the median and range printed above each panel; None suits them to the size of each.
    summary
        Whether median and range are told; without, the number of patients is. What is censored
        has no median here.
    """
    values = {clean(name): usable(column, log) for name, (column, _) in columns.items()}
    rows = {clean(name): told for name, (_, told) in columns.items()}
    if all(column.empty for column in values.values()):
        return notice(f"{', '.join(values)}: not recorded.", width_mm)
    right, gap = (_LOG_RIGHT, _LOG_GAP) if log else (_RIGHT, _GAP)
    room = width_mm - _LEFT - right + gap
    # As many beside each other as have room, the others below.
    across = min(len(values), max(1, int(room // (_LEAST + gap))))
    panel = room / across - gap
    told = {
        name: _summary(own, unit, _decimals(values[name], decimals))
        if summary
        else fmt.patients(_count(own, Statistic.N))
        for name, own in rows.items()
    }
    headings = [wrap(words, panel) for words in told.values()]
    names = [wrap(f"{name} ({unit})", panel) for name in values]
    top = 2.0 + LINE_MM * max(map(len, headings)) + 1.5
    below = 5.5 + LINE_MM * max(map(len, names))
    pitch = top + height_mm + _STRIP + below
    sheet = Sheet.blank(width_mm, pitch * -(-len(values) // across))
    bins = {name: _bars(own, log) for name, own in rows.items()}
    most = max(int(counts.max()) for _, counts in bins.values() if len(counts))
    for index, ((name, column), lines) in enumerate(zip(values.items(), headings, strict=True)):
        row, column_of_panels = divmod(index, across)
        left, upper = _LEFT + column_of_panels * (panel + gap), row * pitch + top
        edges, counts = bins[name]
        sheet.text(left, upper - 1.5 - LINE_MM * len(lines) / 2, lines)
        axes = sheet.axes(left, upper, panel, height_mm)
        strip = sheet.axes(left, upper + height_mm, panel, _STRIP)
        for shared in (axes, strip):
            if log:
                shared.set_xscale("log")
            shared.set_xlim(*_limits(edges, log))
        _draw(axes, strip, column, edges, counts)
        for shared in (axes, strip) if summary and len(column) else ():
            shared.axvline(_value(rows[name], Statistic.MEDIAN), color=theme.HIGHLIGHT, lw=1.2)
        axes.set_ylim(0, most * 1.06)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        axes.tick_params(bottom=False, labelbottom=False, which="both")
        strip.set(yticks=[], ylim=(0, 1), xlabel="\n".join(names[index]))
        strip.spines["left"].set_visible(False)
        if log:
            _plain_log_ticks(strip, edges[0], edges[-1])
        if column_of_panels == 0:
            axes.set_ylabel("Patients")
        else:
            axes.tick_params(labelleft=False)
    return Drawing(sheet.figure, _alt(told, rows, summary))


def _bars(rows: pd.DataFrame, log: bool) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Give edges and counts of the bars; of nobody, an axis without bars."""
    edges, counts = bars(rows)
    if not len(counts):
        edges = np.array([1.0, 10.0]) if log else np.array([0.0, 1.0])
    return edges, counts


def _value(rows: pd.DataFrame, statistic: Statistic) -> float:
    return value_of(rows, statistic=statistic, variable_level="")


def _count(rows: pd.DataFrame, statistic: Statistic) -> int:
    return int(_value(rows, statistic))


def _limits(bins: np.ndarray, log: bool) -> tuple[float, float]:
    """Give limits a little outside the bins, so that a value on the last edge is seen."""
    first, last = float(bins[0]), float(bins[-1])
    margin = 0.02 * (last - first)
    return (first / 1.2, last * 1.2) if log else (first - margin, last + margin)


def _draw(
    axes: Axes,
    strip: Axes,
    column: pd.Series,
    edges: Numbers,
    counts: npt.NDArray[np.int64],
) -> None:
    if column.empty:
        return
    axes.bar(
        edges[:-1],
        counts,
        np.diff(edges),
        align="edge",
        color=theme.OKABE_ITO["sky blue"],
        edgecolor="white",
        linewidth=0.5,
    )
    strip.vlines(column, 0.2, 0.8, color=theme.NEUTRAL, linewidth=0.5, alpha=0.6)


def _plain_log_ticks(axes: Axes, low: float, high: float) -> None:
    powers = range(round(np.log10(low)), round(np.log10(high)) + 1)
    # Every second power when there are many, or their labels would touch.
    ticks = [10.0**power for power in powers if len(powers) <= 4 or power % 2 == 0]
    axes.set_xticks(ticks, [f"{tick:g}" if tick < 1 else fmt.thousands(tick) for tick in ticks])
    axes.tick_params(which="minor", bottom=False, labelbottom=False)


def _summary(rows: pd.DataFrame, unit: str, decimals: int | None) -> str:
    if not _count(rows, Statistic.N):
        return "not recorded"
    middle, low, high = (
        _value(rows, statistic) for statistic in (Statistic.MEDIAN, Statistic.MIN, Statistic.MAX)
    )
    if decimals == _WHOLE:
        # The median of whole numbers may be a half.
        decimals, median = 0, fmt.thousands(middle, int(middle % 1 != 0))
    else:
        median = _written(middle, decimals)
    return f"median {median} {unit} (range {_written(low, decimals)}–{_written(high, decimals)})"


def _decimals(column: pd.Series, decimals: int | None) -> int | None:
    return _WHOLE if decimals is None and (column % 1 == 0).all() else decimals


def _written(value: float, decimals: int | None) -> str:
    return fmt.level(value) if decimals is None else fmt.thousands(value, decimals)


def _alt(told: Mapping[str, str], rows: Mapping[str, pd.DataFrame], summary: bool) -> str:
    parts = []
    for name, words in told.items():
        shown, absent = (
            _count(rows[name], statistic) for statistic in (Statistic.N, Statistic.EXCLUDED)
        )
        text = f"{name}: {words}"
        text += f", {fmt.patients(shown)}" if summary else ""
        parts.append(text + (f", {absent} not shown" if absent else ""))
    return f"Histograms. {'; '.join(parts)}."
