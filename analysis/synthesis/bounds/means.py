"""Limits of restricted means, from what is printed of a curve.

A survival curve falls. Before a day on which it is at least so high it is so too, and after a day
on which it is at most so high. The area below it is least and greatest along these two steps, which
are curves themselves: they solve the linear programme, so that nothing tighter follows from
points of the curve alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analysis.synthesis.bounds.form import Point

Interval = tuple[float, float]


def mean(points: Sequence[Point], of: str, days: float) -> Interval:
    """Give the least and the greatest restricted mean until a day, in days.

    Parameters
    ----------
    points
        Of a question.
    of
        Whose curve: all, yes or no.

    Examples
    --------
    >>> at_half = [Point(of="all", claim="", before=100, low=0.5, high=1),
    ...            Point(of="all", claim="", before=110, low=0, high=0.5)]
    >>> mean(at_half, "all", 200)
    (50.0, 155.0)
    """
    own = [point for point in points if point.of == of]
    ends = sorted({0.0, days, *(min(point.before, days) for point in own)})
    least = greatest = 0.0
    for start, end in pairwise(ends):
        length = end - start
        least += length * max((point.low for point in own if point.before >= end), default=0.0)
        greatest += length * min((p.high for p in own if p.before <= start), default=1.0)
    return least, greatest


def difference(points: Sequence[Point], days: float) -> Interval:
    """Give the limits of the restricted mean with the factor less that without, in days."""
    with_it, without = mean(points, "yes", days), mean(points, "no", days)
    return with_it[0] - without[1], with_it[1] - without[0]
