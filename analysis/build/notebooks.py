"""Execute a notebook with parameters, and clean what a reader of the report need not see."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.translators import translate_parameters

from analysis.build.errors import BuildError
from analysis.build.kernels import ENGINE, KernelLost, Kernels

KERNEL, LANGUAGE = "python3", "python"


class NotebookFailed(BuildError):
    """A notebook stopped with an error; `name` is the notebook."""

    def __init__(self, name: str, where: str, error: str) -> None:
        # A message may quote text of the dataset, which must not steer the terminal.
        shown = "".join(character if character.isprintable() else "?" for character in error)
        super().__init__(f"{name} failed{where}: {shown}")
        self.name = name


def execute(
    name: str, source: str, target: Path, parameters: Mapping[str, Any], kernels: Kernels
) -> NotebookNode:
    """Execute the notebook with the text `source`, write it to `target`, with an error if it fails.

    Raises
    ------
    NotebookFailed
        With notebook, cell and error for people.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        return papermill.execute_notebook(
            nbformat.reads(source, as_version=4),
            # papermill takes braces in a path for the name of a parameter.
            str(target).replace("{", "{{").replace("}", "}}"),
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name=KERNEL,
            language=LANGUAGE,
            progress_bar=False,
            request_save_on_cell_execute=False,
            kernels=kernels,
        )
    except PapermillExecutionError as error:
        where = f" in cell [{error.exec_count}]"
        if line := _first_code_line(error.source):
            where += f" ({line})"
        lines = str(error.evalue).strip().splitlines()
        told = ": ".join([error.ename, *lines[-1:]])
        # Numpy has one of its own.
        if error.ename.endswith("MemoryError"):
            told = f"out of memory ({told})"
        raise NotebookFailed(name, where, told) from None
    except KernelLost as lost:
        _write_with(lost.notebook, f"{name}: {lost}", target)
        raise NotebookFailed(name, "", str(lost)) from None


def _write_with(notebook: NotebookNode, words: str, target: Path) -> None:
    """Write a notebook as far as it came, with words on top, as papermill does after an error."""
    kept = copy.deepcopy(notebook)
    kept.cells.insert(0, nbformat.v4.new_markdown_cell(f"**{words}**"))
    nbformat.write(kept, target)


def without_traces(notebook: NotebookNode, public: Mapping[str, Any]) -> NotebookNode:
    """Give a copy without times, paths of this machine and warnings.

    `public` are the parameters to show in place of those that were injected.
    """
    cleaned = copy.deepcopy(notebook)
    cleaned.metadata.pop("papermill", None)
    for cell in cleaned.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
            cell.source = translate_parameters(KERNEL, LANGUAGE, public, "Parameters").strip()
        if cell.cell_type == "code":
            cell.outputs = [
                output
                for output in cell.outputs
                if not (output.output_type == "stream" and output.name == "stderr")
            ]
    return cleaned


def _first_code_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines()]
    return next((line[:60] for line in lines if line and not re.match(r"#", line)), "")
