"""Tables as files have them: those of synthetic patients say so, and what their numbers rest on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from analysis.estimates.standing import STATUS

# What every table of synthetic patients has, whatever it holds, and what stands in it.
SYNTHETIC, YES = "synthetic", "yes"
_SAID = {
    SYNTHETIC: "yes: no real patient is in these numbers",
    STATUS: "published: printed by the article, and reproduced to the digit; determined: not "
    "printed, but alike in all cohorts of the ensemble; open: neither",
}


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
    parquet.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), **said}), path
    )
