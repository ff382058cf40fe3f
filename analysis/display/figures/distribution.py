"""Histograms over a strip of the single values, with the median marked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, wrap

_LEFT, _RIGHT, _GAP = 13.0, 3.0, 6.0
# The last label of a log axis is long (100,000) and reaches beyond its panel.
_LOG_RIGHT, _LOG_GAP = 8.0, 12.0
_STRIP = 5.0


@theme.theme()
def distributions(
    columns: Mapping[str, pd.Series],
    *,
    unit: str,
    bin_width: float | None = None,
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
        By name, one value a patient in `unit`; missing values, and on a log axis values of zero
        or less, are left out and counted in the alternative text.
    bin_width
        In `unit`, bins starting at a multiple of it; chosen from the data when None. On a log axis
        there are four bins to a factor of ten.
    decimals
        Of the median and range printed above each panel; None suits them to the size of each.
    summary
        Whether median and range are told; without, the number of patients is. What is censored
        has no median here.
    """
    values = {clean(name): _usable(column, log) for name, column in columns.items()}
    if all(column.empty for column in values.values()):
        return notice(f"{', '.join(values)}: not recorded.", width_mm)
    right, gap = (_LOG_RIGHT, _LOG_GAP) if log else (_RIGHT, _GAP)
    panel = (width_mm - _LEFT - right - gap * (len(values) - 1)) / len(values)
    told = {
        name: _summary(column, unit, decimals) if summary else fmt.patients(len(column))
        for name, column in values.items()
    }
    headings = [wrap(words, panel) for words in told.values()]
    names = [wrap(f"{name} ({unit})", panel) for name in values]
    top = 2.0 + LINE_MM * max(map(len, headings)) + 1.5
    below = 5.5 + LINE_MM * max(map(len, names))
    sheet = Sheet.blank(width_mm, top + height_mm + _STRIP + below)
    bins = {name: _bins(column, bin_width, log) for name, column in values.items()}
    most = max(
        int(np.histogram(column, bins[name])[0].max())
        for name, column in values.items()
        if len(column)
    )
    for index, ((name, column), lines) in enumerate(zip(values.items(), headings, strict=True)):
        left = _LEFT + index * (panel + gap)
        sheet.text(left, top - 1.5 - LINE_MM * len(lines) / 2, lines)
        axes = sheet.axes(left, top, panel, height_mm)
        strip = sheet.axes(left, top + height_mm, panel, _STRIP)
        for shared in (axes, strip):
            if log:
                shared.set_xscale("log")
            shared.set_xlim(*_limits(bins[name], log))
        _draw(axes, strip, column, bins[name], summary)
        axes.set_ylim(0, most * 1.06)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        axes.tick_params(bottom=False, labelbottom=False, which="both")
        strip.set(yticks=[], ylim=(0, 1), xlabel="\n".join(names[index]))
        strip.spines["left"].set_visible(False)
        if log:
            _plain_log_ticks(strip, bins[name][0], bins[name][-1])
        if index == 0:
            axes.set_ylabel("Patients")
        else:
            axes.tick_params(labelleft=False)
    absent = {
        name: len(raw) - len(values[name])
        for name, raw in zip(values, columns.values(), strict=True)
    }
    return Drawing(sheet.figure, _alt(told, values, absent, summary))


def _usable(column: pd.Series, log: bool) -> pd.Series:
    numbers = pd.to_numeric(column).dropna().astype(float)
    return numbers[numbers > 0] if log else numbers


def _bins(column: pd.Series, width: float | None, log: bool) -> np.ndarray:
    if column.empty:
        return np.array([1.0, 10.0]) if log else np.array([0.0, 1.0])
    if log:
        first = np.floor(np.log10(column.min()))
        last = max(np.ceil(np.log10(column.max())), first + 1)
        return np.logspace(first, last, int(last - first) * 4 + 1)
    step = width or _round_step((column.max() - column.min()) / 12)
    first = np.floor(column.min() / step) * step
    bars = int(np.floor((column.max() - first) / step)) + 1
    return np.asarray(first + step * np.arange(bars + 1))


def _limits(bins: np.ndarray, log: bool) -> tuple[float, float]:
    """Give limits a little outside the bins, so that a value on the last edge is seen."""
    first, last = float(bins[0]), float(bins[-1])
    margin = 0.02 * (last - first)
    return (first / 1.2, last * 1.2) if log else (first - margin, last + margin)


def _round_step(step: float) -> float:
    """Give 1, 2 or 5 times a power of ten, the first that is no less than `step`."""
    if step <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= step * (1 - 1e-9)))


def _draw(axes: Axes, strip: Axes, column: pd.Series, bins: np.ndarray, with_median: bool) -> None:
    if column.empty:
        return
    axes.hist(
        column,
        bins=bins.tolist(),
        color=theme.OKABE_ITO["sky blue"],
        edgecolor="white",
        linewidth=0.5,
    )
    strip.vlines(column, 0.2, 0.8, color=theme.NEUTRAL, linewidth=0.5, alpha=0.6)
    for shared in (axes, strip) if with_median else ():
        shared.axvline(column.median(), color=theme.HIGHLIGHT, linewidth=1.2)


def _plain_log_ticks(axes: Axes, low: float, high: float) -> None:
    powers = range(round(np.log10(low)), round(np.log10(high)) + 1)
    # Every second power when there are many, or their labels would touch.
    ticks = [10.0**power for power in powers if len(powers) <= 4 or power % 2 == 0]
    axes.set_xticks(ticks, [f"{tick:g}" if tick < 1 else fmt.thousands(tick) for tick in ticks])
    axes.tick_params(which="minor", bottom=False, labelbottom=False)


def _summary(column: pd.Series, unit: str, decimals: int | None) -> str:
    if column.empty:
        return "not recorded"
    if decimals is None and (column % 1 == 0).all():
        # The median of whole numbers may be a half.
        decimals, median = 0, fmt.thousands(column.median(), int(column.median() % 1 != 0))
    else:
        median = _written(column.median(), decimals)
    low, high = (_written(value, decimals) for value in (column.min(), column.max()))
    return f"median {median} {unit} (range {low}–{high})"


def _written(value: float, decimals: int | None) -> str:
    return fmt.level(value) if decimals is None else fmt.thousands(value, decimals)


def _alt(
    told: Mapping[str, str],
    values: Mapping[str, pd.Series],
    absent: Mapping[str, int],
    summary: bool,
) -> str:
    parts = []
    for name, words in told.items():
        text = f"{name}: {words}"
        text += f", {fmt.patients(len(values[name]))}" if summary else ""
        parts.append(text + (f", {absent[name]} not shown" if absent[name] else ""))
    return f"Histograms. {'; '.join(parts)}."
