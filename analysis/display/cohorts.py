"""In how many cohorts, of those that give the same printed numbers, something is so, in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Any

import pandas as pd

from analysis.display.format import MISSING, SIGNIFICANCE, beside
from analysis.estimates.ensemble import Ensemble
from analysis.estimates.rows import KEY, pick
from analysis.estimates.sparse import EXACT, as_read
from analysis.estimates.spread import MEMBER
from analysis.study.keys import Statistic


# A table is made several times of one ensemble, which does not change (see `display.beyond`).
@lru_cache(maxsize=4)
def _ranges(ensemble: Ensemble, analysis_id: str) -> dict[Hashable, dict[Hashable, Any]]:
    rows = pick(ensemble.estimates, analysis_id=analysis_id)
    kinds = [Statistic.HAZARD_RATIO, *EXACT, *EXACT.values()]
    rows = rows[rows["statistic"].isin(list(map(str, kinds)))]
    # Where events are few in a cohort, its exact test is the one to be read.
    read = as_read(rows.rename(columns={MEMBER: "variant"}))
    grouped = read.groupby(KEY, sort=False)["value"]
    # Missing values are neither below nor above anything.
    found = pd.DataFrame(
        {
            "lowest": grouped.min(),
            "highest": grouped.max(),
            "below_005": grouped.agg(lambda values: int((values < SIGNIFICANCE).sum())),
            "above_1": grouped.agg(lambda values: int((values > 1).sum())),
        }
    )
    return found.to_dict("index")


class Across:
    """The estimates of one analysis in all cohorts of an ensemble.

    Parameters
    ----------
    ensemble
        The cohorts.
    analysis_id
        The analysis.
    """

    def __init__(self, ensemble: Ensemble, analysis_id: str) -> None:
        self.members = ensemble.members
        self._of = _ranges(ensemble, analysis_id)
        self._analysis = analysis_id

    def ratio(self, group: str, group_level: str, endpoint: str) -> str:
        """Give the range of a hazard ratio, and where it holds both sides of 1, how often above.

        '1.64–1.67', or '0.70–1.40, above 1 in 61'; a dash where no cohort has it. An
        end has as many decimals as show on which side of 1 it lies.
        """
        found = self._find(group, group_level, endpoint, Statistic.HAZARD_RATIO)
        if found is None or pd.isna(found["lowest"]):
            return MISSING
        ends = dict.fromkeys(beside(found[end], 1, 2) for end in ("lowest", "highest"))
        side = (
            f", above 1 in {found['above_1']}" if self.sides(group, group_level, endpoint) else ""
        )
        return "–".join(ends) + side

    def sides(self, group: str, group_level: str, endpoint: str) -> bool:
        """Say whether a hazard ratio is above 1 in some cohorts and not in others."""
        found = self._find(group, group_level, endpoint, Statistic.HAZARD_RATIO)
        return found is not None and bool(found["lowest"] <= 1 < found["highest"])

    def below(self, group: str, group_level: str, endpoint: str, test: Statistic) -> int | None:
        """Give in how many cohorts the p value of a test is below 0.05; None where none has it."""
        found = self._find(group, group_level, endpoint, test)
        return None if found is None else int(found["below_005"])

    def count(self, group: str, group_level: str, endpoint: str, test: Statistic) -> str:
        """Give the same as text; a dash where no cohort has it."""
        found = self.below(group, group_level, endpoint, test)
        return MISSING if found is None else str(found)

    def _find(
        self, group: str, group_level: str, endpoint: str, statistic: Statistic
    ) -> dict[Hashable, Any] | None:
        return self._of.get((self._analysis, group, group_level, endpoint, "", str(statistic)))


def how_often(counts: Iterable[tuple[str, int]], members: int) -> tuple[list[str], list[str], int]:
    """Part what is so in all cohorts from what is so in some, with the number of each.

    Gives names of those in all, names with "k of N" of those in some, and how many are in none.

    >>> how_often([("age", 3), ("sex", 0), ("stage", 2)], 3)
    (['age'], ['stage, 2 of 3'], 1)
    """
    counted = list(counts)
    return (
        [name for name, count in counted if count == members],
        [f"{name}, {count} of {members}" for name, count in counted if 0 < count < members],
        sum(count == 0 for _, count in counted),
    )
