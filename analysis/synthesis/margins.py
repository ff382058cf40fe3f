"""Who has what: every published count, met by one table of patients.

Counts, and cross-tabulations that the article's p values imply, are exact integer problems.
They are given to CP-SAT together with what any such patients obey (a thrombus of the main trunk
is a portal vein thrombosis; only what is there is irradiated). Each published number stands
behind an assumption of its own, so that a ledger that contradicts itself is answered with the
smallest set of its claims that cannot hold together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from ortools.sat.python import cp_model
from scipy.stats import hypergeom

from analysis.article.ledger import KEY
from analysis.cohort import ctcae
from analysis.cohort.schema import CATEGORIES, ICI_AGENTS, RT_SITES, RT_TECHNIQUES, TARGETED_AGENTS
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


class ConflictingClaims(ValueError):
    """Published counts that no cohort can have together.

    Attributes
    ----------
    claims : list of str
        The smallest set found, one sentence a claim.
    """

    def __init__(self, claims: list[str]) -> None:
        self.claims = claims
        listed = "\n".join(f"  - {claim}" for claim in claims)
        super().__init__(
            f"No cohort can meet these {len(claims)} claims of the ledger together:\n{listed}"
        )


@dataclass(frozen=True)
class Claim:
    """A published number as bounds on a sum of patients."""

    printed: Printed
    words: str
    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.printed.claim}: {self.words}, printed {self.printed.text}"


# Boolean variables of the model and their negations, one a patient.
Literals = list[Any]


# How long the preferred order is followed, in CP-SAT's deterministic time (about seconds).
_OPERATIONS = 5.0


class _Model:
    """The integer problem: literals by variable, level and patient, rules, and claims."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.patients = range(targets.n)
        self.model = cp_model.CpModel()
        self.assumptions: dict[int, Claim] = {}
        self._known: dict[str, Literals] = {}
        self.literals: dict[str, dict[str, Literals]] = {}
        for variable, levels in VARIABLES.items():
            columns = {
                level: [self.model.new_bool_var(f"{variable} {level} {i}") for i in self.patients]
                for level in levels
            }
            for i in self.patients:
                self.model.add_exactly_one(column[i] for column in columns.values())
            self.literals[variable] = columns
        self._rules()
        self._claims()

    # What any such patients obey ---------------------------------------------------------

    def either(self, name: str, columns: Iterable[Literals]) -> Literals:
        """Give literals that say a patient has one of the columns or more."""
        if name not in self._known:
            together = [self.model.new_bool_var(f"{name} {i}") for i in self.patients]
            for members in zip(together, *columns, strict=True):
                self.model.add_max_equality(members[0], members[1:])
            self._known[name] = together
        return self._known[name]

    def _implies(self, given: Literals, *any_of: Literals) -> None:
        for i in self.patients:
            self.model.add_bool_or([given[i].negated(), *(column[i] for column in any_of)])

    def _never(self, *together: Literals) -> None:
        for i in self.patients:
            self.model.add_bool_or([column[i].negated() for column in together])

    def _rules(self) -> None:
        x = self.literals
        site = {name: x[f"site {name}"]["yes"] for name in RT_SITES}
        metastasis, node = x["extrahepatic_metastasis"]["yes"], site["lymph node"]
        first_line = x["therapy_line"]["1"]
        for i in self.patients:
            self.model.add_bool_or([column[i] for column in site.values()])
        self._never(site["PVTT"], x["pvtt_extent"]["none"])
        self._implies(site["other metastasis"], metastasis)
        self._implies(site["other tumour thrombus"], x["ivc_thrombus"]["yes"])
        inside = x["rt_on_intrahepatic"]["yes"]
        self._implies(inside, site["primary tumour"], site["PVTT"])
        self._implies(site["primary tumour"], inside)
        self._implies(site["PVTT"], inside)
        # Who was never treated has not recurred, so is here for stage IV.
        self._implies(first_line, metastasis, node)
        self._never(first_line, x["prior_ici"]["yes"])
        self._implies(x["ici_switched"]["yes"], x["ici_agent"]["toripalimab"])
        self._never(x["child_pugh_score"]["7"], x["cirrhosis"]["no"])

        for region in ("overall", "in-field"):
            size, viable = x[f"RECIST 1.1 {region}"], x[f"mRECIST {region}"]
            self._implies(size["CR"], viable["CR"])
            self._implies(size["PR"], viable["CR"], viable["PR"])
            self._never(size["SD"], viable["PD"])
        for criterion in ("RECIST 1.1", "mRECIST"):
            overall, inside_field = x[f"{criterion} overall"], x[f"{criterion} in-field"]
            self._implies(overall["CR"], inside_field["CR"])
            self._implies(inside_field["SD"], overall["SD"], overall["PD"])

        low, fell = x["afp_before_group"]["<400"], x["afp_decrease"]["yes"]
        self._never(low, fell, x["afp_after_400"][">400"])
        for group in AFP_GROUPS[1:]:
            self._never(
                x["afp_before_group"][group], x["afp_decrease"]["no"], x["afp_after_400"]["<=400"]
            )

        serious = self.either(
            "grade 3 or more",
            [x[f"grade {g.name}"][grade] for g in ctcae.GROUPS for grade in ("3", "4", "5")],
        )
        for i in self.patients:
            self.model.add(x["grade_3_or_more"]["yes"][i] == serious[i])
        fatal = self.either("grade 5", [x[f"grade {g.name}"]["5"] for g in ctcae.GROUPS])
        for i in self.patients:
            self.model.add(x["cause_of_death"]["adverse event"][i] == fatal[i])
        self._never(x["cause_of_death"]["tumour"], x["failure_pattern"]["none"])
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
            for variable, level in facts.items():
                self.model.add(self.literals[variable][level][patient] == 1)
        self.model.add(self.literals["therapy_line"]["1"][FISTULA] == 0)

    # What was published ------------------------------------------------------------------

    def members(self, analysis_id: str, variable: str, level: str, group: str) -> Literals | None:
        """Give the literals that the count of a variable's level adds up."""
        x = self.literals
        match variable:
            case "patients":
                return [self.model.new_constant(1) for _ in self.patients]
            case "viral_hepatitis" | "antiviral":
                without = x["hepatitis"]["none"]
                return without if level == "no" else [b.negated() for b in without]
            case "afp_1000" | "afp_400":
                above = AFP_GROUPS[2:] if variable == "afp_1000" else AFP_GROUPS[1:]
                high = self.either(variable, [x["afp_before_group"][name] for name in above])
                return high if level.startswith(">=") else [b.negated() for b in high]
            case "pvtt":
                none = x["pvtt_extent"]["none"]
                return none if level == "no" else [b.negated() for b in none]
            case "vp4":
                main = x["pvtt_extent"]["main"]
                return main if level == "yes" else [b.negated() for b in main]
            case "progressed_before":
                first = x["therapy_line"]["1"]
                return first if level == "no" else [b.negated() for b in first]
            case "therapy_line_group" if level.startswith(">="):
                lines = [name for name in x["therapy_line"] if int(name) >= int(level[2:])]
                return self.either("later line", [x["therapy_line"][name] for name in lines])
            case "therapy_line_group":
                return x["therapy_line"][level]
            case "targeted_therapy":
                none = x["targeted_agent"]["none"]
                return none if level == "no" else [b.negated() for b in none]
            case "ici_agent" if level == "camrelizumab":
                return x["ici_agent"][level] + x["ici_switched"]["yes"]
            case "rt_site":
                return x[f"site {level}"]["yes"]
            case "rt_foci":
                return [b for name in RT_SITES for b in x[f"site {name}"]["yes"]]
            case "response_overall" | "response_in_field":
                region = "overall" if variable == "response_overall" else "in-field"
                return self.responders(f"{group} {region}", level)
            case "any_event":
                return self._any_event(level)
            case "death":
                return [b.negated() for b in x["cause_of_death"]["alive"]]
            case "progression":
                return [b.negated() for b in x["failure_pattern"]["none"]]
            case "in_field_relapse":
                return x["failure_pattern"]["in-field and out-of-field"]
        if analysis_id == "adverse_events" and f"grade {variable}" in x:
            return self._graded(variable, level)
        return x.get(variable, {}).get(level)

    def responders(self, response: str, level: str) -> Literals:
        """Give the literals of a response, or of ORR (CR, PR) or DCR (CR, PR, SD)."""
        columns = self.literals[response]
        if level in columns:
            return columns[level]
        parts = ("CR", "PR") if level == "ORR" else ("CR", "PR", "SD")
        return self.either(f"{response} {level}", [columns[part] for part in parts])

    def _graded(self, variable: str, level: str) -> Literals:
        columns = self.literals[f"grade {variable}"]
        if level in columns:
            return columns[level]
        lowest = 1 if level == "any" else int(level[2:])
        chosen = [columns[grade] for grade in GRADES if int(grade) >= lowest]
        return self.either(f"{variable} {level}", chosen)

    def _any_event(self, level: str) -> Literals | None:
        if level == "5":
            return self.literals["cause_of_death"]["adverse event"]
        return self.literals["grade_3_or_more"]["yes"] if level == ">=3" else None

    def _claims(self) -> None:
        for claim, key in self.targets.patient_counts():
            analysis_id, _, group_level, variable, level, statistic = key
            literals = self.members(analysis_id, variable, level, group_level)
            if literals is None:
                continue
            low, high = claim.low, claim.high
            if statistic == "percent":
                low, high = low * self.targets.n / 100, high * self.targets.n / 100
            least, most = math.ceil(low), math.ceil(high) - 1
            if least > most:
                # A percentage that no number of patients gives is for the audit to prove.
                continue
            words = " ".join(part for part in (group_level, variable, level) if part)
            self._claim(Claim(claim, words, least, most), literals)
        self._afp_against_response()

    def _claim(self, claim: Claim, literals: Literals) -> None:
        holds = self.model.new_bool_var(str(claim))
        total = sum(literals)
        self.model.add_linear_constraint(total, claim.low, claim.high).only_enforce_if(holds)
        self.assumptions[holds.index] = claim

    def _afp_against_response(self) -> None:
        """Fix how many responders' AFP fell, from the Fisher p values."""
        fell = self.literals["afp_decrease"]["yes"]
        for criterion in ("RECIST 1.1", "mRECIST"):
            for level, (claim, both) in fallen_responders(self.targets, criterion).items():
                responders = self.responders(f"{criterion} overall", level)
                products = []
                for i in self.patients:
                    product = self.model.new_bool_var("")
                    self.model.add_min_equality(product, [fell[i], responders[i]])
                    products.append(product)
                words = f"{criterion} {level} with a fall of AFP"
                self._claim(Claim(claim, words, both, both), products)

    # Solving -----------------------------------------------------------------------------

    def fix(self, variable: str, level: str, labels: Iterable[int]) -> None:
        """Say which patients have a level of a variable (1) and which have not (0)."""
        for literal, label in zip(self.literals[variable][level], labels, strict=True):
            self.model.add(literal == int(label))

    def prefer(self, rng: np.random.Generator, likelihood: Likelihood) -> None:
        """Have the solver try levels in random order, the likelier ones sooner."""
        literals, order = [], []
        for variable, columns in self.literals.items():
            for level, column in columns.items():
                for i, literal in enumerate(column):
                    literals.append(literal)
                    order.append(rng.exponential() / likelihood(variable, level, i))
        self.model.add_decision_strategy(
            [literals[k] for k in np.argsort(order)],
            cp_model.CHOOSE_FIRST,
            cp_model.SELECT_MAX_VALUE,
        )

    def solve(self, seed: int) -> cp_model.CpSolver:
        """Give a solver that holds a table.

        Raises
        ------
        ConflictingClaims
            When there is none.
        """
        held = self.model.clone()
        held.add_bool_and(held.get_bool_var_from_proto_index(i) for i in self.assumptions)
        # The order asked for gives the more believable table, but may lead into a dead end;
        # the limit counts operations, not seconds, so that a seed gives the same everywhere.
        for branching, limit in (
            (cp_model.FIXED_SEARCH, _OPERATIONS),
            (cp_model.AUTOMATIC_SEARCH, math.inf),
        ):
            solver = _solver(seed)
            solver.parameters.search_branching = branching
            solver.parameters.max_deterministic_time = limit
            status = solver.solve(held)
            if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                return solver
            if status == cp_model.INFEASIBLE:
                break
        raise ConflictingClaims([str(claim) for claim in self._smallest_conflict(seed)])

    def _smallest_conflict(self, seed: int) -> list[Claim]:
        """Drop claims one by one from the conflict that CP-SAT reports, while it stays one."""
        self.model.clear_objective()

        def conflict(indices: list[int]) -> list[int] | None:
            self.model.clear_assumptions()
            self.model.add_assumptions(
                [self.model.get_bool_var_from_proto_index(index) for index in indices]
            )
            solver = _solver(seed)
            if solver.solve(self.model) != cp_model.INFEASIBLE:
                return None
            return list(solver.sufficient_assumptions_for_infeasibility())

        core = conflict(list(self.assumptions)) or []
        for index in list(core):
            smaller = conflict([other for other in core if other != index])
            if smaller is not None:
                core = [other for other in core if other != index and other in smaller]
        return [self.assumptions[index] for index in core]


