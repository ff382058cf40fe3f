"""The committed cohort says what it is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis.cohort.folder import DATA
from analysis.cohort.read import read_dataset
from analysis.synthesis.central import most_central
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis.description import SHIPPED

SYNTHETIC = DATA / "synthetic"
MEMBERS = DATA / "ensemble" / "members.csv"


@pytest.mark.parametrize("path", sorted(SYNTHETIC.glob("*.csv")), ids=lambda path: path.stem)
def test_every_file_says_that_no_real_patient_is_in_it(path: Path) -> None:
    assert "no real patient" in path.read_text(encoding="utf-8").splitlines()[0]


def test_the_dataset_says_so_on_every_page() -> None:
    description = yaml.safe_load((SYNTHETIC / "dataset.yaml").read_text(encoding="utf-8"))
    assert description["synthetic"] is True
    assert "no real patient" in description["notice"]


def test_the_cohort_has_no_faults() -> None:
    assert len(read_dataset("synthetic", STUDY).tables["patients"]) == 108


def test_the_dataset_has_the_shipped_seed() -> None:
    description = yaml.safe_load((SYNTHETIC / "dataset.yaml").read_text(encoding="utf-8"))
    assert description["seed"] == SHIPPED
    for path in SYNTHETIC.glob("*.csv"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.endswith(f"make synthetic SEED={SHIPPED}"), path.name


@pytest.mark.skipif(
    not MEMBERS.exists(),
    reason="the most central cohort is not known without an ensemble; 'make ensemble' finds one",
)
def test_the_shipped_cohort_is_the_most_central_of_those_found() -> None:
    members = pd.read_csv(MEMBERS)
    found = members[members["kind"] == "found"]
    # The rule is the ensemble's own; its words are checked apart from it.
    chosen = found.loc[found["central_distance"].idxmin()]
    assert most_central(found) == chosen["member"]
    assert chosen["seed"] == SHIPPED
