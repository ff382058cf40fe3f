"""Tests of few events: the rows of an exact test beside those of the approximation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.exact_log_rank import SPARSE, exact_test, is_sparse
from analysis.estimates.log_rank import Weighting
from analysis.study.keys import KEY, Statistic

# Of the approximation, where the exact test is what is to be read.
WARNING = f"{SPARSE}: the approximation does not hold"

EXACT = {Statistic.P_VALUE: Statistic.EXACT_P, Statistic.HR_P: Statistic.HR_EXACT_P}

Rows = list[dict[str, Any]]


def with_exact(
    test: dict[str, Any],
    times: pd.DataFrame,
    weighting: Weighting = "none",
    strata: tuple[str, ...] = (),
    competing: bool = False,
    none: str = "",
) -> Rows:
    """Give the row of a test and, where its events are too few, that of the exact test after it.

    Parameters
    ----------
    test
        The row of a p value, `p_value` or `hr_p`; the row of the exact test has its key but for the
        statistic, `exact_p` or `hr_exact_p`.
    times, weighting, strata, competing
        As for `exact_log_rank.exact_test`.
    none
        Why there is no exact test of this kind; the value is nan then.
    """
    if np.isnan(test["value"]) or not is_sparse(times, strata):
        return [test]
    exact = {
        **test,
        "statistic": EXACT[test["statistic"]].value,
        "value": float("nan"),
        "method": "",
        "note": none,
    }
    if not none:
        found = exact_test(times, weighting, strata, competing)
        name = "log-rank test" if test["statistic"] == Statistic.HR_P else test["method"]
        exact |= {
            "value": found.p_value,
            "method": f"{name}, the events dealt anew among the patients at risk: {found.method}",
        }
    return [{**test, "warning": WARNING}, exact]


def as_read(estimates: pd.DataFrame) -> pd.DataFrame:
    """Give estimates in which each exact test stands in the place of its approximation.

    Parameters
    ----------
    estimates
        Columns `rows.COLUMNS`, and any others that tell rows apart, such as `variant`.

    Returns
    -------
    DataFrame
        Without rows of exact tests: their values, methods and notes are in the rows of the tests
        that they stand for, which keep their warning.
    """
    exact = estimates["statistic"].isin(list(EXACT.values()))
    if not exact.any():
        return estimates
    plain = {exactly.value: test.value for test, exactly in EXACT.items()}
    found = estimates.assign(statistic=estimates["statistic"].replace(plain))
    found.loc[exact, "warning"] = WARNING
    told_apart = [name for name in ("variant", *KEY) if name in estimates]
    return found[exact | ~found.duplicated(told_apart, keep=False)]
