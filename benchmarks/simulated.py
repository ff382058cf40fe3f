"""Ledgers of simulated cohorts: true numbers, any size, any way of rounding, arms, missing values.

Statistics are computed here from the patients, in fractions or by libraries, with nothing of the
audit. What is printed in an unusual way is noted in `odd`: a reading is asked for it, and for
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.article.ledger import COLUMNS
from analysis.audit.finders.tests2x2 import p_values
from analysis.audit.structure import Structure
from analysis.study.printed import EVERY, Convention

MODES = {
    "half up": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "truncated": ROUND_DOWN,
    "rounded up": ROUND_UP,
    "rounded twice": ROUND_HALF_UP,
}
MONTH = Fraction(487, 16)  # 30.4375 days

STRUCTURE = Structure.model_validate(
    {
        "patients": "patients",
        "exclusive": [
            {"variables": ["sex", "stage", "smoker"]},
            {"variables": ["response"], "levels": ["CR", "PR", "SD", "PD"]},
        ],
        "one_at_most": [{"variables": ["event"], "levels": ["1", "2", "3"]}],
        "several": [{"variable": "site", "because": "more than one site"}],
        "sums": [
            {"whole": "response=ORR", "parts": ["response=CR", "response=PR"]},
            {"whole": "response=DCR", "parts": ["response=CR", "response=PR", "response=SD"]},
            {"whole": "advanced=yes", "parts": ["stage=III", "stage=IV"]},
        ],
        "unions": [{"whole": "site_any=yes", "parts": ["site=liver", "site=lung", "site=bone"]}],
        "subsets": [{"part": "stage=IV", "whole": "advanced=yes"}],
        "whole_numbers": ["age", "sessions"],
        "cuts": [
            {"variable": "marker", "level": "marker_high=yes", "at_least": 400},
            {"variable": "size", "level": "size_small=yes", "at_most": 5},
        ],
        "doses": [{"bed": "bed", "eqd2": "eqd2", "alpha_beta": 10}],
        "p_values": [
            {
                "name": "marker",
                "readings": ["association"],
                "values": [
                    {"claim": "p-sex", "margins": ["sex-male-n", "marker_high-yes-n"]},
                    {"claim": "p-advanced", "margins": ["advanced-yes-n", "marker_high-yes-n"]},
                ],
            },
            {
                "name": "before and after",
                "readings": ["paired", "unpaired", "association"],
                "values": [{"claim": "p-paired", "margins": ["before-yes-n", "after-yes-n"]}],
            },
        ],
        "survival": {
            "overall": "OS",
            "follow_up": "follow_up",
            "events": {"OS": "death=yes", "IRFS": "in_field=yes"},
            "shared": [{"all": "PFS", "part": "ORFS", "rest": "IRFS"}],
            "groups": "prognosis",
        },
    }
)


def rounded(value: Fraction, decimals: int, convention: Convention) -> str:
    """Write a number as a convention prints it, exactly."""
    # A fraction is carried to more digits than any tie can hide behind, marked if it goes on.
    scale = 10 ** (decimals + 6)
    digits = Decimal(value.numerator * scale // value.denominator)
    if value.numerator * scale % value.denominator:
        digits += Decimal("0.5")
    exact = digits / Decimal(scale)
    if convention == "rounded twice":
        exact = exact.quantize(Decimal(1).scaleb(-decimals - 1), rounding=ROUND_HALF_UP)
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=MODES[convention]))


@dataclass
class Simulated:
    """A ledger of a simulated cohort, with the truth behind it."""

    n: int
    convention: Convention
    orfs_at_last_imaging: bool
    odd: set[str] = field(default_factory=set)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        claim: str,
        variable: str,
        level: str,
        statistic: str,
        printed: str,
        *,
        denominator: int | None = None,
        analysis: str = "simulated",
        group: tuple[str, str] = ("", ""),
        comparator: str = "=",
    ) -> None:
        """Print a number."""
        self.rows.append(
            dict.fromkeys(COLUMNS, "")
            | {
                "claim_id": claim,
                "analysis_id": analysis,
                "group": group[0],
                "group_level": group[1],
                "variable": variable,
                "variable_level": level,
                "statistic": statistic,
                "printed": printed,
                "comparator": comparator,
                "denominator": denominator,
                "locator": claim,
            }
        )

    def count(
        self,
        variable: str,
        level: str,
        members: np.ndarray,
        *,
        decimals: int = 1,
        arm: str = "",
        of: int | None = None,
        column: int | None = None,
    ) -> None:
        """Print a count and its percentage, of all patients, or of those measured.

        `of` is what the percentage is of, `column` the number that is printed for it.
        """
        k, name = int(members.sum()), "-".join(part for part in (variable, level, arm) if part)
        whole = self.n if of is None else of
        printed = whole if column is None else column
        group = ("arm", arm) if arm else ("", "")
        percent = rounded(Fraction(100 * k, whole), decimals, self.convention) if whole else "0"
        for statistic, text in (("count", str(k)), ("percent", percent)):
            claim = f"{name}-{'n' if statistic == 'count' else 'pct'}"
            self.add(claim, variable, level, statistic, text, denominator=printed, group=group)
            if whole != printed:
                self.odd.add(claim)

    def number(
        self, variable: str, statistic: str, value: Fraction, decimals: int, **keys: Any
    ) -> None:
        """Print another statistic."""
        parts = [variable, keys.get("level", ""), *keys.get("group", ()), statistic]
        name = "-".join(str(part) for part in parts if part)
        level = str(keys.pop("level", ""))
        text = rounded(value, decimals, self.convention)
        self.add(name, variable, level, statistic, text, **keys)

    def frame(self) -> pd.DataFrame:
        """Give the ledger."""
        return pd.DataFrame(self.rows)


def simulate(seed: int) -> Simulated:
    """Simulate a cohort and print its numbers."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(12, 160 if seed % 10 == 3 else 60))
    made = Simulated(n, EVERY[int(draw.integers(len(EVERY)))], bool(draw.integers(2)))
    made.add("patients", "patients", "", "count", str(n))
    decimals = int(draw.integers(0, 3))

    sex = draw.choice(["male", "female"], n)
    stage = draw.choice(["I", "II", "III", "IV"], n, p=draw.dirichlet(np.ones(4)))
    response = draw.choice(["CR", "PR", "SD", "PD"], n, p=draw.dirichlet(np.ones(4)))
    event = draw.choice(["0", "1", "2", "3"], n)
    sites = {name: draw.random(n) < draw.random() for name in ("liver", "lung", "bone")}
    advanced = np.isin(stage, ["III", "IV"])
    for variable, values, levels in (
        ("sex", sex, ["male", "female"]),
        ("stage", stage, ["I", "II", "III", "IV"]),
        ("response", response, ["CR", "PR", "SD", "PD"]),
        ("event", event, ["1", "2", "3"]),
    ):
        for level in levels:
            made.count(variable, level, values == level, decimals=decimals)
    made.count("response", "ORR", np.isin(response, ["CR", "PR"]), decimals=decimals)
    made.count("response", "DCR", response != "PD", decimals=decimals)
    made.count("advanced", "yes", advanced, decimals=decimals)
    for name, members in sites.items():
        made.count("site", name, members, decimals=decimals)
    made.count("site_any", "yes", np.any(list(sites.values()), axis=0), decimals=decimals)
    # The same fact again, with other decimals.
    k = int((stage == "IV").sum())
    again = rounded(Fraction(100 * k, n), int(draw.integers(0, 3)), made.convention)
    made.add("again", "stage", "IV", "percent", again, denominator=n)

    ages = [Fraction(int(age)) for age in draw.integers(20, 90, n)]
    _summary(made, "age", ages, 1)
    made.number("age", "mean", sum(ages, Fraction(0)) / n, 1)
    marker = [Fraction(int(x)) for x in np.exp(draw.normal(6, 2, n)) * 10]
    marker = [value / 10 for value in marker]
    _summary(made, "marker", marker, int(draw.integers(0, 2)))
    high = np.array([value >= 400 for value in marker])
    made.count("marker_high", "yes", high, decimals=decimals)
    size = [Fraction(int(x), 10) for x in draw.integers(10, 120, n)]
    _summary(made, "size", size, 1)
    made.count("size_small", "yes", np.array([value <= 5 for value in size]), decimals=decimals)
    eqd2 = [Fraction(int(x), 100) for x in draw.integers(3000, 9000, n)]
    _summary(made, "eqd2", eqd2, int(draw.integers(0, 2)))
    _summary(made, "bed", [value * Fraction(6, 5) for value in eqd2], int(draw.integers(0, 2)))

    _missing(made, draw, decimals)
    arm = np.array(["A", "B"])[draw.integers(0, 2, n)]
    if min((arm == name).sum() for name in "AB") > 2:
        _arms(made, draw, arm, sex, ages, decimals)
    if seed % 2:
        _quantities(made, draw, ages)
    if seed % 20 == 0:
        _p_values(made, draw, sex == "male", advanced, high)
    _survival(made, draw, sex == "male")
    return made


