"""The form of a bound and its proof: plain data, which is all that finder and checker share.

What is bounded is the hazard ratio of a factor with two levels, of which an article prints the
size of the groups, a log-rank p value and medians, but not the ratio itself.

A cohort is a *path*: it begins with all patients at risk, those with the factor and those without,
and ends with nobody. A step of it is a day with events (so many of those with the factor, so many
of the others) or somebody who leaves. Every day of every cohort is a step of its path, so that what
no path can have, no cohort can.

Of each path there are sums, one term a step:

========== ======================================================================================
score      of Cox's partial likelihood at a given log hazard ratio, ties after Efron: events with
           the factor less their expectation. It falls as the log hazard ratio rises, so that an
           estimate is above b when the score at b is above 0
excess     of the log-rank test: events with the factor less their expectation
variance   of the log-rank test, after Mantel
events     how many
tied       events less days with events
all        -log of the Kaplan-Meier survival of all patients, up to a point
yes, no    that of those with the factor, and of the others
left       that of leaving without an event (reverse Kaplan-Meier), at most and at least
greenwood  of Greenwood's variance of the survival of all patients
died       events of all patients, up to a point
gone       those who left without an event, up to a point
========== ======================================================================================

What is printed says of these sums that some of them, or straight lines through them, are at least
0: a *row*. A proof gives each row a weight, none below 0, with which the weighted sum of all rows
is below 0 for every path there is. Then no path keeps to all rows. The greatest weighted sum of all
paths is found by going through the numbers at risk once, from the end to the beginning, which is
how the checker sees for itself that it is below 0.

References
----------
Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-65. Mantel N. Cancer
Chemother Rep 1966;50:163-70. Lagrange's multipliers in dynamic programmes: Everett H. Oper Res
1963;11:399-417.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

Of = Literal["all", "yes", "no", "left", "limit"]
Branch = Literal["above 1", "below 1"]
Side = Literal["at least", "at most"]
# What a question rests on, by role: patients, p, with, without, events 0, events 1.
Claims = dict[str, str]

# The end, in days: later than anybody lives. In JSON there is no infinity.
END = 1e9
# More of a curve than this is counted as this: a term of -log(1 - 1) has no end. No printed
# survival is below exp(-5), so that a curve that is asked to be higher is still refused.
MOST_OF_A_CURVE = 5.0
# A proof says below 0; sums of some hundred terms are wrong by far less than this.
BELOW_ZERO = -1e-6


class Data(BaseModel):
    """Plain data that cannot be changed, and holds nothing but what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(Data):
    """What a printed number says of a curve: between which survivals it is on a day.

    Attributes
    ----------
    of
        Of all patients, of those with the factor (yes), of the others (no), of leaving (left); or
        the upper limit of the confidence interval of all (limit), which is to be at most `high`.
    claim
        Id of the printed number.
    before
        The survival is that after all days that are earlier than this, in days. A median that is
        not reached says something of the `END`.
    low, high
        The survival is from low to high.
    """

    of: Of
    claim: str
    before: float
    low: float
    high: float


class Day(Data):
    """A day with events, of all patients: how many are at risk, have the event, and leave after.

    `leaving` counts those who leave without the event from this day until the next with events.
    """

    day: int
    at_risk: int
    events: int
    leaving: int


class Question(Data):
    """What is printed of one factor and endpoint, and what is taken for granted beside it.

    Attributes
    ----------
    factor, endpoint
        As the ledger calls them.
    patients
        How many.
    sizes
        Fewest and most with the factor.
    events
        Fewest and most of all patients.
    z
        Least and greatest size of the log-rank statistic's root.
    points
        Of the curves, in the order of time.
    most_a_day, most_tied
        Taken for granted, as no article prints it: so many events on one day at the most, and
        so many in all that share a day with an earlier one.
    days
        Where the days of all patients are given, and only who has the factor is not; empty where
        the days may be any.
    asked
        Something is asked of all days that are earlier than this.
    """

    factor: str
    endpoint: str
    patients: int
    sizes: tuple[int, int]
    events: tuple[int, int]
    z: tuple[float, float]
    points: tuple[Point, ...]
    most_a_day: int
    most_tied: int
    days: tuple[Day, ...] = ()
    asked: float = END

    def of_others(self) -> Question:
        """Give the same question of those without the factor."""
        swap: Mapping[str, Of] = {"yes": "no", "no": "yes"}
        return self.model_copy(
            update={
                "sizes": (self.patients - self.sizes[1], self.patients - self.sizes[0]),
                "points": tuple(
                    point.model_copy(update={"of": swap.get(point.of, point.of)})
                    for point in self.points
                ),
            }
        )

    def times(self) -> list[float]:
        """Give the days of the points, each once, in order: they part the time into phases."""
        return sorted({*(point.before for point in self.points), self.asked})

    def phases(self) -> int:
        """Give how many stretches of time the points make; nothing follows the end."""
        times = self.times()
        return len(times) + (times[-1] != END)


class Part(Data):
    """The proof for one stretch of variances: weights of rows, by their names.

    With variances from `variance[0]` to `variance[1]` no path keeps to the rows.
    """

    variance: tuple[float, float]
    weights: dict[str, float]


class Bound(Data):
    """A proved limit of the hazard ratio on one side of 1, and its proof.

    Attributes
    ----------
    branch
        Which sign the log-rank excess has: a two-sided p value hides it.
    side
        Whether the ratio is at least, or at most, what is given.
    ratio
        Rounded away from what is proved. Of the branch below 1 it is that of the others, one over
        which bounds the ratio itself from the other side.
    parts
        Together they hold every variance that there can be.
    """

    branch: Branch
    side: Side
    ratio: float
    parts: tuple[Part, ...]


class CurveBound(Data):
    """A proved limit of what a curve of all patients is at a month, and its proof.

    Attributes
    ----------
    what
        Survival after the month, per cent; events until then, that day included; or patients at
        risk just before it.
    side
        Whether it is at least, or at most, what is given.
    value
        Rounded away from what is proved.
    weights
        Of rows, with which no path keeps to them and has the next value beyond.
    """

    what: Literal["survival", "events", "at risk"]
    month: float
    side: Side
    value: float
    weights: dict[str, float]


class CurveProved(Data):
    """A question, in which nobody has a factor, and what is proved of its curve."""

    question: Question
    bound: CurveBound
    claims: Claims


class Proved(Data):
    """A question and what is proved of it; a branch and side without a bound has none."""

    question: Question
    bounds: tuple[Bound, ...]
    claims: Claims
