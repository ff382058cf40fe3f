"""How fast members of an ensemble are found and walked to, and whether they are copies."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.estimates.rows import KEY
from analysis.estimates.spread import MEMBER, spread
from analysis.synthesis import central, ensemble
from analysis.synthesis.ensemble import Asked, Made, Parent
from analysis.zhai_2025.synthesis.members import ways


@dataclass(frozen=True)
class Result:
    """Seconds of one core a member that is found, and one that is walked to, and how they differ.

    Attributes
    ----------
    shared
        The most patients that two members share.
    spread
        The standard deviation of an open statistic over the walked members, in units of that over
        those found: the median of all.
    """

    found: float
    walked: float
    shared: int
    spread: float

    @property
    def a_minute(self) -> float:
        """Members a minute that one core walks to."""
        return 60 / self.walked


def measure(founders: int, walked: int, progress: Callable[[str], None]) -> Result:
    """Find some members and walk to others, one after another on one core."""
    asked = Asked(founders + walked, 1, ways, founders=founders)
    made: list[Made] = []
    parents: list[Parent] = []
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(1, asked.members + 1):
        parent = parents[(number - 1) % founders] if number > founders else None
        began = time.process_time()
        one = ensemble.make(asked, number, parent)
        if not isinstance(one, Made):
            raise RuntimeError(f"member {number} was not found")
        seconds[parent is None].append(time.process_time() - began)
        progress(f"member {number}: {seconds[parent is None][-1]:.1f} s")
        made.append(one)
        if one.state is not None and one.rest is not None:
            parents.append(Parent(number, one.state, one.rest))
    shared = central.shared({one.number: one.patients for one in made})
    # Kernels are compiled, and models made, for the first of each.
    return Result(
        statistics.median(seconds[True]),
        statistics.median(seconds[False]),
        max(shared.values()),
        _spread(made, founders),
    )


def _spread(made: list[Made], founders: int) -> float:
    estimates = pd.concat([one.estimates.assign(**{MEMBER: one.number}) for one in made])
    table = spread(estimates)
    table = table[~table["alike"] & (table["without_value"] == 0)]
    table = table[table["members"] == len(made)]
    wide = estimates.merge(table[KEY], on=KEY).pivot(index=MEMBER, columns=KEY, values="value")
    ratio = wide.loc[founders + 1 :].std() / wide.loc[:founders].std()
    return float(ratio.replace(float("inf"), float("nan")).median())
