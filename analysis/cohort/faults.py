"""Faults of a dataset, told to the person who will mend them."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.study.errors import ReadableError

# The file in which a dataset describes itself.
DESCRIPTION = "dataset.yaml"


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with a dataset.

    `row` is the line of the file as a text editor or spreadsheet counts it, 0 when the fault
    is not of one row. `column` is that of a table, or the key of `dataset.yaml`: `factors.1` is
    the first factor.
    """

    file: str
    row: int
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", {self.column}" if self.file == DESCRIPTION else f", column {self.column}"
        found = f": found {_shown(self.value)}" if self.value else ""
        return f"{place}{found}; expected {self.expected}"


class DatasetFaults(ReadableError, ValueError):
    """Everything that is wrong with a dataset, in one list (`faults`)."""

    def __init__(self, dataset: str, faults: list[Fault]) -> None:
        self.dataset = dataset
        self.faults = sorted(set(faults))
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = [f"The dataset {dataset} has {count}; nothing was built.", *map(str, self.faults)]
        super().__init__("\n  ".join(lines))


def _shown(value: str) -> str:
    # repr keeps control characters of a hostile file from reaching the terminal.
    text = value if len(value) <= 60 else value[:57] + "..."
    return ascii(text) if not text.isprintable() else f"'{text}'"
