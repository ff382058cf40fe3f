"""Read a dataset, check all of it, and give the cohort to be analysed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.cohort import derive, eligibility, imputation, rules, typed
from analysis.cohort.by_patient import share_patients
from analysis.cohort.declared import declare
from analysis.cohort.description import FILE, Description, description_and_faults
from analysis.cohort.faults import DatasetFaults, Fault, printable
from analysis.cohort.folder import dataset_folder
from analysis.cohort.intake.arrow import give_back
from analysis.cohort.intake.mapping import Written
from analysis.cohort.intake.sheet import by_value
from analysis.cohort.intake.sources import Own, Sources
from analysis.cohort.intake.texts import Texts
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read_once import read_once
from analysis.cohort.remarks import remarks
from analysis.cohort.schema import TABLE_KEYS, tables_of
from analysis.cohort.written import Everything, expanded, plain, read_tables
from analysis.study.columns import Table, empty
from analysis.study.limits import limit_column
from analysis.study.parameters import ParameterFaults, Parameters, unknown_name
from analysis.study.study import Study

__all__ = ["DatasetFaults", "dataset_folder", "load", "read_dataset"]


def load(
    dataset: str | Path, study: Study, chosen: Parameters | Mapping[str, Any] | None = None
) -> Cohort:
    """Read a dataset, refuse it if anything is wrong, and derive the cohort.

    Parameters
    ----------
    dataset
        A name in `data/`, or the path of a folder with a `dataset.yaml`.
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
    ParameterFaults
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
        raise ParameterFaults(unknown_name(name, study.parameters))
    return study.parameters.of(names)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read_study(dataset: str | Path, study: Study) -> Study:
    """Give the study that a dataset belongs to, from its `dataset.yaml` alone.

    Faults that leave the file legible, such as a key given twice, are told by `read_dataset`, with
    those of the tables.

    Raises
    ------
    DatasetFaults
        With what is wrong with that file.
    """
    folder = dataset_folder(dataset)
    description, _ = description_and_faults(folder)
    description = expanded(folder, description, Sources(folder))
    return declare(folder.name, study, description)


@read_once
def read_dataset(dataset: str | Path, study: Study, own: Own | None = None) -> Dataset:
    """Read and check the tables of a dataset as they were recorded.

    `own` are its files where they have been opened, such as a part of their rows.

    Raises
    ------
    DatasetFaults
        With the complete list of faults.
    """
    folder = dataset_folder(dataset)
    sources = Sources(folder)
    description, of_description = description_and_faults(folder)
    description = expanded(folder, description, sources)
    study = declare(folder.name, study, description)
    schema = tables_of(study)
    everything = read_tables(folder, description, schema, sources, own)
    written, notes = dict(everything.tables), list(everything.notes)

    faults: list[Fault] = [
        *of_description,
        *everything.faults,
        *_unknown_columns(description, schema),
        *_recorded_after_all(description, everything, schema),
    ]
    description = _with_what_lacks(description, everything, schema, study)
    unread = {fault.file for fault in everything.faults}
    has_ids = "patients" in written and "patient_id" in written["patients"].frame
    everything = replace(everything, tables={})
    tables: dict[str, pd.DataFrame] = {}
    imputed: dict[str, pd.DataFrame] = {}
    dates = typed.texts_of_dates(written, schema)
    commas: list[str] = []
    for table in schema.values():
        found = written.get(table.name)
        if found is None:
            tables[table.name] = empty(table)
            asked = not (table.optional or description.lacks(table.name))
            # What is declared of it, and is wrong, is told already.
            asked = asked and table.name not in description.tables
            if asked and not _was_met(table.name, unread):
                faults.append(_no_table(table.name, folder))
            elif not _was_met(table.name, unread):
                faults += _misspelt(table.name, everything)
            continue
        cells = typed.typed(found, table, description, dates)
        # From here on its rows and their places are enough; of events see `entered_twice`.
        if table.name != "adverse_events":
            written[table.name] = replace(found, frame=found.frame[[]])
        tables[table.name] = cells.frame
        imputed[table.name] = cells.imputed
        for name, signs in cells.limits.items():
            tables[table.name][limit_column(name)] = signs
        notes += cells.notes
        commas += cells.commas
        of_cells = cells.faults
        if any(fault.column.startswith(f"tables.{table.name}") for fault in everything.faults):
            # What could not be read of a table may have left it empty, which is no second cause.
            unmade = {fault.column for fault in everything.faults}
            of_cells = [
                fault
                for fault in of_cells
                if (fault.row or fault.column)
                and f"tables.{table.name}.{fault.column}" not in unmade
            ]
        faults += [_placed(fault, found) for fault in of_cells]
    tables = share_patients(tables)
    notes += _unread(everything, faults)
    if commas:
        notes.append(f"Decimal commas are read as such: {', '.join(commas)}.")
    if imputed:
        tables, more = imputation.within_order(tables, imputed, description.data_cutoff)
        notes += more
    events = written.get("adverse_events")
    tables["adverse_events"], more = worst_grades(tables["adverse_events"], study, events)
    notes += more
    # What a convention leaves unread, such as all dates, would break rules that the patients keep.
    if has_ids and not any(fault.cause and fault.row for fault in faults):
        faults += [
            _placed(fault, written[fault.file]) if fault.file in written else fault
            for fault in rules.broken(tables, _without_unread(description, written), imputed)
        ]
    if faults:
        raise DatasetFaults(folder.name, faults)
    written.clear()
    give_back()
    return Dataset(
        name=folder.name,
        study=study,
        description=description,
        tables=tables,
        imputed={
            f"{name}.{column}": int(flags[column].notna().sum())
            for name, flags in imputed.items()
            for column in flags.columns
        },
        notes=tuple(dict.fromkeys(notes)),
    )


