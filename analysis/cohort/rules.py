"""Rules that hold between columns and between tables.

Each rule is a sentence that a person can check and a function that gives the rows that break
it. The sentences are part of the data dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.description import Description
from analysis.cohort.faults import Fault
from analysis.cohort.schema import TABLE_KEYS

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Rule:
    """A named rule: `breaks` gives the faults of the tables against it."""

    name: str
    sentence: str
    breaks: Callable[[Tables, Description], Iterable[Fault]]


def broken(tables: Tables, description: Description) -> list[Fault]:
    """Give every fault of the tables against every rule."""
    return [fault for rule in RULES for fault in rule.breaks(tables, description)]


def _show(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _faults(
    table: str,
    frame: pd.DataFrame,
    wrong: pd.Series,
    column: str,
    words: Callable[[int], str],
    cause: str = "",
) -> list[Fault]:
    return [
        Fault(table, int(row), column, _show(frame.loc[row, column]), words(int(row)), cause)
        for row in frame.index[wrong.fillna(False).astype(bool)]
    ]


def _once(tables: Tables, _: Description) -> list[Fault]:
    faults = []
    for name, (one_row_is, columns) in TABLE_KEYS.items():
        frame, key = tables[name], list(columns)
        known = frame.loc[frame[key].notna().all(axis=1), key]
        again = known[known.duplicated(keep=False)]
        for _key, same in again.groupby(key, sort=False):
            first, *others = map(int, same.index)
            faults += [
                Fault(
                    name,
                    row,
                    " + ".join(key),
                    " + ".join(map(str, same.iloc[0])),
                    f"one row for {one_row_is}; row {first} has it already",
                )
                for row in others
            ]
    return faults


def _orphans(tables: Tables, _: Description) -> list[Fault]:
    ids = set(tables["patients"]["patient_id"].dropna())
    faults = []
    for name, frame in tables.items():
        if name == "patients":
            continue
        of = frame["patient_id"]
        stray = of.notna() & ~of.isin(ids)
        if not stray.any():
            continue
        shortened = {_without_zeros(each) for each in ids}
        padded = of.map(_without_zeros, na_action="ignore").isin(shortened)
        faults += _faults(
            name, frame, stray & padded, "patient_id", lambda _: PADDED_IDS, cause=PADDED_IDS
        )
        faults += _faults(
            name,
            frame,
            stray & ~padded,
            "patient_id",
            lambda _: "a patient_id of the patients table",
        )
    return faults


PADDED_IDS = (
    "a patient_id of the patients table; these differ from its own by leading zeros alone, which a "
    "spreadsheet drops from numbers: keep the column as text in every table"
)


def _without_zeros(patient_id: object) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", str(patient_id))


def _followed(tables: Tables, description: Description) -> list[Fault]:
    if description.lacks("follow_up"):
        return []
    patients, followed = tables["patients"], tables["follow_up"]["patient_id"].dropna()
    of = patients["patient_id"]
    # Who is followed under an id without its zeros is told of once, by that id.
    known = of.isin(followed)
    if not known.all():
        padded = followed[~followed.isin(of)].map(_without_zeros)
        known |= of.map(_without_zeros, na_action="ignore").isin(padded)
    return _faults(
        "patients",
        patients,
        of.notna() & ~known,
        "patient_id",
        lambda _: "a row of follow_up for the patient, blank where nothing is known",
    )


def first_treatment(tables: Tables) -> pd.Series:
    """Give the first day of treatment (radiotherapy or immunotherapy) by patient_id."""
    starts = pd.concat(
        [tables[name][["patient_id", "start_date"]] for name in ("radiotherapy", "immunotherapy")]
    )
    return starts.groupby("patient_id")["start_date"].min()


def _start_is_known(description: Description) -> bool:
    """Tell whether it is known which treatment came first."""
    return not any(
        description.lacks(table, "start_date") for table in ("radiotherapy", "immunotherapy")
    )


def _not_before_treatment(tables: Tables, description: Description) -> list[Fault]:
    if not _start_is_known(description):
        return []
    follow_up = tables["follow_up"]
    start = follow_up["patient_id"].map(first_treatment(tables))
    faults = []
    for column in follow_up.columns:
        if column.endswith("_date"):
            # Imaging may be older than treatment in a patient who was not imaged again.
            if column == "last_imaging_date":
                continue
            early = follow_up[column] < start
            faults += _faults(
                "follow_up",
                follow_up,
                early,
                column,
                lambda row: f"a day on or after the first treatment, {_show(start[row])}",
                cause="a day on or after the first treatment",
            )
    return faults


def _onset_in_follow_up(tables: Tables, description: Description) -> list[Fault]:
    events, follow_up = tables["adverse_events"], tables["follow_up"]
    start = events["patient_id"].map(first_treatment(tables))
    early = (events["onset_date"] < start) & _start_is_known(description)
    # An event may begin after the last contact of a patient whose death is known from elsewhere.
    seen = follow_up["death_date"].fillna(follow_up["last_contact_date"])
    end = events["patient_id"].map(seen.groupby(follow_up["patient_id"]).max())
    return _faults(
        "adverse_events",
        events,
        early,
        "onset_date",
        lambda row: f"a day on or after the first treatment, {_show(start[row])}",
        cause="a day on or after the first treatment",
    ) + _faults(
        "adverse_events",
        events,
        events["onset_date"] > end,
        "onset_date",
        lambda row: f"a day on or before death or last contact, {_show(end[row])}",
        cause="a day on or before death or last contact",
    )


def _in_order(table: str, earlier: str, later: str) -> Rule:
    def breaks(tables: Tables, _: Description) -> list[Fault]:
        frame = tables[table]
        return _faults(
            table,
            frame,
            frame[earlier] > frame[later],
            earlier,
            lambda row: f"a day on or before {later}, {_show(frame.loc[row, later])}",
            cause=f"a day on or before {later}",
        )

    return Rule(
        f"{table}: {earlier} <= {later}",
        f"In {table}, {earlier} is on or before {later}.",
        breaks,
    )


def _death_has_cause(tables: Tables, description: Description) -> list[Fault]:
    if description.lacks("follow_up", "death_date"):
        return []
    frame = tables["follow_up"]
    odd = frame["cause_of_death"].notna() & frame["death_date"].isna()
    return _faults(
        "follow_up", frame, odd, "cause_of_death", lambda _: "no cause where there is no death_date"
    )


def _grade_five(tables: Tables, description: Description) -> list[Fault]:
    if description.lacks("follow_up", "death_date"):
        return []
    events, follow_up = tables["adverse_events"], tables["follow_up"]
    dead = set(follow_up.loc[follow_up["death_date"].notna(), "patient_id"])
    odd = (events["grade"] == 5) & ~events["patient_id"].isin(dead)
    return _faults(
        "adverse_events", events, odd, "grade", lambda _: "grade 5 only in a patient who died"
    )


def _after_cutoff(tables: Tables, description: Description) -> list[Fault]:
    if description.data_cutoff is None:
        return []
    cutoff = pd.Timestamp(description.data_cutoff)
    faults = []
    for name, frame in tables.items():
        for column in frame.columns:
            if column.endswith("_date"):
                faults += _faults(
                    name,
                    frame,
                    frame[column] > cutoff,
                    column,
                    lambda _: f"a day on or before the data cut-off, {_show(cutoff)}",
                )
    return faults


# Table, and which of its dates is on or before which.
ORDER: tuple[tuple[str, str, str], ...] = (
    ("patients", "birth_date", "enrolment_date"),
    ("radiotherapy", "start_date", "end_date"),
    ("immunotherapy", "start_date", "end_date"),
    ("follow_up", "progression_date", "in_field_relapse_date"),
    ("follow_up", "progression_date", "out_field_relapse_date"),
    ("follow_up", "progression_date", "last_contact_date"),
    ("follow_up", "in_field_relapse_date", "last_imaging_date"),
    ("follow_up", "out_field_relapse_date", "last_imaging_date"),
    ("follow_up", "last_imaging_date", "last_contact_date"),
    ("follow_up", "last_contact_date", "death_date"),
)

RULES: list[Rule] = [
    Rule("one row each", "No table has two rows with the same key.", _once),
    Rule("no orphans", "Every patient_id is in the patients table.", _orphans),
    Rule("everyone is followed", "Every patient has a row in follow_up.", _followed),
    Rule(
        "treatment first",
        "Progression, relapse, last contact and death are not before the first treatment.",
        _not_before_treatment,
    ),
    Rule(
        "events in follow-up",
        "An adverse event begins on or after the first treatment, and not after death or last "
        "contact.",
        _onset_in_follow_up,
    ),
    *(_in_order(*each) for each in ORDER),
    Rule(
        "a cause needs a death",
        "In follow_up, a cause of death stands only beside a date of death.",
        _death_has_cause,
    ),
    Rule("grade 5 is death", "A patient with a grade 5 adverse event has died.", _grade_five),
    Rule("one cut-off", "No date is after the data cut-off of dataset.yaml.", _after_cutoff),
]
