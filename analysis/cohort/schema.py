"""The data model: which tables a dataset has, which columns, which values.

This is the only description. It validates what is read, and it writes the data dictionary
`data/README.md`. A blank cell means "not recorded for this patient"; a column that a dataset
does not have at all is named under `not_recorded` in its `dataset.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.pandas as pa

YES_NO = ("yes", "no")
CRITERIA = ("RECIST 1.1", "mRECIST")
REGIONS = ("overall", "in-field")
CATEGORIES = ("CR", "PR", "SD", "PD")
RT_SITES = ("primary tumour", "PVTT", "other tumour thrombus", "lymph node", "other metastasis")
RT_TECHNIQUES = ("IMRT", "VMAT", "TOMO")
TARGETED_AGENTS = ("sorafenib", "lenvatinib", "regorafenib", "apatinib", "none")
ICI_AGENTS = (
    "toripalimab",
    "sintilimab",
    "camrelizumab",
    "tislelizumab",
    "pembrolizumab",
    "nivolumab",
    "zimberelimab",
    "atezolizumab",
)
ATTRIBUTIONS = (
    "radiotherapy",
    "immunotherapy",
    "targeted therapy",
    "immunotherapy and targeted therapy",
    "undetermined",
)
CAUSES_OF_DEATH = ("tumour", "adverse event", "other disease")
STAGES = ("I", "IA", "IB", "II", "IIIA", "IIIB", "IVA", "IVB")
ENDPOINTS = ("OS", "PFS", "IRFS", "ORFS", "RFS")

_EARLIEST, _LATEST = pd.Timestamp("1900-01-01"), pd.Timestamp("2100-12-31")


def _column(
    dtype: Any,
    description: str,
    check: pa.Check | None,
    *,
    unit: str = "",
    blank: bool = True,
    optional: bool = False,
) -> pa.Column:
    return pa.Column(
        dtype,
        checks=check,
        nullable=blank,
        required=not optional,
        description=description,
        metadata={"unit": unit, "optional": optional},
    )


def _category(levels: tuple[str, ...], description: str, **kwargs: Any) -> pa.Column:
    check = pa.Check.isin(levels, error="one of: " + ", ".join(levels))
    return _column(object, description, check, **kwargs)


def _text(description: str, **kwargs: Any) -> pa.Column:
    check = pa.Check.str_length(1, 200, error="text of 1 to 200 characters")
    return _column(object, description, check, **kwargs)


def _pattern(pattern: str, words: str, description: str, **kwargs: Any) -> pa.Column:
    return _column(object, description, pa.Check.str_matches(pattern, error=words), **kwargs)


def _date(description: str, **kwargs: Any) -> pa.Column:
    check = pa.Check.in_range(_EARLIEST, _LATEST, error="a date from 1900-01-01 to 2100-12-31")
    return _column("datetime64[ns]", description, check, **kwargs)


def _number(low: float, high: float, unit: str, description: str, **kwargs: Any) -> pa.Column:
    check = pa.Check.in_range(low, high, error=f"a number from {low:g} to {high:g} {unit}".strip())
    return _column(float, description, check, unit=unit, **kwargs)


def _integer(low: int, high: int, unit: str, description: str, **kwargs: Any) -> pa.Column:
    check = pa.Check.in_range(
        low, high, error=f"a whole number from {low} to {high} {unit}".strip()
    )
    return _column("Int64", description, check, unit=unit, **kwargs)


def _patient_id() -> pa.Column:
    return _text("Patient's identifier, the same in every table.", blank=False)


@dataclass(frozen=True)
class Table:
    """One file of a dataset: what a row is, its columns, and what makes a row unique."""

    name: str
    one_row_is: str
    key: tuple[str, ...]
    schema: pa.DataFrameSchema
    optional: bool = False


def _table(
    name: str,
    one_row_is: str,
    key: tuple[str, ...],
    columns: dict[str, pa.Column],
    optional: bool = False,
) -> Table:
    # Duplicate rows are found by `rules`, which can say which earlier row they repeat.
    return Table(name, one_row_is, key, pa.DataFrameSchema(columns, name=name), optional)


PATIENTS = _table(
    "patients",
    "a patient",
    ("patient_id",),
    {
        "patient_id": _patient_id(),
        "sex": _category(("male", "female"), "Sex."),
        "birth_date": _date("Date of birth. Age is counted in completed years at enrolment."),
        "age_years": _integer(
            0, 120, "years", "Age at enrolment, for datasets without birth dates.", optional=True
        ),
        "enrolment_date": _date("Date of enrolment."),
        "ecog": _integer(0, 5, "", "ECOG performance status."),
        "diagnosis": _category(("pathological", "clinical"), "How HCC was diagnosed."),
        "child_pugh_score": _integer(5, 15, "", "Child-Pugh score."),
        "cirrhosis": _category(YES_NO, "Cirrhosis of the liver."),
        "alcohol_use": _category(YES_NO, "Alcohol use."),
        "hepatitis_b": _category(YES_NO, "Hepatitis B virus infection."),
        "hepatitis_c": _category(YES_NO, "Hepatitis C virus infection."),
        "afp_before": _number(0, 1e7, "ng/mL", "Alpha-fetoprotein before treatment."),
        "afp_after": _number(0, 1e7, "ng/mL", "Alpha-fetoprotein after treatment."),
        "afp_group": _text(
            "AFP group as recorded, for datasets without AFP values.", optional=True
        ),
        "tumour_count": _integer(1, 200, "tumours", "Number of tumours."),
        "largest_tumour_cm": _number(0.1, 50, "cm", "Largest diameter of the largest tumour."),
        "measurable_lesions": _integer(
            0, 50, "lesions", "Measurable lesions at baseline (RECIST 1.1)."
        ),
        "ajcc_stage": _category(STAGES, "Stage, AJCC 8th edition."),
        "recurrent": _category(YES_NO, "HCC that recurred after other treatment."),
        "extrahepatic_metastasis": _category(YES_NO, "Extrahepatic metastasis before enrolment."),
        "pvtt_extent": _category(
            ("none", "branch", "main"),
            "Portal vein tumour thrombosis: none, in a branch (Vp1-3), in the main trunk (Vp4).",
        ),
        "ivc_thrombus": _category(YES_NO, "Tumour thrombus in the inferior vena cava."),
        "therapy_line": _integer(1, 20, "", "Line of therapy of the treatment studied."),
        "progressed_before": _category(YES_NO, "Progression on earlier treatment."),
        "prior_ici": _category(YES_NO, "Progression on an earlier immune checkpoint inhibitor."),
        "rt_technique": _category(RT_TECHNIQUES, "Radiotherapy technique."),
        "targeted_agent": _category(
            TARGETED_AGENTS, "Targeted agent given with the checkpoint inhibitor."
        ),
        "antiviral": _category(YES_NO, "Antiviral therapy during treatment."),
        "records_complete": _category(YES_NO, "Medical records are complete."),
    },
)

RADIOTHERAPY = _table(
    "radiotherapy",
    "a patient and irradiated site",
    ("patient_id", "site"),
    {
        "patient_id": _patient_id(),
        "site": _category(RT_SITES, "Irradiated site.", blank=False),
        "start_date": _date("First fraction.", blank=False),
        "end_date": _date("Last fraction.", blank=False),
        "dose_gy": _number(0.5, 120, "Gy", "Total dose delivered.", blank=False),
        "fractions": _integer(1, 60, "fractions", "Fractions delivered.", blank=False),
    },
)

IMMUNOTHERAPY = _table(
    "immunotherapy",
    "a patient and checkpoint inhibitor",
    ("patient_id", "agent"),
    {
        "patient_id": _patient_id(),
        "agent": _category(ICI_AGENTS, "Immune checkpoint inhibitor.", blank=False),
        "start_date": _date("First dose.", blank=False),
        "end_date": _date("Last dose.", blank=False),
        "cycles": _integer(1, 150, "cycles", "Cycles given.", blank=False),
    },
)

ASSESSMENTS = _table(
    "assessments",
    "a patient, criterion and region",
    ("patient_id", "criterion", "region"),
    {
        "patient_id": _patient_id(),
        "criterion": _category(CRITERIA, "Response criterion.", blank=False),
        "region": _category(
            REGIONS, "All target lesions, or those in the radiation field.", blank=False
        ),
        "baseline_sum_mm": _number(
            1, 2000, "mm", "Sum of diameters of target lesions at baseline."
        ),
        "best_sum_mm": _number(
            0,
            2000,
            "mm",
            "Sum of diameters at best response (mRECIST: of the viable part); "
            "0 when all target lesions have disappeared.",
        ),
        "new_lesion": _category(YES_NO, "A new lesion before any response."),
        "category": _category(CATEGORIES, "Best response as recorded."),
    },
)

ADVERSE_EVENTS = _table(
    "adverse_events",
    "a patient and CTCAE term, with its worst grade",
    ("patient_id", "term"),
    {
        "patient_id": _patient_id(),
        "term": _text("CTCAE version 5.0 term.", blank=False),
        "grade": _integer(1, 5, "", "Worst CTCAE grade.", blank=False),
        "attribution": _category(ATTRIBUTIONS, "Treatment that the event is attributed to."),
        "onset_date": _date("First day of the event, of its worst episode where it came back."),
    },
)

ORGAN_DOSES = _table(
    "organ_doses",
    "a patient, organ and dose metric",
    ("patient_id", "organ", "metric"),
    {
        "patient_id": _patient_id(),
        # Estimates are named after organ and metric: their spelling must leave nothing open.
        "organ": _pattern(
            r"^[a-z]{1,40}( [a-z]{1,40}){0,4}$",
            "words in small letters, such as oesophagus or small intestine",
            "Organ at risk.",
            blank=False,
        ),
        "metric": _pattern(
            r"^(Dmax_Gy|Dmean_Gy|V[1-9][0-9]{0,2}(\.[0-9]*[1-9])?_(mL|percent))$",
            "Dmax_Gy, Dmean_Gy, or a volume such as V32_mL or V20_percent",
            "Maximum or mean dose to the organ in Gy, or the volume of it (mL, or percent of the "
            "organ) that got at least a dose in Gy: V32_mL.",
            blank=False,
        ),
        "value": _number(0, 10000, "", "Value in the unit that the metric names.", blank=False),
    },
    optional=True,
)

FOLLOW_UP = _table(
    "follow_up",
    "a patient",
    ("patient_id",),
    {
        "patient_id": _patient_id(),
        "progression_date": _date("First documented progression; blank if none."),
        "in_field_relapse_date": _date("First relapse in the radiation field; blank if none."),
        "out_field_relapse_date": _date("First relapse outside the field; blank if none."),
        "last_imaging_date": _date("Last imaging of the disease."),
        "last_contact_date": _date("Last day the patient was known to be alive, or of death."),
        "death_date": _date("Death; blank if alive at last contact."),
        "cause_of_death": _category(CAUSES_OF_DEATH, "Cause of death."),
    },
)

TIME_TO_EVENT = _table(
    "time_to_event",
    "a patient and endpoint, for datasets that have durations and no dates",
    ("patient_id", "endpoint"),
    {
        "patient_id": _patient_id(),
        "endpoint": _category(ENDPOINTS, "Endpoint.", blank=False),
        "days": _integer(
            0, 36525, "days", "Days from time zero to event or censoring.", blank=False
        ),
        "event": _category(YES_NO, "The event happened (yes) or was censored (no).", blank=False),
    },
    optional=True,
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PATIENTS,
        RADIOTHERAPY,
        IMMUNOTHERAPY,
        ASSESSMENTS,
        ADVERSE_EVENTS,
        ORGAN_DOSES,
        FOLLOW_UP,
        TIME_TO_EVENT,
    )
}


def kind(column: pa.Column) -> str:
    """Give 'date', 'integer', 'number' or 'text' for a column of the schema."""
    name = str(column.dtype)
    if name.startswith("datetime"):
        return "date"
    return {"Int64": "integer", "float64": "number"}.get(name, "text")


def is_optional(column: pa.Column) -> bool:
    """Tell whether a dataset may leave the column out without saying so."""
    return bool((column.metadata or {}).get("optional"))


def expected(column: pa.Column) -> str:
    """Say in words what a cell of the column holds."""
    words = [str(check.error) for check in column.checks]
    if kind(column) == "date":
        words = ["a date written YYYY-MM-DD"]
    return "; ".join(words)


def empty(table: Table) -> pd.DataFrame:
    """Give a table of no rows with the schema's columns and types."""
    dtypes = {
        name: "object" if kind(column) == "text" else str(column.dtype)
        for name, column in table.schema.columns.items()
    }
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})
