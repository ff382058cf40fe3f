"""Read a dataset, check all of it, and give the cohort to be analysed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

from analysis.cohort import derive, eligibility, mapping, rules
from analysis.cohort.declared import declare
from analysis.cohort.description import FILE, Description, read_description
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.folder import dataset_folder
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.remarks import remarks
from analysis.cohort.schema import TABLE_KEYS, tables_of
from analysis.study.columns import Table, empty, expected, is_optional, kind, known_texts
from analysis.study.parameters import Parameters, unknown_name
from analysis.study.study import Study

__all__ = ["DatasetFaults", "dataset_folder", "load", "read_dataset"]

# How alike two texts are when one is taken for a slip of the other.
SLIP = 0.85


def load(
    dataset: str | Path, study: Study, chosen: Parameters | Mapping[str, Any] | None = None
) -> Cohort:
    """Read a dataset, refuse it if anything is wrong, and derive the cohort.

    Parameters
    ----------
    dataset
        A name in `data/` or the path of a folder of CSV or Parquet tables.
    study
        What the dataset is read as; its `dataset.yaml` may add to it.
    chosen
        The parameters, or names among which they are: the `globals()` of a notebook. The study's
        unless told otherwise.

    Raises
    ------
    DatasetFaults
        With the complete list of faults: file, row, column, value, what was expected.
    """
    recorded = read_dataset(dataset, study)
    cohort = derive.cohort(recorded, parameters_for(recorded.study, chosen, study))
    if cohort.patients.empty:
        raise DatasetFaults(cohort.name, [eligibility.nobody(cohort.screening, cohort.read)])
    return replace(cohort, remarks=remarks(recorded, cohort))


def parameters_for(
    study: Study, chosen: Parameters | Mapping[str, Any] | None, base: Study
) -> Parameters:
    """Give parameters as those of a dataset's study.

    Names of a notebook hold the values of `base`, the study that the notebook was written for: what
    differs from these is what was chosen, and the rest is as the dataset's study has it.

    Raises
    ------
    ValueError
        For a name that looks like a parameter and is none, or a value out of range.
    """
    if chosen is None:
        return study.parameters()
    if isinstance(chosen, study.parameters):
        return chosen
    if isinstance(chosen, Parameters):
        # A study of its own has no use for the cut-offs and factors of another; it has its own.
        known, asked = study.parameters.model_fields, chosen.changed()
        return study.parameters(**{name: new for name, (_, new) in asked.items() if name in known})
    defaults = {name: _plain(value) for name, value in base.parameters()}
    as_written = {n for n in defaults if n in chosen and _plain(chosen[n]) == defaults[n]}
    names = {name: value for name, value in chosen.items() if name not in as_written}
    for name in defaults.keys() & names.keys() - study.parameters.model_fields.keys():
        raise ValueError(unknown_name(name, study.parameters))
    return study.parameters.of(names)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read_study(dataset: str | Path, study: Study) -> Study:
    """Give the study that a dataset belongs to, from its `dataset.yaml` alone.

    Raises
    ------
    DatasetFaults
        With what is wrong with that file.
    """
    folder = dataset_folder(dataset)
    return declare(folder.name, study, read_description(folder))


def read_dataset(dataset: str | Path, study: Study) -> Dataset:
    """Read and check the tables of a dataset as they were recorded.

    Raises
    ------
    DatasetFaults
        With the complete list of faults.
    """
    folder = dataset_folder(dataset)
    description = read_description(folder)
    study = declare(folder.name, study, description)
    schema = tables_of(study)
    written: Mapping[str, pd.DataFrame | Fault]
    if description.source is None:
        written = _read_files(folder)
    else:
        written = mapping.read_source(folder.name, description)

    faults: list[Fault] = _unknown_columns(description, schema)
    tables: dict[str, pd.DataFrame] = {}
    # Who declares a study of their own says what there is; the rest is not asked for.
    absent = {
        name: "all"
        for name, table in schema.items()
        if name not in written
        and (table.optional or not study.asks_for_tables)
        and name != "patients"
    }
    not_recorded = {**description.not_recorded, **absent}
    description = description.model_copy(update={"not_recorded": not_recorded})
    for table in schema.values():
        found = written.get(table.name)
        if isinstance(found, Fault):
            faults.append(found)
            found = None
        elif found is None and not (table.optional or description.lacks(table.name)):
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
    return Dataset(name=folder.name, study=study, description=description, tables=tables)


def _unknown_columns(description: Description, schema: Mapping[str, Table]) -> list[Fault]:
    """Give the columns that are said not to be recorded, and that there are not."""
    return [
        Fault(FILE, 0, f"not_recorded.{name}", column, f"a column of {name}")
        for name, columns in description.not_recorded.items()
        if isinstance(columns, list)
        for column in columns
        if column not in schema[name].schema.columns
    ]


def _with_file(fault: Fault, written: Mapping[str, object]) -> Fault:
    frame = written.get(fault.file)
    if isinstance(frame, pd.DataFrame):
        return Fault(str(frame.attrs["file"]), fault.row, fault.column, fault.value, fault.expected)
    return fault


def _read_files(folder: Path) -> dict[str, pd.DataFrame | Fault]:
    found: dict[str, pd.DataFrame | Fault] = {}
    for name in TABLE_KEYS:
        for path in (folder / f"{name}.csv", folder / f"{name}.parquet"):
            if path.is_file():
                found[name] = _read_file(path)
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
        # A time of day is kept: by it alone a day of another time zone is seen.
        return cells.astype(str).astype(object)
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
            faults.append(Fault(table.name, 0, name, "", _known_column(name, table)))
    doubled = sorted({name for name in frame.columns if list(frame.columns).count(name) > 1})
    for name in doubled:
        faults.append(Fault(table.name, 0, name, "", "each column once"))
    frame = frame.loc[:, ~frame.columns.duplicated()]
    if frame.empty and not table.may_be_empty:
        faults.append(Fault(table.name, 0, "", "", f"at least one row: {table.one_row_is}"))

    typed = pd.DataFrame(index=frame.index)
    for name, column in columns.items():
        if name in frame.columns:
            typed[name] = _parsed(frame[name], column, table.name, faults)
        else:
            typed[name] = empty(table)[name].reindex(frame.index)
            if not is_optional(column) and not description.lacks(table.name, name):
                near = difflib.get_close_matches(name, frame.columns, n=1, cutoff=SLIP)
                there = f" (there is {near[0]})" if near else ""
                words = f"this column{there}, or its name under not_recorded in dataset.yaml"
                faults.append(Fault(table.name, 0, name, "", words))
    for fault in _out_of_range(typed, frame, table):
        faults.append(fault)
    return typed


def _known_column(name: str, table: Table) -> str:
    near = difflib.get_close_matches(name, table.schema.columns, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    where = " (or a factor or endpoint of dataset.yaml that uses it)"
    return f"{meant}only the columns {', '.join(table.schema.columns)}{where}"


def _parsed(cells: pd.Series, column: pa.Column, table: str, faults: list[Fault]) -> pd.Series:
    wanted = kind(column)
    if known := known_texts(column):
        return _recognised(cells, known, table, faults)
    if wanted == "text":
        return cells.astype(object)
    parsed = _by_value(cells, _dates if wanted == "date" else _numbers)
    if wanted == "date":
        timed = cells.notna() & parsed.isna() & cells.astype(str).str.fullmatch(_WITH_TIME)
        if timed.any():
            row = int(timed.idxmax())
            words = (
                f"a day without a time of day, which {int(timed.sum())} cells have: elsewhere it "
                "may be the next day. Store the day as it was where the patient was"
            )
            faults.append(Fault(table, row, str(cells.name), str(cells[row]), words))
            # Known to be one cause: what else follows from these cells is not told besides.
            parsed = parsed.fillna(_by_value(cells.where(timed).str[:10], _dates))
    if wanted == "integer":
        parsed = parsed.where(parsed % 1 == 0).astype("Int64")
    for row in cells.index[cells.notna() & parsed.isna()]:
        faults.append(Fault(table, int(row), str(cells.name), str(cells[row]), expected(column)))
    return parsed


def _recognised(
    cells: pd.Series, known: tuple[str, ...], table: str, faults: list[Fault]
) -> pd.Series:
    """Give the texts of an open list as they are known, in any case; a slip of one is a fault."""
    spelt = {text.lower(): text for text in known}
    written: dict[str, str] = {}
    for text in cells.dropna().unique():
        plain = str(text).strip()
        near = difflib.get_close_matches(plain.lower(), spelt, n=1, cutoff=SLIP)
        if plain.lower() in spelt:
            written[text] = spelt[plain.lower()]
        elif near:
            meant = spelt[near[0]]
            for row in cells.index[cells == text]:
                words = f"{meant}, if that is meant; what is another is declared in dataset.yaml"
                faults.append(Fault(table, int(row), str(cells.name), plain, words))
            written[text] = meant
        else:
            written[text] = plain
    return cells.map(written).astype(object)


_DAY = r"\d{4}-\d{2}-\d{2}"
_MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?([+-]\d{2}:\d{2})?"
_WITH_TIME = rf"{_DAY}[ T]\d{{2}}:\d{{2}}.*"


def _dates(cells: pd.Series) -> pd.Series:
    days = cells.astype(str).str.replace(rf"^({_DAY}){_MIDNIGHT}$", r"\1", regex=True)
    parsed = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce")
    # to_datetime also takes '2020-1-5', which a spreadsheet may have meant otherwise.
    plain = days.str.fullmatch(_DAY)
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
