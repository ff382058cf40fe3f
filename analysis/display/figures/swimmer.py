"""Swimmer plot: each patient's treatment and outcome on one line of time.

After Chia et al., Current and evolving methods to visualize biological data in cancer research,
J Natl Cancer Inst 2016.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import Sheet, clean, legend_height
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import NO, YES, Statistic
from analysis.study.months import DAYS_PER_MONTH

RADIOTHERAPY = theme.OKABE_ITO["vermillion"]
IMMUNOTHERAPY = theme.OKABE_ITO["sky blue"]
MODE_FACES = {"concurrent": theme.MUTED, "sequential": "white"}

_ROW_MM = 4.0
# Figures of seven points are 1.8 mm high.
_RIGHT = 5.0
_BELOW = 9.0


@drawn
def swimmer(
    patients: pd.DataFrame, rows: pd.DataFrame, *, width_mm: float = theme.DOUBLE_COLUMN_MM
) -> Drawing:
    """Draw one row a patient, the longest observed on top.

    Parameters
    ----------
    patients
        One row a patient: patient_id; rt_start_day, rt_end_day, ici_start_day, ici_end_day,
        progression_day, death_day, last_contact_day (days from time zero, missing where there was
        none); treatment_mode (concurrent or sequential). A patient with a death_day died; every
        other one was alive at last contact.
    rows
        What is said of them: the rows of `estimates.drawn.course_rows`.
    """
    if patients.empty:
        return notice("Swimmer plot: no patients.", width_mm)
    frame = patients.copy()
    days = [name for name in frame.columns if name.endswith("_day")]
    frame[days] = frame[days].apply(pd.to_numeric).astype(float)
    frame["end"] = frame["death_day"].fillna(frame["last_contact_day"])
    frame = frame.sort_values(["end", "patient_id"], ascending=[False, True], na_position="last")
    frame = frame.reset_index(drop=True)

    key = _key(frame, progression=not pick(rows, variable="progression").empty)
    top = 2.0 + legend_height(key, width_mm - 4.0) + 2.0
    row = min(_ROW_MM, (theme.PAGE_HEIGHT_MM - top - _BELOW) / len(frame))
    # Nobody's name stands beside the course: with the days it is, that would be the patient.
    left = 7.0
    height = row * len(frame)
    sheet = Sheet.blank(width_mm, top + height + _BELOW)
    sheet.legend(key, 2.0, 2.0, width_mm - 4.0)

    axes = sheet.axes(left, top, width_mm - left - _RIGHT, height)
    months = frame[[*days, "end"]] / DAYS_PER_MONTH
    first = min(0.0, float(np.nanmin(months.to_numpy(), initial=0.0)))
    last = max(1.0, float(np.nanmax(months.to_numpy(), initial=0.0)))
    axes.set(xlim=(first - 0.01 * last, 1.02 * last), ylim=(len(frame) - 0.5, -0.5), yticks=[])
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if last / step <= 14)
    axes.set_xticks(np.arange(np.ceil(first / step) * step, last + 0.01, step))
    axes.set_xlabel("Time (months)")
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=theme.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    _draw_lanes(axes, months)
    _draw_outcomes(axes, months, marker_size=min(3.6, row * 1.45))
    _mark_modes(sheet, frame, left, top, row)
    return Drawing(sheet.figure, _alt(rows))


def _key(frame: pd.DataFrame, *, progression: bool) -> dict[str, Patch | Line2D]:
    """Give the key of what is drawn: a course whose first or last day is not recorded is not."""
    key: dict[str, Patch | Line2D] = {}
    if frame[["rt_start_day", "rt_end_day"]].notna().all(axis=1).any():
        key["Radiotherapy"] = Patch(color=RADIOTHERAPY)
    if frame[["ici_start_day", "ici_end_day"]].notna().all(axis=1).any():
        key["Immunotherapy"] = Patch(color=IMMUNOTHERAPY)
    key["Observed"] = Line2D([], [], color=theme.FAINT, linewidth=1.2)
    if progression:
        key["Progression"] = _sign("d", theme.INK, "white")
    key["Death"] = _sign("X", theme.INK)
    key["Alive at last contact"] = _sign(">", theme.INK)
    modes = set(frame["treatment_mode"].dropna())
    faces = {mode: face for mode, face in MODE_FACES.items() if mode in modes}
    return key | {
        f"{mode.capitalize()} radiotherapy and immunotherapy": _sign("s", theme.MUTED, face)
        for mode, face in faces.items()
    }


def _sign(marker: str, colour: str, face: str | None = None) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=4,
        color=colour,
        markerfacecolor=face or colour,
        markeredgewidth=0.6,
    )


def _draw_lanes(axes: Axes, months: pd.DataFrame) -> None:
    """Draw observation as a thin line, radiotherapy above it, immunotherapy below it."""
    seen = months["end"].dropna()
    axes.hlines(seen.index, 0, seen, color=theme.FAINT, linewidth=0.8, zorder=1)
    day = 1 / DAYS_PER_MONTH
    for name, offset, colour in (("rt", -0.2, RADIOTHERAPY), ("ici", 0.2, IMMUNOTHERAPY)):
        spell = months[[f"{name}_start_day", f"{name}_end_day"]].dropna()
        start, end = spell.iloc[:, 0], spell.iloc[:, 1]
        # Both days count: treatment that starts and ends on one day lasts one day. Of an array:
        # a RangeIndex plus a float is cut to whole numbers under PYTHONOPTIMIZE (pandas 2.3).
        axes.barh(
            spell.index.to_numpy() + offset,
            end - start + day,
            left=start,
            height=0.36,
            linewidth=0,
            color=colour,
            zorder=2,
            label=name,
        )


def _draw_outcomes(axes: Axes, months: pd.DataFrame, marker_size: float) -> None:
    alive = months["death_day"].isna()
    progression = months["progression_day"].dropna()
    common: dict[str, Any] = {
        "linestyle": "none",
        "color": theme.INK,
        "markersize": marker_size,
        "clip_on": False,
        "markeredgewidth": 0.6,
    }
    axes.plot(
        months["end"][alive], months.index[alive], marker=">", label="alive", zorder=3, **common
    )
    death = months["death_day"].dropna()
    axes.plot(
        death,
        death.index,
        marker="X",
        label="death",
        zorder=3,
        **{**common, "markeredgewidth": 0.2},
    )
    axes.plot(
        progression,
        progression.index,
        marker="d",
        markerfacecolor="white",
        label="progression",
        zorder=4,
        **common,
    )


def _mark_modes(sheet: Sheet, frame: pd.DataFrame, left: float, top: float, row: float) -> None:
    y = top + (np.arange(len(frame)) + 0.5) * row
    for mode, face in MODE_FACES.items():
        rows = y[(frame["treatment_mode"] == mode).to_numpy(dtype=bool, na_value=False)]
        sheet.paper.plot(
            np.full(len(rows), left - 2.0),
            rows,
            "s",
            markersize=3.0,
            color=theme.MUTED,
            markerfacecolor=face,
            markeredgewidth=0.5,
        )


def _alt(rows: pd.DataFrame) -> str:
    observed = pick(rows, variable="follow_up").set_index("statistic")["value"]
    modes = pick(rows, variable="treatment_mode")
    treated = ", ".join(
        f"{count:.0f} {clean(mode)}"
        for mode, count in zip(modes["variable_level"], modes["value"], strict=True)
    )
    outcomes = {
        "progressed": ("progression", YES),
        "died": ("death", YES),
        "alive at last contact": ("death", NO),
    }
    counted = ", ".join(
        f"{value_of(rows, variable=variable, variable_level=level):.0f} {words}"
        for words, (variable, level) in outcomes.items()
        if not pick(rows, variable=variable).empty
    )
    length = ""
    if Statistic.MEDIAN in observed:
        between = fmt.interval(observed[Statistic.MIN], observed[Statistic.MAX])
        middle = fmt.fixed(observed[Statistic.MEDIAN])
        length = f", observed for {between} months (median {middle})"
    return (
        f"Swimmer plot of {fmt.patients(int(observed[Statistic.N]))}"
        + (f" ({treated} treatment)" if treated else "")
        + length
        + f": {counted}."
    )
