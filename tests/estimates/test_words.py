"""Whatever is estimated has words and a place; whatever is declared is estimated and shown."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.cohort import derive
from analysis.cohort.model import Cohort
from analysis.cohort.read import load, read_dataset
from analysis.estimates import prognosis, whole
from analysis.estimates.factors import factors_of, other_factors_of
from analysis.estimates.rows import pick, row, to_table
from analysis.study.clinical import CHILD_PUGH
from analysis.study.keys import Statistic
from analysis.study.variables import Cut, Factor, Variable
from analysis.zhai_2025.study import STUDY
from tests.words import wordless

# Factors with a table of their own, beside Table 5.
BESIDE = {"ici_regimen"}


@pytest.fixture(scope="module", params=["synthetic", "hepatocellular"])
def estimated(request: pytest.FixtureRequest) -> tuple[Cohort, pd.DataFrame]:
    cohort = load(request.param, STUDY)
    return cohort, whole.estimate(cohort, cohort.parameters)


def test_whatever_is_estimated_has_words_and_a_place(
    estimated: tuple[Cohort, pd.DataFrame],
) -> None:
    assert wordless(*estimated) == []


def test_every_choice_has_words_too() -> None:
    choices = {"afp_model": "spline", "factor_model": "multivariable", "population": "pvtt"}
    cohort = load("synthetic", STUDY, choices | {"afp_cutoff": 12345.67, "tumour_count_cutoff": 2})
    assert wordless(cohort, whole.estimate(cohort, cohort.parameters)) == []


def test_every_factor_is_where_table_5_or_a_table_beside_it_takes_its_rows(
    estimated: tuple[Cohort, pd.DataFrame],
) -> None:
    """A factor that was declared was estimated and shown nowhere, with no error."""
    cohort, estimates = estimated
    of_table_5 = factors_of(cohort)
    beside = other_factors_of(cohort)
    assert {factor.name for factor in beside} <= BESIDE
    groups = set(pick(estimates, analysis_id="prognosis")["group"])
    assert groups == {factor.key for factor in (*of_table_5, *beside)}
    stood_in = {factor.stand_in for factor in cohort.study.factors}
    for factor in cohort.study.factors:
        if cohort.records(factor.column) and factor.name not in stood_in:
            assert factor in (*of_table_5, *beside), factor.name


def test_a_factor_that_a_study_declares_is_in_table_5_with_words() -> None:
    cirrhotic = Factor("frail", CHILD_PUGH, cut=Cut(">=", 6))
    many = Factor("diagnosis", STUDY.variables["diagnosis"], levels=("pathological", "clinical"))
    study = replace(STUDY, factors=(*STUDY.factors, cirrhotic, many))
    dataset = replace(read_dataset("synthetic", STUDY), study=study)
    cohort = derive.cohort(dataset, study.parameters())
    assert [factor.name for factor in factors_of(cohort)][-2:] == ["frail", "diagnosis"]
    table = prognosis.estimate(cohort, cohort.parameters)
    assert wordless(cohort, table) == []
    for key in ("child_pugh_score>=6", "diagnosis"):
        assert pick(table, group=key, statistic="hazard_ratio")["value"].notna().all()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"variable": "serum_iron"}, "no words for serum_iron"),
        ({"group": "serum_iron>=3", "group_level": "yes"}, "no words for the group serum_iron>=3"),
        ({"group": "vp4", "group_level": "3"}, "no words for the group vp4 / 3"),
        ({"analysis_id": "made_up"}, "no place: made_up"),
        (
            {"variable": "sex", "variable_level": "not_known"},
            "no words for the level sex / not_kno",
        ),
    ],
)
def test_what_has_no_words_is_found(keys: dict[str, str], said: str) -> None:
    cohort = load("synthetic", STUDY)
    given = {"analysis_id": "characteristics", "variable": "sex"} | keys
    names = {"group", "group_level", "variable_level"}
    rest = {name: value for name, value in given.items() if name in names}
    one = row(given["analysis_id"], given["variable"], Statistic.COUNT, 1, **rest)
    (told,) = wordless(cohort, to_table([one], row))
    assert told.startswith(said)


def test_a_variable_whose_words_are_its_name_is_found() -> None:
    variables = {**STUDY.variables, "sex": Variable("sex", "sex_of_patient")}
    study = replace(STUDY, variables=variables)
    cohort = replace(load("synthetic", STUDY), study=study)
    one = row("characteristics", "sex", Statistic.COUNT, 1)
    assert wordless(cohort, to_table([one], row)) == ["no words for the variable sex"]
