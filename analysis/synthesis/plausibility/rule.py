"""What a rule of plausibility is, and what it may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.cohort.by_patient import in_words
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.rules import first_treatment
from analysis.study.parameters import Parameters
from analysis.synthesis.targets import Printed, Targets

# A patient_id, or COHORT, and what is wrong.
Found = tuple[str, str]
COHORT = ""


@dataclass(frozen=True)
class Known:
    """Recorded tables, what is derived from them, and the article's numbers.

    Attributes
    ----------
    recorded
        The tables of the dataset, by name.
    patients
        Recorded and derived columns of the patients who are analysed, by patient_id.
    sites
        One row a patient, one column a site of radiotherapy: True where it was irradiated.
    start
        The first day of treatment, by patient_id.
    """

    dataset: Dataset
    cohort: Cohort
    targets: Targets
    # Those of the study whose rules ask for them.
    parameters: Any
    sites: pd.DataFrame
    start: pd.Series

    @classmethod
    def of(
        cls, dataset: Dataset, cohort: Cohort, targets: Targets, parameters: Parameters
    ) -> Known:
        """Prepare what several rules read."""
        given = pd.crosstab(cohort.radiotherapy["patient_id"], cohort.radiotherapy["site"]) > 0
        known_sites = list(cohort.study.open_lists["radiotherapy.site"])
        sites = given.reindex(index=cohort.patients.index, columns=known_sites, fill_value=False)
        start = first_treatment(dataset.tables).reindex(cohort.patients.index)
        return cls(dataset, cohort, targets, parameters, sites, start)

    @property
    def recorded(self) -> dict[str, pd.DataFrame]:
        """Give the tables as recorded."""
        return {name: in_words(table) for name, table in self.dataset.tables.items()}

    @property
    def patients(self) -> pd.DataFrame:
        """Give the analysed patients, by patient_id."""
        return self.cohort.patients

    def is_yes(self, column: str) -> pd.Series:
        """Tell which analysed patients have "yes" in a column."""
        return self.patients[column] == "yes"

    def dates(self) -> Iterator[tuple[str, str, pd.Series]]:
        """Give table, column and values (by patient_id) of every recorded date."""
        for name, frame in self.recorded.items():
            for column in frame.columns:
                if str(frame[column].dtype).startswith("datetime"):
                    yield name, column, frame.set_index("patient_id")[column]


@dataclass(frozen=True)
class Rule:
    """A named rule: `breaks` gives the patients who break it, and what is wrong."""

    name: str
    sentence: str
    breaks: Callable[[Known], Iterable[Found]]


@dataclass(frozen=True)
class Breach:
    """One thing that is wrong; `patient_id` is `COHORT` when it is not of one patient."""

    rule: str
    patient_id: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.patient_id or 'the cohort'}: {self.what}"


def where(wrong: pd.Series, what: str, shown: pd.Series | None = None) -> Iterator[Found]:
    """Give the patients (the index) for whom something is wrong, with a value that shows it."""
    is_wrong = wrong.fillna(False).astype(bool)
    values = [""] * len(wrong) if shown is None else [f": {_text(value)}" for value in shown]
    for patient_id, at_fault, value in zip(wrong.index, is_wrong, values, strict=True):
        if at_fault:
            yield str(patient_id), what + value


def _text(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def counted(found: float, printed: Printed, words: str) -> Iterator[Found]:
    """Say that a number of patients is not the printed one."""
    if not printed.holds(found):
        yield COHORT, f"{found:g} {words}, where the article prints {printed.text}"


def on_weekends(dates: pd.Series, what: str) -> Iterator[Found]:
    """Give the patients whose date is a Saturday or Sunday."""
    yield from where(dates.dt.weekday > 4, f"{what} at a weekend", dates)
