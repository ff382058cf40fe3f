"""Who has what: every published count, met by one table of patients.

Counts, and cross-tabulations that an article's p values imply, are exact integer problems. They
are given to CP-SAT together with what any such patients obey. Which variables, rules and counts
there are, `Margins` declares.

One description serves two models. With a group for every patient the model is exact, and
`solve` draws a table from it. With all but the patients described one by one in a single group
it is some hundred whole numbers: each rule, added up over patients, holds for the group, so what
the small model cannot meet no cohort can. `check` answers a ledger that contradicts itself from
it, in a moment, with the smallest set of claims that cannot hold together.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from ortools.sat.python import cp_model
from scipy.optimize import linear_sum_assignment

from analysis.estimates.intervals import fisher_p
from analysis.synthesis import conflicts
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.targets import Printed, Targets

Likelihood = Callable[[str, str, int], float]
# A key of the ledger.
Key = tuple[str, ...]
# Labels, 0 or 1 a patient, by variable and level.
Known = Mapping[tuple[str, str], Ints]

# How long the nearest table is looked for, in CP-SAT's deterministic time (about seconds), so
# that a seed gives the same everywhere; how long any table is; and how long it is tried to leave
# a claim out of a conflict.
_OPERATIONS, _AT_MOST, _A_TRIAL = 2.0, 10.0, 0.2
# Who is near to a table that meets all counts is told from who is not by as much as this, so that
# patients who are much alike change places.
_CHANCE = 3.0
# How far the nearest table found may be from the nearest there is, as a share of all categories.
_ROUGHLY = 0.02
# More patients than any count of them.
_MANY = 2**31


@dataclass(frozen=True)
class Claim:
    """A published number, the sums of patients that agree with it, and what they are in words."""

    printed: Printed
    counts: Sequence[int]
    meaning: str = ""

    def __str__(self) -> str:
        meant = f" ({self.meaning})" if self.meaning else ""
        return f"{self.printed.claim}: {self.printed.locator}: printed {self.printed.text}{meant}"


class ConflictingClaims(ValueError):
    """Published counts that no cohort can have together.

    Attributes
    ----------
    claims : list of str
        The conflicting set, one sentence a claim.
    rules : list of str
        What else the conflict rests on: what any such patients obey, one sentence a rule.
    size : conflicts.Size
        Whether it is proved that no smaller set conflicts.
    """

    def __init__(
        self,
        n: int,
        claims: Sequence[Claim],
        size: conflicts.Size,
        rules: Sequence[str] = (),
    ) -> None:
        self.claims = [str(claim) for claim in claims]
        self.rules = list(rules)
        self.size = size
        which = "this claim" if len(claims) == 1 else f"these {len(claims)} claims"
        lines = [f"No cohort of {n} patients can meet {which} of the ledger ({size.value}):"]
        if not claims:
            lines = [f"No {n} patients were found who have the labels given and obey every rule"]
        lines += [f"  - {claim}" for claim in self.claims]
        lines += [f"  because {rule}" for rule in self.rules]
        super().__init__("\n".join(lines))


# How many patients of each group have something: a variable, or a sum, a group.
Column = Sequence[cp_model.LinearExpr | int]
Constraints = Iterable[cp_model.BoundedLinearExpression | bool]


@dataclass(frozen=True, eq=False)
class Margins:
    """What the tables of an article count, and what any such patients obey.

    Attributes
    ----------
    variables
        One category a patient each, of these levels.
    described
        How many patients the article describes one by one; they come first.
    analyses
        Ids of the analyses whose rows of the ledger count patients.
    rules
        Puts into a model what any such patients obey.
    members
        Gives the column whose sum is the count that a key of the ledger names, if any.
    implied
        Puts into a model what other numbers imply beside the counts, given the first claim of
        each key that is there and the claims that are excused.
    implied_targets
        Likewise, of the numbers that the search goes by.
    """

    variables: Mapping[str, tuple[str, ...]]
    described: int
    analyses: Collection[str]
    rules: Callable[[Model], None]
    members: Callable[[Model, Key], Column | None]
    implied: Callable[[Model, Targets, Mapping[Key, Claim], Collection[str]], None]
    implied_targets: Callable[[Model, Targets], None]

    def model(self, n: int, *, whole: bool = False, explained: bool = False) -> Model:
        """Give the model of n patients, each alone or (`whole`) most of them in one group."""
        alone = self.described if whole else n
        sizes = [1] * alone + ([n - alone] if whole else [])
        model = Model(self.variables, sizes, explained=explained)
        self.rules(model)
        return model


class Model:
    """The integer problem: columns by variable and level, rules, and claims behind literals.

    Parameters
    ----------
    variables
        Levels of each variable, of which every patient has one.
    sizes
        Numbers of patients in each group.
    explained
        Put the rules behind literals too, so that a conflict can be told with those it rests on.
    """

    def __init__(
        self,
        variables: Mapping[str, tuple[str, ...]],
        sizes: Sequence[int],
        *,
        explained: bool = False,
    ) -> None:
        self.sizes = sizes
        self.model = cp_model.CpModel()
        self.explained = explained
        self.rules: dict[str, cp_model.IntVar] = {}
        self.claims: dict[Claim, cp_model.IntVar] = {}
        self.columns: dict[str, dict[str, list[cp_model.IntVar]]] = {
            variable: {level: self._new(f"{variable} {level}") for level in levels}
            for variable, levels in variables.items()
        }
        for variable, columns in self.columns.items():
            self._exactly_one(variable, columns)

    def copy(self) -> Model:
        """Give the same model, to which more may be added."""
        other = copy.copy(self)
        other.model = self.model.clone()
        other.rules, other.claims = dict(self.rules), dict(self.claims)
        return other

    def _new(self, name: str) -> list[cp_model.IntVar]:
        return [
            self.model.new_int_var(0, size, f"{name} {group}")
            for group, size in enumerate(self.sizes)
        ]

    # What any such patients obey ---------------------------------------------------------
    # Clauses of a patient's columns, written as inequalities, which may be added up.

    def require(self, rule: str, constraints: Constraints) -> None:
        """Ask every constraint of all groups."""
        if self.explained and rule not in self.rules:
            self.rules[rule] = self.model.new_bool_var(rule)
        for constraint in constraints:
            held = self.model.add(constraint)
            if self.explained:
                held.only_enforce_if(self.rules[rule])

    def _exactly_one(self, variable: str, columns: Mapping[str, Column]) -> None:
        rule = f"each patient has one {variable} of: {', '.join(columns)}"
        totals = plus(*columns.values())
        self.require(rule, (total == size for total, size in zip(totals, self.sizes, strict=True)))

    def implies(self, rule: str, given: Column, *any_of: Column) -> None:
        """Ask that who has `given` has one of the others."""
        totals = plus(*any_of)
        self.require(rule, (one <= total for one, total in zip(given, totals, strict=True)))

    def never(self, rule: str, *together: Column) -> None:
        """Ask that nobody has all of these."""
        most = len(together) - 1
        totals = plus(*together)
        self.require(
            rule, (total <= most * size for total, size in zip(totals, self.sizes, strict=True))
        )

    def is_any(self, rule: str, whole: Column, parts: Sequence[Column]) -> None:
        """Ask that those who have the whole are those who have any of its parts."""
        for part in parts:
            self.implies(rule, part, whole)
        self.implies(rule, whole, *parts)

    def both_of(self, rule: str, one: Column, other: Column) -> Column:
        """Give a new column of those who have one and the other."""
        both = self._new(rule)
        self.implies(rule, both, one)
        self.implies(rule, both, other)
        self.never(rule, one, other, self.without(both))
        return both

    def without(self, column: Column) -> Column:
        """Give the column of those who have not."""
        return [size - has for has, size in zip(column, self.sizes, strict=True)]

    # What was published ------------------------------------------------------------------

    def yes_no(self, column: Column, has: bool) -> Column:
        """Give the column of those who have, or of those who have not."""
        return column if has else self.without(column)

    def claim(self, claim: Claim, column: Column, *given: Claim) -> None:
        """Put a claim behind a literal; it binds while those hold that it was worked out from."""
        self.claims[claim] = holds = self.model.new_bool_var(claim.printed.claim)
        enforced = [holds, *(self.claims[other] for other in given)]
        if not claim.counts:
            self.model.add_bool_or(literal.negated() for literal in enforced)
            return
        agreeing = (
            cp_model.Domain(claim.counts[0], claim.counts[-1])
            if isinstance(claim.counts, range)
            else cp_model.Domain.from_values(list(claim.counts))
        )
        total = cp_model.LinearExpr.sum(column)
        self.model.add_linear_expression_in_domain(total, agreeing).only_enforce_if(enforced)

    # Solving -----------------------------------------------------------------------------

    def fix(self, variable: str, level: str, labels: Iterable[int]) -> None:
        """Say which patients have a level of a variable (1) and which have not (0)."""
        first = np.cumsum([0, *self.sizes[:-1]])
        numbers = np.add.reduceat(np.asarray(labels, dtype=np.int64), first)
        for has, number in zip(self.columns[variable][level], numbers, strict=True):
            self.model.add(has == int(number))

    def given_all(self, literals: Iterable[cp_model.IntVar]) -> cp_model.CpModel:
        """Give a copy of the model in which these literals hold."""
        held = self.model.clone()
        held.add_bool_and(held.get_bool_var_from_proto_index(one.index) for one in literals)
        return held

    def solve(self, seed: int, *, roughly: bool = False) -> cp_model.CpSolver:
        """Give a solver that holds numbers which meet every claim.

        Parameters
        ----------
        roughly
            The objective may be a little from its best, where a hint is near to what is looked
            for: the best takes four times as long.

        Raises
        ------
        ConflictingClaims
            When there are none.
        """
        held = self.given_all(self.claims.values())
        # The limit leaves the nearest found so far; where there is none yet, any will do.
        for limit in (_OPERATIONS, _AT_MOST):
            solver = conflicts.solver(seed, limit)
            # Patients are not interchangeable once some of their labels are known, and looking
            # for symmetry takes longer than the rest.
            solver.parameters.symmetry_level = 0
            solver.parameters.cp_model_probing_level = 0
            solver.parameters.linearization_level = 2
            if roughly:
                solver.parameters.linearization_level = 1
                solver.parameters.max_presolve_iterations = 1
                solver.parameters.relative_gap_limit = _ROUGHLY
            status = solver.solve(held)
            if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                return solver
            if status == cp_model.INFEASIBLE:
                break
            held.clear_objective()
        raise self.conflict()

    def conflict(self) -> ConflictingClaims:
        """Say which claims conflict in a model that cannot be solved."""
        claims = list(self.claims)
        found = conflicts.irreducible(self.model, list(self.claims.values()), _A_TRIAL)
        if found is None:
            found = conflicts.Conflict([], conflicts.Size.FOUND)
        return ConflictingClaims(sum(self.sizes), [claims[k] for k in found.members], found.size)


def plus(*columns: Column) -> Column:
    """Give the column that adds up others."""
    if len(columns) == 1:
        return list(columns[0])
    return [cp_model.LinearExpr.sum(parts) for parts in zip(*columns, strict=True)]


def from_level(columns: Mapping[str, Column], level: str) -> Column | None:
    """Give the column of a level, or for ">=3" the sum from level 3 on."""
    if level in columns or not level.startswith(">="):
        return columns.get(level)
    return plus(*(column for name, column in columns.items() if int(name) >= int(level[2:])))


def _counts(printed: Printed, statistic: str, n: int) -> range:
    """Give the numbers of n patients that are printed as a count or a percentage."""
    share = n / 100 if statistic == "percent" else 1
    low, high = (min(max(bound * share, 0), _MANY) for bound in (printed.low, printed.high))
    return range(math.ceil(low), math.ceil(high))


def _claim(printed: Printed, counts: range, statistic: str, n: int) -> Claim:
    if not counts:
        return Claim(printed, counts, f"no number of {n} patients gives it")
    if statistic == "count":
        return Claim(printed, counts)
    few = " to ".join(dict.fromkeys(str(count) for count in (counts[0], counts[-1])))
    return Claim(printed, counts, f"{few} of {n} patients" if counts[-1] <= n else "")


def _add_counts(
    margins: Margins, model: Model, printed: Iterable[tuple[Printed, Key]], n: int
) -> dict[Key, Claim]:
    """Put claims into a model, once where they say the same; give the first claim of each key."""
    first: dict[Key, Claim] = {}
    said: set[tuple[Key, range]] = set()
    for number, key in printed:
        column, counts = margins.members(model, key), _counts(number, key[-1], n)
        if column is None or (key[:-1], counts) in said:
            continue
        said.add((key[:-1], counts))
        first.setdefault(key, claim := _claim(number, counts, key[-1], n))
        model.claim(claim, column)
    return first


def every_claim(
    margins: Margins, model: Model, targets: Targets, excused: Collection[str] = ()
) -> None:
    """Put every printing of every count into a model, and what other numbers imply."""
    counts = targets.patient_counts(margins.analyses)
    printed = [one for one in counts if one[0].claim not in excused]
    first = _add_counts(margins, model, printed, targets.n)
    margins.implied(model, targets, first, excused)


def check(margins: Margins, targets: Targets, excused: Collection[str] = ()) -> None:
    """Look for published counts that no cohort can have together.

    Every printing counts, so two that differ are a conflict.

    Parameters
    ----------
    excused
        Names of claims that no cohort is expected to meet.

    Raises
    ------
    ConflictingClaims
        With the smallest set, and the rules that it rests on, where whole groups of patients
        show the conflict, and otherwise a small one.
    """
    n, least = targets.n, margins.described
    if n < least:
        claim = Claim(targets.printed("characteristics", "patients", "count"), range(least, _MANY))
        reason = f"{least} are described one by one"
        raise ConflictingClaims(n, [claim], conflicts.Size.SMALLEST, [reason])
    small = margins.model(n, whole=True, explained=True)
    every_claim(margins, small, targets, excused)
    claims = list(small.claims)
    conflict = conflicts.smallest(
        small.given_all(small.rules.values()),
        list(small.claims.values()),
    )
    if conflict is not None:
        members = [claims[k] for k in conflict.members]
        rules = list(small.rules)
        needed = conflicts.irreducible(
            small.given_all(small.claims[claim] for claim in members),
            list(small.rules.values()),
            math.inf,
        )
        because = [rules[k] for k in needed.members] if needed else []
        raise ConflictingClaims(n, members, conflict.size, because)
    exact = margins.model(n)
    every_claim(margins, exact, targets, excused)
    try:
        exact.solve(0)
    except ConflictingClaims as found:
        # What is not settled by the limit is left to the search.
        if found.claims:
            raise


@lru_cache(maxsize=1000)
def fitting(p_value: Printed, one: int, other: int, n: int) -> tuple[int, ...]:
    """Give how many of n patients may have both of two things, by a printed p of Fisher's test.

    Parameters
    ----------
    one, other
        How many have the one, and the other.
    """
    possible = range(max(0, one + other - n), min(one, other) + 1)
    return tuple(
        both
        for both in possible
        if p_value.holds(fisher_p([[both, one - both], [other - both, n - one - other + both]]))
    )


def solve(
    margins: Margins,
    targets: Targets,
    rng: np.random.Generator,
    known: Mapping[tuple[str, str], Iterable[int]] | None = None,
    likelihood: Likelihood | None = None,
    near: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give a table of patients, a category a variable, that meets every published count.

    It is the nearest to a table that is drawn at random, each variable by itself, and so breaks
    rules and counts of several variables: that in which the fewest categories differ. With `near`,
    another table that meets every count, it is the nearest to that one, whose patients are
    put where they go with what is known, with some chance: this takes a quarter of the time.

    Parameters
    ----------
    known
        Labels, 0 or 1 a patient, by variable and level, that were found already.
    likelihood
        How likely a patient is to have a level of a variable, above 0, beside chance.
    near
        A table as this function gives it, of other patients.

    Raises
    ------
    ConflictingClaims
        With a small set of claims that cannot hold together, given what is known.
    """
    labels = {name: np.asarray(given, dtype=np.int64) for name, given in (known or {}).items()}
    seed = int(rng.integers(2**31))
    if near is None:
        whole = _target_model(margins, targets, labels, whole=True)
        solved = whole.solve(seed)
        numbers = {
            variable: {level: sum(map(solved.value, column)) for level, column in levels.items()}
            for variable, levels in whole.columns.items()
        }
        problem = _target_model(margins, targets, labels)
        chosen = _drawn(problem, numbers, labels, likelihood, rng)
    else:
        problem = _target_model(margins, targets, labels)
        chosen = _seated(problem, near, labels, margins.described, rng)
    _hint(problem, chosen)
    solved = problem.solve(seed, roughly=near is not None)
    return pd.DataFrame(
        {
            variable: [
                next(level for level, column in levels.items() if solved.value(column[patient]))
                for patient in range(targets.n)
            ]
            for variable, levels in problem.columns.items()
        }
    )


