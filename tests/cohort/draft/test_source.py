"""`make import` as it is run: files in, one dataset.yaml out, and never an answer lost."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from analysis.__main__ import PROJECT
from analysis.build.cli import main
from analysis.cohort.description import read_description
from analysis.cohort.draft.source import import_source
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.intake.fields import read_yaml
from analysis.cohort.read import read_dataset
from analysis.zhai_2025.study import STUDY
from tests.cohort.draft.hospital import rows
from tests.cohort.draft.workbooks import cohort

ROOT = Path(__file__).parents[3]
PEOPLE = "ID,Sex,Age,time,status\n" + "".join(
    f"P{i},{'MF'[i % 2]},{50 + i % 20},{100 + i},{i % 2}\n" for i in range(30)
)


def written(folder: Path, text: str, name: str = "people.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def drafted(source: str, folder: Path) -> str:
    return import_source(source, str(folder), STUDY).path.read_text(encoding="utf-8")


def test_a_workbook_is_drafted_and_read_as_it_stands(tmp_path: Path) -> None:
    """Of a hospital's workbook the draft alone, its guesses unanswered, makes the cohort."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "总表2023"
    for row in rows()[0]:
        book.active.append([cell or None for cell in row])
    book.save(tmp_path / "hospital.xlsx")
    made = import_source(str(tmp_path / "hospital.xlsx"), str(tmp_path / "mine"), STUDY)
    wide = len(rows()[0][2])
    assert made.lines[0] == f"{wide - 1} of {wide} columns are proposed; 12 lines ask something."
    assert made.lines[-1].endswith(f"make check DATASET={tmp_path / 'mine'}")
    given = read_yaml(made.path.read_text(encoding="utf-8"))
    assert given["source"] == {
        "file": "../hospital.xlsx", "header": "3", "rows_until_blank": "No.",
    }  # fmt: skip
    dataset = read_dataset(tmp_path / "mine", STUDY)
    for name in ("patients", "radiotherapy", "immunotherapy", "assessments", "follow_up"):
        assert len(dataset.tables[name]) == len(cohort(name)), name
    assert len(dataset.tables["adverse_events"]) == len(cohort("adverse_events"))
    died = dataset.tables["follow_up"]["death_date"].notna().sum()
    assert died == cohort("follow_up")["death_date"].notna().sum()


