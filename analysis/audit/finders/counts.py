"""Counts and percentages: whether a count fits, and whether two statements agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, islice
from math import ceil, floor

from analysis.audit.finders.evidence import Cell, Claim, Evidence, allowed_counts, exact_count
from analysis.audit.finders.relations import relations_of
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.finders.sums import bounds
from analysis.audit.form import (
    AnyCertificate,
    Bounds,
    Counts,
    Habit,
    Parts,
    Restated,
    SumOfPrinted,
    Whole,
)
from analysis.study.printed import Convention, Interval, number_and_unit

# So many cells that need one way of rounding are a habit of the article.
HABIT = 3
_SHOWN = 3
_READINGS: tuple[Whole, ...] = ("printed", "fewer", "another", "events")


# The way in which an article rounds ------------------------------------------------------------


def _find_habit(evidence: Evidence) -> Iterator[Check]:
    for convention in ("rounded twice", "truncated", "rounded up"):
        cells = habits(evidence).get(convention, [])
        if len(cells) >= HABIT:
            certificate = Habit(convention=convention, cells=tuple(cells))
            yield Check(tuple(name for pair in cells for name in pair), (certificate,))


def habits(evidence: Evidence) -> dict[Convention, list[tuple[str, str]]]:
    """Give the pairs that fit in one way only, by the plainest way that they fit."""
    found: dict[Convention, list[tuple[str, str]]] = {}
    for pair in evidence.pairs:
        way = evidence.way(pair)
        if way is not None:
            found.setdefault(way, []).append(pair)
    return found


# Counts ----------------------------------------------------------------------------------------


def _find_counts(evidence: Evidence) -> Iterator[Check]:
    habitual = {
        percent
        for cells in habits(evidence).values()
        if len(cells) >= HABIT
        for _, percent in cells
    }
    for cell, claims in evidence.cells.items():
        if cell.of is not None:
            rest = [claim for claim in claims if claim.claim_id not in habitual]
            yield from _of_cell(evidence, cell, rest)


def _of_cell(evidence: Evidence, cell: Cell, claims: list[Claim]) -> Iterator[Check]:
    if not any(claim.statistic == "percent" for claim in claims) and not any(
        (exact_count(claim) or 0) > (cell.of or 0) for claim in claims
    ):
        return
    named = evidence.name(cell.quantity)
    alone = [claim for claim in claims if allowed_counts([claim], cell.of, evidence.ways) is None]
    rest = [claim for claim in claims if claim not in alone]
    if rest and allowed_counts(rest, cell.of, evidence.own) is None:
        yield _finding(evidence, cell, rest)
    elif rest:
        parts = None if any(exact_count(claim) is not None for claim in rest) else _summed(
            evidence, cell
        )  # fmt: skip
        low, high = allowed_counts(rest, cell.of, evidence.own) or (0, 0)
        if parts is not None and not low <= parts.total <= high:
            yield _finding(evidence, cell, rest, parts)
        else:
            shown = str(low) if low == high else f"{low} to {high}"
            names = tuple(claim.claim_id for claim in rest)
            yield Check(names, says=f"{named}: {shown} of {cell.of}")
    for claim in alone:
        # With the others, where they agree among themselves.
        agree = rest and allowed_counts(rest, cell.of, evidence.ways) is not None
        yield _finding(evidence, cell, [*rest, claim] if agree else [claim])


def _finding(
    evidence: Evidence, cell: Cell, claims: list[Claim], parts: Parts | None = None
) -> Check:
    if parts is None and not any(exact_count(claim) is not None for claim in claims):
        parts = _summed(evidence, cell)
    names = tuple(claim.claim_id for claim in claims)
    plain = counts(evidence, cell, claims, parts, evidence.own, "printed")
    wider = [counts(evidence, cell, claims, parts, evidence.ways, whole) for whole in _READINGS]
    support: list[AnyCertificate] = [*_by_sums(evidence, cell, claims)]
    for claim in claims:
        # An explanation of what does not fit: by itself, or with the sum of its parts.
        alone = allowed_counts([claim], cell.of, evidence.ways) is None
        if claim.statistic == "percent" and (alone or parts is not None):
            support += _sums_of_printed(evidence, claim)
    return Check(names, (plain, *wider, *support))


def counts(
    evidence: Evidence,
    cell: Cell,
    claims: Sequence[Claim],
    parts: Parts | None,
    conventions: tuple[Convention, ...],
    whole: Whole,
) -> Counts:
    """Certify which counts the claims about one quantity allow, under one reading of the whole."""
    of = cell.of
    assert of is not None
    percents = [claim.values(conventions) for claim in claims if claim.statistic == "percent"]
    exact = {count for claim in claims if (count := exact_count(claim)) is not None}
    exact |= {parts.total} if parts is not None else set()
    fits: tuple[tuple[int, int], ...] = ()
    if whole == "printed":
        found = allowed_counts(claims, of, conventions)
        if found is not None and parts is not None:
            low, high = max(found[0], parts.total), min(found[1], parts.total)
            found = (low, high) if low <= high else None
        fits = () if found is None else (found,)
    elif len(exact) <= 1:
        count = next(iter(exact), None)
        if whole == "events":
            if count is not None and count > of:
                value = Fraction(100 * count, of)
                fits = ((count, of),) if all(value in own for own in percents) else ()
        elif whole == "fewer":
            fits = _wholes(percents, count, range(of - 1, 0, -1))
        else:
            fits = _wholes(percents, count, range(of + 1, max(of, evidence.most) + 1))
    return Counts(
        about=tuple(claim.claim_id for claim in claims),
        sum=parts,
        conventions=conventions,
        whole=whole,
        of=of,
        fits=fits,
    )


def _wholes(
    percents: Sequence[Interval], count: int | None, tried: range
) -> tuple[tuple[int, int], ...]:
    """Give the first few wholes, with the least count, that all percentages allow."""
    if not tried:
        return ()
    common = Interval(Fraction(0), Fraction(100), True, True)
    for own in percents:
        if not common.meets(own):
            return ()
        common = common.common(own)
    low, high = common.ends
    first, last = min(tried), max(tried)
    if count is not None:
        # 100 × count / whole is within the percentages: so is the whole between two numbers.
        if high <= 0:
            return ()
        first = max(first, count, 1, floor(100 * count / high))
        last = min(last, ceil(100 * count / low)) if low > 0 else last
        tried = range(first, last + 1) if tried.step > 0 else range(last, first - 1, -1)

    def found() -> Iterator[tuple[int, int]]:
        for whole in tried:
            least = max(0, ceil(low * whole / 100)) if count is None else count
            for k in (least, least + 1) if count is None else (count,):
                if k <= whole and Fraction(100 * k, whole) in common:
                    yield k, whole
                    break

    return tuple(islice(found(), _SHOWN))


def _summed(evidence: Evidence, cell: Cell) -> Parts | None:
    """Give the parts of a declared sum that tell the count of a quantity."""
    found = evidence.parts(cell)
    if found is None:
        return None
    place, parts = found
    allowed = [allowed_counts(part, cell.of, evidence.ways) for part in parts]
    counts = [low for low, high in filter(None, allowed) if low == high]
    if len(counts) < len(parts):
        return None
    names = tuple(tuple(claim.claim_id for claim in part) for part in parts)
    return Parts(place=place, parts=names, total=sum(counts))


def _by_sums(evidence: Evidence, cell: Cell, claims: Sequence[Claim]) -> Iterator[Bounds]:
    """Give sums that break without one of several claims, which is therefore needed."""
    if len(claims) < 2:
        return
    for claim in claims:
        rest = evidence.without(
            name.claim_id for name in evidence.cells[cell] if name is claim or name not in claims
        )
        left = [other for other in claims if other is not claim]
        if allowed_counts(left, cell.of, evidence.ways) is None:
            continue
        for relation in relations_of(rest, evidence.ways):
            about = {name for term in relation.terms for name in term.about}
            if not {other.claim_id for other in left} <= about:
                continue
            found = bounds(relation, evidence.ways)
            # Levels that fall short of their whole may be so because some have no value.
            if found.high < 0 or (relation.part == "sums" and found.low > 0):
                yield found
                break


def _sums_of_printed(evidence: Evidence, claim: Claim) -> Iterator[SumOfPrinted]:
    level = f"{claim.quantity.variable}={claim.quantity.variable_level}"
    for place, declared in enumerate(evidence.structure.sums):
        if declared.whole != level or len(declared.parts) < 2:
            continue
        found = []
        for part in declared.parts:
            variable, _, value = part.partition("=")
            own = claim.quantity._replace(variable=variable, variable_level=value)
            percents = evidence.by_key.get((*own, "percent"), [])
            found += percents[:1]
        if len(found) < len(declared.parts):
            continue
        total = sum((number_and_unit(part.printed)[0] for part in found), Fraction(0))
        if total == number_and_unit(claim.printed)[0]:
            parts = tuple(part.claim_id for part in found)
            yield SumOfPrinted(place=place, whole=claim.claim_id, parts=parts)


# Two statements of one statistic ---------------------------------------------------------------


def _find_restated(evidence: Evidence) -> Iterator[Check]:
    for claims in evidence.by_key.values():
        # What a draft asks about may be something else than what it is filed under.
        stated = [claim for claim in claims if claim.comparator == "=" and not claim.asks]
        for group in _by_denominator(stated):
            if len(group) > 1:
                yield from _restated(evidence, group)


def _by_denominator(claims: list[Claim]) -> Iterable[list[Claim]]:
    """Give claims by what they are printed of; those of no number with each, but for per cents."""
    of = {claim.denominator for claim in claims}
    percentages = {claim.statistic for claim in claims} == {"percent"}
    for denominator in of if percentages else (of - {None} or {None}):
        same = {denominator} if percentages else {denominator, None}
        yield [claim for claim in claims if claim.denominator in same]


def _restated(evidence: Evidence, stated: list[Claim]) -> Iterator[Check]:
    first_of = {claim.printed: claim for claim in reversed(stated)}
    apart = [
        pair
        for pair in combinations(first_of.values(), 2)
        if not pair[0].values(evidence.ways).meets(pair[1].values(evidence.ways))
    ]
    names = tuple(claim.claim_id for claim in stated)
    if not apart:
        yield Check(names, says=f"stated {len(stated)} times, in agreement")
    for first, second in apart:
        low, high = sorted(claim.values(evidence.ways).ends for claim in (first, second))
        certificate = Restated(
            first=first.claim_id,
            second=second.claim_id,
            conventions=evidence.ways,
            gap=high[0] - low[1],
        )
        yield Check(names, (certificate,))


RULES = (
    Rule(
        "the same fact twice",
        "Do two statements of one statistic agree?",
        "Exact intervals of printed numbers.",
        _find_restated,
    ),
    Rule(
        "way of rounding",
        "Are several percentages those of their counts in one way of rounding only: rounded twice, "
        "cut off, or rounded up?",
        "Exact intervals of printed numbers.",
        _find_habit,
    ),
    Rule(
        "count and percentage",
        "Is there a count of patients behind each percentage, and is it the count printed? "
        "Percentages are read rounded half up, half even or twice, cut off, and rounded up; of the "
        "number printed with them, and of fewer, as some may have no value.",
        "After Brown NJL, Heathers JAJ. Soc Psychol Personal Sci 2017;8:363-9, for proportions.",
        _find_counts,
    ),
)
