"""Where things are, and which notebooks make the report."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.build.errors import REFUSED, BuildError

if TYPE_CHECKING:
    from analysis.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
INDEX = "index"
FAILED = "failed"
AUDIT = "audit"
AUDIT_NOTEBOOK = "08_audit"
SENSITIVITY = "sensitivity"
SENSITIVITY_NOTEBOOK = "09_sensitivity"
COMPARE = "compare"
COMPARE_NOTEBOOK = "13_comparison"


@dataclass(frozen=True)
class Project:
    """The study and the folders of a build; tests put notebooks and reports of their own there.

    `give_study` gives the study. It is called when something needs to know it, since a study
    imports libraries that a report which is up to date need not wait for. `ahead` are modules that
    read, when they are imported, what the kernels forked from that process will read; those of
    `ahead_of_many` compute what the kernels of many builds will ask.
    """

    give_study: Callable[[], Study]
    root: Path = ROOT
    notebooks: Path = ROOT / "notebooks"
    reports: Path = ROOT / "reports"
    releases: Path = ROOT / "release"
    documents: Path = ROOT / "documents"
    ahead: tuple[str, ...] = ()
    ahead_of_many: tuple[str, ...] = ()

    @property
    def study(self) -> Study:
        """The study that the notebooks are written for."""
        return self.give_study()

    def analyses(self) -> list[str]:
        """Give the names of the numbered notebooks, in the order of reading.

        Those of the audit, of the sensitivity analysis and of comparisons are no part of a report:
        the first reads a ledger and no dataset, the others are about several reports.

        Raises
        ------
        BuildError
            When there is no numbered notebook, or no index to read their results together.
        """
        found = {path.stem for path in self.notebooks.glob("[0-9][0-9]_*.ipynb")}
        names = sorted(found - {AUDIT_NOTEBOOK, SENSITIVITY_NOTEBOOK, COMPARE_NOTEBOOK})
        if not names:
            raise BuildError(f"There is no notebook 01_….ipynb in {self.notebooks}.", REFUSED)
        if not self.notebook(INDEX).is_file():
            raise BuildError(f"There is no {INDEX}.ipynb in {self.notebooks}.", REFUSED)
        return names

    def with_choices(self) -> list[str]:
        """Give the names of the notebooks whose first cells hold choices of the analysis."""
        names = [*self.analyses(), INDEX]
        return [*names, *(n for n in [SENSITIVITY_NOTEBOOK] if self.notebook(n).is_file())]

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
