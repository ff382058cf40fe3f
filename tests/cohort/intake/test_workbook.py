"""A hospital's workbook gives the estimates of the patients that are in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates import whole
from analysis.estimates.rows import KEY
from analysis.zhai_2025.study import STUDY
from tests.cohort.intake import hospital

# One patient has more than the assay measures before treatment, one after it, and three less.
# Of these five no change is known.
RESTS_ON_LIMITS = {
    ("afp_before", "max"),
    ("afp_after", "max"),
    ("afp_after", "min"),
    ("afp_change", "median"),
    ("afp_change", "min"),
    ("afp_change", "not_recorded"),
}


def estimated(folder: Path) -> tuple[Cohort, pd.DataFrame]:
    cohort = load(folder, STUDY)
    return cohort, whole.estimate(cohort, cohort.parameters)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cohort, pd.DataFrame]:
    return estimated(hospital.write_workbook(tmp_path_factory.mktemp("hospital")))


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cohort, pd.DataFrame]:
    return estimated(hospital.write_same(tmp_path_factory.mktemp("same")))


def test_the_declaration_is_short() -> None:
    assert len(hospital.DECLARED.strip().splitlines()) < 80


def test_every_estimate_is_that_of_the_same_patients_but_for_limits(
    workbook: tuple[Cohort, pd.DataFrame], same: tuple[Cohort, pd.DataFrame]
) -> None:
    both = workbook[1].merge(
        same[1], on=KEY, how="outer", suffixes=("", "_same"), validate="one_to_one", indicator="in"
    )
    equal = np.isclose(both["value"], both["value_same"], rtol=1e-12, equal_nan=True)
    differing = both[~equal | (both["in"] != "both")]
    found = set(zip(differing["variable"], differing["statistic"], strict=True))
    assert found == RESTS_ON_LIMITS, differing.to_string()
    assert len(both) > 1_000


def test_a_number_that_rests_on_a_limit_says_so(workbook: tuple[Cohort, pd.DataFrame]) -> None:
    notes = {key: set(rows["note"]) for key, rows in workbook[1].groupby(["variable", "statistic"])}
    assert notes["afp_before", "max"] == notes["afp_after", "max"] == {"a limit: at least this"}
    assert notes["afp_after", "min"] == {"a limit: at most this"}
    assert notes["afp_before", "min"] == {""}


def test_nothing_but_its_own_cells_is_remarked(workbook: tuple[Cohort, pd.DataFrame]) -> None:
    cohort, _ = workbook
    assert cohort.read == len(cohort.patients) == 108
    assert cohort.remarks == ()
