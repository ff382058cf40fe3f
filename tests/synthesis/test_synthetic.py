"""The committed cohort says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.cohort.folder import DATA
from analysis.cohort.read import read_dataset
from analysis.zhai_2025.study import STUDY

SYNTHETIC = DATA / "synthetic"


@pytest.mark.parametrize("path", sorted(SYNTHETIC.glob("*.csv")), ids=lambda path: path.stem)
def test_every_file_says_that_no_real_patient_is_in_it(path: Path) -> None:
    assert "no real patient" in path.read_text(encoding="utf-8").splitlines()[0]


def test_the_dataset_says_so_on_every_page() -> None:
    description = yaml.safe_load((SYNTHETIC / "dataset.yaml").read_text(encoding="utf-8"))
    assert description["synthetic"] is True
    assert "no real patient" in description["notice"]


def test_the_cohort_has_no_faults() -> None:
    assert len(read_dataset("synthetic", STUDY).tables["patients"]) == 108
