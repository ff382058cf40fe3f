"""Sites share counts: pooled they give what their patients together would, and nobody is told."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.__main__ import PROJECT
from analysis.build.cli import main
from analysis.build.project import Project
from analysis.cohort import derive
from analysis.cohort.model import Dataset
from analysis.cohort.read import read_dataset
from analysis.counts import store
from analysis.counts.about import Apart
from analysis.counts.counted import Counted
from analysis.counts.estimates import estimate
from analysis.counts.pooled import pool
from analysis.counts.safe import TooFew, loss, safe
from analysis.counts.table import Counts, count_dataset
from analysis.disclosure.curve import stand_ins
from analysis.disclosure.rules import ACRO, OPENSAFELY
from analysis.estimates import prognosis, survival
from analysis.estimates.rows import COLUMNS
from analysis.zhai_2025.study import STUDY
from tests.own import write_own

SITES = 5
KEYS = [name for name in COLUMNS if name not in ("function", "value")]


@cache
def synthetic() -> Dataset:
    return read_dataset("synthetic", STUDY)


def of_site(site: int) -> Dataset:
    """Give the records of every fifth patient."""
    dataset = synthetic()
    ids = dataset.tables["patients"]["patient_id"].iloc[site::SITES]
    tables = {
        name: table[table["patient_id"].isin(ids)].reset_index(drop=True)
        for name, table in dataset.tables.items()
    }
    return Dataset(dataset.name, dataset.study, dataset.description, tables)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give a file of counts of each of five sites."""
    folder = tmp_path_factory.mktemp("sites")
    paths = []
    for site in range(SITES):
        path = folder / f"site_{site}.parquet"
        store.write(count_dataset(of_site(site), STUDY.parameters()), path)
        paths.append(path)
    return paths


def test_five_files_of_counts_give_the_estimates_of_all_patients(files: list[Path]) -> None:
    pooled = pool(files)
    cohort = derive.cohort(synthetic(), STUDY.parameters())
    parts = (survival.estimate, prognosis.estimate)
    expected = pd.concat([part(cohort, cohort.parameters) for part in parts], ignore_index=True)
    found = estimate(Counted.of(pooled, STUDY))
    pd.testing.assert_frame_equal(found[KEYS], expected[KEYS])
    # The goal is 1e-10.
    np.testing.assert_array_equal(found["value"], expected["value"])
    assert len(pooled.about.sites) == SITES
    whole = count_dataset(synthetic(), STUDY.parameters())
    assert pooled.table.equals(whole.table)
    assert pooled.digest() == whole.digest()


def test_files_are_pooled_in_any_order_and_by_steps(files: list[Path], tmp_path: Path) -> None:
    first = pool(files[:2])
    store.write(first, tmp_path / "first.parquet")
    assert pool([tmp_path / "first.parquet", *files[:1:-1]]) == pool(files)


def test_a_site_counts_once(files: list[Path], tmp_path: Path) -> None:
    copied = tmp_path / "another name.parquet"
    shutil.copy(files[1], copied)
    with pytest.raises(Apart, match="hold the same counts: a site counts once"):
        pool([*files, copied])
    # In what was pooled before, too.
    store.write(pool(files[:2]), tmp_path / "first.parquet")
    with pytest.raises(Apart, match="a site counts once"):
        pool([tmp_path / "first.parquet", files[1]])


