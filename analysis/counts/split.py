"""A dataset too large for memory, split by patient into parts in one pass over each file.

The parts hold the cells as text, or as codes of it, each with its row in the file. They are read,
checked and derived as a whole dataset is, so that a fault has the file, row and column that the
person knows.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.cohort.declared import declare
from analysis.cohort.description import FILE, Description, read_description
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.intake.arrow import distinct_and_codes, distinct_values
from analysis.cohort.intake.files import check_is_utf8, how_it_begins, read_part
from analysis.cohort.intake.kinds import SUFFIXES, TEXTS
from analysis.cohort.intake.sheet import Sheet, Unreadable, coded, frame_of_distinct, in_codes
from analysis.cohort.intake.sources import Own
from analysis.cohort.schema import tables_of
from analysis.cohort.written import plain
from analysis.counts.profile import Keys, Profile, as_it_looks, keys_of
from analysis.study.columns import Table
from analysis.study.study import Study

# Rows of Parquet, and bytes of text, that are in memory at a time.
ROWS = 1 << 17
BYTES = 1 << 24
# Rows that wait to be written: of few at a time a part would have too many row groups.
WAITING = 1 << 20
# Text in which a quote is not closed within so many bytes is read as it is, and refused.
_MOST_BYTES = 1 << 28
# Tables that are split at a time.
_AT_A_TIME = 2
# Texts that a column may have in one piece to be stored as codes.
FEW = 5_000
_CODES, _TEXT = pa.dictionary(pa.int32(), pa.string()), pa.string()
_ROW, _KEY = "#row", "#key"
_WITNESSES = "#witnesses"
_ID = "patient_id"


@dataclass(frozen=True)
class Split:
    """The parts of a dataset.

    Attributes
    ----------
    folder
        That of the dataset.
    place
        Where the parts are: `<table>/<part>.parquet`.
    parts
        How many there are.
    files
        Table to the name of its file.
    witnesses
        Keys of the patients who are read with every part (see `profile`).
    rows, bytes
        Rows of all tables, and the size of all parts.
    """

    folder: Path
    place: Path
    parts: int
    files: dict[str, str]
    witnesses: frozenset[int]
    spellings: dict[tuple[str, str], dict[str, str]]
    rows: int
    bytes: int

    def path(self, table: str, part: int) -> Path:
        """Give the file of a table of a part."""
        return self.place / table / f"{part}.parquet"

    def digest(self, part: int) -> str:
        """Give the SHA-256 of what is read of a part, the witnesses apart."""
        digest = hashlib.sha256()
        for table in sorted(self.files):
            digest.update(f"\0{table}\0{self.files[table]}\0".encode())
            with self.path(table, part).open("rb") as file:
                for block in iter(lambda file=file: file.read(1 << 20), b""):  # type: ignore[misc]
                    digest.update(block)
        return digest.hexdigest()

    def own(self, part: int | None, witnesses: dict[str, pa.Table]) -> Own:
        """Give the tables of a part, without the witnesses who are in it, and those of witnesses.

        `part` is None for the witnesses alone.
        """
        wanted = pa.array(sorted(self.witnesses), type=pa.uint64())
        sheets = {}
        for table, file in self.files.items():
            rows = [witnesses[table]]
            if part is not None:
                stored = pq.read_table(self.path(table, part))
                rows.append(stored.filter(pc.invert(pc.is_in(stored[_KEY], wanted))))
            sheets[table] = Sheet(file, self._text(table, _together(rows)))
        return Own(sheets)

    def keep_witnesses(self) -> None:
        """Look for the rows of the witnesses in all parts, once, for whoever counts a part."""
        wanted = pa.array(sorted(self.witnesses), type=pa.uint64())
        (self.place / _WITNESSES).mkdir(exist_ok=True)
        for table in self.files:
            rows = pq.read_table(self.place / table, filters=pc.field(_KEY).isin(wanted))
            pq.write_table(_together([rows]), self.place / _WITNESSES / f"{table}.parquet")

    def of_witnesses(self) -> dict[str, pa.Table]:
        """Give the rows of the witnesses, of every table, that were kept."""
        return {
            table: pq.read_table(self.place / _WITNESSES / f"{table}.parquet")
            for table in self.files
        }

    def _text(self, table: str, stored: pa.Table) -> pd.DataFrame:
        """Give rows in the order of the file, cells as codes of their texts, spelt as most are."""
        stored = stored.take(pc.sort_indices(stored[_ROW]))
        columns = {}
        for name in [name for name in stored.column_names if name not in (_ROW, _KEY)]:
            values, codes = distinct_and_codes(stored[name])
            texts = values.to_pandas().astype(object)
            for (of, column), spelt in self.spellings.items():
                if of == table and _is(name, column):
                    texts = texts.map(lambda text, spelt=spelt: spelt.get(as_it_looks(text), text))
            columns[name] = coded(codes, texts)
        return pd.DataFrame(columns, index=stored[_ROW].to_numpy(), copy=False)


def _together(tables: list[pa.Table]) -> pa.Table:
    """Give tables as one, codes of the same texts."""
    return pa.concat_tables(tables).unify_dictionaries()


def _is(written: str, column: str) -> bool:
    return written == column or plain(written) == plain(column)


def split(folder: Path, study: Study, place: Path, parts: int) -> Split:
    """Split the tables of a dataset by patient.

    Parameters
    ----------
    folder
        Of the dataset: CSV or Parquet files that are called like tables.
    study
        What it is read as.
    place
        An empty folder for the parts.
    parts
        How many. All of one part, and what is derived of it, must fit in memory.

    Raises
    ------
    DatasetFaults
        With what cannot be read, or not by parts.
    """
    description = read_description(folder)
    schema = tables_of(declare(folder.name, study, description))
    files = _files(folder, description, schema)

    def of_table(name: str) -> tuple[int, Profile, list[Fault]]:
        own = Profile(description.conventions)
        (place / name).mkdir(parents=True)
        try:
            return _split_file(files[name], schema[name], place / name, parts, own), own, []
        except Unreadable as error:
            return 0, own, [error.fault]

    # Arrow reads and writes while another thread looks at text.
    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        found = list(threads.map(of_table, files))
    if faults := [fault for *_, of_file in found for fault in of_file]:
        raise DatasetFaults(folder.name, faults)
    rows = sum(n for n, *_ in found)
    profile = Profile(description.conventions).with_others([own for _, own, _ in found])
    if profile.many:
        raise DatasetFaults(folder.name, [_of_many(files, each) for each in sorted(profile.many)])
    return Split(
        folder,
        place,
        parts,
        {name: path.name for name, path in files.items()},
        frozenset(profile.witnesses()),
        profile.spellings(),
        rows,
        sum(each.stat().st_size for each in place.rglob("*.parquet")),
    )


def _of_many(files: dict[str, Path], place: tuple[str, str]) -> Fault:
    words = (
        "a column of at most 100,000 different texts: how a text is spelt is decided on all of "
        "them. Leave it out, or read the dataset whole"
    )
    return Fault(files[place[0]].name, 0, place[1], "", words)


def _files(folder: Path, description: Description, schema: Mapping[str, Table]) -> dict[str, Path]:
    """Give the file of each table that there is."""
    for key in ("source", "tables", "preset"):
        if getattr(description, key):
            words = (
                "nothing here: by parts are read CSV and Parquet files that are called like tables "
                "and have their columns. Read the dataset whole, or write its tables so"
            )
            raise DatasetFaults(folder.name, [Fault(FILE, 0, key, "", words)])
    files: dict[str, Path] = {}
    faults = []
    for path in sorted(folder.iterdir()):
        name = path.stem.casefold()
        if name not in schema or not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        if path.suffix.lower() not in (*TEXTS, ".parquet"):
            faults.append(Fault(path.name, 0, "", "", "CSV or Parquet, to be read by parts"))
        elif name in files:
            words = f"one file of {name}; there are {files[name].name}; {path.name}"
            faults.append(Fault(path.name, 0, "", "", words))
        files[name] = path
    if "patients" not in files and not faults:
        faults.append(Fault("patients.csv", 0, "", "", "this file, as CSV or Parquet"))
    if faults:
        raise DatasetFaults(folder.name, faults)
    return {name: files[name] for name in schema if name in files}


def _split_file(path: Path, table: Table, place: Path, parts: int, profile: Profile) -> int:
    """Split one file; give how many rows it has."""
    names: list[str] | None = None
    waiting: list[pa.Table] = []
    n = 0
    with contextlib.ExitStack() as stack:
        writers: list[pq.ParquetWriter] = []
        for frame in _pieces(path):
            if names is None:
                names = [str(name) for name in frame.columns]
                _check_names(path.name, names)
                # A text is stored once a part where a column has few; as it is where it has many.
                kinds = {name: _TEXT if _of_many_texts(frame[name]) else _CODES for name in names}
                schema = pa.schema([(_ROW, pa.int64()), (_KEY, pa.uint64()), *kinds.items()])
                # What is another in each row gains nothing by codes, nor from a harder packing.
                how = {
                    "compression": "zstd",
                    "use_dictionary": [name for name, kind in kinds.items() if kind == _CODES],
                    "write_statistics": False,
                }
                writers = [
                    stack.enter_context(pq.ParquetWriter(place / f"{part}.parquet", schema, **how))
                    for part in range(parts)
                ]
            # A file has one header: each piece was read under it.
            frame = frame.reindex(columns=names)
            keys = keys_of(frame[next(name for name in names if plain(name) == _ID)])
            profile.look(table, _in_words_of(table, frame), keys)
            waiting.append(_stored(frame, keys, schema))
            n += len(frame)
            if sum(map(len, waiting)) >= WAITING:
                _write(waiting, writers)
                waiting.clear()
        if waiting:
            _write(waiting, writers)
    return n


def _check_names(file: str, names: list[str]) -> None:
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        raise Unreadable(file, 0, doubled[0], "each column once")
    called = [name for name in names if plain(name) == _ID]
    if len(called) != 1:
        raise Unreadable(file, 0, ", ".join(called), f"one column {_ID}, to be read by parts")


def _in_words_of(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame whose columns are called as in the schema, as `written` does."""
    known = {plain(name): name for name in table.schema.columns}
    there = set(frame.columns)
    names = {
        name: known[plain(name)]
        for name in frame.columns
        if plain(name) in known and known[plain(name)] not in there
    }
    return frame.rename(columns=names)


