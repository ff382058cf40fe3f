"""Read a dataset, check all of it, and give the cohort to be analysed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.cohort import derive, mapping, rules
from analysis.cohort.description import Description, read_description
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.folder import dataset_folder
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.schema import TABLES, Table, empty, expected, is_optional, kind
from analysis.parameters import Parameters

__all__ = ["DatasetFaults", "dataset_folder", "load", "read_dataset"]


def load(dataset: str | Path, parameters: Parameters | None = None) -> Cohort:
    """Read a dataset, refuse it if anything is wrong, and derive the cohort.

    Parameters
    ----------
    dataset
        A name in `data/` or the path of a folder of CSV or Parquet tables.
    parameters
        Choices that change who is in and how endpoints are defined.

    Raises
    ------
    DatasetFaults
        With the complete list of faults: file, row, column, value, what was expected.
    """
    return derive.cohort(read_dataset(dataset), parameters or Parameters())


def read_dataset(dataset: str | Path) -> Dataset:
    """Read and check the tables of a dataset as they were recorded.

    Raises
    ------
    DatasetFaults
        With the complete list of faults.
    """
    folder = dataset_folder(dataset)
    description = read_description(folder)
    written: Mapping[str, pd.DataFrame | Fault]
    if description.source is None:
        written = _read_files(folder)
    else:
        written = mapping.read_source(folder.name, description)

    faults: list[Fault] = []
    tables: dict[str, pd.DataFrame] = {}
    for table in TABLES.values():
        found = written.get(table.name)
        if isinstance(found, Fault):
            faults.append(found)
            found = None
        elif found is None and not table.optional and not description.lacks(table.name):
            faults.append(
                Fault(
                    f"{table.name}.csv",
                    0,
                    "",
                    "",
                    f"this file (or {table.name}.parquet), or the line "
                    f"`{table.name}: all` under not_recorded in dataset.yaml",
                )
            )
        tables[table.name] = (
            empty(table) if found is None else _typed(found, table, description, faults)
        )
    faults += rules.broken(tables, description)
    if faults:
        raise DatasetFaults(folder.name, [_with_file(fault, written) for fault in faults])
    return Dataset(name=folder.name, description=description, tables=tables)


def _with_file(fault: Fault, written: Mapping[str, object]) -> Fault:
    frame = written.get(fault.file)
    if isinstance(frame, pd.DataFrame):
        return Fault(str(frame.attrs["file"]), fault.row, fault.column, fault.value, fault.expected)
    return fault


def _read_files(folder: Path) -> dict[str, pd.DataFrame | Fault]:
    found: dict[str, pd.DataFrame | Fault] = {}
    for table in TABLES.values():
        for path in (folder / f"{table.name}.csv", folder / f"{table.name}.parquet"):
            if path.is_file():
                found[table.name] = _read_file(path)
                break
    return found


def _read_file(path: Path) -> pd.DataFrame | Fault:
    """Read every cell as text, indexed by its row in the file."""
    try:
        if path.suffix == ".parquet":
            frame, first_row, text = pd.read_parquet(path), 2, _text
        else:
            # Lines before the header that start with '#' are remarks on the file.
            with path.open(encoding="utf-8-sig") as lines:
                remarks = 0
                for line in lines:
                    if not line.startswith("#"):
                        break
                    remarks += 1
            frame = pd.read_csv(
                path,
                dtype=str,
                na_filter=False,
                skiprows=remarks,
                skip_blank_lines=False,
                encoding="utf-8-sig",
                index_col=False,
                on_bad_lines="error",
            )
            first_row, text = remarks + 2, _stripped
    except UnicodeDecodeError:
        return Fault(path.name, 0, "", "", "text in UTF-8 (in Excel: save as 'CSV UTF-8')")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OSError) as error:
        problem = str(error).strip().splitlines()[0]
        return Fault(path.name, 0, "", problem, "a table with a header and one row a line")
    frame.columns = [str(name).strip() for name in frame.columns]
    frame.index = pd.RangeIndex(first_row, first_row + len(frame))
    frame = frame.apply(_by_value, args=(text,)).dropna(how="all")
    frame.attrs["file"] = path.name
    return frame


def _text(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(cells):
        return cells.dt.strftime("%Y-%m-%d").astype(object)
    if pd.api.types.is_bool_dtype(cells):
        return cells.map({True: "yes", False: "no"}).astype(object)
    words = cells.map(str).astype(object)
    if cells.dtype.kind == "f":
        return words.str.replace(r"\.0$", "", regex=True)
    return words if cells.dtype.kind in "iu" else _stripped(words)


def _stripped(cells: pd.Series) -> pd.Series:
    return cells.str.strip().replace("", pd.NA).astype(object)


def _by_value(cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Change cells that are not blank, each distinct value once: most columns hold few."""
    codes, values = pd.factorize(cells)
    changed = change(pd.Series(values)).array.take(codes, allow_fill=True)
    return pd.Series(changed, index=cells.index, name=cells.name)


