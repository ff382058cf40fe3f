"""Median survival of this study beside that of earlier trials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

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

ENDPOINTS = {"pfs": "Median PFS (months)", "os": "Median OS (months)"}
UNKNOWN = "not reported"

_COLUMNS = {"Trial": 34.0, "Arm": 40.0, "Criterion, data cut": 36.0}
_MARGIN, _GAP = 2.0, 3.0
_PANEL_GAP = 4.0
_VALUE_MM = 11.0
_ROW_PADDING = 1.3
_TOP = _MARGIN + LINE_MM + 1.5


@drawn
def median_survival(trials: pd.DataFrame, *, width_mm: float = theme.DOUBLE_COLUMN_MM) -> Drawing:
    """Draw median PFS and OS of each trial arm as dots, this study highlighted.

    Parameters
    ----------
    trials
        One row an arm, in the order shown: trial, arm, criterion, data_cut (text, may be missing),
        median_pfs_months, median_os_months (months, missing where not reported), this_study (bool);
        optional bounds pfs_lower, pfs_upper, os_lower, os_upper (months). Arms with neither
        median are left out.
    """
    medians = [f"median_{endpoint}_months" for endpoint in ENDPOINTS]
    known = trials[trials[medians].notna().any(axis=1)].reset_index(drop=True)
    if known.empty:
        return notice("Comparison with earlier trials: no medians are known.", width_mm)
    ours = [bool(own) for own in known["this_study"].eq(True)]
    weights = ["bold" if own else "normal" for own in ours]
    texts = _texts(known)
    if width_mm < NARROW_MM:
        return _narrow(known, texts, ours, len(trials) - len(known), width_mm)
    repeated = [i > 0 and texts["Trial"][i] == texts["Trial"][i - 1] for i in range(len(known))]

    cells = {
        name: [
            wrap(text, _COLUMNS[name], weight=w) for text, w in zip(column, weights, strict=True)
        ]
        for name, column in texts.items()
    }
    rows = Rows.below(
        _TOP, (max(map(len, row)) for row in zip(*cells.values(), strict=True)), _ROW_PADDING
    )
    sheet = Sheet.blank(width_mm, rows.bottom + 9.5)
    across = [_MARGIN, width_mm - _MARGIN]
    sheet.paper.plot(across, [_TOP - 0.6] * 2, color=theme.INK, linewidth=0.6)
    for edge, height, own, again in zip(rows.edges, rows.heights, ours, repeated, strict=False):
        if own:
            sheet.paper.axhspan(edge, edge + height, color=theme.HIGHLIGHT_TINT, linewidth=0)
        elif not again:
            sheet.paper.plot(across, [edge, edge], color=theme.GRID, linewidth=0.5)

    x = _MARGIN
    for name, column in cells.items():
        sheet.text(x, _MARGIN + LINE_MM / 2, name, weight="bold")
        for y, lines, own, again in zip(rows.centres, column, ours, repeated, strict=True):
            # A trial is named once for its arms that follow one another.
            if not (again and name == "Trial"):
                sheet.text(x, y, lines, **_emphasis(own))
        column_width = max(
            widest(lines, weight=w) for lines, w in zip(column, weights, strict=True)
        )
        x += max(text_width(name, weight="bold"), column_width) + _GAP
    panel = (width_mm - _MARGIN - x) / len(ENDPOINTS)
    width = panel - _PANEL_GAP
    _draw_panels(sheet, rows, rows.centres, known, ours, x, panel, width)
    return Drawing(sheet.figure, _alt(known, texts, ours, len(trials) - len(known)))


def _narrow(
    known: pd.DataFrame,
    texts: dict[str, list[str]],
    ours: list[bool],
    left_out: int,
    width_mm: float,
) -> Drawing:
    """Draw the same with the words of an arm above its dots."""
    words = [
        wrap(
            ": ".join(filter(None, (trial, arm))) + (f" ({basis})" if basis != fmt.MISSING else ""),
            width_mm - 2 * _MARGIN,
            weight="bold" if own else "normal",
        )
        for trial, arm, basis, own in zip(*texts.values(), ours, strict=True)
    ]
    table = Stacked.below(_MARGIN, map(len, words), 1.0)
    rows = table.rows
    sheet = Sheet.blank(width_mm, rows.bottom + 9.5)
    for place, (lines, own) in enumerate(zip(words, ours, strict=True)):
        upper, lower = rows.edges[place : place + 2]
        if own:
            sheet.paper.axhspan(upper, lower, color=theme.HIGHLIGHT_TINT, linewidth=0)
        elif place % 2:
            sheet.paper.axhspan(upper, lower, color=theme.STRIPE, linewidth=0)
        sheet.text(_MARGIN, table.words[place], lines, **_emphasis(own))
    panel = (width_mm - 2 * _MARGIN) / len(ENDPOINTS)
    _draw_panels(sheet, rows, table.plots, known, ours, _MARGIN, panel, panel - _PANEL_GAP)
    return Drawing(sheet.figure, _alt(known, texts, ours, left_out))


def _draw_panels(
    sheet: Sheet,
    rows: Rows,
    heights: Sequence[float],
    known: pd.DataFrame,
    ours: list[bool],
    left: float,
    pitch: float,
    width: float,
) -> None:
    """Draw both endpoints beside each other, from `left` mm, dots at these heights."""
    ends = {endpoint: _ends(known, endpoint) for endpoint in ENDPOINTS}
    # One scale for both panels, with room at the right for the value beside the farthest dot.
    longest = max(1.0, *(float(np.nan_to_num(each["end"].max())) for each in ends.values()))
    last = longest * width / (width - _VALUE_MM)
    for index, (endpoint, label) in enumerate(ENDPOINTS.items()):
        place = left + index * pitch
        _draw_medians(sheet, rows, heights, ends[endpoint], label, ours, last, place, width)


def _texts(known: pd.DataFrame) -> dict[str, list[str]]:
    plain = known[["trial", "arm", "criterion", "data_cut"]].map(
        lambda value: "" if fmt.is_missing(value) else clean(value)
    )
    basis = [
        ", ".join(filter(None, pair)) or fmt.MISSING
        for pair in zip(plain["criterion"], plain["data_cut"], strict=True)
    ]
    return dict(zip(_COLUMNS, [list(plain["trial"]), list(plain["arm"]), basis], strict=True))


def _emphasis(own: bool) -> dict[str, str]:
    return {"color": theme.darker(theme.HIGHLIGHT), "weight": "bold"} if own else {}


def _ends(known: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Give median, lower and upper of an endpoint, and the end of what is drawn, months."""
    names = [f"median_{endpoint}_months", f"{endpoint}_lower", f"{endpoint}_upper"]
    drawn = (
        known.reindex(columns=names).astype(float).set_axis(["median", "lower", "upper"], axis=1)
    )
    upper = drawn["upper"].where(np.isfinite(drawn["upper"]) & drawn["lower"].notna())
    return drawn.assign(upper=upper, end=upper.fillna(drawn["median"]))


