"""Whether hazard ratios stay the same over time: a test, residuals, and a curve through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, norm

from analysis.estimates.cox_regression import Cox, library_model
from analysis.estimates.follow_up import Intervals, intervals_of
from analysis.estimates.partial_likelihood import information, moments, turns
from analysis.estimates.risk_sets import RiskSets, count, passed
from analysis.estimates.splines import natural_spline
from analysis.study.parameters import Parameters

TOO_FEW_DAYS = "too few days with events"

# Of R's `plot.cox.zph`.
SMOOTH_FREEDOM = 4

# What is left of a variance that is none is some 1e-16 of what it was taken from.
_NOTHING = 1e-9

_Numbers = npt.NDArray[np.float64]


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
    # Written out because SurPyval's check_ph, which agrees to 1e-14 elsewhere, gives a p value of
    # rounding where time tells nothing apart, and lifelines' proportional_hazard_test (0.3 away) is
    # the approximation of 1994, which R gave before version 3.0 of survival.
    covariates = intervals.covariates.to_numpy()
    if fitted is None:
        return Proportionality(np.full(covariates.shape[1], np.nan), float("nan"))
    covariates = covariates - covariates.mean(axis=0)
    p = covariates.shape[1]
    events = turns(intervals)
    mean, chance = moments(covariates, fitted.coefficients, events)
    before = passed(
        count(
            intervals.stop,
            intervals.event,
            np.zeros(len(covariates), dtype=np.int64),
            ("all",),
            intervals.start,
        )
    )
    by = before[np.unique(intervals.stop[events.who], return_inverse=True)[1]]
    score = by @ (covariates[events.who] - mean)
    plain, mixed, squared = (
        information(covariates, mean, chance, by**power) for power in (0, 1, 2)
    )
    variance = squared - mixed @ np.linalg.solve(plain, mixed)
    varies = np.diag(variance) > _NOTHING * np.diag(squared)
    each = np.where(varies, score**2 / np.where(varies, np.diag(variance), 1), np.nan)
    together = float("nan")
    if varies.all() and np.linalg.matrix_rank(variance, tol=_NOTHING * squared.max()) == p:
        together = float(score @ np.linalg.solve(variance, score))
    return Proportionality(chi2.sf(each, 1), float(chi2.sf(together, p)))


def _everybody(intervals: Intervals) -> RiskSets:
    codes = np.zeros(len(intervals.stop), dtype=np.int64)
    return count(intervals.stop, intervals.event, codes, ("all",), intervals.start)


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
    intervals = intervals_of(times, pd.DataFrame({"level": times["level"].eq(level)}))
    model = library_model(intervals)
    if model is None:
        return pd.DataFrame({"days": [], "passed": [], "residual": []}, dtype=np.float64)
    days = times["days"].to_numpy()[intervals.event]
    residual = model.compute_residuals("scaled_schoenfeld")[:, 0]
    order = np.lexsort((-residual, days))
    sets = _everybody(intervals)
    found = pd.DataFrame(
        {
            "days": days[order],
            "passed": passed(sets)[np.unique(days, return_inverse=True)[1]][order],
            "residual": residual[order],
        }
    )
    found.attrs["variance"] = float(len(days) * model.covariance()[0, 0])
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