def _solver(seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    return solver


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
        level: targets.printed(
            "afp_response", "response_overall", "p_value", level, "criterion", criterion
        )
        for level in ("ORR", "DCR")
    }

    def fitting(level: str, claim: Printed) -> int | None:
        responders = targets.printed(
            "response", "response_overall", "count", level, "criterion", criterion
        )
        found = [
            both
            for both in range(int(responders.value) + 1)
            if claim.holds(fisher_p(both, int(responders.value), fell, targets.n))
        ]
        # A fall of AFP goes with response, as the article discusses it.
        return found[-1] if found else None

    for taken in (claims, dict(zip(claims, reversed(claims.values()), strict=True))):
        numbers = {level: fitting(level, claim) for level, claim in taken.items()}
        if None not in numbers.values():
            break
    return {
        level: (taken[level], number) for level, number in numbers.items() if number is not None
    }


def fisher_p(both: int, first: int, second: int, n: int) -> float:
    """Give the two-sided Fisher p of a two-by-two table: `both` of `first` and `second` in n.

    0 stands for a table that cannot be.
    """
    possible = np.arange(max(0, first + second - n), min(first, second) + 1)
    if both not in possible:
        return 0.0
    weights = hypergeom.pmf(possible, n, first, second)
    own = weights[int(both - possible[0])]
    return float(weights[weights <= own * (1 + 1e-7)].sum())


