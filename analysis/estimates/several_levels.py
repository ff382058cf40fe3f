"""Cox regression of one factor with several levels, by counts of patients alone.

As `one_factor`, of which this is the case of more levels than two: who is at risk, and who has the
event, by level, on each day with events is all that is needed.
"""

# Written out because a million patients are no table for a regression that holds each event against
# each patient; SurPyval's fit of patients (`cox_regression`), which small groups have, agrees to
# 1e-9, and so does `proportionality`.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from analysis.estimates.cox_regression import Cox
from analysis.estimates.risk_sets import RiskSets, passed

_Numbers = npt.NDArray[np.float64]

# Steps of Newton's, of which ten are many; and a log hazard ratio that no data of patients has, so
# that a likelihood whose maximum is at infinity is known by it.
_STEPS, _FARTHEST = 50, 25.0
_CLOSE = 1e-13
# What is left of a variance that is none is some 1e-16 of what it was taken from.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Levels:
    """A regression of levels against the first, and whether each ratio is the same at all times.

    Attributes
    ----------
    fitted
        Coefficients of all levels but the first.
    proportionality_p
        P values of the test of `proportionality.proportionality`, shape (levels - 1,).
    """

    fitted: Cox
    proportionality_p: _Numbers


def levels_against_first(sets: RiskSets) -> Levels | None:
    """Fit the hazard of each level relative to the first, ties after Efron.

    Parameters
    ----------
    sets
        Levels in order, the reference first; two at least.

    Returns
    -------
    Levels
        As R's `coxph(Surv(days, event) ~ level)` and `cox.zph(terms = FALSE)`. None where the
        partial likelihood has no one maximum.

    References
    ----------
    Cox DR. J R Stat Soc B 1972;34:187-220. Efron B. J Am Stat Assoc 1977;72:557-65. Grambsch PM,
    Therneau TM. Biometrika 1994;81:515-26.
    """
    had = sets.events.sum(axis=1)
    day = np.repeat(np.arange(len(had)), had)
    earlier = np.arange(len(day)) - np.repeat(had.cumsum() - had, had)
    # Of tied events those that came first have left the risk set, each with equal chance (Efron).
    left = sets.at_risk[day] - sets.events[day] * (earlier / had[day])[:, np.newaxis]
    observed = sets.events.sum(axis=0)[1:].astype(np.float64)
    beta = np.zeros(len(sets.levels) - 1)
    for _ in range(_STEPS):
        share = _shares(left, beta)
        information = _information(share, np.ones(len(share)))
        if np.linalg.cond(information) > 1 / _NOTHING:
            return None
        step = np.linalg.solve(information, observed - share.sum(axis=0))
        # Where the likelihood is flat a whole step runs away.
        beta = beta + np.clip(step, -2, 2)
        if np.abs(beta).max() > _FARTHEST:
            return None
        if np.abs(step).max() < _CLOSE:
            break
    share = _shares(left, beta)
    before = passed(sets)
    by = before[day]
    score = before @ sets.events[:, 1:] - by @ share
    plain, mixed, squared = (_information(share, by**power) for power in (0, 1, 2))
    variance = np.diag(squared - mixed @ np.linalg.solve(plain, mixed))
    varies = variance > _NOTHING * np.diag(squared)
    each = np.where(varies, score**2 / np.where(varies, variance, 1), np.nan)
    return Levels(Cox(beta, np.asarray(np.linalg.inv(plain))), chi2.sf(each, 1))


def _shares(left: _Numbers, beta: _Numbers) -> _Numbers:
    """Give the chance that each level but the first has each event, shape (events, others)."""
    risk = left * np.exp(np.concatenate([[0.0], beta]) - max(0.0, beta.max()))
    return (risk / risk.sum(axis=1, keepdims=True))[:, 1:]


def _information(share: _Numbers, by: _Numbers) -> _Numbers:
    return np.diag(by @ share) - (share * by[:, np.newaxis]).T @ share
