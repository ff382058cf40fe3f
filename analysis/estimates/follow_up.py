"""Follow-up in pieces, each with what is known of the patient during it.

Patients may be several pieces `(start, stop]`, so that one regression serves factors known from the
start and those that change on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

_Numbers = npt.NDArray[np.float64]


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


def intervals_of(times: pd.DataFrame, covariates: pd.DataFrame) -> Intervals:
    """Give the follow-up of patients with covariates.

    Parameters
    ----------
    times
        One row a patient: `days` and `event` (bool). With a column `start`, one row a piece
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
