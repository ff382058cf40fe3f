"""Kaplan-Meier curves with their numbers at risk.

Composed of layers, after R's ggsurvfit: band, curve, censor marks, median lines, and a table of
numbers at risk aligned under the axis. What such a figure should show is from Pocock, Clayton
and Altman, Survival plots of time-to-event outcomes in clinical trials, Lancet 2002.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, text_width, widest, wrap
from analysis.study.months import DAYS_PER_MONTH

Median = tuple[float, float, float]

# More curves than this cannot be told apart.
MOST_CURVES = len(theme.CURVES)
_MARGIN = 2.0
_RIGHT = 4.0
_KEY_ROW = 3.7
_RISK_ROW = 3.5


@dataclass(frozen=True)
class _Curve:
    """One curve, ready to draw: times in months, probabilities in percent."""

    label: str
    colour: str
    dashes: object
    steps: pd.DataFrame
    median: Median | None

    def below(self, month: float) -> float:
        """Give the survival in percent at a time."""
        index = int(self.steps["month"].searchsorted(month, side="right")) - 1
        return float(self.steps["survival"].iloc[max(index, 0)])


@drawn
def survival_figure(
    curves: Mapping[str, pd.DataFrame],
    at_risk: Mapping[str, Sequence[int | None]],
    months_grid: Sequence[int],
    *,
    medians: Mapping[str, Median],
    ylabel: str,
    censored: Mapping[str, Sequence[int]] | None = None,
    xlabel: str = "Time (months)",
    p_value: float | None = None,
    p_label: str = "Log-rank",
    title: str = "",
    method: str = "Kaplan-Meier",
    confidence: float = 0.95,
    names: Mapping[str, str] | None = None,
    width_mm: float = theme.SINGLE_COLUMN_MM,
) -> Drawing:
    """Draw one to four Kaplan-Meier curves over their numbers at risk.

    Parameters
    ----------
    curves
        By label, one row a time: days (from time zero), at_risk, events, censored, and survival,
        lower, upper as fractions.
    at_risk
        By label, the number at risk at each month of `months_grid`; None where it is confidential.
    months_grid
        Months of the ticks and of the table, rising; the last one ends the figure.
    medians
        By label: median and its bounds in months, NaN where not reached.
    ylabel
        Name of the probability; its unit, %, is added.
    censored
        By label, the number censored before each month of `months_grid`, which is put in brackets
        after that at risk; empty where it is not asked for.
    method
        How the curves were estimated, in words, for those who cannot see them.
    confidence
        Level of the band and of the bounds, as a fraction.
    names
        By label, a short name that is written at the curve itself.

    Raises
    ------
    ValueError
        When there are no curves or more than four, fewer than two months, or not one number at
        risk for each month and curve.
    """
    _check(curves, at_risk, months_grid)
    last = float(months_grid[-1])
    lines = [
        _Curve(
            label=clean(label),
            colour=colour,
            dashes=dashes,
            steps=_steps(frame, last),
            median=None if frame.empty else medians.get(label),
        )
        for (label, frame), colour, dashes in zip(
            curves.items(), theme.CURVES, theme.DASHES, strict=False
        )
    ]
    numbers = [[_number(number) for number in at_risk[label]] for label in curves]
    heading, below = "Number at risk", numbers
    if censored:
        heading += " (censored)"
        gone = [[_number(number) for number in censored[label]] for label in curves]
        below = [
            [f"{left} ({by_then})" for left, by_then in zip(*both, strict=True)]
            for both in zip(numbers, gone, strict=True)
        ]
    level = f"{fmt.confidence_level(confidence)} CI"
    p_line = "" if fmt.is_missing(p_value) else f"{p_label} {fmt.p_text(p_value)}"

    labels_width = widest([line.label for line in lines])
    # Long labels get a line of their own above their numbers, so that none is ever cut short.
    stacked = labels_width > 0.24 * width_mm
    # Half of the widest number stands out at either end of the axis.
    half = widest([number for row in below for number in row]) / 2
    beside = _MARGIN if stacked else _MARGIN + labels_width + 1.5
    left = max(13.5, beside + max(2.5, half))
    right = max(_RIGHT, half + 1.0)
    plot_width = width_mm - left - right
    plot_height = min(0.72 * plot_width, 85.0)
    title_lines = wrap(title, width_mm - 2 * _MARGIN, theme.TITLE_PT, "bold") if title else []
    key = _key(lines, level, width_mm - 2 * _MARGIN)
    top = _MARGIN + 3.8 * len(title_lines) + _KEY_ROW * (_key_rows(key) + bool(p_line)) + 2.5
    risk_rows = [
        (wrap(line.label, width_mm - left - right) if stacked else [line.label]) for line in lines
    ]
    risk_top = top + plot_height + 9.5
    risk_height = LINE_MM + sum(
        _RISK_ROW + (LINE_MM * len(rows) if stacked else 0) for rows in risk_rows
    )
    sheet = Sheet.blank(width_mm, risk_top + risk_height + _MARGIN)

    for index, text in enumerate(title_lines):
        y = _MARGIN + 1.6 + 3.8 * index
        sheet.text(_MARGIN, y, text, size=theme.TITLE_PT, weight="bold")
    _draw_key(sheet, key, _MARGIN + 3.8 * len(title_lines), p_line)

    axes = sheet.axes(left, top, plot_width, plot_height)
    axes.set(xlim=(0, last), ylim=(0, 100), xticks=list(months_grid), yticks=range(0, 101, 25))
    axes.set(xlabel=clean(xlabel), ylabel=f"{clean(ylabel)} (%)")
    # A full curve runs along the top edge and would lose half its width to the frame.
    axes.set_ylim(0, 101.5)
    axes.spines["left"].set_bounds(0, 100)
    for line in lines:
        # Three or more bands on top of one another turn to mud unless fainter.
        _draw_band(axes, line, alpha=0.15 if len(lines) < 3 else 0.09)
    for line in lines:
        _draw_curve(axes, line)
        _draw_censoring(axes, line, last)
    taken = _draw_names(sheet, axes, lines, last, names or {})
    _draw_medians(sheet, axes, lines, last, taken)
    _draw_at_risk(
        sheet, axes, lines, heading, below, months_grid, risk_rows, stacked, left, risk_top
    )
    return Drawing(
        sheet.figure,
        _alt(lines, numbers, curves, months_grid, ylabel, level, p_line, title, method),
    )


def _number(number: int | None) -> str:
    return fmt.CONFIDENTIAL if number is None else fmt.thousands(int(number))


def _check(
    curves: Mapping[str, pd.DataFrame],
    at_risk: Mapping[str, Sequence[int | None]],
    months_grid: Sequence[int],
) -> None:
    if not 1 <= len(curves) <= MOST_CURVES:
        raise ValueError(f"A survival figure shows 1 to {MOST_CURVES} curves, not {len(curves)}.")
    if len(months_grid) < 2 or any(b <= a for a, b in pairwise(months_grid)):
        raise ValueError(f"The months must rise, and be two at least: {list(months_grid)}.")
    for label in curves:
        numbers = at_risk.get(label, ())
        if len(numbers) != len(months_grid):
            raise ValueError(
                f"{label}: {len(numbers)} numbers at risk for {len(months_grid)} months."
            )


def _steps(frame: pd.DataFrame, last: float) -> pd.DataFrame:
    """Give the steps from month 0 to the last month drawn, closed at both ends."""
    steps = pd.DataFrame(
        {
            "month": frame["days"].astype(float) / DAYS_PER_MONTH,
            "censored": frame["censored"].astype(float),
            **{name: 100 * frame[name].astype(float) for name in ("survival", "lower", "upper")},
        }
    ).sort_values("month", kind="stable")
    if steps.empty:
        return steps
    if steps["month"].iloc[0] > 0 or steps["survival"].iloc[0] < 100:
        start = {"month": 0.0, "censored": 0.0, "survival": 100.0, "lower": 100.0, "upper": 100.0}
        steps = pd.concat([pd.DataFrame([start]), steps])
    goes_on = steps["month"].iloc[-1] > last
    steps = steps[steps["month"] <= last]
    if goes_on:
        end = steps.iloc[[-1]].assign(month=last, censored=0.0)
        steps = pd.concat([steps, end])
    return steps.reset_index(drop=True)


def _draw_band(axes: Axes, line: _Curve, alpha: float) -> None:
    axes.fill_between(
        line.steps["month"],
        line.steps["lower"],
        line.steps["upper"],
        step="post",
        color=line.colour,
        alpha=alpha,
        linewidth=0,
        label=f"interval: {line.label}",
    )


def _draw_curve(axes: Axes, line: _Curve) -> None:
    axes.step(
        line.steps["month"],
        line.steps["survival"],
        where="post",
        color=line.colour,
        linestyle=line.dashes,
        label=line.label,
        solid_capstyle="butt",
        # The first step lies on the frame; a curve at zero would be cut in half there.
        clip_on=False,
        zorder=3,
    )


def _draw_censoring(axes: Axes, line: _Curve, last: float) -> None:
    marks = line.steps[(line.steps["censored"] > 0) & (line.steps["month"] <= last)]
    axes.plot(
        marks["month"],
        marks["survival"],
        linestyle="none",
        marker="|",
        markersize=4.5,
        markeredgewidth=0.7,
        color=theme.darker(line.colour),
        clip_on=False,
        zorder=4,
        label=f"censored: {line.label}",
    )


def _draw_names(
    sheet: Sheet, axes: Axes, lines: Sequence[_Curve], last: float, names: Mapping[str, str]
) -> list[_Box]:
    """Write each name at its curve, where the curves are furthest apart; give where they stand."""
    frame = axes.get_position()
    month_mm = last / (frame.width * sheet.width)
    percent_mm = axes.get_ylim()[1] / (frame.height * sheet.height)
    height, gap = 3.0 * percent_mm, 0.8 * percent_mm
    placed: list[_Box] = []
    shown = [line for line in lines if line.label in names and not line.steps.empty]
    for line in shown:
        width = (text_width(clean(names[line.label]), weight="bold") + 1.0) * month_mm
        others = [other for other in shown if other is not line]
        end = min(float(line.steps["month"].iloc[-1]), last - width)
        places = [
            (left, low)
            for left in np.arange(0.02 * last, max(end, 0.03 * last), last / 60)
            for low in (
                line.below(left) + gap,
                line.below(left + width) - height - gap,
            )
            if low >= 1 and low + height <= 100
        ]
        if not places:
            continue

        def clashes(
            place: tuple[float, float],
            line: _Curve = line,
            width: float = width,
            others: Sequence[_Curve] = others,
        ) -> tuple[int, float]:
            box = _Box(place[0], place[0] + width, place[1], place[1] + height)
            middle, at = (box.low + box.high) / 2, (box.left + box.right) / 2
            near = [abs(other.below(at) - middle) for other in others]
            own = abs(line.below(at) - middle)
            return (
                2 * sum(box.meets(one) for one in placed)
                + sum(_meets_curve(box, one) for one in shown),
                own - min([*near, 4 * height]),
            )

        left, low = min(places, key=clashes)
        placed.append(_Box(left, left + width, low, low + height))
        x = frame.x0 * sheet.width + (left + width / 2) / month_mm
        y = (1 - frame.y0) * sheet.height - (low + height / 2) / percent_mm
        ink = theme.darker(line.colour)
        sheet.text(x, y, clean(names[line.label]), ha="center", color=ink, weight="bold")
    return placed


def _draw_medians(
    sheet: Sheet,
    axes: Axes,
    lines: Sequence[_Curve],
    last: float,
    taken: Sequence[_Box],
) -> None:
    reached = sorted(
        ((line.median[0], line) for line in lines if line.median and line.median[0] <= last),
        key=lambda pair: pair[0],
    )
    if not reached:
        return
    axes.plot([0, reached[-1][0]], [50, 50], ":", color=theme.MUTED, linewidth=0.8, zorder=2)
    for median, line in reached:
        axes.plot([median, median], [0, 50], ":", color=line.colour, linewidth=1.0, zorder=2)
    frame = axes.get_position()
    month_mm = last / (frame.width * sheet.width)
    percent_mm = axes.get_ylim()[1] / (frame.height * sheet.height)
    boxes = _label_boxes([median for median, _ in reached], lines, month_mm, percent_mm, taken)
    for (median, line), box in zip(reached, boxes, strict=True):
        x = frame.x0 * sheet.width + (box.left + box.right) / 2 / month_mm
        y = (1 - frame.y0) * sheet.height - (box.low + box.high) / 2 / percent_mm
        ink = theme.darker(line.colour)
        sheet.text(x, y, fmt.months(median), ha="center", color=ink, weight="bold")


@dataclass(frozen=True)
class _Box:
    left: float
    right: float
    low: float
    high: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.low < other.high
            and other.low < self.high
        )


def _label_boxes(
    medians: Sequence[float],
    lines: Sequence[_Curve],
    month_mm: float,
    percent_mm: float,
    taken: Sequence[_Box] = (),
) -> list[_Box]:
    """Give each median a place for its label beside its dotted line, low places first.

    A place that meets another label is worse than one across another median line, and that is
    worse than one on a curve. `month_mm` and `percent_mm` are the data units in a millimetre;
    `taken` is where other words stand.
    """
    placed: list[_Box] = []
    for median in medians:
        width = (text_width(fmt.months(median), weight="bold") + 1.6) * month_mm
        height = 3.0 * percent_mm
        places = [
            _Box(left, left + width, low, low + height)
            for low in np.arange(1.0, 50 - height, height / 2)
            for left in (median, median - width)
            if left >= 0
        ]
        others = [other for other in medians if other != median]

        def clashes(box: _Box, others: Sequence[float] = others) -> tuple[int, int, int]:
            return (
                sum(box.meets(other) for other in [*placed, *taken]),
                sum(box.left < other < box.right for other in others),
                sum(_meets_curve(box, line) for line in lines),
            )

        placed.append(min(places, key=clashes))
    return placed


def _meets_curve(box: _Box, line: _Curve) -> bool:
    if line.steps.empty or line.steps["month"].iloc[-1] < box.left:
        return False
    return line.below(box.right) < box.high and line.below(box.left) > box.low


@dataclass(frozen=True)
class _KeyRow:
    line: _Curve
    label: list[str]
    median: str


@dataclass(frozen=True)
class _Key:
    rows: list[_KeyRow]
    heading: str
    column: float


def _key(lines: Sequence[_Curve], level: str, width: float) -> _Key:
    """Give the key above the plot: a line sample, the label, the median with its bounds."""
    shown = any(line.median for line in lines)
    heading = f"Median, months ({level})" if shown else ""
    room = width - 8.0 - (text_width(heading) + 3.0 if shown else 0.0)
    rows = [
        _KeyRow(
            line, wrap(line.label, room), fmt.median_months(*line.median) if line.median else ""
        )
        for line in lines
    ]
    column = 8.0 + max(widest(row.label) for row in rows) + 3.0
    return _Key(rows, heading, column)


def _key_rows(key: _Key) -> int:
    return bool(key.heading) + sum(len(row.label) for row in key.rows)


def _draw_key(sheet: Sheet, key: _Key, top: float, p_line: str) -> None:
    y = top + _KEY_ROW / 2
    if key.heading:
        sheet.text(_MARGIN + key.column, y, key.heading, color=theme.MUTED)
        y += _KEY_ROW
    for row in key.rows:
        sheet.paper.plot(
            [_MARGIN, _MARGIN + 6.0], [y, y], color=row.line.colour, linestyle=row.line.dashes
        )
        sheet.text(_MARGIN + key.column, y, row.median)
        for text in row.label:
            sheet.text(_MARGIN + 8.0, y, text)
            y += _KEY_ROW
    if p_line:
        sheet.text(_MARGIN + 8.0, y, p_line)


def _draw_at_risk(
    sheet: Sheet,
    axes: Axes,
    lines: Sequence[_Curve],
    heading: str,
    numbers: Sequence[Sequence[str]],
    months_grid: Sequence[int],
    labels: Sequence[Sequence[str]],
    stacked: bool,
    left: float,
    top: float,
) -> None:
    scale = axes.get_position().width * sheet.width / months_grid[-1]
    # Where numbers are wider than the months are apart, every second stands there, or every third.
    needed = widest([number for row in numbers for number in row]) + 1.0
    apart = scale * min(b - a for a, b in pairwise(months_grid))
    every = max(1, math.ceil(needed / apart))
    sheet.text(left if stacked else _MARGIN, top + LINE_MM / 2, heading, weight="bold")
    y = top + LINE_MM
    for line, row, label in zip(lines, numbers, labels, strict=True):
        ink = theme.darker(line.colour)
        if stacked:
            sheet.text(left, y + len(label) * LINE_MM / 2, label, color=ink)
            y += len(label) * LINE_MM
        else:
            sheet.text(_MARGIN, y + _RISK_ROW / 2, label[0], color=ink)
        for month, number in [*zip(months_grid, row, strict=True)][::every]:
            x = left + month * scale
            sheet.text(x, y + _RISK_ROW / 2, number, ha="center", color=ink)
        y += _RISK_ROW


def _alt(
    lines: Sequence[_Curve],
    numbers: Sequence[Sequence[str]],
    frames: Mapping[str, pd.DataFrame],
    months_grid: Sequence[int],
    ylabel: str,
    level: str,
    p_line: str,
    title: str,
    method: str,
) -> str:
    heading = f"{clean(title)}. " if title else ""
    start, end = months_grid[0], months_grid[-1]
    name = fmt.mid_sentence(clean(ylabel))
    parts = [f"{heading}{method} curves of {name}, {start} to {end} months."]
    for line, row, frame in zip(lines, numbers, frames.values(), strict=True):
        text = f"{line.label}: {row[0]} at risk at {start} months, {row[-1]} at {end}"
        text += f"; {fmt.counted(int(frame['events'].sum()), 'event')}"
        if line.median:
            median, low, high = line.median
            reached = fmt.with_unit(fmt.months(median), "months")
            reached = "not reached" if reached == fmt.NOT_REACHED else reached
            none = reached != "not reached" and fmt.is_missing(low)
            bounds = fmt.interval(low, high, missing=fmt.MISSING if none else fmt.NOT_REACHED)
            text += f"; median {reached} ({level} {bounds})"
        parts.append(f"{text}.")
    return " ".join([*parts, f"{p_line}."] if p_line else parts)
