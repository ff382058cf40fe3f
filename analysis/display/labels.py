"""Words for variables, levels, endpoints and factors, as they stand in tables and figures."""

from __future__ import annotations

import re

from analysis.cohort import ctcae
from analysis.cohort.derive import ENDPOINT_NAMES
from analysis.parameters import Parameters

YES_NO = {"yes": "Yes", "no": "No"}

LEVELS: dict[str, dict[str, str]] = {
    "sex": {"male": "Male", "female": "Female"},
    "hepatitis": {"HBV": "HBV", "HCV": "HCV", "none": "No"},
    "diagnosis": {"pathological": "Pathological", "clinical": "Clinical"},
    "treatment_mode": {"concurrent": "Concurrent", "sequential": "Sequential"},
    "rt_site": {
        "primary tumour": "Primary tumour",
        "PVTT": "PVTT",
        "other tumour thrombus": "Other TT",
        "lymph node": "Lymph node",
        "other metastasis": "Other metastasis",
    },
    "targeted_agent": {"none": "No"},
    "cause_of_death": {
        "tumour": "Tumour",
        "adverse event": "Adverse event",
        "other disease": "Other disease",
    },
}

VARIABLES: dict[str, str] = {
    "sex": "Sex",
    "age_years": "Age, years",
    "child_pugh_score": "Child-Pugh score",
    "hepatitis": "Hepatitis",
    "hepatitis_b": "Hepatitis B",
    "afp_group": "AFP group, as recorded",
    "extrahepatic_metastasis": "EHM",
    "ivc_thrombus": "IVTT",
    "ecog": "ECOG performance status",
    "diagnosis": "Diagnosis",
    "cirrhosis": "Hepatocirrhosis",
    "alcohol_use": "Alcohol use",
    "tumour_count_group": "Number of tumours",
    "pvtt": "PVTT",
    "vp4": "VP4",
    "treatment_mode": "Treatment mode",
    "therapy_line": "Current line of therapy",
    "ici_agent": "Immune checkpoint inhibitor",
    "rt_site": "Radiotherapy site",
    "targeted_agent": "Targeted therapy",
    "rt_technique": "Radiotherapy technique",
    "antiviral": "Antiviral therapy",
    "death": "Died",
    "cause_of_death": "Cause of death",
    "progression": "Progressed",
    "failure_pattern": "Pattern of failure",
}

CASES: dict[str, str] = {
    "attribution": "Attributed to",
    "ici_agent": "Immune checkpoint inhibitor",
    "targeted_agent": "Targeted agent",
    "dose_gy": "Radiation dose",
    "fractions": "Given in",
    "months_to_event": "From the last fraction to the onset",
    "days_to_death": "From the onset to death",
}

RESPONSES = {
    "CR": "complete response",
    "PR": "partial response",
    "SD": "stable disease",
    "PD": "progressive disease",
    "ORR": "objective response rate (CR + PR)",
    "DCR": "disease control rate (CR + PR + SD)",
}

ENDPOINTS = ENDPOINT_NAMES
EVENTS = {group.name: group.label for group in ctcae.GROUPS}


def variable(name: str) -> str:
    """Give the words for a variable; AFP groups carry their cut-off in their name."""
    if name.startswith("afp_") and name not in VARIABLES:
        return "AFP, ng/mL"
    return VARIABLES.get(name, name.replace("_", " ").capitalize())


def level(variable_name: str, value: str) -> str:
    """Give the words for a level of a variable."""
    known = LEVELS.get(variable_name, {})
    if value in known:
        return known[value]
    if value in YES_NO:
        return YES_NO[value]
    if value.startswith((">=", "<=", ">", "<")):
        sign = value.rstrip("0123456789.,")
        number = value[len(sign) :]
        shown = f"{float(number):,g}" if number else ""
        return f"{ {'>=': '≥', '<=': '≤'}.get(sign, sign) } {shown}"
    if variable_name in {"ici_agent", "targeted_agent"}:
        return value.capitalize()
    return value.replace("-", "–") if value[:1].isdigit() else value


def factors(parameters: Parameters) -> dict[str, str]:
    """Give the words for the prognostic factors of Table 5, in its order."""
    return {
        "male": "Male",
        "age_under_60": f"Age < {parameters.age_cutoff} years",
        "alcohol_use": "Alcohol use",
        "viral_hepatitis": "Hepatitis",
        "hepatitis_b": "Hepatitis B",
        "cirrhosis": "Hepatocirrhosis",
        "afp_under_1000": f"AFP < {parameters.afp_cutoff:,g} ng/mL",
        "afp_group": "AFP group, the second against the first",
        "tumours_5_or_more": f"Number of tumours ≥ {parameters.tumour_count_cutoff}",
        "extrahepatic_metastasis": "EHM",
        "pvtt": "PVTT",
        "vp4": "VP4",
        "prior_ici": "ICI before",
        "concurrent": "Concurrent",
        "rt_intrahepatic": "RIHL",
        "sbrt": "SBRT",
        "eqd2_under_60": f"EQD2 < {parameters.eqd2_cutoff:g} Gy",
        "targeted_therapy": "Targeted therapy",
    }


def factor_test(parameters: Parameters, factor: str = "") -> str:
    """Give the words for the test of a factor, as they stand before 'p = 0.04'.

    >>> factor_test(Parameters(p_adjustment="Holm"))
    'log-rank, Holm'
    """
    test: str = parameters.factor_test
    if factor == "concurrent" and parameters.mode_over_time:
        test = "Mantel-Byar" if test in {"log-rank", "restricted mean"} else f"{test}, over time"
    if factor == "afp_under_1000" and parameters.afp_model == "spline":
        test = "spline"
    # The family is that of the factors; the ICI regimen is not in it.
    adjusted = parameters.p_adjustment != "none" and factor != "ici_regimen"
    return f"{test}, {parameters.p_adjustment}" if adjusted else test


def since_landmark(parameters: Parameters) -> str:
    """Say from when times of factors are counted, if there is a landmark."""
    months = parameters.landmark_months
    return f"Patients at risk at month {months}, time counted from it." if months else ""


def event(name: str) -> str:
    """Give the words for a row of the adverse event table; other CTCAE terms stand as they are."""
    return EVENTS.get(name, name)


def case_variable(name: str) -> str:
    """Give the words for what is known of a case (see `estimates.fatal_events`).

    >>> case_variable("small_intestine_max_dose_gy"), case_variable("oesophagus_v32_ml")
    ('Small intestine, maximum dose', 'Oesophagus, V32')
    """
    dose = re.fullmatch(r"(\w+)_(max|mean)_dose_gy", name)
    volume = re.fullmatch(r"(\w+)_(v[0-9.]+)_(?:ml|percent)", name)
    if dose:
        quantity = {"max": "maximum", "mean": "mean"}[dose[2]] + " dose"
        return f"{dose[1].replace('_', ' ').capitalize()}, {quantity}"
    if volume:
        return f"{volume[1].replace('_', ' ').capitalize()}, {volume[2].upper()}"
    return CASES.get(name, name)


def endpoint(name: str) -> str:
    """Give the words for an endpoint."""
    return ENDPOINTS.get(name, name)
