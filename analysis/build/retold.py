"""Pages of which only the words were changed: what their code gave stands, and nothing is run.

Whoever writes at a page saves sentences, and a notebook takes seconds to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.inputs import ESTIMATES, Inputs
from analysis.build.manifest import Manifest, differences
from analysis.build.plan import Plan, Run, with_estimates
from analysis.build.staleness import different_parameters, page_should_be_rebuilt

if TYPE_CHECKING:
    from nbformat import NotebookNode


def retold(plan: Plan, last: Path) -> dict[str, NotebookNode]:
    """Give the notebooks that need not be run, as they would be if they were, by their name.

    Parameters
    ----------
    plan
        What is to be made.
    last
        The folder of the report that is kept from.
    """
    found = {}
    for run in plan.stale:
        if plan.last is not None and _only_the_notebook_changed(plan, plan.last, run):
            import nbformat

            before = nbformat.read(last / _stored(run), as_version=4)
            if (notebook := _with_outputs(run, before)) is not None:
                found[run.name] = notebook
    return found


def runs_anything(plan: Plan, told: Mapping[str, NotebookNode]) -> bool:
    """Tell whether a notebook has to be run beside those that are `told` anew."""
    left = [run for run in plan.stale if run.name not in told]
    # A page that reads the estimates is as it was where all others are.
    return any(
        not run.waits
        or page_should_be_rebuilt(plan.last, run.name, _needed(plan, run), plan.present)
        for run in left
    )


def public_parameters(run: Run) -> dict[str, Any]:
    """Give the parameters of a notebook as its readers see them."""
    estimates = {ESTIMATES: ""} if run.waits else {}
    return {**run.public, **run.given, **estimates, "output": ""}


def _stored(run: Run) -> str:
    return f"notebooks/{run.name}.ipynb"


def _needed(plan: Plan, run: Run) -> Inputs:
    inputs = plan.inputs[run.name]
    return with_estimates(inputs, plan.present) if run.waits else inputs


def _only_the_notebook_changed(plan: Plan, last: Manifest, run: Run) -> bool:
    made = last.made.get(run.name)
    if made is None or _stored(run) not in made.outputs:
        return False
    needed = _needed(plan, run)
    before = {name: last.inputs[name] for name in made.inputs}
    as_it_was = all(plan.present.get(path) == last.outputs[path] for path in made.outputs)
    return (
        as_it_was
        and not different_parameters(made.parameters, needed.parameters)
        and differences(before, needed.files) == [f"notebooks/{run.name}.ipynb changed"]
    )


def _with_outputs(run: Run, before: NotebookNode) -> NotebookNode | None:
    """Give the notebook with what its code gave the last time; None where that is other code."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from analysis.build.notebooks import KERNEL, LANGUAGE, without_traces

    public = public_parameters(run)
    # As papermill reads one before it runs it.
    source = load_notebook_node(nbformat.reads(run.source.text, as_version=4))
    given = parameterize_notebook(source, public, kernel_name=KERNEL, language=LANGUAGE)
    notebook = without_traces(given, public)
    code, ran = (
        [cell for cell in each.cells if cell.cell_type == "code"] for each in (notebook, before)
    )
    if [cell.source for cell in code] != [cell.source for cell in ran]:
        return None
    for cell, done in zip(code, ran, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    # What a kernel says of its language.
    notebook.metadata = before.metadata
    return notebook
