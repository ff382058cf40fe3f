"""Histories filled in around given outcomes and factors: like patients, and the same again.

The outcomes and factors are those of the committed cohort, so that no search is needed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.cohort import derive, save
from analysis.cohort.read import load, read_dataset
from analysis.synthesis import margins
from analysis.synthesis.curves import NONE
from analysis.synthesis.kernels import Ints
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import cohort, description, factors, plausibility
from analysis.zhai_2025.synthesis.margins import MARGINS
from analysis.zhai_2025.synthesis.outcomes import DIARRHOEA, FISTULA, Outcomes

Tables = dict[str, pd.DataFrame]
TARGETS = Targets(read_ledger())


def found() -> tuple[Outcomes, dict[str, Ints]]:
    """Give outcomes and factors as the search would, from the committed cohort."""
    known = load("synthetic", STUDY)
    fatal = known.adverse_events[known.adverse_events["grade"] == 5].set_index("group")
    told = {FISTULA: fatal.loc["tef", "patient_id"], DIARRHOEA: fatal.loc["gi", "patient_id"]}
    first = [told[position] for position in sorted(told)]
    patients = known.patients.loc[[*first, *known.patients.index.difference(first)]]

    def days(column: str) -> Ints:
        since = (patients[column] - patients["time_zero"]).dt.days
        return since.fillna(NONE).to_numpy(np.int64)

    outcomes = Outcomes(
        time=days("last_contact_date"),
        died=patients["death_date"].notna().to_numpy(np.int64),
        progression=days("progression_date"),
        imaging=days("last_imaging_date"),
        in_field=days("in_field_relapse_date"),
        cause=tuple(patients["cause_of_death"].astype(object).fillna("")),
    )
    labels = {
        name: (patients[STUDY.factor(name).column] == "yes").to_numpy(np.int64)
        for name in factors.NAMES
    }
    labels["ici_regimen"] = np.array(
        [factors.REGIMENS.levels.index(name) for name in patients["ici_regimen"]], dtype=np.int64
    )
    return outcomes, labels


@pytest.fixture(scope="module")
def outcomes_and_labels() -> tuple[Outcomes, dict[str, Ints]]:
    return found()


@pytest.fixture(scope="module")
def tables(outcomes_and_labels: tuple[Outcomes, dict[str, Ints]]) -> Tables:
    return cohort.tables(TARGETS, *outcomes_and_labels, Parameters(), np.random.default_rng(5))


def test_other_histories_around_the_same_outcomes_keep_every_rule(
    tables: Tables, tmp_path: Path
) -> None:
    described = description.description(len(tables["patients"]), seed=5)
    save.write_tables(tmp_path, tables, described, description.remark(5))
    dataset = read_dataset(tmp_path, STUDY)
    breaches = plausibility.check(dataset, derive.cohort(dataset, Parameters()), TARGETS)
    assert not [str(breach) for breach in breaches]


def test_the_same_seed_gives_the_same_tables(
    outcomes_and_labels: tuple[Outcomes, dict[str, Ints]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What CP-SAT gives for a seed is held by the tests of the margins.
    profile = margins.solve(
        MARGINS, TARGETS, np.random.default_rng(5), cohort._known(TARGETS, *outcomes_and_labels)
    )
    monkeypatch.setattr(margins, "solve", lambda *_: profile.copy())
    one, again, other = (
        cohort.tables(TARGETS, *outcomes_and_labels, Parameters(), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, again[name])
    assert not one["patients"].equals(other["patients"])
