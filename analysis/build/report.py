"""The report of a dataset: all pages that what it records allows, or one of them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.asked import Asked, answered, question_of, remembered
from analysis.build.assembly import How, Subject, build
from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files
from analysis.build.imports import Imports, modules_in
from analysis.build.inputs import Source, hashes_of_dataset, hashes_of_ensemble
from analysis.build.manifest import read_manifest
from analysis.build.names import dataset_name, place_of, refuse_what_is_of_another, report_name
from analysis.build.plan import Plan, Run, plan
from analysis.build.progress import say
from analysis.build.project import INDEX, Project
from analysis.study.in_place import clear_away

if TYPE_CHECKING:
    from analysis.cohort.model import Cohort
    from analysis.study.parameters import Parameters

ARTICLE = "article"
NOT_FOR_RELEASE = (
    "Not for release: patients are shown one by one. What may leave is made by “make release”."
)


def build_report(
    project: Project,
    folder: Path,
    given: Mapping[str, Any],
    how: How | None = None,
    only: str = "",
) -> str | None:
    """Bring the report of a dataset up to date, and give the reason, or None if it is.

    `folder` is that of the dataset; `given` are parameters as `choices.read_given` reads them;
    `only` is the one notebook to show, in a report of its own, if not all.

    Raises
    ------
    analysis.study.errors.ReadableError
        With all that is wrong with the dataset or what was asked, before anything is run; or when
        a notebook failed. The last report is as it was.
    """
    how = how or How()
    clear_away(project.reports)
    refuse_what_is_of_another(project, report_name(folder, only), folder)
    asked, planned = plan_report(project, folder, given, only, warm=how.warm, tell=say)
    return build(
        project,
        planned,
        lambda: subject_of(project, folder, given, asked),
        place_of(project, folder),
        how,
    )


def plan_report(
    project: Project,
    folder: Path,
    given: Mapping[str, Any],
    only: str = "",
    *,
    warm: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Asked, Plan]:
    """Find what a report is asked for, and compare it with what it would be made from now.

    With `warm`, the process that kernels are forked from is started if the dataset must be read,
    which takes seconds: `tell` is told so.

    Raises
    ------
    analysis.study.errors.ReadableError
        With all that is wrong with the dataset or what was asked.
    """
    name = report_name(folder, only)
    files = Files()
    imports = Imports(project.root, files)
    sources = [Source(project, project.notebook(n), imports) for n in project.with_choices()]
    question = question_of(project, sources, folder, given, files)
    asked = remembered(read_manifest(project.report(name)), question, sources)
    of_report = {*project.analyses(), INDEX}
    candidates = [s for s in sources if (s.name == only if only else s.name in of_report)]
    if asked is None:
        tell(f"Reading {folder.name}, and all libraries")
        if warm:
            _start_imports(project, candidates)
        asked = answered(project, sources, folder, given, question)
    _refuse_what_cannot_be(candidates, asked, folder, only)
    there = [source for source in candidates if not source.lacks(asked.facts)]
    names = [source.name for source in there]
    read = hashes_of_dataset(folder, files)
    if {"article", "synthetic"} <= asked.facts:
        read |= hashes_of_ensemble(project.root, files)
    runs = [
        Run(
            source,
            asked.given[source.name],
            {"dataset": str(folder)},
            {"dataset": dataset_name(folder)},
            waits=source.reads_estimates and not only,
        )
        for source in there
    ]
    return asked, plan(
        project,
        name,
        runs,
        imports,
        files,
        read,
        asked.changed,
        pages=names if only else (INDEX, *(name for name in names if name != INDEX)),
        joins=True,
        question=question,
        facts=asked.facts,
    )


def subject_of(project: Project, folder: Path, given: Mapping[str, Any], asked: Asked) -> Subject:
    """Say what a report is about, from its cohort, which is derived if it has not been."""
    cohort = asked.cohort
    if cohort is None:
        cohort = answered(project, asked.sources, folder, given).cohort
        assert cohort is not None
    return subject(cohort, project.study.parameters)


def subject(cohort: Cohort, written_for: type[Parameters], prefix: str = "") -> Subject:
    """Say what pages on a cohort are about.

    `written_for` are the parameters that notebooks set; `prefix` is put before the title of the
    dataset.
    """
    from analysis.display.format import data_until

    study = cohort.study
    return Subject(
        dataset=f"{prefix}{cohort.title}",
        notice=cohort.notice if cohort.synthetic else f"{NOT_FOR_RELEASE} {cohort.notice}".strip(),
        title=study.title or cohort.title,
        subtitle=study.subtitle,
        own=study.article is not None,
        synthetic=cohort.synthetic,
        credit=study.credit,
        hidden=_without_use(cohort, written_for),
        until=data_until(cohort.data_cutoff),
    )


def _without_use(cohort: Cohort, written_for: type[Parameters]) -> frozenset[str]:
    """Give the parameters that notebooks set and that change nothing of these patients."""
    from analysis.study.parameters import POPULATION, Patients

    unknown = written_for.model_fields.keys() - type(cohort.parameters).model_fields.keys()
    if cohort.study.criteria:
        return frozenset(unknown)
    of_criteria = {
        name
        for section in written_for.SECTIONS
        if issubclass(section, Patients)
        for name in section.model_fields
    }
    return frozenset(unknown | of_criteria - {POPULATION})


def left_out(project: Project, asked: Asked) -> dict[str, str]:
    """Give the notebooks that are no page of a report, and what the dataset would have to have."""
    sources = [Source(project, project.notebook(name)) for name in project.analyses()]
    lacking = {source.name: source.lacks(asked.facts) for source in sources}
    return {name: " and ".join(needs) for name, needs in lacking.items() if needs}


def _refuse_what_cannot_be(candidates: list[Source], asked: Asked, folder: Path, only: str) -> None:
    for source in candidates:
        if only and (lacks := source.lacks(asked.facts)):
            raise BuildError(
                f"{folder.name} has no page {only}: that needs {' and '.join(lacks)}.", REFUSED
            )


def _start_imports(project: Project, sources: list[Source]) -> None:
    # It imports while this process reads the dataset; the kernels are forked from it later.
    from analysis.build.warm import prepare

    behind = {path for source in sources for path in source.behind}
    prepare(modules_in(project.root, sorted(behind)))
