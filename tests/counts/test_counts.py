"""Counts add up, and estimates from them are those of the patients."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort import derive
from analysis.cohort.axis import with_axis
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.counts import store
from analysis.counts.about import Apart
from analysis.counts.counted import Counted
from analysis.counts.estimates import NEEDS_PATIENTS, _in_order, estimate
from analysis.counts.table import NOTHING, Counts, add, count, count_dataset
from analysis.estimates import prognosis, survival, weights
from analysis.estimates.compared import compared_times
from analysis.estimates.curves import curve
from analysis.estimates.factors import factors_of
from analysis.estimates.log_rank import log_rank
from analysis.estimates.rows import COLUMNS, KEY
from analysis.study.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.own import write_own

OF_PATIENTS = [name for name in COLUMNS if name != "function"]


@cache
def synthetic() -> Dataset:
    return read_dataset("synthetic", STUDY)


def cohort_of(dataset: Dataset, **chosen: Any) -> Cohort:
    return derive.cohort(dataset, dataset.study.parameters(**chosen))


def of_patients(cohort: Cohort) -> pd.DataFrame:
    parts = (survival.estimate, prognosis.estimate)
    found = [part(cohort, cohort.parameters) for part in parts]
    return pd.concat(found, ignore_index=True)[OF_PATIENTS]


def of_counts(counts: Counts) -> pd.DataFrame:
    return estimate(Counted.of(counts, STUDY))[OF_PATIENTS]


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


# All that acts on survival and prognosis, and is of counts.
OF_COUNTS: list[dict[str, Any]] = [
    {},
    {"relapse_death": "competing"},
    {"factor_test": "restricted mean", "ci_type": "log"},
    {"factor_test": "Gehan-Wilcoxon", "time_zero": "radiotherapy", "ci_type": "plain"},
    {"factor_test": "Peto-Peto", "pfs_censoring": "last imaging", "relapse_death": "event"},
    {"landmark_months": 3},
    {"p_adjustment": "Holm", "follow_up_definition": "survivors", "show_censored": True},
    {"population": "pvtt and afp_before >= 400", "confidence": 0.9},
]


@pytest.mark.parametrize("chosen", OF_COUNTS, ids=str)
def test_estimates_from_counts_are_those_of_the_patients(chosen: dict[str, Any]) -> None:
    same(of_patients(cohort_of(synthetic(), **chosen)), of_counts(
        count_dataset(synthetic(), synthetic().study.parameters(**chosen))
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "needing"),
    [
        ({"factor_model": "multivariable"}, {"hazard_ratio", "hr_lower", "hr_p", "events"}),
        ({"factor_test": "stratified log-rank", "strata": ("pvtt",)}, {"p_value"}),
        ({"delayed_entry": "second treatment"}, {"median", "at_risk", "p_value", "hazard_ratio"}),
        ({"afp_model": "spline"}, {"p_value", "hazard_ratio", "nonlinearity_p"}),
        ({"mode_over_time": True}, {"p_value", "hazard_ratio"}),
        ({"interval_source": "bootstrap", "bootstrap_replicates": 100}, {"hr_lower", "hr_upper"}),
    ],
    # A set has another order in each process.
    ids=lambda given: str(sorted(given) if isinstance(given, set) else given),
)
def test_what_needs_patients_has_a_row_that_says_so(
    chosen: dict[str, Any], needing: set[str]
) -> None:
    parameters = synthetic().study.parameters(**chosen)
    whole, counted = (
        of_patients(cohort_of(synthetic(), **chosen)),
        of_counts(count_dataset(synthetic(), parameters)),
    )
    needs = counted["note"] == NEEDS_PATIENTS
    assert counted.loc[needs, "value"].isna().all()
    assert needing <= set(counted.loc[needs, "statistic"])
    both = whole.merge(counted, on=KEY, how="left", suffixes=("", "_counted"), indicator=True)
    only_of_patients = both[both["_merge"] == "left_only"]
    # Rows of a curve through a quantity, and exact tests of what is not tested.
    assert set(only_of_patients["statistic"]) <= {
        "exact_p", "hr_exact_p", "hazard_ratio", "hr_lower", "hr_upper"
    }  # fmt: skip
    known = both[(both["_merge"] == "both") & (both["note_counted"] != NEEDS_PATIENTS)]
    assert len(known) > 100
    for name in ("value", "n", "method", "note"):
        pd.testing.assert_series_equal(known[name], known[f"{name}_counted"], check_names=False)


def test_tests_of_a_family_of_which_one_needs_patients_are_not_adjusted_without_it() -> None:
    chosen = synthetic().study.parameters(p_adjustment="Holm", mode_over_time=True)
    found = of_counts(count_dataset(synthetic(), chosen))
    tests = found[found["statistic"].eq("p_value") & found["analysis_id"].eq("prognosis")]
    of_family = tests[tests["note"] == NEEDS_PATIENTS]
    assert len(of_family) == 32
    assert of_family["value"].isna().all()


def test_a_dataset_of_its_own_counts_as_its_patients_do(tmp_path: Path) -> None:
    """Levels as recorded, several levels with ratios, durations, an axis of its own."""
    declared = """\
title: Ours
study: own
synthetic: true
factors:
  - {column: bilirubin, cut: 17, unit: µmol/L}
  - {column: bclc}
  - {column: arm, level: ICI}
endpoints:
  - {name: LPFS, months: lpfs_months, event: {column: lpfs_status, is: 1}, competing: 2}
  - {name: TTP, event: progression_date, censored: last_imaging_date, competing: death_date}
