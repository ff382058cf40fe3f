"""Published numbers beside those estimated from a dataset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from analysis.study.keys import KEY as _KEY
from analysis.study.keys import NOT_REACHED
from analysis.study.printed import exactly, half_up, values

KEY = list(_KEY)
# As the tables write a number that there is not, and a median that is not reached.
MISSING, NR = "–", "NR"


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
    The claims with `estimated` (bool: there is such an estimate, and it has a value or is a median
    that is not reached), `estimate` (float, NaN for such a median), `reproduced` (the estimate
    written with the decimals that were printed, half up) and `agrees` (the two are the same string,
    or the estimate lies where an inequality says).
    """
    # What nobody could give, such as the median of no patients, is no estimate.
    known = estimates["value"].notna() | (estimates["note"] == NOT_REACHED)
    found = estimates.loc[known, [*KEY, "value"]].rename(columns={"value": "estimate"})
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
        return NR
    decimals = 0 if pd.isna(claim["decimals"]) else int(claim["decimals"])
    return str(half_up(claim["estimate"], decimals)).replace("-", "−")


def _agrees(claim: Mapping[Hashable, Any]) -> bool:
    if not claim["estimated"]:
        return False
    estimate, comparator = claim["estimate"], claim["comparator"]
    if comparator == NOT_REACHED or pd.isna(estimate):
        return bool(comparator == NOT_REACHED and pd.isna(estimate))
    # An inequality is meant of the number itself; what is equal, of the digits.
    printed = values(str(claim["printed"]), comparator, ("half up",))
    return Fraction(exactly(estimate)) in printed
