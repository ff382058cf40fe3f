"""Compiled kernels: Kaplan-Meier, log-rank and the annealing steps that use them.

Times are whole days from the first treatment. Every kernel follows the conventions of R's
`survival`: events before censorings on the same day, log-log (Greenwood) confidence intervals,
and a median halfway to the next event when the curve rests exactly on one half.

What a cohort's records, curves and factors are, the kernels are told (`Gaps`, `Curves`,
`Factors`); `analysis.synthesis.curves` makes these from a declaration.

They stand in one module because numba's cache on disk notices a change of the file that a kernel
is in, and not of another file from which it calls one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Z_95 = 1.959963984540054
_TIE = 1e-9


def _jit(function: Any) -> Any:
    # Without the lock, so that threads can run attempts side by side.
    return numba.njit(cache=True, nogil=True)(function)


def _part(function: Any) -> Any:
    # A function call that hands over a named tuple costs more than these do.
    return numba.njit(forceinline=True)(function)


# What the kernels are told ---------------------------------------------------------------------

# What a printed number says of a curve: the survival, or a confidence limit of it, on a day.
SURVIVAL, LOWER, UPPER = 0.0, 1.0, 2.0
EVENT, CENSORED = 0, 1
# In place of a record: the first treatment, day 0.
FIRST_TREATMENT = -1
# Rows of what is asked of a factor on one endpoint, each a low and a high: the median, in days,
# with the factor and without; the size of the log-rank z.
WITH, WITHOUT, Z = 0, 1, 2


class Gaps(NamedTuple):
    """How many days may lie between two records of a patient.

    Attributes
    ----------
    later, earlier
        Columns of the two records, one entry a gap; the earlier may be `FIRST_TREATMENT`.
    least, most
        Shape (patients, gaps). What a patient lacks a record for is bounded by nothing.
    visits
        Columns of records that fall on working days.
    """

    later: Ints
    earlier: Ints
    least: Ints
    most: Ints
    visits: Ints


class Curves(NamedTuple):
    """Kaplan-Meier curves, and what is printed of them.

    Attributes
    ----------
    record
        Shape (curves, patients): the column of the record at which the patient leaves the curve.
    ends
        Likewise: whether with an `EVENT` or `CENSORED`.
    checks, anchors
        What is asked of each curve; see `curve_cost`.
    days
        How many days are counted, for every record and every printed number.
    """

    record: Ints
    ends: Ints
    checks: tuple[Floats, ...]
    anchors: tuple[Ints, ...]
    days: int


class Factors(NamedTuple):
    """Yes/no factors whose labels are found together with the days; there may be none.

    Attributes
    ----------
    labels, free
        Shape (factors, patients): 0 or 1, and whether it may change.
    endpoints
        Positions of the curves on which the factors are compared.
    bounds
        Shape (factors, endpoints, 3, 2): see `factor_cost`.
    """

    labels: Ints
    free: Ints
    endpoints: Ints
    bounds: Floats


class Endpoints(NamedTuple):
    """Endpoints on which groups are compared: days and events (1), shape (endpoints, patients)."""

    times: Ints
    events: Ints


class Schedule(NamedTuple):
    """How annealing cools: geometrically, from the hottest temperature to the coldest."""

    steps: int
    hottest: float
    coldest: float


@_jit
def _cooling(schedule: Schedule) -> float:
    return (schedule.coldest / schedule.hottest) ** (1.0 / max(schedule.steps, 1))


@_part
def _outside(value: float, low: float, high: float) -> float:
    if value < low:
        return low - value
    if value >= high:
        return value - high + 1e-6
    return 0.0


# A curve ---------------------------------------------------------------------------------------


@_jit
def _limit(survival: float, greenwood: float, sign: float) -> float:
    """Give a log-log 95 % confidence limit of a survival (Kalbfleisch and Prentice 1980)."""
    if survival >= 1.0 or survival <= 0.0:
        return survival
    log_survival = math.log(survival)
    spread = Z_95 * math.sqrt(greenwood) / log_survival
    return math.exp(log_survival * math.exp(sign * spread))


@_jit
def curve_cost(events: Ints, censored: Ints, patients: int, checks: Floats, anchors: Ints) -> float:
    """Give how far one Kaplan-Meier curve is from what was printed of it; 0 is exact.

    `events[t]` and `censored[t]` count patients whose time is day t. `checks` has rows of day
    (ascending), curve (`SURVIVAL`, `LOWER` or `UPPER`), low and high: low <= value < high is
    asked. `anchors` has rows of first and last day between which an event is asked.
    """
    cost = 0.0
    at_risk = patients
    surviving = 1.0
    greenwood = 0.0
    t = 0
    for k in range(checks.shape[0]):
        while t <= checks[k, 0]:
            d = events[t]
            if d > 0:
                surviving *= 1.0 - d / at_risk
                if d < at_risk:
                    greenwood += d / (at_risk * (at_risk - d))
            at_risk -= d + censored[t]
            t += 1
        value = surviving
        if checks[k, 1] == LOWER:
            value = _limit(surviving, greenwood, -1.0)
        elif checks[k, 1] == UPPER:
            value = _limit(surviving, greenwood, 1.0)
        cost += 500.0 * _outside(value, checks[k, 2], checks[k, 3])
    for k in range(anchors.shape[0]):
        cost += _anchor_cost(events, anchors[k, 0], anchors[k, 1])
    return cost


@_jit
def _anchor_cost(events: Ints, low: int, high: int) -> float:
    """Give nothing when there is an event from day low to high, or how far away the next is."""
    for day in range(low, high + 1):
        if events[day] > 0:
            return 0.0
    away = 1
    while away < 12 and events[low - away] == 0 and events[high + away] == 0:
        away += 1
    return 1.0 + 0.25 * away


@_jit
def count_days(days: Ints, curves: Curves) -> Ints:
    """Give numbers of patients by curve, event or censored, and day."""
    counts = np.zeros((curves.record.shape[0], 2, curves.days), dtype=np.int64)
    for c in range(counts.shape[0]):
        for i in range(days.shape[0]):
            counts[c, curves.ends[c, i], days[i, curves.record[c, i]]] += 1
    return counts


# Two groups --------------------------------------------------------------------------------------


class EventDays(NamedTuple):
    """The days with events of some endpoints, and everybody on them, whatever their group.

    Attributes
    ----------
    size
        How many such days each endpoint has; the rest of its row is not used.
    days, at_risk, dead
        Shape (endpoints, days): days with events; those at risk and dying on them.
    share
        Of those at risk, those who die; times a group's number it is its expected deaths.
    weight
        That of the product of both groups' numbers in the variance of log-rank (Mantel 1966).
    """

    size: Ints
    days: Ints
    at_risk: Ints
    dead: Ints
    share: Floats
    weight: Floats


class Group(NamedTuple):
    """Those of one group by endpoint and event day.

    `leaving` are those whose last event day at risk it is, `dead` those who die on it.
    """

    leaving: Ints
    dead: Ints


@_part
def _no_event_days(endpoints: int, size: int) -> EventDays:
    return EventDays(
        np.zeros(endpoints, dtype=np.int64),
        np.zeros((endpoints, size), dtype=np.int64),
        np.zeros((endpoints, size), dtype=np.int64),
        np.zeros((endpoints, size), dtype=np.int64),
        np.zeros((endpoints, size)),
        np.zeros((endpoints, size)),
    )


@_part
def _nobody(endpoints: int, size: int) -> Group:
    return Group(
        np.zeros((endpoints, size), dtype=np.int64), np.zeros((endpoints, size), dtype=np.int64)
    )


@_part
def _weigh(everybody: EventDays, e: int) -> None:
    """Set share and weight of an endpoint, from those at risk and dying."""
    for j in range(everybody.size[e]):
        n, d = everybody.at_risk[e, j], everybody.dead[e, j]
        everybody.share[e, j] = d / n
        if n > 1:
            everybody.weight[e, j] = everybody.share[e, j] * (n - d) / (n * (n - 1.0))


class _Half(NamedTuple):
    """How a group's curve passes one half: `rests` while it lies exactly on it.

    `before` and `after` are survival when the days asked for the median begin and when they end.
    """

    survival: float
    median: float
    rests: bool
    before: float
    after: float


@_part
def _step_down(curve: _Half, day: int, dead: int, at_risk: int, low: float, high: float) -> _Half:
    survival = curve.survival * (1.0 - dead / at_risk)
    median, rests = curve.median, curve.rests
    if rests:
        median, rests = (median + day) / 2.0, False
    if median == np.inf and survival <= 0.5 + _TIE:
        median, rests = float(day), survival >= 0.5 - _TIE
    before = survival if day < low else curve.before
    after = survival if day < high else curve.after
    return _Half(survival, median, rests, before, after)


@_part
def _median_cost(curve: _Half, low: float, high: float) -> float:
    """Give how far a median is from its days, by how far the curve is from passing one half."""
    if low <= curve.median < high or (curve.median == np.inf and low == np.inf):
        return 0.0
    # The step keeps a nearly met median from being traded for a better p.
    cost = 0.2 + 5.0 * max(0.0, 0.5 - curve.before)
    if high < np.inf:
        cost += 5.0 * max(0.0, curve.after - 0.5)
        if curve.median < np.inf:
            cost += 0.003 * min(100.0, max(low - curve.median, curve.median - high))
    return cost


@_jit
def factor_cost(everybody: EventDays, having: Group, e: int, asked: Floats) -> float:
    """Give how far one endpoint of one factor is from what was printed; 0 is exact.

    Parameters
    ----------
    having
        Those with the factor.
    e
        Position of the endpoint.
    asked
        Shape (3, 2): low and high of the median `WITH` and `WITHOUT` the factor, in days (both
        infinite when it is not reached), and of the size of the log-rank `Z`. As a p value cannot
        tell better from worse, a search guided by p itself would have to cross p = 1 to get from
        one to the other.
    """
    size = everybody.size[e]
    risk = 0
    for j in range(size):
        risk += having.leaving[e, j]
    observed_minus_expected = 0.0
    variance = 0.0
    first = second = _Half(1.0, np.inf, False, 1.0, 1.0)
    low, high = asked[WITH, 0], asked[WITH, 1]
    other_low, other_high = asked[WITHOUT, 0], asked[WITHOUT, 1]
    for j in range(size):
        day, own = everybody.days[e, j], having.dead[e, j]
        lacking, others = everybody.dead[e, j] - own, everybody.at_risk[e, j] - risk
        observed_minus_expected += own - everybody.share[e, j] * risk
        variance += everybody.weight[e, j] * risk * others
        if own > 0:
            first = _step_down(first, day, own, risk, low, high)
        if lacking > 0:
            second = _step_down(second, day, lacking, others, other_low, other_high)
        risk -= having.leaving[e, j]
    found = 0.0
    if variance > 0.0:
        found = abs(observed_minus_expected) / math.sqrt(variance)
    cost = _median_cost(first, low, high)
    cost += _median_cost(second, other_low, other_high)
    return cost + _outside(found, asked[Z, 0], asked[Z, 1])


@_jit
def factor_cost_by_day(
    order: Ints, times: Ints, events: Ints, labels: Ints, asked: Floats
) -> float:
    """Give what `factor_cost` gives, from days; `order` sorts the patients by time."""
    n = order.size
    everybody, having = _no_event_days(1, n), _nobody(1, n)
    size = 0
    k = 0
    while k < n:
        day = times[order[k]]
        first = k
        d = d1 = gone = 0
        while k < n and times[order[k]] == day:
            i = order[k]
            gone += labels[i]
            d += events[i]
            d1 += events[i] * labels[i]
            k += 1
        if d > 0:
            everybody.days[0, size], everybody.at_risk[0, size] = day, n - first
            everybody.dead[0, size], having.dead[0, size] = d, d1
            size += 1
        # Who leaves before the first event day is never at risk on one.
        if size > 0:
            having.leaving[0, size - 1] += gone
    everybody.size[0] = size
    _weigh(everybody, 0)
    return factor_cost(everybody, having, 0, asked)


# Annealing days ----------------------------------------------------------------------------------


class _Standing(NamedTuple):
    """What follows from days and labels, kept up to date while they change.

    Attributes
    ----------
    counts
        Patients by curve, event or censored, and day.
    times, events, order
        Of the endpoints of factors, shape (endpoints, patients); `order` sorts by time.
    costs
        Of the curves, then of each factor's endpoints.
    """

    counts: Ints
    times: Ints
    events: Ints
    order: Ints
    costs: Floats


class _Trial(NamedTuple):
    """A change on trial: a patient's records before and after it, the costs, which it touches."""

    old: Ints
    new: Ints
    costs: Floats
    touched: Flags


