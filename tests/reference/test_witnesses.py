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
from analysis.study.keys import Statistic
from analysis.synthesis import judgement
from analysis.synthesis.extremes import DIRECTIONS
from analysis.synthesis.targets import Targets
from analysis.synthesis.witnesses import named
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import description
from analysis.zhai_2025.synthesis.plausibility import RULES
from analysis.zhai_2025.synthesis.pushed import PUSHED
from tests.reference.witnesses import ENSEMBLE, STORED

ALL = (
    pd.read_csv(ENSEMBLE / "witnesses.csv", dtype=str, na_filter=False)
    if (ENSEMBLE / "witnesses.csv").exists()
    else pd.DataFrame({"name": [], "statistic": [], "parameters": []})
)
# Of each kind of statistic, the first and some others.
SAMPLE = ALL.groupby(["statistic", "parameters"], sort=False)["name"].apply(lambda of: of[::40])
CHOSEN = list(ALL["name"] if os.environ.get("WITNESSES") == "all" else SAMPLE)
BY_NAME = {named(one, direction): one for one in PUSHED for direction in DIRECTIONS}


def in_r() -> pd.Series:
    if not STORED.exists():
        pytest.skip("R has not been asked: python -m tests.reference.witnesses")
    rows = pd.read_csv(STORED, sep="\t", comment="#", dtype={"value": float})
    return rows.set_index(["name", "statistic"])["value"]


@pytest.mark.parametrize("name", CHOSEN)
def test_a_witness_has_its_value_here_and_every_published_number(name: str, tmp_path: Path) -> None:
    tables = collection.tables_of(ENSEMBLE, "witnesses", name)
    described = description.description(len(tables["patients"]), seed=0)
    write_tables(tmp_path, tables, described, "A witness.")
    targets, options = Targets(read_ledger(CLAIMS)), Parameters()
    dataset = read_dataset(tmp_path, STUDY)
    derived = derive.cohort(dataset, options)
    found = judgement.judge(dataset, derived, targets, options, RULES)
    assert found.unmet(answers_of(read_ledger(CLAIMS), read_structure())) == []
    own = ALL.set_index("name").loc[name]
    assert BY_NAME[name].value(derived, options) == pytest.approx(float(own["value"]), rel=1e-9)
    if own["statistic"] == Statistic.HAZARD_RATIO and not own["parameters"]:
        of_it = pick(
            found.estimates, analysis_id="prognosis", group=own["group"], variable=own["variable"]
        )
        for statistic in ("hr_lower", "hr_upper", "hr_p", "p_value"):
            value = value_of(of_it, statistic=statistic)
            assert value == pytest.approx(in_r()[name, statistic], rel=1e-9, abs=1e-12), statistic


def test_every_witness_has_its_value_in_r() -> None:
    """What R computes from the tables of each is what is written of it."""
    if ALL.empty:
        pytest.skip("no witness")
    rows = in_r()
    for own in ALL.to_dict("records"):
        # coxph stops when the likelihood of many factors changes by a billionth.
        near = 1e-7 if "multivariable" in own["parameters"] else 1e-10
        value = rows[own["name"], own["statistic"]]
        assert float(own["value"]) == pytest.approx(value, rel=near, abs=1e-9), own["name"]


def test_lowest_is_not_above_highest() -> None:
    values = ALL.assign(value=ALL["value"].astype(float)) if len(ALL) else pytest.skip("no witness")
    key = ["group", "variable", "variable_level", "statistic", "parameters"]
    pairs = values.pivot(index=key, columns="direction", values="value").dropna()
    assert (pairs["min"] <= pairs["max"]).all()
