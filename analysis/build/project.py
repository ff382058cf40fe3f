"""Where things are, and which notebooks make the report."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from analysis.build.errors import REFUSED, BuildError

ROOT = Path(__file__).resolve().parents[2]
INDEX = "index"
FAILED = "failed"
AUDIT = "audit"
AUDIT_NOTEBOOK = "08_audit"
SENSITIVITY = "sensitivity"
SENSITIVITY_NOTEBOOK = "09_sensitivity"


@dataclass(frozen=True)
class Project:
    """Folders of a build; tests put their own notebooks and reports in place of the project's."""

    root: Path = ROOT
    notebooks: Path = ROOT / "notebooks"
    reports: Path = ROOT / "reports"

    def analyses(self) -> list[str]:
        """Give the names of the numbered notebooks, in the order of reading.

        Those of the audit and of the sensitivity analysis are no part of a report: the first
        reads a ledger and no dataset, the second many variants of a report.

        Raises
        ------
        BuildError
            When there is no numbered notebook, or no index to read their results together.
        """
        found = {path.stem for path in self.notebooks.glob("[0-9][0-9]_*.ipynb")}
        names = sorted(found - {AUDIT_NOTEBOOK, SENSITIVITY_NOTEBOOK})
        if not names:
            raise BuildError(f"There is no notebook 01_….ipynb in {self.notebooks}.", REFUSED)
        if not self.notebook(INDEX).is_file():
            raise BuildError(f"There is no {INDEX}.ipynb in {self.notebooks}.", REFUSED)
        return names

    def notebook(self, name: str) -> Path:
        """Give the path of a notebook."""
        return self.notebooks / f"{name}.ipynb"

    def report(self, dataset: str) -> Path:
        """Give the folder of the report on a dataset."""
        return self.reports / dataset

    def shown(self, path: Path) -> str:
        """Give a path as people type it: relative to the project where it lies in it."""
        return (
            path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
        )

    def version(self) -> str:
        """Give the version of this package."""
        with (self.root / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
