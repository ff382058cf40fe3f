"""True cohorts, printed as a journal would: what is proved of them must hold of them.

`python -m benchmarks.printed_cohorts 1000` prints how often the true hazard ratio lies outside its
proved bound, on any days and on the cohort's own.
"""

from __future__ import annotations

import csv
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from analysis.article.ledger import read_ledger
from analysis.estimates import curves as survival
from analysis.estimates.log_rank import log_rank
from analysis.estimates.one_factor import hazard_ratio
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.parameters import Parameters
from analysis.study.printed import half_up
from analysis.synthesis.bounds import checker, finder
from analysis.synthesis.bounds.form import Proved
from analysis.synthesis.bounds.questions import (
    MOST_A_DAY,
    MOST_TIED,
    Counted,
    on_days,
    question,
)
from analysis.synthesis.bounds.run import Curves, holds, intervals
from analysis.synthesis.targets import Targets

COUNTED = Counted(
    groups={"treated": ("characteristics", "treated", "yes")},
    without={},
    events={"OS": (("survival", "death", "yes"),)},
    compared=("OS",),
    follow_up={"OS": "follow_up"},
)
_FIELDS = (
    "claim_id",
    "analysis_id",
    "group",
    "group_level",
    "variable",
    "variable_level",
    "statistic",
    "printed",
    "locator",
)


@dataclass(frozen=True)
class Truth:
    """A cohort: times as the estimates take them, and what is true of it."""

    times: pd.DataFrame
    ratio: float

    def curves(self) -> Curves:
        """Give days and events (1) of all patients."""
        return (
            self.times["days"].to_numpy(dtype=np.int64),
            self.times["event"].to_numpy(dtype=np.int64),
        )


def draw(seed: int, least: int = 12, most: int = 28) -> Truth:
    """Draw a cohort of two groups whose days with events keep to what is taken for granted.

    Size, share of the group, effect, shape of the hazard, and when and why patients leave differ
    widely from seed to seed; in some the two groups are followed quite differently.
    """
    rng = np.random.default_rng(seed)
    while True:
        n = int(rng.integers(least, most + 1))
        own = rng.random(n) < rng.uniform(0.1, 0.9)
        scale = rng.uniform(200, 900) * np.where(own, math.exp(-rng.normal(0, 0.6)), 1.0)
        dies = scale * rng.weibull(rng.uniform(0.7, 2.0), n)
        leaves = rng.uniform(rng.uniform(0, 300), rng.uniform(400, 2000), n)
        if rng.random() < 0.3:
            # Those of one group are lost early.
            leaves = np.where(own, leaves * rng.uniform(0.2, 1.0), leaves)
        days = np.ceil(np.minimum(dies, leaves)).astype(int)
        event = dies <= leaves
        if not 1 <= own.sum() <= n - 1:
            continue
        on = pd.Series(days[event]).value_counts()
        if len(on) < 3 or on.max() > MOST_A_DAY or (on - 1).sum() > MOST_TIED:
            continue
        times = pd.DataFrame(
            {"days": days.astype(float), "event": event, "level": np.where(own, "yes", "no")}
        )
        ratio = hazard_ratio(times, "yes", Parameters()).ratio.value
        if math.isnan(ratio) or math.isnan(log_rank(times).p_value):
            continue
        return Truth(times, ratio)


def printed(truth: Truth) -> list[dict[str, str]]:
    """Print a cohort: counts, medians and limits in months, rates, and the p value."""
    options, times = Parameters(), truth.times
    rows: list[dict[str, str]] = []

    def say(text: str, analysis: str, variable: str, statistic: str, **keys: str) -> None:
        row: dict[str, str] = dict.fromkeys(_FIELDS, "") | keys
        name = f"c{len(rows)}"
        row |= {"claim_id": name, "analysis_id": analysis, "variable": variable}
        rows.append(row | {"statistic": statistic, "printed": text, "locator": f"Table 1: {name}"})

    def months(days: float) -> str:
        return str(half_up(days / DAYS_PER_MONTH, 1))

    def median(of: pd.DataFrame, analysis: str, variable: str, **keys: str) -> None:
        found = survival.median_of(of, options).value
        text = "not reached" if math.isnan(found) else months(found)
        say(text, analysis, variable, "median", **keys)

    own = times["level"] == "yes"
    say(str(len(times)), "characteristics", "patients", "count")
    say(str(own.sum()), "characteristics", "treated", "count", variable_level="yes")
    say(str(times["event"].sum()), "survival", "death", "count", variable_level="yes")
    median(times, "survival", "OS")
    upper = survival.median_of(times, options).upper
    if not math.isnan(upper):
        say(months(upper), "survival", "OS", "median_upper")
    median(times.assign(event=~times["event"]), "survival", "follow_up")
    curve = survival.curve(times, options)
    for month in (6, 12, 24):
        rate = survival.rate(curve, month * DAYS_PER_MONTH).value
        if not math.isnan(rate):
            level = {"variable_level": str(month)}
            say(str(half_up(100 * rate, 1)), "survival", "OS", "rate", **level)
    for group, of in (("yes", times[own]), ("no", times[~own])):
        median(of, "prognosis", "OS", group="treated", group_level=group)
    p = log_rank(times).p_value
    text = "<0.001" if p < 0.001 else str(half_up(p, 3))
    say(text, "prognosis", "OS", "p_value", group="treated")
    return rows


def prove(seed: int, *, least: int = 12, most: int = 28) -> tuple[Truth, list[Proved]]:
    """Prove what is printed of a cohort, on any days and on its own, each proof checked."""
    truth = draw(seed, least, most)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, _FIELDS)
            writer.writeheader()
            writer.writerows(printed(truth))
        ledger = read_ledger(path)
    targets = Targets(ledger)
    claims = {
        str(row["claim_id"]): {str(name): str(value) for name, value in row.items()}
        for row in ledger.to_dict("records")
    }
    found = []
    for curves in (None, truth.curves()):
        asked, names = question(targets, COUNTED, "treated", "OS", curves)
        found.append(Proved(question=asked, bounds=finder.bounds(asked), claims=names))
        checker.check(found[-1], claims, on_days(*truth.curves()))
    return truth, found


def outside(seed: int) -> list[bool]:
    """Tell whether the true ratio is outside what is proved: on any days, on its own."""
    truth, found = prove(seed)
    return [not holds(intervals(proved), truth.ratio) for proved in found]


def main(number: int) -> int:
    """Print how often a true ratio is outside, of so many cohorts."""
    found = joblib.Parallel(n_jobs=-1, return_as="generator")(
        joblib.delayed(outside)(seed) for seed in range(number)
    )
    any_days = own_days = 0
    for seed, (first, second) in enumerate(found):
        any_days, own_days = any_days + first, own_days + second
        if first or second:
            print(f"seed {seed}: outside ({'any days' if first else 'own days'})", flush=True)
        if (seed + 1) % 100 == 0:
            print(f"{seed + 1} cohorts", file=sys.stderr, flush=True)
    print(f"{number} cohorts: {any_days} outside on any days, {own_days} on their own days")
    return int(any_days + own_days > 0)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
