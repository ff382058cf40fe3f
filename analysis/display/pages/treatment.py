"""Page 02: what was given, how much of it, in which order."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.display.figures.distribution import distributions
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.swimmer import swimmer
from analysis.display.tables import Table, counts_table
from analysis.estimates import drawn
from analysis.estimates.rows import pick
from analysis.study.study import Study

_DAYS = {
    "rt_start": "rt_start_day",
    "rt_end": "rt_end_day",
    "ici_start": "ici_start_day",
    "ici_end": "ici_end_day",
    "progression_date": "progression_day",
    "death_date": "death_day",
    "last_contact_date": "last_contact_day",
}


def table_2(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 2: treatment given."""
    chosen = pick(estimates, analysis_id="treatment")
    there = set(chosen["variable"])
    said = {
        "ici_agent": "A patient who changed the checkpoint inhibitor counts under both agents.",
        "rt_site": "A patient counts under every site irradiated.",
        "targeted_agent": "Targeted therapy is that given with the checkpoint inhibitor.",
    }
    notes = [" ".join(note for name, note in said.items() if name in there)]
    return counts_table(chosen, study.table_2, study, "Treatment", notes)


def doses(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw dose, BED and EQD2; `said` is what figures say of them (`estimates.drawn`)."""
    if not cohort.records("rt_dose_gy"):
        return None
    told = pick(said, analysis_id=drawn.HISTOGRAM)
    columns = {"rt_dose_gy": "Physical dose", "bed_gy": "BED", "eqd2_gy": "EQD2"}
    return distributions(
        {
            label: (cohort.patients[column], pick(told, variable=column))
            for column, label in columns.items()
            if cohort.records(column)
        },
        unit="Gy",
    )


def courses(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw treatment and outcome of every patient (swimmer plot); `said` as for `doses`."""
    patients = cohort.patients
    if not drawn.has_courses(cohort):
        return None
    # What goes on is drawn to the end of observation.
    observed = patients["death_date"].fillna(patients["last_contact_date"])
    ends = patients["ici_end"].fillna(observed.where(patients["ici_start"].notna()))
    if cohort.has("immunotherapy.end_date"):
        patients = patients.assign(ici_end=ends)
    days = {
        day: (patients[column] - patients["time_zero"]).dt.days for column, day in _DAYS.items()
    }
    return swimmer(
        patients[["patient_id", "treatment_mode"]].assign(**days),
        pick(said, analysis_id=drawn.COURSES),
    )
