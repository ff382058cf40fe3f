"""Counts, medians and responses of four patients, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates import characteristics, eligibility, marker, response, toxicity, treatment
from analysis.estimates.counts import count_rows, range_rows
from analysis.estimates.rows import pick, row, to_table, value_of
from analysis.study.keys import Statistic
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset

P = Parameters()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return load(write_dataset(tmp_path_factory.mktemp("data") / "four"), STUDY, P)


def test_characteristics(cohort: Cohort) -> None:
    found = characteristics.estimate(cohort, P)
    assert value_of(found, variable="patients") == 4
    assert value_of(found, variable="sex", variable_level="male", statistic="count") == 3
    assert value_of(found, variable="sex", variable_level="male", statistic="percent") == 75
    assert value_of(found, variable="hepatitis", variable_level="HCV", statistic="count") == 1
    assert value_of(found, variable="afp_before", variable_level=">=1000", statistic="count") == 1
    assert value_of(found, variable="age_years", statistic="median") == 58.5
    assert value_of(found, variable="afp_before", statistic="min") == 12
    assert set(pick(found, variable="child_pugh_score")["variable_level"]) == {"5", "6", "7"}


def test_treatment(cohort: Cohort) -> None:
    found = treatment.estimate(cohort, P)
    assert value_of(found, variable="rt_foci", statistic="count") == 5
    agents = pick(found, variable="ici_agent", statistic="count").set_index("variable_level")
    # A1 counts under both agents, so that agents add up to more than the patients.
    assert agents["value"].sum() == 5
    assert agents.loc["toripalimab", "value"] == 2
    assert value_of(found, variable="ici_switched", statistic="count") == 1
    assert value_of(found, variable="ici_interval_weeks", statistic="median") == 3
    assert (
        value_of(found, variable="rt_site", variable_level="primary tumour", statistic="percent")
        == 50
    )
    assert value_of(found, variable="eqd2_gy", statistic="max") == pytest.approx(60)


def test_response(cohort: Cohort) -> None:
    found = response.estimate(cohort, P)
    overall = pick(found, variable="response_overall")
    recist = pick(overall, group_level="RECIST 1.1", statistic="count").set_index("variable_level")
    assert recist["value"].to_dict() == {"CR": 0, "PR": 1, "SD": 1, "PD": 2, "ORR": 1, "DCR": 2}
    # Clopper-Pearson for 1 of 4, from R: binom.test(1, 4)$conf.int
    keys = {"group_level": "RECIST 1.1", "variable_level": "ORR"}
    assert value_of(overall, statistic="ci_lower", **keys) == pytest.approx(0.630946321)
    assert value_of(overall, statistic="ci_upper", **keys) == pytest.approx(80.58796, abs=1e-4)
    # mRECIST calls A1, A3 responders, RECIST A1 only: one discordant patient, p = 1.
    assert value_of(overall, variable_level="ORR", statistic="p_paired") == 1
    # The table is 1, 0 / 1, 2: fisher.test(matrix(c(1, 1, 0, 2), 2))$p.value in R is 1.
    assert value_of(overall, variable_level="ORR", statistic="p_association") == pytest.approx(1)


def test_fall_of_afp_against_response(cohort: Cohort) -> None:
    found = marker.estimate(cohort, P)
    assert value_of(found, variable="afp_decrease", variable_level="yes", statistic="count") == 2
    one = pick(found, group_level="RECIST 1.1", variable_level="ORR")
    assert value_of(one, statistic="count") == 1
    assert value_of(one, statistic="responders") == 1
    assert value_of(one, statistic="p_value") == pytest.approx(1)


def test_toxicity_counts_the_worst_grade_of_a_patient(cohort: Cohort) -> None:
    found = toxicity.estimate(cohort, P)
    counts = pick(found, statistic="count")
    assert value_of(counts, variable="gi", variable_level="2") == 0
    assert value_of(counts, variable="gi", variable_level="3") == 1
    assert value_of(counts, variable="any_event", variable_level=">=3") == 2
    assert value_of(counts, variable="any_event", variable_level="any") == 3
    # A term that no row of the article names keeps its own.
    assert value_of(counts, variable="Fatigue", variable_level="1") == 1
    assert value_of(counts, variable="immune_related", variable_level="any") == 1


def test_eligibility_says_what_is_asked_and_who_is_left(cohort: Cohort) -> None:
    found = eligibility.estimate(cohort, Parameters(age_max=70))
    assert value_of(found, variable="age_years", statistic="threshold_max") == 70
    assert value_of(found, variable="records_complete", statistic="remaining") == 4


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=60))
def test_counts_add_up_whatever_is_missing(values: list[str | None]) -> None:
    series = pd.Series(pd.Categorical(values, categories=["b", "a", "c"]))
    table = to_table(count_rows("x", "v", series), count_rows)
    known = [value for value in values if value]
    if not known:
        assert table.empty
        return
    counts = pick(table, statistic="count")
    assert counts["value"].sum() == len(known) == counts["n"].iloc[0]
    assert list(counts["variable_level"]) == ["b", "a", "c"]
    assert math.isclose(pick(table, statistic="percent")["value"].sum(), 100)


def test_nothing_recorded_gives_no_rows() -> None:
    assert range_rows("x", "v", pd.Series([None, None], dtype="Float64"), "Gy") == []


def test_a_statistic_has_one_row() -> None:
    twice = [row("x", "v", Statistic.COUNT, value) for value in (1, 2)]
    with pytest.raises(ValueError, match="computed twice"):
        to_table(twice, row)
    with pytest.raises(KeyError):
        value_of(to_table(twice[:1], row), variable="w")
