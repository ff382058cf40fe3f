"""Every estimate of the report in one table."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates import (
    arms,
    characteristics,
    eligibility,
    fatal_events,
    marker,
    prognosis,
    relapse_factors,
    response,
    subgroups,
    survival,
    toxicity,
    treatment,
)
from analysis.estimates.rows import COLUMNS
from analysis.study.parameters import Parameters

PARTS = (
    eligibility.estimate,
    characteristics.estimate,
    treatment.estimate,
    response.estimate,
    marker.estimate,
    survival.estimate,
    toxicity.estimate,
    fatal_events.estimate,
    prognosis.estimate,
    relapse_factors.estimate,
    subgroups.estimate,
    arms.estimate,
)


def estimate(cohort: Cohort, parameters: Parameters, stored: str = "") -> pd.DataFrame:
    """Give all estimates of a cohort, in the order of the report.

    `stored` is the path of a table of them that is there already (Parquet), which is then read.
    """
    if stored:
        return pd.read_parquet(stored, columns=COLUMNS)
    parts = [part(cohort, parameters) for part in PARTS]
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)
