"""The engine names nothing that only the article's study declares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.build.project import ROOT
from analysis.study.clinical import VARIABLES
from analysis.study.own import OWN
from analysis.zhai_2025.study import STUDY

ENGINE = [
    path
    for path in sorted((ROOT / "analysis").rglob("*.py"))
    if "zhai_2025" not in path.parts and path != ROOT / "analysis" / "__main__.py"
]
# Words of anybody, which the study has for names of factors or levels too: an age, a sex, a dose in
# fractions of 2 Gy, how two treatments lie in time, and none of a list.
CLINICAL = {"age", "male", "eqd2", "concurrent", "none", "other"}


def names_of_the_study() -> set[str]:
    """List variables, factors, endpoints and parameters that no other study has."""
    declared = set(STUDY.variables) - set(OWN.variables) - set(VARIABLES)
    declared |= {factor.name for factor in STUDY.factors} - set(VARIABLES)
    declared |= {one.name for one in STUDY.endpoints} - {one.name for one in OWN.endpoints}
    declared |= set(STUDY.parameters.model_fields) - set(OWN.parameters.model_fields)
    declared |= {text for known in STUDY.open_lists.values() for text in known}
    return declared - CLINICAL


def words_in(path: Path) -> Iterator[tuple[int, str]]:
    """Give the identifiers and the texts of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documented:
                yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield getattr(node, "lineno", 0), node.arg


def test_the_study_has_names_to_look_for() -> None:
    assert names_of_the_study() >= {
        "afp_before", "pvtt", "vp4", "IRFS", "tumour_count_cutoff", "toripalimab",
    }  # fmt: skip


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_of_the_engine_has_one(path: Path) -> None:
    names = names_of_the_study()
    assert [f"line {line}: {word}" for line, word in words_in(path) if word in names] == []


def test_a_name_in_a_module_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""pvtt is a word here."""\nfound = frame["pvtt"] if afp_cutoff else 0\n')
    names = names_of_the_study()
    assert [word for _, word in words_in(module) if word in names] == ["afp_cutoff", "pvtt"]
