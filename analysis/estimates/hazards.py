"""Cox regression beyond one factor at a time: all together, shrunken, over time.

Sensitivity analyses of Table 5. Patients are intervals `(start, stop]` of follow-up, so that one
regression serves factors known from the start and those that change on the way.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lifelines import CoxTimeVaryingFitter
from scipy.optimize import linprog
from scipy.stats import chi2, norm

from analysis.cohort.model import Cohort
from analysis.estimates.landmark import known_from
from analysis.estimates.prognosis import endpoints_of, factors_of, times_by
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import NO_ESTIMATE, Estimate
from analysis.parameters import Parameters

MULTIVARIABLE = "sensitivity_cox_multivariable"
PENALISED = "sensitivity_cox_penalised"
PROPORTIONALITY = "sensitivity_proportional_hazards"
TIME_VARYING = "sensitivity_time_varying"

# The precision of a normal prior of log hazard ratios, by which 95 % of hazard ratios lie between
# a quarter and four: weak, but enough where a model has few events for each factor.
# Greenland S. Int J Epidemiol 2006;35:765-75.
RIDGE = 2.0

NOT_ESTIMABLE = "not estimable: a combination of factors orders all events, or tells nothing new"

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Intervals:
    """Follow-up in pieces, each with what is known of the patient during it.

    Attributes
    ----------
    start, stop
        Days, shape (n,): at risk after `start` until and with `stop`.
    event
        Whether the piece ends in the event, shape (n,).
    covariates
        Columns are numbers, shape (n, p).
    """

    start: _Numbers
    stop: _Numbers
    event: npt.NDArray[np.bool_]
    covariates: pd.DataFrame


@dataclass(frozen=True)
class Cox:
    """Coefficients of a Cox regression, shape (p,), and their covariances, shape (p, p)."""

    coefficients: _Numbers
    covariances: _Numbers

    def ratio(self, position: int, parameters: Parameters) -> Estimate:
        """Give a hazard ratio with its Wald interval."""
        half = norm.ppf((1 + parameters.confidence) / 2) * self._error(position)
        coefficient = self.coefficients[position]
        return Estimate(
            *(
                float(np.exp(value))
                for value in (coefficient, coefficient - half, coefficient + half)
            )
        )

    def p_value(self, position: int) -> float:
        """Give the two-sided p value of Wald's test that a hazard ratio is 1."""
        return float(2 * norm.sf(abs(self.coefficients[position]) / self._error(position)))

    def _error(self, position: int) -> float:
        return float(np.sqrt(self.covariances[position, position]))


def from_start(times: pd.DataFrame, covariates: pd.DataFrame) -> Intervals:
    """Give the follow-up of patients of whom everything is known from time zero.

    Parameters
    ----------
    times
        One row a patient: `days` (whole) and `event` (bool).
    covariates
        Numbers, one row a patient in the same order.
    """
    days = times["days"].to_numpy(dtype=np.float64)
    # Day 0 is an interval of half a day: it comes before all others, and nothing happens between.
    return Intervals(
        np.zeros_like(days),
        np.where(days > 0, days, 0.5),
        times["event"].to_numpy(dtype=bool),
        covariates.reset_index(drop=True).astype(np.float64),
    )


def from_change(times: pd.DataFrame) -> Intervals:
    """Give the follow-up of patients who may enter the group `yes` on the way.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool), `level` (`yes` or `no`, in the end)
        and `known` (the day from which it holds; missing: from the start).

    Returns
    -------
    Intervals
        The covariate `yes` is 0 until the patient enters the group, and 1 after that day. The
        event of the day itself belongs to the time before.

    References
    ----------
    Mantel N, Byar DP. J Am Stat Assoc 1974;69:81-6.
    """
    whole = from_start(times, pd.DataFrame({"yes": times["level"].eq("yes").to_numpy()}))
    in_the_end = whole.covariates["yes"].to_numpy()
    change = times["known"].fillna(0).to_numpy(dtype=np.float64)
    parted = (in_the_end == 1) & (change > 0) & (change < whole.stop)
    never = (in_the_end == 1) & (change >= whole.stop)
    first = Intervals(
        whole.start,
        np.where(parted, change, whole.stop),
        whole.event & ~parted,
        pd.DataFrame({"yes": np.where(parted | never, 0.0, in_the_end)}),
    )
    return Intervals(
        np.concatenate([first.start, change[parted]]),
        np.concatenate([first.stop, whole.stop[parted]]),
        np.concatenate([first.event, whole.event[parted]]),
        pd.concat(
            [first.covariates, pd.DataFrame({"yes": np.ones(parted.sum())})], ignore_index=True
        ),
    )


