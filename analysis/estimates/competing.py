"""Relapse with death as a competing risk: who relapses first, who dies without relapse.

A sensitivity analysis of in-field and out-of-field relapse, in which the article censors the
dead. The patients' times are whole days, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from analysis.cohort.model import Cohort
from analysis.estimates.prognosis import factors_of
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import DAYS_PER_MONTH, NO_ESTIMATE, Estimate, curve, rate
from analysis.parameters import Parameters

ANALYSIS = "sensitivity_competing_risks"
ENDPOINTS = ("IRFS", "ORFS")
CENSORED, RELAPSE, DEATH = "censored", "relapse", "death"

_Numbers = npt.NDArray[np.float64]


def first_events(time_to_event: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Give what happened first to each patient, relapse or death, and when.

    Parameters
    ----------
    time_to_event
        That of a cohort, with overall survival (OS).
    endpoint
        A relapse endpoint, IRFS or ORFS, in which death is censored.

    Returns
    -------
    DataFrame
        `patient_id`, `days` and `cause`: relapse, death or censored. Whoever died without the
        relapse has the day of death, however long before it relapse was last looked for.
    """
    relapse = time_to_event[time_to_event["endpoint"] == endpoint]
    deaths = time_to_event[time_to_event["endpoint"].eq("OS") & time_to_event["event"]]
    day_of_death = relapse["patient_id"].map(deaths.set_index("patient_id")["days"])
    relapsed, died = relapse["event"].to_numpy(dtype=bool), day_of_death.notna().to_numpy()
    days = np.where(died & ~relapsed, day_of_death, relapse["days"])
    return pd.DataFrame(
        {
            "patient_id": relapse["patient_id"],
            "days": days.astype(np.int64),
            "cause": np.select([relapsed, died], [RELAPSE, DEATH], CENSORED),
        }
    )


def incidence(first: pd.DataFrame, cause: str, parameters: Parameters) -> pd.DataFrame:
    """Estimate the cumulative incidence of one cause where the other competes with it.

    Parameters
    ----------
    first
        One row a patient: `days` (whole, not negative) and `cause` (censored, or the event).
    cause
        The event whose incidence is asked.
    parameters
        `ci_type` and `confidence` choose the pointwise interval.

    Returns
    -------
    DataFrame
        One row for each day on which somebody had an event or was censored: `days`, `at_risk`
        (just before the day), `incidence` (just after it, from 0 up to 1), `error` (its
        standard error), `lower`, `upper`; as R's `survfit` of a factor. Limits are nan where
        their transformation does not exist, at an incidence of 0 (log-log: or 1).

    Raises
    ------
    ValueError
        When there is no patient.

    References
    ----------
    Aalen OO, Johansen S. Scand J Stat 1978;5:141-50. Standard error: the infinitesimal
    jackknife (Jaeckel LA. Bell Labs Memorandum 72-1215-11, 1972).
    """
    if first.empty:
        raise ValueError("A cumulative incidence needs at least one patient.")
    # Written out because lifelines' AalenJohansenFitter moves tied times at random, and days tie.
    own = first["days"].to_numpy()[:, np.newaxis]
    days = np.unique(own)
    at_risk = (own >= days).astype(float)
    had_any = ((own == days) & first["cause"].ne(CENSORED).to_numpy()[:, np.newaxis]).astype(float)
    had_cause = had_any * first["cause"].eq(cause).to_numpy()[:, np.newaxis]
    left = at_risk.sum(axis=0)
    hazard_any, hazard = had_any.sum(axis=0) / left, had_cause.sum(axis=0) / left
    before = just_before(np.cumprod(1 - hazard_any), 1.0)

    # How the estimate moves with the weight of each patient (rows) until each day (columns). The
    # hazard is 1 on the last day alone, after which nobody is left whom it could move.
    surviving = np.where(hazard_any < 1, 1 - hazard_any, np.inf)
    of_log_survival = -np.cumsum((had_any - at_risk * hazard_any) / left / surviving, axis=1)
    of_survival = before * just_before(of_log_survival, 0.0)
    of_hazard = (had_cause - at_risk * hazard) / left
    influence = np.cumsum(before * of_hazard + of_survival * hazard, axis=1)
    found, error = np.cumsum(before * hazard), np.sqrt((influence**2).sum(axis=0))
    lower, upper = _limits(found, error, parameters)
    return pd.DataFrame(
        {
            "days": days,
            "at_risk": left.astype(np.int64),
            "incidence": found,
            "error": error,
            "lower": lower,
            "upper": upper,
        }
    )


