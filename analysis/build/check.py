"""Hold a report, and what it was made from, to its manifest."""

from __future__ import annotations

from pathlib import Path

from analysis.build.errors import BuildError
from analysis.build.files import Files, hash_of_file
from analysis.build.inputs import LOCK, Source, hashes_in, hashes_of_dataset
from analysis.build.listing import listing_of
from analysis.build.manifest import (
    FILE,
    Manifest,
    code_of,
    commit_of,
    differences,
    is_as_written,
    python_version,
    read_manifest,
    versions_of,
)
from analysis.build.plan import CODE, COMMIT, JOINED, PYTHON
from analysis.build.project import INDEX, Project

NOTEBOOKS, DATASET, SOURCE = "notebooks/", "dataset/", "source/"


def check_manifest(project: Project, name: str, dataset: Path, only: str = "") -> list[str]:
    """Give what is not as the manifest of a report says, one line each.

    `dataset` is the folder of the dataset that the report is about, `only` the one page that it
    has, if not all.

    Raises
    ------
    BuildError
        When there is no report, or its manifest cannot be read.
    """
    report, manifest = _of(project, name)
    inputs = {
        path: hash_
        for path in manifest.inputs
        for hash_ in [_hash_now(project, report, path)]
        if hash_ is not None
    }
    inputs |= hashes_of_dataset(dataset, Files())
    if not only:
        inputs |= _new_pages(project, manifest)
    outputs = {
        path: hash_ for path, hash_ in hashes_in(report, hidden=True).items() if path != FILE
    }
    lines = [
        *(f"input: {line}" for line in differences(manifest.inputs, inputs)),
        *(f"package: {line}" for line in _other_versions(project, manifest)),
        *(f"output: {line}" for line in differences(manifest.outputs, outputs)),
    ]
    if not is_as_written(report, manifest):
        lines.append(f"output: {FILE} changed")
    listing = project.reports / f"{INDEX}.html"
    if not listing.is_file() or listing.read_text(encoding="utf-8") != listing_of(project):
        lines.append(f"output: {project.shown(listing)} is not the list of these reports")
    return lines


def other_commit(project: Project, name: str) -> str:
    """Say that the project is at another commit than a report was built at; empty if not.

    That is no fault: what the report is made from is compared by its content.

    Raises
    ------
    BuildError
        When there is no report, or its manifest cannot be read.
    """
    _, manifest = _of(project, name)
    now = commit_of(project.root)
    if manifest.commit == now:
        return ""
    then = f"at commit {manifest.commit}" if manifest.commit else "where no commit was known"
    return f"It was built {then}; the project is at {now or 'no commit that git knows'}."


def _of(project: Project, name: str) -> tuple[Path, Manifest]:
    report = project.report(name)
    manifest = read_manifest(report)
    if manifest is None:
        raise BuildError(
            f"{project.shown(report)}/ has no {FILE} that can be read; `make` builds it anew."
        )
    return report, manifest


def _hash_now(project: Project, report: Path, name: str) -> str | None:
    if name.startswith((DATASET, SOURCE)):
        return None
    if name == PYTHON:
        return python_version()
    if name == COMMIT:
        return code_of(project.root, CODE)
    if name.startswith(NOTEBOOKS):
        path = project.notebooks / name.removeprefix(NOTEBOOKS)
        return Source(project, path).hash() if path.is_file() else None
    path = report / name if name == JOINED else project.root / name
    return hash_of_file(path) if path.is_file() else None


def _new_pages(project: Project, manifest: Manifest) -> dict[str, str]:
    """Give the notebooks that would be pages of a report now, and were none."""
    sources = [Source(project, project.notebook(name)) for name in project.analyses()]
    return {
        f"{NOTEBOOKS}{source.name}.ipynb": source.hash()
        for source in sources
        if source.name not in manifest.made and not source.lacks(manifest.facts)
    }


def _other_versions(project: Project, manifest: Manifest) -> list[str]:
    now = versions_of(project.root / LOCK)
    return [
        f"{name} was {manifest.packages.get(name, 'not there')} and is {now.get(name, 'not there')}"
        for name in sorted(manifest.packages.keys() | now.keys())
        if manifest.packages.get(name) != now.get(name)
    ]
