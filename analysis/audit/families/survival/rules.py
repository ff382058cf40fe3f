"""Whether statements read off Kaplan-Meier curves can hold together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import comb

from analysis.audit.evidence import Claim, Evidence, exact_count
from analysis.audit.families.quantities.rules import ordered
from analysis.audit.families.survival.certificates import (
    FollowUp,
    FollowUpWitness,
    GroupMedians,
    RateAndMedian,
    SharedEvents,
    SharedWitness,
    Steps,
)
from analysis.audit.proof import Finding, Verdict, prove
from analysis.audit.rules import Check, Rule, decide
from analysis.study.printed import EVERY, Convention, Interval

# With d events there are about n^d choices of numbers at risk; more are not tried.
MOST_EVENTS = 2
# Months of 28 days and of 30.4375 days differ by less than this factor.
MONTHS_APART = Fraction(11, 10)


# Rates, medians and their order ---------------------------------------------------------------


def _rates(evidence: Evidence) -> dict[tuple[str, ...], list[tuple[Fraction, Claim]]]:
    """Give the survival rates by curve, each with its time, the earliest first."""
    found: dict[tuple[str, ...], list[tuple[Fraction, Claim]]] = {}
    for claim in evidence.claims.values():
        if claim.statistic == "rate" and claim.is_number:
            try:
                time = Fraction(claim.quantity.variable_level)
            except ValueError:
                continue
            found.setdefault(claim.key[:4], []).append((time, claim))
    return {curve: sorted(rates, key=lambda rate: rate[0]) for curve, rates in found.items()}


def _find_order(evidence: Evidence) -> Iterator[Check]:
    for curve, rates in _rates(evidence).items():
        for (early, first), (late, second) in combinations(rates, 2):
            if early < late:
                yield ordered(CURVES, evidence, second, first, "a survival curve does not rise")
        for (time, rate), median in product(rates, evidence.by_key.get((*curve, "", "median"), [])):
            if median.is_number:
                yield _rate_and_median(evidence, time, rate, median)


def _rate_and_median(evidence: Evidence, time: Fraction, rate: Claim, median: Claim) -> Check:
    certificate = rate_and_median(time, rate, median, MONTHS_APART)
    claims = (rate.claim_id, median.claim_id)
    says = f"{rate.quantity.variable}: {rate.printed} % at {time} and a median of {median.printed}"
    by_length = rate_and_median(time, rate, median, Fraction(1))
    if not by_length.refutes():
        return Check(claims, says=says)
    impossible = certificate.refutes()
    finding = Finding(
        rule=CURVES,
        verdict=Verdict.IMPOSSIBLE if impossible else Verdict.READING,
        title=says,
        subject=(),
        excluded=("rounded or cut off",) if impossible else ("months of one length",),
        allowed=() if impossible else ("months of different lengths",),
        proof=prove(evidence.quotes, certificate if impossible else by_length),
    )
    return Check(claims, finding)


def rate_and_median(time: Fraction, rate: Claim, median: Claim, margin: Fraction) -> RateAndMedian:
    """Certify on which side of a time the curve passes one half, by its rate and its median.

    The median is the first time at or below one half, or within a stretch at exactly one half.
    Where a month has 28 days for one of them and 30.44 for the other, times differ by a margin.
    """
    height = rate.values()
    median_low, median_high = median.values().ends
    return RateAndMedian(
        rate=rate.claim_id,
        median=median.claim_id,
        time=time,
        margin=margin,
        conventions=EVERY,
        above_half=height.low is not None and height.low > 50,
        below_half=height.high is not None and height.high < 50,
        median_low=median_low,
        median_high=median_high,
    )


# Heights of steps -----------------------------------------------------------------------------


def _find_steps(evidence: Evidence) -> Iterator[Check]:
    patients, n = evidence.patients, evidence.n
    if patients is None or n is None:
        return
    for endpoint, level in evidence.structure.survival.events.items():
        variable, _, value = level.partition("=")
        events = next(
            (
                claim
                for claim in evidence.claims.values()
                if (claim.quantity.variable, claim.quantity.variable_level) == (variable, value)
                and exact_count(claim) is not None
            ),
            None,
        )
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
            yield Check(
                tuple(claim.claim_id for claim in rates),
                Finding(
                    rule=STEPS,
                    verdict=Verdict.UNDECIDED,
                    title=f"{endpoint}: {count} events can have their numbers at risk in about "
                    f"10^{len(str(comb(n, count))) - 1} ways; not tried with more than "
                    f"{MOST_EVENTS} events",
                    subject=tuple(claim.claim_id for claim in rates),
                    proof=prove(evidence.quotes),
                ),
            )
            continue
        for rate in rates:
            yield _of_step(evidence, rate, events, patients, n, count)


def _of_step(
    evidence: Evidence, rate: Claim, events: Claim, patients: Claim, n: int, count: int
) -> Check:
    def certify(conventions: tuple[Convention, ...]) -> Steps:
        return steps(rate, events, patients, n, count, conventions)

    says = f"{rate.locator}: {rate.printed} % with {count} event(s)"
    check = decide(STEPS, evidence, certify, says, says=says)
    own = certify(evidence.own)
    if check.finding is None and len(own.fits) == 1 and own.fits[0]:
        at_risk = " and ".join(str(number) for number in own.fits[0])
        narrow = Finding(
            rule=STEPS,
            verdict=Verdict.NARROW,
            title=f"{rate.locator}: “{rate.printed}” with {count} event(s) leaves exactly "
            f"{at_risk} at risk",
            subject=(rate.claim_id,),
            proof=prove(evidence.quotes, own),
        )
        return Check(check.claims, narrow)
    return check


def steps(
    rate: Claim,
    events: Claim,
    patients: Claim,
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
        patients=patients.claim_id,
        conventions=conventions,
        n=n,
        count=count,
        fits=tuple(fits),
    )


# Median follow-up -----------------------------------------------------------------------------


def _find_follow_up(evidence: Evidence) -> Iterator[Check]:
    declared, patients, n = evidence.structure.survival, evidence.patients, evidence.n
    if not declared.follow_up or not declared.overall or patients is None or n is None:
        return
    variable, _, value = declared.events.get(declared.overall, "=").partition("=")
    deaths = next(
        (
            claim
            for claim in evidence.claims.values()
            if (claim.quantity.variable, claim.quantity.variable_level) == (variable, value)
            and exact_count(claim) is not None
        ),
        None,
    )
    medians = [c for c in evidence.numbers("median", declared.overall) if not c.quantity.group]
    follow_ups = [c for c in evidence.numbers("median", declared.follow_up) if not c.quantity.group]
    if deaths is None or not medians or not follow_ups:
        return
    median, follow_up = medians[0], follow_ups[0]
    repeated = tuple(claim.claim_id for claim in [*medians, *follow_ups])
    certificate = follow_up_counts(follow_up, median, deaths, patients, n)
    claims = tuple(dict.fromkeys([*certificate.claims(), *repeated]))
    if not certificate.refutes():
        yield Check(claims, says=f"median follow-up {follow_up.printed} as a plain median")
        return
    witness = _follow_up_witness(evidence, follow_up, median, deaths, patients, n)
    finding = Finding(
        rule=FOLLOW_UP,
        verdict=Verdict.READING,
        title=f"Median follow-up “{follow_up.printed}” is not the plain median of the {n} times "
        "of observation",
        subject=tuple(claim.claim_id for claim in follow_ups),
        excluded=("plain median of all times of observation",),
        allowed=("reverse Kaplan-Meier",) if witness else ("another definition",),
        explanations=("the median by reverse Kaplan-Meier", "the median of those still alive"),
        proof=prove(evidence.quotes, certificate, *([witness] if witness else [])),
    )
    yield Check(claims, finding)


def follow_up_counts(
    follow_up: Claim, median: Claim, deaths: Claim, patients: Claim, n: int
) -> FollowUp:
    """Certify how many patients can be, and must be, observed beyond the median of survival."""
    events = exact_count(deaths)
    later, earlier = follow_up.values().low, median.values().high
    assert events is not None
    assert later is not None
    assert earlier is not None
    return FollowUp(
        follow_up=follow_up.claim_id,
        median=median.claim_id,
        deaths=deaths.claim_id,
        patients=patients.claim_id,
        conventions=EVERY,
        n=n,
        events=events,
        median_high=earlier,
        follow_up_low=later,
        most=events,
        needed=n - n // 2,
    )


def _follow_up_witness(
    evidence: Evidence, follow_up: Claim, median: Claim, deaths: Claim, patients: Claim, n: int
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
                    patients=patients.claim_id,
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
    patients, n = evidence.patients, evidence.n
    if patients is None or n is None:
        return
    rates = _rates(evidence)
    for declared in evidence.structure.survival.shared:
        by_time: dict[Fraction, dict[str, list[Claim]]] = {}
        for curve, found in rates.items():
            if curve[1]:
                continue
            for time, claim in found:
                by_time.setdefault(time, {}).setdefault(curve[3], []).append(claim)
        for time, claims in sorted(by_time.items()):
            if {declared.all, declared.part, declared.rest} <= set(claims):
                whole, part, rest = (
                    claims[name][0] for name in (declared.all, declared.part, declared.rest)
                )
                yield _of_shared(evidence, time, whole, part, rest, patients, n)


def _of_shared(
    evidence: Evidence,
    time: Fraction,
    whole: Claim,
    part: Claim,
    rest: Claim,
    patients: Claim,
    n: int,
) -> Check:
    certificate = shared_events(whole, part, rest, patients, n)
    names = {whole.key, part.key, rest.key}
    stated = [claim.claim_id for claim in evidence.claims.values() if claim.key in names]
    claims = (*stated, patients.claim_id)
    shown = f"{whole.quantity.variable} {whole.printed} % and {part.quantity.variable} " \
        f"{part.printed} % at {time} months"  # fmt: skip
    if not certificate.refutes():
        return Check(claims, says=shown)
    witness = _shared_witness(evidence, time, whole, part, patients, n)
    finding = Finding(
        rule=SHARED,
        verdict=Verdict.READING,
        title=f"{shown} are not both censored at last contact",
        subject=(whole.claim_id, part.claim_id),
        excluded=("both censored at last contact",),
        allowed=(f"{part.quantity.variable} censored at last imaging",) if witness else (),
        proof=prove(evidence.quotes, certificate, *([witness] if witness else [])),
    )
    return Check(claims, finding)


def shared_events(whole: Claim, part: Claim, rest: Claim, patients: Claim, n: int) -> SharedEvents:
    """Certify the ratio of two curves with the same relapses against what deaths can make of it."""
    whole_low, whole_high = whole.values().ends
    part_low, part_high = part.values().ends
    return SharedEvents(
        all=whole.claim_id,
        part=part.claim_id,
        rest=rest.claim_id,
        patients=patients.claim_id,
        conventions=EVERY,
        n=n,
        least_rest=(rest.values().low or Fraction(0)) / 100,
        ratio_low=whole_low / part_high,
        ratio_high=whole_high / part_low if part_low else Fraction(2),
        one_death=1 - Fraction(1, n),
    )


def _shared_witness(
    evidence: Evidence, time: Fraction, whole: Claim, part: Claim, patients: Claim, n: int
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
                    patients=patients.claim_id,
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
        if not (first.is_number and second.is_number):
            # One that is not reached is above any number.
            yield Check(names, says=f"{variable} by {group}: {overall[0].printed} beside "
                        f"{first.printed} and {second.printed}")  # fmt: skip
            continue
        certificate = group_medians(overall[0], first, second)
        says = f"{variable} by {group}: {overall[0].printed} among {first.printed} and " \
            f"{second.printed}"  # fmt: skip
        if not certificate.refutes():
            yield Check(names, says=says)
            continue
        yield Check(
            names,
            Finding(
                rule=GROUPS,
                verdict=Verdict.READING,
                title=f"{variable} by {group}: the median of all, “{overall[0].printed}”, is not "
                f"between “{first.printed}” and “{second.printed}”",
                subject=(),
                excluded=("nobody is censored before the medians, groups of all patients",),
                allowed=("patients censored before the medians",),
                proof=prove(evidence.quotes, certificate),
            ),
        )


def group_medians(overall: Claim, first: Claim, second: Claim) -> GroupMedians:
    """Certify where the median of all is, and those of two groups."""
    ends = [claim.values() for claim in (overall, first, second)]
    lows = [end.low for end in ends if end.low is not None]
    highs = [end.high for end in ends if end.high is not None]
    return GroupMedians(
        overall=overall.claim_id,
        first=first.claim_id,
        second=second.claim_id,
        conventions=EVERY,
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
