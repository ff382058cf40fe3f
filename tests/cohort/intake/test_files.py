"""Files of every kind give the tables that are in them.

SAS's own files (.sas7bdat) are read by the same library as .sav, .dta and .xpt; no free library
writes them, so that no test makes one. What is no such file is refused (`test_hostile.py`).
"""

from __future__ import annotations

import datetime
import io
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.by_patient import in_words
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.intake.files import Where, read_sheets
from analysis.cohort.intake.files import _rows as rows_of
from analysis.cohort.intake.plain_text import read_plain
from analysis.cohort.intake.sheet import Sheet, from_rows, header_place
from analysis.cohort.read import load, read_dataset
from analysis.zhai_2025.study import STUDY
from tests.datasets import FILES, write_dataset

TABLES = [name.removesuffix(".csv") for name in FILES if name.endswith(".csv")]
Write = Callable[[pd.DataFrame, Path], None]


def written(name: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(FILES[f"{name}.csv"]), dtype=str)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as numbers and days as days, as programs hold them."""
    changed = frame.copy()
    for column in frame:
        if column.endswith("_date"):
            changed[column] = pd.to_datetime(frame[column])
        elif column != "patient_id":
            try:
                changed[column] = pd.to_numeric(frame[column])
            except ValueError:
                continue
    return changed


def to_workbook(frame: pd.DataFrame, path: Path, sheet: str | None = None) -> None:
    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    made = book.active if not path.exists() else book.create_sheet()
    made.title = sheet or "Sheet1"
    made.append(list(frame.columns))
    for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
        made.append([each.date() if isinstance(each, pd.Timestamp) else each for each in row])
    book.save(path)


def to_sqlite(frame: pd.DataFrame, path: Path, table: str) -> None:
    with sqlite3.connect(path) as connection:
        frame.to_sql(table, connection, index=False)
    connection.close()


def to_xpt(frame: pd.DataFrame, path: Path) -> None:
    """Of version 8, which has names of more than eight letters."""
    pyreadstat.write_xport(frame, str(path), file_format_version=8)


# Kind of file to how a frame is written as one.
ONE_TABLE: dict[str, Write] = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    ".txt": lambda frame, path: frame.to_csv(path, index=False, sep="|"),
    ".xlsx": to_workbook,
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".sav": lambda frame, path: pyreadstat.write_sav(frame, str(path)),
    ".zsav": lambda frame, path: pyreadstat.write_sav(frame, str(path), compress=True),
    ".dta": lambda frame, path: pyreadstat.write_dta(frame, str(path)),
    ".xpt": to_xpt,
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    return read_dataset(write_dataset(tmp_path_factory.mktemp("plain")), STUDY).tables


def without_csv(folder: Path) -> Path:
    write_dataset(folder)
    for name in TABLES:
        (folder / f"{name}.csv").unlink()
    return folder


def same_tables(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
    for name, frame in expected.items():
        both = (each.reset_index(drop=True).mask(each.isna().to_numpy()) for each in (
            found[name], frame,
        ))  # fmt: skip
        pd.testing.assert_frame_equal(*both, obj=name)


# A file a table ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "change"),
    [(suffix, typed) for suffix in ONE_TABLE]
    + [(suffix, lambda frame: frame) for suffix in (".xlsx", ".sav", ".parquet")],
)
def test_every_kind_of_file_gives_the_same_tables(
    tmp_path: Path, suffix: str, change: Callable[[pd.DataFrame], pd.DataFrame],
    plain: dict[str, pd.DataFrame],
) -> None:  # fmt: skip
    folder = without_csv(tmp_path)
    for name in TABLES:
        frame = change(written(name))
        if suffix in (".sav", ".zsav", ".dta", ".xpt"):
            # These have no missing texts, but blank ones.
            texts = frame.select_dtypes("object").columns
            frame[texts] = frame[texts].fillna("")
        ONE_TABLE[suffix](frame, folder / f"{name}{suffix}")
    same_tables(read_dataset(folder, STUDY).tables, plain)


@pytest.mark.parametrize("suffix", [".xlsx", ".sqlite", ".db"])
def test_one_file_of_all_tables(
    tmp_path: Path, suffix: str, plain: dict[str, pd.DataFrame]
) -> None:
    folder = without_csv(tmp_path)
    for name in TABLES:
        path = folder / f"all of it{suffix}"
        if suffix == ".xlsx":
            to_workbook(written(name), path, name.capitalize())
        else:
            to_sqlite(written(name), path, name)
    same_tables(read_dataset(folder, STUDY).tables, plain)


def test_sheets_of_notes_and_files_of_others_do_not_matter(
    tmp_path: Path, plain: dict[str, pd.DataFrame]
) -> None:
    folder = write_dataset(tmp_path)
    book = openpyxl.Workbook()
    for row in (["a"], ["b", "c", "d"], ["", "=1+1"]):
        book.active.append(row)
    book.save(folder / "notes.xlsx")
    (folder / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    # What Excel and macOS leave beside a file.
    (folder / "~$patients.xlsx").write_bytes(b"\x05owner")
    (folder / "._patients.csv").write_bytes(b"\0\x05\x16\x07")
    same_tables(read_dataset(folder, STUDY).tables, plain)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{file: data.sqlite, table: Everybody}", "Everybody"),
        ("{file: data.sqlite, sheet: Everybody}", "Everybody"),
        ("{file: data.sqlite}", "only"),
        ("{sql: 'sqlite:///data.sqlite', table: Everybody}", "Everybody"),
        ("{sql: 'sqlite:///data.sqlite'}", "only"),
    ],
)
def test_a_table_of_a_database(
    tmp_path: Path, source: str, name: str, plain: dict[str, pd.DataFrame]
) -> None:
    folder = without_csv(tmp_path)
    to_sqlite(written("patients"), folder / "data.sqlite", name)
    if name != "only":
        to_sqlite(written("follow_up"), folder / "data.sqlite", "follow")
    columns = ", ".join(f"{each}: {each}" for each in written("patients").columns)
    text = f"title: T\nsource: {source}\ntables: {{patients: {{{columns}}}}}\n"
    (folder / "dataset.yaml").write_text(text)
    before = (folder / "data.sqlite").read_bytes()
    found = read_dataset(folder, STUDY)
    same_tables({"patients": found.tables["patients"]}, {"patients": plain["patients"]})
    assert (folder / "data.sqlite").read_bytes() == before


def test_a_database_elsewhere_is_asked_as_sqlalchemy_has_it(tmp_path: Path) -> None:
    """A driver that is not installed is named, the address is not."""
    (tmp_path / "dataset.yaml").write_text(
        "title: T\nsource: {sql: 'postgresql+pg8000://me:hunter2@db.example.org/x', table: p}\n"
        "tables: {patients: {patient_id: id}}\n"
    )
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(tmp_path, STUDY)
    assert "pg8000" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_table_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    to_sqlite(written("patients"), tmp_path / "data.sqlite", "everybody")
    (tmp_path / "dataset.yaml").write_text(
        "title: T\nsource: {sql: 'sqlite:///data.sqlite', table: evrybody}\n"
        "tables: {patients: {patient_id: patient_id}}\n"
    )
    with pytest.raises(DatasetFaults, match="one of its tables: everybody; did you mean everybody"):
        read_dataset(tmp_path, STUDY)


# Labels and what the file itself says is missing --------------------------------------------------


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_value_labels_are_the_texts_of_codes(
    tmp_path: Path, kind: str, plain: dict[str, pd.DataFrame]
) -> None:
    frame = typed(written("patients"))
    codes = {"sex": {1: "Male", 2: "female"}, "cirrhosis": {0: "No", 1: "Yes"},
             "targeted_agent": {1: "lenvatinib", 2: "none", 3: "sorafenib", 4: "apatinib"},
             "ecog": {1: "restricted", 2: "ambulatory"}}  # fmt: skip
    for column, labels in codes.items():
        back = {label.casefold(): code for code, label in labels.items()}
        if column != "ecog":
            frame[column] = frame[column].str.casefold().map(back)
    write = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[kind]
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").unlink()
    titles = [f"Question {i}" for i in range(frame.shape[1])]
    path = folder / f"patients.{kind}"
    write(frame, str(path), variable_value_labels=codes, column_labels=titles)
    (sheet,) = read_sheets(path)
    assert sheet.labels["sex"] == {"1": "Male", "2": "female"}
    assert sheet.titles["ecog"] == f"Question {list(frame.columns).index('ecog')}"
    assert sheet.dated == {"birth_date", "enrolment_date"}
    # A number with labels stays a number.
    same_tables({"patients": read_dataset(folder, STUDY).tables["patients"]},
                {"patients": plain["patients"]})  # fmt: skip


def test_what_spss_declares_missing_is_blank(tmp_path: Path) -> None:
    frame = typed(written("patients"))
    frame["afp_before"] = [9999.0, 999.9, -9.0, 400.0]
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").unlink()
    pyreadstat.write_sav(
        frame,
        str(folder / "patients.sav"),
        missing_ranges={"afp_before": [{"lo": 9999, "hi": 9999}, {"lo": -9, "hi": -9}]},
    )
    afp = read_dataset(folder, STUDY).tables["patients"]["afp_before"]
    assert afp.isna().tolist() == [True, False, True, False]


def test_a_label_that_means_not_recorded_is_declared_as_it_is_read(tmp_path: Path) -> None:
    """In SPSS people see the label and not the code."""
    frame = typed(written("patients"))
    frame["sex"] = [1.0, 2.0, 9.0, 1.0]
    folder = write_dataset(tmp_path, dataset="title: T\nmissing: [unknown]\n")
    (folder / "patients.csv").unlink()
    labels = {"sex": {1: "male", 2: "female", 9: "unknown"}}
    pyreadstat.write_sav(frame, str(folder / "patients.sav"), variable_value_labels=labels)
    sex = read_dataset(folder, STUDY).tables["patients"]["sex"]
    assert sex.isna().tolist() == [False, False, True, False]


def test_patients_that_are_the_index_of_a_frame_are_read(
    tmp_path: Path, plain: dict[str, pd.DataFrame]
) -> None:
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").unlink()
    written("patients").set_index("patient_id").to_parquet(folder / "patients.parquet")
    found = read_dataset(folder, STUDY).tables["patients"]
    pd.testing.assert_frame_equal(found, plain["patients"], check_like=True)


# Text files --------------------------------------------------------------------------------------

GERMAN = """\
Nr.;Geschlecht;Geburtsdatum;Einschluß;AFP;Größe (cm);Arzt
1;männlich;31.12.1960;14.06.2019;1.084,5;5,5;Müller
2;weiblich;15.06.1960;15.06.2019;999,9;8;Jäger
3;männlich;01.01.1950;02.03.2020;<1,3;3,0;Weiß
4;weiblich;31.12.1970;04.01.2021;k. A.;4;Öztürk
"""
GERMAN_YAML = """\
title: Klinik
source: {file: liste.csv}
missing: [k. A.]
dates: ['%d.%m.%Y']
decimal: ','
tables:
  patients:
    - patient_id: Nr.
      sex: {from: Geschlecht, values: {männlich: male, weiblich: female}}
      birth_date: Geburtsdatum
      enrolment_date: Einschluß
      afp_before: AFP
      largest_tumour_cm: Größe (cm)
