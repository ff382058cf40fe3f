"""Ledgers of simulated cohorts: true numbers, any size, any convention of rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from analysis.article.ledger import COLUMNS
from analysis.audit.families.p_values.tests2x2 import p_values
from analysis.audit.structure import Structure
from analysis.study.printed import EVERY, Convention

MODES = {"half up": ROUND_HALF_UP, "half even": ROUND_HALF_EVEN, "truncated": ROUND_DOWN}
MONTH = Fraction(487, 16)  # 30.4375 days

STRUCTURE = Structure.model_validate(
    {
        "patients": "patients",
        "exclusive": [
            {"variables": ["sex", "stage"]},
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
        "whole_numbers": ["age"],
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
    return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=MODES[convention]))


@dataclass
class Simulated:
    """A ledger of a simulated cohort, with the truth behind it."""

    n: int
    convention: Convention
    orfs_at_last_imaging: bool
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

    def count(self, variable: str, level: str, members: np.ndarray, *, decimals: int = 1) -> None:
        """Print a count and its percentage."""
        k, name = int(members.sum()), f"{variable}-{level}"
        percent = rounded(Fraction(100 * k, self.n), decimals, self.convention)
        self.add(f"{name}-n", variable, level, "count", str(k), denominator=self.n)
        self.add(f"{name}-pct", variable, level, "percent", percent, denominator=self.n)

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
    n = int(draw.integers(12, 160 if seed % 10 == 0 else 60))
    made = Simulated(n, EVERY[int(draw.integers(3))], bool(draw.integers(2)))
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

    if seed % 4 == 0:
        _p_values(made, draw, sex == "male", advanced, high)
    _survival(made, draw, sex == "male")
    return made


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
    small = p < 0.001
    printed = "<0.001" if small else rounded(Fraction(f"{p:.12g}"), 3, made.convention)
    made.add(name, name, "", "p_value", printed, comparator="<" if small else "=")


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


FAULTS: dict[str, Fault] = {
    "a digit": digit,
    "a swapped pair": swapped,
    "a wrong denominator": denominator,
    "an impossible median": impossible_median,
    "a wrong count": miscount,
    "a rising curve": above_all,
}
