"""What the benchmarks compare gives the same answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.read import read_dataset
from analysis.estimates.log_rank import log_rank
from analysis.zhai_2025.study import STUDY
from benchmarks import growth, million, patients
from benchmarks.kernels import numpy_log_rank


@pytest.mark.parametrize("seed", range(5))
def test_the_log_rank_of_numpy_is_that_of_the_estimates(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, event, level = (rng.integers(low, high, 60) for low, high in ((1, 40), (0, 2), (0, 2)))
    times = pd.DataFrame({"days": days, "event": event.astype(bool), "level": level})
    expected = log_rank(times).statistic
    assert numpy_log_rank(days, event, level) == pytest.approx(expected, rel=1e-9)


def test_patients_drawn_have_no_faults_and_times_of_their_own(tmp_path: Path) -> None:
    dataset = read_dataset(patients.write(tmp_path / "drawn", 2000, seed=3), STUDY)
    assert len(dataset.tables["patients"]) == len(dataset.tables["follow_up"]) == 2000
    source = read_dataset("synthetic", STUDY).tables["follow_up"]
    drawn = dataset.tables["follow_up"]
    assert drawn["death_date"].nunique() > source["death_date"].nunique()


def test_the_programs_that_are_timed_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "SIZES", (1000, 2000))
    rows = growth.rows(lambda words: None)
    assert {row.step for row in rows} == set(growth.STEPS)
    ours = {row.step: row.values for row in rows if row.program == "this project"}
    for row in rows:
        # lifelines ends its Newton steps early unless it is told otherwise.
        rel = 1e-4 if "Cox" in row.step else 1e-9
        assert row.values == pytest.approx(ours[row.step], rel=rel), row


def test_a_million_is_taken_in_four_steps() -> None:
    steps = million.steps(500, lambda words: None)
    assert [step.name for step in steps] == list(million.STEPS)
    assert all(step.seconds > 0 and step.peak_mb > 0 for step in steps)
