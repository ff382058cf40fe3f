"""See for oneself that a proof of a bound holds; shares nothing with the finder but its form.

Whatever a proof rests on is read again from the ledger's printed strings, and no part of it may be
narrower. The rows are written down again, and the greatest weighted sum of any path is computed
again, for all stretches of the variance at once, by whole arrays where the finder goes from number
to number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from analysis.synthesis.bounds.form import (
    BELOW_ZERO,
    END,
    MOST_OF_A_CURVE,
    Bound,
    CurveProved,
    Day,
    Point,
    Proved,
    Question,
)

Floats = NDArray[np.float64]
# A ledger, as its rows by the id of the claim; every field is the text that stands there.
Ledger = Mapping[str, Mapping[str, str]]

_MONTH = 30.4375
_Z_95 = NormalDist().inv_cdf(0.975)
# What two ways of computing the same bound of a printed number may differ by.
_SAME = 1e-6
# Weights that are larger could hide how sums are rounded.
_HEAVIEST = 1e7
_CURVES = {
    "all": 0,
    "yes": 1,
    "no": 2,
    "left": 3,
    "left at least": 4,
    "greenwood": 5,
    "died": 6,
    "gone": 7,
}
_SUMS = {"score": 0, "excess": 1, "variance": 2, "events": 3, "tied": 4}


class Rejected(ValueError):
    """A proof does not hold; says where."""


def check(proved: Proved, ledger: Ledger, days: Sequence[Day] = ()) -> None:
    """See that every bound is proved, from a ledger and, if they are given, from days.

    Parameters
    ----------
    days
        Of the cohort that a question with days is about.

    Raises
    ------
    Rejected
        At the first thing that is not as computed.
    """
    question = proved.question
    _check_premises(question, proved.claims, ledger)
    if question.days and list(question.days) != list(days):
        raise Rejected("the days are not those of the cohort")
    for bound in proved.bounds:
        asked = question if bound.branch == "above 1" else question.of_others()
        _check_bound(asked, bound)


def check_curve(proved: CurveProved, ledger: Ledger) -> None:
    """See that a limit of a curve is proved, from a ledger.

    Raises
    ------
    Rejected
        At the first thing that is not as computed.
    """
    question, bound = proved.question, proved.bound
    n = int(_claim(proved.claims, ledger, "patients", variable="patients")["printed"])
    if question.patients != n or question.sizes != (0, 0) or question.days:
        raise Rejected("patients: another number is printed")
    _check_events(question, proved.claims, ledger)
    for point in question.points:
        if point.of in ("yes", "no"):
            raise Rejected(f"{point.claim}: of a group")
        _check_point(question, point, ledger)
    day = bound.month * _MONTH
    until = question.asked - day
    if not (until == 0 if bound.what == "at risk" else 0 < until < _SAME):
        raise Rejected("another day is asked for")
    phase = question.times().index(question.asked)
    sign = 1.0 if bound.side == "at least" else -1.0
    value = bound.value
    if bound.what == "survival":
        least = -math.log(value / 100) if value > 0 else math.inf
        asked: _Row = ({}, {("all", phase): sign}, -sign * min(least, MOST_OF_A_CURVE))
    elif bound.what == "events":
        asked = ({}, {("died", phase): -sign}, sign * value - 1)
    else:
        both = {("died", phase): sign, ("gone", phase): sign}
        asked = ({}, both, sign * (value - n) - 1)
    if bound.what != "survival" and value != int(value):
        raise Rejected("a number of patients is not whole")
    sums, curves, constants = _weighed(
        question,
        [bound.weights],
        lambda place, name: asked if name == "asked" else _printed_row(question, name),
    )
    if not np.all(_greatest(question, 0.0, sums, curves) + constants < BELOW_ZERO):
        raise Rejected(f"{bound.what}, {bound.side} {bound.value}: a path keeps to all rows")


# What a proof rests on -------------------------------------------------------------------------


def _claim(claims: Mapping[str, str], ledger: Ledger, role: str, **keys: str) -> Mapping[str, str]:
    """Give the claim of a role, which must have these keys."""
    claim = ledger.get(claims.get(role, ""))
    if claim is None:
        raise Rejected(f"{role}: no such claim")
    for name, value in keys.items():
        if claim[name] != value:
            raise Rejected(f"{role}: the claim is of another {name}")
    return claim


def _check_events(question: Question, claims: Mapping[str, str], ledger: Ledger) -> None:
    """See that there can be as many events as the counts say: one of them ends the endpoint."""
    roles = sorted(role for role in claims if role.startswith("events "))
    counts = [
        int(_claim(claims, ledger, role, analysis_id="survival", statistic="count")["printed"])
        for role in roles
    ]
    n = question.patients
    events = (max(counts), min(n, sum(counts))) if counts else (1, n)
    if not (question.events[0] <= events[0] and question.events[1] >= events[1]):
        raise Rejected("events: narrower than printed")


def _check_premises(question: Question, claims: Mapping[str, str], ledger: Ledger) -> None:
    """See that nothing is taken to be narrower than it is printed."""

    def row(role: str, **keys: str) -> Mapping[str, str]:
        return _claim(claims, ledger, role, **keys)

    n = int(row("patients", variable="patients", statistic="count")["printed"])
    if question.patients != n:
        raise Rejected("patients: another number is printed")
    p = row(
        "p",
        analysis_id="prognosis",
        group=question.factor,
        variable=question.endpoint,
        statistic="p_value",
    )
    low, high = _interval(p)
    # p falls as z rises.
    if not (_tail(question.z[0]) >= min(high, 1.0) - _SAME * 1e-3):
        raise Rejected("p: z is taken from too far up")
    if not (_tail(question.z[1]) <= low + _SAME * 1e-3):
        raise Rejected("p: z is taken to too far down")
    sizes = (1, n - 1)
    if "with" in claims:
        size = int(row("with", statistic="count")["printed"])
        sizes = (size, size)
    if "without" in claims:
        size = n - int(row("without", statistic="count")["printed"])
        sizes = (size, size)
    if not (question.sizes[0] <= sizes[0] and question.sizes[1] >= sizes[1]):
        raise Rejected("sizes: narrower than printed")
    for point in question.points:
        _check_point(question, point, ledger)
    if question.days:
        _check_days(question)
    else:
        _check_events(question, claims, ledger)


def _check_days(question: Question) -> None:
    days = question.days
    if any(a.day >= b.day for a, b in pairwise(days)) or min(day.events for day in days) < 1:
        raise Rejected("days: not in order, or without events")
    for day, after in pairwise(days):
        if after.at_risk != day.at_risk - day.events - day.leaving:
            raise Rejected("days: patients are lost or gained")
    total = sum(day.events for day in days)
    most = max(day.events for day in days)
    if (
        not question.events[0] <= total <= question.events[1]
        or question.most_a_day < most
        or question.most_tied < total - len(days)
        or days[0].at_risk > question.patients
    ):
        raise Rejected("days: narrower than they are")


def _check_point(question: Question, point: Point, ledger: Ledger) -> None:
    """See that a point follows from its claim."""
    claim = ledger.get(point.claim)
    if claim is None:
        raise Rejected(f"{point.of}: no such claim")
    groups = {"yes": (question.factor, "yes"), "no": (question.factor, "no")}
    group = groups.get(point.of, ("", ""))
    if (claim["group"], claim["group_level"]) != group:
        raise Rejected(f"{point.claim}: of another group")
    if (claim["variable"] != question.endpoint) != (point.of == "left"):
        raise Rejected(f"{point.claim}: of another endpoint")
    statistic = claim["statistic"]
    if statistic == "rate" and point.of == "all":
        low, high = (end / 100 for end in _interval(claim))
        day = float(claim["variable_level"]) * _MONTH
        if not (day < point.before <= day + _SAME and point.low <= max(low, 0.0) + 1e-12):
            raise Rejected(f"{point.claim}: another day, or narrower than printed")
        if point.high < min(high, 1.0) - 1e-12:
            raise Rejected(f"{point.claim}: narrower than printed")
        return
    if claim["comparator"] == "not reached":
        if (point.before, point.low) != (END, 0.5) or point.high < 1:
            raise Rejected(f"{point.claim}: more than a median that is not reached")
        return
    first, last = (end * _MONTH for end in _interval(claim))
    if statistic == "median_upper" and point.of == "limit":
        inside = first < point.before < last
        alone = all(
            other.before <= first + _SAME or other.before >= last - _SAME
            for other in question.points
            if other is not point
        )
        if not (inside and alone and point.high >= 0.5 and point.low <= 0):
            raise Rejected(f"{point.claim}: another day, or narrower than printed")
        return
    if statistic != "median" or point.of == "limit":
        raise Rejected(f"{point.claim}: says nothing of this")
    # At least one half before its days; at most one half after them.
    before = point.high >= 1 and point.low <= 0.5 and point.before <= first + _SAME
    after = point.low <= 0 and point.high >= 0.5 and point.before >= last - _SAME
    if not (before or after):
        raise Rejected(f"{point.claim}: another day, or narrower than printed")


def _interval(claim: Mapping[str, str]) -> tuple[float, float]:
    """Give the least and the greatest number that rounds, half up, to what is printed."""
    printed = Decimal(claim["printed"].strip("<> %"))
    half = Decimal(5).scaleb(-int(claim["decimals"]) - 1)
    sign = claim["comparator"]
    if sign == "<":
        return 0.0, float(printed)
    if sign != "=":
        raise Rejected(f"{claim['claim_id']}: printed with {sign}")
    return float(printed - half), float(printed + half)


def _tail(z: float) -> float:
    """Give the two-sided p value of a normal z."""
    return math.erfc(z / math.sqrt(2))


# The proof ---------------------------------------------------------------------------------------


def _check_bound(question: Question, bound: Bound) -> None:
    least, most = (question.patients - 1) / question.patients**2, question.events[1] / 4
    stretches = sorted(part.variance for part in bound.parts)
    if not stretches or stretches[0][0] > least or stretches[-1][1] < most:
        raise Rejected("a variance is left out")
    if any(after[0] > before[1] for before, after in pairwise(stretches)):
        raise Rejected("a variance is left out")
    weights = [part.weights for part in bound.parts]
    sums, curves, constants = _weighed(
        question,
        weights,
        lambda place, name: _row(question, bound, bound.parts[place].variance, name),
    )
    greatest = (
        _greatest_on_days(question, math.log(bound.ratio), sums, curves)
        if question.days
        else _greatest(question, math.log(bound.ratio), sums, curves)
    )
    if not np.all(greatest + constants < BELOW_ZERO):
        raise Rejected(f"{bound.branch}, {bound.side} {bound.ratio}: a path keeps to all rows")


_Row = tuple[dict[str, float], dict[tuple[str, int], float], float]


def _weighed(
    question: Question,
    weights: Sequence[Mapping[str, float]],
    row_of: Callable[[int, str], _Row],
) -> tuple[Floats, Floats, Floats]:
    """Give the weights of sums, of curves by phase, and the constants, of each part."""
    # Nothing happens after the end.
    phases = len(question.times()) + (END not in question.times())
    sums = np.zeros((len(weights), len(_SUMS)))
    curves = np.zeros((len(weights), len(_CURVES), phases))
    constants = np.zeros(len(weights))
    for place, own in enumerate(weights):
        if not all(0 <= weight < math.inf for weight in own.values()):
            raise Rejected("a weight is below 0")
        if sum(own.values()) > _HEAVIEST:
            raise Rejected("weights are too large to be sure of the sum")
        for name, weight in own.items():
            of_sums, of_curves, constant = row_of(place, name)
            constants[place] += weight * constant
            for sum_name, share in of_sums.items():
                sums[place, _SUMS[sum_name]] += weight * share
            for (curve, phase), share in of_curves.items():
                curves[place, _CURVES[curve], : phase + 1] += weight * share
    return sums, curves, constants


def _row(question: Question, bound: Bound, variance: tuple[float, float], name: str) -> _Row:
    """Give a row by its name: weights of sums, of curves up to a phase, and a constant."""
    low, high = variance
    least, greatest = question.z
    kind, _, rest = name.partition(" ")
    if name == "score":
        return {"score": -1.0 if bound.side == "at least" else 1.0}, {}, 0.0
    if kind == "tangent":
        # (sqrt(v) - sqrt(t))^2 >= 0, so that sqrt(v) <= (v + t) / (2 sqrt(t)).
        touch = float(rest)
        if not 0 < touch < math.inf:
            raise Rejected("a tangent touches nothing")
        root = math.sqrt(touch)
        return {"excess": -1.0, "variance": greatest / (2 * root)}, {}, greatest * root / 2
    if name == "chord":
        if not 0 <= low < high:
            raise Rejected("a stretch of variances ends before it begins")
        slope = 1 / (math.sqrt(high) + math.sqrt(low))
        return (
            {"excess": 1.0, "variance": -least * slope},
            {},
            -least * (math.sqrt(low) - slope * low),
        )
    simple: dict[str, _Row] = {
        "variance from": ({"variance": 1.0}, {}, -low),
        "variance to": ({"variance": -1.0}, {}, high),
    }
    return simple[name] if name in simple else _printed_row(question, name)


def _printed_row(question: Question, name: str) -> _Row:
    """Give a row of what is printed of events and curves, by its name."""
    kind, _, rest = name.partition(" ")
    simple: dict[str, _Row] = {
        "events from": ({"events": 1.0}, {}, -float(question.events[0])),
        "events to": ({"events": -1.0}, {}, float(question.events[1])),
        "tied": ({"tied": -1.0}, {}, float(question.most_tied)),
    }
    if name in simple:
        return simple[name]
    place, _, end = rest.partition(" ")
    if kind != "point" or not place.isdigit() or int(place) >= len(question.points):
        raise Rejected(f"no row is called {name}")
    point = question.points[int(place)]
    phase = question.times().index(point.before)
    slack = 1e-9
    if end == "high" and point.high < 1 and point.of != "limit":
        # A path's curve is counted up to `MOST_OF_A_CURVE` only.
        least_curve = MOST_OF_A_CURVE
        if point.high > 0:
            least_curve = min(least_curve, -math.log(point.high))
        return {}, {(point.of, phase): 1.0}, slack - least_curve
    if end == "low" and point.low > 0 and point.of != "limit":
        curve = "left at least" if point.of == "left" else point.of
        return {}, {(curve, phase): -1.0}, -math.log(point.low) + slack
    if end == "limit" and point.of == "limit":
        return _limit(question, point, phase, slack)
    raise Rejected(f"no row is called {name}")


def _limit(question: Question, point: Point, phase: int, slack: float) -> _Row:
    """Give the chord over Greenwood's sum where the upper limit of survival is one half."""
    later = [
        -math.log(other.low)
        for other in question.points
        if other.of == "all" and other.before >= point.before and other.low > 0
    ]
    most = min(later, default=0.0) + slack
    log_2 = math.log(2)
    if most <= log_2:
        raise Rejected(f"{point.claim}: no later survival is printed")
    slope = (most * math.log(most / log_2) / _Z_95) ** 2 / (most - log_2)
    return {}, {("all", phase): slope, ("greenwood", phase): -1.0}, -slope * log_2 + slack


