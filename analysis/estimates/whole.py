"""Every estimate of the report in one table."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates import (
    characteristics,
    eligibility,
    fatal_events,
    prognosis,
    response,
    survival,
    toxicity,
    treatment,
)
from analysis.parameters import Parameters

PARTS = (
    eligibility.estimate,
    characteristics.estimate,
    treatment.estimate,
    response.estimate,
    response.estimate_afp,
    survival.estimate,
    toxicity.estimate,
    fatal_events.estimate,
    prognosis.estimate,
)


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give all estimates of a cohort, in the order of the report."""
    parts = [part(cohort, parameters) for part in PARTS]
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)
