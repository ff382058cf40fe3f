"""Pages of which only the words were changed: what their code gave stands, and nothing is run.

Whoever writes at a page saves sentences, and a notebook takes seconds to run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.inputs import ESTIMATES, Inputs
from analysis.build.plan import Plan, Run, with_estimates
from analysis.build.staleness import page_should_be_rebuilt

if TYPE_CHECKING:
    from nbformat import NotebookNode


def retold(plan: Plan, last: Path, run: Run, inputs: Inputs) -> NotebookNode | None:
    """Give a notebook as it would be if it were run; None where it has to be.

    Parameters
    ----------
    plan, run
        What is to be made, and the notebook, which is stale.
    last
        The folder of the report that is kept from.
    inputs
        What the notebook is made from now, the estimates of the others with it where it reads them.
    """
    name = _stored(run)
    manifest = plan.last
    if manifest is None or name not in manifest.inputs or name not in manifest.outputs:
        return None
    before = manifest.inputs[name]
    otherwise = inputs.model_copy(update={"files": {**inputs.files, name: before}})
    if page_should_be_rebuilt(manifest, run.name, otherwise, plan.present):
        return None
    import nbformat

    return _with_outputs(run, nbformat.read(last / name, as_version=4))


def runs_anything(plan: Plan, last: Path) -> bool:
    """Tell whether a notebook has to be run, as far as it is known before any is."""

    def has_to_be(run: Run) -> bool:
        inputs = plan.inputs[run.name]
        # Those that read the estimates find them as they were where no other notebook is run.
        inputs = with_estimates(inputs, plan.present) if run.waits else inputs
        return retold(plan, last, run, inputs) is None

    return any(map(has_to_be, plan.stale))


def public_parameters(run: Run) -> dict[str, Any]:
    """Give the parameters of a notebook as its readers see them."""
    estimates = {ESTIMATES: ""} if run.waits else {}
    return {**run.public, **run.given, **estimates, "output": ""}


def _stored(run: Run) -> str:
    # In the project as in a report.
    return f"notebooks/{run.name}.ipynb"


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
