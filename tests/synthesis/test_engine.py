"""The engine of the search knows nothing of the article that it searches for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from analysis.synthesis import curves
from analysis.zhai_2025.adverse_events import GROUPS
from analysis.zhai_2025.patients import ICI_AGENTS, RT_SITES, TARGETED_AGENTS
from analysis.zhai_2025.synthesis.factors import NAMES, REGIMENS
from analysis.zhai_2025.synthesis.margins import VARIABLES
from analysis.zhai_2025.synthesis.outcomes import CURVES, RECORDS

ROOM = Path(curves.__file__).parent
ENGINE = sorted(
    path
    for path in ROOM.rglob("*.py")
    if "article" not in path.relative_to(ROOM).parts and path.name != "__main__.py"
)
# Words that are also those of other things (`concurrent.futures`).
COMMON = {"other", "none", "male", "contact", "sex", "concurrent"}


def named(path: Path) -> str:
    return path.relative_to(ROOM).as_posix()


@pytest.mark.parametrize("path", ENGINE, ids=named)
def test_the_engine_imports_nothing_of_the_article(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    imported |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not [name for name in imported if name.startswith("analysis.zhai_2025.synthesis")]


@pytest.mark.parametrize("path", ENGINE, ids=named)
def test_the_engine_says_none_of_the_names_of_the_article(path: Path) -> None:
    names = {
        *(*NAMES, *VARIABLES, *REGIMENS.levels, *ICI_AGENTS, *TARGETED_AGENTS, *RT_SITES),
        *(curve.name for curve in CURVES if not curve.compared),
        *(record for record in RECORDS if record != "progression"),
        *(group.name for group in GROUPS),
        *("fistula", "diarrhoea", "afp", "pvtt", "Zhai", "Table 5", "Discussion"),
    } - COMMON
    text = path.read_text(encoding="utf-8")
    said = {name for name in names if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)}
    # Follow-up is a statistic of every study, imaging a visit of every rule.
    assert said <= {"follow_up", "imaging"}


def test_the_search_is_in_the_engine() -> None:
    assert {"kernels.py", "curves.py", "search.py", "margins.py", "plausibility/rule.py"} <= {
        named(path) for path in ENGINE
    }
