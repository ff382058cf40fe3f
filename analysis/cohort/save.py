"""Write a synthetic dataset: CSV tables and `dataset.yaml`, the same bytes for the same tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from analysis.study.in_place import clear_away, staged


def write_dataset(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    description: Mapping[str, object],
    remark: str,
) -> None:
    """Put a dataset in place of what is in the folder, complete or not at all."""
    place = folder.resolve()
    clear_away(place.parent)
    with staged(place.parent, place.name) as new:
        write_tables(new, tables, description, remark)


def write_tables(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    description: Mapping[str, object],
    remark: str,
) -> None:
    """Write the tables as CSV files, each with the remark on top, and dataset.yaml."""
    for name, table in tables.items():
        body = table.map(_cell).to_csv(index=False, lineterminator="\n")
        (folder / f"{name}.csv").write_bytes(f"# {remark}\n{body}".encode())
    text = yaml.safe_dump(dict(description), sort_keys=False, allow_unicode=True, width=90)
    (folder / "dataset.yaml").write_bytes(text.encode())


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return ""
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
