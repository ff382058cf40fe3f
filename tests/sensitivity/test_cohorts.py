"""Conclusions counted over cohorts: right by another count, the same bytes, refused when stale."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.cohort import collection
from analysis.cohort.read import read_dataset
from analysis.sensitivity import cohorts, counting
from analysis.sensitivity.cohorts import Cohorts, read_cohorts
from analysis.sensitivity.compare import CHANGED, P_CROSSES, compare, conclusions
from analysis.sensitivity.counting import CannotCount, count
from analysis.sensitivity.run import run
from analysis.sensitivity.variants import BASE, Variant
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.cohort.test_collection import as_made, write

CHOSEN = Parameters()
CLAIMS = "of a ledger"
OTHER = "from radiotherapy"
VARIANTS = [Variant(OTHER, "Time zero", "Which?", "", "", {"time_zero": "radiotherapy"})]


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give two cohorts, of which the second has the marker of other patients."""
    place = tmp_path_factory.mktemp("data") / "ensemble"
    tables = as_made()
    patients = tables["patients"]
    moved = patients.assign(afp_before=[*patients["afp_before"][7:], *patients["afp_before"][:7]])
    write(place, "members", {1: tables, 2: tables | {"patients": moved}})
    return place


def counted(place: Path, workers: int) -> list[str]:
    said: list[str] = []
    count(STUDY, CLAIMS, CHOSEN, VARIANTS, 2, said.append, place, workers)
    return said


@pytest.fixture(scope="module")
def written(ensemble: Path) -> Path:
    counted(ensemble, 1)
    return ensemble


def read(place: Path) -> Cohorts:
    found = read_cohorts(CLAIMS, CHOSEN, VARIANTS, place)
    assert isinstance(found, Cohorts), found
    return found


@pytest.fixture(scope="module")
def estimates(written: Path) -> dict[int, pd.DataFrame]:
    """Give the estimates of each member, under the base and the variant."""
    found = {}
    for member in (1, 2):
        folder = collection.unpacked(written, str(member))
        found[member] = run(read_dataset(folder, STUDY), VARIANTS, CHOSEN, 1).estimates
        shutil.rmtree(folder)
    return found


