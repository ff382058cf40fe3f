"""How far the time axis of survival figures runs, where that is left to the patients."""

from __future__ import annotations

import math

import pandas as pd

from analysis.study.months import months
from analysis.study.parameters import Parameters

# Months between ticks that a reader can count by, and the most of them that stand side by side.
STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120, 240)
MOST_STEPS = 10
# A curve is drawn while more than this part of the patients is under observation (Pocock, Clayton
# and Altman 2002: ten to twenty percent), and to its last event in any case.
FEW = 0.1


def with_axis(parameters: Parameters, times: pd.DataFrame) -> Parameters:
    """Give the parameters with an axis where they have none (`figure_months` of 0).

    Parameters
    ----------
    parameters
        `figure_months` and `at_risk_every_months`, 0 where these patients decide.
    times
        Columns `endpoint, days, event` (see `Cohort.time_to_event`).

    Examples
    --------
    >>> times = pd.DataFrame(
    ...     {"endpoint": "OS", "days": [200.0, 500.0, 700.0], "event": [True, True, False]}
    ... )
    >>> chosen = with_axis(Parameters(figure_months=0, at_risk_every_months=0), times)
    >>> chosen.figure_months, chosen.at_risk_every_months
    (22, 2)
    """
    if parameters.figure_months and parameters.at_risk_every_months:
        return parameters
    last = parameters.figure_months or _last_month(times)
    step = parameters.at_risk_every_months or _step(last)
    end = parameters.figure_months or step * max(1, math.ceil(last / step))
    return parameters.model_copy(update={"figure_months": end, "at_risk_every_months": step})


def _last_month(times: pd.DataFrame) -> float:
    by_endpoint = times.groupby("endpoint")["days"]
    observed = [by_endpoint.quantile(1 - FEW).max(), times.loc[times["event"], "days"].max()]
    return max((float(months(days)) for days in observed if pd.notna(days)), default=0.0)


def _step(last: float) -> int:
    return next((step for step in STEPS if last <= MOST_STEPS * step), STEPS[-1])