def _missing(made: Simulated, draw: np.random.Generator, decimals: int) -> None:
    """Print a variable that some have no value of, and weighted percentages."""
    unknown = draw.random(made.n) < draw.choice([0.0, 0.1, 0.3])
    smoker = draw.random(made.n) < 0.4
    of = int((~unknown).sum())
    # With the number of those measured, or with the column's, as tables often have it.
    column = None if draw.integers(2) else made.n
    for level, members in (("yes", smoker & ~unknown), ("no", ~smoker & ~unknown)):
        if of:
            made.count("smoker", level, members, decimals=decimals, of=of, column=column)
    if unknown.any():
        made.odd |= {"smoker-yes-n", "smoker-no-n"}
    weights = draw.uniform(0.5, 2.0, made.n)
    share = Fraction(f"{100 * weights[smoker].sum() / weights.sum():.9f}")
    text = rounded(share, decimals, made.convention)
    # Of a survey: in an analysis of its own.
    for statistic, printed in (("count", str(int(smoker.sum()))), ("percent", text)):
        name = f"weighted-{'n' if statistic == 'count' else 'pct'}"
        made.add(name, "weighted", "yes", statistic, printed, denominator=made.n, analysis="survey")
    made.odd |= {"weighted-n", "weighted-pct"}


def _arms(
    made: Simulated,
    draw: np.random.Generator,
    arm: np.ndarray,
    sex: np.ndarray,
    ages: list[Fraction],
    decimals: int,
) -> None:
    """Print two arms: their patients, levels, means, deviations, effects and tests."""
    values = np.array([int(age) for age in ages])
    responds = draw.random(made.n) < np.where(arm == "A", 0.5, 0.3)
    for name in "AB":
        own = arm == name
        size = int(own.sum())
        made.add(f"patients-{name}", "patients", "", "count", str(size), group=("arm", name))
        for level in ("male", "female"):
            made.count("sex", level, own & (sex == level), decimals=decimals, arm=name, of=size)
        made.count("responds", "yes", own & responds, decimals=decimals, arm=name, of=size)
        group = ("arm", name)
        mean = Fraction(int(values[own].sum()), size)
        made.number("age", "mean", mean, 2, group=group)
        variance = Fraction(int((values[own] ** 2).sum())) - mean**2 * size
        deviation = Fraction(f"{float(variance / (size - 1)) ** 0.5:.9f}")
        made.number("age", "sd", deviation, 1, group=group)
        made.number("age", "min", Fraction(int(values[own].min())), 0, group=group)
        made.number("age", "max", Fraction(int(values[own].max())), 0, group=group)
    made.count("responds", "yes", responds, decimals=decimals)
    (a, n), (b, m) = ((int((responds & (arm == x)).sum()), int((arm == x).sum())) for x in "AB")
    if 0 < a < n and 0 < b < m:
        made.number("responds", "or", Fraction(a * (m - b), b * (n - a)), 2, level="yes")
        made.number("responds", "rr", Fraction(a * m, b * n), 2, level="yes")
    made.number("responds", "difference", 100 * (Fraction(a, n) - Fraction(b, m)), 1, level="yes")
    _interval(made, "responds", int(responds.sum()), made.n, draw)
    test = stats.ttest_ind(*(values[arm == x] for x in "AB"), equal_var=bool(draw.integers(2)))
    if np.isfinite(test.statistic):
        made.number("test", "t", Fraction(f"{test.statistic:.9f}"), 2)
        p = float(test.pvalue) / (2 if draw.integers(2) else 1)
        made.add("test-p", "test", "", "p_value", _p(made, p), comparator=_sign(p))


