"""In-field and out-of-field relapse by prognostic factor."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.derive import RELAPSE_ENDPOINTS
from analysis.cohort.model import Cohort
from analysis.estimates.competing import RELAPSE, causes
from analysis.estimates.factors import column_of, factors_of, times_by
from analysis.estimates.gray import gray_test
from analysis.estimates.log_rank import log_rank
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import times_chosen
from analysis.parameters import Parameters

ANALYSIS = "relapse_factors"


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Compare relapse between patients with and without each prognostic factor.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` relapse_factors, `group` the factor: patients and
        events by level, and the p value of the log-rank test, or of Gray's where `relapse_death`
        says that death competes. Without times of relapse there are no rows.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in RELAPSE_ENDPOINTS:
        if endpoint in cohort.endpoints():
            for factor in factors_of(cohort):
                times = times_by(cohort, column_of(factor), endpoint)
                rows += _factor_rows(times, factor, endpoint, parameters)
    return to_table(rows)


def _factor_rows(
    times: pd.DataFrame, factor: str, endpoint: str, parameters: Parameters
) -> list[dict[str, Any]]:
    rows = []
    for level in ("yes", "no"):
        of_level = times[times["level"] == level]
        keys: dict[str, Any] = {"group": factor, "group_level": level, "n": len(of_level)}
        counts = {"n": len(of_level), "events": int(of_level["event"].sum())}
        rows += [
            row(ANALYSIS, endpoint, statistic, count, unit="patients", **keys)
            for statistic, count in counts.items()
        ]
    if parameters.relapse_death == "competing":
        test, method = gray_test(causes(times), RELAPSE), "Gray's test"
    else:
        test, method = log_rank(times), "log-rank test"
    p = row(
        ANALYSIS,
        endpoint,
        "p_value",
        test.p_value,
        group=factor,
        method=method + times_chosen(endpoint, parameters),
        n=len(times),
        note=test.note,
    )
    return [*rows, p]
