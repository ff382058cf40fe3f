"""Certificates about statements read off Kaplan-Meier curves."""

# ruff: noqa: D102 (the three methods of every certificate are described in `Certificate`)

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from analysis.audit.certificate import Certificate, Quotes, as_read, decimal
from analysis.study.printed import Convention


class Steps(Certificate):
    """Heights that a Kaplan-Meier curve with few events can have, as numbers at risk.

    `fits` are the numbers at risk at the events, in order, that give the printed rate.
    """

    kind: Literal["steps"] = "steps"
    rate: str
    events: str
    patients: str
    conventions: tuple[Convention, ...]
    n: int
    count: int
    fits: tuple[tuple[int, ...], ...]

    def claims(self) -> list[str]:
        return [self.rate, self.events, self.patients]

    def refutes(self) -> bool:
        return not self.fits

    def steps(self, quotes: Quotes) -> list[str]:
        result = [
            f"A Kaplan-Meier curve falls at an event by the factor 1 − d/n, with n at risk. "
            f"{quotes[self.events]} allows {self.count} event(s) among {self.n} patients.",
            f"Every number at risk is tried against {quotes[self.rate]}, "
            f"{as_read(self.conventions)}.",
        ]
        if len(self.fits) == 1:
            at_risk = ", ".join(str(number) for number in self.fits[0])
            return [*result, f"Only this fits: {at_risk} at risk."]
        return [*result, f"{len(self.fits)} choices fit." if self.fits else "None fits."]


class FollowUp(Certificate):
    """Observation times beyond a median of survival: how many there can be, and must be."""

    kind: Literal["follow-up"] = "follow-up"
    follow_up: str
    median: str
    deaths: str
    patients: str
    conventions: tuple[Convention, ...]
    n: int
    events: int
    median_high: Fraction
    follow_up_low: Fraction
    most: int
    needed: int

    def claims(self) -> list[str]:
        return [self.follow_up, self.median, self.deaths, self.patients]

    def refutes(self) -> bool:
        return self.follow_up_low > self.median_high and self.needed > self.most

    def steps(self, quotes: Quotes) -> list[str]:
        return [
            "Let N patients still be observed after a time t, and D have died by then. Each factor "
            "of the Kaplan-Meier curve is 1 − d/n, where n is at least N and those who die from "
            "then until t. The product of these least factors telescopes to N/(N + D): the curve "
            "at t is at least N/(N + D).",
            f"{quotes[self.median]}: by {decimal(self.median_high)} months the curve is at or "
            "below one half, hence N is at most D.",
            f"{quotes[self.deaths]}: D is at most {self.events}, hence at most {self.most} "
            f"patients are observed beyond {decimal(self.median_high)} months.",
            f"{quotes[self.follow_up]}: if it were the plain median of the {self.n} times of "
            f"observation, at least {self.needed} of them would be "
            f"{decimal(self.follow_up_low)} months or longer.",
            f"{self.needed} is more than {self.most}: it is not the plain median."
            if self.refutes()
            else "There is no contradiction.",
        ]


class FollowUpWitness(Certificate):
    """Patients in whom the median of survival and reverse Kaplan-Meier follow-up are as printed.

    `patients_` are groups of equal patients: how many, months of observation, died at the end.
    """

    kind: Literal["follow-up witness"] = "follow-up witness"
    follow_up: str
    median: str
    deaths: str
    patients: str
    conventions: tuple[Convention, ...]
    groups: tuple[tuple[int, Fraction, bool], ...]

    def claims(self) -> list[str]:
        return [self.follow_up, self.median, self.deaths, self.patients]

    def refutes(self) -> bool:
        return False

    def steps(self, quotes: Quotes) -> list[str]:
        listed = "; ".join(
            f"{count} {'die' if died else 'are last seen'} at {decimal(time)} months"
            for count, time, died in self.groups
        )
        return [
            f"An example: {listed}.",
            f"Its Kaplan-Meier median is {quotes[self.median]}, its reverse Kaplan-Meier median of "
            f"follow-up {quotes[self.follow_up]}.",
        ]


