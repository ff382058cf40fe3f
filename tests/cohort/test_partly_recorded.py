"""Treatment that goes on or is known in part, responses that cannot be told, classes for scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates import response
from analysis.estimates.rows import pick, value_of
from analysis.study.terms import meant
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset


def cohort(tmp_path: Path, **changed: str) -> Cohort:
    return load(write_dataset(tmp_path, **changed), STUDY)


def of(cohort: Cohort, name: str) -> dict[str, object]:
    values = cohort.patients[name]
    return {str(i): None if pd.isna(value) else value for i, value in values.items()}


def test_treatment_that_goes_on_has_no_last_day(tmp_path: Path) -> None:
    ongoing = datasets.IMMUNOTHERAPY.replace(
        "A4,toripalimab,2020-12-01,2021-01-12,3", "A4,toripalimab,2020-12-01,,3"
    ).replace("A1,toripalimab,2019-07-11,2019-11-14,7", "A1,toripalimab,2019-07-11,,7")
    found = cohort(tmp_path, immunotherapy=ongoing)
    whole = cohort(tmp_path / "whole")
    # A4 began before radiotherapy and was on it when radiotherapy began.
    assert of(found, "treatment_mode") == of(whole, "treatment_mode")
    assert of(found, "interval_days") == of(whole, "interval_days")
    assert of(found, "ici_end")["A4"] is None
    # Whose second agent goes on has no last day either, whatever the first one's.
    assert of(found, "ici_end")["A1"] is None
    assert of(found, "ici_agent") == of(whole, "ici_agent")
    assert any("2 of 5 courses have no last day" in remark for remark in found.remarks)


def test_cycles_of_one_of_two_agents_are_no_sum(tmp_path: Path) -> None:
    text = datasets.IMMUNOTHERAPY.replace("2019-07-11,2019-11-14,7", "2019-07-11,2019-11-14,")
    assert of(cohort(tmp_path, immunotherapy=text), "ici_cycles") == {
        "A1": None, "A2": 5, "A3": 4, "A4": 3,
    }  # fmt: skip


def test_the_dose_of_several_sites_is_open_where_that_of_one_is(tmp_path: Path) -> None:
    """Of a second site without fractions the dose of the first was taken, and its own with it."""
    text = datasets.RADIOTHERAPY.replace("2019-06-28,40,10", "2019-06-28,40,")
    found = cohort(tmp_path, radiotherapy=text)
    for name in ("rt_dose_gy", "rt_fractions", "eqd2_gy", "bed_gy"):
        assert of(found, name)["A1"] is None
        assert of(found, name)["A2"] is not None


def test_a_prescribed_dose_alone_is_a_dose(tmp_path: Path) -> None:
    text = datasets.RADIOTHERAPY.replace("2019-06-21,25,5", ",25,")
    found = cohort(tmp_path, radiotherapy=text)
    assert of(found, "rt_dose_gy")["A2"] == 25
    assert of(found, "eqd2_gy")["A2"] is None
    # Nor is it known whether treatments overlapped.
    assert of(found, "treatment_mode")["A2"] is None


def test_a_response_that_cannot_be_told_stays_in_the_denominator(tmp_path: Path) -> None:
    text = datasets.ASSESSMENTS.replace(
        "A3,RECIST 1.1,overall,50,40,no,SD", "A3,RECIST 1.1,overall,,,,NE"
    )
    found = cohort(tmp_path, assessments=text)
    rows = pick(
        response.estimate(found, found.parameters),
        variable="response_overall",
        group_level="RECIST 1.1",
    )
    assert value_of(rows, variable_level="NE", statistic="count") == 1
    assert value_of(rows, variable_level="ORR", statistic="percent") == 25
    assert value_of(rows, variable_level="DCR", statistic="percent") == 25
    assert set(rows["n"].dropna()) == {4}
    # Where everybody could be evaluated there is no such line.
    whole = cohort(tmp_path / "whole")
    assert pick(response.estimate(whole, whole.parameters), variable_level="NE").empty


def test_a_class_stands_in_for_a_score(tmp_path: Path) -> None:
    patients = datasets.PATIENTS.replace("child_pugh_score", "child_pugh_class")
    for score, letter in (("5", "A"), ("6", "A"), ("7", "B")):
        for kind in ("pathological", "clinical"):
            patients = patients.replace(f"{kind},{score},", f"{kind},{letter},")
    text = datasets.FILES["dataset.yaml"] + "not_recorded: {patients: [child_pugh_score]}\n"
    found = cohort(tmp_path, patients=patients, dataset=text)
    assert of(found, "child_pugh_class") == {"A1": "A", "A2": "A", "A3": "B", "A4": "A"}


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("Anaemia", "Anemia"),
        ("DIARRHOEA", "Diarrhea"),
        ("White blood cell count decreased", "White blood cell decreased"),
        ("Hepatitis", "Hepatitis"),
        ("nausea", "nausea"),
    ],
)
def test_terms_have_their_ctcae_name(written: str, term: str) -> None:
    assert meant(written) == term


def test_one_event_under_two_names_is_one_with_its_worst_grade(tmp_path: Path) -> None:
    text = datasets.ADVERSE_EVENTS + "A1,Diarrhoea,4,,2019-09-20\nA3,Thrombocytopenia,2,,\n"
    found = cohort(tmp_path, adverse_events=text).adverse_events
    diarrhea = found[(found["patient_id"] == "A1") & (found["term"] == "Diarrhea")]
    assert diarrhea["grade"].tolist() == [4]
    assert found[found["patient_id"] == "A3"]["grade"].tolist() == [4, 1]
