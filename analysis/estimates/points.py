"""What figures draw, as rows of estimates: points of curves, numbers at risk, residuals.

They stand beside the estimates of the tables, under analyses of their own, so that a figure shows
nothing that is not in the table of estimates. Variants of the parameters are not compared by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates import competing, proportionality
from analysis.estimates.compared import compared_times
from analysis.estimates.curves import curve, point_rows
from analysis.estimates.factors import endpoints_of, times_by
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import at_risk_rows, method_of
from analysis.study.keys import Statistic
from analysis.study.months import level_of
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

SURVIVAL_CURVE = "survival_curve"
FACTOR_CURVE = "prognosis_curve"
FACTOR_AT_RISK = "prognosis_at_risk"
INCIDENCE_CURVE = "incidence_curve"
RESIDUALS = "residuals"
RESIDUALS_SMOOTHED = "residuals_smoothed"

Rows = list[dict[str, Any]]


def survival_curves(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give the curve of every endpoint, `analysis_id` survival_curve, `variable_level` the day."""
    rows: Rows = []
    for name in cohort.endpoints():
        times = cohort.times(name)
        endpoint = cohort.study.endpoint(name)
        rows += point_rows(
            curve(times, parameters),
            SURVIVAL_CURVE,
            variable=name,
            method=method_of(endpoint, parameters),
            n=len(times),
        )
    return to_table(rows, survival_curves, cohort.stand_ins)


def factor_curves(
    cohort: Cohort, parameters: Parameters, factors: Sequence[Factor]
) -> pd.DataFrame:
    """Give the curves of every group of some factors, and the numbers at risk below them.

    `analysis_id` prognosis_curve, `variable_level` the day; and prognosis_at_risk,
    `variable_level` the month; from the landmark, if there is one. A group without patients has
    no curve.
    """
    rows: Rows = []
    for factor in factors:
        for name in endpoints_of(cohort):
            endpoint = cohort.study.endpoint(name)
            times = compared_times(cohort, factor, name, parameters)
            for level in factor.groups:
                of_level = times[times["level"] == level]
                if of_level.empty:
                    continue
                estimated = curve(of_level, parameters)
                keys: dict[str, Any] = {
                    "group": factor.key,
                    "group_level": level,
                    "n": len(of_level),
                }
                rows += point_rows(
                    estimated,
                    FACTOR_CURVE,
                    variable=name,
                    method=method_of(endpoint, parameters),
                    **keys,
                )
                rows += at_risk_rows(
                    estimated, endpoint, parameters, analysis_id=FACTOR_AT_RISK, **keys
                )
    return to_table(rows, factor_curves, cohort.stand_ins)


def incidences(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Give the cumulative incidence of what competes, of endpoints in which something does.

    `analysis_id` incidence_curve, `group` cause: relapse or death, competing (Aalen-Johansen), and
    relapse with the dead censored (1 less Kaplan-Meier); in percent, `variable_level` the day.
    """
    rows: Rows = []
    for name in cohort.endpoints():
        own = cohort.times(name)
        if not own["competing"].any():
            continue
        first = competing.causes(own)
        alone = curve(own.assign(competing=False), parameters)
        censored = pd.DataFrame(
            {
                "days": alone["days"],
                "incidence": 1 - alone["survival"],
                "lower": np.nan,
                "upper": np.nan,
            }
        )
        causes = {
            competing.RELAPSE: competing.incidence(first, competing.RELAPSE, parameters),
            competing.DEATH: competing.incidence(first, competing.DEATH, parameters),
            competing.RELAPSE_ALONE: censored,
        }
        for cause, found in causes.items():
            method = "1 - Kaplan-Meier" if cause == competing.RELAPSE_ALONE else "Aalen-Johansen"
            rows += [
                row(
                    INCIDENCE_CURVE,
                    name,
                    statistic,
                    100 * point[column],
                    variable_level=level_of(point["days"]),
                    group="cause",
                    group_level=cause,
                    unit="%",
                    method=method,
                    n=len(own),
                )
                for point in found.to_dict("records")
                for statistic, column in (
                    (Statistic.INCIDENCE, "incidence"),
                    (Statistic.INCIDENCE_LOWER, "lower"),
                    (Statistic.INCIDENCE_UPPER, "upper"),
                )
            ]
    return to_table(rows, incidences, cohort.stand_ins)


def residuals(
    cohort: Cohort, parameters: Parameters, chosen: Sequence[tuple[Factor, str]]
) -> pd.DataFrame:
    """Give scaled Schoenfeld residuals of some factors, of yes against no, and their smooth.

    `analysis_id` residuals, `variable_level` the day and the number of the event on it; and
    residuals_smoothed, `variable_level` the day.

    Parameters
    ----------
    chosen
        Factors of yes and no, each with the name of an endpoint.
    """
    rows: Rows = []
    for factor, endpoint in chosen:
        found = proportionality.schoenfeld(times_by(cohort, factor.column, endpoint))
        keys: dict[str, Any] = {"group": factor.key, "n": len(found)}
        number = found.groupby("days").cumcount() + 1
        rows += [
            row(
                RESIDUALS,
                endpoint,
                Statistic.RESIDUAL,
                event["residual"],
                variable_level=f"{level_of(event['days'])}/{place}",
                method="scaled Schoenfeld residual",
                **keys,
            )
            for event, place in zip(found.to_dict("records"), number, strict=True)
        ]
        rows += [
            row(
                RESIDUALS_SMOOTHED,
                endpoint,
                statistic,
                point[column],
                variable_level=f"{point['days']:.6f}",
                method="natural cubic spline of the residuals",
                **keys,
            )
            for point in proportionality.smoothed(found, parameters).to_dict("records")
            for statistic, column in (
                (Statistic.LOG_HAZARD_RATIO, "log_hazard_ratio"),
                (Statistic.LOG_HAZARD_RATIO_LOWER, "lower"),
                (Statistic.LOG_HAZARD_RATIO_UPPER, "upper"),
            )
        ]
    return to_table(rows, residuals, cohort.stand_ins)
