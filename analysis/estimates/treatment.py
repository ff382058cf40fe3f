"""Treatment given: Table 2 and section 3.2."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import ICI_AGENTS, RT_SITES
from analysis.estimates.counts import count_rows, range_rows, share_rows
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

ANALYSIS = "treatment"

CATEGORIES = (
    "treatment_mode",
    "therapy_line",
    "therapy_line_group",
    "targeted_agent",
    "targeted_therapy",
    "rt_technique",
    "antiviral",
    "rt_on_intrahepatic",
    "sbrt",
)
QUANTITIES = {
    "ici_cycles": "cycles",
    "rt_dose_gy": "Gy",
    "bed_gy": "Gy",
    "eqd2_gy": "Gy",
    "interval_days": "days",
}


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give modes, lines, agents, sites, techniques; cycles, dose, BED and EQD2 a patient.

    A patient counts once in each agent and in each site, so that these add up to more than
    the patients.
    """
    patients = cohort.patients
    rows = []
    for variable in CATEGORIES:
        rows += count_rows(ANALYSIS, variable, patients[variable])
    for variable, unit in QUANTITIES.items():
        rows += range_rows(ANALYSIS, variable, patients[variable], unit)

    if "immunotherapy" in cohort.recorded_tables:
        given = cohort.immunotherapy
        n = given["patient_id"].nunique()
        for agent in ICI_AGENTS:
            treated = given.loc[given["agent"] == agent, "patient_id"].nunique()
            rows += share_rows(ANALYSIS, "ici_agent", treated, n, variable_level=agent)
        switched = int((patients["ici_switched"] == "yes").sum())
        rows += share_rows(ANALYSIS, "ici_switched", switched, n, variable_level="yes")
        spacing = _weeks_between_cycles(cohort.immunotherapy)
        rows.append(
            row(
                ANALYSIS,
                "ici_interval_weeks",
                "median",
                spacing.median(),
                unit="weeks",
                n=len(spacing),
                method="(last dose - first dose) / (cycles - 1)",
            )
        )

    if "radiotherapy" in cohort.recorded_tables:
        foci = cohort.radiotherapy
        n = foci["patient_id"].nunique()
        rows.append(row(ANALYSIS, "rt_foci", "count", len(foci), unit="foci", n=n))
        for site in RT_SITES:
            irradiated = foci.loc[foci["site"] == site, "patient_id"].nunique()
            rows += share_rows(ANALYSIS, "rt_site", irradiated, n, variable_level=site)
    return to_table(rows)


def _weeks_between_cycles(immunotherapy: pd.DataFrame) -> pd.Series:
    several = immunotherapy[immunotherapy["cycles"] > 1]
    days = (several["end_date"] - several["start_date"]).dt.days
    return days / (several["cycles"].astype("float64") - 1) / 7
