"""A study without an article: what a dataset declares is all there is to it.

What any patients have is declared here; a dataset's `dataset.yaml` with `study: own` adds the rest.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.study import clinical
from analysis.study.columns import category, date, number, patient_id
from analysis.study.declarations import Line
from analysis.study.endpoints import OVERALL, PROGRESSION, RECURRENCE
from analysis.study.parameters import Parameters
from analysis.study.study import Study


def follow_up(parameters: Parameters) -> tuple[Line, ...]:
    """Give the lines on follow-up, deaths and failure."""
    medians = {
        "reverse Kaplan-Meier": "reverse Kaplan-Meier median",
        "all patients": "median of the times of all patients",
        "survivors": "median of the times of those alive",
    }
    return (
        Line(
            f"Follow-up, {medians[parameters.follow_up_definition]} (range)",
            "survival",
            "follow_up",
            kind="range",
            unit="months",
            decimals=1,
        ),
        Line("Died", "survival", "death", "yes"),
        Line("Died of tumour", "survival", "cause_of_death", "tumour", kind="count"),
        Line(
            "Died of an adverse event", "survival", "cause_of_death", "adverse event", kind="count"
        ),
        Line("Died of other disease", "survival", "cause_of_death", "other disease", kind="count"),
        Line("Progressed", "survival", "progression", "yes", kind="count"),
        Line(
            "Progressed outside the field only",
            "survival",
            "failure_pattern",
            "out-of-field only",
            kind="count",
        ),
        Line(
            "Progressed in the field only",
            "survival",
            "failure_pattern",
            "in-field only",
            kind="count",
        ),
        Line(
            "Progressed in the field and outside",
            "survival",
            "failure_pattern",
            "in-field and out-of-field",
            kind="count",
        ),
    )


OWN = Study(
    name="own",
    title="",
    asks_for_tables=False,
    patient_columns={
        "patient_id": patient_id(),
        "sex": category(("male", "female"), "Sex.", optional=True),
        "birth_date": date(
            "Date of birth. Age is counted in completed years at enrolment.", optional=True
        ),
        "age_years": number(
            0, 120, "years", "Age at enrolment; with decimals if need be.", optional=True
        ),
        "enrolment_date": date("Date of enrolment.", optional=True),
    },
    variables=clinical.VARIABLES,
    table_1=(clinical.SEX, clinical.AGE),
    table_2=(
        clinical.TREATMENT_MODE,
        clinical.VARIABLES["ici_agent"],
        clinical.VARIABLES["rt_site"],
    ),
    treatment=(
        clinical.ICI_CYCLES,
        clinical.RT_DOSE,
        clinical.BED,
        clinical.EQD2,
        clinical.INTERVAL,
    ),
    endpoints=(OVERALL, PROGRESSION, replace(RECURRENCE, in_table=True)),
    lines={"numbers_3_3": follow_up},
    titles={
        "eligibility": "Who is in",
        "characteristics": "Patients",
        "treatment": "Treatment",
        "response": "Response",
        "survival": "Survival",
        "adverse_events": "Adverse events",
        "prognosis": "Prognostic factors",
        "subgroups": "Parts of the patients",
    },
)
