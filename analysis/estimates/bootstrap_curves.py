"""Survival curves of many bootstrap samples at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.estimates.bootstrap import Counts, Numbers, replicates_by_count
from analysis.study.parameters import Parameters

CENSORED, EVENT, COMPETING = 0, 1, 2


def resampled_curves(
    days: Numbers,
    ended: npt.NDArray[np.int64],
    parameters: Parameters,
    weights: Counts | None = None,
) -> tuple[Numbers, Numbers]:
    """Estimate the curve of each bootstrap sample of some patients.

    Written out because lifelines fits one sample at a time, in milliseconds: a report has some
    140 curves, and 1000 samples of each.

    Parameters
    ----------
    days
        Days, not negative, shape (patients,).
    ended
        What ended them: `CENSORED`, `EVENT` or `COMPETING`, shape (patients,).
    parameters
        `bootstrap_replicates` and `bootstrap_seed`.
    weights
        How many patients each row stands for, shape (patients,); None, one.

    Returns
    -------
    tuple of array
        The days on which somebody's time ended, shape (days,), and the height of each sample's
        curve just after them, shape (`bootstrap_replicates`, days): the product-limit estimate,
        or 1 minus the Aalen-Johansen incidence of the event where another competes. After the
        last day of a sample its curve stays where it was.

    Raises
    ------
    ValueError
        When there is no patient.
    """
    # Patients alike in day and end are drawn together, however many they are.
    grid, place = np.unique(days, return_inverse=True)
    kinds, kind, members = np.unique(
        np.stack([place, ended]), axis=1, return_inverse=True, return_counts=True
    )
    if weights is not None:
        # bincount adds weights as floats, which hold whole numbers exactly.
        members = np.bincount(kind.reshape(-1), weights, kinds.shape[1])
    starts = np.unique(kinds[0], return_index=True)[1]
    competing = bool((kinds[1] == COMPETING).any())

    def heights(counts: Counts) -> Numbers:
        def of_day(wanted: Counts) -> Counts:
            summed: Counts = np.add.reduceat(wanted, starts, axis=1)
            return summed

        at_risk = np.maximum(of_day(counts)[:, ::-1].cumsum(axis=1)[:, ::-1], 1)
        hazard = of_day(counts * (kinds[1] == EVENT)) / at_risk
        if not competing:
            return np.cumprod(1 - hazard, axis=1)
        either = np.cumprod(1 - of_day(counts * (kinds[1] != CENSORED)) / at_risk, axis=1)
        before = np.concatenate([np.ones((len(counts), 1)), either[:, :-1]], axis=1)
        return 1 - np.cumsum(before * hazard, axis=1)

    return grid, replicates_by_count(members.astype(np.int64), heights, parameters)
