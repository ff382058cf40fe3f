"""Fill the folder of a report: run the notebooks that are stale, keep the other pages."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis.build.errors import BuildError
from analysis.build.execution import Task, execute_all
from analysis.build.inputs import ESTIMATES, Inputs, Source, hash_of_file
from analysis.build.join import join_estimates, write_estimates
from analysis.build.kernels import Kernels
from analysis.build.manifest import TOGETHER, Made
from analysis.build.plan import JOINED, Plan, with_estimates
from analysis.build.progress import Progress
from analysis.build.project import Project
from analysis.build.staleness import page_should_be_rebuilt
from analysis.display.html import Report, to_html


class Pages:
    """The pages of a report while they are made.

    Parameters
    ----------
    project, plan
        What is to be made, and where the notebooks are.
    name
        Name of the report; what is not stale is taken from the report of this name.
    staging
        The folder to fill.
    header
        What every page says about the report.
    dataset
        What a notebook finds the dataset by; its readers see the name of the folder.
    """

    def __init__(
        self,
        project: Project,
        plan: Plan,
        name: str,
        staging: Path,
        header: Report,
        dataset: Path,
    ) -> None:
        self._project = project
        self._plan = plan
        self._name = name
        self._last = project.report(name)
        self._staging = staging
        self._header = header
        self._dataset = dataset
        self._made: dict[str, Made] = {}

    def make(self, kernels: Kernels, workers: int) -> dict[str, Made]:
        """Make all pages and give what each was made from.

        Raises
        ------
        BuildError
            When notebooks failed or cannot be shown; those that failed are kept.
        """
        plan = self._plan
        running = [source for source in plan.sources if source.name in plan.reasons]
        with Progress(len(running)) as progress:
            self._run(
                [s for s in plan.sources if not s.reads_estimates], kernels, workers, progress
            )
            names = [source.name for source in plan.sources]
            write_estimates(join_estimates(self._staging / ESTIMATES, sorted(names)), self._staging)
            self._run([s for s in plan.sources if s.reads_estimates], kernels, workers, progress)
        html = tuple(f"{source.name}.html" for source in plan.sources)
        together = plan.inputs[TOGETHER]
        self._made[TOGETHER] = Made(
            inputs=tuple(together.files),
            parameters=together.parameters,
            outputs=(*html, "estimates.csv", JOINED),
        )
        # Which notebook was done first is chance.
        return {name: self._made[name] for name in (*(s.name for s in plan.sources), TOGETHER)}

    def inputs(self, source: Source) -> Inputs:
        """Give what a page is made from, with the estimates as they are now where it reads them."""
        inputs = self._plan.inputs[source.name]
        if not source.reads_estimates or self._plan.only:
            return inputs
        return with_estimates(inputs, {JOINED: hash_of_file(self._staging / JOINED)})

    def _run(
        self, sources: list[Source], kernels: Kernels, workers: int, progress: Progress
    ) -> None:
        """Make pages that do not wait for each other."""
        inputs = {source.name: self.inputs(source) for source in sources}
        stale = [
            source
            for source in sources
            if page_should_be_rebuilt(
                self._plan.last, source.name, inputs[source.name], self._plan.present
            )
        ]
        kept = [source.name for source in sources if source not in stale]
        for name in kept:
            self._keep(name)
        # Pages that are only shown anew are shown while kernels are at work.
        with ThreadPoolExecutor(1) as aside:
            shown = [aside.submit(self._show_kept, name) for name in kept]
            outputs = execute_all(
                self._project,
                self._staging,
                self._name,
                [self._task(source) for source in stale],
                kernels,
                progress,
                workers,
                self._show,
            )
            for page in shown:
                page.result()
        for name, files in outputs.items():
            given = inputs[name]
            self._made[name] = Made(
                inputs=tuple(given.files), parameters=given.parameters, outputs=files
            )

    def _task(self, source: Source) -> Task:
        given = self._plan.inputs[source.name].parameters
        private: dict[str, Any] = {"dataset": str(self._dataset), **given}
        public: dict[str, Any] = {"dataset": self._dataset.name, **given}
        if source.reads_estimates:
            private[ESTIMATES] = "" if self._plan.only else str(self._staging / JOINED)
            public[ESTIMATES] = ""
        return Task(source.name, private, public)

    def _keep(self, name: str) -> None:
        assert self._plan.last is not None
        made = self._plan.last.made[name]
        for path in made.outputs:
            target = self._staging / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._last / path, target)
        self._made[name] = made

    def _show_kept(self, name: str) -> None:
        if TOGETHER in self._plan.reasons:
            path = self._staging / "notebooks" / f"{name}.ipynb"
            self._show(name, nbformat.read(path, as_version=4))
        else:
            shutil.copyfile(self._last / f"{name}.html", self._staging / f"{name}.html")

    def _show(self, name: str, notebook: NotebookNode) -> None:
        try:
            page = to_html(notebook, name, self._header)
        except ValueError as error:
            raise BuildError(f"{name}: {error}") from None
        (self._staging / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
