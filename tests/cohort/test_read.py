"""Every kind of fault is found, all of them at once, and said in words a person can act on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort.read import DatasetFaults, load, read_dataset
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset


def faults_of(folder: Path) -> list[tuple[str, int, str, str]]:
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    return [(f.file, f.row, f.column, f.value) for f in caught.value.faults]


def test_four_patients_have_no_faults(tmp_path: Path) -> None:
    dataset = read_dataset(write_dataset(tmp_path / "four"), STUDY)
    assert len(dataset.tables["patients"]) == 4
    assert dataset.tables["time_to_event"].empty


def test_missing_file(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path)
    (folder / "follow_up.csv").unlink()
    assert ("follow_up.csv", 0, "", "") in faults_of(folder)


def test_missing_column(tmp_path: Path) -> None:
    frame = pd.read_csv(write_dataset(tmp_path) / "patients.csv", dtype=str)
    frame.drop(columns="ecog").to_csv(tmp_path / "patients.csv", index=False)
    assert faults_of(tmp_path) == [("patients.csv", 0, "ecog", "")]


def test_column_nobody_asked_for(tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path, immunotherapy=datasets.IMMUNOTHERAPY.replace("cycles", "cylces")
    )
    assert faults_of(folder) == [("immunotherapy.csv", 0, "cycles", "")]
    with pytest.raises(DatasetFaults, match="there is cylces"):
        read_dataset(folder, STUDY)


@pytest.mark.parametrize(
    ("table", "old", "new", "fault"),
    [
        ("patients", "female,1960", "woman,1960", ("patients.csv", 3, "sex", "woman")),
        ("patients", "1960-06-15,2019-06-14", "15/06/1960,2019-06-14",
         ("patients.csv", 2, "birth_date", "15/06/1960")),
        ("patients", "1950-01-01", "1950-02-30", ("patients.csv", 4, "birth_date", "1950-02-30")),
        ("patients", ",12,12,2,", ",-12,12,2,", ("patients.csv", 4, "afp_before", "-12")),
        ("patients", ",12,12,2,", ",12,12,two,", ("patients.csv", 4, "tumour_count", "two")),
        ("patients", ",12,12,2,", ",12,12,2.5,", ("patients.csv", 4, "tumour_count", "2.5")),
        ("radiotherapy", "60,30", "6000,30", ("radiotherapy.csv", 2, "dose_gy", "6000")),
        ("radiotherapy", "60,30", "inf,30", ("radiotherapy.csv", 2, "dose_gy", "inf")),
        ("radiotherapy", "A1,other", "A9,other", ("radiotherapy.csv", 3, "patient_id", "A9")),
        ("radiotherapy", "A1,other metastasis", "A1,primary tumour",
         ("radiotherapy.csv", 3, "patient_id + site", "A1 + primary tumour")),
        ("radiotherapy", "2019-07-26", "2019-06-16",
         ("radiotherapy.csv", 2, "start_date", "2019-06-17")),
        ("adverse_events", "Nausea,2", "Nausea,6", ("adverse_events.csv", 3, "grade", "6")),
        ("adverse_events", "decreased,4", "decreased,5", None),
        ("adverse_events", "Hypothyroidism,2", "Hypothyroidism,5",
         ("adverse_events.csv", 5, "grade", "5")),
        ("adverse_events", "2019-06-17", "2019-06-16",
         ("adverse_events.csv", 3, "onset_date", "2019-06-16")),
        ("adverse_events", "2019-09-02", "2020-07-02",
         ("adverse_events.csv", 4, "onset_date", "2020-07-02")),
        ("adverse_events", "2019-12-02", "2021-01-04", None),
        ("adverse_events", "2019-12-02", "2021-01-05",
         ("adverse_events.csv", 5, "onset_date", "2021-01-05")),
        ("adverse_events", "2019-12-02", "2022-12-32",
         ("adverse_events.csv", 5, "onset_date", "2022-12-32")),
        ("follow_up", "A3,,,,2020-09-01,2020-10-01,2020-10-01",
         "A3,,,,2020-03-01,2020-03-04,2020-03-04",
         ("follow_up.csv", 4, "death_date", "2020-03-04")),
        ("follow_up", "A2,2020-02-03,2020-06-01,2020-02-03",
         "A2,2021-01-05,2021-01-05,2021-01-05",
         ("follow_up.csv", 3, "progression_date", "2021-01-05")),
        ("follow_up", "other disease", "old age",
         ("follow_up.csv", 4, "cause_of_death", "old age")),
        ("follow_up", "2022-06-01,,", "2023-06-01,,",
         ("follow_up.csv", 5, "last_contact_date", "2023-06-01")),
        ("follow_up", "2022-06-01,,", "2022-06-01,,tumour",
         ("follow_up.csv", 5, "cause_of_death", "tumour")),
    ],
)  # fmt: skip
def test_cell(
    tmp_path: Path, table: str, old: str, new: str, fault: tuple[str, int, str, str] | None
) -> None:
    text = datasets.FILES[f"{table}.csv"]
    assert text.count(old) == 1
    folder = write_dataset(tmp_path, **{table: text.replace(old, new)})
    if fault is None:
        read_dataset(folder, STUDY)
    else:
        assert fault in faults_of(folder)


def test_an_event_after_the_cut_off_is_a_fault(tmp_path: Path) -> None:
    text = datasets.ADVERSE_EVENTS.replace("2019-12-02", "2023-01-01")
    assert ("adverse_events.csv", 5, "onset_date", "2023-01-01") in faults_of(
        write_dataset(tmp_path, adverse_events=text)
    )


def test_an_event_may_begin_after_last_contact_where_death_is_known(tmp_path: Path) -> None:
    follow_up = datasets.FOLLOW_UP.replace(
        "2020-10-01,2020-10-01,other", "2020-09-01,2020-10-01,other"
    )
    events = datasets.ADVERSE_EVENTS.replace("2020-03-30", "2020-09-15")
    folder = write_dataset(tmp_path, follow_up=follow_up, adverse_events=events)
    assert len(load(folder, STUDY).patients) == 4


@pytest.mark.parametrize("lacking", ["follow_up", "radiotherapy", "immunotherapy"])
def test_onset_is_held_against_the_tables_that_are_there(tmp_path: Path, lacking: str) -> None:
    text = f"{datasets.FILES['dataset.yaml']}not_recorded: {{{lacking}: all}}\n"
    folder = write_dataset(tmp_path, dataset=text)
    (folder / f"{lacking}.csv").unlink()
    assert len(read_dataset(folder, STUDY).tables["adverse_events"]) == 6


def test_datasets_without_onsets_say_so(tmp_path: Path) -> None:
    frame = pd.read_csv(write_dataset(tmp_path) / "adverse_events.csv", dtype=str)
    frame.drop(columns="onset_date").to_csv(tmp_path / "adverse_events.csv", index=False)
    assert faults_of(tmp_path) == [("adverse_events.csv", 0, "onset_date", "")]
    text = datasets.FILES["dataset.yaml"] + "not_recorded: {adverse_events: [onset_date]}\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    assert load(tmp_path, STUDY).adverse_events["onset_date"].isna().all()


def test_organ_doses_may_be_left_out(tmp_path: Path) -> None:
    assert load(write_dataset(tmp_path), STUDY).organ_doses.empty
    cohort = load(write_dataset(tmp_path, organ_doses=datasets.ORGAN_DOSES), STUDY)
    assert list(cohort.organ_doses["value"]) == [4.2, 33, 7.5, 31]
    assert cohort.has("organ_doses")


@pytest.mark.parametrize(
    ("old", "new", "column", "row"),
    [
        ("V32_mL", "V32", "metric", 2),
        ("V32_mL", "V032_mL", "metric", 2),
        ("Dmax_Gy", "Dmax_cGy", "metric", 3),
        ("small intestine", "Small intestine", "organ", 4),
        ("small intestine", "<b>small</b>", "organ", 4),
        ("A4", "A9", "patient_id", 5),
        ("V20_percent,31", "V20_percent,", "value", 5),
        ("V20_percent,31", "V20_percent,-31", "value", 5),
        ("Dmax_Gy", "V32_mL", "patient_id + organ + metric", 3),
    ],
)
def test_organ_dose(tmp_path: Path, old: str, new: str, column: str, row: int) -> None:
    text = datasets.ORGAN_DOSES
    assert text.count(old) == 1
    found = faults_of(write_dataset(tmp_path, organ_doses=text.replace(old, new)))
    assert [fault[:3] for fault in found] == [("organ_doses.csv", row, column)]


def test_duplicate_patient_names_the_first_row(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, patients=datasets.PATIENTS.replace("A3,male", "A1,male"))
    with pytest.raises(DatasetFaults, match="row 2 has it already"):
        read_dataset(folder, STUDY)


def test_empty_table(tmp_path: Path) -> None:
    header = datasets.ASSESSMENTS.splitlines()[0] + "\n"
    folder = write_dataset(tmp_path, assessments=header)
    assert faults_of(folder) == [("assessments.csv", 0, "", "")]


def test_file_without_anything_in_it(tmp_path: Path) -> None:
    assert [f[0] for f in faults_of(write_dataset(tmp_path, assessments=""))] == ["assessments.csv"]


def test_all_faults_come_in_one_list(tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path,
        patients=datasets.PATIENTS.replace("A3,male,1950-01-01", "A3,man,1850-01-01"),
        radiotherapy=datasets.RADIOTHERAPY.replace("60,30", "-60,0"),
        follow_up=datasets.FOLLOW_UP.replace("A4,", "A5,"),
    )
    (folder / "adverse_events.csv").unlink()
    found = {(file, column) for file, _, column, _ in faults_of(folder)}
    assert found == {
        ("patients.csv", "sex"),
        ("patients.csv", "birth_date"),
        ("radiotherapy.csv", "dose_gy"),
        ("radiotherapy.csv", "fractions"),
        ("follow_up.csv", "patient_id"),
        ("patients.csv", "patient_id"),
        ("adverse_events.csv", ""),
    }


def test_message_says_file_row_column_value_and_what_was_expected(tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path / "mine", patients=datasets.PATIENTS.replace("A3,male", "A3,man")
    )
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    assert str(caught.value).splitlines() == [
        "The dataset mine has 1 fault; nothing was built.",
        "  patients.csv, row 4, column sex: found 'man'; expected one of: male, female; "
        "or say what stands for them: `sex: {from: sex, values: {man: …}}` under tables",
    ]


def test_hostile_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, patients=datasets.PATIENTS.replace("A3,male", "A3,\x1b[31m"))
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("description", "column"),
    [
        ("synthetic: true\n", "title"),
        ("title: x\nsynthethic: true\n", "synthethic"),
        ("title: x\nnot_recorded: {patients: [egoc]}\n", "not_recorded.patients"),
        ("title: x\nnot_recorded: {pateints: all}\n", "not_recorded"),
        ("title: [\n", ""),
    ],
)
def test_description(tmp_path: Path, description: str, column: str) -> None:
    folder = write_dataset(tmp_path, dataset=description)
    assert [(f[0], f[2]) for f in faults_of(folder)] == [("dataset.yaml", column)]


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetFaults, match="nowhere"):
        read_dataset(tmp_path / "nowhere", STUDY)


def test_what_is_said_not_to_be_recorded_is_no_fault(tmp_path: Path) -> None:
    text = datasets.FILES["dataset.yaml"] + "not_recorded: {patients: [ecog], assessments: all}\n"
    folder = write_dataset(tmp_path, dataset=text)
    (folder / "assessments.csv").unlink()
    frame = pd.read_csv(folder / "patients.csv", dtype=str)
    frame.drop(columns="ecog").to_csv(folder / "patients.csv", index=False)
    cohort = load(folder, STUDY)
    assert not cohort.has("assessments")
    assert not cohort.records("ecog")
    assert not cohort.screening.set_index("name").loc["ecog", "assessed"]


def test_remarks_before_the_header_shift_the_rows(tmp_path: Path) -> None:
    text = "# A remark\n# and another\n" + datasets.PATIENTS.replace("A3,male", "A3,man")
    assert ("patients.csv", 6, "sex", "man") in faults_of(write_dataset(tmp_path, patients=text))


def test_parquet_and_csv_give_the_same_cohort(tmp_path: Path) -> None:
    from_csv = write_dataset(tmp_path / "csv")
    from_parquet = write_dataset(tmp_path / "parquet")
    for path in from_parquet.glob("*.csv"):
        frame = pd.read_csv(path)
        for column in frame.columns:
            if column.endswith("_date"):
                frame[column] = pd.to_datetime(frame[column])
        frame.to_parquet(path.with_suffix(".parquet"))
        path.unlink()
    one, other = load(from_csv, STUDY), load(from_parquet, STUDY)
    pd.testing.assert_frame_equal(one.patients, other.patients)
    pd.testing.assert_frame_equal(one.time_to_event, other.time_to_event)


def test_spreadsheet_habits_are_understood(tmp_path: Path) -> None:
    text = "\ufeff" + datasets.PATIENTS.replace("A3,male", " A3 , male ").replace("\n", "\r\n")
    assert "A3" in load(write_dataset(tmp_path, patients=text), STUDY).patients.index


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_days_of_parquet_are_those_that_are_stored(tmp_path: Path, zone: str | None) -> None:
    folder = write_dataset(tmp_path)
    frame = pd.read_csv(folder / "follow_up.csv")
    dates = [name for name in frame if name.endswith("_date")]
    for name in dates:
        frame[name] = pd.to_datetime(frame[name]).dt.tz_localize(zone)
    (folder / "follow_up.csv").unlink()
    frame.to_parquet(folder / "follow_up.parquet")
    plain = read_dataset(write_dataset(tmp_path / "plain"), STUDY).tables["follow_up"]
    pd.testing.assert_frame_equal(read_dataset(folder, STUDY).tables["follow_up"], plain)


def test_a_day_that_began_in_another_time_zone_is_refused_once_a_column(tmp_path: Path) -> None:
    """Midnight in Shanghai, stored as UTC, was read as the day before."""
    folder = write_dataset(tmp_path)
    frame = pd.read_csv(folder / "follow_up.csv")
    local = pd.to_datetime(frame["last_contact_date"]).dt.tz_localize("Asia/Shanghai")
    (folder / "follow_up.csv").unlink()
    frame.assign(last_contact_date=local.dt.tz_convert("UTC")).to_parquet(
        folder / "follow_up.parquet"
    )
    with pytest.raises(DatasetFaults) as refused:
        read_dataset(folder, STUDY)
    assert {(fault.file, fault.column) for fault in refused.value.faults} == {
        ("follow_up.parquet", "last_contact_date")
    }
    (line,) = str(refused.value).splitlines()[1:]
    assert "4 cells (follow_up.parquet, column last_contact_date" in line
    assert "a day without a time of day and a time zone" in line


def test_midnight_is_a_day(tmp_path: Path) -> None:
    timed = datasets.FOLLOW_UP.replace("2021-01-04", "2021-01-04 00:00:00")
    plain, with_time = (
        read_dataset(write_dataset(tmp_path / name, follow_up=text), STUDY).tables["follow_up"]
        for name, text in (("plain", datasets.FOLLOW_UP), ("timed", timed))
    )
    pd.testing.assert_frame_equal(plain, with_time)


def test_columns_that_are_missing_are_one_line_a_file_that_names_all_of_them(
    tmp_path: Path,
) -> None:
    patients = "patient_id,sex,birth_date\nA1,male,1960-06-15\n"
    with pytest.raises(DatasetFaults) as refused:
        read_dataset(write_dataset(tmp_path, patients=patients), STUDY)
    told = str(refused.value).splitlines()
    (line,) = [line for line in told if "not_recorded in dataset.yaml" in line]
    assert line.startswith("  patients.csv, columns afp_after, afp_before, ajcc_stage, ")
    assert line.count("therapy_line") == 1
    assert line.endswith("these columns, or their names under not_recorded in dataset.yaml")
