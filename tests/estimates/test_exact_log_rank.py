"""Exact log-rank tests: against R, against every deal counted one by one, and in what they promise.

Tolerance: sums of products of fractions, in doubles; 1e-10 leaves room for another order.
"""

from __future__ import annotations

import math
import re
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort.read import load
from analysis.estimates import exact_log_rank, prognosis, relapse_factors
from analysis.estimates.exact_log_rank import exact_test, is_sparse, least_expected
from analysis.estimates.log_rank import log_rank, weight_of
from analysis.estimates.multiplicity import adjusted
from analysis.estimates.remembered import forget
from analysis.estimates.rows import pick, value_of
from analysis.estimates.sparse import WARNING, as_read, with_exact
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.estimates.strict import STRICT
from tests.rscript import run_r

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"

pytestmark = STRICT


def values(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", comment="#")


def times_of(data: str, group: str) -> pd.DataFrame:
    """Give the rows of a data set that R was given, by its words for them."""
    name, _, rows = data.partition("[")
    table = pd.read_csv(REFERENCE / f"{name}.csv").astype({"event": bool})
    if between := re.fullmatch(r"(\d+):(\d+), \]", rows):
        table = table.iloc[int(between[1]) - 1 : int(between[2])]
    elif rows:
        assert rows == "lung$sex == 1 | seq_len(nrow(lung)) <= 20, ]"
        table = table[(table["sex"] == 1) | (table.index < 20)]
    return table.rename(columns={group: "level"})[["days", "event", "level"]]


STORED = values(REFERENCE / "exact.tsv")
CASES = list(dict.fromkeys(zip(STORED["data"], STORED["group"], strict=True)))


@pytest.mark.parametrize(("data", "group"), CASES)
def test_it_is_that_of_r(data: str, group: str) -> None:
    own = STORED[(STORED["data"] == data) & (STORED["group"] == group)]
    expected = own.set_index("statistic")["value"]
    times = times_of(data, group)
    assert exact_test(times).p_value == pytest.approx(expected["p"], rel=1e-10)
    assert least_expected(times) == pytest.approx(expected["criterion"], rel=1e-10)
    days = exact_log_rank._days(times, "none", (), competing=False)
    distribution = exact_log_rank._distribution(days)
    assert distribution is not None
    sums, chances = distribution
    had = sum(day.events[0] for day in days)
    tails = {
        "greater": chances[sums[:, 0] >= had].sum(),
        "less": chances[sums[:, 0] <= had].sum(),
    }
    for side, found in tails.items():
        assert found == pytest.approx(expected[side], rel=1e-10)


def test_the_values_say_what_gave_them() -> None:
    lines = (REFERENCE / "exact.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Rscript tests/reference/exact.R"
    assert re.fullmatch(r"# R [\d.]+ with survival [\d.]+", lines[1])
    assert (STORED["call"].str.len() > 0).all()
    # The rule is met by some and not by others.
    criteria = STORED.loc[STORED["statistic"] == "criterion", "value"]
    assert (criteria < 5).any()
    assert (criteria > 5).any()


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(tmp_path: Path) -> None:
    run_r("tests/reference/exact.R", tmp_path / "exact.tsv", packages=("survival",))
    again = values(tmp_path / "exact.tsv")
    pd.testing.assert_frame_equal(again.drop(columns="value"), STORED.drop(columns="value"))
    np.testing.assert_allclose(again["value"], STORED["value"], rtol=1e-9)


# What is known -----------------------------------------------------------------------------------


def one_event(inside: int, of: int, later: int = 0) -> pd.DataFrame:
    """Give patients of whom one had the event, in the group with `inside` of those at risk."""
    levels = ["a"] * inside + ["b"] * (of - inside) + ["a", "b"] * later
    days = [10] + [20] * (of - 1) + [5] * (2 * later)
    return pd.DataFrame({"days": days, "event": [True] + [False] * (len(days) - 1),
                         "level": levels})  # fmt: skip


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10))
def test_one_event_falls_on_everybody_at_risk_with_the_same_chance(
    inside: int, others: int, gone: int
) -> None:
    found = exact_test(one_event(inside, inside + others, gone)).p_value
    share = inside / (inside + others)
    assert found == pytest.approx(share if share < 0.5 else 1.0, rel=1e-12)