# What came of a change: it may not be, it cost too much, or it was made.
IMPOSSIBLE, REFUSED, MADE = 0, 1, 2
# How often a swap of labels is tried, where there are factors, rather than a move of days.
_SWAPS = 0.3


@_jit
def anneal(
    seed: int, days: Ints, gaps: Gaps, curves: Curves, factors: Factors, schedule: Schedule
) -> tuple[float, int]:
    """Move days of patients, and labels of some factors, until every number is met.

    `days` (patients, records; -1 where there is none) and the labels are changed in place.

    Returns
    -------
    The cost of the state (0 is exact) and the number of changes that were judged.
    """
    np.random.seed(seed)
    now = _stand(days, curves, factors)
    trial = _no_trial(days.shape[1], now.costs)
    cooling = _cooling(schedule)
    temperature = schedule.hottest
    judged = 0
    for _ in range(schedule.steps):
        cost = now.costs.sum()
        if cost <= 0.0:
            return 0.0, judged
        temperature *= cooling
        # The most that the cost may become: the usual rule, drawn beforehand.
        allowed = cost - temperature * math.log(1.0 - np.random.random())
        if factors.labels.shape[0] > 0 and np.random.random() < _SWAPS:
            judged += _try_swap(factors, now, trial, cost, allowed) != IMPOSSIBLE
        else:
            judged += (
                _try_move(days, gaps, curves, factors, now, trial, cost, allowed) != IMPOSSIBLE
            )
    return now.costs.sum(), judged