def _interval(made: Simulated, name: str, k: int, n: int, draw: np.random.Generator) -> None:
    method = str(draw.choice(["normal", "wilson", "beta", "agresti_coull", "jeffreys"]))
    low, high = proportion_confint(k, n, method=method)
    if method in {"beta", "jeffreys", "agresti_coull"} and k in {0, n}:
        return
    for side, value in (("lower", low), ("upper", high)):
        exact = Fraction(f"{100 * value:.9f}")
        made.number(name, f"percent_{side}", exact, 1, level="yes")


def _quantities(made: Simulated, draw: np.random.Generator, ages: list[Fraction]) -> None:
    """Print quartiles, a table of numbers, a ratio with its limits and p, a correlation."""
    values = np.array([int(age) for age in ages])
    methods: list[Literal["linear", "weibull", "hazen", "nearest"]]
    methods = ["linear", "weibull", "hazen", "nearest"]
    method = methods[int(draw.integers(4))]
    for name, q in (("q1", 0.25), ("q3", 0.75)):
        made.number("age", name, Fraction(f"{np.quantile(values, q, method=method):.9f}"), 1)
    sessions = draw.integers(1, 5, made.n)
    for value in sorted(set(sessions.tolist())):
        made.count("sessions", str(value), sessions == value)
    made.number("sessions", "mean", Fraction(int(sessions.sum()), made.n), 2)
    log, error = draw.normal(0, 0.8), draw.uniform(0.1, 0.5)
    for name, value in (("hr", log), ("hr_lower", log - 1.959964 * error),
                        ("hr_upper", log + 1.959964 * error)):  # fmt: skip
        made.number("factor", name, Fraction(f"{np.exp(value):.9f}"), 2)
    # A log-rank test gives another z than that of Wald, but near to it.
    p = float(2 * stats.norm.sf(abs(log / error * draw.uniform(0.85, 1.15))))
    made.add("factor-p", "factor", "", "p_value", _p(made, p), comparator=_sign(p))
    other = values + draw.normal(0, 15, made.n)
    found = stats.pearsonr(values, other)
    made.number("pair", "r", Fraction(f"{found.statistic:.9f}"), 3)
    p = float(found.pvalue)
    made.add("pair-p", "pair", "", "p_value", _p(made, p), comparator=_sign(p))


