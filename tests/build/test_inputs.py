"""What a page is made from, and what of it counts as a change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.__main__ import PROJECT
from analysis.build.asked import given_to
from analysis.build.errors import BuildError
from analysis.build.files import Files
from analysis.build.imports import Imports, modules_in
from analysis.build.inputs import ENSEMBLE, ENSEMBLE_FILES, Source, hashes_of_ensemble
from analysis.build.project import ROOT, Project
from analysis.build.report import plan_report
from analysis.estimates import ensemble


def change(path: Path, **keys: object) -> None:
    """Change the last cell of a notebook."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1].update(keys)
    path.write_text(json.dumps(notebook, indent=4), encoding="utf-8")


def test_outputs_of_a_notebook_are_no_part_of_it(project: Project) -> None:
    path = project.notebook("01_first")
    before = Source(project, path).hash()
    shown = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    change(path, outputs=shown, execution_count=7)
    assert Source(project, path).hash() == before


def test_code_and_tags_of_a_notebook_are(project: Project) -> None:
    path = project.notebook("01_first")
    hashes = {Source(project, path).hash()}
    change(path, source="print(2)")
    hashes.add(Source(project, path).hash())
    change(path, metadata={"tags": ["mine"]})
    hashes.add(Source(project, path).hash())
    assert len(hashes) == 3


def test_its_parameters_are_those_of_the_tagged_cell_and_who_is_in(project: Project) -> None:
    source = Source(project, project.notebook("01_first"))
    assert source.parameters == {"dataset", "output", "ci_type"}
    assert not source.reads_estimates
    assert Source(project, project.notebook("index")).reads_estimates
    model = project.study.parameters
    changed = model(ci_type="log", age_max=70, population="pvtt", afp_cutoff=400)
    assert given_to(source, changed, model) == {
        "ci_type": "log",
        "age_max": 70,
        "population": "pvtt",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [("{}", "is not a notebook"), ("no JSON", "is not a notebook"), ("[1]", "is not a notebook")],
)
def test_what_is_no_notebook_is_told(project: Project, text: str, words: str) -> None:
    project.notebook("01_first").write_text(text)
    with pytest.raises(BuildError, match=words):
        Source(project, project.notebook("01_first"))


def test_parameters_that_are_no_python_are_told(project: Project, write: object) -> None:
    assert callable(write)
    write(project.notebook("01_first"), parameters="ci_type = = 1")
    with pytest.raises(BuildError, match="parameters is not Python: invalid syntax"):
        Source(project, project.notebook("01_first"))


