"""What stands behind a number of synthetic patients: an article's print, an ensemble, or nothing.

Patients that were searched for a ledger of published numbers have every other number too. Some of
these follow from what is printed, others were drawn at random. An ensemble of cohorts that all
give the printed numbers tells them apart, as far as it reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import pandas as pd

from analysis.estimates.ensemble import Ensemble
from analysis.estimates.rows import KEY

STATUS = "status"
# What the estimates of patients who were searched for a ledger have beside their own columns.
STANDING = [STATUS, "ensemble_members", "ensemble_lowest", "ensemble_highest"]
_SPREAD = ["members", "without_value", "lowest", "highest", "below_005", "alike"]


class Status(StrEnum):
    """What stands behind a number."""

    PUBLISHED = "published"
    DETERMINED = "determined"
    OPEN = "open"


def over(ensemble: Ensemble, rows: pd.DataFrame) -> pd.DataFrame:
    """Give the spread of the keys of some estimates, on their index; missing where unknown."""
    found = _keyed(rows).merge(_keyed(ensemble.spread, _SPREAD), on=KEY, how="left")
    return found[_SPREAD].set_axis(rows.index)


def _keyed(rows: pd.DataFrame, further: Sequence[str] = ()) -> pd.DataFrame:
    return rows[[*KEY, *further]].assign(
        **{name: rows[name].fillna("").astype(str) for name in KEY}
    )


def with_standing(
    rows: pd.DataFrame, published: pd.Series, ensemble: Ensemble | None
) -> pd.DataFrame:
    """Give estimates with the columns `STANDING`.

    `published` tells of each whether the article prints it. A number is determined when every
    cohort of the ensemble has it, these patients too, all alike to the precision of its kind
    (`estimates.spread`); without an ensemble none is known to be.
    """
    if ensemble is None:
        found = pd.DataFrame(index=rows.index, columns=_SPREAD)
    else:
        found = over(ensemble, rows)
    told: dict[str, pd.Series] = {
        STATUS: status(rows, published, found),
        "ensemble_members": found["members"].astype("Int64"),
        "ensemble_lowest": found["lowest"].astype("float64"),
        "ensemble_highest": found["highest"].astype("float64"),
    }
    return rows.assign(**told)


def status(rows: pd.DataFrame, published: pd.Series, found: pd.DataFrame) -> pd.Series:
    """Give what stands behind each of some estimates, which are as `over` has found them."""
    value = rows["value"].astype("float64")
    low, high = (found[name].astype("float64") for name in ("lowest", "highest"))
    # These patients need be none of the ensemble; where nobody has a value, nor must they.
    within = value.between(low, high) | (value.isna() & low.isna())
    alike = found["alike"].eq(True)
    told = pd.Series(Status.OPEN.value, index=rows.index)
    told = told.mask(alike & within, Status.DETERMINED.value)
    return told.mask(published.astype(bool), Status.PUBLISHED.value)
