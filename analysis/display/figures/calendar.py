"""When patients were enrolled, and on which days of the week things happened."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures.drawing import Drawing, notice
from analysis.display.figures.sheet import LINE_MM, Sheet, clean, wrap

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LEFT, _RIGHT, _GAP = 11.0, 3.0, 5.0
_MONTHS_MM, _WEEK_MM = 30.0, 26.0


@theme.theme()
def calendar(
    enrolled: pd.Series,
    events: Mapping[str, pd.Series],
    *,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw patients by month of enrolment, and below by the weekday of each kind of event.

    Parameters
    ----------
    enrolled
        One date a patient.
    events
        By name, one date a patient, missing for who had none.
    """
    days = enrolled.dropna()
    if days.empty:
        return notice("Dates of enrolment: not recorded.", width_mm)
    # Whole years, so that a month without patients is seen at the ends as well.
    first, last = f"{days.min().year}-01", f"{days.max().year}-12"
    months = days.dt.to_period("M").value_counts()
    months = months.reindex(pd.period_range(first, last, freq="M"), fill_value=0)
    weeks = {
        clean(name): dates.dropna().dt.weekday.value_counts().reindex(range(7), fill_value=0)
        for name, dates in events.items()
    }

    panel = (width_mm - _LEFT - _RIGHT - _GAP * (len(weeks) - 1)) / max(1, len(weeks))
    names = [[*wrap(name, panel), f"n = {counts.sum()}"] for name, counts in weeks.items()]
    title = 2.0 + LINE_MM * max((len(lines) for lines in names), default=0)
    second = 2.0 + LINE_MM + 1.5 + _MONTHS_MM + 7.0 + title + 1.5
    sheet = Sheet.blank(width_mm, second + _WEEK_MM + 6.0)
    sheet.text(_LEFT, 2.0 + LINE_MM / 2, f"Enrolment by month (n = {len(days)})")
    axes = sheet.axes(_LEFT, 2.0 + LINE_MM + 1.5, width_mm - _LEFT - _RIGHT, _MONTHS_MM)
    _months(axes, months)
    most = max([1, *(int(counts.max()) for counts in weeks.values())])
    for index, (counts, lines) in enumerate(zip(weeks.values(), names, strict=True)):
        left = _LEFT + index * (panel + _GAP)
        sheet.text(left, second - 1.5 - LINE_MM * len(lines) / 2, lines)
        week = sheet.axes(left, second, panel, _WEEK_MM)
        _week(week, counts, most)
        if index == 0:
            week.set_ylabel("Patients")
        else:
            week.tick_params(labelleft=False)
    return Drawing(sheet.figure, _alt(months, weeks))


def _months(axes: Axes, months: pd.Series) -> None:
    axes.bar(
        range(len(months)),
        months.to_numpy(),
        width=0.85,
        color=theme.OKABE_ITO["sky blue"],
    )
    januaries = [place for place, month in enumerate(months.index) if month.month == 1]
    axes.set_xticks(
        [place - 0.5 for place in januaries], [str(months.index[place].year) for place in januaries]
    )
    axes.set(xlim=(-0.7, len(months) - 0.3), ylabel="Patients")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _week(axes: Axes, counts: pd.Series, most: int) -> None:
    working, free = theme.OKABE_ITO["sky blue"], theme.OKABE_ITO["orange"]
    axes.bar(range(7), counts.to_numpy(), width=0.8, color=[working] * 5 + [free] * 2)
    axes.set_xticks(range(7), [name[0] for name in WEEKDAYS])
    axes.set(xlim=(-0.6, 6.6), ylim=(0, most * 1.06))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.tick_params(bottom=False)


def _alt(months: pd.Series, weeks: Mapping[str, pd.Series]) -> str:
    by_year = months.groupby([month.year for month in months.index]).sum()
    years = ", ".join(f"{count} in {year}" for year, count in by_year.items())
    kinds = "; ".join(
        f"{name}: " + ", ".join(f"{day} {n}" for day, n in zip(WEEKDAYS, counts, strict=True))
        for name, counts in weeks.items()
    )
    enrolled = fmt.patients(int(months.sum()))
    return f"Bars. {enrolled} enrolled: {years}. By day of the week: {kinds}."
