"""Published numbers beside those estimated from a dataset."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.display.format import MISSING, NOT_REACHED, fixed
from analysis.estimates.rows import KEY

_INEQUALITIES: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare(ledger: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Join published claims to estimates on their keys.

    Parameters
    ----------
    ledger
        Claims as `article.ledger.read_ledger` gives them, or some of them.
    estimates
        The estimates table; a claim may find no row in it.

    Returns
    -------
    The claims with `estimated` (bool: there is such an estimate), `estimate` (float, NaN for a
    median that is not reached), `reproduced` (the estimate written with the decimals that were
    printed, half up) and `agrees` (the two are the same string, or the estimate lies where an
    inequality says).
    """
    found = estimates[[*KEY, "value"]].rename(columns={"value": "estimate"})
    keyed = ledger.assign(**{name: ledger[name].fillna("").astype(str) for name in KEY})
    joined = keyed.merge(found, on=KEY, how="left", validate="many_to_one", indicator=True)
    joined["estimated"] = joined.pop("_merge") == "both"
    claims = joined.to_dict("records")
    joined["reproduced"] = [_written(claim) for claim in claims]
    joined["agrees"] = [_agrees(claim) for claim in claims]
    return joined


def _written(claim: Mapping[Hashable, Any]) -> str:
    if not claim["estimated"]:
        return MISSING
    if pd.isna(claim["estimate"]):
        return NOT_REACHED
    return fixed(claim["estimate"], 0 if pd.isna(claim["decimals"]) else int(claim["decimals"]))


def _agrees(claim: Mapping[Hashable, Any]) -> bool:
    if not claim["estimated"]:
        return False
    estimate, value, comparator = claim["estimate"], claim["value"], claim["comparator"]
    if comparator == "not reached" or pd.isna(estimate):
        return bool(comparator == "not reached" and pd.isna(estimate))
    if comparator == "=":
        decimals = int(claim["decimals"])
        return fixed(estimate, decimals) == fixed(value, decimals)
    return bool(_INEQUALITIES[comparator](estimate, value))
