"""A synthetic dataset as its readers will have it: beside the ledger, and as patients."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.audit.comparison import compare
from analysis.cohort import save
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.estimates import whole
from analysis.study.parameters import Parameters
from analysis.study.study import Study
from analysis.synthesis import plausibility
from analysis.synthesis.plausibility import Breach, Rule
from analysis.synthesis.targets import Targets


@dataclass(frozen=True)
class Judgement:
    """Every claim beside what the dataset gives for it, and what is not plausible in it.

    `estimates` are all that the dataset gives, and `derived` is what they are of.
    """

    compared: pd.DataFrame
    breaches: list[Breach]
    estimates: pd.DataFrame
    derived: Cohort

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


def read_back(
    tables: Mapping[str, pd.DataFrame], description: Mapping[str, object], study: Study
) -> Dataset:
    """Write tables and read them, so that what is judged is what a reader will have.

    Every rule of the data model is applied.

    Raises
    ------
    cohort.faults.DatasetFaults
        When the tables break one.
    """
    with tempfile.TemporaryDirectory() as folder:
        save.write_tables(Path(folder), tables, description, "To be judged.")
        return read_dataset(Path(folder), study)


def judge(
    dataset: Dataset,
    derived: Cohort,
    targets: Targets,
    options: Parameters,
    rules: Iterable[Rule],
) -> Judgement:
    """Judge a dataset by the estimates that every dataset gets, and by rules of plausibility.

    `derived` is what is derived from the dataset under the options.
    """
    estimates = whole.estimate(derived, options)
    return Judgement(
        compare(targets.ledger, estimates),
        plausibility.check(rules, dataset, derived, targets, options),
        estimates,
        derived,
    )