def _terms(a: Floats, c: Floats, own: int, others: int, log_ratio: float) -> list[Floats]:
    """Give the terms of the sums for a day with events, in the order of `_SUMS`."""
    d, n = own + others, a + c
    expected = np.zeros_like(a)
    for gone in range(d):
        # Efron: each of those who have the event is still at risk by a share.
        left_a, left_c = a - gone * own / d, c - gone * others / d
        expected += left_a * math.exp(log_ratio) / (left_a * math.exp(log_ratio) + left_c)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, d * a * c * (n - d) / (n**2 * np.maximum(n - 1, 1)), 0.0)
    return [
        own - expected,
        own - d * a / n,
        variance,
        np.full_like(a, d),
        np.full_like(a, d - 1),
    ]


def _curve(at_risk: Floats, gone: int) -> Floats:
    """Give -log of the share that is left, at most `MOST_OF_A_CURVE`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.log(at_risk) - np.log(at_risk - gone)
    return np.minimum(np.where(at_risk > gone, share, MOST_OF_A_CURVE), MOST_OF_A_CURVE)


def _kinds(most_a_day: int) -> list[tuple[int, int]]:
    return [(own, d - own) for d in range(1, most_a_day + 1) for own in range(d + 1)]


def _day(
    a: Floats, n: int, own: int, others: int, log_ratio: float, sums: Floats, curves: Floats
) -> Floats:
    """Give the weighted terms of a day; shape (len(a), parts, phases)."""
    terms = np.array(_terms(a, n - a, own, others, log_ratio))
    d = own + others
    everybody = float(_curve(np.array([float(n)]), d)[0])
    greenwood = MOST_OF_A_CURVE if n == d else min(MOST_OF_A_CURVE, d / (n * (n - d)))
    by_phase = everybody * curves[:, _CURVES["all"]] + greenwood * curves[:, _CURVES["greenwood"]]
    by_phase = by_phase + d * curves[:, _CURVES["died"]]
    found = np.einsum("sa,ps->ap", terms, sums)[:, :, None] + by_phase[None]
    if own:
        found = found + _curve(a, own)[:, None, None] * curves[None, :, _CURVES["yes"]]
    if others:
        found = found + _curve(n - a, others)[:, None, None] * curves[None, :, _CURVES["no"]]
    return found


def _greatest(question: Question, log_ratio: float, sums: Floats, curves: Floats) -> Floats:
    """Give the greatest weighted sum of any path, a number a part of the proof."""
    n_all, (fewest, most) = question.patients, question.sizes
    with_it, without = most, n_all - fewest
    parts, phases = curves.shape[0], curves.shape[2]
    kinds = _kinds(question.most_a_day)
    best = np.full((n_all + 1, with_it + 1, parts, phases), -np.inf)
    for n in range(n_all + 1):
        first, last = max(0, n - without), min(n, with_it)
        value = np.full((last - first + 1, parts, phases), -np.inf)
        if n == 0:
            value[:, :, -1] = 0.0
        else:
            leaves = -math.log1p(-1 / n) if n > 1 else MOST_OF_A_CURVE
            later = -math.log1p(-1 / (n + question.most_a_day))
            leaving = leaves * curves[:, _CURVES["left"]]
            leaving = leaving + later * curves[:, _CURVES["left at least"]]
            leaving = leaving + curves[:, _CURVES["gone"]]
            sizes = np.arange(first, last + 1)
            for own, others, terms in [
                (1, 0, leaving[None]),
                (0, 1, leaving[None]),
                *((own, others, None) for own, others in kinds),
            ]:
                able = (sizes >= own) & (n - sizes >= others)
                if not able.any():
                    continue
                a = sizes[able]
                here = (
                    terms
                    if terms is not None
                    else _day(a.astype(float), n, own, others, log_ratio, sums, curves)
                )
                reached = best[n - own - others, a - own] + here
                value[able] = np.maximum(value[able], reached)
        # The next phase may begin at any time.
        value = np.maximum.accumulate(value[:, :, ::-1], axis=2)[:, :, ::-1]
        best[n, first : last + 1] = value
    return best[n_all, fewest : most + 1, :, 0].max(axis=0)


def _greatest_on_days(question: Question, log_ratio: float, sums: Floats, curves: Floats) -> Floats:
    """Give what `_greatest` does, where the days of all patients are given."""
    n_all, (fewest, most) = question.patients, question.sizes
    times = question.times()
    best = np.zeros((most + 1, curves.shape[0]))
    for day in reversed(question.days):
        phase = sum(time <= day.day for time in times)
        here = curves[:, :, phase : phase + 1]
        n, d = day.at_risk, day.events
        value = np.full_like(best, -np.inf)
        sizes = np.arange(max(0, n - (n_all - fewest)), min(n, most) + 1)
        for own in range(d + 1):
            able = sizes[(sizes >= own) & (n - sizes >= d - own)]
            if not len(able):
                continue
            terms = _day(able.astype(float), n, own, d - own, log_ratio, sums, here)[:, :, 0]
            for gone in range(day.leaving + 1):
                fits = (able - own >= gone) & (n - able - d + own >= day.leaving - gone)
                a = able[fits]
                value[a] = np.maximum(value[a], terms[fits] + best[a - own - gone])
        best = value
    early = n_all - question.days[0].at_risk
    first = np.arange(max(0, fewest - early), min(most, question.days[0].at_risk) + 1)
    return best[first].max(axis=0)
