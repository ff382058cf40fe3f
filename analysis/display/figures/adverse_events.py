"""Stacked bars of the worst grade of each adverse event (CTCAE version 5.0, 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

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
    legend_height,
    text_width,
    widest,
    wrap,
)

GRADES = range(1, 6)
_TOTALS = {"Any grade": 1, "Grade ≥3": 3}

_MARGIN, _GAP = 2.0, 3.0
_LABEL_MM = 48.0
_ROW_PADDING = 2.2


@cache
def colours() -> dict[int, str]:
    """Give the colour of each grade: the darker, the worse."""
    # It takes half a second to import, which pages without this figure need not wait for.
    import seaborn as sns

    # The palest tone of this palette is lost on white paper, the darkest is nearly black.
    return dict(zip(GRADES, sns.color_palette("rocket_r", 7).as_hex()[1:6], strict=True))


@drawn
def grades(counts: pd.DataFrame, *, width_mm: float = theme.DOUBLE_COLUMN_MM) -> Drawing:
    """Draw a bar an event, split by grade, the most frequent on top.

    Parameters
    ----------
    counts
        One row an event and grade: label, grade (1 to 5), count (patients with that worst grade),
        n (patients assessed).

    Raises
    ------
    ValueError
        When an event stands twice with one grade, or a grade is not 1 to 5.
    """
    if counts.empty:
        return notice("Adverse events: none recorded.", width_mm)
    table = _by_grade(counts)
    assessed = counts["n"].groupby(counts["label"].map(clean)).max().reindex(table.index)
    shares = 100 * table.div(assessed.astype(float).replace(0, np.nan), axis=0).fillna(0.0)
    totals = {
        name: [
            fmt.count_percent(int(count), share)
            for count, share in zip(
                table.loc[:, lowest:].sum(axis=1), shares.loc[:, lowest:].sum(axis=1), strict=True
            )
        ]
        for name, lowest in _TOTALS.items()
    }
    if width_mm < NARROW_MM:
        return _narrow(table, shares, totals, int(assessed.max()), width_mm)
    widths = {
        name: max(text_width(name, weight="bold"), widest(texts)) for name, texts in totals.items()
    }
    lines = [wrap(label, _LABEL_MM) for label in table.index]
    left = 2 * _MARGIN + widest([text for texts in lines for text in texts])
    plot = width_mm - left - sum(width + _GAP for width in widths.values()) - _MARGIN
    key = {f"Grade {grade}": Patch(color=colour) for grade, colour in colours().items()}
    top = _MARGIN + legend_height(key, width_mm - left - _MARGIN) + LINE_MM
    rows = Rows.below(top, map(len, lines), _ROW_PADDING)

    sheet = Sheet.blank(width_mm, rows.bottom + 9.5)
    sheet.legend(key, left, _MARGIN, width_mm - left - _MARGIN)
    rows.write(sheet, left - _MARGIN, lines, ha="right")
    _draw_bars(sheet, rows, rows.centres, table, shares, left, plot)
    right = left + plot
    for name, texts in totals.items():
        right += _GAP + widths[name]
        sheet.text(right, top - LINE_MM / 2, name, ha="right", weight="bold")
        rows.write(sheet, right, texts, ha="right")
    return Drawing(sheet.figure, _alt(table, totals, int(assessed.max())))


def _narrow(
    table: pd.DataFrame,
    shares: pd.DataFrame,
    totals: Mapping[str, list[str]],
    assessed: int,
    width_mm: float,
) -> Drawing:
    """Draw the same with the words of an event above its bar."""
    width = width_mm - 2 * _MARGIN
    words = [
        f"any grade {any_grade}, grade ≥3 {severe}"
        for any_grade, severe in zip(*totals.values(), strict=True)
    ]
    lines = [
        [label]
        if text_width(label) + _GAP + text_width(said) <= width
        else [*wrap(label, width), said]
        for label, said in zip(table.index, words, strict=True)
    ]
    key = {f"Grade {grade}": Patch(color=colour) for grade, colour in colours().items()}
    top = _MARGIN + legend_height(key, width) + 1.0
    stacked = Stacked.below(top, map(len, lines), 1.6)
    sheet = Sheet.blank(width_mm, stacked.rows.bottom + 9.5)
    sheet.legend(key, _MARGIN, _MARGIN, width)
    for y, row, said in zip(stacked.words, lines, words, strict=True):
        sheet.text(_MARGIN, y, row)
        if len(row) == 1:
            sheet.text(width_mm - _MARGIN, y, said, ha="right", color=theme.MUTED)
    _draw_bars(sheet, stacked.rows, stacked.plots, table, shares, _MARGIN, width - _MARGIN)
    return Drawing(sheet.figure, _alt(table, totals, assessed))


def _by_grade(counts: pd.DataFrame) -> pd.DataFrame:
    """Give patients by event (rows, most frequent first) and grade (columns 1 to 5)."""
    tidy = counts.assign(label=counts["label"].map(clean), grade=counts["grade"].astype(int))
    odd = sorted(set(tidy["grade"]) - set(GRADES))
    if odd:
        raise ValueError(f"CTCAE grades are 1 to 5, not {', '.join(map(str, odd))}.")
    if tidy.duplicated(["label", "grade"]).any():
        twice = tidy.loc[tidy.duplicated(["label", "grade"]), "label"].unique()
        raise ValueError(f"Counted twice for one grade: {', '.join(twice)}.")
    table = tidy.pivot(index="label", columns="grade", values="count")
    table = table.reindex(columns=list(GRADES)).fillna(0).astype(int)
    order = pd.DataFrame({"any": -table.sum(axis=1), "severe": -table[[3, 4, 5]].sum(axis=1)})
    return table.loc[order.sort_values(["any", "severe"], kind="stable").index]


def _draw_bars(
    sheet: Sheet,
    rows: Rows,
    heights: Sequence[float],
    table: pd.DataFrame,
    shares: pd.DataFrame,
    left: float,
    width: float,
) -> None:
    axes = sheet.axes(left, rows.top, width, rows.bottom - rows.top)
    axes.set(xlim=(0, 100), ylim=(rows.bottom, rows.top), yticks=[], xlabel="Patients (%)")
    axes.grid(axis="x", color=theme.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    starts = shares.cumsum(axis=1) - shares
    for grade, colour in colours().items():
        axes.barh(
            heights,
            shares[grade],
            left=starts[grade],
            height=LINE_MM,
            color=colour,
            edgecolor="white",
            linewidth=0.3,
            label=f"Grade {grade}",
        )
        ink = "white" if theme.is_dark(colour) else theme.INK
        for y, start, share, count in zip(
            heights, starts[grade], shares[grade], table[grade], strict=True
        ):
            text = fmt.thousands(count)
            if count and text_width(text) + 0.8 <= share * width / 100:
                sheet.text(
                    left + (start + share / 2) * width / 100, y, text, ha="center", color=ink
                )


def _alt(table: pd.DataFrame, totals: Mapping[str, list[str]], n: int) -> str:
    texts = [
        f"{label}: any grade {any_grade}, grade 3 or higher {severe}"
        for label, any_grade, severe in zip(table.index, *totals.values(), strict=True)
    ]
    return f"Worst grade of adverse events in {fmt.patients(n)}. {'; '.join(texts)}."
