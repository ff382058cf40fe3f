"""A page depends on the parameters that its notebook names, and on no other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from nbformat import NotebookNode
from pydantic import ValidationError

from analysis.__main__ import PROJECT
from analysis.build.asked import given_to
from analysis.build.inputs import ESTIMATES, Source, hashes_in
from analysis.build.kernels import Kernels
from analysis.build.notebooks import execute
from analysis.build.project import INDEX
from analysis.cohort.folder import DATA
from analysis.cohort.read import load
from analysis.estimates import whole
from analysis.zhai_2025.parameters import Eligibility, Parameters
from analysis.zhai_2025.study import STUDY

SOURCES = [Source(PROJECT, PROJECT.notebook(name)) for name in (*PROJECT.analyses(), INDEX)]
PAGES = [source.name for source in SOURCES if not source.hangs_on_all]


def other(name: str) -> Any:
    """Give a value that a parameter may have and does not have by default."""
    field = Parameters.model_fields[name]
    default, kind = field.default, field.annotation
    if get_origin(kind) is Literal:
        return next(choice for choice in get_args(kind) if choice != default)
    if name == "population":
        return "sex == 'male'"
    if isinstance(default, bool):
        return not default
    if isinstance(default, tuple):
        return list(default[:1])
    for value in (default + 1, default - 1, default * 0.97):
        try:
            Parameters(**{name: value})
        except ValidationError:
            continue
        return value
    raise AssertionError(f"no other value of {name} was found")


@pytest.fixture(scope="module")
def kernels() -> Iterator[Kernels]:
    with Kernels(PROJECT.root, PROJECT.notebooks) as started:
        yield started


@pytest.fixture(scope="module")
def estimates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("joined") / "estimates.parquet"
    parameters = Parameters()
    whole.estimate(load("synthetic", STUDY, parameters), parameters).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the patients as if they were real: beside them stands no ensemble.

    That of a synthetic cohort is of one set of choices, of which a page is given those it names.
    """
    folder = tmp_path_factory.mktemp("patients") / "real"
    shutil.copytree(DATA / "synthetic", folder)
    described = yaml.safe_load((folder / "dataset.yaml").read_text("utf-8"))
    described |= {"synthetic": False, "what_if": True}
    (folder / "dataset.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    return folder


def outcome(notebook: NotebookNode, folder: Path) -> tuple[list[Any], dict[str, str]]:
    """Give what the cells showed and the files that were written."""
    shown = [
        [output.get("data") or output.get("text") for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    return shown, hashes_in(folder)


def test_what_hangs_on_every_parameter_is_given_each_that_is_changed() -> None:
    (source,) = (source for source in SOURCES if source.hangs_on_all)
    assert not source.parameters & Parameters.model_fields.keys()
    chosen = Parameters(ci_type="log", afp_cutoff=400, penalty=4)
    given = {"ci_type": "log", "afp_cutoff": 400, "penalty": 4}
    assert given_to(source, chosen, Parameters) == given
    assert given_to(SOURCES[0], chosen, Parameters).keys() < given.keys()


@pytest.mark.parametrize("name", PAGES)
def test_parameters_that_a_notebook_does_not_name_change_nothing_on_its_page(
    name: str, kernels: Kernels, estimates: Path, real: Path, tmp_path: Path
) -> None:
    dataset = "synthetic" if name in ("10_plausibility", "11_left_open") else str(real)
    source = Source(PROJECT, PROJECT.notebook(name))
    # All but the page whose question is about all patients, under the article's choices.
    assert (Eligibility.model_fields.keys() <= source.parameters) == (name != "10_plausibility")
    # They exclude others, such as a landmark: the first is named where these are, the second is
    # changed by itself.
    named = source.parameters | {"mode_over_time", "delayed_entry"}
    unnamed = {key: other(key) for key in Parameters.model_fields if key not in named}
    found = []
    late = {"delayed_entry": other("delayed_entry")}
    for changed in ({}, unnamed, *([] if "delayed_entry" in source.parameters else [late])):
        folder = tmp_path / f"{len(changed)}"
        folder.mkdir()
        given = {"dataset": dataset, "output": str(folder), **changed}
        if source.reads_estimates:
            given[ESTIMATES] = str(estimates)
        target = tmp_path / f"{name}.ipynb"
        notebook = execute(name, source.text, target, given, kernels)
        found.append(outcome(notebook, folder))
    assert all(other_found == found[0] for other_found in found[1:])
