"""Flow diagram of who entered and who was left out, criterion by criterion.

After the flow diagram of the STROBE statement (von Elm et al., PLoS Med 2007).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.patches import FancyBboxPatch

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, wrap

NOT_APPLIED = "not recorded, not applied"

_MAIN_LEFT, _MAIN_WIDTH = 3.0, 104.0
_SIDE_WIDTH = 46.0
_PADDING = 2.0
_ARROW = 4.5


@theme.theme()
def flow_diagram(
    screening: pd.DataFrame,
    *,
    first: str = "Patients in the dataset",
    last: str = "Patients analysed",
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw a box a criterion, exclusions at its right.

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
    main_text = _MAIN_WIDTH - 2 * _PADDING
    boxes = [_lines(row, main_text) for row in rows]
    heights = [len(lines) * LINE_MM + 2 * _PADDING for lines in boxes]
    end_height = LINE_MM + 2 * _PADDING
    total = 2 * end_height + sum(heights) + _ARROW * (len(rows) + 1)
    sheet = Sheet.blank(width_mm, total + 6.0)
    middle = _MAIN_LEFT + _MAIN_WIDTH / 2

    y = 3.0
    entered, left_over = int(rows[0]["entered"]), int(rows[-1]["remaining"])
    _box(
        sheet,
        _MAIN_LEFT,
        y,
        _MAIN_WIDTH,
        end_height,
        [f"{first} (n = {fmt.thousands(entered)})"],
        strong=True,
    )
    y += end_height
    for row, lines, height in zip(rows, boxes, heights, strict=True):
        _arrow(sheet, (middle, y), (middle, y + _ARROW))
        y += _ARROW
        assessed = bool(row["assessed"])
        _box(sheet, _MAIN_LEFT, y, _MAIN_WIDTH, height, lines, muted=not assessed)
        if assessed:
            side = _MAIN_LEFT + _MAIN_WIDTH
            side_left = width_mm - _SIDE_WIDTH - 3.0
            _arrow(sheet, (side, y + height / 2), (side_left, y + height / 2))
            excluded = [f"Excluded (n = {fmt.thousands(int(row['excluded']))})"]
            _box(sheet, side_left, y + (height - end_height) / 2, _SIDE_WIDTH, end_height, excluded)
        y += height
    _arrow(sheet, (middle, y), (middle, y + _ARROW))
    _box(
        sheet,
        _MAIN_LEFT,
        y + _ARROW,
        _MAIN_WIDTH,
        end_height,
        [f"{last} (n = {fmt.thousands(left_over)})"],
        strong=True,
    )
    return Drawing(sheet.figure, _alt(rows, first, last, entered, left_over))


def _lines(row: dict[Any, Any], width: float) -> list[str]:
    after = (
        f"remaining n = {fmt.thousands(int(row['remaining']))}"
        if row["assessed"]
        else row.get("status", NOT_APPLIED)
    )
    return [*wrap(row["criterion"], width), after]


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