def _p(made: Simulated, p: float) -> str:
    return "<0.001" if p < 0.001 else rounded(Fraction(f"{p:.12g}"), 3, made.convention)


def _sign(p: float) -> str:
    return "<" if p < 0.001 else "="


def _summary(made: Simulated, name: str, values: list[Fraction], decimals: int) -> None:
    ordered = sorted(values)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    made.number(name, "median", middle, decimals)
    made.number(name, "min", ordered[0], decimals)
    made.number(name, "max", ordered[-1], decimals)


def _p_values(
    made: Simulated, draw: np.random.Generator, male: np.ndarray, advanced: np.ndarray,
    high: np.ndarray,
) -> None:  # fmt: skip
    n, test = made.n, str(draw.choice(["Fisher", "mid-p", "Fisher doubled"]))
    for name, fact in (("p-sex", male), ("p-advanced", advanced)):
        margins, both = (int(fact.sum()), int(high.sum())), int((fact & high).sum())
        _print_p(made, name, p_values("association", margins, (n, n), both)[test])
    before = draw.random(n) < 0.4
    after = before ^ (draw.random(n) < 0.2)
    made.count("before", "yes", before)
    made.count("after", "yes", after)
    margins, only = (int(before.sum()), int(after.sum())), int((before & ~after).sum())
    found = p_values("paired", margins, (n, n), only)
    _print_p(made, "p-paired", found[str(draw.choice(sorted(found)))])


