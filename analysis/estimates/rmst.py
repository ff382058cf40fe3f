"""Restricted mean survival time: the months lived, on average, within the first so many.

A difference of means needs no proportional hazards, and its unit is a month. The curve is that of
`survival.curve`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from analysis.estimates.curves import Estimate
from analysis.study.parameters import Parameters


@dataclass(frozen=True)
class Mean:
    """A restricted mean and its standard error, days; nan where the curve ends before."""

    days: float
    standard_error: float


def restricted_mean(curve: pd.DataFrame, days: float) -> Mean:
    """Give the area below a survival curve until a day, and its standard error.

    Parameters
    ----------
    curve
        From `survival.curve`, of an event with which nothing competes.
    days
        Where the area ends, days from time zero, above 0, whole or not.

    Returns
    -------
    Mean
        nan beyond the last follow-up, unless everybody had had the event by then.

    References
    ----------
    Irwin JO. J Hyg 1949;47:188-9. Standard error: Klein JP, Moeschberger ML. Survival Analysis,
    2nd ed., 2003, section 4.5; as R's `summary(survfit, rmean = )` and `survRM2`.
    """
    if days > curve["days"].iloc[-1] and curve["survival"].iloc[-1] > 0:
        return Mean(float("nan"), float("nan"))
    # By SurPyval: lifelines' restricted_mean_survival_time gives the same area, but as its variance
    # that of the patients' times, which is not that of their mean.
    # Imported here, since it takes a second, for which the base report has no need.
    from surpyval import KaplanMeier

    counts = curve[["events", "censored"]].to_numpy().T.ravel()
    there = counts > 0
    found = KaplanMeier.fit(
        np.tile(curve["days"].to_numpy(dtype=np.float64), 2)[there],
        c=np.repeat([0, 1], len(curve))[there],
        n=counts[there],
    ).rmst(days)
    return Mean(float(found["rmst"]), float(found["se"]))


def interval(mean: Mean, parameters: Parameters) -> Estimate:
    """Give a restricted mean, or a difference of two, with its normal interval (days)."""
    half = norm.ppf((1 + parameters.confidence) / 2) * mean.standard_error
    return Estimate(mean.days, mean.days - half, mean.days + half)


def difference(one: Mean, other: Mean) -> Mean:
    """Give the first restricted mean less the second, of two groups of patients."""
    return Mean(one.days - other.days, float(np.hypot(one.standard_error, other.standard_error)))


def equality(means: Sequence[Mean]) -> float:
    """Test whether the restricted means of groups are the same.

    Returns
    -------
    float
        The two-sided p value of Wald's test, for two groups that of their difference over its
        standard error; nan when a mean, or the error of a difference, does not exist.

    References
    ----------
    Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152.
    """
    days = np.array([mean.days for mean in means])
    variances = np.array([mean.standard_error for mean in means]) ** 2
    if len(means) < 2 or np.isnan(days).any():
        return float("nan")
    apart = days[1:] - days[0]
    covariances = np.diag(variances[1:]) + variances[0]
    freedom = len(apart)
    if np.linalg.matrix_rank(covariances, hermitian=True) < freedom:
        return float("nan")
    return float(chi2.sf(apart @ np.linalg.solve(covariances, apart), freedom))