def _hint(problem: Model, chosen: Mapping[str, Ints]) -> None:
    """Ask for the nearest table to one, which has for each patient a position in the levels."""
    near = []
    for variable, levels in problem.columns.items():
        for row, column in enumerate(levels.values()):
            for patient, has in enumerate(column):
                problem.model.add_hint(has, int(chosen[variable][patient] == row))
        columns = list(levels.values())
        near += [columns[row][patient] for patient, row in enumerate(chosen[variable])]
    problem.model.maximize(cp_model.LinearExpr.sum(near))


def _seated(
    problem: Model, near: pd.DataFrame, labels: Known, described: int, rng: np.random.Generator
) -> dict[str, Ints]:
    """Put the patients of a table where they go with what is known, with some chance."""
    n = len(near)
    fits = rng.uniform(0, _CHANCE, (n, n))
    for (variable, level), column in labels.items():
        fits += np.equal.outer(column == 1, (near[variable] == level).to_numpy())
    # Those who are described one by one stay.
    fits[range(described), range(described)] = 2 * (_CHANCE + len(labels))
    _, places = linear_sum_assignment(fits, maximize=True)
    table = near.iloc[places]
    return {
        variable: pd.Index(list(levels)).get_indexer(pd.Index(table[variable]))
        for variable, levels in problem.columns.items()
    }


