"""Many cohorts in few files: one Parquet file a table, with a column that says whose a row is.

A cohort of a collection is unpacked when it is asked for by name, into a folder of its own beside
the collection, and is from then on a dataset like any other.
"""

from __future__ import annotations

import contextlib
import datetime
import difflib
import filecmp
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.cohort.save import write_tables
from analysis.study.errors import ReadableError
from analysis.study.in_place import clear_away, staged

MEMBER = "member"
# Between the name of a cohort and that of a patient.
_OF = "/"
# What every cohort of the collections in a folder says of itself.
ABOUT = "ensemble.json"
# The two collections of a folder, and what one of theirs is called.
KINDS = {"members": "member", "witnesses": "witness"}
COMMAND = "make ensemble N=100"
# As a number is written in CSV.
_DIGITS = 10
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}", re.ASCII)
_LEVEL = 9

Tables = Mapping[str, pd.DataFrame]


class NoMember(ReadableError):
    """There is no cohort of that name, or no collection."""


def to_arrow(tables: Tables) -> dict[str, pa.Table]:
    """Give the tables of one cohort as they are stored: what CSV would hold, with types.

    Numbers keep the digits that are written in CSV; a column that holds dates and texts, or numbers
    and texts, is of text.
    """
    return {
        name: pa.table({str(column): _array(table[column]) for column in table.columns})
        for name, table in tables.items()
    }


def write(folder: Path, cohorts: Mapping[int | str, Mapping[str, pa.Table]]) -> None:
    """Write one Parquet file a table, of all cohorts in the order given; the same bytes for them.

    Parameters
    ----------
    folder
        An empty folder.
    cohorts
        Name of a cohort (a number or a text, all of one kind) to its tables, from `to_arrow`.
    """
    first = next(iter(cohorts.values()))
    for name in first:
        parts = [_of(member, tables[name]) for member, tables in cohorts.items()]
        write_table(pa.concat_tables(parts, promote_options="permissive"), folder, name)


def write_table(table: pa.Table, folder: Path, name: str) -> None:
    """Write `<name>.parquet`, in bytes that follow from the rows alone."""
    pq.write_table(
        table.replace_schema_metadata(None).combine_chunks(),
        folder / f"{name}.parquet",
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=True,
        store_schema=False,
        row_group_size=1 << 20,
    )


