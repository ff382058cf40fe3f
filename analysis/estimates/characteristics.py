"""Characteristics at enrolment: Table 1 and section 3.1."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.counts import once, rows_of
from analysis.estimates.rows import row, to_table
from analysis.study.keys import Statistic
from analysis.study.parameters import Parameters

ANALYSIS = "characteristics"


def estimate(cohort: Cohort, _: Parameters) -> pd.DataFrame:
    """Give number of patients, counts of categories, medians and ranges of quantities."""
    patients, study = cohort.patients, cohort.study
    rows = [
        row(ANALYSIS, "patients", Statistic.COUNT, len(patients), unit="patients", n=len(patients))
    ]
    for asked in (*study.table_1, *study.characteristics):
        rows += rows_of(ANALYSIS, patients, asked)
    return to_table(once(rows), estimate, cohort.stand_ins)
