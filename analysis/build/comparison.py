"""Build the page of two reports side by side, and the reports themselves where they are stale."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.build.assembly import How, Subject, build
from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files
from analysis.build.imports import Imports
from analysis.build.inputs import (
    CONCLUSIONS_FILES,
    ENSEMBLE_FILES,
    Source,
    hash_of_json,
    hashes_of_dataset,
    hashes_of_ensemble,
)
from analysis.build.manifest import Manifest, read_manifest
from analysis.build.names import dataset_name, place_of, refuse_what_is_of_another, report_name
from analysis.build.plan import JOINED, Run, plan
from analysis.build.project import COMPARE, COMPARE_NOTEBOOK, INDEX, Project
from analysis.build.report import Done, build_report, name_of
from analysis.study.in_place import clear_away

_LONGEST = 120


@dataclass(frozen=True)
class Asked:
    """One of two reports as it is asked for: the folder of a dataset, and parameters."""

    folder: Path
    given: Mapping[str, Any]


@dataclass(frozen=True)
class _Side:
    asked: Asked
    report: str
    manifest: Manifest
    called: str


def comparison_name(first: str, second: str, base: str = "") -> str:
    """Give the name of the folder in which two reports are compared.

    `base` is the report that the second is a variant of.

    >>> comparison_name("ours", "ours-ci_type_log", "ours"), comparison_name("ours", "theirs")
    ('compare-ours-ci_type_log', 'compare-ours--theirs')
    """
    name = f"{COMPARE}-{second}" if base == first else f"{COMPARE}-{first}--{second}"
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def build_comparison(project: Project, first: Asked, second: Asked, how: How | None = None) -> Done:
    """Build two reports, if they are stale, and the page that sets them side by side.

    Of a base and its variant the base stands first, whichever is named first. Neither report is
    touched but to bring it up to date.

    Raises
    ------
    analysis.study.errors.ReadableError
        As `build_report`; or when both are the same report.
    """
    names = [name_of(project, each.folder, each.given) for each in (first, second)]
    if names[0] == names[1]:
        raise BuildError(
            f"Both sides are {project.shown(project.report(names[0]))}/. Say what is to differ: "
            'make compare PARAMS="ci_type=log", WITH="ci_type=plain" or WITH_DATASET=another.',
            REFUSED,
        )
    if names[1] == report_name(second.folder) and first.folder == second.folder:
        first, second = second, first
    clear_away(project.reports)
    sides = _called([_built(project, each, how) for each in (first, second)])
    ours, theirs = sides
    name = comparison_name(ours.report, theirs.report, theirs.manifest.base)
    refuse_what_is_of_another(project, name, ours.asked.folder)
    files = Files()
    imports = Imports(project.root, files)
    read = {key: hash_ for side in sides for key, hash_ in _read(project, side, files).items()}
    if ours.manifest.synthetic and "article" in ours.manifest.facts:
        counted = (*ENSEMBLE_FILES, *CONCLUSIONS_FILES)
        read |= hashes_of_ensemble(project.root, files, counted)
    run = Run(
        Source(project, project.notebook(COMPARE_NOTEBOOK), imports),
        {},
        private={
            key: value
            for side, place in zip(sides, ("first", "second"), strict=True)
            for key, value in (
                (place, str(project.report(side.report))),
                (f"{place}_dataset", str(side.asked.folder)),
                (f"{place}_name", side.called),
            )
        },
        public={
            key: value
            for side, place in zip(sides, ("first", "second"), strict=True)
            for key, value in (
                (place, f"../{side.report}"),
                (f"{place}_dataset", dataset_name(side.asked.folder)),
                (f"{place}_name", side.called),
            )
        },
        shown=INDEX,
    )
    # What both have otherwise than the article is said once, of the page.
    common = {
        key: value
        for key, value in ours.manifest.parameters.items()
        if theirs.manifest.parameters.get(key) == value
    }
    planned = plan(project, name, [run], imports, files, read, common)
    place = place_of(project, ours.asked.folder)
    reason = build(project, planned, lambda: _subject(sides), place, how)
    return Done(name, reason)


def _built(project: Project, asked: Asked, how: How | None) -> _Side:
    name = build_report(project, asked.folder, asked.given, how).name
    manifest = read_manifest(project.report(name))
    if manifest is None:
        raise BuildError(f"{project.shown(project.report(name))}/ has lost its manifest.")
    return _Side(asked, name, manifest, "")


def _called(found: Sequence[_Side]) -> tuple[_Side, _Side]:
    """Give each side the name by which the page calls it."""
    first, second = found
    if first.asked.folder != second.asked.folder:
        names = [dataset_name(side.asked.folder) for side in found]
    elif second.manifest.base == first.report:
        names = ["base", "variant"]
    else:
        names = ["variant A", "variant B"]
    if names[0] == names[1]:
        names = [f"{name} {letter}" for name, letter in zip(names, "AB", strict=True)]
    ours, theirs = (
        _Side(side.asked, side.report, side.manifest, name)
        for side, name in zip(found, names, strict=True)
    )
    return ours, theirs


def _read(project: Project, side: _Side, files: Files) -> dict[str, str]:
    """Give the SHA-256 of what the page reads of one report, by a name for people."""
    own = hashes_of_dataset(side.asked.folder, files)
    return {
        f"{side.report}/{JOINED}": files.hash(project.report(side.report) / JOINED),
        f"{side.report}/parameters": hash_of_json(side.manifest.parameters),
        **{f"{side.report}/{key}": hash_ for key, hash_ in own.items()},
    }


def _subject(sides: Sequence[_Side]) -> Subject:
    first, second = (side.manifest for side in sides)
    if sides[0].asked.folder == sides[1].asked.folder:
        said = [side.manifest.variant for side in sides if side.manifest.variant]
        dataset = f"Side by side: {first.dataset}, {'; '.join(said)}"
        notice = first.notice
    else:
        dataset = f"Side by side: {first.dataset}, and {second.dataset}"
        notice = " ".join(dict.fromkeys(_notice(side.manifest) for side in sides))
    own = first.own and second.own
    return Subject(
        dataset=dataset,
        notice=notice,
        title=first.title if own or first.title == second.title else "Two reports side by side",
        subtitle=first.subtitle if first.subtitle == second.subtitle else "",
        own=own,
        synthetic=first.synthetic and second.synthetic,
    )


def _notice(manifest: Manifest) -> str:
    said = manifest.notice
    if manifest.synthetic and "synthetic" not in said.lower():
        said = f"Synthetic: no real patient is in it. {said}".strip()
    return f"{manifest.dataset}: {said}" if said else ""
