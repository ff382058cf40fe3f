"""Effects, their intervals, their p values, and patients at risk."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import log

from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.audit.finders.continuous import Ways, beside
from analysis.audit.finders.evidence import Cell, Claim, Evidence, exact_count
from analysis.audit.finders.quantities import ordered
from analysis.audit.finders.rules import Check, Rule
from analysis.audit.finders.times import Time, time_of
from analysis.audit.form import (
    AnyCertificate,
    Effect,
    Proportion,
    RatioInterval,
    Share,
    StatisticP,
    WaldP,
    Width,
)

RATIOS = ("hr", "or", "rr")
EFFECTS = ("or", "rr", "difference")
# Log-rank and likelihood ratio tests give another z than that of Wald, but near to it.
NEARBY = Fraction(3, 2)
LEVELS = (90, 95, 99)
Z90, Z95 = Fraction("1.644853626951472714863848907991632136083"), stats.norm.ppf(0.975)


def _with_limits(evidence: Evidence, *statistics: str) -> Iterator[tuple[Claim, Claim, Claim]]:
    for claim in evidence.claims.values():
        if claim.statistic in statistics and claim.comparator == "=":
            limits = beside(evidence, claim, f"{claim.statistic}_lower", f"{claim.statistic}_upper")
            if limits is not None:
                yield claim, limits[0], limits[1]


def _checked(
    names: tuple[str, ...],
    every: AnyCertificate,
    own: AnyCertificate,
    apart: tuple[bool, bool],
    says: str,
) -> Check:
    """Give the check of what holds in every way of rounding, or in the article's own only."""
    if apart[0]:
        return Check(names, (every,))
    if apart[1]:
        return Check(names, (own, every))
    return Check(names, says=says)


# Ratios ----------------------------------------------------------------------------------------


def _find_ratios(evidence: Evidence) -> Iterator[Check]:
    for ratio, lower, upper in _with_limits(evidence, *RATIOS):
        claims = (ratio, lower, upper)
        every, own = (_ratio(*claims, ways) for ways in (evidence.ways, evidence.own))
        if every is None or own is None:
            continue
        apart = tuple(
            found.square_low > found.product_high or found.square_high < found.product_low
            for found in (every, own)
        )
        yield _checked(
            tuple(claim.claim_id for claim in claims),
            every,
            own,
            (apart[0], apart[1]),
            f"{ratio.locator}: {ratio.printed} in the middle of its limits",
        )


def _ratio(ratio: Claim, lower: Claim, upper: Claim, ways: Ways) -> RatioInterval | None:
    middle, low, high = (claim.values(ways).ends for claim in (ratio, lower, upper))
    if min(middle[0], low[0]) < 0:
        return None
    return RatioInterval(
        estimate=ratio.claim_id,
        lower=lower.claim_id,
        upper=upper.claim_id,
        conventions=ways,
        square_low=middle[0] ** 2,
        square_high=middle[1] ** 2,
        product_low=low[0] * high[0],
        product_high=low[1] * high[1],
    )


def _find_wald(evidence: Evidence) -> Iterator[Check]:
    for ratio, lower, upper in _with_limits(evidence, *RATIOS):
        for p in evidence.by_key.get((*ratio.quantity, "p_value"), []):
            if not p.is_number:
                continue
            every, own = (_wald(p, ratio, lower, upper, w) for w in (evidence.ways, evidence.own))
            if every is None or own is None:
                continue
            apart = (
                _p_apart(p, every.p_low, every.p_high, evidence.ways),
                _p_apart(p, own.p_low, own.p_high, evidence.own),
            )
            names = tuple(claim.claim_id for claim in (p, ratio, lower, upper))
            says = f"{p.locator}: {p.printed} with {ratio.printed} ({lower.printed} to " \
                f"{upper.printed})"  # fmt: skip
            yield _checked(names, every, own, apart, says)


def _p_apart(p: Claim, low: str, high: str, ways: Ways) -> bool:
    stands = p.values(ways)
    above = stands.low is not None and stands.low > Fraction(high)
    return above or (stands.high is not None and stands.high < Fraction(low))


