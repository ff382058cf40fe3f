"""Limits of what a curve of all patients is at a month for which nothing is printed (`form`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis.bounds.finder import Paths
from analysis.synthesis.bounds.form import (
    MOST_OF_A_CURVE,
    CurveBound,
    CurveProved,
    Question,
    Side,
)
from analysis.synthesis.bounds.questions import Counted, of_curve
from analysis.synthesis.bounds.rows import Row, printed
from analysis.synthesis.targets import Targets

What = Literal["survival", "events", "at risk"]
ASKED: tuple[What, ...] = ("survival", "events", "at risk")
# Survival is given to a tenth of a per cent.
TENTHS = 10


def bounds(
    targets: Targets, counted: Counted, endpoint: str, what: What, month: float
) -> tuple[CurveProved, ...]:
    """Give the least and the greatest that the curve of an endpoint can be at a month.

    A limit that says nothing (no survival below 0, no more patients than there are) is not given.
    """
    question, claims = of_curve(targets, counted, endpoint, _before(what, month))
    paths = Paths(question)
    last = 100 * TENTHS if what == "survival" else question.patients
    found = []
    sides: tuple[tuple[Side, int, int], ...] = (("at least", 0, last), ("at most", last, 0))
    for side, nothing, farthest in sides:
        towards = 1 if farthest > nothing else -1

        def refuted(
            place: int, side: Side = side, towards: int = towards
        ) -> dict[str, float] | None:
            """Refute every path that is beyond a place, on the far side of it."""
            row = beyond(question, what, side, place / _unit(what))
            return paths.weights([row, *printed(question)])

        place, weights = _farthest(refuted, nothing, farthest, towards)
        if weights is not None:
            bound = CurveBound(
                what=what, month=month, side=side, value=place / _unit(what), weights=weights
            )
            found.append(CurveProved(question=question, bound=bound, claims=claims))
    return tuple(found)


def beyond(question: Question, what: What, side: Side, value: float) -> Row:
    """Give the row of the paths that are on the other side of a limit.

    Counts are whole: not at least 5 is at most 4.
    """
    phase = question.times().index(question.asked)
    sign = 1.0 if side == "at least" else -1.0
    if what == "survival":
        curve = min(-math.log(value / 100), MOST_OF_A_CURVE) if value > 0 else MOST_OF_A_CURVE
        return Row("asked", curves={("all", phase): sign}, constant=-sign * curve, size=0.1)
    if what == "events":
        # At most one below the value, or at least one above it.
        return Row("asked", curves={("died", phase): -sign}, constant=sign * value - 1.0)
    left = {("died", phase): sign, ("gone", phase): sign}
    return Row("asked", curves=left, constant=sign * (value - question.patients) - 1.0)


def _farthest(
    refuted: Callable[[int], dict[str, float] | None], nothing: int, farthest: int, towards: int
) -> tuple[int, dict[str, float] | None]:
    """Give the farthest place that is proved, by halves; `nothing` is known of itself."""
    weights: dict[str, float] | None = None
    near, far = nothing, farthest + towards
    while abs(far - near) > 1:
        middle = (near + far) // 2
        found = refuted(middle)
        if found is None:
            far = middle
        else:
            near, weights = middle, found
    return near, weights


def _unit(what: What) -> int:
    return TENTHS if what == "survival" else 1


def _before(what: What, month: float) -> float:
    """Give the day before which counts: at risk is who was so just before the month."""
    day = month * DAYS_PER_MONTH
    return day if what == "at risk" else math.nextafter(day, math.inf)
