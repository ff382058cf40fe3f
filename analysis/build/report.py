"""Build the report of a dataset: check, execute what is stale, join, show, put in place."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.imports import modules_in
from analysis.build.inputs import LOCK, hashes_in
from analysis.build.manifest import (
    FILE,
    TOGETHER,
    Manifest,
    commit_of,
    python_version,
    read_manifest,
    versions_of,
    write_manifest,
)
from analysis.build.plan import Plan, plan_report
from analysis.build.project import AUDIT, FAILED, INDEX, SENSITIVITY, Project
from analysis.build.staging import clear_away, staged

if TYPE_CHECKING:
    from analysis.build.kernels import Kernels


@dataclass(frozen=True)
class How:
    """How notebooks are run, which changes nothing in what they give.

    `workers` is the number of notebooks at a time, None for one a core and one more; without `warm`
    each kernel imports its libraries itself.
    """

    workers: int | None = None
    warm: bool = True

    def at_a_time(self) -> int:
        """Give the number of notebooks that run at a time."""
        # While one kernel starts or ends, which is mostly waiting, another can compute.
        return self.workers or (os.cpu_count() or 1) + 1


def report_name(folder: Path, only: str = "") -> str:
    """Give the name of the report of a dataset, or of one page of it.

    Raises
    ------
    BuildError
        When the folder has a name that would hide the report, or mix it with others.
    """
    name = folder.name
    if not name or name == FAILED or name.startswith((".", AUDIT, SENSITIVITY)):
        raise BuildError(
            f"A dataset cannot be called '{name}': give its folder another name.", REFUSED
        )
    return f"{name}-{only}" if only else name


def build_report(
    project: Project,
    folder: Path,
    changed: Mapping[str, Any],
    how: How | None = None,
    only: str = "",
) -> str | None:
    """Bring the report of a dataset up to date, and give the reason, or None if it is.

    `folder` is that of the dataset; `changed` are the parameters that differ from the article's;
    `only` is the one notebook to show, in a report of its own, if not all.

    Raises
    ------
    analysis.cohort.faults.DatasetFaults
        With all that is wrong with the dataset; nothing has been run.
    BuildError
        When a notebook failed or nothing could be run. The last report is as it was.
    """
    how = how or How()
    name = report_name(folder, only)
    clear_away(project.reports)
    plan = plan_report(project, folder, changed, project.report(name), only)
    if not plan.reasons:
        write_listing(project)
        return None

    # The process that kernels are forked from imports the libraries while this one checks the
    # dataset; a report that is up to date need wait for neither.
    with _kernels(project, plan, how) as kernels:
        from analysis.build.pages import Pages
        from analysis.cohort.read import load
        from analysis.display.html import Report
        from analysis.study.parameters import Parameters

        cohort = load(folder, Parameters(**changed))
        header = Report(
            dataset=cohort.title,
            notice=cohort.notice,
            pages=(only,) if only else (INDEX, *project.analyses()),
            changed=changed,
            version=project.version(),
        )
        with staged(project.reports, name) as staging:
            pages = Pages(project, plan, name, staging, header, folder)
            made = pages.make(kernels, how.at_a_time())
            inputs = dict(plan.inputs) | {s.name: pages.inputs(s) for s in plan.sources}
            manifest = Manifest(
                dataset=cohort.title,
                notice=cohort.notice,
                pages=header.pages,
                parameters=dict(changed),
                commit=commit_of(project.root),
                python=python_version(),
                packages=versions_of(project.root / LOCK),
                made=made,
                inputs={k: v for part in inputs.values() for k, v in part.files.items()},
                outputs=hashes_in(staging),
            )
            write_manifest(staging, manifest)
    forget_failures(project, name)
    write_listing(project)
    return summary_of(plan)


def _kernels(project: Project, plan: Plan, how: How) -> Kernels:
    from analysis.build.kernels import Kernels

    stale = [source for source in plan.sources if source.name in plan.reasons]
    behind = {path for source in stale for path in source.behind}
    return Kernels(
        project.root,
        project.notebooks,
        forked=how.warm and bool(stale),
        modules=modules_in(project.root, sorted(behind)),
    )


def summary_of(plan: Plan) -> str:
    """Say in one line why a report is built: the first reason, and how many pages it is about."""
    stale = [name for name in plan.reasons if name != TOGETHER]
    reason = next(iter(plan.reasons.values()))
    return f"{reason}; {len(stale)} of {len(plan.sources)} pages run"


def forget_failures(project: Project, name: str) -> None:
    """Remove the notebooks of a report that were kept because they had failed."""
    failed = project.reports / FAILED
    shutil.rmtree(failed / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        failed.rmdir()


def write_listing(project: Project) -> None:
    """Write `reports/index.html`, the list of the reports that are there, if it changed."""
    from analysis.display.templates import Listed, listing

    reports: list[Listed] = []
    audits: list[Listed] = []
    sensitivity: list[Listed] = []
    kinds = {AUDIT: audits, SENSITIVITY: sensitivity}
    for path in sorted(project.reports.glob(f"[!.]*/{FILE}")):
        if manifest := read_manifest(path.parent):
            kind = kinds.get(path.parent.name.partition("-")[0], reports)
            kind.append(
                Listed(
                    folder=path.parent.name,
                    dataset=manifest.dataset,
                    notice=manifest.notice,
                    pages=manifest.pages,
                    changed=manifest.parameters,
                )
            )
    page = listing(reports, project.version(), audits, sensitivity)
    target = project.reports / "index.html"
    if target.is_file() and target.read_text(encoding="utf-8") == page:
        return
    part = target.with_name(".index.html")
    part.write_text(page, encoding="utf-8", newline="\n")
    part.replace(target)