def _wald(p: Claim, ratio: Claim, lower: Claim, upper: Claim, ways: Ways) -> WaldP | None:
    middle, low, high = (claim.values(ways).ends for claim in (ratio, lower, upper))
    if min(middle[0], low[0]) <= 0 or high[0] <= low[1]:
        return None
    logs = [log(end) for end in middle]
    near = 0.0 if logs[0] <= 0 <= logs[1] else min(map(abs, logs))
    least = near * 2 * Z95 / log(high[1] / low[0])
    greatest = max(map(abs, logs)) * 2 * Z95 / log(high[0] / low[1])
    ends = [stats.chi2.sf((z * f) ** 2, 1) for z, f in ((greatest, 1.5), (least, 1 / 1.5))]
    return WaldP(
        claim=p.claim_id,
        estimate=ratio.claim_id,
        lower=lower.claim_id,
        upper=upper.claim_id,
        conventions=ways,
        factor=NEARBY,
        p_low=f"{ends[0]:.6g}",
        p_high=f"{ends[1]:.6g}",
    )


# Proportions -----------------------------------------------------------------------------------

_METHODS = {
    "Wald": "normal",
    "Wilson": "wilson",
    "Agresti-Coull": "agresti_coull",
    "Clopper-Pearson": "beta",
    "Jeffreys": "jeffreys",
}
METHODS = ("Wald", "Wald, corrected", "Wilson", "Wilson, corrected", "Agresti-Coull",
           "Clopper-Pearson", "Jeffreys")  # fmt: skip


def _find_proportions(evidence: Evidence) -> Iterator[Check]:
    for cell, claims in evidence.cells.items():
        counts = evidence.counts(cell) if cell.of else None
        first = claims[0]
        limits = beside(evidence, first, "percent_lower", "percent_upper")
        if counts is None or limits is None or counts[0] != counts[1]:
            continue
        every, own = (
            _proportion(claims, limits, counts[0], cell.of or 1, ways)
            for ways in (evidence.ways, evidence.own)
        )
        names = tuple(claim.claim_id for claim in (*limits, *claims))
        found = ", ".join(f"{method} {level}%" for method, level in own.fits)
        yield _checked(
            names,
            every,
            own,
            (not every.fits, not own.fits),
            f"{evidence.name(cell.quantity)}: limits by {found}",
        )


def _proportion(
    claims: list[Claim], limits: list[Claim], count: int, of: int, ways: Ways
) -> Proportion:
    ends = [claim.values(ways) for claim in limits]
    fits = []
    for level in LEVELS:
        for method in METHODS:
            found = interval(method, count, of, level)
            if all(
                any(
                    Fraction(f"{100 * value:.12g}") in end
                    for value in (limit, min(max(limit, 0), 1))
                )
                for limit, end in zip(found, ends, strict=True)
            ):
                fits.append((method, level))
    return Proportion(
        about=tuple(claim.claim_id for claim in claims),
        lower=limits[0].claim_id,
        upper=limits[1].claim_id,
        conventions=ways,
        count=count,
        of=of,
        fits=tuple(fits),
    )


def interval(method: str, count: int, of: int, level: int) -> tuple[float, float]:
    """Give confidence limits of a proportion; those of Wald are not cut at 0 and 1."""
    z, p = float(stats.norm.ppf(0.5 + level / 200)), count / of
    if method.startswith("Wald"):
        more = 1 / (2 * of) if method == "Wald, corrected" else 0.0
        half = z * (p * (1 - p) / of) ** 0.5 + more
        return p - half, p + half
    if method == "Wilson, corrected":
        low, high = (min(max(p + side / (2 * of), 0.0), 1.0) for side in (-1, 1))
        return _wilson(low, of, z)[0], _wilson(high, of, z)[1]
    if method == "Agresti-Coull":
        n = of + z**2
        p = (count + z**2 / 2) / n
        half = z * (p * (1 - p) / n) ** 0.5
        return p - half, p + half
    low, high = proportion_confint(count, of, 1 - level / 100, method=_METHODS[method])
    # Without an event the limits end at 0, and with nothing else at 1.
    return (0.0 if count == 0 and method != "Wilson" else float(low),
            1.0 if count == of and method != "Wilson" else float(high))  # fmt: skip


def _wilson(p: float, n: int, z: float) -> tuple[float, float]:
    middle, half = p + z**2 / (2 * n), z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


# Effects from counts ---------------------------------------------------------------------------