def test_the_projects_own_tables_need_no_answer(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("patients", "radiotherapy", "immunotherapy", "assessments", "follow_up"):
        cohort(name).to_csv(folder / f"{name}.csv", index=False)
    made = import_source(str(folder), str(tmp_path / "mine"), STUDY)
    assert "no line asks anything" in made.lines[0]
    dataset = read_dataset(tmp_path / "mine", STUDY)
    assert len(dataset.tables["patients"]) == 108


def test_what_is_suggested_of_a_file_with_labels_is_read_once_it_is_in_force(
    tmp_path: Path,
) -> None:
    """Levels were suggested by code, and read by the words that the file has for them."""
    frame = pd.DataFrame(
        {
            "pid": range(1, 41),
            "arm_given": [0.0, 1.0] * 20,
            "fitness": [0.0, 1.0, 2.0, 9.0] * 10,
            "os_days": range(100, 140),
            "fustat": [0.0, 1.0] * 20,
        }
    )
    labels = {"arm_given": {0: "Placebo", 1: "Drug"}, "fitness": {9: "Unknown"}}
    pyreadstat.write_dta(frame, str(tmp_path / "t.dta"), variable_value_labels=labels)
    made = import_source(str(tmp_path / "t.dta"), str(tmp_path / "mine"), STUDY)
    text = made.path.read_text(encoding="utf-8")
    for line in ("factors:", "  - {column: arm_given", "  - {column: fitness"):
        text = text.replace(f"# {line}", line).replace(f"#   {line.strip()}", line)
    for name in ("arm_given", "fitness"):
        text = text.replace(f"# {name}:", f"{name}:")
    made.path.write_text(text.replace("unit: '?'", "unit: days"), encoding="utf-8")
    dataset = read_dataset(tmp_path / "mine", STUDY)
    assert dataset.study.factor("arm_given").levels == ("Placebo", "Drug")
    assert dataset.tables["patients"]["arm_given"].value_counts().to_dict() == {
        "Placebo": 20, "Drug": 20,
    }  # fmt: skip
    assert dataset.study.factor("fitness").levels == ("0", "1", "2")
    assert dataset.tables["patients"]["fitness"].isna().sum() == 10


# --- again ----------------------------------------------------------------------------------------


def test_again_changes_nothing(tmp_path: Path) -> None:
    source = written(tmp_path, PEOPLE)
    folder = tmp_path / "mine"
    first = drafted(source, folder)
    answered = first.replace("unit: '?'", "unit: days").replace("title: people", "title: Ours")
    assert answered != first
    (folder / "dataset.yaml").write_text(answered, encoding="utf-8")
    made = import_source(source, str(folder), STUDY)
    assert not made.written
    assert "is as it was" in made.lines[0]
    assert made.path.read_text(encoding="utf-8") == answered


def test_again_names_what_is_new_at_the_end(tmp_path: Path) -> None:
    source = written(tmp_path, PEOPLE)
    folder = tmp_path / "mine"
    answered = drafted(source, folder).replace("unit: '?'", "unit: days")
    (folder / "dataset.yaml").write_text(answered, encoding="utf-8")
    head, *body = PEOPLE.splitlines()
    more = [f"{head},Centre: A #1,note", *(f"{row},{'AB'[i % 2]},x" for i, row in enumerate(body))]
    written(tmp_path, "\n".join(more))
    made = import_source(source, str(folder), STUDY)
    text = made.path.read_text(encoding="utf-8")
    assert text.startswith(answered.rstrip("\n"))
    added = text[len(answered.rstrip("\n")) :].strip().splitlines()
    assert added[0] == "# New in the source since then:"
    assert added[1] == "#   'Centre: A #1': 'codes A (15), B (15)'"
    assert added[2].startswith("#   note: ")
    assert len(added) == 3
    assert not import_source(source, str(folder), STUDY).written


def test_columns_that_an_answer_repeats_are_known(tmp_path: Path) -> None:
    head = "No.,AE Rash,AE Nausea,RT1 start,RT2 start\n"
    source = written(tmp_path, head + "".join(f"{i},1,2,2020-01-01,2020-02-01\n" for i in range(9)))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "dataset.yaml").write_text(
        "title: Ours\ntables:\n  radiotherapy:\n    - repeat: [1, 2]\n      patient_id: No.\n"
        "      start_date: RT{} start\n  adverse_events:\n    - columns: AE (.+)\n"
        "      grade: AE {}\n",
        encoding="utf-8",
    )
    assert not import_source(source, str(folder), STUDY).written


def test_a_file_that_is_no_yaml_is_left_alone(tmp_path: Path) -> None:
    source = written(tmp_path, PEOPLE)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "dataset.yaml").write_text("title: [", encoding="utf-8")
    with pytest.raises(DatasetFaults, match="a file in YAML"):
        import_source(source, str(folder), STUDY)
    assert (folder / "dataset.yaml").read_text(encoding="utf-8") == "title: ["


# --- nothing half-written -------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_fault_while_writing_leaves_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    source = written(tmp_path, PEOPLE)
    folder = tmp_path / "mine"
    first = drafted(source, folder)
    written(tmp_path, PEOPLE.replace("status", "status,more").replace("\nP", "\nQ"), "people.csv")

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    head, *body = PEOPLE.splitlines()
    written(tmp_path, "\n".join([f"{head},new", *(f"{row},1" for row in body)]))
    monkeypatch.setattr(*((Path, "replace", fail) if step == "replace" else (os, "fsync", fail)))
    with pytest.raises(OSError, match="No space"):
        import_source(source, str(folder), STUDY)
    assert [path.name for path in folder.iterdir()] == ["dataset.yaml"]
    assert (folder / "dataset.yaml").read_text(encoding="utf-8") == first


