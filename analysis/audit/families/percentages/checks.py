"""How certificates about counts and percentages are checked: every count is tried again."""

from __future__ import annotations

from fractions import Fraction

from analysis.audit.context import (
    Checks,
    Context,
    Figures,
    Rejected,
    Verification,
    under_every_rounding,
)
from analysis.audit.families.percentages.certificates import Counts, Restated, SumOfPrinted
from analysis.audit.structure import quantity_of


def _counts(context: Context, item: Counts) -> Figures:
    quantities = {quantity_of(context.rows[name]) for name in item.about}
    if len(quantities) != 1 or not item.about:
        raise Rejected("the claims are not about one quantity")
    denominators = [d for d in map(context.denominator, item.about) if d]
    counts = [
        int(context.digits(name)[0])
        for name in item.about
        if context.rows[name]["statistic"] == "count" and context.rows[name]["comparator"] == "="
    ]
    if denominators:
        of = [min(denominators)]
    elif counts:
        of = [max(counts)]
    else:
        of = list(range(1, context.patients(context.structure.patients or "") + 1))
    fits = [
        (count, whole)
        for whole in of
        for count in range(whole + 1)
        if all(context.fits(name, count, whole, item.conventions) for name in item.about)
    ]
    near = {count: Fraction(100 * count, of[0]) for count in item.near}
    if len(of) > 1 and near:
        raise Rejected("near counts of an unknown denominator")
    return {"of": tuple(of), "fits": tuple(fits), "near": near}


def _restated(context: Context, item: Restated) -> Figures:
    if context.key(item.first) != context.key(item.second):
        raise Rejected("the claims are about different statistics")
    low, high = sorted(
        (context.edges(name, item.conventions) for name in (item.first, item.second)),
        key=lambda edges: edges.low,
    )
    touching = low.high == high.low and low.high_closed and high.low_closed
    return {"gap": high.low - low.high if not touching else Fraction(-1)}


def _sum_of_printed(context: Context, item: SumOfPrinted) -> Figures:
    relation = context.relation(item.relation)
    wholes = [quantity for sign, quantity in relation.terms if sign < 0]
    parts = [quantity for sign, quantity in relation.terms if sign > 0]
    if [quantity_of(context.rows[item.whole])] != wholes or [
        quantity_of(context.rows[name]) for name in item.parts
    ] != parts:
        raise Rejected("the parts are not those of the relation")
    total = sum((context.digits(name)[0] for name in item.parts), Fraction(0))
    if total != context.digits(item.whole)[0]:
        raise Rejected("the printed parts do not add up to it")
    return {"total": total}


CHECKS: Checks = {
    Counts: Verification(_counts, under_every_rounding),
    Restated: Verification(_restated),
    SumOfPrinted: Verification(_sum_of_printed),
}
