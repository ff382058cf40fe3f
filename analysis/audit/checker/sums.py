"""How certificates about sums of counts are checked: where they are declared, bounds, CP-SAT."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from ortools.sat.python import cp_model

from analysis.audit.checker.counts import level_of, refuted
from analysis.audit.checker.kind import (
    AS_DECLARED,
    Kind,
    Said,
    agree,
    as_read,
    follows,
    from_to,
    graver,
    in_words,
    known,
    listed,
    one_digit_apart,
)
from analysis.audit.checker.ledger import Ledger, Rejected
from analysis.audit.form import (
    Bounds,
    Certificates,
    Convention,
    Infeasible,
    Relation,
    Term,
)
from analysis.audit.structure import Levels, Sum

SECONDS = 60


# Whether a sum is declared ---------------------------------------------------------------------


def checked(ledger: Ledger, relation: Relation, conventions: Sequence[Convention]) -> None:
    """Reject a sum that is not declared of these claims, or whose counts are others."""
    for term in relation.terms:
        if not term.about:
            raise Rejected("a count without a claim")
        if term.of:
            of = {ledger.denominator(name) for name in term.about}
            found = next(iter(of)) if len(of) == 1 else None
            agree(term, low=found, high=found)
        else:
            ledger.one_quantity(term.about)
            counts = ledger.counts(term.about, conventions)
            if counts is None:
                raise Rejected(f"no count of {ledger.named(term.about[0])}")
            agree(term, low=counts[0], high=counts[1])
    pluses = [term for term in relation.terms if term.sign > 0]
    minuses = [term for term in relation.terms if term.sign < 0]
    match relation.part:
        case "exclusive" | "one_at_most":
            _levels(ledger, relation, pluses, minuses)
        case "several":
            _several(ledger, relation, pluses, minuses)
        case "sums" | "unions" | "at_least" | "subsets":
            _of_levels(ledger, relation, pluses, minuses)
        case "arms":
            _arms(ledger, relation, pluses, minuses)


def _declared(ledger: Ledger, relation: Relation) -> Any:
    declared = getattr(ledger.structure, relation.part)
    if not 0 <= relation.place < len(declared):
        raise Rejected("the sum is not declared")
    return declared[relation.place]


def _one_population(ledger: Ledger, terms: Sequence[Term]) -> None:
    """Reject counts of different groups, or of analyses between which it is open which is meant."""
    keys = [ledger.key(term.about[0]) for term in terms]
    if len({key[1:3] for key in keys}) != 1:
        raise Rejected("the counts are of different groups")
    if len({key[0] for key in keys}) > 1:
        for key in keys:
            if any(other[1:] == key[1:] and other[0] != key[0] for other in ledger.counted):
                raise Rejected("a count is printed of several analyses")
    for term in terms:
        if not term.of and ledger.ambiguous(term.about[0]):
            raise Rejected("a count is printed of different numbers of patients")


def _levels(
    ledger: Ledger, relation: Relation, pluses: Sequence[Term], minuses: Sequence[Term]
) -> None:
    declared: Levels = _declared(ledger, relation)
    keys = [ledger.key(term.about[0]) for term in minuses]
    if len(pluses) != 1 or len(minuses) < 2 or any(term.of for term in minuses):
        raise Rejected("levels are taken from what they divide")
    if len({key[:4] for key in keys}) != 1 or keys[0][3] not in declared.variables:
        raise Rejected("the levels are not those that are declared")
    levels = [key[4] for key in keys]
    printed = {key[4] for key in ledger.counted if key[:4] == keys[0][:4]}
    every = set(declared.levels) or printed
    if len(set(levels)) != len(levels) or not set(levels) <= every:
        raise Rejected("a level that is not declared, or one twice")
    if relation.equal and (relation.part == "one_at_most" or set(levels) != every):
        raise Rejected("not all levels are there")
    _one_population(ledger, minuses)
    (whole,) = pluses
    of = {d for term in minuses if (d := ledger.denominator(term.about[0])) is not None}
    if len(of) > 1:
        raise Rejected("the levels are printed of different numbers")
    if whole.of:
        if set(whole.about) != {name for term in minuses for name in term.about}:
            raise Rejected("the whole is the number that the levels are printed of")
        return
    wanted = declared.of or (
        level_of(ledger, ledger.structure.patients) if ledger.structure.patients else None
    )
    if level_of(ledger, whole.about[0]) != wanted:
        raise Rejected("the levels divide something else")
    if ledger.key(whole.about[0])[1:3] != keys[0][1:3]:
        raise Rejected("the whole is of another group")
    same_of = ledger.denominator(whole.about[0])
    if of and not (of == {same_of} or (whole.low, whole.high) == (min(of), min(of))):
        raise Rejected("the levels are printed of another number than the whole")
    if not of and ledger.key(whole.about[0])[0] != keys[0][0]:
        raise Rejected("the whole is of another analysis")


def _several(
    ledger: Ledger, relation: Relation, pluses: Sequence[Term], minuses: Sequence[Term]
) -> None:
    declared = _declared(ledger, relation)
    structure = ledger.structure
    if declared.more is None or structure.patients is None or len(pluses) != 2:
        raise Rejected("how many are in two levels is not declared")
    named = [
        {ledger.key(name) for name in term.about} == {ledger.key(claim)}
        for term, claim in zip(pluses, (structure.patients, declared.more), strict=True)
    ]
    keys = [ledger.key(term.about[0]) for term in minuses]
    printed = {key for key in ledger.counted if key[:4] == keys[0][:4]}
    of = {ledger.denominator(term.about[0]) for term in minuses}
    if (
        not all(named)
        or keys[0][3] != declared.variable
        or set(keys) != printed
        or len(keys) != len(printed)
        or of - {None, pluses[0].low}
    ):
        raise Rejected("the levels are not those that are declared")


def _of_levels(
    ledger: Ledger, relation: Relation, pluses: Sequence[Term], minuses: Sequence[Term]
) -> None:
    declared = _declared(ledger, relation)
    _one_population(ledger, relation.terms)
    if any(term.of for term in relation.terms):
        raise Rejected("a number that counts are printed of is no part")

    def levels(terms: Sequence[Term]) -> list[str]:
        return [level_of(ledger, term.about[0]) for term in terms]

    if relation.part == "subsets":
        expected = ([declared.whole], [declared.part], False)
    else:
        assert isinstance(declared, Sum)
        parts = list(declared.parts)
        one = levels(minuses)
        expected = {
            "sums": (parts, [declared.whole], True),
            "at_least": ([declared.whole], parts, False),
            "unions": (parts, [declared.whole], False),
        }[relation.part]
        if relation.part == "unions" and levels(pluses) == [declared.whole] and len(one) == 1:
            # Each part is within the union.
            expected = ([declared.whole], one if one[0] in parts else [], False)
    if (levels(pluses), levels(minuses), relation.equal) != expected:
        raise Rejected("the parts are not those that are declared")


def _arms(
    ledger: Ledger, relation: Relation, pluses: Sequence[Term], minuses: Sequence[Term]
) -> None:
    """Check that groups of patients make up all, by the numbers that they are printed of."""
    if len(pluses) != 1 or len(minuses) < 2 or not relation.equal or relation.place:
        raise Rejected("groups are taken from all")
    whole, keys = ledger.key(pluses[0].about[0]), [ledger.key(t.about[0]) for t in minuses]
    same = {(key[0], key[1], *key[3:]) for key in keys}
    if len(same) != 1 or whole[1] or (whole[0], *whole[3:]) != (keys[0][0], *keys[0][3:]):
        raise Rejected("the counts are not of one thing, in groups and in all")
    printed = {
        key[2] for key in ledger.counted if (*key[:2], *key[3:]) == (*keys[0][:2], *keys[0][3:])
    }
    if {key[2] for key in keys} != printed or len(keys) != len(printed):
        raise Rejected("not all groups are there")
    of = [ledger.denominator(term.about[0]) for term in minuses]
    total = ledger.denominator(pluses[0].about[0])
    if total is None or None in of or sum(d or 0 for d in of) != total:
        raise Rejected("the groups do not make up all")


def named(ledger: Ledger, relation: Relation) -> str:
    """Give words for a sum: what is declared, in which group."""
    first = next(t for t in relation.terms if (t.sign < 0) == (relation.part != "sums"))
    _, group, level, variable, _ = ledger.key(first.about[0])
    where = f" ({level})" if group and relation.part != "arms" else ""
    words = ledger.words(variable)
    if relation.part in {"sums", "unions", "at_least"}:
        words = ledger.words(_declared(ledger, relation).whole)
    if relation.part == "subsets":
        declared = _declared(ledger, relation)
        words = f"{ledger.words(declared.part)} in {ledger.words(declared.whole)}"
    return words + where


def declared_words(ledger: Ledger, relation: Relation) -> str:
    """Say what is declared that a sum rests on."""
    if relation.part == "arms":
        return ""
    because = getattr(_declared(ledger, relation), "because", "")
    kind = {
        "exclusive": "every patient is in one level of",
        "one_at_most": "a patient is in one level at most of",
        "several": "every patient is in one level or two of",
        "sums": "the parts make up",
        "unions": "a patient of a part is in",
        "at_least": "the parts are no more than",
        "subsets": "all patients of",
    }[relation.part]
    words = f"{kind} {named(ledger, relation)}"
    return words + (f" ({because})" if because else "") + f", {AS_DECLARED}"


def equation(relation: Relation) -> str:
    """Write the counts of a sum, as in '108 = 100 + 8'."""

    def side(sign: int) -> str:
        return " + ".join(
            str(term.low) if term.low == term.high else f"({term.low} to {term.high})"
            for term in relation.terms
            if term.sign == sign
        )

    return f"{side(1)} {'=' if relation.equal else '≥'} {side(-1)}"


# Certificates ----------------------------------------------------------------------------------


class OfBounds(Kind[Bounds]):
    rule = "counts that add up"

    def claims(self, item: Bounds) -> list[str]:
        return [name for term in item.relation.terms for name in term.about]

    def check(self, ledger: Ledger, item: Bounds) -> None:
        known(item.conventions)
        checked(ledger, item.relation, item.conventions)
        ends = [(t.low, t.high) if t.sign > 0 else (-t.high, -t.low) for t in item.relation.terms]
        agree(item, low=sum(low for low, _ in ends), high=sum(high for _, high in ends))

    def steps(self, ledger: Ledger, item: Bounds) -> list[str]:
        relation = item.relation

        def side(sign: int) -> str:
            return " + ".join(
                f"{from_to(term.low, term.high)} "
                + (f"(all that {quoted} is of)" if term.of else f"{quoted.locator!r}")
                for term in relation.terms
                if term.sign == sign
                for quoted in [ledger.quoted(term.about[0])]
            )

        expected = "equals" if relation.equal else "is at least"
        words = declared_words(ledger, relation) or "The groups make up all patients"
        return [
            f"{words[:1].upper()}{words[1:]}: {side(1)} {expected} {side(-1)} "
            f"({as_read(item.conventions)}).",
            f"The first less the second is {from_to(item.low, item.high)}.",
            f"It should be {'0' if relation.equal else '0 or more'}: "
            + ("this cannot be." if refuted(item) else "this can be."),
        ]

    def says(self, ledger: Ledger, item: Bounds, rest: Certificates) -> Said:
        if not refuted(item):
            raise Rejected("the counts can add up")
        relation = item.relation
        if item.conventions == ledger.every:
            excluded = [in_words(ledger.every)]
        elif item.conventions == ledger.plain:
            wider = follows(rest, Bounds, conventions=ledger.every)
            if not any(_same(relation, other.relation) for other in wider):
                raise Rejected("other ways of rounding are not tried")
            excluded = [f"all {in_words(ledger.plain)}"]
        else:
            raise Rejected("the counts are not read as the article writes them")
        allowed = list(_allowed(ledger, item))
        words = declared_words(ledger, relation)
        return Said(
            graver(ledger, item.conventions, allowed),
            f"{named(ledger, relation)}: the counts do not add up, {equation(relation)}",
            excluded=excluded,
            allowed=allowed,
            declared=(words,) if words else (),
            explanations=list(_one_digit(ledger, item)),
        )


def _same(one: Relation, other: Relation) -> bool:
    """Tell whether two sums are of the same claims."""
    terms = [
        [(term.sign, term.about, term.of) for term in relation.terms] for relation in (one, other)
    ]
    return terms[0] == terms[1] and (one.part, one.place, one.equal) == (
        other.part,
        other.place,
        other.equal,
    )


def _allowed(ledger: Ledger, item: Bounds) -> Iterator[str]:
    relation, terms = item.relation, item.relation.terms
    if relation.part == "arms":
        yield "the groups overlap, or others belong to all as well"
    if relation.part in {"exclusive", "several"} and item.low > 0:
        whole = next(term for term in terms if term.sign > 0)
        missing = from_to(item.low, item.high)
        yield f"{missing} of the {from_to(whole.low, whole.high)} have no value"
        yield "a level is not printed"
    if any(
        not term.of and all(ledger.exact(name) is None for name in term.about) for term in terms
    ):
        yield "a percentage is of fewer patients, as some have no value"
    counts = [term.low for term in terms if term.low == term.high]
    off = item.low if item.low > 0 else -item.high
    for base in (10, 5):
        rounded = counts and all(count % base == 0 for count in counts)
        if rounded and off <= Fraction(base, 2) * len(terms):
            yield f"counts are rounded to {base}"
            return
    if not ledger.settled(terms[0].about[0]) and off <= Fraction(len(terms), 2):
        yield "counts are weighted, or means over imputations"


def _one_digit(ledger: Ledger, item: Bounds) -> Iterator[str]:
    """Give the counts of an equality that one other digit would make add up."""
    terms = item.relation.terms
    short = item.low > 0 and item.relation.part in {"exclusive", "several"}
    if not item.relation.equal or short or any(term.low != term.high for term in terms):
        return
    for term in terms:
        needed = str(term.low - term.sign * item.low)
        for name in term.about:
            printed = ledger.text(name, "printed")
            if not term.of and ledger.exact(name) is not None and one_digit_apart(printed, needed):
                locator = ledger.text(name, "locator")
                yield f"{needed} instead of “{printed}” ({locator}) would add up"


class OfInfeasible(Kind[Infeasible]):
    rule = "all counts together"

    def claims(self, item: Infeasible) -> list[str]:
        return [name for rel in item.relations for term in rel.terms for name in term.about]

    def check(self, ledger: Ledger, item: Infeasible) -> None:
        known(item.conventions)
        if len(item.relations) < 2:
            raise Rejected("one sum is no conflict of several")
        for relation in item.relations:
            checked(ledger, relation, item.conventions)
        if _solvable(ledger, item.relations):
            raise Rejected("there are whole numbers that satisfy all")
        for relation in item.relations:
            if not _solvable(ledger, [other for other in item.relations if other is not relation]):
                raise Rejected("a sum is not needed")

    def steps(self, ledger: Ledger, item: Infeasible) -> list[str]:
        result = [
            f"{words[:1].upper()}{words[1:]}: {equation(relation)}."
            for relation in item.relations
            for words in [declared_words(ledger, relation) or "The groups make up all patients"]
        ]
        return [
            *result,
            f"No whole numbers satisfy all of them, {as_read(item.conventions)}; without any one "
            "of them there are some.",
        ]

    def says(self, ledger: Ledger, item: Infeasible, rest: Certificates) -> Said:
        if item.conventions != ledger.every:
            raise Rejected("not every way of rounding is tried")
        allowed = []
        if any(relation.part == "arms" for relation in item.relations):
            allowed.append("the groups overlap, or others belong to all as well")
        if any(rel.part in {"exclusive", "several"} and rel.equal for rel in item.relations):
            allowed.append("some patients have no value, or a level is not printed")
        if not all(map(ledger.settled, self.claims(item))):
            allowed.append("counts are weighted, imputed or rounded")
        words = [w for rel in item.relations if (w := declared_words(ledger, rel))]
        return Said(
            graver(ledger, item.conventions, allowed),
            f"{len(set(self.claims(item)))} numbers cannot hold together: "
            f"{listed([named(ledger, relation) for relation in item.relations])}",
            excluded=(in_words(ledger.every),),
            allowed=allowed,
            declared=tuple(dict.fromkeys(words)),
        )


def _solvable(ledger: Ledger, chosen: Sequence[Relation]) -> bool:
    model = cp_model.CpModel()
    variables: dict[object, Any] = {}
    for relation in chosen:
        total = 0
        for term in relation.terms:
            # Counts of one quantity, printed of one number, are one count.
            key = (*ledger.key(term.about[0]), ledger.denominator(term.about[0]), term.of)
            if key not in variables:
                variables[key] = model.new_int_var(term.low, term.high, "")
            total = total + term.sign * variables[key]
            model.add(variables[key] >= term.low)
            model.add(variables[key] <= term.high)
        model.add(total == 0 if relation.equal else total >= 0)
    solver = cp_model.CpSolver()
    # It would take Ctrl-C for itself, and leave Python without its handler.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.UNKNOWN:
        raise Rejected("CP-SAT did not decide")
    return bool(status in {cp_model.OPTIMAL, cp_model.FEASIBLE})
