"""Read a mutated dataset as the report does, and hold what comes out to the unchanged one."""

from __future__ import annotations

import pickle
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pandas as pd

from analysis.cohort import derive, rules, typed
from analysis.cohort.description import Description
from analysis.cohort.faults import Fault
from analysis.cohort.intake import files
from analysis.cohort.intake.mapping import Written
from analysis.cohort.intake.sheet import Sheet
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.cohort.remarks import remarks
from analysis.estimates.whole import estimate
from analysis.study.columns import Table
from analysis.study.errors import ReadableError
from analysis.study.keys import KEY
from analysis.zhai_2025.study import STUDY
from tests.cohort.mutated.base import Files

# Of computing time: fourteen patients take a fraction of a second, on any machine.
LONGEST_SECONDS = 20


class TooSlow(Exception):
    """Reading takes longer than anything of this size may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop what computes longer, where the system has alarms."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def remembering() -> Iterator[None]:
    """Read each file, and check each table, once: a mutation leaves most of them as they are."""
    sheets: dict[object, object] = {}
    checked: dict[object, object] = {}
    broken: dict[object, object] = {}
    read_sheets, check, find_broken = files.read_sheets, typed.typed, rules.broken

    def sheets_of(path: Path, where: files.Where | None = None) -> list[Sheet]:
        key = path.name, path.read_bytes() if path.is_file() else None, where
        if key not in sheets:
            sheets[key] = read_sheets(path, where)
        return sheets[key]

    def checked_table(
        written: Written, table: Table, description: Description, dates: pd.Series | None = None
    ) -> typed.Typed:
        columns = [(name, str(column.metadata)) for name, column in table.schema.columns.items()]
        told = description.conventions, description.not_recorded.get(table.name)
        key = pickle.dumps((written, told, table.name, columns))
        if key not in checked:
            checked[key] = check(written, table, description, dates)
        return checked[key]

    def broken_rules(
        tables: dict[str, pd.DataFrame], description: Description, imputed: object = None
    ) -> list[Fault]:
        key = pickle.dumps((tables, description, imputed))
        if key not in broken:
            broken[key] = find_broken(tables, description, imputed)
        return broken[key]

    files.read_sheets, typed.typed, rules.broken = sheets_of, checked_table, broken_rules
    try:
        yield
    finally:
        files.read_sheets, typed.typed, rules.broken = read_sheets, check, find_broken


def written(folder: Path, files: Files) -> Path:
    """Write files into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return folder


@dataclass(frozen=True)
class Outcome:
    """What became of a dataset: `refused` with its message, or estimates and lines."""

    refused: str = ""
    dataset: Dataset | None = None
    rows: pd.DataFrame | None = None
    lines: tuple[str, ...] = ()


def read(folder: Path, base: Outcome | None = None) -> Outcome:
    """Give what becomes of a dataset; one that is recorded as another is estimated as that."""
    try:
        dataset = read_dataset(folder, STUDY)
        if base is not None and base.dataset is not None and same(dataset, base.dataset):
            return Outcome(dataset=dataset, rows=base.rows, lines=base.lines)
        cohort = derive.cohort(dataset, dataset.study.parameters())
        if cohort.patients.empty:
            return Outcome(refused="nobody is analysed")
        lines = (*remarks(dataset, cohort), *_said(cohort))
        return Outcome(dataset=dataset, rows=_rows(cohort), lines=lines)
    except ReadableError as error:
        return Outcome(refused=str(error))


def same(one: Dataset, other: Dataset) -> bool:
    """Tell whether two datasets are recorded alike, but for what numbers the rows."""
    if one.description != other.description or one.notes != other.notes:
        return False
    return all(
        frame.reset_index(drop=True).equals(other.tables[name].reset_index(drop=True))
        for name, frame in one.tables.items()
    )


def _said(cohort: Cohort) -> Iterator[str]:
    """Give the lines of a report that say what is not there, or stands in for something."""
    yield from (f"{name}: {why}" for name, why in cohort.unrecorded.items())
    yield from (f"{name} {words}" for name, words in cohort.stand_ins.items())
    yield from (
        cohort.not_at_risk.astype(str).agg(" ".join, axis=1) if len(cohort.not_at_risk) else ()
    )
    yield from sorted(cohort.recording.missing)


def _rows(cohort: Cohort) -> pd.DataFrame:
    rows = estimate(cohort, cohort.study.chosen)
    return rows.set_index(list(KEY))[["value", "n"]].astype(object)


def differs(one: Outcome, other: Outcome) -> list[object]:
    """Give the keys whose value is another, or that only one of two has."""
    assert one.rows is not None
    assert other.rows is not None
    both = one.rows.join(other.rows, rsuffix="_of_other", how="outer", sort=False)
    there = both["value"].notna() == both["value_of_other"].notna()
    alike = (both["value"] == both["value_of_other"]) | (
        both["value"].isna() & both["value_of_other"].isna()
    )
    return list(both.index[~(there & alike.astype(bool))])
