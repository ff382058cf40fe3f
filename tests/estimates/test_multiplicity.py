"""Adjusted p values against R's `p.adjust`, and what must hold of any family of tests.

Tolerance: a product or a quotient of doubles each; 1e-12.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates import multiplicity
from tests.estimates.sensitivity import records
from tests.estimates.strict import STRICT

NAMES = {"holm": "Holm", "BH": "Benjamini-Hochberg"}
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=40)

pytestmark = STRICT


@pytest.mark.parametrize("record", records("p.adjust"))
def test_adjusted_p_values_agree_with_r(record: dict[str, Any]) -> None:
    expected = record["values"]
    found = multiplicity.adjusted(
        np.atleast_1d(np.array(expected["p_value"], dtype=float)), NAMES[record["method"]]
    )
    np.testing.assert_allclose(
        found, np.atleast_1d(np.array(expected["adjusted"], dtype=float)), rtol=1e-12
    )


# statsmodels collects all garbage at each call, which takes longer the more a process holds.
@settings(max_examples=25)
@given(p_values)
def test_adjusting_raises_p_values_in_their_order(family: list[float]) -> None:
    holm, hochberg = (
        multiplicity.adjusted(family, method) for method in ("Holm", "Benjamini-Hochberg")
    )
    order = np.argsort(family, kind="stable")
    for found in (holm, hochberg):
        assert (np.diff(found[order]) >= 0).all()
        assert (found <= 1).all()
    slack = 1 + 1e-12
    assert (np.array(family) <= hochberg * slack).all()
    assert (hochberg <= holm * slack).all()
    assert (holm <= np.minimum(1, np.array(family) * len(family)) * slack).all()


def test_p_value_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        multiplicity.adjusted([0.5, 1.2], "Holm")


def test_no_test_at_all_stays_unknown() -> None:
    assert np.isnan(multiplicity.adjusted([np.nan], "Holm")).all()
