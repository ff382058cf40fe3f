"""How certificates about p values are checked: every table again, in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from analysis.audit import exact
from analysis.audit.context import Checks, Context, Figures, Rejected, Verification
from analysis.audit.families.p_values.certificates import Tables
from analysis.audit.structure import quantity_of


def _tables(context: Context, item: Tables) -> Figures:
    asked = [
        value
        for family in context.structure.p_values
        if item.comparison in family.readings
        for value in family.values
        if value.claim == item.claim and item.digits in {other.claim for other in family.values}
    ]
    if not asked:
        raise Rejected("the p value is not declared to be of this comparison")
    allowed, groups = [], []
    for names, declared in zip(item.margins, asked[0].margins, strict=True):
        if not names or not set(names) <= set(context.about[quantity_of(context.rows[declared])]):
            raise Rejected("the p value is not declared with these margins")
        groups.append(min(size for size in map(context.denominator, names) if size is not None))
        allowed.append(context.allowed(names, ("half up", "half even", "truncated")) or [])
    if item.comparison == "unpaired":
        sizes = (groups[0], groups[1])
    else:
        if item.patients is None:
            raise Rejected("the number of patients is missing")
        sizes = (context.patients(item.patients),) * 2
    expected = [
        (margins, cell)
        for margins in product(*allowed)
        for cell in exact.cells(item.comparison, (margins[0], margins[1]), sizes)
    ]
    if [(table.margins, table.first) for table in item.tables] != expected:
        raise Rejected("the tables are not all that the margins allow")
    fits = []
    for table in item.tables:
        bounds = exact.of_table(item.comparison, table.margins, sizes, table.first)
        if set(bounds) != set(table.p):
            raise Rejected("a test is missing")
        for test in table.p:
            low, high = bounds[test]
            close = high / 10**5 + Fraction(1, 10**12)
            if not low - close <= Fraction(table.p[test]) <= high + close:
                raise Rejected(f"{test}, first cell {table.first}: p is {float(low):.6f}")
            inside = {context.prints(item.digits, value, item.conventions) for value in (low, high)}
            if len(inside) > 1:
                raise Rejected(f"{test}, first cell {table.first}: too near to decide")
            if inside == {True}:
                fits.append((test, table.margins, table.first))
    return {"sizes": sizes, "fits": tuple(fits)}


CHECKS: Checks = {Tables: Verification(_tables)}
