"""What is recorded reaches what is derived, and what is not is said."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort import derive
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import load, read_dataset
from analysis.cohort.recording import NEEDS, Recording
from analysis.cohort.remarks import remarks
from analysis.cohort.schema import asked_for, tables_of
from analysis.cohort.summary import summary
from analysis.estimates import survival, toxicity
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.ablation import without
from tests.datasets import write_dataset

CHOSEN = STUDY.parameters()


@cache
def synthetic() -> Dataset:
    return read_dataset("synthetic", STUDY)


def cohort(*gone: str) -> Cohort:
    return derive.cohort(without(synthetic(), *gone), CHOSEN)


def changed(table: str, **columns: object) -> Dataset:
    """Give the synthetic dataset with columns of a table replaced."""
    tables = dict(synthetic().tables)
    tables[table] = tables[table].assign(**columns)
    return Dataset("changed", synthetic().study, synthetic().description, tables)


def told(dataset: Dataset) -> str:
    return "\n".join(remarks(dataset, derive.cohort(dataset, CHOSEN)))


# What is derived ---------------------------------------------------------------------------------


def test_every_derived_column_is_made_of_what_there_is() -> None:
    """A source that no table has would never be found missing."""
    known = {
        f"{name}.{column}" for name, t in tables_of(STUDY).items() for column in t.schema.columns
    }
    known |= {column.partition(".")[2] for column in known}
    needs = {**NEEDS, **STUDY.derived}
    for column, sources in needs.items():
        assert set(sources) <= known | needs.keys(), column


@pytest.mark.parametrize("column", sorted({**NEEDS, **STUDY.derived}))
def test_a_derived_column_is_missing_without_each_of_its_sources(column: str) -> None:
    def of(name: str) -> set[str]:
        needs = {**NEEDS, **STUDY.derived}
        if name in needs:
            return set().union(*(of(each) for each in needs[name]))
        return {name if "." in name else f"patients.{name}"}

    assert cohort().records(column)
    for source in of(column):
        assert not cohort(source).records(column), source


def test_the_dose_of_one_site_needs_no_fractions() -> None:
    one_site = synthetic().tables["radiotherapy"].drop_duplicates("patient_id")
    tables = {**synthetic().tables, "radiotherapy": one_site}
    dataset = Dataset("one", synthetic().study, synthetic().description, tables)
    without_fractions = derive.cohort(without(dataset, "radiotherapy.fractions"), CHOSEN)
    assert without_fractions.records("rt_dose_gy")
    assert not without_fractions.records("eqd2_gy")
    # Of several sites the one with the highest EQD2 is meant, which nobody knows then.
    assert not cohort("radiotherapy.fractions").records("rt_dose_gy")


def test_a_blank_column_is_not_recorded() -> None:
    frame = synthetic().tables["patients"]
    blank = changed("patients", hepatitis_c=pd.Series(pd.NA, frame.index, dtype=object))
    found = Recording.of(blank.description, blank.tables, STUDY)
    assert found.lacking("viral_hepatitis") == ("patients.hepatitis_c",)
    assert found.why("viral_hepatitis") == "hepatitis_c (patients) is not recorded"


def test_a_date_that_is_blank_for_everybody_has_not_happened() -> None:
    frame = synthetic().tables["follow_up"]
    nothing = pd.Series(pd.NaT, frame.index)
    dataset = changed("follow_up", in_field_relapse_date=nothing)
    found = derive.cohort(dataset, CHOSEN)
    assert not found.times("IRFS").empty
    assert not found.times("IRFS")["event"].any()


def test_a_whole_table_is_named_in_place_of_its_columns() -> None:
    found = cohort("follow_up").recording
    assert found.why("death", "progression") == "follow_up is not recorded"


# Endpoints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "absent"),
    [
        ("follow_up.death_date", {"OS", "PFS"}),
        ("follow_up.last_contact_date", {"OS", "PFS"}),
        ("follow_up.progression_date", {"PFS"}),
        ("follow_up.last_imaging_date", {"IRFS", "ORFS"}),
        ("follow_up.in_field_relapse_date", {"IRFS"}),
        ("follow_up", {"OS", "PFS", "IRFS", "ORFS"}),
    ],
)
def test_an_endpoint_is_there_when_all_that_it_needs_is(gone: str, absent: set[str]) -> None:
    found = cohort(gone)
    assert set(found.unrecorded) == absent
    assert set(found.endpoints()) == {"OS", "PFS", "IRFS", "ORFS"} - absent
    assert all("recorded" in why for why in found.unrecorded.values())


def test_survival_of_the_dead_alone_is_no_survival() -> None:
    frame = synthetic().tables["follow_up"]
    blank = changed("follow_up", last_contact_date=pd.Series(pd.NaT, frame.index))
    found = derive.cohort(blank, CHOSEN)
    assert (
        found.unrecorded["OS"] == "last_contact_date is blank for every patient without the event"
    )
    assert not found.records("death"), "49 of 49 would have died"


def test_survival_in_which_all_died_needs_no_last_contact() -> None:
    frame = synthetic().tables["follow_up"]
    dead = changed(
        "follow_up",
        death_date=frame["death_date"].fillna(frame["last_contact_date"]),
        last_contact_date=pd.Series(pd.NaT, frame.index),
    )
    times = derive.cohort(dead, CHOSEN).times("OS")
    assert len(times) == len(frame)
    assert times["event"].all()


def test_who_is_left_out_is_counted() -> None:
    frame = synthetic().tables["follow_up"]
    alive = frame.index[frame["death_date"].isna()][:3]
    contact = frame["last_contact_date"].mask(frame.index.isin(alive))
    found = derive.cohort(changed("follow_up", last_contact_date=contact), CHOSEN)
    rows = survival.estimate(found, CHOSEN)
    left_out = pick(rows, statistic=Statistic.EXCLUDED, variable="OS")
    assert left_out[["value", "n"]].to_numpy().tolist() == [[3, 108]]
    lines = "\n".join(summary(found))
    assert "OS: 105 patients, 49 with the event" in lines
    assert "OS: 3 left out, no event and no date of censoring" in lines


def test_without_treatment_survival_is_counted_from_enrolment() -> None:
    found = cohort("radiotherapy", "immunotherapy")
    expected = "from enrolment, since no treatment is recorded"
    assert found.stand_ins["OS"] == expected
    patients, times = found.patients, found.times("OS").set_index("patient_id")
    end = patients["death_date"].fillna(patients["last_contact_date"])
    days = (end - patients["enrolment_date"]).dt.days
    assert (times["days"] == days.reindex(times.index)).all()


# Adverse events ----------------------------------------------------------------------------------


def test_without_grades_events_of_any_grade_are_counted() -> None:
    full, found = (
        toxicity.estimate(cohort(*gone), CHOSEN) for gone in ((), ("adverse_events.grade",))
    )
    assert set(found["variable_level"]) == {"any"}
    keys = {"variable": "dermatitis", "variable_level": "any", "statistic": Statistic.COUNT}
    assert value_of(found, **keys) == value_of(full, **keys) > 0


def test_without_attribution_nothing_is_attributed() -> None:
    found = toxicity.estimate(cohort("adverse_events.attribution"), CHOSEN)
    assert not {"immune_related", "radiation_liver_injury"} & set(found["variable"])
    assert "viral_reactivation" in set(found["variable"])


def test_an_empty_table_says_that_nothing_happened(tmp_path: Path) -> None:
    header = datasets.ADVERSE_EVENTS.splitlines()[0] + "\n"
    found = load(write_dataset(tmp_path, adverse_events=header), STUDY)
    rows = toxicity.estimate(found, CHOSEN)
    any_event = pick(rows, variable="any_event", variable_level="any", statistic=Statistic.COUNT)
    assert any_event[["value", "n"]].to_numpy().tolist() == [[0, 4]]


def test_terms_are_the_studys_whatever_their_capitals(tmp_path: Path) -> None:
    loud = datasets.ADVERSE_EVENTS.replace("Platelet count decreased", "PLATELET COUNT DECREASED")
    counted = [
        value_of(
            toxicity.estimate(
                load(write_dataset(tmp_path / name, adverse_events=text), STUDY), CHOSEN
            ),
            variable="thrombocytopenia",
            variable_level="any",
            statistic=Statistic.COUNT,
        )
        for name, text in (("plain", datasets.ADVERSE_EVENTS), ("loud", loud))
    ]
    assert counted == [1, 1]


# Who is in ---------------------------------------------------------------------------------------


def test_nobody_analysed_is_a_fault(tmp_path: Path) -> None:
    """A whole report was built of 0 patients."""
    earlier = datasets.PATIENTS
    for enrolled in ("2019-06-14", "2019-06-15", "2020-03-02", "2021-01-04"):
        earlier = earlier.replace(enrolled, f"2014{enrolled[4:]}")
    folder = write_dataset(
        tmp_path, patients=earlier, dataset="title: Four\neligibility_applies: true\n"
    )
    with pytest.raises(DatasetFaults, match=r"4 of 4 left out by 'Treated from 2018 to 2021'"):
        load(folder, STUDY)
    (folder / "dataset.yaml").write_text("title: x\neligibility_applies: false\n", "utf-8")
    assert len(load(folder, STUDY).patients) == 4


def test_one_of_two_records_missing_excludes_nobody() -> None:
    frame = synthetic().tables["patients"]
    unknown = changed(
        "patients",
        ajcc_stage=pd.Series("II", frame.index),
        recurrent=frame["recurrent"]
        .mask(frame.index < frame.index[10])
        .where(frame.index < frame.index[10], "yes"),
    )
    assert len(derive.cohort(unknown, CHOSEN).patients) == len(frame)


def test_everything_is_recorded_in_the_synthetic_dataset() -> None:
    assert "everything" in cohort().facts()
    for table, columns in asked_for(STUDY).items():
        assert "everything" not in cohort(f"{columns[-1]}" if columns else table).facts()


# Remarks -----------------------------------------------------------------------------------------


def test_nothing_is_to_be_looked_at_in_the_synthetic_dataset() -> None:
    assert load("synthetic", STUDY).remarks == ()


def test_numbers_of_nines_are_asked_about() -> None:
    values = synthetic().tables["patients"]["afp_before"].copy()
    values.iloc[:2], values.iloc[2] = 9999.0, 99999.0
    said = told(changed("patients", afp_before=values))
    assert "afp_before (patients): 9999 in 2, 99999 in 1 of 108 cells" in said


def test_sums_in_centimetres_are_asked_about_and_responses_are_as_recorded() -> None:
    sums = synthetic().tables["assessments"]
    in_cm = changed(
        "assessments",
        baseline_sum_mm=pd.Series(8.0, sums.index),
        best_sum_mm=pd.Series(9.8, sums.index),
        new_lesion="no",
        category="PD",
    )
    assert "432 of 432 sums are below 10 mm" in told(in_cm)
    assert set(derive.cohort(in_cm, CHOSEN).assessments["response"]) == {"PD"}


def test_sums_far_below_the_largest_tumour_are_asked_about() -> None:
    sums = synthetic().tables["assessments"]
    large = synthetic().tables["patients"].assign(largest_tumour_cm=20.0)
    tables = {**synthetic().tables, "patients": large}
    tables["assessments"] = sums.assign(baseline_sum_mm=25.0, best_sum_mm=20.0)
    dataset = Dataset("x", synthetic().study, synthetic().description, tables)
    assert "half of the sums are below 30% of the largest tumour" in told(dataset)


def test_categories_that_do_not_follow_are_counted() -> None:
    category = synthetic().tables["assessments"]["category"].copy()
    first = category.iloc[0]
    category.iloc[0] = "CR" if first != "CR" else "PD"
    assert "1 of 432 categories differ" in told(changed("assessments", category=category))


def test_ages_that_do_not_follow_are_counted() -> None:
    frame = synthetic().tables["patients"]
    age = derive.completed_years(frame["birth_date"], frame["enrolment_date"])
    assert told(changed("patients", age_years=age.astype(float) + 0.4)) == ""
    age.iloc[:4] += 2
    assert "differs in 4 patients" in told(changed("patients", age_years=age))


def _recorded_times(days: pd.Series, event: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"patient_id": days.index, "endpoint": "OS", "days": days.to_numpy(), "event": event}
    ).reset_index(drop=True)


def test_months_entered_as_days_are_asked_about() -> None:
    times = cohort().times("OS").set_index("patient_id")
    in_months = (times["days"] / 30.4375).round()
    recorded = _recorded_times(in_months, np.where(times["event"], "yes", "no"))
    dataset = without(synthetic(), "follow_up")
    dataset = Dataset(
        "m", dataset.study, dataset.description, {**dataset.tables, "time_to_event": recorded}
    )
    assert "Were months or weeks entered as days?" in told(dataset)


def test_an_endpoint_that_is_recorded_twice_is_compared() -> None:
    times = cohort().times("OS").set_index("patient_id")
    days = times["days"].astype(float)
    days.iloc[:5] += 30
    recorded = _recorded_times(days, np.where(times["event"], "yes", "no"))
    dataset = Dataset(
        "t",
        synthetic().study,
        synthetic().description,
        {**synthetic().tables, "time_to_event": recorded},
    )
    said = told(dataset)
    assert "OS: recorded in time_to_event, and as dates" in said
    assert "they differ in 5 patients of 108" in said


def test_a_term_that_is_nearly_known_is_asked_about() -> None:
    terms = synthetic().tables["adverse_events"]["term"].replace("Diarrhea", "Diarhea")
    said = told(changed("adverse_events", term=terms))
    assert "If Diarrhea is meant, write that." in said


def test_no_remark_names_a_patient() -> None:
    frame = synthetic().tables["patients"]
    values = pd.Series(999.0, frame.index)
    said = told(changed("patients", afp_before=values, afp_after=values))
    assert said
    assert not any(name in said for name in frame["patient_id"])


def test_a_study_of_its_own_misses_no_dates_that_it_never_had() -> None:
    operated = load("hepatocellular", STUDY)
    assert operated.endpoints() == ["OS", "RFS"]
    assert operated.unrecorded == {}
    assert not {"OS", "RFS", "follow_up"} & operated.stand_ins.keys()
