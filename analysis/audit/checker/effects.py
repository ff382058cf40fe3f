"""How certificates about effects, their intervals and their p values are checked."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from analysis.audit.checker import exact
from analysis.audit.checker.continuous import expect
from analysis.audit.checker.kind import Kind, Said, agree, as_read, decimal, known, listed
from analysis.audit.checker.ledger import Edges, Ledger, Rejected
from analysis.audit.checker.quantities import readings, time_of
from analysis.audit.form import (
    Certificates,
    Effect,
    Proportion,
    RatioInterval,
    Share,
    StatisticP,
    Verdict,
    WaldP,
    Width,
)

RATIOS = ("hr", "or", "rr")
# Of the standard normal distribution, for 90, 95 and 99%, to more digits than are ever printed.
QUANTILES = {
    90: Fraction("1.644853626951472714863848907991632136083"),
    95: Fraction("1.959963984540054235524594430520551527955"),
    99: Fraction("2.575829303548900760966534767238498467742"),
}
# Log-rank and likelihood ratio tests give another z than that of Wald, but near to it.
NEARBY = Fraction(3, 2)


def _stated(stated: str, bounds: exact.Bounds) -> None:
    """Reject a p value written to six digits that is not within bounds."""
    low, high = bounds
    close = high / 10**5 + Fraction(1, 10**300)
    if not low - close <= Fraction(stated) <= high + close:
        raise Rejected(f"p is {float(low):.6g}")


def _beyond(ledger: Ledger, item: WaldP | StatisticP, allows: str) -> None:
    """Reject a printed p value that can lie within those that what stands beside it allows."""
    edges = ledger.edges(item.claim, item.conventions)
    above = edges.low is not None and edges.low > Fraction(item.p_high)
    below = edges.high is not None and edges.high < Fraction(item.p_low)
    if not above and not below:
        raise Rejected(f"the {allows} allows the p value")


def _limits(ledger: Ledger, estimate: str, lower: str, upper: str) -> str:
    """Give the statistic of an estimate; reject limits that are not of it."""
    statistic = ledger.statistic(estimate)
    expect(ledger, lower, f"{statistic}_lower")
    expect(ledger, upper, f"{statistic}_upper")
    if len({ledger.key(name) for name in (estimate, lower, upper)}) != 1:
        raise Rejected("the limits are of another estimate")
    return statistic


# Ratios ----------------------------------------------------------------------------------------


class OfRatioInterval(Kind[RatioInterval]):
    rule = "ratio within its interval"

    def claims(self, item: RatioInterval) -> list[str]:
        return [item.estimate, item.lower, item.upper]

    def check(self, ledger: Ledger, item: RatioInterval) -> None:
        known(item.conventions)
        if _limits(ledger, item.estimate, item.lower, item.upper) not in RATIOS:
            raise Rejected("the estimate is no ratio")
        middle, low, high = (
            ledger.edges(name, item.conventions).both for name in self.claims(item)
        )
        if min(middle[0], low[0]) < 0:
            raise Rejected("a ratio below 0")
        agree(
            item,
            square_low=middle[0] ** 2,
            square_high=middle[1] ** 2,
            product_low=low[0] * high[0],
            product_high=low[1] * high[1],
        )

    def steps(self, ledger: Ledger, item: RatioInterval) -> list[str]:
        return [
            "An interval that is built on the logarithm is as far below its estimate as above it: "
            "the square of the estimate is the product of its limits.",
            f"{ledger.quoted(item.estimate)}, squared, is {decimal(item.square_low)} to "
            f"{decimal(item.square_high)}; {ledger.quoted(item.lower)} times "
            f"{ledger.quoted(item.upper)} is {decimal(item.product_low)} to "
            f"{decimal(item.product_high)}, {as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: RatioInterval, rest: Certificates) -> Said:
        if item.square_low <= item.product_high and item.square_high >= item.product_low:
            raise Rejected("the interval can be symmetric on the logarithm")
        readings(self, ledger, item, item.conventions, rest)
        words = [ledger.text(name, "printed") for name in self.claims(item)]
        statistic = ledger.statistic(item.estimate).upper()
        return Said(
            Verdict.READING,
            f"{ledger.named(item.estimate)}: {statistic} “{words[0]}” is not in the middle of "
            f"“{words[1]}” and “{words[2]}” on the logarithm",
            excluded=("an interval of Wald, on the logarithm",),
            allowed=("an exact, a profile likelihood or a bootstrap interval",),
        )


class OfWaldP(Kind[WaldP]):
    rule = "p value and interval"

    def claims(self, item: WaldP) -> list[str]:
        return [item.claim, item.estimate, item.lower, item.upper]

    def check(self, ledger: Ledger, item: WaldP) -> None:
        known(item.conventions)
        if _limits(ledger, item.estimate, item.lower, item.upper) not in RATIOS:
            raise Rejected("the estimate is no ratio")
        expect(ledger, item.claim, "p_value")
        if ledger.key(item.claim) != ledger.key(item.estimate) or item.factor != NEARBY:
            raise Rejected("the p value is of another estimate")
        least, greatest = _z(ledger, item)
        _stated(item.p_high, exact.chi_square((least / item.factor) ** 2))
        _stated(item.p_low, exact.chi_square((greatest * item.factor) ** 2))

    def steps(self, ledger: Ledger, item: WaldP) -> list[str]:
        estimate, lower, upper = (str(ledger.quoted(name)) for name in self.claims(item)[1:])
        return [
            f"By {estimate} and its limits {lower} and {upper}, of 95%, z is the logarithm of the "
            "first over a standard error that is the logarithm of the last two's ratio, divided by "
            "3.92.",
            f"Within a factor of {decimal(item.factor)} of this z, as tests differ, p is "
            f"{item.p_low} to {item.p_high}, {as_read(item.conventions)}; "
            f"{ledger.quoted(item.claim)} is printed.",
        ]

    def says(self, ledger: Ledger, item: WaldP, rest: Certificates) -> Said:
        _beyond(ledger, item, "interval")
        readings(self, ledger, item, item.conventions, rest)
        words = [ledger.text(name, "printed") for name in self.claims(item)]
        statistic = ledger.statistic(item.estimate).upper()
        return Said(
            Verdict.READING,
            f"{ledger.named(item.estimate)}: p “{words[0]}” is not that of {statistic} "
            f"“{words[1]}” with “{words[2]}” to “{words[3]}”",
            (item.claim,),
            excluded=("a two-sided test of this ratio, and an interval of 95%",),
            allowed=("the p value of another comparison, or another level of confidence",),
        )


def _z(ledger: Ledger, item: WaldP) -> tuple[Fraction, Fraction]:
    """Give the least and the greatest z that an estimate and its limits allow."""
    names = (item.estimate, item.lower, item.upper)
    middle, low, high = (ledger.edges(name, item.conventions).both for name in names)
    if min(middle[0], low[0]) <= 0 or high[0] <= low[1]:
        raise Rejected("the limits leave the standard error open")
    logs = exact.logarithm(middle[0])[0], exact.logarithm(middle[1])[1]
    far = max(abs(logs[0]), abs(logs[1]))
    near = Fraction(0) if logs[0] <= 0 <= logs[1] else min(abs(logs[0]), abs(logs[1]))
    narrow, wide = exact.logarithm(high[0] / low[1])[0], exact.logarithm(high[1] / low[0])[1]
    twice = 2 * QUANTILES[95]
    return near * twice / wide, far * twice / narrow


# Proportions -----------------------------------------------------------------------------------

METHODS = ("Wald", "Wald, corrected", "Wilson", "Wilson, corrected", "Agresti-Coull",
           "Clopper-Pearson", "Jeffreys")  # fmt: skip


class OfProportion(Kind[Proportion]):
    rule = "interval of a proportion"

    def claims(self, item: Proportion) -> list[str]:
        return [item.lower, item.upper, *item.about]

    def check(self, ledger: Ledger, item: Proportion) -> None:
        known(item.conventions)
        expect(ledger, item.lower, "percent_lower")
        expect(ledger, item.upper, "percent_upper")
        keys = {ledger.key(name) for name in self.claims(item)}
        of, counts = ledger.one_quantity(item.about), ledger.counts(item.about, ledger.every)
        if len(keys) != 1 or of is None or counts is None or counts[0] != counts[1]:
            raise Rejected("the limits are not of one count of a number")
        agree(item, count=counts[0], of=of)
        ends = [ledger.edges(name, item.conventions) for name in (item.lower, item.upper)]
        fits = [
            (method, level)
            for level in QUANTILES
            for method in METHODS
            if all(
                _is_limit(method, item.count, item.of, level, side, end)
                for side, end in zip((-1, 1), ends, strict=True)
            )
        ]
        agree(item, fits=tuple(fits))

    def steps(self, ledger: Ledger, item: Proportion) -> list[str]:
        tried = f"{listed(METHODS)}, of {listed([f'{level} %' for level in QUANTILES])}"
        result = f"The limits of {item.count} of {item.of} are computed by {tried}."
        quoted = f"{ledger.quoted(item.lower)} and {ledger.quoted(item.upper)}"
        if item.fits:
            found = ", ".join(f"{method} of {level}%" for method, level in item.fits)
            return [result, f"{quoted} are those of {found}."]
        return [result, f"None gives {quoted}, {as_read(item.conventions)}."]

    def says(self, ledger: Ledger, item: Proportion, rest: Certificates) -> Said:
        if item.fits:
            raise Rejected("a method gives the limits")
        readings(self, ledger, item, item.conventions, rest)
        lower, upper = (ledger.text(name, "printed") for name in (item.lower, item.upper))
        return Said(
            Verdict.READING,
            f"{ledger.named(item.lower)}: “{lower}” to “{upper}” is no usual interval of "
            f"{item.count} of {item.of}",
            (item.lower, item.upper),
            excluded=[*METHODS],
            allowed=["another method, or adjusted, weighted or clustered data"],
        )


def _is_limit(method: str, count: int, of: int, level: int, side: int, end: Edges) -> bool:
    """Tell whether a method's limit is one that a printed end stands for."""
    low, high = (value / 100 for value in end.both)
    z, tail = QUANTILES[level], Fraction(100 - level, 200)
    if method in {"Clopper-Pearson", "Jeffreys"}:
        return _of_beta(method, count, of, tail, side, low, high)
    p, n = Fraction(count, of), Fraction(of)
    if method == "Agresti-Coull":
        n, p = n + z**2, (count + z**2 / 2) / (n + z**2)
    if method.startswith("Wilson"):
        middle, square = p + z**2 / (2 * n), p * (1 - p) / n + z**2 / (4 * n**2)
        scale = 1 + z**2 / n
        if method == "Wilson, corrected":
            correction = Fraction(side, 2 * of)
            # The limit of p moved by half a patient.
            p = min(max(p + correction, Fraction(0)), Fraction(1))
            middle, square = p + z**2 / (2 * n), p * (1 - p) / n + z**2 / (4 * n**2)
        shift = exact.root(square)
        bounds = [(middle + side * z * half) / scale for half in shift]
    else:
        shift = exact.root(p * (1 - p) / n)
        more = Fraction(1, 2 * of) if method == "Wald, corrected" else Fraction(0)
        bounds = [p + side * (z * half + more) for half in shift]
    # Programs may or may not cut limits at 0 and 1.
    cut = [min(max(value, Fraction(0)), Fraction(1)) for value in bounds]
    scaled = Edges(low, high, end.low_closed, end.high_closed)
    return any(scaled.holds(value) for value in (*bounds, *cut))


