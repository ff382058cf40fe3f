"""A dataset that is read part by part is counted, and refused, as it is whole."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort import derive
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.folder import DATA
from analysis.cohort.read import read_dataset
from analysis.counts import parts, profile, split
from analysis.counts.counted import Counted
from analysis.counts.estimates import estimate
from analysis.counts.table import Counts, count_dataset
from analysis.estimates import survival
from analysis.study.cluster import ProcessKilledError
from analysis.study.study import Study
from analysis.zhai_2025.study import STUDY
from benchmarks import patients
from tests.counts.killing import deadly
from tests.datasets import write_dataset
from tests.own import write_own


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file be many pieces, few columns be codes, and few patients be read with every part."""
    monkeypatch.setattr(split, "ROWS", 40)
    monkeypatch.setattr(split, "FEW", 5)
    monkeypatch.setattr(split, "BYTES", 3_000)
    monkeypatch.setattr(profile, "DRAWN", 8)


def by_parts(
    folder: Path,
    place: Path,
    k: int = 3,
    workers: int = 1,
    scheduler: str = "",
    study: Study = STUDY,
    **chosen: Any,
) -> Counts:
    shutil.rmtree(place / "parts", ignore_errors=True)
    (place / "parts").mkdir(parents=True)
    found = split.split(folder, study, place / "parts", k)
    parameters = read_parameters(folder, study, **chosen)
    return parts.count_parts(found, study, parameters, place / "results", workers, scheduler).counts


def read_parameters(folder: Path, study: Study = STUDY, **chosen: Any) -> Any:
    from analysis.cohort.read import read_study

    return read_study(folder, study).parameters(**chosen)


def whole(folder: Path, **chosen: Any) -> Counts:
    dataset = read_dataset(folder, STUDY)
    return count_dataset(dataset, dataset.study.parameters(**chosen))


def same(one: Counts, other: Counts) -> None:
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.about == other.about
    assert one.digest() == other.digest()


SMALL = """\
title: Ours
study: own
synthetic: true
factors:
  - {column: bilirubin, cut: 17}
  - {column: bclc}
endpoints:
  - {name: LPFS, months: lpfs_months, event: {column: lpfs_status, is: 1}, competing: 2}
"""


