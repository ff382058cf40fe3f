"""Eligibility: what each criterion of a study admits, and how many patients it leaves."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.rows import row, to_table
from analysis.study.keys import Statistic
from analysis.study.parameters import Parameters

ANALYSIS = "eligibility"
_COUNTED = (Statistic.ENTERED, Statistic.EXCLUDED, Statistic.REMAINING)


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give the thresholds in force and, for each criterion assessed, who entered and left."""
    assessed = cohort.screening[cohort.screening["assessed"].astype(bool)]
    rows = [
        row(ANALYSIS, criterion.name, statistic, value, unit=unit)
        for criterion in cohort.study.criteria
        if criterion.name in set(assessed["name"])
        for statistic, value, unit in criterion.thresholds(parameters)
    ]
    rows += [
        row(
            ANALYSIS,
            step["name"],
            statistic,
            step[statistic.value],
            unit="patients",
            n=step["entered"],
        )
        for step in assessed.to_dict("records")
        for statistic in _COUNTED
    ]
    return to_table(rows, estimate)
