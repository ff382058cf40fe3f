"""Eligibility: what each criterion of Methods 2.2 admits, and how many patients it leaves."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

ANALYSIS = "eligibility"


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give the thresholds in force and, for each criterion assessed, who entered and left."""
    thresholds = {
        ("age_years", "min"): (parameters.age_min, "years"),
        ("age_years", "max"): (parameters.age_max, "years"),
        ("ecog", "min"): (0, ""),
        ("ecog", "max"): (parameters.ecog_max, ""),
        ("child_pugh_score", "min"): (5, ""),
        ("child_pugh_score", "max"): (parameters.child_pugh_max, ""),
        ("interval_weeks", "max"): (parameters.interval_max_weeks, "weeks"),
        ("enrolment_year", "min"): (parameters.enrolment_first_year, ""),
        ("enrolment_year", "max"): (parameters.enrolment_last_year, ""),
        ("measurable_lesions", "min"): (1, "lesions"),
    }
    assessed = set(cohort.screening.loc[cohort.screening["assessed"], "name"])
    rows = [
        row(ANALYSIS, variable, f"threshold_{end}", value, unit=unit)
        for (variable, end), (value, unit) in thresholds.items()
        if variable in assessed
    ]
    for step in cohort.screening.to_dict("records"):
        if step["assessed"]:
            rows += [
                row(
                    ANALYSIS,
                    step["name"],
                    statistic,
                    step[statistic],
                    unit="patients",
                    n=step["entered"],
                )
                for statistic in ("entered", "excluded", "remaining")
            ]
    return to_table(rows)