def _with_what_lacks(
    description: Description, everything: Everything, schema: Mapping[str, Table], study: Study
) -> Description:
    """Add to what is said not to be recorded what nobody is asked for.

    Who declares a study of their own says what there is; the rest is not asked for.
    """
    absent = {
        name: "all"
        for name, table in schema.items()
        if name not in everything.tables
        and (table.optional or not study.asks_for_tables)
        and name != "patients"
    }
    not_recorded = {**absent, **everything.not_recorded}
    for name, columns in description.not_recorded.items():
        implied = not_recorded.get(name, [])
        if columns == "all" or implied == "all":
            not_recorded[name] = "all"
        else:
            not_recorded[name] = [*implied, *(c for c in columns if c not in implied)]
    return description.model_copy(update={"not_recorded": not_recorded})


def _without_unread(description: Description, written: Mapping[str, Written]) -> Description:
    """Give a description for which a table that could not be read is not recorded.

    Who lacks a row in it is no second cause.
    """
    absent = {name: "all" for name in TABLE_KEYS if name not in written}
    return description.model_copy(update={"not_recorded": {**description.not_recorded, **absent}})


def _was_met(name: str, files: set[str]) -> bool:
    """Tell whether a fault is of the file of a table, which then is there."""
    return any(Path(file).stem.casefold() == name or f"({name})" in file for file in files)


def _no_table(name: str, folder: Path) -> Fault:
    """Say that a table is missing, and what stands in its place."""
    near = [
        path.name
        for path in sorted(folder.iterdir())
        if difflib.get_close_matches(path.stem.casefold(), [name], n=1, cutoff=0.75)
    ]
    there = f" (there is {', '.join(near)})" if near else ""
    words = (
        f"this file{there}, as CSV, Parquet, a workbook, SPSS, Stata or SAS, or the line "
        f"`{name}: all` under not_recorded in dataset.yaml"
    )
    return Fault(f"{name}.csv", 0, "", "", words)


def _misspelt(name: str, everything: Everything) -> list[Fault]:
    """Find what a table that nobody asks for may have been called by a slip."""
    near = [
        (file, stem)
        for file, stem in everything.unread
        if difflib.get_close_matches(plain(stem), [name], n=1, cutoff=0.75)
    ]
    words = f"the name of a table; did you mean {name}? If not, call it something less alike"
    kinds = f"a table as CSV, Parquet, a workbook, SPSS, Stata or SAS, such as {name}.csv"
    return [Fault(file, 0, "", "", kinds if stem == name else words) for file, stem in near]


def _unread(everything: Everything, faults: list[Fault]) -> list[str]:
    """Say which files of tables nobody reads, since they are called like none."""
    told = {fault.file for fault in faults}
    # A text may be anything.
    files = [name for name, _ in everything.unread if ", " not in name and ".txt" not in name]
    return [
        f"{name} is not read: no table is called so."
        for name in map(printable, files)
        if name not in told
    ]