def test_a_cell_that_only_ipython_reads_may_import_anything(
    project: Project, write: object
) -> None:
    assert callable(write)
    write(project.notebook("01_first"), "%%time\nimport pandas")
    behind = Source(project, project.notebook("01_first")).behind
    assert ROOT / "analysis/synthesis/search.py" in behind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a project of a few modules, of which some import others."""
    files = {
        "__init__.py": "",
        "high/__init__.py": "",
        "high/page.py": "from analysis.low.middle import value",
        "high/template/page.css": "",
        "low/__init__.py": "",
        "low/middle.py": "def value():\n    import analysis.low.deep as deep\n    return deep.x",
        "low/deep.py": "x = 1",
        "low/alone.py": "from analysis.high import page",
        "article/__init__.py": "",
        "article/ledger.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "analysis" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "data" / "article").mkdir(parents=True)
    (tmp_path / "data" / "article" / "claims.csv").write_text("")
    return tmp_path


def behind(root: Path, code: str) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in Imports(root).files_behind(code)
        if path.name != "__init__.py"
    }


def test_imports_are_followed_through_functions_and_packages(root: Path) -> None:
    assert behind(root, "from analysis.high import page") == {
        "analysis/high/page.py",
        "analysis/high/template/page.css",
        "analysis/low/middle.py",
        "analysis/low/deep.py",
    }
    assert behind(root, "import analysis.low.deep, pandas") == {"analysis/low/deep.py"}
    assert behind(root, "import os") == set()


def test_circles_of_imports_end(root: Path) -> None:
    (root / "analysis/low/deep.py").write_text("import analysis.low.alone")
    assert "analysis/high/page.py" in behind(root, "import analysis.low.deep")


def test_data_that_a_package_reads_belong_to_it(root: Path) -> None:
    assert behind(root, "import analysis.article.ledger") == {
        "analysis/article/ledger.py",
        "data/article/claims.csv",
    }


def test_modules_have_the_names_they_are_imported_by(root: Path) -> None:
    files = Imports(root).files_behind("import analysis.low.deep")
    assert modules_in(root, files) == ["analysis.low.deep"]


def test_inputs_of_a_page_are_its_notebook_code_dataset_and_lock(
    project: Project, dataset: Path
) -> None:
    _, plan = plan_report(project, dataset, {})
    assert {
        "notebooks/01_first.ipynb",
        "analysis/estimates/rows.py",
        "dataset/patients.csv",
        "dataset/dataset.yaml",
        "requirements.lock",
        "Python",
    } <= plan.inputs["01_first"].files.keys()
    assert "analysis/synthesis/search.py" not in plan.inputs["01_first"].files
    # How notebooks are run is one of them; how pages are made of what they gave is of all pages.
    running = {"analysis/build/execution.py", "analysis/build/warm.py", "analysis/build/preload.py"}
    assert running <= plan.inputs["01_first"].files.keys()
    assert "analysis/build/pages.py" not in plan.inputs["01_first"].files
    assert {*running, "analysis/build/pages.py"} <= plan.inputs["pages"].files.keys()
    shown = "analysis/display/template/report/static/report.css"
    assert shown in plan.inputs["pages"].files


def test_only_tables_and_description_of_a_dataset_are_read(project: Project, dataset: Path) -> None:
    before = plan_report(project, dataset, {})[1].inputs
    (dataset / "notes.docx").write_text("mine")
    (dataset / "older").mkdir()
    (dataset / "older" / "patients.csv").write_text("")
    assert plan_report(project, dataset, {})[1].inputs == before


def test_what_the_article_printed_belongs_to_who_reads_it() -> None:
    imports = Imports(ROOT)
    claims, factors = ROOT / "data/article/claims.csv", ROOT / "analysis/zhai_2025/factors.py"
    study = imports.files_behind("from analysis.zhai_2025.study import STUDY")
    assert factors in study
    # A study knows where its article is, and reads nothing of it: most pages do not depend on it.
    assert claims not in study
    for name in ("analysis.article.ledger", "analysis.audit.structure"):
        assert claims in imports.files_behind(f"import {name}")
    judged = Source(PROJECT, PROJECT.notebook("07_replication"), imports)
    assert claims in judged.behind


# The ensemble of synthetic patients ---------------------------------------------------------------


def test_the_build_watches_the_files_of_the_ensemble_that_pages_read() -> None:
    assert ROOT / ENSEMBLE == ensemble.ENSEMBLE
    assert set(ENSEMBLE_FILES) == {ensemble.ABOUT, ensemble.ESTIMATES, ensemble.MULTIVARIABLE}


def test_an_ensemble_that_comes_or_changes_is_noticed(tmp_path: Path) -> None:
    before = hashes_of_ensemble(tmp_path, Files())
    assert set(before.values()) == {""}
    path = tmp_path / ENSEMBLE / ENSEMBLE_FILES[0]
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    files = Files()
    come = hashes_of_ensemble(tmp_path, files)
    assert [name for name in come if come[name] != before[name]] == [f"{ENSEMBLE}/{path.name}"]
    assert files.changed() == []
    # What comes while a report is built is another report.
    (path.parent / ENSEMBLE_FILES[1]).write_bytes(b"x")
    assert files.changed() == [f"whether there is {ENSEMBLE}/{ENSEMBLE_FILES[1]}"]


@pytest.mark.parametrize(("name", "reads"), [("synthetic", True), ("hepatocellular", False)])
def test_pages_of_real_patients_do_not_read_the_ensemble(name: str, reads: bool) -> None:
    _, planned = plan_report(PROJECT, ROOT / "data" / name, {})
    read = {file for inputs in planned.inputs.values() for file in inputs.files}
    assert any(file.startswith(ENSEMBLE) for file in read) is reads
