"""What people's own datasets are like, one kind a test: each is read, or refused with its mend.

The four patients of `tests/datasets.py`, each time changed as somebody keeps them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from analysis.cohort.faults import DatasetFaults
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates import characteristics, response, toxicity
from analysis.estimates.rows import pick
from analysis.zhai_2025.study import STUDY
from tests.datasets import (
    ADVERSE_EVENTS,
    ASSESSMENTS,
    FILES,
    FOLLOW_UP,
    IMMUNOTHERAPY,
    PATIENTS,
    RADIOTHERAPY,
    write_dataset,
)

TABLES = [name.removesuffix(".csv") for name in FILES if name.endswith(".csv")]
TITLE = "title: Four patients\n"
TIMES = "patient_id,endpoint,days,event\nA1,OS,{},yes\nA2,OS,{},no\nA3,OS,{},yes\nA4,OS,{},no\n"


def texts(name: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(FILES[f"{name}.csv"]), dtype=str)


def read(folder: Path, yaml: str = TITLE, **changed: str) -> Cohort:
    return load(write_dataset(folder, dataset=yaml, **changed), STUDY)


def faults(folder: Path, yaml: str = TITLE, **changed: str) -> list[str]:
    with pytest.raises(DatasetFaults) as caught:
        read(folder, yaml, **changed)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def one_fault(folder: Path, yaml: str = TITLE, **changed: str) -> str:
    (line,) = faults(folder, yaml, **changed)
    return line


def with_dates(change: Callable[[pd.Series], pd.Series]) -> dict[str, str]:
    """Give the tables with every date written otherwise."""
    changed = {}
    for name in TABLES:
        frame = texts(name)
        for column in frame:
            if column.endswith("_date"):
                known = frame[column].notna()
                frame.loc[known, column] = change(pd.to_datetime(frame.loc[known, column]))
        changed[name] = frame.to_csv(index=False)
    return changed


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return read(tmp_path_factory.mktemp("plain"))


def same(found: Cohort, expected: Cohort) -> None:
    pd.testing.assert_frame_equal(found.time_to_event, expected.time_to_event)
    pd.testing.assert_frame_equal(found.patients, expected.patients, check_dtype=False)


# Dates -------------------------------------------------------------------------------------------

SERIAL = "1899-12-30"


@pytest.mark.parametrize(
    "change",
    [
        lambda day: day.dt.strftime("%Y年%m月%d日"),
        lambda day: day.dt.strftime("%Y-%m-%d 00:00:00"),
    ],
    ids=["cn", "midnight"],
)
def test_dates_that_can_be_nothing_else_are_read(
    tmp_path: Path, plain: Cohort, change: Callable[[pd.Series], pd.Series]
) -> None:
    same(read(tmp_path, **with_dates(change)), plain)


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        (lambda day: day.dt.strftime("%d.%m.%Y"), "dates: ['%d.%m.%Y']"),
        (lambda day: (day - pd.Timestamp(SERIAL)).dt.days.astype(str), "dates: [excel]"),
        (lambda day: day.dt.strftime("%d%b%Y"), "dates: ['%d%b%Y']"),
        (lambda day: day.dt.strftime("%Y-%m-%d 13:45:00"), "dates: ['%Y-%m-%d %H:%M:%S']"),
    ],
    ids=["german", "serial", "sas", "time"],
)
def test_other_dates_are_one_fault_with_the_line_that_mends_it(
    tmp_path: Path, plain: Cohort, change: Callable[[pd.Series], pd.Series], mend: str
) -> None:
    changed = with_dates(change)
    line = one_fault(tmp_path, **changed)
    n = sum(int(texts(name).filter(regex="_date$").notna().to_numpy().sum()) for name in TABLES)
    assert line.startswith(f"{n} cells (")
    assert f"`{mend}`" in line
    same(read(tmp_path, f"{TITLE}{mend}\n", **changed), plain)


def test_a_month_is_imputed_and_told(tmp_path: Path) -> None:
    text = PATIENTS.replace("1960-06-15,2019-06-14", "1960,2019-06")
    found = read(tmp_path, patients=text)
    assert sum("it is imputed (`partial_dates`)" in remark for remark in found.remarks) == 2


def test_a_month_is_left_unknown_where_that_is_asked_for(tmp_path: Path) -> None:
    text = PATIENTS.replace("1960-06-15,2019-06-14", "1960,2019-06-14")
    found = read(tmp_path, f"{TITLE}partial_dates: none\n", patients=text)
    assert found.patients["birth_date"].isna().sum() == 1
    assert any("are left out (`partial_dates: none`)" in remark for remark in found.remarks)


# Files -------------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_no_letter(tmp_path: Path, plain: Cohort) -> None:
    same(read(tmp_path, patients="\ufeff" + PATIENTS), plain)


def test_semicolons_and_decimal_commas(tmp_path: Path, plain: Cohort) -> None:
    """German and French Excel saves CSV so."""
    german = {
        # RECIST 1.1 is a name.
        name: re.sub(r"(?<!RECIST )\b(\d+)\.(\d)", r"\1,\2", FILES[f"{name}.csv"].replace(",", ";"))
        for name in TABLES
    }
    found = read(tmp_path, **german)
    same(found, plain)
    assert any("Decimal commas are read as such: afp_before" in line for line in found.remarks)


def test_gbk(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, dataset=TITLE)
    text = ADVERSE_EVENTS.replace("Fatigue", "疲劳症状").replace("Nausea", "恶心欲吐")
    (folder / "adverse_events.csv").write_bytes(text.encode("gbk"))
    found = load(folder, STUDY)
    assert {"疲劳症状", "恶心欲吐"} <= set(found.adverse_events["term"])
    assert any("is not in UTF-8; it is read as GB 18030" in line for line in found.remarks)


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_days_of_parquet(tmp_path: Path, plain: Cohort, zone: str | None) -> None:
    """Midnight in Shanghai is the day before in UTC: that is refused, and never read as it."""
    folder = write_dataset(tmp_path, dataset=TITLE)
    for name in TABLES:
        frame = texts(name)
        for column in frame.filter(regex="_date$"):
            days = pd.to_datetime(frame[column])
            local = days.dt.tz_localize("Asia/Shanghai").dt.tz_convert(zone) if zone else days
            frame[column] = local
        (folder / f"{name}.csv").unlink()
        frame.to_parquet(folder / f"{name}.parquet")
    if zone is None:
        same(load(folder, STUDY), plain)
    else:
        with pytest.raises(DatasetFaults, match="without a time of day and a time zone"):
            load(folder, STUDY)


def test_value_labels_of_spss(tmp_path: Path, plain: Cohort) -> None:
    folder = write_dataset(tmp_path, dataset=TITLE)
    frame = texts("patients")
    frame["sex"] = frame["sex"].map({"male": 1.0, "female": 2.0})
    (folder / "patients.csv").unlink()
    labels = {"sex": {1: "male", 2: "female"}}
    pyreadstat.write_sav(frame, str(folder / "patients.sav"), variable_value_labels=labels)
    same(load(folder, STUDY), plain)


def test_one_workbook_with_a_sheet_a_table(tmp_path: Path, plain: Cohort) -> None:
    folder = write_dataset(tmp_path, dataset=TITLE)
    book = openpyxl.Workbook()
    for name in TABLES:
        sheet = book.create_sheet(name)
        frame = texts(name)
        sheet.append(list(frame.columns))
        for row in frame.where(frame.notna(), None).itertuples(index=False):
            sheet.append(list(row))
        (folder / f"{name}.csv").unlink()
    book.save(folder / "all.xlsx")
    same(load(folder, STUDY), plain)


def test_a_file_of_ones_own_is_mapped(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("Nr,Sex\n1,M\n2,F\n")
    said = "title: T\nsource: {package: file, collection: ., item: all.csv}\n"
    mapping = "tables: {patients: {patient_id: Nr, sex: {from: Sex, values: {M: male, F: female}}}}"
    (tmp_path / "dataset.yaml").write_text(said + mapping)
    with pytest.raises(DatasetFaults, match=r"a file of your own is `source: \{file: name.xlsx\}`"):
        load(tmp_path, STUDY)
    (tmp_path / "dataset.yaml").write_text(f"title: T\nsource: {{file: all.csv}}\n{mapping}")
    assert load(tmp_path, STUDY).patients["sex"].tolist() == ["male", "female"]


# Codes, names, not recorded ----------------------------------------------------------------------

CODED = PATIENTS.replace("female", "F").replace("male", "M")


def test_codes_are_one_fault_a_column_with_the_line_that_mends_it(
    tmp_path: Path, plain: Cohort
) -> None:
    line = one_fault(tmp_path, patients=CODED)
    assert "`sex: {from: sex, values: {M: …, F: …}}` under tables" in line
    mapping = "tables: {patients: {sex: {from: sex, values: {M: male, F: female}}}}\n"
    same(read(tmp_path, TITLE + mapping, patients=CODED), plain)


def test_older_declarations_are_read(tmp_path: Path, plain: Cohort) -> None:
    mapping = (
        "tables:\n  patients:\n  - columns:\n      patient_id: {column: patient_id}\n"
        "      sex: {column: sex, values: {M: male, F: female}}\n"
    )
    same(read(tmp_path, TITLE + mapping, patients=CODED), plain)


def test_answers_of_other_languages(tmp_path: Path, plain: Cohort) -> None:
    coded = PATIENTS.replace(",yes", ",是").replace(",no,", ",否,")
    coded = coded.replace(",no,", ",否,")
    line = next(line for line in faults(tmp_path, patients=coded) if "cirrhosis" in line)
    assert "`yes: [...]` and `no: [...]`" in line
    same(read(tmp_path, f"{TITLE}yes: [是]\nno: [否]\n", patients=coded), plain)


def test_capitals_of_a_header_do_not_matter(tmp_path: Path, plain: Cohort) -> None:
    text = PATIENTS.replace("sex,birth_date", "SEX,Birth Date", 1)
    same(read(tmp_path, patients=text), plain)


def test_other_columns_are_left_out_with_a_line(tmp_path: Path, plain: Cohort) -> None:
    text = texts("patients").assign(BCLC="B", albumin=38).to_csv(index=False)
    found = read(tmp_path, patients=text)
    same(found, plain)
    line = next(line for line in found.remarks if "BCLC, albumin are not used" in line)
    assert "declare it under `factors`" in line


NOT_RECORDED = ["NA", "ND", "N/A", "-9", "?", "未查"]
COLUMNS = ["ecog", "afp_before", "cirrhosis", "child_pugh_score", "tumour_count", "birth_date"]


def test_a_text_for_not_recorded_is_declared_once(tmp_path: Path) -> None:
    frame = texts("patients")
    for row in (0, 1):
        frame.loc[row, COLUMNS] = NOT_RECORDED
    patients = frame.to_csv(index=False)
    lines = faults(tmp_path, patients=patients)
    for text, column in zip(NOT_RECORDED, COLUMNS, strict=True):
        (line,) = [line for line in lines if f"`missing: ['{text}']`" in line]
        assert line.startswith(f"2 cells (patients.csv, column {column}, rows 2, 3)")
    listed = ", ".join(f"'{text}'" for text in NOT_RECORDED)
    found = read(tmp_path, f"{TITLE}missing: [{listed}]\n", patients=patients)
    assert found.patients[COLUMNS].isna().sum().tolist() == [2] * len(COLUMNS)
    # Of one column alone, elsewhere it is what it says.
    only = f"{TITLE}missing: {{ecog: [{listed}]}}\n"
    assert len(faults(tmp_path, only, patients=patients)) == len(lines) - 1


def test_a_number_that_may_mean_not_recorded_is_asked_about(tmp_path: Path) -> None:
    text = PATIENTS.replace("1000,300", "9999,300")
    assert any("9999 in 1" in line for line in read(tmp_path, patients=text).remarks)
    found = read(tmp_path, f"{TITLE}missing: {{afp_before: 9999}}\n", patients=text)
    assert found.patients["afp_before"].isna().sum() == 1


def test_ids_with_leading_zeros_are_texts(tmp_path: Path) -> None:
    coded = {name: FILES[f"{name}.csv"].replace("\nA", "\n00") for name in TABLES}
    assert list(read(tmp_path, **coded).patients["patient_id"]) == ["001", "002", "003", "004"]


def test_zeros_that_one_table_lost_are_one_fault(tmp_path: Path) -> None:
    coded = {name: FILES[f"{name}.csv"].replace("\nA", "\n") for name in TABLES}
    coded["patients"] = PATIENTS.replace("\nA", "\n00")
    assert "by leading zeros alone" in one_fault(tmp_path, **coded)


def test_a_patient_twice_is_one_fault_with_both_rows(tmp_path: Path) -> None:
    text = PATIENTS + PATIENTS.splitlines()[2] + "\n"
    line = one_fault(tmp_path, patients=text)
    assert "patients.csv, row 6" in line
    assert "row 3 has it already" in line


def test_limits_stay_and_the_rest_is_explained(tmp_path: Path) -> None:
    text = PATIENTS.replace("1000,300", "<1.3,>20000")
    found = read(tmp_path, patients=text)
    assert found.patients["afp_before_limit"].iloc[0] == "<"
    assert found.patients["afp_after_limit"].iloc[0] == ">"
    rows = characteristics.estimate(found, found.parameters)
    (least,) = rows[(rows["variable"] == "afp_before") & (rows["statistic"] == "min")]["note"]
    assert least == "a limit: at most this"
    text = PATIENTS.replace("1000,300", '"1,210",5*')
    lines = faults(tmp_path, patients=text)
    assert len(lines) == 2
    assert any("if the comma parts thousands" in line for line in lines)
    assert any("of a number with something behind it" in line for line in lines)


# Treatment, response, adverse events -------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "text", "column", "value"),
    [
        ("immunotherapy", IMMUNOTHERAPY.replace("sintilimab", "durvalumab"), "agent", "durvalumab"),
        ("patients", PATIENTS.replace("IMRT", "SBRT"), "rt_technique", "SBRT"),
        ("radiotherapy", RADIOTHERAPY.replace("lymph node", "spleen"), "site", "spleen"),
    ],
)
def test_what_nobody_named_is_entered(
    tmp_path: Path, table: str, text: str, column: str, value: str
) -> None:
    found = read(tmp_path, **{table: text})
    assert value in set(getattr(found, table)[column])


def test_treatment_that_goes_on_has_no_last_day(tmp_path: Path) -> None:
    text = IMMUNOTHERAPY.replace("2019-06-22,2019-09-14", "2019-06-22,")
    assert any(
        "taken to go on at last contact" in x for x in read(tmp_path, immunotherapy=text).remarks
    )


def test_a_dose_may_be_the_prescribed_one_alone(tmp_path: Path) -> None:
    text = RADIOTHERAPY.replace("2020-03-09,2020-04-03,50,20", "2020-03-09,,50,")
    found = read(tmp_path, radiotherapy=text)
    assert found.radiotherapy["dose_gy"].notna().all()


def test_the_worst_of_several_episodes_counts(tmp_path: Path) -> None:
    text = ADVERSE_EVENTS + "A1,nausea,1,,2019-06-18\nA1,NAUSEA,3,,2019-06-19\nA1,Nausea,3,,\n"
    found = read(tmp_path, adverse_events=text)
    of = found.adverse_events[found.adverse_events["term"].str.casefold() == "nausea"]
    assert of[["grade", "onset_date"]].to_numpy().tolist() == [[3, pd.Timestamp("2019-06-19")]]
    assert any("3 further episodes" in line for line in found.remarks)


def test_a_row_entered_twice_is_a_fault_and_turns_no_episode_into_one(tmp_path: Path) -> None:
    text = ADVERSE_EVENTS + "A3,Fatigue,1,,\nA1,nausea,1,,2019-06-18\n"
    line = one_fault(tmp_path, adverse_events=text)
    assert "found 'A3 + Fatigue'" in line


def test_no_adverse_event_happened_to_anybody(tmp_path: Path) -> None:
    header = ADVERSE_EVENTS.splitlines()[0] + "\n"
    found = read(tmp_path, adverse_events=header)
    rows = toxicity.estimate(found, found.parameters)
    counts = rows[rows["statistic"] == "count"]
    assert len(counts) > 10
    assert set(counts["value"]) == {0}
    assert set(counts["n"]) == {4}
    assert found.has("adverse_events")


def test_other_names_of_terms_are_counted_as_one(tmp_path: Path) -> None:
    text = ADVERSE_EVENTS.replace("Diarrhea", "diarrhoea") + "A2,DIARRHEA,1,,\n"
    terms = read(tmp_path, adverse_events=text).adverse_events["term"]
    assert (terms == "Diarrhea").sum() == 2


def test_sums_in_centimetres_are_asked_about_and_responses_are_as_recorded(tmp_path: Path) -> None:
    frame = texts("assessments")
    for column in ("baseline_sum_mm", "best_sum_mm"):
        frame[column] = (frame[column].astype(float) / 10).map("{:g}".format)
    frame[["baseline_sum_mm", "best_sum_mm"]] = ["8", "9.8"]
    frame["category"] = "PD"
    found = read(tmp_path, assessments=frame.to_csv(index=False))
    assert any("Are they in cm?" in line for line in found.remarks)
    assert set(found.assessments["response"].dropna()) == {"PD"}


def test_not_evaluable_is_no_response_and_stays_in_the_denominator(tmp_path: Path) -> None:
    text = ASSESSMENTS.replace("A2,RECIST 1.1,overall,80,96,no,PD", "A2,RECIST 1.1,overall,,,,NE")
    found = read(tmp_path, assessments=text)
    rows = pick(response.estimate(found, found.parameters), group_level="RECIST 1.1")
    of = rows[(rows["variable"] == "response_overall") & (rows["statistic"] == "count")]
    assert "NE" in set(of["variable_level"])
    assert set(of["n"].dropna()) == {4}


def test_a_child_pugh_class_is_a_group(tmp_path: Path) -> None:
    yaml = (
        f"{TITLE}tables: {{patients: {{child_pugh_score: "
        r"{from: child_pugh_score, take: '[ABC](\d+)'}}}" + "\n"
    )
    text = PATIENTS.replace("pathological,5", "pathological,A5").replace(
        "clinical,6", "clinical,B6"
    )
    text = text.replace("pathological,7", "pathological,B7").replace("clinical,5", "clinical,A5")
    assert read(tmp_path, yaml, patients=text).patients["child_pugh_score"].tolist() == [5, 6, 7, 5]


# Follow-up and times -----------------------------------------------------------------------------


def unrecorded(cohort: Cohort) -> dict[str, str]:
    return dict(cohort.unrecorded)


@pytest.mark.parametrize(
    ("column", "endpoints"),
    [
        ("death_date", {"OS", "PFS"}),
        ("last_contact_date", {"OS", "PFS"}),
        ("last_imaging_date", {"IRFS", "ORFS"}),
    ],
)
def test_an_endpoint_without_its_dates_is_not_estimated(
    tmp_path: Path, column: str, endpoints: set[str]
) -> None:
    absent = [column, "cause_of_death"] if column == "death_date" else [column]
    text = texts("follow_up").drop(columns=absent).to_csv(index=False)
    yaml = f"{TITLE}not_recorded: {{follow_up: [{', '.join(absent)}]}}\n"
    found = read(tmp_path, yaml, follow_up=text)
    assert set(unrecorded(found)) == endpoints
    assert not endpoints & set(found.endpoints())


def test_last_contact_that_is_blank_for_all_alive_leaves_nobody_to_censor(tmp_path: Path) -> None:
    text = FOLLOW_UP.replace("2020-08-03,2021-01-04", "2020-08-03,").replace(
        "2022-01-03,2022-06-01", "2022-01-03,"
    )
    found = read(tmp_path, follow_up=text)
    assert "blank for every patient without the event" in unrecorded(found)["OS"]


@pytest.mark.parametrize("column", ["grade", "attribution"])
def test_what_is_not_recorded_of_events_is_never_none(
    tmp_path: Path, plain: Cohort, column: str
) -> None:
    text = texts("adverse_events").drop(columns=column).to_csv(index=False)
    yaml = f"{TITLE}not_recorded: {{adverse_events: [{column}]}}\n"
    found = read(tmp_path, yaml, adverse_events=text)
    rows = toxicity.estimate(found, found.parameters)
    every = toxicity.estimate(plain, plain.parameters)
    keys = ["variable", "variable_level", "statistic"]
    both = rows.merge(every, on=keys, suffixes=("", "_plain"))
    assert len(rows) < len(every)
    # What there still is, is what it was; of the rest there is no row that says 0.
    np.testing.assert_array_equal(both["value"], both["value_plain"])
    assert len(both) == len(rows)
    assert not found.has(f"adverse_events.{column}")


def test_a_mode_without_the_end_of_radiotherapy_is_not_recorded(tmp_path: Path) -> None:
    text = texts("radiotherapy").drop(columns="end_date").to_csv(index=False)
    found = read(
        tmp_path, f"{TITLE}not_recorded: {{radiotherapy: [end_date]}}\n", radiotherapy=text
    )
    assert found.patients["treatment_mode"].isna().all()


def test_without_treatment_survival_is_counted_from_enrolment(tmp_path: Path) -> None:
    yaml = f"{TITLE}not_recorded: {{radiotherapy: all, immunotherapy: all}}\n"
    folder = write_dataset(tmp_path, dataset=yaml)
    for name in ("radiotherapy", "immunotherapy"):
        (folder / f"{name}.csv").unlink()
    found = load(folder, STUDY)
    assert len(found.times("OS")) == 4
    assert "from enrolment" in found.stand_ins["OS"]


def test_imaging_after_the_last_contact_is_one_fault(tmp_path: Path) -> None:
    text = FOLLOW_UP.replace("2020-06-01,2020-07-01,2020-07-01", "2024-01-01,2020-07-01,2020-07-01")
    assert "expected a day on or before last_contact_date, 2020-07-01" in one_fault(
        tmp_path, follow_up=text
    )


def of_times(folder: Path, text: str) -> Cohort:
    write_dataset(folder, dataset=f"{TITLE}not_recorded: {{follow_up: all}}\n", time_to_event=text)
    (folder / "follow_up.csv").unlink()
    return load(folder, STUDY)


def test_days_may_have_decimals(tmp_path: Path) -> None:
    days = [12.3 * 30.4375, 20 * 30.4375, 8.1 * 30.4375, 30 * 30.4375]
    found = of_times(tmp_path, TIMES.format(*days)).times("OS")["days"]
    np.testing.assert_array_equal(found, days)


def test_months_entered_as_days_are_asked_about(tmp_path: Path) -> None:
    found = of_times(tmp_path, TIMES.format(12, 20, 8, 30))
    assert any("Were months or weeks entered as days?" in line for line in found.remarks)


def test_an_endpoint_of_ones_own(tmp_path: Path) -> None:
    found = of_times(tmp_path, TIMES.format(400, 600, 300, 900).replace("OS", "LPFS"))
    assert found.endpoints() == ["LPFS"]


def test_patients_of_other_years_are_theirs(tmp_path: Path) -> None:
    yaml = f"{TITLE}eligibility_applies: true\n"
    later = {
        name: FILES[f"{name}.csv"].replace("2022-", "2026-").replace("2021-", "2025-")
        .replace("2020-", "2024-").replace("2019-", "2023-")
        for name in TABLES
    }  # fmt: skip
    line = one_fault(tmp_path / "asked", yaml, **later)
    assert "left out by" in line
    assert "eligibility_applies: false" in line
    assert len(read(tmp_path / "own", **later).patients) == 4
