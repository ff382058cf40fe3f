"""What `make counts` leaves: the counts and their estimates, and nothing of any patient."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.build.counts import COUNTS, build_counts
from analysis.build.errors import BuildError
from analysis.build.project import Project
from analysis.cohort.faults import DatasetFaults

MADE = {COUNTS, "estimates.csv", "estimates.parquet"}


def count(project: Project, dataset: Path, partitions: int = 0) -> list[str]:
    return build_counts(project, dataset, {}, partitions, workers=1, disclosure="none")


def left(project: Project) -> set[str]:
    return {path.name for path in project.reports.iterdir()}


def test_parts_leave_what_the_whole_does_and_nothing_beside(
    project: Project, dataset: Path
) -> None:
    whole = count(project, dataset)
    folder = project.report("four-counts")
    assert {path.name for path in folder.iterdir()} == MADE
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert count(project, dataset, 2) == whole
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert left(project) == {"four-counts"}
    assert "n" in set(pd.read_parquet(folder / "estimates.parquet")["statistic"])


def test_whoever_counts_the_same_dataset_keeps_what_it_has(project: Project, dataset: Path) -> None:
    """Two commands at once share what is counted of a part; the last one removes it."""
    other = project.reports / f".building-four-counts.parts-{os.getppid()}"
    other.mkdir(parents=True)
    count(project, dataset, 2)
    assert left(project) == {other.name, ".four-counts", "four-counts"}
    other.rmdir()
    count(project, dataset, 2)
    assert left(project) == {"four-counts"}


def test_what_is_refused_leaves_the_last_counts(project: Project, dataset: Path) -> None:
    count(project, dataset)
    file = project.report("four-counts") / COUNTS
    before = file.read_bytes()
    patients = dataset / "patients.csv"
    patients.write_text(patients.read_text("utf-8").replace(",male,", ",mail,"), "utf-8")
    with pytest.raises(DatasetFaults, match="mail"):
        count(project, dataset, 2)
    assert file.read_bytes() == before
    project.report("four-counts").joinpath(COUNTS).rename(file.with_name("other"))
    with pytest.raises(BuildError, match="holds no counts"):
        count(project, dataset)
