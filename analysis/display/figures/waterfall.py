"""Waterfall plots: one bar a patient, sorted from the largest rise to the largest fall.

Reference lines default to the thresholds of RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009):
a fall of 30 % for partial response, a rise of 20 % for progressive disease.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, legend_height, spread, wrap

RESPONSE_COLOURS = {
    "CR": theme.OKABE_ITO["bluish green"],
    "PR": theme.OKABE_ITO["sky blue"],
    "SD": theme.OKABE_ITO["orange"],
    "PD": theme.OKABE_ITO["vermillion"],
}
_OTHER_COLOURS = [theme.OKABE_ITO[c] for c in ("blue", "reddish purple", "yellow", "black")]
_NOT_ASSESSED = "not assessed"

_LEFT, _RIGHT, _PLOT_HEIGHT = 14.0, 12.0, 62.0


@theme.theme()
def waterfall(
    values: pd.Series,
    colour_by: pd.Series | None = None,
    *,
    ylabel: str,
    reference_lines: Sequence[float] = (-30, 20),
    clip: float | None = None,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw the change of each patient as a bar.

    Parameters
    ----------
    values
        Change in percent (-100 is a complete fall), one value a patient; missing ones are left
        out and counted in the alternative text.
    colour_by
        A category of each patient on the same index, say the response (CR, PR, SD, PD).
    ylabel
        What changed; its unit, %, is added.
    reference_lines
        Changes in percent that get a dashed line and a label.
    clip
        Longer bars are cut here, marked, and their true ends written above, in percent.
    """
    known = values.dropna().astype(float).sort_values(ascending=False, kind="stable")
    absent = len(values) - len(known)
    if known.empty:
        return notice(f"{clean(ylabel)}: no patient has a recorded change.")
    groups = _groups(known, colour_by)
    colours = _colours(groups)
    cut = known[known > clip] if clip is not None else known.iloc[:0]
    shown = known.clip(upper=clip)

    key = {
        f"{label} (n = {int((groups == label).sum())})": Patch(color=colour)
        for label, colour in colours.items()
        if label
    }
    cut_note = (
        wrap(_cut_note(cut, clip), width_mm - _LEFT - 2.0) if clip is not None and len(cut) else []
    )
    key_bottom = 2.0 + legend_height(key, width_mm - _LEFT - 2.0)
    top = key_bottom + LINE_MM * len(cut_note) + 1.5
    sheet = Sheet.blank(width_mm, top + _PLOT_HEIGHT + 7.0)
    axes = sheet.axes(_LEFT, top, width_mm - _LEFT - _RIGHT, _PLOT_HEIGHT)
    bar_colours = [colours[group] for group in groups]
    axes.bar(range(len(shown)), shown, width=0.8, color=bar_colours, linewidth=0)
    axes.axhline(0, color=theme.INK, linewidth=0.6)
    low = min([shown.min(), *reference_lines, 0.0])
    high = max([shown.max(), *reference_lines, 0.0]) if clip is None else clip
    margin = 0.04 * (high - low)
    axes.set(
        xlim=(-1.0, max(len(shown), 10)),
        ylim=(low - margin, high + margin),
        xticks=[],
        xlabel=f"Patients in order of change (n = {len(shown)})",
        ylabel=f"{clean(ylabel)} (%)",
    )
    axes.spines["bottom"].set_visible(False)
    _draw_reference_lines(sheet, top, reference_lines, low - margin, high + margin, axes)
    if len(cut):
        axes.plot(
            range(len(cut)),
            [high + 0.6 * margin] * len(cut),
            "^",
            color=theme.INK,
            markersize=2.5,
            clip_on=False,
        )
        note_middle = key_bottom + LINE_MM * len(cut_note) / 2
        sheet.text(_LEFT, note_middle, cut_note, color=theme.MUTED)
    sheet.legend(key, _LEFT, 2.0, width_mm - _LEFT - 2.0)
    return Drawing(sheet.figure, _alt(known, groups, colours, ylabel, reference_lines, absent))


def _groups(known: pd.Series, colour_by: pd.Series | None) -> pd.Series:
    if colour_by is None:
        return pd.Series("", index=known.index)
    named = colour_by.reindex(known.index).astype(object)
    return named.where(named.notna(), _NOT_ASSESSED).map(clean)


def _colours(groups: pd.Series) -> dict[str, str]:
    """Give each category that occurs its colour, responses in their clinical order."""
    present = set(groups)
    if present == {""}:
        return {"": theme.NEUTRAL}
    others = sorted(present - RESPONSE_COLOURS.keys() - {_NOT_ASSESSED})
    colours = {label: colour for label, colour in RESPONSE_COLOURS.items() if label in present}
    for index, label in enumerate(others):
        colours[label] = _OTHER_COLOURS[index % len(_OTHER_COLOURS)]
    return {**colours, **({_NOT_ASSESSED: theme.FAINT} if _NOT_ASSESSED in present else {})}


def _draw_reference_lines(
    sheet: Sheet, top: float, lines: Sequence[float], low: float, high: float, axes: Axes
) -> None:
    scale = _PLOT_HEIGHT / (high - low)
    heights = spread([top + (high - line) * scale for line in lines], LINE_MM)
    for line, y in zip(lines, heights, strict=True):
        axes.axhline(line, color=theme.MUTED, linewidth=0.7, linestyle=(0, (4, 2)), zorder=3)
        sheet.text(sheet.width - _RIGHT + 1.0, y, fmt.signed_percent(line), color=theme.MUTED)


def _cut_note(cut: pd.Series, clip: float) -> str:
    listed = ", ".join(fmt.signed_percent(value) for value in cut.head(6))
    more = f" and {len(cut) - 6} more" if len(cut) > 6 else ""
    return f"▲ cut at {fmt.signed_percent(clip)}: {listed}{more}"


def _alt(
    known: pd.Series,
    groups: pd.Series,
    colours: dict[str, str],
    ylabel: str,
    reference_lines: Sequence[float],
    absent: int,
) -> str:
    summary = (
        f"Waterfall plot of {fmt.mid_sentence(clean(ylabel))} in {fmt.patients(len(known))}: from"
        f" {fmt.signed_percent(known.iloc[0])} to {fmt.signed_percent(known.iloc[-1])},"
        f" median {fmt.signed_percent(known.median())}; {int((known < 0).sum())} fell."
    )
    parts = [summary]
    for line in reference_lines:
        beyond = int((known <= line).sum() if line < 0 else (known >= line).sum())
        side = "or lower" if line < 0 else "or higher"
        parts.append(f"{beyond} at {fmt.signed_percent(line)} {side}.")
    if set(colours) != {""}:
        counts = ", ".join(f"{label} {int((groups == label).sum())}" for label in colours)
        parts.append(f"By category: {counts}.")
    if absent:
        parts.append(f"{fmt.patients(absent)} without a recorded change not shown.")
    return " ".join(parts)
