"""What stands behind a number of synthetic patients: an article's print, an ensemble, or nothing.

Patients that were searched for a ledger of published numbers have every other number too. Some of
these follow from what is printed, others were drawn at random. An ensemble of cohorts that all
give the printed numbers tells them apart, as far as it reaches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from analysis.estimates.rows import KEY

# What the estimates of patients who were searched for a ledger have beside their own columns.
STANDING = ["status", "ensemble_members", "ensemble_lowest", "ensemble_highest"]
# What every table of synthetic patients has, whatever it holds, and what stands in it.
SYNTHETIC, YES = "synthetic", "yes"
_SAID = {
    SYNTHETIC: "yes: no real patient is in these numbers",
    "status": "published: printed by the article, and reproduced to the digit; determined: not "
    "printed, but alike in all cohorts of the ensemble; open: neither",
}

# What a row of the spread is asked for, by key.
_SPREAD = ["members", "lowest", "highest", "alike"]


class Status(StrEnum):
    """What stands behind a number."""

    PUBLISHED = "published"
    DETERMINED = "determined"
    OPEN = "open"


@dataclass(frozen=True)
class Ensemble:
    """Cohorts that all give the printed numbers, by what they have beyond these.

    Attributes
    ----------
    members
        How many cohorts there are.
    spread
        One row a key, as `estimates.spread` gives it: `members` in which there is such a number,
        `lowest`, `highest`, `below_005` and `above_1` (in how many it is), `alike`.
    """

    members: int
    spread: pd.DataFrame = field(compare=False)

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give the spread of the keys of some estimates, on their index; missing where unknown."""
        keyed = rows[KEY].fillna("").astype(str)
        known = self.spread.assign(**{name: self.spread[name].fillna("").astype(str) for name in KEY})
        found = keyed.merge(known, on=KEY, how="left", validate="many_to_one")
        return found.drop(columns=KEY).set_axis(rows.index)


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
        found = ensemble.of(rows)
    low, high = (found[name].astype("float64") for name in ("lowest", "highest"))
    alike = found["alike"].eq(True) & found["members"].eq(ensemble.members if ensemble else 0)
    within = rows["value"].astype("float64").between(low, high)
    status = pd.Series(Status.OPEN.value, index=rows.index)
    status = status.mask(alike & within, Status.DETERMINED.value)
    status = status.mask(published.astype(bool), Status.PUBLISHED.value)
    told = {
        "status": status,
        "ensemble_members": found["members"].astype("Int64"),
        "ensemble_lowest": low,
        "ensemble_highest": high,
    }
    return rows.assign(**told)


def say_synthetic(rows: pd.DataFrame) -> pd.DataFrame:
    """Give a table with a last column that says of each row that no real patient is in it."""
    return rows.assign(**{SYNTHETIC: YES})


def write_parquet(rows: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet; one of synthetic patients says so in the metadata of its schema."""
    if SYNTHETIC not in rows:
        rows.to_parquet(path, index=False)
        return
    table = pa.Table.from_pandas(rows, preserve_index=False)
    said = {name: text for name, text in _SAID.items() if name in rows}
    parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **said}), path)