@_jit
def wander(
    seed: int, days: Ints, gaps: Gaps, curves: Curves, factors: Factors, steps: int
) -> tuple[float, int]:
    """Walk at random among states of the same cost or less, so among exact ones from an exact one.

    A step is a move of a patient's days, or a swap of two labels of a factor; `days` and the
    labels are changed in place.

    Returns
    -------
    The cost of the state (0 when it began at 0) and the number of changes that were made.
    """
    np.random.seed(seed)
    now = _stand(days, curves, factors)
    trial = _no_trial(days.shape[1], now.costs)
    made = 0
    for _ in range(steps):
        cost = now.costs.sum()
        if factors.labels.shape[0] > 0 and np.random.random() < _SWAPS:
            changed = _try_swap(factors, now, trial, cost, cost)
        else:
            changed = _try_move(days, gaps, curves, factors, now, trial, cost, cost)
        made += changed == MADE
    return now.costs.sum(), made


@_part
def _no_trial(records: int, costs: Floats) -> _Trial:
    return _Trial(
        np.zeros(records, dtype=np.int64),
        np.zeros(records, dtype=np.int64),
        costs.copy(),
        np.zeros(costs.size, dtype=np.bool_),
    )


@_jit
def _stand(days: Ints, curves: Curves, factors: Factors) -> _Standing:
    patients, endpoints = days.shape[0], factors.endpoints.size
    known = curves.record.shape[0]
    now = _Standing(
        count_days(days, curves),
        np.zeros((endpoints, patients), dtype=np.int64),
        np.zeros((endpoints, patients), dtype=np.int64),
        np.zeros((endpoints, patients), dtype=np.int64),
        np.zeros(known + endpoints * factors.labels.shape[0]),
    )
    for c in range(known):
        now.costs[c] = _cost_of_curve(now, curves, c, patients)
    for e in range(endpoints):
        c = factors.endpoints[e]
        for i in range(patients):
            now.times[e, i] = days[i, curves.record[c, i]]
            now.events[e, i] = curves.ends[c, i] == EVENT
        now.order[e] = np.argsort(now.times[e])
        for f in range(factors.labels.shape[0]):
            now.costs[known + endpoints * f + e] = _cost_of_factor(now, factors, f, e)
    return now


