"""P values of two-by-two tables by every usual test, for the search of tables and tests.

The tests are those of scipy and statsmodels; the mid-p values, which neither has for these tests,
are written from the same distributions. All of it is floating point: what is found here is
proved by `checker`, in fractions.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from analysis.audit.form import Comparison

# Two tables are equally probable when their probabilities differ by less than this part; it is
# the tolerance of R's fisher.test.
_TIE = 1e-7


def cells(comparison: Comparison, margins: tuple[int, int], sizes: tuple[int, int]) -> list[int]:
    """Give the first cell of each table that two margins allow; it settles the table.

    Parameters
    ----------
    comparison
        'association': two facts in the same patients, the cell is the number with both.
        'paired': as that, but the cell is the number in the first margin only.
        'unpaired': two groups; there is one table, whose first cell is the first margin.
    margins
        Numbers of patients with each fact.
    sizes
        Numbers of patients: of the two groups, or twice the same.
    """
    first, second = margins
    both = range(max(0, first + second - sizes[0]), min(first, second) + 1)
    match comparison:
        case "association":
            return list(both)
        case "paired":
            return [first - cell for cell in both]
        case "unpaired":
            return [first]


@lru_cache(maxsize=100_000)
def p_values(
    comparison: Comparison, margins: tuple[int, int], sizes: tuple[int, int], cell: int
) -> dict[str, float]:
    """Give the p value of one table under every test; a test may not exist for it.

    `cell` is one that `cells` gives. All but Fisher's one-sided test are two-sided.
    """
    (first, second), (size, other) = margins, sizes
    match comparison:
        case "association":
            return _independence(cell, first - cell, second - cell, size - first - second + cell)
        case "unpaired":
            return _independence(first, size - first, second, other - second)
        case "paired":
            return _paired(cell, second - (first - cell))


def _independence(a: int, b: int, c: int, d: int) -> dict[str, float]:
    n, row, column = a + b + c + d, a + b, a + c
    exact = stats.hypergeom(n, row, column)
    possible = np.arange(max(0, row + column - n), min(row, column) + 1)
    chances = exact.pmf(possible)
    own = float(exact.pmf(a))
    tied = np.abs(chances - own) <= _TIE * own
    below, above = float(exact.cdf(a)), float(exact.sf(a - 1))
    found = {
        "Fisher": float(stats.fisher_exact([[a, b], [c, d]])[1]),
        "Fisher doubled": min(1.0, 2 * min(below, above)),
        "Fisher one-sided": min(below, above),
        "mid-p": float(chances[(chances < own) & ~tied].sum() + chances[tied].sum() / 2),
    }
    if min(row, n - row, column, n - column) == 0:
        return found
    table = np.array([[a, b], [c, d]])
    pearson = stats.chi2_contingency(table, correction=False)
    found["Pearson"] = float(pearson.pvalue)
    found["Yates"] = float(stats.chi2_contingency(table, correction=True).pvalue)
    found["likelihood ratio"] = float(
        stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
    )
    found["Pearson one-sided"] = found["Pearson"] / 2
    found["N−1"] = float(stats.chi2.sf(pearson.statistic * (n - 1) / n, 1))
    variance = a * b / row**3 + c * d / (n - row) ** 3
    if variance:
        z = (a / row - c / (n - row)) / np.sqrt(variance)
        found["z unpooled"] = float(2 * stats.norm.sf(abs(z)))
        found["z unpooled one-sided"] = float(stats.norm.sf(abs(z)))
    return found


def _paired(b: int, c: int) -> dict[str, float]:
    table = [[0, b], [c, 0]]
    exact = float(mcnemar(table, exact=True).pvalue)
    found = {
        "McNemar exact": min(1.0, exact),
        "McNemar mid-p": float(
            2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(min(b, c), b + c, 0.5)
        ),
    }
    if b + c:
        found["McNemar"] = float(mcnemar(table, exact=False, correction=False).pvalue)
        found["McNemar corrected"] = float(mcnemar(table, exact=False, correction=True).pvalue)
    return found