def names(ensemble: Path, kind: str) -> list[str]:
    """Give the names of the cohorts of a collection, in its order; none when there is none."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        column = pq.read_table(ensemble / kind / "patients.parquet", columns=[MEMBER])[MEMBER]
        return [str(name) for name in column.unique().to_pylist()]
    return []


def tables_of(
    ensemble: Path, kind: str, name: str, without: Collection[str] = ()
) -> dict[str, pd.DataFrame]:
    """Give the tables of one cohort of a collection, in cells of which CSV can be written."""
    stored = _stored(ensemble, kind, [name], without)
    return {table: rows.drop(columns=MEMBER) for table, rows in stored.items()}


def together(
    ensemble: Path, kind: str, names: Sequence[str], without: Collection[str] = ()
) -> dict[str, pd.DataFrame]:
    """Give several cohorts of a collection as one, of which patients have other names.

    `whose` tells from their names whose they are.
    """
    tables = _stored(ensemble, kind, names, without)
    for rows in tables.values():
        member = rows.pop(MEMBER).astype(str)
        rows["patient_id"] = member + _OF + rows["patient_id"].astype(str)
    return tables


def whose(patients: pd.Index) -> pd.Index:
    """Give the name of the cohort of each patient of `together`."""
    return patients.map(lambda name: str(name).partition(_OF)[0])


def _stored(
    ensemble: Path, kind: str, names: Sequence[str], without: Collection[str]
) -> dict[str, pd.DataFrame]:
    asked = [int(name) for name in names] if kind == "members" else list(names)
    tables = {}
    for path in sorted((ensemble / kind).glob("*.parquet")):
        if path.stem not in without:
            rows = pq.read_table(path, filters=[(MEMBER, "in", asked)])
            cells = {name: rows[name].to_pylist() for name in rows.schema.names}
            tables[path.stem] = pd.DataFrame(cells, dtype=object)
    return tables


def unpacked(ensemble: Path, name: str) -> Path:
    """Give the folder of one cohort as a dataset, whole; it is made, or made anew, where need be.

    Raises
    ------
    NoMember
        When there is no such cohort, with the names that are near.
    """
    kind = _kind(ensemble, name)
    try:
        about = json.loads((ensemble / ABOUT).read_text(encoding="utf-8"))
        description = _description(about["description"], f"{KINDS[kind]} {name}")
        tables = tables_of(ensemble, kind, name)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoMember(
            f"The ensemble in {_shown(ensemble)}/ cannot be read ({type(error).__name__}); "
            f"`{COMMAND}` makes it anew."
        ) from error
    clear_away(ensemble)
    place = ensemble / name
    with contextlib.suppress(_AsItIs), staged(ensemble, name) as new:
        write_tables(new, tables, description, str(description["notice"]))
        if _same(new, place):
            raise _AsItIs
    return place


class _AsItIs(Exception):
    """What would be unpacked is there."""


def _kind(ensemble: Path, name: str) -> str:
    there = {kind: names(ensemble, kind) for kind in KINDS}
    if not any(there.values()):
        raise NoMember(f"There is no ensemble in {_shown(ensemble)}/ yet; `{COMMAND}` finds one.")
    shown = f"'{name}'" if name.isprintable() else ascii(name)
    if _NAME.fullmatch(name):
        for kind, known in there.items():
            if name in known:
                return kind
    near = difflib.get_close_matches(
        name.casefold()[:100], [*there["witnesses"], *there["members"]], n=3
    )
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    numbers, witnesses = there["members"], there["witnesses"]
    parts = [f"members {numbers[0]} to {numbers[-1]}"] if numbers else []
    if witnesses:
        parts.append(f"{len(witnesses)} witnesses, such as {witnesses[0]}")
    raise NoMember(f"The ensemble has no member {shown}.{meant} It has {' and '.join(parts)}.")


def _description(base: Mapping[str, Any], who: str) -> dict[str, object]:
    description = dict(base)
    description["title"] = f"{base['title']}: {who} of the ensemble"
    description["notice"] = f"{base['notice']} This is {who} of the ensemble in data/ensemble."
    for name, value in description.items():
        if name == "data_cutoff":
            description[name] = datetime.date.fromisoformat(str(value))
    return description


def _same(one: Path, other: Path) -> bool:
    """Tell whether two folders hold the same files, byte for byte."""
    if not other.is_dir():
        return False
    files = sorted(path.name for path in one.iterdir())
    if files != sorted(path.name for path in other.iterdir()):
        return False
    return filecmp.cmpfiles(one, other, files, shallow=False)[0] == files


def _of(member: int | str, table: pa.Table) -> pa.Table:
    kind = pa.int32() if isinstance(member, int) else pa.string()
    return table.add_column(0, MEMBER, pa.array([member] * table.num_rows, kind))


def _array(values: pd.Series) -> pa.Array:
    plain: list[Any] = [_plain(value) for value in values.astype(object)]
    kinds = {type(value) for value in plain if value is not None}
    if kinds == {int, float}:
        return pa.array([None if value is None else float(value) for value in plain], pa.float64())
    for kind, stored in (
        (int, pa.int64()),
        (float, pa.float64()),
        (datetime.date, pa.date32()),
    ):
        if kinds == {kind}:
            return pa.array(plain, stored)
    if not kinds:
        return pa.nulls(len(plain))
    return pa.array([None if value is None else str(value) for value in plain], pa.string())


def _plain(value: Any) -> int | float | str | datetime.date | None:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime.date):
        return datetime.date(value.year, value.month, value.day)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.{_DIGITS}g}")
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _shown(folder: Path) -> str:
    """Give a folder as people see it from where they are."""
    with contextlib.suppress(ValueError):
        return folder.resolve().relative_to(Path.cwd()).as_posix()
    return folder.name
