"""Build a report of one page: a notebook that stands beside the report of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.build.errors import BuildError
from analysis.build.imports import Imports, modules_in
from analysis.build.inputs import LOCK, Inputs, Source, hash_of_file, hashes_in, hashes_of
from analysis.build.manifest import (
    FILE,
    Made,
    Manifest,
    commit_of,
    python_version,
    read_manifest,
    versions_of,
    write_manifest,
)
from analysis.build.plan import PYTHON, RENDERING
from analysis.build.project import INDEX, Project
from analysis.build.report import How, forget_failures
from analysis.build.staging import clear_away, staged
from analysis.build.staleness import page_should_be_rebuilt


@dataclass(frozen=True)
class Single:
    """A report of one page.

    Attributes
    ----------
    name
        Of the report, its folder in `reports/`.
    notebook
        Name of the notebook.
    title, notice
        What the page says about what it was made from.
    files
        SHA-256 of the files that the notebook reads, by a name for people.
    changed
        Parameters that differ from the article's.
    private, public
        What the notebook is run with, and what of it its readers see.
    own
        Whether it is about the project's article.
    """

    name: str
    notebook: str
    title: str
    notice: str
    files: Mapping[str, str]
    changed: Mapping[str, Any]
    private: Mapping[str, Any]
    public: Mapping[str, Any]
    own: bool = True


def build_single(
    project: Project,
    single: Single,
    how: How | None = None,
    before: Callable[[], None] = lambda: None,
) -> str | None:
    """Build a report of one page if it is not up to date; give the reason, or None.

    `before` is called before a notebook is run, and may refuse to go on.

    Raises
    ------
    BuildError
        When the notebook failed. The last report is as it was.
    """
    how = how or How()
    clear_away(project.reports)
    imports = Imports(project.root)
    source = Source(project, project.notebook(single.notebook), imports)
    target = project.report(single.name)
    behind = {*source.behind, *imports.files_behind(RENDERING)}
    inputs = Inputs(
        files={
            f"notebooks/{source.name}.ipynb": source.hash(),
            **hashes_of(project.root, sorted(behind)),
            **single.files,
            LOCK: hash_of_file(project.root / LOCK),
            PYTHON: python_version(),
        },
        parameters=dict(single.changed),
    )
    present = {path: hash_ for path, hash_ in hashes_in(target).items() if path != FILE}
    reason = page_should_be_rebuilt(read_manifest(target), INDEX, inputs, present)
    if reason is None:
        return None
    before()

    from analysis.build.kernels import Kernels

    modules = modules_in(project.root, source.behind)
    with Kernels(project.root, project.notebooks, forked=how.warm, modules=modules) as kernels:
        from nbformat import NotebookNode

        from analysis.build.execution import Task, execute_all
        from analysis.build.progress import Progress
        from analysis.display.html import Report, to_html

        header = Report(
            dataset=single.title,
            notice=single.notice,
            pages=(INDEX,),
            changed=single.changed,
            version=project.version(),
            own=single.own,
        )
        with staged(project.reports, single.name) as staging, Progress(1) as progress:

            def show(name: str, notebook: NotebookNode) -> None:
                try:
                    page = to_html(notebook, INDEX, header)
                except ValueError as error:
                    raise BuildError(f"{name}: {error}") from None
                path = staging / f"{INDEX}.html"
                path.write_text(page, encoding="utf-8", newline="\n")

            task = Task(single.notebook, single.private, single.public)
            execute_all(project, staging, single.name, [task], kernels, progress, then=show)
            outputs = hashes_in(staging)
            made = Made(
                inputs=tuple(inputs.files),
                parameters=inputs.parameters,
                outputs=tuple(outputs),
            )
            manifest = Manifest(
                dataset=single.title,
                notice=single.notice,
                pages=header.pages,
                parameters=inputs.parameters,
                commit=commit_of(project.root),
                python=python_version(),
                packages=versions_of(project.root / LOCK),
                made={INDEX: made},
                inputs=inputs.files,
                outputs=outputs,
            )
            write_manifest(staging, manifest)
    forget_failures(project, single.name)
    return reason
