"""From a plan of pages to a folder in place: the one way in which any report is built."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.build.errors import BuildError
from analysis.build.guard import GUARD
from analysis.build.imports import modules_in
from analysis.build.inputs import LOCK, hashes_in
from analysis.build.listing import write_listing
from analysis.build.manifest import (
    TOGETHER,
    Manifest,
    commit_of,
    python_version,
    versions_of,
    write_manifest,
)
from analysis.build.plan import COMMIT, Plan
from analysis.build.project import FAILED, Project
from analysis.build.retold import runs_anything
from analysis.build.staleness import NOT_BUILT, different_parameters
from analysis.study.in_place import staged

if TYPE_CHECKING:
    from analysis.build.kernels import Kernels
    from analysis.study.credit import Credit


@dataclass(frozen=True)
class How:
    """How notebooks are run, which changes nothing in what they give.

    `workers` is the number of notebooks at a time, None for one a core and one more; without `warm`
    each kernel imports its libraries itself. The page `first` is made before the others, and
    `done` is called with each page when it is made, and where it is until all are.
    """

    workers: int | None = None
    warm: bool = True
    first: str = ""
    done: Callable[[str, Path], None] = lambda page, path: None

    def at_a_time(self) -> int:
        """Give the number of notebooks that run at a time."""
        # While one kernel starts or ends, which is mostly waiting, another can compute.
        return self.workers or (os.cpu_count() or 1) + 1


@dataclass(frozen=True)
class Subject:
    """What a report is about, as every page says it.

    Attributes
    ----------
    dataset, notice
        The title of the dataset, or of what else the pages are made from, and a line on it.
    title, subtitle
        Of the study.
    own
        Whether it is about the article that the project's study is of.
    synthetic
        Whether no real patient is in it.
    credit
        How that article is named; None without one.
    hidden
        Parameters that notebooks set and these pages have no use for.
    until
        Until which day the data are known, as a sentence; empty where it is of no dataset.
    variant
        What is other than in the base, in words; empty for a base.
    """

    dataset: str
    notice: str
    title: str
    subtitle: str
    own: bool
    synthetic: bool = False
    credit: Credit | None = None
    hidden: frozenset[str] = frozenset()
    until: str = ""
    variant: str = ""


def build(
    project: Project,
    plan: Plan,
    look: Callable[[], Subject],
    place: str,
    how: How | None = None,
) -> str | None:
    """Build what a plan finds stale and put it in place; give the reason, or None if nothing is.

    `look` says what the report is about. It may take its time, in which the process that kernels
    are forked from imports the libraries, and it may refuse to go on. `place` is `names.place_of`
    what the report is made from.

    Raises
    ------
    BuildError
        When a notebook failed, nothing could be run, or what the report is made from did not stay
        as it was. The last report is as it was.
    """
    how = how or How()
    if not plan.reasons:
        _remember(project, plan)
        write_listing(project)
        return None
    runs = runs_anything(plan, project.report(plan.kept_from))
    with _kernels(project, plan, how.warm and runs) as kernels:
        from analysis.build.pages import Pages
        from analysis.display.html import Report

        subject = look()
        header = Report(
            dataset=subject.dataset,
            notice=subject.notice,
            pages=plan.pages,
            changed=plan.changed,
            version=project.version(),
            own=subject.own,
            title=subject.title,
            subtitle=subject.subtitle,
            synthetic=subject.synthetic,
            credit=subject.credit,
            hidden=subject.hidden,
            until=subject.until,
            code=plan.inputs[TOGETHER].files[COMMIT],
        )
        with staged(project.reports, plan.name) as staging:
            GUARD.folder(staging)
            pages = Pages(project, plan, staging, header, how)
            try:
                made = pages.make(kernels)
            except BuildError:
                # A notebook may have failed of what it found changed.
                refuse_what_changed(project, plan)
                raise
            inputs = [*(pages.inputs(run) for run in plan.runs), plan.inputs[TOGETHER]]
            manifest = Manifest(
                dataset=subject.dataset,
                notice=subject.notice,
                title=subject.title,
                subtitle=subject.subtitle,
                own=subject.own,
                synthetic=subject.synthetic,
                credit=None if subject.credit is None else asdict(subject.credit),
                until=subject.until,
                place=place,
                pages=plan.pages,
                parameters=dict(plan.changed),
                question=plan.question,
                facts=tuple(sorted(plan.facts)),
                commit=commit_of(project.root),
                python=python_version(),
                packages=versions_of(project.root / LOCK),
                made=made,
                inputs={name: hash_ for part in inputs for name, hash_ in part.files.items()},
                outputs=hashes_in(staging),
                base=plan.base,
                variant=subject.variant,
            )
            write_manifest(staging, manifest)
            refuse_what_changed(project, plan)
    _forget_failures(project, plan.name)
    write_listing(project)
    return summary_of(plan, pages.ran, pages.told)


def refuse_what_changed(project: Project, plan: Plan) -> None:
    """Refuse a report of which one part may be made from other files than another.

    Raises
    ------
    BuildError
        With the files that changed while it was built.
    """
    if changed := plan.files.changed(project.shown):
        listed = "\n".join(f"  - {name}" for name in changed)
        raise BuildError(
            "Inputs changed while the report was built, if only for a moment:\n"
            f"{listed}\nThe last report is as it was; build again when nothing is at work on them."
        )


def _kernels(project: Project, plan: Plan, forked: bool) -> Kernels:
    from analysis.build.kernels import Kernels

    imported = {path for run in plan.stale for path in run.source.imported}
    return Kernels(
        project.root,
        project.notebooks,
        forked=forked,
        modules=[*modules_in(project.root, sorted(imported)), *project.ahead],
        dataset=next((run.private.get("dataset", "") for run in plan.stale), ""),
    )


def _remember(project: Project, plan: Plan) -> None:
    """Keep the question beside a report that is up to date, if another was asked the last time."""
    if plan.last is None or plan.last.question == plan.question:
        return
    answer = {"question": plan.question, "facts": tuple(sorted(plan.facts))}
    # Where nothing can be written, the question is asked again the next time.
    with contextlib.suppress(OSError):
        write_manifest(project.report(plan.name), plan.last.model_copy(update=answer))


def summary_of(plan: Plan, ran: int, told: int) -> str:
    """Say in one line why a report is built: what was changed, and how many pages it was about.

    So many pages `ran`, and so many were `told` anew without being run.
    """
    reason = next(iter(plan.reasons.values()))
    if plan.last is not None and (
        names := different_parameters(plan.last.parameters, plan.changed)
    ):
        reason = f"{names} changed"
    if reason == NOT_BUILT:
        return f"for the first time, {len(plan.runs)} page{'s' if len(plan.runs) > 1 else ''}"
    if len(plan.runs) == 1:
        return reason
    again = f"{ran} of {len(plan.runs)} pages run"
    return f"{reason}; {again}, {told} told anew" if told else f"{reason}; {again}"


def _forget_failures(project: Project, name: str) -> None:
    """Remove the notebooks of a report that were kept because they had failed."""
    failed = project.reports / FAILED
    shutil.rmtree(failed / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        failed.rmdir()
