"""A study without an article: what a dataset declares is all there is to it.

What any patients have is declared here; a dataset's `dataset.yaml` with `study: own` adds the rest.
"""

from __future__ import annotations

from analysis.study import clinical
from analysis.study.columns import category, date, integer, patient_id
from analysis.study.endpoints import Endpoint
from analysis.study.study import Study

OWN = Study(
    name="own",
    title="",
    patient_columns={
        "patient_id": patient_id(),
        "sex": category(("male", "female"), "Sex.", optional=True),
        "birth_date": date(
            "Date of birth. Age is counted in completed years at enrolment.", optional=True
        ),
        "age_years": integer(0, 120, "years", "Age at enrolment.", optional=True),
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
    endpoints=(
        Endpoint(
            "OS",
            "Overall survival",
            ("death_date",),
            "death of any cause",
            censoring="last_contact_date",
            in_table=True,
        ),
        Endpoint(
            "PFS",
            "Progression-free survival",
            ("progression_date", "in_field_relapse_date", "out_field_relapse_date", "death_date"),
            "progression, or death",
            censoring_choice="pfs_censoring",
            in_table=True,
        ),
        Endpoint(
            "RFS",
            "Recurrence-free survival",
            event_words="recurrence, or death",
            in_table=True,
        ),
    ),
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