@_part
def _cost_of_curve(now: _Standing, curves: Curves, c: int, patients: int) -> float:
    return curve_cost(
        now.counts[c, EVENT],
        now.counts[c, CENSORED],
        patients,
        curves.checks[c],
        curves.anchors[c],
    )


@_part
def _cost_of_factor(now: _Standing, factors: Factors, f: int, e: int) -> float:
    return factor_cost_by_day(
        now.order[e], now.times[e], now.events[e], factors.labels[f], factors.bounds[f, e]
    )


@_part
def _try_swap(factors: Factors, now: _Standing, trial: _Trial, cost: float, allowed: float) -> int:
    """Swap two patients' labels of a factor, unless it costs too much; give what came of it."""
    labels, free = factors.labels, factors.free
    endpoints = factors.endpoints.size
    f = np.random.randint(labels.shape[0])
    a, b = np.random.randint(labels.shape[1]), np.random.randint(labels.shape[1])
    if labels[f, a] == labels[f, b] or free[f, a] == 0 or free[f, b] == 0:
        return IMPOSSIBLE
    labels[f, a], labels[f, b] = labels[f, b], labels[f, a]
    first = now.costs.size - endpoints * (labels.shape[0] - f)
    total = cost
    for e in range(endpoints):
        trial.costs[first + e] = _cost_of_factor(now, factors, f, e)
        total += trial.costs[first + e] - now.costs[first + e]
    if total <= allowed:
        for e in range(endpoints):
            now.costs[first + e] = trial.costs[first + e]
        return MADE
    labels[f, a], labels[f, b] = labels[f, b], labels[f, a]
    return REFUSED


