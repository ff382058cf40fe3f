"""Rows that stand for several patients: what a table of times need not say a patient at a time.

Estimators of times take one row a patient. With a column `n`, a row stands for so many patients
alike in all other columns, and the estimate is that of the patients, to the last bit: every
estimator that takes it begins by counting.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

# The column of whole numbers, 1 or more.
N = "n"

Counts = npt.NDArray[np.int64]


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
