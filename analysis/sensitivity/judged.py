"""Of every variant and conclusion, whether it holds, changes, or cannot be judged.

Conclusions of one factor and endpoint are one: its p value, the interval of its hazard ratio and
the order of its medians. Variants that differ in the value of one number alone can share a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

import pandas as pd

from analysis.sensitivity import compare
from analysis.sensitivity.variants import Variant

# The number of cohorts in which a conclusion changes, where that was counted.
COHORTS = "cohorts"
# What one conclusion is about.
SUBJECT = ["analysis_id", "factor", "variable"]


class Judgement(StrEnum):
    """What becomes of a conclusion under a variant; later ones stand before earlier ones."""

    HOLDS = "holds"
    UNKNOWN = "cannot be judged"
    CHANGES = "changes"


@dataclass(frozen=True)
class Series:
    """A variant, or several that differ in the value of one number alone.

    `changes` are those of the first; `values` are all values of the number `parameter`, which is
    empty of a single variant.
    """

    variants: tuple[Variant, ...]
    parameter: str = ""
    values: tuple[float, ...] = ()

    @property
    def group(self) -> str:
        """The title of the file that declares them."""
        return self.variants[0].group

    @property
    def changes(self) -> Mapping[str, Any]:
        """What is changed; of several, the number has all of its values."""
        own = dict(self.variants[0].changes)
        return own | {self.parameter: self.values} if self.parameter else own


def series(variants: Sequence[Variant]) -> list[Series]:
    """Put neighbours together that differ in the value of one number alone."""
    found: list[Series] = []
    for _, own in groupby(variants, key=lambda each: (each.group, *each.changes)):
        members = list(own)
        names = {
            name
            for each in members
            for name, value in each.changes.items()
            if value != members[0].changes[name]
        }
        numbers = all(_is_number(each.changes[name]) for each in members for name in names)
        # A name that somebody gave is not merged with others.
        if len(names) == 1 and numbers and all(each.name == each.label for each in members):
            (name,) = names
            values = tuple(float(each.changes[name]) for each in members)
            found.append(Series(tuple(members), name, values))
        else:
            found += [Series((each,)) for each in members]
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def judged(comparison: pd.DataFrame) -> pd.DataFrame:
    """Judge every conclusion that could change under every variant that was computed.

    Parameters
    ----------
    comparison
        From `compare.compare`; with the column `COHORTS` where cohorts were counted.

    Returns
    -------
    DataFrame
        One row a variant and `SUBJECT`: `variant`, `SUBJECT`, `judgement`, and `cohorts`, the
        most in which one of its conclusions changes; missing where that was not counted. A p value,
        hazard ratio or order that has no estimate cannot be judged; what changes beside it does.
    """
    rows = comparison.assign(group_level=comparison["group_level"].astype(str))
    askable = compare.askable(rows)[["variant", *SUBJECT]].drop_duplicates()
    changed = compare.conclusions(rows)
    gone = changed["conclusion"] == compare.NOT_ESTIMABLE
    found = askable.assign(judgement=Judgement.HOLDS.value)
    for of, judgement in ((changed[gone], Judgement.UNKNOWN), (changed[~gone], Judgement.CHANGES)):
        keys = pd.MultiIndex.from_frame(of[["variant", *SUBJECT]].astype(str))
        met = pd.MultiIndex.from_frame(found[["variant", *SUBJECT]]).isin(keys)
        found.loc[met, "judgement"] = judgement.value
    if COHORTS not in changed:
        return found.assign(**{COHORTS: float("nan")}).reset_index(drop=True)
    most = changed[~gone].astype(dict.fromkeys(SUBJECT, str))
    most = most.groupby(["variant", *SUBJECT])[COHORTS].max().reset_index()
    return found.merge(most, on=["variant", *SUBJECT], how="left")
