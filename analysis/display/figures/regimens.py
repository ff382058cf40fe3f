"""Doses and fractions of radiotherapy: which regimens were given, and to how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import Sheet, text_width
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic

_LEFT, _RIGHT, _TOP, _BELOW = 12.0, 4.0, 4.0, 10.0
_PLOT_MM = 84.0
# Area of the circle of one patient, square points.
_AREA = 16.0
# Of a figure's height, mm.
_HALF_LINE = 1.1


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
            "rt_fractions": regimen[1],
            "rt_dose_gy": regimen[0],
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
    across, upward = (width_mm - _LEFT - _RIGHT) / (most + 2.5), _PLOT_MM / (high - low)
    circles = [
        _Circle(fractions * across, (dose - low) * upward, _radius(number))
        for fractions, dose, number in counts.itertuples(index=False)
    ]
    for text, (x, y) in zip(
        counts["patients"], _beside(circles, [str(n) for n in counts["patients"]]), strict=True
    ):
        axes.text(x / across, low + y / upward, str(text), ha="center", va="center_baseline")
    return Drawing(sheet.figure, _alt(counts, int(value_of(rows, statistic=Statistic.N)), eqd2_gy))


@dataclass(frozen=True)
class _Circle:
    """Where the circle of a regimen stands in the plot, mm."""

    x: float
    y: float
    radius: float

    def meets(self, x: float, y: float, half: float) -> bool:
        """Tell whether a number at a place, so wide to either side, touches the circle."""
        aside, above = max(abs(self.x - x) - half, 0.0), max(abs(self.y - y) - _HALF_LINE, 0.0)
        return aside**2 + above**2 < self.radius**2


def _radius(patients: float) -> float:
    return float(np.sqrt(_AREA * patients)) / 2 * theme.MM_PER_INCH / 72


def _beside(circles: Sequence[_Circle], texts: Sequence[str]) -> list[tuple[float, float]]:
    """Give each number a place beside its circle, mm, that touches no other circle or number.

    Right, left, above, below, and between these; the first that is free, or has least in its way.
    """
    placed: list[tuple[float, float, float]] = []
    for circle, text in zip(circles, texts, strict=True):
        half = text_width(text) / 2
        aside, above = circle.radius + 0.6 + half, circle.radius + 0.4 + _HALF_LINE
        turns = (1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.8), (0.8, -0.8), (-0.8, 0.8), (-0.8, -0.8)
        places = [(circle.x + right * aside, circle.y + up * above) for right, up in turns]

        def touched(place: tuple[float, float], half: float = half) -> int:
            x, y = place
            others = sum(
                abs(x - a) < half + wide and abs(y - b) < 2 * _HALF_LINE for a, b, wide in placed
            )
            return others + sum(each.meets(x, y, half) for each in circles)

        x, y = min(places, key=touched)
        placed.append((x, y, half + 0.3))
    return [(x, y) for x, y, _ in placed]


def _alt(counts: pd.DataFrame, n: int, eqd2_gy: float) -> str:
    told = ", ".join(
        f"{dose:g} Gy in {fractions:g}: {number:g}"
        for fractions, dose, number in counts[["rt_fractions", "rt_dose_gy", "patients"]].to_numpy()
    )
    return (
        f"Circles of dose against fractions in {fmt.patients(n)},"
        f" with a line at EQD2 {eqd2_gy:g} Gy. {told}."
    )
