"""A dataset as recorded, and the cohort derived from it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from analysis.cohort.description import Description
from analysis.cohort.recording import Recording
from analysis.cohort.schema import TABLE_KEYS, asked_for
from analysis.study.parameters import Parameters
from analysis.study.study import Study
from analysis.study.variables import Grouped, Row


@dataclass(frozen=True)
class Dataset:
    """Checked tables as they were recorded; keys of `tables` are the names of the schema.

    `study` is the one that the dataset belongs to, with what its `dataset.yaml` adds. `imputed` is
    how many days of a `table.column` were imputed, and `notes` what was met on reading and should
    be known, in sentences.
    """

    name: str
    study: Study
    description: Description
    tables: dict[str, pd.DataFrame]
    imputed: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cohort:
    """The patients who are analysed, with everything that is derived from their records.

    Attributes
    ----------
    study
        What is declared, with every cut where the parameters put it.
    patients
        One row a patient (index `patient_id`): recorded and derived columns. Categories are
        ordered `Categorical`s; what is not recorded is missing.
    radiotherapy, immunotherapy, assessments, adverse_events, organ_doses
        Tables of the schema for these patients, with derived columns.
    time_to_event
        One row a patient and endpoint, after ADaM's ADTTE: `patient_id, endpoint, days` (from
        time zero, never rounded: whole where they come from dates), `event` (bool, the reverse of
        CNSR), `event_source` and `censor_source` (the record that the day was taken from),
        `competing` (bool: ended by death, where that competes with relapse; then no event). With
        delayed entry, `start`: the day after which a patient is at risk (-1: from the start).
    screening
        One row an eligibility criterion, in the study's order, and one for the population
        analysed unless that is all: `name, criterion, assessed, status, entered, excluded,
        remaining`.
    recording
        What the dataset records, for what is counted in its tables.
    unrecorded
        Endpoint to the reason why it has no times.
    stand_ins
        Endpoint, or variable of a response, to what stands in for what is not recorded of it, in
        words of a method.
    read
        How many patients the dataset has.
    data_cutoff
        The day until which the dataset says that it is known; None where it does not say.
    remarks
        What should be looked at, in sentences; only of a cohort that was loaded from its files.
    what_if
        Whether pages may carry the patients (`Description.is_carried`).
    not_at_risk
        One row a patient and endpoint left out, since the patient was never at risk of it, or
        when is not recorded: `patient_id, endpoint, reason` (see `analysis.cohort.at_risk`).
    """

    name: str
    study: Study
    title: str
    notice: str
    synthetic: bool
    patients: pd.DataFrame
    radiotherapy: pd.DataFrame
    immunotherapy: pd.DataFrame
    assessments: pd.DataFrame
    adverse_events: pd.DataFrame
    organ_doses: pd.DataFrame
    time_to_event: pd.DataFrame
    screening: pd.DataFrame
    recording: Recording
    unrecorded: Mapping[str, str]
    stand_ins: Mapping[str, str]
    read: int
    data_cutoff: datetime.date | None = None
    remarks: tuple[str, ...] = ()
    what_if: bool = False
    not_at_risk: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["patient_id", "endpoint", "reason"])
    )

    @property
    def parameters(self) -> Parameters:
        """The parameters under which it was derived, with the axis that its figures have."""
        return self.study.chosen

    def records(self, *columns: str) -> bool:
        """Tell whether every one of the patient columns is recorded for at least one patient."""
        return all(
            column in self.patients and bool(self.patients[column].notna().any())
            for column in columns
        )

    def has(self, *names: str) -> bool:
        """Tell whether all of some tables (`adverse_events`) or their columns are recorded."""
        return self.recording.has(*names)

    def of(self, ids: pd.Index) -> Cohort:
        """Give the cohort of some of its patients, by their index."""

        def theirs(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[frame["patient_id"].isin(ids)].reset_index(drop=True)

        return replace(
            self,
            patients=self.patients.loc[ids],
            radiotherapy=theirs(self.radiotherapy),
            immunotherapy=theirs(self.immunotherapy),
            assessments=theirs(self.assessments),
            adverse_events=theirs(self.adverse_events),
            organ_doses=theirs(self.organ_doses),
            time_to_event=theirs(self.time_to_event),
            not_at_risk=theirs(self.not_at_risk),
        )

    def facts(self) -> frozenset[str]:
        """Say in single words what there is, for pages that need it.

        The names of tables that are recorded; `article` where the patients are compared with those
        of one; `synthetic`; `eligibility` where criteria were applied; `characteristics`,
        `treatment`, `response`, `marker` (after treatment), `survival` and `factors` (of something
        that is compared) where there is something of them to show; and `everything`, where all
        that the study's datasets have is recorded, for a page that cannot do without.
        """
        study = self.study
        words = {
            "article": study.article is not None,
            "synthetic": self.synthetic,
            "what_if": self.what_if,
            "eligibility": not self.screening.empty,
            "characteristics": self._records_any(*study.table_1, *study.characteristics),
            "treatment": self._records_any(*study.table_2, *study.treatment)
            or (self.has("radiotherapy.site") and not self.radiotherapy.empty)
            or self.records("rt_start", "ici_start", "last_contact_date"),
            "response": bool(
                self.assessments[["response", "change_percent"]].notna().to_numpy().any()
            ),
            "marker": study.marker is not None and self.records(study.marker.after),
            "factors": any(map(study.compares_by, self.endpoints()))
            and any(self.records(factor.column) for factor in study.factors),
            "survival": not self.time_to_event.empty,
            "everything": all(self.has(*columns) for columns in asked_for(study).values()),
        }
        tables = {name for name in TABLE_KEYS if self.has(name)}
        return frozenset(tables) | {word for word, holds in words.items() if holds}

    def _records_any(self, *rows: Row) -> bool:
        return any(
            self.records(row.variable.name if isinstance(row, Grouped) else row.name)
            for row in rows
        )

    def endpoints(self) -> list[str]:
        """Give the endpoints that can be analysed, in the study's order; others by name."""
        present = set(self._rows)
        declared = [endpoint.name for endpoint in self.study.endpoints]
        return [name for name in declared if name in present] + sorted(present - set(declared))

    def times(self, endpoint: str) -> pd.DataFrame:
        """Give the times of one endpoint."""
        return self.time_to_event.iloc[self.rows_of(endpoint)]

    def rows_of(self, endpoint: str) -> npt.NDArray[np.intp]:
        """Give the places in `time_to_event` of the times of one endpoint."""
        return self._rows.get(endpoint, np.array([], dtype=np.intp))

    def of_patients(self, column: str, endpoint: str) -> ExtensionArray:
        """Give a column of the patients for each of the times of one endpoint, in their order."""
        places = self._patients.get(endpoint, np.array([], dtype=np.intp))
        return self.patients[column].array.take(places, allow_fill=True)

    @cached_property
    def _rows(self) -> Mapping[str, npt.NDArray[np.intp]]:
        # Once: every comparison asks for them, and a million texts are compared in 0.2 s.
        codes, names = pd.factorize(self.time_to_event["endpoint"])
        return {name: np.flatnonzero(codes == place) for place, name in enumerate(names)}

    @cached_property
    def _patients(self) -> Mapping[str, npt.NDArray[np.intp]]:
        ids = self.time_to_event["patient_id"].to_numpy()
        index = self.patients.index
        return {name: index.get_indexer(pd.Index(ids[rows])) for name, rows in self._rows.items()}
