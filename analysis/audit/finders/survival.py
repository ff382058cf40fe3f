"""Whether statements read off Kaplan-Meier curves can hold together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product

from analysis.audit.finders.evidence import Claim, Evidence, exact_count
from analysis.audit.finders.quantities import ordered
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.finders.times import Time, months_in, time_of
from analysis.audit.form import (
    FollowUp,
    FollowUpWitness,
    GroupMedians,
    RateAndMedian,
    SharedEvents,
    SharedWitness,
    Steps,
    Untried,
)
from analysis.study.printed import Convention, Interval

# With d events there are about n^d choices of numbers at risk; more are not tried.
MOST_EVENTS = 2
# Months of 28 days and of 30.4375 days differ by less than this factor.
MONTHS_APART = Fraction(11, 10)
# Of two endpoints of the same patients, which curve lies below which.
BELOW = [("PFS", "OS"), ("DFS", "OS"), ("RFS", "OS"), ("EFS", "OS"), ("PFS", "TTP")]


# Rates, medians and their order ---------------------------------------------------------------


def _rates(
    evidence: Evidence, statistic: str = "rate"
) -> dict[tuple[str, ...], list[tuple[Time, Claim]]]:
    """Give the survival rates by curve, each with its time, the earliest first."""
    found: dict[tuple[str, ...], list[tuple[Time, Claim]]] = {}
    for claim in evidence.claims.values():
        time = time_of(claim.quantity.variable_level)
        if claim.statistic == statistic and claim.is_number and time is not None:
            found.setdefault(claim.key[:4], []).append((time, claim))
    return {curve: sorted(rates, key=lambda rate: rate[0]) for curve, rates in found.items()}


def _find_order(evidence: Evidence) -> Iterator[Check]:
    rates = _rates(evidence)
    for curve, found in rates.items():
        for (early, first), (late, second) in pairwise(found):
            if early.told == late.told and early < late:
                yield ordered(evidence, second, first)
        for (time, rate), median in product(found, evidence.by_key.get((*curve, "", "median"), [])):
            unit = months_in(median.unit) if time.told else Fraction(1)
            if median.comparator == "=" and unit is not None:
                yield _rate_and_median(evidence, time.value, unit, rate, median)
    for found in _rates(evidence, "incidence").values():
        for (early, first), (late, second) in pairwise(found):
            if early.told == late.told and early < late:
                yield ordered(evidence, first, second)
    for below, above in BELOW:
        for smaller in evidence.claims.values():
            if smaller.quantity.variable == below and smaller.statistic in {"rate", "median"}:
                key = (*smaller.quantity._replace(variable=above), smaller.statistic)
                for larger in evidence.by_key.get(key, []):
                    if smaller.is_number and larger.is_number:
                        yield ordered(evidence, smaller, larger)


def _rate_and_median(
    evidence: Evidence, time: Fraction, unit: Fraction, rate: Claim, median: Claim
) -> Check:
    claims = (rate.claim_id, median.claim_id)
    for margin in (MONTHS_APART, Fraction(1)):
        certificate = rate_and_median(evidence.ways, time, unit, rate, median, margin)
        early = certificate.above_half and certificate.median_high * margin <= time
        if early or (certificate.below_half and certificate.median_low > time * margin):
            return Check(claims, (certificate,))
    at = rate.quantity.variable_level
    says = f"{rate.quantity.variable}: {rate.printed}% at {at} and a median of {median.printed}"
    return Check(claims, says=says)


def rate_and_median(
    ways: tuple[Convention, ...],
    time: Fraction,
    unit: Fraction,
    rate: Claim,
    median: Claim,
    margin: Fraction,
) -> RateAndMedian:
    """Certify on which side of a time the curve passes one half, by its rate and its median.

    The median is the first time at or below one half, or within a stretch at exactly one half.
    Where a month has 28 days for one of them and 30.44 for the other, times differ by a margin.
    """
    height = rate.values(ways)
    median_low, median_high = (end * unit for end in median.values(ways).ends)
    return RateAndMedian(
        rate=rate.claim_id,
        median=median.claim_id,
        time=time,
        margin=margin,
        conventions=ways,
        above_half=height.low is not None and height.low > 50,
        below_half=height.high is not None and height.high < 50,
        median_low=median_low,
        median_high=median_high,
    )


# Heights of steps -----------------------------------------------------------------------------


def _find_steps(evidence: Evidence) -> Iterator[Check]:
    patients, n = evidence.patients(), evidence.n()
    if n is None:
        return
    for endpoint, level in evidence.structure.survival.events.items():
        events = _counted(evidence, level, n)
        rates = [
            claim
            for curve, found in _rates(evidence).items()
            for _, claim in found
            if claim.quantity.variable == endpoint and not curve[1] and claim.comparator == "="
        ]
        if events is None or not rates:
            continue
        count = exact_count(events)
        assert count is not None
        if count > MOST_EVENTS:
            names = tuple(claim.claim_id for claim in rates)
            untried = Untried(rule=STEPS, about=names, because="events", cases=count)
            yield Check((), (untried,))
            continue
        for rate in rates:
            yield _of_step(evidence, rate, events, patients, n)


def _counted(evidence: Evidence, level: str, n: int) -> Claim | None:
    """Give the claim that counts a level in all patients."""
    variable, _, value = level.partition("=")
    return next(
        (
            claim
            for claim in evidence.claims.values()
            if (claim.quantity.variable, claim.quantity.variable_level) == (variable, value)
            and not claim.quantity.group
            and claim.denominator in {None, n}
            and exact_count(claim) is not None
        ),
        None,
    )


def _of_step(
    evidence: Evidence, rate: Claim, events: Claim, patients: tuple[str, ...], n: int
) -> Check:
    count = exact_count(events)
    assert count is not None
    every, own = (
        steps(rate, events, patients, n, count, way) for way in (evidence.ways, evidence.own)
    )
    names = (rate.claim_id, events.claim_id, *patients)
    if not every.fits:
        return Check(names, (every,))
    if not own.fits:
        return Check(names, (own, every))
    if len(own.fits) == 1 and own.fits[0]:
        return Check(names, (own,))
    return Check(names, says=f"{rate.locator}: {rate.printed}% with {count} event(s)")


def steps(
    rate: Claim,
    events: Claim,
    patients: tuple[str, ...],
    n: int,
    count: int,
    conventions: tuple[Convention, ...],
) -> Steps:
    """Certify the numbers at risk with which up to `count` events give a printed rate.

    Events at one time and at different times are both tried; an event may also be later than the
    rate.
    """
    allowed = rate.values(conventions)
    fits: list[tuple[int, ...]] = [()] if Fraction(100) in allowed else []
    if count >= 1:
        fits += [(k,) for k in range(1, n + 1) if 100 * (1 - Fraction(1, k)) in allowed]
    if count >= 2:
        for first in range(2, n + 1):
            # Two events at one time, written as the same number at risk twice.
            if 100 * (1 - Fraction(2, first)) in allowed:
                fits.append((first, first))
            fits += [
                (first, second)
                for second in range(1, first)
                if 100 * (1 - Fraction(1, first)) * (1 - Fraction(1, second)) in allowed
            ]
    return Steps(
        rate=rate.claim_id,
        events=events.claim_id,
        patients=patients,
        conventions=conventions,
        n=n,
        count=count,
        fits=tuple(fits),
    )


# Median follow-up -----------------------------------------------------------------------------


def _find_follow_up(evidence: Evidence) -> Iterator[Check]:
    declared, patients, n = evidence.structure.survival, evidence.patients(), evidence.n()
    if not declared.follow_up or not declared.overall or n is None:
        return
    deaths = _counted(evidence, declared.events.get(declared.overall, "="), n)
    medians, follow_ups = (
        [
            claim
            for claim in evidence.numbers("median", variable)
            if not claim.quantity.group and claim.comparator == "="
        ]
        for variable in (declared.overall, declared.follow_up)
    )
    if deaths is None or not medians or not follow_ups:
        return
    median, follow_up = medians[0], follow_ups[0]
    repeated = tuple(claim.claim_id for claim in [*medians, *follow_ups])
    certificate = follow_up_counts(evidence.ways, follow_up, median, deaths, patients, n)
    claims = tuple(dict.fromkeys([*repeated, deaths.claim_id, *patients]))
    later = certificate.follow_up_low > certificate.median_high
    if not later or certificate.needed <= certificate.events:
        yield Check(claims, says=f"median follow-up {follow_up.printed} as a plain median")
        return
    witness = _follow_up_witness(evidence, follow_up, median, deaths, patients, n)
    yield Check(claims, (certificate, *([witness] if witness else [])))


def follow_up_counts(
    ways: tuple[Convention, ...],
    follow_up: Claim,
    median: Claim,
    deaths: Claim,
    patients: tuple[str, ...],
    n: int,
) -> FollowUp:
    """Certify how many patients can be, and must be, observed beyond the median of survival."""
    events = exact_count(deaths)
    later, earlier = follow_up.values(ways).low, median.values(ways).high
    assert events is not None
    assert later is not None
    assert earlier is not None
    return FollowUp(
        follow_up=follow_up.claim_id,
        median=median.claim_id,
        deaths=deaths.claim_id,
        patients=patients,
        conventions=ways,
        n=n,
        events=events,
        median_high=earlier,
        follow_up_low=later,
        needed=n - n // 2,
    )


def _follow_up_witness(
    evidence: Evidence,
    follow_up: Claim,
    median: Claim,
    deaths: Claim,
    patients: tuple[str, ...],
    n: int,
) -> FollowUpWitness | None:
    """Look for patients in three groups who have both medians, and the deaths, that are printed.

    Some are last seen early, all deaths are at the median, some are last seen at the median of
    follow-up and the rest later.
    """
    events = exact_count(deaths)
    assert events is not None
    middle, reach = _inside(median.values(evidence.own)), _inside(follow_up.values(evidence.own))
    for early in range(n - events):
        at_risk = n - early
        if 2 * (at_risk - events) >= at_risk:
            continue
        left = at_risk - events
        for reached in range(1, left + 1):
            # Reverse Kaplan-Meier after the early ones, then after those at the median.
            before = Fraction(at_risk, n)
            after = before * Fraction(left - reached, left)
            if after < Fraction(1, 2) < before:
                groups = [
                    (early, middle / 2, False),
                    (events, middle, True),
                    (reached, reach, False),
                    (left - reached, 2 * reach, False),
                ]
                return FollowUpWitness(
                    follow_up=follow_up.claim_id,
                    median=median.claim_id,
                    deaths=deaths.claim_id,
                    patients=patients,
                    conventions=evidence.own,
                    groups=tuple(group for group in groups if group[0]),
                )
    return None


def _inside(interval: Interval) -> Fraction:
    """Give the number in the middle of an interval."""
    low, high = interval.ends
    return (low + high) / 2


# Curves that share events ---------------------------------------------------------------------


def _find_shared(evidence: Evidence) -> Iterator[Check]:
    patients, n = evidence.patients(), evidence.n()
    if n is None:
        return
    rates = _rates(evidence)
    for declared in evidence.structure.survival.shared:
        by_time: dict[tuple[str, Time], dict[str, list[Claim]]] = {}
        for curve, found in rates.items():
            if curve[1]:
                continue
            for time, claim in found:
                if claim.comparator == "=":
                    at = by_time.setdefault((curve[0], time), {})
                    at.setdefault(curve[3], []).append(claim)
        for (_, time), claims in sorted(by_time.items()):
            if {declared.all, declared.part, declared.rest} <= set(claims):
                whole, part, rest = (
                    claims[name][0] for name in (declared.all, declared.part, declared.rest)
                )
                yield _of_shared(evidence, time.value, whole, part, rest, patients, n)


def _of_shared(
    evidence: Evidence,
    time: Fraction,
    whole: Claim,
    part: Claim,
    rest: Claim,
    patients: tuple[str, ...],
    n: int,
) -> Check:
    names = {whole.key, part.key, rest.key}
    stated = [claim.claim_id for claim in evidence.claims.values() if claim.key in names]
    claims = (*stated, *patients)
    if part.values(evidence.ways).ends[0] > 0:
        found = shared_events(evidence.ways, whole, part, rest, patients, n)
        step = Fraction(n - 1, n)
        if step < found.least_rest and step < found.ratio_low and found.ratio_high < 1:
            witness = _shared_witness(evidence, time, whole, part, patients, n)
            return Check(claims, (found, *([witness] if witness else [])))
    return Check(
        claims,
        says=f"{whole.quantity.variable} {whole.printed}% and {part.quantity.variable} "
        f"{part.printed}% at {time} months",
    )


def shared_events(
    ways: tuple[Convention, ...],
    whole: Claim,
    part: Claim,
    rest: Claim,
    patients: tuple[str, ...],
    n: int,
) -> SharedEvents:
    """Certify the ratio of two curves with the same relapses against what deaths can make of it."""
    whole_low, whole_high = whole.values(ways).ends
    part_low, part_high = part.values(ways).ends
    return SharedEvents(
        all=whole.claim_id,
        part=part.claim_id,
        rest=rest.claim_id,
        patients=patients,
        conventions=ways,
        n=n,
        least_rest=(rest.values(ways).low or Fraction(0)) / 100,
        ratio_low=whole_low / part_high,
        ratio_high=whole_high / part_low,
    )


def _shared_witness(
    evidence: Evidence,
    time: Fraction,
    whole: Claim,
    part: Claim,
    patients: tuple[str, ...],
    n: int,
) -> SharedWitness | None:
    """Look for patients with both rates, in five groups one after another before the time.

    Some are lost to contact, some relapse, some are imaged for the last time, some more relapse,
    some die without relapse; the others are followed beyond.
    """
    wanted, apart = whole.values(evidence.own), part.values(evidence.own)
    moments = [time * k / 6 for k in range(1, 6)]
    for lost in range(n // 2):
        left = n - lost
        events = [e for e in range(1, left) if 100 * (1 - Fraction(e, left)) in wanted]
        for total, deaths in ((t, d) for t in events for d in range(t)):
            for early, unseen in product(range(0, total - deaths + 1, 5), range(0, 16)):
                late = total - deaths - early
                at_risk = left - early - unseen
                if at_risk <= late or unseen > left - total:
                    continue
                height = (1 - Fraction(early, left)) * (1 - Fraction(late, at_risk))
                if 100 * height not in apart:
                    continue
                beyond = 2 * time
                groups = [
                    (lost, None, None, moments[0], moments[0]),
                    (early, moments[1], None, moments[1], moments[1]),
                    (unseen, None, None, moments[2], beyond),
                    (late, moments[3], None, moments[3], moments[3]),
                    (deaths, None, moments[4], moments[4], moments[4]),
                    (left - total - unseen, None, None, beyond, beyond),
                ]
                return SharedWitness(
                    all=whole.claim_id,
                    part=part.claim_id,
                    patients=patients,
                    months=time,
                    conventions=evidence.own,
                    groups=tuple(group for group in groups if group[0]),
                )
    return None


# Medians of groups ----------------------------------------------------------------------------


def _find_groups(evidence: Evidence) -> Iterator[Check]:
    analysis = evidence.structure.survival.groups
    if not analysis:
        return
    pairs: dict[tuple[str, str], list[Claim]] = {}
    for claim in evidence.claims.values():
        quantity = claim.quantity
        if quantity.analysis_id == analysis and claim.statistic == "median":
            pairs.setdefault((quantity.group, quantity.variable), []).append(claim)
    for (group, variable), claims in pairs.items():
        levels = {claim.quantity.group_level: claim for claim in claims}
        overall = [
            claim
            for claim in evidence.numbers("median", variable)
            if not claim.quantity.group and claim.quantity.analysis_id != analysis
        ]
        if len(levels) != 2 or not overall:
            continue
        names = tuple(claim.claim_id for claim in [*claims, *overall])
        first, second = levels.values()
        if not first.comparator == second.comparator == overall[0].comparator == "=":
            # One that is not reached is above any number.
            yield Check(names, says=f"{variable} by {group}: {overall[0].printed} beside "
                        f"{first.printed} and {second.printed}")  # fmt: skip
            continue
        certificate = group_medians(evidence.ways, overall[0], first, second)
        if certificate.overall_high < certificate.low or certificate.overall_low > certificate.high:
            yield Check(names, (certificate,))
            continue
        yield Check(
            names,
            says=f"{variable} by {group}: {overall[0].printed} among {first.printed} and "
            f"{second.printed}",
        )


def group_medians(
    ways: tuple[Convention, ...], overall: Claim, first: Claim, second: Claim
) -> GroupMedians:
    """Certify where the median of all is, and those of two groups."""
    ends = [claim.values(ways) for claim in (overall, first, second)]
    lows = [end.low for end in ends if end.low is not None]
    highs = [end.high for end in ends if end.high is not None]
    return GroupMedians(
        overall=overall.claim_id,
        first=first.claim_id,
        second=second.claim_id,
        conventions=ways,
        overall_low=lows[0],
        overall_high=highs[0],
        low=min(lows[1:]),
        high=max(highs[1:]),
    )


CURVES = "order on survival curves"
STEPS = "height of a step"
FOLLOW_UP = "median follow-up"
SHARED = "curves that share events"
GROUPS = "medians of groups"
_SOURCE = "Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-81"
RULES = (
    Rule(
        CURVES,
        "Do survival rates fall with time, and is the median where they pass one half?",
        f"{_SOURCE}; Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.",
        _find_order,
    ),
    Rule(
        STEPS,
        "Can so few events give this rate, and with how many at risk?",
        f"{_SOURCE}: a step is 1 − d/n.",
        _find_steps,
    ),
    Rule(
        FOLLOW_UP,
        "Is the median follow-up the plain median of the times of observation?",
        "Schemper M, Smith TL. Control Clin Trials 1996;17:343-6; bound from the product-limit "
        "formula.",
        _find_follow_up,
    ),
    Rule(
        SHARED,
        "Can two curves that share their relapses be as far apart as they are?",
        f"Bound on the ratio of two product-limit estimates; {_SOURCE}.",
        _find_shared,
    ),
    Rule(
        GROUPS,
        "Is the median of all between the medians of two groups?",
        "A mixture of two curves; with censoring it need not be.",
        _find_groups,
    ),
)
