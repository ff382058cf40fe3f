"""A parameter that is edited in the first cell of a notebook is a choice for the whole report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.__main__ import PROJECT
from analysis.build.asked import chosen, given_to
from analysis.build.cells import agreed, edited, values_in
from analysis.build.choices import changes
from analysis.build.cli import main
from analysis.build.errors import BuildError
from analysis.build.inputs import Source, hashes_in
from analysis.build.project import Project
from tests.build.conftest import PARAMETERS
from tests.datasets import FILES, write_dataset

Write = Callable[..., None]


def sources(project: Project) -> list[Source]:
    return [Source(project, project.notebook(name)) for name in project.with_choices()]


def edit(project: Project, name: str, *lines: str) -> None:
    """Edit the parameters cell of a notebook as a reader does: other values, further lines."""
    path = project.notebook(name)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = notebook["cells"][1]
    cell["source"] = "".join(cell["source"]) + "".join(f"{line}\n" for line in lines)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_cells_of_this_project_hold_the_choices_of_the_article() -> None:
    assert edited(PROJECT, sources(PROJECT)) == {}


def test_values_are_read_as_they_stand(project: Project) -> None:
    lines = [
        "age_max: int = 70",
        "rate_months = strata = (6, 12)",
        "# age_min = 3",
        "confidence = 0.9",
    ]
    edit(project, "01_first", *lines)
    source = Source(project, project.notebook("01_first"))
    assert values_in(source, {"age_max", "age_min", "rate_months", "confidence", "ci_type"}) == {
        "ci_type": "log-log",
        "age_max": 70,
        "rate_months": (6, 12),
        "confidence": 0.9,
    }


@pytest.mark.parametrize(
    "line",
    [
        "age_max = 7 * 10",
        "age_max = int('70')",
        "age_max, other = 70, 2",
        "age_max = 1\nage_max += 69",
    ],
)
def test_a_value_that_is_computed_is_refused(
    line: str, project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project, "02_second", line)
    assert main(project, ["why", "--dataset", str(dataset)]) == 2
    said = capsys.readouterr().err
    assert f"02_second.ipynb sets age_max by `{line.splitlines()[-1]}`" in said
    assert "write the value itself" in said


def test_what_is_no_parameter_may_be_anything(project: Project) -> None:
    edit(project, "01_first", "from pathlib import Path", "folder = Path('.')", "n = 1 + 1")
    assert edited(project, sources(project)) == {}


def test_a_value_out_of_range_is_refused_with_its_notebook(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project, "02_second", "age_max = -1")
    assert main(project, ["report", "--dataset", str(dataset)]) == 2
    said = capsys.readouterr().err
    assert "02_second.ipynb: age_max=-1: input should be greater than or equal to 0" in said


def test_every_page_is_run_with_it_and_says_it(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(project, ["report", "--dataset", str(dataset)]) == 0
    edit(project, "01_first", "ci_type = 'plain'")
    # It names nobody's age, and yet analyses the same patients as the others.
    edit(project, "index", "age_max = 70")
    capsys.readouterr()
    assert main(project, ["report", "--dataset", str(dataset)]) == 0
    said = capsys.readouterr().out
    assert "age_max, ci_type changed; 3 of 3 pages run" in said
    assert "Other than the default choices: ci_type = plain, age_max = 70." in said
    report = project.report("four")
    manifest = json.loads((report / "manifest.json").read_text())
    assert manifest["parameters"] == {"ci_type": "plain", "age_max": 70}
    for name in ("01_first", "02_second"):
        assert manifest["made"][name]["parameters"] == {"ci_type": "plain", "age_max": 70}
        executed = json.loads((report / "notebooks" / f"{name}.ipynb").read_text())
        assert executed["cells"][-1]["outputs"][0]["text"] == ["plain\n"]
    for page in ("01_first", "02_second", "index"):
        html = (report / f"{page}.html").read_text(encoding="utf-8")
        assert "Not the article’s analysis" in html
        assert "ci_type = plain" in html
        assert "age_max = 70" in html
    assert "ci_type = plain" in (project.reports / "index.html").read_text(encoding="utf-8")
    before = hashes_in(project.reports)
    assert main(project, ["report", "--dataset", str(dataset)]) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert hashes_in(project.reports) == before


def test_it_is_the_same_report_as_by_the_command_line(project: Project, dataset: Path) -> None:
    options = ["--dataset", str(dataset), "--set", "ci_type=plain age_max=70"]
    asked = chosen(project, sources(project), dataset, {"ci_type": "plain", "age_max": "70"})
    edit(project, "02_second", "ci_type = 'plain'", "age_max = 70")
    assert chosen(project, sources(project), dataset, {}) == asked
    assert main(project, ["check", *options]) == 0


def test_the_command_line_wins(project: Project, dataset: Path) -> None:
    edit(project, "01_first", "ci_type = 'plain'")
    edit(project, "02_second", "ci_type = 'log'")
    all_ = sources(project)
    assert changes(chosen(project, all_, dataset, {"ci_type": "log"})) == {"ci_type": "log"}
    # Back to the study's choice: whoever has another in his cell must be told.
    default = chosen(project, all_, dataset, {"ci_type": "log-log"})
    assert changes(default) == {}
    model = project.study.parameters
    told = {source.name: given_to(source, default, model) for source in all_}
    assert told == {
        "01_first": {"ci_type": "log-log"},
        "02_second": {"ci_type": "log-log"},
        "index": {},
    }


def test_a_page_that_is_told_otherwise_than_its_cell_shows_it(
    project: Project, dataset: Path
) -> None:
    edit(project, "01_first", "ci_type = 'plain'")
    options = ["--dataset", str(dataset), "--page", "first", "--set", "ci_type=log-log"]
    assert main(project, ["report", *options]) == 0
    report = project.report("four-01_first-ci_type_log-log-240985e4")
    executed = json.loads((report / "notebooks" / "01_first.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["text"] == ["log-log\n"]
    html = (report / "01_first.html").read_text(encoding="utf-8")
    assert "Parameters of this report" in html
    assert "Not the article" not in html


def test_notebooks_that_disagree_stop_the_build_before_anything_runs(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(project, ["report", "--dataset", str(dataset)]) == 0
    good = hashes_in(project.reports)
    edit(project, "01_first", "ci_type = 'plain'", "age_max = 70")
    edit(project, "02_second", "ci_type = 'log'", "age_max = 70")
    for command in ("report", "check", "why", "verify"):
        capsys.readouterr()
        assert main(project, [command, "--dataset", str(dataset)]) == 2
        said = capsys.readouterr().err
        assert "Notebooks disagree on ci_type: " in said
        assert "01_first.ipynb sets 'plain'" in said
        assert "02_second.ipynb sets 'log'" in said
        assert "age_max" not in said
        assert "runs" not in said
    assert hashes_in(project.reports) == good
    page = ["report", "--dataset", str(dataset), "--page", "first"]
    assert main(project, page) == 2


def test_two_that_agree_are_one_choice() -> None:
    assert agreed({"afp_cutoff": {"01": 400, "04": 400.0}}) == {"afp_cutoff": 400}
    with pytest.raises(BuildError, match=r"afp_cutoff: 01 sets 400; 04 sets 200\.0\."):
        agreed({"afp_cutoff": {"01": 400, "04": 200.0}})


def test_one_page_alone_takes_what_another_notebook_sets(project: Project, dataset: Path) -> None:
    edit(project, "02_second", "ci_type = 'plain'")
    assert main(project, ["report", "--dataset", str(dataset), "--page", "first"]) == 0
    report = project.report("four-01_first")
    assert "ci_type = plain" in (report / "01_first.html").read_text(encoding="utf-8")


def test_why_says_what_a_cell_has_changed(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(project, ["report", "--dataset", str(dataset)]) == 0
    edit(project, "01_first", "ci_type = 'plain'")
    capsys.readouterr()
    assert main(project, ["why", "--dataset", str(dataset)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "ci_type changed",
        "ci_type changed",
        "it reads the estimates of 01_first",
        "pages are shown anew: ci_type changed",
    ]


def test_nothing_is_judged_under_other_choices_than_the_articles(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project, "02_second", "ci_type = 'plain'", "age_max = 70")
    assert main(project, ["verify", "--dataset", str(dataset)]) == 2
    said = capsys.readouterr().err
    assert "judged under the article's own choices" in said
    assert "02_second.ipynb sets ci_type = 'plain'" in said
    assert "02_second.ipynb sets age_max = 70" in said
    assert not project.report("four").exists()


OWN = """\
title: Ours
study: own
factors:
  - { column: afp_before, name: afp, label: AFP, cut: "< 200", unit: ng/mL }