def test_a_source_that_cannot_be_read_makes_no_folder(tmp_path: Path) -> None:
    source = written(tmp_path, "no workbook", "people.xlsx")
    with pytest.raises(DatasetFaults, match=r"people\.xlsx"):
        import_source(source, str(tmp_path / "mine"), STUDY)
    with pytest.raises(DatasetFaults, match="a file that there is"):
        import_source(str(tmp_path / "other.csv"), str(tmp_path / "mine"), STUDY)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetFaults, match="a file with a table"):
        import_source(str(tmp_path / "empty"), str(tmp_path / "mine"), STUDY)
    assert not (tmp_path / "mine").exists()


# --- hostile files --------------------------------------------------------------------------------

HOSTILE = [
    "title: stolen", "a\nstudy: own", "# ?", "{}", "{a: b", "[x", "- y", "&a", "*a",
    "!!python/object", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\x1b[31mred",
    "right\u202eleft", "%TAG", "a: b: c", "'", '"', "`", "no", "null", "2020-01-01", "1e3", "~",
    "key: |", "\u2028line", "x" * 5000, "@at", ",",
]  # fmt: skip


def test_hostile_names_and_cells_stay_texts(tmp_path: Path) -> None:
    n = 12
    frame = pd.DataFrame({name: [HOSTILE[i % len(HOSTILE)] for i in range(n)] for name in HOSTILE})
    frame.insert(0, "ID", [f"P{i}" for i in range(n)])
    frame["Sex"] = (["title: stolen", "male"] * n)[:n]
    frame["cause of death"] = (["# ?\ntables: {}", "tumour", "tumour"] * n)[:n]
    frame["AE }{: 1"] = ["1", "2"] * (n // 2)
    frame["AE #: [2"] = ["1", "3"] * (n // 2)
    frame.to_csv(tmp_path / "people.csv", index=False)
    text = drafted(str(tmp_path / "people.csv"), tmp_path / "mine")
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 1000
    given = read_yaml(text)
    assert given["title"] == "people"
    assert set(given) <= {
        "title", "synthetic", "study", "source", "missing", "dates", "decimal", "yes", "no",
        "tables",
    }  # fmt: skip
    assert read_description(tmp_path / "mine").title == "people"
    assert not import_source(str(tmp_path / "people.csv"), str(tmp_path / "mine"), STUDY).written


def test_who_patients_are_is_not_told(tmp_path: Path) -> None:
    names = [f"Zhang Wei {i}" for i in range(30)]
    columns = {
        "ID": [f"P{i}" for i in range(30)], "Name": names, "doctor": ["Li Min", "Wang Fang"] * 15,
        "Tel": [f"+86 1380013{i:04}" for i in range(30)],
        "住院号": [f"ZY{i:06}" for i in range(30)],
        "contact": [f"p{i}@example.org" for i in range(30)], "comment": ["Ms Rossi",
        "Mr Bianchi"] * 15, "Sex": ["M", "F"] * 15,
    }  # fmt: skip
    pd.DataFrame(columns).to_csv(tmp_path / "people.csv", index=False)
    text = drafted(str(tmp_path / "people.csv"), tmp_path / "mine")
    for told in ("Zhang", "Li Min", "Wang", "138001", "ZY0", "example.org", "Rossi"):
        assert told not in text, told
    for name in ("Name", "doctor", "Tel", "住院号", "contact"):
        assert f"#   {name}: may identify" in text, name


# --- standards ------------------------------------------------------------------------------------


def test_adam_tables_need_no_guess(tmp_path: Path) -> None:
    ids = [f"S-{i}" for i in range(20)]
    folder = tmp_path / "trial"
    folder.mkdir()
    pd.DataFrame({"USUBJID": ids, "SEX": ["M", "F"] * 10, "AGE": 60}).to_csv(
        folder / "adsl.csv", index=False
    )
    pd.DataFrame(
        {"USUBJID": ids, "PARAMCD": "OS", "PARAM": "Overall survival (days)",
         "AVAL": range(100, 120), "CNSR": [0, 1] * 10}
    ).to_csv(folder / "adtte.csv", index=False)  # fmt: skip
    given = read_yaml(drafted(str(folder), tmp_path / "mine"))
    assert given["preset"] == "adam"
    dataset = read_dataset(tmp_path / "mine", STUDY)
    assert dataset.tables["time_to_event"]["event"].tolist() == ["yes", "no"] * 10
    assert not import_source(str(folder), str(tmp_path / "mine"), STUDY).written


def test_a_redcap_export_is_drafted_by_its_dictionary(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    base = [
        {"record_id": str(i), "sex": str(1 + i % 2), "dob": f"19{50 + i}-03-04"} for i in range(24)
    ]
    more = [
        {"record_id": str(i), "redcap_repeat_instrument": "radiotherapy", "rt_site": "1",
         "rt_start": "2020-01-01", "rt_end": "2020-02-01", "rt_dose": "50", "rt_fx": "25"}
        for i in range(24)
    ]  # fmt: skip
    pd.DataFrame([*base, *more]).to_csv(folder / "data.csv", index=False)
    (folder / "dictionary.csv").write_text(
        "Variable / Field Name,Form Name,Field Type,Field Label,"
        '"Choices, Calculations, OR Slider Labels"\n'
        "record_id,a,text,Record,\n"
        'sex,a,radio,Sex,"1, Female | 2, Male"\n'
        "dob,a,text,Date of birth,\n"
        'rt_site,b,dropdown,Irradiated site,"1, lymph node | 2, PVTT"\n',
        encoding="utf-8",
    )
    text = drafted(str(folder), tmp_path / "mine")
    given = read_yaml(text)
    assert given["preset"] == "redcap"
    dataset = read_dataset(tmp_path / "mine", STUDY)
    assert dataset.tables["patients"]["sex"].tolist() == ["female", "male"] * 12
    assert dataset.tables["radiotherapy"]["site"].unique().tolist() == ["lymph node"]
    assert len(dataset.tables["radiotherapy"]) == 24


# --- the command ----------------------------------------------------------------------------------


def test_the_command_tells_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path, PEOPLE)
    assert main(PROJECT, ["import", source, "--dataset", str(tmp_path / "mine")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "5 of 5 columns are proposed; 3 lines ask something."
    assert told[1] == f"Wrote {tmp_path / 'mine' / 'dataset.yaml'}."
    assert told[2].endswith(f"make check DATASET={tmp_path / 'mine'}")
    assert main(PROJECT, ["import", str(tmp_path / "none.csv"), "--dataset", "x"]) == 2
    assert "none.csv" in capsys.readouterr().err


def test_a_dataset_has_the_name_of_its_source(tmp_path: Path) -> None:
    source = written(tmp_path, PEOPLE, "Our Patients, 2023.csv")
    made = import_source(source, "", STUDY, data=tmp_path / "data")
    assert made.path == tmp_path / "data" / "our_patients_2023" / "dataset.yaml"
    assert made.lines[-1].endswith("make check DATASET=our_patients_2023")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["FROM=a b.xlsx"], 'analysis import -- "$FROM"'),
        (["FROM=a.xlsx", "DATASET=mine"], 'analysis import --dataset="$DATASET" -- "$FROM"'),
    ],
)
def test_make_import_passes_on_what_it_is_given(given: list[str], told: str) -> None:
    # What the make that runs the tests was given is not what a person gives.
    env = {k: v for k, v in os.environ.items() if k not in ("DATASET", "MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--dry-run", "--old-file=environment", "import", *given],
        cwd=ROOT, capture_output=True, text=True, check=True, env=env,
    )  # fmt: skip
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.endswith(told) for line in lines), done.stdout
