"""The data model: which tables a dataset has, which columns, which values.

Tables of treatment, response, adverse events and follow-up are the same for every study; the
columns of the patients, and what is known of agents and sites, are the study's. This is the only
description: it validates what is read, and it writes the data dictionary `data/README.md`. A blank
cell means "not recorded for this patient"; a column that a dataset does not have at all is named
under `not_recorded` in its `dataset.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from analysis.study.columns import (
    YES_NO,
    Table,
    category,
    date,
    integer,
    is_optional,
    number,
    open_list,
    patient_id,
    pattern,
    table,
    text,
)
from analysis.study.study import Study

CRITERIA = ("RECIST 1.1", "mRECIST")
REGIONS = ("overall", "in-field")
# What the response of each region is called in estimates.
REGION_VARIABLES: Mapping[str, str] = {
    "overall": "response_overall",
    "in-field": "response_in_field",
}
CATEGORIES = ("CR", "PR", "SD", "PD")
# Of a patient who was treated and whose response cannot be told; it stays in the denominator
# (RECIST 1.1: Eisenhauer 2009, section 4.6).
NOT_EVALUABLE = "NE"
ATTRIBUTIONS = (
    "radiotherapy",
    "immunotherapy",
    "targeted therapy",
    "immunotherapy and targeted therapy",
    "undetermined",
)
CAUSES_OF_DEATH = ("tumour", "adverse event", "other disease")

ASSESSMENTS = table(
    "assessments",
    "a patient, criterion and region",
    ("patient_id", "criterion", "region"),
    {
        "patient_id": patient_id(),
        "criterion": category(CRITERIA, "Response criterion.", blank=False),
        "region": category(
            REGIONS, "All target lesions, or those in the radiation field.", blank=False
        ),
        "baseline_sum_mm": number(1, 2000, "mm", "Sum of diameters of target lesions at baseline."),
        "best_sum_mm": number(
            0,
            2000,
            "mm",
            "Sum of diameters at best response (mRECIST: of the viable part); "
            "0 when all target lesions have disappeared.",
        ),
        "new_lesion": category(YES_NO, "A new lesion before any response."),
        "category": category(
            (*CATEGORIES, NOT_EVALUABLE),
            "Best response as recorded; NE: not evaluable, which counts as no response.",
        ),
    },
)

ADVERSE_EVENTS = table(
    "adverse_events",
    "a patient and CTCAE term, with its worst grade",
    ("patient_id", "term"),
    {
        "patient_id": patient_id(),
        "term": text("CTCAE version 5.0 term.", blank=False),
        "grade": integer(1, 5, "", "Worst CTCAE grade.", blank=False),
        "attribution": category(ATTRIBUTIONS, "Treatment that the event is attributed to."),
        "onset_date": date("First day of the event, of its worst episode where it came back."),
    },
    may_be_empty=True,
)

ORGAN_DOSES = table(
    "organ_doses",
    "a patient, organ and dose metric",
    ("patient_id", "organ", "metric"),
    {
        "patient_id": patient_id(),
        # Estimates are named after organ and metric: their spelling must leave nothing open.
        "organ": pattern(
            r"^[a-z]{1,40}( [a-z]{1,40}){0,4}$",
            "words in small letters, such as oesophagus or small intestine",
            "Organ at risk.",
            blank=False,
        ),
        "metric": pattern(
            r"^(Dmax_Gy|Dmean_Gy|V[1-9][0-9]{0,2}(\.[0-9]*[1-9])?_(mL|percent))$",
            "Dmax_Gy, Dmean_Gy, or a volume such as V32_mL or V20_percent",
            "Maximum or mean dose to the organ in Gy, or the volume of it (mL, or percent of the "
            "organ) that got at least a dose in Gy: V32_mL.",
            blank=False,
        ),
        "value": number(0, 10000, "", "Value in the unit that the metric names.", blank=False),
    },
    optional=True,
)

FOLLOW_UP = table(
    "follow_up",
    "a patient",
    ("patient_id",),
    {
        "patient_id": patient_id(),
        "progression_date": date("First documented progression; blank if none."),
        "in_field_relapse_date": date("First relapse in the radiation field; blank if none."),
        "out_field_relapse_date": date("First relapse outside the field; blank if none."),
        "last_imaging_date": date("Last imaging of the disease."),
        "last_contact_date": date("Last day the patient was known to be alive, or of death."),
        "death_date": date("Death; blank if alive at last contact."),
        "cause_of_death": category(CAUSES_OF_DEATH, "Cause of death."),
    },
)

TIME_TO_EVENT = table(
    "time_to_event",
    "a patient and endpoint, for datasets that have durations and no dates",
    ("patient_id", "endpoint"),
    {
        "patient_id": patient_id(),
        "endpoint": pattern(
            r"^[A-Za-z][\w -]{0,29}$",
            "an abbreviation such as OS or TTP, of up to 30 letters, digits, spaces and dashes",
            "Endpoint.",
            blank=False,
        ),
        "days": number(
            0,
            36525,
            "days",
            "Days from time zero to event or censoring; with decimals if need be (months times "
            "30.4375).",
            blank=False,
        ),
        "event": category(YES_NO, "The event happened (yes) or was censored (no).", blank=False),
    },
    optional=True,
)


# A study is asked for its tables several times while a dataset is read; pandera copies them deeply.
@lru_cache(maxsize=16)
def tables_of(study: Study) -> Mapping[str, Table]:
    """Give the tables of a study's datasets, by name."""

    def known(column: str) -> tuple[str, ...]:
        return study.open_lists.get(column, ())

    patients = table("patients", "a patient", ("patient_id",), dict(study.patient_columns))
    radiotherapy = table(
        "radiotherapy",
        "a patient and irradiated site",
        ("patient_id", "site"),
        {
            "patient_id": patient_id(),
            "site": open_list(known("radiotherapy.site"), "Irradiated site.", blank=False),
            "start_date": date("First fraction.", blank=False),
            "end_date": date("Last fraction."),
            "dose_gy": number(0.5, 120, "Gy", "Total dose delivered, or else prescribed."),
            "fractions": integer(1, 60, "fractions", "Fractions delivered, or else prescribed."),
        },
    )
    immunotherapy = table(
        "immunotherapy",
        "a patient and checkpoint inhibitor",
        ("patient_id", "agent"),
        {
            "patient_id": patient_id(),
            "agent": open_list(
                known("immunotherapy.agent"), "Immune checkpoint inhibitor.", blank=False
            ),
            "start_date": date("First dose.", blank=False),
            "end_date": date("Last dose; blank while treatment goes on."),
            "cycles": integer(1, 150, "cycles", "Cycles given."),
        },
    )
    follow_up = table(
        FOLLOW_UP.name,
        FOLLOW_UP.one_row_is,
        FOLLOW_UP.key,
        {**FOLLOW_UP.schema.columns, **study.follow_up_columns},
    )
    tables = (
        patients,
        radiotherapy,
        immunotherapy,
        ASSESSMENTS,
        ADVERSE_EVENTS,
        ORGAN_DOSES,
        follow_up,
        TIME_TO_EVENT,
    )
    return {each.name: each for each in tables}


def asked_for(study: Study) -> dict[str, tuple[str, ...]]:
    """Give the columns that a dataset has unless it says otherwise, `table.column`, by table."""
    return {
        name: tuple(
            f"{name}.{column}"
            for column, described in table.schema.columns.items()
            if not is_optional(described)
        )
        for name, table in tables_of(study).items()
        if not table.optional
    }


# What a row of each table is, and what makes it unique.
TABLE_KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    name: (table.one_row_is, table.key) for name, table in tables_of(Study("", "")).items()
}
