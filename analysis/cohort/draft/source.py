"""`make import`: read a source, write the draft of its dataset, and never touch an answer."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.cohort.draft.again import Known
from analysis.cohort.draft.guess import guess
from analysis.cohort.draft.presets import by_instrument, of_adam, with_dictionary
from analysis.cohort.draft.write import draft, facts, names_of, questions_in, shown
from analysis.cohort.faults import DESCRIPTION, DatasetFaults, Fault
from analysis.cohort.folder import DATA
from analysis.cohort.intake.files import Where, database, read_sheets
from analysis.cohort.intake.kinds import DATABASES, SUFFIXES
from analysis.cohort.intake.sheet import Sheet, Unreadable
from analysis.study.study import Study

_MARKS = (", sheet ", ", table ")


@dataclass(frozen=True)
class Imported:
    """What `make import` did.

    Attributes
    ----------
    path
        The `dataset.yaml`.
    written
        False: it was there, and nothing was new in the source.
    lines
        What is told of it.
    """

    path: Path
    written: bool
    lines: tuple[str, ...]


def import_source(source: str, dataset: str, study: Study, data: Path = DATA) -> Imported:
    """Write the draft of a dataset, or add to an earlier one what is new in its source.

    Parameters
    ----------
    source
        A file, a folder of files, or the SQLAlchemy URL of a database.
    dataset
        A name in `data/` or the path of a folder; '' takes the name of the source.
    study
        What the patients are read as, unless they are none of its kind.
    data
        Where datasets are that have a name only.

    Raises
    ------
    DatasetFaults
        When the source or the earlier `dataset.yaml` cannot be read.
    """
    folder = _folder(source, dataset, data)
    try:
        found = read_source(source)
    except Unreadable as error:
        raise DatasetFaults(folder.name, [error.fault]) from None
    if not found:
        words = f"a file with a table, of one of the kinds {', '.join(SUFFIXES)}"
        raise DatasetFaults(folder.name, [Fault(source, 0, "", "", words)])
    found = [(sheet, _from(folder, told)) for sheet, told in with_dictionary(found)]
    title = (Path(source).stem if "://" not in source else folder.name)[:200] or folder.name
    called = Path(source).name or source
    path = folder / DESCRIPTION
    by_standard = of_adam(found, title, called)
    if by_standard is not None and path.exists():
        words = f"{path} is as it was: the source follows ADaM, of which nothing need be named."
        return Imported(path, False, (words,))
    rows = [(part, told, where) for sheet, told in found for part, where in by_instrument(sheet)]
    if by_standard is not None:
        made = by_standard
    else:
        guessed = guess([sheet for sheet, _, _ in rows], study, [where for _, _, where in rows])
        if path.exists():
            return _added(path, guessed)
        made = draft(guessed, title, [told for _, told, _ in rows], called)
    _write(path, made.text)
    answer = 'answer the lines with "?" there, ' if made.questions else ""
    lines = (
        f"{made.proposed} of {made.columns} columns are proposed; {_counted(made.questions)}.",
        f"Wrote {path}.",
        f"Then: {answer}make check DATASET={_typed(folder, data)}",
    )
    return Imported(path, True, lines)


def _counted(questions: int) -> str:
    if questions == 1:
        return "1 line asks something"
    return f"{questions or 'no'} {'lines ask something' if questions else 'line asks anything'}"


def _typed(folder: Path, data: Path) -> str:
    return folder.name if folder.parent == data else str(folder)


def _folder(source: str, dataset: str, data: Path) -> Path:
    name = dataset
    if not name:
        stem = (
            source.rstrip("/").rsplit("/", 1)[-1]
            if "://" in source
            else Path(source).resolve().stem
        )
        name = re.sub(r"[^\w-]+", "_", stem).strip("_").lower() or "mine"
    return data / name if name == Path(name).name else Path(name).expanduser().resolve()


def read_source(source: str) -> list[tuple[Sheet, dict[str, Any]]]:
    """Read every table of a source, each with the keys of `source` that name it.

    Raises
    ------
    Unreadable
        With what is wrong.
    """
    if "://" in source:
        return [
            (sheet, {"sql": source, "table": _own(sheet.name)}) for sheet in database(source, None)
        ]
    path = Path(source).expanduser().resolve()
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() in SUFFIXES)
        return [
            (sheet, told if "sql" in told else _in_folder(path, each, told))
            for each in files
            for sheet, told in _of_file(each)
        ]
    return _of_file(path)


def _in_folder(folder: Path, path: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """A file of a folder is named as a sheet of it."""
    return {**told, "file": str(folder), "sheet": told.get("sheet") or path.name}


def _of_file(path: Path) -> list[tuple[Sheet, dict[str, Any]]]:
    sheets = read_sheets(path)
    if path.suffix.lower() in DATABASES:
        return [(s, {"sql": f"sqlite:///{path}", "table": _own(s.name)}) for s in sheets]
    found = []
    for sheet in sheets:
        told: dict[str, Any] = {"file": str(path)}
        own = _own(sheet.name)
        if own:
            told["sheet"] = own
        header = _header(path, sheet, own)
        if header is not None:
            told["header"] = header
        found.append((sheet, told))
    return found


def _own(name: str) -> str:
    for mark in _MARKS:
        if mark in name:
            return name.split(mark, 1)[1]
    return ""


def _header(path: Path, sheet: Sheet, own: str) -> int | None:
    """Give the row of the header where it is not the first, and reads the same when told."""
    if sheet.frame.empty:
        return None
    row = int(sheet.frame.index[0]) - 1
    if row <= 1:
        return None
    try:
        told = read_sheets(path, Where(sheet=own or None, header=row))
    except Unreadable:
        return None
    return (
        row if len(told) == 1 and list(told[0].frame.columns) == list(sheet.frame.columns) else None
    )


def _from(folder: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """Name a file from the folder of the dataset where it lies in or beside it."""
    found = dict(told)
    for key in ("file", "dictionary"):
        if key not in found:
            continue
        path = Path(found[key])
        for near in (folder.resolve(), folder.resolve().parent):
            if path.is_relative_to(near):
                found[key] = Path(os.path.relpath(path, folder.resolve())).as_posix()
                break
    return found


def _added(path: Path, guessed: Any) -> Imported:
    """Add what is new in the source to an earlier draft, as comments at its end."""
    try:
        text = path.read_text(encoding="utf-8")
        known = Known(text)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        problem = (str(error).splitlines() or [""])[0]
        raise DatasetFaults(
            path.parent.name, [Fault(DESCRIPTION, 0, "", problem, "a file in YAML, UTF-8")]
        ) from None
    new = [(look, name) for look, name in names_of(guessed) if shown(name) not in known]
    if not new:
        words = f"{path} is as it was: the source has no column that it does not name."
        return Imported(path, False, (words,))
    lines = ["", "# New in the source since then:", *(f"#   {facts(look, n)}" for look, n in new)]
    _write(path, text.rstrip("\n") + "\n" + "\n".join(lines) + "\n")
    n = len(new)
    words = f"{n} new column{'s' if n > 1 else ''} of the source, named at the end of {path}."
    rest = f"All else is as it was; {_counted(questions_in(text))}."
    return Imported(path, True, (words, rest))


def _write(path: Path, text: str) -> None:
    """Write a file in one step: it has all of the text, or is as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".dataset", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # As any file that an editor makes, not for its owner's eyes alone.
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
