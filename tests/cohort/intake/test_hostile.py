"""Files that are broken or meant to do harm are refused: a line a cause, and nothing is left.

Of a declaration that takes for ever, and of one that is a trap, too.
"""

from __future__ import annotations

import io
import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from analysis.__main__ import PROJECT
from analysis.build.cli import main
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.intake.files import SUFFIXES, read_sheets
from analysis.cohort.intake.sheet import LONGEST_CELL, Unreadable
from analysis.cohort.read import load, read_dataset
from analysis.cohort.written import sources_outside
from analysis.zhai_2025.study import STUDY
from tests.datasets import FILES, FOLLOW_UP, PATIENTS, write_dataset

SECRET = "hunter2"


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(folder: Path, causes: int = 1) -> list[str]:
    """Give the lines that a person reads of what is wrong; nothing is changed by reading."""
    before = files_below(folder)
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    assert files_below(folder) == before
    said = str(caught.value)
    lines = said.splitlines()
    assert len(lines) == 1 + causes, said
    assert all(line.isprintable() for line in lines), ascii(said)
    assert max(map(len, lines)) < 1_000
    assert "Traceback" not in said
    return lines[1:]


def declared(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    return folder


# Files that are not what they are called ----------------------------------------------------------


def a_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["patient_id", "sex"])
    book.active.append(["A", "male"])
    book.save(path)


def a_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table patients (patient_id text)")
        connection.executemany("insert into patients values (?)", [("x" * 100,)] * 2000)
    connection.close()


FRAME = pd.DataFrame({"patient_id": ["A", "B"], "n": [1.0, 2.0]})
WRITERS: dict[str, Callable[[Path], object]] = {
    ".xlsx": a_workbook,
    ".sqlite": a_database,
    ".parquet": FRAME.to_parquet,
    ".sav": lambda path: pyreadstat.write_sav(FRAME, str(path)),
    ".dta": lambda path: pyreadstat.write_dta(FRAME, str(path)),
    ".xpt": lambda path: pyreadstat.write_xport(FRAME, str(path)),
}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_a_file_of_which_the_end_is_missing(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"whole{suffix}"
    WRITERS[suffix](path)
    raw = path.read_bytes()
    cut = tmp_path / f"cut{suffix}"
    # The last record of SAS transport files is padded; less is missing of it than it seems.
    cut.write_bytes(raw[: int(len(raw) * (0.5 if suffix == ".xpt" else kept))])
    with pytest.raises(Unreadable) as caught:
        read_sheets(cut)
    assert caught.value.fault.file == cut.name
    assert "whole" in caught.value.fault.expected
    assert str(tmp_path) not in str(caught.value.fault)


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s not in (".csv", ".tsv", ".txt")])
@pytest.mark.parametrize("raw", [b"", b"patient_id,sex\nA,male\n", b"<html><table>", b"\0" * 5000,
                                 bytes(range(256)) * 20])  # fmt: skip