def _print_p(made: Simulated, name: str, p: float) -> None:
    made.add(name, name, "", "p_value", _p(made, p), comparator=_sign(p))


def _survival(made: Simulated, draw: np.random.Generator, male: np.ndarray) -> None:
    n = made.n
    death = np.ceil(draw.exponential(600, n)).astype(int)
    relapse = np.ceil(draw.exponential(500, n)).astype(int)
    lost = np.ceil(draw.uniform(200, 1800, n)).astype(int)
    in_field = draw.random(n) < 0.02
    contact = np.minimum(death, lost)
    imaging = (
        np.maximum(1, contact - draw.integers(0, 120, n)) if made.orfs_at_last_imaging else contact
    )
    died = death <= lost
    relapsed = relapse <= np.minimum(contact, imaging)
    out = relapsed & ~in_field
    made.count("death", "yes", died)
    made.count("in_field", "yes", relapsed & in_field)
    end = np.where(relapsed, relapse, contact)
    seen = np.where(relapsed, relapse, imaging)
    curves = {
        "OS": (contact, died),
        "PFS": (end, relapsed | died),
        "ORFS": (np.where(out, relapse, np.where(relapsed, seen, imaging)), out),
        "IRFS": (seen, relapsed & in_field),
    }
    for name, (days, events) in curves.items():
        curve = kaplan_meier(days, events)
        if (middle := half(curve)) is not None:
            made.number(name, "median", middle / MONTH, 1)
        for month in (12, 24):
            if max(days) >= month * MONTH:
                height = [Fraction(1), *(h for day, h in curve if day <= month * MONTH)][-1]
                made.number(name, "rate", 100 * height, 1, level=month)
                if name == "OS":
                    at_risk = int((days >= month * MONTH).sum())
                    made.add(f"at-risk-{month}", name, str(month), "n_at_risk", str(at_risk))
                    _limits(made, name, month, days, events, height)
    reverse = half(kaplan_meier(contact, ~died))
    if reverse is not None:
        made.number("follow_up", "median", reverse / MONTH, 1)
    made.number("follow_up", "min", int(contact.min()) / MONTH, 1)
    made.number("follow_up", "max", int(contact.max()) / MONTH, 1)
    for level, members in (("yes", male), ("no", ~male)):
        if members.any():
            middle = half(kaplan_meier(contact[members], died[members]))
            if middle is not None:
                made.number(
                    "OS", "median", middle / MONTH, 1, group=("male", level), analysis="prognosis"
                )


def _limits(
    made: Simulated, name: str, month: int, days: np.ndarray, events: np.ndarray, height: Fraction
) -> None:
    """Print limits of a survival rate by Greenwood's formula, on the log-log scale."""
    total = 0.0
    for day in sorted({int(day) for day in days[events] if day <= month * MONTH}):
        at_risk, failed = int((days >= day).sum()), int(((days == day) & events).sum())
        total += failed / (at_risk * (at_risk - failed)) if at_risk > failed else 0.0
    s = float(height)
    if not 0 < s < 1 or not total:
        return
    error = total**0.5 / abs(np.log(s))
    for side, sign in (("lower", 1), ("upper", -1)):
        value = s ** float(np.exp(sign * 1.959964 * error))
        made.number(name, f"rate_{side}", Fraction(f"{100 * value:.9f}"), 1, level=month)


def kaplan_meier(days: np.ndarray, events: np.ndarray) -> list[tuple[int, Fraction]]:
    """Give the curve, as days and heights, in fractions."""
    height, curve = Fraction(1), []
    for day in sorted({int(day) for day in days}):
        at_risk, failed = int((days >= day).sum()), int(((days == day) & events).sum())
        height *= 1 - Fraction(failed, at_risk)
        curve.append((day, height))
    return curve


def half(curve: list[tuple[int, Fraction]]) -> Fraction | None:
    """Give the median: the first day at or below one half, or the middle of a level stretch."""
    for place, (day, height) in enumerate(curve):
        if height < Fraction(1, 2):
            return Fraction(day)
        if height == Fraction(1, 2):
            further = [later for later, other in curve[place:] if other < height]
            return Fraction(day + further[0], 2) if further else Fraction(day)
    return None


