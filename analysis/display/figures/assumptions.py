"""What the tests of survival rest on, drawn: residuals over time, a smooth effect, competing risks.

Each figure is a row of panels, one an endpoint or a factor, on a shared scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn
from analysis.display.figures.sheet import Sheet, clean, legend_height, shorten
from analysis.study.months import DAYS_PER_MONTH

_MARGIN, _LEFT, _GAP, _BELOW, _HEADING = 2.0, 13.0, 11.0, 10.0, 5.0
# A label under the end of an axis reaches beyond it.
_RIGHT = 6.0
_RATIO_TICKS = (0.125, 0.25, 0.5, 1, 2, 4, 8)
_DASHED = (0, (3, 2))


def _panels(
    names: list[str],
    draw: Callable[[Axes, int], None],
    *,
    xlabel: str,
    ylabel: str,
    signs: Mapping[str, Any],
    columns: int,
    height_mm: float,
    width_mm: float,
    own_scale: bool = False,
) -> Sheet:
    """Lay out panels in rows under a legend; `draw` is given the axes and number of each.

    With `own_scale`, each panel has its own vertical axis with numbers.
    """
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    top = _MARGIN + legend_height(signs, width_mm - 2 * _MARGIN) + 1.5
    pitch = _HEADING + height_mm + 5.0
    sheet = Sheet.blank(width_mm, top + rows * pitch - 5.0 + _BELOW)
    sheet.legend(signs, _MARGIN, _MARGIN, width_mm - 2 * _MARGIN)
    width = (width_mm - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        left, y = _LEFT + column * (width + _GAP), top + row * pitch
        sheet.text(left, y + _HEADING / 2 - 0.5, shorten(name, width, weight="bold"), weight="bold")
        axes = sheet.axes(left, y + _HEADING, width, height_mm)
        draw(axes, index)
        axes.tick_params(
            labelleft=own_scale or column == 0,
            labelbottom=index + columns >= len(names),
            which="major",
        )
        if column == 0:
            axes.set_ylabel(ylabel)
        if index + columns >= len(names):
            axes.set_xlabel(xlabel)
    return sheet


@drawn
def schoenfeld_residuals(
    panels: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    ratios: Mapping[str, float],
    p_values: Mapping[str, float],
    *,
    confidence: float = 0.95,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw scaled Schoenfeld residuals over time, with a smooth and the fitted log hazard ratio.

    Parameters
    ----------
    panels
        By title: residuals, one row an event (days, residual), whose mean is the log hazard
        ratio; and their smooth (days, log_hazard_ratio, lower, upper), which may be empty.
    ratios
        By title, the hazard ratio that was fitted.
    p_values
        By title, p of the test of proportional hazards.
    confidence
        Level of the band, as a fraction.
    """
    events = [residuals.assign(month=_months(residuals)) for residuals, _ in panels.values()]
    smooths = [smooth.assign(month=_months(smooth)) for _, smooth in panels.values()]
    fitted = [float(np.log(ratios[name])) for name in panels]
    titles = [f"{clean(name)}, {fmt.p_text(p_values[name])}" for name in panels]
    last = max(float(table["month"].max()) for table in events) * 1.03

    def draw(axes: Axes, index: int) -> None:
        table, smooth = events[index], smooths[index]
        axes.axhline(0, color=theme.FAINT, linewidth=0.6, zorder=1)
        axes.axhline(fitted[index], color=theme.INK, linewidth=0.8, linestyle=_DASHED, zorder=2)
        axes.plot(
            table["month"], table["residual"], "o", color=theme.NEUTRAL, markersize=2.2,
            markerfacecolor="none", markeredgewidth=0.6, zorder=3,
        )  # fmt: skip
        axes.fill_between(
            smooth["month"], smooth["lower"], smooth["upper"], color=theme.HIGHLIGHT, alpha=0.13,
            linewidth=0,
        )  # fmt: skip
        axes.plot(smooth["month"], smooth["log_hazard_ratio"], color=theme.HIGHLIGHT, zorder=4)
        axes.set_xlim(0, last)
        # The band is wide where events are few; the events say how far the axis need go.
        low, high = table["residual"].min(), table["residual"].max()
        axes.set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))

    level = fmt.confidence_level(confidence)
    dot = Line2D(
        [],
        [],
        color=theme.NEUTRAL,
        linestyle="none",
        marker="o",
        markerfacecolor="none",
        markersize=3,
    )
    sheet = _panels(
        titles,
        draw,
        xlabel="Time (months)",
        ylabel="Log hazard ratio",
        signs={
            "event": dot,
            f"smooth, {level} band": Line2D([], [], color=theme.HIGHLIGHT),
            "the ratio that was fitted, the same at all times": _dashed(theme.INK),
        },
        columns=3,
        height_mm=34.0,
        width_mm=width_mm,
        own_scale=True,
    )
    parts = []
    for title, table, smooth, ratio in zip(titles, events, smooths, fitted, strict=True):
        said = f"{title}: {len(table)} events, fitted log hazard ratio {fmt.fixed(ratio, 2)}"
        if not smooth.empty:
            first, final = (fmt.fixed(smooth["log_hazard_ratio"].iloc[at], 2) for at in (0, -1))
            said += f", smooth from {first} to {final}"
        parts.append(said)
    return Drawing(
        sheet.figure,
        "Scaled Schoenfeld residuals over time, with p of the test of proportional hazards. "
        f"{'; '.join(parts)}.",
    )


