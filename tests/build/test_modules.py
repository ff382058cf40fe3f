"""What a build imports, in modules: seconds differ from machine to machine, these do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.build.project import ROOT, Project
from analysis.build.report import build_report

HEAVY = {
    "numpy", "pandas", "pyarrow", "scipy", "matplotlib", "great_tables", "lifelines", "pandera",
    "nbformat", "nbconvert", "papermill", "jupyter_client", "IPython", "asyncio", "multiprocessing",
}  # fmt: skip
# Of tests, of the search, of the audit, of a palette.
OF_NO_PAGE = {"hypothesis", "pytest", "numba", "ortools", "seaborn", "joblib", "distributed"}

OF_NOTEBOOK = """
from analysis.__main__ import PROJECT
from analysis.build.imports import modules_in
from analysis.build.inputs import Source
import importlib
source = Source(PROJECT, PROJECT.notebook({name!r}))
names = modules_in(PROJECT.root, source.imported)
import analysis.build.unneeded, analysis.build.preload
for name in names:
    importlib.import_module(name)
"""

NOTHING_CHANGED = """
from pathlib import Path
from analysis.__main__ import study
from analysis.build.cli import main
from analysis.build.project import Project
from analysis.build.report import build_report
project = Project(study, notebooks=Path({notebooks!r}), reports=Path({reports!r}))
assert build_report(project, Path({dataset!r}), {{}}).reason is None
"""


def imported_by(code: str) -> set[str]:
    """Give the names of the modules that a new process has imported after a piece of code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps([*sys.modules]))"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return set(found)


def test_to_find_that_nothing_changed_takes_no_library_of_statistics(
    project: Project, dataset: Path
) -> None:
    build_report(project, dataset, {})
    there = {
        "notebooks": str(project.notebooks),
        "reports": str(project.reports),
        "dataset": str(dataset),
    }
    found = imported_by(NOTHING_CHANGED.format(**there))
    assert not found & HEAVY
    assert len(found) < 400


def test_who_writes_pages_draws_nothing_and_computes_nothing() -> None:
    found = imported_by("import analysis.build.pages")
    assert not found & {"matplotlib", "scipy", "great_tables", "lifelines", *OF_NO_PAGE}
    assert len(found) < 1700


@pytest.mark.parametrize("name", ["04_survival", "06_prognostic_factors", "12_what_if"])
def test_kernels_are_forked_from_what_their_notebooks_import(name: str) -> None:
    found = imported_by(OF_NOTEBOOK.format(name=name))
    assert not found & OF_NO_PAGE
    assert len(found) < 2600
