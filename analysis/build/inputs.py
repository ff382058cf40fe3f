"""What a report is made from, by content: a date or an output changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.build.manifest import Inputs
from analysis.build.project import AUDIT_NOTEBOOK, INDEX, Project

DATASET_FILES = {".csv", ".parquet", ".yaml"}


def read_inputs(project: Project, dataset: Path, parameters: Mapping[str, object]) -> Inputs:
    """Give the SHA-256 of every file that a report is made from, and its parameters.

    `dataset` is the folder of the dataset, `parameters` those that differ from the article's.
    """
    files = {
        f"notebooks/{name}.ipynb": hash_of_notebook(project.notebook(name))
        for name in [*project.analyses(), INDEX]
    }
    for folder in ("analysis", "data/article"):
        for path in _files(project.root / folder):
            files[path.relative_to(project.root).as_posix()] = hash_of_file(path)
    for path in sorted(dataset.glob("*")):
        if path.suffix in DATASET_FILES and path.is_file():
            files[f"dataset/{path.name}"] = hash_of_file(path)
    files["requirements.lock"] = hash_of_file(project.root / "requirements.lock")
    return Inputs(files=files, parameters=dict(parameters))


def audit_inputs(project: Project, ledger: Path, structure: Path | None) -> Inputs:
    """Give the SHA-256 of every file that an audit is made from."""
    files = {
        f"notebooks/{AUDIT_NOTEBOOK}.ipynb": hash_of_notebook(project.notebook(AUDIT_NOTEBOOK)),
        "ledger": hash_of_file(ledger),
        "requirements.lock": hash_of_file(project.root / "requirements.lock"),
    }
    if structure is not None:
        files["structure"] = hash_of_file(structure)
    for path in _files(project.root / "analysis"):
        files[path.relative_to(project.root).as_posix()] = hash_of_file(path)
    return Inputs(files=files, parameters={})


def hash_of_notebook(path: Path) -> str:
    """Give the SHA-256 of what a notebook computes from: its cells and tags, without outputs."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [
        [cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])]
        for cell in notebook["cells"]
    ]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


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