def test_what_is_no_such_file(tmp_path: Path, suffix: str, raw: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(raw)
    if suffix in (".sqlite", ".sqlite3", ".db") and not raw:
        # An empty file is a database without tables.
        assert read_sheets(path) == []
        return
    with pytest.raises(Unreadable) as caught:
        read_sheets(path)
    assert caught.value.fault.file == path.name


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("called", [".csv", ".xlsx", ".sav", ".parquet"])
def test_a_file_under_a_wrong_suffix_is_told_its_own(
    tmp_path: Path, suffix: str, called: str
) -> None:
    path = tmp_path / f"a{called}"
    WRITERS[suffix](path)
    if suffix == called:
        assert read_sheets(path)
        return
    with pytest.raises(Unreadable) as caught:
        read_sheets(path)
    known = suffix if suffix != ".dta" else ""
    assert f"call it a{known}" in caught.value.fault.expected or suffix == ".dta"


@pytest.mark.parametrize(
    ("raw", "suffix", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xlsx", "without a password"),
        (b"<html><table><tr><td>id", ".xls", "it is a web page"),
        (b"id\tsex\n1\tM\n", ".xls", "it is text"),
        (b"PK\x03\x04", ".csv", "call it a.xlsx"),
    ],
)
def test_a_workbook_that_is_none_says_what_it_is(
    tmp_path: Path, raw: bytes, suffix: str, said: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(raw)
    with pytest.raises(Unreadable) as caught:
        read_sheets(path)
    assert said in caught.value.fault.expected


def test_a_broken_table_is_one_line_of_its_dataset(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").unlink()
    (folder / "patients.xlsx").write_bytes(b"PK\x03\x04 and no more")
    (line,) = told(folder)
    assert line.startswith("  patients.xlsx: ")


# Cells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a,b,c\n1,2,\"x\n2,3,y\n3,4,z\"\n4,5,6\n", "a quote before them is not closed"),
        (b"a,b,c\n1,2,\"x\n2,3,y\n", "with quotes in pairs"),
        (b"a,b,c\n1,\"2\"x,3\n", "with quotes in pairs"),
        (b"a,b\n1,\x00\n", "text; say `encoding:` if it is UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "text; say `encoding:` if it is UTF-16"),
        ("a,b\n1,2\n".encode("utf-32"), "text; say `encoding:`"),
        (b"a,b,c\n1,2,3\n4,5,6,7\n", "3 cells, as the header has"),
        (b"a,b,c\n1,2,3\n4,5,6,\n", "found '4 cells'; expected 3 cells, as the header has"),
        (b"a,b,c\n1,2,3\n4,5\n", "found '2 cells'; expected 3 cells, as the header has"),
        (b"a,b,c,\n1,2,3,\n4,5,6,7\n", "found '4 cells'; expected 3 cells, as the header has"),
        (b"a,b,c\n1,2,3\n4,\"5,6\n7,8\",9\n", "a quote before them is not closed"),
        (b"a,b\n1," + b"x" * 10_000_000 + b"\n", "cells of at most 100,000 characters"),
        (b"a,b\n1,\"" + b"x\n" * 1_000_000 + b"\"\n", "cells of at most 100,000 characters"),
        (b"", "a table with a header"),
        (b"\n\n\n", "a table with a header"),
    ],
)  # fmt: skip
def test_a_text_file_that_hides_something(tmp_path: Path, raw: bytes, said: str) -> None:
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").write_bytes(raw)
    (line,) = told(folder)
    assert line.startswith("  patients.csv")
    assert said in line


def test_a_note_of_several_lines_is_no_swallowed_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,note,n\n1,"first, with a comma\nsecond\nthird",2\n3,,4\n')
    (sheet,) = read_sheets(path)
    assert sheet.frame["n"].tolist() == ["2", "4"]
    assert list(sheet.frame.index) == [2, 5]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".sqlite", ".sav"])
