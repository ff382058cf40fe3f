"""Who has what: every published count, met by one table of patients.

Counts, and cross-tabulations that the article's p values imply, are exact integer problems.
They are given to CP-SAT together with what any such patients obey (a thrombus of the main trunk
is a portal vein thrombosis; only what is there is irradiated).

One description serves two models. With a group for every patient the model is exact, and
`solve` draws a table from it. With all but two patients in one group it is some hundred whole
numbers: each rule, added up over patients, holds for the group, so what the small model cannot
meet no cohort can. `check` answers a ledger that contradicts itself from it, in a moment, with
the smallest set of claims that cannot hold together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from ortools.sat.python import cp_model

from analysis.cohort import ctcae
from analysis.cohort.schema import (
    CATEGORIES,
    CRITERIA,
    ICI_AGENTS,
    RT_SITES,
    RT_TECHNIQUES,
    TARGETED_AGENTS,
)
from analysis.estimates.intervals import fisher_p
from analysis.synthesis import conflicts
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.survival_search import DIARRHOEA, FISTULA
from analysis.synthesis.targets import Printed, Targets

YES_NO = ("yes", "no")
GRADES = ("0", "1", "2", "3", "4", "5")
AFP_GROUPS = ("<400", "400-999", ">=1000")
RESPONSES = ("RECIST 1.1 overall", "mRECIST overall", "RECIST 1.1 in-field", "mRECIST in-field")

# One category a patient each.
VARIABLES: dict[str, tuple[str, ...]] = {
    "sex": ("male", "female"),
    "age_under_60": YES_NO,
    "alcohol_use": YES_NO,
    "cirrhosis": YES_NO,
    "hepatitis": ("HBV", "HCV", "none"),
    "child_pugh_score": ("5", "6", "7"),
    "ecog": ("0", "1", "2"),
    "diagnosis": ("pathological", "clinical"),
    "afp_before_group": AFP_GROUPS,
    "afp_decrease": YES_NO,
    "afp_after_400": ("<=400", ">400"),
    "tumour_count_group": ("1-4", ">=5"),
    "extrahepatic_metastasis": YES_NO,
    "ivc_thrombus": YES_NO,
    "pvtt_extent": ("none", "branch", "main"),
    "therapy_line": ("1", "2", "3", "4", "5", "6"),
    "prior_ici": YES_NO,
    "treatment_mode": ("concurrent", "sequential"),
    "ici_agent": ICI_AGENTS,
    "ici_switched": YES_NO,
    **{f"site {site}": YES_NO for site in RT_SITES},
    "targeted_agent": TARGETED_AGENTS,
    "rt_technique": RT_TECHNIQUES,
    "rt_on_intrahepatic": YES_NO,
    "sbrt": YES_NO,
    "eqd2_under_60": YES_NO,
    **dict.fromkeys(RESPONSES, CATEGORIES),
    **{f"grade {group.name}": GRADES for group in ctcae.GROUPS},
    "grade_3_or_more": YES_NO,
    "cause_of_death": ("tumour", "adverse event", "other disease", "alive"),
    "failure_pattern": ("out-of-field only", "in-field and out-of-field", "none"),
}

Likelihood = Callable[[str, str, int], float]

# How long the nearest table is looked for, in CP-SAT's deterministic time (about seconds), so
# that a seed gives the same everywhere; how long any table is; and how long it is tried to leave
# a claim out of a conflict.
_OPERATIONS, _AT_MOST, _A_TRIAL = 2.0, 10.0, 0.2
# More patients than any count of them.
_MANY = 2**31
_FALL = ("afp_response", "", "", "afp_decrease", "yes", "percent")


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


class _Model:
    """The integer problem: columns by variable and level, rules, and claims behind literals.

    Parameters
    ----------
    sizes
        Numbers of patients in each group; the first two groups are a patient each, `FISTULA`
        and `DIARRHOEA`.
    explained
        Put the rules behind literals too, so that a conflict can be told with those it rests on.
    """

    def __init__(self, sizes: Sequence[int], *, explained: bool = False) -> None:
        self.sizes = sizes
        self.model = cp_model.CpModel()
        self.explained = explained
        self.rules: dict[str, cp_model.IntVar] = {}
        self.claims: dict[Claim, cp_model.IntVar] = {}
        self.columns: dict[str, dict[str, list[cp_model.IntVar]]] = {
            variable: {level: self._new(f"{variable} {level}") for level in levels}
            for variable, levels in VARIABLES.items()
        }
        for variable, levels in self.columns.items():
            self._exactly_one(variable, levels.values())
        self._rules()

    def _new(self, name: str) -> list[cp_model.IntVar]:
        return [
            self.model.new_int_var(0, size, f"{name} {group}")
            for group, size in enumerate(self.sizes)
        ]

    # What any such patients obey ---------------------------------------------------------
    # Clauses of a patient's columns, written as inequalities, which may be added up.

    def _require(self, rule: str, constraints: Constraints) -> None:
        if self.explained and rule not in self.rules:
            self.rules[rule] = self.model.new_bool_var(rule)
        for constraint in constraints:
            held = self.model.add(constraint)
            if self.explained:
                held.only_enforce_if(self.rules[rule])

    def _exactly_one(self, variable: str, columns: Iterable[Column]) -> None:
        rule = f"each patient has one {variable} of: {', '.join(VARIABLES[variable])}"
        totals = _plus(*columns)
        self._require(rule, (total == size for total, size in zip(totals, self.sizes, strict=True)))

    def _implies(self, rule: str, given: Column, *any_of: Column) -> None:
        totals = _plus(*any_of)
        self._require(rule, (one <= total for one, total in zip(given, totals, strict=True)))

    def _never(self, rule: str, *together: Column) -> None:
        most = len(together) - 1
        totals = _plus(*together)
        self._require(
            rule, (total <= most * size for total, size in zip(totals, self.sizes, strict=True))
        )

    def _is_any(self, rule: str, whole: Column, parts: Sequence[Column]) -> None:
        for part in parts:
            self._implies(rule, part, whole)
        self._implies(rule, whole, *parts)

    def _both(self, rule: str, one: Column, other: Column) -> Column:
        both = self._new(rule)
        self._implies(rule, both, one)
        self._implies(rule, both, other)
        self._never(rule, one, other, self._without(both))
        return both

    def _without(self, column: Column) -> Column:
        return [size - has for has, size in zip(column, self.sizes, strict=True)]

    def _rules(self) -> None:
        x = self.columns
        site = {name: x[f"site {name}"]["yes"] for name in RT_SITES}
        metastasis, node = x["extrahepatic_metastasis"]["yes"], site["lymph node"]
        first_line = x["therapy_line"]["1"]
        self._never(
            "every patient was irradiated somewhere",
            *(x[f"site {name}"]["no"] for name in RT_SITES),
        )
        self._never(
            "PVTT is irradiated only where there is one", site["PVTT"], x["pvtt_extent"]["none"]
        )
        self._implies(
            "a metastasis is irradiated only with extrahepatic metastasis",
            site["other metastasis"],
            metastasis,
        )
        self._implies(
            "another tumour thrombus that is irradiated is one of the inferior vena cava",
            site["other tumour thrombus"],
            x["ivc_thrombus"]["yes"],
        )
        self._is_any(
            "irradiation inside the liver is that of the primary tumour or of PVTT",
            x["rt_on_intrahepatic"]["yes"],
            [site["primary tumour"], site["PVTT"]],
        )
        # Who was never treated has not recurred, so is here for stage IV.
        self._implies(
            "first-line patients have a metastasis, or a lymph node irradiated",
            first_line,
            metastasis,
            node,
        )
        self._never("first-line patients had no ICI before", first_line, x["prior_ici"]["yes"])
        self._implies(
            "the switch was to toripalimab",
            x["ici_switched"]["yes"],
            x["ici_agent"]["toripalimab"],
        )
        self._never(
            "a Child-Pugh score of 7 goes with cirrhosis",
            x["child_pugh_score"]["7"],
            x["cirrhosis"]["no"],
        )

        for region in ("overall", "in-field"):
            rule = f"the {region} response by mRECIST is not worse than by RECIST 1.1"
            size, viable = x[f"RECIST 1.1 {region}"], x[f"mRECIST {region}"]
            # Best to worst, each with those before: clauses of single categories say the same of
            # a patient, but less when they are added up.
            for worst in range(1, len(CATEGORIES)):
                better = CATEGORIES[:worst]
                self._implies(
                    rule,
                    _plus(*(size[name] for name in better)),
                    *(viable[name] for name in better),
                )
        for criterion in ("RECIST 1.1", "mRECIST"):
            rule = f"the response in the field by {criterion} is part of the overall one"
            overall, inside_field = x[f"{criterion} overall"], x[f"{criterion} in-field"]
            self._implies(rule, overall["CR"], inside_field["CR"])
            self._implies(rule, inside_field["SD"], overall["SD"], overall["PD"])

        low, fell = x["afp_before_group"]["<400"], x["afp_decrease"]["yes"]
        rule = "AFP that crossed 400 ng/mL fell, or did not, accordingly"
        self._never(rule, low, fell, x["afp_after_400"][">400"])
        for group in AFP_GROUPS[1:]:
            self._never(
                rule,
                x["afp_before_group"][group],
                x["afp_decrease"]["no"],
                x["afp_after_400"]["<=400"],
            )

        grades = [x[f"grade {group.name}"] for group in ctcae.GROUPS]
        self._is_any(
            "an event of grade 3 or more is one of Table 4's",
            x["grade_3_or_more"]["yes"],
            [levels[grade] for levels in grades for grade in ("3", "4", "5")],
        )
        self._is_any(
            "a death of an adverse event is an event of grade 5",
            x["cause_of_death"]["adverse event"],
            [levels["5"] for levels in grades],
        )
        self._never(
            "who died of the tumour had progressed",
            x["cause_of_death"]["tumour"],
            x["failure_pattern"]["none"],
        )
        self._grade_5_patients()

    def _grade_5_patients(self) -> None:
        """The two patients whom the Discussion describes."""
        told = {
            FISTULA: {
                "sex": "male",
                "grade tef": "5",
                "ici_agent": "toripalimab",
                "ici_switched": "no",
                "targeted_agent": "regorafenib",
                "treatment_mode": "concurrent",
                "prior_ici": "no",
                "pvtt_extent": "none",
                "ivc_thrombus": "no",
                "sbrt": "no",
                "eqd2_under_60": "yes",
                "site other metastasis": "yes",
                "site primary tumour": "no",
                "site lymph node": "no",
                "failure_pattern": "none",
            },
            DIARRHOEA: {
                "sex": "male",
                "grade gi": "5",
                "targeted_agent": "lenvatinib",
                "ici_switched": "no",
                "sbrt": "yes",
                "eqd2_under_60": "yes",
                "prior_ici": "no",
                "site primary tumour": "yes",
                "site PVTT": "yes",
                "site other metastasis": "no",
                "site lymph node": "no",
                "site other tumour thrombus": "no",
                "failure_pattern": "none",
            },
        }
        for patient, facts in told.items():
            who = "fistula" if patient == FISTULA else "diarrhoea"
            rule = f"the patient with the fatal {who} is as the Discussion tells"
            self._require(
                rule, (self.columns[name][level][patient] == 1 for name, level in facts.items())
            )
        later = "the patient with the fatal fistula was treated before"
        self._require(later, [self.columns["therapy_line"]["1"][FISTULA] == 0])

    # What was published ------------------------------------------------------------------

    def members(self, key: tuple[str, ...]) -> Column | None:
        """Give the column whose sum is the count that a key of the ledger names."""
        analysis_id, _, group, variable, level, _ = key
        x = self.columns
        match variable:
            case "patients":
                return list(self.sizes)
            case "viral_hepatitis" | "antiviral":
                return self._yes_no(x["hepatitis"]["none"], level == "no")
            case "afp_1000" | "afp_400":
                above = AFP_GROUPS[2:] if variable == "afp_1000" else AFP_GROUPS[1:]
                high = _plus(*(x["afp_before_group"][name] for name in above))
                return self._yes_no(high, level.startswith(">="))
            case "pvtt":
                return self._yes_no(x["pvtt_extent"]["none"], level == "no")
            case "vp4":
                return self._yes_no(x["pvtt_extent"]["main"], level == "yes")
            case "progressed_before":
                return self._yes_no(x["therapy_line"]["1"], level == "no")
            case "therapy_line_group":
                return _from(x["therapy_line"], level)
            case "targeted_therapy":
                return self._yes_no(x["targeted_agent"]["none"], level == "no")
            case "ici_agent" if level == "camrelizumab":
                return _plus(x["ici_agent"][level], x["ici_switched"]["yes"])
            case "rt_site":
                return x.get(f"site {level}", {}).get("yes")
            case "rt_foci":
                return _plus(*(x[f"site {name}"]["yes"] for name in RT_SITES))
            case "response_overall" | "response_in_field":
                region = "overall" if variable == "response_overall" else "in-field"
                return self.responders(f"{group} {region}", level)
            case "any_event" if level == "5":
                return x["cause_of_death"]["adverse event"]
            case "any_event":
                return x["grade_3_or_more"]["yes"] if level == ">=3" else None
            case "death":
                return self._yes_no(x["cause_of_death"]["alive"], level == "no")
            case "progression":
                return self._yes_no(x["failure_pattern"]["none"], level == "no")
            case "in_field_relapse":
                return x["failure_pattern"]["in-field and out-of-field"]
        if analysis_id == "adverse_events":
            return _from(x.get(f"grade {variable}", {}), ">=1" if level == "any" else level)
        return x.get(variable, {}).get(level)

    def _yes_no(self, column: Column, has: bool) -> Column:
        return column if has else self._without(column)

    def responders(self, response: str, level: str) -> Column | None:
        """Give the column of a response, or of ORR (CR, PR) or DCR (CR, PR, SD)."""
        columns = self.columns.get(response, {})
        if level in columns or not columns:
            return columns.get(level)
        parts = {"ORR": ("CR", "PR"), "DCR": ("CR", "PR", "SD")}.get(level)
        return _plus(*(columns[part] for part in parts)) if parts else None

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

    def fall_of_afp(self, criterion: str, level: str, claim: Claim, *given: Claim) -> None:
        """Put a claim on how many responders' AFP fell behind a literal."""
        responders = self.responders(f"{criterion} overall", level)
        assert responders is not None
        both = self._both(
            f"{criterion} {level} with a fall of AFP is one and the other",
            self.columns["afp_decrease"]["yes"],
            responders,
        )
        self.claim(claim, both, *given)

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

    def solve(self, seed: int) -> cp_model.CpSolver:
        """Give a solver that holds numbers which meet every claim.

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


def _plus(*columns: Column) -> Column:
    if len(columns) == 1:
        return list(columns[0])
    return [cp_model.LinearExpr.sum(parts) for parts in zip(*columns, strict=True)]


def _from(columns: Mapping[str, Column], level: str) -> Column | None:
    """Give the column of a level, or for ">=3" the sum from level 3 on."""
    if level in columns or not level.startswith(">="):
        return columns.get(level)
    return _plus(*(column for name, column in columns.items() if int(name) >= int(level[2:])))


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
    model: _Model, printed: Iterable[tuple[Printed, tuple[str, ...]]], n: int
) -> dict[tuple[str, ...], Claim]:
    """Put claims into a model, once where they say the same; give the first claim of each key."""
    first: dict[tuple[str, ...], Claim] = {}
    said: set[tuple[tuple[str, ...], range]] = set()
    for number, key in printed:
        column, counts = model.members(key), _counts(number, key[-1], n)
        if column is None or (key[:-1], counts) in said:
            continue
        said.add((key[:-1], counts))
        first.setdefault(key, claim := _claim(number, counts, key[-1], n))
        model.claim(claim, column)
    return first


def _every_claim(model: _Model, targets: Targets, excused: Collection[str]) -> None:
    """Put every printing of every count into a model, and what the Fisher p values say."""
    n = targets.n
    printed = [one for one in targets.patient_counts() if one[0].claim not in excused]
    first = _add_counts(model, printed, n)
    fell = first.get(_FALL)
    for criterion in CRITERIA:
        for level in ("ORR", "DCR"):
            p_value = targets.printed(*_p_value(level), "criterion", criterion)
            key = ("response", "criterion", criterion, "response_overall", level, "count")
            responders = first.get(key)
            if p_value.claim in excused or fell is None or responders is None:
                continue
            both = {
                number
                for total in fell.counts
                for number in _fitting(p_value, responders.counts[0], total, n)
            }
            words = f"{', '.join(map(str, sorted(both))) or 'no number of'} patients with both"
            claim = Claim(p_value, tuple(sorted(both)), words)
            model.fall_of_afp(criterion, level, claim, fell, responders)


def check(targets: Targets, excused: Collection[str] = ()) -> None:
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
    n = targets.n
    if n < 2:
        claim = Claim(targets.printed("characteristics", "patients", "count"), range(2, _MANY))
        raise ConflictingClaims(n, [claim], conflicts.Size.SMALLEST, ["two are described"])
    small = _Model([1, 1, n - 2], explained=True)
    _every_claim(small, targets, excused)
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
    exact = _Model([1] * n)
    _every_claim(exact, targets, excused)
    try:
        exact.solve(0)
    except ConflictingClaims as found:
        # What is not settled by the limit is left to the search.
        if found.claims:
            raise


def _p_value(level: str) -> tuple[str, str, str, str]:
    return "afp_response", "response_overall", "p_value", level


def _fitting(p_value: Printed, responders: int, fell: int, n: int) -> list[int]:
    """Give how many patients may have both, so that Fisher's test gives a printed p value."""
    possible = range(max(0, responders + fell - n), min(responders, fell) + 1)
    return [
        both
        for both in possible
        if p_value.holds(
            fisher_p([[both, responders - both], [fell - both, n - responders - fell + both]])
        )
    ]


