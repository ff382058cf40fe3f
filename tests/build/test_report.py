"""Builds of small notebooks, from the command as a user starts it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from analysis.build.check import check_manifest, other_commit
from analysis.build.cli import main
from analysis.build.inputs import hashes_in
from analysis.build.names import place_of, refuse_what_is_of_another
from analysis.build.project import ROOT, SENSITIVITY, Project

Write = Callable[..., None]


def build(project: Project, dataset: Path, *choices: str, workers: int = 2) -> int:
    options = [part for choice in choices for part in ("--set", choice)]
    options += ["--workers", str(workers)]
    return main(project, ["report", "--dataset", str(dataset), *options])


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
    elsewhere = replace(project, reports=tmp_path / "other")
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
    report = project.report("four-age_max_70+ci_type_plain")
    assert json.loads((report / "manifest.json").read_text())["parameters"] == {
        "ci_type": "plain",
        "age_max": 70,
    }
    executed = json.loads((report / "notebooks" / "02_second.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["text"] == ["70\n"]
    for page in ("01_first.html", "index.html"):
        assert "ci_type = plain" in (report / page).read_text(encoding="utf-8")


def run(said: str) -> set[str]:
    """Give the notebooks that a build says it ran."""
    return {line.split()[0] for line in said.splitlines() if line.endswith(" runs")}


def test_only_pages_that_depend_on_a_parameter_run_and_all_tell_it(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project.notebook("02_second"), "print('alike')", parameters='dataset = output = ""')
    assert build(project, dataset) == 0
    capsys.readouterr()
    assert build(project, dataset, "ci_type=plain") == 0
    said = capsys.readouterr()
    assert run(said.err) == {"01_first", "index"}
    assert "ci_type changed; 2 of 3 pages run" in said.out
    report = project.report("four-ci_type_plain")
    for page in ("01_first.html", "02_second.html", "index.html"):
        assert "ci_type = plain" in (report / page).read_text(encoding="utf-8")
    made = json.loads((report / "manifest.json").read_text())["made"]
    assert made["01_first"]["parameters"] == {"ci_type": "plain"}
    assert made["02_second"]["parameters"] == {}
    assert build(project, dataset, "ci_type=plain") == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_report_that_was_kept_in_part_has_the_bytes_of_one_built_anew(
    project: Project, dataset: Path, tmp_path: Path, write: Write
) -> None:
    assert build(project, dataset) == 0
    write(project.notebook("02_second"), "print('other')")
    assert build(project, dataset) == 0
    anew = replace(project, reports=tmp_path / "anew")
    assert build(anew, dataset) == 0
    assert hashes_in(project.reports) == hashes_in(anew.reports)


@pytest.mark.parametrize("choices", [(), ("ci_type=plain",)])
def test_words_of_a_notebook_are_told_anew_and_nothing_is_run(
    project: Project,
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    choices: tuple[str, ...],
) -> None:
    assert build(project, dataset, *choices) == 0
    capsys.readouterr()
    for name in ("01_first", "index"):
        notebook = nbformat.read(project.notebook(name), as_version=4)
        notebook.cells[0].source += "\n\nIn other words."
        notebook.cells.append(nbformat.v4.new_markdown_cell("A line below.", id="below"))
        nbformat.write(notebook, project.notebook(name))
    assert build(project, dataset, *choices) == 0
    said = capsys.readouterr()
    assert run(said.err) == set()
    assert "0 of 3 pages run, 2 told anew" in said.out
    assert {line for line in said.err.splitlines() if line.endswith(" is told anew")} == {
        "01_first is told anew",
        "index is told anew",
    }
    for name in ("01_first", "index"):
        (page,) = project.reports.glob(f"*/{name}.html")
        assert "In other words." in page.read_text(encoding="utf-8")
    anew = replace(project, reports=tmp_path / "anew")
    assert build(anew, dataset, *choices) == 0
    assert hashes_in(project.reports) == hashes_in(anew.reports)


def test_words_of_what_reads_the_estimates_stand_beside_the_new_ones(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its code gave what it gave of other estimates: it is run, though only its words changed."""
    assert build(project, dataset) == 0
    capsys.readouterr()
    first, index = project.notebook("01_first"), project.notebook("index")
    first.write_text(first.read_text().replace("1.5", "2.5"))
    index.write_text(index.read_text().replace("# About", "# All about"))
    assert build(project, dataset) == 0
    assert run(capsys.readouterr().err) == {"01_first", "index"}
    page = (project.report("four") / "index.html").read_text()
    assert "2 estimates 4.0" in page
    assert "All about" in page