def test_a_cell_of_ten_megabytes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    frame = pd.DataFrame(
        {"id": ["1"], "note": ["x" * (10_000_000 if suffix != ".sav" else 30_000)]}
    )
    if suffix == ".xlsx":
        # Excel itself has cells of 32,767 characters; a file may claim more.
        a_workbook(path)
        sheet = "xl/worksheets/sheet1.xml"
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        cell = b'<c r="A3" t="inlineStr"><is><t>' + b"x" * 10_000_000 + b"</t></is></c>"
        parts[sheet] = parts[sheet].replace(
            b"</sheetData>", b'<row r="3">' + cell + b"</row></sheetData>"
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, part in parts.items():
                packed.writestr(name, part)
    elif suffix == ".sqlite":
        with sqlite3.connect(path) as connection:
            frame.to_sql("t", connection, index=False)
        connection.close()
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        # No cell of SPSS is longer than what is read.
        pyreadstat.write_sav(frame, str(path))
        assert len(read_sheets(path)[0].frame["note"].iloc[0]) < LONGEST_CELL
        return
    with pytest.raises(Unreadable, match="cells of at most 100,000 characters"):
        read_sheets(path)


HOSTILE = [
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{ 7*7 }}", "\x1b[31mred", "a\x07b",
    "%s%n", "../../etc/passwd", "'; drop table patients; --", "\u202egnirts", "x" * 300,
]  # fmt: skip


def test_hostile_text_in_a_cell_is_told_and_does_nothing(tmp_path: Path) -> None:
    """A patient a text: none of them has a sex."""
    first = PATIENTS.splitlines()[1]
    rows = [first.replace("A1,male", f'H{number},"{text}"') for number, text in enumerate(HOSTILE)]
    patients = PATIENTS + "\n".join(rows) + "\n"
    follow_up = FOLLOW_UP + "".join(f"H{i},,,,,2020-01-01,,\n" for i in range(len(HOSTILE)))
    folder = write_dataset(tmp_path, patients=patients, follow_up=follow_up)
    (line,) = told(folder)
    assert line.startswith(f"  {len(HOSTILE)} cells (patients.csv, column sex, rows 6, 7, 8, 9")


@pytest.mark.parametrize("text", [HOSTILE[i] for i in (0, 1, 3, 8)])
def test_hostile_text_in_a_header_is_told_and_does_nothing(tmp_path: Path, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    folder = write_dataset(tmp_path, patients=PATIENTS.replace("sex", quoted, 1))
    told(folder)


def test_a_separator_too_many_moves_no_cell_of_a_patient(tmp_path: Path) -> None:
    """A4, alive on 2022-06-01, died on that day by the columns that the cells moved to."""
    moved = FOLLOW_UP.replace("A4,,,,2022-01-03,2022-06-01,,", "A4,,,,,2022-01-03,2022-06-01,,")
    (line,) = told(write_dataset(tmp_path, follow_up=moved))
    assert line == "  follow_up.csv, row 5: found '9 cells'; expected 8 cells, as the header has"


def test_rows_that_end_with_a_separator_as_the_header_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,n,\n1,2,\n,,\n\n3,4,\n")
    (sheet,) = read_sheets(path)
    assert list(sheet.frame.columns) == ["id", "n"]
    assert list(sheet.frame.index) == [2, 5]


def test_a_line_break_in_a_cell_of_a_table_is_a_row_that_was_swallowed(tmp_path: Path) -> None:
    text = FILES["adverse_events.csv"].replace("Nausea", '"Nausea\nand more"')
    (line,) = told(write_dataset(tmp_path, adverse_events=text))
    assert "text in one line; a quote before it may not be closed" in line


@pytest.mark.parametrize("mark", ["\u200b", "\u00ad", "\u202e", "\ufeff", "\x01"])
def test_what_cannot_be_seen_makes_no_other_term(tmp_path: Path, mark: str) -> None:
    text = FILES["adverse_events.csv"].replace("Nausea", f"Nau{mark}sea")
    (line,) = told(write_dataset(tmp_path, adverse_events=text))
    assert f"text without what cannot be seen (U+{ord(mark):04X})" in line


def test_texts_are_taken_as_they_look(tmp_path: Path) -> None:
    """Spaces of any width and composed accents are those that people mean."""
    text = FILES["adverse_events.csv"].replace("Dermatitis radiation", "Dermatitis\u00a0 radiation")
    text += "A2,De\u0301lire,1,,\nA4,D\u00e9lire,1,,\n"
    terms = load(write_dataset(tmp_path, adverse_events=text), STUDY).adverse_events["term"]
    assert "Dermatitis radiation" in set(terms)
    assert (terms == "D\u00e9lire").sum() == 2


# Files that are there, and files that are not -----------------------------------------------------


@pytest.mark.parametrize("name", ["organ_dose.csv", "organ-doses.CSV", "organ_doses.csv.bak",
                                  "Organ doses.xlsx", "time_to_events.parquet"])  # fmt: skip
def test_a_table_that_may_be_left_out_is_not_left_out_by_a_slip(tmp_path: Path, name: str) -> None:
    folder = write_dataset(tmp_path)
    if name.endswith(".xlsx"):
        a_workbook(folder / name)
    else:
        (folder / name).write_text("patient_id,organ,metric,value\nA1,liver,Dmax_Gy,30\n")
    (line,) = told(folder)
    assert line.startswith(f"  {name}; expected ")


def test_a_slip_beside_the_table_itself_is_another_file(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path)
    (folder / "patients_old.csv").write_text("a\n1\n")
    (folder / "README.txt").write_text("nothing")
    assert "patients_old.csv is not read: no table is called so." in load(folder, STUDY).remarks


def test_a_table_of_a_workbook_and_of_a_file_is_there_twice(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path)
    book = openpyxl.Workbook()
    book.active.title = "Follow_up"
    book.active.append(["patient_id"])
    book.save(folder / "hospital.xlsx")
    (line,) = told(folder)
    assert "one file of follow_up; there are follow_up.csv; hospital.xlsx, Follow_up" in line


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("{patients: [ecog]}", "not_recorded.patients: found 'ecog'; expected a column that"),
        ("{assessments: all}", "not_recorded.assessments: found 'all'; expected no table"),
    ],
)
def test_what_is_said_not_to_be_recorded_and_is_there(
    tmp_path: Path, declared: str, said: str
) -> None:
    text = f"{FILES['dataset.yaml']}not_recorded: {declared}\n"
    (line,) = told(write_dataset(tmp_path, dataset=text))
    assert said in line