def _draw_medians(
    sheet: Sheet,
    rows: Rows,
    heights: Sequence[float],
    drawn: pd.DataFrame,
    label: str,
    ours: list[bool],
    last: float,
    left: float,
    width: float,
) -> None:
    """Draw the dots of one endpoint, `width` mm wide from `left`, their values beside them."""
    axes = sheet.axes(left, rows.top, width, rows.bottom - rows.top)
    axes.set(xlim=(0, last), ylim=(rows.bottom, rows.top), yticks=[], xlabel=label)
    axes.spines["left"].set_color(theme.FAINT)
    for y, own, (_, arm) in zip(heights, ours, drawn.iterrows(), strict=True):
        if np.isnan(arm["median"]):
            sheet.text(left + 1.0, y, UNKNOWN, color=theme.MUTED, style="italic")
            continue
        colour = theme.HIGHLIGHT if own else theme.NEUTRAL
        axes.plot(arm[["lower", "upper"]], [y, y], color=colour, linewidth=1.0)
        marker, size = ("D", 4.4) if own else ("o", 3.6)
        axes.plot(arm["median"], y, marker, color=colour, markersize=size)
        beside = left + arm["end"] * width / last + 1.6
        sheet.text(beside, y, fmt.months(arm["median"]), **_emphasis(own))


def _alt(known: pd.DataFrame, texts: dict[str, list[str]], ours: list[bool], left_out: int) -> str:
    parts = []
    for row, (trial, arm, own) in enumerate(zip(texts["Trial"], texts["Arm"], ours, strict=True)):
        medians = []
        for endpoint in ENDPOINTS:
            median = known[f"median_{endpoint}_months"][row]
            known_text = UNKNOWN if fmt.is_missing(median) else f"{fmt.months(median)} months"
            medians.append(f"{endpoint.upper()} {known_text}")
        name = f"{trial} {arm}".strip() + (" (this study)" if own else "")
        parts.append(f"{name}: {' and '.join(medians)}")
    end = f" {left_out} rows without a median not shown." if left_out else ""
    return f"Dot plot of median survival by trial arm. {'; '.join(parts)}.{end}"
