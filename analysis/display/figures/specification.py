"""Specification curves: one hazard ratio under every choice that could have been made.

After Simonsohn, Simmons and Nelson, Specification curve analysis, Nat Hum Behav 2020;4:1208-14:
estimates in order of size, and below each the choices that it was made under.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import LINE_MM, POINT_MM, Rows, Sheet, clean, shorten, widest

_MARGIN, _GAP, _LABEL_MM, _AXIS_MM = 2.0, 4.0, 56.0, 8.0
_RATIO_MM, _P_MM, _SPACE_MM, _ROW_PADDING = 46.0, 20.0, 4.5, 0.2
_TITLE_MM = 4.4
# The legend may need two rows; the heading of each panel is a line.
_TOP = _MARGIN + 2 * 3.9 + LINE_MM + 2.5
_MATRIX = _TOP + _RATIO_MM + _P_MM + 2 * _SPACE_MM
_RATIO_TICKS = (0.125, 0.25, 0.5, 1, 2, 4, 8)
# Beyond these an interval says no more than that it is very wide; it ends in a triangle.
_RATIO_LIMITS = (_RATIO_TICKS[0], _RATIO_TICKS[-1])
_P_TICKS = (1.0, 0.05, 0.01, 0.001)
_OUTSIDE, _INSIDE = theme.HIGHLIGHT, theme.NEUTRAL
_BASE_BAND = "#E2E2E2"


@drawn
def specification_curve(
    endpoints: Mapping[str, pd.DataFrame],
    choices: Mapping[str, Collection[str]],
    *,
    base: str,
    confidence: float = 0.95,
    significance: float = 0.05,
    title: str = "",
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw hazard ratios in order of size, their p values, and what was chosen in each.

    Parameters
    ----------
    endpoints
        By name of the endpoint, one row a specification: variant (its name), hazard_ratio, lower,
        upper, p_value, and sparse (bool) where events may be too few for the interval. A
        specification without a hazard ratio stands at the right, with its p value alone.
    choices
        By its words, each choice with the names of the variants that make it; a row of dots each,
        if one of them is drawn.
    base
        Name of the variant that changes nothing; it is marked.
    confidence
        Level of the intervals, as a fraction.
    significance
        Where the line among the p values is.
    title
        Of whom or what the ratios are, above the figure.
    """
    panels = {clean(name): _in_order(rows) for name, rows in endpoints.items()}
    panels = {name: rows for name, rows in panels.items() if not rows.empty}
    if not panels:
        return notice("Specification curve: nothing was estimated.", width_mm)
    drawn = {name for rows in panels.values() for name in rows["variant"]}
    made = _that_fit(
        [
            (clean(words), drawn & set(names))
            for words, names in choices.items()
            if drawn & set(names)
        ]
    )
    names = [shorten(words, _LABEL_MM) for words, _ in made]
    level = fmt.confidence_level(confidence)
    signs = _signs(level, significance)
    if any(rows["hazard_ratio"].isna().any() for rows in panels.values()):
        signs["right of it: no hazard ratio, p alone"] = Line2D(
            [], [], linestyle="none", marker="|", color=theme.MUTED, markersize=7
        )
    label_width = max(widest(names), 20.0)
    left = _MARGIN + label_width + _AXIS_MM
    head = _TITLE_MM if title else 0.0
    top = _TOP + head
    p_top = top + _RATIO_MM + _SPACE_MM
    rows = Rows.below(_MATRIX + head, [1] * len(made), _ROW_PADDING)
    sheet = Sheet.blank(width_mm, rows.bottom + _MARGIN)
    if title:
        text = shorten(title, width_mm - 2 * _MARGIN, theme.TITLE_PT, "bold")
        sheet.text(_MARGIN, _MARGIN + 1.6, text, size=theme.TITLE_PT, weight="bold")
    sheet.legend(signs, _MARGIN, _MARGIN + head, width_mm - 2 * _MARGIN)
    for upper, lower in list(pairwise(rows.edges))[::2]:
        sheet.paper.axhspan(upper, lower, color=theme.STRIPE, linewidth=0)
    rows.write(sheet, _MARGIN, names)

    limits = _limits(list(panels.values()))
    least = min(rows["p_value"].min() for rows in panels.values())
    width = (width_mm - left - _MARGIN - _GAP * (len(panels) - 1)) / len(panels)
    for index, (name, specifications) in enumerate(panels.items()):
        at = left + index * (width + _GAP)
        count = len(specifications)
        size = min(4.0, 0.95 * width / (count + 1) / POINT_MM)
        ratios = sheet.axes(at, top, width, _RATIO_MM)
        p_values = sheet.axes(at, p_top, width, _P_MM)
        matrix = sheet.axes(at, rows.top, width, rows.bottom - rows.top) if made else None
        sheet.text(at, top - 1.5 - LINE_MM / 2, shorten(name, width, weight="bold"), weight="bold")
        for axes in filter(None, (ratios, p_values, matrix)):
            axes.set(xlim=(-0.8, count - 0.2), xticks=[])
            axes.spines["bottom"].set_visible(False)
            for where in np.flatnonzero(specifications["variant"] == base):
                axes.axvspan(where - 0.5, where + 0.5, color=_BASE_BAND, linewidth=0, zorder=0)
        _draw_ratios(ratios, specifications, base, limits, size)
        _draw_p_values(p_values, specifications, base, least, significance, size)
        if matrix is not None:
            _draw_choices(matrix, specifications, [who for _, who in made], rows, size)
        if index:
            for axes in (ratios, p_values):
                axes.tick_params(labelleft=False)
        else:
            ratios.set_ylabel("Hazard ratio")
            p_values.set_ylabel("p")
    said = _alt(panels, base, level, significance)
    return Drawing(sheet.figure, f"{clean(title)}. {said}" if title else said)


