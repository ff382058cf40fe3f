"""Values of R for the sensitivity analyses, and the patients they were computed from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

REFERENCE = Path(__file__).parents[1] / "reference"
STORED = json.loads((REFERENCE / "sensitivity.json").read_text(encoding="utf-8"))


def records(analysis: str) -> list[Any]:
    """Give R's values of an analysis, one parameter of a test a call."""
    found = [record for record in STORED["records"] if record["analysis"] == analysis]
    if not found:
        raise LookupError(f"sensitivity.json holds no {analysis!r}")
    return [pytest.param(record, id=record["call"].replace(" ", "")) for record in found]


def patients_of(record: Mapping[str, Any]) -> pd.DataFrame:
    """Give `days`, `event` and the groups of the data set that a record is about."""
    rows = pd.read_csv(REFERENCE / f"{record['data']}.csv", dtype=str)
    return rows.astype({"days": int, "event": int}).astype({"event": bool})


def times_of(record: Mapping[str, Any]) -> pd.DataFrame:
    """Give `days`, `event` and `level` by the group of a record; `yes` and `no` if it says so."""
    rows = patients_of(record)
    level = rows[record["group"]]
    if "yes" in record:
        level = level.eq(record["yes"]).map({True: "yes", False: "no"})
    return rows[["days", "event"]].assign(level=level)


def first_events_of(record: Mapping[str, Any]) -> pd.DataFrame:
    """Give the patients with `cause`: every other row's event is the competing one, as in R."""
    rows = patients_of(record)
    odd = rows.index % 2 == 0
    cause = (
        rows["event"].map({True: "death", False: "censored"}).mask(rows["event"] & odd, "relapse")
    )
    return rows.assign(cause=cause)
