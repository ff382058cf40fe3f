"""How certificates about Kaplan-Meier curves are checked: bounds, and curves of examples."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from analysis.audit.context import (
    Checks,
    Context,
    Figures,
    Rejected,
    Verification,
    under_every_rounding,
)
from analysis.audit.families.survival.certificates import (
    FollowUp,
    FollowUpWitness,
    GroupMedians,
    RateAndMedian,
    SharedEvents,
    SharedWitness,
    Steps,
)
from analysis.audit.structure import quantity_of

_RATE = "rate"
# Months of 28 days and of 30.4375 days differ by less than this factor.
_MONTHS_APART = Fraction(11, 10)


def _steps(context: Context, item: Steps) -> Figures:
    key, n = context.key(item.rate), context.patients(item.patients)
    level = context.structure.survival.events.get(key[3])
    counted = quantity_of(context.rows[item.events])
    if level != f"{counted.variable}={counted.variable_level}" or key[-1] != _RATE or key[1]:
        raise Rejected("the events are not those of the curve")
    number, decimals = context.digits(item.events)
    if decimals or context.rows[item.events]["statistic"] != "count" or number > 2:
        raise Rejected("the number of events is not counted")
    count = int(number)
    fits: list[tuple[int, ...]] = []
    # All sequences of numbers at risk: none, one event, two at once, two one after another.
    if context.prints(item.rate, Fraction(100), item.conventions):
        fits.append(())
    if count:
        fits += [
            (k,)
            for k in range(1, n + 1)
            if context.prints(item.rate, 100 - Fraction(100, k), item.conventions)
        ]
    if count == 2:
        for first in range(2, n + 1):
            if context.prints(item.rate, 100 - Fraction(200, first), item.conventions):
                fits.append((first, first))
            fits += [
                (first, second)
                for second in range(1, first)
                if context.prints(
                    item.rate,
                    Fraction(100 * (first - 1) * (second - 1), first * second),
                    item.conventions,
                )
            ]
    return {"n": n, "count": count, "fits": tuple(fits)}


def _follow_up_claims(context: Context, item: FollowUp | FollowUpWitness) -> tuple[int, int]:
    declared = context.structure.survival
    keys = context.key(item.follow_up), context.key(item.median)
    deaths = quantity_of(context.rows[item.deaths])
    if (
        (keys[0][3], keys[1][3]) != (declared.follow_up, declared.overall)
        or any(key[-1] != "median" or key[1] for key in keys)
        or declared.events.get(declared.overall or "")
        != f"{deaths.variable}={deaths.variable_level}"
        or context.rows[item.deaths]["statistic"] != "count"
    ):
        raise Rejected("the claims are not those of follow-up, survival and deaths")
    return context.patients(item.patients), int(context.digits(item.deaths)[0])


def _follow_up(context: Context, item: FollowUp) -> Figures:
    n, deaths = _follow_up_claims(context, item)
    # With n times in order, the median is the mean of the two middle ones, or the middle one:
    # those from the upper middle on are no shorter than it.
    upper_middle = n // 2 + 1
    return {
        "n": n,
        "events": deaths,
        "median_high": context.edges(item.median, item.conventions).high,
        "follow_up_low": context.edges(item.follow_up, item.conventions).low,
        "most": deaths,
        "needed": n - upper_middle + 1,
    }


def _follow_up_witness(context: Context, item: FollowUpWitness) -> Figures:
    n, deaths = _follow_up_claims(context, item)
    if sum(count for count, *_ in item.groups) != n or deaths != sum(
        count for count, _, died in item.groups if died
    ):
        raise Rejected("the example has other numbers of patients or deaths")
    survival = _half([(time, count, died) for count, time, died in item.groups])
    reverse = _half([(time, count, not died) for count, time, died in item.groups])
    for name, found in ((item.median, survival), (item.follow_up, reverse)):
        if found is None or not context.prints(name, found, item.conventions):
            raise Rejected(f"the example does not give {name}")
    return {}


def _shared_claims(context: Context, whole: str, part: str, rest: str | None) -> None:
    keys = [context.key(name) for name in (whole, part, rest) if name is not None]
    declared = [
        shared
        for shared in context.structure.survival.shared
        if [shared.all, shared.part, shared.rest][: len(keys)] == [key[3] for key in keys]
    ]
    same = len({(key[1], key[2], key[4], key[5]) for key in keys}) == 1
    if not declared or not same or keys[0][5] != _RATE or keys[0][1]:
        raise Rejected("the rates are not those of curves that share events")


def _shared_events(context: Context, item: SharedEvents) -> Figures:
    _shared_claims(context, item.all, item.part, item.rest)
    n = context.patients(item.patients)
    whole, part, rest = (
        context.edges(name, item.conventions) for name in (item.all, item.part, item.rest)
    )
    return {
        "n": n,
        "least_rest": rest.low / 100,
        "ratio_low": whole.low / part.high,
        "ratio_high": whole.high / part.low,
        "one_death": Fraction(n - 1, n),
    }


def _shared_witness(context: Context, item: SharedWitness) -> Figures:
    _shared_claims(context, item.all, item.part, None)
    if sum(count for count, *_ in item.groups) != context.patients(item.patients):
        raise Rejected("the example has another number of patients")
    whole, part = [], []
    for count, relapse, death, imaging, contact in item.groups:
        if imaging > contact or (death is not None and death != contact):
            raise Rejected("the example has a patient imaged after the last contact")
        if relapse is not None and not relapse == imaging == contact:
            raise Rejected("the example follows a patient beyond the relapse")
        events = [time for time in (relapse, death) if time is not None]
        whole.append((min(events, default=contact), count, bool(events)))
        part.append((imaging if relapse is None else relapse, count, relapse is not None))
    for name, times in ((item.all, whole), (item.part, part)):
        height = 100 * _height(times, item.months)
        if not context.prints(name, height, item.conventions):
            raise Rejected(f"the example does not give {name}")
    return {"months": Fraction(context.key(item.all)[4])}


def _group_medians(context: Context, item: GroupMedians) -> Figures:
    keys = [context.key(name) for name in (item.overall, item.first, item.second)]
    of = context.structure.survival.groups
    if (
        keys[0][1]
        or keys[1][:2] != keys[2][:2]
        or keys[1][0] != of
        or keys[1][2] == keys[2][2]
        or len({(key[3], key[5]) for key in keys}) != 1
    ):
        raise Rejected("the medians are not those of two groups and of all")
    ends = [context.edges(name, item.conventions) for name in (item.overall, item.first,
                                                              item.second)]  # fmt: skip
    return {
        "overall_low": ends[0].low,
        "overall_high": ends[0].high,
        "low": min(end.low for end in ends[1:]),
        "high": max(end.high for end in ends[1:]),
    }


def _rate_and_median(context: Context, item: RateAndMedian) -> Figures:
    rate, median = context.key(item.rate), context.key(item.median)
    if rate[:4] != median[:4] or (rate[5], median[5]) != (_RATE, "median"):
        raise Rejected("rate and median are of different curves")
    if item.margin not in {Fraction(1), _MONTHS_APART}:
        raise Rejected("an unknown margin")
    height, at = (context.edges(name, item.conventions) for name in (item.rate, item.median))
    return {
        "time": Fraction(rate[4]),
        "above_half": height.low > 50,
        "below_half": height.high < 50,
        "median_low": at.low,
        "median_high": at.high,
    }


def _curve(times: Sequence[tuple[Fraction, int, bool]]) -> list[tuple[Fraction, Fraction]]:
    """Give the Kaplan-Meier curve of groups of equal patients, as times and heights."""
    height, curve = Fraction(1), []
    for time in sorted({time for time, *_ in times}):
        at_risk = sum(count for other, count, _ in times if other >= time)
        events = sum(count for other, count, event in times if other == time and event)
        height *= 1 - Fraction(events, at_risk)
        curve.append((time, height))
    return curve


def _half(times: Sequence[tuple[Fraction, int, bool]]) -> Fraction | None:
    """Give the median of a curve that nowhere stays at exactly one half."""
    for time, height in _curve(times):
        if height == Fraction(1, 2):
            return None
        if height < Fraction(1, 2):
            return time
    return None


def _height(times: Sequence[tuple[Fraction, int, bool]], at: Fraction) -> Fraction:
    height = Fraction(1)
    for time, found in _curve(times):
        if time <= at:
            height = found
    return height


def _months_of_any_length(item: RateAndMedian) -> bool:
    return item.margin >= _MONTHS_APART and under_every_rounding(item)


CHECKS: Checks = {
    Steps: Verification(_steps, under_every_rounding),
    FollowUp: Verification(_follow_up),
    FollowUpWitness: Verification(_follow_up_witness),
    SharedEvents: Verification(_shared_events),
    SharedWitness: Verification(_shared_witness),
    GroupMedians: Verification(_group_medians),
    RateAndMedian: Verification(_rate_and_median, _months_of_any_length),
}
