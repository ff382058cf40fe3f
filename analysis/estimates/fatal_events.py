"""The patients with an adverse event of grade 5, one by one: the cases of the Discussion."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.rows import row, to_table
from analysis.estimates.toxicity import FATAL
from analysis.study.keys import Statistic
from analysis.study.months import months
from analysis.study.parameters import Parameters
from analysis.study.study import Study

# Analyses are named after the case: 'grade5_case_1' is the first.
CASE = "grade5_case_"
_DOSES = {"Dmax": "max_dose", "Dmean": "mean_dose"}


def organ_variable(organ: str, metric: str) -> str:
    """Give the variable of a dose to an organ.

    >>> organ_variable("small intestine", "Dmax_Gy"), organ_variable("oesophagus", "V32_mL")
    ('small_intestine_max_dose_gy', 'oesophagus_v32_ml')
    """
    quantity, _, unit = metric.partition("_")
    return "_".join([organ.replace(" ", "_"), _DOSES.get(quantity, quantity), unit]).lower()


def cases(events: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Give the fatal event of each patient who had one, a case a row.

    Parameters
    ----------
    events
        The adverse events of a cohort.
    study
        Whose rows of adverse events have an order.

    Returns
    -------
    Rows of `events` with grade 5, in the order of Table 4's rows and then by `patient_id`. Terms
    in no row of that table come last, by name. Of several fatal events of a patient the first in
    this order is the case.
    """
    place = {group.name: position for position, group in enumerate(study.event_groups)}
    fatal = events[events["grade"] == FATAL]
    fatal = fatal.assign(place=fatal["group"].map(place).fillna(len(place)))
    ordered = fatal.sort_values(["place", "group", "patient_id", "term"], kind="stable")
    return ordered.drop_duplicates("patient_id").drop(columns="place").reset_index(drop=True)


def estimate(cohort: Cohort, _: Parameters) -> pd.DataFrame:
    """Give treatment, time to the event and doses to organs of each case.

    Dose and fractions are those of the site with the highest EQD2; `months_to_event` runs from the
    last fraction to the onset, and is negative when the event began earlier. What is not recorded
    has no row.
    """
    rows: list[dict[str, Any]] = []
    if not cohort.has("adverse_events.grade", "adverse_events.term"):
        return to_table(rows, estimate)
    fatal = cases(cohort.adverse_events, cohort.study).to_dict("records")
    for number, event in enumerate(fatal, start=1):
        patient = cohort.patients.loc[event["patient_id"]]
        doses = cohort.organ_doses[cohort.organ_doses["patient_id"] == event["patient_id"]]
        if not cohort.has("organ_doses.organ", "organ_doses.metric"):
            doses = doses.iloc[:0]
        described = {name: patient[name] for name in cohort.study.case_variables}
        rows += _case(f"{CASE}{number}", event, described, patient, doses)
    return to_table(rows, estimate)


def _case(
    analysis_id: str,
    event: dict[Any, Any],
    described: dict[str, Any],
    patient: pd.Series,
    doses: pd.DataFrame,
) -> list[dict[str, Any]]:
    # Words stand in `variable_level`, as those of every estimate; the value counts the patient.
    words = {
        "event": event["term"],
        "attribution": event["attribution"],
        **described,
    }
    rows = [
        row(analysis_id, variable, Statistic.COUNT, 1, variable_level=word, unit="patients", n=1)
        for variable, word in words.items()
        if pd.notna(word)
    ]
    days_to_event = (event["onset_date"] - patient["rt_end"]).days
    quantities = [
        ("dose_gy", patient["rt_dose_gy"], "Gy", ""),
        ("fractions", patient["rt_fractions"], "fractions", ""),
        ("months_to_event", months(days_to_event), "months", "onset - last fraction"),
        ("days_to_death", (patient["death_date"] - event["onset_date"]).days, "days", ""),
    ]
    quantities += [
        (organ_variable(dose["organ"], dose["metric"]), dose["value"], _unit(dose["metric"]), "")
        for dose in doses.sort_values(["organ", "metric"]).to_dict("records")
    ]
    return rows + [
        row(analysis_id, variable, Statistic.VALUE, float(value), unit=unit, method=method, n=1)
        for variable, value, unit, method in quantities
        if pd.notna(value)
    ]


def _unit(metric: str) -> str:
    return metric.rpartition("_")[2].replace("percent", "%")
