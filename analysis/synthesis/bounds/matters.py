"""Which printed number matters: how much wider a bound is when it is not printed.

A kind of number is taken out of the ledger, or printed with fewer digits, and everything is proved
again on the days of a cohort, so that nothing but what was taken out has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd

from analysis.study.keys import Statistic
from analysis.study.printed import half_up
from analysis.synthesis.bounds import finder
from analysis.synthesis.bounds.form import Proved, Question
from analysis.synthesis.bounds.questions import Counted, question
from analysis.synthesis.bounds.run import Curves, intervals
from analysis.synthesis.targets import MissingClaim, Targets

FILE = "matters.csv"
COLUMNS = ["without", "factor", "endpoint", "low", "high"]
WHOLE = "as printed"


@dataclass(frozen=True)
class Lacking:
    """A ledger in which something is not printed; `words` say what."""

    words: str
    change: Callable[[pd.DataFrame], pd.DataFrame]


def _without(statistic: Statistic, level: str = "") -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(ledger: pd.DataFrame) -> pd.DataFrame:
        out = (ledger["analysis_id"] == "prognosis") & (ledger["statistic"] == statistic)
        if level:
            out &= ledger["group_level"] == level
        return ledger[~out]

    return change


def _without_sizes(ledger: pd.DataFrame) -> pd.DataFrame:
    is_count = ledger["statistic"].isin([Statistic.COUNT, Statistic.PERCENT])
    kept = ledger["variable"].isin(["patients", "death", "progression"])
    return ledger[~is_count | kept]


def _two_decimals(ledger: pd.DataFrame) -> pd.DataFrame:
    """Print p values with two decimals, as journals ask for above 0.01."""
    of_p = ledger["statistic"].eq(Statistic.P_VALUE) & ledger["comparator"].eq("=")
    text = ledger["value"].where(of_p, 0).map(lambda value: str(half_up(float(value), 2)))
    return ledger.assign(
        printed=ledger["printed"].where(~of_p, text),
        value=ledger["value"].where(~of_p, text.astype(float)),
        decimals=ledger["decimals"].where(~of_p, 2),
    )


LACKING = (
    Lacking(WHOLE, lambda ledger: ledger),
    Lacking("without the medians of both groups", _without(Statistic.MEDIAN)),
    Lacking("without the median of those with the factor", _without(Statistic.MEDIAN, "yes")),
    Lacking("without the median of the others", _without(Statistic.MEDIAN, "no")),
    Lacking("without the size of the groups", _without_sizes),
    Lacking("with p to two decimals", _two_decimals),
    Lacking("without p values", _without(Statistic.P_VALUE)),
)


def table(
    targets: Targets,
    counted: Counted,
    factors: Sequence[str],
    curves: Mapping[str, Curves],
    workers: int = 0,
) -> pd.DataFrame:
    """Give the stretches in which each hazard ratio lies, under each ledger.

    Returns
    -------
    DataFrame
        `COLUMNS`; a row a stretch, `low` 0 and `high` infinite where there is no limit. Without a p
        value there is none at all.
    """
    asked: list[tuple[str, str, str, Question | None]] = []
    for lacking in LACKING:
        less = Targets(lacking.change(targets.ledger))
        for factor in factors:
            for endpoint in counted.compared:
                try:
                    found_one, _ = question(less, counted, factor, endpoint, curves[endpoint])
                except MissingClaim:
                    asked.append((lacking.words, factor, endpoint, None))
                else:
                    asked.append((lacking.words, factor, endpoint, found_one))
    known = [one for *_, one in asked if one is not None]
    found = iter(
        joblib.Parallel(n_jobs=workers or joblib.cpu_count())(
            joblib.delayed(finder.bounds)(one) for one in known
        )
    )
    rows: list[tuple[str, str, str, float, float]] = []
    for words, factor, endpoint, one in asked:
        stretches = [(0.0, np.inf)]
        if one is not None:
            proved = Proved(question=one, bounds=next(found), claims={})
            stretches = intervals(proved)
        rows += [(words, factor, endpoint, low, high) for low, high in stretches]
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Give, for each ledger, how many ratios have limits and how wide they are.

    Returns
    -------
    DataFrame
        In the order of the ledgers: `without`, `ratios` (how many are asked for), `bounded` (those
        with a limit at both ends), `one_sided` (those proved to lie on one side of 1), and
        `width`: the median, over all ratios, of the greatest that a ratio can be, times over the
        least, on the same side of 1; infinite where there is no limit.
    """
    rows = []
    for words in dict.fromkeys(found["without"]):
        own = found[found["without"] == words]
        by_ratio = own.groupby(["factor", "endpoint"], sort=False)
        bounded = by_ratio.apply(
            lambda each: bool(((each["low"] > 0) & np.isfinite(each["high"])).all()),
            include_groups=False,
        )
        one_sided = by_ratio.apply(
            lambda each: bool((each["low"] > 1).all() or (each["high"] < 1).all()),
            include_groups=False,
        )
        width = by_ratio.apply(_width, include_groups=False)
        rows.append(
            {
                "without": words,
                "ratios": len(bounded),
                "bounded": int(bounded.sum()),
                "one_sided": int(one_sided.sum()),
                "width": float(width.median()),
            }
        )
    return pd.DataFrame(rows)


def _width(stretches: pd.DataFrame) -> float:
    """Give the widest stretch, as the greatest ratio over the least."""
    with np.errstate(divide="ignore"):
        return float((stretches["high"] / stretches["low"]).max())
