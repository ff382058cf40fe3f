"""A dataset that was read and checked is not read again while its files have the same content.

Kernels of a build are forked from a process that has read the dataset (`folder.AHEAD`); each would
read and check it anew. Alone, in JupyterLab or by papermill, a notebook that asks twice gains too.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from analysis.cohort.description import FILE
from analysis.cohort.folder import dataset_folder
from analysis.cohort.intake.sources import Own
from analysis.cohort.model import Dataset
from analysis.study.study import Study

# Bytes of files up to which a dataset is kept, and how many are: of a million patients nobody wants
# a second copy.
_MOST_BYTES, _KEPT = 8_000_000, 4


class Read(Protocol):
    """A function that reads a dataset; `own` are its files where they have been opened."""

    def __call__(self, dataset: str | Path, study: Study, own: Own | None = None) -> Dataset:
        """Give the dataset."""
        ...


_Key = tuple[str, int, tuple[tuple[str, str], ...]]


def read_once(read: Read) -> Read:
    """Make a function that reads a dataset give a copy of what it gave for the same files."""
    # The study is kept too, so that no other can come to be where it was.
    known: OrderedDict[_Key, tuple[Dataset, Study]] = OrderedDict()

    @functools.wraps(read)
    def wrapped(dataset: str | Path, study: Study, own: Own | None = None) -> Dataset:
        folder = dataset_folder(dataset)
        if own is not None:
            return read(dataset, study, own)
        content = _content(folder)
        if content is None:
            return read(dataset, study)
        key = (str(folder.resolve()), id(study), content)
        if key not in known:
            known[key] = read(dataset, study), study
        known.move_to_end(key)
        if len(known) > _KEPT:
            known.popitem(last=False)
        found, _ = known[key]
        # Whoever asked may put columns to the tables.
        return replace(found, tables={name: table.copy() for name, table in found.tables.items()})

    return wrapped


def _content(folder: Path) -> tuple[tuple[str, str], ...] | None:
    """Give the names and SHA-256 of the files of a dataset; None if they are not all, or too large.

    What a dataset is read from outside its folder, `dataset.yaml` calls a source.
    """
    try:
        entries = sorted(folder.iterdir())
        files = [each for each in entries if each.is_file()]
        # Of a pipe nobody knows when it ends: who reads the dataset says what it is.
        if folder / FILE not in files or sum(each.stat().st_size for each in files) > _MOST_BYTES:
            return None
        if b"source" in (folder / FILE).read_bytes():
            return None
        hashes = {each: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
    except OSError:
        # Who reads it says what is wrong.
        return None
    return tuple((each.name, hashes.get(each, "")) for each in entries)