not_recorded: { radiotherapy: all, follow_up: all }
"""


def own_dataset(folder: Path) -> Path:
    """Write a dataset of a study of its own, with a factor whose cut is a parameter."""
    write_dataset(
        folder, dataset=OWN, patients="patient_id,sex,age_years,afp_before\nA1,male,60,3\n"
    )
    for name in FILES.keys() - {"dataset.yaml", "patients.csv"}:
        (folder / name).unlink()
    return folder


def test_a_study_of_its_own_has_its_own_parameters_whatever_the_cells_say(
    project: Project, tmp_path: Path, write: Write
) -> None:
    folder = own_dataset(tmp_path / "own")
    # As the notebooks of the article have them.
    factors = '("prior_ici", "pvtt", "concurrent")'
    cell = f"{PARAMETERS}afp_cutoff = 1000.0\nage_cutoff = 60\ncurves_of = {factors}\n"
    write(project.notebook("01_first"), parameters=cell)
    edit(project, "02_second", "age_cutoff = 65")
    all_ = sources(project)
    default = chosen(project, all_, folder, {})
    assert changes(default) == {}
    model = project.study.parameters
    told = {source.name: given_to(source, default, model) for source in all_}
    assert told["01_first"] == {"afp_cutoff": 200.0, "curves_of": []}
    assert told["02_second"] == {}
    moved = chosen(project, all_, folder, {"afp_cutoff": "300"})
    assert changes(moved) == {"afp_cutoff": 300.0}
    with pytest.raises(BuildError, match="There is no parameter 'age_cutoff'"):
        chosen(project, all_, folder, {"age_cutoff": "65"})
    edit(project, "02_second", 'curves_of = ("pvtt",)')
    with pytest.raises(
        BuildError, match=r"(?s)'pvtt' is no factor.*02_second.ipynb sets curves_of"
    ):
        chosen(project, sources(project), folder, {})


def test_a_cut_that_a_dataset_declares_reaches_every_notebook(
    project: Project, tmp_path: Path
) -> None:
    text = OWN.replace("study: own\n", "").replace("name: afp,", "name: marker_x,")
    folder = write_dataset(tmp_path / "more", dataset=text)
    all_ = sources(project)
    moved = chosen(project, all_, folder, {"marker_x_cutoff": "300"})
    for source in all_:
        assert given_to(source, moved, project.study.parameters) == {"marker_x_cutoff": 300.0}
