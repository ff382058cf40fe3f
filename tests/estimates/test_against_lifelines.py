"""Curves and Cox regression of the project and of lifelines give the same."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter, KaplanMeierFitter

from analysis.estimates.curves import curve
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


@settings(max_examples=60, deadline=None)
@given(
    # Days that tie, and day 0; groups of one patient, of events alone and of none.
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40),
    st.sampled_from([1.0, 0.37]),
)
def test_a_curve_is_that_of_lifelines(patients: list[tuple[int, bool]], unit: float) -> None:
    times = pd.DataFrame(patients, columns=["days", "event"])
    times["days"] = times["days"] * unit
    found = curve(times, Parameters())
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = KaplanMeierFitter().fit(times["days"], times["event"])
    table = fitted.event_table
    assert found["days"].tolist() == table.index.tolist()
    for ours, theirs in (("at_risk", "at_risk"), ("events", "observed"), ("censored", "censored")):
        assert found[ours].tolist() == table[theirs].tolist()
    expected = fitted.survival_function_.iloc[:, 0].to_numpy()
    assert found["survival"].to_numpy() == pytest.approx(expected, abs=1e-12)
