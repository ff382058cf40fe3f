"""What is hashed is what is read: a build whose inputs did not stay as they were is refused."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analysis.build import audit, sensitivity
from analysis.build.cli import main
from analysis.build.files import Files
from analysis.build.inputs import hashes_in, hashes_of_dataset
from analysis.build.plan import Plan
from analysis.build.project import AUDIT_NOTEBOOK, ROOT, SENSITIVITY_NOTEBOOK, Project
from analysis.build.report import plan_report

keeps_times = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows keeps no time of the last change"
)

# Half of the patients are gone while this cell runs, and are back with the date of before; and a
# table comes and goes.
FOR_A_MOMENT = """
import os
from pathlib import Path
path = Path({folder!r}) / "patients.csv"
text, about = path.read_bytes(), path.stat()
path.write_bytes(b"".join(text.splitlines(keepends=True)[:3]))
path.with_name("organ_doses.csv").write_text("patient_id,organ,metric,value\\n")
path.with_name("organ_doses.csv").unlink()
path.write_bytes(text)
os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
"""


def wait_a_tick() -> None:
    """Let the clock go on by which a file system dates changes."""
    time.sleep(0.02)


def build(project: Project, dataset: Path, *choices: str) -> int:
    options = [part for choice in choices for part in ("--set", choice)]
    return main(project, ["report", "--dataset", str(dataset), *options])


@keeps_times
def test_what_changes_for_a_moment_while_a_build_runs_is_told(
    project: Project,
    dataset: Path,
    write: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert build(project, dataset) == 0
    good, content = hashes_in(project.report("four")), hashes_in(dataset)
    write(project.notebook("02_second"), FOR_A_MOMENT.format(folder=str(dataset)))
    wait_a_tick()
    capsys.readouterr()
    assert build(project, dataset) == 1
    said = capsys.readouterr().err
    assert said.splitlines()[-4:-1] == [
        "Inputs changed while the report was built, if only for a moment:",
        f"  - {dataset}",
        f"  - {dataset / 'patients.csv'}",
    ]
    assert "The last report is as it was" in said
    assert hashes_in(dataset) == content
    assert hashes_in(project.report("four")) == good
    assert [path.name for path in project.reports.glob(".*")] == []


def test_a_notebook_that_fails_of_a_change_is_not_blamed(
    project: Project,
    dataset: Path,
    write: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cell = f"open({str(dataset / 'patients.csv')!r}, 'a').write('x')\nraise SystemExit(3)"
    write(project.notebook("02_second"), cell)
    assert build(project, dataset) == 1
    said = capsys.readouterr().err
    assert "Inputs changed while the report was built" in said
    assert "four/patients.csv" in said


def test_a_notebook_is_run_as_it_was_read(
    project: Project,
    dataset: Path,
    write: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    second = project.notebook("02_second")
    write(second, "print('as it was read')")
    waits = f"""
        from pathlib import Path
        path = Path({str(second)!r})
        path.write_text(path.read_text().replace("as it was read", "as it was edited"))
    """
    write(project.notebook("01_first"), "\n".join(line.strip() for line in waits.splitlines()))
    # One at a time, in the order of their names.
    assert main(project, ["report", "--dataset", str(dataset), "--workers", "1"]) == 0
    page = (project.report("four") / "02_second.html").read_text(encoding="utf-8")
    assert "as it was read" in page
    assert "as it was edited" not in page
    capsys.readouterr()
    assert main(project, ["why", "--dataset", str(dataset)]) == 0
    assert "notebooks/02_second.ipynb changed" in capsys.readouterr().out


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Give the plans of audits and sensitivity analyses, which are not built."""
    plans: list[Plan] = []

    def build(project: Project, plan: Plan, *_: object) -> None:
        plans.append(plan)

    monkeypatch.setattr(audit, "build", build)
    monkeypatch.setattr(sensitivity, "build", build)
    return plans


