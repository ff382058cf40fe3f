"""When patients were enrolled, and on which days of the week things happened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, wrap
from analysis.estimates.drawn import WEEKDAYS
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic

Counts = npt.NDArray[np.int64]

_LEFT, _RIGHT, _GAP = 11.0, 3.0, 5.0
_MONTHS_MM, _WEEK_MM = 30.0, 26.0
# Seven bars that are narrower than this in all cannot be told apart.
_LEAST = 20.0


@drawn
def calendar(
    rows: pd.DataFrame,
    events: Mapping[str, str],
    *,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw patients by month of enrolment, and below by the weekday of each kind of event.

    Parameters
    ----------
    rows
        Counts of patients: the rows of `estimates.drawn.calendar_rows`.
    events
        Columns of dates, with the words for each.
    """
    enrolled = pick(rows, variable="enrolment_date")
    counted = pick(enrolled, statistic=Statistic.COUNT).set_index("variable_level")["value"]
    if counted.empty:
        return notice("Dates of enrolment: not recorded.", width_mm)
    of_month = counted.index.str.contains("-")
    months, years = counted[of_month].astype(int), counted[~of_month].astype(int)
    weeks = {
        clean(words): pick(rows, variable=name, statistic=Statistic.COUNT)["value"].to_numpy(
            dtype=np.int64
        )
        for name, words in events.items()
    }
    sums = {
        clean(words): int(value_of(rows, variable=name, statistic=Statistic.N))
        for name, words in events.items()
    }
    n = int(value_of(enrolled, statistic=Statistic.N))

    room = width_mm - _LEFT - _RIGHT + _GAP
    across = max(1, min(len(weeks), int(room // (_LEAST + _GAP))))
    panel = room / across - _GAP
    names = [[*wrap(name, panel), f"n = {count}"] for name, count in sums.items()]
    title = 2.0 + LINE_MM * max((len(lines) for lines in names), default=0)
    second = 2.0 + LINE_MM + 1.5 + _MONTHS_MM + 7.0 + title + 1.5
    pitch = title + 1.5 + _WEEK_MM + 6.0
    sheet = Sheet.blank(width_mm, second + _WEEK_MM + 6.0 + pitch * ((len(weeks) - 1) // across))
    sheet.text(_LEFT, 2.0 + LINE_MM / 2, f"Enrolment by month (n = {n})")
    axes = sheet.axes(_LEFT, 2.0 + LINE_MM + 1.5, width_mm - _LEFT - _RIGHT, _MONTHS_MM)
    _months(axes, months)
    most = max([1, *(int(counts.max()) for counts in weeks.values())])
    for index, (counts, lines) in enumerate(zip(weeks.values(), names, strict=True)):
        row, column = divmod(index, across)
        left, upper = _LEFT + column * (panel + _GAP), second + row * pitch
        sheet.text(left, upper - 1.5 - LINE_MM * len(lines) / 2, lines)
        week = sheet.axes(left, upper, panel, _WEEK_MM)
        _week(week, counts, most)
        if column == 0:
            week.set_ylabel("Patients")
        else:
            week.tick_params(labelleft=False)
    return Drawing(sheet.figure, _alt(n, years, weeks))


def _months(axes: Axes, months: pd.Series) -> None:
    axes.bar(
        range(len(months)),
        months.to_numpy(),
        width=0.85,
        color=theme.OKABE_ITO["sky blue"],
    )
    januaries = [place for place, month in enumerate(months.index) if month.endswith("-01")]
    axes.set_xticks(
        [place - 0.5 for place in januaries],
        [months.index[place].removesuffix("-01") for place in januaries],
    )
    axes.set(xlim=(-0.7, len(months) - 0.3), ylabel="Patients")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _week(axes: Axes, counts: Counts, most: int) -> None:
    working, free = theme.OKABE_ITO["sky blue"], theme.OKABE_ITO["orange"]
    axes.bar(range(7), counts, width=0.8, color=[working] * 5 + [free] * 2)
    axes.set_xticks(range(7), [name[0] for name in WEEKDAYS])
    axes.set(xlim=(-0.6, 6.6), ylim=(0, most * 1.06))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.tick_params(bottom=False)


def _alt(n: int, years: pd.Series, weeks: Mapping[str, Counts]) -> str:
    by_year = ", ".join(f"{count} in {year}" for year, count in years.items())
    kinds = "; ".join(
        f"{name}: " + ", ".join(f"{day} {n}" for day, n in zip(WEEKDAYS, counts, strict=True))
        for name, counts in weeks.items()
    )
    return f"Bars. {fmt.patients(n)} enrolled: {by_year}. By day of the week: {kinds}."
