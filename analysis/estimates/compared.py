"""Who is compared by a factor, and from when: landmarks, strata, groups that change on the way."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.factors import Recorded, times_by
from analysis.estimates.landmark import from_landmark, known_from, landmark_day
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

KNOWN = "known"


def compared_times(
    cohort: Cohort, factor: Factor, endpoint: str, parameters: Parameters
) -> pd.DataFrame:
    """Give the times by a factor that are compared.

    Returns
    -------
    DataFrame
        `patient_id`, `days`, `event`, `competing` and `level`; with a landmark, of patients at risk
        at it, from it. `known` is the day on which a patient's level becomes known, where patients
        count from then on. A column for each stratum of a stratified test.
    """
    times = times_by(cohort, factor.column, endpoint)
    if parameters.landmark_months:
        known = known_from(cohort, factor).rename(KNOWN)
        day = landmark_day(parameters.landmark_months, cohort.times(endpoint)["days"])
        times = from_landmark(times.join(known, on="patient_id"), day).drop(columns=KNOWN)
    if changes(cohort, factor, parameters):
        times = times.join(known_from(cohort, factor).rename(KNOWN), on="patient_id")
    if parameters.factor_test == "stratified log-rank":
        columns = [stratum.column for stratum in strata_of(cohort, factor, parameters)]
        times = times.join(cohort.patients[columns], on="patient_id")
    return times


def strata_of(cohort: Recorded, factor: Factor, parameters: Parameters) -> list[Factor]:
    """Give the strata of a factor's test that are recorded: all that are chosen but itself."""
    chosen = [cohort.study.factor(name) for name in parameters.strata if name != factor.name]
    return [stratum for stratum in chosen if cohort.records(stratum.column)]


def changes(cohort: Recorded, factor: Factor, parameters: Parameters) -> bool:
    """Tell whether patients change their group on the way, and it is known when."""
    asked = bool(factor.over_time) and bool(getattr(parameters, factor.over_time))
    return asked and cohort.records("time_zero", *factor.known_from)


def since(parameters: Parameters) -> str:
    """Say from when patients are compared, for a method: nothing without landmark and late entry.

    >>> since(Parameters()), since(Parameters(delayed_entry="second treatment"))
    ('', ', at risk from the second treatment (delayed entry)')
    """
    entry = parameters.delayed_entry
    late = f", at risk from the {entry} (delayed entry)" if entry != "none" else ""
    return since_landmark(parameters) + late


def since_landmark(parameters: Parameters) -> str:
    """Say from when times are counted: nothing without a landmark."""
    months = parameters.landmark_months
    return f", from month {months}" if months else ""
