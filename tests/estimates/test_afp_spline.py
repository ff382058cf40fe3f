"""AFP as a spline against R's `coxph` with `splines::ns`, and what must hold.

Tolerance: both sides iterate to the last digits (R's by starting it again where it stopped); the
two bases of the same curves leave some 1e-10 of a coefficient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from analysis.estimates import quantity_spline
from analysis.estimates.cox_regression import NOT_ESTIMABLE
from analysis.zhai_2025.parameters import Parameters
from tests.estimates.sensitivity import patients_of, records
from tests.estimates.strict import STRICT

PARAMETERS = Parameters()

pytestmark = STRICT


@pytest.mark.parametrize("record", records("afp_spline"))
def test_spline_agrees_with_r(record: dict[str, Any]) -> None:
    times, expected = patients_of(record), record["values"]
    found = quantity_spline.spline(times, 1.3 ** (1 + 7 * (times.index + 1) % 37))
    assert isinstance(found, quantity_spline.Spline)
    assert found.p_value == pytest.approx(expected["p_value"], rel=1e-7)
    assert found.nonlinearity_p == pytest.approx(expected["nonlinearity_p"], rel=1e-7)
    assert found.proportionality_p == pytest.approx(expected["proportionality"], rel=1e-6)
    for afp, log_ratio, error in zip(
        *(expected[name] for name in ("afp", "log_ratio", "error")), strict=True
    ):
        ratio = found.ratio(afp, record["reference"], PARAMETERS)
        assert math.log(ratio.value) == pytest.approx(log_ratio, rel=1e-7, abs=1e-9)
        width = 2 * norm.ppf(0.975) * error
        assert math.log(ratio.upper / ratio.lower) == pytest.approx(width, rel=1e-7, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(1.5, 100), st.floats(1.01, 10))
def test_unit_of_the_afp_does_not_matter(seed: int, unit: float, apart: float) -> None:
    """A curve of the logarithm only moves; nobody's AFP may fall below 1 with it."""
    random = np.random.default_rng(seed)
    times = pd.DataFrame({"days": random.integers(1, 900, 60), "event": random.random(60) < 0.7})
    afp = 1 + 10 ** random.uniform(0.1, 4, 60)
    one, other = quantity_spline.spline(times, afp), quantity_spline.spline(times, unit * afp)
    assert isinstance(one, quantity_spline.Spline)
    assert isinstance(other, quantity_spline.Spline)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6)
    ratio = one.ratio(50 * apart, 50, PARAMETERS).value
    moved = other.ratio(50 * apart * unit, 50 * unit, PARAMETERS).value
    assert ratio == pytest.approx(moved, rel=1e-5)
    back = one.ratio(50, 50 * apart, PARAMETERS)
    assert ratio == pytest.approx(1 / back.value, rel=1e-9)


def test_what_cannot_be_a_curve_says_why() -> None:
    times = pd.DataFrame({"days": [3, 5, 8, 9, 11], "event": True})
    assert quantity_spline.spline(times, [5.0] * 5) == quantity_spline.TOO_FEW_LEVELS
    assert quantity_spline.spline(times.iloc[:0], []) == quantity_spline.TOO_FEW_LEVELS
    spread = [1.0, 10.0, 100.0, 1000.0, 10000.0]
    assert quantity_spline.spline(times.assign(event=False), spread) == NOT_ESTIMABLE
