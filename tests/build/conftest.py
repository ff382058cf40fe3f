"""Notebooks and a dataset that are built in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from analysis.build.project import Project
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset

PARAMETERS = 'dataset = "synthetic"\noutput = ""\nci_type = "log-log"\n'

ESTIMATES = """
from pathlib import Path
import pandas as pd
from analysis.estimates.rows import row, to_table
table = to_table([row({name!r}, "OS", "median", 1.5, n=4)], row)
folder = Path(output) / "estimates"
folder.mkdir(exist_ok=True)
table.to_parquet(folder / {file!r}, index=False)
"""

Cells = list[str]


def write_notebook(
    path: Path, *cells: str, parameters: str = PARAMETERS, needs: tuple[str, ...] = ()
) -> None:
    """Write a notebook: a heading, the parameters, then code."""
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
            "language_info": {"name": "python"},
            **({"report": {"needs": list(needs)}} if needs else {}),
        }
    )
    notebook.cells = [
        nbformat.v4.new_markdown_cell(f"# About {path.stem}\n\n## Result\n\n## Meaning"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *(nbformat.v4.new_code_cell(cell) for cell in cells),
    ]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.fixture
def write() -> Callable[..., None]:
    return write_notebook


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project with two notebooks and an index of its own, in a folder with braces."""
    folder = tmp_path / "a {project} of tests"
    project = Project(lambda: STUDY, notebooks=folder / "notebooks", reports=folder / "reports")
    for name in ("01_first", "02_second"):
        cell = ESTIMATES.format(name=name, file=f"{name}.parquet")
        write_notebook(project.notebook(name), cell, "print(ci_type)")
    write_notebook(
        project.notebook("index"),
        "import pandas as pd",
        "rows = pd.read_parquet(estimates)\nprint(len(rows), 'estimates', rows['value'].sum())",
        parameters=PARAMETERS + 'estimates = ""\n',
    )
    return project


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Give the folder of a small dataset without faults."""
    return write_dataset(tmp_path / "four")
