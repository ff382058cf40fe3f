"""What a page is made from, by content: a date or an output changes nothing."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files, hash_of_file
from analysis.build.imports import Imports, all_files
from analysis.build.project import Project
from analysis.cohort.intake.kinds import DATABASES, SUFFIXES

DESCRIPTION = "dataset.yaml"
DATASET_FILES = {".yaml", *SUFFIXES}
# Beside a SQLite database: what was written to it and is not in its own file yet.
WRITE_AHEAD = "-wal"
LOCK = "requirements.lock"
ESTIMATES = "estimates"
# What the pages of synthetic patients read of an ensemble (`analysis.estimates.ensemble`).
ENSEMBLE = "data/ensemble"
ENSEMBLE_FILES = ("ensemble.json", "estimates.parquet", "estimates_multivariable.parquet")
# What the sensitivity page reads beside them (`analysis.sensitivity.cohorts`); that the members are
# those that were counted is seen in their estimates.
CONCLUSIONS_FILES = ("conclusions.json", "conclusions.parquet")


class Inputs(BaseModel):
    """SHA-256 of each file by its name, and the parameters that it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str]
    parameters: dict[str, Any]


class Source:
    """A notebook as it stands: what it computes from, not what it once showed.

    It is read once, and what is run is what was read: JupyterLab writes to an open notebook when
    it likes.

    Attributes
    ----------
    name
        Name of the notebook, such as ``04_survival``.
    shown
        Its path as people type it.
    text
        All of it.
    cell
        The code of its cell tagged `parameters`.
    parameters
        The names that this cell sets.
    hangs_on_all
        Whether its page hangs on every parameter there is, which its cell then need not name: as
        `report: {depends: all}` in the metadata of the notebook says.
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
            self.text = path.read_text(encoding="utf-8")
            notebook = json.loads(self.text)
            self._cells = notebook["cells"]
            code = [cell for cell in self._cells if cell["cell_type"] == "code"]
            self.cell = "\n".join(_text(cell) for cell in code if "parameters" in _tags(cell))
            about = notebook["metadata"].get("report", {})
            needs = about.get("needs", [])
            self.hangs_on_all = about.get("depends") == "all"
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

    @cached_property
    def imported(self) -> list[Path]:
        """The modules of the project that it imports itself; none if only IPython can read it."""
        try:
            return self._imports.imported(self._code)
        except SyntaxError:
            return []

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


def hashes_of_dataset(folder: Path, files: Files) -> dict[str, str]:
    """Give the SHA-256 of the tables of a dataset, of its description and of its sources."""
    own = files.ask(f"the files of {folder.name}", lambda: _files_of_dataset(folder))
    # A program that reads a SQLite database may itself put files beside it.
    if not any(path.suffix.lower() in DATABASES for path in own):
        files.watch(folder)
    found = {f"dataset/{path.name}": files.hash(path) for path in own}
    return found | hashes_of_sources(folder, files)


def hashes_of_sources(folder: Path, files: Files) -> dict[str, str]:
    """Give the SHA-256 of what a dataset is read from outside its folder."""
    description = folder / DESCRIPTION
    if not description.is_file() or "source" not in description.read_text("utf-8", "replace"):
        return {}
    # Only now: what reads a declaration takes longer to import than a report that is up to date.
    from analysis.cohort.written import hashes_of_databases, sources_outside

    def outside() -> dict[str, Path]:
        there = sources_outside(folder)
        return there | {
            f"{name}{WRITE_AHEAD}": each
            for name, path in there.items()
            for each in _write_ahead(path)
        }

    paths = files.ask(f"the sources of {folder.name}", outside)
    databases = files.ask(f"the database of {folder.name}", lambda: hashes_of_databases(folder))
    return {name: files.hash(path) for name, path in paths.items()} | databases


def hashes_of_ensemble(
    root: Path, files: Files, names: Sequence[str] = ENSEMBLE_FILES
) -> dict[str, str]:
    """Give the SHA-256 of the files of the ensemble that pages read.

    A file that is not there has an empty one, so that pages are made again when it has come.
    """
    found = {}
    for name in (f"{ENSEMBLE}/{name}" for name in names):
        there = files.ask(f"whether there is {name}", (root / name).is_file)
        found[name] = files.hash(root / name) if there else ""
    return found


def _files_of_dataset(folder: Path) -> list[Path]:
    return [
        each
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in DATASET_FILES and path.is_file()
        for each in (path, *_write_ahead(path))
    ]


def _write_ahead(database: Path) -> list[Path]:
    beside = database.with_name(database.name + WRITE_AHEAD)
    return [beside] if beside.is_file() and beside.stat().st_size else []


def hashes_in(folder: Path, *, hidden: bool = False) -> dict[str, str]:
    """Give the SHA-256 of every file in a folder, by its path within the folder.

    Hidden files and caches only if `hidden`: file managers and editors put them anywhere.
    """
    return {
        path.relative_to(folder).as_posix(): hash_of_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (hidden or not _is_hidden(path.relative_to(folder)))
    }


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)