def _of_many_texts(cells: pd.Series) -> bool:
    return (len(cells.cat.categories) if in_codes(cells) else cells.nunique()) > FEW


def _stored(frame: pd.DataFrame, keys: Keys, schema: pa.Schema) -> pa.Table:
    columns: dict[str, Any] = {
        _ROW: pa.array(frame.index.to_numpy(dtype=np.int64)),
        _KEY: pa.array(keys, type=pa.uint64()),
    }
    for name in map(str, frame.columns):
        cells = frame[name]
        if in_codes(cells):
            codes = cells.cat.codes.to_numpy(dtype=np.int32)
            texts = pa.array(cells.cat.categories, pa.string())
            stored = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)
        else:
            stored = pa.array(cells, pa.string(), from_pandas=True).dictionary_encode()
        columns[name] = stored.cast(schema.field(name).type)
    return pa.table(columns, schema)


def _write(pieces: list[pa.Table], writers: list[pq.ParquetWriter]) -> None:
    """Write pieces of a table to the parts that their rows belong to."""
    stored = _together(pieces)
    part = (stored[_KEY].to_numpy() % np.uint64(len(writers))).astype(np.int64)
    order = np.argsort(part, kind="stable")
    sorted_ = stored.take(pa.array(order))
    ends = np.bincount(part, minlength=len(writers)).cumsum()
    starts = np.concatenate([[0], ends[:-1]])
    for writer, start, end in zip(writers, starts, ends, strict=True):
        if end > start:
            writer.write_table(_of_own_texts(sorted_.slice(int(start), int(end - start))))


