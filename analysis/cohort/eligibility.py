"""Who is analysed: a study's criteria, applied one by one, and then a part of the patients."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.faults import DESCRIPTION, DatasetFaults, Fault
from analysis.study import expressions
from analysis.study.parameters import EVERYBODY
from analysis.study.study import Study

STEP = ["name", "criterion", "assessed", "status", "entered", "excluded", "remaining"]
_SOURCE = "patients.csv"


def screen(patients: pd.DataFrame, study: Study, applied: bool) -> tuple[pd.DataFrame, pd.Index]:
    """Apply the criteria in order.

    Whoever is not known to fail a criterion is not excluded by it; a criterion that nobody has
    records for is not assessed.

    Returns
    -------
    The screening table (one row a criterion: name, criterion, assessed, status in words, entered,
    excluded, remaining) and the index of the patients who are left.
    """
    left = patients
    steps = []
    for criterion in study.criteria:
        recorded = all(patients[need].notna().any() for need in criterion.needs)
        assessed = applied and recorded
        entered = len(left)
        if assessed:
            meets = criterion.meets(left, study.chosen).astype("boolean")
            stays = meets.fillna(True).astype(bool)
            left = left if stays.all() else left[stays]
        steps.append(
            {
                "name": criterion.name,
                "criterion": criterion.label(study.chosen),
                "assessed": assessed,
                "status": _status(applied, recorded),
                "entered": entered,
                "excluded": entered - len(left),
                "remaining": len(left),
            }
        )
    return pd.DataFrame(steps, columns=STEP), left.index


def nobody(screening: pd.DataFrame, read: int) -> Fault:
    """Give the fault of a dataset of which no patient is admitted."""
    left_out = screening[screening["excluded"] > 0]
    by = "; ".join(
        f"{step['excluded']} of {step['entered']} left out by '{step['criterion']}'"
        for step in left_out.to_dict("records")
    )
    expected = (
        f"one patient at least who meets the criteria of eligibility; {by}. If they are not those "
        f"of these patients, write `eligibility_applies: false` in {DESCRIPTION}, or move the "
        "limits with parameters"
    )
    return Fault(_SOURCE, 0, "", f"{read} patients", expected)


def restrict(
    dataset: str, patients: pd.DataFrame, study: Study, screening: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Index]:
    """Keep the patients admitted whom the parameter `population` asks for, as a further step.

    Whoever has no record that would answer is left out: that patient may be one of the others.

    Parameters
    ----------
    dataset
        Its name, for a refusal.
    patients
        Those admitted by `screen`.
    study
        Under the parameters.
    screening
        From `screen`.

    Returns
    -------
    The screening table, with one row more unless everybody is asked for, and the index of the
    patients who are left.

    Raises
    ------
    DatasetFaults
        When the expression names what the study does not have or the dataset does not record, or
        nobody is left.
    """
    population = study.chosen.population
    if population == EVERYBODY:
        return screening, patients.index
    wanted = f'population="{population}"'
    expression = study.subgroups.get(population, population)
    try:
        holds = expressions.holds(expression, patients)
        names = expressions.names_in(expression)
    except expressions.ExpressionError as error:
        raise DatasetFaults(
            dataset,
            [Fault("parameters", 0, "population", population, f"a part of the patients: {error}")],
        ) from None
    belongs = holds.fillna(False).astype(bool)
    if not patients.empty and not belongs.any():
        unrecorded = [name for name in names if not patients[name].notna().any()]
        expected = (
            f"{_listed(unrecorded)} to be recorded, since {wanted} asks for it; record it, or "
            f'leave population at "{EVERYBODY}"'
            if unrecorded
            else f"one patient at least of those admitted, of whom {wanted} holds; choose another "
            f'population, or "{EVERYBODY}"'
        )
        raise DatasetFaults(dataset, [Fault(_SOURCE, 0, (unrecorded or names)[0], "", expected)])
    label = population if population in study.subgroups else expression
    step = {
        "name": "population",
        "criterion": f"Population analysed: {label}",
        "assessed": True,
        "status": "applied",
        "entered": len(patients),
        "excluded": int((~belongs).sum()),
        "remaining": int(belongs.sum()),
    }
    table = pd.concat([screening, pd.DataFrame([step])], ignore_index=True)
    return table, patients.index[belongs]


def _listed(names: list[str]) -> str:
    return " and ".join(names)


def _status(applied: bool, recorded: bool) -> str:
    if not applied:
        return "not applied to this dataset"
    return "applied" if recorded else "not recorded, not applied"
