"""Values of which only a limit is known, such as an AFP above what the assay measures.

Beside a column of the patients stands one of signs, where any value is a limit: `<` and `<=` for
at most, `>` and `>=` for at least. What a limit leaves open is not known: it is neither below nor
above a cut that it does not decide.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SIGNS = ("<", "<=", ">", ">=")
_SUFFIX = "_limit"
# Notes of estimates that rest on a limit, and how they are shown.
AT_MOST, AT_LEAST = "a limit: at most this", "a limit: at least this"
NEAR = "a limit: about this"
_SHOWN = {AT_MOST: "<\u202f", AT_LEAST: ">\u202f", NEAR: "about "}


def limit_column(name: str) -> str:
    """Give the column of signs beside a column of values."""
    return f"{name}{_SUFFIX}"


def limits(patients: pd.DataFrame, name: str) -> pd.Series:
    """Give the sign of each patient's value; missing where the value is no limit."""
    column = limit_column(name)
    if column in patients:
        return patients[column]
    return pd.Series(None, index=patients.index, dtype=object)


def exact(patients: pd.DataFrame, name: str) -> pd.Series:
    """Give the values that are no limits."""
    return patients[name].where(limits(patients, name).isna())


def bounds(values: pd.Series, signs: pd.Series) -> pd.DataFrame:
    """Give the least and the most that each value can be.

    Examples
    --------
    >>> bounds(pd.Series([1.2, 5.0, 400.0]), pd.Series(["<", None, ">="])).to_numpy().tolist()
    [[-inf, 1.2], [5.0, 5.0], [400.0, inf]]
    """
    numbers = values.astype("float64")
    return pd.DataFrame(
        {
            "low": numbers.mask(signs.isin(("<", "<=")) & numbers.notna(), -np.inf),
            "high": numbers.mask(signs.isin((">", ">=")) & numbers.notna(), np.inf),
        }
    )


def compares(sign: str, cut: float, values: pd.Series, signs: pd.Series) -> pd.Series:
    """Tell of which values `value sign cut` holds: dtype boolean, missing where it is open.

    Examples
    --------
    >>> values, signs = pd.Series([1.2, 500.0, 400.0]), pd.Series(["<", "<", ">"])
    >>> compares("<", 400, values, signs).tolist()
    [True, <NA>, False]
    """
    known = bounds(values, signs)
    strict_low, strict_high = signs.eq(">"), signs.eq("<")
    low, high = known["low"], known["high"]
    below = (high < cut) | ((high == cut) & strict_high)
    at_most = high <= cut
    above = (low > cut) | ((low == cut) & strict_low)
    at_least = low >= cut
    equal, apart = low.eq(cut) & high.eq(cut), below | above
    holds, fails = {
        "<": (below, at_least),
        "<=": (at_most, above),
        ">": (above, at_most),
        ">=": (at_least, below),
        "==": (equal, apart),
        "!=": (apart, equal),
    }[sign]
    return holds.astype("boolean").mask(~(holds | fails) | values.isna())


def rests_on(values: pd.Series, signs: pd.Series) -> dict[str, str]:
    """Say of median, min and max of the recorded values which rest on a limit, and how.

    Returns
    -------
    dict
        `median`, `min`, `max` to the note; those that are exact are left out.
    """
    there = values.notna()
    known = bounds(values[there], signs[there])
    if known.empty:
        return {}
    notes = {}
    if np.isneginf(known["low"]).any():
        notes["min"] = AT_MOST
    if np.isposinf(known["high"]).any():
        notes["max"] = AT_LEAST
    low, high = known["low"].median(), known["high"].median()
    if low != high:
        middle = values[there].astype("float64").median()
        notes["median"] = AT_MOST if high == middle else AT_LEAST if low == middle else NEAR
    return notes


def shown(text: str, note: str) -> str:
    """Give a number as text with the sign that its note asks for."""
    for said, sign in _SHOWN.items():
        if said in note:
            return f"{sign}{text}"
    return text
