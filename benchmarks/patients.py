"""A dataset of any number of patients, drawn from those of the synthetic cohort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from analysis.cohort.by_patient import in_words
from analysis.cohort.model import Dataset
from analysis.cohort.read import read_dataset
from analysis.cohort.rules import first_treatment
from analysis.zhai_2025.study import STUDY

# Times after the first treatment grow by up to a half: none shrinks, so that nobody dies before
# the end of a treatment that was given.
STRETCH = 1.5
# Standard deviation of the logarithm of a factor by which AFP varies.
AFP_SPREAD = 0.2


def write(folder: Path, n: int, seed: int) -> Path:
    """Write a dataset of `n` patients in Parquet, typed as a database would.

    Each patient is one of the synthetic cohort's, drawn with replacement, under a new id: all
    their records, with every time after the first treatment stretched by a factor of their own
    and cut to whole days, and with their own AFP. Records that are in order stay in order.
    """
    source = read_dataset("synthetic", STUDY)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(source.tables["patients"]), size=n)
    stretch = rng.uniform(1, STRETCH, n)
    afp = np.exp(rng.normal(0, AFP_SPREAD, n))
    ids = np.char.mod(f"P%0{len(str(n))}d", np.arange(1, n + 1)).astype(object)

    folder.mkdir(parents=True, exist_ok=True)
    latest = pd.Timestamp.min
    for name, coded in source.tables.items():
        table = in_words(coded)
        if table.empty:
            continue
        rows, patient = _records(source, table, drawn)
        frame = table.iloc[rows].reset_index(drop=True)
        if name in ("follow_up", "adverse_events"):
            zero = frame["patient_id"].map(first_treatment(source.tables))
            for column in frame.columns[frame.columns.str.endswith("_date")]:
                days = (frame[column] - zero).dt.days * stretch[patient]
                frame[column] = zero + pd.to_timedelta(np.floor(days), unit="D")
        for column in frame.columns.intersection(["afp_before", "afp_after"]):
            frame[column] = (frame[column] * afp[patient]).round(2)
        frame["patient_id"] = ids[patient]
        dates = frame.select_dtypes("datetime")
        latest = max(latest, *(day for day in dates.max() if not pd.isna(day)), latest)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    description = {
        "title": f"{n:,} patients drawn from the synthetic cohort",
        "synthetic": True,
        "data_cutoff": latest.date(),
        "not_recorded": source.description.not_recorded,
    }
    (folder / "dataset.yaml").write_text(yaml.safe_dump(description), encoding="utf-8")
    return folder


def _records(
    source: Dataset, table: pd.DataFrame, drawn: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the rows of a table that the patients drawn have, and which of them has each."""
    owner = pd.Index(source.tables["patients"]["patient_id"]).get_indexer(table["patient_id"])
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=len(source.tables["patients"]))
    starts = np.cumsum(counts) - counts
    patient = np.repeat(np.arange(len(drawn)), counts[drawn])
    nth = np.arange(len(patient)) - np.repeat(
        np.cumsum(counts[drawn]) - counts[drawn], counts[drawn]
    )
    return order[starts[drawn[patient]] + nth], patient