def _of_own_texts(rows: pa.Table) -> pa.Table:
    """Leave out texts of other rows, where a column of few texts in its first piece has many."""
    for place, field in enumerate(rows.schema):
        column = rows.column(place)
        if field.type == _CODES and column.num_chunks and len(column.chunk(0).dictionary) > FEW:
            rows = rows.set_column(place, field, column.cast(_TEXT).dictionary_encode())
    return rows


# Pieces of a file ---------------------------------------------------------------------------------


def _pieces(path: Path) -> Iterator[pd.DataFrame]:
    """Give the rows of a file piece by piece: cells of text, the index their row in the file."""
    try:
        yield from _of_parquet(path) if path.suffix.lower() == ".parquet" else _of_text(path)
    except OSError as error:
        words = (str(error).splitlines() or [type(error).__name__])[0]
        raise Unreadable(path.name, 0, words, "a file that can be read") from None


def _of_parquet(path: Path) -> Iterator[pd.DataFrame]:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowException as error:
        first = (str(error).splitlines() or [""])[0].replace(str(path), path.name)
        raise Unreadable(path.name, 0, first, "a whole Parquet file") from None
    with file:
        schema = file.schema_arrow
        nested = [field.name for field in schema if pa.types.is_nested(field.type)]
        if nested:
            words = "columns of one value a cell; these hold lists"
            raise Unreadable(path.name, 0, ", ".join(nested), words)
        names = [name for name in schema.names if not name.startswith("__index_level_")]
        row = 2
        empty = True
        for batch in file.iter_batches(ROWS, columns=names):
            table = pa.Table.from_batches([batch])
            for field in table.schema:
                if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
                    words = "columns of text or numbers; these hold bytes"
                    raise Unreadable(path.name, 0, field.name, words)
            columns = [
                (field.name.strip(), *distinct_values(table[place]))
                for place, field in enumerate(table.schema)
            ]
            text = frame_of_distinct(path.name, columns, row)
            row += batch.num_rows
            empty = False
            yield text
        if empty:
            yield pd.DataFrame(columns=[name.strip() for name in names], dtype=object)


