"""What cannot have happened is a fault; what is only improbable is accepted, and asked about."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.cohort import rules
from analysis.cohort.by_patient import in_words
from analysis.cohort.description import Description
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.model import Dataset
from analysis.cohort.read import load, read_dataset
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset

TIMES = "patient_id,endpoint,days,event\nA1,OS,380,yes\nA1,PFS,212,yes\nA3,OS,206,yes\n"
# A1 was treated from 2019-06-17 (immunotherapy from the 20th) and died on 2020-07-01, day 380.
DEATH = "2020-07-01"


@cache
def four(folder: Path) -> Dataset:
    write_dataset(folder, organ_doses=datasets.ORGAN_DOSES, time_to_event=TIMES)
    return read_dataset(folder, STUDY)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return four(tmp_path_factory.mktemp("rules") / "four")


def broken(
    dataset: Dataset,
    table: str,
    changed: dict[tuple[int, str], Any],
    description: Description | None = None,
) -> list[tuple[str, int, str]]:
    """Give what is wrong once cells, by the row of the file and column, are changed."""
    frame = in_words(dataset.tables[table]).copy()
    for (row, column), value in changed.items():
        frame.loc[row, column] = pd.Timestamp(value) if column.endswith("_date") else value
    tables = {**dataset.tables, table: frame}
    found = rules.broken(tables, description or dataset.description)
    return [(fault.file, fault.row, fault.column) for fault in found]


def added(dataset: Dataset, table: str, *rows: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Give what is wrong once rows are added, which are numbered from 100."""
    more = pd.DataFrame(rows, index=range(100, 100 + len(rows)))
    tables = {**dataset.tables, table: pd.concat([dataset.tables[table], more])}
    found = rules.broken(tables, dataset.description)
    return [(fault.file, fault.row, fault.column) for fault in found]


def test_the_four_patients_break_no_rule(dataset: Dataset) -> None:
    assert rules.broken(dataset.tables, dataset.description) == []


@pytest.mark.parametrize(
    ("table", "row", "column", "value"),
    [
        ("immunotherapy", 3, "end_date", "2020-07-02"),
        ("radiotherapy", 3, "end_date", "2022-01-01"),
        ("patients", 4, "enrolment_date", "2020-10-02"),
        ("patients", 5, "birth_date", "1899-01-01"),
        ("organ_doses", 5, "value", 180.0),
        ("organ_doses", 5, "value", 100.1),
    ],
)
def test_what_cannot_be(dataset: Dataset, table: str, row: int, column: str, value: Any) -> None:
    assert broken(dataset, table, {(row, column): value}) == [(table, row, column)]


@pytest.mark.parametrize(
    ("table", "row", "column", "value"),
    [
        ("immunotherapy", 3, "end_date", DEATH),
        ("radiotherapy", 6, "end_date", "2022-06-20"),
        ("patients", 5, "birth_date", "1901-01-05"),
        ("organ_doses", 5, "value", 100.0),
        ("organ_doses", 4, "value", 300.0),
        ("time_to_event", 2, "days", 381.0),
        ("time_to_event", 2, "days", 379.0),
        # From the end of radiotherapy, 2019-07-26, or from a diagnosis long before.
        ("time_to_event", 2, "days", 341.0),
        ("time_to_event", 2, "days", 2000.0),
    ],
)
def test_what_can_be(dataset: Dataset, table: str, row: int, column: str, value: Any) -> None:
    changed = {(row, column): value}
    if (table, row) == ("time_to_event", 2):
        assert broken(dataset, table, {**changed, (3, "days"): 212.0}) == []
    else:
        assert broken(dataset, table, changed) == []


def test_nothing_is_before_birth(dataset: Dataset) -> None:
    found = broken(dataset, "patients", {(3, "birth_date"): "2019-06-30"})
    # Enrolment has a rule of its own; immunotherapy began before, radiotherapy too.
    assert set(found) == {
        ("patients", 3, "birth_date"),
        ("radiotherapy", 4, "start_date"),
        ("radiotherapy", 4, "end_date"),
        ("immunotherapy", 4, "start_date"),
    }


