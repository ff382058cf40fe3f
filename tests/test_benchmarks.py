"""What the benchmarks compare gives the same answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.log_rank import log_rank
from benchmarks.kernels import numpy_log_rank


@pytest.mark.parametrize("seed", range(5))
def test_the_log_rank_of_numpy_is_that_of_the_estimates(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, event, level = (rng.integers(low, high, 60) for low, high in ((1, 40), (0, 2), (0, 2)))
    times = pd.DataFrame({"days": days, "event": event.astype(bool), "level": level})
    expected = log_rank(times).statistic
    assert numpy_log_rank(days, event, level) == pytest.approx(expected, rel=1e-9)
