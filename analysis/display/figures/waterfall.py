"""Waterfall plots: one bar a patient, sorted from the largest rise to the largest fall.

Reference lines are mostly the thresholds of RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009):
a fall of 30% for partial response, a rise of 20% for progressive disease.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, legend_height, spread, wrap
from analysis.estimates.drawn import NOT_ASSESSED
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic
from analysis.study.variables import Cut

RESPONSE_COLOURS = {
    "CR": theme.OKABE_ITO["bluish green"],
    "PR": theme.OKABE_ITO["sky blue"],
    "SD": theme.OKABE_ITO["orange"],
    "PD": theme.OKABE_ITO["vermillion"],
    "NE": theme.OKABE_ITO["black"],
}
_OTHER_COLOURS = [theme.OKABE_ITO[c] for c in ("blue", "reddish purple", "yellow", "black")]

_LEFT, _RIGHT, _PLOT_HEIGHT = 14.0, 12.0, 62.0


@drawn
def waterfall(
    values: pd.Series,
    colour_by: pd.Series | None,
    rows: pd.DataFrame,
    *,
    ylabel: str,
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
    rows
        What is said of them: the rows of `estimates.drawn.change_rows`. Its cuts (`<=-30`, `>=20`)
        get a dashed line and a label. Bars longer than the one that is `>500` are cut there and
        marked, and their true ends written above.
    ylabel
        What changed; its unit, %, is added.
    """
    known = values.dropna().astype(float).sort_values(ascending=False, kind="stable")
    if known.empty:
        return notice(f"{clean(ylabel)}: no patient has a recorded change.")
    groups = _groups(known, colour_by)
    colours = _colours(groups)
    cuts = [cut for cut in map(Cut.read, _counts(rows)) if cut is not None]
    reference_lines = [cut.value for cut in cuts if cut.sign in ("<=", ">=")]
    clip = next((cut.value for cut in cuts if cut.sign == ">"), None)
    beyond = 0 if clip is None else _counts(rows)[str(Cut(">", clip))]
    shown = known.clip(upper=clip)

    counts = {clean(level): count for level, count in _counts(rows).items()}
    key = {
        f"{label} (n = {counts[label]})": Patch(color=colour)
        for label, colour in colours.items()
        if label
    }
    cut_note = (
        wrap(_cut_note(rows, clip, beyond), width_mm - _LEFT - 2.0)
        if clip is not None and beyond
        else []
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
        xlabel=f"Patients in order of change (n = {int(_value(rows, Statistic.N))})",
        ylabel=f"{clean(ylabel)} (%)",
    )
    axes.spines["bottom"].set_visible(False)
    _draw_reference_lines(sheet, top, reference_lines, low - margin, high + margin, axes)
    if beyond:
        axes.plot(
            range(beyond),
            [high + 0.6 * margin] * beyond,
            "^",
            color=theme.INK,
            markersize=2.5,
            clip_on=False,
        )
        note_middle = key_bottom + LINE_MM * len(cut_note) / 2
        sheet.text(_LEFT, note_middle, cut_note, color=theme.MUTED)
    sheet.legend(key, _LEFT, 2.0, width_mm - _LEFT - 2.0)
    return Drawing(sheet.figure, _alt(rows, counts, colours, ylabel))


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    """Give the counts of patients by what they are of: a cut, or a category."""
    counted = pick(rows, statistic=Statistic.COUNT)
    return dict(zip(counted["variable_level"], counted["value"].astype(int), strict=True))


def _value(rows: pd.DataFrame, statistic: Statistic) -> float:
    return value_of(rows, statistic=statistic, variable_level="")


def _groups(known: pd.Series, colour_by: pd.Series | None) -> pd.Series:
    if colour_by is None:
        return pd.Series("", index=known.index)
    named = colour_by.reindex(known.index).astype(object)
    return named.where(named.notna(), NOT_ASSESSED).map(clean)


def _colours(groups: pd.Series) -> dict[str, str]:
    """Give each category that occurs its colour, responses in their clinical order."""
    present = set(groups)
    if present == {""}:
        return {"": theme.NEUTRAL}
    others = sorted(present - RESPONSE_COLOURS.keys() - {NOT_ASSESSED})
    colours = {label: colour for label, colour in RESPONSE_COLOURS.items() if label in present}
    for index, label in enumerate(others):
        colours[label] = _OTHER_COLOURS[index % len(_OTHER_COLOURS)]
    return {**colours, **({NOT_ASSESSED: theme.FAINT} if NOT_ASSESSED in present else {})}


def _draw_reference_lines(
    sheet: Sheet, top: float, lines: list[float], low: float, high: float, axes: Axes
) -> None:
    scale = _PLOT_HEIGHT / (high - low)
    heights = spread([top + (high - line) * scale for line in lines], LINE_MM)
    for line, y in zip(lines, heights, strict=True):
        axes.axhline(line, color=theme.MUTED, linewidth=0.7, linestyle=(0, (4, 2)), zorder=3)
        sheet.text(sheet.width - _RIGHT + 1.0, y, fmt.signed_percent(line), color=theme.MUTED)


def _cut_note(rows: pd.DataFrame, clip: float, beyond: int) -> str:
    told = pick(rows, statistic=Statistic.VALUE)["value"]
    listed = ", ".join(fmt.signed_percent(value) for value in told)
    more = f" and {beyond - len(told)} more" if beyond > len(told) else ""
    return f"▲ cut at {fmt.signed_percent(clip)}: {listed}{more}"


def _alt(rows: pd.DataFrame, counts: dict[str, int], colours: dict[str, str], ylabel: str) -> str:
    high, low, middle = (
        fmt.signed_percent(_value(rows, statistic))
        for statistic in (Statistic.MAX, Statistic.MIN, Statistic.MEDIAN)
    )
    parts = [
        f"Waterfall plot of {fmt.mid_sentence(clean(ylabel))} in "
        f"{fmt.patients(int(_value(rows, Statistic.N)))}: from {high} to {low}, median {middle}; "
        f"{counts['<0']} decreased."
    ]
    for cut in map(Cut.read, counts):
        if cut is not None and cut.sign in ("<=", ">="):
            side = "or lower" if cut.sign == "<=" else "or higher"
            parts.append(f"{counts[str(cut)]} at {fmt.signed_percent(cut.value)} {side}.")
    if set(colours) != {""}:
        by_category = ", ".join(f"{label} {counts[label]}" for label in colours)
        parts.append(f"By category: {by_category}.")
    if absent := int(_value(rows, Statistic.EXCLUDED)):
        parts.append(f"{fmt.patients(absent)} without a recorded change not shown.")
    return " ".join(parts)