@_part
def _try_move(
    days: Ints,
    gaps: Gaps,
    curves: Curves,
    factors: Factors,
    now: _Standing,
    trial: _Trial,
    cost: float,
    allowed: float,
) -> int:
    """Move a patient's days, unless it costs too much; give what came of it."""
    i = np.random.randint(days.shape[0])
    _draw_move(days[i], trial)
    if not _allowed(trial.new, gaps, i):
        return IMPOSSIBLE
    _place(i, trial.old, trial.new, days, curves, now)
    # What the cost is at least: every part that changes is taken as met until computed.
    total = _cost_untouched(i, curves, factors, now, trial, cost)
    known = curves.record.shape[0]
    for c in range(known):
        if trial.touched[c] and total <= allowed:
            trial.costs[c] = _cost_of_curve(now, curves, c, days.shape[0])
            total += trial.costs[c]
    followed = total <= allowed and factors.labels.shape[0] > 0
    if followed:
        _follow(i, days, curves, factors, now)
        c = known
        for f in range(factors.labels.shape[0]):
            for e in range(factors.endpoints.size):
                if trial.touched[c] and total <= allowed:
                    trial.costs[c] = _cost_of_factor(now, factors, f, e)
                    total += trial.costs[c]
                c += 1
    if total <= allowed:
        for c in range(now.costs.size):
            now.costs[c] = trial.costs[c]
        return MADE
    _place(i, trial.new, trial.old, days, curves, now)
    if followed:
        _follow(i, days, curves, factors, now)
    return REFUSED


@_part
def _draw_move(row: Ints, trial: _Trial) -> None:
    """Draw which of a patient's records move, one or all, and by how many days."""
    what = np.random.randint(row.size + 1)
    draw = np.random.random()
    if draw < 0.4:
        shift = np.random.randint(1, 4)
    elif draw < 0.8:
        shift = np.random.randint(4, 60)
    else:
        shift = np.random.randint(60, 400)
    if np.random.random() < 0.5:
        shift = -shift
    for k in range(row.size):
        trial.old[k] = row[k]
        trial.new[k] = row[k]
        if (what == k or what == row.size) and row[k] >= 0:
            trial.new[k] += shift


@_part
def _allowed(row: Ints, gaps: Gaps, i: int) -> bool:
    """Tell whether patient i may have these records."""
    for g in range(gaps.later.size):
        between = row[gaps.later[g]]
        if gaps.earlier[g] != FIRST_TREATMENT:
            between -= row[gaps.earlier[g]]
        if between < gaps.least[i, g] or between > gaps.most[i, g]:
            return False
    return _fall_on_working_days(row, gaps.visits)


