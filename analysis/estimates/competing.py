"""Relapse with death as a competing risk: who relapses first, who dies without relapse.

The article censors the dead in in-field and out-of-field relapse; `relapse_death` has it
otherwise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from analysis.estimates.weights import N, number_of
from analysis.study.parameters import Parameters

CENSORED, RELAPSE, DEATH = "censored", "relapse", "death"
# Relapse where who dies is censored, as if the dead might have relapsed later.
RELAPSE_ALONE = "relapse, the dead censored"

_Numbers = npt.NDArray[np.float64]


def causes(times: pd.DataFrame) -> pd.DataFrame:
    """Give what ended the time of each patient: `cause` beside the columns of `times`.

    Parameters
    ----------
    times
        One row a patient: `days`, `event` (bool: relapse) and `competing` (bool: death).
    """
    ended = [times["event"].to_numpy(dtype=bool), times["competing"].to_numpy(dtype=bool)]
    return times.assign(cause=np.select(ended, [RELAPSE, DEATH], CENSORED))


def incidence(first: pd.DataFrame, cause: str, parameters: Parameters) -> pd.DataFrame:
    """Estimate the cumulative incidence of one cause where the other competes with it.

    Parameters
    ----------
    first
        One row a patient: `days` (not negative) and `cause` (censored, or the event). With `n` a
        row stands for so many patients (`weights`).
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
    # Written out because lifelines' AalenJohansenFitter moves tied times at random, and days tie;
    # SurPyval's standard error is Aalen's, which is 0.001 beside that of R's `survfit`; and
    # statsmodels' CumIncidenceRight, which has R's, has none on a day that takes all who are left.
    # Patients of the same day and cause move the estimate alike: one row for all of them.
    alike = _alike(first)
    weight = alike.to_numpy(dtype=np.float64)
    own = alike.index.get_level_values("days").to_numpy()[:, np.newaxis]
    ended_by = alike.index.get_level_values("cause").to_numpy()[:, np.newaxis]
    days = np.unique(own)
    at_risk = (own >= days).astype(float)
    had_any = ((own == days) & (ended_by != CENSORED)).astype(float)
    had_cause = had_any * (ended_by == cause)
    left = weight @ at_risk
    hazard_any, hazard = weight @ had_any / left, weight @ had_cause / left
    before = just_before(np.cumprod(1 - hazard_any), 1.0)

    # How the estimate moves with the weight of each patient (rows) until each day (columns). The
    # hazard is 1 on the last day alone, after which nobody is left whom it could move.
    surviving = np.where(hazard_any < 1, 1 - hazard_any, np.inf)
    of_log_survival = -np.cumsum((had_any - at_risk * hazard_any) / left / surviving, axis=1)
    of_survival = before * just_before(of_log_survival, 0.0)
    of_hazard = (had_cause - at_risk * hazard) / left
    influence = np.cumsum(before * of_hazard + of_survival * hazard, axis=1)
    found, error = np.cumsum(before * hazard), np.sqrt(weight @ influence**2)
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


def event_free(first: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Give the curve of those without relapse where death competes: 1 minus the incidence.

    Parameters
    ----------
    first
        As for `incidence`, with the causes relapse and death.
    parameters
        As for `incidence`.

    Returns
    -------
    DataFrame
        The columns of `survival.curve`; who died without relapse stays above the curve, and
        counts neither as an event nor as censored. Limits are 1 minus those of the incidence.
    """
    found = incidence(first, RELAPSE, parameters)
    counts = _alike(first).unstack("cause", fill_value=0).reindex(found["days"])
    estimated = pd.DataFrame(
        {
            "days": found["days"],
            "at_risk": found["at_risk"],
            **{
                name: counts[cause].to_numpy() if cause in counts else 0
                for name, cause in (("events", RELAPSE), ("censored", CENSORED))
            },
            "survival": 1 - found["incidence"],
            "lower": 1 - found["upper"],
            "upper": 1 - found["lower"],
        }
    )
    if estimated["days"].iloc[0] == 0:
        return estimated
    start = pd.DataFrame(
        {
            "days": [0],
            "at_risk": [number_of(first)],
            "events": [0],
            "censored": [0],
            "survival": [1.0],
            "lower": [1.0],
            "upper": [1.0],
        }
    )
    return pd.concat([start, estimated], ignore_index=True)


def _alike(first: pd.DataFrame) -> pd.Series:
    """Give how many patients have the same day and cause, by these."""
    by = ["days", "cause"]
    if N not in first:
        return first.groupby(by, observed=True).size()
    return first.groupby(by, observed=True)[N].sum()


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
