"""Outcome in each part of the patients that a dataset declares, and of the arms within it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.arms import AND
from analysis.estimates.compared import compared_times
from analysis.estimates.factors import endpoints_of
from analysis.estimates.ratios import ratio_rows
from analysis.estimates.rows import to_table
from analysis.estimates.survival import endpoint_rows
from analysis.study.expressions import holds
from analysis.study.parameters import Parameters

ANALYSIS = "subgroups"
SUBGROUP = "subgroup"


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give patients, events, medians and rates of each declared subgroup, by endpoint.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` subgroups, `group` subgroup and `group_level` its name.
        With an arm, hazard ratios against the first arm within the subgroup besides, `group` and
        `group_level` joined by `arms.AND`. Whoever has no record that would tell is in none.
    """
    study = cohort.study
    rows: list[dict[str, Any]] = []
    for name in study.reported:
        members = holds(study.subgroups[name], cohort.patients).fillna(False).astype(bool)
        part = cohort.of(cohort.patients.index[members])
        for endpoint_name in endpoints_of(cohort):
            endpoint = study.endpoint(endpoint_name)
            rows += endpoint_rows(
                part.times(endpoint_name),
                endpoint,
                parameters,
                group=SUBGROUP,
                group_level=name,
                analysis_id=ANALYSIS,
            )
            if study.arm is None or part.patients.empty:
                continue
            arm = study.factor(study.arm.variable.name)
            times = compared_times(part, arm, endpoint_name, parameters)
            rows += [
                {
                    **one,
                    "analysis_id": ANALYSIS,
                    "group": SUBGROUP + AND + arm.name,
                    "group_level": name + AND + one["group_level"],
                }
                for one in ratio_rows(times, arm, endpoint, parameters)
            ]
    return to_table(rows, estimate, cohort.stand_ins)