class SharedEvents(Certificate):
    """Two curves that share their events up to a time, both censored at last contact."""

    kind: Literal["shared events"] = "shared events"
    all: str
    part: str
    rest: str
    patients: str
    conventions: tuple[Convention, ...]
    n: int
    least_rest: Fraction
    ratio_low: Fraction
    ratio_high: Fraction
    one_death: Fraction

    def claims(self) -> list[str]:
        return [self.all, self.part, self.rest, self.patients]

    def refutes(self) -> bool:
        return (
            self.one_death < self.least_rest and self.one_death < self.ratio_low
        ) and self.ratio_high < 1

    def steps(self, quotes: Quotes) -> list[str]:
        step = decimal(self.one_death, 5)
        return [
            f"One event among {self.n} patients or fewer lowers a Kaplan-Meier curve to "
            f"1 − 1/{self.n} = {step} or less. {quotes[self.rest]} is "
            f"{decimal(self.least_rest)} or more, so that there was no such event by then.",
            "Until then, therefore, both curves fall at the same relapses, and if both are "
            "censored at last contact the same patients are at risk: they differ only by deaths "
            "without relapse, which the first curve counts as events.",
            f"Their ratio is 1 without such a death. With one or more it is {step} or less, as "
            f"each gives a factor (n − r − d)/(n − r) of at most 1 − 1/{self.n}.",
            f"{quotes[self.all]} over {quotes[self.part]} is between "
            f"{decimal(self.ratio_low, 5)} and {decimal(self.ratio_high, 5)}: "
            + (
                f"neither 1 nor {step} or less. They are not both censored at last contact."
                if self.refutes()
                else "this can be."
            ),
        ]


class SharedWitness(Certificate):
    """Patients in whom both rates are as printed when relapse is censored at last imaging.

    `groups` are equal patients: how many, months to relapse (or None), to death (or None), to last
    imaging and to last contact, which are told until the relapse only.
    """

    kind: Literal["shared witness"] = "shared witness"
    all: str
    part: str
    patients: str
    months: Fraction
    conventions: tuple[Convention, ...]
    groups: tuple[tuple[int, Fraction | None, Fraction | None, Fraction, Fraction], ...]

    def claims(self) -> list[str]:
        return [self.all, self.part, self.patients]

    def refutes(self) -> bool:
        return False

    def steps(self, quotes: Quotes) -> list[str]:
        def words(
            relapse: Fraction | None, death: Fraction | None, imaging: Fraction, contact: Fraction
        ) -> str:
            if relapse is not None:
                return f"relapse at {decimal(relapse)} months"
            end = "die" if death is not None else "are last seen"
            return f"{end} at {decimal(contact)} months, last imaged at {decimal(imaging)}"

        listed = "; ".join(
            f"{count} {words(relapse, death, imaging, contact)}"
            for count, relapse, death, imaging, contact in self.groups
        )
        return [
            f"An example: {listed}.",
            f"With relapse censored at last imaging, the rates are {quotes[self.all]} and "
            f"{quotes[self.part]}.",
        ]


class GroupMedians(Certificate):
    """Medians of two groups that make up the whole, and the median of the whole outside them."""

    kind: Literal["group medians"] = "group medians"
    overall: str
    first: str
    second: str
    conventions: tuple[Convention, ...]
    overall_low: Fraction
    overall_high: Fraction
    low: Fraction
    high: Fraction

    def claims(self) -> list[str]:
        return [self.overall, self.first, self.second]

    def refutes(self) -> bool:
        return self.overall_high < self.low or self.overall_low > self.high

    def steps(self, quotes: Quotes) -> list[str]:
        return [
            f"{quotes[self.first]} and {quotes[self.second]} are from {decimal(self.low)} to "
            f"{decimal(self.high)}; {quotes[self.overall]} is outside.",
            "While nobody is censored, the curve of all patients is the mean of the two curves, "
            "weighted by patients: its median is between theirs. With censoring before, it need "
            "not be.",
        ]


class RateAndMedian(Certificate):
    """A rate above one half at a time that the median does not come after, or the reverse."""

    kind: Literal["rate and median"] = "rate and median"
    rate: str
    median: str
    time: Fraction
    margin: Fraction
    conventions: tuple[Convention, ...]
    above_half: bool
    below_half: bool
    median_low: Fraction
    median_high: Fraction

    def claims(self) -> list[str]:
        return [self.rate, self.median]

    def refutes(self) -> bool:
        too_early = self.above_half and self.median_high * self.margin <= self.time
        return too_early or (self.below_half and self.median_low > self.time * self.margin)

    def steps(self, quotes: Quotes) -> list[str]:
        side = "above" if self.above_half else "below"
        where = "later than" if self.above_half else "no later than"
        return [
            f"{quotes[self.rate]}: at {decimal(self.time)} the curve is {side} one half, so that "
            f"its median is {where} {decimal(self.time)}.",
            f"{quotes[self.median]} is from {decimal(self.median_low)} to "
            f"{decimal(self.median_high)}.",
        ]


AnyOf = (
    Steps | FollowUp | FollowUpWitness | SharedEvents | SharedWitness | GroupMedians | RateAndMedian
)
