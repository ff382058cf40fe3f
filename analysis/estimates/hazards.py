"""Cox regression of one factor, of all together, shrunken; and whether the ratio is constant.

Patients may be pieces of follow-up `(start, stop]`, so that one regression serves factors known
from the start and those that change on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from formulaic.transforms.cubic_spline import cubic_spline
from scipy.optimize import brentq, linprog, minimize
from scipy.special import expit, logit
from scipy.stats import chi2, norm

from analysis.estimates.curves import NO_ESTIMATE, Estimate
from analysis.estimates.risk_sets import RiskSets, count
from analysis.parameters import Parameters

ONE_SIDED = "not estimable: no events in one group while both were at risk"
NOT_ESTIMABLE = "not estimable: a combination of factors orders all events, or tells nothing new"
TOO_FEW_DAYS = "too few days with events"

# Of R's `plot.cox.zph`.
SMOOTH_FREEDOM = 4

# What is left of a variance that is none is some 1e-16 of what it was taken from.
_NOTHING = 1e-9

_Numbers = npt.NDArray[np.float64]
Weights = npt.NDArray[np.int64]

# One factor ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HazardRatio:
    """A Cox hazard ratio with Wald interval and p value; nan with a note when not estimable.

    `proportionality_p` is that of the test that the ratio is the same at all times.
    """

    ratio: Estimate
    p_value: float
    proportionality_p: float = float("nan")
    note: str = ""


def hazard_ratio(times: pd.DataFrame, level: str, parameters: Parameters) -> HazardRatio:
    """Estimate the hazard of one level relative to all others, by Cox regression.

    Parameters
    ----------
    times
        One row a patient: `days` (whole), `event` (bool) and `level` (the group). With a column
        `start`, a row is at risk only after that day.
    level
        The level whose hazard is the numerator.
    parameters
        `confidence` of the Wald interval.

    Returns
    -------
    HazardRatio
        Ties after Efron, as R's `coxph`, and the test of R's `cox.zph` (see `proportionality`).
        nan when the partial likelihood has no maximum.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-65.
    """
    sets = _two_groups(times, level)
    coefficient = _coefficient(sets)
    if not np.isfinite(coefficient):
        return HazardRatio(NO_ESTIMATE, float("nan"), note=ONE_SIDED)
    tied = _in_turn(sets)
    share = expit(coefficient + tied.log_odds)
    variance = share * (1 - share)
    fitted = Cox(np.array([coefficient]), np.array([[1 / variance.sum()]]))
    # See `proportionality`, of which this is the case of one covariate that is 0 or 1.
    passed = _passed(sets)
    both = _both(sets)
    score = passed[both] @ sets.events[both, 1] - passed[tied.day] @ share
    plain, mixed, squared = (
        float((passed[tied.day] ** power * variance).sum()) for power in (0, 1, 2)
    )
    left = squared - mixed**2 / plain
    varies = left > _NOTHING * squared
    return HazardRatio(
        fitted.ratio(0, parameters),
        fitted.p_value(0),
        float(chi2.sf(score**2 / left, 1)) if varies else float("nan"),
    )


def log_hazard_ratio(times: pd.DataFrame, level: str, weights: Weights | None = None) -> float:
    """Give the logarithm of `hazard_ratio` alone; where all events speak for one side, infinity.

    Parameters
    ----------
    times, level
        As for `hazard_ratio`.
    weights
        How often each row counts, shape (n,): its patient's number in a bootstrap sample.

    Returns
    -------
    float
        Minus infinity when nobody with the level, infinity when nobody without it, has the event
        while both are at risk; nan when there is no such event.
    """
    return _coefficient(_two_groups(times, level, weights))


def _two_groups(times: pd.DataFrame, level: str, weights: Weights | None = None) -> RiskSets:
    return count(
        times["days"].to_numpy(),
        times["event"].to_numpy(dtype=bool),
        times["level"].eq(level).to_numpy().astype(np.int64),
        (False, True),
        times["start"].to_numpy() if "start" in times else None,
        weights,
    )


@dataclass(frozen=True)
class _Turns:
    """Events one after another, while both groups are at risk: shape (events,).

    Attributes
    ----------
    day
        The position of the day in the risk sets.
    log_odds
        Of the group among those at risk, by their numbers alone.
    """

    day: npt.NDArray[np.int64]
    log_odds: _Numbers


def _both(sets: RiskSets) -> npt.NDArray[np.bool_]:
    return np.asarray((sets.at_risk > 0).all(axis=1))


def _in_turn(sets: RiskSets) -> _Turns:
    # Of tied events those that came first have left the risk set, each with equal chance (Efron).
    had = np.where(_both(sets), sets.events.sum(axis=1), 0)
    day = np.repeat(np.arange(len(had)), had)
    earlier = np.arange(len(day)) - np.repeat(had.cumsum() - had, had)
    left = sets.at_risk[day] - sets.events[day] * (earlier / had[day])[:, np.newaxis]
    return _Turns(day, np.log(left[:, 1]) - np.log(left[:, 0]))


def _coefficient(sets: RiskSets) -> float:
    """Find the log hazard ratio: infinite when the likelihood has no maximum, nan without events.

    With one covariate of two values the score is a sum of logistic functions: each event is in the
    group with the log odds of the group at risk plus the coefficient. It falls from the events in
    the group to less the others, so that it crosses nought once, if there are both, and the
    coefficient lies where the smallest and where the largest of the odds alone would have it.
    """
    # Written out because statsmodels' PHReg takes 30 ms for a fit of 100 patients, and lifelines
    # twice as long, where bootstrap samples ask for some ten thousand; this takes 0.2 ms.
    tied = _in_turn(sets)
    events, inside = len(tied.day), int(sets.events[_both(sets), 1].sum())
    if not events:
        return float("nan")
    if inside in (0, events):
        return float("inf") if inside else float("-inf")
    at_root = logit(inside / events)
    low, high = at_root - tied.log_odds.max(), at_root - tied.log_odds.min()
    return float(
        brentq(
            lambda coefficient: inside - expit(coefficient + tied.log_odds).sum(),
            low - 1e-3,
            high + 1e-3,
            xtol=1e-15,
            rtol=4 * np.finfo(float).eps,
        )
    )


def _passed(sets: RiskSets) -> _Numbers:
    """Give 1 less Kaplan-Meier survival just before each day."""
    surviving = np.cumprod(1 - sets.events.sum(axis=1) / sets.at_risk.sum(axis=1))
    return 1 - np.concatenate([[1.0], surviving])[: len(sets.days)]


def schoenfeld(times: pd.DataFrame, level: str = "yes") -> pd.DataFrame:
    """Give scaled Schoenfeld residuals: what each event says of the log hazard ratio at its time.

    Parameters
    ----------
    times, level
        As for `hazard_ratio`.

    Returns
    -------
    DataFrame
        One row an event, in the order of days: `days`, `passed` (1 less Kaplan-Meier survival just
        before the day, which is the time of `proportionality`), and `residual`, whose mean is the
        log hazard ratio; as `x` and `y` of R's `cox.zph`, from `survival` 3.0 on. Empty when the
        hazard ratio is not estimable.

    References
    ----------
    Schoenfeld D. Biometrika 1982;69:239-41. Grambsch PM, Therneau TM. Biometrika 1994;81:515-26.
    """
    sets = _two_groups(times, level)
    coefficient = _coefficient(sets)
    if not np.isfinite(coefficient):
        return pd.DataFrame({"days": [], "passed": [], "residual": []}, dtype=np.float64)
    tied = _in_turn(sets)
    share = expit(coefficient + tied.log_odds)
    had = sets.events.sum(axis=1)
    # While one group alone is at risk, an event in it is what was expected.
    expected = np.where(
        _both(sets),
        np.bincount(tied.day, share, minlength=len(had)) / had,
        sets.at_risk[:, 1] > 0,
    )
    scale = had.sum() / (share * (1 - share)).sum()
    day = np.repeat(np.arange(len(had)), had)
    inside = np.concatenate([np.repeat([1.0, 0.0], (yes, no)) for no, yes in sets.events])
    found = pd.DataFrame(
        {
            "days": sets.days[day],
            "passed": _passed(sets)[day],
            "residual": coefficient + scale * (inside - expected[day]),
        }
    )
    found.attrs["variance"] = float(scale)
    return found


def smoothed(residuals: pd.DataFrame, parameters: Parameters, points: int = 40) -> pd.DataFrame:
    """Give the log hazard ratio over time as a smooth curve through `schoenfeld` residuals.

    Parameters
    ----------
    residuals
        From `schoenfeld`.
    parameters
        `confidence` of the pointwise band.
    points
        How many times, evenly spaced in `passed`.

    Returns
    -------
    DataFrame
        `passed`, `days` (between those of the events), `log_hazard_ratio`, `lower` and `upper`: a
        natural cubic spline of 4 degrees of freedom by least squares, as R's `plot.cox.zph`
        draws. Empty when there are fewer than 5 days with events.

    References
    ----------
    Grambsch PM, Therneau TM. Biometrika 1994;81:515-26.
    """
    at = residuals["passed"].to_numpy()
    if len(np.unique(at)) <= SMOOTH_FREEDOM:
        names = ("passed", "days", "log_hazard_ratio", "lower", "upper")
        return pd.DataFrame({name: [] for name in names}, dtype=np.float64)
    grid = np.linspace(at.min(), at.max(), points)
    # The knots of R: quantiles of the grid and of the events together.
    knots = np.quantile(np.concatenate([grid, at]), np.linspace(0, 1, SMOOTH_FREEDOM))
    of_events, of_grid = (natural_spline(places, knots) for places in (at, grid))
    inverse = np.linalg.pinv(of_events)
    fitted = of_grid @ inverse @ residuals["residual"].to_numpy()
    error = np.sqrt(residuals.attrs["variance"]) * np.linalg.norm(of_grid @ inverse, axis=1)
    half = norm.ppf((1 + parameters.confidence) / 2) * error
    return pd.DataFrame(
        {
            "passed": grid,
            "days": np.interp(grid, at, residuals["days"].to_numpy()),
            "log_hazard_ratio": fitted,
            "lower": fitted - half,
            "upper": fitted + half,
        }
    )


def natural_spline(values: _Numbers, knots: _Numbers) -> _Numbers:
    """Give a basis of natural cubic splines: shape (n, knots), straight lines beyond the knots.

    The constant is in it; without it, the curves are those of R's `splines::ns` with the first and
    last knot as `Boundary.knots`.

    References
    ----------
    Wood SN. Generalized Additive Models, 2nd ed., 2017, section 5.3.1.
    """
    columns = cubic_spline(
        values,
        knots=list(knots[1:-1]),
        lower_bound=knots[0],
        upper_bound=knots[-1],
        # Without one of its own, a call takes the knots of the call before.
        _state={},
    )
    return np.column_stack(list(columns.values()))


# Many factors -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Intervals:
    """Follow-up in pieces, each with what is known of the patient during it.

    Attributes
    ----------
    start, stop
        Days, shape (n,), counted from 1: at risk after `start` until and with `stop`.
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
    """A Cox regression.

    Attributes
    ----------
    coefficients, covariances
        Shape (p,) and (p, p).
    likelihood_ratio
        Twice the log partial likelihood above that without covariates; nan with a penalty.
    """

    coefficients: _Numbers
    covariances: _Numbers
    likelihood_ratio: float = float("nan")

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


