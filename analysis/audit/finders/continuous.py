"""Means and deviations, tables of numbers, differences, and p values of nothing but zeros."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from analysis.audit.finders.evidence import Claim, Evidence
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.form import Counted, Difference, Spread, Squares, Zero
from analysis.study.printed import Convention, Interval, number_and_unit

# A mean that leaves more sums than this open tells nothing of the sum of squares.
MOST_SUMS = 200

Ways = tuple[Convention, ...]


def beside(evidence: Evidence, claim: Claim, *statistics: str) -> list[Claim] | None:
    """Give the first claim of each statistic with the same key, None unless all are numbers."""
    found = []
    for statistic in statistics:
        others = evidence.by_key.get((*claim.quantity, statistic), [])
        exact = [other for other in others if other.comparator == "="]
        if not exact:
            return None
        found.append(exact[0])
    return found


# Standard deviations ---------------------------------------------------------------------------


def _find_spread(evidence: Evidence) -> Iterator[Check]:
    for sd in evidence.claims.values():
        group = sd.quantity[1:3]
        n = evidence.n(group)
        if sd.statistic != "sd" or sd.comparator != "=" or n is None or n < 2:
            continue
        range_, mean = beside(evidence, sd, "min", "max"), beside(evidence, sd, "mean")
        if range_ is None or sd.values(evidence.ways).ends[0] < 0:
            continue
        patients = evidence.patients(group)
        names = (sd.claim_id, *(claim.claim_id for claim in (*range_, *(mean or []))), *patients)
        every, own = (
            _spread(sd, range_, mean[0] if mean else None, patients, n, ways)
            for ways in (evidence.ways, evidence.own)
        )
        if _apart(every):
            yield Check(names, (every,))
        elif _apart(own):
            yield Check(names, (own, every))
        else:
            named = evidence.name(sd.quantity)
            yield Check(names, says=f"{named}: a standard deviation of {sd.printed} in its range")


def _apart(found: Spread) -> bool:
    return found.variance_high < found.least or found.variance_low > found.most


def _spread(
    sd: Claim,
    range_: list[Claim],
    mean: Claim | None,
    patients: tuple[str, ...],
    n: int,
    ways: Ways,
) -> Spread:
    (sd_low, sd_high), (low, low_high), (high_low, high) = (
        claim.values(ways).ends for claim in (sd, *range_)
    )
    if mean is None:
        product = ((high - low) / 2) ** 2
    else:
        least, greatest = mean.values(ways).ends
        nearest = min(max((high + low) / 2, least), greatest)
        product = max(Fraction(0), (high - nearest) * (nearest - low))
    return Spread(
        sd=sd.claim_id,
        min=range_[0].claim_id,
        max=range_[1].claim_id,
        mean=None if mean is None else mean.claim_id,
        patients=patients,
        conventions=ways,
        n=n,
        variance_low=sd_low**2,
        variance_high=sd_high**2,
        least=max(Fraction(0), high_low - low_high) ** 2 / (2 * (n - 1)),
        most=product * n / (n - 1),
    )


def _find_squares(evidence: Evidence) -> Iterator[Check]:
    for variable in evidence.structure.whole_numbers:
        for mean in evidence.numbers("mean", variable):
            group = mean.quantity[1:3]
            n, sd = evidence.n(group), beside(evidence, mean, "sd")
            low, high = mean.values(evidence.ways).ends if mean.comparator == "=" else (0, 0)
            if n is None or n < 2 or sd is None or low == high or (high - low) * n > MOST_SUMS:
                continue
            if sd[0].values(evidence.own).ends[1] < 0:
                continue
            patients = evidence.patients(group)
            names = (mean.claim_id, sd[0].claim_id, *patients)
            every, own = (
                _squares(mean, sd[0], patients, n, ways) for ways in (evidence.ways, evidence.own)
            )
            if every.fits is None:
                yield Check(names, (every,))
            elif own.fits is None:
                yield Check(names, (own, every))
            else:
                named = evidence.name(mean.quantity)
                yield Check(names, says=f"{named}: mean {mean.printed} ± {sd[0].printed}")


def _squares(mean: Claim, sd: Claim, patients: tuple[str, ...], n: int, ways: Ways) -> Squares:
    of_mean, of_sd = mean.values(ways), sd.values(ways)
    fits = sums(of_mean, of_sd, n)
    fewer = None
    if fits is None:
        fewer = next((k for k in range(n - 1, 1, -1) if sums(of_mean, of_sd, k)), None)
    return Squares(
        mean=mean.claim_id,
        sd=sd.claim_id,
        patients=patients,
        conventions=ways,
        n=n,
        fits=fits,
        fewer=fewer,
    )


def sums(mean: Interval, sd: Interval, n: int) -> tuple[int, int] | None:
    """Give the least sum, and sum of squares, of n whole numbers with a mean and a deviation."""
    low, high = mean.ends
    least, most = (max(Fraction(0), end) for end in sd.ends)
    within = Interval(least**2, most**2, sd.low_closed or least == 0, sd.high_closed)
    for total in range(ceil(low * n), floor(high * n) + 1):
        if Fraction(total, n) not in mean:
            continue
        base = Fraction(total**2, n)
        first, last = (base + end**2 * (n - 1) for end in (least, most))
        for squares in range(ceil(first), floor(last) + 1):
            if (squares - total) % 2 == 0 and (squares - base) / (n - 1) in within:
                return total, squares
    return None


# Tables of numbers -----------------------------------------------------------------------------


def _find_counted(evidence: Evidence) -> Iterator[Check]:
    for claim in evidence.claims.values():
        if claim.statistic not in {"mean", "median"} or claim.quantity.variable_level:
            continue
        printed = {
            other.quantity.variable_level
            for other in evidence.every.values()
            if other.quantity[:4] == claim.quantity[:4]
            and other.statistic in {"count", "percent"}
            and other.is_number
        } - {""}
        found = _levels(evidence, claim, printed) if printed and claim.comparator == "=" else None
        if found is None:
            continue
        values, names = found
        value = value_of(claim.statistic, values)
        certificate, own = (
            Counted(claim=claim.claim_id, levels=names, conventions=ways, value=value)
            for ways in (evidence.ways, evidence.own)
        )
        claims = (claim.claim_id, *(name for level in names for name in level))
        if value not in claim.values(evidence.ways):
            yield Check(claims, (certificate,))
        elif value not in claim.values(evidence.own):
            yield Check(claims, (own, certificate))
        else:
            named = evidence.name(claim.quantity)
            yield Check(claims, says=f"{named}: {claim.statistic} {claim.printed} by its table")


def _levels(
    evidence: Evidence, claim: Claim, printed: set[str]
) -> tuple[list[tuple[Fraction, int]], tuple[tuple[str, ...], ...]] | None:
    """Give the numbers and how many have each, if the ledger prints a whole table of them."""
    values, names, of = [], [], set()
    for level in printed:
        cell = evidence.cell(claim.quantity._replace(variable_level=level))
        counts = evidence.counts(cell) if cell is not None else None
        try:
            value = Fraction(level)
        except (ValueError, ZeroDivisionError):
            return None
        if cell is None or counts is None or counts[0] != counts[1]:
            return None
        values.append((value, counts[0]))
        names.append(tuple(c.claim_id for c in evidence.stated(cell)))
        of.add(cell.of)
    total = sum(count for _, count in values)
    if of - {None, total} or not total or len({value for value, _ in values}) < len(values):
        return None
    order = sorted(range(len(values)), key=lambda place: values[place])
    return [values[place] for place in order], tuple(names[place] for place in order)


def value_of(statistic: str, values: list[tuple[Fraction, int]]) -> Fraction:
    """Give the mean or the median of numbers by how many have each, in ascending order."""
    total = sum(count for _, count in values)
    if statistic == "mean":
        return sum((value * count for value, count in values), Fraction(0)) / total
    every = [value for value, count in values for _ in range(count)]
    return (every[(total - 1) // 2] + every[total // 2]) / 2


# Differences, and zeros ------------------------------------------------------------------------


def _find_differences(evidence: Evidence) -> Iterator[Check]:
    for declared in evidence.structure.differences:
        names = (declared.claim, *declared.of)
        if not set(names) <= set(evidence.claims):
            continue
        claim, first, second = (evidence.claims[name] for name in names)
        if not claim.comparator == first.comparator == second.comparator == "=":
            continue
        one, two = (each.values(evidence.ways).ends for each in (first, second))
        low, high = one[0] - two[1], one[1] - two[0]
        least, most = claim.values(evidence.ways).ends
        if all(most < a or least > b for a, b in ((low, high), (-high, -low))):
            certificate = Difference(
                claim=claim.claim_id,
                first=first.claim_id,
                second=second.claim_id,
                conventions=evidence.ways,
                low=low,
                high=high,
            )
            yield Check(names, (certificate,))
        else:
            says = f"{claim.locator}: {first.printed} less {second.printed} is {claim.printed}"
            yield Check(names, says=says)


def _find_zero(evidence: Evidence) -> Iterator[Check]:
    for claim in evidence.claims.values():
        is_p = claim.statistic in {"p_value", "p_association"} and claim.comparator == "="
        if is_p and number_and_unit(claim.printed)[0] == 0:
            yield Check((claim.claim_id,), (Zero(claim=claim.claim_id),))


RULES = (
    Rule(
        "standard deviation",
        "Do the least and the greatest of so many numbers, and their mean, allow their standard "
        "deviation?",
        "Popoviciu T. Mathematica (Cluj) 1935;9:129-45; Bhatia R, Davis C. Am Math Mon "
        "2000;107:353-7; Szőkefalvi-Nagy J. Jahresber Dtsch Math-Ver 1918;27:37-43.",
        _find_spread,
    ),
    Rule(
        "mean and deviation of whole numbers",
        "Have so many whole numbers this mean and this standard deviation?",
        "Anaya J. The GRIMMER test. PeerJ Preprints 2016;4:e2400v1; for numbers that are 0 or 1 "
        "DEBIT, Heathers JAJ, Brown NJL, 2019.",
        _find_squares,
    ),
    Rule(
        "numbers from their table",
        "Is a mean or a median that of the table of counts that is printed for it?",
        "Definitions of the statistics.",
        _find_counted,
    ),
    Rule(
        "differences",
        "Is a printed difference that of the two numbers it is declared to be of?",
        "Interval arithmetic on printed numbers.",
        _find_differences,
    ),
    Rule(
        "p values of zero",
        "Is a p value printed as nothing but zeros?",
        "No test gives a p value of 0.",
        _find_zero,
        covers=False,
    ),
)
