"""Who is at risk and who has the event, by group, at each time with events.

Log-rank tests and the Cox regression of one factor need no more of the patients than this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RiskSets:
    """Counts of patients on each day with events.

    Attributes
    ----------
    days
        Days with events, in order, shape (k,).
    levels
        The groups, in order: g of them.
    at_risk, events
        Patients at risk just before the day, and events on it, shape (k, g); of samples of them,
        shape (samples, k, g).
    """

    days: npt.NDArray[np.number]
    levels: tuple[object, ...]
    at_risk: Counts
    events: Counts


def count(
    days: npt.NDArray[np.number],
    event: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.integer],
    levels: Sequence[object],
    start: npt.NDArray[np.number] | None = None,
    weights: Counts | None = None,
) -> RiskSets:
    """Count patients at risk and events, by level, on each day with events.

    Parameters
    ----------
    days, event
        Of a patient, or of a piece of a patient's follow-up: days, and whether they end in the
        event; shape (n,).
    codes, levels
        The group of each row, shape (n,), as its position in `levels`.
    start
        A row is at risk only after this day, shape (n,); None, from the beginning.
    weights
        How often each row counts, shape (n,), or in each of some samples, shape (samples, n);
        None, once. Days on which nobody who counts has the event stay, with no events.

    Examples
    --------
    >>> sets = count(np.array([3, 5, 5]), np.array([True, True, False]), np.array([0, 0, 1]), "ab")
    >>> sets.days.tolist(), sets.at_risk.tolist(), sets.events.tolist()
    ([3, 5], [[2, 1], [1, 1]], [[1, 0], [1, 0]])
    """
    event_days = np.unique(days[event])
    once = np.ones(len(days), dtype=np.int64) if weights is None else weights
    # How many of the event days have come with the row's last: at risk on all of these. By
    # sorting: days against event days, pair by pair, would not fit in memory for a million.
    come = event_days.searchsorted(days, side="right")
    shape = (*once.shape[:-1], len(event_days) + 1, len(levels))
    size = (len(event_days) + 1) * len(levels)
    # The cells of a sample come after those of the one before.
    first = size * np.arange(len(np.atleast_2d(once)))[:, np.newaxis]

    def in_cells(rows: npt.NDArray[np.integer]) -> Counts:
        places = first + (rows * len(levels) + codes)
        cells = np.bincount(places.ravel(), once.ravel(), math.prod(shape))
        # bincount adds weights as floats, which hold whole numbers exactly.
        return cells.astype(np.int64).reshape(shape)

    still = in_cells(come)
    if start is not None:
        still = still - in_cells(event_days.searchsorted(start, side="right"))
    # A row without event is counted where no event day is.
    had = in_cells(np.where(event, come - 1, len(event_days)))
    return RiskSets(
        event_days,
        tuple(levels),
        still[..., ::-1, :].cumsum(axis=-2)[..., ::-1, :][..., 1:, :],
        had[..., :-1, :],
    )


def passed(sets: RiskSets) -> npt.NDArray[np.float64]:
    """Give 1 less the Kaplan-Meier survival of all groups together just before each day."""
    surviving = np.cumprod(1 - sets.events.sum(axis=1) / sets.at_risk.sum(axis=1))
    return 1 - np.concatenate([[1.0], surviving])[: len(sets.days)]