@_part
def _fall_on_working_days(row: Ints, visits: Ints) -> bool:
    """Tell whether the first treatment can be on such a weekday that no visit is at a weekend."""
    made = 0
    for k in visits:
        made += row[k] >= 0
    # Any two visits can.
    if made < 3:
        return True
    for weekday in range(5):
        fall = True
        for k in visits:
            if row[k] >= 0 and (weekday + row[k]) % 7 > 4:
                fall = False
        if fall:
            return True
    return False


@_part
def _place(i: int, old: Ints, new: Ints, days: Ints, curves: Curves, now: _Standing) -> None:
    """Give patient i new records in place of old ones, and count him on other days."""
    for c in range(curves.record.shape[0]):
        record = curves.record[c, i]
        if old[record] != new[record]:
            now.counts[c, curves.ends[c, i], old[record]] -= 1
            now.counts[c, curves.ends[c, i], new[record]] += 1
    for k in range(new.size):
        days[i, k] = new[k]


@_part
def _cost_untouched(
    i: int, curves: Curves, factors: Factors, now: _Standing, trial: _Trial, cost: float
) -> float:
    """Mark what a move of patient i touches, and give the cost of all else."""
    known = curves.record.shape[0]
    for c in range(known):
        record = curves.record[c, i]
        trial.touched[c] = trial.new[record] != trial.old[record]
    c = known
    for _ in range(factors.labels.shape[0]):
        for e in range(factors.endpoints.size):
            trial.touched[c] = trial.touched[factors.endpoints[e]]
            c += 1
    for c in range(now.costs.size):
        trial.costs[c] = now.costs[c]
        if trial.touched[c]:
            cost -= now.costs[c]
    return cost


@_part
def _follow(i: int, days: Ints, curves: Curves, factors: Factors, now: _Standing) -> None:
    """Bring the times and the order of the endpoints of factors up to patient i's days."""
    for e in range(factors.endpoints.size):
        now.times[e, i] = days[i, curves.record[factors.endpoints[e], i]]
        _resort(now.order[e], now.times[e], i)


@_jit
def _resort(order: Ints, times: Ints, i: int) -> None:
    """Put patient i back in his place after his time has changed; the rest is in order."""
    n = order.size
    k = 0
    while order[k] != i:
        k += 1
    while k > 0 and times[order[k - 1]] > times[i]:
        order[k] = order[k - 1]
        k -= 1
    while k < n - 1 and times[order[k + 1]] < times[i]:
        order[k] = order[k + 1]
        k += 1
    order[k] = i


# Annealing labels of two groups ------------------------------------------------------------------


@_jit
def risk_positions(times: Ints, events: Ints) -> tuple[Ints, Ints, Ints]:
    """Give the distinct event days, and for each patient the last of them that he was at risk.

    Returns days, position of the last event day at or before the patient's time (-1: none),
    and the position of his own event (-1: censored).
    """
    days = np.unique(times[events == 1])
    last = np.searchsorted(days, times, side="right") - 1
    own = np.where(events == 1, last, -1)
    return days, last, own


class _Positions(NamedTuple):
    """Where patients stand among the event days, shape (endpoints, patients).

    `last` is the last event day at risk, `own` that of the patient's own event; -1 for none.
    """

    last: Ints
    own: Ints


@_jit
def _stand_among(endpoints: Endpoints) -> tuple[_Positions, EventDays]:
    shape = endpoints.times.shape
    at = _Positions(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))
    everybody = _no_event_days(shape[0], shape[1])
    for e in range(shape[0]):
        days, last, own = risk_positions(endpoints.times[e], endpoints.events[e])
        at.last[e], at.own[e] = last, own
        everybody.size[e] = days.size
        everybody.days[e, : days.size] = days
        for i in range(shape[1]):
            for j in range(last[i] + 1):
                everybody.at_risk[e, j] += 1
            if own[i] >= 0:
                everybody.dead[e, own[i]] += 1
        _weigh(everybody, e)
    return at, everybody


