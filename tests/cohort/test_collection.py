"""Many cohorts in few files: what is stored is what CSV would hold, and is unpacked whole."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.build.names import dataset_name, report_name
from analysis.cohort import collection, folder, save
from analysis.cohort.collection import NoMember
from analysis.cohort.read import load
from analysis.study.in_place import staged
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import description

SYNTHETIC = folder.DATA / "synthetic"


def as_made() -> dict[str, pd.DataFrame]:
    """Give the tables of the committed cohort in the types that the search gives them."""
    tables = {}
    for path in sorted(SYNTHETIC.glob("*.csv")):
        table = pd.read_csv(path, comment="#", keep_default_na=False, na_values=[""])
        for column in table.columns[table.columns.str.endswith("_date")]:
            days = [None if pd.isna(day) else date.fromisoformat(day) for day in table[column]]
            table[column] = pd.Series(days, dtype=object)
        tables[path.stem] = table
    return tables


def write(place: Path, kind: str, cohorts: dict) -> None:
    (place / kind).mkdir(parents=True)
    collection.write(place / kind, {k: collection.to_arrow(v) for k, v in cohorts.items()})
    described = {
        name: value if isinstance(value, str | bool | dict) else str(value)
        for name, value in description.description(108, 0).items()
        if name != "seed"
    }
    (place / collection.ABOUT).write_text(json.dumps({"description": described}))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("data") / "ensemble"
    tables = as_made()
    write(place, "members", {1: tables, 2: tables | {"patients": tables["patients"][::-1]}})
    write(place, "witnesses", {"pvtt-os-hr-max": tables})
    return place


@pytest.fixture
def ensemble(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "ensemble"
    shutil.copytree(made, place)
    monkeypatch.setattr(folder, "ENSEMBLE", place)
    return place


def body(path: Path) -> bytes:
    return path.read_bytes().split(b"\n", 1)[1]


@pytest.mark.parametrize("name", ["1", "pvtt-os-hr-max"])
def test_what_is_unpacked_is_what_csv_would_hold(ensemble: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "csv").mkdir()
    save.write_tables(tmp_path / "csv", as_made(), description.description(108, 1), "As made.")
    for path in SYNTHETIC.glob("*.csv"):
        assert body(path) == body(tmp_path / "csv" / path.name)
    place = collection.unpacked(ensemble, name)
    assert place == ensemble / name
    files = {path.name for path in place.glob("*.csv")}
    assert files == {path.name for path in (tmp_path / "csv").glob("*.csv")}
    for file in files:
        assert body(place / file) == body(tmp_path / "csv" / file)
    remark = (place / "patients.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "no real patient" in remark
    assert f"{name} of the ensemble" in remark


def test_a_member_is_a_dataset_that_says_which_it_is(ensemble: Path) -> None:
    cohort = load("ensemble/2", STUDY)
    assert cohort.synthetic
    assert "member 2 of the ensemble" in cohort.title
    assert "member 2 of the ensemble" in cohort.notice
    assert len(cohort.patients) == 108


def test_the_same_cohorts_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    tables = as_made()
    write(tmp_path, "members", {1: tables, 2: tables | {"patients": tables["patients"][::-1]}})
    for path in (made / "members").iterdir():
        assert path.read_bytes() == (tmp_path / "members" / path.name).read_bytes()


def test_what_is_unpacked_stays_and_is_made_anew_when_the_ensemble_changes(ensemble: Path) -> None:
    place = folder.dataset_folder("ensemble/1")
    before = (place / "patients.csv").stat().st_mtime_ns
    assert folder.dataset_folder("ensemble/1") == place
    assert (place / "patients.csv").stat().st_mtime_ns == before
    shutil.rmtree(ensemble / "members")
    tables = as_made()
    write(ensemble, "members", {1: tables | {"patients": tables["patients"].assign(ecog=2)}})
    folder.dataset_folder("ensemble/1")
    assert set(tables["patients"]["ecog"]) != {2}
    patients = pd.read_csv(place / "patients.csv", comment="#")
    assert set(patients["ecog"]) == {2}


def test_a_member_is_unpacked_whole_or_not_at_all(
    ensemble: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(collection, "write_tables", full)
    with pytest.raises(OSError, match="no space"):
        collection.unpacked(ensemble, "1")
    assert not (ensemble / "1").exists()
    assert not list(ensemble.glob(".building*"))


@pytest.mark.parametrize(
    "name",
    ["3", "0", "01", "", "..", "../members", "members", "1/../2", "a\nb", "\x00", "é", "1" * 999],
)
def test_a_name_that_is_none_is_refused_and_makes_no_folder(ensemble: Path, name: str) -> None:
    before = sorted(path.name for path in ensemble.iterdir())
    with pytest.raises(NoMember, match="members 1 to 2"):
        collection.unpacked(ensemble, name)
    assert sorted(path.name for path in ensemble.iterdir()) == before


def test_the_nearest_names_are_told(ensemble: Path) -> None:
    with pytest.raises(NoMember, match=r"Did you mean pvtt-os-hr-max\?"):
        folder.dataset_folder("ensemble/pvtt-os-hr-mx")
    with pytest.raises(NoMember, match="make ensemble N=100"):
        collection.unpacked(ensemble.parent / "none", "7")


def test_an_ensemble_that_cannot_be_read_is_told(ensemble: Path) -> None:
    (ensemble / collection.ABOUT).write_text("{")
    with pytest.raises(NoMember, match="cannot be read"):
        collection.unpacked(ensemble, "1")


def test_a_report_of_a_member_has_a_name_of_its_own() -> None:
    place = folder.ENSEMBLE / "7"
    assert (dataset_name(place), report_name(place)) == ("ensemble/7", "ensemble-7")


def test_members_are_put_in_place_whole(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path, "1"):
        raise RuntimeError
    assert not list(tmp_path.iterdir())
