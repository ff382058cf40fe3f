"""Whether something is recorded, for all that is made of it.

What a dataset does not record is unknown for everybody. Nothing that is made of it may stand as if
it were known: a count of a column that nobody filled in is not 0. Every derived column names here,
or in the study, what it is made of; where a part of it is not recorded, the column is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.description import Description
from analysis.cohort.schema import TABLE_KEYS
from analysis.study.study import Study

_ALIVE = ("follow_up.last_contact_date", "follow_up.death_date")
_COURSES = (
    "radiotherapy.start_date",
    "radiotherapy.end_date",
    "immunotherapy.start_date",
    "immunotherapy.end_date",
)

# Derived column to what it is made of: `table.column`, or another column of the patients.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "rt_start": ("radiotherapy.start_date",),
    "rt_end": ("radiotherapy.end_date",),
    "rt_dose_gy": ("radiotherapy.dose_gy",),
    "rt_fractions": ("radiotherapy.fractions",),
    "bed_gy": ("radiotherapy.dose_gy", "radiotherapy.fractions"),
    "eqd2_gy": ("radiotherapy.dose_gy", "radiotherapy.fractions"),
    "ici_start": ("immunotherapy.start_date",),
    "ici_end": ("immunotherapy.end_date",),
    "ici_cycles": ("immunotherapy.cycles",),
    "ici_agent": ("immunotherapy.agent",),
    "ici_switched": ("immunotherapy.agent",),
    "interval_days": _COURSES,
    "treatment_mode": _COURSES,
    "death": _ALIVE,
    "cause_of_death": ("follow_up.cause_of_death", "follow_up.death_date"),
    "progression": ("follow_up.progression_date", *_ALIVE),
    "in_field_relapse": ("follow_up.in_field_relapse_date", *_ALIVE),
    "failure_pattern": (
        "follow_up.in_field_relapse_date",
        "follow_up.out_field_relapse_date",
    ),
}

# A column of a patient with several rows, to what tells which of them is meant.
_OF_SEVERAL: Mapping[str, tuple[str, str]] = {
    "rt_dose_gy": ("radiotherapy", "radiotherapy.fractions"),
    "rt_fractions": ("radiotherapy", "radiotherapy.dose_gy"),
    "ici_agent": ("immunotherapy", "immunotherapy.start_date"),
}


# Tables in which a column that is blank for everybody is unknown. In follow-up a date may be blank
# because nothing happened.
_BLANK_IS_UNKNOWN = ("patients", "assessments", "adverse_events", "radiotherapy", "immunotherapy")


@dataclass(frozen=True)
class Recording:
    """What a dataset records.

    Attributes
    ----------
    missing
        Tables, and columns as `table.column`, that are not recorded: because the dataset says so,
        or has no such file or column, or the column is blank for everybody.
    follow_up
        The columns of follow-up.
    needs
        Derived column to what it is made of.
    """

    missing: frozenset[str]
    follow_up: frozenset[str]
    needs: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, description: Description, tables: Mapping[str, pd.DataFrame], study: Study
    ) -> Recording:
        """Give the recording of a dataset, as its description and its tables have it."""
        needs = {**NEEDS, **study.derived}
        for column, (table, further) in _OF_SEVERAL.items():
            if tables[table]["patient_id"].duplicated().any():
                needs[column] = (*needs[column], further)
        happens = {event for endpoint in study.endpoints for event in endpoint.events}
        missing = set()
        for name, frame in tables.items():
            if description.lacks(name):
                missing.add(name)
            for column in frame.columns:
                blank = name in _BLANK_IS_UNKNOWN and column not in happens and not frame.empty
                blank = blank and not bool(frame[column].notna().any())
                if blank or description.lacks(name, column):
                    missing.add(f"{name}.{column}")
        return cls(frozenset(missing), frozenset(tables["follow_up"].columns), needs)

    def has(self, *names: str) -> bool:
        """Tell whether all of some columns, `table.column` or of the patients, are recorded."""
        return not self.lacking(*names)

    def lacking(self, *names: str) -> tuple[str, ...]:
        """Give what is not recorded of some columns, or of what they are made of, each once.

        Parameters
        ----------
        names
            Tables (`adverse_events`), their columns (`adverse_events.grade`), or columns of the
            patients, recorded or derived.
        """
        return tuple(
            dict.fromkeys(
                source
                for source in self._sources(names)
                if source in self.missing or source.partition(".")[0] in self.missing
            )
        )

    def why(self, *names: str) -> str:
        """Say what is not recorded of some columns; nothing where all is.

        A table that is not recorded is named in place of its columns.
        """
        said = []
        for source in self.lacking(*names):
            table, _, column = source.partition(".")
            said.append(f"{column} ({table})" if table not in self.missing else table)
        said = list(dict.fromkeys(said))
        if not said:
            return ""
        return f"{_listed(said)} {'is' if len(said) == 1 else 'are'} not recorded"

    def known(self, columns: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
        """Give derived columns without those that something not recorded would have gone into."""
        return {
            name: values if self.has(name) else _unknown(values) for name, values in columns.items()
        }

    def _sources(self, names: Iterable[str]) -> Iterable[str]:
        for name in names:
            if name in self.needs:
                yield from self._sources(self.needs[name])
            elif "." in name or name in TABLE_KEYS:
                yield name
            else:
                table = "follow_up" if name in self.follow_up else "patients"
                yield f"{table}.{name}"


def _unknown(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return pd.Series(pd.Categorical([None] * len(values), dtype=values.dtype), values.index)
    return values.where(pd.Series(False, index=values.index))


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