"""


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_a_list_of_a_german_hospital(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "liste.csv").write_bytes(GERMAN.replace("\n", "\r\n").encode(encoding))
    (tmp_path / "dataset.yaml").write_text(GERMAN_YAML, encoding="utf-8")
    found = read_dataset(tmp_path, STUDY)
    patients = found.tables["patients"]
    assert patients["sex"].tolist() == ["male", "female", "male", "female"]
    assert patients["enrolment_date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2019-06-14", "2019-06-15", "2020-03-02", "2021-01-04",
    ]  # fmt: skip
    assert patients["afp_before"].tolist()[:3] == [1084.5, 999.9, 1.3]
    assert patients["afp_before_limit"].tolist()[:3] == [None, None, "<"]
    assert patients["afp_before"].isna().tolist() == [False, False, False, True]
    assert patients["largest_tumour_cm"].tolist() == [5.5, 8.0, 3.0, 4.0]
    guessed = [note for note in found.notes if "not in UTF-8" in note]
    assert len(guessed) == (encoding == "cp1252")


CHINESE = "编号,性别,诊断\n001,男,肝细胞癌\n002,女,肝癌\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gbk"),
        (CHINESE, "gb18030"),
        (CHINESE, "utf-16"),
        (CHINESE.replace("肝癌", "朱镕基"), "gbk"),
        ("编号,性别\n1,男\n", "gbk"),
        ("id;Größe\n1;2,5\n", "cp1252"),
        ("id;créée\n1;à côté\n", "cp1252"),
        ("id;Płeć;źródło\n1;mężczyzna;krew\n", "cp1250"),
        ("id;Пол;Диагноз\n1;мужской;рак печени\n", "cp1251"),
        ("id,性別,診断\n1,男性,肝細胞癌\n2,女性,肝がん\n", "shift_jis"),
    ],
)
def test_an_encoding_is_found(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    (sheet,) = read_sheets(path)
    header = text.splitlines()[0]
    assert list(sheet.frame.columns) == header.replace(";", ",").split(",")
    # What was guessed is said, with a word to look at.
    assert len(sheet.notes) == (encoding != "utf-16")


def test_an_encoding_that_is_told_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id;décès\n1;2\n".encode("cp1252"))
    (sheet,) = read_sheets(path, Where(encoding="cp1252"))
    assert list(sheet.frame.columns) == ["id", "décès"]
    assert sheet.notes == ()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_ends_of_lines_are_found(tmp_path: Path, separator: str, end: str) -> None:
    rows = [["id", "size", "note"], ["1", "5.5", "a b"], ["2", "", "c; d, e"], ["3", "7", ""]]
    lines = [separator.join(f'"{cell}"' if " " in cell else cell for cell in row) for row in rows]
    path = tmp_path / "a.csv"
    path.write_bytes((end.join(lines) + end).encode())
    (sheet,) = read_sheets(path)
    frame = sheet.frame.astype(object).fillna("")
    assert [list(frame.columns), *frame.to_numpy().tolist()] == rows
    assert list(sheet.frame.index) == [2, 3, 4]


@pytest.mark.parametrize("told", ["tab", r"\t", "\t"])
def test_a_tab_is_called_as_people_call_it(tmp_path: Path, told: str) -> None:
    (tmp_path / "a.csv").write_text("a,b\tc\n1,2\t3\n")
    (sheet,) = read_sheets(tmp_path / "a.csv", Where(separator=told))
    assert list(sheet.frame.columns) == ["a,b", "c"]


# Invariance --------------------------------------------------------------------------------------

LETTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='"\ufeff')
CELLS = st.text(LETTERS, min_size=0, max_size=8)
NAMES = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Texts under names, without rows or columns that are all blank."""
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique_by=str.casefold))
    n = draw(st.integers(1, 5))
    columns = {
        name: [cell.strip() or "x" for cell in draw(st.lists(CELLS, min_size=n, max_size=n))]
        for name in names
    }
    frame = pd.DataFrame(columns, dtype=object)
    blank = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    frame.loc[blank, names[-1]] = ""
    return frame


