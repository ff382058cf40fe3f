"""How certificates about Kaplan-Meier curves are checked: bounds, and curves of examples."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from analysis.audit.checker.counts import level_of
from analysis.audit.checker.kind import (
    AS_DECLARED,
    Kind,
    Said,
    agree,
    as_read,
    decimal,
    follows,
    known,
)
from analysis.audit.checker.ledger import Ledger, Rejected
from analysis.audit.checker.quantities import has_unit, months_in, readings, time_of
from analysis.audit.form import (
    Certificates,
    FollowUp,
    FollowUpWitness,
    GroupMedians,
    RateAndMedian,
    SharedEvents,
    SharedWitness,
    Steps,
    Verdict,
)

_RATE = "rate"
# Months of 28 days and of 30.4375 days differ by less than this factor.
MONTHS_APART = Fraction(11, 10)
# With d events there are about n^d choices of numbers at risk; more are not tried.
MOST_EVENTS = 2
_INCIDENCE = "one less a cumulative incidence, which is no product-limit estimate"
_ACTUARIAL = "life tables, or numbers read off another curve"


class OfSteps(Kind[Steps]):
    rule = "height of a step"

    def claims(self, item: Steps) -> list[str]:
        return [item.rate, item.events, *item.patients]

    def check(self, ledger: Ledger, item: Steps) -> None:
        known(item.conventions)
        key, n = ledger.key(item.rate), ledger.patients(item.patients)
        level, count = ledger.structure.survival.events.get(key[3]), ledger.exact(item.events)
        if level != level_of(ledger, item.events) or ledger.statistic(item.rate) != _RATE:
            raise Rejected("the events are not those of the curve")
        of = ledger.denominator(item.events)
        if key[1] or ledger.key(item.events)[1] or of not in {None, n}:
            raise Rejected("the events are not those of all patients")
        if count is None or count > MOST_EVENTS:
            raise Rejected("the number of events is not counted, or too great")
        agree(item, n=n, count=count, fits=tuple(self._fits(ledger, item, n, count)))

    def _fits(self, ledger: Ledger, item: Steps, n: int, count: int) -> list[tuple[int, ...]]:
        def printed(height: Fraction) -> bool:
            return ledger.prints(item.rate, 100 * height, item.conventions)

        # All sequences of numbers at risk: none, one event, two at once, two one after another.
        fits: list[tuple[int, ...]] = [()] if printed(Fraction(1)) else []
        if count:
            fits += [(k,) for k in range(1, n + 1) if printed(1 - Fraction(1, k))]
        if count == 2:
            for first in range(2, n + 1):
                if printed(1 - Fraction(2, first)):
                    fits.append((first, first))
                fits += [
                    (first, second)
                    for second in range(1, first)
                    if printed(Fraction((first - 1) * (second - 1), first * second))
                ]
        return fits

    def steps(self, ledger: Ledger, item: Steps) -> list[str]:
        result = [
            f"A Kaplan-Meier curve falls at an event by the factor 1 − d/n, with n at risk. "
            f"{ledger.quoted(item.events)} allows {item.count} event(s) among {item.n} patients.",
            f"Every number at risk is tried against {ledger.quoted(item.rate)}, "
            f"{as_read(item.conventions)}.",
        ]
        if len(item.fits) == 1:
            at_risk = ", ".join(str(number) for number in item.fits[0])
            return [*result, f"Only this fits: {at_risk} at risk."]
        return [*result, f"{len(item.fits)} choices fit." if item.fits else "None fits."]

    def says(self, ledger: Ledger, item: Steps, rest: Certificates) -> Said:
        quoted = ledger.quoted(item.rate)
        declared = (f"events are {level_of(ledger, item.events)}, {AS_DECLARED}",)
        if not item.fits:
            readings(self, ledger, item, item.conventions, rest)
            return Said(
                Verdict.READING,
                f"{quoted}: no number at risk gives it with {item.count} event(s)",
                (item.rate,),
                excluded=("a Kaplan-Meier estimate",),
                allowed=(_INCIDENCE, _ACTUARIAL),
                declared=declared,
            )
        if item.conventions != ledger.plain or len(item.fits) > 1 or not item.fits[0]:
            raise Rejected("several numbers at risk give the rate")
        at_risk = " and ".join(str(number) for number in item.fits[0])
        return Said(
            Verdict.NARROW,
            f"{quoted} with {item.count} event(s) leaves exactly {at_risk} at risk",
            (item.rate,),
            declared=declared,
        )


def _follow_up_claims(ledger: Ledger, item: FollowUp | FollowUpWitness) -> tuple[int, int]:
    declared = ledger.structure.survival
    follow_up, median = ledger.key(item.follow_up), ledger.key(item.median)
    n, deaths = ledger.patients(item.patients), ledger.exact(item.deaths)
    if (
        (follow_up[3], median[3]) != (declared.follow_up, declared.overall)
        or any(
            ledger.statistic(name) != "median" or ledger.key(name)[1]
            for name in (item.follow_up, item.median)
        )
        or declared.events.get(declared.overall or "") != level_of(ledger, item.deaths)
        or ledger.key(item.deaths)[1]
        or ledger.denominator(item.deaths) not in {None, n}
        or deaths is None
    ):
        raise Rejected("the claims are not those of follow-up, survival and deaths of all patients")
    return n, deaths


class OfFollowUp(Kind[FollowUp]):
    rule = "median follow-up"

    def claims(self, item: FollowUp) -> list[str]:
        return [item.follow_up, item.median, item.deaths, *item.patients]

    def check(self, ledger: Ledger, item: FollowUp) -> None:
        if item.conventions != ledger.every:
            raise Rejected("not every way of rounding is tried")
        n, deaths = _follow_up_claims(ledger, item)
        # With n times in order, the median is the mean of the two middle ones, or the middle one:
        # those from the upper middle on are no shorter than it.
        upper_middle = n // 2 + 1
        agree(
            item,
            n=n,
            events=deaths,
            median_high=ledger.edges(item.median, ledger.every).both[1],
            follow_up_low=ledger.edges(item.follow_up, ledger.every).both[0],
            needed=n - upper_middle + 1,
        )

    def _refuted(self, item: FollowUp) -> bool:
        return item.follow_up_low > item.median_high and item.needed > item.events

    def steps(self, ledger: Ledger, item: FollowUp) -> list[str]:
        return [
            "Let N patients still be observed after a time t, and D have died by then. Each factor "
            "of the Kaplan-Meier curve is 1 − d/n, where n is at least N and those who die from "
            "then until t. The product of these least factors telescopes to N/(N + D): the curve "
            "at t is at least N/(N + D).",
            f"{ledger.quoted(item.median)}: by {decimal(item.median_high)} months the curve is at "
            "or below one half, hence N is at most D.",
            f"{ledger.quoted(item.deaths)}: D is at most {item.events}, hence at most "
            f"{item.events} patients are observed beyond {decimal(item.median_high)} months.",
            f"{ledger.quoted(item.follow_up)}: if it were the plain median of the {item.n} times "
            f"of observation, at least {item.needed} of them would be "
            f"{decimal(item.follow_up_low)} months or longer.",
            f"{item.needed} is more than {item.events}: it is not the plain median."
            if self._refuted(item)
            else "There is no contradiction.",
        ]

    def says(self, ledger: Ledger, item: FollowUp, rest: Certificates) -> Said:
        if not self._refuted(item):
            raise Rejected("it can be the plain median")
        witness = follows(rest, FollowUpWitness, follow_up=item.follow_up, median=item.median)
        same = tuple(
            name
            for name in ledger.rows
            if (ledger.key(name), ledger.statistic(name)) == (ledger.key(item.follow_up), "median")
            and ledger.text(name, "printed") == ledger.text(item.follow_up, "printed")
        )
        return Said(
            Verdict.READING,
            f"Median follow-up “{ledger.text(item.follow_up, 'printed')}” is not the plain median "
            f"of the {item.n} times of observation",
            same,
            excluded=("plain median of all times of observation",),
            allowed=("reverse Kaplan-Meier",) if witness else ("another definition",),
            declared=(f"deaths are {level_of(ledger, item.deaths)}, {AS_DECLARED}",),
            explanations=("the median by reverse Kaplan-Meier", "the median of those still alive"),
        )


class OfFollowUpWitness(Kind[FollowUpWitness]):
    def claims(self, item: FollowUpWitness) -> list[str]:
        return [item.follow_up, item.median, item.deaths, *item.patients]

    def check(self, ledger: Ledger, item: FollowUpWitness) -> None:
        known(item.conventions)
        n, deaths = _follow_up_claims(ledger, item)
        if any(count < 1 or time < 0 for count, time, _ in item.groups):
            raise Rejected("the example has no such patients")
        if sum(count for count, *_ in item.groups) != n or deaths != sum(
            count for count, _, died in item.groups if died
        ):
            raise Rejected("the example has other numbers of patients or deaths")
        survival = _half([(time, count, died) for count, time, died in item.groups])
        reverse = _half([(time, count, not died) for count, time, died in item.groups])
        for name, found in ((item.median, survival), (item.follow_up, reverse)):
            if found is None or not ledger.prints(name, found, item.conventions):
                raise Rejected(f"the example does not give {name}")

    def steps(self, ledger: Ledger, item: FollowUpWitness) -> list[str]:
        words = "; ".join(
            f"{count} {'die' if died else 'are last seen'} at {decimal(time)} months"
            for count, time, died in item.groups
        )
        return [
            f"An example: {words}.",
            f"Its Kaplan-Meier median is {ledger.quoted(item.median)}, its reverse Kaplan-Meier "
            f"median of follow-up {ledger.quoted(item.follow_up)}.",
        ]


def _shared_claims(ledger: Ledger, whole: str, part: str, rest: str | None) -> None:
    names = [name for name in (whole, part, rest) if name is not None]
    keys = [ledger.key(name) for name in names]
    declared = [
        shared
        for shared in ledger.structure.survival.shared
        if [shared.all, shared.part, shared.rest][: len(keys)] == [key[3] for key in keys]
    ]
    same = len({(*key[:3], key[4]) for key in keys}) == 1
    rates = all(ledger.statistic(name) == _RATE for name in names)
    if not declared or not same or not rates or keys[0][1]:
        raise Rejected("the rates are not those of curves that share events")


class OfSharedEvents(Kind[SharedEvents]):
    rule = "curves that share events"

    def claims(self, item: SharedEvents) -> list[str]:
        return [item.all, item.part, item.rest, *item.patients]

    def check(self, ledger: Ledger, item: SharedEvents) -> None:
        if item.conventions != ledger.every:
            raise Rejected("not every way of rounding is tried")
        _shared_claims(ledger, item.all, item.part, item.rest)
        n = ledger.patients(item.patients)
        whole, part, rest = (
            ledger.edges(name, ledger.every).both for name in (item.all, item.part, item.rest)
        )
        if part[0] <= 0:
            raise Rejected("a curve that can be at 0 has no ratio")
        agree(
            item,
            n=n,
            least_rest=rest[0] / 100,
            ratio_low=whole[0] / part[1],
            ratio_high=whole[1] / part[0],
        )

    def _step(self, item: SharedEvents) -> Fraction:
        return Fraction(item.n - 1, item.n)

    def _refuted(self, item: SharedEvents) -> bool:
        step = self._step(item)
        return step < item.least_rest and step < item.ratio_low and item.ratio_high < 1

    def steps(self, ledger: Ledger, item: SharedEvents) -> list[str]:
        step = decimal(self._step(item), 5)
        return [
            f"One event among {item.n} patients or fewer lowers a Kaplan-Meier curve to "
            f"1 − 1/{item.n} = {step} or less. {ledger.quoted(item.rest)} is "
            f"{decimal(item.least_rest)} or more, so that there was no such event by then.",
            "Until then, therefore, both curves fall at the same relapses, and if both are "
            "censored at last contact the same patients are at risk: they differ only by deaths "
            "without relapse, which the first curve counts as events.",
            f"Their ratio is 1 without such a death. With one or more it is {step} or less, as "
            f"each gives a factor (n − r − d)/(n − r) of at most 1 − 1/{item.n}.",
            f"{ledger.quoted(item.all)} over {ledger.quoted(item.part)} is between "
            f"{decimal(item.ratio_low, 5)} and {decimal(item.ratio_high, 5)}: "
            + (
                f"neither 1 nor {step} or less. They are not both censored at last contact."
                if self._refuted(item)
                else "this can be."
            ),
        ]

    def says(self, ledger: Ledger, item: SharedEvents, rest: Certificates) -> Said:
        if not self._refuted(item):
            raise Rejected("both can be censored at last contact")
        witness = follows(rest, SharedWitness, all=item.all, part=item.part)
        whole, part = ledger.key(item.all), ledger.key(item.part)
        one, two = (ledger.text(name, "printed") for name in (item.all, item.part))
        time = time_of(whole[4]) or Fraction(0)
        return Said(
            Verdict.READING,
            f"{whole[3]} {one}% and {part[3]} {two}% at {decimal(time, 2)} months are not both "
            "censored at last contact",
            (item.all, item.part),
            excluded=("both censored at last contact",),
            allowed=(f"{part[3]} censored at last imaging",) if witness else ("other patients",),
            declared=(f"{whole[3]} and {part[3]} share their relapses, {AS_DECLARED}",),
        )


class OfSharedWitness(Kind[SharedWitness]):
    def claims(self, item: SharedWitness) -> list[str]:
        return [item.all, item.part, *item.patients]

    def check(self, ledger: Ledger, item: SharedWitness) -> None:
        known(item.conventions)
        _shared_claims(ledger, item.all, item.part, None)
        if any(count < 1 for count, *_ in item.groups) or sum(
            count for count, *_ in item.groups
        ) != ledger.patients(item.patients):
            raise Rejected("the example has another number of patients")
        whole, part = [], []
        for count, relapse, death, imaging, contact in item.groups:
            if imaging > contact or imaging < 0 or (death is not None and death != contact):
                raise Rejected("the example has a patient imaged after the last contact")
            if relapse is not None and not (relapse == imaging == contact and death is None):
                raise Rejected("the example follows a patient beyond the relapse")
            events = [time for time in (relapse, death) if time is not None]
            whole.append((min(events, default=contact), count, bool(events)))
            part.append((imaging if relapse is None else relapse, count, relapse is not None))
        agree(item, months=time_of(ledger.key(item.all)[4]))
        for name, times in ((item.all, whole), (item.part, part)):
            height = 100 * _height(times, item.months)
            if not ledger.prints(name, height, item.conventions):
                raise Rejected(f"the example does not give {name}")

    def steps(self, ledger: Ledger, item: SharedWitness) -> list[str]:
        def words(
            relapse: Fraction | None, death: Fraction | None, imaging: Fraction, contact: Fraction
        ) -> str:
            if relapse is not None:
                return f"relapse at {decimal(relapse)} months"
            end = "die" if death is not None else "are last seen"
            return f"{end} at {decimal(contact)} months, last imaged at {decimal(imaging)}"

        told = "; ".join(
            f"{count} {words(relapse, death, imaging, contact)}"
            for count, relapse, death, imaging, contact in item.groups
        )
        return [
            f"An example: {told}.",
            f"With relapse censored at last imaging, the rates are {ledger.quoted(item.all)} and "
            f"{ledger.quoted(item.part)}.",
        ]


class OfGroupMedians(Kind[GroupMedians]):
    rule = "medians of groups"

    def claims(self, item: GroupMedians) -> list[str]:
        return [item.overall, item.first, item.second]

    def check(self, ledger: Ledger, item: GroupMedians) -> None:
        if item.conventions != ledger.every:
            raise Rejected("not every way of rounding is tried")
        keys = [ledger.key(name) for name in self.claims(item)]
        of = ledger.structure.survival.groups
        levels = {
            ledger.key(name)[2]
            for name in ledger.rows
            if ledger.key(name)[:2] == keys[1][:2] and ledger.key(name)[3:] == keys[1][3:]
        }
        if (
            keys[0][1]
            or keys[1][:2] != keys[2][:2]
            or keys[1][0] != of
            or levels != {keys[1][2], keys[2][2]}
            or len(levels) != 2
            or len({key[3:] for key in keys}) != 1
            or any(ledger.statistic(name) != "median" for name in self.claims(item))
        ):
            raise Rejected("the medians are not those of two groups and of all")
        ends = [ledger.edges(name, ledger.every).both for name in self.claims(item)]
        agree(
            item,
            overall_low=ends[0][0],
            overall_high=ends[0][1],
            low=min(end[0] for end in ends[1:]),
            high=max(end[1] for end in ends[1:]),
        )

    def steps(self, ledger: Ledger, item: GroupMedians) -> list[str]:
        return [
            f"{ledger.quoted(item.first)} and {ledger.quoted(item.second)} are from "
            f"{decimal(item.low)} to {decimal(item.high)}; {ledger.quoted(item.overall)} is "
            "outside.",
            "While nobody is censored, the curve of all patients is the mean of the two curves, "
            "weighted by patients: its median is between theirs. With censoring before, it need "
            "not be.",
        ]

    def says(self, ledger: Ledger, item: GroupMedians, rest: Certificates) -> Said:
        if item.overall_high >= item.low and item.overall_low <= item.high:
            raise Rejected("the median of all is between those of the groups")
        key = ledger.key(item.first)
        overall, first, second = (ledger.text(name, "printed") for name in self.claims(item))
        return Said(
            Verdict.READING,
            f"{key[3]} by {key[1]}: the median of all, “{overall}”, is not between “{first}” and "
            f"“{second}”",
            excluded=("nobody is censored before the medians, groups of all patients",),
            allowed=("patients censored before the medians",),
            declared=(f"the groups of {key[0]} make up all, {AS_DECLARED}",),
        )


class OfRateAndMedian(Kind[RateAndMedian]):
    rule = "order on survival curves"

    def claims(self, item: RateAndMedian) -> list[str]:
        return [item.rate, item.median]

    def check(self, ledger: Ledger, item: RateAndMedian) -> None:
        if item.conventions != ledger.every or item.margin not in {Fraction(1), MONTHS_APART}:
            raise Rejected("not every way of rounding is tried, or an unknown margin")
        rate, median = ledger.key(item.rate), ledger.key(item.median)
        statistics = (ledger.statistic(item.rate), ledger.statistic(item.median))
        if rate[:4] != median[:4] or median[4] or statistics != (_RATE, "median"):
            raise Rejected("rate and median are of different curves")
        height, at = (ledger.edges(name, ledger.every) for name in (item.rate, item.median))
        unit = Fraction(1)
        if has_unit(rate[4]):
            # The time is in months; a median without a unit may be in any.
            known = months_in(str(ledger.row(item.median).get("unit") or ""))
            if known is None:
                raise Rejected("the unit of the median is not told")
            unit = known
        agree(
            item,
            time=time_of(rate[4]),
            above_half=height.low is not None and height.low > 50,
            below_half=height.high is not None and height.high < 50,
            median_low=at.both[0] * unit,
            median_high=at.both[1] * unit,
        )

    def steps(self, ledger: Ledger, item: RateAndMedian) -> list[str]:
        side = "above" if item.above_half else "below"
        where = "later than" if item.above_half else "no later than"
        return [
            f"{ledger.quoted(item.rate)}: at {decimal(item.time)} the curve is {side} one half, so "
            f"that its median is {where} {decimal(item.time)}.",
            f"{ledger.quoted(item.median)} is from {decimal(item.median_low)} to "
            f"{decimal(item.median_high)}.",
        ]

    def says(self, ledger: Ledger, item: RateAndMedian, rest: Certificates) -> Said:
        early = item.above_half and item.median_high * item.margin <= item.time
        late = item.below_half and item.median_low > item.time * item.margin
        if not early and not late:
            raise Rejected("rate and median agree")
        rate, median = (ledger.text(name, "printed") for name in (item.rate, item.median))
        name, level = ledger.key(item.rate)[3], ledger.key(item.rate)[4]
        # One unit that makes both of one curve: years beside months, weeks, days.
        unit = (
            "the time of the rate and the median are in different units, such as years and months"
        )
        allowed = [unit, "the two are of different curves, or the median by interpolation"]
        if item.margin == 1:
            allowed.insert(0, "months of different lengths")
        return Said(
            Verdict.READING,
            f"{name}: {rate}% at {level} and a median of {median}",
            excluded=("one curve, and one unit of time",),
            allowed=allowed,
        )


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
