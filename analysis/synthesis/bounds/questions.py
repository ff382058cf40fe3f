"""Questions about hazard ratios, from what a ledger prints of factors and endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.study.keys import Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis.bounds.form import END, Claims, Day, Point, Question
from analysis.synthesis.kernels import Ints
from analysis.synthesis.targets import MissingClaim, Printed, Targets

# Taken for granted where days are not known: days of death and of progression are known to the day,
# so that few patients share one.
MOST_A_DAY, MOST_TIED = 3, 10
_INSIDE = 1e-9
# No p value that can be written down is that of a greater z.
_GREATEST = 40.0


@dataclass(frozen=True)
class Counted:
    """Where the ledger counts what a question is about.

    Attributes
    ----------
    groups
        By factor, the key (analysis, variable, level) of the number of patients who have it.
    without
        By factor, the key of the number of those who have it not. A factor that is counted nowhere
        may have any size.
    events
        By endpoint, the keys of counts of patients: one of these ends it.
    compared
        The endpoints on which factors are compared.
    follow_up
        By endpoint, the variable of the median of leaving without the event (reverse
        Kaplan-Meier), where one is printed.
    """

    groups: Mapping[str, tuple[str, str, str]]
    without: Mapping[str, tuple[str, str, str]]
    events: Mapping[str, Sequence[tuple[str, str, str]]]
    compared: tuple[str, ...]
    follow_up: Mapping[str, str]


def question(
    targets: Targets,
    counted: Counted,
    factor: str,
    endpoint: str,
    curves: tuple[Ints, Ints] | None = None,
) -> tuple[Question, Claims]:
    """Give the question about a factor and an endpoint, and the claims that it rests on.

    What the ledger does not print makes the question wider.

    Parameters
    ----------
    curves
        Days and events (1) of all patients of a cohort, where days are given.

    Raises
    ------
    MissingClaim
        When no p value is printed.
    """
    n = targets.n
    p = targets.printed("prognosis", endpoint, "p_value", "", factor)
    claims = {"patients": _id(targets, "characteristics", "patients", "count"), "p": p.claim}
    sizes = (1, n - 1)
    for role, keys in (("with", counted.groups), ("without", counted.without)):
        size = _count(targets, keys[factor]) if factor in keys else None
        if size is not None:
            claims[role] = size.claim
            with_it = int(size.value) if role == "with" else n - int(size.value)
            sizes = (with_it, with_it)
    events = _events(targets, counted, endpoint, claims)
    points = _of_groups(targets, factor, endpoint)
    days: tuple[Day, ...] = ()
    most_a_day, most_tied = MOST_A_DAY, MOST_TIED
    if curves is None:
        points += _of_all(targets, endpoint, counted.follow_up.get(endpoint, ""))
    else:
        days = on_days(*curves)
        most_a_day = max(day.events for day in days)
        most_tied = sum(day.events - 1 for day in days)
        total = sum(day.events for day in days)
        events = (total, total)
    return (
        Question(
            factor=factor,
            endpoint=endpoint,
            patients=n,
            sizes=sizes,
            events=events,
            z=_z(p),
            points=tuple(sorted(points, key=lambda point: point.before)),
            most_a_day=most_a_day,
            most_tied=most_tied,
            days=days,
        ),
        claims,
    )


def of_curve(
    targets: Targets, counted: Counted, endpoint: str, before: float
) -> tuple[Question, Claims]:
    """Give the question about the curve of all patients before a day, and its claims."""
    n = targets.n
    claims = {"patients": _id(targets, "characteristics", "patients", "count")}
    events = _events(targets, counted, endpoint, claims)
    points = _of_all(targets, endpoint, counted.follow_up.get(endpoint, ""))
    return (
        Question(
            factor="",
            endpoint=endpoint,
            patients=n,
            sizes=(0, 0),
            events=events,
            z=(0.0, _GREATEST),
            points=tuple(sorted(points, key=lambda point: point.before)),
            most_a_day=MOST_A_DAY,
            most_tied=MOST_TIED,
            asked=before,
        ),
        claims,
    )


def _events(targets: Targets, counted: Counted, endpoint: str, claims: Claims) -> tuple[int, int]:
    """Give the fewest and the most events, and put the claims that say so among the others."""
    counts = [_count(targets, key) for key in counted.events[endpoint]]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return 1, targets.n
    claims |= {f"events {place}": count.claim for place, count in enumerate(known)}
    values = [int(count.value) for count in known]
    return max(values), min(targets.n, sum(values))


def on_days(times: Ints, events: Ints) -> tuple[Day, ...]:
    """Give the days with events, and everybody on them."""
    happened = events == 1
    days = np.unique(times[happened])
    ends = [*days[1:], np.iinfo(np.int64).max]
    return tuple(
        Day(
            day=int(day),
            at_risk=int((times >= day).sum()),
            events=int((happened & (times == day)).sum()),
            leaving=int((~happened & (times >= day) & (times < end)).sum()),
        )
        for day, end in zip(days, ends, strict=True)
    )


def _z(p: Printed) -> tuple[float, float]:
    low = float(stats.norm.isf(p.high / 2)) - _INSIDE if p.high < 1 else 0.0
    high = float(stats.norm.isf(p.low / 2)) + _INSIDE if p.low > 0 else _GREATEST
    return max(0.0, low), high


def _of_groups(targets: Targets, factor: str, endpoint: str) -> list[Point]:
    found: list[Point] = []
    for of in ("yes", "no"):
        try:
            median = targets.printed("prognosis", endpoint, "median", "", factor, of)
        except MissingClaim:
            continue
        found += _median(median, of)
    return found


def _of_all(targets: Targets, endpoint: str, follow_up: str) -> list[Point]:
    ledger = targets.ledger
    own = ledger[(ledger["analysis_id"] == "survival") & (ledger["variable"] == endpoint)]
    own = own[own["group"].fillna("") == ""]
    found: list[Point] = []
    for month in dict.fromkeys(own.loc[own["statistic"] == Statistic.RATE, "variable_level"]):
        rate = targets.printed("survival", endpoint, "rate", month)
        found.append(
            Point(
                of="all",
                claim=rate.claim,
                # The day itself belongs to it.
                before=float(np.nextafter(float(month) * DAYS_PER_MONTH, np.inf)),
                low=max(0.0, rate.low / 100),
                high=min(1.0, rate.high / 100),
            )
        )
    for variable, of, statistic in (
        (endpoint, "all", "median"),
        (follow_up, "left", "median"),
        (endpoint, "limit", "median_upper"),
    ):
        try:
            printed = targets.printed("survival", variable, statistic)
        except MissingClaim:
            continue
        if of != "limit":
            found += _median(printed, of)
        elif printed.is_reached:
            first, last = printed.days()
            # The day of the limit lies between other points only when no other is as late as it.
            if all(point.before <= first or point.before >= last for point in found):
                middle = (first + last) / 2
                found.append(
                    Point(of="limit", claim=printed.claim, before=middle, low=0.0, high=0.5)
                )
    return found


def _median(printed: Printed, of: str) -> list[Point]:
    """Say of a median that survival is at least one half until its days, at most after them.

    So it is after R's rule, which takes the middle where the curve rests on one half, and after the
    rule that takes the first day at one half or below.
    """
    if not printed.is_reached:
        return [Point(of=of, claim=printed.claim, before=END, low=0.5, high=1.0)]
    first, last = printed.days()
    return [
        Point(of=of, claim=printed.claim, before=first, low=0.5, high=1.0),
        Point(of=of, claim=printed.claim, before=last, low=0.0, high=0.5),
    ]


def _count(targets: Targets, key: tuple[str, str, str]) -> Printed | None:
    analysis, variable, level = key
    try:
        return targets.printed(analysis, variable, "count", level)
    except MissingClaim:
        return None


def _id(targets: Targets, analysis: str, variable: str, statistic: str) -> str:
    return targets.printed(analysis, variable, statistic).claim
