"""Make documents of a report that is up to date: Word, PDF, a workbook, one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.assembly import How
from analysis.build.errors import BuildError
from analysis.build.manifest import Manifest, read_manifest
from analysis.build.names import report_name
from analysis.build.project import Project
from analysis.build.report import build_report
from analysis.study.in_place import clear_away, staged

if TYPE_CHECKING:
    from analysis.display.documents.content import Content

WORD, PDF, WORKBOOK, ONE_FILE = KINDS = ("docx", "pdf", "xlsx", "onefile")


def build_documents(
    project: Project, folder: Path, given: Mapping[str, Any], kind: str, how: How | None = None
) -> list[str]:
    """Build the report of a dataset, if it is stale, and write it as documents of a kind.

    They are put in `documents/<name of the report>/<kind>/`, all or none, instead of those that
    were there. Returns what was written, a line each.

    Raises
    ------
    analysis.study.errors.ReadableError
        As `build_report`; or when a package that makes documents is not installed.
    """
    build_report(project, folder, given, how)
    name = report_name(folder)
    report = project.report(name)
    manifest = read_manifest(report)
    if manifest is None:
        raise BuildError(f"{project.shown(report)}/ has lost its manifest; build it anew.")
    place = project.documents / name
    clear_away(place)
    with staged(place, kind) as staging:
        said = _WRITERS[kind](report, manifest, staging)
    return [f"{project.shown(place / kind / line)}" for line in said]


def _content(report: Path, manifest: Manifest) -> Content:
    from analysis.display.documents.content import content

    return content(report, manifest.pages)


def _word(report: Path, manifest: Manifest, out: Path) -> list[str]:
    from analysis.display.documents import word

    found = _content(report, manifest)
    word.write_report(found, out / "report.docx")
    (out / "tables").mkdir()
    word.write_tables(found, out / "tables")
    return ["report.docx", "tables/"]


def _pdf(report: Path, manifest: Manifest, out: Path) -> list[str]:
    from analysis.display.documents import typeset

    typeset.write_pdf(_content(report, manifest), out / "report.pdf")
    return ["report.pdf"]


def _workbook(report: Path, manifest: Manifest, out: Path) -> list[str]:
    import pandas as pd

    from analysis.display.documents import workbook

    estimates = pd.read_parquet(report / "estimates.parquet")
    workbook.write_workbook(_content(report, manifest), estimates, out / "tables.xlsx")
    return ["tables.xlsx"]


def _one_file(report: Path, manifest: Manifest, out: Path) -> list[str]:
    from analysis.display.documents import onefile

    onefile.write_one_file(report, manifest.pages, out / "report.html")
    return ["report.html"]


_WRITERS: Mapping[str, Callable[[Path, Manifest, Path], list[str]]] = {
    WORD: _word,
    PDF: _pdf,
    WORKBOOK: _workbook,
    ONE_FILE: _one_file,
}