def is_estimable(intervals: Intervals) -> bool:
    """Tell whether the partial likelihood has one maximum, in every direction.

    It has none when some combination of the covariates is at every event as large for the
    patient who has it as for anybody at risk, and is larger once; it has many when a combination
    is the same for all at risk at every event.

    References
    ----------
    Jacobsen M. Scand J Stat 1989;16:335-49. Bryson MC, Johnson ME. Technometrics 1981;23:381-3.
    """
    covariates = intervals.covariates.to_numpy()
    ahead = [
        covariates[who] - covariates[(intervals.start < day) & (intervals.stop >= day)]
        for who in np.flatnonzero(intervals.event)
        for day in [intervals.stop[who]]
    ]
    if not ahead:
        return False
    differences = np.unique(np.concatenate(ahead), axis=0)
    p = covariates.shape[1]
    if np.linalg.matrix_rank(differences) < p:
        return False
    # The likelihood rises for ever along a direction in which no difference is below 0. Whether
    # there is one is a linear programme; its box only keeps the answer finite.
    found = linprog(
        -differences.sum(axis=0),
        A_ub=-differences,
        b_ub=np.zeros(len(differences)),
        bounds=[(-1, 1)] * p,
    )
    return bool(-found.fun < 1e-6)


def cox(intervals: Intervals, ridge: float = 0.0) -> Cox | None:
    """Fit a Cox regression, ties after Efron.

    Parameters
    ----------
    intervals
        The patients' follow-up.
    ridge
        The penalty: half of it times the sum of squares of the coefficients is taken from the
        log partial likelihood. It is the precision of a normal prior of each of them.

    Returns
    -------
    Cox
        As R's `coxph`, and `coxph(... ~ ridge(..., theta = ridge, scale = FALSE))`, whose
        covariances are those called `var`, the inverse of the penalised information. None when
        nothing can be estimated: see `is_estimable`; a penalised fit needs only one event, and
        covariates that are not constant.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Verweij PJ, van Houwelingen HC. Stat Med
    1994;13:2427-36.
    """
    spread = intervals.covariates.std()
    possible = intervals.event.any() and bool((spread > 0).all())
    if not possible or (ridge == 0 and not is_estimable(intervals)):
        return None
    # lifelines penalises coefficients of standardised covariates, in units of the number of rows.
    penalizer = ridge / (len(intervals.stop) * spread.to_numpy() ** 2)
    model = CoxTimeVaryingFitter(penalizer=penalizer if ridge else 0.0)
    with warnings.catch_warnings():
        # lifelines guesses at separation from variances; is_estimable has decided it.
        warnings.simplefilter("ignore")
        model.fit(
            intervals.covariates.assign(
                start=intervals.start, stop=intervals.stop, event=intervals.event
            ),
            event_col="event",
            # Full Newton steps to the last digits; the defaults stop after about four.
            fit_options={"step_size": 1.0, "precision": 1e-20, "r_precision": 0.0},
        )
    return Cox(model.params_.to_numpy(), model.variance_matrix_.to_numpy())


@dataclass(frozen=True)
class Proportionality:
    """P values that hazards are proportional: of each covariate, shape (p,), and of all."""

    each: _Numbers
    all: float


