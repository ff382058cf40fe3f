"""Prognostic factors, one at a time: medians by level, log-rank test, Cox hazard ratio."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from lifelines import CoxPHFitter
from lifelines.statistics import multivariate_logrank_test

from analysis.cohort.model import Cohort
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import NO_ESTIMATE, Estimate, curve, summary_rows
from analysis.parameters import Parameters

ICI_REGIMEN = "ici_regimen"


# Yes or no questions about a patient before or during treatment, in the order of Table 5; the
# column `factor_<name>` of `Cohort.patients` answers them.
FACTORS = (
    "male",
    "age_under_60",
    "alcohol_use",
    "viral_hepatitis",
    "cirrhosis",
    "afp_under_1000",
    "tumours_5_or_more",
    "extrahepatic_metastasis",
    "pvtt",
    "vp4",
    "prior_ici",
    "concurrent",
    "rt_intrahepatic",
    "sbrt",
    "eqd2_under_60",
    "targeted_therapy",
)

# What is asked where a dataset records only part of what a factor of Table 5 needs.
STAND_INS = {"viral_hepatitis": "hepatitis_b", "afp_under_1000": "afp_group"}


def factors_of(cohort: Cohort) -> list[str]:
    """Give the factors that the cohort records, in the order of Table 5."""
    asked = [
        name if cohort.records(f"factor_{name}") else STAND_INS.get(name, name) for name in FACTORS
    ]
    return [name for name in asked if cohort.records(f"factor_{name}")]


def endpoints_of(cohort: Cohort) -> list[str]:
    """Give the endpoints of Table 5; where PFS is not recorded, RFS stands in for it."""
    present = cohort.endpoints()
    second = "PFS" if "PFS" in present else "RFS"
    return [endpoint for endpoint in ("OS", second) if endpoint in present]


@dataclass(frozen=True)
class LogRank:
    """A log-rank test; nan with a note when the data cannot decide anything."""

    statistic: float
    degrees_of_freedom: int
    p_value: float
    note: str = ""


@dataclass(frozen=True)
class HazardRatio:
    """A Cox hazard ratio with Wald interval and p value; nan with a note when not estimable."""

    ratio: Estimate
    p_value: float
    note: str = ""


def log_rank(times: pd.DataFrame) -> LogRank:
    """Test whether the hazard differs between groups of patients.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool) and `level` (the group).

    Returns
    -------
    LogRank
        As R's `survdiff`: a group that nobody is left in at the first event is left out.

    References
    ----------
    Mantel N. Cancer Chemother Rep 1966;50:163-70. Peto R, Peto J. J R Stat Soc A 1972;135:185-207.
    """
    at_risk, events = at_each_event(times)
    decisive = (at_risk > 0).sum(axis=1).gt(1) & (events.sum(axis=1) < at_risk.sum(axis=1))
    if not decisive.any():
        return LogRank(float("nan"), 0, float("nan"), "no event while two groups were at risk")
    exposed = at_risk.columns[at_risk.gt(0).any()]
    tested = times[times["level"].isin(exposed)]
    # Codes in place of names: lifelines builds column names from them.
    codes = tested["level"].map({level: code for code, level in enumerate(exposed)})
    result = multivariate_logrank_test(
        tested["days"].to_numpy(), codes.to_numpy(dtype=int), tested["event"].to_numpy(dtype=bool)
    )
    return LogRank(float(result.test_statistic), len(exposed) - 1, float(result.p_value))


def hazard_ratio(times: pd.DataFrame, level: str, parameters: Parameters) -> HazardRatio:
    """Estimate the hazard of one level relative to all others, by Cox regression.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool) and `level` (the group).
    level
        The level whose hazard is the numerator.
    parameters
        `confidence` of the Wald interval.

    Returns
    -------
    HazardRatio
        Ties after Efron, as R's `coxph`. nan when the partial likelihood has no maximum.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-65.
    """
    indicator = (times["level"] == level).to_numpy()
    at_risk, events = at_each_event(times.assign(level=indicator))
    shared = events[(at_risk > 0).sum(axis=1) > 1].sum()
    # With one covariate of two values the log partial likelihood is concave, and it rises for
    # ever in one direction exactly when either group has no event in front of the other.
    if (shared.reindex([True, False], fill_value=0) == 0).any():
        note = "not estimable: no events in one group while both were at risk"
        return HazardRatio(NO_ESTIMATE, float("nan"), note)
    model = CoxPHFitter(alpha=1 - parameters.confidence)
    with warnings.catch_warnings():
        # lifelines guesses at separation from variances; the check above has decided it.
        warnings.simplefilter("ignore")
        model.fit(
            pd.DataFrame(
                {
                    "days": times["days"].to_numpy(dtype=float),
                    "event": times["event"].to_numpy(dtype=bool),
                    "level": indicator.astype(float),
                }
            ),
            duration_col="days",
            event_col="event",
            # Full Newton steps to the last digits; the defaults stop after about four.
            fit_options={"step_size": 1.0, "precision": 1e-20, "r_precision": 0.0},
        )
    coefficient = model.summary.loc["level"]
    return HazardRatio(
        Estimate(
            float(np.exp(coefficient["coef"])),
            *(float(limit) for limit in np.exp(model.confidence_intervals_.loc["level"])),
        ),
        float(coefficient["p"]),
    )


def at_each_event(times: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count patients at risk and events, by level, on each day with events.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool) and `level` (the group).

    Returns
    -------
    tuple of DataFrame
        Patients at risk just before the day, and events on it: one row a day with events, in
        order, and one column a level.
    """
    days, event = times["days"].to_numpy(), times["event"].to_numpy(dtype=bool)
    levels = pd.Categorical(times["level"].to_numpy())
    event_days = np.unique(days[event])
    at_risk, events = np.zeros((2, len(event_days), len(levels.categories)), dtype=np.int64)
    for code in range(len(levels.categories)):
        member = levels.codes == code
        at_risk[:, code] = member.sum() - _until(event_days, days[member], "left")
        dying = days[member & event]
        events[:, code] = _until(event_days, dying, "right") - _until(event_days, dying, "left")
    return (
        pd.DataFrame(at_risk, columns=levels.categories),
        pd.DataFrame(events, columns=levels.categories),
    )


