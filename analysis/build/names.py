"""Names of reports: a dataset's own, and never that of anything else."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

from analysis.build.errors import REFUSED, BuildError
from analysis.build.manifest import FILE, read_manifest
from analysis.build.project import AUDIT, FAILED, INDEX, SENSITIVITY, Project
from analysis.cohort.folder import ENSEMBLE

LISTING, ABOUT = "index.html", "README.md"
_ELSEWHERE = "sha256:"


def report_name(folder: Path, only: str = "") -> str:
    """Give the name of the report of a dataset, or of one page of it.

    >>> report_name(Path("data/synthetic")), report_name(Path("data/ours"), "04_survival")
    ('synthetic', 'ours-04_survival')

    Raises
    ------
    BuildError
        When the folder has a name that would hide the report, or mix it with others, on any
        system: some take capitals, and ways to write an accent, for the same.
    """
    # Members of the ensemble have numbers for names.
    name = dataset_name(folder).replace("/", "-")
    plain = _plain(name)
    taken = {_plain(each) for each in (FAILED, LISTING, ABOUT)}
    if not name or plain in taken or plain.startswith((".", AUDIT, SENSITIVITY)):
        raise BuildError(
            f"A dataset cannot be called '{name}': give its folder another name.", REFUSED
        )
    return f"{name}-{only}" if only else name


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