def as_read(sheet: Sheet) -> list[list[str]]:
    frame = sheet.frame.astype(object).fillna("")
    return [list(map(str, frame.columns)), *frame.to_numpy().tolist()]


@settings(max_examples=18)
@given(frames(), st.sampled_from([".csv", ".tsv", ".xlsx", ".parquet", ".sav", ".sqlite"]))
def test_texts_are_the_same_in_every_kind_of_file(
    tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    if suffix == ".sqlite":
        to_sqlite(frame, path, "t")
    elif suffix == ".xlsx":
        # What begins with = is a formula in a workbook.
        frame = frame.map(lambda cell: f"x{cell}" if cell.startswith("=") else cell)
        to_workbook(frame.replace("", None), path)
    else:
        ONE_TABLE[suffix](frame, path)
    # Nothing is found of a text file that is told.
    where = Where(separator=",") if suffix == ".csv" else Where()
    (sheet,) = read_sheets(path, Where(header=1) if suffix == ".xlsx" else where)
    assert as_read(sheet) == [list(frame.columns), *frame.to_numpy().tolist()]


@settings(max_examples=3)
@given(st.randoms(use_true_random=False), st.sampled_from([",", ";", "\t", "|"]),
       st.sampled_from(["utf-8", "utf-8-sig"]))  # fmt: skip
def test_order_of_rows_separator_and_encoding_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    plain: dict[str, pd.DataFrame],
    chance: random.Random,
    separator: str,
    encoding: str,
) -> None:
    folder = write_dataset(tmp_path_factory.mktemp("any"))
    for name in TABLES:
        frame = written(name)
        order = list(range(len(frame)))
        chance.shuffle(order)
        columns = list(frame.columns)
        chance.shuffle(columns)
        path = folder / f"{name}.csv"
        frame.iloc[order][columns].to_csv(path, index=False, sep=separator, encoding=encoding)
    found = read_dataset(folder, STUDY).tables
    for name, frame in plain.items():
        by = [column for column in frame.columns if frame[column].notna().any()]
        if by:
            pd.testing.assert_frame_equal(
                in_words(found[name]).sort_values(by).reset_index(drop=True),
                in_words(frame).sort_values(by).reset_index(drop=True),
            )


