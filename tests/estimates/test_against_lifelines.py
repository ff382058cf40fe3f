"""Cox regression of the project and of lifelines give the same, where lifelines converges."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from analysis.estimates.one_factor import hazard_ratio
from analysis.zhai_2025.parameters import Parameters

PRECISE = {"step_size": 1.0, "precision": 1e-20, "r_precision": 0.0}


@pytest.mark.parametrize("seed", range(20))
def test_a_hazard_ratio_is_that_of_lifelines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 200))
    times = pd.DataFrame(
        {
            # Few days, so that many events are tied.
            "days": rng.integers(1, int(rng.integers(8, 400)), n),
            "event": rng.random(n) < 0.7,
            "level": np.where(rng.random(n) < 0.4, "yes", "no"),
        }
    )
    found = hazard_ratio(times, "yes", Parameters())
    model = CoxPHFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(
            times.assign(level=times["level"].eq("yes").astype(float)),
            duration_col="days",
            event_col="event",
            fit_options=PRECISE,
        )
    expected = model.summary.loc["level"]
    assert found.ratio.value == pytest.approx(expected["exp(coef)"], rel=1e-9)
    assert found.ratio.lower == pytest.approx(expected["exp(coef) lower 95%"], rel=1e-9)
    assert found.ratio.upper == pytest.approx(expected["exp(coef) upper 95%"], rel=1e-9)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-8)
