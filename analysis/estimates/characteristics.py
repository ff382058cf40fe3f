"""Characteristics at enrolment: Table 1 and section 3.1."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.counts import count_rows, range_rows
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

ANALYSIS = "characteristics"

QUANTITIES = {
    "age_years": "years",
    "afp_before": "ng/mL",
    "largest_tumour_cm": "cm",
}


def categories(parameters: Parameters) -> list[str]:
    """Give the categorical variables, in the order of Table 1 and then of the text."""
    return [
        "sex",
        "child_pugh_score",
        "hepatitis",
        "viral_hepatitis",
        "hepatitis_b",
        f"afp_{parameters.afp_cutoff:g}",
        f"afp_{parameters.afp_second_cutoff:g}",
        "afp_group",
        "extrahepatic_metastasis",
        "ivc_thrombus",
        "ecog",
        "diagnosis",
        "cirrhosis",
        "alcohol_use",
        "tumour_count_group",
        "pvtt",
        "vp4",
        "progressed_before",
        "prior_ici",
    ]


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give number of patients, counts of categories, medians and ranges of quantities."""
    patients = cohort.patients
    rows = [row(ANALYSIS, "patients", "count", len(patients), unit="patients", n=len(patients))]
    for variable in dict.fromkeys(categories(parameters)):
        if variable in patients:
            rows += count_rows(ANALYSIS, variable, patients[variable])
    for variable, unit in QUANTITIES.items():
        rows += range_rows(ANALYSIS, variable, patients[variable], unit)
    return to_table(rows)
