"""The checker of proofs: computes every figure of a proof again from the printed numbers.

It shares no code with the rules that find things. It knows the ledger, the declared structure,
and the data of a proof; it reads printed numbers by rounding candidates and comparing, works in
whole numbers and fractions, and asks CP-SAT only whether whole numbers exist. A proof is accepted
when nothing in it differs from what is computed here, its words included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from analysis.audit import proof as data
from analysis.audit.certificate import Certificate
from analysis.audit.context import (
    Checks,
    Context,
    Rejected,
    Verification,
    under_every_rounding,
)
from analysis.audit.families.contingency import checks as contingency
from analysis.audit.families.p_values import checks as p_values
from analysis.audit.families.percentages import checks as percentages
from analysis.audit.families.percentages.certificates import Restated
from analysis.audit.families.quantities import checks as quantities
from analysis.audit.families.sums import checks as sums
from analysis.audit.proof import Finding, Verdict, written
from analysis.audit.structure import Structure, quantity_of

_RATE = "rate"


def faults(
    finding: Finding, ledger: Iterable[Mapping[str, Any]], structure: Structure
) -> list[str]:
    """Give everything in a finding that does not follow from the ledger; none if it is proved.

    Parameters
    ----------
    finding
        A finding with its proof.
    ledger
        Rows of the ledger, as mappings.
    structure
        What is declared about it.
    """
    context = Context(list(ledger), structure)
    found = _quotations(context, finding)
    if found:
        return found
    for number, certificate in enumerate(finding.proof.certificates, start=1):
        try:
            _expect(context, certificate)
        except (ValueError, LookupError, ArithmeticError) as error:
            found.append(f"certificate {number} ({certificate.kind}): {error}")
    if not found:
        quotes = {quoted.claim_id: quoted for quoted in finding.proof.claims}
        if finding.proof.steps != written(quotes, finding.proof.certificates):
            found.append("the steps do not say what the certificates show")
        found += _verdict(context, finding)
    return found


def _quotations(context: Context, finding: Finding) -> list[str]:
    found = []
    for quoted in finding.proof.claims:
        row = context.rows.get(quoted.claim_id)
        if row is None:
            found.append(f"{quoted.claim_id} is not in the ledger")
            continue
        for name in ("printed", "comparator", "denominator", "locator"):
            stated = row[name]
            if name == "denominator":
                stated = context.denominator(quoted.claim_id)
            if getattr(quoted, name) != stated:
                found.append(f"{quoted.claim_id}, {name}: the ledger has {stated!r}")
    quoted_ids = {quoted.claim_id for quoted in finding.proof.claims}
    used = {name for item in finding.proof.certificates for name in item.claims()}
    found += [f"{name} is used and not quoted" for name in sorted(used - quoted_ids)]
    known = set(context.rows)
    found += [f"{name} is not in the ledger" for name in finding.subject if name not in known]
    return found


def _expect(context: Context, certificate: Certificate) -> None:
    for name, value in CHECKS[type(certificate)].figures(context, certificate).items():
        stated = getattr(certificate, name)
        if stated != value:
            raise Rejected(f"{name} is {_short(stated)}, computed {_short(value)}")


def _verdict(context: Context, finding: Finding) -> list[str]:
    certificates = finding.proof.certificates
    refuting = [item for item in certificates if item.refutes()]
    match finding.verdict:
        case Verdict.IMPOSSIBLE:
            holds = any(CHECKS[type(item)].under_every_reading(item) for item in refuting)
        case Verdict.READING:
            holds = bool(refuting)
        case Verdict.RESTATED:
            holds = any(isinstance(item, Restated) for item in refuting)
        case Verdict.NARROW | Verdict.LIKELY:
            holds = bool(certificates) and not refuting
        case Verdict.UNDECIDED:
            holds = True
    if holds and finding.verdict in {Verdict.IMPOSSIBLE, Verdict.READING}:
        used = {name for item in refuting for name in item.claims()}
        keys = {context.key(name) for name in used}
        holds = all(context.key(name) in keys for name in finding.subject)
    return [] if holds else [f"the certificates do not show: {finding.verdict}"]


def _steps(context: Context, item: data.Steps) -> dict[str, Any]:
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


def _follow_up_claims(
    context: Context, item: data.FollowUp | data.FollowUpWitness
) -> tuple[int, int]:
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


def _follow_up(context: Context, item: data.FollowUp) -> dict[str, Any]:
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


def _follow_up_witness(context: Context, item: data.FollowUpWitness) -> dict[str, Any]:
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


def _shared_events(context: Context, item: data.SharedEvents) -> dict[str, Any]:
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


def _shared_witness(context: Context, item: data.SharedWitness) -> dict[str, Any]:
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


def _group_medians(context: Context, item: data.GroupMedians) -> dict[str, Any]:
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


def _rate_and_median(context: Context, item: data.RateAndMedian) -> dict[str, Any]:
    rate, median = context.key(item.rate), context.key(item.median)
    if rate[:4] != median[:4] or (rate[5], median[5]) != (_RATE, "median"):
        raise Rejected("rate and median are of different curves")
    if item.margin not in {Fraction(1), Fraction(11, 10)}:
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


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _months_of_any_length(item: data.RateAndMedian) -> bool:
    return item.margin >= Fraction(11, 10) and under_every_rounding(item)


CHECKS: Checks = {
    **contingency.CHECKS,
    **p_values.CHECKS,
    **quantities.CHECKS,
    **percentages.CHECKS,
    **sums.CHECKS,
    data.Steps: Verification(_steps, under_every_rounding),
    data.FollowUp: Verification(_follow_up),
    data.FollowUpWitness: Verification(_follow_up_witness),
    data.SharedEvents: Verification(_shared_events),
    data.SharedWitness: Verification(_shared_witness),
    data.GroupMedians: Verification(_group_medians),
    data.RateAndMedian: Verification(_rate_and_median, _months_of_any_length),
}
