"""The whole project in folders of its own: the same bytes anywhere, no more work than needed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.build.inputs import hashes_in
from analysis.build.manifest import FILE
from analysis.build.project import ROOT

COPIED = ("analysis", "data", "notebooks", "requirements.lock", "pyproject.toml")


def copy(folder: Path) -> Path:
    """Copy what a report is made from to a folder."""
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the command of the build in a copy, and give what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def ran(said: str) -> set[str]:
    return set(re.findall(r"^(\w+) runs$", said, re.MULTILINE))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy with its report, by warm kernels, two notebooks at a time."""
    folder = copy(tmp_path_factory.mktemp("first") / "project")
    run(folder, "report", "--workers", "2")
    return folder


def test_warm_and_cold_serial_and_parallel_anywhere_give_the_same_bytes(
    first: Path, tmp_path: Path
) -> None:
    other = copy(tmp_path / "a longer {path}" / "in another place")
    run(other, "report", "--workers", "1", WARM="0", PYTHONHASHSEED="7")
    one, two = (hashes_in(folder / "reports" / "synthetic") for folder in (first, other))
    assert {Path(name).suffix for name in one} >= {".ipynb", ".html", ".svg", ".png", ".csv"}
    del one[FILE], two[FILE]
    assert one == two


def test_only_what_uses_a_module_is_built_again(first: Path) -> None:
    def remark(module: str) -> set[str]:
        path = first / "analysis" / module
        path.write_text(path.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")
        return ran(run(first, "report"))

    # No page imports the search for a synthetic cohort, nor the build itself.
    assert remark("synthesis/search.py") == set()
    assert remark("build/progress.py") == set()
    # Toxicity imports this; the replication and the index estimate all when nobody has done so.
    assert remark("estimates/fatal_events.py") >= {"05_toxicity"}
    assert "Nothing to do" in run(first, "report")


def test_a_helper_three_imports_down_rebuilds_what_uses_it(first: Path) -> None:
    notebook = first / "notebooks" / "03_response.ipynb"
    assert "cohort.faults" not in notebook.read_text(encoding="utf-8")
    path = first / "analysis" / "cohort" / "faults.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")
    said = run(first, "why")
    assert re.search(r"03_response +analysis/cohort/faults.py changed", said)