def small(folder: Path, declared: str = SMALL, **changed: pd.Series) -> Path:
    """Write the synthetic patients with few tables, which takes less time to read."""
    write_own(folder, declared, **changed)
    for name in ("assessments", "adverse_events", "immunotherapy", "organ_doses"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    return folder


@cache
def of_many(folder: Path) -> Path:
    return patients.write(folder, 500, seed=3)


def test_patients_have_keys_of_their_own_and_are_spread_over_the_parts() -> None:
    # Noughts do not count.
    ids = pd.Series([f"P-{number}".replace("0", "a") for number in range(3_000)], dtype=object)
    keys = profile.keys_of(ids)
    assert keys.dtype == np.uint64
    assert len(set(keys)) == 3_000
    for parts_ in (2, 4, 7, 64):
        shares = np.bincount((keys % np.uint64(parts_)).astype(int), minlength=parts_) / len(keys)
        assert shares.min() > 0.4 / parts_
    # In whatever order, repeated, as codes, with blanks.
    places = np.random.default_rng(1).integers(-1, len(ids), 500)
    some = pd.Series(np.append(ids, None)[places], dtype=object)
    expected = np.where(places < 0, np.uint64(0), keys[places])
    for cells in (some, some.astype("category")):
        assert (profile.keys_of(cells) == expected).all()


def test_one_patient_has_one_key_however_written() -> None:
    written = ["P-0012", " p-12", "p-12 ", "P-\u00a00012", "\uff30-12"]
    assert len(set(profile.keys_of(pd.Series(written, dtype=object)))) == 1


def test_parts_count_as_the_whole(tmp_path: Path) -> None:
    same(by_parts(DATA / "synthetic", tmp_path, 3), whole(DATA / "synthetic"))


def test_parts_of_parquet_count_as_the_whole(tmp_path: Path) -> None:
    folder = of_many(tmp_path / "many")
    chosen: dict[str, Any] = {"relapse_death": "competing", "population": "pvtt"}
    same(by_parts(folder, tmp_path, 4, **chosen), whole(folder, **chosen))


def test_a_dataset_of_its_own_is_counted_by_parts(tmp_path: Path) -> None:
    folder = write_own(tmp_path / "ours")
    same(by_parts(folder, tmp_path, 3), whole(folder))


def test_how_a_text_is_written_does_not_matter(tmp_path: Path) -> None:
    """A mark, remarks, a separator, quotes, cells of several lines, blank lines."""
    folder = tmp_path / "ours"
    small(folder)
    text = (folder / "patients.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    lines = [line.replace(",", ";") for line in lines]
    lines[0] += ';"a remark, ""quoted"""'
    lines[1:] = [
        f'{line};"two\nlines; of {place}"' if place % 9 == 0 else f"{line};" + "x" * (place % 7)
        for place, line in enumerate(lines[1:])
    ]
    lines.insert(40, "")
    written = "\ufeff# a remark\n# another\n" + "\r\n".join(lines)
    (folder / "patients.csv").write_bytes(written.encode())
    same(by_parts(folder, tmp_path, 3), whole(folder))
    spoil(folder, "patients", 97, "sex", "mail")
    assert refused(lambda: by_parts(folder, tmp_path, 3)) == refused(lambda: whole(folder))


def test_days_that_are_imputed_are_counted_over_all_parts(tmp_path: Path) -> None:
    """And times that were recorded as such stand beside those of dates."""
    folder = small(tmp_path / "ours")
    table = pd.read_csv(folder / "follow_up.csv", comment="#", dtype=str)
    table.loc[::9, "last_contact_date"] = table.loc[::9, "last_contact_date"].str[:7]
    table.to_csv(folder / "follow_up.csv", index=False)
    ids = table["patient_id"]
    recorded = pd.DataFrame(
        {"patient_id": ids, "endpoint": "DFS", "days": range(10, 118), "event": "no"}
    )
    recorded.loc[::2, "event"] = "yes"
    recorded.iloc[:70].to_csv(folder / "time_to_event.csv", index=False)
    found = by_parts(folder, tmp_path, 3)
    same(found, whole(folder))
    assert found.about.imputed == {"follow_up.last_contact_date": 12}
    assert found.about.not_at_risk["DFS"] == {"time or event not recorded": 38}
    cohort = derive.cohort(read_dataset(folder, STUDY), read_parameters(folder))
    expected = survival.estimate(cohort, cohort.parameters)
    estimates = estimate(Counted.of(found, STUDY)).iloc[: len(expected)]
    columns = ["variable", "statistic", "value", "method", "n"]
    pd.testing.assert_frame_equal(estimates[columns], expected[columns], check_exact=True)
    assert estimates["method"].str.contains("with 12 dates imputed to the day").any()


# Conventions that are decided on a whole column ---------------------------------------------------


def test_commas_are_decimal_in_all_parts_or_in_none(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    numbers = pd.Series([f"{n},500" for n in range(1, 109)])
    numbers[77] = "0,75"
    small(folder, bilirubin=numbers)
    found = by_parts(folder, tmp_path, 3)
    same(found, whole(folder))
    # One number with a point says that the commas may part thousands.
    numbers[50] = "12.5"
    small(folder, bilirubin=numbers)
    faults = refused(lambda: by_parts(folder, tmp_path, 3))
    assert faults == refused(lambda: whole(folder))
    assert len(faults) == 107


def test_a_text_is_spelt_as_most_of_the_whole_spell_it(tmp_path: Path) -> None:
    declared = """\
title: Ours
study: own
synthetic: true
missing: [NA]
factors:
  - {column: clinic}
"""
    folder = tmp_path / "ours"
    clinic = pd.Series(["North", "north", "NORTH", "South ward", "south  Ward", "na", "NA"] * 20)
    clinic = clinic[:108].sort_values(ignore_index=True)
    small(folder, declared, clinic=clinic)
    found = by_parts(folder, tmp_path, 3)
    same(found, whole(folder))
    assert len(found.about.levels["clinic"]) == 3


def test_what_shows_the_order_of_day_and_month_is_that_of_the_whole(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    small(folder)
    table = pd.read_csv(folder / "follow_up.csv", comment="#", dtype=str)
    dates = pd.to_datetime(table["last_contact_date"])
    # One alone shows that days come first.
    table["last_contact_date"] = dates.dt.strftime("%d/%m/%Y").mask(dates.dt.day > 12, "03/04/2021")
    table.loc[60, "last_contact_date"] = "25/04/2021"
    table.to_csv(folder / "follow_up.csv", index=False)
    faults = refused(lambda: by_parts(folder, tmp_path, 3))
    assert faults == refused(lambda: whole(folder))
    assert all("%d/%m/%Y']`" in fault.expected for fault in faults)
    assert not any("%m/%d" in fault.expected for fault in faults)


# Faults -------------------------------------------------------------------------------------------


def refused(read: Callable[[], object]) -> list[Fault]:
    with pytest.raises(DatasetFaults) as faults:
        read()
    return faults.value.faults


def spoil(folder: Path, table: str, row: int, column: str, text: str) -> None:
    """Change a cell of a CSV file by the row that an editor shows."""
    path = folder / f"{table}.csv"
    lines = path.read_bytes().decode("utf-8-sig").split("\n")
    header = next(line for line in lines if not line.startswith("#")).rstrip("\r")
    mark = ";" if ";" in header else ","
    place = header.split(mark).index(column)
    cells = lines[row - 1].split(mark)
    cells[place] = text
    lines[row - 1] = mark.join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


CELLS = [
    ("patients", "sex", "mail"),
    ("radiotherapy", "fractions", "2.5"),
    ("patients", "birth_date", "1960-02-30"),
    ("patients", "bilirubin", "much"),
    ("follow_up", "death_date", "2020-13-01"),
    ("radiotherapy", "dose_gy", "sixty"),
]


@settings(max_examples=4, derandomize=True)
@given(
    spoilt=st.lists(st.tuples(st.sampled_from(CELLS), st.integers(20, 100)), min_size=1, max_size=6)
)
def test_cells_that_are_wrong_are_told_with_their_row(
    spoilt: list[tuple[tuple[str, str, str], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("spoilt")
    folder = small(place / "ours")
    for (table, column, text), row in spoilt:
        spoil(folder, table, row, column, text)
    found = refused(lambda: by_parts(folder, place, 3))
    assert found == refused(lambda: whole(folder))


def test_rules_that_are_broken_are_told_with_their_row(tmp_path: Path) -> None:
    folder = small(tmp_path / "ours")
    spoil(folder, "radiotherapy", 30, "start_date", "2031-01-01")
    spoil(folder, "follow_up", 44, "patient_id", "nobody")
    spoil(folder, "patients", 71, "birth_date", "1880-01-01")
    ids = pd.read_csv(folder / "patients.csv", comment="#", dtype=str)["patient_id"]
    spoil(folder, "patients", 91, "patient_id", str(ids[3]))
    found = refused(lambda: by_parts(folder, tmp_path, 3))
    assert found == refused(lambda: whole(folder))
    assert len(found) > 4


def test_a_fault_far_down_a_file_of_parquet_has_its_row(tmp_path: Path) -> None:
    folder = of_many(tmp_path / "many")
    table = pd.read_parquet(folder / "patients.parquet")
    table.loc[431, "sex"] = "mail"
    table.to_parquet(folder / "patients.parquet", index=False)
    (fault,) = refused(lambda: by_parts(folder, tmp_path, 4))
    assert (fault.file, fault.row, fault.column, fault.value) == (
        "patients.parquet", 433, "sex", "mail"
    )  # fmt: skip


def test_of_cells_that_are_all_wrong_few_are_kept_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_TOLD", 4)
    folder = of_many(tmp_path / "many")
    table = pd.read_parquet(folder / "patients.parquet").assign(sex="mail")
    table["ecog"] = [f"{n} or more" for n in range(len(table))]
    table.to_parquet(folder / "patients.parquet", index=False)
    told = {}
    for name, count in (("whole", whole), ("parts", lambda given: by_parts(given, tmp_path, 3))):
        with pytest.raises(DatasetFaults) as caught:
            count(folder)
        told[name] = caught.value
    in_whole = str(told["whole"]).replace("and 496 more; expected", "and others; expected")
    assert str(told["parts"]) == in_whole
    assert "500 cells (patients.parquet, column sex, rows 2, 3, 4, 5, and 496 more)" in str(
        told["parts"]
    )
    # Of each part four of each column; the others are of witnesses.
    assert len(told["parts"].faults) < len(told["whole"].faults) / 3


@pytest.mark.parametrize(
    ("spoilt", "row"),
    [
        (lambda line: f"{line},1,2", 61),
        (lambda line: line.replace(",", ',"', 1), 61),
    ],
    ids=["a row too long", "a quote that is not closed"],
)
def test_a_text_that_cannot_be_read_is_refused_with_the_line(
    spoilt: Callable[[str], str], row: int, tmp_path: Path
) -> None:
    folder = small(tmp_path / "ours")
    lines = (folder / "patients.csv").read_text("utf-8").split("\n")
    lines[row - 1] = spoilt(lines[row - 1])
    (folder / "patients.csv").write_text("\n".join(lines), encoding="utf-8")
    (found,) = refused(lambda: by_parts(folder, tmp_path, 3))
    (of_whole,) = refused(lambda: whole(folder))
    assert (found.file, found.row) == (of_whole.file, of_whole.row)
    assert found.row == row


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dataset": "title: A\npreset: redcap\nsource: {file: x.csv}\n"}, "by parts are read CSV"),
        ({"patients": "sex\nmale\n"}, "one column patient_id"),
        ({"patients": "patient_id,sex,sex\nA,male,male\n"}, "each column once"),
        ({"patients": "A title\n\npatient_id,sex\nA,male\nB,male\n"}, "the header before all rows"),
        ({"patients": ""}, "a header and one row a line"),
    ],
)
def test_what_cannot_be_decided_by_parts_is_refused(
    changed: dict[str, str], words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "ours"
    write_dataset(folder, **changed)
    with pytest.raises(DatasetFaults) as faults:
        by_parts(folder, tmp_path, 2)
    assert words in str(faults.value)


def test_a_workbook_is_not_read_by_parts(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    write_dataset(folder)
    (folder / "follow_up.csv").rename(folder / "follow_up.xlsx")
    with pytest.raises(DatasetFaults, match="CSV or Parquet, to be read by parts"):
        by_parts(folder, tmp_path, 2)


# What only the whole can know ---------------------------------------------------------------------


def test_what_one_part_alone_has_is_found_and_read_with_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With so few witnesses that parts differ: it is counted as the whole is, or not at all."""
    folder = small(tmp_path / "ours")
    whole_of_it = whole(folder)
    seen = []
    of_all = profile.Profile.witnesses

    def few(self: profile.Profile) -> set[int]:
        tables = {key for place, keys in self.found.items() if not place[1] for key in keys[:1]}
        seen.append(len(of_all(self)))
        return tables | set(map(int, self.drawn[:2]))

    monkeypatch.setattr(profile.Profile, "witnesses", few)
    for k in (3,):
        with contextlib.suppress(parts.NotByParts):
            same(by_parts(folder, tmp_path / str(k), k), whole_of_it)
    assert min(seen) > 10


# Killed, and counted anew -------------------------------------------------------------------------


def test_a_process_that_is_killed_changes_no_count(tmp_path: Path) -> None:
    flag = tmp_path / "killed"
    found = by_parts(DATA / "synthetic", tmp_path, 2, workers=2, study=deadly(flag))
    assert flag.exists()
    same(found, whole(DATA / "synthetic"))


def test_processes_that_are_killed_again_and_again_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ATTEMPTS", 1)
    with pytest.raises(ProcessKilledError, match="More and smaller parts"):
        by_parts(DATA / "synthetic", tmp_path, 2, workers=2, study=deadly(tmp_path / "killed"))


def test_what_was_counted_is_taken_again_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "DRAWN", 30)
    folder = small(tmp_path / "ours")
    first = by_parts(folder, tmp_path, 3)
    results = sorted((tmp_path / "results").glob("*.parquet"))
    assert len(results) == 3
    results[0].unlink()
    derived = []
    original = parts._counted

    def counted(*given: Any) -> Any:
        derived.append(given[3])
        return original(*given)

    monkeypatch.setattr(parts, "_counted", counted)
    same(by_parts(folder, tmp_path, 3), first)
    # The witnesses, and the one part that was not there any more.
    assert len(derived) == 2
    # Other patients, or other choices, are other counts.
    derived.clear()
    by_parts(folder, tmp_path, 3, confidence=0.9)
    assert len(derived) == 4


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as started:
        yield started


def test_a_cluster_counts_as_this_machine_does_though_a_worker_is_killed(
    tmp_path: Path, cluster: LocalCluster
) -> None:
    flag = tmp_path / "killed"
    found = by_parts(
        DATA / "synthetic", tmp_path, 2, scheduler=cluster.scheduler_address, study=deadly(flag)
    )
    assert flag.exists()
    same(found, whole(DATA / "synthetic"))