def test_one_relapse_among_thirty_at_risk() -> None:
    """Log-rank p values of 0.0002 and 0.025, which a reader would take for findings."""
    cohort = load("synthetic", STUDY, Parameters())
    table = relapse_factors.estimate(cohort, Parameters())
    for group, approximate, exact in (
        ("prior_ici", 0.0002, 2 / 30),
        ("viral_hepatitis", 0.0253, 5 / 30),
    ):
        own = pick(table, group=group, variable="IRFS")
        assert value_of(own, statistic="p_value") == pytest.approx(approximate, abs=5e-5)
        assert value_of(own, statistic="exact_p") == pytest.approx(exact, rel=1e-12)
        assert pick(own, statistic="p_value")["warning"].tolist() == [WARNING]


def test_one_patient_against_sixty() -> None:
    days = [5, *range(100, 160)]
    times = pd.DataFrame({"days": days, "event": [True] * 21 + [False] * 40})
    times["level"] = ["yes"] + ["no"] * 60
    assert log_rank(times).p_value < 1e-10
    assert is_sparse(times)
    assert exact_test(times).p_value == pytest.approx(1 / 61, rel=1e-12)


# Against every deal ------------------------------------------------------------------------------

few_patients = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.sampled_from("abc"), st.sampled_from("xy")),
    min_size=2,
    max_size=9,
).map(lambda rows: pd.DataFrame(rows, columns=["days", "event", "level", "stratum"]))


def by_every_deal(times: pd.DataFrame, strata: tuple[str, ...], weighting: Any) -> float:
    """Deal the events of each day to every set of as many patients at risk, day by day."""
    parts = [own for _, own in times.groupby(list(strata))] if strata else [times]
    levels = sorted(times["level"].unique())
    deals, expected = [], np.zeros(len(levels))
    observed, variance = np.zeros(len(levels)), np.zeros((len(levels), len(levels)))
    for part in parts:
        event_days = sorted(part.loc[part["event"], "days"].unique())
        left = [int((part["days"] >= day).sum()) for day in event_days]
        had = [int(((part["days"] == day) & part["event"]).sum()) for day in event_days]
        weights = weight_of(weighting, np.array(left, float), np.array(had, float))
        for day, weight in zip(event_days, weights, strict=True):
            at_risk = part[part["days"] >= day]
            own = at_risk[(at_risk["days"] == day) & at_risk["event"]]
            d, n = len(own), len(at_risk)
            if at_risk["level"].nunique() < 2 or d == n:
                continue
            share = np.array([(at_risk["level"] == level).mean() for level in levels])
            expected += weight * d * share
            spread = weight**2 * d * (n - d) / (n - 1)
            variance += spread * (np.diag(share) - np.outer(share, share))
            observed += weight * np.array([(own["level"] == level).sum() for level in levels])
            who = list(at_risk["level"])
            deals.append(
                [
                    weight * np.array([[who[i] for i in chosen].count(level) for level in levels])
                    for chosen in combinations(range(n), d)
                ]
            )
    if not deals or math.prod(map(len, deals)) > 20_000:
        return float("nan")
    inverse = np.linalg.pinv(variance, rcond=1e-9, hermitian=True)

    def chi_square(sums: Any) -> float:
        return float((sums - expected) @ inverse @ (sums - expected))

    least = chi_square(observed) - 1e-9
    every = [chi_square(np.sum(deal, axis=0)) for deal in product(*deals)]
    return float(np.mean(np.array(every) >= least))


