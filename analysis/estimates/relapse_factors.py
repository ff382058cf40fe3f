"""In-field and out-of-field relapse by prognostic factor."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates.competing import RELAPSE, causes
from analysis.estimates.factors import factors_of, left_out_rows, times_by
from analysis.estimates.gray import gray_test
from analysis.estimates.log_rank import log_rank
from analysis.estimates.remembered import remembered
from analysis.estimates.rows import row, to_table
from analysis.estimates.sparse import with_exact
from analysis.estimates.survival import times_chosen
from analysis.study.endpoints import Endpoint
from analysis.study.keys import Statistic
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

ANALYSIS = "relapse_factors"


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Compare relapse between the groups of each prognostic factor.

    Relapse is what the study's endpoints with a choice of what death is are about.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` relapse_factors, `group` the factor: patients and
        events by level, and the p value of the log-rank test, or of Gray's where death competes,
        with the exact one where events are few. Without times of relapse there are no rows.
    """
    rows: list[dict[str, Any]] = []
    for name in cohort.endpoints():
        endpoint = cohort.study.endpoint(name)
        if endpoint.death_choice:
            competes, chosen = endpoint.competes(parameters), times_chosen(endpoint, parameters)
            for factor in factors_of(cohort):
                # Whose times they are changes no number of these.
                times = times_by(cohort, factor.column, name).drop(columns="patient_id")
                rows += left_out_rows(cohort, factor, name, ANALYSIS)
                rows += _factor_rows(times, factor, endpoint, competes, chosen)
    return to_table(rows, estimate, cohort.stand_ins)


@remembered
def _factor_rows(
    times: pd.DataFrame, factor: Factor, endpoint: Endpoint, competes: bool, chosen: str
) -> list[dict[str, Any]]:
    """Give the rows of a factor; `chosen` says each choice about its times, for the method."""
    rows = []
    for level in factor.groups:
        of_level = times[times["level"] == level]
        keys: dict[str, Any] = {"group": factor.key, "group_level": level, "n": len(of_level)}
        counts = {Statistic.N: len(of_level), Statistic.EVENTS: int(of_level["event"].sum())}
        rows += [
            row(ANALYSIS, endpoint.name, statistic, count, unit="patients", **keys)
            for statistic, count in counts.items()
        ]
    if competes:
        test, method = gray_test(causes(times), RELAPSE), "Gray's test"
    else:
        test, method = log_rank(times), "log-rank test"
    p = row(
        ANALYSIS,
        endpoint.name,
        Statistic.P_VALUE,
        test.p_value,
        group=factor.key,
        method=method + chosen,
        n=len(times),
        note=test.note,
    )
    return rows + with_exact(p, times, competing=competes)
