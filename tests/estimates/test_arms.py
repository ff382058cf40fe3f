"""Comparisons of arms, and factors of several levels, against R; and what must hold of any arms.

Tolerance: both sides sum a few hundred numbers and iterate to the last digits; 1e-9 is far below
what anybody prints. `tests/reference/arms.R` gives the values, with the call of each.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates import arms, characteristics, prognosis, survival, whole
from analysis.estimates.arms import AND, of_arm, smd_of_counts, smd_of_quantity
from analysis.estimates.rows import KEY, pick, value_of
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.study import STUDY
from tests.estimates.strict import STRICT
from tests.rscript import run_r

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
VETERAN = pd.read_csv(REFERENCE / "veteran.tsv", sep="\t", dtype=str)
ARMS = {
    "treatment": "{1: Standard, 2: Test}",
    "cell": "{squamous: Squamous, smallcell: Small cell, adeno: Adeno, large: Large}",
}
# Nothing about them is written but this.
DECLARED = """\
title: Veterans' lung cancer trial
study: own
factors:
  - {{column: karnofsky, label: Karnofsky score, cut: '< 60'}}
  - {{column: since_diagnosis, unit: months, cut: 6}}
  - {{column: prior, label: Earlier treatment, levels: {{0: None, 10: Earlier}}}}
  - {{column: cell, label: Type of cells, levels: {cells}}}
