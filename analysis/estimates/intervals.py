"""Intervals and tests for counts of patients: exact, or by an approximation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from analysis.study.parameters import Parameters

# By the names of `Parameters.proportion_interval`: what the interval is called, and its name in
# statsmodels.
PROPORTION_INTERVALS = {
    "exact": ("Clopper-Pearson", "beta"),
    "Wilson": ("Wilson score", "wilson"),
    "Wald": ("Wald", "normal"),
}


def proportion_limits(count: int, n: int, parameters: Parameters) -> tuple[float, float]:
    """Give the confidence interval of a proportion.

    Parameters
    ----------
    count, n
        Patients who have what is asked, and all patients.
    parameters
        `confidence`, and `proportion_interval`: exact (Clopper-Pearson), Wilson's score interval
        or Wald's, both without continuity correction; Wald's is cut off at 0 and 1.

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
    Clopper CJ, Pearson ES. Biometrika 1934;26:404-13. Wilson EB. J Am Stat Assoc 1927;22:209-12.
    """
    if not 0 <= count <= n:
        raise ValueError(f"{count} of {n} patients is not a proportion.")
    if n == 0:
        return float("nan"), float("nan")
    _, method = PROPORTION_INTERVALS[parameters.proportion_interval]
    lower, upper = proportion_confint(count, n, alpha=1 - parameters.confidence, method=method)
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


def pearson_p(table: npt.ArrayLike) -> float:
    """Give the p value of Pearson's chi-square test of association, one degree of freedom.

    Parameters
    ----------
    table
        Counts of patients, shape (2, 2).

    Returns
    -------
    float
        Without continuity correction, as R's `chisq.test(correct = FALSE)`; nan when a row or a
        column is empty, where there is no test.

    Raises
    ------
    ValueError
        When `table` is not four counts.

    References
    ----------
    Pearson K. Philos Mag 1900;50:157-75.
    """
    counts = _four_counts(table)
    if not (counts.sum(axis=0).all() and counts.sum(axis=1).all()):
        return float("nan")
    return float(chi2_contingency(counts, correction=False).pvalue)


def mcnemar_chi_square_p(table: npt.ArrayLike) -> float:
    """Give the p value of McNemar's chi-square test for paired proportions.

    Parameters
    ----------
    table
        As for `mcnemar_p`.

    Returns
    -------
    float
        Without continuity correction, as R's `mcnemar.test(correct = FALSE)`; nan when no pair
        is discordant, where there is no test.

    Raises
    ------
    ValueError
        When `table` is not four counts.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-7.
    """
    counts = _four_counts(table)
    if not counts[0, 1] + counts[1, 0]:
        return float("nan")
    return float(mcnemar(counts, exact=False, correction=False).pvalue)


def _four_counts(table: npt.ArrayLike) -> npt.NDArray[np.int64]:
    counts = np.asarray(table)
    if counts.shape != (2, 2) or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("A test of two by two needs four counts of patients.")
    return counts.astype(np.int64)
