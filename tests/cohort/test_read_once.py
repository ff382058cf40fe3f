"""A dataset is read once while its files have the same content, and whoever asks has a copy."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort import read_once
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.folder import DATA
from analysis.cohort.model import Dataset
from analysis.cohort.read import read_dataset
from analysis.study.study import Study
from analysis.zhai_2025.study import STUDY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "synthetic", tmp_path / "synthetic"))


@pytest.fixture
def counted() -> tuple[Callable[[str | Path, Study], Dataset], list[int]]:
    """Give a function that reads a dataset, and a list that grows with each time it does."""
    times: list[int] = []
    read = getattr(read_dataset, "__wrapped__")  # noqa: B009

    def reads(dataset: str | Path, study: Study) -> Dataset:
        times.append(1)
        found: Dataset = read(dataset, study)
        return found

    return read_once.read_once(reads), times


Counted = tuple[Callable[[str | Path, Study], Dataset], list[int]]


def test_what_has_the_same_content_is_read_once(folder: Path, counted: Counted) -> None:
    read, times = counted
    one, two = read(folder, STUDY), read(folder, STUDY)
    assert len(times) == 1
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])


def test_who_changes_a_table_changes_a_copy(folder: Path, counted: Counted) -> None:
    read, _ = counted
    first = read(folder, STUDY)
    first.tables["patients"]["sex"] = "changed"
    first.tables.clear()
    assert "changed" not in set(read(folder, STUDY).tables["patients"]["sex"])


@pytest.mark.parametrize("change", ["a cell", "a file more", "a name", "the study"])
def test_what_has_other_content_is_read_again(
    change: str, folder: Path, tmp_path: Path, counted: Counted
) -> None:
    read, times = counted
    read(folder, STUDY)
    study = STUDY
    path = folder / "patients.csv"
    if change == "a cell":
        # As many bytes, and the time that the file had.
        was, content = path.stat(), path.read_bytes()
        path.write_bytes(content.replace(b",266.2,", b",266.3,", 1))
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
        assert path.read_bytes() != content
        assert was.st_size == path.stat().st_size
    elif change == "a file more":
        (folder / "notes.txt").write_text("Seen.", encoding="utf-8")
    elif change == "a name":
        folder = folder.rename(tmp_path / "other")
    else:
        study = replace(STUDY)
    with contextlib.suppress(DatasetFaults):
        read(folder, study)
    assert len(times) == 2


def test_a_dataset_with_a_fault_is_refused_each_time(folder: Path, counted: Counted) -> None:
    read, times = counted
    (folder / "follow_up.csv").unlink()
    for _ in range(2):
        with pytest.raises(DatasetFaults):
            read(folder, STUDY)
    assert len(times) == 2


def test_what_is_read_from_elsewhere_or_large_is_not_kept(
    folder: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, times = counted
    monkeypatch.setattr(read_once, "_MOST_BYTES", 100)
    read(folder, STUDY), read(folder, STUDY)
    assert len(times) == 2
    monkeypatch.undo()
    about = folder / "dataset.yaml"
    about.write_text(about.read_text("utf-8") + "\n# no source is named\n", encoding="utf-8")
    read(folder, STUDY), read(folder, STUDY)
    assert len(times) == 4
