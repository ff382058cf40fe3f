"""Builds of small notebooks, from the command as a user starts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from analysis.build.cli import main
from analysis.build.inputs import hashes_in
from analysis.build.project import ROOT, Project

Write = Callable[..., None]


def build(project: Project, dataset: Path, *choices: str) -> int:
    options = [part for choice in choices for part in ("--set", choice)]
    return main(["report", "--dataset", str(dataset), *options], project)


def test_a_report_is_built_once(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    said = capsys.readouterr()
    report = project.report("four")
    assert said.out.splitlines()[-1] == str(project.reports / "index.html")
    assert "01_first" in said.err
    assert {path.name for path in report.iterdir()} == {
        "01_first.html",
        "02_second.html",
        "index.html",
        "estimates",
        "estimates.csv",
        "estimates.parquet",
        "notebooks",
        "manifest.json",
    }
    assert "2 estimates" in (report / "index.html").read_text(encoding="utf-8")
    assert "four/index.html" in (project.reports / "index.html").read_text(encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in report.rglob("*")}

    assert build(project, dataset) == 0
    assert f"Nothing to do: {report}/ is up to date." in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in report.rglob("*")} == before


def test_two_builds_give_the_same_bytes_and_no_path_of_this_machine(
    project: Project, dataset: Path, tmp_path: Path
) -> None:
    assert build(project, dataset) == 0
    elsewhere = Project(notebooks=project.notebooks, reports=tmp_path / "other")
    assert build(elsewhere, dataset) == 0
    hashes = hashes_in(project.reports)
    assert hashes == hashes_in(elsewhere.reports)
    for name in hashes:
        content = (project.reports / name).read_bytes()
        for path in (tmp_path, ROOT, Path.home()):
            assert str(path).encode() not in content, name


def test_a_parameter_reaches_every_notebook_and_is_told(
    project: Project, dataset: Path, write: Write
) -> None:
    write(project.notebook("02_second"), "print(age_max)", parameters='dataset = output = ""')
    assert build(project, dataset, "ci_type=plain", "age_max=70") == 0
    report = project.report("four")
    assert json.loads((report / "manifest.json").read_text())["inputs"]["parameters"] == {
        "ci_type": "plain",
        "age_max": 70,
    }
    executed = json.loads((report / "notebooks" / "02_second.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["text"] == ["70\n"]
    for page in ("01_first.html", "index.html"):
        assert "ci_type = plain" in (report / page).read_text(encoding="utf-8")


def test_a_failed_notebook_is_kept_and_the_last_report_too(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    good = hashes_in(project.report("four"))
    write(
        project.notebook("02_second"),
        "# the rows\nrows = {}\nrows['no\\x1b[2Jsuch']",
        "raise SystemExit(3)",
    )
    capsys.readouterr()
    assert build(project, dataset) == 1
    said = capsys.readouterr().err
    assert "02_second failed in cell [3] (rows = {}): KeyError" in said
    assert "\x1b" not in said
    kept = project.reports / "failed" / "four" / "02_second.ipynb"
    assert str(kept) in said
    assert "KeyError" in kept.read_text(encoding="utf-8")
    assert not (kept.parent / "01_first.ipynb").exists()
    assert hashes_in(project.report("four")) == good
    assert [path.name for path in project.reports.glob(".*")] == []

    write(project.notebook("02_second"), "print('mended')")
    assert build(project, dataset) == 0
    assert not (project.reports / "failed").exists()


def test_every_failed_notebook_is_named(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project.notebook("01_first"), "1 / 0")
    write(project.notebook("02_second"), "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert build(project, dataset) == 1
    said = capsys.readouterr().err
    assert "01_first failed in cell [3] (1 / 0): ZeroDivisionError: division by zero" in said
    assert "02_second failed: its kernel ended" in said
    assert not project.report("four").exists()


def test_a_failed_index_is_named_too(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project.notebook("index"), "assert False, 'no index'")
    assert build(project, dataset) == 1
    assert "index failed in cell [3]" in capsys.readouterr().err


def test_a_formula_that_cannot_be_shown_is_told(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project.notebook("01_first")
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = r"$a_$"
    path.write_text(json.dumps(notebook))
    assert build(project, dataset) == 1
    assert r"01_first: The formula 'a_' cannot be shown" in capsys.readouterr().err


def test_faults_of_a_dataset_are_all_told_before_anything_runs(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    good = hashes_in(project.reports)
    patients = dataset / "patients.csv"
    patients.write_text(patients.read_text().replace("male", "m").replace("1960-06-15", "soon"))
    capsys.readouterr()
    assert build(project, dataset) == 2
    said = capsys.readouterr()
    assert "'soon'" in said.err
    assert "found 'm'" in said.err
    assert "runs" not in said.err
    assert hashes_in(project.reports) == good
    assert main(["check", "--dataset", str(dataset)], project) == 2


def test_a_dataset_that_is_not_there_is_told(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, tmp_path / "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err


def test_names_that_would_hide_or_mix_reports_are_refused(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("failed", ".hidden"):
        assert build(project, dataset.rename(dataset.with_name(name))) == 2
        assert f"cannot be called '{name}'" in capsys.readouterr().err
        dataset.with_name(name).rename(dataset)


def test_a_folder_without_notebooks_is_refused(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.notebook("index").unlink()
    assert build(project, dataset) == 2
    assert "no index.ipynb" in capsys.readouterr().err
    shutil.rmtree(project.notebooks)
    assert build(project, dataset) == 2


def test_check_tells_how_many_patients_are_analysed(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--dataset", str(dataset)]) == 0
    assert "No fault found in four" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_the_last_report_and_no_process(
    project: Project, dataset: Path, write: Write, number: signal.Signals
) -> None:
    assert build(project, dataset) == 0
    good = hashes_in(project.report("four"))
    mark = project.reports / "running"
    write(
        project.notebook("01_first"),
        f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(300)",
    )
    script = f"""
        import sys
        from pathlib import Path
        from analysis.build.cli import main
        from analysis.build.project import Project
        project = Project(
            notebooks=Path({str(project.notebooks)!r}), reports=Path({str(project.reports)!r})
        )
        sys.exit(main(["report", "--dataset", {str(dataset)!r}], project))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (mark.exists() and mark.read_text()):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    assert hashes_in(project.report("four")) == good
    kernel = int(mark.read_text())
    deadline = time.monotonic() + 30
    while psutil.pid_exists(kernel) and psutil.Process(kernel).status() != "zombie":
        assert time.monotonic() < deadline, "the kernel outlived the build"
        time.sleep(0.2)
    if number != signal.SIGKILL:
        assert "Interrupted" in said
        assert [path.name for path in project.reports.glob(".*")] == []

    write(project.notebook("01_first"), "print('mended')")
    assert build(project, dataset) == 0
    assert [path.name for path in project.reports.glob(".*")] == []