QUOTED = ["", "a", "a b", '"a"', '"a, b"', '"a ""b"" c"', '""""', '""']
# Not told by lines alone.
QUOTED += ['"a\nb"', 'a"b', ' "a"', '"a']


@settings(max_examples=300)
@given(
    st.lists(st.lists(st.sampled_from(QUOTED), min_size=3, max_size=3), max_size=6),
    st.sampled_from(["x,y,z", '"x","y","z"', 'x,"y ""b""",z']),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["", "# said\n", '# 5" long\n']),
)
def test_quotes_are_read_by_the_fast_reader_as_by_the_other(
    cells: list[list[str]], header: str, end: str, closed: bool, remark: str
) -> None:
    text = remark + end.join([header, *map(",".join, cells)]) + (end if closed else "")
    remarks = remark.count("\n")
    fast = read_plain("a.csv", text, remarks, ",")
    if fast is None:
        return
    rows, numbers = rows_of("a.csv", text, ",")
    slow = from_rows("a.csv", rows[remarks:], numbers[remarks:])
    assert list(fast.frame.index) == list(slow.frame.index)
    assert as_read(fast) == as_read(slow)


def test_a_text_in_which_all_is_quoted_is_read_fast() -> None:
    """As R and SAS write it; the reader that goes cell by cell takes ten times as long."""
    assert read_plain("a.csv", '"id","note"\n"1","a ""b"""\n"2",NA\n', 0, ",") is not None
    for other in ('"id","note"\n"1","a\nb"\n', 'id,note\n1,5" long\n', 'id,note\n1,"a\n'):
        assert read_plain("a.csv", other, 0, ",") is None


