"""Write a synthetic dataset: CSV tables and `dataset.yaml`, the same bytes for the same tables."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

NOTICE = (
    "Synthetic: no real patient is in this dataset. It was made by a search for one cohort that "
    "reproduces the published numbers of Zhai et al. 2025 (doi 10.3389/fimmu.2025.1594577). "
    "What the article does not print is drawn at random."
)


def write_dataset(
    folder: Path, tables: Mapping[str, pd.DataFrame], seed: int, data_cutoff: datetime.date
) -> None:
    """Put a dataset in place of what is in the folder, complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    old = new.with_name(f"{new.name}-old")
    try:
        # mkdtemp lets nobody else in.
        new.chmod(0o755)
        write_tables(new, tables, seed, data_cutoff)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def write_tables(
    folder: Path, tables: Mapping[str, pd.DataFrame], seed: int, data_cutoff: datetime.date
) -> None:
    """Write the tables as CSV files, each with a remark that it is synthetic, and dataset.yaml."""
    remark = f"# {NOTICE} Made by: make synthetic SEED={seed}\n"
    for name, table in tables.items():
        body = table.map(_cell).to_csv(index=False, lineterminator="\n")
        (folder / f"{name}.csv").write_bytes((remark + body).encode())
    description = {
        "title": f"Synthetic cohort of {len(tables['patients'])} patients after Zhai et al. 2025",
        "notice": NOTICE,
        "synthetic": True,
        "data_cutoff": data_cutoff,
        "seed": seed,
        "not_recorded": {},
    }
    text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True, width=90)
    (folder / "dataset.yaml").write_bytes(text.encode())


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return ""
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
