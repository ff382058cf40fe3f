"""What counts rest on: how many were read and who was left out, under which study and choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from analysis.cohort.at_risk import REASONS
from analysis.cohort.description import Description
from analysis.cohort.eligibility import STEP
from analysis.cohort.faults import printable
from analysis.cohort.model import Cohort
from analysis.estimates.compared import changes
from analysis.estimates.landmark import landmark_day
from analysis.estimates.survival import DETAILS, OUTCOMES
from analysis.study.errors import ReadableError
from analysis.study.study import Study
from analysis.study.variables import in_order

# Of the columns of the table and the names of this header.
VERSION = 1

# What of a description makes the study; the rest of it is about one dataset.
_OF_STUDY = (
    "study", "compare_with_article", "eligibility_applies", "factors", "endpoints", "arm",
    "subgroups",
)  # fmt: skip
# The level of patients of whom something is not recorded.
UNKNOWN = ""

Tally = dict[str, dict[str, int]]


class Apart(ReadableError, ValueError):
    """Counts that do not add up to those of one set of patients; says why."""

    def __init__(self, words: str) -> None:
        # A file of somebody else's is told of, not obeyed by a terminal.
        super().__init__(printable(words))


class Step(BaseModel):
    """A criterion of eligibility, or the population: who came to it, and whom it left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    criterion: str
    assessed: bool
    status: str
    entered: int
    excluded: int
    remaining: int


class Facts(BaseModel):
    """What must be the same of all counts that are added: these are choices, or words of a method.

    Attributes
    ----------
    study
        The name of the declaration that the datasets are read as.
    declared
        What their `dataset.yaml` adds to it.
    parameters
        Those in force.
    synthetic
        Whether the patients are nobody.
    unrecorded
        Endpoint to the reason why it has no times.
    endpoints
        Those that have times.
    stand_ins
        See `Cohort.stand_ins`, without how many dates were imputed.
    landmark
        Endpoint to the day of the landmark, if there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    declared: dict[str, Any]
    parameters: dict[str, Any]
    synthetic: bool
    unrecorded: dict[str, str]
    endpoints: tuple[str, ...]
    stand_ins: dict[str, str]
    landmark: dict[str, float]


class About(BaseModel):
    """What counts rest on.

    Attributes
    ----------
    facts
        What is the same of all parts; None of no patients, of whom nothing is known.
    read, patients
        How many patients were read, and how many are analysed.
    screening
        Who was left out, criterion by criterion.
    not_at_risk
        Endpoint to reason to patients who were left out of it.
    outcomes
        Column of the patients to level to patients; `UNKNOWN`: not recorded.
    recorded
        Column of the patients to how many have a record of it.
    levels
        Factor to its levels, where these are those that patients have.
    changing
        Keys of factors by which patients change their group on the way.
    imputed
        `table.column` to dates of which the day was imputed.
    disclosure
        Sets of rules that parts were rounded by; `EXACT`: not at all.
    sites
        SHA-256 of the files of counts that were added.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: Facts | None = None
    read: int = 0
    patients: int = 0
    screening: tuple[Step, ...] = ()
    not_at_risk: Tally = {}
    outcomes: Tally = {}
    recorded: dict[str, int] = {}
    levels: dict[str, tuple[str, ...]] = {}
    changing: tuple[str, ...] = ()
    imputed: dict[str, int] = {}
    disclosure: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    @property
    def rounded(self) -> bool:
        """Whether any part was rounded by rules of disclosure control."""
        return any(name != EXACT for name in self.disclosure)


EXACT = "exact"


def about(cohort: Cohort, description: Description, imputed: Mapping[str, int]) -> About:
    """Give what counts of a cohort rest on.

    Parameters
    ----------
    cohort
        Derived of a dataset without its `imputed`, which is told here as a number.
    description, imputed
        Those of the dataset.
    """
    study, parameters, patients = cohort.study, cohort.parameters, cohort.patients
    left_out = Counter(
        zip(cohort.not_at_risk["endpoint"], cohort.not_at_risk["reason"], strict=True)
    )
    columns = [factor.column for factor in study.factors] + ["time_zero", *OUTCOMES, *DETAILS]
    columns += [name for factor in study.factors for name in factor.known_from]
    return About(
        facts=_facts(cohort, description) if len(patients) else None,
        read=cohort.read,
        patients=len(patients),
        screening=tuple(Step(**step) for step in _plain(cohort.screening.to_dict("records"))),
        not_at_risk={
            name: {reason: left_out[name, reason] for reason in REASONS if left_out[name, reason]}
            for name in sorted({name for name, _ in left_out})
        },
        outcomes={
            name: {
                **{str(level): int(n) for level, n in _by_level(patients[name])},
                UNKNOWN: int(patients[name].isna().sum()),
            }
            for name in sorted((*OUTCOMES, *DETAILS))
            if name in patients
        },
        recorded={
            name: int(patients[name].notna().sum())
            for name in sorted(set(columns))
            if name in patients
        },
        levels={
            factor.name: factor.levels
            for factor in sorted(study.factors, key=lambda factor: factor.name)
            if factor.as_recorded
        },
        changing=tuple(
            sorted({each.key for each in study.factors if changes(cohort, each, parameters)})
        ),
        imputed={name: imputed[name] for name in sorted(imputed) if imputed[name]},
        disclosure=(EXACT,),
    )


