"""Rows that stand for several patients: what a table of times need not say a patient at a time.

Estimators of times take one row a patient. With a column `n`, a row stands for so many patients
alike in all other columns, and the estimate is that of the patients, to the last bit: every
estimator that takes it begins by counting.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.study.parameters import Parameters

# The column of whole numbers, 1 or more.
N = "n"

# So many patients are counted before anything is estimated of them, which makes no difference to a
# number; of fewer, counting takes as long as what it saves.
MANY = 10_000
# Columns of times of which all but whose they are is counted, or is of the endpoint alone.
_OF_COUNTS = frozenset(
    {"patient_id", "endpoint", "days", "event", "event_source", "censor_source", "competing",
     "level"}
)  # fmt: skip
# Days that are whole numbers up to this are counted in their places, without sorting.
_MOST_PLACES = 1 << 20

Counts = npt.NDArray[np.int64]


def counted(times: pd.DataFrame) -> pd.DataFrame:
    """Count the patients of a table of times who are alike in all that is asked of them.

    Parameters
    ----------
    times
        One row a patient: `days`, `event` and `competing` (bool), and a `level` or none; what else
        it has is left out.

    Returns
    -------
    DataFrame
        The same columns and `n`, one row for each that somebody has, by level and day. A level is
        a `Categorical`.

    >>> times = pd.DataFrame({"days": [5.0, 3.0, 5.0], "event": True, "competing": False})
    >>> counted(times).values.tolist()
    [[3.0, True, False, 1], [5.0, True, False, 2]]
    """
    days = times["days"].to_numpy()
    whole = bool(len(days)) and bool((days % 1 == 0).all()) and days.min() >= 0
    if whole and days.max() < _MOST_PLACES:
        # Whole days are counted in their places, which takes no sorting.
        grid, place = np.arange(int(days.max()) + 1).astype(days.dtype), days.astype(np.int64)
    else:
        grid, place = np.unique(days, return_inverse=True)
    levels = pd.Categorical(times["level"]) if "level" in times else None
    groups = 1 if levels is None else len(levels.categories)
    group = np.zeros(len(days), np.int64) if levels is None else levels.codes.astype(np.int64)
    if (group < 0).any():
        raise ValueError("Patients of whom no level is known are in no group.")
    ended = times["event"].to_numpy(dtype=bool) + 2 * times["competing"].to_numpy(dtype=bool)
    # Neither, the event, what competes with it, or both.
    shape = (groups, len(grid), 4)
    cells = np.bincount((group * shape[1] + place) * shape[2] + ended)
    there = np.flatnonzero(cells)
    of_group, of_day, of_end = np.unravel_index(there, shape)
    found: dict[str, Any] = {
        "days": grid[of_day],
        "event": of_end % 2 > 0,
        "competing": of_end > 1,
    }
    if levels is not None:
        found["level"] = pd.Categorical.from_codes(of_group.tolist(), dtype=levels.dtype)
    return pd.DataFrame(found | {N: cells[there].astype(np.int64)})


def counted_if_many(times: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Count the patients of a table of times where there are many; give it as it is otherwise.

    Patients who enter late, change their group or are compared within strata are not counted by
    day and group alone; nor are those of whom samples are drawn.
    """
    of_counts = _OF_COUNTS.issuperset(times) and parameters.interval_source == "formula"
    return counted(times) if of_counts and len(times) >= MANY else times


def weights_of(times: pd.DataFrame) -> Counts | None:
    """Give how many patients each row stands for, shape (rows,); None where each is one.

    Raises
    ------
    ValueError
        Where a row stands for nobody: its day would be one on which somebody's time ended.
    """
    if N not in times:
        return None
    weights = times[N].to_numpy(dtype=np.int64)
    if (weights < 1).any():
        raise ValueError("A row of counts stands for at least one patient.")
    return weights


def number_of(times: pd.DataFrame, those: npt.NDArray[np.bool_] | None = None) -> int:
    """Give how many patients some rows stand for; all rows unless told otherwise.

    >>> times = pd.DataFrame({"days": [3, 5], "n": [2, 7]})
    >>> number_of(times), number_of(times.drop(columns="n")), number_of(times, np.array([0, 1]) > 0)
    (9, 2, 7)
    """
    weights = weights_of(times)
    if weights is None:
        return len(times) if those is None else int(np.count_nonzero(those))
    return int(weights.sum() if those is None else weights[those].sum())
