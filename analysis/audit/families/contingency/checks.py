"""How certificates about larger tables are checked: every table again, in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from analysis.audit import exact
from analysis.audit.context import Checks, Context, Figures, Rejected, Verification
from analysis.audit.families.contingency.certificates import Contingency
from analysis.audit.structure import quantity_of


def _contingency(context: Context, item: Contingency) -> Figures:
    declared = [
        table.rows
        for table in context.structure.p_tables
        if (table.claim, table.margins) == (item.claim, item.margins)
    ]
    if tuple(tuple(cell[0] for cell in row) for row in item.rows) not in declared:
        raise Rejected("the p value is not declared to be of this table")
    allowed = []
    for row in item.rows:
        for names in row:
            if len({quantity_of(context.rows[name]) for name in names}) != 1:
                raise Rejected("the claims of a cell are about different counts")
            allowed.append(context.allowed(names, ("half up", "half even", "truncated")) or [])
    width = len(item.rows[0])
    expected: list[tuple[tuple[int, ...], ...]] = []
    for chosen in product(*allowed):
        if item.margins:
            rows, columns = chosen[:width], chosen[width:]
            if sum(rows) == sum(columns):
                expected += exact.tables_of(rows, columns)
        else:
            expected.append(tuple(chosen[at : at + width] for at in range(0, len(chosen), width)))
    if sorted(table.cells for table in item.tables) != sorted(expected):
        raise Rejected("the tables are not all that the claims allow")
    fits = []
    for place, table in enumerate(item.tables):
        bounds = exact.contingency(table.cells, "Fisher-Freeman-Halton" in table.p)
        if set(bounds) != set(table.p):
            raise Rejected("a test is missing")
        for test, stated in table.p.items():
            low, high = bounds[test]
            close = high / 10**5 + Fraction(1, 10**12)
            if not low - close <= Fraction(stated) <= high + close:
                raise Rejected(f"{test} of table {place + 1} has p {float(low):.6g}")
            inside = {context.prints(item.claim, value, item.conventions) for value in (low, high)}
            if len(inside) > 1:
                raise Rejected(f"{test} of table {place + 1} is too near to decide")
            if inside == {True}:
                fits.append((test, place))
    return {"fits": tuple(fits)}


CHECKS: Checks = {Contingency: Verification(_contingency)}