arm: {column: arm}
"""
    dataset = read_dataset(write_own(tmp_path / "ours", declared), STUDY)
    cohort = cohort_of(dataset)
    assert cohort.study.article is None
    counts = count_dataset(dataset, dataset.study.parameters())
    found = Counted.of(counts, STUDY)
    assert found.parameters.axis == cohort.parameters.axis
    same(of_patients(cohort), of_counts(counts))


@given(days=st.lists(st.integers(0, 4000), min_size=1, max_size=300), seed=st.integers(0, 99))
def test_the_axis_of_counts_is_that_of_their_patients(days: list[int], seed: int) -> None:
    event = np.random.default_rng(seed).random(len(days)) < 0.3
    times = pd.DataFrame({"endpoint": "OS", "days": np.array(days, dtype=float), "event": event})
    counted = times.groupby(list(times), as_index=False).size().rename(columns={"size": "n"})
    chosen = Parameters()
    assert with_axis(chosen, times).axis == with_axis(chosen, counted).axis


# Adding -------------------------------------------------------------------------------------------


def parts_of(cohort: Cohort, dataset: Dataset, place: np.ndarray) -> list[Counts]:
    """Count the parts of a cohort that are told by a number of each patient."""
    found = []
    for each in np.unique(place):
        part = cohort.of(cohort.patients.index[place == each])
        found.append(count(part, dataset.description))
    return found


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 9), order=st.randoms())
def test_how_patients_are_split_and_ordered_does_not_matter(seed: int, k: int, order: Any) -> None:
    cohort = cohort_of(synthetic(), relapse_death="competing")
    place = np.random.default_rng(seed).integers(k, size=len(cohort.patients))
    parts = parts_of(cohort, synthetic(), place)
    order.shuffle(parts)
    whole = count(cohort, synthetic().description)
    together = add(*parts)
    pd.testing.assert_frame_equal(together.table, whole.table, check_exact=True)
    assert together.about.outcomes == whole.about.outcomes
    assert together.about.recorded == whole.about.recorded
    assert together.about.not_at_risk == whole.about.not_at_risk
    assert together.about.patients == whole.about.patients


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_adding_is_a_sum(seed: int) -> None:
    cohort = cohort_of(synthetic())
    place = np.random.default_rng(seed).integers(3, size=len(cohort.patients))
    a, b, c = parts_of(cohort, synthetic(), place)
    assert add(a, b) == add(b, a)
    assert add(add(a, b), c) == add(a, add(b, c)) == add(a, b, c)
    assert add(a, NOTHING) == a == add(NOTHING, a)
    assert add() == NOTHING
    assert add(a, b) != add(a, c)


def test_counts_of_other_choices_are_not_added() -> None:
    parameters = synthetic().study.parameters
    base = count_dataset(synthetic(), parameters())
    for chosen, words in (
        ({"afp_cutoff": 400}, "afp_cutoff 1000.0 in one, afp_cutoff 400.0 in the other"),
        ({"time_zero": "radiotherapy"}, "time_zero first treatment in one"),
    ):
        other = count_dataset(synthetic(), parameters(**chosen))
        with pytest.raises(Apart, match="different parameters") as refused:
            add(base, other)
        assert words in str(refused.value)


# Files --------------------------------------------------------------------------------------------


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    counts = count_dataset(synthetic(), synthetic().study.parameters())
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    store.write(counts, one)
    found = store.read(one)
    assert found == counts
    assert found.digest() == counts.digest()
    store.write(found, other)
    assert one.read_bytes() == other.read_bytes()
    store.write(NOTHING, one)
    assert store.read(one) == NOTHING


def test_a_file_that_is_none_or_was_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    with pytest.raises(Apart, match="There is no file"):
        store.read(path)
    path.write_text("no parquet")
    with pytest.raises(Apart, match="no whole Parquet file"):
        store.read(path)
    pd.DataFrame({"days": [1.0]}).to_parquet(path)
    with pytest.raises(Apart, match="no file of counts"):
        store.read(path)
    counts = count_dataset(synthetic(), synthetic().study.parameters())
    changed = Counts(counts.table.assign(n=counts.table["n"] + 1), counts.about)
    assert changed.digest() != counts.digest()


def test_a_row_that_stands_for_nobody_is_refused() -> None:
    times = pd.DataFrame({"days": [1.0, 2.0], "event": [True, False], "n": [1, 0]})
    with pytest.raises(ValueError, match="at least one patient"):
        curve(times, synthetic().study.parameters())


def test_a_very_small_p_value_has_the_digits_of_the_patients() -> None:
    """Of a hundred thousand patients its last digits hang on the order of the groups."""
    cohort = cohort_of(synthetic())
    counted = Counted.of(count(cohort, synthetic().description, synthetic().imputed), STUDY)
    found = []
    for factor in factors_of(cohort):
        for endpoint in ("OS", "PFS"):
            ours = weights.counted(compared_times(cohort, factor, endpoint, cohort.parameters))
            theirs = counted.times(endpoint, factor.key)
            theirs = _in_order(theirs[theirs["level"].isin(factor.groups)], factor)
            one, two = (log_rank(each.assign(n=1_000 * each["n"])) for each in (ours, theirs))
            assert one.p_value == two.p_value, factor.key
            found.append(one.p_value)
    assert any(0 < p_value < 1e-100 for p_value in found)