def _drawn(
    problem: Model,
    numbers: Mapping[str, Mapping[str, int]],
    labels: Known,
    likelihood: Likelihood | None,
    rng: np.random.Generator,
) -> dict[str, Ints]:
    """Draw a level of every variable for each patient."""
    n, chosen = len(problem.sizes), {}
    for variable, levels in problem.columns.items():
        order = [
            [
                rng.exponential() / _weight(labels, likelihood, variable, level, patient)
                for patient in range(n)
            ]
            for level in levels
        ]
        chosen[variable] = _draw(np.array(order), list(numbers[variable].values()))
    return chosen


def _target_model(
    margins: Margins, targets: Targets, known: Known, *, whole: bool = False
) -> Model:
    """Give the model of the counts that the search goes by, with what is known."""
    model = _counted(margins, targets, whole).copy()
    for (variable, level), labels in known.items():
        model.fix(variable, level, labels)
    return model


@lru_cache(maxsize=4)
def _counted(margins: Margins, targets: Targets, whole: bool) -> Model:
    """Give the model of the counts that the search goes by, of any patients."""
    n = targets.n
    model = margins.model(n, whole=whole)
    # A percentage that no number of patients gives is for the audit to prove.
    counts = targets.target_counts(margins.analyses)
    _add_counts(margins, model, (one for one in counts if _counts(one[0], one[1][-1], n)), n)
    margins.implied_targets(model, targets)
    return model


def _weight(
    known: Known,
    likelihood: Likelihood | None,
    variable: str,
    level: str,
    patient: int,
) -> float:
    """Say how likely a level is for a patient, and nearly nought or certain where it is known."""
    if (variable, level) in known:
        return 1e9 if known[variable, level][patient] else 1e-9
    return likelihood(variable, level, patient) if likelihood else 1.0


def _draw(order: Floats, numbers: Sequence[int]) -> Ints:
    """Give each patient a level, as many as there should be, in the order of waiting times.

    Waiting times that are exponential with the likelihood for a rate draw without replacement
    (Efraimidis and Spirakis, Inf Process Lett 2006;97:181-185).

    Parameters
    ----------
    order
        Waiting times, shape (levels, patients).
    """
    left, chosen = list(numbers), np.full(order.shape[1], -1)
    for place in np.argsort(order, axis=None, kind="stable"):
        level, patient = divmod(int(place), order.shape[1])
        if left[level] and chosen[patient] < 0:
            chosen[patient] = level
            left[level] -= 1
    return chosen
