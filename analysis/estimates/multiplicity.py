"""Table 5 is many tests at once: its p values, adjusted for their number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from statsmodels.stats.multitest import multipletests

# As statsmodels names the methods.
METHODS = {"Holm": "holm", "Benjamini-Hochberg": "fdr_bh"}


def adjusted(p_values: npt.ArrayLike, method: str) -> npt.NDArray[np.float64]:
    """Adjust p values for their number.

    Parameters
    ----------
    p_values
        Of one family of tests, shape (n,), from 0 to 1; nan for a test that could not be made,
        which does not count.
    method
        `Holm` bounds the chance of any false finding, `Benjamini-Hochberg` the expected share of
        false ones among the findings.

    Returns
    -------
    ndarray
        Shape (n,), as R's `p.adjust`; nan where the p value is.

    Raises
    ------
    ValueError
        When a p value is not between 0 and 1.

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70. Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.
    """
    found = np.array(p_values, dtype=np.float64)
    made = ~np.isnan(found)
    if ((found[made] < 0) | (found[made] > 1)).any():
        raise ValueError("A p value is not between 0 and 1.")
    if made.any():
        found[made] = multipletests(found[made], method=METHODS[method])[1]
    return found
