"""A quantity as it was measured: a smooth hazard ratio in place of two groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, norm

from analysis.estimates.cox_regression import NOT_ESTIMABLE, Cox, cox
from analysis.estimates.curves import Estimate
from analysis.estimates.follow_up import intervals_of
from analysis.estimates.proportionality import proportionality
from analysis.estimates.splines import natural_spline
from analysis.study.parameters import Parameters

# Where Harrell puts the knots of a restricted cubic spline with four of them.
QUANTILES = (0.05, 0.35, 0.65, 0.95)
TOO_FEW_LEVELS = "too few different levels"

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spline:
    """A spline of the log10 of a quantity in a Cox regression.

    Attributes
    ----------
    knots
        In log10 of the quantity's unit, shape (4,).
    fitted
        The regression on the basis without its first column: three degrees of freedom.
    p_value
        Of the likelihood-ratio test of the spline against no quantity.
    nonlinearity_p
        Of the likelihood-ratio test of the spline against a straight line of the logarithm.
    proportionality_p
        Of the test that the coefficients are the same at all times (see `proportionality`).
    """

    knots: _Numbers
    fitted: Cox
    p_value: float
    nonlinearity_p: float
    proportionality_p: float

    def ratio(self, level: float, reference: float, parameters: Parameters) -> Estimate:
        """Give the hazard ratio of one level against another, with its Wald interval."""
        at, against = _basis(_logarithm(np.array([level, reference])), self.knots)
        contrast = at - against
        log_ratio = contrast @ self.fitted.coefficients
        error = np.sqrt(contrast @ self.fitted.covariances @ contrast)
        half = norm.ppf((1 + parameters.confidence) / 2) * error
        return Estimate(*(float(np.exp(log_ratio + by)) for by in (0, -half, half)))


def spline(times: pd.DataFrame, levels: npt.ArrayLike) -> Spline | str:
    """Fit a natural cubic spline of the log10 of a quantity by Cox regression, ties after Efron.

    Parameters
    ----------
    times
        One row a patient: `days` and `event` (bool).
    levels
        Of the quantity in its unit, known, in the same order, shape (n,). Below 1 counts as 1.

    Returns
    -------
    Spline or str
        As R's `coxph(Surv(days, event) ~ ns(x, knots = k[2:3], Boundary.knots = k[c(1, 4)]))`, the
        knots k at quantiles; or, in words, why there is none.

    References
    ----------
    Harrell FE. Regression Modeling Strategies, 2nd ed., 2015, section 2.4.
    """
    log_levels = _logarithm(np.asarray(levels, dtype=np.float64))
    knots = np.quantile(log_levels, QUANTILES) if len(log_levels) else np.zeros(len(QUANTILES))
    if len(np.unique(knots)) < len(QUANTILES):
        return TOO_FEW_LEVELS
    follow_up = intervals_of(times, pd.DataFrame(_basis(log_levels, knots)).add_prefix("spline_"))
    curved = cox(follow_up)
    straight = cox(intervals_of(times, pd.DataFrame({"log_levels": log_levels})))
    if curved is None or straight is None:
        return NOT_ESTIMABLE
    freedom = len(QUANTILES) - 1
    return Spline(
        knots,
        curved,
        float(chi2.sf(curved.likelihood_ratio, freedom)),
        float(chi2.sf(curved.likelihood_ratio - straight.likelihood_ratio, freedom - 1)),
        proportionality(follow_up, curved).all,
    )


def grid(levels: npt.ArrayLike) -> list[float]:
    """Give levels for a curve: ten a decade, three digits, within those seen.

    >>> grid([0.3, 100, 170])[:3], grid([0.3, 100, 170])[-3:]
    ([1.0, 1.26, 1.58], [100.0, 126.0, 158.0])
    """
    seen = _logarithm(np.asarray(levels, dtype=np.float64))
    first, last = np.ceil(10 * seen.min() - 1e-9), np.floor(10 * seen.max() + 1e-9)
    return [float(f"{10 ** (tenth / 10):.3g}") for tenth in np.arange(first, last + 1)]


def _logarithm(levels: _Numbers) -> _Numbers:
    return np.log10(np.maximum(levels, 1))


def _basis(log_levels: _Numbers, knots: _Numbers) -> _Numbers:
    # The columns add to 1, which a Cox regression cannot tell from nothing.
    return natural_spline(log_levels, knots)[:, 1:]