def _find_effects(evidence: Evidence) -> Iterator[Check]:
    for claim in evidence.claims.values():
        if claim.statistic not in EFFECTS or claim.comparator != "=" or claim.quantity.group_level:
            continue
        found = _groups(evidence, claim)
        if found is None:
            continue
        cells, counts = found
        values = effects(claim.statistic, *counts[0], *counts[1])
        if not values:
            continue
        first, second = (
            tuple(stated.claim_id for stated in evidence.stated(cell)) for cell in cells
        )
        every, own = (
            Effect(claim=claim.claim_id, first=first, second=second, conventions=w, values=values)
            for w in (evidence.ways, evidence.own)
        )
        apart = tuple(
            not any(value in claim.values(ways) for value in values)
            for ways in (evidence.ways, evidence.own)
        )
        yield _checked(
            (claim.claim_id, *first, *second),
            every,
            own,
            (apart[0], apart[1]),
            f"{claim.locator}: {claim.statistic.upper()} {claim.printed} of these counts",
        )


def _groups(evidence: Evidence, claim: Claim) -> tuple[list[Cell], list[tuple[int, int]]] | None:
    """Give the cells of the two groups that an effect compares, if these are two."""
    own = claim.quantity
    every = dict.fromkeys(
        other.quantity
        for other in evidence.every.values()
        if other.statistic in {"count", "percent"}
        and other.is_number
        and (other.quantity.analysis_id, other.quantity.variable) == (own.analysis_id, own.variable)
        and other.quantity.group
    )
    levels = {(quantity.group, quantity.variable_level) for quantity in every}
    levels = {pair for pair in levels if own.variable_level in {"", pair[1]}}
    levels = {pair for pair in levels if own.group in {"", pair[0]}}
    if len(levels) != 1:
        return None
    ((group, level),) = levels
    found = [q for q in every if (q.group, q.variable_level) == (group, level)]
    if not own.variable_level and any(
        q.group == group and q.variable_level != level for q in every
    ):
        return None
    cells = [evidence.cell(quantity) for quantity in found]
    known = [cell for cell in cells if cell is not None and cell.of]
    counts = [evidence.counts(cell) for cell in known]
    if len(known) != 2 or len(found) != 2 or any(c is None or c[0] != c[1] for c in counts):
        return None
    return known, [(c[0], cell.of or 0) for c, cell in zip(counts, known, strict=True) if c]


def effects(statistic: str, a: int, n: int, b: int, m: int) -> tuple[Fraction, ...]:
    """Give the effects of two groups, in both directions, and of both outcomes for a risk ratio."""
    if statistic == "or":
        top, bottom = a * (m - b), b * (n - a)
        parts = [(top, bottom), (bottom, top)]
    elif statistic == "rr":
        one, two = (a * m, b * n), ((n - a) * m, (m - b) * n)
        parts = [one, one[::-1], two, two[::-1]]
    else:
        top, bottom = a * m - b * n, n * m
        parts = [(top, bottom), (-top, bottom), (100 * top, bottom), (-100 * top, bottom)]
    return tuple(dict.fromkeys(Fraction(up, down) for up, down in parts if down))


# Test statistics -------------------------------------------------------------------------------


def _find_statistics(evidence: Evidence) -> Iterator[Check]:
    for claim in evidence.claims.values():
        if claim.statistic not in {"t", "f", "z", "chi2", "r"} or claim.comparator != "=":
            continue
        found = _freedom(evidence, claim)
        for p in evidence.by_key.get((*claim.quantity, "p_value"), []):
            if found is None or not p.is_number:
                continue
            stated, freedom = found
            every, own = (
                _statistic(p, claim, stated, freedom, ways)
                for ways in (evidence.ways, evidence.own)
            )
            apart = (
                _p_apart(p, every.p_low, every.p_high, evidence.ways),
                _p_apart(p, own.p_low, own.p_high, evidence.own),
            )
            says = f"{p.locator}: {p.printed} with {claim.statistic} = {claim.printed}"
            yield _checked((p.claim_id, claim.claim_id, *stated), every, own, apart, says)


