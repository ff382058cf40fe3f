"""Counts that may leave: by ends of months, rounded, and of nobody who could be told.

The rules are those of every release (`analysis.disclosure`): a group of few patients is not there,
and of others there are the stand-ins whose curve a release shows. What is read off them differs
from what the patients give; `loss` says by how much.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.counts.about import About, Step
from analysis.counts.table import ALL, CENSORED, COMPETING, EVENT, KEY, Counts
from analysis.disclosure.counts import rounded, suppressed
from analysis.disclosure.curve import counted_stand_ins
from analysis.disclosure.rules import RuleSet
from analysis.estimates.weights import N
from analysis.study.errors import ReadableError
from analysis.study.keys import Statistic

# Estimates that are held beside each other, with their words and the decimals that tell them apart.
_HELD = {
    Statistic.MEDIAN: ("medians, months", 2),
    Statistic.RATE: ("rates, percentage points", 2),
    Statistic.RMST: ("restricted means, months", 2),
    Statistic.HAZARD_RATIO: ("log hazard ratios", 3),
}
# A group of no end in sight: the curve ends where few are at risk.
_FOREVER = float("inf")


class TooFew(ReadableError):
    """Of so few patients nothing may leave."""


def safe(counts: Counts, rules: RuleSet) -> Counts:
    """Give the counts that may leave in place of some.

    Raises
    ------
    TooFew
        When so few are analysed that nothing may leave.
    ValueError
        When they have been rounded before: rounding twice is none of the rules.
    """
    about = counts.about
    if about.rounded:
        raise ValueError("These counts are rounded already.")
    if about.patients <= rules.suppress_up_to:
        raise TooFew(f"{about.patients} patients are analysed: of so few nothing may leave.")
    parts, kept = [], set()
    for (endpoint, factor), own in counts.table.groupby(["endpoint", "factor"], sort=False):
        by_level = own.groupby("level", sort=False)[N].sum()
        hidden = suppressed([int(n) for n in by_level], int(by_level.sum()), rules)
        # All patients are no group beside another: their number alone decides.
        if factor == ALL:
            hidden = [int(n) <= rules.suppress_up_to for n in by_level]
        for level, hides in zip(by_level.index, hidden, strict=True):
            if hides:
                continue
            kept.add((factor, level))
            times = own[own["level"] == level]
            ended_by = {name: times["ended"] == name for name in (EVENT, COMPETING)}
            times = times.assign(event=ended_by[EVENT], competing=ended_by[COMPETING])
            found = counted_stand_ins(times, rules, _FOREVER)
            ended = np.select([found["event"], found["competing"]], [EVENT, COMPETING], CENSORED)
            found = found.assign(
                endpoint=str(endpoint), factor=str(factor), level=level, ended=ended
            )
            parts.append(found[[*KEY, N]])
    table = pd.concat(parts, ignore_index=True) if parts else counts.table.iloc[:0]
    table = pd.DataFrame(table.groupby(KEY, as_index=False, observed=True)[N].sum())
    seen = {level for _, level in kept}
    return Counts(table.astype({N: np.int64}), _about(about, rules, seen))


def _about(about: About, rules: RuleSet, seen: set[str]) -> About:
    return About(
        facts=about.facts,
        read=_number(about.read, rules),
        patients=_number(about.patients, rules),
        screening=tuple(_step(step, rules) for step in about.screening),
        not_at_risk={
            name: _numbers(reasons, about.patients, rules)
            for name, reasons in about.not_at_risk.items()
        },
        outcomes={
            name: _numbers(levels, about.patients, rules) for name, levels in about.outcomes.items()
        },
        recorded={name: _number(n, rules) for name, n in about.recorded.items()},
        levels={
            name: tuple(level for level in levels if level in seen)
            for name, levels in about.levels.items()
        },
        changing=about.changing,
        imputed={name: _number(n, rules) for name, n in about.imputed.items()},
        disclosure=(rules.name,),
        sites=about.sites,
    )


def _number(n: int, rules: RuleSet) -> int:
    """Round a count; a small one is not there, and adds nothing."""
    return rounded(n, rules) if n > rules.suppress_up_to else 0


def _numbers(counts: Mapping[str, int], total: int, rules: RuleSet) -> dict[str, int]:
    hidden = suppressed(list(counts.values()), total, rules)
    return {
        name: 0 if hides else rounded(n, rules)
        for (name, n), hides in zip(counts.items(), hidden, strict=True)
    }


def _step(step: Step, rules: RuleSet) -> Step:
    excluded, remaining = (
        0 if hides else rounded(n, rules)
        for n, hides in zip(
            (step.excluded, step.remaining),
            suppressed([step.excluded, step.remaining], step.entered, rules),
            strict=True,
        )
    )
    entered = _number(step.entered, rules)
    return step.model_copy(
        update={"entered": entered, "excluded": excluded, "remaining": remaining}
    )


def loss(exact: pd.DataFrame, rough: pd.DataFrame) -> list[str]:
    """Say how far estimates from counts that may leave are from those of the patients.

    Parameters
    ----------
    exact, rough
        From `estimates.estimate`.

    Returns
    -------
    list of str
        A line a kind of number: of how many both have one, and half and all of the differences.
    """
    key = ["analysis_id", "group", "group_level", "variable", "variable_level", "statistic"]
    both = exact.merge(rough, on=key, how="left", suffixes=("", "_rough"))
    lines = []
    for statistic, (words, decimals) in _HELD.items():
        own = both[both["statistic"].eq(statistic.value) & both["value"].notna()]
        if own.empty:
            continue
        one, other = (own[name].to_numpy(dtype=float) for name in ("value", "value_rough"))
        if statistic is Statistic.HAZARD_RATIO:
            one, other = np.log(one), np.log(other)
        apart = np.abs(other - one)
        apart = apart[~np.isnan(apart)]
        line = f"{words}: {len(apart)} of {len(own)} are there"
        if len(apart):
            half, most = float(np.median(apart)), float(apart.max())
            line += f"; half differ by up to {half:.{decimals}f}, all by up to {most:.{decimals}f}"
        lines.append(line)
    return lines
