"""A factor taken as it was measured: rows of estimates of a spline of its logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates import quantity_spline
from analysis.estimates.compared import since
from analysis.estimates.groups import ANALYSIS
from analysis.estimates.rows import row
from analysis.estimates.sparse import with_exact
from analysis.study.endpoints import Endpoint
from analysis.study.keys import Statistic
from analysis.study.parameters import Parameters
from analysis.study.printed import plain
from analysis.study.variables import Factor

SPLINE = "spline"
Rows = list[dict[str, Any]]


def is_spline(factor: Factor, parameters: Parameters) -> bool:
    """Tell whether the parameters ask for a curve in place of two groups."""
    return bool(factor.spline) and getattr(parameters, factor.spline) == SPLINE


def spline_rows(
    times: pd.DataFrame,
    measured: pd.Series,
    factor: Factor,
    endpoint: Endpoint,
    parameters: Parameters,
) -> Rows:
    """Give the tests of the spline, and hazard ratios along it against the cut of the factor.

    Parameters
    ----------
    times
        From `compared.compared_times`.
    measured
        The quantity, index `patient_id`.
    """
    assert factor.cut is not None
    levels = times["patient_id"].map(measured).to_numpy(dtype=np.float64)
    reference = factor.cut.value
    name, unit = factor.variable.words, factor.variable.unit
    keys: dict[str, Any] = {"group": factor.key, "n": len(times)}
    method = f"Cox regression on a natural cubic spline of log10 {name} (3 df), Efron ties"
    method += since(parameters)
    found = quantity_spline.spline(times, levels)
    missing = found if isinstance(found, str) else ""
    p_value, curved, proportional = (
        (float("nan"),) * 3
        if isinstance(found, str)
        else (found.p_value, found.nonlinearity_p, found.proportionality_p)
    )
    rows = [
        row(
            ANALYSIS,
            endpoint.name,
            statistic,
            value,
            method=f"{method}, {test}",
            note=missing,
            **keys,
        )
        for statistic, value, test in (
            (Statistic.P_VALUE, p_value, f"likelihood-ratio test of no {name}"),
            (Statistic.NONLINEARITY_P, curved, "likelihood-ratio test of a straight line"),
            (Statistic.PROPORTIONALITY_P, proportional, "score test with 1 - Kaplan-Meier"),
        )
    ]
    rows = [*with_exact(rows[0], times, none="no exact test of a curve"), *rows[1:]]
    rows += [
        row(
            ANALYSIS,
            endpoint.name,
            statistic,
            None,
            method=method,
            note=missing or f"no one ratio: {name} is a spline",
            **keys,
        )
        for statistic in (
            Statistic.HAZARD_RATIO,
            Statistic.HR_LOWER,
            Statistic.HR_UPPER,
            Statistic.HR_P,
        )
    ]
    if isinstance(found, str):
        return rows
    for level in quantity_spline.grid(levels):
        ratio = found.ratio(level, reference, parameters)
        rows += [
            row(
                ANALYSIS,
                endpoint.name,
                statistic,
                value,
                variable_level=plain(level),
                method=f"{method}, against {plain(reference)} {unit}".rstrip(),
                **keys,
            )
            for statistic, value in (
                (Statistic.HAZARD_RATIO, ratio.value),
                (Statistic.HR_LOWER, ratio.lower),
                (Statistic.HR_UPPER, ratio.upper),
            )
        ]
    return rows
