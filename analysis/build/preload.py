"""What a warm kernel has imported before its notebook begins: nothing is computed here."""

import random

import ipykernel.kernelapp  # noqa: F401
import lifelines  # noqa: F401
import matplotlib
import numpy as np
import pandas  # noqa: F401
import statsmodels.api  # noqa: F401

# A kernel that imports matplotlib itself reads this from its environment.
matplotlib.use("agg")


def forget_draws() -> None:
    """Seed the generators that a kernel shares with those forked beside it, as a start would."""
    random.seed()
    np.random.seed()
