"""Make documents of a report that is up to date: Word, PDF, a workbook, one HTML file."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.assembly import How
from analysis.build.errors import BuildError
from analysis.build.manifest import Manifest, read_manifest
from analysis.build.project import Project
from analysis.build.report import build_report, name_of
from analysis.study.environment import in_environment
from analysis.study.in_place import clear_away, staged

if TYPE_CHECKING:
    import pandas as pd

    from analysis.display.documents.content import Content

WORD, PDF, WORKBOOK, ONE_FILE, METHODS, CRATE = KINDS = (
    "docx",
    "pdf",
    "xlsx",
    "onefile",
    "methods",
    "crate",
)
FIGURES = "figures"
# Columns of most journals: one, one and a half, two, mm.
WIDTHS = (85.0, 114.0, 174.0)


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
    name = build_report(project, folder, given, how).name
    report = project.report(name)
    manifest = read_manifest(report)
    if manifest is None:
        raise BuildError(f"{project.shown(report)}/ has lost its manifest; build it anew.")
    place = project.documents / name
    clear_away(place)
    with staged(place, kind) as staging:
        said = _WRITERS[kind](Built(project.root, report, manifest, project.version()), staging)
    return [f"{project.shown(place / kind / line)}" for line in said]


@dataclass(frozen=True)
class Built:
    """A report as it was built: folders of project and report, its manifest, this version."""

    root: Path
    folder: Path
    manifest: Manifest
    version: str

    def content(self) -> Content:
        """Give what its pages say."""
        from analysis.display.documents.content import content

        return content(self.folder, self.manifest.pages)

    def estimates(self) -> pd.DataFrame:
        """Give its estimates."""
        import pandas as pd

        return pd.read_parquet(self.folder / "estimates.parquet")


def _word(report: Built, out: Path) -> list[str]:
    from analysis.display.documents import word

    found = report.content()
    word.write_report(found, out / "report.docx")
    (out / "tables").mkdir()
    word.write_tables(found, out / "tables")
    return ["report.docx", "tables/"]


def _pdf(report: Built, out: Path) -> list[str]:
    from analysis.display.documents import typeset

    typeset.write_pdf(report.content(), out / "report.pdf")
    return ["report.pdf"]


def _workbook(report: Built, out: Path) -> list[str]:
    from analysis.display.documents import workbook

    workbook.write_workbook(report.content(), report.estimates(), out / "tables.xlsx")
    return ["tables.xlsx"]


def _one_file(report: Built, out: Path) -> list[str]:
    from analysis.display.documents import onefile

    onefile.write_one_file(report.folder, report.manifest.pages, out / "report.html")
    return ["report.html"]


def _methods(report: Built, out: Path) -> list[str]:
    from analysis.display.documents import methods, word
    from analysis.display.documents.pandoc import converted

    found = report.content()
    about = report.manifest
    made = methods.Made(
        report.version, about.python, about.packages, about.commit, about.parameters
    )
    html = methods.write_up(found, report.estimates(), made)
    converted(html, "gfm", ["--wrap=none"], out / "methods.md")
    word.write_text(html, out / "methods.docx", found.notices)
    return ["methods.md", "methods.docx"]


def _crate(report: Built, out: Path) -> list[str]:
    import json

    from analysis.build.files import hash_of_file
    from analysis.display.documents import crate, standards
    from analysis.study.spreadsheets import write_csv

    about, estimates = report.manifest, report.estimates()
    for path in about.outputs:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(report.folder / path, out / path)
    shutil.copyfile(report.root / crate.WORKFLOW, out / crate.WORKFLOW)
    said = (f"# {about.title or about.dataset}", about.dataset, about.notice, crate.ABOUT)
    (out / crate.README).write_text("\n\n".join(filter(None, said)) + "\n", "utf-8")
    write_csv(standards.ard(estimates), out / "ard.csv")
    tables = [path for path in about.outputs if path.startswith("tables/")]
    event = standards.reporting_event(
        estimates, report.folder.name, about.title or about.dataset, [about.notice], tables
    )
    (out / "ars.json").write_text(json.dumps(event, indent=1, ensure_ascii=False), "utf-8")
    run = crate.Run(
        name=report.folder.name,
        title=about.title or about.dataset,
        description=about.notice or about.dataset,
        version=report.version,
        python=about.python,
        commit=about.commit,
        date=date_of(report.root, about.commit),
        licence="https://spdx.org/licenses/MIT",
        dataset={
            name.removeprefix("dataset/"): digest
            for name, digest in about.inputs.items()
            if name.startswith("dataset/")
        },
        parameters=about.parameters,
    )
    files = {
        path.relative_to(out).as_posix(): (path.stat().st_size, hash_of_file(path))
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }
    graph = json.dumps(crate.metadata(run, files), indent=1, ensure_ascii=False)
    (out / crate.METADATA).write_text(graph + "\n", "utf-8")
    return [crate.METADATA, "ars.json", "ard.csv"]


def build_figures(
    project: Project,
    folder: Path,
    given: Mapping[str, Any],
    widths: Sequence[float],
    style: str,
    how: How | None = None,
) -> list[str]:
    """Draw all figures at some widths, as SVG, PDF, PNG and TIFF, in a style of one's own.

    The notebooks run once more, aside: pages keep the house style, whatever is asked for here.

    Raises
    ------
    analysis.study.errors.ReadableError
        As `build_report`; or when the style file cannot be read.
    """
    from analysis.display import theme

    path = str(Path(style).expanduser().resolve()) if style else ""
    _check_style(path)
    name = name_of(project, folder, given)
    place = project.documents / name
    clear_away(place)
    with staged(place, FIGURES) as staging, tempfile.TemporaryDirectory() as aside:
        asked = {theme.WIDTHS: ",".join(f"{width:g}" for width in widths), theme.STYLE: path}
        with in_environment(asked):
            build_report(replace(project, reports=Path(aside)), folder, given, how)
        for drawn in sorted((Path(aside) / name / "figures").glob("*mm.*")):
            shutil.copyfile(drawn, staging / drawn.name)
        many = len(list(staging.iterdir()))
    return [f"{project.shown(place / FIGURES)}/ ({many} files)"]


def _check_style(path: str) -> None:
    """Refuse a style file that matplotlib cannot read, with what it says, a line each."""
    if not path:
        return
    import matplotlib

    said: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(" ".join(record.getMessage().split()))

    heard, logger = Heard(), logging.getLogger("matplotlib")
    logger.addHandler(heard)
    try:
        matplotlib.rc_params_from_file(path, use_default_template=False)
    except OSError as error:
        raise BuildError(f"{path}: {error.strerror or error}.") from None
    finally:
        logger.removeHandler(heard)
    if said:
        raise BuildError("\n".join([f"{path} is no style file of matplotlib:", *said]))


def date_of(root: Path, commit: str) -> str:
    """Give when a commit was made, in ISO 8601; today where git does not know it."""
    command = ["git", "show", "-s", "--format=%cI", commit or "HEAD"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return datetime.now(UTC).date().isoformat()
    return done.stdout.strip()


_WRITERS: Mapping[str, Callable[[Built, Path], list[str]]] = {
    WORD: _word,
    PDF: _pdf,
    WORKBOOK: _workbook,
    ONE_FILE: _one_file,
    METHODS: _methods,
    CRATE: _crate,
}