def test_words_and_code_that_change_together_are_run(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is a notebook whose last output was edited, or whose cells are in another order."""
    assert build(project, dataset) == 0

    def change(how: Callable[[nbformat.NotebookNode], object]) -> set[str]:
        notebook = nbformat.read(project.notebook("01_first"), as_version=4)
        how(notebook)
        nbformat.write(notebook, project.notebook("01_first"))
        capsys.readouterr()
        assert build(project, dataset) == 0
        return run(capsys.readouterr().err)

    def words(notebook: nbformat.NotebookNode) -> None:
        notebook.cells[0].source += " More."

    def code(notebook: nbformat.NotebookNode) -> None:
        words(notebook)
        notebook.cells[-1].source += "\nprint('more')"

    def order(notebook: nbformat.NotebookNode) -> None:
        words(notebook)
        notebook.cells[-2:] = reversed(notebook.cells[-2:])

    assert change(words) == set()
    assert change(code) == {"01_first"}
    assert change(order) == {"01_first"}
    stored = project.report("four") / "notebooks/01_first.ipynb"
    stored.write_text(stored.read_text().replace("more", "less"))
    assert change(words) == {"01_first"}
    assert "less" not in stored.read_text()


def test_what_reads_the_estimates_runs_when_they_differ(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    path = project.notebook("01_first")
    capsys.readouterr()
    path.write_text(path.read_text().replace("print(ci_type)", "print('said otherwise')"))
    assert build(project, dataset) == 0
    assert run(capsys.readouterr().err) == {"01_first"}
    path.write_text(path.read_text().replace("1.5", "2.5"))
    assert build(project, dataset) == 0
    assert run(capsys.readouterr().err) == {"01_first", "index"}
    assert "2 estimates 4.0" in (project.report("four") / "index.html").read_text()


def test_one_page_alone_is_a_report_of_its_own(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    whole = hashes_in(project.report("four"))
    capsys.readouterr()
    command = ["report", "--dataset", str(dataset), "--page", "first", "--set", "ci_type=log"]
    assert main(project, command) == 0
    said = capsys.readouterr()
    assert run(said.err) == {"01_first"}
    assert (project.report("four-01_first-ci_type_log") / "01_first.html").is_file()
    assert hashes_in(project.report("four")) == whole
    listed = (project.reports / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#:]+)"', listed)
    assert "four-01_first-ci_type_log/01_first.html" in links
    assert [link for link in links if not (project.reports / link).is_file()] == []
    assert main(project, ["report", "--dataset", str(dataset), "--page", "frist"]) == 2
    assert "There is no notebook 'frist'. There are: first, second, index." in (
        capsys.readouterr().err
    )


def test_why_names_what_is_stale_and_the_reason(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    def why(*options: str) -> dict[str, str]:
        capsys.readouterr()
        assert main(project, ["why", "--dataset", str(dataset), *options]) == 0
        lines = capsys.readouterr().out.splitlines()
        return {line[:24].strip(): line[24:].strip() for line in lines}

    assert why()["01_first"] == "it has not been built"
    assert build(project, dataset) == 0
    assert set(why().values()) == {"up to date"}
    assert why("--set", "ci_type=log")["02_second"] == "ci_type changed"
    write(project.notebook("02_second"), "print('other')")
    assert why() == {
        "01_first": "up to date",
        "02_second": "notebooks/02_second.ipynb changed, and 6 more",
        "index": "it reads the estimates of 02_second",
    }
    (dataset / "follow_up.csv").write_text((dataset / "follow_up.csv").read_text() + "\n")
    assert why()["01_first"] == "dataset/follow_up.csv changed"


def test_a_report_is_held_to_its_manifest(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["check-manifest", "--dataset", str(dataset)]
    assert main(project, command) == 1
    assert "has no manifest.json that can be read" in capsys.readouterr().err
    assert build(project, dataset) == 0
    assert main(project, command) == 0
    report = project.report("four")
    manifest = json.loads((report / "manifest.json").read_text())
    assert manifest["packages"]["lifelines"]
    assert "dataset/patients.csv" in manifest["inputs"]
    (report / "01_first.html").write_text("edited")
    (report / "notes.txt").write_text("mine")
    (report / "estimates.csv").unlink()
    (dataset / "dataset.yaml").write_text("title: Others\n")
    capsys.readouterr()
    assert main(project, command) == 1
    assert capsys.readouterr().out.splitlines() == [
        "input: dataset/dataset.yaml changed",
        "output: 01_first.html changed",
        "output: estimates.csv is gone",
        "output: notes.txt is new",
    ]


def test_no_edit_of_a_report_escapes_its_manifest(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    report = project.report("four")

    def told() -> list[str]:
        capsys.readouterr()
        status = main(project, ["check-manifest", "--dataset", str(dataset)])
        lines = capsys.readouterr().out.splitlines()
        assert (status == 0) == lines[-1].endswith("is as its manifest says.")
        return lines[:-1] if status == 0 else lines

    assert told() == []
    path = report / "manifest.json"
    good = path.read_text(encoding="utf-8")
    version = json.loads(good)["packages"]["pandas"]
    for before, after in (
        ('"title": "', '"title": "Edited '),
        ('"parameters": {}', '"parameters": {"ci_type": "log"}'),
        ('"synthetic": false', '"synthetic": true'),
        ('"seal": "', '"seal": "0'),
        ("{", "{ "),
    ):
        assert before in good
        path.write_text(good.replace(before, after, 1), encoding="utf-8")
        assert "output: manifest.json changed" in told(), before
    path.write_text(good.replace(f'"pandas": "{version}"', '"pandas": "1.0"'), encoding="utf-8")
    assert f"package: pandas was 1.0 and is {version}" in told()
    edited = json.loads(good)
    edited["commit"] = "0" * 40
    path.write_text(json.dumps(edited, indent=1), encoding="utf-8")
    assert told()[0] == "output: manifest.json changed"
    assert told()[1].startswith(f"It was built at commit {'0' * 40}; the project is at ")
    path.write_text(good, encoding="utf-8")
    assert told() == []

    (report / ".notes").write_text("mine")
    (report / "figures" / "__pycache__").mkdir(parents=True)
    (report / "figures" / "__pycache__" / "x.pyc").write_text("")
    (project.reports / "index.html").write_text("edited")
    (dataset / "organ_doses.csv").write_text("patient_id,organ,metric,value\n")
    write(project.notebook("03_third"))
    assert told() == [
        "input: dataset/organ_doses.csv is new",
        "input: notebooks/03_third.ipynb is new",
        "output: .notes is new",
        "output: figures/__pycache__/x.pyc is new",
        f"output: {project.reports / 'index.html'} is not the list of these reports",
    ]


def test_a_report_that_is_moved_to_another_commit_is_told_of_it(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.build.assembly.commit_of", lambda root: "one")
    assert build(project, dataset) == 0
    assert check_manifest(project, "four", dataset) == []
    for now, said in (("one", ""), ("two", "at commit one; the project is at two.")):
        monkeypatch.setattr("analysis.build.check.commit_of", lambda root, now=now: now)
        assert other_commit(project, "four").endswith(said)
        assert bool(other_commit(project, "four")) == bool(said)


def test_two_notebooks_that_write_the_same_file_are_told(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("01_first", "02_second"):
        write(project.notebook(name), "open(f'{output}/same.csv', 'w').write('x')")
    write(project.notebook("03_third"), "print(1)")
    # One that has not begun is not waited for.
    assert build(project, dataset, workers=1) == 1
    assert "writes same.csv, as another notebook does" in capsys.readouterr().err


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
    kept = project.reports / "failed" / "four" / "02_second.ipynb"
    assert (
        "its kernel ended" in json.loads(kept.read_text(encoding="utf-8"))["cells"][0]["source"][0]
    )
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


def test_a_link_that_leads_nowhere_fails_the_build_and_the_last_report_stays(
    project: Project, dataset: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    before = hashes_in(project.report("four"))
    markdown = "from IPython.display import Markdown"
    write(project.notebook("02_second"), f"{markdown}\nMarkdown('A [number](#OS.median).')")
    write(project.notebook("01_first"), f"{markdown}\nMarkdown('See [it](02_second.html#gone).')")
    capsys.readouterr()
    assert build(project, dataset) == 1
    said = capsys.readouterr().err
    assert "02_second.html: the link “number” in content leads nowhere: #OS.median" in said
    assert "01_first.html: the link “it” in content leads nowhere: 02_second.html#gone" in said
    assert hashes_in(project.report("four")) == before


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
    assert main(project, ["check", "--dataset", str(dataset)]) == 2


def test_a_dataset_that_is_not_there_is_told(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, tmp_path / "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_dataset_that_was_killed_while_it_took_its_place_is_found(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dataset.rename(dataset.with_name(f".old-four-{gone.pid}"))
    assert main(project, ["check", "--dataset", str(dataset)]) == 0


def test_names_that_would_hide_or_mix_reports_are_refused(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = ("failed", ".hidden", "Failed", "index.html", "README.md", "readme.MD", "Audit-x")
    for name in taken:
        assert build(project, dataset.rename(dataset.with_name(name))) == 2
        assert f"cannot be called '{name}'" in capsys.readouterr().err
        dataset.with_name(name).rename(dataset)


def test_a_report_of_another_folder_is_not_replaced(
    project: Project, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    good = hashes_in(project.reports)
    other = tmp_path / "elsewhere" / "four"
    shutil.copytree(dataset, other)
    capsys.readouterr()
    for command in ("report", "sensitivity"):
        shutil.copytree(project.report("four"), project.report(f"{SENSITIVITY}-four"))
        assert main(project, [command, "--dataset", str(other)]) == 2
        assert "is of another folder with the name four" in capsys.readouterr().err
        shutil.rmtree(project.report(f"{SENSITIVITY}-four"))
    assert hashes_in(project.reports) == good
    # A report may be removed, and a folder that is no report may not.
    shutil.rmtree(project.report("four"))
    assert build(project, other) == 0
    (project.report("four") / "manifest.json").unlink()
    assert build(project, other) == 0
    shutil.rmtree(project.report("four"))
    project.report("four").mkdir()
    (project.report("four") / "letters.txt").write_text("mine", encoding="utf-8")
    assert build(project, other) == 2
    assert "is no report" in capsys.readouterr().err


def test_a_project_may_be_moved_with_its_datasets(project: Project, dataset: Path) -> None:
    for root in (dataset.parent, dataset.parent / "moved"):
        if root != dataset.parent:
            root.mkdir()
            dataset.rename(root / "four")
        within = replace(project, root=root)
        assert place_of(within, root / "four") == "four"
        refuse_what_is_of_another(within, "four", root / "four")
    assert str(dataset.parent) not in place_of(project, dataset)


def test_a_folder_without_notebooks_is_refused(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.notebook("index").unlink()
    assert build(project, dataset) == 2
    assert "no index.ipynb" in capsys.readouterr().err
    shutil.rmtree(project.notebooks)
    assert build(project, dataset) == 2


def test_check_tells_how_many_patients_are_analysed(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(project, ["check", "--dataset", str(dataset)]) == 0
    assert "No fault found in four" in capsys.readouterr().out
