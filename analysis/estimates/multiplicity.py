"""Table 5 is many tests at once: its p values, adjusted for their number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.stats.multitest import multipletests

from analysis.cohort.model import Cohort
from analysis.estimates import prognosis
from analysis.estimates.rows import row, to_table
from analysis.parameters import Parameters

ANALYSIS = "sensitivity_multiplicity"

# Statistic to the name that statsmodels and its readers know the method by.
METHODS = {
    "p_value_holm": ("holm", "Holm"),
    "p_value_benjamini_hochberg": ("fdr_bh", "Benjamini-Hochberg"),
}


def adjusted(p_values: npt.ArrayLike, method: str) -> npt.NDArray[np.float64]:
    """Adjust p values for their number.

    Parameters
    ----------
    p_values
        Of one family of tests, shape (n,), from 0 to 1; nan for a test that could not be made,
        which does not count.
    method
        `holm` bounds the chance of any false finding, `fdr_bh` the expected share of false ones
        among the findings.

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
        found[made] = multipletests(found[made], method=method)[1]
    return found


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Adjust the log-rank tests of Table 5, all factors and both endpoints as one family.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` sensitivity_multiplicity: `p_value` as it was, and
        adjusted by each method. `tests` is the size of the family.
    """
    estimated = prognosis.estimate(cohort, parameters)
    of_table = estimated["group"].isin(prognosis.factors_of(cohort))
    family = estimated[of_table & (estimated["statistic"] == "p_value")]
    values = {"p_value": (family["value"].to_numpy(), "log-rank test")} | {
        statistic: (adjusted(family["value"], method), f"log-rank test, {name}")
        for statistic, (method, name) in METHODS.items()
    }
    rows = [row(ANALYSIS, "family", "tests", int(family["value"].notna().sum()), unit="tests")]
    rows += [
        row(
            ANALYSIS,
            test["variable"],
            statistic,
            value[position],
            group=test["group"],
            method=method,
            n=test["n"],
            note=test["note"],
        )
        for position, test in enumerate(family.to_dict("records"))
        for statistic, (value, method) in values.items()
    ]
    return to_table(rows)