# Faults -----------------------------------------------------------------------------------------

Fault = Callable[[Simulated, np.random.Generator], bool]


def _row(made: Simulated, claim: str) -> dict[str, Any]:
    return next(row for row in made.rows if row["claim_id"] == claim)


_PAIRS = [
    ("sex", "male"), ("sex", "female"), ("stage", "I"), ("stage", "II"), ("stage", "III"),
    ("stage", "IV"), ("response", "CR"), ("response", "ORR"), ("response", "DCR"),
    ("advanced", "yes"), ("site", "liver"), ("event", "1"),
]  # fmt: skip


def could_print(count: int, of: int, printed: str) -> bool:
    """Tell whether some convention prints a percentage so: the oracle of these tests."""
    decimals = len(printed.partition(".")[2])
    return any(rounded(Fraction(100 * count, of), decimals, way) == printed for way in EVERY)


def digit(made: Simulated, draw: np.random.Generator) -> bool:
    """Change one digit of a percentage; tell whether any count of its variable shows it."""
    variable, level = _PAIRS[int(draw.integers(len(_PAIRS)))]
    row, count = _row(made, f"{variable}-{level}-pct"), _row(made, f"{variable}-{level}-n")
    text = row["printed"]
    place = int(draw.choice([i for i, char in enumerate(text) if char.isdigit()]))
    new = str(draw.choice([d for d in "0123456789" if d != text[place]]))
    row["printed"] = text[:place] + new + text[place + 1 :]
    return not could_print(int(count["printed"]), made.n, row["printed"])


def swapped(made: Simulated, draw: np.random.Generator) -> bool:
    """Exchange two percentages of a column."""
    one, two = draw.choice(len(_PAIRS), 2, replace=False)
    rows = [_row(made, f"{_PAIRS[i][0]}-{_PAIRS[i][1]}-pct") for i in (one, two)]
    rows[0]["printed"], rows[1]["printed"] = rows[1]["printed"], rows[0]["printed"]
    counts = [int(_row(made, f"{_PAIRS[i][0]}-{_PAIRS[i][1]}-n")["printed"]) for i in (one, two)]
    return any(
        not could_print(count, made.n, row["printed"])
        for count, row in zip(counts, rows, strict=True)
    )


def denominator(made: Simulated, draw: np.random.Generator) -> bool:
    """Compute a percentage of another number of patients."""
    variable, level = _PAIRS[int(draw.integers(len(_PAIRS)))]
    row, count = _row(made, f"{variable}-{level}-pct"), _row(made, f"{variable}-{level}-n")
    k = int(count["printed"])
    of = int(draw.integers(max(1, k), made.n + 20))
    decimals = len(row["printed"].partition(".")[2])
    row["printed"] = rounded(Fraction(100 * k, of), decimals, made.convention)
    return not could_print(k, made.n, row["printed"])


def impossible_median(made: Simulated, draw: np.random.Generator) -> bool:
    """Print a median of whole numbers that is none, or one outside of its range."""
    row = _row(made, "age-median")
    if draw.integers(2):
        row["printed"] = f"{int(draw.integers(30, 80))}.{draw.choice([1, 2, 3, 4, 6, 7, 8])}"
        tenth = int(row["printed"][-1])
        # Whole numbers and halves are printed .0 and .5 under every convention.
        return tenth not in {0, 5}
    highest = Fraction(_row(made, "age-max")["printed"])
    row["printed"] = f"{int(highest) + int(draw.integers(2, 20))}.0"
    return True


def miscount(made: Simulated, draw: np.random.Generator) -> bool:
    """Print another count of a level whose others are printed too: the sum is wrong."""
    row = _row(made, f"stage-{draw.choice(['I', 'II', 'III', 'IV'])}-n")
    row["printed"] = str(int(row["printed"]) + int(draw.choice([-1, 1, 2])))
    if int(row["printed"]) < 0:
        row["printed"] = "1"
    return True


