"""What counts as a change of a notebook or a dataset."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.build.inputs import hash_of_notebook, read_inputs
from analysis.build.project import Project


def test_outputs_of_a_notebook_are_no_part_of_it(project: Project) -> None:
    path = project.notebook("01_first")
    before = hash_of_notebook(path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    notebook["cells"][-1]["execution_count"] = 7
    path.write_text(json.dumps(notebook, indent=4), encoding="utf-8")
    assert hash_of_notebook(path) == before


def test_code_and_tags_of_a_notebook_are(project: Project) -> None:
    path = project.notebook("01_first")
    hashes = {hash_of_notebook(path)}
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["source"] = "print(2)"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    hashes.add(hash_of_notebook(path))
    notebook["cells"][1]["metadata"]["tags"] = []
    path.write_text(json.dumps(notebook), encoding="utf-8")
    hashes.add(hash_of_notebook(path))
    assert len(hashes) == 3


def test_inputs_are_notebooks_code_templates_article_dataset_and_lock(
    project: Project, dataset: Path
) -> None:
    files = read_inputs(project, dataset, {}).files
    for name in (
        "notebooks/index.ipynb",
        "analysis/build/report.py",
        "analysis/display/template/report/static/report.css",
        "data/article/claims.csv",
        "dataset/patients.csv",
        "dataset/dataset.yaml",
        "requirements.lock",
    ):
        assert name in files


def test_only_tables_and_description_of_a_dataset_are_read(project: Project, dataset: Path) -> None:
    before = read_inputs(project, dataset, {})
    (dataset / "notes.docx").write_text("mine")
    (dataset / "older").mkdir()
    (dataset / "older" / "patients.csv").write_text("")
    assert read_inputs(project, dataset, {}) == before
