"""What a report is to be made of, and which pages of it are stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files
from analysis.build.imports import DATA_OF_PACKAGE, PACKAGE, Imports
from analysis.build.inputs import LOCK, Inputs, Source, hashes_in
from analysis.build.manifest import (
    FILE,
    TOGETHER,
    Manifest,
    code_of,
    python_version,
    read_manifest,
)
from analysis.build.project import INDEX, Project
from analysis.build.staleness import NOT_BUILT, page_should_be_rebuilt

JOINED = "estimates.parquet"
PYTHON = "Python"
COMMIT = "commit"
VERSION = "pyproject.toml"
# Where the files of the project that a notebook is computed by are.
WITHIN = (f"{PACKAGE}/", *(f"{folder}/" for folder in DATA_OF_PACKAGE.values()))
RENDERING = "import analysis.display.html"
# What the commit is of that every page names.
CODE = (PACKAGE, "notebooks", LOCK)
# How notebooks are run, and how what they gave is made a report. What a kernel has imported before
# its notebook begins is an input of the pages that use it.
BUILD = f"{PACKAGE}/build"
RUNNING = "import analysis.build.execution, analysis.build.preload"


@dataclass(frozen=True)
class Run:
    """A notebook, and what it is to be run with.

    Attributes
    ----------
    source
        The notebook.
    given
        Parameters that are other than its own cell has them.
    private, public
        What else it is told, such as the dataset, and what of it its readers see.
    shown
        Name of the page; empty: that of the notebook.
    waits
        Whether it is told the estimates of the others, and so is run after them.
    """

    source: Source
    given: Mapping[str, Any]
    private: Mapping[str, Any]
    public: Mapping[str, Any]
    shown: str = ""
    waits: bool = False

    @property
    def name(self) -> str:
        """The name of the notebook."""
        return self.source.name

    @property
    def page(self) -> str:
        """The name of the page that shows it."""
        return self.shown or self.name


@dataclass(frozen=True)
class Plan:
    """The pages of a report, what each is made from, and why some are stale.

    Attributes
    ----------
    name
        Of the report, its folder in `reports/`.
    kept_from
        Name of the report that pages which are not stale are taken from: this one, or the base of a
        variant that is built for the first time.
    base
        Of a variant, the name of the report that it is one of; else empty.
    runs
        In the order in which they are run; those that read the estimates come last.
    pages
        Names of the pages in the order of reading.
    inputs
        What each notebook is made from, by its name, and under `TOGETHER` what is made of all; of
        those that wait, all but the estimates.
    changed
        Parameters of the whole report that differ from the study's.
    joins
        Whether the estimates of the pages are joined.
    question, facts
        What the choices and the pages follow from: see `asked`.
    files
        What was read to find this, and is to stay as it is until the report is in place.
    last
        Manifest of that report, None without one.
    present
        SHA-256 of its files.
    reasons
        Why a notebook is to be run, or all pages are to be shown anew, by name.
    """

    name: str
    kept_from: str
    base: str
    runs: tuple[Run, ...]
    pages: tuple[str, ...]
    inputs: Mapping[str, Inputs]
    changed: Mapping[str, Any]
    joins: bool
    question: str
    facts: frozenset[str]
    files: Files
    last: Manifest | None
    present: Mapping[str, str]
    reasons: Mapping[str, str]

    @property
    def stale(self) -> list[Run]:
        """The notebooks that are to be run."""
        return [run for run in self.runs if run.name in self.reasons]


def plan(
    project: Project,
    name: str,
    runs: Sequence[Run],
    imports: Imports,
    files: Files,
    read: Mapping[str, str],
    changed: Mapping[str, Any],
    *,
    pages: Sequence[str] = (INDEX,),
    joins: bool = False,
    question: str = "",
    facts: frozenset[str] = frozenset(),
    base: str = "",
) -> Plan:
    """Compare a report with what it would be made from now.

    `read` are the SHA-256 of what every notebook reads, by a name for people; `base` is the name of
    the report without what was given; the rest is as in `Plan`.
    """
    runs = sorted(runs, key=lambda run: run.waits)
    kept_from, last = name, read_manifest(project.report(name))
    is_new = last is None
    if is_new and base:
        kept_from, last = base, read_manifest(project.report(base))
    root = project.root
    shared = {**read, LOCK: files.hash(root / LOCK), PYTHON: python_version()}
    running = files.hashes(root, imports.files_behind(RUNNING, within=BUILD))
    inputs = {
        run.name: Inputs(
            files={**_files_of(root, run.source, last, files), **running, **shared},
            parameters=dict(run.given),
        )
        for run in runs
    }
    together = {
        *imports.files_behind(RENDERING),
        *(root / BUILD).glob("*.py"),
        root / VERSION,
    }
    inputs[TOGETHER] = Inputs(
        files={
            **files.hashes(root, sorted(together)),
            **shared,
            COMMIT: code_of(root, CODE),
        },
        parameters=dict(changed),
    )
    there = hashes_in(project.report(kept_from))
    present = {path: hash_ for path, hash_ in there.items() if path != FILE}
    reasons = _reasons(runs, tuple(pages), inputs, last, present)
    if is_new:
        reasons.setdefault(TOGETHER, NOT_BUILT)
    return Plan(
        name=name,
        kept_from=kept_from,
        base=base if base != name else "",
        runs=tuple(runs),
        pages=tuple(pages),
        inputs=inputs,
        changed=changed,
        joins=joins,
        question=question,
        facts=facts,
        files=files,
        last=last,
        present=present,
        reasons=reasons,
    )


def _reasons(
    runs: Sequence[Run],
    pages: tuple[str, ...],
    inputs: Mapping[str, Inputs],
    last: Manifest | None,
    present: Mapping[str, str],
) -> dict[str, str]:
    reasons: dict[str, str] = {}
    other_pages = _other_pages(last, pages)
    for run in runs:
        needed = inputs[run.name]
        if run.waits:
            # Those that do not wait come first.
            if any(not earlier.waits for earlier in runs if earlier.name in reasons):
                reasons[run.name] = f"it reads the estimates of {next(iter(reasons))}"
                continue
            if other_pages:
                reasons[run.name] = f"it reads the estimates, and {other_pages}"
                continue
            needed = with_estimates(needed, present)
        if reason := page_should_be_rebuilt(last, run.name, needed, present):
            reasons[run.name] = reason
    if reason := page_should_be_rebuilt(last, TOGETHER, inputs[TOGETHER], present):
        reasons[TOGETHER] = reason
    elif other_pages:
        reasons[TOGETHER] = other_pages
    elif last is not None and (extra := sorted(present.keys() - last.outputs.keys())):
        reasons[TOGETHER] = f"in the report, {extra[0]} is new"
    return reasons


def _other_pages(last: Manifest | None, pages: tuple[str, ...]) -> str:
    """Say which page a report has more or less than the last time; empty if none."""
    if last is None or last.pages == pages:
        return ""
    lines = [
        *(f"{page} is a page now" for page in pages if page not in last.pages),
        *(f"{page} is no page any more" for page in last.pages if page not in pages),
    ]
    return next(iter(lines), "the order of the pages is another")


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


def _files_of(root: Path, source: Source, last: Manifest | None, files: Files) -> dict[str, str]:
    """Give the SHA-256 of a notebook and of the files of the project that it is computed by."""
    own = {f"notebooks/{source.name}.ipynb": source.hash()}
    if last is not None and source.name in last.made:
        names = [name for name in last.made[source.name].inputs if name.startswith(WITHIN)]
        paths = [root / name for name in names]
        before = {name: last.inputs[name] for name in (*own, *names)}
        # What it imports is other than it was only if one of these files is.
        if all(path.is_file() for path in paths):
            now = {**own, **files.hashes(root, paths)}
            if now == before:
                return now
    return {**own, **files.hashes(root, source.behind)}