def _freedom(
    evidence: Evidence, claim: Claim
) -> tuple[tuple[str, ...], tuple[Fraction, ...]] | None:
    """Give the degrees of freedom: those that are printed, or by how many patients there are."""
    if claim.statistic == "z":
        return (), ()
    wanted = ("df", "df2") if claim.statistic == "f" else ("df",)
    printed = beside(evidence, claim, *wanted)
    if printed is not None:
        values = [next(iter(other.values(()).ends)) for other in printed]
        if min(values) <= 0 or (claim.statistic == "chi2" and values[0].denominator > 1):
            return None
        names = tuple(other.claim_id for other in printed)
        return names, tuple(values) if len(values) == 2 else (values[0], values[0])
    declared = evidence.every.get(evidence.structure.patients or "")
    if claim.statistic not in {"t", "r"} or declared is None or claim.quantity.group_level:
        return None
    every = [
        other
        for other in evidence.every.values()
        if other.quantity[3:] == declared.quantity[3:] and exact_count(other) is not None
    ]
    counts = [exact_count(other) or 0 for other in every]
    if not counts:
        return None
    groups = [exact_count(other) or 0 for other in every if other.quantity.group]
    greatest = max(counts) - 1
    least = min(groups) - 1 if len(groups) > 1 else greatest - 1
    if claim.statistic == "r":
        least = greatest = max(counts) - 2
    if least < 1:
        return None
    return tuple(other.claim_id for other in every), (Fraction(least), Fraction(greatest))


def _statistic(
    p: Claim, claim: Claim, stated: tuple[str, ...], freedom: tuple[Fraction, ...], ways: Ways
) -> StatisticP:
    low, high = (float(end) for end in claim.values(ways).ends)
    near = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    ends = (max(low, 0), max(high, 0)) if claim.statistic in {"f", "chi2"} else (
        near, max(abs(low), abs(high))
    )  # fmt: skip
    found = [value for end in ends for value in _tails(claim.statistic, end, freedom)]
    return StatisticP(
        claim=p.claim_id,
        statistic=claim.claim_id,
        stated=stated,
        conventions=ways,
        freedom=freedom,
        p_low=f"{min(found):.6g}",
        p_high=f"{max(found):.6g}",
    )


def _tails(statistic: str, value: float, freedom: tuple[Fraction, ...]) -> list[float]:
    if statistic == "chi2":
        return [float(stats.chi2.sf(value, float(freedom[0])))]
    if statistic == "f":
        return [float(stats.f.sf(value, *(float(df) for df in freedom)))]
    if statistic == "z":
        both = [2 * float(stats.norm.sf(value))]
    elif statistic == "t":
        both = [2 * float(stats.t.sf(value, float(df))) for df in freedom]
    elif value >= 1:
        return [0.0]
    else:
        both = [
            2 * float(stats.t.sf(value * (float(df) / (1 - value**2)) ** 0.5, float(df)))
            for df in freedom
        ]
    return [p for two in both for p in (two, two / 2)]


# Patients at risk ------------------------------------------------------------------------------


def _find_at_risk(evidence: Evidence) -> Iterator[Check]:
    curves: dict[tuple[str, ...], list[tuple[Time, Claim]]] = {}
    for claim in evidence.claims.values():
        time = time_of(claim.quantity.variable_level)
        if claim.statistic == "n_at_risk" and claim.comparator == "=" and time is not None:
            curves.setdefault(claim.quantity[:4], []).append((time, claim))
    for found in curves.values():
        found.sort(key=lambda pair: pair[0])
        for (early, first), (late, second) in pairwise(found):
            if early.told == late.told and early < late:
                yield ordered(evidence, second, first)
        group = found[0][1].quantity[1:3]
        patients, n = evidence.patients(group), evidence.n(group)
        if n is None:
            continue
        for _, claim in found:
            yield ordered(evidence, claim, evidence.claims[patients[0]])
            for rate in evidence.by_key.get((*claim.quantity, "rate"), []):
                if rate.comparator == "=":
                    yield _share(evidence, rate, claim, patients, n)


def _share(
    evidence: Evidence, rate: Claim, at_risk: Claim, patients: tuple[str, ...], n: int
) -> Check:
    count = number_of(at_risk)
    every, own = (
        Share(
            rate=rate.claim_id,
            at_risk=at_risk.claim_id,
            patients=patients,
            conventions=ways,
            n=n,
            share=100 * count / n,
            rate_high=rate.values(ways).ends[1],
        )
        for ways in (evidence.ways, evidence.own)
    )
    names = (rate.claim_id, at_risk.claim_id, *patients)
    says = f"{rate.locator}: {rate.printed}% with {at_risk.printed} of {n} at risk"
    apart = (every.rate_high < every.share, own.rate_high < own.share)
    return _checked(names, every, own, apart, says)


def number_of(claim: Claim) -> Fraction:
    """Give the number that a claim prints."""
    return claim.values(()).ends[0]


