"""Flow diagram of who entered and who was left out, criterion by criterion.

After the flow diagram of the STROBE statement (von Elm et al., PLoS Med 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.patches import FancyBboxPatch

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import LINE_MM, NARROW_MM, Sheet, clean, wrap

NOT_APPLIED = "not recorded, not applied"

_MAIN_LEFT, _MAIN_WIDTH = 3.0, 104.0
_SIDE_WIDTH = 46.0
_PADDING = 2.0
_ARROW = 4.5


@drawn
def flow_diagram(
    screening: pd.DataFrame,
    *,
    first: str = "Patients in the dataset",
    last: str = "Patients analysed",
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw a box per criterion, exclusions at its right; those that exclude nobody share one.

    Parameters
    ----------
    screening
        One row a criterion in the order applied: criterion, assessed (bool: the dataset records
        what it needs), entered, excluded, remaining (patients); status, optional: in words, why a
        criterion was not assessed. Such a criterion is greyed and excludes nobody.
    """
    if screening.empty:
        return notice("Flow diagram: no eligibility criteria were applied.", width_mm)
    rows = screening.to_dict("records")
    narrow = width_mm < NARROW_MM
    main = width_mm - 2 * _MAIN_LEFT if narrow else _MAIN_WIDTH
    steps = [_step(together, main - 2 * _PADDING, narrow) for together in _together(rows)]
    if not any(step.excluded for step in steps):
        # Nothing stands at the right.
        width_mm = main + 2 * _MAIN_LEFT
    heights = [len(step.lines) * LINE_MM + 2 * _PADDING for step in steps]
    end_height = LINE_MM + 2 * _PADDING
    total = 2 * end_height + sum(heights) + _ARROW * (len(steps) + 1)
    sheet = Sheet.blank(width_mm, total + 6.0)
    middle = _MAIN_LEFT + main / 2

    def end(top: float, words: str, n: int) -> None:
        lines = [f"{words} (n = {fmt.thousands(n)})"]
        _box(sheet, _MAIN_LEFT, top, main, end_height, lines, strong=True)

    y = 3.0
    entered, left_over = int(rows[0]["entered"]), int(rows[-1]["remaining"])
    end(y, first, entered)
    y += end_height
    for step, height in zip(steps, heights, strict=True):
        _arrow(sheet, (middle, y), (middle, y + _ARROW))
        y += _ARROW
        _box(sheet, _MAIN_LEFT, y, main, height, step.lines, muted=not step.assessed)
        if step.excluded and not narrow:
            side = _MAIN_LEFT + main
            side_left = width_mm - _SIDE_WIDTH - 3.0
            _arrow(sheet, (side, y + height / 2), (side_left, y + height / 2))
            excluded = [f"Excluded (n = {fmt.thousands(step.excluded)})"]
            _box(sheet, side_left, y + (height - end_height) / 2, _SIDE_WIDTH, end_height, excluded)
        y += height
    _arrow(sheet, (middle, y), (middle, y + _ARROW))
    end(y + _ARROW, last, left_over)
    return Drawing(sheet.figure, _alt(rows, first, last, entered, left_over))


@dataclass(frozen=True)
class _Step:
    """One box: its lines, whether its criteria were assessed, and how many they excluded."""

    lines: list[str]
    assessed: bool
    excluded: int


def _together(rows: list[dict[Any, Any]]) -> list[list[dict[Any, Any]]]:
    """Put criteria that follow one another and exclude nobody together, since they are one step."""
    found: list[list[dict[Any, Any]]] = []
    for row in rows:
        nobody = bool(row["assessed"]) and not row["excluded"]
        before = found[-1][-1] if found else None
        if nobody and before is not None and before["assessed"] and not before["excluded"]:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _step(rows: list[dict[Any, Any]], width: float, narrow: bool) -> _Step:
    last = rows[-1]
    criteria = [line for row in rows for line in wrap(row["criterion"], width)]
    if not last["assessed"]:
        return _Step([*criteria, str(last.get("status", NOT_APPLIED))], False, 0)
    excluded = int(last["excluded"])
    remaining = f"remaining n = {fmt.thousands(int(last['remaining']))}"
    if not excluded:
        remaining = f"nobody excluded, {remaining}"
    elif narrow:
        remaining = f"excluded n = {fmt.thousands(excluded)}, {remaining}"
    return _Step([*criteria, remaining], True, excluded)


def _box(
    sheet: Sheet,
    left: float,
    top: float,
    width: float,
    height: float,
    lines: list[str],
    *,
    muted: bool = False,
    strong: bool = False,
) -> None:
    colour = theme.MUTED if muted else theme.INK
    sheet.paper.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=1",
            facecolor=theme.STRIPE if muted else "white",
            edgecolor=theme.FAINT if muted else colour,
            linewidth=1.0 if strong else 0.6,
            linestyle=(0, (3, 2)) if muted else "-",
        )
    )
    weight = "bold" if strong else "normal"
    sheet.text(left + width / 2, top + height / 2, lines, ha="center", color=colour, weight=weight)


def _arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float]) -> None:
    sheet.paper.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>,head_length=0.35,head_width=0.15",
            "color": theme.INK,
            "linewidth": 0.6,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


def _alt(rows: list[dict[Any, Any]], first: str, last: str, entered: int, left_over: int) -> str:
    steps = [
        f"{clean(row['criterion'])}: "
        + (
            f"{int(row['excluded'])} excluded, {int(row['remaining'])} remaining"
            if row["assessed"]
            else row.get("status", NOT_APPLIED)
        )
        for row in rows
    ]
    return f"Flow diagram. {first}: {entered}. {'. '.join(steps)}. {last}: {left_over}."