def fallen_responders(targets: Targets, criterion: str) -> dict[str, tuple[Printed, int]]:
    """Give how many responders' AFP fell, from the printed Fisher p values of one criterion.

    Where the p values fit only with the labels ORR and DCR exchanged, they are taken so.

    Returns
    -------
    By level (ORR, DCR) the claim and the number of patients; a level that no number fits is
    left out.
    """
    fell = round(targets.value("afp_response", "afp_decrease", "percent", "yes") * targets.n / 100)
    claims = {
        level: targets.printed(*_p_value(level), "criterion", criterion) for level in ("ORR", "DCR")
    }
    for taken in (claims, dict(zip(claims, reversed(claims.values()), strict=True))):
        found = {}
        for level, claim in taken.items():
            responders = targets.printed(
                "response", "response_overall", "count", level, "criterion", criterion
            )
            fitting = _fitting(claim, int(responders.value), fell, targets.n)
            # A fall of AFP goes with response, as the article discusses it.
            if fitting:
                found[level] = claim, fitting[-1]
        if len(found) == len(claims):
            break
    return found


def solve(
    targets: Targets,
    rng: np.random.Generator,
    known: Mapping[tuple[str, str], Iterable[int]] | None = None,
    likelihood: Likelihood | None = None,
) -> pd.DataFrame:
    """Give a table of patients, a category a variable, that meets every published count.

    It is the nearest to a table that is drawn at random, each variable by itself, and so breaks
    rules and counts of several variables: that in which the fewest categories differ.

    Parameters
    ----------
    known
        Labels, 0 or 1 a patient, by variable and level, that were found already.
    likelihood
        How likely a patient is to have a level of a variable, above 0, beside chance.

    Raises
    ------
    ConflictingClaims
        With a small set of claims that cannot hold together, given what is known.
    """
    labels = {name: np.asarray(given, dtype=np.int64) for name, given in (known or {}).items()}
    seed = int(rng.integers(2**31))
    fallen = {criterion: fallen_responders(targets, criterion) for criterion in CRITERIA}
    whole = _target_model(targets, fallen, [1, 1, targets.n - 2], labels)
    solved = whole.solve(seed)
    numbers = {
        variable: {level: sum(map(solved.value, column)) for level, column in levels.items()}
        for variable, levels in whole.columns.items()
    }
    problem = _target_model(targets, fallen, [1] * targets.n, labels)
    drawn = []
    for variable, levels in problem.columns.items():
        order = [
            [
                rng.exponential() / _weight(labels, likelihood, variable, level, patient)
                for patient in range(targets.n)
            ]
            for level in levels
        ]
        chosen = _draw(np.array(order), list(numbers[variable].values()))
        for row, column in enumerate(levels.values()):
            for patient, has in enumerate(column):
                problem.model.add_hint(has, int(chosen[patient] == row))
        columns = list(levels.values())
        drawn += [columns[row][patient] for patient, row in enumerate(chosen)]
    problem.model.maximize(cp_model.LinearExpr.sum(drawn))
    solved = problem.solve(seed)
    return pd.DataFrame(
        {
            variable: [
                next(level for level, column in levels.items() if solved.value(column[patient]))
                for patient in range(targets.n)
            ]
            for variable, levels in problem.columns.items()
        }
    )


def _target_model(
    targets: Targets,
    fallen: Mapping[str, dict[str, tuple[Printed, int]]],
    sizes: Sequence[int],
    known: Mapping[tuple[str, str], Ints],
) -> _Model:
    """Give the model of the counts that the search goes by, with what is known."""
    n = targets.n
    model = _Model(sizes)
    # A percentage that no number of patients gives is for the audit to prove.
    possible = (one for one in targets.target_counts() if _counts(one[0], one[1][-1], n))
    _add_counts(model, possible, n)
    for criterion, numbers in fallen.items():
        for level, (claim, both) in numbers.items():
            words = f"{both} patients with both"
            model.fall_of_afp(criterion, level, Claim(claim, (both,), words))
    for (variable, level), labels in known.items():
        model.fix(variable, level, labels)
    return model


def _weight(
    known: Mapping[tuple[str, str], Ints],
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


__all__ = ["ConflictingClaims", "check", "fallen_responders", "solve"]
