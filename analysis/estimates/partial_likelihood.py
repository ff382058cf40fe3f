"""What the partial likelihood of a Cox regression is made of: its events, one after another.

Each event sees the covariates of those at risk as a distribution. Its mean makes the score, its
covariances the information; so that a penalty or a test is a sum over events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.estimates.follow_up import Intervals

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventTurns:
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


def turns(intervals: Intervals) -> EventTurns:
    """Put the events of some follow-up one after another, in the order of days."""
    who = np.flatnonzero(intervals.event)
    who = who[np.argsort(intervals.stop[who], kind="stable")]
    days, first, tied = np.unique(intervals.stop[who], return_index=True, return_counts=True)
    earlier = (np.arange(len(who)) - np.repeat(first, tied)) / np.repeat(tied, tied)
    day = np.repeat(days, tied)[:, np.newaxis]
    at_risk = (intervals.start < day) & (intervals.stop >= day)
    had = intervals.event & (intervals.stop == day)
    return EventTurns(who, at_risk - had * earlier[:, np.newaxis])


def moments(covariates: _Numbers, beta: _Numbers, events: EventTurns) -> tuple[_Numbers, _Numbers]:
    """Give the mean covariates of each event, shape (events, p), and who has it, (events, n)."""
    log_risk = covariates @ beta
    chance = events.weights * np.exp(log_risk - log_risk.max())
    chance = chance / chance.sum(axis=1, keepdims=True)
    return chance @ covariates, chance


def information(
    covariates: _Numbers, mean: _Numbers, chance: _Numbers, by: _Numbers | float = 1.0
) -> _Numbers:
    """Add the covariances of the covariates of each event, each times `by`, shape (p, p)."""
    by = np.broadcast_to(by, len(mean))
    return (covariates.T * (by @ chance)) @ covariates - (mean.T * by) @ mean
