"""Parameters refuse what they do not know, and notebooks agree with them."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from pydantic import ValidationError

from analysis.build.project import AUDIT_NOTEBOOK, COMPARE_NOTEBOOK
from analysis.cohort.read import load
from analysis.study.parameters import ParameterFaults
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def assignments(path: Path) -> dict[str, object]:
    cells = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if "parameters" in cell.metadata.get("tags", [])
    ]
    assert len(cells) == 1, f"{path.name} needs one cell tagged parameters"
    return {
        target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(cells[0].source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def test_unknown_names_and_values_out_of_range_are_refused() -> None:
    with pytest.raises(ValidationError):
        Parameters(ci_typ="log")  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Parameters(alpha_beta=-3)
    with pytest.raises(ValidationError):
        Parameters(ci_type="loglog")  # type: ignore[arg-type]


def test_a_name_misspelt_in_a_notebook_is_refused() -> None:
    with pytest.raises(ValueError, match="is it 'ci_type'"):
        Parameters.of({"ci_typ": "log"})
    assert Parameters.of({"ci_type": "log", "cohort": object(), "page": 3}).ci_type == "log"


def test_a_value_refused_in_a_notebook_is_a_sentence_without_a_trace() -> None:
    given = {"ci_type": "lin", "afp_cutoff": -3, "cohort": object()}
    with pytest.raises(ParameterFaults) as refused:
        load("synthetic", STUDY, given)
    shell = InteractiveShell()
    shown: list[str] = []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)  # type: ignore[method-assign]
    shell.showtraceback((refused.type, refused.value, refused.tb))
    assert len(shown) == 2
    assert shown[0].startswith("ci_type=lin: input should be 'log-log', 'log' or 'plain'. (")
    assert shown[1].startswith("afp_cutoff=-3: input should be greater than 0. (")


def test_changed_names_what_differs_from_the_article() -> None:
    assert Parameters().changed() == {}
    assert Parameters(afp_cutoff=400).changed() == {"afp_cutoff": (1000, 400)}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_defaults_of_notebooks_are_those_of_the_model(path: Path) -> None:
    shown = assignments(path)
    source = {AUDIT_NOTEBOOK: "ledger", COMPARE_NOTEBOOK: "first"}.get(path.stem, "dataset")
    assert {source, "output"} <= set(shown)
    assert Parameters.of(shown).changed() == {}


def test_every_parameter_stands_in_a_notebook() -> None:
    shown = set().union(*(assignments(path) for path in NOTEBOOKS))
    assert set(Parameters.model_fields) <= shown


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_thin(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
