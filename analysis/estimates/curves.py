"""Survival curves, and what is read off them: medians, rates, numbers at risk.

Everything follows the conventions of R's `survival` package, which most readers will compare
with; `tests/reference/` holds its values. Days are those from time zero, whole or not: an event at
a time counts in the rate at that time, and whoever's time it is was at risk just before it.

Where something competes with the event, a curve is 1 minus the Aalen-Johansen incidence of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lifelines import KaplanMeierFitter
from scipy.stats import norm

from analysis.estimates import bootstrap, bootstrap_curves, competing
from analysis.estimates.remembered import remembered
from analysis.estimates.rows import row
from analysis.estimates.weights import N, weights_of
from analysis.study.keys import Statistic
from analysis.study.months import DAYS_PER_MONTH, level_of
from analysis.study.parameters import Parameters

_Numbers = npt.NDArray[np.float64]

# Products of fractions that make exactly one half come out a few bits beside it; this is the
# tolerance of R's `survfit`.
_HALF_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True)
class Estimate:
    """A value with the limits of its confidence interval; nan where one does not exist."""

    value: float
    lower: float
    upper: float


NO_ESTIMATE = Estimate(float("nan"), float("nan"), float("nan"))


def curve(times: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Estimate a survival curve by the product-limit method.

    Parameters
    ----------
    times
        One row a patient: `days` (not negative), `event` (bool) and, where something
        competes with the event, `competing` (bool); the curve is then 1 minus the incidence of
        the event, from `competing.incidence`. With delayed entry, `start`: at risk after that day
        (-1, from the start). With `n` a row stands for so many patients (`weights`); there is
        then no late entry.
    parameters
        `ci_type` and `confidence` choose the pointwise interval, from Greenwood's variance; with
        `interval_source` "bootstrap" it holds the percentiles of the curves of bootstrap samples.

    Returns
    -------
    DataFrame
        One row for day 0 and for each day on which somebody had the event, was censored or entered:
        `days`, `at_risk` (patients just before the day), `events`, `censored`, `survival`
        (just after the day, from 1 down to 0), `lower`, `upper`. Survival on day 0 is 1 unless
        somebody had the event on day 0. The limits are nan at a survival of 0, and with log-log
        at a survival of 1 once anybody was censored, as in R: the transformation does not exist
        there.

    Raises
    ------
    ValueError
        When there is no patient, or a number of days or an event is missing or negative; or when
        something competes with the event, or samples are drawn, with delayed entry.

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-81. Intervals: Kalbfleisch JD, Prentice RL.
    The Statistical Analysis of Failure Time Data, 2nd ed., 2002, section 1.4.
    """
    if times.empty:
        raise ValueError("A survival curve needs at least one patient.")
    if times[["days", "event"]].isna().to_numpy().any() or (times["days"] < 0).any():
        raise ValueError("A survival curve needs days of 0 or more, and an event, for everybody.")
    late = "start" in times
    if late and N in times:
        raise ValueError("Who enters late is told one patient a row.")
    if late and (_competes(times) or parameters.interval_source == "bootstrap"):
        raise ValueError("There is no incidence, and no bootstrap, of patients who enter late.")
    if _competes(times):
        estimated = competing.event_free(competing.causes(times), parameters)
    else:
        estimated = (
            _of_late_entries(times[["start", "days", "event"]])
            if late
            else _product_limit(times[["days", "event", *([N] if N in times else [])]])
        )
        lower, upper = _limits(estimated, parameters)
        estimated = estimated.assign(lower=lower, upper=upper)
    if parameters.interval_source == "bootstrap":
        lower, upper = bootstrap.percentiles(_resampled(times, parameters)[1], parameters)
        # Day 0 is added where nobody's time ended on it; nobody has had the event then.
        added = np.ones(len(estimated) - len(lower))
        estimated = estimated.assign(
            lower=np.concatenate([added, lower]), upper=np.concatenate([added, upper])
        )
    return estimated


def _competes(times: pd.DataFrame) -> bool:
    return "competing" in times and bool(times["competing"].any())


def _resampled(times: pd.DataFrame, parameters: Parameters) -> tuple[_Numbers, _Numbers]:
    ended = times["event"].to_numpy(dtype=np.int64) * bootstrap_curves.EVENT
    if _competes(times):
        ended += times["competing"].to_numpy(dtype=np.int64) * bootstrap_curves.COMPETING
    days = times["days"].to_numpy(dtype=np.float64)
    return bootstrap_curves.resampled_curves(days, ended, parameters, weights_of(times))


