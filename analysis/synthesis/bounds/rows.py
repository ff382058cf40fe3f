"""What is printed, as rows: lines through the sums of a path that are at least 0 (`form`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from analysis.synthesis.bounds.form import MOST_OF_A_CURVE, Point, Question, Side

_LOG_2 = math.log(2.0)
_Z_95 = 1.959963984540054
# Where tangents of the square root touch, as shares of the greatest variance.
_TOUCHES = (1.0, 0.93, 0.86, 0.8, 0.72, 0.64, 0.56, 0.48, 0.4, 0.32, 0.25, 0.18, 0.12, 0.07, 0.03)
# A printed number is met when it is within this of its bounds: their own rounding.
_SLACK = 1e-9


@dataclass(frozen=True)
class Row:
    """A weighted sum of a path's sums, plus a constant, that is at least 0.

    Attributes
    ----------
    name
        In a proof.
    sums
        Weight by sum: score, excess, variance, events, tied.
    curves
        Weight by curve (all, yes, no, left, left at least, greenwood, died, gone) and last phase
        that counts.
    constant
        Added.
    size
        What a violation of the row is measured in.
    """

    name: str
    sums: dict[str, float] = field(default_factory=dict)
    curves: dict[tuple[str, int], float] = field(default_factory=dict)
    constant: float = 0.0
    size: float = 1.0


def least_variance(question: Question) -> float:
    """Give the least variance of a log-rank test that is not 0.

    A day with events on which it is not 0 has d (n - d) >= n - 1, and both groups at risk.
    """
    n = question.patients
    return (n - 1) / n**2


def greatest_variance(question: Question) -> float:
    """Give a variance of the log-rank test that is not exceeded: a quarter an event."""
    return question.events[1] / 4


def rows(question: Question, side: Side, variance: tuple[float, float]) -> list[Row]:
    """Give what a path keeps to whose estimate is on the other side of a ratio.

    Parameters
    ----------
    side
        With "at least" a ratio, the paths that are refuted have a score of at most 0 there; with
        "at most", of at least 0.
    variance
        Least and greatest variance of the paths that are looked at.
    """
    low, high = variance
    least, greatest = question.z
    found = [Row("score", {"score": -1.0 if side == "at least" else 1.0})]
    # excess <= greatest sqrt(variance), by tangents.
    for share in _TOUCHES:
        at = share * greatest_variance(question)
        found.append(
            Row(
                f"tangent {at!r}",
                {"excess": -1.0, "variance": greatest / (2 * math.sqrt(at))},
                constant=greatest * math.sqrt(at) / 2,
            )
        )
    # excess >= least sqrt(variance), by the chord.
    slope = (math.sqrt(high) - math.sqrt(low)) / (high - low)
    found += [
        Row(
            "chord",
            {"excess": 1.0, "variance": -least * slope},
            constant=-least * (math.sqrt(low) - slope * low),
        ),
        Row("variance from", {"variance": 1.0}, constant=-low),
        Row("variance to", {"variance": -1.0}, constant=high),
        *printed(question),
    ]
    return found


def printed(question: Question) -> list[Row]:
    """Give what is printed of events and curves, and what is taken for granted of ties."""
    found = [
        Row("events from", {"events": 1.0}, constant=-float(question.events[0])),
        Row("events to", {"events": -1.0}, constant=float(question.events[1])),
        Row("tied", {"tied": -1.0}, constant=float(question.most_tied)),
    ]
    times = question.times()
    for place, point in enumerate(question.points):
        phase = times.index(point.before)
        if point.of == "limit":
            found += _limit(question, place, point, phase)
            continue
        if point.high < 1:
            weights: dict[tuple[str, int], float] = {(point.of, phase): 1.0}
            # No more of a curve is counted than this.
            constant = max(math.log(max(point.high, 1e-300)), -MOST_OF_A_CURVE) + _SLACK
            found.append(Row(f"point {place} high", curves=weights, constant=constant, size=0.1))
        if point.low > 0:
            curve = "left at least" if point.of == "left" else point.of
            weights = {(str(curve), phase): -1.0}
            constant = -math.log(point.low) + _SLACK
            found.append(Row(f"point {place} low", curves=weights, constant=constant, size=0.1))
    return found


def _limit(question: Question, place: int, point: Point, phase: int) -> list[Row]:
    """Say that the upper log-log limit of survival is at most one half.

    With H = -log S that is Greenwood's sum <= (H log(H / log 2) / 1.96)^2, which is convex in H
    from log 2 on: it lies below the chord to the greatest H, which a later printed survival gives.
    """
    later = [
        -math.log(other.low)
        for other in question.points
        if other.of == "all" and other.before >= point.before and other.low > 0
    ]
    if point.high != 0.5 or not later or min(later) <= _LOG_2:
        return []
    most = min(later) + _SLACK
    slope = (most * math.log(most / _LOG_2) / _Z_95) ** 2 / (most - _LOG_2)
    weights = {("all", phase): slope, ("greenwood", phase): -1.0}
    constant = -slope * _LOG_2 + _SLACK
    return [Row(f"point {place} limit", curves=weights, constant=constant, size=0.01)]
