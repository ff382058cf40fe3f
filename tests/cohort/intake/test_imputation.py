"""Days that were imputed stay within what is known of them, and in the order that dates have."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.faults import DatasetFaults
from analysis.cohort.imputation import within_order
from analysis.cohort.intake.cells import Conventions, days
from analysis.cohort.read import read_dataset
from analysis.cohort.rules import ORDER, first_treatment
from analysis.cohort.schema import tables_of
from analysis.study.columns import empty
from analysis.zhai_2025.study import STUDY
from tests.datasets import ADVERSE_EVENTS, FOLLOW_UP, PATIENTS, RADIOTHERAPY, write_dataset

TABLES = tables_of(STUDY)
# Dates of one patient in an order that they may have.
IN_ORDER = [
    ("radiotherapy", "start_date"),
    ("adverse_events", "onset_date"),
    ("follow_up", "progression_date"),
    ("follow_up", "in_field_relapse_date"),
    ("follow_up", "last_imaging_date"),
    ("follow_up", "last_contact_date"),
    ("follow_up", "death_date"),
]
LATEST = datetime.date(2021, 12, 31)


def shown(day: datetime.date, known: str) -> str:
    return {"day": f"{day:%Y-%m-%d}", "month": f"{day:%Y-%m}", "year": f"{day:%Y}"}[known]


@settings(max_examples=20)
@given(
    st.lists(st.dates(datetime.date(2019, 1, 1), LATEST), min_size=7, max_size=7).map(sorted),
    st.lists(st.sampled_from(["day", "month", "year"]), min_size=7, max_size=7),
    st.sampled_from(["first", "mid", "last"]),
)
def test_what_was_in_order_is_when_days_are_imputed(
    true: list[datetime.date], known: list[str], rule: str
) -> None:
    """Whatever is known of each date, an order that there was can be kept."""
    frames = {name: empty(table) for name, table in TABLES.items()}
    for name in ("radiotherapy", "adverse_events", "follow_up"):
        frames[name] = pd.DataFrame({"patient_id": ["A"]}).reindex(columns=frames[name].columns)
        dates = [column for column in frames[name] if column.endswith("_date")]
        frames[name] = frames[name].astype(dict.fromkeys(dates, "datetime64[ns]"))
    imputed = {name: pd.DataFrame(index=[0]) for name in frames}
    for (name, column), day, what in zip(IN_ORDER, true, known, strict=True):
        text = pd.Series([shown(day, what)], dtype=object)
        read = days(text, Conventions(partial=rule))
        frames[name][column] = read["day"]
        if what != "day":
            imputed[name][column] = read["imputed"]
    found, notes = within_order(frames, imputed, LATEST)
    assert len(notes) == sum(what != "day" for what in known)
    for (name, column), day, what in zip(IN_ORDER, true, known, strict=True):
        # What is known stays as it is.
        assert shown(found[name][column].iloc[0], what) == shown(day, what), (name, column)
    for name, earlier, later in ORDER:
        if name in ("radiotherapy", "follow_up"):
            frame = found[name]
            assert not (frame[earlier] > frame[later]).any(), (name, earlier, later)
    start = first_treatment(found)["A"]
    follow_up, events = found["follow_up"].iloc[0], found["adverse_events"].iloc[0]
    assert start <= min(follow_up["progression_date"], events["onset_date"])
    assert events["onset_date"] <= follow_up["death_date"]
    assert max(follow_up["death_date"], events["onset_date"]) <= pd.Timestamp(LATEST)


def test_a_dataset_with_months_alone_has_no_fault(tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path,
        dataset="title: T\ndata_cutoff: 2022-12-31\n",
        radiotherapy=RADIOTHERAPY.replace("2019-06-17,2019-07-26", "2019-06,2019-07"),
        adverse_events=ADVERSE_EVENTS.replace("2020-03-30", "2020-03"),
        follow_up=FOLLOW_UP.replace("2020-07-01,2020-07-01", "2020-07-01,UN/JUL/2020"),
        patients=PATIENTS.replace("1970-12-31", "1970"),
    )
    found = read_dataset(folder, STUDY)
    # A3's platelets fell in a month in which it was treated from the 9th on.
    events = found.tables["adverse_events"]
    onset = events.loc[events["patient_id"].eq("A3"), "onset_date"].dropna()
    assert onset.dt.strftime("%Y-%m-%d").tolist() == ["2020-03-15"]
    death = found.tables["follow_up"]["death_date"].iloc[0]
    assert death == pd.Timestamp("2020-07-15")
    assert found.imputed["follow_up.death_date"] == 1
    assert sum("(`partial_dates`)" in note for note in found.notes) == 5


def test_an_order_that_cannot_be_is_still_a_fault(tmp_path: Path) -> None:
    """Progression in August 2020 of somebody who died on 1 July."""
    text = FOLLOW_UP.replace("A1,2020-01-15,,2020-01-15", "A1,2020-08,,")
    folder = write_dataset(tmp_path, follow_up=text)
    with pytest.raises(DatasetFaults, match="a day on or before last_contact_date"):
        read_dataset(folder, STUDY)
