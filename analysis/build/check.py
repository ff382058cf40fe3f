"""Hold a report, and what it was made from, to its manifest."""

from __future__ import annotations

from pathlib import Path

from analysis.build.errors import BuildError
from analysis.build.inputs import Source, hash_of_file, hashes_in, hashes_of_sources
from analysis.build.manifest import FILE, differences, python_version, read_manifest
from analysis.build.plan import JOINED, PYTHON
from analysis.build.project import Project

NOTEBOOKS, DATASET, SOURCE = "notebooks/", "dataset/", "source/"


def check_manifest(project: Project, name: str, dataset: Path) -> list[str]:
    """Give what is not as the manifest of a report says, one line each.

    `dataset` is the folder of the dataset that the report is about.

    Raises
    ------
    BuildError
        When there is no report, or its manifest cannot be read.
    """
    report = project.report(name)
    manifest = read_manifest(report)
    if manifest is None:
        raise BuildError(
            f"{project.shown(report)}/ has no {FILE} that can be read; `make` builds it anew."
        )
    outputs = {path: hash_ for path, hash_ in hashes_in(report).items() if path != FILE}
    inputs = {
        path: hash_
        for path in manifest.inputs
        for hash_ in [_hash_now(project, report, dataset, path)]
        if hash_ is not None
    }
    return [
        *(f"input: {line}" for line in differences(manifest.inputs, inputs)),
        *(f"output: {line}" for line in differences(manifest.outputs, outputs)),
    ]


def _hash_now(project: Project, report: Path, dataset: Path, name: str) -> str | None:
    if name == PYTHON:
        return python_version()
    if name.startswith(NOTEBOOKS):
        path = project.notebooks / name.removeprefix(NOTEBOOKS)
        return Source(project, path).hash() if path.is_file() else None
    if name == JOINED:
        path = report / name
    elif name.startswith(DATASET):
        path = dataset / name.removeprefix(DATASET)
    elif name.startswith(SOURCE):
        return hashes_of_sources(dataset).get(name)
    else:
        path = project.root / name
    return hash_of_file(path) if path.is_file() else None
