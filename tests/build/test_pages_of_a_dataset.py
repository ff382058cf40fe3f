"""A report has the pages that its dataset can fill, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.__main__ import PROJECT
from analysis.build import asked
from analysis.build.cli import main
from analysis.build.inputs import Source
from analysis.build.project import ROOT, Project
from analysis.build.report import plan_report
from tests.build.test_cells import own_dataset
from tests.build.test_report import run

Write = Callable[..., None]

COMPARED = "title: Four patients\ncompare_with_article: true\n"
NO_EVENTS = COMPARED + "not_recorded: { adverse_events: all }\n"


@pytest.fixture
def needy(project: Project, write: Write) -> Project:
    """Give the project, with a page that needs adverse events, and one for an article."""
    write(project.notebook("03_events"), "print('events')", needs=("adverse_events",))
    write(project.notebook("04_article"), "print('article')", needs=("article", "synthetic"))
    return project


def pages(project: Project, dataset: Path, variant: str = "") -> list[str]:
    folder = project.report(f"{dataset.name}{variant}")
    return json.loads((folder / "manifest.json").read_text())["pages"]


@pytest.mark.parametrize(
    ("needs", "facts", "lacks"),
    [
        ([], set(), []),
        (["article"], {"article"}, []),
        (["article", "synthetic"], {"article"}, ["synthetic"]),
        (["radiotherapy or immunotherapy"], {"immunotherapy"}, []),
        (["radiotherapy or immunotherapy"], {"article"}, ["radiotherapy or immunotherapy"]),
        ("article", {"article"}, []),
    ],
)
def test_all_that_is_needed_or_one_of_some(
    needs: list[str], facts: set[str], lacks: list[str], project: Project
) -> None:
    path = project.notebook("01_first")
    notebook = json.loads(path.read_text())
    notebook["metadata"]["report"] = {"needs": needs}
    path.write_text(json.dumps(notebook))
    assert Source(project, path).lacks(facts) == lacks


def test_pages_come_and_go_with_what_is_recorded(
    needy: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--dataset", str(dataset)]
    assert main(needy, ["report", *command]) == 0
    report = needy.report("four")
    assert pages(needy, dataset) == ["index", "01_first", "02_second", "03_events"]
    assert not (report / "04_article.html").exists()
    assert "03_events.html" in (report / "01_first.html").read_text()
    assert "04_article" not in (needy.reports / "index.html").read_text()
    assert "04_article" not in (report / "manifest.json").read_text()

    events = (dataset / "adverse_events.csv").read_text()
    (dataset / "adverse_events.csv").unlink()
    (dataset / "dataset.yaml").write_text(NO_EVENTS)
    capsys.readouterr()
    assert main(needy, ["why", *command]) == 0
    said = capsys.readouterr().out
    assert "03_events               no page of this report: it needs adverse_events" in said
    assert "04_article              no page of this report: it needs synthetic" in said
    assert main(needy, ["report", *command]) == 0
    assert pages(needy, dataset) == ["index", "01_first", "02_second"]
    assert not (report / "03_events.html").exists()
    for page in ("index", "01_first", "02_second"):
        assert "03_events" not in (report / f"{page}.html").read_text()
    capsys.readouterr()
    assert main(needy, ["report", *command]) == 0
    assert "Nothing to do" in capsys.readouterr().out

    (dataset / "adverse_events.csv").write_text(events)
    (dataset / "dataset.yaml").write_text(f"{COMPARED}synthetic: true\n")
    assert main(needy, ["report", *command]) == 0
    assert pages(needy, dataset) == ["index", "01_first", "02_second", "03_events", "04_article"]

    # What the article is compared with has to be asked for.
    (dataset / "dataset.yaml").write_text("title: Four patients\nsynthetic: true\n")
    assert main(needy, ["report", *command]) == 0
    assert pages(needy, dataset) == ["index", "01_first", "02_second", "03_events"]
    html = (report / "01_first.html").read_text(encoding="utf-8")
    assert '<p class="report">Four patients</p>' in html
    for words in ("article’s analysis", "Zhai", "hepatocellular", "enrolment_first_year"):
        assert words not in html


def test_a_notebook_that_is_taken_away_is_no_page_any_more_and_the_others_are_kept(
    needy: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(needy, ["report", "--dataset", str(dataset)]) == 0
    needy.notebook("02_second").unlink()
    capsys.readouterr()
    assert main(needy, ["report", "--dataset", str(dataset)]) == 0
    said = capsys.readouterr()
    # Its estimates are gone, which the index reads.
    assert run(said.err) == {"index"}
    assert "02_second is no page any more" in said.out
    report = needy.report("four")
    assert "02_second" not in (report / "01_first.html").read_text()
    assert "1 estimates" in (report / "index.html").read_text()


def test_a_page_that_cannot_be_is_refused_by_name(
    needy: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("report", "why"):
        assert main(needy, [command, "--dataset", str(dataset), "--page", "article"]) == 2
        assert "four has no page 04_article: that needs synthetic." in capsys.readouterr().err


def test_a_study_of_its_own_has_its_own_title_and_no_article(
    needy: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = own_dataset(tmp_path / "own")
    assert main(needy, ["report", "--dataset", str(folder), "--set", "ci_type=plain"]) == 0
    variant = "-ci_type_plain"
    assert pages(needy, folder, variant) == ["index", "01_first", "02_second"]
    html = (needy.report(f"own{variant}") / "01_first.html").read_text(encoding="utf-8")
    assert '<p class="report">Ours</p>' in html
    assert "Other than the default choices:" in html
    for words in ("article’s analysis", "Zhai", "hepatocellular"):
        assert words not in html
        assert words not in (needy.reports / "index.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(needy, ["verify", "--dataset", str(folder)]) == 2
    assert "own belongs to a study without an article" in capsys.readouterr().err


def test_a_population_is_held_to_the_variables_before_anything_runs(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("report", "check", "why"):
        choice = "population='pvt and afp_before >= 400'"
        assert main(project, [command, "--dataset", str(dataset), "--set", choice]) == 2
        *under_way, line = capsys.readouterr().err.splitlines()
        assert under_way in ([], ["Reading four, and all libraries"])
        assert line.startswith("population=pvt and afp_before >= 400: expected ")
        assert line.endswith("there is no variable `pvt`; did you mean `pvtt`?")
    choice = "population='afp_before >= 400'"
    assert main(project, ["check", "--dataset", str(dataset), "--set", choice]) == 0
    assert "3 patients are analysed" in capsys.readouterr().out


def test_the_command_starts_without_the_libraries() -> None:
    # A report that is up to date is told in the time that pandas alone takes to import.
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, analysis.__main__, analysis.build.cli; print(*sys.modules)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(said.stdout.split())
    assert "analysis.build.report" in loaded
    assert loaded.isdisjoint({"pandas", "pandera", "jupyter_client", "papermill", "matplotlib"})
    assert not {name for name in loaded if name.startswith("analysis.zhai")}


def test_the_same_question_reads_no_dataset(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--dataset", str(dataset), "--set", "ci_type=log"]
    assert main(project, ["report", *options]) == 0

    def refuse(*arguments: object) -> None:
        raise AssertionError("the dataset was read")

    monkeypatch.setattr(asked, "answered", refuse)
    monkeypatch.setattr("analysis.build.report.answered", refuse)
    assert main(project, ["report", *options]) == 0
    assert main(project, ["why", *options]) == 0
    with pytest.raises(AssertionError, match="was read"):
        main(project, ["why", "--dataset", str(dataset)])
    (dataset / "patients.csv").write_text((dataset / "patients.csv").read_text() + "\n")
    with pytest.raises(AssertionError, match="was read"):
        main(project, ["why", *options])


def test_an_answer_is_kept_though_nothing_was_to_be_built(
    project: Project, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["report", "--dataset", str(dataset)]
    assert main(project, command) == 0
    before = (project.report("four") / "manifest.json").read_text()
    # The same choices, in other words.
    monkeypatch.setattr("analysis.build.asked.hashes_of_dataset", lambda *_: {"in": "others"})
    assert main(project, command) == 0
    after = (project.report("four") / "manifest.json").read_text()
    assert before != after
    monkeypatch.setattr("analysis.build.report.answered", None)
    assert main(project, command) == 0
    assert (project.report("four") / "manifest.json").read_text() == after
    assert [path.name for path in project.report("four").glob(".*")] == []


def test_all_pages_of_this_project_are_pages_of_the_synthetic_cohort() -> None:
    synthetic = PROJECT.root / "data" / "synthetic"
    found, plan = plan_report(PROJECT, synthetic, {})
    assert {run.name for run in plan.runs} == {*PROJECT.analyses(), "index"}
    assert {"article", "synthetic", "radiotherapy", "adverse_events"} <= found.facts


def test_a_wrong_name_is_told_with_those_that_there_are(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("report", "check", "why", "verify", "check-manifest", "sensitivity"):
        assert main(project, [command, "--dataset", "hepatocelular"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line == (
            "There is no dataset 'hepatocelular'. Did you mean hepatocellular? In data/ there are: "
            "hepatocellular, synthetic; or give the path of a folder."
        )
    assert not project.reports.exists() or not [*project.reports.iterdir()]