def _typed(
    frame: pd.DataFrame, table: Table, description: Description, faults: list[Fault]
) -> pd.DataFrame:
    """Turn text into dates and numbers and check every cell; faults are added to the list."""
    columns = table.schema.columns
    for name in frame.columns:
        if name not in columns:
            near = ", ".join(columns)
            faults.append(Fault(table.name, 0, name, "", f"only the columns {near}"))
    doubled = sorted({name for name in frame.columns if list(frame.columns).count(name) > 1})
    for name in doubled:
        faults.append(Fault(table.name, 0, name, "", "each column once"))
    frame = frame.loc[:, ~frame.columns.duplicated()]
    if frame.empty:
        faults.append(Fault(table.name, 0, "", "", f"at least one row: {table.one_row_is}"))

    typed = pd.DataFrame(index=frame.index)
    for name, column in columns.items():
        if name in frame.columns:
            typed[name] = _parsed(frame[name], column, table.name, faults)
        else:
            typed[name] = empty(table)[name].reindex(frame.index)
            if not is_optional(column) and not description.lacks(table.name, name):
                faults.append(
                    Fault(
                        table.name,
                        0,
                        name,
                        "",
                        "this column, or its name under not_recorded in dataset.yaml",
                    )
                )
    for fault in _out_of_range(typed, frame, table):
        faults.append(fault)
    return typed


def _parsed(cells: pd.Series, column: pa.Column, table: str, faults: list[Fault]) -> pd.Series:
    wanted = kind(column)
    if wanted == "text":
        return cells.astype(object)
    parsed = _by_value(cells, _dates if wanted == "date" else _numbers)
    if wanted == "integer":
        parsed = parsed.where(parsed % 1 == 0).astype("Int64")
    for row in cells.index[cells.notna() & parsed.isna()]:
        faults.append(Fault(table, int(row), str(cells.name), str(cells[row]), expected(column)))
    return parsed


def _dates(cells: pd.Series) -> pd.Series:
    parsed = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    # to_datetime also takes '2020-1-5', which a spreadsheet may have meant otherwise.
    plain = cells.astype(str).str.fullmatch(r"\d{4}-\d{2}-\d{2}")
    return parsed.where(plain).astype("datetime64[ns]")


def _numbers(cells: pd.Series) -> pd.Series:
    parsed = pd.to_numeric(cells, errors="coerce")
    # 'inf' and hexadecimal are numbers to the parser and to nobody who fills in a table.
    plain = cells.astype(str).str.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
    return parsed.where(plain).astype("float64")


def _out_of_range(typed: pd.DataFrame, frame: pd.DataFrame, table: Table) -> list[Fault]:
    faults = []
    try:
        table.schema.validate(typed, lazy=True)
    except pa.errors.SchemaErrors as errors:
        for case in errors.failure_cases.itertuples():
            if case.index is None or pd.isna(case.index) or case.column not in frame.columns:
                continue
            column = table.schema.columns[case.column]
            written = frame.loc[case.index, case.column]
            if pd.isna(written):
                words = f"a value; {expected(column)}"
            elif pd.isna(typed.loc[case.index, case.column]):
                continue  # Said already, when it could not be read.
            else:
                words = str(case.check) if kind(column) == "date" else expected(column)
            faults.append(
                Fault(
                    table.name,
                    int(case.index),
                    str(case.column),
                    "" if pd.isna(written) else str(written),
                    words,
                )
            )
    return faults