@pytest.mark.parametrize("column", ["progression_date", "in_field_relapse_date"])
def test_nothing_happens_after_death_where_no_last_contact_is_between(
    dataset: Dataset, column: str
) -> None:
    changed = {(4, column): "2020-11-01", (4, "last_contact_date"): None}
    assert ("follow_up", 4, column) in broken(dataset, "follow_up", changed)
    assert broken(dataset, "follow_up", {(4, "last_contact_date"): None}) == []


def test_one_cause_is_told_once(dataset: Dataset) -> None:
    """Death before all treatment is not said again of each treatment."""
    changed = {(4, name): "2020-03-03" for name in ("death_date", "last_contact_date")}
    found = broken(dataset, "follow_up", changed | {(4, "last_imaging_date"): None})
    assert {place for place in found if place[0] != "adverse_events"} == {
        ("follow_up", 4, "death_date"),
        ("follow_up", 4, "last_contact_date"),
    }


# Doses --------------------------------------------------------------------------------------------


def dose(metric: str, value: float) -> dict[str, Any]:
    return {"patient_id": "A2", "organ": "liver", "metric": metric, "value": value}


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        (("Dmax_Gy", 30.0), ("Dmean_Gy", 31.0), False),
        (("Dmax_Gy", 30.5), ("Dmean_Gy", 31.0), False),
        (("Dmax_Gy", 30.4), ("Dmean_Gy", 31.0), True),
        (("Dmax_Gy", 30.0), ("Dmean_Gy", 30.0), False),
        (("Dmax_Gy", 30.0), ("Dmean_Gy", 45.0), True),
        (("V20_percent", 30.0), ("V30_percent", 31.0), False),
        (("V20_percent", 30.0), ("V30_percent", 31.1), True),
        (("V20_percent", 30.0), ("V5_percent", 60.0), False),
        (("V20_percent", 30.0), ("V30_mL", 300.0), False),
        (("V7.5_mL", 30.0), ("V20_mL", 300.0), True),
    ],
)
def test_doses_of_an_organ(
    dataset: Dataset, first: tuple[str, float], second: tuple[str, float], wrong: bool
) -> None:
    """As far as they are rounded: 31 may be 30.5, and 30 may be 30.5."""
    found = added(dataset, "organ_doses", dose(*first), dose(*second))
    assert found == ([("organ_doses", 101, "value")] if wrong else [])


# Times --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({(3, "days"): 380.0}, []),
        ({(3, "days"): 381.0}, [3]),
        ({(3, "days"): 381.0, (3, "event"): "no"}, [3]),
        # Whoever died on day 300 was not alive a month later.
        ({(2, "days"): 300.0}, [2]),
        ({(2, "days"): 300.0, (2, "event"): "no"}, []),
        # Thirteen months of 30 days, and of 30.4375, are one time.
        ({(2, "days"): 12.5 * DAYS_PER_MONTH, (4, "days"): 6.8 * DAYS_PER_MONTH}, []),
        ({(2, "days"): 4.5 * DAYS_PER_MONTH, (4, "days"): 6.8 * DAYS_PER_MONTH}, [2, 3]),
    ],
)
def test_times_beside_each_other_and_beside_dates(
    dataset: Dataset, changed: dict[tuple[int, str], Any], wrong: list[int]
) -> None:
    found = broken(dataset, "time_to_event", changed)
    assert sorted(row for _, row, _ in found) == wrong


def test_a_day_that_was_imputed_contradicts_nothing(dataset: Dataset) -> None:
    times = dataset.tables["time_to_event"].copy()
    times.loc[2, "days"] = 330.0
    tables = {**dataset.tables, "time_to_event": times}
    flags = pd.DataFrame({"death_date": pd.Series({2: "D"}), "last_contact_date": {2: "D"}})
    assert rules.broken(tables, dataset.description)
    assert rules.broken(tables, dataset.description, {"follow_up": flags}) == []


