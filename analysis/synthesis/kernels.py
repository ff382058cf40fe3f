"""Compiled kernels: Kaplan-Meier, log-rank and the annealing steps that use them.

Times are whole days from the first treatment. Every kernel follows the conventions of R's
`survival`: events before censorings on the same day, log-log (Greenwood) confidence intervals,
and a median halfway to the next event when the curve rests exactly on one half.

They stand in one module because numba's cache on disk notices a change of the file that a kernel
is in, and not of another file from which it calls one.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

Z_95 = 1.959963984540054
_TIE = 1e-9


def _jit(function: Any) -> Any:
    # Without the lock, so that threads can run attempts side by side.
    return numba.njit(cache=True, nogil=True)(function)


# Survival curves ------------------------------------------------------------------------------

# What a printed number says of a curve: the survival, or a confidence limit of it, on a day.
SURVIVAL, LOWER, UPPER = 0.0, 1.0, 2.0

# Columns of the state, one row a patient: days, -1 where there is none.
TIME, PROGRESSION, IMAGING, IN_FIELD = range(4)
# What kind of patient (0 or 1).
DIED, PROGRESSED, RELAPSED_IN_FIELD = range(3)
# Between which days a patient's records may lie, one row a patient: last contact (or death);
# progression and imaging at the earliest, progression at the latest; days from progression to
# death at least; days from last imaging to last contact at most and at least.
(
    EARLIEST_CONTACT,
    LATEST_CONTACT,
    EARLIEST_IMAGING,
    LATEST_PROGRESSION,
    PROGRESSION_TO_DEATH,
    LONGEST_UNSEEN,
    SHORTEST_UNSEEN,
) = range(7)
# Curves; follow-up is reverse Kaplan-Meier (Schemper and Smith 1996).
OS, PFS, ORFS, IRFS, FOLLOW_UP = range(5)
CURVES = 5
EVENT, CENSORED = 0, 1


@_jit
def _outside(value: float, low: float, high: float) -> float:
    if value < low:
        return low - value
    if value >= high:
        return value - high + 1e-6
    return 0.0


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
        low, high = anchors[k, 0], anchors[k, 1]
        found = False
        for day in range(low, high + 1):
            if events[day] > 0:
                found = True
                break
        if not found:
            away = 1
            while away < 12 and events[low - away] == 0 and events[high + away] == 0:
                away += 1
            cost += 1.0 + 0.25 * away
    return cost


@_jit
def _count(counts: Ints, state: Ints, kind: Ints, i: int, step: int) -> None:
    """Add (step 1) or take away (step -1) patient i in the counts by curve and day."""
    time, progression, imaging = state[i, TIME], state[i, PROGRESSION], state[i, IMAGING]
    died = kind[i, DIED] == 1
    counts[OS, EVENT if died else CENSORED, time] += step
    counts[FOLLOW_UP, CENSORED if died else EVENT, time] += step
    if kind[i, PROGRESSED]:
        counts[PFS, EVENT, progression] += step
        counts[ORFS, EVENT, progression] += step
    else:
        counts[PFS, EVENT if died else CENSORED, time] += step
        counts[ORFS, CENSORED, imaging] += step
    if kind[i, RELAPSED_IN_FIELD]:
        counts[IRFS, EVENT, state[i, IN_FIELD]] += step
    else:
        counts[IRFS, CENSORED, imaging] += step


@_jit
def count_days(state: Ints, kind: Ints, days: int) -> Ints:
    """Give numbers of patients by curve, event or censored, and day."""
    counts = np.zeros((CURVES, 2, days), dtype=np.int64)
    for i in range(state.shape[0]):
        _count(counts, state, kind, i, 1)
    return counts


@_jit
def days_needed(limits: Ints, checks: Floats, anchors: Ints) -> int:
    """Give how many days have to be counted for every patient and every printed number."""
    latest = max(limits[:, LATEST_CONTACT].max(), np.int64(checks[:, 0].max()))
    if anchors.size > 0:
        latest = max(latest, anchors.max())
    # Room for the look around an anchor.
    return latest + 40


@_jit
def _allowed(row: Ints, kind: Ints, limits: Ints) -> bool:
    time, progression, imaging = row[TIME], row[PROGRESSION], row[IMAGING]
    if time < limits[EARLIEST_CONTACT] or time > limits[LATEST_CONTACT]:
        return False
    unseen = time - imaging
    if unseen < limits[SHORTEST_UNSEEN] or unseen > limits[LONGEST_UNSEEN]:
        return False
    if imaging < limits[EARLIEST_IMAGING]:
        return False
    if kind[PROGRESSED]:
        if progression < limits[EARLIEST_IMAGING] or progression > limits[LATEST_PROGRESSION]:
            return False
        if progression > imaging:
            return False
        if kind[DIED] and time - progression < limits[PROGRESSION_TO_DEATH]:
            return False
        if kind[RELAPSED_IN_FIELD]:
            if row[IN_FIELD] < progression or row[IN_FIELD] > imaging:
                return False
            return _fall_on_working_days(progression, row[IN_FIELD], time)
    return True


@_jit
def _fall_on_working_days(first: int, second: int, third: int) -> bool:
    """Tell whether three visits can all fall on working days; any two of them always can."""
    for weekday in range(5):
        if (weekday + first) % 7 < 5 and (weekday + second) % 7 < 5 and (weekday + third) % 7 < 5:
            return True
    return False


@_jit
def _median_cost(median: float, before: float, after: float, low: float, high: float) -> float:
    """Give how far a median is from its days, by how far the curve is from passing one half.

    `before` and `after` are survival when the days begin and when they end.
    """
    if low <= median < high or (median == np.inf and low == np.inf):
        return 0.0
    # The step keeps a nearly met median from being traded for a better p.
    cost = 0.2 + 5.0 * max(0.0, 0.5 - before)
    if high < np.inf:
        cost += 5.0 * max(0.0, after - 0.5)
        if median < np.inf:
            cost += 0.003 * min(100.0, max(low - median, median - high))
    return cost


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


@_jit
def factor_cost(
    days: Ints,
    at_risk: Ints,
    dead: Ints,
    share: Floats,
    weight: Floats,
    leaving: Ints,
    own: Ints,
    members: int,
    medians: Floats,
    z: Floats,
) -> float:
    """Give how far one endpoint of one factor is from what was printed; 0 is exact.

    Parameters
    ----------
    days, at_risk, dead
        Days with events; everybody at risk and dying on them.
    share, weight
        What `log_rank_weights` gives for them.
    leaving, own
        Patients with the factor whose last event day at risk this is, and who die on it.
    members
        Patients with the factor at risk on the first event day.
    medians
        Low and high, in days, of the median with the factor and without; infinite when it is
        not reached.
    z
        Low and high of the size of the log-rank z. As a p value cannot tell better from worse,
        a search guided by p itself would have to cross p = 1 to get from one to the other.
    """
    risk = members
    observed_minus_expected = 0.0
    variance = 0.0
    first = second = 1.0
    first_median = second_median = np.inf
    first_rests = second_rests = False
    first_before = first_after = second_before = second_after = 1.0
    for j in range(days.size):
        d1 = own[j]
        others = at_risk[j] - risk
        observed_minus_expected += d1 - share[j] * risk
        variance += weight[j] * risk * others
        if d1 > 0:
            first *= 1.0 - d1 / risk
            if first_rests:
                first_median = (first_median + days[j]) / 2.0
                first_rests = False
            if first_median == np.inf and first <= 0.5 + _TIE:
                first_median = float(days[j])
                first_rests = first >= 0.5 - _TIE
            if days[j] < medians[0, 0]:
                first_before = first
            if days[j] < medians[0, 1]:
                first_after = first
        d2 = dead[j] - d1
        if d2 > 0:
            second *= 1.0 - d2 / others
            if second_rests:
                second_median = (second_median + days[j]) / 2.0
                second_rests = False
            if second_median == np.inf and second <= 0.5 + _TIE:
                second_median = float(days[j])
                second_rests = second >= 0.5 - _TIE
            if days[j] < medians[1, 0]:
                second_before = second
            if days[j] < medians[1, 1]:
                second_after = second
        risk -= leaving[j]
    found = 0.0
    if variance > 0.0:
        found = abs(observed_minus_expected) / math.sqrt(variance)
    cost = _median_cost(first_median, first_before, first_after, medians[0, 0], medians[0, 1])
    cost += _median_cost(second_median, second_before, second_after, medians[1, 0], medians[1, 1])
    return cost + _outside(found, z[0], z[1])


@_jit
def log_rank_weights(at_risk: Ints, dead: Ints) -> tuple[Floats, Floats]:
    """Give, by event day, what of a group's numbers enters the log-rank z (Mantel 1966).

    Returns the share of those at risk who die (times a group's number: its expected deaths), and
    the weight of the product of both groups' numbers in the variance.
    """
    share = dead / at_risk
    weight = np.zeros(dead.size)
    for j in range(dead.size):
        n = at_risk[j]
        if n > 1:
            weight[j] = share[j] * (n - dead[j]) / (n * (n - 1.0))
    return share, weight


@_jit
def factor_cost_by_day(
    order: Ints, times: Ints, events: Ints, labels: Ints, medians: Floats, z: Floats
) -> float:
    """Give what `factor_cost` gives, from days; `order` sorts the patients by time."""
    n = order.size
    days = np.empty(n, dtype=np.int64)
    at_risk = np.empty(n, dtype=np.int64)
    dead = np.zeros(n, dtype=np.int64)
    leaving = np.zeros(n, dtype=np.int64)
    own = np.zeros(n, dtype=np.int64)
    size = 0
    k = 0
    before = members = 0
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
            days[size], at_risk[size], dead[size], own[size] = day, n - first, d, d1
            size += 1
        if size == 0:
            before += gone
        else:
            leaving[size - 1] += gone
        members += gone
    share, weight = log_rank_weights(at_risk[:size], dead[:size])
    return factor_cost(
        days[:size],
        at_risk[:size],
        dead[:size],
        share,
        weight,
        leaving[:size],
        own[:size],
        members - before,
        medians,
        z,
    )


@_jit
def anneal(
    seed: int,
    state: Ints,
    kind: Ints,
    limits: Ints,
    checks: Floats,
    first_check: Ints,
    anchors: Ints,
    first_anchor: Ints,
    labels: Ints,
    free: Ints,
    bounds: Floats,
    steps: int,
    hottest: float,
    coldest: float,
) -> tuple[float, int]:
    """Move days of patients, and labels of some factors, until every number is met.

    `state` and `labels` are changed in place.

    Parameters
    ----------
    state, kind
        Days and kinds, a row a patient.
    limits
        A row a patient, columns as `EARLIEST_CONTACT` and the following name them.
    checks, first_check, anchors, first_anchor
        What is asked of the curves (see `curve_cost`); curve c has the rows from first_check[c]
        to first_check[c + 1], and likewise of anchors.
    labels, free
        A row a factor (there may be none) of 0 or 1 a patient, and whether it may change.
    bounds
        Shape (factors, 2, 3, 2): OS and PFS; median of yes, of no (days), z; low and high.

    Returns
    -------
    The cost of the state (0 is exact) and the number of changes that were judged.
    """
    np.random.seed(seed)
    n, factors = state.shape[0], labels.shape[0]
    counts = count_days(state, kind, days_needed(limits, checks, anchors))
    # Costs of the curves, then of each factor's OS and PFS.
    costs = np.zeros(CURVES + 2 * factors)
    for c in range(CURVES):
        costs[c] = curve_cost(
            counts[c, EVENT],
            counts[c, CENSORED],
            n,
            checks[first_check[c] : first_check[c + 1]],
            anchors[first_anchor[c] : first_anchor[c + 1]],
        )
    times = np.zeros((2, n), dtype=np.int64)
    events = np.zeros((2, n), dtype=np.int64)
    for i in range(n):
        _endpoints(state[i], kind[i], times, events, i)
    orders = np.zeros((2, n), dtype=np.int64)
    for e in range(2):
        orders[e] = np.argsort(times[e])
        for f in range(factors):
            costs[CURVES + 2 * f + e] = factor_cost_by_day(
                orders[e], times[e], events[e], labels[f], bounds[f, e, :2], bounds[f, e, 2]
            )
    after = costs.copy()
    touched = np.zeros(costs.size, dtype=np.bool_)
    cooling = (coldest / hottest) ** (1.0 / max(steps, 1))
    temperature = hottest
    new = np.zeros(4, dtype=np.int64)
    old = np.zeros(4, dtype=np.int64)
    judged = 0
    for _ in range(steps):
        cost = costs.sum()
        if cost <= 0.0:
            return 0.0, judged
        temperature *= cooling
        # The most that the cost may become: the usual rule, drawn beforehand.
        allowed = cost - temperature * math.log(1.0 - np.random.random())
        if factors > 0 and np.random.random() < 0.3:
            f = np.random.randint(factors)
            a, b = np.random.randint(n), np.random.randint(n)
            if labels[f, a] == labels[f, b] or free[f, a] == 0 or free[f, b] == 0:
                continue
            judged += 1
            labels[f, a], labels[f, b] = labels[f, b], labels[f, a]
            total = cost
            for e in range(2):
                c = CURVES + 2 * f + e
                after[c] = factor_cost_by_day(
                    orders[e], times[e], events[e], labels[f], bounds[f, e, :2], bounds[f, e, 2]
                )
                total += after[c] - costs[c]
            if total <= allowed:
                for e in range(2):
                    costs[CURVES + 2 * f + e] = after[CURVES + 2 * f + e]
            else:
                labels[f, a], labels[f, b] = labels[f, b], labels[f, a]
            continue
        i = np.random.randint(n)
        what = np.random.randint(5)
        draw = np.random.random()
        if draw < 0.4:
            shift = np.random.randint(1, 4)
        elif draw < 0.8:
            shift = np.random.randint(4, 60)
        else:
            shift = np.random.randint(60, 400)
        if np.random.random() < 0.5:
            shift = -shift
        for k in range(4):
            old[k] = state[i, k]
            new[k] = old[k]
            if (what == k or what == 4) and old[k] >= 0:
                new[k] += shift
        if not _allowed(new, kind[i], limits[i]):
            continue
        judged += 1
        _count(counts, state, kind, i, -1)
        for k in range(4):
            state[i, k] = new[k]
        _count(counts, state, kind, i, 1)
        moved_os = new[TIME] != old[TIME]
        progressed = kind[i, PROGRESSED] == 1
        moved_pfs = new[PROGRESSION] != old[PROGRESSION] if progressed else moved_os
        # What the cost is at least: every part that changes is taken as met until computed.
        total = cost
        for c in range(costs.size):
            after[c] = costs[c]
            if c < CURVES:
                touched[c] = _touches(c, kind[i], old, new)
            else:
                touched[c] = moved_os if (c - CURVES) % 2 == 0 else moved_pfs
            if touched[c]:
                total -= costs[c]
        for c in range(CURVES):
            if touched[c] and total <= allowed:
                after[c] = curve_cost(
                    counts[c, EVENT],
                    counts[c, CENSORED],
                    n,
                    checks[first_check[c] : first_check[c + 1]],
                    anchors[first_anchor[c] : first_anchor[c + 1]],
                )
                total += after[c]
        resorted = total <= allowed and factors > 0
        if resorted:
            _endpoints(state[i], kind[i], times, events, i)
            for e in range(2):
                _resort(orders[e], times[e], i)
            for c in range(CURVES, costs.size):
                if touched[c] and total <= allowed:
                    f, e = (c - CURVES) // 2, (c - CURVES) % 2
                    after[c] = factor_cost_by_day(
                        orders[e], times[e], events[e], labels[f], bounds[f, e, :2], bounds[f, e, 2]
                    )
                    total += after[c]
        if total <= allowed:
            for c in range(costs.size):
                costs[c] = after[c]
        else:
            _count(counts, state, kind, i, -1)
            for k in range(4):
                state[i, k] = old[k]
            _count(counts, state, kind, i, 1)
            if resorted:
                _endpoints(state[i], kind[i], times, events, i)
                for e in range(2):
                    _resort(orders[e], times[e], i)
    return costs.sum(), judged


@_jit
def _touches(curve: int, kind: Ints, old: Ints, new: Ints) -> bool:
    """Tell whether a curve sees that a patient's days have changed."""
    if curve in (OS, FOLLOW_UP):
        return new[TIME] != old[TIME]
    if curve == IRFS:
        return new[IMAGING] != old[IMAGING] or new[IN_FIELD] != old[IN_FIELD]
    if kind[PROGRESSED] == 1:
        return new[PROGRESSION] != old[PROGRESSION]
    if curve == PFS:
        return new[TIME] != old[TIME]
    return new[IMAGING] != old[IMAGING]


@_jit
def _endpoints(row: Ints, kind: Ints, times: Ints, events: Ints, i: int) -> None:
    """Set patient i's OS and PFS: times and events."""
    times[0, i] = row[TIME]
    events[0, i] = kind[DIED]
    times[1, i] = row[PROGRESSION] if kind[PROGRESSED] else row[TIME]
    events[1, i] = 1 if kind[PROGRESSED] or kind[DIED] else 0


# Two groups ----------------------------------------------------------------------------------


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


@_jit
def _tally(labels: Ints, last: Ints, own: Ints, size: int) -> tuple[Ints, Ints, int]:
    leaving = np.zeros(size, dtype=np.int64)
    events = np.zeros(size, dtype=np.int64)
    members = 0
    for i in range(labels.size):
        if labels[i] == 1 and last[i] >= 0:
            leaving[last[i]] += 1
            members += 1
            if own[i] >= 0:
                events[own[i]] += 1
    return leaving, events, members


@_jit
def _totals(last: Ints, own: Ints, size: int) -> tuple[Ints, Ints]:
    at_risk = np.zeros(size, dtype=np.int64)
    dead = np.zeros(size, dtype=np.int64)
    for i in range(last.size):
        for j in range(last[i] + 1):
            at_risk[j] += 1
        if own[i] >= 0:
            dead[own[i]] += 1
    return at_risk, dead


@_jit
def anneal_labels(
    seed: int,
    labels: Ints,
    free: Ints,
    times: Ints,
    events: Ints,
    bounds: Floats,
    steps: int,
    hottest: float,
    coldest: float,
) -> tuple[float, int]:
    """Swap labels of a yes/no factor until its six printed values are met.

    Parameters
    ----------
    labels, free
        0 or 1 a patient, changed in place; the patients who may be swapped.
    times, events
        Rows of OS and PFS: days, and 1 for an event.
    bounds
        Shape (2, 3, 2): OS and PFS; median of yes, of no (days), z; low and high.

    Returns
    -------
    The cost (0 is exact) and the number of swaps that were judged.
    """
    np.random.seed(seed)
    os_days, os_last, os_own = risk_positions(times[0], events[0])
    pfs_days, pfs_last, pfs_own = risk_positions(times[1], events[1])
    os_risk, os_dead = _totals(os_last, os_own, os_days.size)
    pfs_risk, pfs_dead = _totals(pfs_last, pfs_own, pfs_days.size)
    os_share, os_weight = log_rank_weights(os_risk, os_dead)
    pfs_share, pfs_weight = log_rank_weights(pfs_risk, pfs_dead)
    os_leaving, os_yes, os_members = _tally(labels, os_last, os_own, os_days.size)
    pfs_leaving, pfs_yes, pfs_members = _tally(labels, pfs_last, pfs_own, pfs_days.size)
    having, lacking = free[labels[free] == 1], free[labels[free] == 0]
    cost = np.inf
    cooling = (coldest / hottest) ** (1.0 / max(steps, 1))
    temperature = hottest
    for step in range(steps):
        if cost <= 0.0:
            return cost, step
        temperature *= cooling
        allowed = cost - temperature * math.log(1.0 - np.random.random())
        with_it, without = np.random.randint(having.size), np.random.randint(lacking.size)
        a, b = having[with_it], lacking[without]
        for undo in range(2):
            for i in (a, b):
                sign = -1 if labels[i] == 1 else 1
                labels[i] = 1 - labels[i]
                if os_last[i] >= 0:
                    os_leaving[os_last[i]] += sign
                    os_members += sign
                if os_own[i] >= 0:
                    os_yes[os_own[i]] += sign
                if pfs_last[i] >= 0:
                    pfs_leaving[pfs_last[i]] += sign
                    pfs_members += sign
                if pfs_own[i] >= 0:
                    pfs_yes[pfs_own[i]] += sign
            if undo:
                break
            after = factor_cost(
                os_days,
                os_risk,
                os_dead,
                os_share,
                os_weight,
                os_leaving,
                os_yes,
                os_members,
                bounds[0, :2],
                bounds[0, 2],
            )
            if after <= allowed:
                after += factor_cost(
                    pfs_days,
                    pfs_risk,
                    pfs_dead,
                    pfs_share,
                    pfs_weight,
                    pfs_leaving,
                    pfs_yes,
                    pfs_members,
                    bounds[1, :2],
                    bounds[1, 2],
                )
            if after <= allowed:
                cost = after
                having[with_it], lacking[without] = b, a
                break
    return cost, steps


# Three groups --------------------------------------------------------------------------------


@_jit
def three_groups_chi2(times: Ints, events: Ints, labels: Ints) -> float:
    """Give the log-rank chi-square of three groups, labelled 0, 1 and 2 (2 degrees of freedom)."""
    days, last, own = risk_positions(times, events)
    size = days.size
    risk = np.zeros((3, size))
    dead = np.zeros((3, size))
    for i in range(labels.size):
        for j in range(last[i] + 1):
            risk[labels[i], j] += 1.0
        if own[i] >= 0:
            dead[labels[i], own[i]] += 1.0
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
    os_times: Ints,
    os_events: Ints,
    pfs_times: Ints,
    pfs_events: Ints,
    bounds: Floats,
    steps: int,
    hottest: float,
    coldest: float,
) -> tuple[float, int]:
    """Swap labels of three groups until both printed p values (OS, PFS) are met.

    `bounds` has low and high of the log-rank chi-square, a row an endpoint.
    """
    np.random.seed(seed)
    cooling = (coldest / hottest) ** (1.0 / max(steps, 1))
    temperature = hottest
    cost = np.inf
    for step in range(steps):
        if cost <= 0.0:
            return cost, step
        temperature *= cooling
        a = free[np.random.randint(free.size)]
        b = free[np.random.randint(free.size)]
        labels[a], labels[b] = labels[b], labels[a]
        after = _outside(
            three_groups_chi2(os_times, os_events, labels), bounds[0, 0], bounds[0, 1]
        ) + _outside(three_groups_chi2(pfs_times, pfs_events, labels), bounds[1, 0], bounds[1, 1])
        if after <= cost or np.random.random() < math.exp((cost - after) / temperature):
            cost = after
        else:
            labels[a], labels[b] = labels[b], labels[a]
    return cost, steps