def solve(
    targets: Targets,
    rng: np.random.Generator,
    sizes: dict[tuple[str, str], int],
    known: dict[tuple[str, str], Iterable[int]] | None = None,
    likelihood: Likelihood | None = None,
) -> pd.DataFrame:
    """Give a table of patients, a category a variable, that meets every published count.

    Parameters
    ----------
    sizes
        Numbers of patients by variable and level that the article does not print.
    known
        Labels, 0 or 1 a patient, by variable and level, that were found already.
    likelihood
        How likely a patient is to have a level of a variable, above 0, beside chance.

    Raises
    ------
    ConflictingClaims
        With the smallest set of claims that cannot hold together.
    """
    problem = _Model(targets)
    for (variable, level), size in sizes.items():
        problem.model.add(sum(problem.literals[variable][level]) == size)
    for (variable, level), labels in (known or {}).items():
        problem.fix(variable, level, labels)
    likely = likelihood or (lambda variable, level, patient: 1.0)
    problem.prefer(rng, likely)
    solver = problem.solve(int(rng.integers(2**31)))
    return pd.DataFrame(
        {
            variable: [
                next(level for level, column in columns.items() if solver.value(column[i]))
                for i in problem.patients
            ]
            for variable, columns in problem.literals.items()
        }
    )


__all__ = ["KEY", "ConflictingClaims", "fallen_responders", "fisher_p", "solve"]
