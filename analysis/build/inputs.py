"""What a page is made from, by content: a date or an output changes nothing."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from analysis.build.errors import REFUSED, BuildError
from analysis.build.imports import Imports, all_files
from analysis.build.project import Project
from analysis.cohort.intake.kinds import SUFFIXES

DESCRIPTION = "dataset.yaml"
DATASET_FILES = {".yaml", *SUFFIXES}
LOCK = "requirements.lock"
ESTIMATES = "estimates"


class Inputs(BaseModel):
    """SHA-256 of each file by its name, and the parameters that it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str]
    parameters: dict[str, Any]


class Source:
    """A notebook as it stands: what it computes from, not what it once showed.

    Attributes
    ----------
    name
        Name of the notebook, such as ``04_survival``.
    shown
        Its path as people type it.
    cell
        The code of its cell tagged `parameters`.
    parameters
        The names that this cell sets.
    needs
        What a dataset must have for the notebook to be a page of its report: each of these, or one
        of the words in it ("radiotherapy or immunotherapy"), as `report: {needs: [...]}` in the
        metadata of the notebook says.

    Raises
    ------
    BuildError
        When it is no notebook, or its parameters are no Python.
    """

    def __init__(self, project: Project, path: Path, imports: Imports | None = None) -> None:
        self.shown = project.shown(path)
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            self._cells = notebook["cells"]
            code = [cell for cell in self._cells if cell["cell_type"] == "code"]
            self.cell = "\n".join(_text(cell) for cell in code if "parameters" in _tags(cell))
            needs = notebook["metadata"].get("report", {}).get("needs", [])
            self.needs: tuple[str, ...] = tuple([needs] if isinstance(needs, str) else needs)
            everything = "\n".join(_text(cell) for cell in code)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BuildError(f"{self.shown} is not a notebook.", REFUSED) from None
        try:
            self.parameters = frozenset(
                node.id
                for node in ast.walk(ast.parse(self.cell))
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            )
        except SyntaxError as error:
            line = f" ({error.text.strip()})" if error.text else ""
            raise BuildError(
                f"{self.shown}: the cell of its parameters is not Python: {error.msg}{line}.",
                REFUSED,
            ) from None
        self.name = path.stem
        self._root = project.root
        self._imports = imports or Imports(project.root)
        self._code = everything

    @cached_property
    def behind(self) -> list[Path]:
        """The files of the project that it is computed by."""
        try:
            return self._imports.files_behind(self._code)
        except SyntaxError:
            # What only IPython can read, or nobody, may import anything.
            return all_files(self._root)

    @property
    def reads_estimates(self) -> bool:
        """Whether it is given the estimates of all other notebooks, and so runs after them."""
        return ESTIMATES in self.parameters

    def lacks(self, facts: Iterable[str]) -> list[str]:
        """Give what it needs and a dataset of which these are the facts does not have."""
        there = set(facts)
        return [need for need in self.needs if there.isdisjoint(need.split(" or "))]

    def hash(self) -> str:
        """Give the SHA-256 of its cells and tags, without outputs."""
        cells = [[cell["cell_type"], _text(cell), _tags(cell)] for cell in self._cells]
        return hash_of_json(cells)


def _text(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _tags(cell: Mapping[str, Any]) -> list[str]:
    tags: list[str] = cell["metadata"].get("tags", [])
    return tags


def hash_of_json(value: object) -> str:
    """Give the SHA-256 of what JSON can hold; of anything else its text is taken."""
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()


def hashes_of(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Give the SHA-256 of files of the project, by their path within it."""
    return {path.relative_to(root).as_posix(): hash_of_file(path) for path in files}


def hashes_of_dataset(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of the tables of a dataset, of its description and of its sources."""
    within = {
        path: f"dataset/{path.name}"
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in DATASET_FILES and path.is_file()
    }
    found = {name: hash_of_file(path) for path, name in within.items()}
    return found | hashes_of_sources(folder)


def hashes_of_sources(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of what a dataset is read from outside its folder."""
    description = folder / DESCRIPTION
    if not description.is_file() or "source" not in description.read_text("utf-8", "replace"):
        return {}
    # Only now: what reads a declaration takes longer to import than a report that is up to date.
    from analysis.cohort.written import hashes_of_databases, sources_outside

    outside = {name: hash_of_file(path) for name, path in sources_outside(folder).items()}
    return outside | hashes_of_databases(folder)


def hash_of_file(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes_in(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of every file in a folder, by its path within the folder."""
    return {path.relative_to(folder).as_posix(): hash_of_file(path) for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in within)
        if path.is_file() and not hidden:
            yield path
