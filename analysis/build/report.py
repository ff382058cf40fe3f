"""The report of a dataset: all pages that what it records allows, or one of them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.asked import Asked, answered, differing, question_of, remembered
from analysis.build.assembly import How, Subject, build
from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files
from analysis.build.imports import Imports, modules_in
from analysis.build.inputs import Source, hashes_of_dataset, hashes_of_ensemble
from analysis.build.manifest import FILE, read_manifest
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


@dataclass(frozen=True)
class Done:
    """What came of a build: the name of the report, and why it was built, None if it was not."""

    name: str
    reason: str | None


def build_report(
    project: Project,
    folder: Path,
    given: Mapping[str, Any],
    how: How | None = None,
    only: str = "",
) -> Done:
    """Bring the report of a dataset up to date, or that of a variant, in a folder of its own.

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
    refuse_what_is_of_another(project, planned.name, folder)
    reason = build(
        project,
        planned,
        lambda: subject_of(project, folder, given, asked),
        place_of(project, folder),
        how,
    )
    return Done(planned.name, reason)


def name_of(project: Project, folder: Path, given: Mapping[str, Any], only: str = "") -> str:
    """Give the name of the report of a dataset under parameters; a variant has one of its own.

    Raises
    ------
    analysis.study.errors.ReadableError
        For a name that no report may have, or parameters that are refused.
    """
    return report_name(folder, only, differences_of(project, folder, given))


def differences_of(project: Project, folder: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what of the parameters given is other than in the base (see `asked.differing`)."""
    if not given:
        return {}
    sources = [Source(project, project.notebook(name)) for name in project.with_choices()]
    return differing(project, sources, folder, given)


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
    base = report_name(folder, only)
    files = Files()
    imports = Imports(project.root, files)
    sources = [Source(project, project.notebook(n), imports) for n in project.with_choices()]
    question = question_of(project, sources, folder, given, files)
    name = _known_variant(project, base, question) if given else base
    if not name:
        name = report_name(folder, only, differing(project, sources, folder, given))
        if name == base:
            # What the base has anyhow is not asked for.
            given, question = {}, question_of(project, sources, folder, {}, files)
    asked = remembered(read_manifest(project.report(name)), question, sources)
    of_report = {*project.analyses(), INDEX}
    candidates = [s for s in sources if (s.name == only if only else s.name in of_report)]
    if asked is None:
        tell(f"Reading {folder.name}, and all libraries")
        if warm:
            first = read_manifest(project.report(base)) is None
            likely = [s for s in candidates if first or _may_be_stale(s, given)]
            _start_imports(project, likely, folder)
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
        base=base,
    )


def _known_variant(project: Project, base: str, question: str) -> str:
    """Give the name of the variant that was built of a question, "" if none was.

    To find the name of another takes the study, for which what is up to date need not wait.
    """
    for path in sorted(project.reports.glob(f"{escape(base)}-*/{FILE}")):
        there = read_manifest(path.parent)
        if there is not None and (there.base, there.question) == (base, question):
            return path.parent.name
    return ""


def subject_of(project: Project, folder: Path, given: Mapping[str, Any], asked: Asked) -> Subject:
    """Say what a report is about, from its cohort, which is derived if it has not been."""
    cohort = asked.cohort
    if cohort is None:
        cohort = answered(project, asked.sources, folder, given).cohort
        assert cohort is not None
    other = differing(project, asked.sources, folder, given)
    return subject(cohort, project.study.parameters, other=other)


def subject(
    cohort: Cohort,
    written_for: type[Parameters],
    prefix: str = "",
    other: Mapping[str, Any] | None = None,
) -> Subject:
    """Say what pages on a cohort are about.

    `written_for` are the parameters that notebooks set; `prefix` is put before the title of the
    dataset; `other` is what a variant has otherwise than the base.
    """
    from analysis.display.format import data_until
    from analysis.study.phrases import phrases

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
        variant=phrases(other or {}, type(cohort.parameters)),
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


def _may_be_stale(source: Source, given: Mapping[str, Any]) -> bool:
    """Tell whether parameters may make a page stale, before it is known what they change."""
    named = source.hangs_on_all or not source.parameters.isdisjoint(given)
    return not given or named or source.reads_estimates


def _start_imports(project: Project, sources: list[Source], folder: Path) -> None:
    # It imports while this process reads the dataset; the kernels are forked from it later.
    from analysis.build.warm import prepare

    imported = {path for source in sources for path in source.imported}
    modules = modules_in(project.root, sorted(imported))
    prepare([*modules, *project.ahead], str(folder))
