"""A dataset is about its own patients; the article and its criteria come when asked for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.axis import MOST_STEPS, held, with_axis
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.folder import DATA, NoDataset, existing_folder
from analysis.cohort.read import load, read_study
from analysis.estimates import survival
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.parameters import Parameters
from analysis.study.study import Study
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset

OURS = "title: Our patients\n"
COMPARED = OURS + "compare_with_article: true\n"


def study_of(folder: Path, text: str) -> Study:
    return read_study(write_dataset(folder, dataset=text), STUDY)


# What a report is about --------------------------------------------------------------------------


def test_title_and_question_are_those_of_the_dataset(tmp_path: Path) -> None:
    study = study_of(tmp_path, OURS)
    said = (study.title, study.subtitle, study.question)
    assert said == ("Our patients", "", "")
    assert (study.article, study.credit, study.criteria) == (None, None, ())
    asked = study_of(tmp_path, OURS + "question: Who lives longer?\n")
    assert asked.question == "Who lives longer?"


def test_the_article_is_there_when_it_was_asked_for(tmp_path: Path) -> None:
    study = study_of(tmp_path, COMPARED)
    for name in ("title", "subtitle", "question", "article", "credit", "criteria", "parameters"):
        assert getattr(study, name) == getattr(STUDY, name), name
    assert "article" in load(tmp_path, STUDY).facts()
    assert "article" not in load(write_dataset(tmp_path, dataset=OURS), STUDY).facts()


def test_the_synthetic_cohort_asks_for_it() -> None:
    assert read_study("synthetic", STUDY).article == STUDY.article


def test_a_study_of_its_own_has_no_article_to_be_compared_with(tmp_path: Path) -> None:
    with pytest.raises(DatasetFaults, match=r"compare_with_article: found 'true'; expected false"):
        study_of(tmp_path, COMPARED + "study: own\n")


@pytest.mark.parametrize(
    ("text", "applied"),
    [
        (OURS, False),
        (OURS + "eligibility_applies: true\n", True),
        (COMPARED, True),
        (COMPARED + "eligibility_applies: false\n", False),
        (OURS + "study: own\n", False),
    ],
)
def test_criteria_are_applied_where_they_are_declared(
    tmp_path: Path, text: str, applied: bool
) -> None:
    assert bool(study_of(tmp_path, text).criteria) == applied


def test_patients_of_other_years_are_analysed(tmp_path: Path) -> None:
    later = datasets.PATIENTS.replace("2019-06-14", "2017-06-14")
    folder = write_dataset(tmp_path, patients=later, dataset=OURS)
    cohort = load(folder, STUDY)
    assert len(cohort.patients) == 4
    assert cohort.screening.empty
    (folder / "dataset.yaml").write_text(OURS + "eligibility_applies: true\n")
    assert len(load(folder, STUDY).patients) == 3


def test_a_forgotten_table_is_a_fault_whether_or_not_there_is_an_article(tmp_path: Path) -> None:
    for text in (OURS, COMPARED):
        folder = write_dataset(tmp_path, dataset=text)
        (folder / "assessments.csv").unlink()
        with pytest.raises(DatasetFaults, match=r"assessments\.csv; expected this file"):
            load(folder, STUDY)
    own = "title: Ours\nstudy: own\n"
    names = ("patient_id", "sex", "birth_date", "enrolment_date")
    rows = [line.split(",") for line in datasets.PATIENTS.splitlines()]
    places = [rows[0].index(name) for name in names]
    patients = "\n".join(",".join(row[place] for place in places) for row in rows)
    write_dataset(folder, dataset=own, patients=f"{patients}\n")
    (folder / "assessments.csv").unlink()
    assert not load(folder, STUDY).has("assessments")


# Axis --------------------------------------------------------------------------------------------

TO_THE_PATIENTS = Parameters()


@st.composite
def times(draw: st.DrawFn) -> pd.DataFrame:
    days = draw(st.lists(st.floats(0, 36525), min_size=1, max_size=30))
    events = draw(st.lists(st.booleans(), min_size=len(days), max_size=len(days)))
    names = draw(st.lists(st.sampled_from(["OS", "PFS"]), min_size=len(days), max_size=len(days)))
    return pd.DataFrame({"endpoint": names, "days": days, "event": events})


@given(times())
def test_the_axis_shows_every_event_and_not_much_beyond_the_last_patient(
    observed: pd.DataFrame,
) -> None:
    axis = with_axis(TO_THE_PATIENTS, observed).axis
    step = axis[1]
    assert axis == tuple(range(0, axis[-1] + 1, step))
    assert len(axis) - 1 <= MOST_STEPS
    events = observed.loc[observed["event"], "days"] / DAYS_PER_MONTH
    assert (events <= axis[-1] + 1e-9).all()
    assert axis[-1] < max(observed["days"].max() / DAYS_PER_MONTH + step, step + 1e-9)


@pytest.mark.parametrize(
    ("last", "axis"),
    [(20, (20, 2)), (33, (36, 6)), (46, (48, 6)), (61, (72, 12)), (157, (168, 24))],
)
def test_the_steps_of_an_axis_are_those_of_a_calendar(last: int, axis: tuple[int, int]) -> None:
    observed = pd.DataFrame({"endpoint": "OS", "days": [last * DAYS_PER_MONTH], "event": [True]})
    found = with_axis(TO_THE_PATIENTS, observed).axis
    assert (found[-1], found[1]) == axis


def test_a_single_patient_followed_for_long_leaves_room_for_the_others() -> None:
    days = [*[20.0 * DAYS_PER_MONTH] * 99, 200.0 * DAYS_PER_MONTH]
    observed = pd.DataFrame({"endpoint": "OS", "days": days, "event": False})
    assert with_axis(TO_THE_PATIENTS, observed).axis[-1] == 20


def test_an_axis_that_was_chosen_stays() -> None:
    observed = pd.DataFrame({"endpoint": "OS", "days": [900.0], "event": [True]})
    chosen = Parameters(figure_months=36, at_risk_every_months=12)
    assert with_axis(chosen, observed).axis == (0, 12, 24, 36)
    only_the_end = Parameters(figure_months=24, at_risk_every_months=0)
    assert with_axis(only_the_end, observed).axis[-1] == 24
    fixed = held(with_axis(TO_THE_PATIENTS, observed))
    assert (fixed.figure_months, fixed.at_risk_every_months) == (30, 3)


def test_numbers_at_risk_stand_at_the_months_of_these_patients(tmp_path: Path) -> None:
    cohort = load(write_dataset(tmp_path, dataset=OURS), STUDY)
    assert cohort.parameters.changed() == {}
    last = cohort.time_to_event["days"].max() / DAYS_PER_MONTH
    rows = pick(survival.estimate(cohort, cohort.parameters), statistic=Statistic.AT_RISK)
    months = sorted({int(month) for month in rows["variable_level"]})
    assert tuple(months) == cohort.parameters.axis
    assert last - 6 < months[-1] < last + 3
    for chosen in (6, 60):
        asked = load(tmp_path, STUDY, {"figure_months": chosen, "at_risk_every_months": 6})
        assert asked.parameters.axis == tuple(range(0, chosen + 1, 6))
    article = load("synthetic", STUDY)
    assert article.parameters.axis == tuple(range(0, 61, 6))


# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["synthetik", "Synthetic/", "data/synthetik", "", "nothing"])
def test_a_wrong_name_lists_the_datasets_that_there_are(name: str) -> None:
    with pytest.raises(NoDataset) as refused:
        existing_folder(name)
    said = str(refused.value)
    assert "\n" not in said
    assert "In data/ there are: hepatocellular, synthetic" in said
    assert ("Did you mean synthetic?" in said) == ("synth" in name.lower())
    assert refused.value.status == 2


def test_a_name_and_a_path_are_found(tmp_path: Path) -> None:
    assert existing_folder("synthetic") == DATA / "synthetic"
    assert existing_folder(str(tmp_path)) == tmp_path.resolve()
