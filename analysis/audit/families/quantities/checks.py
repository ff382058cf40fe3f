"""How certificates about medians, ranges, cut-offs, limits and doses are checked."""

from __future__ import annotations

from fractions import Fraction

from analysis.audit.context import (
    Checks,
    Context,
    Edges,
    Figures,
    Rejected,
    Verification,
    under_every_rounding,
)
from analysis.audit.families.quantities.certificates import Cut, Grid, Limits, Order, Scaled
from analysis.audit.structure import quantity_of

_RATE = "rate"
_BECAUSE = {
    ("min", "median"),
    ("median", "max"),
    ("min", "max"),
    ("min", "mean"),
    ("mean", "max"),
    ("median_lower", "median"),
    ("median", "median_upper"),
    ("rate_lower", "rate"),
    ("rate", "rate_upper"),
}


def _order(context: Context, item: Order) -> Figures:
    _ordered(context, item.smaller, item.larger)
    return {
        "least_of_smaller": context.edges(item.smaller, item.conventions).low,
        "greatest_of_larger": context.edges(item.larger, item.conventions).high,
    }


def _ordered(context: Context, smaller: str, larger: str) -> None:
    first, second = context.key(smaller), context.key(larger)
    if first[:-1] == second[:-1] and (first[-1], second[-1]) in _BECAUSE:
        return
    curves = first[:4] == second[:4] and first[-1] == second[-1] == _RATE
    if curves and Fraction(first[4]) > Fraction(second[4]):
        return
    within = context.structure.within
    pair = (first[-1], second[-1])
    if pair == ("threshold_min", "min") and within.get(second[3]) == first[3]:
        return
    if pair == ("max", "threshold_max") and within.get(first[3]) == second[3]:
        return
    raise Rejected(f"{smaller} and {larger} have no order")


def _limits(context: Context, item: Limits) -> Figures:
    most = {
        "count": None,
        "percent": Fraction(100),
        "rate": Fraction(100),
        "rate_lower": Fraction(100),
        "rate_upper": Fraction(100),
        "p_value": Fraction(1),
        "p_association": Fraction(1),
    }
    statistic = context.key(item.claim)[-1]
    if statistic not in most:
        raise Rejected(f"{statistic} has no limits")
    edges = context.edges(item.claim, item.conventions)
    return {
        "least": Fraction(0),
        "most": most[statistic],
        "low": edges.low,
        "high": edges.high,
    }


def _grid(context: Context, item: Grid) -> Figures:
    key, n = context.key(item.claim), context.patients(item.patients)
    possible = {
        "median": {Fraction(1, 2), Fraction(1, 1 if n % 2 else 2)},
        "mean": {Fraction(1, n)},
        "min": {Fraction(1)},
        "max": {Fraction(1)},
    }
    if key[3] not in context.structure.whole_numbers or item.step not in possible[key[-1]]:
        raise Rejected("the step is not that of the statistic")
    edges = context.edges(item.claim, item.conventions)
    printed, _ = context.digits(item.claim)
    below = printed // item.step * item.step
    first = int(edges.low // item.step)
    tried = [item.step * k for k in range(first, first + 4)]
    return {
        "below": below,
        "above": below + item.step,
        "fits": tuple(v for v in tried if context.prints(item.claim, v, item.conventions)),
    }


def _cut(context: Context, item: Cut) -> Figures:
    key, n = context.key(item.median), context.patients(item.patients)
    quantity = quantity_of(context.rows[item.level[0]])
    level = f"{quantity.variable}={quantity.variable_level}"
    declared = [c for c in context.structure.cuts if (c.variable, c.level) == (key[3], level)]
    if not declared or key[-1] != "median":
        raise Rejected("the cut-off is not declared")
    if not set(item.level) <= set(context.about[quantity]):
        raise Rejected("claims of another level")
    at_least = declared[0].at_least is not None
    number = declared[0].at_least if at_least else declared[0].at_most
    cut = Fraction(str(number))
    allowed = context.allowed(item.level, item.conventions)
    if not allowed or {context.denominator(name) for name in item.level} != {n}:
        raise Rejected("the level is not counted of all patients")
    edges = context.edges(item.median, item.conventions)
    # K is the number beyond. Whether each K allows a median inside the edges is decided from
    # the two middle values, as unbounded above and below as the cut-off leaves them.
    possible = [k for k in range(n + 1) if _median_possible(n, k, cut, at_least, edges)]
    return {
        "cut": cut,
        "side": "at least" if at_least else "at most",
        "n": n,
        "low": min(allowed),
        "high": max(allowed),
        "median_low": edges.low,
        "median_high": edges.high,
        "least": min(possible),
        "most": max(possible),
        "astride": n % 2 == 0 and min(allowed) == max(allowed) == n // 2,
    }


def _scaled(context: Context, item: Scaled) -> Figures:
    first, second = context.key(item.product), context.key(item.base)
    declared = [d for d in context.structure.doses if (d.bed, d.eqd2) == (first[3], second[3])]
    if not declared or first[:3] != second[:3] or first[-1] != second[-1]:
        raise Rejected("the two doses are not declared to belong together")
    factor = 1 + Fraction(2, declared[0].alpha_beta)
    own, base = (
        context.edges(item.product, item.conventions),
        context.edges(item.base, item.conventions),
    )
    low, high = max(own.low, base.low * factor), min(own.high, base.high * factor)
    closed = (own if own.low >= base.low * factor else base).low_closed and (
        own if own.high <= base.high * factor else base
    ).high_closed
    meet = low < high or (low == high and closed)
    return {
        "factor": factor,
        "product_low": own.low,
        "product_high": own.high,
        "scaled_low": base.low * factor,
        "scaled_high": base.high * factor,
        "low": low if meet else None,
        "high": high if meet else None,
    }


def _median_possible(n: int, beyond: int, cut: Fraction, at_least: bool, edges: Edges) -> bool:
    """Tell whether a median inside the edges is possible with so many of n beyond a cut-off."""
    # In ascending order the last `beyond` values reach the cut-off (the first, with 'at most').
    positions = [(n + 1) // 2, n // 2 + 1]
    reached = [p > n - beyond if at_least else p <= beyond for p in positions]
    high_side = reached if at_least else [not item for item in reached]
    if all(high_side):
        # Both middle values are on the high side: at least the cut-off, or above it.
        return edges.high > cut or (at_least and edges.high == cut and edges.high_closed)
    if not any(high_side):
        return edges.low < cut or (not at_least and edges.low == cut)
    return True


CHECKS: Checks = {
    Order: Verification(_order, under_every_rounding),
    Limits: Verification(_limits, under_every_rounding),
    Grid: Verification(_grid, under_every_rounding),
    Cut: Verification(_cut, under_every_rounding),
    Scaled: Verification(_scaled, under_every_rounding),
}
