"""The prognostic factors of a cohort and the times that are compared by them."""

from __future__ import annotations

from typing import Any, Protocol

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.counts import missing_rows
from analysis.study.parameters import Parameters
from analysis.study.study import Study
from analysis.study.variables import Factor


class Recorded(Protocol):
    """What is asked of a cohort, or of counts of one, to know what it can be compared by."""

    @property
    def study(self) -> Study:
        """What is declared, with every cut where the parameters put it."""

    @property
    def parameters(self) -> Parameters:
        """Those in force."""

    def records(self, *columns: str) -> bool:
        """Tell whether every one of the patient columns is recorded for at least one patient."""

    def endpoints(self) -> list[str]:
        """Give the endpoints that can be analysed, in the study's order; others by name."""


def factors_of(cohort: Recorded) -> list[Factor]:
    """Give the factors of Table 5 that the cohort records, in its order.

    Where one is not recorded, the one that stands in for it takes its place.
    """
    study = cohort.study
    found: list[Factor] = []
    for factor in study.factors:
        asked = factor
        if not _is_known(cohort, factor) and factor.stand_in:
            asked = study.factor(factor.stand_in)
        # Two cuts of a quantity are one factor where the parameters put them in one place.
        known = {other.key for other in found}
        if factor.in_table and _is_known(cohort, asked) and asked.key not in known:
            found.append(asked)
    return found


def other_factors_of(cohort: Recorded) -> list[Factor]:
    """Give the factors with a table of their own that the cohort records."""
    stand_ins = {factor.stand_in for factor in cohort.study.factors}
    return [
        factor
        for factor in cohort.study.factors
        if not factor.in_table and factor.name not in stand_ins and _is_known(cohort, factor)
    ]


def _is_known(cohort: Recorded, factor: Factor) -> bool:
    """Tell whether a factor is recorded, and, of a landmark, when it became known."""
    if not cohort.records(factor.column):
        return False
    return not cohort.parameters.landmark_months or cohort.records(*factor.known_from)


def endpoints_of(cohort: Recorded) -> list[str]:
    """Give the endpoints of Table 5, in its order; what is not recorded has a stand-in."""
    present = cohort.endpoints()
    found = []
    for endpoint in cohort.study.endpoints:
        name = endpoint.name if endpoint.name in present else endpoint.stand_in
        if endpoint.in_table and name in present:
            found.append(name)
    # What a dataset records beyond the study's endpoints was recorded to be compared.
    declared = {endpoint.name for endpoint in cohort.study.endpoints}
    return list(dict.fromkeys([*found, *(name for name in present if name not in declared)]))


def times_by(cohort: Cohort, column: str, endpoint: str) -> pd.DataFrame:
    """Give the times of one endpoint with the level of a column.

    Returns
    -------
    DataFrame
        `patient_id`, `days`, `event`, `competing` and `level`, for patients for whom the column is
        recorded; with delayed entry `start`.
    """
    table, rows = cohort.time_to_event, cohort.rows_of(endpoint)
    levels = cohort.of_patients(column, endpoint)
    known = ~levels.isna()
    if not known.all():
        rows, levels = rows[known], levels[known]
    # Columns one by one, as arrays of numpy: this is done for each factor and endpoint, and frames
    # take longer, as does pandas where it may look for missing ones among a million texts.
    columns = ["patient_id", "days", "event", "competing"]
    columns += ["start"] if "start" in table else []
    values = {name: table[name].to_numpy()[rows] for name in columns}
    return pd.DataFrame(values | {"level": levels})


def left_out_rows(
    cohort: Cohort, factor: Factor, endpoint: str, analysis_id: str
) -> list[dict[str, Any]]:
    """Give how many patients with times of an endpoint have no record of a factor, if any."""
    missing = int(cohort.of_patients(factor.column, endpoint).isna().sum())
    n = len(cohort.rows_of(endpoint))
    return missing_rows(analysis_id, endpoint, missing, n, group=factor.key)
