"""A tumour marker after treatment: how many fell, and the fall against response (section 3.3)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import REGION_VARIABLES
from analysis.estimates.counts import count_rows, once, range_rows
from analysis.estimates.response import (
    SUMMARIES,
    association,
    responses,
    two_by_two,
)
from analysis.estimates.rows import row, to_table
from analysis.study.declarations import Marker
from analysis.study.keys import YES, Statistic
from analysis.study.limits import limits
from analysis.study.parameters import Parameters

_OVERALL = "overall"


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give the marker after treatment, how many fell, and the fall against response.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` that of the study's marker; no rows without a marker.
    """
    marker, patients = cohort.study.marker, cohort.patients
    if marker is None:
        return to_table([], estimate)
    analysis, after = marker.analysis_id, marker.after_groups
    rows = [
        *count_rows(analysis, marker.decrease, patients[marker.decrease]),
        *range_rows(
            analysis,
            marker.after,
            patients[marker.after],
            marker.unit,
            limits(patients, marker.after),
        ),
        *range_rows(analysis, f"{marker.name}_change", patients[marker.change], "%"),
        *count_rows(analysis, after.name, after.values(patients)),
    ]
    # A quantity and its groups are not recorded for the same patients.
    rows = once(rows)
    responded = cohort.has("assessments.criterion", "assessments.region")
    if responded and cohort.records(marker.decrease):
        rows += _against_response(cohort, marker, parameters)
    return to_table(rows, estimate, cohort.stand_ins)


def _against_response(
    cohort: Cohort, marker: Marker, parameters: Parameters
) -> list[dict[str, Any]]:
    rows = []
    best = responses(cohort, _OVERALL)
    variable = REGION_VARIABLES[_OVERALL]
    for criterion in best.columns:
        both = pd.concat([best[criterion], cohort.patients[marker.decrease]], axis=1).dropna()
        fell = both[marker.decrease] == YES
        for level, members in SUMMARIES.items():
            responded = both[criterion].isin(members)
            keys: dict[str, Any] = {
                "variable_level": level,
                "group": "criterion",
                "group_level": str(criterion),
                "n": len(both),
            }
            name = marker.words
            counts = {
                Statistic.COUNT: ((fell & responded).sum(), f"{name} fell, with response"),
                Statistic.RESPONDERS: (responded.sum(), "with response"),
                Statistic.COUNT_WITHOUT: (
                    (fell & ~responded).sum(),
                    f"{name} fell, without response",
                ),
                Statistic.NON_RESPONDERS: ((~responded).sum(), "without response"),
            }
            rows += [
                row(
                    marker.analysis_id,
                    variable,
                    statistic,
                    int(count),
                    unit="patients",
                    note=note,
                    **keys,
                )
                for statistic, (count, note) in counts.items()
            ]
            p, method, note = association(two_by_two(fell, responded), parameters)
            rows.append(
                row(
                    marker.analysis_id,
                    variable,
                    Statistic.P_VALUE,
                    p,
                    method=method,
                    note=note,
                    **keys,
                )
            )
    return rows
