"""How survival may run before the first point that the article prints."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis.targets import Targets

# Days to a first imaging: a month after treatment, which takes some weeks (Methods 2.3 and 2.4).
EARLIEST_IMAGING = 40
# How far from a constant hazard a curve may be, as a survival; a search should end well inside.
TOLERANCE, MARGIN = 0.05, 0.01
_MONTHS, _YEAR = (3, 6, 9), 12


@dataclass(frozen=True)
class Point:
    """Survival on a whole day, had the hazard been constant."""

    variable: str
    day: int
    survival: float


def steady(targets: Targets) -> list[Point]:
    """Give OS and PFS every three months of the first year, had they a constant hazard.

    The hazard is constant from the first possible event (nobody was followed for less than the
    printed minimum; progression is seen at the first imaging) to the printed rate at one year.
    After it the printed medians and confidence limits leave little freedom.
    """
    shortest = targets.printed("survival", "follow_up", "min").whole_days()[0]
    points = []
    for variable, first in (("OS", shortest), ("PFS", EARLIEST_IMAGING)):
        rate = targets.printed("survival", variable, "rate", str(_YEAR)).value / 100
        for day in (int(month * DAYS_PER_MONTH) for month in _MONTHS):
            share = (day - first) / (_YEAR * DAYS_PER_MONTH - first)
            if share > 0:
                points.append(Point(variable, day, rate**share))
    return points
