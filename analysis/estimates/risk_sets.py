"""Who is at risk and who has the event, by group, on each day with events.

Log-rank tests and the Cox regression of one factor need no more of the patients than this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

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
        Patients at risk just before the day, and events on it, shape (k, g).
    """

    days: Counts
    levels: tuple[object, ...]
    at_risk: Counts
    events: Counts


def risk_sets(times: pd.DataFrame) -> RiskSets:
    """Count patients at risk and events, by level, on each day with events.

    Parameters
    ----------
    times
        One row a patient, or a piece of a patient's follow-up: `days` (whole), `event` (bool) and
        `level` (the group). With a column `start` (whole days), a row is at risk only after it.
    """
    codes, levels = pd.factorize(times["level"], sort=True)
    days = times["days"].to_numpy()
    start = times["start"].to_numpy() if "start" in times else None
    return count(days, times["event"].to_numpy(dtype=bool), codes, tuple(levels), start)


def count(
    days: npt.NDArray[np.number],
    event: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.integer],
    levels: tuple[object, ...],
    start: npt.NDArray[np.number] | None = None,
    weights: Counts | None = None,
) -> RiskSets:
    """Do the same for arrays of shape (n,), `codes` being the positions in `levels`.

    `weights` is how often each row counts, once if it is None; days on which nobody who counts has
    the event stay, with no events.
    """
    event_days = np.unique(days[event])
    once = np.ones(len(days), dtype=np.int64) if weights is None else weights
    # How many of the event days have come with the row's last: at risk on all of these. By
    # sorting: days against event days, pair by pair, would not fit in memory for a million.
    come = event_days.searchsorted(days, side="right")
    shape = (len(event_days) + 1, len(levels))

    def in_cells(rows: npt.NDArray[np.integer]) -> Counts:
        cells = np.bincount(rows * len(levels) + codes, once, shape[0] * shape[1])
        # bincount adds weights as floats, which hold whole numbers exactly.
        return cells.astype(np.int64).reshape(shape)

    still = in_cells(come)
    if start is not None:
        still = still - in_cells(event_days.searchsorted(start, side="right"))
    # A row without event is counted where no event day is.
    had = in_cells(np.where(event, come - 1, len(event_days)))
    return RiskSets(
        event_days.astype(np.int64),
        levels,
        still[::-1].cumsum(axis=0)[::-1][1:],
        had[:-1],
    )
