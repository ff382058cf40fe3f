"""The prognostic factors of Table 5 and the times that are compared by them."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd

from analysis.cohort.derive import RELAPSE_ENDPOINTS
from analysis.cohort.model import Cohort
from analysis.parameters import Factor

ICI_REGIMEN = "ici_regimen"

# Yes or no questions in the order of Table 5; the column `factor_<name>` of `Cohort.patients`
# answers them.
FACTORS: tuple[str, ...] = get_args(Factor)

# What is asked where a dataset records only part of what a factor of Table 5 needs.
STAND_INS = {"viral_hepatitis": "hepatitis_b", "afp_under_1000": "afp_group"}


def factors_of(cohort: Cohort) -> list[str]:
    """Give the factors that the cohort records, in the order of Table 5."""
    asked = [
        name if cohort.records(f"factor_{name}") else STAND_INS.get(name, name) for name in FACTORS
    ]
    return [name for name in asked if cohort.records(f"factor_{name}")]


def endpoints_of(cohort: Cohort) -> list[str]:
    """Give the endpoints of Table 5; where PFS is not recorded, RFS stands in for it."""
    present = cohort.endpoints()
    second = "PFS" if "PFS" in present else "RFS"
    return [endpoint for endpoint in ("OS", second) if endpoint in present]


def column_of(group: str) -> str:
    """Give the column of `Cohort.patients` that holds a factor, or another column by its name."""
    return f"factor_{group}" if group in (*FACTORS, *STAND_INS.values()) else group


def times_by(cohort: Cohort, column: str, endpoint: str) -> pd.DataFrame:
    """Give the times of one endpoint with the level of a column.

    Returns
    -------
    DataFrame
        `patient_id`, `days`, `event` and `level`, for patients for whom the column is recorded;
        `competing` too for relapse, with which death may compete.
    """
    table = cohort.time_to_event
    rows = np.flatnonzero((table["endpoint"] == endpoint).to_numpy())
    levels = cohort.patients[column].reindex(table["patient_id"].to_numpy()[rows]).array
    known = ~levels.isna()
    competing = ["competing"] if endpoint in RELAPSE_ENDPOINTS else []
    # Columns one by one: this is done for each factor and endpoint, and frames take longer.
    values = {
        name: table[name].array[rows[known]] for name in ("patient_id", "days", "event", *competing)
    }
    return pd.DataFrame(values | {"level": levels[known]})