@remembered
def _product_limit(times: pd.DataFrame) -> pd.DataFrame:
    # lifelines takes log(0) when the last patient has the event, and changes how numpy reports
    # that for the whole process; the context puts it back.
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = KaplanMeierFitter().fit(
            times["days"].to_numpy(dtype=np.float64),
            times["event"].to_numpy(dtype=bool),
            weights=weights_of(times),
        )
    table = fitted.event_table
    return pd.DataFrame(
        {
            "days": table.index.to_numpy(dtype=np.float64),
            "at_risk": table["at_risk"].to_numpy(dtype=np.int64),
            "events": table["observed"].to_numpy(dtype=np.int64),
            "censored": table["censored"].to_numpy(dtype=np.int64),
            "survival": fitted.survival_function_.iloc[:, 0].to_numpy(dtype=np.float64),
        }
    )


def _of_late_entries(times: pd.DataFrame) -> pd.DataFrame:
    """Estimate the curve of patients who enter on the way, conditional on being alive at entry.

    References
    ----------
    Tsai WY, Jewell NP, Wang MC. Biometrika 1987;74:883-6.
    """
    # Written out because lifelines refuses a curve when nobody is left at risk for a while, as
    # happens in small groups before most have entered; R's survfit goes on.
    start, end = (np.sort(times[column].to_numpy()) for column in ("start", "days"))
    days = np.unique(np.concatenate([[0], start[start >= 0], end]))
    # Who enters, or leaves, on a day does so after it.
    at_risk = start.searchsorted(days, side="left") - end.searchsorted(days, side="left")
    event = times["event"].to_numpy(dtype=bool)
    events, ended = (
        np.bincount(days.searchsorted(times["days"].to_numpy()[those]), minlength=len(days))
        for those in (event, np.ones(len(times), dtype=bool))
    )
    with np.errstate(invalid="ignore"):
        surviving = np.where(events > 0, 1 - events / at_risk, 1.0)
    return pd.DataFrame(
        {
            "days": days.astype(np.float64),
            "at_risk": at_risk,
            "events": events,
            "censored": ended - events,
            "survival": np.cumprod(surviving),
        }
    )


def _limits(estimated: pd.DataFrame, parameters: Parameters) -> tuple[_Numbers, _Numbers]:
    # Written out because lifelines offers the log-log interval alone; one formula a scale keeps
    # the three comparable.
    survival, at_risk, events = (
        estimated[column].to_numpy(dtype=np.float64) for column in ("survival", "at_risk", "events")
    )
    z = norm.ppf((1 + parameters.confidence) / 2)
    defined = survival > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        # The standard error of log survival, by Greenwood's formula.
        # Before the first late entry nobody is at risk, and nothing is added.
        terms = np.where(events > 0, events / (at_risk * (at_risk - events)), 0.0)
        error = z * np.sqrt(np.cumsum(terms))
        if parameters.ci_type == "plain":
            lower, upper = survival * (1 - error), survival * (1 + error)
        elif parameters.ci_type == "log":
            lower, upper = survival * np.exp(-error), survival * np.exp(error)
        else:
            power = np.exp(error / -np.log(survival))
            lower, upper = survival**power, survival ** (1 / power)
            # Before the first event only the row that is added for day 0 has limits, as in R.
            added = (estimated["days"] == 0) & (estimated["events"] + estimated["censored"] == 0)
            defined &= (survival < 1) | added.to_numpy()
    return (
        np.where(defined, np.clip(lower, 0, 1), np.nan),
        np.where(defined, np.clip(upper, 0, 1), np.nan),
    )


def median(curve: pd.DataFrame) -> Estimate:
    """Give the median survival of a curve and its confidence limits, in days.

    The median is the first day on which survival is at or below one half. When it stays at
    exactly one half until it drops further, it is the middle of that stretch. Each limit is
    read off the limits of the curve in the same way (Brookmeyer R, Crowley J. Biometrics
    1982;38:29-41), so that the lower limit of the curve gives the lower limit of the median.
    This is what R's `print` and `summary` of a `survfit` give. Its `quantile` differs where a
    curve ends at exactly one half, and where a log interval widens upwards.

    Returns
    -------
    Estimate
        In days; nan where it is not reached.
    """
    days = curve["days"].to_numpy(dtype=np.float64)
    heights = curve[["survival", "lower", "upper"]].to_numpy(dtype=np.float64).T
    return Estimate(*(float(day) for day in _days_at_half(days, heights)))


