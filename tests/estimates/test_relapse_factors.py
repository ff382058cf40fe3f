"""Relapse by factor: the test that the parameter asks for, on the patients that it makes."""

from __future__ import annotations

import pytest

from analysis.article.ledger import read_ledger
from analysis.cohort.read import load
from analysis.estimates import relapse_factors
from analysis.estimates.competing import RELAPSE, causes
from analysis.estimates.factors import factors_of, times_by
from analysis.estimates.gray import gray_test
from analysis.estimates.log_rank import log_rank
from analysis.estimates.rows import pick, rounded, value_of
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY


@pytest.mark.parametrize("death", ["censored", "event", "competing"])
def test_relapse_by_factor(death: str) -> None:
    parameters = Parameters(relapse_death=death)  # type: ignore[arg-type]
    cohort = load("synthetic", STUDY, parameters)
    table = relapse_factors.estimate(cohort, parameters)
    factors = [factor.key for factor in factors_of(cohort)]
    assert len(factors) == 16
    assert list(table["group"].unique()) == factors
    asked = table[table["statistic"] != "exact_p"]
    assert len(asked) == 2 * len(factors) * 5
    assert set(table["analysis_id"]).isdisjoint(read_ledger()["analysis_id"])
    keys = {"group": "prior_ici", "variable": "ORFS"}
    times = times_by(cohort, "factor_prior_ici", "ORFS")
    expected = gray_test(causes(times), RELAPSE) if death == "competing" else log_rank(times)
    assert value_of(table, statistic="p_value", **keys) == rounded(expected.p_value)
    (method,) = pick(table, statistic="p_value", **keys)["method"]
    words = {
        "censored": "log-rank test",
        "event": "log-rank test, death an event",
        "competing": "Gray's test, death competing",
    }
    assert method == words[death]
    counted = pick(table, statistic="events", **keys)["value"].sum()
    relapses = cohort.patients["out_field_relapse_date"].notna().sum()
    dead = cohort.patients["death_date"].notna() & cohort.patients["out_field_relapse_date"].isna()
    assert counted == relapses + (dead.sum() if death == "event" else 0)


def test_without_times_of_relapse_there_are_no_rows() -> None:
    cohort = load("hepatocellular", STUDY, Parameters())
    assert relapse_factors.estimate(cohort, Parameters()).empty
