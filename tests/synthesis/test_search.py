"""The search as a user meets it: what it writes, refuses, and says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.engine import answers_of
from analysis.audit.structure import read_structure
from analysis.cohort import derive
from analysis.cohort.folder import DATA
from analysis.cohort.read import read_dataset
from analysis.synthesis import judgement, search
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import __main__ as command
from analysis.zhai_2025.synthesis.description import SHIPPED
from analysis.zhai_2025.synthesis.plausibility import RULES

COMMITTED = DATA / "synthetic"
Change = Callable[[pd.DataFrame], None]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Give cohorts of two seeds, made by the command: without a seed, and of another."""
    folders = {}
    for seed, asked in ((SHIPPED, []), (2, ["--seed", "2"])):
        folders[seed] = tmp_path_factory.mktemp("cohort") / f"seed-{seed}"
        assert command.main([*asked, "--out", str(folders[seed])]) == 0
    return folders


@pytest.fixture(scope="module")
def excused() -> set[str]:
    return set(answers_of(read_ledger(CLAIMS), read_structure()))


@pytest.mark.parametrize("seed", [SHIPPED, 2])
def test_every_number_is_met_and_every_patient_is_plausible(
    made: dict[int, Path], excused: set[str], seed: int
) -> None:
    targets, options = Targets(read_ledger(CLAIMS)), Parameters()
    dataset = read_dataset(made[seed], STUDY)
    found = judgement.judge(dataset, derive.cohort(dataset, options), targets, options, RULES)
    assert found.unmet(excused) == []
    assert len(excused) < 10


def test_the_shipped_seed_gives_the_committed_bytes(made: dict[int, Path]) -> None:
    assert contents(made[SHIPPED]) == contents(COMMITTED)


def test_another_seed_gives_other_patients(made: dict[int, Path]) -> None:
    first, second = (contents(folder) for folder in made.values())
    assert set(first) == set(second)
    for name in set(first) - {"dataset.yaml", "organ_doses.csv"}:
        rows = [set(table[name].splitlines()[2:]) for table in (first, second)]
        assert len(rows[0] & rows[1]) < len(rows[0]) / 4, name


def test_cores_do_not_change_the_cohort(
    made: dict[int, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert command.main(["--seed", "2", "--out", str(tmp_path / "one")]) == 0
    assert contents(tmp_path / "one") == contents(made[2])


def reprinted(tmp_path: Path, claim_id: str, printed: str) -> Path:
    """Give a copy of the ledger in which one number is another."""
    ledger = pd.read_csv(CLAIMS, dtype=str, keep_default_na=False)
    row = ledger["claim_id"] == claim_id
    assert row.sum() == 1
    ledger.loc[row, ["printed", "value"]] = printed
    path = tmp_path / "claims.csv"
    ledger.to_csv(path, index=False)
    return path


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COMMITTED, tmp_path / "cohort"))


def test_counts_that_conflict_are_named_and_nothing_is_written(
    tmp_path: Path, cohort: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = reprinted(tmp_path, "t1-sex-male-n", "1000")
    before = contents(cohort)
    assert command.main(["--ledger", str(ledger), "--out", str(cohort)]) == 1
    said = capsys.readouterr().err
    assert "t1-sex-male-n" in said
    assert "1000" in said
    assert "left as it was" in said
    assert contents(cohort) == before


def test_a_survival_number_out_of_reach_is_listed_with_the_nearest(
    tmp_path: Path,
    cohort: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "ATTEMPTS", 2)
    # With half of the patients alive at 17 months, not three quarters can be at 24.
    ledger = reprinted(tmp_path, "s3.3-os-rate-24", "75.1")
    before = contents(cohort)
    assert command.main(["--ledger", str(ledger), "--out", str(cohort)]) == 1
    captured = capsys.readouterr()
    assert "s3.3-os-rate-24: " in captured.err
    assert "printed 75.1, nearest " in captured.err
    assert "still unmet" in captured.out
    assert contents(cohort) == before


def test_a_median_out_of_reach_ends_the_search_with_what_stands_against_it(
    tmp_path: Path,
    cohort: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "REFUSALS", 1)
    # More cycles than half of the patients have time for before they progress.
    ledger = reprinted(tmp_path, "s3.2-ici-cycles-median", "20.5")
    before = contents(cohort)
    assert command.main(["--ledger", str(ledger), "--out", str(cohort)]) == 1
    said = capsys.readouterr().err
    assert "met survival and factors, but not all else" in said
    assert "no 108 numbers have 20 and 21 in the middle" in said
    assert contents(cohort) == before


def test_a_ledger_that_lacks_a_number_is_told_which(
    tmp_path: Path, cohort: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = pd.read_csv(CLAIMS, dtype=str, keep_default_na=False)
    short = tmp_path / "claims.csv"
    ledger[ledger["claim_id"] != "t5-cirrhosis-os-p"].to_csv(short, index=False)
    before = contents(cohort)
    assert command.main(["--ledger", str(short), "--out", str(cohort)]) == 1
    said = capsys.readouterr().err
    assert "no row with analysis_id prognosis, group cirrhosis, variable OS" in said
    assert contents(cohort) == before


def test_a_seed_is_not_negative(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(["--seed", "-1"])
    assert refused.value.code == 2
    assert "from 0 up" in capsys.readouterr().err
