"""What is not recorded: estimates may go, or say what stands in for them; not one may change."""

from __future__ import annotations

import os
import shutil
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.cohort import rules
from analysis.cohort.derive import cohort as derived
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.folder import DATA
from analysis.cohort.model import Dataset
from analysis.cohort.read import read_dataset
from analysis.study.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.ablation import IDENTIFIER, changed, estimates, new, sources, without

CHOSEN = STUDY.parameters()
# Drawn of all; PAIRS=300 takes four minutes.
PAIRS = int(os.environ.get("PAIRS", "50"))


@cache
def synthetic() -> Dataset:
    return read_dataset("synthetic", STUDY)


@cache
def base(parameters: Parameters = CHOSEN) -> pd.DataFrame:
    return estimates(synthetic(), parameters)


SOURCES = sources(synthetic())


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_changes_without_a_column_or_a_table(source: str) -> None:
    ablated = estimates(without(synthetic(), source), CHOSEN)
    different = changed(base(), ablated)
    assert different.empty, different.to_string()
    assert new(base(), ablated, STUDY) == []


def _pairs() -> list[tuple[str, str]]:
    every = list(combinations(SOURCES, 2))
    chosen = np.random.default_rng(2025).choice(len(every), PAIRS, replace=False)
    return [every[place] for place in sorted(chosen)]


@pytest.mark.parametrize("part", range(5))
def test_nothing_changes_without_a_pair_of_them(part: int) -> None:
    for pair in _pairs()[part::5]:
        ablated = estimates(without(synthetic(), *pair), CHOSEN)
        assert changed(base(), ablated).empty, pair
        assert new(base(), ablated, STUDY) == [], pair


@pytest.mark.parametrize(
    "choice",
    [
        {"time_zero": "immunotherapy"},
        {"time_zero": "radiotherapy", "pfs_censoring": "last imaging"},
        {"relapse_death": "competing"},
        {"relapse_death": "event", "relapse_censoring": "last contact"},
        {"landmark_months": 3},
        {"mode_over_time": True},
        {"factor_test": "stratified log-rank", "strata": ("pvtt", "concurrent")},
        {"factor_test": "restricted mean"},
        {"factor_model": "multivariable"},
        {"p_adjustment": "Holm"},
        {"response_source": "recorded"},
        {"follow_up_definition": "survivors"},
    ],
    ids=str,
)
def test_nothing_changes_under_other_parameters(choice: dict[str, object]) -> None:
    parameters = STUDY.parameters(**choice)
    random = np.random.default_rng(7)
    telling = ("follow_up.last_contact_date", "radiotherapy.end_date", "patients.sex")
    for source in [*random.choice(SOURCES, 2, replace=False), *telling]:
        try:
            ablated = estimates(without(synthetic(), source), parameters)
        except DatasetFaults:
            continue  # It says what the choice asks for.
        assert changed(base(parameters), ablated).empty, (choice, source)


def _drawn(seed: int, blanks: float) -> Dataset:
    """Give twelve of the synthetic patients with cells left blank where a cell may be."""
    random = np.random.default_rng(seed)
    whole = synthetic()
    ids = random.choice(whole.tables["patients"][IDENTIFIER], 12, replace=False)
    tables = {}
    for name, frame in whole.tables.items():
        rows = frame[frame[IDENTIFIER].isin(ids)].copy()
        schema = {column: True for column in rows.columns if column != IDENTIFIER}
        if name in ("radiotherapy", "immunotherapy"):
            schema = {}  # No cell of these may be blank.
        if name == "assessments":
            schema = dict.fromkeys(("baseline_sum_mm", "best_sum_mm", "new_lesion", "category"))
        if name == "adverse_events":
            schema = dict.fromkeys(("attribution", "onset_date"))
        if name == "organ_doses":
            schema = {}
        for column in schema:
            gone = pd.Series(random.random(len(rows)) < blanks, index=rows.index)
            rows[column] = rows[column].mask(gone)
        tables[name] = rows
    description = whole.description.model_copy(update={"eligibility_applies": False})
    return Dataset("drawn", whole.study, description, tables)


# The same patients each time: whoever changes the code is judged by the same draws.
@settings(max_examples=8, derandomize=True)
@given(seed=st.integers(0, 10**6), blanks=st.sampled_from([0.0, 0.1, 0.4]), data=st.data())
def test_nothing_changes_in_patients_with_gaps(
    seed: int, blanks: float, data: st.DataObject
) -> None:
    dataset = _drawn(seed, blanks)
    assume(not rules.broken(dataset.tables, dataset.description))
    gone = data.draw(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=3, unique=True))
    before = estimates(dataset, CHOSEN)
    ablated = estimates(without(dataset, *gone), CHOSEN)
    assert changed(before, ablated).empty, gone


@pytest.mark.parametrize(
    "source", ["follow_up", "follow_up.death_date", "adverse_events.grade", "radiotherapy.end_date"]
)
def test_a_file_without_the_column_is_read_as_the_test_has_it(source: str, tmp_path: Path) -> None:
    folder = tmp_path / "ablated"
    shutil.copytree(DATA / "synthetic", folder)
    table, _, column = source.partition(".")
    described = yaml.safe_load((folder / "dataset.yaml").read_text("utf-8"))
    described["not_recorded"] = {table: [column] if column else "all"}
    (folder / "dataset.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    path = folder / f"{table}.csv"
    if column:
        pd.read_csv(path, comment="#", dtype=str).drop(columns=column).to_csv(path, index=False)
    else:
        path.unlink()
    read = estimates(read_dataset(folder, STUDY), CHOSEN)
    pd.testing.assert_frame_equal(read, estimates(without(synthetic(), source), CHOSEN))


def test_what_stands_in_says_so() -> None:
    ablated = derived(without(synthetic(), "immunotherapy"), CHOSEN)
    words = "from the start of radiotherapy, since immunotherapy is not recorded"
    assert ablated.stand_ins["OS"] == words
    rates = estimates(without(synthetic(), "immunotherapy"), CHOSEN).xs("rate", level="statistic")
    assert rates["method"].str.contains(words, regex=False).all()


def test_why_there_is_no_endpoint() -> None:
    ablated = derived(without(synthetic(), "follow_up.death_date"), CHOSEN)
    assert ablated.unrecorded == dict.fromkeys(
        ("OS", "PFS"), "death_date (follow_up) is not recorded"
    )
    nothing = derived(
        without(synthetic(), "radiotherapy", "immunotherapy", "patients.enrolment_date"), CHOSEN
    )
    assert nothing.unrecorded["OS"].startswith("there is no time zero: ")
    assert nothing.time_to_event.empty
