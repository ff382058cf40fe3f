"""Which of many cohorts lies in their middle, and how many patients two of them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from analysis.cohort.collection import MEMBER
from analysis.estimates.rows import KEY
from analysis.estimates.spread import spread


def distances(estimates: pd.DataFrame, found: Collection[int]) -> dict[int, float]:
    """Give how far each member is from the middle of some of them.

    It is the median, over the statistics that are not the same in all of those, of the distance
    from their median in units of their mean distance from it. Only statistics with a value in
    every one of them count. 0 where nothing is open.

    Parameters
    ----------
    estimates
        `MEMBER`, `KEY`, `value` and `unit`, of all members.
    found
        The members whose middle it is.
    """
    own = estimates[estimates[MEMBER].isin(list(found))]
    open_ = spread(own)
    open_ = open_[~open_["alike"] & (open_["without_value"] == 0)]
    open_ = open_[open_["members"] == len(found)]
    wide = estimates.merge(open_[KEY], on=KEY).pivot(index=MEMBER, columns=KEY, values="value")
    everybody = sorted(set(estimates[MEMBER]))
    if wide.empty:
        return dict.fromkeys(everybody, 0.0)
    middle = wide.loc[list(found)].median()
    scale = (wide.loc[list(found)] - middle).abs().mean()
    apart = ((wide - middle).abs() / scale.where(scale > 0)).median(axis=1)
    return {number: float(apart[number]) for number in everybody}


def most_central(found: pd.DataFrame) -> int:
    """Give the member with the least `central_distance`, of two alike the first."""
    first = found.sort_values(["central_distance", MEMBER], kind="stable").iloc[0]
    return int(first[MEMBER])


def shared(patients: Mapping[int, Sequence[str]]) -> dict[int, int]:
    """Give for each member the most patients that it shares with any other one.

    Parameters
    ----------
    patients
        By member, a text a patient; patients with the same text are the same.
    """
    have: dict[str, list[tuple[int, int]]] = {}
    for member, theirs in patients.items():
        for text, number in Counter(theirs).items():
            have.setdefault(text, []).append((member, number))
    both: Counter[tuple[int, int]] = Counter()
    for holders in have.values():
        for k, (one, number) in enumerate(holders):
            for other, others in holders[k + 1 :]:
                both[one, other] += min(number, others)
    most = dict.fromkeys(patients, 0)
    for pair, number in both.items():
        for member in pair:
            most[member] = max(most[member], number)
    return most
