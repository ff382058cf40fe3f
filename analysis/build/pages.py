"""Fill the folder of a report: run the notebooks that are stale, keep the other pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from analysis.build.assembly import How
from analysis.build.errors import BuildError
from analysis.build.execution import Task, at_most, execute_all
from analysis.build.files import hash_of_file
from analysis.build.inputs import ESTIMATES, Inputs
from analysis.build.join import join_estimates, write_estimates
from analysis.build.kernels import Kernels
from analysis.build.manifest import TOGETHER, Made
from analysis.build.plan import JOINED, Plan, Run, with_estimates
from analysis.build.progress import Progress
from analysis.build.project import Project
from analysis.build.retold import public_parameters, retold
from analysis.build.staleness import page_should_be_rebuilt
from analysis.display.html import Report, to_html
from analysis.display.links import broken


class Pages:
    """The pages of a report while they are made.

    Parameters
    ----------
    project, plan
        Where the notebooks are, and what is to be made; what is not stale is taken from
        the report `plan.kept_from`.
    staging
        The folder to fill.
    header
        What every page says about the report.
    how
        How notebooks are run.

    Attributes
    ----------
    ran, told
        How many were run, and how many told anew without being run.
    """

    def __init__(
        self, project: Project, plan: Plan, staging: Path, header: Report, how: How
    ) -> None:
        self.ran, self.told = 0, 0
        self._how = how
        self._project = project
        self._plan = plan
        self._last = project.report(plan.kept_from)
        self._staging = staging
        self._header = header
        self._made: dict[str, Made] = {}

    def make(self, kernels: Kernels) -> dict[str, Made]:
        """Make all pages and give what each was made from.

        Raises
        ------
        BuildError
            When notebooks failed or cannot be shown, or a link leads nowhere; those that failed are
            kept.
        """
        plan = self._plan
        joined: tuple[str, ...] = ()
        with Progress(len(plan.stale)) as progress:
            self._make([run for run in plan.runs if not run.waits], kernels, progress)
            if plan.joins:
                names = sorted(run.name for run in plan.runs)
                estimates = join_estimates(self._staging / ESTIMATES, names)
                write_estimates(estimates, self._staging)
                joined = ("estimates.csv", JOINED)
            self._make([run for run in plan.runs if run.waits], kernels, progress)
        self._follow_links()
        together = plan.inputs[TOGETHER]
        self._made[TOGETHER] = Made(
            inputs=tuple(together.files),
            parameters=together.parameters,
            outputs=(*(f"{run.page}.html" for run in plan.runs), *joined),
        )
        # Which notebook was done first is chance.
        return {name: self._made[name] for name in (*(run.name for run in plan.runs), TOGETHER)}

    def _follow_links(self) -> None:
        wrong = broken(self._staging, [run.page for run in self._plan.runs])
        if wrong:
            raise BuildError("\n".join(["Links of the report are broken:", *wrong]))

    def inputs(self, run: Run) -> Inputs:
        """Give what a page is made from, with the estimates as they are now where it reads them."""
        inputs = self._plan.inputs[run.name]
        if not run.waits:
            return inputs
        return with_estimates(inputs, {JOINED: hash_of_file(self._staging / JOINED)})

    def _make(self, runs: list[Run], kernels: Kernels, progress: Progress) -> None:
        """Make pages that do not wait for each other."""
        plan = self._plan
        inputs = {run.name: self.inputs(run) for run in runs}
        stale = [
            run
            for run in runs
            if page_should_be_rebuilt(plan.last, run.name, inputs[run.name], plan.present)
        ]
        kept = [run for run in runs if run not in stale]
        told = {
            run.name: notebook
            for run in stale
            if (notebook := retold(plan, self._last, run, inputs[run.name])) is not None
        }
        stale = [run for run in stale if run.name not in told]
        self.ran, self.told = self.ran + len(stale), self.told + len(told)
        # The later a page is read, the longer it takes to make: a short one at the end leaves no
        # core without work for long.
        stale.reverse()
        stale.sort(key=lambda run: run.page != self._how.first)
        for name in (*(run.name for run in kept), *told):
            self._keep(name)
        by_name = {run.name: run for run in runs}
        # Pages that are only shown anew are shown while kernels are at work.
        with at_most(1) as aside:
            shown = [
                aside.submit(self._tell, by_name[name], notebook, progress)
                for name, notebook in told.items()
            ]
            shown += [aside.submit(self._show_kept, run) for run in kept]
            outputs = execute_all(
                self._project,
                self._staging,
                plan.name,
                plan.kept_from,
                [self._task(run) for run in stale],
                kernels,
                progress,
                self._how.at_a_time(),
                lambda name, notebook: self._show(by_name[name], notebook),
            )
            for page in shown:
                page.result()
        outputs |= {name: self._made[name].outputs for name in told}
        for name, files in outputs.items():
            given = inputs[name]
            self._made[name] = Made(
                inputs=tuple(given.files), parameters=given.parameters, outputs=files
            )

    def _task(self, run: Run) -> Task:
        private = {**run.private, **run.given}
        if run.waits:
            private[ESTIMATES] = str(self._staging / JOINED)
        return Task(run.name, run.source.text, private, public_parameters(run))

    def _tell(self, run: Run, notebook: NotebookNode, progress: Progress) -> None:
        """Make a page of which only the words were changed."""
        progress.start(run.name, "is told anew")
        nbformat.write(notebook, self._staging / "notebooks" / f"{run.name}.ipynb")
        self._show(run, notebook)
        progress.finish(run.name)

    def _keep(self, name: str) -> None:
        assert self._plan.last is not None
        made = self._plan.last.made[name]
        for path in made.outputs:
            target = self._staging / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._last / path, target)
            if hash_of_file(target) != self._plan.last.outputs[path]:
                raise BuildError(f"{path} of the report was changed while it was built anew.")
        self._made[name] = made

    def _show_kept(self, run: Run) -> None:
        if TOGETHER in self._plan.reasons:
            path = self._staging / "notebooks" / f"{run.name}.ipynb"
            self._show(run, nbformat.read(path, as_version=4))
        else:
            page = f"{run.page}.html"
            shutil.copyfile(self._last / page, self._staging / page)

    def _show(self, run: Run, notebook: NotebookNode) -> None:
        try:
            page = to_html(notebook, run.page, self._header, told=bool(run.given))
        except ValueError as error:
            raise BuildError(f"{run.name}: {error}") from None
        path = self._staging / f"{run.page}.html"
        path.write_text(page, encoding="utf-8", newline="\n")
        self._how.done(run.page, path)
