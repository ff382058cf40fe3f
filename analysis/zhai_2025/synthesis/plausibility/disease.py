"""Rules about who the patients are: eligibility, disease, history."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.cohort.derive import completed_years
from analysis.synthesis.plausibility.rule import COHORT, Found, Known, Rule, counted, where
from analysis.zhai_2025.patients import STAGES

# Figure 1B; what is more than fivefold would not be on its axis.
AFP_AXIS_PERCENT = (-100, 500)
_STAGES = pd.CategoricalDtype(list(STAGES), ordered=True)


def _recorded_patients(known: Known) -> pd.DataFrame:
    # Those who fail a criterion are left out of the cohort, and are looked for here.
    return known.recorded["patients"].set_index("patient_id", drop=False)


def _outside(values: pd.Series, low: float, high: float, what: str) -> Iterator[Found]:
    yield from where(~values.astype("float64").between(low, high), what, values)


def _age(known: Known) -> Iterator[Found]:
    patients, parameters = _recorded_patients(known), known.parameters
    age = completed_years(patients["birth_date"], patients["enrolment_date"])
    yield from _outside(age, parameters.age_min, parameters.age_max, "age")


def _liver_function(known: Known) -> Iterator[Found]:
    patients = _recorded_patients(known)
    lowest = known.targets.value("eligibility", "child_pugh_score", "threshold_min")
    score, highest = patients["child_pugh_score"], known.parameters.child_pugh_max
    yield from _outside(score, lowest, highest, "Child-Pugh score")
    yield from where(
        (score >= highest) & (patients["cirrhosis"] == "no"), "Child-Pugh class B without cirrhosis"
    )


def _performance(known: Known) -> Iterator[Found]:
    yield from _outside(
        _recorded_patients(known)["ecog"], 0, known.parameters.ecog_max, "ECOG performance status"
    )


def _enrolment(known: Known) -> Iterator[Found]:
    patients, parameters = _recorded_patients(known), known.parameters
    day = patients["enrolment_date"]
    early = day.dt.year < parameters.enrolment_first_year
    late = day.dt.year > parameters.enrolment_last_year
    yield from where(early | late | day.isna(), "enrolled", day)


def _advanced(known: Known) -> Iterator[Found]:
    patients = _recorded_patients(known)
    stage_iv = patients["ajcc_stage"].str.startswith("IV").fillna(False)
    yield from where(
        ~stage_iv & (patients["recurrent"] != "yes"), "neither recurrent nor of stage IV"
    )


def _stage(known: Known) -> Iterator[Found]:
    patients = known.patients
    distant = known.is_yes("extrahepatic_metastasis")
    thrombus = known.is_yes("pvtt") | known.is_yes("ivc_thrombus")
    nodes = known.sites["lymph node"]
    least = pd.Series("I", index=patients.index).mask(thrombus, "IIIB")
    least = least.mask(nodes, "IVA").mask(distant, "IVB")
    stage = patients["ajcc_stage"].astype(_STAGES)
    yield from where(
        (stage < least.astype(_STAGES)) | (~distant & (stage == "IVB")),
        "stage does not fit the findings",
        stage,
    )


def _main_trunk(known: Known) -> Iterator[Found]:
    yield from where(
        known.is_yes("vp4") & ~known.is_yes("pvtt"), "Vp4 without portal vein thrombosis"
    )
    for name in ("pvtt", "vp4"):
        printed = known.targets.printed("characteristics", name, "count", "yes")
        yield from counted(known.is_yes(name).sum(), printed, f"patients with {name.upper()}")


def _first_line(known: Known) -> Iterator[Found]:
    first, progressed = known.patients["therapy_line"] == 1, known.is_yes("progressed_before")
    yield from where(first & progressed, "first line after a progression")
    yield from where(~first & ~progressed, "a later line without a progression")
    yield from where(first & known.is_yes("recurrent"), "first line of a recurrence")
    printed = known.targets.printed("treatment", "therapy_line_group", "count", "1")
    yield from counted(first.sum(), printed, "patients in first line")


def _prior_ici(known: Known) -> Iterator[Found]:
    before = known.is_yes("prior_ici")
    yield from where(before & ~known.is_yes("progressed_before"), "earlier ICI, no progression")
    yield from where(before & (known.patients["therapy_line"] == 1), "earlier ICI in first line")
    printed = known.targets.printed("characteristics", "prior_ici", "count", "yes")
    yield from counted(before.sum(), printed, "patients with an earlier ICI")


def _antiviral(known: Known) -> Iterator[Found]:
    virus = known.is_yes("hepatitis_b") | known.is_yes("hepatitis_c")
    yield from where(virus != known.is_yes("antiviral"), "antiviral therapy and virus do not agree")


def _lesions(known: Known) -> Iterator[Found]:
    patients = known.patients
    least = known.targets.value("eligibility", "measurable_lesions", "threshold_min")
    lesions, tumours = patients["measurable_lesions"], patients["tumour_count"]
    recorded = _recorded_patients(known)["measurable_lesions"]
    yield from where(recorded < least, "measurable lesions", recorded)
    elsewhere = (
        known.is_yes("extrahepatic_metastasis")
        | known.sites["lymph node"]
        | known.sites["other tumour thrombus"]
    )
    yield from where(
        ~elsewhere & (lesions > tumours), "more measurable lesions than tumours", lesions
    )


def _afp(known: Known) -> Iterator[Found]:
    low, high = AFP_AXIS_PERCENT
    change = known.patients["afp_change_percent"]
    yield from where(
        ~change.between(low, high, inclusive="right"), "change of AFP in percent", change.round(1)
    )


def _twins(known: Known) -> Iterator[Found]:
    patients = _recorded_patients(known)
    same = patients.drop(columns="patient_id").duplicated(keep=False)
    yield from where(same, "another patient has the same record")
    persons = patients.duplicated(["sex", "birth_date", "enrolment_date"], keep=False)
    yield from where(persons & ~same, "another patient was born and enrolled on the same days")


def _everyone(known: Known) -> Iterator[Found]:
    yield from counted(
        len(known.patients),
        known.targets.printed("characteristics", "patients", "count"),
        "patients",
    )
    for name, frame in known.recorded.items():
        absent = known.patients.index.difference(pd.Index(frame["patient_id"]))
        # Adverse events and optional tables have rows only for those who had something.
        if name in ("radiotherapy", "immunotherapy", "assessments", "follow_up"):
            yield from ((str(i), f"no row in {name}") for i in absent)
    if known.dataset.description.data_cutoff is None:
        yield COHORT, "no data cut-off"


RULES = (
    Rule(
        "everyone treated and followed",
        "There are as many patients as published; each has radiotherapy, an immune checkpoint "
        "inhibitor (ICI), response assessments and follow-up.",
        _everyone,
    ),
    Rule("age", "Patients are of an age that Methods 2.2 admit.", _age),
    Rule(
        "liver function",
        "The Child-Pugh score is within Methods 2.2, and class B has cirrhosis.",
        _liver_function,
    ),
    Rule("performance status", "ECOG performance status is within Methods 2.2.", _performance),
    Rule("years of enrolment", "Patients were enrolled in the published years.", _enrolment),
    Rule(
        "advanced disease",
        "Every patient has stage IV or recurrent disease (Methods 2.2).",
        _advanced,
    ),
    Rule(
        "stage",
        "The AJCC stage fits the findings: IVB is extrahepatic metastasis, irradiated lymph "
        "nodes are at least IVA, a thrombus of portal or caval vein is at least IIIB.",
        _stage,
    ),
    Rule(
        "Vp4 within PVTT",
        "Thrombosis of the main portal vein (Vp4) counts as portal vein tumour thrombosis "
        "(PVTT), and as many patients have each as published.",
        _main_trunk,
    ),
    Rule(
        "first line",
        "First line means no earlier progression and no recurrence, a later line means a "
        "progression; as many patients as published are in first line.",
        _first_line,
    ),
    Rule(
        "earlier ICI",
        "Who had an ICI before has progressed on it and is not in first line; they are as many "
        "as published.",
        _prior_ici,
    ),
    Rule(
        "antiviral therapy",
        "Who has hepatitis B or C takes antiviral therapy, and nobody else (Methods 2.3).",
        _antiviral,
    ),
    Rule(
        "measurable lesions",
        "There is a measurable lesion, and no more of them than tumours unless disease lies "
        "outside the liver or in a vein.",
        _lesions,
    ),
    Rule("AFP change", "AFP changes within the axis of Figure 1B.", _afp),
    Rule(
        "no twins",
        "No two patients have the same record, nor the same sex and days of birth and enrolment.",
        _twins,
    ),
)
