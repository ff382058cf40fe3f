"""Log-rank tests that weigh early deaths more, or compare patients within strata only.

Sensitivity analyses of Table 5: the plain log-rank test has most power where hazards are
proportional, and compares all patients with all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from analysis.cohort.model import Cohort
from analysis.estimates.prognosis import (
    LogRank,
    at_each_event,
    endpoints_of,
    factors_of,
    times_by,
)
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

ANALYSIS = "sensitivity_log_rank"
Weighting = Literal["none", "wilcoxon", "peto"]

# Where the disease had spread to: of the factors of Table 5 what trials of advanced
# hepatocellular carcinoma stratify by.
STRATA = ("extrahepatic_metastasis", "pvtt")

_Numbers = npt.NDArray[np.float64]


def weighted_log_rank(
    times: pd.DataFrame, weighting: Weighting = "none", strata: Sequence[str] = ()
) -> LogRank:
    """Test whether the hazard differs between two groups, by a weighted or stratified test.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool), `level` (`yes` or `no`), and the
        columns named by `strata`.
    weighting
        The weight of each day with events: `none` for the log-rank test; `wilcoxon` for the
        number at risk (Gehan, Breslow); `peto` for survival just before the day (Peto and Peto;
        the test of Harrington and Fleming with rho 1). Within a stratum, of that stratum.
    strata
        Patients are compared only with those of the same values.

    Returns
    -------
    LogRank
        As R's `survdiff(Surv(days, event) ~ level + strata(...), rho = )`, in which `peto` is
        rho 1. nan with a note when no event decides anything.

    References
    ----------
    Gehan EA. Biometrika 1965;52:203-23. Breslow N. Biometrika 1970;57:579-94. Peto R, Peto J.
    J R Stat Soc A 1972;135:185-207. Harrington DP, Fleming TR. Biometrika 1982;69:553-66.
    """
    # Written out because lifelines has no strata, and takes as Peto's weight another estimate of
    # survival than R, which most readers will compare with.
    parts = [rows for _, rows in times.groupby(list(strata), observed=True)] if strata else [times]
    sums = np.array([_excess_and_variance(part, weighting) for part in parts]).reshape(-1, 2)
    excess, variance = sums.sum(axis=0)
    if not variance > 0:
        where = " of a stratum" if strata else ""
        note = f"no event while two groups{where} were at risk"
        return LogRank(float("nan"), 0, float("nan"), note)
    statistic = float(excess**2 / variance)
    return LogRank(statistic, 1, float(chi2.sf(statistic, 1)))


def _excess_and_variance(times: pd.DataFrame, weighting: Weighting) -> tuple[float, float]:
    counts = at_each_event(times)
    (yes, all_left), (had_yes, had) = (
        (of_day.get("yes", 0 * total).to_numpy(dtype=np.float64), total.to_numpy(dtype=np.float64))
        for of_day in counts
        for total in [of_day.sum(axis=1)]
    )
    weight = _weight(weighting, all_left, had)
    share = yes / all_left
    # With one patient at risk nothing varies; the divisor is then of no account.
    hypergeometric = (
        had * share * (1 - share) * (all_left - had) / np.where(all_left > 1, all_left - 1, 1)
    )
    return (
        float((weight * (had_yes - had * share)).sum()),
        float((weight**2 * hypergeometric).sum()),
    )


def _weight(weighting: Weighting, at_risk: _Numbers, events: _Numbers) -> _Numbers:
    if weighting == "wilcoxon":
        return at_risk
    if weighting == "peto":
        return np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])[:-1]
    return np.ones_like(at_risk)


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Repeat the log-rank tests of Table 5 weighted and stratified.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` sensitivity_log_rank: `p_value_wilcoxon`,
        `p_value_peto`, and `p_value_stratified` by the recorded ones of `STRATA`, without the
        factor itself.
    """
    recorded = factors_of(cohort)
    rows: list[dict[str, Any]] = []
    for factor in recorded:
        strata = [f"factor_{name}" for name in STRATA if name in recorded and name != factor]
        by = " and ".join(name.removeprefix("factor_") for name in strata)
        for endpoint in endpoints_of(cohort):
            times = times_by(cohort, f"factor_{factor}", endpoint)
            within = times.join(cohort.patients[strata], on="patient_id").dropna(subset=strata)
            tests: list[tuple[str, str, pd.DataFrame, Weighting, list[str]]] = [
                ("p_value_wilcoxon", "Gehan-Breslow-Wilcoxon test", times, "wilcoxon", []),
                ("p_value_peto", "Peto-Peto test", times, "peto", []),
                (
                    "p_value_stratified",
                    f"log-rank test, stratified by {by}",
                    within,
                    "none",
                    strata,
                ),
            ]
            rows += [
                _test_row(factor, endpoint, *test) for test in (tests if strata else tests[:2])
            ]
    return to_table(rows)


def _test_row(
    factor: str,
    endpoint: str,
    statistic: str,
    method: str,
    times: pd.DataFrame,
    weighting: Weighting,
    strata: Sequence[str],
) -> dict[str, Any]:
    test = weighted_log_rank(times, weighting, strata)
    return row(
        ANALYSIS,
        endpoint,
        statistic,
        test.p_value,
        group=factor,
        method=method,
        n=len(times),
        note=test.note,
    )
