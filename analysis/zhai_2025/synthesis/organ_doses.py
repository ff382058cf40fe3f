"""Doses to organs at risk of the two patients whom the Discussion describes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimates.fatal_events import CASE, organ_variable
from analysis.synthesis.targets import Printed, Targets
from analysis.zhai_2025.synthesis.outcomes import DIARRHOEA, FISTULA

# Patient, number of the case, organ, metric.
DESCRIBED = (
    (DIARRHOEA, 1, "intestine", "Dmax_Gy"),
    (DIARRHOEA, 1, "colon", "Dmax_Gy"),
    (FISTULA, 2, "oesophagus", "Dmax_Gy"),
    (FISTULA, 2, "oesophagus", "V32_mL"),
)


def organ_doses(targets: Targets, rng: np.random.Generator) -> pd.DataFrame:
    """Give the organ doses table: the printed values, and one drawn below a printed bound."""
    return pd.DataFrame(
        [
            {
                "patient_id": patient,
                "organ": organ,
                "metric": metric,
                "value": _value(
                    targets.printed(f"{CASE}{case}", organ_variable(organ, metric), "value"), rng
                ),
            }
            for patient, case, organ, metric in DESCRIBED
        ]
    )


def _value(printed: Printed, rng: np.random.Generator) -> float:
    if printed.holds(printed.value):
        return printed.value
    # Far below: little of an organ gets nearly as much as its hottest point.
    return round(printed.value * rng.uniform(0.05, 0.5), 1)