def _until(
    event_days: npt.NDArray[Any], days: npt.NDArray[Any], side: Literal["left", "right"]
) -> npt.NDArray[np.int64]:
    # How many of the days come before each event day, or (right) not after it. By sorting: days
    # against event days, pair by pair, would not fit in memory for a million patients.
    return np.sort(days).searchsorted(event_days, side=side)


def group_curves(
    cohort: Cohort, column: str, endpoint: str, parameters: Parameters
) -> dict[str, pd.DataFrame]:
    """Give the survival curve of each level of any categorical column of the patients.

    Returns
    -------
    dict
        Level to curve (see `survival.curve`), in the order of the levels, for levels that
        have patients with this endpoint.

    Raises
    ------
    ValueError
        When the cohort has no such column or no such endpoint.
    """
    if not cohort.records(column):
        raise ValueError(f"{cohort.name} does not record {column!r}, so it has no curves by it.")
    if endpoint not in cohort.endpoints():
        raise ValueError(f"{cohort.name} has no endpoint {endpoint!r}.")
    times = times_by(cohort, column, endpoint)
    return {
        str(level): curve(group, parameters)
        for level, group in times.groupby("level", observed=True, sort=True)
    }


def times_by(cohort: Cohort, column: str, endpoint: str) -> pd.DataFrame:
    """Give the times of one endpoint with the level of a column.

    Returns
    -------
    DataFrame
        `patient_id`, `days`, `event` and `level`, for patients for whom the column is recorded.
    """
    of_endpoint = cohort.time_to_event[cohort.time_to_event["endpoint"] == endpoint]
    levels = cohort.patients[column].rename("level")
    times = of_endpoint[["patient_id", "days", "event"]].join(levels, on="patient_id")
    return times.dropna(subset="level")


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate every prognostic factor of Table 5, and outcome by ICI regimen.

    Overall survival, and progression-free survival or, where that is not recorded,
    recurrence-free survival. Hazard ratios are of yes against no.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` prognosis, `group` the factor. What a dataset does
        not record has no rows; what cannot be estimated is nan with a note.
    """
    endpoints = endpoints_of(cohort)
    rows: list[dict[str, Any]] = []
    for factor in factors_of(cohort):
        for endpoint in endpoints:
            times = times_by(cohort, f"factor_{factor}", endpoint)
            rows += _level_rows(times, factor, ["yes", "no"], endpoint, parameters)
            rows += _hazard_ratio_rows(times, factor, endpoint, parameters)
    if cohort.records(ICI_REGIMEN):
        for endpoint in endpoints:
            times = times_by(cohort, ICI_REGIMEN, endpoint)
            levels = list(cohort.patients[ICI_REGIMEN].cat.categories)
            rows += _level_rows(times, ICI_REGIMEN, levels, endpoint, parameters)
    return to_table(rows)


def _level_rows(
    times: pd.DataFrame, group: str, levels: list[str], endpoint: str, parameters: Parameters
) -> list[dict[str, Any]]:
    rows = [
        statistic
        for level in levels
        for statistic in summary_rows(
            times[times["level"] == level],
            endpoint,
            parameters,
            group=group,
            group_level=level,
            analysis_id="prognosis",
        )
    ]
    test = log_rank(times)
    rows.append(
        row(
            "prognosis",
            endpoint,
            "p_value",
            test.p_value,
            group=group,
            method="log-rank test",
            n=len(times),
            note=test.note,
        )
    )
    return rows


def _hazard_ratio_rows(
    times: pd.DataFrame, group: str, endpoint: str, parameters: Parameters
) -> list[dict[str, Any]]:
    found = hazard_ratio(times, "yes", parameters)
    values = {
        "hazard_ratio": found.ratio.value,
        "hr_lower": found.ratio.lower,
        "hr_upper": found.ratio.upper,
        "hr_p": found.p_value,
    }
    return [
        row(
            "prognosis",
            endpoint,
            statistic,
            value,
            group=group,
            method="Cox regression, Efron ties",
            n=len(times),
            note=found.note,
        )
        for statistic, value in values.items()
    ]