def _of_text(path: Path) -> Iterator[pd.DataFrame]:
    check_is_utf8(path)
    header = separator = ""
    line = 1
    first = True
    for text in _whole_lines(path):
        body = text
        if first:
            remarks, separator, is_plain = how_it_begins(text)
            if not is_plain:
                words = "the header before all rows, but for remarks (#), to be read by parts"
                raise Unreadable(path.name, 0, "", words)
            lines = text.splitlines(keepends=True)
            end = remarks + 1
            while "".join(lines[remarks:end]).count('"') % 2 and end < len(lines):
                end += 1
            header, body = "".join(lines[remarks:end]), "".join(lines[end:])
            header = header if header.endswith("\n") else f"{header}\n"
            line = end + 1
            first = False
        try:
            sheet = read_part(path.name, header + body, separator)
        except Unreadable as error:
            raise _moved(error, line - 1 - _lines(header)) from None
        frame = sheet.frame.loc[:, [bool(str(name)) for name in sheet.frame.columns]]
        frame.index = frame.index + (line - 1 - _lines(header))
        line += _lines(body)
        yield frame


def _moved(error: Unreadable, by: int) -> Unreadable:
    fault = error.fault
    return Unreadable(fault.file, fault.row + by if fault.row else 0, fault.value, fault.expected)


def _lines(text: str) -> int:
    return text.count("\n") + text.replace("\r\n", "").count("\r")


def _whole_lines(path: Path) -> Iterator[str]:
    """Give a text in pieces that end where a row does."""
    with path.open("rb") as file:
        left = file.read(3).removeprefix(b"\xef\xbb\xbf")
        at_first = True
        while True:
            block = file.read(BYTES)
            left += block
            cut = left.rfind(b"\n") + 1 if block else len(left)
            # Within quotes a line is no row.
            whole = left[:cut].count(b'"') % 2 == 0 or not block or len(left) > _MOST_BYTES
            if cut and whole:
                try:
                    yield left[:cut].decode("utf-8")
                except UnicodeDecodeError:
                    words = "text in UTF-8 (in Excel: save as 'CSV UTF-8'), to be read by parts"
                    raise Unreadable(path.name, 0, "", words) from None
                left, at_first = left[cut:], False
            elif len(left) > _MOST_BYTES:
                raise Unreadable(path.name, 0, "", "lines; this text has none")
            if not block:
                break
        if at_first:
            raise Unreadable(path.name, 0, "", "a table with a header and one row a line")
