"""Treatment given: Table 2 and section 3.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.counts import once, rows_of, share_rows
from analysis.estimates.rows import row, to_table
from analysis.study.keys import YES, Statistic
from analysis.study.parameters import Parameters

ANALYSIS = "treatment"
AGENT, SITE, SWITCHED = "ici_agent", "rt_site", "ici_switched"


def estimate(cohort: Cohort, _: Parameters) -> pd.DataFrame:
    """Give modes, lines, agents, sites, techniques; cycles, dose, BED and EQD2 a patient.

    A patient counts once in each agent and in each site, so that these add up to more than
    the patients.
    """
    patients, study = cohort.patients, cohort.study
    n = len(patients)
    rows = [row(ANALYSIS, "patients", Statistic.COUNT, n, unit="patients", n=n)]
    for asked in (*study.table_2, *study.treatment):
        # These are counted from their own tables, in which a patient may have several.
        if asked.name not in (AGENT, SITE):
            rows += rows_of(ANALYSIS, patients, asked)

    if cohort.has("immunotherapy"):
        given = cohort.immunotherapy
        if cohort.has("immunotherapy.agent"):
            agents = study.open_lists.get("immunotherapy.agent", ())
            rows += _several(given, "agent", AGENT, agents)
            n = given["patient_id"].nunique()
            switched = int((patients[SWITCHED] == YES).sum())
            rows += share_rows(ANALYSIS, SWITCHED, switched, n, variable_level=YES)
        spacing = _weeks_between_cycles(given).dropna()
        if not spacing.empty:
            rows.append(
                row(
                    ANALYSIS,
                    "ici_interval_weeks",
                    Statistic.MEDIAN,
                    spacing.median(),
                    unit="weeks",
                    n=len(spacing),
                    method="(last dose - first dose) / (cycles - 1)",
                )
            )

    if cohort.has("radiotherapy"):
        foci = cohort.radiotherapy
        n = foci["patient_id"].nunique()
        rows.append(row(ANALYSIS, "rt_foci", Statistic.COUNT, len(foci), unit="foci", n=n))
        if cohort.has("radiotherapy.site"):
            rows += _several(foci, "site", SITE, study.open_lists.get("radiotherapy.site", ()))
    # Of no treatment that is recorded there is no table, and nobody whom it is of.
    return to_table(once(rows) if len(rows) > 1 else [], estimate)


def _several(
    given: pd.DataFrame, column: str, variable: str, known: Sequence[str]
) -> list[dict[str, Any]]:
    """Count the patients of each level of a table in which a patient may have several."""
    n = given["patient_id"].nunique()
    levels = [*known, *sorted(set(given[column].dropna()) - set(known))]
    return [
        entry
        for level in levels
        for entry in share_rows(
            ANALYSIS,
            variable,
            given.loc[given[column] == level, "patient_id"].nunique(),
            n,
            variable_level=level,
        )
    ]


def _weeks_between_cycles(immunotherapy: pd.DataFrame) -> pd.Series:
    several = immunotherapy[immunotherapy["cycles"] > 1]
    days = (several["end_date"] - several["start_date"]).dt.days
    return days / (several["cycles"].astype("float64") - 1) / 7