def just_before(after: _Numbers, at_start: float) -> _Numbers:
    """Give each day (last axis) the value of the day before."""
    start = np.full((*after.shape[:-1], 1), at_start)
    return np.concatenate([start, after[..., :-1]], axis=-1)


def _limits(found: _Numbers, error: _Numbers, parameters: Parameters) -> tuple[_Numbers, _Numbers]:
    z = norm.ppf((1 + parameters.confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        if parameters.ci_type == "plain":
            lower, upper = found - z * error, found + z * error
        elif parameters.ci_type == "log":
            ratio = np.exp(z * error / found)
            lower, upper = found / ratio, found * ratio
        else:
            power = np.exp(z * error / found / -np.log(found))
            lower, upper = found**power, found ** (1 / power)
            lower, upper = (np.where(found < 1, limit, np.nan) for limit in (lower, upper))
    return np.clip(lower, 0, 1), np.clip(upper, 0, 1)


def incidence_at(curve: pd.DataFrame, days: float) -> Estimate:
    """Read a cumulative incidence and its limits off a curve, as proportions.

    Parameters
    ----------
    curve
        From `incidence`.
    days
        Days from time zero, whole or not.

    Returns
    -------
    Estimate
        nan beyond the last follow-up; 0 without limits before the first day of the curve.
    """
    if days > curve["days"].iloc[-1]:
        return NO_ESTIMATE
    at = int(curve["days"].searchsorted(days, side="right")) - 1
    if at < 0:
        return Estimate(0.0, float("nan"), float("nan"))
    return Estimate(*(float(curve[column].iloc[at]) for column in ("incidence", "lower", "upper")))


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate who relapses and who dies without relapse, for all patients and by factor.

    At each of `rate_months`, in %: `relapse` and `death` compete, so that with `event_free` they
    are 100; `relapse_death_censored` is what the article's endpoint says, that censors the dead.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` sensitivity_competing_risks, `variable_level` the
        month. Without overall survival, or a relapse endpoint, there are no rows.
    """
    present = cohort.endpoints()
    rows: list[dict[str, Any]] = []
    for endpoint in ENDPOINTS:
        if endpoint not in present or "OS" not in present:
            continue
        first = first_events(cohort.time_to_event, endpoint).set_index("patient_id")
        alone = cohort.time_to_event.query("endpoint == @endpoint").set_index("patient_id")
        for keys, ids in _groups(cohort):
            of_group = first[first.index.isin(ids)]
            if not of_group.empty:
                censored = alone[alone.index.isin(ids)]
                rows += _group_rows(of_group, censored, endpoint, parameters, keys)
    return to_table(rows)


def _groups(cohort: Cohort) -> Iterator[tuple[dict[str, str], pd.Index]]:
    """Give all patients, then those of each level of each factor."""
    yield {"group": "", "group_level": ""}, cohort.patients.index
    for factor in factors_of(cohort):
        levels = cohort.patients[f"factor_{factor}"]
        for level in ("yes", "no"):
            yield {"group": factor, "group_level": level}, levels.index[levels == level]


def _group_rows(
    first: pd.DataFrame,
    censored: pd.DataFrame,
    endpoint: str,
    parameters: Parameters,
    keys: dict[str, str],
) -> list[dict[str, Any]]:
    competing = "Aalen-Johansen"
    limit = f"{competing}, {parameters.ci_type} {100 * parameters.confidence:g}% interval"
    curves = {cause: incidence(first, cause, parameters) for cause in (RELAPSE, DEATH)}
    alone = curve(censored, parameters)
    rows: list[dict[str, Any]] = []
    for month in parameters.rate_months:
        day = month * DAYS_PER_MONTH
        found = {cause: incidence_at(curves[cause], day) for cause in curves}
        statistics = [
            (cause + suffix, value, method)
            for cause, estimated in found.items()
            for suffix, value, method in (
                ("", estimated.value, competing),
                ("_lower", estimated.lower, limit),
                ("_upper", estimated.upper, limit),
            )
        ]
        statistics += [
            ("event_free", 1 - sum(estimated.value for estimated in found.values()), competing),
            (
                "relapse_death_censored",
                1 - rate(alone, day).value,
                "1 - Kaplan-Meier, death censored",
            ),
        ]
        rows += [
            row(
                ANALYSIS,
                endpoint,
                statistic,
                100 * value,
                variable_level=month,
                unit="%",
                method=method,
                n=len(first),
                note=_missing(statistic) if np.isnan(value) else "",
                **keys,
            )
            for statistic, value, method in statistics
        ]
    return rows


def _missing(statistic: str) -> str:
    is_limit = statistic.endswith(("_lower", "_upper"))
    return "no interval" if is_limit else "beyond the last follow-up"
