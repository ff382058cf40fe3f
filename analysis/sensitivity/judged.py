"""Of every variant and conclusion, whether it holds, changes, or cannot be judged.

Conclusions of one factor and endpoint are one: its p value, the interval of its hazard ratio and
the order of its medians. Variants that differ in the value of one number alone can share a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from analysis.sensitivity import compare
from analysis.sensitivity.variants import Variant
from analysis.study.parameters import Parameters

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
    """A variant, or several of one entry that differ in the values of numbers alone.

    `changes` are those of all of them: a number that takes several values, as those of `several`
    do, has all of these in a tuple.
    """

    variants: tuple[Variant, ...]
    changes: Mapping[str, Any]
    several: frozenset[str] = frozenset()

    @property
    def group(self) -> str:
        """The title of the file that declares them."""
        return self.variants[0].group


def series(variants: Sequence[Variant], base: Parameters) -> list[Series]:
    """Put neighbours together that differ in the values of numbers alone.

    Where one of them leaves a number as the base has it, that is one of the values. A variant that
    was given a name stands by itself.
    """
    found: list[Series] = []
    for variant in variants:
        last = found[-1] if found else None
        if last is not None and (merged := _merged(last, variant, base)):
            found[-1] = merged
        else:
            found.append(Series((variant,), dict(variant.changes)))
    return found


def _merged(last: Series, variant: Variant, base: Parameters) -> Series | None:
    before = last.variants[-1]
    named = any(each.name != each.label for each in (before, variant))
    if named or (before.group, before.why) != (variant.group, variant.why):
        return None
    # Of the same entry, or the same parameter: what has no reason of its own is a list by itself.
    if not variant.why and before.changes.keys() != variant.changes.keys():
        return None
    changes = dict(last.changes)
    for name in {**changes, **variant.changes}:
        same = getattr(base, name)
        ours, theirs = changes.get(name, same), variant.changes.get(name, same)
        if ours == theirs:
            continue
        values = [*(ours if name in last.several else (ours,)), theirs]
        if not all(map(_is_number, values)):
            return None
        changes[name] = tuple(sorted(set(values)))
    several = {name for name in changes if changes[name] != last.variants[0].changes.get(name)}
    return Series((*last.variants, variant), changes, frozenset(several))


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