def proportionality(intervals: Intervals, fitted: Cox | None) -> Proportionality:
    """Test whether hazard ratios stay the same over time.

    Parameters
    ----------
    intervals
        The patients' follow-up.
    fitted
        From `cox`, without penalty; None, when nothing was estimable, gives nan.

    Returns
    -------
    Proportionality
        The score test of adding each covariate times 1 - S(t), S the Kaplan-Meier estimate just
        before t: R's `cox.zph` from `survival` 3.0 on, with its default transformation. nan
        where time tells nothing apart, as with all events on one day.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-26. Therneau TM, Grambsch PM. Modeling
    Survival Data, 2000, section 6.2.
    """
    # Written out because lifelines' proportional_hazard_test is the approximation of 1994, which
    # R gave before version 3.0 of survival: one average variance in place of that of each day.
    covariates = intervals.covariates.to_numpy()
    if fitted is None:
        return Proportionality(np.full(covariates.shape[1], np.nan), float("nan"))
    risk = np.exp((covariates - covariates.mean(axis=0)) @ fitted.coefficients)
    p = covariates.shape[1]
    score = np.zeros(p)
    plain, mixed, squared = np.zeros((3, p, p))
    surviving = 1.0
    for day in np.unique(intervals.stop[intervals.event]):
        at_risk = (intervals.start < day) & (intervals.stop >= day)
        had = intervals.event & (intervals.stop == day)
        passed = 1 - surviving
        mean, information = _efron(covariates, risk, at_risk, had)
        score += passed * (covariates[had].sum(axis=0) - mean)
        plain += information
        mixed += passed * information
        squared += passed**2 * information
        surviving *= 1 - had.sum() / at_risk.sum()
    variance = squared - mixed @ np.linalg.solve(plain, mixed)
    # What is left of a variance that is none is some 1e-16 of what it was taken from.
    varies = np.diag(variance) > 1e-9 * np.diag(squared)
    each = np.where(varies, score**2 / np.where(varies, np.diag(variance), 1), np.nan)
    together = float("nan")
    if varies.all() and np.linalg.matrix_rank(variance, tol=1e-9 * squared.max()) == p:
        together = float(score @ np.linalg.solve(variance, score))
    return Proportionality(chi2.sf(each, 1), float(chi2.sf(together, p)))


