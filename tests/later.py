"""The synthetic cohort with immunotherapy begun later, so that some progress before it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from analysis.cohort.folder import DATA

DAYS = 15


def write_later(folder: Path) -> Path:
    """Write it: `DAYS` later in everybody who had radiotherapy first, as `sensitivity.R` has it."""
    shutil.copytree(DATA / "synthetic", folder)
    tables = {
        name: pd.read_csv(folder / f"{name}.csv", comment="#", dtype=str, keep_default_na=False)
        for name in ("immunotherapy", "radiotherapy")
    }
    given = tables["immunotherapy"]
    radiotherapy = tables["radiotherapy"].groupby("patient_id")["start_date"].min()
    immunotherapy = given.groupby("patient_id")["start_date"].min()
    second = given["patient_id"].isin(immunotherapy.index[radiotherapy < immunotherapy])
    begun = pd.to_datetime(given["start_date"]) + pd.Timedelta(days=DAYS)
    given["start_date"] = given["start_date"].mask(second, begun.dt.strftime("%Y-%m-%d"))
    given["end_date"] = given[["start_date", "end_date"]].max(axis=1)
    given.to_csv(folder / "immunotherapy.csv", index=False)
    return folder
