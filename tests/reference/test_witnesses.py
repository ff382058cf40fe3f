"""Witnesses: what is said of them is what they give, here and in R, and every claim holds on them.

A sample is looked at; all of them with WITNESSES=all in the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.engine import answers_of
from analysis.audit.structure import read_structure
from analysis.cohort import collection, derive
from analysis.cohort.read import read_dataset
from analysis.cohort.save import write_tables
from analysis.estimates.rows import pick, value_of
from analysis.synthesis import judgement
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import description
from analysis.zhai_2025.synthesis.plausibility import RULES
from tests.reference.witnesses import ENSEMBLE, STORED, univariable

ALL = univariable() if (ENSEMBLE / "witnesses.csv").exists() else pd.DataFrame({"name": []})
CHOSEN = list(ALL["name"]) if os.environ.get("WITNESSES") == "all" else list(ALL["name"])[::16]


def in_r() -> pd.DataFrame:
    if not STORED.exists():
        pytest.skip("R has not been asked: python -m tests.reference.witnesses")
    return pd.read_csv(STORED, sep="\t", comment="#", dtype={"value": float})


@pytest.mark.parametrize("name", CHOSEN)
def test_a_witness_has_its_value_here_and_in_r_and_every_published_number(
    name: str, tmp_path: Path
) -> None:
    tables = collection.tables_of(ENSEMBLE, "witnesses", name)
    described = description.description(len(tables["patients"]), seed=0)
    write_tables(tmp_path, tables, described, "A witness.")
    targets, options = Targets(read_ledger(CLAIMS)), Parameters()
    dataset = read_dataset(tmp_path, STUDY)
    found = judgement.judge(dataset, derive.cohort(dataset, options), targets, options, RULES)
    assert found.unmet(answers_of(read_ledger(CLAIMS), read_structure())) == []
    own = ALL.set_index("name").loc[name]
    of_it = pick(
        found.estimates, analysis_id="prognosis", group=own["group"], variable=own["variable"]
    )
    assert value_of(of_it, statistic="hazard_ratio") == pytest.approx(float(own["value"]), rel=1e-9)
    expected = in_r().set_index(["name", "statistic"])["value"]
    if (name, "hazard_ratio") not in expected.index:
        pytest.skip("R has not been asked about it: python -m tests.reference.witnesses")
    for statistic in ("hazard_ratio", "hr_lower", "hr_upper", "hr_p", "p_value"):
        value = value_of(of_it, statistic=statistic)
        assert value == pytest.approx(expected[name, statistic], rel=1e-9, abs=1e-12), statistic


def test_lowest_is_not_above_highest() -> None:
    values = ALL.assign(value=ALL["value"].astype(float)) if len(ALL) else pytest.skip("no witness")
    pairs = values.pivot(index=["group", "variable"], columns="direction", values="value").dropna()
    assert (pairs["min"] <= pairs["max"]).all()