def test_a_column_that_is_blank_for_everybody_may_be_called_not_recorded(tmp_path: Path) -> None:
    frame = pd.read_csv(io.StringIO(PATIENTS), dtype=str).assign(ecog="")
    text = f"{FILES['dataset.yaml']}not_recorded: {{patients: [ecog]}}\n"
    folder = write_dataset(tmp_path, dataset=text, patients=frame.to_csv(index=False))
    assert not load(folder, STUDY).records("ecog")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_table_in_utf_16_is_one_fault(tmp_path: Path, encoding: str) -> None:
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").write_bytes(PATIENTS.encode(encoding))
    (line,) = told(folder)
    assert line.startswith("  patients.csv: ")


ODD: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a loop": lambda path: path.symlink_to(path.name),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", ["follow_up.csv", "organ_doses.csv", "dataset.yaml"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str, name: str) -> None:
    folder = write_dataset(tmp_path)
    (folder / name).unlink(missing_ok=True)
    ODD[kind](folder / name)
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    assert name in str(caught.value)


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_dataset(tmp_path)

    def refused(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    for method in ("read_text", "read_bytes"):
        monkeypatch.setattr(Path, method, refused)
    with pytest.raises(DatasetFaults, match="Permission denied"):
        read_dataset(folder, STUDY)


@pytest.mark.parametrize(
    "file", ["'a\\0b'", "x" * 5_000, "~nobody_at_all/x.csv", "loop", "/dev/zero", "/", "."]
)
def test_a_source_that_no_file_can_be(tmp_path: Path, file: str) -> None:
    file = file.replace("'a\\0b'", '"a\\0b"')
    text = f"title: T\nsource: {{file: {file}}}\ntables: {{patients: {{patient_id: id}}}}\n"
    folder = declared(tmp_path, text)
    (folder / "loop").symlink_to("loop")
    with pytest.raises(DatasetFaults):
        read_dataset(folder, STUDY)
    sources_outside(folder)


def test_a_header_twice(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path, patients=PATIENTS.replace("ecog", "sex", 1))
    lines = told(folder, causes=2)
    assert any("column sex; expected each column once" in line for line in lines)


def test_formulas_that_nobody_computed_are_no_blank_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "n"], ["1", "=1+1"], ["2", 5], [], ["sum", "=SUM(B2:B3)"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(Unreadable) as caught:
        read_sheets(tmp_path / "a.xlsx")
    fault = caught.value.fault
    assert (fault.row, fault.value) == (2, "a formula that was never computed")


def test_errors_of_excel_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["id", "n"], ["1", "#N/A"], ["2", 5], ["3", "#DIV/0!"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    (note,) = sheet.notes
    assert "2 cells hold an error such as #N/A" in note


def test_values_of_formulas_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    a_workbook(path)
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    cells = b'<c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><f>""</f><v></v></c>'
    parts[sheet] = parts[sheet].replace(
        b"</sheetData>", b'<row r="3">' + cells + b"</row></sheetData>"
    )
    with zipfile.ZipFile(path, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    (found,) = read_sheets(path)
    assert found.frame["patient_id"].tolist() == ["A", "2"]
    assert found.notes == ()


def test_a_list_is_no_cell(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path)
    (folder / "patients.csv").unlink()
    frame = pd.DataFrame({"patient_id": ["A"], "sites": [["liver", "lung"]]})
    frame.to_parquet(folder / "patients.parquet")
    (line,) = told(folder)
    assert "found 'sites'; expected columns of one value a cell" in line


# Databases ---------------------------------------------------------------------------------------


def test_hostile_names_of_tables_and_wrong_types_do_nothing(tmp_path: Path) -> None:
    path = tmp_path / "what?a%20name#.db"
    name = 'x"; drop table kept; --'
    with sqlite3.connect(path) as connection:
        connection.execute("create table kept (a int)")
        connection.execute(f'create table "{name.replace(chr(34), chr(34) * 2)}" (d date, n int)')
        connection.execute(
            f'insert into "{name.replace(chr(34), chr(34) * 2)}" values (?, ?)',
            ("31.31.2019", "many"),
        )
    connection.close()
    before = path.read_bytes()
    sheets = {sheet.name: sheet for sheet in read_sheets(path)}
    assert len(sheets) == 2
    found = sheets[f"{path.name}, table {name}"]
    assert found.frame.iloc[0].tolist() == ["31.31.2019", "many"]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("url", ["sqlite:///none.db", "sqlite:////none/at/all.db"])
def test_a_database_that_there_is_not_is_not_made(tmp_path: Path, url: str) -> None:
    folder = declared(
        tmp_path, f"title: T\nsource: {{sql: '{url}'}}\ntables: {{patients: {{patient_id: id}}}}\n"
    )
    (line,) = told(folder)
    assert "a file in" in line


@pytest.mark.parametrize(
    "url",
    [f"postgresql://me:{SECRET}@nowhere/x", f"mysql://me:{SECRET}@nowhere/x",
     f"nothing://me:{SECRET}@nowhere/x", f"postgresql://me:a/{SECRET}@nowhere:port/x",
     f"postgresql://nowhere/x?password={SECRET}", f"postgresql+nothing://me:{SECRET}@nowhere/x",
     f"//me:{SECRET}@nowhere", f"me:{SECRET}@nowhere/x"],
)  # fmt: skip
def test_a_password_is_shown_nowhere(tmp_path: Path, url: str) -> None:
    folder = declared(
        tmp_path,
        f"title: T\nsource: {{sql: '{url}', table: p}}\ntables: {{patients: {{patient_id: id}}}}\n",
    )
    (line,) = told(folder)
    assert SECRET not in line


def test_a_password_in_the_wrong_place_is_not_shown_either(tmp_path: Path) -> None:
    folder = declared(tmp_path, f"title: T\nsource: postgresql://me:{SECRET}@nowhere/x\n")
    (line,) = told(folder)
    assert SECRET not in line


# dataset.yaml ------------------------------------------------------------------------------------

BOMB = "title: T\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "row 3: found 'an alias (*), which is not read here'"),
        ("title: T\n<<: {title: U}\n", "only the keys"),
        ("title: " + "[" * 40 + "]" * 40, "too deep in each other"),
        ("title: " + "{a: " * 40 + "}" * 40, "too deep in each other"),
        ("title: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
        ("title: !!int abc\n", "YAML"),
        ("title: [\n", "YAML"),
        ("title: T\n\tx: 1\n", "YAML"),
        ("title: \x00\n", "YAML"),
        ("title: T\n" + "# more\n" * 40_000, "of at most 200,000 characters"),
        ("title: T\ndata_cutoff: 2023-06-31\n", "data_cutoff: found '2023-06-31'"),
        ("title: T\nfactors: [{column: birth_date}]\n", "this one has dates"),
        ("title: T\nfactors: [{column: time_zero, cut: 5}]\n", "this one has dates"),
        ("title: T\narm: {column: birth_date}\n", "this one has dates"),
        ("title: T\ndates: ['%d%d%m%Y']\n", "a format with %d, %m and %Y"),
        ("? [a]\n: b\n", "YAML"),
        ("title: T\ntables: {patients: {sex: {from: a, take: '(a+)+'}}}\n", "a repeat of a repeat"),
        ("title: T\ntables: {patients: {sex: {from: a, take: '('}}}\n", "a regular expression"),
        ("title: T\ntables: {adverse_events: {columns: '(.*)*x'}}\n", "a repeat of a repeat"),
    ],
)  # fmt: skip
def test_a_declaration_that_is_a_trap(tmp_path: Path, text: str, said: str) -> None:
    (line,) = told(declared(tmp_path, text))
    assert line.startswith("  dataset.yaml")
    assert said in line


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("title: U\n", "row 4: found 'the key title a second time'"),
        ("tables: {patients: {sex: sex, sex: sex}}\n", "row 4: found 'the key sex a second"),
    ],
)
def test_a_key_given_twice_is_told_with_what_else_is_wrong(
    tmp_path: Path, more: str, said: str
) -> None:
    text = f"{FILES['dataset.yaml']}{more}not_recorded: {{patients: [ecog]}}\n"
    lines = told(write_dataset(tmp_path, dataset=text), causes=2)
    assert any(said in line for line in lines)
    assert any("not_recorded.patients: found 'ecog'" in line for line in lines)


def test_a_declaration_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "dataset.yaml").write_bytes(b"title: \xff\xfe\x80")
    (line,) = told(tmp_path)
    assert "a file in YAML, UTF-8" in line


def test_the_command_line_tells_faults_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_dataset(tmp_path / "mine", patients=PATIENTS.replace("A2,female", "A2,<b>"))
    before = files_below(tmp_path)
    status = main(PROJECT, ["check", "--dataset", str(folder)])
    printed = capsys.readouterr()
    assert status == 2
    assert "row 3, column sex" in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err
    assert files_below(tmp_path) == before


def test_the_four_patients_are_read_after_all(tmp_path: Path) -> None:
    """A guard: it is what each test changes that is refused."""
    assert len(load(write_dataset(tmp_path), STUDY).patients) == 4