def _of_beta(
    method: str, count: int, of: int, tail: Fraction, side: int, low: Fraction, high: Fraction
) -> bool:
    """Tell whether a quantile of beta lies within a printed end: its distribution is monotone."""
    if method == "Clopper-Pearson":
        a, b = (count, of - count + 1) if side < 0 else (count + 1, of - count)
        shapes = Fraction(a), Fraction(b)
    else:
        shapes = count + Fraction(1, 2), of - count + Fraction(1, 2)
    if side < 0 and count == 0:
        return low <= 0 <= high
    if side > 0 and count == of:
        return low <= 1 <= high
    wanted = tail if side < 0 else 1 - tail
    below, above = (_beta(min(max(x, Fraction(0)), Fraction(1)), *shapes) for x in (low, high))
    return below[0] <= wanted <= above[1]


def _beta(at: Fraction, a: Fraction, b: Fraction) -> exact.Bounds:
    if at <= 0:
        return Fraction(0), Fraction(0)
    if at >= 1:
        return Fraction(1), Fraction(1)
    return exact.beta(at, a, b)


# Effects from counts ---------------------------------------------------------------------------


class OfEffect(Kind[Effect]):
    rule = "effect from counts"

    def claims(self, item: Effect) -> list[str]:
        return [item.claim, *item.first, *item.second]

    def check(self, ledger: Ledger, item: Effect) -> None:
        known(item.conventions)
        statistic, own = ledger.statistic(item.claim), ledger.key(item.claim)
        one, two = ledger.key(item.first[0]), ledger.key(item.second[0])
        groups = {
            key[2]
            for key in ledger.counted
            if (*key[:2], *key[3:]) == (*one[:2], *one[3:]) and key[1]
        }
        if (
            (*one[:2], *one[3:]) != (*two[:2], *two[3:])
            or groups != {one[2], two[2]}
            or len(groups) != 2
            or own[0] != one[0]
            or own[1] not in {"", one[1]}
            or own[2]
            or own[3] != one[3]
            or own[4] not in {"", one[4]}
        ):
            raise Rejected("the counts are not those of the effect's two groups")
        if not own[4] and any(key[:4] == one[:4] and key[4] != one[4] for key in ledger.counted):
            raise Rejected("it is open of which level the effect is")
        cells = []
        for names in (item.first, item.second):
            of, counts = ledger.one_quantity(names), ledger.counts(names, ledger.every)
            if of is None or counts is None or counts[0] != counts[1]:
                raise Rejected("a group has no one count")
            cells.append((counts[0], of))
        agree(item, values=effects(statistic, *cells[0], *cells[1]))

    def steps(self, ledger: Ledger, item: Effect) -> list[str]:
        first, second = (ledger.quoted(names[0]) for names in (item.first, item.second))
        values = listed([decimal(value) for value in item.values])
        return [
            f"From {first} of {first.denominator} and {second} of {second.denominator}: {values}, "
            "by which group is compared with which, and of what.",
            f"{ledger.quoted(item.claim)} is printed, {as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: Effect, rest: Certificates) -> Said:
        if any(ledger.prints(item.claim, value, item.conventions) for value in item.values):
            raise Rejected("the counts give the effect")
        readings(self, ledger, item, item.conventions, rest)
        statistic = ledger.statistic(item.claim).upper()
        first, second = (ledger.quoted(names[0]) for names in (item.first, item.second))
        return Said(
            Verdict.READING,
            f"{ledger.named(item.claim)}: {statistic} “{ledger.text(item.claim, 'printed')}” is "
            f"not that of {first.printed} of {first.denominator} and {second.printed} of "
            f"{second.denominator}",
            (item.claim,),
            excluded=("the effect of these counts, unadjusted",),
            allowed=("an adjusted or a weighted effect, or one of other groups",),
        )


def effects(statistic: str, a: int, n: int, b: int, m: int) -> tuple[Fraction, ...]:
    """Give the effects of two groups, in both directions, and of both outcomes for a risk ratio."""
    found: list[Fraction] = []
    if statistic == "or":
        odds = [(a * (m - b), b * (n - a))]
        odds.append(odds[0][::-1])
        found = [Fraction(top, bottom) for top, bottom in odds if bottom]
    elif statistic == "rr":
        pairs = [(a * m, b * n), ((n - a) * m, (m - b) * n)]
        found = [Fraction(top, bottom) for pair in pairs for top, bottom in (pair, pair[::-1])
                 if bottom]  # fmt: skip
    elif statistic == "difference":
        gap = Fraction(a, n) - Fraction(b, m)
        found = [gap, -gap, 100 * gap, -100 * gap]
    else:
        raise Rejected(f"{statistic} is no effect of counts")
    if not found:
        raise Rejected("the effect does not exist")
    return tuple(dict.fromkeys(found))


# Test statistics -------------------------------------------------------------------------------

TESTS = ("t", "f", "z", "chi2", "r")


class OfStatisticP(Kind[StatisticP]):
    rule = "p value of a statistic"

    def claims(self, item: StatisticP) -> list[str]:
        return [item.claim, item.statistic, *item.stated]

    def check(self, ledger: Ledger, item: StatisticP) -> None:
        known(item.conventions)
        expect(ledger, item.claim, "p_value")
        expect(ledger, item.statistic, *TESTS)
        names = [item.claim, item.statistic]
        if len({ledger.key(name) for name in names}) != 1:
            raise Rejected("the p value is of another statistic")
        agree(item, freedom=_freedom(ledger, item))
        edges = ledger.edges(item.statistic, item.conventions).both
        low, high = (
            (max(edges[0], Fraction(0)), max(edges[1], Fraction(0)))
            if ledger.statistic(item.statistic) in {"f", "chi2"}
            else (_near(edges), max(abs(edges[0]), abs(edges[1])))
        )
        bounds = [
            p
            for value in (low, high)
            for p in _tails(ledger.statistic(item.statistic), value, item.freedom)
        ]
        _stated(item.p_low, min(bounds))
        _stated(item.p_high, max(bounds, key=lambda ends: ends[1]))

    def steps(self, ledger: Ledger, item: StatisticP) -> list[str]:
        freedom = ""
        if item.freedom:
            words = [decimal(value, 1) for value in dict.fromkeys(item.freedom)]
            freedom = f" with {' to '.join(words)} degrees of freedom"
        return [
            f"{ledger.quoted(item.statistic)}{freedom} has a p value from {item.p_low} to "
            f"{item.p_high}, one- or two-sided, {as_read(item.conventions)}.",
            f"{ledger.quoted(item.claim)} is printed.",
        ]

    def says(self, ledger: Ledger, item: StatisticP, rest: Certificates) -> Said:
        _beyond(ledger, item, "statistic")
        readings(self, ledger, item, item.conventions, rest)
        name = ledger.statistic(item.statistic)
        return Said(
            Verdict.READING,
            f"{ledger.named(item.claim)}: p “{ledger.text(item.claim, 'printed')}” is not that of "
            f"{name} = “{ledger.text(item.statistic, 'printed')}”",
            (item.claim,),
            excluded=("the p value of this statistic, one- or two-sided",),
            allowed=("other degrees of freedom, a corrected p value, or one of another test",),
        )


def _near(edges: tuple[Fraction, Fraction]) -> Fraction:
    low, high = edges
    return Fraction(0) if low <= 0 <= high else min(abs(low), abs(high))


def _freedom(ledger: Ledger, item: StatisticP) -> tuple[Fraction, ...]:
    """Give the least and the greatest degrees of freedom: printed, or by the patients of groups."""
    statistic = ledger.statistic(item.statistic)
    key = ledger.key(item.statistic)
    printed = {
        ledger.statistic(name): ledger.number(name)
        for name in item.stated
        if ledger.statistic(name) in {"df", "df2"} and ledger.key(name) == key
    }
    if any(value <= 0 for value in printed.values()):
        raise Rejected("no degrees of freedom")
    if statistic == "z":
        expected: list[str] = []
        freedom: tuple[Fraction, ...] = ()
    elif statistic == "f":
        expected = ["df", "df2"]
        freedom = tuple(printed.get(name, Fraction(0)) for name in expected)
    elif "df" in printed:
        expected, freedom = ["df"], (printed["df"], printed["df"])
    elif statistic in {"t", "r"}:
        return _by_patients(ledger, item)
    else:
        raise Rejected("the degrees of freedom are not printed")
    if sorted(map(ledger.statistic, item.stated)) != expected or 0 in freedom:
        raise Rejected("the degrees of freedom are not printed")
    return freedom


def _by_patients(ledger: Ledger, item: StatisticP) -> tuple[Fraction, ...]:
    """Give the degrees of freedom of t or r by how many patients there are, in all and in groups.

    Welch's are at least those of the smallest group, and no more than all less two; a paired or a
    single mean has all less one.
    """
    declared = ledger.structure.patients
    if declared is None:
        raise Rejected("the number of patients is not declared")
    every = [
        name
        for name in ledger.rows
        if ledger.key(name)[3:] == ledger.key(declared)[3:] and ledger.exact(name) is not None
    ]
    own = ledger.key(item.statistic)
    if list(item.stated) != every or own[2]:
        raise Rejected("the patients are not all that are printed")
    counts = [ledger.exact(name) or 0 for name in every]
    groups = [ledger.exact(name) or 0 for name in every if ledger.key(name)[1]]
    greatest = max(counts) - 1
    least = min(groups) - 1 if len(groups) > 1 else greatest - 1
    if ledger.statistic(item.statistic) == "r":
        least = greatest = max(counts) - 2
    if least < 1:
        raise Rejected("too few patients")
    return Fraction(least), Fraction(greatest)


def _tails(statistic: str, value: Fraction, freedom: Sequence[Fraction]) -> list[exact.Bounds]:
    """Give the p values of a statistic: one-sided, which is half of two-sided, and two-sided."""
    if statistic == "chi2":
        if freedom[0].denominator != 1:
            raise Rejected("degrees of freedom of chi-square are whole")
        return [exact.chi_square(value, int(freedom[0]))]
    if statistic == "f":
        return [exact.f_ratio(value, freedom[0], freedom[1])]
    if statistic == "z":
        both = [exact.chi_square(value**2)]
    elif statistic == "t":
        both = [exact.student(value, df) for df in dict.fromkeys(freedom)]
    else:
        if value >= 1:
            return [(Fraction(0), Fraction(0))]
        both = [
            exact.f_ratio(value**2 * df / (1 - value**2), Fraction(1), df)
            for df in dict.fromkeys(freedom)
        ]
    return [p for two in both for p in (two, exact.half(two))]


# Patients at risk ------------------------------------------------------------------------------


class OfShare(Kind[Share]):
    rule = "numbers at risk"

    def claims(self, item: Share) -> list[str]:
        return [item.rate, item.at_risk, *item.patients]

    def check(self, ledger: Ledger, item: Share) -> None:
        known(item.conventions)
        expect(ledger, item.rate, "rate")
        expect(ledger, item.at_risk, "n_at_risk")
        key = ledger.key(item.rate)
        if ledger.key(item.at_risk) != key or time_of(key[4]) is None:
            raise Rejected("the patients at risk are of another curve, or time")
        n, at_risk = ledger.patients(item.patients, key[1:3]), ledger.number(item.at_risk)
        if at_risk.denominator != 1 or ledger.text(item.at_risk, "comparator") != "=":
            raise Rejected("the patients at risk are no count")
        agree(
            item,
            n=n,
            share=100 * at_risk / n,
            rate_high=ledger.edges(item.rate, item.conventions).both[1],
        )

    def steps(self, ledger: Ledger, item: Share) -> list[str]:
        return [
            f"{ledger.quoted(item.at_risk)} of {item.n} patients, {decimal(item.share, 2)}%, are "
            "still at risk. A Kaplan-Meier curve is not below the share of patients who are known "
            "to be without an event.",
            f"{ledger.quoted(item.rate)} is {decimal(item.rate_high)} or less, "
            f"{as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: Share, rest: Certificates) -> Said:
        if item.rate_high >= item.share:
            raise Rejected("the curve is not below the share at risk")
        readings(self, ledger, item, item.conventions, rest)
        rate, at_risk = (ledger.text(name, "printed") for name in (item.rate, item.at_risk))
        name, time = ledger.named(item.rate).split(",")[0], ledger.key(item.rate)[4]
        return Said(
            Verdict.READING,
            f"{name}: {rate}% at {time}, with {at_risk} of {item.n} still at risk",
            (item.rate, item.at_risk),
            excluded=("a Kaplan-Meier estimate of these patients",),
            allowed=("another curve, patients who enter late, or numbers at risk of another time",),
        )


class OfWidth(Kind[Width]):
    rule = "interval of a survival rate"

    def claims(self, item: Width) -> list[str]:
        return [item.rate, item.lower, item.upper, *item.patients]

    def check(self, ledger: Ledger, item: Width) -> None:
        known(item.conventions)
        expect(ledger, item.rate, "rate")
        _limits(ledger, item.rate, item.lower, item.upper)
        n = ledger.patients(item.patients, ledger.key(item.rate)[1:3])
        rate, low, high = (
            ledger.edges(name, item.conventions).both
            for name in (item.rate, item.lower, item.upper)
        )
        ends = [end / 100 for end in rate]
        if not 0 <= ends[0] <= ends[1] <= 1:
            raise Rejected("the rate is beyond 0 and 100")
        agree(
            item,
            n=n,
            width_high=(high[1] - low[0]) / 100,
            # Half of the width that a proportion of so many has: intervals differ by less.
            square_least=QUANTILES[90] ** 2 * min(s * (1 - s) for s in ends) / n,
        )

    def steps(self, ledger: Ledger, item: Width) -> list[str]:
        width = exact.root(item.square_least)[0]
        return [
            "The standard error of a Kaplan-Meier estimate is at least that of a proportion of all "
            f"patients, √(S(1 − S)/n), as censoring adds to it. For {ledger.quoted(item.rate)} of "
            f"{item.n} patients, limits of 90% or more are at least {decimal(100 * width, 2)} "
            "apart, even if those on one side were as narrow again.",
            f"{ledger.quoted(item.lower)} and {ledger.quoted(item.upper)} are "
            f"{decimal(100 * item.width_high, 2)} apart or less, {as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: Width, rest: Certificates) -> Said:
        if item.width_high < 0 or item.width_high**2 >= item.square_least:
            raise Rejected("so many patients allow the interval")
        readings(self, ledger, item, item.conventions, rest)
        rate, low, high = (
            ledger.text(name, "printed") for name in (item.rate, item.lower, item.upper)
        )
        return Said(
            Verdict.READING,
            f"{ledger.named(item.rate)}: “{low}” to “{high}” is narrower than any interval of "
            f"“{rate}” in {item.n} patients",
            (item.lower, item.upper),
            excluded=("a confidence interval of 90% or more of these patients",),
            allowed=("a standard error, or more patients than are printed",),
        )
