"""How far the time axis of survival figures runs, where that is left to the patients."""

from __future__ import annotations

import math
from typing import TypeVar

import pandas as pd

from analysis.study.months import months
from analysis.study.parameters import Parameters

# Months between ticks that a reader can count by, and the most of them that stand side by side.
STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120, 240)
MOST_STEPS = 10
# A curve is drawn while more than this part of the patients is under observation (Pocock, Clayton
# and Altman 2002: ten to twenty percent), and to its last event in any case.
FEW = 0.1

Given = TypeVar("Given", bound=Parameters)


def with_axis(parameters: Given, times: pd.DataFrame) -> Given:
    """Give the parameters with the months of an axis, where these are left to the patients.

    Parameters
    ----------
    parameters
        `figure_months` and `at_risk_every_months`, 0 where these patients decide.
    times
        Columns `endpoint, days, event` (see `Cohort.time_to_event`); with `n`, a row stands for so
        many patients.

    Examples
    --------
    >>> times = pd.DataFrame(
    ...     {"endpoint": "OS", "days": [200.0, 500.0, 700.0], "event": [True, True, False]}
    ... )
    >>> with_axis(Parameters(), times).axis
    (0, 3, 6, 9, 12, 15, 18, 21, 24)
    """
    last = parameters.figure_months or _last_month(times)
    step = parameters.at_risk_every_months or _step(last)
    # The axis ends on a tick beyond the last event, or where it was asked to end.
    end = parameters.figure_months or step * max(1, math.ceil(last / step))
    found = parameters.model_copy()
    found._axis = tuple(range(0, end + 1, step))
    return found


def held(parameters: Given) -> Given:
    """Give the parameters with their axis as if it had been chosen, for all variants alike."""
    first, second, *_ = parameters.axis
    update = {"figure_months": parameters.axis[-1], "at_risk_every_months": second - first}
    return parameters.model_copy(update=update)


def _last_month(times: pd.DataFrame) -> float:
    by_endpoint = times.groupby("endpoint")
    if "n" in times:
        late = max((_until_few(own) for _, own in by_endpoint), default=math.nan)
    else:
        late = by_endpoint["days"].quantile(1 - FEW).max()
    observed = [late, times.loc[times["event"], "days"].max()]
    return max((float(months(days)) for days in observed if pd.notna(days)), default=0.0)


def _until_few(times: pd.DataFrame) -> float:
    """Give the day on which only `FEW` of the patients are under observation, from their counts."""
    ordered = times.sort_values("days")
    days, until = ordered["days"].to_numpy(), ordered["n"].cumsum().to_numpy()
    # As pandas has it of patients: between the two who stand beside this place.
    place = (until[-1] - 1) * (1 - FEW)
    low, high = (days[until.searchsorted(side, side="right")] for side in
                 (math.floor(place), math.ceil(place)))  # fmt: skip
    return float(low + (high - low) * (place - math.floor(place)))


def _step(last: float) -> int:
    return next((step for step in STEPS if last <= MOST_STEPS * step), STEPS[-1])