@_part
def _add(at: _Positions, having: Group, i: int, step: int) -> None:
    """Add patient i to those who have the factor (step 1), or take him away (step -1)."""
    for e in range(at.last.shape[0]):
        last, own = at.last[e, i], at.own[e, i]
        if last >= 0:
            having.leaving[e, last] += step
        if own >= 0:
            having.dead[e, own] += step


@_jit
def anneal_labels(
    seed: int,
    labels: Ints,
    free: Ints,
    endpoints: Endpoints,
    bounds: Floats,
    schedule: Schedule,
) -> tuple[float, int]:
    """Swap labels of a yes/no factor until its printed values are met.

    Parameters
    ----------
    labels, free
        0 or 1 a patient, changed in place; the patients who may be swapped.
    bounds
        Shape (endpoints, 3, 2): see `factor_cost`.

    Returns
    -------
    The cost (0 is exact) and the number of swaps that were judged.
    """
    np.random.seed(seed)
    at, everybody = _stand_among(endpoints)
    group = _nobody(endpoints.times.shape[0], endpoints.times.shape[1])
    for i in range(labels.size):
        if labels[i] == 1:
            _add(at, group, i, 1)
    having, lacking = free[labels[free] == 1], free[labels[free] == 0]
    cost = np.inf
    cooling = _cooling(schedule)
    temperature = schedule.hottest
    for step in range(schedule.steps):
        if cost <= 0.0:
            return cost, step
        temperature *= cooling
        allowed = cost - temperature * math.log(1.0 - np.random.random())
        with_it, without = np.random.randint(having.size), np.random.randint(lacking.size)
        a, b = having[with_it], lacking[without]
        _hand_over(labels, at, group, a, b)
        after = 0.0
        for e in range(bounds.shape[0]):
            if after <= allowed:
                after += factor_cost(everybody, group, e, bounds[e])
        if after <= allowed:
            cost = after
            having[with_it], lacking[without] = b, a
        else:
            _hand_over(labels, at, group, b, a)
    return cost, schedule.steps


@_part
def _hand_over(labels: Ints, at: _Positions, having: Group, a: int, b: int) -> None:
    """Take the factor from patient a and give it to patient b."""
    labels[a], labels[b] = 0, 1
    _add(at, having, a, -1)
    _add(at, having, b, 1)


# How often a label is swapped with that of somebody near in time, and within how many places: their
# swap changes the comparison least, so that it is refused least.
_NEAR, _PLACES = 0.9, 6
# So often another is looked for whose label is different.
_LOOKS = 30


class _Queue(NamedTuple):
    """Patients who may be swapped, by time on each endpoint, and the place of each among them."""

    order: Ints
    place: Ints


@_part
def _queue(free: Ints, endpoints: Endpoints) -> _Queue:
    number, patients = endpoints.times.shape
    queue = _Queue(
        np.zeros((number, free.size), dtype=np.int64), np.zeros((number, patients), dtype=np.int64)
    )
    for e in range(number):
        queue.order[e] = free[np.argsort(endpoints.times[e][free])]
        for k in range(free.size):
            queue.place[e, queue.order[e, k]] = k
    return queue


@_part
def _draw_pair(labels: Ints, queue: _Queue) -> tuple[int, int]:
    """Draw who gives the factor to whom, mostly near in time; the same twice where none is met."""
    number, many = queue.order.shape
    a = queue.order[0, np.random.randint(many)]
    for _ in range(_LOOKS):
        k = np.random.randint(many)
        e = np.random.randint(number)
        if np.random.random() < _NEAR:
            k = queue.place[e, a] + np.random.randint(-_PLACES, _PLACES + 1)
        if 0 <= k < many:
            b = queue.order[e, k]
            if labels[b] != labels[a]:
                if labels[a] == 1:
                    return a, b
                return b, a
    return a, a


@_part
def _cost_of_group(everybody: EventDays, group: Group, bounds: Floats, allowed: float) -> float:
    """Give the cost of a factor on its endpoints, or of the first of them that are too much."""
    cost = 0.0
    for e in range(bounds.shape[0]):
        if cost <= allowed:
            cost += factor_cost(everybody, group, e, bounds[e])
    return cost