def test_ledgers_variants_code_and_lock_are_held_too(
    project: Project,
    dataset: Path,
    write: Callable[..., None],
    tmp_path: Path,
    planned: list[Plan],
) -> None:
    write(project.notebook(AUDIT_NOTEBOOK))
    write(project.notebook(SENSITIVITY_NOTEBOOK))
    ledger = tmp_path / "mine" / "claims.csv"
    ledger.parent.mkdir()
    template = ROOT / "data" / "ledgers" / "template"
    for name in ("claims.csv", "structure.yaml"):
        ledger.with_name(name).write_bytes((template / name).read_bytes())
    variants = tmp_path / "mine.yaml"
    variants.write_text("title: Mine\nquestion: Which?\nvariants:\n  - change: { ecog_max: 1 }\n")
    audit.build_audit(project, ledger)
    sensitivity.build_sensitivity(project, dataset, {}, variants)
    of_audit, of_sensitivity = planned
    assert of_audit.files.changed() == of_sensitivity.files.changed() == []
    wait_a_tick()
    for path in (ledger, ledger.with_name("structure.yaml"), variants, dataset / "follow_up.csv"):
        path.touch()
    assert of_audit.files.changed() == [str(ledger), str(ledger.with_name("structure.yaml"))]
    assert of_sensitivity.files.changed() == [str(dataset / "follow_up.csv"), str(variants)]

    _, plan = plan_report(project, dataset, {})
    held = plan.files.held
    assert {
        ROOT / name for name in plan.inputs["01_first"].files if (ROOT / name).is_file()
    } <= held
    assert {ROOT / "requirements.lock", ROOT / "analysis/build/execution.py", dataset} <= held


def test_a_file_is_read_once_and_any_other_state_of_it_is_told(tmp_path: Path) -> None:
    path, gone = tmp_path / "one.csv", tmp_path / "gone.csv"
    path.write_text("1")
    files = Files()
    files.watch(gone)
    first = files.hash(path)
    assert files.changed() == []
    path.write_text("2")
    assert files.hash(path) == first
    gone.write_text("came")
    assert files.changed(lambda path: path.name) == ["gone.csv", "one.csv"]
    path.unlink()
    assert str(path) in files.changed()


@keeps_times
def test_content_and_date_may_be_those_of_before(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("1")
    files = Files()
    files.hash(path)
    about = path.stat()
    wait_a_tick()
    path.write_text("2")
    path.write_text("1")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert path.stat().st_mtime_ns == about.st_mtime_ns
    assert files.changed() == [str(path)]


def test_an_answer_is_asked_for_again_in_the_end() -> None:
    files, rows = Files(), [1]
    assert files.ask("the database", lambda: tuple(rows)) == (1,)
    assert files.changed() == []
    rows.append(2)
    assert files.ask("the database", lambda: tuple(rows)) == (1,)
    assert files.changed() == ["the database"]


def write_rows(connection: Any, count: int) -> None:
    connection.execute("create table if not exists patients (patient_id text)")
    connection.executemany("insert into patients values (?)", [(f"P{i}",) for i in range(count)])
    connection.commit()


def test_what_a_sqlite_database_holds_beside_its_file_is_an_input(tmp_path: Path) -> None:
    database = tmp_path / "patients.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma journal_mode=wal")
        write_rows(connection, 2)
        connection.execute("pragma wal_checkpoint(truncate)")
        files = Files()
        before = hashes_of_dataset(tmp_path, files)
        assert set(before) == {"dataset/patients.sqlite"}
        write_rows(connection, 3)
        assert files.changed() == [f"the files of {tmp_path.name}"]
        after = hashes_of_dataset(tmp_path, Files())
        assert set(after) == {"dataset/patients.sqlite", "dataset/patients.sqlite-wal"}
        assert before["dataset/patients.sqlite"] == after["dataset/patients.sqlite"]


def test_a_program_that_opens_a_database_may_put_files_beside_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "patients.sqlite")) as connection:
        write_rows(connection, 2)
    files = Files()
    hashes_of_dataset(tmp_path, files)
    (tmp_path / "patients.sqlite-shm").write_text("")
    assert files.changed() == []
    (tmp_path / "more.csv").write_text("")
    assert files.changed() == [f"the files of {tmp_path.name}"]


def test_a_source_outside_the_folder_is_held(tmp_path: Path) -> None:
    outside, folder = tmp_path / "hospital.csv", tmp_path / "ours"
    folder.mkdir()
    outside.write_text("patient_id\nA\n")
    (folder / "dataset.yaml").write_text("title: Ours\nsource: {file: ../hospital.csv}\n")
    files = Files()
    assert "source/hospital.csv" in hashes_of_dataset(folder, files)
    wait_a_tick()
    outside.touch()
    assert files.changed() == [str(outside)]
