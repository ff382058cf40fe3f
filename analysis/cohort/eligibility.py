"""The eligibility criteria of Methods 2.2, applied one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.faults import DatasetFaults, Fault
from analysis.parameters import Parameters


@dataclass(frozen=True)
class Criterion:
    """One criterion: which records it needs, and who meets it (missing: not recorded)."""

    name: str
    label: Callable[[Parameters], str]
    needs: tuple[str, ...]
    meets: Callable[[pd.DataFrame, Parameters], pd.Series]


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "age_years",
        lambda p: f"Age {p.age_min} to {p.age_max} years",
        ("age_years",),
        lambda d, p: d["age_years"].between(p.age_min, p.age_max),
    ),
    Criterion(
        "stage",
        lambda p: "Stage IV (AJCC 8th edition) or recurrent HCC",
        ("ajcc_stage", "recurrent"),
        lambda d, p: d["ajcc_stage"].isin(["IVA", "IVB"]) | (d["recurrent"] == "yes"),
    ),
    Criterion(
        "measurable_lesions",
        lambda p: "At least one measurable lesion",
        ("measurable_lesions",),
        lambda d, p: d["measurable_lesions"] >= 1,
    ),
    Criterion(
        "ecog",
        lambda p: f"ECOG performance status 0 to {p.ecog_max}",
        ("ecog",),
        lambda d, p: d["ecog"] <= p.ecog_max,
    ),
    Criterion(
        "child_pugh_score",
        lambda p: f"Child-Pugh {_class(5)} to {_class(p.child_pugh_max)}",
        ("child_pugh_score",),
        lambda d, p: d["child_pugh_score"] <= p.child_pugh_max,
    ),
    Criterion(
        "interval_weeks",
        lambda p: (
            "Radiotherapy and PD-1/PD-L1 inhibitor, concurrent or at most "
            f"{p.interval_max_weeks:g} weeks apart"
        ),
        ("interval_days",),
        lambda d, p: d["interval_days"] <= 7 * p.interval_max_weeks,
    ),
    Criterion(
        "enrolment_year",
        lambda p: f"Treated from {p.enrolment_first_year} to {p.enrolment_last_year}",
        ("enrolment_date",),
        lambda d, p: d["enrolment_date"].dt.year.between(
            p.enrolment_first_year, p.enrolment_last_year
        ),
    ),
    Criterion(
        "records_complete",
        lambda p: "Complete medical records",
        ("records_complete",),
        lambda d, p: d["records_complete"] == "yes",
    ),
)


def _class(score: int) -> str:
    return f"{'A' if score <= 6 else 'B' if score <= 9 else 'C'}{score}"


def screen(
    patients: pd.DataFrame, parameters: Parameters, applied: bool
) -> tuple[pd.DataFrame, pd.Index]:
    """Apply the criteria in order.

    A patient without a record that a criterion needs is not excluded by it; a criterion that
    nobody has records for is not assessed.

    Returns
    -------
    The screening table (one row a criterion: name, criterion, assessed, status in words, entered,
    excluded, remaining) and the index of the patients who are left.
    """
    left = patients
    steps = []
    for criterion in CRITERIA:
        recorded = all(patients[need].notna().any() for need in criterion.needs)
        assessed = applied and recorded
        entered = len(left)
        if assessed:
            known = left[list(criterion.needs)].notna().any(axis=1)
            fails = known & ~criterion.meets(left, parameters).fillna(False).astype(bool)
            left = left[~fails]
        steps.append(
            {
                "name": criterion.name,
                "criterion": criterion.label(parameters),
                "assessed": assessed,
                "status": _status(applied, recorded),
                "entered": entered,
                "excluded": entered - len(left),
                "remaining": len(left),
            }
        )
    return pd.DataFrame(steps), left.index


@dataclass(frozen=True)
class Population:
    """A part of the patients: the derived column and level that say who, the column recorded."""

    column: str
    level: object
    recorded: str
    label: str


POPULATIONS = {
    "without earlier ICI": Population(
        "prior_ici", "no", "prior_ici", "no progression on an earlier checkpoint inhibitor"
    ),
    "without targeted therapy": Population(
        "targeted_therapy", "no", "targeted_agent", "no targeted therapy"
    ),
    "first line": Population("therapy_line", 1, "therapy_line", "first line of therapy"),
}


def restrict(
    dataset: str, patients: pd.DataFrame, parameters: Parameters, screening: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Index]:
    """Keep the patients admitted whom `parameters.population` asks for, as a further step.

    Whoever has no record of what is asked is left out: that patient may be one of the others.

    Parameters
    ----------
    dataset
        Its name, for a refusal.
    patients
        Those admitted by `screen`.
    screening
        From `screen`.

    Returns
    -------
    The screening table, with one row more unless everybody is asked for, and the index of the
    patients who are left.

    Raises
    ------
    DatasetFaults
        When the dataset does not record what is asked, or nobody is left.
    """
    asked = POPULATIONS.get(parameters.population)
    if asked is None:
        return screening, patients.index
    known = patients[asked.column].notna()
    belongs = known & (patients[asked.column] == asked.level).fillna(False).astype(bool)
    wanted = f'population="{parameters.population}"'
    if not patients.empty and not belongs.any():
        expected = (
            f"{asked.level!r} for one patient at least of those admitted, since {wanted} keeps "
            'nobody else; choose another population, or "all"'
            if known.any()
            else f"this column to be recorded, since {wanted} asks for it; record it, or leave "
            'population at "all"'
        )
        raise DatasetFaults(dataset, [Fault("patients.csv", 0, asked.recorded, "", expected)])
    step = {
        "name": "population",
        "criterion": f"Population analysed: {asked.label}",
        "assessed": True,
        "status": "applied",
        "entered": len(patients),
        "excluded": int((~belongs).sum()),
        "remaining": int(belongs.sum()),
    }
    table = pd.concat([screening, pd.DataFrame([step])], ignore_index=True)
    return table, patients.index[belongs]


def _status(applied: bool, recorded: bool) -> str:
    if not applied:
        return "not applied to this dataset"
    return "applied" if recorded else "not recorded, not applied"