def _facts(cohort: Cohort, description: Description) -> Facts:
    parameters = cohort.parameters
    months = parameters.landmark_months
    return Facts(
        study=cohort.study.name,
        declared=_declared(description),
        parameters=parameters.model_dump(mode="json"),
        synthetic=cohort.synthetic,
        unrecorded=dict(cohort.unrecorded),
        endpoints=tuple(cohort.endpoints()),
        stand_ins=dict(cohort.stand_ins),
        landmark={
            name: landmark_day(months, cohort.times(name)["days"]) for name in cohort.endpoints()
        }
        if months
        else {},
    )


def _declared(description: Description) -> dict[str, Any]:
    return description.model_dump(
        mode="json", by_alias=True, include=set(_OF_STUDY), exclude_defaults=True
    )


def description_of(facts: Facts) -> Description:
    """Give a description that declares what the datasets of some counts do."""
    # A title is asked for, and is that of one dataset.
    return Description.model_validate({"title": "Counts", **facts.declared})


def _by_level(values: Any) -> list[tuple[str, int]]:
    counts = values.value_counts()
    return [(level, counts.get(level, 0)) for level in values.cat.categories]


def _plain(steps: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    return [
        {name: each.item() if hasattr(each, "item") else each for name, each in step.items()}
        for step in steps
    ]


def screening_of(about: About) -> pd.DataFrame:
    """Give who was left out as `Cohort.screening` has it."""
    return pd.DataFrame([step.model_dump() for step in about.screening], columns=STEP)


# Adding -------------------------------------------------------------------------------------------


def added(one: About, other: About) -> About:
    """Give what the counts of two sets of patients rest on together.

    Raises
    ------
    Apart
        Where they are of different studies, choices or ways to make times, with what differs.
    """
    facts = one.facts or other.facts
    if one.facts is not None and other.facts is not None and one.facts != other.facts:
        raise Apart(_difference(one.facts, other.facts))
    return About(
        facts=facts,
        read=one.read + other.read,
        patients=one.patients + other.patients,
        screening=_steps(one.screening, other.screening),
        not_at_risk=_sum_of_tallies(one.not_at_risk, other.not_at_risk),
        outcomes=_sum_of_tallies(one.outcomes, other.outcomes),
        recorded=_sum(one.recorded, other.recorded),
        levels={
            name: _in_order({*one.levels.get(name, ()), *other.levels.get(name, ())})
            for name in sorted({*one.levels, *other.levels})
        },
        changing=tuple(sorted({*one.changing, *other.changing})),
        imputed=_sum(one.imputed, other.imputed),
        disclosure=tuple(sorted({*one.disclosure, *other.disclosure})),
        sites=tuple(sorted((*one.sites, *other.sites))),
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({**one, **other})}


def _sum_of_tallies(one: Tally, other: Tally) -> Tally:
    found = {}
    for name in sorted({**one, **other}):
        first, second = one.get(name, {}), other.get(name, {})
        # Levels stand in the order of tables, which all parts have.
        found[name] = {
            level: first.get(level, 0) + second.get(level, 0) for level in {**first, **second}
        }
    return found


def _steps(one: tuple[Step, ...], other: tuple[Step, ...]) -> tuple[Step, ...]:
    if not one or not other:
        return one or other
    names = [[step.name for step in steps] for steps in (one, other)]
    if names[0] != names[1]:
        raise Apart(f"One applies the criteria {_listed(names[0])}, the other {_listed(names[1])}.")
    found = []
    for first, second in zip(one, other, strict=True):
        if (first.criterion, first.status) != (second.criterion, second.status):
            raise Apart(
                f"The criterion {first.name} is '{first.criterion}' ({first.status}) in one, and "
                f"'{second.criterion}' ({second.status}) in the other."
            )
        counts = {
            name: getattr(first, name) + getattr(second, name)
            for name in ("entered", "excluded", "remaining")
        }
        found.append(first.model_copy(update=counts))
    return tuple(found)


def _in_order(levels: set[str]) -> tuple[str, ...]:
    """Give levels as `variables.found_levels` orders them."""
    numbers = all(re.fullmatch(r"-?\d+(\.\d+)?", level) for level in levels)
    if numbers and any(level.startswith("-") for level in levels):
        return tuple(sorted(levels, key=float))
    return tuple(in_order(sorted(levels)))


_WORDS = {
    "study": "They are of different studies",
    "declared": "Their dataset.yaml declare different things",
    "parameters": "They were counted under different parameters",
    "synthetic": "One is of synthetic patients, the other of real ones",
    "unrecorded": "Different endpoints are not recorded",
    "endpoints": "Different endpoints have times",
    "stand_ins": "Times are made in different ways",
    "landmark": "Their landmarks are different days",
}


def _difference(one: Facts, other: Facts) -> str:
    """Say in which facts two sets of counts differ."""
    said = []
    for name, words in _WORDS.items():
        first, second = getattr(one, name), getattr(other, name)
        if first == second:
            continue
        if isinstance(first, dict):
            keys = [key for key in {**first, **second} if first.get(key) != second.get(key)]
            first = _listed([f"{key} {_shown(first.get(key))}" for key in keys])
            second = _listed([f"{key} {_shown(second.get(key))}" for key in keys])
        elif isinstance(first, tuple):
            first, second = _listed(first), _listed(second)
        tail = "" if name == "synthetic" else f": {first} in one, {second} in the other"
        said.append(f"{words}{tail}.")
    return " ".join(said)


def _shown(value: object) -> str:
    text = "none" if value in (None, "", {}, []) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) or "none"


def levels_among(study: Study, levels: Mapping[str, tuple[str, ...]]) -> Study:
    """Give a study with the levels that patients were found to have, where it takes these."""
    factors = (
        replace(each, levels=levels.get(each.name, ())) if each.as_recorded else each
        for each in study.factors
    )
    return replace(study, factors=tuple(factors))