def intervals_of(times: pd.DataFrame, covariates: pd.DataFrame) -> Intervals:
    """Give the follow-up of patients with covariates.

    Parameters
    ----------
    times
        One row a patient: `days` (whole) and `event` (bool). With a column `start`, one row a piece
        of follow-up, at risk only after that day.
    covariates
        Numbers, one row a row of `times`, in the same order.
    """
    days = times["days"].to_numpy(dtype=np.float64)
    start = (
        times["start"].to_numpy(dtype=np.float64) if "start" in times else np.full_like(days, -1)
    )
    return Intervals(
        # Day 0 can have events: it has a day before it.
        start + 1,
        days + 1,
        times["event"].to_numpy(dtype=bool),
        covariates.reset_index(drop=True).astype(np.float64),
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
    # Written out because lifelines' Newton steps run away on skewed data, of which bootstrap
    # samples have some; a trust region cannot, the function being convex.
    covariates = intervals.covariates.to_numpy() - intervals.covariates.to_numpy().mean(axis=0)
    turns = _turns(intervals)

    def loss(beta: _Numbers) -> float:
        log_risk = covariates @ beta
        at_risk = np.log(turns.weights @ np.exp(log_risk - log_risk.max())) + log_risk.max()
        return float(at_risk.sum() - log_risk[turns.who].sum() + ridge / 2 * beta @ beta)

    def gradient(beta: _Numbers) -> _Numbers:
        mean, _ = _moments(covariates, beta, turns)
        return mean.sum(axis=0) - covariates[turns.who].sum(axis=0) + ridge * beta

    def curvature(beta: _Numbers) -> _Numbers:
        mean, chance = _moments(covariates, beta, turns)
        return _information(covariates, mean, chance) + ridge * np.eye(len(beta))

    start = np.zeros(covariates.shape[1])
    found = minimize(
        loss, start, jac=gradient, hess=curvature, method="trust-exact", options={"gtol": 1e-6}
    ).x
    # So near, each step of Newton's doubles the digits.
    for _ in range(3):
        found = found - np.linalg.solve(curvature(found), gradient(found))
    return Cox(
        found,
        np.asarray(np.linalg.inv(curvature(found)), dtype=np.float64),
        float("nan") if ridge else 2 * (loss(start) - loss(found)),
    )


@dataclass(frozen=True)
class _EventTurns:
    """Events one after another.

    Attributes
    ----------
    who
        The row that has the event, shape (events,).
    weights
        How much of each row is at risk then, shape (events, n): of tied events those that came
        first have left the risk set, each with equal chance (Efron).
    """

    who: npt.NDArray[np.int64]
    weights: _Numbers


def _turns(intervals: Intervals) -> _EventTurns:
    who = np.flatnonzero(intervals.event)
    who = who[np.argsort(intervals.stop[who], kind="stable")]
    days, first, tied = np.unique(intervals.stop[who], return_index=True, return_counts=True)
    earlier = (np.arange(len(who)) - np.repeat(first, tied)) / np.repeat(tied, tied)
    day = np.repeat(days, tied)[:, np.newaxis]
    at_risk = (intervals.start < day) & (intervals.stop >= day)
    had = intervals.event & (intervals.stop == day)
    return _EventTurns(who, at_risk - had * earlier[:, np.newaxis])


def _moments(covariates: _Numbers, beta: _Numbers, turns: _EventTurns) -> tuple[_Numbers, _Numbers]:
    """Give the mean covariates of each event, shape (events, p), and who has it, (events, n)."""
    log_risk = covariates @ beta
    chance = turns.weights * np.exp(log_risk - log_risk.max())
    chance = chance / chance.sum(axis=1, keepdims=True)
    return chance @ covariates, chance


def _information(
    covariates: _Numbers, mean: _Numbers, chance: _Numbers, by: _Numbers | float = 1.0
) -> _Numbers:
    """Add the covariances of the covariates of each event, each times `by`, shape (p, p)."""
    by = np.broadcast_to(by, len(mean))
    return (covariates.T * (by @ chance)) @ covariates - (mean.T * by) @ mean


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
    covariates = covariates - covariates.mean(axis=0)
    p = covariates.shape[1]
    turns = _turns(intervals)
    mean, chance = _moments(covariates, fitted.coefficients, turns)
    passed = _passed(
        count(
            intervals.stop,
            intervals.event,
            np.zeros(len(covariates), dtype=np.int64),
            ("all",),
            intervals.start,
        )
    )
    by = passed[np.unique(intervals.stop[turns.who], return_inverse=True)[1]]
    score = by @ (covariates[turns.who] - mean)
    plain, mixed, squared = (
        _information(covariates, mean, chance, by**power) for power in (0, 1, 2)
    )
    variance = squared - mixed @ np.linalg.solve(plain, mixed)
    varies = np.diag(variance) > _NOTHING * np.diag(squared)
    each = np.where(varies, score**2 / np.where(varies, np.diag(variance), 1), np.nan)
    together = float("nan")
    if varies.all() and np.linalg.matrix_rank(variance, tol=_NOTHING * squared.max()) == p:
        together = float(score @ np.linalg.solve(variance, score))
    return Proportionality(chi2.sf(each, 1), float(chi2.sf(together, p)))
