"""A synthetic dataset as its readers will have it: beside the ledger, and as patients."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.audit.comparison import compare
from analysis.cohort import derive
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.estimates import whole
from analysis.study.parameters import Parameters
from analysis.synthesis import plausibility, timeline, write
from analysis.synthesis.plausibility import Breach
from analysis.synthesis.targets import Targets


@dataclass(frozen=True)
class Judgement:
    """Every claim beside what the dataset gives for it, and what is not plausible in it."""

    compared: pd.DataFrame
    breaches: list[Breach]

    def unmet(self, excused: Collection[str] = ()) -> list[str]:
        """Give one line a claim that is not reproduced, and a rule that is broken."""
        missed = ~self.compared["agrees"] & ~self.compared["claim_id"].isin(list(excused))
        return [
            f"{claim['claim_id']}: {claim['locator']}: printed {claim['printed']}, "
            f"nearest {claim['reproduced']}"
            for claim in self.compared[missed].to_dict("records")
        ] + [
            f"not plausible ({breach.rule}): {breach.patient_id or 'cohort'}: {breach.what}"
            for breach in self.breaches
        ]


def of(tables: Mapping[str, pd.DataFrame], targets: Targets, options: Parameters) -> Judgement:
    """Judge a dataset by the estimates that every dataset gets, and by the rules of plausibility.

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
    return judge(dataset, derive.cohort(dataset, options), targets, options)


def judge(dataset: Dataset, derived: Cohort, targets: Targets, options: Parameters) -> Judgement:
    """Judge a dataset that was read, and what is derived from it."""
    return Judgement(
        compare(targets.ledger, whole.estimate(derived, options)),
        plausibility.check(dataset, derived, targets, options),
    )