def _months(table: pd.DataFrame) -> pd.Series:
    return table["days"].astype(float) / DAYS_PER_MONTH


def _dashed(colour: str) -> Line2D:
    return Line2D([], [], color=colour, linewidth=0.8, linestyle=_DASHED)


@drawn
def smooth_effect(
    panels: Mapping[str, pd.DataFrame],
    *,
    xlabel: str,
    reference: float,
    confidence: float,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw a hazard ratio along a continuous value, both axes logarithmic.

    Parameters
    ----------
    panels
        By endpoint, one row a value: level, hazard_ratio, lower, upper.
    reference
        The level against which ratios are; it is marked.
    """
    tables = [table.astype(float).sort_values("level") for table in panels.values()]
    ends = [float(table[name].min()) for table in tables for name in ("lower", "upper")]
    ends += [float(table["upper"].max()) for table in tables]
    low = max([tick for tick in _RATIO_TICKS if tick <= min([0.5, *ends])], default=_RATIO_TICKS[0])
    high = min([tick for tick in _RATIO_TICKS if tick >= max([2, *ends])], default=_RATIO_TICKS[-1])
    ticks = [tick for tick in _RATIO_TICKS if low <= tick <= high]

    def draw(axes: Axes, index: int) -> None:
        table = tables[index]
        axes.set(xscale="log", yscale="log", ylim=(low, high))
        axes.set_xlim(table["level"].min(), table["level"].max())
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_yticklabels([f"{tick:g}" for tick in ticks])
        powers = [
            p for p in range(-2, 8) if table["level"].min() <= 10.0**p <= table["level"].max()
        ]
        axes.set_xticks(
            [10.0**p for p in powers],
            [fmt.level(10.0**p) if p < 0 else fmt.thousands(10.0**p) for p in powers],
        )
        axes.xaxis.set_minor_locator(NullLocator())
        axes.axhline(1, color=theme.INK, linewidth=0.6)
        axes.axvline(reference, color=theme.MUTED, linewidth=0.8, linestyle=_DASHED)
        axes.fill_between(
            table["level"],
            table["lower"],
            table["upper"],
            color=theme.NEUTRAL,
            alpha=0.15,
            linewidth=0,
        )
        axes.plot(table["level"], table["hazard_ratio"], color=theme.NEUTRAL)

    sheet = _panels(
        [clean(name) for name in panels],
        draw,
        xlabel=clean(xlabel),
        ylabel="Hazard ratio",
        signs={
            "hazard ratio": Line2D([], [], color=theme.NEUTRAL),
            f"reference, {fmt.thousands(reference)}": _dashed(theme.MUTED),
        },
        columns=2,
        height_mm=48.0,
        width_mm=width_mm,
    )
    parts = []
    for name, table in zip(panels, tables, strict=True):
        first, last = table.iloc[0], table.iloc[-1]
        said = [
            f"{fmt.estimate(row['hazard_ratio'], row['lower'], row['upper'])} at "
            f"{fmt.level(row['level'])}"
            for row in (first, last)
        ]
        parts.append(f"{clean(name)}: {' and '.join(said)}")
    level = fmt.confidence_level(confidence)
    return Drawing(
        sheet.figure,
        f"Hazard ratio along {clean(xlabel)} with {level} band, against "
        f"{fmt.thousands(reference)}. {'; '.join(parts)}.",
    )


@drawn
def cumulative_incidence(
    panels: Mapping[str, Mapping[str, pd.DataFrame]],
    *,
    last_month: float,
    confidence: float,
    told_months: tuple[int, ...] = (),
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw the cumulative incidence of competing events.

    Parameters
    ----------
    panels
        By endpoint, by event, one row a day: days, incidence, and lower, upper where there is a
        band, as fractions. The same events in every panel, four at most.
    last_month
        Where the time axis ends.
    told_months
        Months at which the incidence is told in the alternative text.
    """
    events = list(next(iter(panels.values())))
    styles = dict(zip(events, zip(theme.CURVES, theme.DASHES, strict=True), strict=False))
    drawn = [
        {event: _from_zero(table, last_month) for event, table in curves.items()}
        for curves in panels.values()
    ]

    def draw(axes: Axes, index: int) -> None:
        for event, steps in drawn[index].items():
            colour, dashes = styles[event]
            if "lower" in steps:
                axes.fill_between(
                    steps["month"], steps["lower"], steps["upper"], step="post", color=colour,
                    alpha=0.13, linewidth=0,
                )  # fmt: skip
            axes.step(
                steps["month"], steps["incidence"], where="post", color=colour, linestyle=dashes
            )
        axes.set(xlim=(0, last_month), ylim=(0, 100), yticks=range(0, 101, 25))
        axes.set_xticks(np.arange(0, last_month + 1, 12))

    sheet = _panels(
        [clean(name) for name in panels],
        draw,
        xlabel="Time (months)",
        ylabel="Patients (%)",
        signs={
            clean(event): Line2D([], [], color=colour, linestyle=dashes)
            for event, (colour, dashes) in styles.items()
        },
        columns=2,
        height_mm=52.0,
        width_mm=width_mm,
    )
    parts = []
    for name, curves in zip(panels, drawn, strict=True):
        said = []
        for event, steps in curves.items():
            reached = [steps.loc[steps["month"] <= m, "incidence"].iloc[-1] for m in told_months]
            at = [f"{fmt.percent(p)} at {m}" for p, m in zip(reached, told_months, strict=True)]
            said.append(f"{clean(event)} {', '.join(at)} months" if at else clean(event))
        parts.append(f"{clean(name)}: {'; '.join(said)}")
    level = fmt.confidence_level(confidence)
    return Drawing(
        sheet.figure, f"Cumulative incidence over time, {level} bands. {'. '.join(parts)}."
    )


def _from_zero(table: pd.DataFrame, last_month: float) -> pd.DataFrame:
    """Give steps in months and percent, from 0 at time zero, no further than the last month."""
    columns = [name for name in ("incidence", "lower", "upper") if name in table]
    steps = 100 * table[columns].astype(float)
    steps.insert(0, "month", _months(table))
    start = pd.DataFrame([dict.fromkeys(steps.columns, 0.0)])
    steps = pd.concat([start, steps], ignore_index=True)
    # A limit that does not exist, at an incidence of 0, is drawn at it.
    steps = steps.apply(lambda column: column.fillna(steps["incidence"]))
    return steps[steps["month"] <= last_month]
