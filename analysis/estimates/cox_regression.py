"""Cox regression of several factors together: by SurPyval, and with a penalty."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import norm

from analysis.estimates.curves import Estimate
from analysis.estimates.follow_up import Intervals
from analysis.estimates.partial_likelihood import information, moments, turns
from analysis.study.parameters import Parameters

if TYPE_CHECKING:
    from surpyval.univariate.regression import SemiParametricRegressionModel

NOT_ESTIMABLE = "not estimable: a combination of factors orders all events, or tells nothing new"

_Numbers = npt.NDArray[np.float64]


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
        nothing can be estimated: see `library_model`; a penalised fit needs only one event, and
        covariates that are not constant.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-65. Verweij PJ,
    van Houwelingen HC. Stat Med 1994;13:2427-36.
    """
    if ridge:
        return _penalised(intervals, ridge) if _varies(intervals) else None
    model = library_model(intervals)
    if model is None:
        return None
    at_zero = np.zeros(len(model.beta))
    return Cox(
        np.asarray(model.beta, dtype=np.float64),
        np.asarray(model.covariance(), dtype=np.float64),
        2 * (float(model.neg_ll_of(at_zero)) - model.neg_ll()),
    )


def library_model(intervals: Intervals) -> SemiParametricRegressionModel | None:
    """Give SurPyval's model of some follow-up, or None where it has no one maximum.

    The partial likelihood has none when some combination of the covariates is at every event as
    large for the patient who has it as for anybody at risk, and is larger once; it has many when a
    combination is the same for all at risk at every event.

    References
    ----------
    Jacobsen M. Scand J Stat 1989;16:335-49. Bryson MC, Johnson ME. Technometrics 1981;23:381-3.
    """
    if not _varies(intervals):
        return None
    # Takes a second to import, for which the base report has no need.
    from surpyval import CoxPH

    with warnings.catch_warnings():
        # Both are what None says.
        warnings.filterwarnings("ignore", message="No finite maximum")
        warnings.filterwarnings("ignore", message=".*cannot be estimated")
        model = CoxPH.fit(
            intervals.stop,
            intervals.covariates.to_numpy(),
            c=1 - intervals.event.astype(np.int64),
            tl=intervals.start,
            # At covariates of 0 the baseline of a likelihood without a maximum is beyond a double.
            center=True,
        )
    if model.maximum == "no finite maximum" or np.isnan(model.beta).any():
        return None
    return model


def _varies(intervals: Intervals) -> bool:
    spread = intervals.covariates.std()
    return bool(intervals.event.any() and (spread > 0).all())


def _penalised(intervals: Intervals, ridge: float) -> Cox:
    # Written out because no library has R's penalty as such. lifelines has it, to 1e-12, when each
    # covariate's penalty is divided by its variance, but takes 50 ms where this takes 5 and a
    # bootstrap asks for thousands; and its Newton steps run away on skewed samples, which a
    # trust region cannot, the function being convex.
    covariates = intervals.covariates.to_numpy() - intervals.covariates.to_numpy().mean(axis=0)
    events = turns(intervals)

    def loss(beta: _Numbers) -> float:
        log_risk = covariates @ beta
        at_risk = np.log(events.weights @ np.exp(log_risk - log_risk.max())) + log_risk.max()
        return float(at_risk.sum() - log_risk[events.who].sum() + ridge / 2 * beta @ beta)

    def gradient(beta: _Numbers) -> _Numbers:
        mean, _ = moments(covariates, beta, events)
        return mean.sum(axis=0) - covariates[events.who].sum(axis=0) + ridge * beta

    def curvature(beta: _Numbers) -> _Numbers:
        mean, chance = moments(covariates, beta, events)
        return information(covariates, mean, chance) + ridge * np.eye(len(beta))

    start = np.zeros(covariates.shape[1])
    found = minimize(
        loss, start, jac=gradient, hess=curvature, method="trust-exact", options={"gtol": 1e-6}
    ).x
    # So near, each step of Newton's doubles the digits.
    for _ in range(3):
        found = found - np.linalg.solve(curvature(found), gradient(found))
    return Cox(found, np.asarray(np.linalg.inv(curvature(found)), dtype=np.float64))
