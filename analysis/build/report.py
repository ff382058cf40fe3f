"""Build the report of a dataset: check, execute, join, show, put in place."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.inputs import hashes_in, read_inputs
from analysis.build.manifest import FILE, Manifest, read_manifest, write_manifest
from analysis.build.project import AUDIT, FAILED, INDEX, Project
from analysis.build.staging import clear_away, staged
from analysis.build.staleness import report_should_be_rebuilt
from analysis.cohort.model import Cohort
from analysis.cohort.read import dataset_folder, load
from analysis.display.templates import Listed, listing
from analysis.parameters import Parameters


def build_report(
    project: Project, dataset: str, changed: Mapping[str, Any], workers: int = 2
) -> str | None:
    """Build the report of a dataset if it is not up to date, and give the reason, or None.

    `dataset` is a name in `data/` or a path; `changed` are the parameters that differ from the
    article's; `workers` is the number of notebooks that run at a time.

    Raises
    ------
    analysis.cohort.read.DatasetFaults
        With all that is wrong with the dataset; nothing has been run.
    BuildError
        When a notebook failed or nothing could be run. The last report is as it was.
    """
    folder = dataset_folder(dataset).resolve()
    name = folder.name
    if not name or name == FAILED or name.startswith((".", AUDIT)):
        raise BuildError(
            f"A dataset cannot be called '{name}': give its folder another name.", REFUSED
        )
    clear_away(project.reports)

    inputs = read_inputs(project, folder, changed)
    present = {
        path: hash_ for path, hash_ in hashes_in(project.report(name)).items() if path != FILE
    }
    reason = report_should_be_rebuilt(read_manifest(project.report(name)), inputs, present)
    if reason is None:
        write_listing(project)
        return None

    # Jupyter takes seconds to import, which a report that is up to date need not wait for.
    from analysis.build.execution import execute_notebooks

    cohort = load(dataset, Parameters(**changed))
    pages = (INDEX, *project.analyses())
    with staged(project.reports, name) as staging:
        location = name if folder.parent == project.root / "data" else str(folder)
        execute_notebooks(project, staging, name, location, changed, workers)
        _show_all(project, staging, cohort, pages, changed)
        manifest = Manifest(
            dataset=cohort.title,
            notice=cohort.notice,
            pages=pages,
            inputs=inputs,
            outputs=hashes_in(staging),
        )
        write_manifest(staging, manifest)
    forget_failures(project, name)
    write_listing(project)
    return reason


def forget_failures(project: Project, name: str) -> None:
    """Remove the notebooks of a report that were kept because they had failed."""
    failed = project.reports / FAILED
    shutil.rmtree(failed / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        failed.rmdir()


def write_listing(project: Project) -> None:
    """Write `reports/index.html`, the list of the reports that are there."""
    reports: list[Listed] = []
    audits: list[Listed] = []
    for path in sorted(project.reports.glob(f"[!.]*/{FILE}")):
        if manifest := read_manifest(path.parent):
            kind = audits if path.parent.name.startswith(AUDIT) else reports
            kind.append(
                Listed(
                    folder=path.parent.name,
                    dataset=manifest.dataset,
                    notice=manifest.notice,
                    pages=manifest.pages,
                    changed=manifest.inputs.parameters,
                )
            )
    page = listing(reports, project.version(), audits)
    target = project.reports / "index.html"
    part = target.with_name(".index.html")
    part.write_text(page, encoding="utf-8", newline="\n")
    part.replace(target)


def _show_all(
    project: Project,
    staging: Path,
    cohort: Cohort,
    pages: tuple[str, ...],
    changed: Mapping[str, Any],
) -> None:
    import nbformat

    from analysis.display.html import Report, to_html

    report = Report(
        dataset=cohort.title,
        notice=cohort.notice,
        pages=pages,
        changed=changed,
        version=project.version(),
    )
    for name in pages:
        notebook = nbformat.read(staging / "notebooks" / f"{name}.ipynb", as_version=4)
        try:
            page = to_html(notebook, name, report)
        except ValueError as error:
            raise BuildError(f"{name}: {error}") from None
        (staging / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