def test_what_does_not_go_together_is_refused_with_words(files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    store.write(count_dataset(of_site(1), STUDY.parameters(afp_cutoff=400)), other)
    with pytest.raises(Apart, match=r"afp_cutoff 1000\.0 in one, afp_cutoff 400\.0 in the other"):
        pool([files[0], other])
    counts = store.read(files[0])
    facts = counts.about.facts
    assert facts is not None
    for changed, words in (
        ({"study": "another"}, "of different studies: zhai_2025 in one, another in the other"),
        ({"synthetic": False}, "One is of synthetic patients, the other of real ones"),
        ({"stand_ins": {"PFS": "without dates"}}, "Times are made in different ways"),
    ):
        about = counts.about.model_copy(update={"facts": facts.model_copy(update=changed)})
        store.write(Counts(counts.table, about), other)
        with pytest.raises(Apart, match=words):
            pool([files[1], other])
    table = pq.read_table(files[0])
    metadata = {**table.schema.metadata, store.FORMAT: b"99"}
    pq.write_table(table.replace_schema_metadata(metadata), other)
    with pytest.raises(Apart, match="version 99 of the format"):
        pool([files[1], other])
    header = json.loads(table.schema.metadata[store.HEADER])
    header["patients"] += 1
    metadata = {**table.schema.metadata, store.HEADER: json.dumps(header)}
    pq.write_table(table.replace_schema_metadata(metadata), other)
    with pytest.raises(Apart, match="not as it was written"):
        pool([files[1], other])
    with pytest.raises(Apart, match="Say which files"):
        pool([])


def test_a_file_that_says_what_nobody_knows_is_refused(files: list[Path]) -> None:
    counts = store.read(files[0])
    facts = counts.about.facts
    assert facts is not None
    for changed in (
        {"parameters": {**facts.parameters, "confidence": 7}},
        {"declared": {"factors": 3}},
        {"study": "\x1b[31manother"},
    ):
        about = counts.about.model_copy(update={"facts": facts.model_copy(update=changed)})
        with pytest.raises(Apart) as refused:
            Counted.of(Counts(counts.table, about), STUDY)
        assert str(refused.value).isprintable()


# What may leave -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [OPENSAFELY, ACRO], ids=["OpenSAFELY", "ACRO"])
def test_no_count_that_may_leave_is_of_few_patients_or_of_a_day(rules: Any) -> None:
    exact = count_dataset(synthetic(), STUDY.parameters(population="pvtt"))
    found = safe(exact, rules)
    by = ["endpoint", "factor", "level"]
    sizes = found.table.groupby(by)["n"].sum()
    assert (sizes > rules.suppress_up_to).all()
    assert (sizes % rules.round_to == 0).all()
    months = found.table["days"] / 30.4375
    assert (months == months.round()).all()
    # Only the last row of a group, of those who are left, is no multiple of the midpoint.
    steps = found.table[found.table["ended"] != "censored"]["n"]
    assert (steps % (rules.midpoint // 2) == 0).all()
    of_groups = exact.table.groupby(by)["n"].sum()
    hidden = of_groups[of_groups <= rules.suppress_up_to].index
    assert len(hidden) > 0
    assert not hidden.isin(sizes.index).any()
    about = found.about
    numbers = [about.read, about.patients, *about.recorded.values()]
    numbers += [n for levels in about.outcomes.values() for n in levels.values()]
    assert all(n == 0 or (n > rules.suppress_up_to and n % rules.round_to == 0) for n in numbers)
    assert about.disclosure == (rules.name,)
    with pytest.raises(ValueError, match="rounded already"):
        safe(found, rules)


def test_curves_that_may_leave_are_those_of_a_release() -> None:
    cohort = derive.cohort(synthetic(), STUDY.parameters())
    found = safe(count_dataset(synthetic(), STUDY.parameters()), OPENSAFELY)
    shown = Counted.of(found, STUDY).times("OS")
    released = stand_ins(cohort.times("OS"), OPENSAFELY, 1_000)
    by = ["days", "event", "competing"]
    expected = released.groupby(by).size()
    pd.testing.assert_series_equal(shown.groupby(by)["n"].sum(), expected, check_names=False)


def test_what_rounding_costs_is_told(files: list[Path]) -> None:
    exact = estimate(Counted.of(pool(files), STUDY))
    rough = estimate(Counted.of(safe(pool(files), OPENSAFELY), STUDY))
    lines = loss(exact, rough)
    assert [line.partition(":")[0] for line in lines] == [
        "medians, months", "rates, percentage points", "log hazard ratios"
    ]  # fmt: skip
    assert all("half differ by up to" in line for line in lines)
    assert loss(exact, exact)[0].endswith("half differ by up to 0.00, all by up to 0.00")


def test_of_few_patients_nothing_may_leave() -> None:
    counts = count_dataset(of_site(1), STUDY.parameters())
    few = Counts(counts.table, counts.about.model_copy(update={"patients": 7}))
    with pytest.raises(TooFew, match="of so few nothing may leave"):
        safe(few, OPENSAFELY)


# Commands -----------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return replace(PROJECT, reports=tmp_path / "reports")


def real(folder: Path) -> Path:
    declared = "title: Ours\nstudy: own\nfactors: [{column: bilirubin, cut: 17}]\n"
    return write_own(folder, declared)


def test_counts_of_real_patients_may_leave_unless_it_is_asked_otherwise(
    tmp_path: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = real(tmp_path / "ours")
    counted = tmp_path / "reports" / "ours-counts" / "counts.parquet"
    assert main(project, ["counts", "--dataset", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "108 patients were read, 108 are analysed." in said
    assert "counts.parquet may leave (OpenSAFELY)" in said
    assert "log hazard ratios: " in said
    assert store.read(counted).about.disclosure == ("OpenSAFELY",)
    assert main(project, ["counts", "--dataset", str(folder), "--disclosure", "none"]) == 0
    assert "exact, as was asked: days of single patients are in it" in capsys.readouterr().out
    assert store.read(counted).about.disclosure == ("exact",)
    assert b"days of single patients" in pq.read_schema(counted).metadata[store.NOTICE]
    assert main(project, ["counts", "--dataset", str(folder), "--disclosure", "some"]) == 2
    assert "there are OpenSAFELY, ACRO, none" in capsys.readouterr().err


def test_the_commands_count_by_parts_and_pool(
    tmp_path: Path, project: Project, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    reports = tmp_path / "reports"
    arguments = ["counts", "--partitions", "2", "--workers", "1"]
    assert main(project, arguments) == 0
    said = capsys.readouterr()
    assert "108 patients were read" in said.out
    assert "part 2 of 2" in said.err
    assert store.read(reports / "synthetic-counts" / "counts.parquet") == count_dataset(
        synthetic(), STUDY.parameters()
    )
    # Parts hold every patient, and are not left behind.
    assert [path.name for path in reports.iterdir()] == ["synthetic-counts"]
    assert main(project, ["pooled", *map(str, files)]) == 0
    assert "5 sites." in capsys.readouterr().out
    one, other = (
        pd.read_csv(reports / name / "estimates.csv") for name in ("synthetic-counts", "pooled")
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert (one["synthetic"] == "yes").all()
    assert main(project, ["pooled", str(files[0]), str(files[0])]) == 2
    assert "a site counts once" in capsys.readouterr().err


def test_what_is_no_folder_of_counts_is_not_replaced(
    tmp_path: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "reports" / "pooled" / "mine.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    assert main(project, ["pooled", "x.parquet"]) == 2
    assert "holds no counts, and is not replaced" in capsys.readouterr().err
    assert kept.exists()
