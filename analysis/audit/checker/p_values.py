"""How certificates about p values of tables of counts are checked, and what follows from them."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

from analysis.audit.checker import exact
from analysis.audit.checker.kind import AS_DECLARED, Kind, Said, agree, follows, listed
from analysis.audit.checker.ledger import EVERY, Ledger, Rejected
from analysis.audit.form import (
    Certificates,
    Comparison,
    Contingency,
    Identified,
    Tables,
    Untried,
    Verdict,
)
from analysis.audit.structure import Family, PValue

WORDS: dict[str, str] = {
    "paired": "paired comparison",
    "unpaired": "comparison of separate groups",
    "association": "test of association",
}
_MANY = 6


def family_of(ledger: Ledger, claim: str) -> tuple[Family, PValue]:
    """Give where a p value is declared."""
    for family in ledger.structure.p_values:
        for value in family.values:
            if value.claim == claim:
                return family, value
    raise Rejected("the p value is not declared")


def counts_of(ledger: Ledger, names: Sequence[str], declared: str) -> tuple[range, int]:
    """Give the counts that the claims of a margin allow, and what they are of."""
    of = ledger.denominator(declared)
    if not names or names[0] != declared or len(set(names)) != len(names) or of is None:
        raise Rejected("the claims of a margin are not those that are declared")
    if {ledger.key(name) for name in names} != {ledger.key(declared)}:
        raise Rejected("the claims of a margin are about different counts")
    found = ledger.counts(names, EVERY)
    return (range(found[0], found[1] + 1) if found else range(0)), of


def fitting(
    ledger: Ledger,
    digits: str,
    conventions: Sequence[str],
    stated: Mapping[str, str],
    bounds: Mapping[str, exact.Bounds],
) -> list[str]:
    """Give the tests of a table that give printed digits; reject stated p values that differ."""
    if set(bounds) != set(stated):
        raise Rejected("a test is missing, or one too many")
    found = []
    for test in stated:
        low, high = bounds[test]
        close = high / 10**5 + Fraction(1, 10**300)
        if not low - close <= Fraction(stated[test]) <= high + close:
            raise Rejected(f"{test}: p is {float(low):.6g}")
        inside = {ledger.prints(digits, value, conventions) for value in (low, high)}  # type: ignore[arg-type]
        if len(inside) > 1:
            raise Rejected(f"{test}: too near to decide")
        if inside == {True}:
            found.append(test)
    return found


class OfTables(Kind[Tables]):
    rule = "p value from counts"

    def claims(self, item: Tables) -> list[str]:
        return [item.claim, item.digits, *item.margins[0], *item.margins[1]]

    def check(self, ledger: Ledger, item: Tables) -> None:
        if item.conventions != EVERY:
            raise Rejected("not every way of rounding is tried")
        family, value = family_of(ledger, item.claim)
        others = {other.claim for other in family.values}
        if item.comparison not in family.readings or item.digits not in others:
            raise Rejected("the p value is not declared to be of this comparison")
        margins = [
            counts_of(ledger, names, declared)
            for names, declared in zip(item.margins, value.margins, strict=True)
        ]
        sizes = (margins[0][1], margins[1][1])
        if item.comparison != "unpaired" and sizes[0] != sizes[1]:
            raise Rejected("the margins are of different numbers of patients")
        agree(item, sizes=sizes)
        expected = [
            (pair, cell)
            for pair in product(margins[0][0], margins[1][0])
            for cell in exact.cells(item.comparison, (pair[0], pair[1]), sizes)
        ]
        if [(table.margins, table.first) for table in item.tables] != expected or not expected:
            raise Rejected("the tables are not all that the margins allow")
        fits = [
            (test, table.margins, table.first)
            for table in item.tables
            for test in fitting(
                ledger,
                item.digits,
                item.conventions,
                table.p,
                exact.of_table(item.comparison, table.margins, sizes, table.first),
            )
        ]
        agree(item, fits=tuple(fits))

    def steps(self, ledger: Ledger, item: Tables) -> list[str]:
        tests = list(dict.fromkeys(test for table in item.tables for test in table.p))
        what = {
            "association": "tables of two facts in the same patients",
            "paired": "paired tables of the same patients",
            "unpaired": "tables of two groups",
        }[item.comparison]
        first, second = (str(ledger.quoted(margin[0])) for margin in item.margins)
        whole = " and ".join(str(size) for size in dict.fromkeys(item.sizes))
        shown = " (labels exchanged)" if item.claim != item.digits else ""
        many = f"{len(item.tables)} {what}" if len(item.tables) > 1 else "one table"
        result = [
            f"{first} and {second}, of {whole} patients, allow {many}.",
            f"Tests: {', '.join(tests)}. Sought{shown}: {ledger.quoted(item.digits)}.",
        ]
        if item.fits:
            p = {(table.margins, table.first): table.p for table in item.tables}
            words = "; ".join(
                f"{test} {p[margins, first][test]}{self._where(item, first)}"
                for test, margins, first in item.fits[:_MANY]
            )
            more = f"; and {len(item.fits) - _MANY} more" if len(item.fits) > _MANY else ""
            return [*result, f"These tests and tables give it: {words}{more}."]
        return [*result, f"No test of any table gives it; {self._nearest(ledger, item)}."]

    def _where(self, item: Tables, first: int) -> str:
        where = {
            "association": f" with {first} patients in both",
            "paired": f" with {first} patients in the first only",
        }
        return where.get(item.comparison, "")

    def _nearest(self, ledger: Ledger, item: Tables) -> str:
        below = ledger.text(item.digits, "comparator") in {"<", "<="}
        target = 0.0 if below else float(ledger.number(item.digits))
        _, value, test, first = min(
            (abs(float(p) - target), p, test, table.first)
            for table in item.tables
            for test, p in table.p.items()
        )
        return (
            f"the {'least' if below else 'nearest'} is {value} ({test}{self._where(item, first)})"
        )

    def says(self, ledger: Ledger, item: Tables, rest: Certificates) -> Said:
        family, _ = family_of(ledger, item.claim)
        own = {
            found.comparison: found
            for found in follows([item, *rest], Tables, claim=item.claim, digits=item.claim)
        }
        if set(own) != set(family.readings):
            raise Rejected("a reading of the p value is not tried")
        none = [comparison for comparison in family.readings if not own[comparison].fits]
        some = [comparison for comparison in family.readings if own[comparison].fits]
        if not plain_readings(family) <= set(none) or own[none[0]] != item:
            raise Rejected("a plain reading of the p value gives it")
        first, second = (
            str(item.tables[0].margins[place])
            if len({table.margins for table in item.tables}) == 1
            else ledger.text(item.margins[place][0], "printed")
            for place in (0, 1)
        )
        swapped = [
            identified.exchanged
            for identified in follows(rest, Identified, family=family.name)
            if identified.exchanged and item.claim in identified.exchanged
        ]
        others = [other for pair in swapped for other in pair if other != item.claim]
        quoted = ledger.quoted(item.claim)
        return Said(
            Verdict.READING,
            f"{quoted} is not the p value of "
            f"{' or '.join(f'a {WORDS[c]}' for c in none)} of {first} and {second}, "
            "by the tests that are tried",
            (item.claim,),
            excluded=[WORDS[comparison] for comparison in none],
            allowed=[
                *(WORDS[comparison] for comparison in some),
                *(["the labels of two p values exchanged"] if others else []),
                "another test, or other patients",
            ],
            declared=[f"it is of {first} and {second}, {AS_DECLARED}"],
            explanations=[
                f"the digits of {ledger.text(other, 'locator')}, which are here if the two labels "
                "are exchanged"
                for other in others
            ],
        )


def plain_readings(family: Family) -> set[Comparison]:
    """Give the readings of which one is meant: association only if there is no other."""
    return set(family.readings) - {"association"} or set(family.readings)


class OfIdentified(Kind[Identified]):
    rule = "test identification"

    def claims(self, item: Identified) -> list[str]:
        return list(item.values)

    def check(self, ledger: Ledger, item: Identified) -> None:
        declared = [
            value.claim
            for family in ledger.structure.p_values
            if family.name == item.family
            for value in family.values
        ]
        if not item.values or [name for name in declared if name in item.values] != list(
            item.values
        ):
            raise Rejected("the p values are not declared")
        if not item.tests:
            raise Rejected("no test is identified")

    def steps(self, ledger: Ledger, item: Identified) -> list[str]:
        tests = listed([f"{test} ({WORDS[comparison]})" for comparison, test in item.tests])
        if item.exchanged is None:
            return [f"Each p value of “{item.family}” is given by: {tests}."]
        one, two = (ledger.quoted(name) for name in item.exchanged)
        return [f"With {one} and {two} exchanged, each p value is given by: {tests}."]

    def says(self, ledger: Ledger, item: Identified, rest: Certificates) -> Said:
        names = list(item.values)
        digits = {name: name for name in names}
        if item.exchanged:
            one, two = item.exchanged
            if one == two or not {one, two} <= set(names):
                raise Rejected("the labels are not those of two p values")
            digits |= {one: two, two: one}
        tables = follows(rest, Tables)
        found = {(table.claim, table.digits, table.comparison): table for table in tables}
        tried = {
            comparison: [found.get((name, digits[name], comparison)) for name in names]
            for comparison, _ in item.tests
        }
        for comparison, test in item.tests:
            for table in tried[comparison]:
                if table is None or test not in {fit[0] for fit in table.fits}:
                    raise Rejected(f"{test} does not give every p value")
        comparison, test = item.tests[0]
        rivals = [
            rival if other == comparison else f"{rival}, {WORDS[other]}"
            for other, rival in item.tests[1:]
        ]
        if item.exchanged is None:
            if len(names) < 2 and len(item.tests) > 1:
                raise Rejected("one p value that several tests give identifies none")
            every = sum(
                {value.claim, *value.margins} <= set(ledger.rows)
                for family in ledger.structure.p_values
                if family.name == item.family
                for value in family.values
            )
            many = {1: "the p value", 2: "both p values"}.get(
                len(names), f"all {len(names)} p values"
            )
            if every != len(names):
                many = f"{len(names)} of {every} p values"
            return Said(
                Verdict.LIKELY,
                f"{item.family}: {many} can be of a {WORDS[comparison]}, {test}",
                names,
                allowed=[f"{test}, {WORDS[comparison]}", *rivals],
                explanations=[f"rival: {rival}" for rival in rivals],
            )
        single = all(
            table is not None and sum(fit[0] == test for fit in table.fits) == 1
            for name, table in zip(names, tried[comparison], strict=True)
            if name in item.exchanged
        )
        one, two = (ledger.text(name, "printed") for name in item.exchanged)
        return Said(
            Verdict.LIKELY,
            f"{item.family}: with the labels of “{one}” and “{two}” exchanged, all p values are "
            f"those of one test ({test})" + (", each with one single table" if single else ""),
            item.exchanged,
            allowed=[f"{test}, labels exchanged"],
            explanations=[f"rival: {rival}" for rival in rivals],
        )


class OfContingency(Kind[Contingency]):
    rule = "p value of a larger table"

    def claims(self, item: Contingency) -> list[str]:
        return [item.claim, *(name for row in item.rows for cell in row for name in cell)]

    def check(self, ledger: Ledger, item: Contingency) -> None:
        if item.conventions != EVERY:
            raise Rejected("not every way of rounding is tried")
        declared = [
            table.rows
            for table in ledger.structure.p_tables
            if (table.claim, table.margins) == (item.claim, item.margins)
        ]
        if tuple(tuple(cell[0] for cell in row) for row in item.rows) not in declared:
            raise Rejected("the p value is not declared to be of this table")
        allowed = [counts_of_cell(ledger, names) for row in item.rows for names in row]
        width = len(item.rows[0])
        expected: list[exact.Cells] = []
        for chosen in product(*allowed):
            if item.margins:
                rows, columns = chosen[:width], chosen[width:]
                if sum(rows) == sum(columns):
                    expected += exact.tables_of(rows, columns)
            else:
                places = range(0, len(chosen), width)
                expected.append(tuple(chosen[at : at + width] for at in places))
        if sorted(table.cells for table in item.tables) != sorted(expected) or not expected:
            raise Rejected("the tables are not all that the claims allow")
        fits, untried = [], set()
        for place, table in enumerate(item.tables):
            bounds = exact.contingency(table.cells)
            if exact.EXACT not in table.p or exact.EXACT not in bounds:
                # What one side finds too long to compute is not held against the other.
                untried.add(exact.EXACT)
                bounds.pop(exact.EXACT, None)
            stated = {test: p for test, p in table.p.items() if test in bounds}
            fits += [
                (test, place)
                for test in fitting(ledger, item.claim, item.conventions, stated, bounds)
            ]
        agree(item, untried=tuple(sorted(untried)))
        agree(item, fits=tuple(fits))

    def steps(self, ledger: Ledger, item: Contingency) -> list[str]:
        shown = " / ".join(
            " ".join(ledger.text(cell[0], "printed") for cell in row) for row in item.rows
        )
        what = "Totals of rows and of columns" if item.margins else "Counts, row by row"
        tests = list(dict.fromkeys(test for table in item.tables for test in table.p))
        result = [
            f"{what}: {shown}; {len(item.tables)} table(s).",
            f"Tests: {', '.join(tests)}. Sought: {ledger.quoted(item.claim)}.",
        ]
        if item.untried:
            result.append(f"Too long to compute: {', '.join(item.untried)}.")
        if item.fits:
            words = "; ".join(
                f"{test} {item.tables[place].p[test]}" for test, place in item.fits[:_MANY]
            )
            more = f"; and {len(item.fits) - _MANY} more" if len(item.fits) > _MANY else ""
            return [*result, f"These give it: {words}{more}."]
        first = "; ".join(f"{test} {p}" for test, p in item.tables[0].p.items())
        return [*result, f"None gives it; the first table has {first}."]

    def says(self, ledger: Ledger, item: Contingency, rest: Certificates) -> Said:
        if item.fits:
            raise Rejected("a test gives the p value")
        quoted = ledger.quoted(item.claim)
        of = "a table with these margins" if item.margins else "its table"
        if item.untried:
            return Said(
                Verdict.UNDECIDED,
                f"{quoted}: {listed(item.untried)} of {of} is too long to compute, and no other "
                "test gives it",
                (item.claim,),
            )
        tests = sorted({test for table in item.tables for test in table.p})
        return Said(
            Verdict.READING,
            f"{quoted} is not the p value of {of}, by the tests that are tried",
            (item.claim,),
            excluded=tests,
            allowed=["another test, or other patients"],
            declared=[f"which counts it is of, {AS_DECLARED}"],
        )


def counts_of_cell(ledger: Ledger, names: Sequence[str]) -> range:
    """Give the counts that the claims of a cell allow."""
    if len(set(names)) != len(names):
        raise Rejected("a claim of a cell stands there twice")
    found = ledger.counts(names, EVERY)
    return range(found[0], found[1] + 1) if found else range(0)


class OfUntried(Kind[Untried]):
    def claims(self, item: Untried) -> list[str]:
        return list(item.about)

    def check(self, ledger: Ledger, item: Untried) -> None:
        if not item.about or item.cases < 1:
            raise Rejected("nothing is said not to be tried")
        if item.rule not in RULES_THAT_GIVE_UP or RULES_THAT_GIVE_UP[item.rule] != item.because:
            raise Rejected("no rule gives up so")

    def steps(self, ledger: Ledger, item: Untried) -> list[str]:
        return []

    def says(self, ledger: Ledger, item: Untried, rest: Certificates) -> Said:
        what = {
            "tables": f"up to {item.cases:,} tables are not tried",
            "events": f"{item.cases} events can have their numbers at risk in too many ways",
            "sums": f"{item.cases} sums of counts were not decided in time",
        }[item.because]
        first = ledger.text(item.about[0], "locator")
        return Said(Verdict.UNDECIDED, f"{first}: {what}", item.about, rule=item.rule)


# Rules that may have too many cases, and of what.
RULES_THAT_GIVE_UP = {
    OfTables.rule: "tables",
    OfContingency.rule: "tables",
    "height of a step": "events",
    "all counts together": "sums",
}
