"""What a report is to be made of, and which pages of it are stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.imports import DATA_OF_PACKAGE, PACKAGE, Imports
from analysis.build.inputs import (
    LOCK,
    Inputs,
    Source,
    hash_of_file,
    hashes_in,
    hashes_of,
    hashes_of_dataset,
)
from analysis.build.manifest import FILE, TOGETHER, Manifest, python_version, read_manifest
from analysis.build.project import INDEX, Project
from analysis.build.staleness import page_should_be_rebuilt

JOINED = "estimates.parquet"
PYTHON = "Python"
VERSION = "pyproject.toml"
# Where the files of the project that a notebook is computed by are.
WITHIN = (f"{PACKAGE}/", *(f"{folder}/" for folder in DATA_OF_PACKAGE.values()))
RENDERING = "import analysis.display.html"


@dataclass(frozen=True)
class Plan:
    """The pages of a report, what each is made from, and why some are stale.

    Attributes
    ----------
    sources
        Notebooks in the order in which they are run; those that read the estimates come last.
    inputs
        What each page is made from; of those that read the estimates, all but these.
    changed
        Parameters of the whole report that differ from the article's.
    last
        Manifest of the report that is there, None without one.
    present
        SHA-256 of the files of that report.
    reasons
        Why a page is stale, by its name; pages that are up to date are not named.
    only
        The one notebook that the report shows; empty when it shows all.
    """

    sources: tuple[Source, ...]
    inputs: Mapping[str, Inputs]
    changed: Mapping[str, Any]
    last: Manifest | None
    present: Mapping[str, str]
    reasons: Mapping[str, str]
    only: str = ""


def plan_report(
    project: Project, folder: Path, changed: Mapping[str, Any], report: Path, only: str = ""
) -> Plan:
    """Compare a report with what it would be made from now.

    `folder` is that of the dataset, `changed` the parameters that differ from the article's,
    `report` the folder of the report, `only` the one notebook that it shows, if not all.
    """
    names = [only] if only else [*project.analyses(), INDEX]
    imports = Imports(project.root)
    sources = [Source(project, project.notebook(name), imports) for name in names]
    sources.sort(key=lambda source: source.reads_estimates)
    shared = {
        **hashes_of_dataset(folder),
        LOCK: hash_of_file(project.root / LOCK),
        PYTHON: python_version(),
    }
    last = read_manifest(report)
    inputs = {
        source.name: Inputs(
            files={**_files_of(project.root, source, last), **shared},
            parameters=source.given(changed),
        )
        for source in sources
    }
    inputs[TOGETHER] = Inputs(
        files={
            **hashes_of(project.root, imports.files_behind(RENDERING)),
            **shared,
            VERSION: hash_of_file(project.root / VERSION),
        },
        parameters=dict(changed),
    )
    present = {path: hash_ for path, hash_ in hashes_in(report).items() if path != FILE}
    reasons: dict[str, str] = {}
    for source in sources:
        needed = inputs[source.name]
        if source.reads_estimates and not only:
            # Those that read no estimates come first.
            if any(not earlier.reads_estimates for earlier in sources if earlier.name in reasons):
                reasons[source.name] = f"it reads the estimates of {next(iter(reasons))}"
                continue
            needed = with_estimates(needed, present)
        if reason := page_should_be_rebuilt(last, source.name, needed, present):
            reasons[source.name] = reason
    if reason := page_should_be_rebuilt(last, TOGETHER, inputs[TOGETHER], present):
        reasons[TOGETHER] = reason
    elif last is not None and (extra := sorted(present.keys() - last.outputs.keys())):
        reasons[TOGETHER] = f"in the report, {extra[0]} is new"
    return Plan(tuple(sources), inputs, changed, last, present, reasons, only)


def with_estimates(inputs: Inputs, outputs: Mapping[str, str]) -> Inputs:
    """Add the joined estimates of a report to what a page is made from."""
    return Inputs(
        files={**inputs.files, JOINED: outputs.get(JOINED, "")}, parameters=inputs.parameters
    )


def known_notebook(project: Project, name: str) -> str:
    """Give the full name of a notebook from its name without the number.

    Raises
    ------
    BuildError
        When there is no such notebook, with those that there are.
    """
    names = [*project.analyses(), INDEX]
    for full in names:
        if name in (full, full.partition("_")[2]):
            return full
    there = ", ".join(full.partition("_")[2] or full for full in names)
    raise BuildError(f"There is no notebook '{name}'. There are: {there}.", REFUSED)


def _files_of(root: Path, source: Source, last: Manifest | None) -> dict[str, str]:
    """Give the SHA-256 of a notebook and of the files of the project that it is computed by."""
    own = {f"notebooks/{source.name}.ipynb": source.hash()}
    if last is not None and source.name in last.made:
        names = [name for name in last.made[source.name].inputs if name.startswith(WITHIN)]
        paths = [root / name for name in names]
        before = {name: last.inputs[name] for name in (*own, *names)}
        # What it imports is other than it was only if one of these files is.
        if all(path.is_file() for path in paths):
            now = {**own, **hashes_of(root, paths)}
            if now == before:
                return now
    return {**own, **hashes_of(root, source.behind)}