def test_a_time_from_another_day_may_be_longer(dataset: Dataset) -> None:
    """An endpoint that is declared to begin elsewhere is not held against survival."""
    endpoint = {"name": "PFS", "event": "progression_date", "time_zero": "birth_date"}
    declared = Description.model_validate({"title": "x", "endpoints": [endpoint]})
    assert broken(dataset, "time_to_event", {(3, "days"): 9000.0}, declared) == []
    assert broken(dataset, "time_to_event", {(3, "days"): 9000.0}) == [("time_to_event", 3, "days")]
    # Nobody says of any other that it begins when survival does.
    elsewhere = {(3, "days"): 9000.0, (3, "endpoint"): "OS from diagnosis"}
    assert broken(dataset, "time_to_event", elsewhere) == []


OWN = """\
title: Own
study: own
endpoints:
  - {name: OS, months: os, event: {column: dead, is: 1}}
  - {name: RFS, months: rfs, event: {column: back, is: 1}}
  - {name: Diagnosis, months: since, event: {column: back, is: 1}}
"""


@pytest.mark.parametrize(("rfs", "wrong"), [("12.5", False), ("12.6", True)])
def test_durations_of_a_study_of_its_own(tmp_path: Path, rfs: str, wrong: bool) -> None:
    (tmp_path / "dataset.yaml").write_text(OWN)
    rows = "patient_id,os,dead,rfs,back,since\nA,12.5,1,{},1,30\nB,20,0,20,0,40\n"
    (tmp_path / "patients.csv").write_text(rows.format(rfs))
    if not wrong:
        assert len(load(tmp_path, STUDY).patients) == 2
        return
    with pytest.raises(
        DatasetFaults, match=r"row 2, column rfs: found '12\.6'; expected at most os"
    ):
        read_dataset(tmp_path, STUDY)


def test_codes_that_are_no_event_are_told_where_there_are_several(tmp_path: Path) -> None:
    (tmp_path / "dataset.yaml").write_text(OWN)
    rows = "patient_id,os,dead,rfs,back,since\nA,12.5,1,11,1,30\nB,20,0,20,0,40\nC,20,{},9,1,4\n"
    (tmp_path / "patients.csv").write_text(rows.format("O"))
    (line,) = load(tmp_path, STUDY).remarks
    assert "dead (patients): '0' in 1, 'O' in 1 of 3 are neither the event of OS" in line
    (tmp_path / "patients.csv").write_text(rows.format("0"))
    assert load(tmp_path, STUDY).remarks == ()


# What is improbable -------------------------------------------------------------------------------


def test_treatment_after_last_contact_is_asked_about(tmp_path: Path) -> None:
    text = datasets.RADIOTHERAPY.replace("2021-02-05", "2022-06-20")
    (line,) = [
        remark
        for remark in load(write_dataset(tmp_path, radiotherapy=text), STUDY).remarks
        if "last_contact_date" in remark
    ]
    assert "treatment of 1 patient goes on after it" in line


def test_ids_that_differ_by_capitals_are_asked_about(tmp_path: Path) -> None:
    files = {name: text.replace("A4,", "a1,") for name, text in datasets.FILES.items()}
    folder = write_dataset(
        tmp_path, **{name.partition(".")[0]: text for name, text in files.items()}
    )
    assert any("differ from another by capitals" in x for x in load(folder, STUDY).remarks)


def test_a_row_entered_twice_in_other_capitals_is_a_fault(tmp_path: Path) -> None:
    text = datasets.ADVERSE_EVENTS + "A1,NAUSEA,2,Undetermined,2019-06-17\n"
    with pytest.raises(DatasetFaults, match=r"row 8.*row 3 has it already"):
        read_dataset(write_dataset(tmp_path, adverse_events=text), STUDY)


def test_texts_that_differ_by_capitals_are_one_and_it_is_said(tmp_path: Path) -> None:
    text = datasets.IMMUNOTHERAPY.replace("A3,tislelizumab", "A3,Novelimab").replace(
        "A4,toripalimab", "A4,novelimab"
    )
    cohort = load(write_dataset(tmp_path, immunotherapy=text), STUDY)
    assert cohort.patients["ici_agent"].astype(str).tolist()[2:] == ["Novelimab", "Novelimab"]
    assert "agent (immunotherapy): counted are 'novelimab' as 'Novelimab'." in cohort.remarks