def _efron(
    covariates: _Numbers,
    risk: _Numbers,
    at_risk: npt.NDArray[np.bool_],
    had: npt.NDArray[np.bool_],
) -> tuple[_Numbers, _Numbers]:
    """Give the expected sum of covariates of a day's events, and its variance."""
    events, p = int(had.sum()), covariates.shape[1]
    expected, variance = np.zeros(p), np.zeros((p, p))
    for earlier in range(events):
        # Of tied events those that came first have left the risk set, each with equal chance.
        weight = risk * (at_risk - had * earlier / events)
        weight = weight / weight.sum()
        mean = weight @ covariates
        centred = covariates - mean
        expected += mean
        variance += (centred * weight[:, np.newaxis]).T @ centred
    return expected, variance


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate Cox regressions of all factors of Table 5 together, and of treatment mode in time.

    Returns
    -------
    DataFrame
        The estimates table. `analysis_id` sensitivity_cox_multivariable: every factor, of patients
        in whom all are recorded; with `events_per_factor`. sensitivity_cox_penalised: the same with
        a weak prior (`RIDGE`). sensitivity_proportional_hazards: each factor alone.
        sensitivity_time_varying: concurrent treatment from the day on which it became so.
    """
    rows: list[dict[str, Any]] = []
    for endpoint in endpoints_of(cohort):
        rows += _together(cohort, endpoint, parameters)
        for factor in factors_of(cohort):
            rows += _alone(cohort, factor, endpoint)
        if "concurrent" in factors_of(cohort) and cohort.records("time_zero"):
            rows += _over_time(cohort, endpoint, parameters)
    return to_table(rows)


def _together(cohort: Cohort, endpoint: str, parameters: Parameters) -> list[dict[str, Any]]:
    factors = factors_of(cohort)
    columns = [f"factor_{name}" for name in factors]
    times = cohort.time_to_event[cohort.time_to_event["endpoint"] == endpoint]
    complete = times.join(cohort.patients[columns], on="patient_id").dropna(subset=columns)
    # A factor that all have, or none, tells nothing apart.
    varied = [name for name in factors if complete[f"factor_{name}"].nunique() > 1]
    if not varied:
        return []
    intervals = from_start(
        complete, pd.DataFrame({name: complete[f"factor_{name}"].eq("yes") for name in varied})
    )
    n, events = len(complete), int(complete["event"].sum())
    rows = [
        row(MULTIVARIABLE, endpoint, "n", n, unit="patients", n=n),
        row(MULTIVARIABLE, endpoint, "events", events, unit="patients", n=n),
        row(MULTIVARIABLE, endpoint, "events_per_factor", events / len(varied), n=n),
    ]
    plain = cox(intervals)
    test = proportionality(intervals, plain)
    rows.append(
        row(
            MULTIVARIABLE,
            endpoint,
            "proportionality_p",
            test.all,
            method="score test of all factors with 1 - Kaplan-Meier",
            n=n,
            note=_note(plain, test.all),
        )
    )
    for position, factor in enumerate(varied):
        method = f"Cox regression of {len(varied)} factors, Efron ties"
        rows += _ratio_rows(MULTIVARIABLE, endpoint, factor, plain, position, method, n, parameters)
        rows.append(
            _proportionality_row(MULTIVARIABLE, endpoint, factor, plain, test.each[position], n)
        )
    shrunken = cox(intervals, RIDGE)
    method = f"Cox regression of {len(varied)} factors, Efron ties, ridge penalty {RIDGE:g}"
    for position, factor in enumerate(varied):
        rows += _ratio_rows(PENALISED, endpoint, factor, shrunken, position, method, n, parameters)
    return rows


def _alone(cohort: Cohort, factor: str, endpoint: str) -> list[dict[str, Any]]:
    times = times_by(cohort, f"factor_{factor}", endpoint)
    intervals = from_start(times, pd.DataFrame({factor: times["level"].eq("yes")}))
    fitted = cox(intervals)
    found = proportionality(intervals, fitted).each[0]
    return [_proportionality_row(PROPORTIONALITY, endpoint, factor, fitted, found, len(times))]


def _over_time(cohort: Cohort, endpoint: str, parameters: Parameters) -> list[dict[str, Any]]:
    known = known_from(cohort, "concurrent").rename("known")
    times = times_by(cohort, "factor_concurrent", endpoint).join(known, on="patient_id")
    return _ratio_rows(
        TIME_VARYING,
        endpoint,
        "concurrent",
        cox(from_change(times)),
        0,
        "Cox regression, Efron ties, from the day on which the second treatment begins",
        len(times),
        parameters,
    )


def _proportionality_row(
    analysis_id: str, endpoint: str, factor: str, fitted: Cox | None, p_value: float, n: int
) -> dict[str, Any]:
    return row(
        analysis_id,
        endpoint,
        "proportionality_p",
        p_value,
        group=factor,
        method="score test of the factor with 1 - Kaplan-Meier",
        n=n,
        note=_note(fitted, p_value),
    )


def _note(fitted: Cox | None, value: float) -> str:
    if fitted is None:
        return NOT_ESTIMABLE
    return "too few days with events" if np.isnan(value) else ""


def _ratio_rows(
    analysis_id: str,
    endpoint: str,
    factor: str,
    fitted: Cox | None,
    position: int,
    method: str,
    n: int,
    parameters: Parameters,
) -> list[dict[str, Any]]:
    ratio = NO_ESTIMATE if fitted is None else fitted.ratio(position, parameters)
    p_value = None if fitted is None else fitted.p_value(position)
    return [
        row(
            analysis_id,
            endpoint,
            statistic,
            value,
            group=factor,
            method=method,
            n=n,
            note=NOT_ESTIMABLE if fitted is None else "",
        )
        for statistic, value in (
            ("hazard_ratio", ratio.value),
            ("hr_lower", ratio.lower),
            ("hr_upper", ratio.upper),
            ("hr_p", p_value),
        )
    ]
