"""Patients with an event of grade 5 are cases, worked out by hand."""

from __future__ import annotations

import doctest
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort import schema
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates import fatal_events
from analysis.estimates.rows import pick, value_of
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset

P = Parameters()


def fatal(folder: Path, events: str = datasets.FATAL_EVENTS) -> Cohort:
    return load(
        write_dataset(folder, adverse_events=events, organ_doses=datasets.ORGAN_DOSES), STUDY, P
    )


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return fatal(tmp_path_factory.mktemp("data") / "fatal")


def test_cases_are_numbered_as_the_rows_of_table_4(cohort: Cohort) -> None:
    # Gastrointestinal events stand above the fistula.
    found = pick(fatal_events.estimate(cohort, P), variable="event").set_index("analysis_id")
    assert found["variable_level"].to_dict() == {
        "grade5_case_1": "Colitis",
        "grade5_case_2": "Esophageal fistula",
    }


def test_dose_time_and_organs(cohort: Cohort) -> None:
    values = pick(fatal_events.estimate(cohort, P), statistic="value")
    found = {
        name: case.set_index("variable")["value"].round(6).to_dict()
        for name, case in values.groupby("analysis_id")
    }
    assert found == {
        "grade5_case_1": {
            "dose_gy": 60,
            "fractions": 30,
            # 26 July 2019 to 20 June 2020: 330 days; 1 July: 11 more.
            "months_to_event": round(330 / 30.4375, 6),
            "days_to_death": 11,
            "small_intestine_mean_dose_gy": 7.5,
        },
        "grade5_case_2": {
            "dose_gy": 50,
            "fractions": 20,
            # 3 April to 10 September 2020: 160 days; 1 October: 21 more.
            "months_to_event": round(160 / 30.4375, 6),
            "days_to_death": 21,
            "oesophagus_max_dose_gy": 33,
            "oesophagus_v32_ml": 4.2,
        },
    }
    units = values.drop_duplicates("variable").set_index("variable")["unit"]
    assert units["oesophagus_v32_ml"] == "mL"
    assert units["months_to_event"] == "months"


def test_months_are_negative_when_the_event_came_first(tmp_path: Path) -> None:
    events = datasets.FATAL_EVENTS.replace("2020-09-10", "2020-04-01")
    found = fatal_events.estimate(fatal(tmp_path, events), P)
    months = value_of(found, analysis_id="grade5_case_2", variable="months_to_event")
    assert months == pytest.approx(-2 / 30.4375)


def test_what_is_not_recorded_has_no_row(tmp_path: Path) -> None:
    events = datasets.FATAL_EVENTS.replace("2020-09-10", "")
    cohort = load(write_dataset(tmp_path, adverse_events=events), STUDY, P)
    found = pick(fatal_events.estimate(cohort, P), analysis_id="grade5_case_2")
    assert set(found["variable"]) == {
        "event",
        "ici_agent",
        "targeted_agent",
        "dose_gy",
        "fractions",
    }


def test_without_a_fatal_event_there_is_no_case(tmp_path: Path) -> None:
    cohort = load(write_dataset(tmp_path), STUDY, P)
    assert fatal_events.estimate(cohort, P).empty


def test_a_dataset_without_events_or_radiotherapy(tmp_path: Path) -> None:
    assert fatal_events.estimate(load("hepatocellular", STUDY, P), P).empty
    text = datasets.FILES["dataset.yaml"] + "not_recorded: {radiotherapy: all, follow_up: all}\n"
    folder = write_dataset(tmp_path, dataset=text, adverse_events=datasets.FATAL_EVENTS)
    for name in ("radiotherapy", "follow_up"):
        (folder / f"{name}.csv").unlink()
    found = fatal_events.estimate(load(folder, STUDY, P), P)
    assert set(found["analysis_id"]) == {"grade5_case_1", "grade5_case_2"}
    assert pick(found, statistic="value").empty


def events_of(*rows: tuple[str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["patient_id", "term", "grade"])
    return frame.assign(group=frame["term"].map(STUDY.event_group_of))


def test_a_patient_with_two_fatal_events_is_one_case() -> None:
    found = fatal_events.cases(
        events_of(
            ("B", "Sepsis", 5), ("B", "Pneumonitis", 5), ("C", "Sepsis", 5), ("A", "Nausea", 4)
        ),
        STUDY,
    )
    assert list(found["patient_id"] + ": " + found["term"]) == ["B: Pneumonitis", "C: Sepsis"]


TERMS = st.sampled_from(["Diarrhea", "Pneumonitis", "Esophageal fistula", "Sepsis", "Anemia"])


@given(st.dictionaries(st.tuples(st.sampled_from("ABCDEF"), TERMS), st.integers(3, 5), min_size=1))
def test_the_order_of_the_rows_does_not_matter(graded: dict[tuple[str, str], int]) -> None:
    rows = [(patient, term, grade) for (patient, term), grade in graded.items()]
    one, other = (fatal_events.cases(events_of(*order), STUDY) for order in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one, other)
    assert set(one["patient_id"]) == {patient for patient, _, grade in rows if grade == 5}
    assert one["patient_id"].is_unique


def test_names_of_doses_to_organs_are_told_apart() -> None:
    assert doctest.testmod(fatal_events).failed == 0
    organs = ("liver", "small intestine", "oesophagus")
    metrics = ("Dmax_Gy", "Dmean_Gy", "V5_mL", "V50_mL", "V0.5_mL", "V5_percent", "V5.5_mL")
    check = schema.ORGAN_DOSES.schema.columns["metric"].checks[0]
    assert check(pd.Series(metrics)).failure_cases is not None
    names = {fatal_events.organ_variable(organ, metric) for organ in organs for metric in metrics}
    assert len(names) == len(organs) * len(metrics)