@pytest.mark.parametrize("weighting", ["none", "wilcoxon"])
@pytest.mark.parametrize("strata", [(), ("stratum",)])
@settings(max_examples=40, deadline=None)
@given(times=few_patients)
def test_it_counts_every_deal(times: pd.DataFrame, strata: tuple[str, ...], weighting: Any) -> None:
    expected = by_every_deal(times, strata, weighting)
    if math.isnan(expected):
        return
    found = exact_test(times, weighting, strata)
    assert found.method == "exact"
    assert found.p_value == pytest.approx(expected, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(few_patients)
def test_without_a_decision_there_is_no_p_value_and_a_reason(times: pd.DataFrame) -> None:
    found = exact_test(times)
    assert math.isnan(found.p_value) == math.isnan(log_rank(times).p_value)
    assert bool(found.note) == math.isnan(found.p_value)
    assert not (is_sparse(times) and math.isnan(found.p_value))


@pytest.mark.parametrize("weighting", ["none", "peto"])
def test_what_is_drawn_is_near_what_is_counted(
    weighting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = times_of("veteran[1:30, ]", "prior")
    counted = exact_test(times, weighting)
    monkeypatch.setattr(exact_log_rank, "MOST_SUMS", 1)
    forget()
    drawn = exact_test(times, weighting)
    forget()
    error = math.sqrt(counted.p_value * (1 - counted.p_value) / exact_log_rank.DRAWN)
    assert counted.method == "exact"
    assert drawn.method.startswith("9,999 random deals, seed 1, standard error 0.00")
    assert drawn.p_value == pytest.approx(counted.p_value, abs=4 * error)


def test_it_keeps_its_level_where_the_chi_square_does_not() -> None:
    """Two patients against forty, all of the same hazard: 2000 trials."""
    random = np.random.default_rng(7)
    level = np.array(["a"] * 2 + ["b"] * 40)
    exact, approximate, trials = 0, 0, 2000
    for _ in range(trials):
        time, censored = random.exponential(20, 42), random.exponential(3, 42)
        days = np.ceil(np.minimum(time, censored) * 100).astype(int)
        times = pd.DataFrame({"days": days, "event": time <= censored, "level": level})
        exact += exact_test.__wrapped__(times).p_value < 0.05  # type: ignore[attr-defined]
        approximate += log_rank(times).p_value < 0.05
    three_errors = 3 * math.sqrt(0.05 * 0.95 / trials)
    assert exact / trials < 0.05 + three_errors
    assert approximate / trials > 0.05 + three_errors


def test_with_one_event_grays_test_deals_among_those_whom_death_took_too() -> None:
    # Of five in each group, four of b died before: they stay at risk of the incidence.
    times = pd.DataFrame(
        {
            "days": [10, 20, 20, 20, 20, 20, 5, 5, 5, 5],
            "event": [True] + [False] * 9,
            "competing": [False] * 6 + [True] * 4,
            "level": ["a"] * 5 + ["b"] * 5,
        }
    )
    assert exact_test(times).p_value == 1.0
    assert exact_test(times.assign(level=["a"] + ["b"] * 9), competing=True).p_value == (
        pytest.approx(1 / 10)
    )


# Rows --------------------------------------------------------------------------------------------


def test_where_events_are_enough_there_is_the_approximation_alone() -> None:
    test = {"statistic": "p_value", "value": 0.001, "warning": ""}
    assert with_exact(test, times_of("lung", "sex")) == [test]


def test_what_is_read_is_the_exact_test() -> None:
    cohort = load("synthetic", STUDY, Parameters())
    table = prognosis.estimate(cohort, Parameters())
    read = as_read(table)
    assert not read["statistic"].isin(["exact_p", "hr_exact_p"]).any()
    assert len(table) - len(read) == 4
    for name, exact in (("p_value", "exact_p"), ("hr_p", "hr_exact_p")):
        keys = {"group": "male", "variable": "OS"}
        of_women = value_of(table, statistic=exact, **keys)
        assert value_of(read, statistic=name, **keys) == of_women
        assert value_of(table, statistic=name, **keys) != of_women
    enough = read["group"] != "male"
    pd.testing.assert_frame_equal(read[enough], table[table["group"] != "male"])


def test_exact_tests_are_of_the_family_that_is_adjusted() -> None:
    plain, holm = (
        prognosis.estimate(load("synthetic", STUDY, chosen), chosen)
        for chosen in (Parameters(), Parameters(p_adjustment="Holm"))
    )
    tables = [as_read(table) for table in (plain, holm)]
    keys = {factor.key for factor in STUDY.factors if factor.in_table}
    before, after = (
        pick(table, statistic="p_value")[lambda rows: rows["group"].isin(keys)] for table in tables
    )
    np.testing.assert_allclose(after["value"], adjusted(before["value"], "Holm"))
    assert after["method"].str.endswith("Holm adjustment for 32 tests").all()
