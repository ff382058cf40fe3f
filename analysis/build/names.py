"""Names of reports: a dataset's own, and never that of anything else."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.manifest import FILE, read_manifest
from analysis.build.project import AUDIT, COMPARE, FAILED, INDEX, SENSITIVITY, Project
from analysis.cohort.folder import ENSEMBLE
from analysis.study.printed import plain

LISTING, ABOUT = "index.html", "README.md"
_ELSEWHERE = "sha256:"
# A value that is written so has no sign that a name needs for itself: what differs, differs there.
_AS_IT_IS = re.compile(r"[a-z0-9]+(?:[. ][a-z0-9]+)*")
# Other words are shown without their signs; an expression, which may say whom it is about, is not.
_WORDS = re.compile(r"[\w .-]+")
# A longer name than this is cut; it and all others end in a part of the SHA-256 of what they mean.
_LONGEST = 60


def report_name(folder: Path, only: str = "", changes: Mapping[str, Any] | None = None) -> str:
    """Give the name of the report of a dataset, of one page of it, or of a variant of either.

    `changes` are the parameters in which a variant differs from the base. Those of two variants
    give two names.

    >>> report_name(Path("data/synthetic")), report_name(Path("data/ours"), "04_survival")
    ('synthetic', 'ours-04_survival')
    >>> report_name(Path("data/ours"), "", {"penalty": 8.0, "time_zero": "second treatment"})
    'ours-penalty_8+time_zero_second-treatment'

    Raises
    ------
    BuildError
        When the folder has a name that would hide the report, or mix it with others, on any
        system: some take capitals, and ways to write an accent, for the same.
    """
    # Members of the ensemble have numbers for names.
    name = dataset_name(folder).replace("/", "-")
    folded = _plain(name)
    taken = {_plain(each) for each in (FAILED, LISTING, ABOUT)}
    if not name or folded in taken or folded.startswith((".", AUDIT, COMPARE, SENSITIVITY)):
        raise BuildError(
            f"A dataset cannot be called '{name}': give its folder another name.", REFUSED
        )
    return "-".join(part for part in (name, only, _of_changes(changes or {})) if part)


def _of_changes(changes: Mapping[str, Any]) -> str:
    """Give a name for changed parameters that every system takes for a file's.

    >>> _of_changes({"landmark_months": 3, "ci_type": "plain"})
    'ci_type_plain+landmark_months_3'
    >>> _of_changes({"population": "sex == 'male'"})
    'population-3ef808e7'
    """
    written = {name: _written(value) for name, value in sorted(changes.items())}
    name = "+".join("_".join(filter(None, (n, _worded(t)))) for n, t in written.items())
    if len(name) <= _LONGEST and all(_AS_IT_IS.fullmatch(text) for text in written.values()):
        return name
    digest = hashlib.sha256(json.dumps(written).encode()).hexdigest()[:8]
    return f"{name[:_LONGEST].rstrip('-._+')}-{digest}"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return plain(value)
    return json.dumps(value) if isinstance(value, list) else str(value)


def _worded(text: str) -> str:
    if not _WORDS.fullmatch(text):
        return ""
    ascii_ = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9.]+", "-", ascii_).strip("-.")


def dataset_name(folder: Path) -> str:
    """Give the name by which people ask for a dataset: `synthetic`, `ensemble/7`."""
    return f"{ENSEMBLE.name}/{folder.name}" if folder.parent == ENSEMBLE else folder.name


def place_of(project: Project, source: Path) -> str:
    """Give what tells a dataset, or a ledger, from others of its name.

    Within the project that is its path, which stays when the project is moved. Of a path elsewhere
    it is a part of the SHA-256: a report must not say where on a machine patients are kept.
    """
    path = source.resolve()
    if path.is_relative_to(project.root):
        return path.relative_to(project.root).as_posix()
    return _ELSEWHERE + hashlib.sha256(_plain(str(path)).encode()).hexdigest()[:16]


def refuse_what_is_of_another(project: Project, name: str, source: Path) -> None:
    """Refuse to replace what is no report, or one that was made from another folder of this name.

    Raises
    ------
    BuildError
        When building the report `name` from `source` would do so.
    """
    report = project.report(name)
    if not report.is_dir():
        if report.exists() or report.is_symlink():
            raise BuildError(
                f"A dataset cannot be called '{name}': {project.shown(report)} is no report.",
                REFUSED,
            )
        return
    # A report whose manifest was lost is one still, and is built anew.
    looks = (FILE, f"{INDEX}.html", "notebooks")
    if any(report.iterdir()) and not any((report / each).exists() for each in looks):
        raise BuildError(
            f"{project.shown(report)}/ is no report, and is not replaced by one: "
            "give it, or the folder of the dataset, another name.",
            REFUSED,
        )
    last = read_manifest(report)
    if last is None or _is_same(project, last.place, source):
        return
    raise BuildError(
        f"{project.shown(report)}/ is of another folder with the name {source.name}"
        f"{'' if last.place.startswith(_ELSEWHERE) else f' ({last.place})'}: "
        "give this one another name, or remove that report.",
        REFUSED,
    )


def _is_same(project: Project, place: str, source: Path) -> bool:
    if place.startswith(_ELSEWHERE):
        return place == place_of(project, source)
    there = project.root / place
    # What is not there any more was moved. Where the system takes capitals for the same, names do
    # not tell.
    return not there.exists() or there.samefile(source)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