endpoints:
  - {{name: OS, label: Overall survival, days: days, event: {{column: event, is: 1}}}}
{arm}"""

pytestmark = STRICT


def veterans(folder: Path, arm: str = "", rows: pd.DataFrame = VETERAN) -> Cohort:
    """Give the veterans as a dataset of their own, by an arm if one is named."""
    declared = f"arm: {{column: {arm}, levels: {ARMS[arm]}}}\n" if arm else ""
    text = DECLARED.format(cells=ARMS["cell"], arm=declared)
    columns = rows if arm == "treatment" else rows.drop(columns="treatment")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    columns.assign(patient_id=[f"V{row:03d}" for row in rows.index]).to_csv(
        folder / "patients.csv", index=False
    )
    return load(folder, STUDY)


def reference() -> pd.DataFrame:
    return read_values(REFERENCE / "arms.tsv")


def read_values(path: Path) -> pd.DataFrame:
    found = pd.read_csv(path, sep="\t", comment="#", dtype=str, keep_default_na=False)
    return found.astype({"value": "float64"})


# Against R --------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=list(ARMS))
def compared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Cohort, pd.DataFrame]:
    arm: str = request.param
    cohort = veterans(tmp_path_factory.mktemp("veteran") / "by_arm", arm)
    return arm, cohort, whole.estimate(cohort, cohort.parameters)


def test_baseline_is_compared_as_in_r(compared: tuple[str, Cohort, pd.DataFrame]) -> None:
    arm, _, estimates = compared
    by_arm = pick(estimates, analysis_id="characteristics", group=arm)
    expected = pick(reference(), arm=arm)
    expected = expected[
        (expected["variable"] != "OS") & expected["statistic"].isin(["p_value", "smd"])
    ]
    assert len(expected) == {"treatment": 10, "cell": 16}[arm]
    for row in expected.itertuples():
        keys = {"variable": row.variable, "group_level": row.level, "variable_level": ""}
        found = value_of(by_arm, statistic=row.statistic, **keys)
        assert found == pytest.approx(row.value, rel=1e-9), row.call


def test_the_test_says_its_name(compared: tuple[str, Cohort, pd.DataFrame]) -> None:
    arm, _, estimates = compared
    by_arm = pick(estimates, analysis_id="characteristics", group=arm, statistic="p_value")
    methods = by_arm[by_arm["variable_level"] == ""].set_index("variable")["method"]
    pearson = "Pearson chi-square test, without continuity correction"
    quantity = {
        "treatment": "Wilcoxon rank-sum test, with continuity correction",
        "cell": "Kruskal-Wallis test",
    }[arm]
    assert methods["age_years"] == methods["karnofsky"] == quantity
    share = {"treatment": "Fisher exact test, two-sided", "cell": pearson}[arm]
    assert methods["prior"] == share
    # A quantity in two groups is a comparison of its own.
    cut = pick(by_arm, variable="karnofsky", variable_level="<60")
    assert cut["method"].item() == share


def test_asymptotic_tests_where_they_are_asked_for(
    compared: tuple[str, Cohort, pd.DataFrame],
) -> None:
    arm, cohort, _ = compared
    chosen = cohort.parameters.model_copy(update={"table_test": "asymptotic"})
    found = arms.estimate(cohort, chosen, (characteristics.estimate,))
    by_arm = pick(found, group=arm, variable_level="", statistic="p_value")
    expected = pick(reference(), arm=arm, statistic="p_value_asymptotic")
    for row in expected.itertuples():
        value = value_of(by_arm, variable=row.variable)
        assert value == pytest.approx(row.value, rel=1e-9), row.call


def test_outcome_is_compared_as_in_r(compared: tuple[str, Cohort, pd.DataFrame]) -> None:
    """`survdiff`, `coxph` and `cox.zph` of two arms, and of a factor of four levels."""
    arm, _, estimates = compared
    by_arm = pick(estimates, analysis_id="prognosis", group=arm, variable="OS")
    expected = pick(reference(), arm=arm, variable="OS")
    assert set(expected["statistic"]) == {
        "p_value", "hazard_ratio", "hr_lower", "hr_upper", "hr_p", "proportionality_p", "n",
        "events", "median_days",
    }  # fmt: skip
    for row in expected.itertuples():
        statistic = {"median_days": "median"}.get(str(row.statistic), str(row.statistic))
        value = value_of(by_arm, statistic=statistic, group_level=row.level)
        value *= DAYS_PER_MONTH if statistic == "median" else 1
        assert value == pytest.approx(row.value, rel=1e-9), row.call


def test_a_factor_of_four_levels_is_that_of_r_without_an_arm(tmp_path: Path) -> None:
    cohort = veterans(tmp_path / "alone")
    table = prognosis.estimate(cohort, cohort.parameters)
    of_cells = pick(table, group="cell", variable="OS")
    expected = pick(reference(), arm="cell", variable="OS")
    for row in expected[expected["statistic"] != "median_days"].itertuples():
        value = value_of(of_cells, statistic=row.statistic, group_level=row.level)
        assert value == pytest.approx(row.value, rel=1e-9), row.call


def test_the_values_say_what_gave_them() -> None:
    lines = (REFERENCE / "arms.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Rscript tests/reference/arms.R"
    assert re.fullmatch(r"# R [\d.]+ with survival [\d.]+", lines[1])
    assert (reference()["call"].str.len() > 0).all()
    assert reference()["value"].notna().all()


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(tmp_path: Path) -> None:
    run_r("tests/reference/arms.R", tmp_path, packages=("survival",))
    again, stored = read_values(tmp_path / "arms.tsv"), reference()
    pd.testing.assert_frame_equal(again.drop(columns="value"), stored.drop(columns="value"))
    np.testing.assert_allclose(again["value"], stored["value"], rtol=1e-9)
    assert (tmp_path / "veteran.tsv").read_text() == (REFERENCE / "veteran.tsv").read_text()


# What must hold of any arms ---------------------------------------------------------------------

PARTS = (characteristics.estimate, survival.estimate, prognosis.estimate)


def by_chance(seed: int, missing: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    arm = random.choice(["1", "2"], len(VETERAN), p=[0.4, 0.6]).astype(object)
    arm[random.random(len(VETERAN)) < missing] = None
    return VETERAN.assign(treatment=arm)


def estimated(cohort: Cohort) -> pd.DataFrame:
    parts = [part(cohort, cohort.parameters) for part in PARTS]
    by_arm = arms.estimate(cohort, cohort.parameters, PARTS)
    return pd.concat([*parts, by_arm], ignore_index=True)


@pytest.mark.parametrize("seed", range(3))
def test_exchanging_the_arms_changes_no_p(tmp_path: Path, seed: int) -> None:
    rows = by_chance(seed, missing=0.1)
    exchanged = rows.assign(treatment=rows["treatment"].map({"1": "2", "2": "1"}))
    one, other = (
        estimated(veterans(tmp_path / name, "treatment", each))
        for name, each in (("one", rows), ("other", exchanged))
    )
    tests = {"p_value", "hr_p", "proportionality_p"}
    keys = {"group": "treatment"}
    first, second = (pick(table, **keys) for table in (one, other))
    first, second = (table[table["statistic"].isin(tests)] for table in (first, second))
    assert len(first) > 8
    # The ratio stands under the arm that is held against the first.
    assert first[KEY].to_numpy().tolist() == second[KEY].to_numpy().tolist()
    np.testing.assert_allclose(first["value"], second["value"], rtol=1e-8)
    ratios = [value_of(table, statistic="hazard_ratio", **keys) for table in (one, other)]
    assert ratios[0] == pytest.approx(1 / ratios[1])
    apart = [
        value_of(table, statistic="smd", variable="karnofsky", variable_level="", **keys)
        for table in (one, other)
    ]
    assert apart[0] == pytest.approx(-apart[1])


@pytest.mark.parametrize("seed", range(2))
def test_patients_without_an_arm_are_in_no_comparison(tmp_path: Path, seed: int) -> None:
    rows = by_chance(seed, missing=0.2)
    with_, without = (
        arms.estimate(cohort, cohort.parameters, PARTS)
        for cohort in (
            veterans(tmp_path / "with", "treatment", rows),
            veterans(tmp_path / "without", "treatment", rows.dropna(subset="treatment")),
        )
    )
    pd.testing.assert_frame_equal(with_, without)


@pytest.mark.parametrize("level", ["1", "2"])
def test_the_rows_of_an_arm_are_those_of_its_patients_alone(tmp_path: Path, level: str) -> None:
    cohort = veterans(tmp_path / "all", "treatment")
    by_arm = of_arm(arms.estimate(cohort, cohort.parameters, PARTS), "treatment", level)
    alone = veterans(tmp_path / "alone", rows=VETERAN[VETERAN["treatment"] == level])
    # Numbers at risk stand at the months of the axis of all.
    parameters = cohort.parameters
    expected = pd.concat([part(alone, parameters) for part in PARTS], ignore_index=True)
    # Comparisons with the other arm stand under it too.
    by_arm = by_arm[by_arm["statistic"] != "smd"].reset_index(drop=True)
    pd.testing.assert_frame_equal(by_arm, expected)


def test_two_groupings_are_joined_and_found_again(tmp_path: Path) -> None:
    cohort = veterans(tmp_path / "all", "treatment")
    found = arms.estimate(cohort, cohort.parameters, (prognosis.estimate,))
    assert found["group"].str.startswith(f"treatment{AND}").all()
    assert found["group_level"].str.match(f"[12]{AND}").all()
    assert set(of_arm(found, "treatment", "2")["group"]) == {
        "karnofsky<60", "since_diagnosis>=6", "prior", "cell",
    }  # fmt: skip


def test_without_an_arm_there_are_no_rows(tmp_path: Path) -> None:
    cohort = veterans(tmp_path / "none")
    assert arms.estimate(cohort, cohort.parameters).empty


def test_an_arm_of_nobody_is_left_out(tmp_path: Path) -> None:
    rows = VETERAN.assign(treatment="1")
    cohort = veterans(tmp_path / "one", "treatment", rows)
    found = arms.estimate(cohort, cohort.parameters, PARTS)
    assert set(found["group_level"].str.split(AND).str[0]) == {"1"}
    assert not found["statistic"].isin(["smd"]).any()


def test_differences_that_do_not_exist_are_missing() -> None:
    same, other = pd.Series([5.0] * 4), pd.Series([7.0] * 4)
    assert smd_of_quantity(same, same) == 0
    assert np.isnan(smd_of_quantity(other, same))
    apart = smd_of_counts(pd.Series([4, 0]), pd.Series([0, 4]))
    assert np.isnan(apart)
    assert smd_of_counts(pd.Series([2, 4, 0]), pd.Series([1, 2, 0])) == 0
    # A level that neither has tells nothing: as without it.
    three = smd_of_counts(pd.Series([3, 5, 0]), pd.Series([4, 4, 0]))
    assert three == pytest.approx(smd_of_counts(pd.Series([3, 5]), pd.Series([4, 4])))
