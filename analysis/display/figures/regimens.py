"""Doses and fractions of radiotherapy: which regimens were given, and to how many."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, spread
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic

_LEFT, _RIGHT, _TOP, _BELOW = 12.0, 4.0, 4.0, 10.0
_PLOT_MM = 84.0
# Area of the circle of one patient, square points.
_AREA = 16.0


@drawn
def regimens(
    rows: pd.DataFrame,
    *,
    eqd2_gy: float,
    alpha_beta: float,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw each regimen as a circle whose area is the number of patients, which stands beside it.

    Parameters
    ----------
    rows
        Patients of each regimen: the rows of `estimates.drawn.regimen_rows`.
    eqd2_gy, alpha_beta
        The line drawn joins regimens of this equivalent dose in 2 Gy fractions, Gy.
    """
    counted = pick(rows, statistic=Statistic.COUNT)
    if counted.empty:
        return notice("Dose and fractions of radiotherapy: not recorded.", width_mm)
    regimen = counted["variable_level"].str.split("/", expand=True).astype("float64")
    counts = pd.DataFrame(
        {
            "rt_dose_gy": regimen[0],
            "rt_fractions": regimen[1],
            "patients": counted["value"].astype("int64"),
        }
    )
    sheet = Sheet.blank(width_mm, _TOP + _PLOT_MM + _BELOW)
    axes = sheet.axes(_LEFT, _TOP, width_mm - _LEFT - _RIGHT, _PLOT_MM)
    axes.scatter(
        counts["rt_fractions"],
        counts["rt_dose_gy"],
        s=_AREA * counts["patients"],
        color=theme.OKABE_ITO["sky blue"],
        edgecolor=theme.NEUTRAL,
        linewidth=0.5,
    )
    most = float(counts["rt_fractions"].max())
    along = np.linspace(1, most + 2, 200)
    # D (D / n + alpha/beta) / (2 + alpha/beta) = EQD2, solved for D.
    half = alpha_beta * along / 2
    needed = np.sqrt(half**2 + eqd2_gy * (2 + alpha_beta) * along) - half
    axes.plot(
        along, needed, color=theme.HIGHLIGHT, linewidth=1.0, linestyle=theme.DASHES[1], zorder=0
    )
    axes.annotate(
        f"EQD2 {eqd2_gy:g} Gy",
        (along[0], needed[0]),
        xytext=(5, -2),
        textcoords="offset points",
        ha="left",
        color=theme.darker(theme.HIGHLIGHT),
    )
    low = min(float(counts["rt_dose_gy"].min()), needed[0]) - 3
    high = max(float(counts["rt_dose_gy"].max()), needed[-1]) + 3
    axes.set(xlim=(0, most + 2.5), ylim=(low, high), xlabel="Fractions", ylabel="Dose (Gy)")
    for fractions, group in counts.groupby("rt_fractions"):
        # Numbers of doses that lie close together stand a line apart.
        places = spread(list(group["rt_dose_gy"]), LINE_MM * (high - low) / _PLOT_MM)
        for place, dose, number in zip(places, group["rt_dose_gy"], group["patients"], strict=True):
            # Where a circle stands close on the right, the number is on the left.
            right = counts["rt_fractions"] - float(str(fractions))
            crowded = (right > 0) & (right < 2) & (abs(counts["rt_dose_gy"] - dose) < 2)
            side = -1 if crowded.any() else 1
            axes.annotate(
                str(number),
                (float(str(fractions)), place),
                xytext=(side * (np.sqrt(_AREA * number) / 2 + 2), 0),
                textcoords="offset points",
                ha="right" if side < 0 else "left",
                va="center_baseline",
            )
    return Drawing(sheet.figure, _alt(counts, int(value_of(rows, statistic=Statistic.N)), eqd2_gy))


def _alt(counts: pd.DataFrame, n: int, eqd2_gy: float) -> str:
    told = ", ".join(
        f"{dose:g} Gy in {fractions:g}: {number:g}"
        for fractions, dose, number in counts[["rt_fractions", "rt_dose_gy", "patients"]].to_numpy()
    )
    return (
        f"Circles of dose against fractions in {fmt.patients(n)},"
        f" with a line at EQD2 {eqd2_gy:g} Gy. {told}."
    )