def _find_width(evidence: Evidence) -> Iterator[Check]:
    for rate, lower, upper in _with_limits(evidence, "rate"):
        group = rate.quantity[1:3]
        patients, n = evidence.patients(group), evidence.n(group)
        every, own = (
            _width(rate, lower, upper, patients, n or 1, ways)
            for ways in (evidence.ways, evidence.own)
        )
        if n is None or every is None or own is None:
            continue
        apart = (_narrow(every), _narrow(own))
        names = (rate.claim_id, lower.claim_id, upper.claim_id, *patients)
        says = f"{rate.locator}: {lower.printed} to {upper.printed} in {n} patients"
        yield _checked(names, every, own, apart, says)


def _narrow(found: Width) -> bool:
    return found.width_high >= 0 and found.width_high**2 < found.square_least


def _width(
    rate: Claim, lower: Claim, upper: Claim, patients: tuple[str, ...], n: int, ways: Ways
) -> Width | None:
    middle, low, high = (claim.values(ways).ends for claim in (rate, lower, upper))
    ends = [end / 100 for end in middle]
    if not 0 <= ends[0] <= ends[1] <= 1:
        return None
    return Width(
        rate=rate.claim_id,
        lower=lower.claim_id,
        upper=upper.claim_id,
        patients=patients,
        conventions=ways,
        n=n,
        width_high=(high[1] - low[0]) / 100,
        square_least=Z90**2 * min(s * (1 - s) for s in ends) / n,
    )


# The flow of patients ---------------------------------------------------------------------------

# Of a trial's flow, what comes before what.
FLOW = (
    ("assessed", "screened"),
    ("randomised", "randomized", "enrolled", "included", "allocated"),
    ("analysed", "analyzed"),
)


def _find_flow(evidence: Evidence) -> Iterator[Check]:
    at: dict[tuple[str, ...], dict[int, Claim]] = {}
    for claim in evidence.claims.values():
        if claim.quantity.variable == "flow" and exact_count(claim) is not None:
            for place, names in enumerate(FLOW):
                if claim.quantity.variable_level in names:
                    at.setdefault(claim.quantity[:4], {}).setdefault(place, claim)
    for found in at.values():
        places = sorted(found)
        for early, late in pairwise(places):
            yield ordered(evidence, found[late], found[early])


RULES = (
    Rule(
        "ratio within its interval",
        "Is a hazard ratio, odds ratio or relative risk in the middle of its limits, on the "
        "logarithm?",
        "Intervals of Wald; Altman DG, Bland JM. BMJ 2011;343:d2090.",
        _find_ratios,
    ),
    Rule(
        "p value and interval",
        "Is a p value near to that of the ratio and the interval that it is printed with?",
        "Altman DG, Bland JM. BMJ 2011;343:d2304.",
        _find_wald,
    ),
    Rule(
        "interval of a proportion",
        "Are the limits of a proportion those of its count, by Wald, Wilson (both also corrected "
        "for continuity), Agresti-Coull, Clopper-Pearson or Jeffreys, of 90, 95 or 99%?",
        "Newcombe RG. Stat Med 1998;17:857-72; Brown LD, Cai TT, DasGupta A. Stat Sci "
        "2001;16:101-33.",
        _find_proportions,
    ),
    Rule(
        "effect from counts",
        "Is an odds ratio, a relative risk or a difference that of the counts of two groups?",
        "Definitions of the statistics.",
        _find_effects,
    ),
    Rule(
        "p value of a statistic",
        "Is a p value that of the t, F, z, chi-square or correlation printed with it, one- or "
        "two-sided, with the degrees of freedom that are printed or that the patients allow?",
        "Nuijten MB et al. Behav Res Methods 2016;48:1205-26; Welch BL. Biometrika 1947;34:28-35.",
        _find_statistics,
    ),
    Rule(
        "numbers at risk",
        "Do the numbers at risk fall, from no more than there are, and is survival at least the "
        "share still at risk?",
        "Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-81.",
        _find_at_risk,
    ),
    Rule(
        "interval of a survival rate",
        "Are the limits of a survival rate as far apart as so many patients need?",
        "Greenwood M. Reports on Public Health and Medical Subjects 1926;33:1-26.",
        _find_width,
    ),
    Rule(
        "flow of patients",
        "Are no more randomised than assessed, and no more analysed than randomised?",
        "CONSORT: Schulz KF, Altman DG, Moher D. BMJ 2010;340:c332.",
        _find_flow,
    ),
)