def _that_fit(choices: list[tuple[str, set[str]]]) -> list[tuple[str, set[str]]]:
    """Give the choices for which a page has room, the rest of them as one."""
    room = int((theme.PAGE_HEIGHT_MM - _MATRIX - _TITLE_MM - _MARGIN) / (LINE_MM + _ROW_PADDING))
    if len(choices) <= room:
        return choices
    rest = choices[room - 1 :]
    return [
        *choices[: room - 1],
        (f"{len(rest)} other choices", set().union(*(w for _, w in rest))),
    ]


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Give specifications by hazard ratio, then those that have a p value alone, by it."""
    numbers = ["hazard_ratio", "lower", "upper", "p_value"]
    table = rows.assign(**{name: pd.to_numeric(rows[name]).astype(float) for name in numbers})
    table["sparse"] = rows["sparse"].eq(True) if "sparse" in rows else False
    ratio = table[numbers[:3]]
    drawable = (ratio.gt(0) & ratio.lt(np.inf)).all(axis=1)
    table.loc[~drawable, numbers[:3]] = np.nan
    table = table[drawable | table["p_value"].notna()]
    return table.sort_values(["hazard_ratio", "p_value", "variant"], ignore_index=True)


def _excludes_one(rows: pd.DataFrame) -> pd.Series:
    # An interval of few events is an approximation that does not carry that.
    return ((rows["lower"] > 1) | (rows["upper"] < 1)) & ~rows["sparse"]


def _signs(level: str, significance: float) -> dict[str, Line2D]:
    def sign(marker: str, colour: str, fill: str) -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            color=colour,
            markerfacecolor=fill,
            markersize=4,
        )

    return {
        f"{level} CI excludes 1, or p < {significance:g}": sign("D", _OUTSIDE, _OUTSIDE),
        "neither": sign("o", _INSIDE, "white"),
        "base (the grey band)": sign("s", theme.INK, theme.INK),
    }


def _limits(panels: Sequence[pd.DataFrame]) -> tuple[float, float]:
    low = np.nanmin([0.5, *(rows["lower"].min() for rows in panels)])
    high = np.nanmax([2.0, *(rows["upper"].max() for rows in panels)])
    return (
        max(tick for tick in _RATIO_TICKS if tick <= max(low, _RATIO_LIMITS[0])),
        min(tick for tick in _RATIO_TICKS if tick >= min(high, _RATIO_LIMITS[1])),
    )


def _plot(axes: Axes, x: pd.Series | pd.Index, y: pd.Series, kind: str, size: float) -> None:
    marker, colour, fill = {
        "base": ("s", theme.INK, theme.INK),
        "outside": ("D", _OUTSIDE, _OUTSIDE),
        "inside": ("o", _INSIDE, "white"),
    }[kind]
    # A diamond or a square of the same width as a circle looks larger than it.
    shown = size if kind == "inside" else 0.85 * size
    axes.plot(
        x, y, marker, color=colour, markerfacecolor=fill, markersize=shown,
        markeredgewidth=min(0.8, size / 4), clip_on=False,
    )  # fmt: skip


def _draw_ratios(
    axes: Axes, rows: pd.DataFrame, base: str, limits: tuple[float, float], size: float
) -> None:
    low, high = limits
    axes.set(yscale="log", ylim=limits)
    ticks = [tick for tick in _RATIO_TICKS if low <= tick <= high]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([f"{tick:g}" for tick in ticks])
    axes.axhline(1, color=theme.INK, linewidth=0.6, zorder=1)
    known = rows[rows["hazard_ratio"].notna()]
    outside, is_base = _excludes_one(known), known["variant"] == base
    for kind, chosen, colour in (
        ("inside", ~outside & ~is_base, _INSIDE),
        ("outside", outside & ~is_base, _OUTSIDE),
        ("base", is_base, theme.INK),
    ):
        these = known[chosen]
        ends = these["lower"].clip(lower=low), these["upper"].clip(upper=high)
        axes.vlines(these.index, *ends, color=colour, linewidth=min(0.9, size / 3), zorder=1)
        within = these[these["hazard_ratio"].between(low, high)]
        _plot(axes, within.index, within["hazard_ratio"], kind, size)
        for marker, edge, beyond in (
            ("v", low, these["lower"] < low),
            ("^", high, these["upper"] > high),
        ):
            at = these.index[beyond]
            axes.plot(
                at, [edge] * len(at), marker, color=colour, markersize=size * 0.7, clip_on=False
            )
    if len(known) < len(rows):
        axes.axvline(len(known) - 0.5, color=theme.FAINT, linewidth=0.8)


def _draw_p_values(
    axes: Axes, rows: pd.DataFrame, base: str, least: float, significance: float, size: float
) -> None:
    floor = 0.001 if least < 0.01 else 0.01
    axes.set(yscale="log", ylim=(floor, 1))
    ticks = [tick for tick in _P_TICKS if tick >= floor]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([f"{tick:g}" for tick in ticks])
    axes.axhline(significance, color=theme.INK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
    p, is_base = rows["p_value"], rows["variant"] == base
    for kind, chosen in (
        ("inside", (p >= significance) & ~is_base),
        ("outside", (p < significance) & ~is_base),
        ("base", is_base & p.notna()),
    ):
        _plot(axes, rows.index[chosen], p[chosen].clip(lower=floor), kind, size)


def _draw_choices(
    axes: Axes, rows: pd.DataFrame, choices: Sequence[Collection[str]], places: Rows, size: float
) -> None:
    axes.set(ylim=(places.bottom, places.top), yticks=[])
    axes.spines["left"].set_visible(False)
    made = [rows.index[rows["variant"].isin(names)] for names in choices]
    # All as one: there are dozens of rows, and a line of each takes a third of the figure's time.
    axes.plot(
        np.concatenate(made) if made else [],
        np.repeat(places.centres, [len(at) for at in made]),
        "|",
        color=theme.INK,
        markersize=6,
        markeredgewidth=min(2.0, size / 2),
    )


def _alt(panels: Mapping[str, pd.DataFrame], base: str, level: str, significance: float) -> str:
    parts = []
    for name, rows in panels.items():
        known = rows[rows["hazard_ratio"].notna()]
        text = f"{name}: {len(rows)} specifications"
        if not known.empty:
            low, high = (fmt.fixed(known["hazard_ratio"].agg(end), 2) for end in ("min", "max"))
            text += f"; hazard ratios from {low} to {high}"
            text += f", {level} interval without 1 in {int(_excludes_one(known).sum())}"
        below = int((rows["p_value"] < significance).sum())
        text += f"; p below {significance:g} in {below}"
        for row in known[known["variant"] == base].to_dict("records"):
            ratio = fmt.estimate(row["hazard_ratio"], row["lower"], row["upper"])
            exact = "exact " if row["sparse"] else ""
            text += f"; base {ratio}, {level} CI, {exact}{fmt.p_text(row['p_value'])}"
        parts.append(f"{text}.")
    return " ".join(["Specification curves.", *parts])