def p_values(rows: pd.DataFrame) -> set[tuple[str, str]]:
    """Give endpoints and factors whose p in `prognosis` crosses 0.05, from the estimates alone."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    # The exact test of few events comes after its approximation, and is the one that is read.
    for row in rows.to_dict("records"):
        if (
            row["analysis_id"] == "prognosis"
            and row["statistic"] in ("p_value", "exact_p")
            and row["variable_level"] == row["group_level"] == ""
        ):
            sides = found.setdefault((row["variable"], row["factor"]), {})
            sides[row["variant"]] = row["value"]
    return {
        key
        for key, sides in found.items()
        if len(sides) == 2 and (sides[BASE] < 0.05) != (sides[OTHER] < 0.05)
    }


def test_counts_are_those_of_another_count(
    written: Path, estimates: dict[int, pd.DataFrame]
) -> None:
    found = read(written)
    assert found.members == 2
    rows = pq.read_table(written / cohorts.TABLE).to_pylist()
    assert len(rows) == len(found.changed) > 0
    # By plain loops over the rows of the file.
    told = Counter(tuple(row[name] for name in CHANGED) for row in rows)
    assert len({(row["member"], *(row[name] for name in CHANGED)) for row in rows}) == len(rows)
    assert {tuple(row[:-1]): row[-1] for row in found.counts.to_numpy().tolist()} == told
    assert found.touched == {OTHER: len({row["member"] for row in rows if row["variant"] == OTHER})}
    # Which p values cross, from the estimates of each member.
    for member in (1, 2):
        stored = {
            (row["variable"], row["factor"])
            for row in rows
            if row["member"] == member
            and row["analysis_id"] == "prognosis"
            and row["conclusion"] == P_CROSSES
            and row["statistic"] == "p_value"
            and row["variable_level"] == row["group_level"] == ""
        }
        assert stored == p_values(estimates[member])


def test_each_changed_conclusion_of_a_page_has_its_number(
    written: Path, estimates: dict[int, pd.DataFrame]
) -> None:
    found = read(written)
    comparison = compare(estimates[1])
    counts = found.of(comparison)
    assert counts.index.equals(conclusions(comparison).index)
    # The cohort of the page is a member: whatever changes in it changes in one at least.
    assert counts.between(1, 2).all()
    elsewhere = found.elsewhere(comparison)
    assert len(elsewhere) + len(counts) == len(found.counts)
    assert (elsewhere["cohorts"] == 1).all()
    # The other way round is another change.
    turned = comparison.assign(base=comparison["value"], value=comparison["base"])
    crossing = turned["conclusion"] == P_CROSSES
    assert (found.of(turned[crossing]) == 0).all()


def test_any_number_of_workers_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    place = tmp_path / "ensemble"
    shutil.copytree(written, place, ignore=shutil.ignore_patterns(".conclusions"))
    before = {name: (place / name).read_bytes() for name in (cohorts.TABLE, cohorts.ABOUT)}
    for name in before:
        (place / name).unlink()
    counted(place, 2)
    assert {name: (place / name).read_bytes() for name in before} == before
    # No member is left unpacked.
    assert {path.name for path in place.iterdir() if path.is_dir()} == {"members", ".conclusions"}


def test_a_run_that_ended_early_is_gone_on_with(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object) -> None:
        raise AssertionError("a member that is kept was asked again")

    monkeypatch.setattr(counting, "run", never)
    before = (written / cohorts.TABLE).read_bytes()
    assert counted(written, 1)[-1].startswith("2 of 2 members")
    assert (written / cohorts.TABLE).read_bytes() == before


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("variants", "other variants"),
        ("base", "other choices in the base"),
        ("claims", "other published numbers"),
        ("members", "other cohorts"),
        ("table", "cannot be read"),
        ("about", "cannot be read"),
        ("nothing", "has not been counted yet"),
    ],
)
def test_what_is_of_others_is_refused_in_a_sentence(
    written: Path, tmp_path: Path, fault: str, said: str
) -> None:
    place = tmp_path / "ensemble"
    shutil.copytree(written, place)
    claims, base, variants = CLAIMS, CHOSEN, VARIANTS
    if fault == "variants":
        variants = [Variant(OTHER, "", "", "", "", {"afp_cutoff": 200.0})]
    elif fault == "base":
        base = Parameters(ci_type="plain")
    elif fault == "claims":
        claims = "of another"
    elif fault == "members":
        path = place / "members" / "patients.parquet"
        rows = pd.read_parquet(path)
        rows.assign(ecog=rows["ecog"][::-1].to_numpy()).to_parquet(path, index=False)
    elif fault == "table":
        rows = pd.read_parquet(place / cohorts.TABLE)
        rows.iloc[:-1].to_parquet(place / cohorts.TABLE, index=False)
    elif fault == "about":
        (place / cohorts.ABOUT).write_text("{", encoding="utf-8")
    else:
        (place / cohorts.ABOUT).unlink()
    found = read_cohorts(claims, base, variants, place)
    assert isinstance(found, str)
    assert said in found
    assert f"`{cohorts.COMMAND}`" in found


def test_reasons_of_variants_do_not_count() -> None:
    (own,) = VARIANTS
    other = Variant(own.name, "Another", "?", "why", "label", own.changes)
    assert cohorts.digest_of([own]) == cohorts.digest_of([other])


def test_without_an_ensemble_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(CannotCount, match="make ensemble"):
        counted(tmp_path, 1)


def test_a_variant_that_cannot_be_computed_is_counted_too(written: Path) -> None:
    about = json.loads((written / cohorts.ABOUT).read_text(encoding="utf-8"))
    assert about["failed"] == {}
    assert about["members"] == 2