def _recorded_after_all(
    description: Description, everything: Everything, schema: Mapping[str, Table]
) -> list[Fault]:
    """Find what is said not to be recorded, and is there: which of the two holds, nobody knows."""
    faults = []
    for name, columns in description.not_recorded.items():
        written = everything.tables.get(name)
        if written is None:
            continue
        there = written.frame.loc[:, ~written.frame.columns.duplicated()]
        if columns == "all":
            if len(there) or schema[name].may_be_empty:
                words = f"no table {name}, which is there; take away this line, or the table"
                faults.append(Fault(FILE, 0, f"not_recorded.{name}", "all", words))
            continue
        for column in columns:
            if column in there and bool(there[column].notna().any()):
                words = f"a column that {name} does not have; take away this line, or the column"
                faults.append(Fault(FILE, 0, f"not_recorded.{name}", column, words))
    return faults


def _placed(fault: Fault, written: Written) -> Fault:
    """Give a fault of a table as one of the file that the person knows."""
    if fault.file == FILE:
        return fault
    file, row, column = written.place(fault.row, fault.column)
    return replace(fault, file=file, row=row, column=column)


def _renamed(written: pd.Series, term: pd.Series) -> list[str]:
    """Say which terms are counted as others, or as what is spelt otherwise in other rows."""
    other = written.str.casefold() != term.str.casefold()
    other = written.notna() & (other | ((written != term) & term.isin(set(written))))
    pairs = sorted(set(zip(written[other], term[other], strict=True)))
    if not pairs:
        return []
    listed = "; ".join(f"'{said}' as {counted}" for said, counted in pairs)
    return [f"term (adverse_events): counted are {listed} (CTCAE version 5.0)."]


def entered_twice(events: Written) -> pd.Series:
    """Tell which rows of a table's own file are the same in every cell, whatever the capitals.

    Of a file of another shape not every column is read: rows that look the same may not be.
    """
    if events.parts is not None:
        return pd.Series(False, index=events.frame.index)
    plain = {
        place: by_value(events.frame.iloc[:, place], _without_capitals)
        for place in range(events.frame.shape[1])
    }
    return pd.DataFrame(plain, index=events.frame.index, copy=False).duplicated(keep=False)


def _without_capitals(texts: pd.Series) -> pd.Series:
    return texts.str.casefold().str.split().str.join(" ")


def worst_grades(
    events: pd.DataFrame, study: Study, entered: Written | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Give one row a patient and CTCAE term, that of the worst grade; of these, the first.

    Parameters
    ----------
    events
        A row an episode.
    entered
        The same as they are written. Rows are no episodes where the same was entered twice: they
        stay, as a fault.

    Returns
    -------
    tuple
        The events, and what was done, in sentences.
    """
    written = Texts.of(events["term"])
    spelt = study.spelt(written.texts)
    notes = _renamed(written.texts, spelt)
    events = events.copy(deep=False)
    events["term"] = written.changed(spelt).words()
    key = ["patient_id", "term"]
    if not events.duplicated(key).any():
        return events, notes
    known = events.dropna(subset=key)
    if entered is not None:
        known = known[~entered_twice(entered).reindex(known.index, fill_value=False)]
    if not known.duplicated(key).any():
        return events, notes
    ranked = known.assign(_worst=-known["grade"].astype(float)).sort_values(
        ["_worst", "onset_date"], kind="stable", na_position="last"
    )
    kept = events.index.isin(ranked.drop_duplicates(key).index) | ~events.index.isin(known.index)
    left = len(events) - int(kept.sum())
    episodes = "1 further episode" if left == 1 else f"{left} further episodes"
    return events[kept], [
        *notes,
        f"adverse_events: {episodes} of a term that the patient has with the same or a worse "
        "grade; the worst is counted.",
    ]


def _unknown_columns(description: Description, schema: Mapping[str, Table]) -> list[Fault]:
    """Give the columns that are said not to be recorded, and that there are not."""
    return [
        Fault(FILE, 0, f"not_recorded.{name}", column, f"a column of {name}")
        for name, columns in description.not_recorded.items()
        if isinstance(columns, list)
        for column in columns
        if column not in schema[name].schema.columns
    ]
