"""Execute all notebooks of a report, some at a time, and keep those that failed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis.build.errors import BuildError
from analysis.build.join import join_estimates, write_estimates
from analysis.build.kernels import Kernels
from analysis.build.notebooks import NotebookFailed, execute, without_traces
from analysis.build.progress import Progress
from analysis.build.project import FAILED, INDEX, Project


def execute_notebooks(
    project: Project,
    staging: Path,
    dataset: str,
    location: str,
    changed: Mapping[str, Any],
    workers: int,
) -> None:
    """Execute the notebooks into `staging/notebooks`, the index last: it reads all estimates.

    `dataset` is the name of the dataset, `location` what a notebook finds it by, `changed` the
    parameters that differ from the article's, `workers` the number of notebooks at a time.

    Raises
    ------
    BuildError
        When notebooks failed, with each of them and its error. They are kept, as far as they
        were executed, in `reports/failed/`.
    """
    names = project.analyses()
    executed = staging / "notebooks"
    executed.mkdir()

    def run(name: str) -> None:
        progress.start(name)
        try:
            _execute_one(project, staging, name, dataset, location, changed, kernels)
        except BuildError:
            progress.finish(name, "failed")
            raise
        progress.finish(name)

    with (
        Kernels(project.root, project.notebooks) as kernels,
        Progress(len(names) + 1) as progress,
    ):
        failures = _in_parallel(run, names, workers, kernels)
        if not failures:
            write_estimates(join_estimates(staging / "estimates", names), staging)
            failures = _in_parallel(run, [INDEX], workers, kernels)
    if failures:
        raise BuildError(_keep_failed(project, staging, dataset, failures))


def execute_alone(
    project: Project,
    staging: Path,
    name: str,
    report: str,
    private: Mapping[str, Any],
    public: Mapping[str, Any],
) -> NotebookNode:
    """Execute one notebook that makes a report of its own, and give it without traces.

    `report` is the name of the report, under which a notebook that fails is kept; `private` are
    the parameters it is run with, `public` those that are shown.

    Raises
    ------
    BuildError
        With the notebook, its cell and its error.
    """
    executed = staging / "notebooks"
    executed.mkdir()
    with Kernels(project.root, project.notebooks) as kernels, Progress(1) as progress:
        progress.start(name)
        try:
            notebook = execute(
                name,
                project.notebook(name),
                executed / f"{name}.ipynb",
                {**private, "output": str(staging)},
                kernels,
            )
        except NotebookFailed as failure:
            progress.finish(name, "failed")
            raise BuildError(_keep_failed(project, staging, report, [failure])) from None
        except BaseException:
            kernels.end()
            raise
        progress.finish(name)
    cleaned = without_traces(notebook, {**public, "output": ""})
    nbformat.write(cleaned, executed / f"{name}.ipynb")
    return cleaned


def _execute_one(
    project: Project,
    staging: Path,
    name: str,
    dataset: str,
    location: str,
    changed: Mapping[str, Any],
    kernels: Kernels,
) -> None:
    source, target = project.notebook(name), staging / "notebooks" / f"{name}.ipynb"
    # Every notebook gets every choice, also one that its parameters cell does not list:
    # pages of one report must not differ in who is in the cohort.
    private = {"dataset": location, "output": str(staging), **changed}
    public = {"dataset": dataset, "output": "", **changed}
    notebook = execute(name, source, target, private, kernels)
    nbformat.write(without_traces(notebook, public), target)


def _in_parallel(
    run: Callable[[str], None], names: Iterable[str], workers: int, kernels: Kernels
) -> list[NotebookFailed]:
    """Run all, give the failures in the order of the notebooks; end the kernels on any other."""
    futures: dict[Future[None], str] = {}
    failures = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = {pool.submit(run, name): name for name in names}
            for future in as_completed(futures):
                try:
                    future.result()
                except NotebookFailed as failure:
                    failures.append(failure)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # A kernel that was about to start when the others were ended is ended next time.
            pending = set(futures)
            while pending:
                kernels.end()
                pending = wait(pending, timeout=0.2).not_done
            raise
    return sorted(failures, key=lambda failure: failure.name)


def _keep_failed(project: Project, staging: Path, name: str, failures: list[NotebookFailed]) -> str:
    kept = project.reports / FAILED / name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    lines = []
    for failure in failures:
        lines.append(str(failure))
        notebook = staging / "notebooks" / f"{failure.name}.ipynb"
        if notebook.is_file():
            shutil.copyfile(notebook, kept / notebook.name)
            lines.append(f"  The notebook with its error: {project.shown(kept / notebook.name)}")
    if project.report(name).exists():
        lines.append(f"The last good report is as it was: {project.shown(project.report(name))}/")
    return "\n".join(lines)
