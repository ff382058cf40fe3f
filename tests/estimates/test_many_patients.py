"""Many patients are counted before anything is estimated, which changes no number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort import derive
from analysis.cohort.read import read_dataset
from analysis.estimates import prognosis, survival, weights
from analysis.estimates.groups import group_rows
from analysis.estimates.remembered import forget
from analysis.estimates.weights import counted, number_of
from analysis.study.variables import Factor
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from benchmarks import patients

CHOICES: list[dict[str, Any]] = [
    {},
    {"factor_test": "Gehan-Wilcoxon", "ci_type": "plain", "show_censored": True},
    {"factor_test": "Peto-Peto", "pfs_censoring": "last imaging", "confidence": 0.9},
    {"factor_test": "restricted mean", "follow_up_definition": "survivors"},
    {"factor_test": "stratified log-rank"},
    {"relapse_death": "competing", "p_adjustment": "Holm"},
    {"landmark_months": 3, "follow_up_definition": "all patients"},
    {"mode_over_time": True},
    {"delayed_entry": "second treatment"},
    {"afp_model": "spline"},
    {"factor_model": "multivariable"},
    {"interval_source": "bootstrap", "bootstrap_replicates": 100},
]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give the synthetic patients, and 10,000 that were drawn like them."""
    folder = tmp_path_factory.mktemp("many") / "patients"
    patients.write(folder, 10_000, seed=3)
    own = Path(__file__).parents[2] / "data" / "synthetic"
    return {str(len(found.tables["patients"])): found for found in
            (read_dataset(folder, STUDY), read_dataset(own, STUDY))}  # fmt: skip


def _estimates(dataset: Any, parameters: Parameters) -> list[pd.DataFrame]:
    forget()
    cohort = derive.cohort(dataset, parameters)
    return [survival.estimate(cohort, parameters), prognosis.estimate(cohort, parameters)]


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda one: "-".join(map(str, one.values())))
def test_counting_first_changes_no_number(
    chosen: dict[str, Any], datasets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = Parameters(**chosen)
    found = {}
    for many in (1, 10**9):
        monkeypatch.setattr(weights, "MANY", many)
        found[many] = _estimates(datasets["108"], parameters)
    for one, other in zip(found[1], found[10**9], strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_ten_thousand_are_counted_and_give_the_same(
    datasets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "MANY", 10**9)
    told = _estimates(datasets["10000"], Parameters())
    monkeypatch.undo()
    rows: list[int] = []

    def seen(times: pd.DataFrame, factor: Factor, *given: Any) -> Any:
        if factor.is_binary:
            rows.append(len(times))
        return group_rows(times, factor, *given)

    monkeypatch.setattr(prognosis, "group_rows", seen)
    for one, other in zip(told, _estimates(datasets["10000"], Parameters()), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert 0 < max(rows) < 5_000


TIMES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 40).map(float), st.floats(0, 1e7, allow_nan=False)),
        st.sampled_from([(False, False), (True, False), (False, True)]),
        st.sampled_from(["yes", "no"]),
    ),
    max_size=40,
)


@given(TIMES)
@settings(max_examples=100, deadline=None)
def test_counts_are_of_everybody(drawn: list[Any]) -> None:
    """Told again one by one, they are the patients, whatever their days are."""
    times = pd.DataFrame(
        [(days, *ended, level) for days, ended, level in drawn],
        columns=["days", "event", "competing", "level"],
    ).astype({"days": float, "event": bool, "competing": bool})
    found = counted(times)
    assert number_of(found) == len(times)
    assert not found.drop(columns=weights.N).duplicated().any()
    again = found.loc[found.index.repeat(found[weights.N])].drop(columns=weights.N)
    columns = list(map(str, times))
    told = again.astype({"level": object})[columns].sort_values(columns, ignore_index=True)
    pd.testing.assert_frame_equal(
        told, times.sort_values(columns, ignore_index=True), check_dtype=len(times) > 0
    )


def test_nobody_is_counted_in_no_group() -> None:
    times = pd.DataFrame(
        {"days": [1.0, 2.0], "event": True, "competing": False, "level": ["yes", np.nan]}
    )
    with pytest.raises(ValueError, match="no level is known"):
        counted(times)


def test_who_is_no_patient_of_a_cohort_has_no_level(datasets: dict[str, Any]) -> None:
    cohort = derive.cohort(datasets["108"], Parameters())
    left = replace(cohort, patients=cohort.patients.iloc[1:])
    found = left.of_patients("sex", "OS")
    of_os = left.times("OS")["patient_id"]
    assert pd.isna(found[of_os.eq(cohort.patients.index[0]).to_numpy()]).all()
    known = pd.Series(found, of_os).drop(cohort.patients.index[0])
    assert known.equals(cohort.patients["sex"].loc[known.index].rename(None))
