"""Exact intervals and tests for counts of patients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import fisher_exact
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the exact confidence interval of a proportion.

    Returns
    -------
    tuple of float
        Lower and upper limit as proportions, from 0 to 1; both nan when `n` is 0.

    Raises
    ------
    ValueError
        When `count` is not between 0 and `n`.

    References
    ----------
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-13.
    """
    if not 0 <= count <= n:
        raise ValueError(f"{count} of {n} patients is not a proportion.")
    if n == 0:
        return float("nan"), float("nan")
    lower, upper = proportion_confint(count, n, alpha=1 - confidence, method="beta")
    return float(lower), float(upper)


def fisher_p(table: npt.ArrayLike) -> float:
    """Give the two-sided p value of Fisher's exact test of association.

    Parameters
    ----------
    table
        Counts of patients, shape (2, 2).

    Returns
    -------
    float
        1 when a row or a column is empty: no other table has its margins.

    Raises
    ------
    ValueError
        When `table` is not four counts.

    References
    ----------
    Fisher RA. J R Stat Soc 1922;85:87-94. Two-sided: the tables that are no more probable than
    the observed one, as in R's `fisher.test`.
    """
    return float(fisher_exact(_four_counts(table), alternative="two-sided").pvalue)


def mcnemar_p(table: npt.ArrayLike) -> float:
    """Give the two-sided p value of McNemar's exact test for paired proportions.

    Parameters
    ----------
    table
        Counts of patients, shape (2, 2): yes or no by one criterion in rows, by the other in
        columns. Only the two discordant cells count.

    Returns
    -------
    float
        1 when no pair is discordant.

    Raises
    ------
    ValueError
        When `table` is not four counts.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-7, with the binomial distribution in place of its
    approximation.
    """
    return float(mcnemar(_four_counts(table), exact=True).pvalue)


def _four_counts(table: npt.ArrayLike) -> npt.NDArray[np.int64]:
    counts = np.asarray(table)
    if counts.shape != (2, 2) or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("A test of two by two needs four counts of patients.")
    return counts.astype(np.int64)
