"""Numbers drawn from plausible distributions, through the published points."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.synthesis.kernels import Floats
from analysis.synthesis.targets import Printed


class Unreachable(ValueError):
    """A published median or range that the patients at hand cannot have."""


def draw(
    distribution: Any,
    low: Floats,
    high: Floats,
    middle: tuple[float, float],
    decimals: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw a number for each patient so that the two middle ones of all are as given.

    Parameters
    ----------
    distribution
        A frozen distribution of scipy; its parameters may have one value a patient.
    low, high
        Bounds of each patient's number.
    middle
        The two middle values; their mean is the median.

    Returns
    -------
    Numbers rounded to `decimals`, within the bounds.

    Raises
    ------
    Unreachable
        When the bounds put more than half of the patients on one side.
    """
    n = len(low)
    below, above = middle
    first = _truncated(distribution, low, high, rng)
    must_be_low, must_be_high = high < above, low > below
    room = n // 2 - int(must_be_low.sum())
    flexible = np.flatnonzero(~must_be_low & ~must_be_high)
    if room < 0 or room > len(flexible):
        raise Unreachable(f"no {n} numbers have {below:g} and {above:g} in the middle")
    lower = must_be_low.copy()
    lower[flexible[np.argsort(first[flexible], kind="stable")[:room]]] = True
    low = np.where(lower, low, np.maximum(low, above))
    high = np.where(lower, np.minimum(high, below), high)
    numbers = _truncated(distribution, low, high, rng)
    numbers = np.clip(np.round(numbers, decimals), low, high)
    _put(numbers, below, np.flatnonzero(lower), low, high)
    _put(numbers, above, np.flatnonzero(~lower), low, high)
    return numbers


def _truncated(distribution: Any, low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
    floor, ceiling = distribution.cdf(low), distribution.cdf(high)
    drawn = distribution.ppf(floor + (ceiling - floor) * rng.random(len(low)))
    return np.clip(np.nan_to_num(drawn, nan=0.0, posinf=np.inf), low, high)


def _put(numbers: Floats, value: float, where: Any, low: Floats, high: Floats) -> None:
    """Give the value to the patient among `where` whose own number is nearest to it."""
    able = where[(low[where] <= value) & (value <= high[where])]
    if len(able) == 0:
        raise Unreachable(f"no patient can have the value {value:g}")
    numbers[able[np.argmin(np.abs(numbers[able] - value))]] = value


def middle_pair(median: Printed, decimals: int, spread: float) -> tuple[float, float]:
    """Give two values, about `spread` apart, whose mean is printed as the median."""
    step = 10.0**-decimals
    below = round(np.floor((median.value - spread / 2) / step) * step, decimals)
    above = round(round((2 * median.value - below) / step) * step, decimals)
    if not median.holds((below + above) / 2):
        raise Unreachable(f"no two values with {decimals} decimals have the median {median.text}")
    return below, above