@settings(max_examples=50)
@given(st.integers(1, 4), st.integers(2, 6), st.integers(0, 6))
def test_the_header_is_the_first_full_row(before: int, width: int, after: int) -> None:
    """Titles and merged headings above it fill fewer cells."""
    rows = [["title", *[""] * (width - 1)]] * before
    rows += [[f"c{i}" for i in range(width)]] + [["1"] * width] * after
    expected = before if width > 1 else 0
    assert header_place(rows) == expected


def test_dated_columns_are_those_of_the_table(tmp_path: Path) -> None:
    """A date in the title, a blank column between, and a total below are of no column."""
    book = openpyxl.Workbook()
    day = datetime.date(2019, 3, 4)
    for row in (
        ["updated", day], [], ["id", "name", None, "seen", "n"], ["1", "A", None, day, 5],
        ["2", "B", None, "04.03.2019", 6], [], ["sum", day, None, None, 11],
    ):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx", Where(header=3, rows_until_blank="id"))
    assert list(sheet.frame.columns) == ["id", "name", "seen", "n"]
    assert list(sheet.frame.index) == [4, 5]
    assert sheet.dated == {"seen"}


def test_a_header_of_two_lines_has_one_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "AFP\n(ng/ml)"])
    book.active.append(["1", 5])
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    assert list(sheet.frame.columns) == ["id", "AFP (ng/ml)"]


def test_a_cohort_of_a_workbook_is_that_of_the_files(tmp_path: Path) -> None:
    folder = without_csv(tmp_path / "book")
    for name in TABLES:
        to_workbook(typed(written(name)), folder / "book.xlsx", name)
    found, expected = load(folder, STUDY), load(write_dataset(tmp_path / "plain"), STUDY)
    pd.testing.assert_frame_equal(found.time_to_event, expected.time_to_event)
    pd.testing.assert_frame_equal(found.patients, expected.patients)