@_jit
def mend_labels(
    seed: int,
    labels: Ints,
    free: Ints,
    endpoints: Endpoints,
    bounds: Floats,
    schedule: Schedule,
) -> tuple[float, int]:
    """Swap labels as `anneal_labels` does, mostly between patients who are near in time.

    From labels that nearly meet what is printed it takes a tenth of the swaps.
    """
    np.random.seed(seed)
    at, everybody = _stand_among(endpoints)
    group = _nobody(endpoints.times.shape[0], endpoints.times.shape[1])
    for i in range(labels.size):
        if labels[i] == 1:
            _add(at, group, i, 1)
    queue = _queue(free, endpoints)
    cost = _cost_of_group(everybody, group, bounds, np.inf)
    cooling = _cooling(schedule)
    temperature = schedule.hottest
    for step in range(schedule.steps):
        if cost <= 0.0:
            return cost, step
        temperature *= cooling
        a, b = _draw_pair(labels, queue)
        if a == b:
            continue
        allowed = cost - temperature * math.log(1.0 - np.random.random())
        _hand_over(labels, at, group, a, b)
        after = _cost_of_group(everybody, group, bounds, allowed)
        if after <= allowed:
            cost = after
        else:
            _hand_over(labels, at, group, b, a)
    return cost, schedule.steps


# Three groups ------------------------------------------------------------------------------------


@_jit
def three_groups_chi2(times: Ints, events: Ints, labels: Ints) -> float:
    """Give the log-rank chi-square of three groups, labelled 0, 1 and 2 (2 degrees of freedom)."""
    days, last, own = risk_positions(times, events)
    return _chi2(last, own, days.size, labels)


@_jit
def _chi2(last: Ints, own: Ints, size: int, labels: Ints) -> float:
    """Give what `three_groups_chi2` gives, from where patients stand among the event days."""
    risk = np.zeros((3, size))
    dead = np.zeros((3, size))
    for i in range(labels.size):
        if last[i] >= 0:
            risk[labels[i], last[i]] += 1.0
        if own[i] >= 0:
            dead[labels[i], own[i]] += 1.0
    for j in range(size - 2, -1, -1):
        for group in range(3):
            risk[group, j] += risk[group, j + 1]
    u0 = u1 = v00 = v01 = v11 = 0.0
    for j in range(size):
        n = risk[0, j] + risk[1, j] + risk[2, j]
        d = dead[0, j] + dead[1, j] + dead[2, j]
        p0, p1 = risk[0, j] / n, risk[1, j] / n
        u0 += dead[0, j] - d * p0
        u1 += dead[1, j] - d * p1
        if n > 1.0:
            scale = d * (n - d) / (n - 1.0)
            v00 += scale * p0 * (1.0 - p0)
            v11 += scale * p1 * (1.0 - p1)
            v01 -= scale * p0 * p1
    determinant = v00 * v11 - v01 * v01
    if determinant <= 0.0:
        return 0.0
    return (u0 * u0 * v11 - 2.0 * u0 * u1 * v01 + u1 * u1 * v00) / determinant


@_jit
def anneal_three_labels(
    seed: int,
    labels: Ints,
    free: Ints,
    endpoints: Endpoints,
    bounds: Floats,
    schedule: Schedule,
) -> tuple[float, int]:
    """Swap labels of three groups until the printed p value of every endpoint is met.

    `bounds` has low and high of the log-rank chi-square, a row an endpoint.
    """
    np.random.seed(seed)
    at, everybody = _stand_among(endpoints)
    cooling = _cooling(schedule)
    temperature = schedule.hottest
    cost = np.inf
    for step in range(schedule.steps):
        if cost <= 0.0:
            return cost, step
        temperature *= cooling
        a = free[np.random.randint(free.size)]
        b = free[np.random.randint(free.size)]
        labels[a], labels[b] = labels[b], labels[a]
        after = 0.0
        for e in range(endpoints.times.shape[0]):
            chi2 = _chi2(at.last[e], at.own[e], everybody.size[e], labels)
            after += _outside(chi2, bounds[e, 0], bounds[e, 1])
        if after <= cost or np.random.random() < math.exp((cost - after) / temperature):
            cost = after
        else:
            labels[a], labels[b] = labels[b], labels[a]
    return cost, schedule.steps
