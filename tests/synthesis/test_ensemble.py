"""Three cohorts: each meets every number, whoever finds it, and whatever ends a run before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.comparison import compare
from analysis.cohort import collection, derive
from analysis.cohort.read import read_dataset
from analysis.estimates import prognosis, whole
from analysis.estimates.ensemble import Ensemble, read_ensemble
from analysis.estimates.rows import KEY
from analysis.synthesis import central, ensemble, plausibility
from analysis.synthesis.ensemble import Asked, Stalled
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis.ensemble import main
from analysis.zhai_2025.synthesis.members import ways
from analysis.zhai_2025.synthesis.plausibility import RULES

# One is searched for, two are walked from it.
ASKED = Asked(members=3, seed=1, source=ways, founders=1)


def quiet(words: str) -> None:
    pass


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a run that was killed while it found the third member."""
    out = tmp_path_factory.mktemp("killed") / "ensemble"
    make = ensemble.make

    def dies(asked: Asked, number: int, parent: ensemble.Parent | None) -> object:
        if number == 3:
            raise KeyboardInterrupt
        return make(asked, number, parent)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "make", dies)
        with pytest.raises(KeyboardInterrupt):
            ensemble.run(ASKED, out, quiet, workers=1)
    return out


@pytest.fixture(scope="module")
def whole_run(interrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "ensemble"
    shutil.copytree(interrupted, out)
    said: list[str] = []
    words = ensemble.run(ASKED, out, said.append, workers=1)
    assert "2 of 3 members are there" in said
    assert "1 found and 2 walked" in words
    return out


def test_a_killed_run_leaves_whole_members_and_no_ensemble(interrupted: Path) -> None:
    assert [path.name for path in interrupted.iterdir()] == [".work"]
    (kind,) = (interrupted / ".work").iterdir()
    assert sorted(path.name for path in kind.iterdir()) == ["000001", "000002"]
    for member in kind.iterdir():
        assert (member / "member.json").is_file()
        assert len(list((member / "tables").iterdir())) == 7


@pytest.mark.parametrize("member", [1, 2, 3])
def test_every_member_meets_every_claim_and_rule(
    whole_run: Path, member: int, tmp_path: Path
) -> None:
    folder = collection.unpacked(whole_run, str(member))
    how, options = ways(""), Parameters()
    dataset = read_dataset(folder, STUDY)
    derived = derive.cohort(dataset, options)
    estimates = whole.estimate(derived, options)
    compared = compare(how.targets.ledger, estimates)
    assert set(compared.loc[~compared["agrees"], "claim_id"]) <= set(how.excused)
    assert not plausibility.check(RULES, dataset, derived, how.targets, options)

    # What is stored of its estimates is what its tables give.
    together = Parameters(factor_model="multivariable")
    for parameters, given in (
        (options, estimates),
        (together, prognosis.estimate(derive.cohort(dataset, together), together)),
    ):
        kept = read_ensemble(read_ledger(), parameters, whole_run)
        assert isinstance(kept, Ensemble)
        own = kept.estimates[kept.estimates["member"] == member]
        pd.testing.assert_frame_equal(
            own[[*KEY, "value", "unit"]].reset_index(drop=True),
            given[[*KEY, "value", "unit"]].reset_index(drop=True),
        )


def test_members_are_no_copies(whole_run: Path) -> None:
    members = pd.read_csv(whole_run / "members.csv")
    assert members["member"].tolist() == [1, 2, 3]
    assert members["kind"].tolist() == ["found", "walked", "walked"]
    assert (members["shared"] <= 5).all()


def test_any_number_of_cores_gives_the_same_bytes(whole_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "ensemble"
    shutil.copytree(whole_run / ".work", out / ".work")
    (kind,) = (path for path in (out / ".work").iterdir() if path.is_dir())
    for walked in ("000002", "000003"):
        shutil.rmtree(kind / walked)
    ensemble.run(ASKED, out, quiet, workers=2)
    files = [p for p in sorted(whole_run.rglob("*")) if p.is_file() and ".work" not in p.parts]
    files = [p for p in files if p.parent.name in {"ensemble", "members"}]
    assert len(files) == 12
    for path in files:
        assert path.read_bytes() == (out / path.relative_to(whole_run)).read_bytes(), path.name


def test_a_smaller_ensemble_is_the_beginning_of_a_larger_one(
    whole_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "ensemble"
    shutil.copytree(whole_run / ".work", out / ".work")
    ensemble.run(Asked(2, 1, ways, founders=1), out, quiet, workers=1)
    larger, smaller = (
        pd.read_parquet(folder / "members" / "patients.parquet") for folder in (whole_run, out)
    )
    pd.testing.assert_frame_equal(larger[larger["member"] <= 2], smaller)
    assert json.loads((out / "ensemble.json").read_text())["members"] == 2


def test_one_that_stalls_says_how_many_there_are_and_why(
    interrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "ensemble"
    shutil.copytree(interrupted, out)

    def fails(asked: Asked, number: int, parent: object) -> ensemble._Failed:
        return ensemble._Failed(number, "12 cohorts beside member 1 do not meet all")

    monkeypatch.setattr(ensemble, "make", fails)
    with pytest.raises(Stalled) as stalled:
        ensemble.run(ASKED, out, quiet, workers=1)
    said = str(stalled.value)
    assert "2 of 3 members are found, and kept. Member 3 is not: 12 cohorts" in said
    assert "make ensemble N=2" in said
    assert not (out / "ensemble.json").exists()


@pytest.mark.parametrize("arguments", [["--members", "0"], ["--seed", "-1"], ["--members", "x"]])
def test_what_is_no_ensemble_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "error" in capsys.readouterr().err


def test_patients_that_members_share_are_counted_once_each() -> None:
    patients = {1: ["a", "a", "b"], 2: ["a", "c", "d"], 3: ["a", "a", "e"], 4: ["f"]}
    assert central.shared(patients) == {1: 2, 2: 1, 3: 2, 4: 0}


def test_the_middle_is_told_from_open_statistics_of_those_found() -> None:
    rows = [
        [member, "prognosis", "", "", "OS", "", statistic, value, ""]
        for statistic, values in (
            ("hazard_ratio", [1.0, 2.0, 3.0, 99.0]),
            ("hr_upper", [4.0, 2.0, 0.0, 5.0]),
            # The same in all: it says nothing.
            ("count", [5.0, 5.0, 5.0, 5.0]),
        )
        for member, value in enumerate(values, start=1)
    ]
    estimates = pd.DataFrame(rows, columns=["member", *KEY, "value", "unit"])
    found = central.distances(estimates, [1, 2, 3])
    assert found[2] == 0
    assert found[1] == found[3] == pytest.approx(1.5)
    members = pd.DataFrame({"member": [1, 2, 3], "central_distance": [0.5, 0.5, 0.6]})
    assert central.most_central(members) == 1
