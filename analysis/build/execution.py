"""Execute notebooks, some at a time, and keep those that failed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis.build.errors import BuildError
from analysis.build.kernels import Kernels
from analysis.build.notebooks import NotebookFailed, execute, without_traces
from analysis.build.progress import Progress
from analysis.build.project import FAILED, Project

# Where a notebook writes, within the staging folder, until it is done.
WRITING = ".writing"


@dataclass(frozen=True)
class Task:
    """A notebook to execute.

    `source` is its text, `private` are the parameters that it is run with, `public` those that
    its readers see.
    """

    name: str
    source: str
    private: Mapping[str, Any]
    public: Mapping[str, Any]


def execute_all(
    project: Project,
    staging: Path,
    report: str,
    good: str,
    tasks: Iterable[Task],
    kernels: Kernels,
    progress: Progress,
    workers: int = 1,
    then: Callable[[str, NotebookNode], None] = lambda name, notebook: None,
) -> dict[str, tuple[str, ...]]:
    """Execute notebooks into `staging`, and give the files that each has made there, by its name.

    `report` is the name of the report, under which notebooks that fail are kept; `good` that of the
    one which stays as it was, the last of it or the base of a variant; `workers` is the number of
    notebooks at a time; `then` is called with each that is done.

    Raises
    ------
    BuildError
        When notebooks failed, with each of them and its error; or when two write the same file.
    """
    (staging / "notebooks").mkdir(exist_ok=True)
    made: dict[str, tuple[str, ...]] = {}

    def run(task: Task) -> None:
        progress.start(task.name)
        try:
            notebook = _execute_one(staging, task, kernels)
            made[task.name] = _take(staging, task.name)
            then(task.name, notebook)
        except BaseException:
            progress.finish(task.name, "failed")
            raise
        progress.finish(task.name)

    failures = _in_parallel(run, list(tasks), workers, kernels)
    if failures:
        raise BuildError(_keep_failed(project, staging, report, good, failures))
    shutil.rmtree(staging / WRITING, ignore_errors=True)
    return made


def _execute_one(staging: Path, task: Task, kernels: Kernels) -> NotebookNode:
    own = staging / WRITING / task.name
    target = own / "notebooks" / f"{task.name}.ipynb"
    target.parent.mkdir(parents=True)
    private = {**task.private, "output": str(own)}
    notebook = execute(task.name, task.source, target, private, kernels)
    cleaned = without_traces(notebook, task.public)
    nbformat.write(cleaned, target)
    return cleaned


def _take(staging: Path, name: str) -> tuple[str, ...]:
    """Move what a notebook has written to its place in the report."""
    own = staging / WRITING / name
    taken = []
    for path in sorted(own.rglob("*")):
        if path.is_file():
            within = path.relative_to(own)
            target = staging / within
            if target.exists():
                raise BuildError(f"{name} writes {within.as_posix()}, as another notebook does.")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            taken.append(within.as_posix())
    shutil.rmtree(own)
    return tuple(taken)


def _in_parallel(
    run: Callable[[Task], None], tasks: list[Task], workers: int, kernels: Kernels
) -> list[NotebookFailed]:
    """Run all, give the failures in the order of the tasks; end the kernels on any other."""
    failures = []
    with at_most(workers, on_error=kernels.end) as pool:
        futures = [pool.submit(run, task) for task in tasks]
        for future in as_completed(futures):
            try:
                future.result()
            except NotebookFailed as failure:
                failures.append(failure)
    return sorted(failures, key=lambda failure: failure.name)


@contextlib.contextmanager
def at_most(
    workers: int, on_error: Callable[[], None] = lambda: None
) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads that is left when all is done, or soon after an error in the block.

    What has not begun by then never does. `on_error` ends what threads are waiting for: they are
    waited for themselves, not their futures, since one that was cancelled is never done for `wait`
    (https://github.com/python/cpython/issues/92001).
    """
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        on_error()
        raise
    finally:
        pool.shutdown(wait=True)


def _keep_failed(
    project: Project, staging: Path, name: str, good: str, failures: list[NotebookFailed]
) -> str:
    kept = project.reports / FAILED / name
    shutil.rmtree(kept, ignore_errors=True)
    lines = []
    for failure in failures:
        lines.append(str(failure))
        notebook = staging / WRITING / failure.name / "notebooks" / f"{failure.name}.ipynb"
        try:
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notebook, kept / notebook.name)
        except OSError as error:
            lines.append(f"  The notebook with its error could not be kept: {error.strerror}.")
        else:
            lines.append(f"  The notebook with its error: {project.shown(kept / notebook.name)}")
    if project.report(good).exists():
        lines.append(f"The last good report is as it was: {project.shown(project.report(good))}/")
    return "\n".join(lines)
