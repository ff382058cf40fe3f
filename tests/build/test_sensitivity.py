"""Sensitivity analyses as a user starts them: built once, refused whole, the last good kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.build.cli import main
from analysis.build.inputs import hashes_in
from analysis.build.project import SENSITIVITY_NOTEBOOK, Project
from analysis.estimates.rows import KEY

PARAMETERS = """
dataset = "synthetic"
output = ""
variants = ""
workers = 0
scheduler = ""
"""

CELL = """
from pathlib import Path
from analysis.cohort.read import parameters_for, read_dataset
from analysis.sensitivity.compare import compare
from analysis.sensitivity.run import run
from analysis.sensitivity.variants import VARIANTS, read_variants
from analysis.zhai_2025.study import STUDY

records = read_dataset(dataset, STUDY)
base = parameters_for(records.study, globals(), STUDY)
declared = read_variants(base, variants or VARIANTS)
found = run(records, declared, base, workers, scheduler)
found.estimates.to_csv(Path(output) / "estimates.csv", index=False)
compare(found.estimates).to_csv(Path(output) / "comparison.csv", index=False)
print(len(declared), "variants")
"""

FILE = """\
title: Mine
question: Which?
variants:
  - change: { afp_cutoff: 400 }
  - change: { ecog_max: 1 }
"""


@pytest.fixture
def small(project: Project, write: Callable[..., None]) -> Project:
    """Give the project of the tests, with a short notebook on variants."""
    write(project.notebook(SENSITIVITY_NOTEBOOK), CELL, parameters=PARAMETERS)
    return project


@pytest.fixture
def variants(tmp_path: Path) -> Path:
    path = tmp_path / "private" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(FILE, encoding="utf-8")
    return path


def run(project: Project, dataset: Path, variants: Path, *more: str) -> int:
    arguments = ["--dataset", str(dataset), "--variants", str(variants), "--workers", "1"]
    return main(project, ["sensitivity", *arguments, *more])


def test_built_once_from_what_it_is_made_of_and_shows_no_path(
    small: Project, dataset: Path, variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = ["--set", "ci_type=log"]
    assert run(small, dataset, variants, *log) == 0
    folder = small.report("sensitivity-four-ci_type_log")
    assert "for the first time" in capsys.readouterr().out
    estimates = pd.read_csv(folder / "estimates.csv", keep_default_na=False)
    assert list(estimates["variant"].unique()) == ["base", "afp_cutoff=400", "ecog_max=1"]
    assert not estimates.duplicated(["variant", *KEY]).any()
    for path in folder.rglob("*.*"):
        assert str(variants.parent).encode() not in path.read_bytes(), path
    listing = (small.reports / "index.html").read_text(encoding="utf-8")
    assert "sensitivity-four-ci_type_log/index.html" in listing
    assert "sensitivity-four-ci_type_log/comparison.csv" in listing

    before = hashes_in(folder)
    assert run(small, dataset, variants, *log) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert hashes_in(folder) == before

    variants.write_text(FILE.partition("  - change: { ecog")[0], encoding="utf-8")
    assert run(small, dataset, variants, *log) == 0
    assert "variants/mine.yaml changed" in capsys.readouterr().out
    assert json.loads((folder / "manifest.json").read_text())["parameters"] == {"ci_type": "log"}
    assert "ci_type" in (folder / "index.html").read_text(encoding="utf-8")


def test_the_base_has_what_any_notebook_sets(
    small: Project, dataset: Path, variants: Path, write: Callable[..., None]
) -> None:
    write(small.notebook("01_first"), parameters=PARAMETERS + 'ci_type = "plain"\n')
    cell = "print(ci_type)"
    write(small.notebook(SENSITIVITY_NOTEBOOK), cell, parameters=PARAMETERS + "ecog_max = 1\n")
    assert run(small, dataset, variants, "--set", "ecog_max=3") == 0
    folder = small.report("sensitivity-four-ecog_max_3")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["parameters"] == {"ci_type": "plain", "ecog_max": 3}
    executed = json.loads((folder / "notebooks" / f"{SENSITIVITY_NOTEBOOK}.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["text"] == ["plain\n"]
    assert "Not the article’s analysis" in (folder / "index.html").read_text(encoding="utf-8")


def test_what_is_refused_leaves_the_last_page_as_it_was(
    small: Project,
    dataset: Path,
    variants: Path,
    write: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(small.notebook(SENSITIVITY_NOTEBOOK), "print(1)", parameters=PARAMETERS)
    assert run(small, dataset, variants) == 0
    good = hashes_in(small.reports)

    variants.write_text(FILE.replace("afp_cutoff", "afp_cutof").replace("1 }", "9 }"))
    assert run(small, dataset, variants) == 2
    said = capsys.readouterr().err
    assert "The variants have 2 faults; nothing was run." in said
    assert "mine.yaml, line 4, variant 1: There is no parameter 'afp_cutof'. Did you mean" in said
    assert "mine.yaml, line 5, variant 2: ecog_max=9" in said
    assert run(small, dataset, variants.with_name("none.yaml")) == 2
    assert "there is no such folder or file" in capsys.readouterr().err

    variants.write_text(FILE, encoding="utf-8")
    (dataset / "patients.csv").write_text("patient_id\n", encoding="utf-8")
    assert run(small, dataset, variants) == 2
    assert "patients.csv" in capsys.readouterr().err
    assert hashes_in(small.reports) == good


def test_a_scheduler_that_is_not_there_is_told_before_anything_is_run(
    small: Project, dataset: Path, variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small, dataset, variants, "--scheduler", "tcp://127.0.0.1:1") == 1
    said = capsys.readouterr().err
    assert "There is no Dask scheduler at tcp://127.0.0.1:1" in said
    assert f"{SENSITIVITY_NOTEBOOK} runs" not in said
    assert not small.report("sensitivity-four").exists()


def test_a_notebook_that_fails_is_kept_and_the_last_page_too(
    small: Project,
    dataset: Path,
    variants: Path,
    write: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(small.notebook(SENSITIVITY_NOTEBOOK), "1 / 0", parameters=PARAMETERS)
    assert run(small, dataset, variants) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    kept = small.reports / "failed" / "sensitivity-four" / f"{SENSITIVITY_NOTEBOOK}.ipynb"
    assert kept.is_file()
    assert not small.report("sensitivity-four").exists()


def test_no_page_of_a_report_and_no_name_of_a_dataset(
    small: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert SENSITIVITY_NOTEBOOK not in small.analyses()
    for command in ("report", "sensitivity"):
        assert main(small, [command, "--dataset", str(tmp_path / "sensitivity-x")]) == 2
        assert "give its folder another name" in capsys.readouterr().err
