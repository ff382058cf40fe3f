"""What a structure declares to add up, as sums of the counts that a ledger prints.

A sum holds within one analysis and one group of patients: counts of different arms, or of
intention to treat and per protocol, are never added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analysis.audit.finders.evidence import Cell, Evidence, Quantity
from analysis.audit.form import Relation, Term
from analysis.audit.structure import Levels, Sum
from analysis.study.printed import Convention

Group = tuple[str, str]


def relations_of(evidence: Evidence, conventions: tuple[Convention, ...]) -> list[Relation]:
    """Give every sum that is declared of counts that are printed."""
    maker = _Maker(evidence, conventions)
    made = [
        *maker.partitions(),
        *maker.several(),
        *maker.of_levels(),
        *maker.arms(),
    ]
    return [relation for relation in made if relation is not None]


class _Maker:
    def __init__(self, evidence: Evidence, conventions: tuple[Convention, ...]) -> None:
        self.evidence = evidence
        self.conventions = conventions
        self.structure = evidence.structure

    def term(self, sign: int, cell: Cell) -> Term | None:
        """Give the count of a cell as a part of a sum, None where nothing fits it."""
        allowed = self.evidence.counts(cell, self.conventions)
        if allowed is None:
            return None
        about = tuple(claim.claim_id for claim in self.evidence.stated(cell))
        return Term(sign=1 if sign > 0 else -1, about=about, low=allowed[0], high=allowed[1])

    def relation(
        self, part: str, place: int, equal: bool, cells: Iterable[tuple[int, Cell]],
        *first: Term | None,
    ) -> Relation | None:  # fmt: skip
        terms = [*first, *(self.term(sign, cell) for sign, cell in cells)]
        if any(term is None for term in terms):
            return None
        return Relation.model_validate(
            {"part": part, "place": place, "equal": equal, "terms": tuple(terms)}
        )

    # Levels of which a patient is in one ------------------------------------------------------

    def partitions(self) -> Iterator[Relation | None]:
        for part, every in (
            ("exclusive", self.structure.exclusive),
            ("one_at_most", self.structure.one_at_most),
        ):
            for place, declared in enumerate(every):
                for cells in self._levels(declared):
                    whole = self._whole(declared, cells)
                    names = {cell.quantity.variable_level for cell in cells}
                    every_level = set(declared.levels) or self._printed(cells[0].quantity)
                    equal = part == "exclusive" and names == every_level
                    if whole is not None and len(cells) > 1:
                        yield self.relation(
                            part, place, equal, [(-1, cell) for cell in cells], whole
                        )

    def _printed(self, first: Quantity) -> set[str]:
        """Give the levels of a variable that the ledger prints, whether or not they are bounded."""
        return {
            claim.quantity.variable_level
            for claim in self.evidence.every.values()
            if claim.quantity[:4] == first[:4]
            and claim.statistic in {"count", "percent"}
            and claim.is_number
        }

    def _levels(self, declared: Levels) -> Iterator[list[Cell]]:
        """Give the levels of each variable, of one analysis, one group and one number."""
        found: dict[tuple[str, ...], dict[int | None, list[Cell]]] = {}
        for quantity, cells in self.evidence.about.items():
            if quantity.variable in declared.variables and (
                not declared.levels or quantity.variable_level in declared.levels
            ):
                for cell in cells:
                    found.setdefault(quantity[:4], {}).setdefault(cell.of, []).append(cell)
        for by_number in found.values():
            for cells in by_number.values():
                if all(self.evidence.cell(cell.quantity) == cell for cell in cells):
                    yield cells

    def _whole(self, declared: Levels, cells: Sequence[Cell]) -> Term | None:
        """Give whom levels divide: the number that they are printed of, or a count."""
        first, of = cells[0].quantity, cells[0].of
        wanted = declared.of
        if wanted is None and self.structure.patients in self.evidence.every:
            stated = self.evidence.every[self.structure.patients or ""].quantity
            wanted = f"{stated.variable}={stated.variable_level}"
        if wanted is not None:
            variable, _, level = wanted.partition("=")
            for quantity, options in self.evidence.about.items():
                if (quantity.variable, quantity.variable_level) != (variable, level):
                    continue
                if quantity[1:3] != first[1:3] or self.evidence.cell(quantity) is None:
                    continue
                term = self.term(1, options[0])
                if term is None:
                    continue
                same = of is None and quantity.analysis_id == first.analysis_id
                if same or (of is not None and (term.low, term.high) == (of, of)):
                    return term
                if of is not None and options[0].of == of:
                    return term
        if of is None:
            return None
        about = tuple(claim.claim_id for cell in cells for claim in self.evidence.stated(cell))
        return Term(sign=1, about=about, of=True, low=of, high=of)

    # Levels of which a patient may be in several ----------------------------------------------

    def several(self) -> Iterator[Relation | None]:
        patients = self.evidence.claims.get(self.structure.patients or "")
        for place, declared in enumerate(self.structure.several):
            more = self.evidence.claims.get(declared.more or "")
            if patients is None or more is None:
                continue
            by_group: dict[tuple[str, ...], list[Cell]] = {}
            for quantity in self.evidence.about:
                cell = self.evidence.cell(quantity)
                if quantity.variable == declared.variable and cell is not None:
                    by_group.setdefault(quantity[:4], []).append(cell)
            for cells in by_group.values():
                first = [(1, Cell(claim.quantity, claim.denominator)) for claim in (patients, more)]
                if cells[0].quantity[1:3] == patients.quantity[1:3]:
                    yield self.relation(
                        "several", place, True, [*first, *((-1, cell) for cell in cells)]
                    )

    # Parts of a whole ------------------------------------------------------------------------

    def of_levels(self) -> Iterator[Relation | None]:
        for part, every in (
            ("sums", self.structure.sums),
            ("at_least", self.structure.at_least),
            ("unions", self.structure.unions),
        ):
            for place, declared in enumerate(every):
                for whole, parts in self._together(declared.whole, declared.parts):
                    yield from self._sum(part, place, declared, whole, parts)
        for place, subset in enumerate(self.structure.subsets):
            for outer, (inner,) in self._together(subset.whole, (subset.part,)):
                yield self.relation("subsets", place, False, [(1, outer), (-1, inner)])

    def _sum(
        self, part: str, place: int, declared: Sum, whole: Cell, parts: list[Cell]
    ) -> Iterator[Relation | None]:
        minus = [(-1, cell) for cell in parts]
        plus = [(1, cell) for cell in parts]
        if part == "sums":
            yield self.relation(part, place, True, [(-1, whole), *plus])
        elif part == "at_least":
            yield self.relation(part, place, False, [(1, whole), *minus])
        else:
            yield self.relation(part, place, False, [(-1, whole), *plus])
            for cell in parts:
                yield self.relation(part, place, False, [(1, whole), (-1, cell)])

    def _together(self, whole: str, parts: Sequence[str]) -> Iterator[tuple[Cell, list[Cell]]]:
        """Give a whole and its parts, of one group: of one analysis, or where that is not open."""
        for quantity in self._of(whole):
            found = [self._beside(quantity, part, whole) for part in parts]
            cells = [self.evidence.cell(q) if q is not None else None for q in (quantity, *found)]
            if all(cell is not None for cell in cells):
                own, *rest = [cell for cell in cells if cell is not None]
                yield own, rest

    def _of(self, level: str) -> list[Quantity]:
        variable, _, value = level.partition("=")
        return [
            quantity
            for quantity in self.evidence.about
            if (quantity.variable, quantity.variable_level) == (variable, value)
        ]

    def _beside(self, whole: Quantity, part: str, level: str) -> Quantity | None:
        options = [q for q in self._printed_of(part) if q[1:3] == whole[1:3]]
        own = [q for q in options if q.analysis_id == whole.analysis_id]
        if own:
            return own[0]
        others = [q for q in self._printed_of(level) if q[1:3] == whole[1:3]]
        return options[0] if len(options) == 1 and len(others) == 1 else None

    def _printed_of(self, level: str) -> list[Quantity]:
        """Give the quantities of a level that are printed, of claims that are dropped too."""
        variable, _, value = level.partition("=")
        every = dict.fromkeys(
            claim.quantity
            for claim in self.evidence.every.values()
            if claim.statistic in {"count", "percent"} and claim.is_number
        )
        return [q for q in every if (q.variable, q.variable_level) == (variable, value)]

    # Arms ------------------------------------------------------------------------------------

    def arms(self) -> Iterator[Relation | None]:
        """Give the counts of groups that make up all, by the numbers that they are printed of."""
        groups: dict[tuple[str, ...], list[Quantity]] = {}
        every = dict.fromkeys(
            claim.quantity
            for claim in self.evidence.every.values()
            if claim.statistic in {"count", "percent"} and claim.is_number and claim.quantity.group
        )
        for quantity in every:
            key = (quantity.analysis_id, quantity.group, *quantity[3:])
            groups.setdefault(key, []).append(quantity)
        for (analysis, _, variable, level), quantities in groups.items():
            whole = self.evidence.cell(Quantity(analysis, "", "", variable, level))
            cells = [self.evidence.cell(quantity) for quantity in quantities]
            if whole is None or whole.of is None or len(cells) < 2:
                continue
            known = [cell for cell in cells if cell is not None and cell.of is not None]
            if len(known) < len(cells) or sum(cell.of or 0 for cell in known) != whole.of:
                continue
            yield self.relation("arms", 0, True, [(1, whole), *((-1, cell) for cell in known)])