def above_all(made: Simulated, _draw: np.random.Generator) -> bool:
    """Let a survival curve rise."""
    rates = [row for row in made.rows if row["statistic"] == "rate" and row["variable"] == "OS"]
    if len(rates) < 2:
        return False
    rates[1]["printed"] = f"{min(100.0, float(rates[0]['printed']) + 1.5):.1f}"
    return float(rates[1]["printed"]) - float(rates[0]["printed"]) > 0.2


def deviation(made: Simulated, draw: np.random.Generator) -> bool:
    """Print a standard deviation that no numbers within the range have."""
    rows = [row for row in made.rows if row["statistic"] == "sd"]
    if not rows:
        return False
    row = rows[int(draw.integers(len(rows)))]
    arm = row["group_level"]
    low, high = (float(_row(made, f"age-arm-{arm}-{end}")["printed"]) for end in ("min", "max"))
    row["printed"] = f"{(high - low) * 1.2 + 3:.1f}"
    return True


def effect(made: Simulated, _draw: np.random.Generator) -> bool:
    """Print an odds ratio of other counts."""
    rows = [row for row in made.rows if row["statistic"] == "or"]
    if rows:
        value = float(rows[0]["printed"])
        rows[0]["printed"] = f"{value + 0.37 + value / 3:.2f}"
        others = {f"{1 / value:.2f}"} if value else set()
        return rows[0]["printed"] not in others
    return False


def limits(made: Simulated, draw: np.random.Generator) -> bool:
    """Print limits of a ratio that it is not in the middle of, or a p value of another."""
    rows = {row["claim_id"]: row for row in made.rows if row["variable"] == "factor"}
    if not rows:
        return False
    if draw.integers(2):
        upper = rows["factor-hr_upper"]
        upper["printed"] = f"{float(upper['printed']) * 2 + 1:.2f}"
        return float(rows["factor-hr"]["printed"]) >= 0.3
    low, high = (float(rows[f"factor-hr_{end}"]["printed"]) for end in ("lower", "upper"))
    far = low > 1.3 or high < 0.75
    rows["factor-p"]["printed"], rows["factor-p"]["comparator"] = "0.620", "="
    return far


def statistic(made: Simulated, _draw: np.random.Generator) -> bool:
    """Print a p value that is not that of its correlation."""
    rows = {row["claim_id"]: row for row in made.rows if row["variable"] == "pair"}
    if not rows or abs(float(rows["pair-r"]["printed"])) < 0.5 or made.n < 30:
        return False
    rows["pair-p"]["printed"], rows["pair-p"]["comparator"] = "0.410", "="
    return True


def at_risk(made: Simulated, _draw: np.random.Generator) -> bool:
    """Let more patients be at risk later, or more than survive."""
    rows = [row for row in made.rows if row["statistic"] == "n_at_risk"]
    if rows:
        rows[-1]["printed"] = str(made.n + 1)
    return bool(rows)


def table(made: Simulated, _draw: np.random.Generator) -> bool:
    """Print a mean that is not that of its table."""
    rows = [row for row in made.rows if row["claim_id"] == "sessions-mean"]
    if rows:
        rows[0]["printed"] = f"{float(rows[0]['printed']) + 0.09:.2f}"
    return bool(rows)


def groups(made: Simulated, draw: np.random.Generator) -> bool:
    """Print another count of an arm: the arms are not all."""
    rows = [row for row in made.rows if row["claim_id"] in {"sex-male-A-n", "sex-male-B-n"}]
    if not rows:
        return False
    row = rows[int(draw.integers(2))]
    row["printed"] = str(int(row["printed"]) + 1)
    return True


FAULTS: dict[str, Fault] = {
    "a digit": digit,
    "a swapped pair": swapped,
    "a wrong denominator": denominator,
    "an impossible median": impossible_median,
    "a wrong count": miscount,
    "a wrong count of an arm": groups,
    "a rising curve": above_all,
    "a deviation beyond its range": deviation,
    "an effect of other counts": effect,
    "a ratio beside its limits or its p": limits,
    "a p value of another statistic": statistic,
    "more at risk than there are": at_risk,
    "a mean beside its table": table,
}