def median_of(times: pd.DataFrame, parameters: Parameters) -> Estimate:
    """Give the median survival of some patients and its confidence limits, in days.

    Parameters
    ----------
    times
        As for `curve`; at least one patient.
    parameters
        By formula the limits are those of `median`; by bootstrap, percentiles of the medians of
        bootstrap samples, in which a median that is not reached is later than any day.

    Returns
    -------
    Estimate
        In days; nan where it is not reached.
    """
    by_formula = parameters.model_copy(update={"interval_source": "formula"})
    found = median(curve(times, by_formula))
    if parameters.interval_source == "formula":
        return found
    days, heights = _resampled(times, parameters)
    medians = _days_at_half(days, heights)
    later = np.where(np.isnan(medians), np.inf, medians)[:, np.newaxis]
    limits = (float(limit[0]) for limit in bootstrap.percentiles(later, parameters))
    lower, upper = (limit if np.isfinite(limit) else float("nan") for limit in limits)
    return Estimate(found.value, lower, upper)


def _days_at_half(days: _Numbers, heights: _Numbers) -> _Numbers:
    """Give the day at which each curve (rows) is down to one half; nan where it never is."""
    reached = heights < 0.5 + _HALF_TOLERANCE
    first = np.argmax(reached, axis=-1)
    at_first = np.take_along_axis(heights, first[..., np.newaxis], axis=-1)
    further = reached & (heights < at_first)
    level = (np.abs(at_first[..., 0] - 0.5) < _HALF_TOLERANCE) & further.any(axis=-1)
    middle = (days[first] + days[np.argmax(further, axis=-1)]) / 2
    return np.where(reached.any(axis=-1), np.where(level, middle, days[first]), np.nan)


def rate(curve: pd.DataFrame, days: float) -> Estimate:
    """Read survival and its confidence limits off a curve, as proportions.

    Parameters
    ----------
    curve
        From `curve`.
    days
        Days from time zero, 0 or more, whole or not.

    Returns
    -------
    Estimate
        nan beyond the last follow-up, where the curve says nothing; where nobody was censored
        last, nobody is left of whom anything could be unknown, and it stays as it ends (at 0, with
        limits that do not exist; as R's `summary(times = , extend = TRUE)`).
    """
    last = curve.iloc[-1]
    if days > last["days"] and last["censored"] > 0:
        return NO_ESTIMATE
    at = int(curve["days"].searchsorted(days, side="right")) - 1
    return Estimate(*(float(curve[column].iloc[at]) for column in ("survival", "lower", "upper")))


def numbers_at_risk(curve: pd.DataFrame, month_grid: Iterable[float]) -> list[int]:
    """Count the patients still under observation, without event, just before each month."""
    at_risk = [*curve["at_risk"], 0]
    return [
        int(at_risk[int(curve["days"].searchsorted(month * DAYS_PER_MONTH, side="left"))])
        for month in month_grid
    ]


def numbers_censored(curve: pd.DataFrame, month_grid: Iterable[float]) -> list[int]:
    """Count the patients who were censored before each month.

    With those at risk just before it, and those who had the event before it, they are all who
    entered.
    """
    censored = [0, *curve["censored"].cumsum()]
    return [
        int(censored[int(curve["days"].searchsorted(month * DAYS_PER_MONTH, side="left"))])
        for month in month_grid
    ]


def point_rows(estimated: pd.DataFrame, analysis_id: str, **keys: Any) -> list[dict[str, Any]]:
    """Give every point of a curve as rows of estimates, `variable_level` the day.

    Survival and its limits are in percent. `keys` are those of `rows.row`, `variable` among them.
    """
    columns = (
        (Statistic.SURVIVAL, "survival", "%", 100.0),
        (Statistic.SURVIVAL_LOWER, "lower", "%", 100.0),
        (Statistic.SURVIVAL_UPPER, "upper", "%", 100.0),
        (Statistic.AT_RISK, "at_risk", "patients", 1.0),
        (Statistic.EVENTS, "events", "patients", 1.0),
        (Statistic.CENSORED, "censored", "patients", 1.0),
    )
    return [
        row(
            analysis_id,
            statistic=statistic,
            value=point[column] * times,
            variable_level=level_of(point["days"]),
            unit=unit,
            **keys,
        )
        for point in estimated.to_dict("records")
        for statistic, column, unit, times in columns
    ]


def of_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the curve that `point_rows` wrote: the columns of `curve`."""
    wide = rows.pivot(index="variable_level", columns="statistic", values="value")
    wide.index = wide.index.astype("float64")
    wide = wide.sort_index()
    return pd.DataFrame(
        {
            "days": wide.index.to_numpy(),
            "at_risk": wide[Statistic.AT_RISK].to_numpy(dtype=np.int64),
            "events": wide[Statistic.EVENTS].to_numpy(dtype=np.int64),
            "censored": wide[Statistic.CENSORED].to_numpy(dtype=np.int64),
            "survival": wide[Statistic.SURVIVAL].to_numpy() / 100,
            "lower": wide[Statistic.SURVIVAL_LOWER].to_numpy() / 100,
            "upper": wide[Statistic.SURVIVAL_UPPER].to_numpy() / 100,
        }
    )
