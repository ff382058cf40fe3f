"""How certificates about means, deviations, tables of numbers and differences are checked."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from analysis.audit.checker.kind import AS_DECLARED, Kind, Said, agree, as_read, decimal, known
from analysis.audit.checker.ledger import Edges, Ledger, Rejected
from analysis.audit.checker.quantities import readings, time_of
from analysis.audit.form import Certificates, Counted, Difference, Spread, Squares, Verdict, Zero

# A mean that leaves more sums than this open tells nothing of the sum of squares.
MOST_SUMS = 200


def same_group(ledger: Ledger, names: list[str]) -> tuple[str, str]:
    """Give the group of claims about one variable; reject those of several."""
    if len({ledger.key(name) for name in names}) != 1:
        raise Rejected("the statistics are of different variables, or groups")
    return ledger.key(names[0])[1:3]


def expect(ledger: Ledger, name: str, *statistics: str) -> None:
    """Reject a claim that states another statistic."""
    if ledger.statistic(name) not in statistics:
        raise Rejected(f"{name} states {ledger.statistic(name)}")


class OfSpread(Kind[Spread]):
    rule = "standard deviation"

    def claims(self, item: Spread) -> list[str]:
        mean = [item.mean] if item.mean is not None else []
        return [item.sd, item.min, item.max, *mean, *item.patients]

    def check(self, ledger: Ledger, item: Spread) -> None:
        known(item.conventions)
        names = [item.sd, item.min, item.max, *([item.mean] if item.mean is not None else [])]
        n = ledger.patients(item.patients, same_group(ledger, names))
        for name, statistic in zip(names, ("sd", "min", "max", "mean"), strict=False):
            expect(ledger, name, statistic)
        sd, low, high = (ledger.edges(name, item.conventions).both for name in names[:3])
        if n < 2 or sd[0] < 0:
            raise Rejected("so few patients have no deviation")
        widest, narrowest = high[1] - low[0], max(Fraction(0), high[0] - low[1])
        # Of numbers within a range, those at its two ends are farthest from a mean.
        middle = widest / 2
        if item.mean is not None:
            mean = ledger.edges(item.mean, item.conventions).both
            # The product of the distances to both ends is greatest nearest to the middle.
            centre = (high[1] + low[0]) / 2
            nearest = min(max(centre, mean[0]), mean[1])
            product = max(Fraction(0), (high[1] - nearest) * (nearest - low[0]))
        else:
            product = middle**2
        agree(
            item,
            n=n,
            variance_low=sd[0] ** 2,
            variance_high=sd[1] ** 2,
            least=narrowest**2 / (2 * (n - 1)),
            most=product * n / (n - 1),
        )

    def steps(self, ledger: Ledger, item: Spread) -> list[str]:
        mean = "" if item.mean is None else f", with a mean of {ledger.quoted(item.mean)}"
        return [
            f"{item.n} numbers from {ledger.quoted(item.min)} to {ledger.quoted(item.max)}{mean}: "
            f"their variance is at least {decimal(item.least)}, as both ends are among them, and "
            f"at most {decimal(item.most)}, which they have if all are at the ends.",
            f"{ledger.quoted(item.sd)}, squared, is {decimal(item.variance_low)} to "
            f"{decimal(item.variance_high)}, {as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: Spread, rest: Certificates) -> Said:
        small, large = item.variance_high < item.least, item.variance_low > item.most
        if not small and not large:
            raise Rejected("the range allows the deviation")
        readings(self, ledger, item, item.conventions, rest)
        allowed = ["the range is an interquartile range, or of other patients"]
        if small:
            allowed.insert(0, "it is a standard error")
        sd, low, high = (ledger.text(name, "printed") for name in (item.sd, item.min, item.max))
        return Said(
            Verdict.READING,
            f"{ledger.named(item.sd)}: standard deviation “{sd}” of {item.n} numbers from “{low}” "
            f"to “{high}”",
            excluded=("a standard deviation, and the least and the greatest value",),
            allowed=allowed,
        )


class OfSquares(Kind[Squares]):
    rule = "mean and deviation of whole numbers"

    def claims(self, item: Squares) -> list[str]:
        return [item.mean, item.sd, *item.patients]

    def check(self, ledger: Ledger, item: Squares) -> None:
        known(item.conventions)
        n = ledger.patients(item.patients, same_group(ledger, [item.mean, item.sd]))
        expect(ledger, item.mean, "mean")
        expect(ledger, item.sd, "sd")
        if ledger.key(item.mean)[3] not in ledger.structure.whole_numbers or n < 2:
            raise Rejected("the variable is not declared to be of whole numbers")
        mean, sd = (ledger.edges(name, item.conventions) for name in (item.mean, item.sd))
        fewer = None
        found = _sums(mean, sd, n)
        if found is None:
            fewer = next((k for k in range(n - 1, 1, -1) if _sums(mean, sd, k)), None)
        agree(item, n=n, fits=found, fewer=fewer)

    def steps(self, ledger: Ledger, item: Squares) -> list[str]:
        first = (
            f"{item.n} whole numbers with {ledger.quoted(item.mean)} as their mean have a whole "
            f"sum S, and a whole sum of squares Q that is even or odd as S is. The variance, "
            f"(Q − S²/n)/(n − 1), should be the square of {ledger.quoted(item.sd)}, "
            f"{as_read(item.conventions)}."
        )
        if item.fits is not None:
            return [first, f"S = {item.fits[0]} and Q = {item.fits[1]} give both."]
        more = f" Of {item.fewer} numbers some do." if item.fewer is not None else ""
        return [first, f"No S and Q give both.{more}"]

    def says(self, ledger: Ledger, item: Squares, rest: Certificates) -> Said:
        if item.fits is not None:
            raise Rejected("a sum of squares fits")
        readings(self, ledger, item, item.conventions, rest)
        mean, sd = (ledger.text(name, "printed") for name in (item.mean, item.sd))
        allowed = []
        if item.fewer is not None:
            missing = item.n - item.fewer
            allowed.append(
                f"{missing} of the {item.n} {'has' if missing == 1 else 'have'} no value"
            )
        variable = ledger.key(item.mean)[3].replace("_", " ")
        return Said(
            Verdict.READING,
            f"{ledger.named(item.mean)}: mean “{mean}” and standard deviation “{sd}” of {item.n} "
            "whole numbers",
            excluded=("whole numbers of all these patients, with n − 1",),
            allowed=[*allowed, "values that are weighted, imputed or adjusted, or a deviation "
                     "with n in place of n − 1"],
            declared=(f"{variable} is in whole numbers, {AS_DECLARED}",),
        )  # fmt: skip


def _sums(mean: Edges, sd: Edges, n: int) -> tuple[int, int] | None:
    """Give a sum and a sum of squares of n whole numbers with a mean and a deviation."""
    low, high = mean.both
    if (high - low) * n > MOST_SUMS or sd.both[1] < 0:
        raise Rejected("the mean leaves too many sums open")
    least, most = (max(Fraction(0), end) for end in sd.both)
    for total in range(ceil(low * n), floor(high * n) + 1):
        if not mean.holds(Fraction(total, n)):
            continue
        base = Fraction(total * total, n)
        first = ceil(base + least**2 * (n - 1))
        for squares in range(first, floor(base + most**2 * (n - 1)) + 1):
            variance = (squares - base) / (n - 1)
            inside = variance > least**2 or (variance == least**2 and sd.low_closed)
            inside &= variance < most**2 or (variance == most**2 and sd.high_closed)
            if (squares - total) % 2 == 0 and inside and squares * n >= total * total:
                return total, squares
    return None


class OfCounted(Kind[Counted]):
    rule = "numbers from their table"

    def claims(self, item: Counted) -> list[str]:
        return [item.claim, *(name for level in item.levels for name in level)]

    def check(self, ledger: Ledger, item: Counted) -> None:
        known(item.conventions)
        expect(ledger, item.claim, "mean", "median")
        key = ledger.key(item.claim)
        printed = {other[4] for other in ledger.counted if other[:4] == key[:4]}
        values: list[tuple[Fraction, int]] = []
        of = set()
        for names in item.levels:
            own, number = ledger.key(names[0]), ledger.one_quantity(names)
            value, counts = time_of(own[4]), ledger.counts(names, ledger.every)
            if own[:4] != key[:4] or key[4] or value is None or counts is None:
                raise Rejected("a level is no number of the same variable")
            if counts[0] != counts[1]:
                raise Rejected("a level has no one count")
            printed.discard(own[4])
            values.append((value, counts[0]))
            of.add(number)
        if printed - {""} or len({value for value, _ in values}) < len(values):
            raise Rejected("not all levels are there, each once")
        total = sum(count for _, count in values)
        if total == 0 or of - {None, total}:
            raise Rejected("the levels are not of all that they are printed of")
        agree(item, value=_value(ledger.statistic(item.claim), sorted(values), total))

    def steps(self, ledger: Ledger, item: Counted) -> list[str]:
        cells = ", ".join(
            f"{ledger.text(names[0], 'printed')} with {ledger.key(names[0])[4]}"
            for names in item.levels
        )
        statistic = ledger.statistic(item.claim)
        return [
            f"{cells}: the {statistic} is {decimal(item.value)}.",
            f"{ledger.quoted(item.claim)} is printed.",
        ]

    def says(self, ledger: Ledger, item: Counted, rest: Certificates) -> Said:
        if ledger.prints(item.claim, item.value, item.conventions):
            raise Rejected("the table gives the number")
        readings(self, ledger, item, item.conventions, rest)
        statistic = ledger.statistic(item.claim)
        printed = ledger.text(item.claim, "printed")
        return Said(
            Verdict.READING,
            f"{ledger.named(item.claim)}: {statistic} “{printed}”, and {decimal(item.value, 2)} "
            "from the table of counts",
            (item.claim,),
            excluded=("of the numbers in the table",),
            allowed=("levels that hold several numbers, such as 2 or more; other patients",),
        )


def _value(statistic: str, values: list[tuple[Fraction, int]], total: int) -> Fraction:
    if statistic == "mean":
        return sum((value * count for value, count in values), Fraction(0)) / total
    every = [value for value, count in values for _ in range(count)]
    return (every[(total - 1) // 2] + every[total // 2]) / 2


class OfDifference(Kind[Difference]):
    rule = "differences"

    def claims(self, item: Difference) -> list[str]:
        return [item.claim, item.first, item.second]

    def check(self, ledger: Ledger, item: Difference) -> None:
        known(item.conventions)
        declared = [(found.claim, *found.of) for found in ledger.structure.differences]
        if (item.claim, item.first, item.second) not in declared:
            raise Rejected("the difference is not declared")
        one, two = (ledger.edges(name, item.conventions).both for name in (item.first, item.second))
        agree(item, low=one[0] - two[1], high=one[1] - two[0])

    def steps(self, ledger: Ledger, item: Difference) -> list[str]:
        return [
            f"{ledger.quoted(item.first)} less {ledger.quoted(item.second)} is "
            f"{decimal(item.low)} to {decimal(item.high)}, {as_read(item.conventions)}.",
            f"{ledger.quoted(item.claim)} is printed.",
        ]

    def says(self, ledger: Ledger, item: Difference, rest: Certificates) -> Said:
        claim, first, second = item.claim, item.first, item.second
        edges = ledger.edges(claim, item.conventions)
        ends = edges.both
        # A difference may be told without its sign.
        apart = all(
            ends[1] < low or ends[0] > high
            for low, high in ((item.low, item.high), (-item.high, -item.low))
        )
        if not apart or item.conventions != ledger.every:
            raise Rejected("the two numbers allow the difference")
        one, two = (ledger.text(name, "printed") for name in (first, second))
        return Said(
            Verdict.READING,
            f"{ledger.quoted(claim)} is not the difference of “{one}” and “{two}”",
            (claim,),
            excluded=("the difference of the two as they are printed",),
            allowed=("an adjusted difference, or one of other numbers",),
            declared=(f"it is of {first} and {second}, {AS_DECLARED}",),
        )


class OfZero(Kind[Zero]):
    rule = "limits of statistics"

    def claims(self, item: Zero) -> list[str]:
        return [item.claim]

    def check(self, ledger: Ledger, item: Zero) -> None:
        expect(ledger, item.claim, "p_value", "p_association")
        if ledger.number(item.claim) != 0 or ledger.text(item.claim, "comparator") != "=":
            raise Rejected("the p value is not printed as 0")

    def steps(self, ledger: Ledger, item: Zero) -> list[str]:
        return [f"{ledger.quoted(item.claim)}: no test gives a p value of 0."]

    def says(self, ledger: Ledger, item: Zero, rest: Certificates) -> Said:
        high = ledger.edges(item.claim, ledger.plain).both[1]
        return Said(
            Verdict.READING,
            f"{ledger.quoted(item.claim)} is no p value as it stands",
            (item.claim,),
            excluded=("exactly 0",),
            allowed=(f"it is below {decimal(high, 6)}, and was cut to the digits printed",),
        )
