"""A synthetic dataset beside the ledger, by way of the estimates that every dataset gets."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from analysis.audit import comparison
from analysis.cohort import derive
from analysis.cohort.read import read_dataset
from analysis.estimates import whole
from analysis.parameters import Parameters
from analysis.synthesis import timeline, write
from analysis.synthesis.targets import Targets


def compare(
    tables: Mapping[str, pd.DataFrame], targets: Targets, options: Parameters
) -> pd.DataFrame:
    """Give every claim of the ledger beside what the tables give for it.

    The tables are written and read back, so that what is judged is what a reader will have,
    with every rule of the data model applied.

    Raises
    ------
    cohort.read.DatasetFaults
        When the tables break a rule of the data model.
    """
    with tempfile.TemporaryDirectory() as folder:
        write.write_tables(Path(folder), tables, 0, timeline.DATA_CUTOFF)
        dataset = read_dataset(Path(folder))
    estimates = whole.estimate(derive.cohort(dataset, options), options)
    return comparison.compare(targets.ledger, estimates)


def unmet(compared: pd.DataFrame, excused: Collection[str] = ()) -> list[str]:
    """Give one line a claim that is not reproduced, with the value reached."""
    missed = compared[~compared["agrees"] & ~compared["claim_id"].isin(list(excused))]
    return [
        f"{claim['claim_id']}: {claim['locator']}: printed {claim['printed']}, "
        f"nearest {claim['reproduced']}"
        for claim in missed.to_dict("records")
    ]
