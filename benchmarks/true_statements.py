"""Small ledgers of unusual statements that are true, and of some that are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.article.ledger import COLUMNS
from analysis.audit.engine import Audit, audit
from analysis.audit.structure import Structure


@dataclass(frozen=True)
class Case:
    """A ledger, what is declared about it, and what the audit says of it.

    `says` are parts of what is allowed, or of the titles, of its findings, in any order; without
    any, nothing is found.
    """

    name: str
    rows: tuple[dict[str, Any], ...]
    declared: dict[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    def audited(self) -> Audit:
        """Audit it."""
        return audit(pd.DataFrame(self.rows), Structure.model_validate(self.declared))


def row(
    claim: str,
    what: str,
    statistic: str,
    printed: str,
    of: int | None = None,
    *,
    analysis: str = "a",
    arm: str = "",
    comparator: str = "=",
) -> dict[str, Any]:
    """Give a claim about `variable` or `variable=level`."""
    variable, _, level = what.partition("=")
    return dict.fromkeys(COLUMNS, "") | {
        "claim_id": claim,
        "analysis_id": analysis,
        "group": "arm" if arm else "",
        "group_level": arm,
        "variable": variable,
        "variable_level": level,
        "statistic": statistic,
        "printed": printed,
        "comparator": comparator,
        "denominator": of,
        "locator": f"Here: {claim}",
    }


def cell(what: str, n: int, percent: str, of: int, **keys: Any) -> list[dict[str, Any]]:
    """Give a count and its percentage, as tables print them."""
    name = "-".join(str(part) for part in (what, *keys.values()))
    return [
        row(f"{name}-n", what, "count", str(n), of, **keys),
        row(f"{name}-p", what, "percent", percent, of, **keys),
    ]


def n(patients: int) -> dict[str, Any]:
    """Give the claim of how many patients there are."""
    return row("n", "patients", "count", str(patients))


# Enough plain percentages to show that they are of counted patients.
PLAIN = [
    *cell("plain=a", 3, "7.1", 42),
    *cell("plain=b", 9, "21.4", 42),
    *cell("plain=c", 11, "26.2", 42),
    *cell("plain=d", 19, "45.2", 42),
    *cell("plain=e", 29, "69.0", 42),
]

STAGES = [
    *(row(f"{s}A", f"stage={s}", "count", str(k), 200, arm="A")
      for s, k in (("I", 100), ("II", 60), ("III", 40))),
    *(row(f"{s}B", f"stage={s}", "count", str(k), 200, arm="B")
      for s, k in (("I", 90), ("II", 62), ("III", 48))),
]  # fmt: skip
STAGE_TABLE = {"p_tables": [{"claim": "p", "rows": [["IA", "IIA", "IIIA"], ["IB", "IIB", "IIIB"]]}]}
WEIGHTED = "weighted"

CASES = (
    Case(
        "two arms of 40, each with all its levels",
        (n(80), *(c for arm in "AB" for level, k, p in (("m", 26, "65.0"), ("f", 14, "35.0"))
                  for c in cell(f"sex={level}", k, p, 40, arm=arm))),
        {"patients": "n", "exclusive": [{"variables": ["sex"]}]},
    ),
    Case(
        "intention to treat and per protocol are not added",
        (n(50), *cell("response=CR", 20, "40.0", 50, analysis="itt"),
         *cell("response=PD", 30, "60.0", 50, analysis="itt"),
         *cell("response=CR", 18, "40.0", 45, analysis="pp"),
         *cell("response=PD", 27, "60.0", 45, analysis="pp")),
        {"patients": "n", "exclusive": [{"variables": ["response"]}]},
    ),
    Case(
        "two of sixty have no value",
        (n(60), *cell("smoker=yes", 21, "35.0", 60), *cell("smoker=no", 37, "61.7", 60)),
        {"patients": "n", "exclusive": [{"variables": ["smoker"]}]},
        ("2 of the 60 have no value",),
    ),
    Case(
        "a percentage of those measured, with the column's number",
        (n(60), *PLAIN, *cell("x=yes", 21, "36.2", 60)),
        {"patients": "n"},
        ("2 of the 60 have no value, so that it is of 58",),
    ),
    Case(
        "survey weights",
        (n(40), *cell("sex=male", 26, "63.2", 40)),
        {"patients": "n"},
        (WEIGHTED,),
    ),
    Case(
        "disclosure control: 522 and 476 of 998, counts rounded to 5",
        (n(1000), *cell("sex=male", 520, "52.3", 1000), *cell("sex=female", 475, "47.7", 1000)),
        {"patients": "n", "exclusive": [{"variables": ["sex"]}]},
        (WEIGHTED, WEIGHTED),
    ),
    Case(
        "percentages that were made to add up to 100",
        (n(52), *cell("c=a", 4, "8", 52), *cell("c=b", 13, "25", 52), *cell("c=c", 3, "6", 52),
         *cell("c=d", 12, "23", 52), *cell("c=e", 6, "11", 52), *cell("c=f", 14, "27", 52)),
        {"patients": "n", "exclusive": [{"variables": ["c"]}]},
        ("11 is cut off",),
    ),
    Case(
        "one of three thirds, rounded up so that they add up to 100",
        (*PLAIN, *cell("t=a", 12, "33.4", 36), *cell("t=b", 12, "33.3", 36),
         *cell("t=c", 12, "33.3", 36)),
        {"exclusive": [{"variables": ["t"]}]},
        ("made to add up to 100",),
    ),
    Case(
        "limits of an odds ratio in the other order",
        (row("o", "x", "or", "0.58"), row("l", "x", "or_lower", "0.79"),
         row("u", "x", "or_upper", "0.42")),
        {},
        ("or lower “0.79” above or “0.58”", "or “0.58” above or upper “0.42”",
         "the two limits are exchanged"),
    ),
    Case(
        "events, of which a patient can have several",
        (n(40), *cell("nausea=events", 45, "112.5", 40)),
        {"patients": "n"},
        ("events or lesions are counted", WEIGHTED),
    ),
    Case(
        "lesions, not patients",
        (n(26), row("lc", "local_control_lesions", "percent", "98.4")),
        {"patients": "n"},
    ),
    Case(
        "a ratio of doses is no count",
        (n(30), row("rdi", "dose_intensity", "percent", "92.7")),
        {"patients": "n"},
    ),
    Case(
        "one year typed as 1",
        (n(40), row("m", "OS", "median", "9.0"), row("r", "OS=1", "rate", "40.0")),
        {"patients": "n"},
        ("different units",),
    ),
    Case(
        "one year, named as such, and a median in months",
        (n(40), row("m", "OS", "median", "9.0") | {"unit": "months"},
         row("r", "OS=1 year", "rate", "40.0"), row("q", "OS=24 months", "rate", "12.0"),
         row("s", "OS=52 weeks", "rate", "40.0")),
        {"patients": "n"},
    ),
    Case(
        "a cumulative incidence that rises, and a percentage that counts nobody",
        (n(40), row("a", "relapse=12", "incidence", "6.1"),
         row("b", "relapse=24", "incidence", "15.7"),
         row("w", "sex=male", "weighted_percent", "63.2", 40), *cell("sex=male", 26, "65.0", 40)),
        {"patients": "n"},
    ),
    Case(
        "an incidence that falls, and a rate at one year below one half with a later median",
        (n(40), row("a", "relapse=12", "incidence", "16.1"),
         row("b", "relapse=24", "incidence", "5.7"),
         row("m", "OS", "median", "19.0") | {"unit": "months"},
         row("r", "OS=1 year", "rate", "40.0")),
        {"patients": "n"},
        ("incidence “16.1” above", "40.0% at 1 year and a median of 19.0"),
        ("a", "b", "m", "r"),
    ),
    Case(
        "plain limits beyond 100",
        (n(40), row("r", "OS=12", "rate", "96.7"), row("l", "OS=12", "rate_lower", "92.1"),
         row("u", "OS=12", "rate_upper", "101.3")),
        {"patients": "n"},
        ("plain limits",),
    ),
    Case(
        "relative survival rises, beyond 100",
        (n(200), *(row(f"r{t}", f"relative_survival={t}", "rate", p)
                   for t, p in ((12, "99.2"), (60, "99.8"), (120, "100.6")))),
        {"patients": "n"},
        ("relative survival, which can pass", "a curve that can rise", "a curve that can rise"),
    ),
    Case(
        "Fisher's test in the 100 of 108 who can be judged",
        (n(108), *cell("marker=high", 40, "40.0", 100), *cell("response=yes", 30, "30.0", 100),
         row("p", "response=yes", "p_value", "0.0135")),
        {"patients": "n", "p_values": [{"name": "m", "readings": ["association"], "values": [
            {"claim": "p", "margins": ["response=yes-n", "marker=high-n"]}]}]},
        ("can be of a test of association, Fisher",),
    ),
    Case(
        "the first arm's deaths are not all",
        (n(100), row("dA", "death=yes", "count", "20", 50, arm="A"),
         row("dB", "death=yes", "count", "45", 50, arm="B"),
         row("d", "death=yes", "count", "65", 100),
         row("m", "OS", "median", "14.0"), row("f", "follow_up", "median", "15.0")),
        {"patients": "n", "survival": {"overall": "OS", "follow_up": "follow_up",
                                       "events": {"OS": "death=yes"}}},
    ),
    Case(
        "one less a cumulative incidence",
        (n(60), row("e", "relapse=yes", "count", "1", 60), row("lc", "LC=24", "rate", "95.6")),
        {"patients": "n", "survival": {"events": {"LC": "relapse=yes"}}},
        ("cumulative incidence",),
    ),
    Case(
        "cross-over: twelve patients in both",
        (n(40), *cell("got=A", 30, "75.0", 40), *cell("got=B", 22, "55.0", 40)),
        {"patients": "n", "several": [{"variable": "got", "because": "cross-over"}]},
    ),
    Case(
        "a half as the median of an odd number",
        (n(101), row("m", "age", "median", "61.5"), row("a", "age", "min", "38"),
         row("z", "age", "max", "79")),
        {"patients": "n", "whole_numbers": ["age"]},
        ("1 of the 101 has no value",),
    ),
    Case(
        "a median of grouped data",
        (n(100), row("m", "age", "median", "61.3")),
        {"patients": "n", "whole_numbers": ["age"]},
        ("grouped data",),
    ),
    Case(
        "an interquartile range typed as a range",
        (n(40), row("m", "size", "mean", "9.1"), row("d", "size", "median", "5.0"),
         row("a", "size", "min", "3.0"), row("z", "size", "max", "8.0")),
        {"patients": "n"},
        ("interquartile range",),
    ),
    Case(
        "Fisher's test of a table of 400",
        (n(400), *STAGES, row("p", "stage", "p_value", "0.5324")),
        {"patients": "n", **STAGE_TABLE},
    ),
    Case(
        "a test for trend",
        (n(400), *STAGES, row("p", "stage", "p_value", "0.2568")),
        {"patients": "n", **STAGE_TABLE},
    ),
    Case(
        "a one-sided test",
        (n(200), *cell("resp=yes", 40, "40.0", 100, arm="A"),
         *cell("resp=yes", 28, "28.0", 100, arm="B"), row("p", "resp=yes", "p_value", "0.0366")),
        {"patients": "n", "p_values": [{"name": "r", "readings": ["unpaired"], "values": [
            {"claim": "p", "margins": ["resp=yes-A-n", "resp=yes-B-n"]}]}]},
        ("Pearson one-sided",),
    ),
    Case(
        "percentages that were rounded twice, all of an article",
        (*PLAIN, *cell("x=a", 4, "2", 274), *cell("x=b", 15, "6", 274),
         *cell("x=c", 26, "10", 274)),
        {},
        ("percentages of this article are rounded twice",),
    ),
    Case(
        "two statements with different numbers behind them",
        (n(74), row("s", "eff=yes", "count", "35", 46, arm="S"),
         row("s2", "eff=yes", "percent", "76.1", 46, arm="S"),
         row("t", "eff=yes", "count", "36", 36, arm="S")),
        {"patients": "n"},
    ),
    # What is not true ----------------------------------------------------------------------------
    Case(
        "two sums of one whole, of which one cannot be",
        (n(40), *cell("r=CR", 6, "15.0", 40), *cell("r=PR", 13, "32.5", 40),
         *cell("r=uPR", 3, "7.5", 40), *cell("r=ORR", 22, "55.0", 40)),
        {"patients": "n", "sums": [{"whole": "r=ORR", "parts": ["r=CR", "r=PR"]},
                                   {"whole": "r=ORR", "parts": ["r=CR", "r=PR", "r=uPR"]}]},
        ("the counts do not add up, 6 + 13 = 22",),
        ("r=CR-n", "r=PR-n", "r=ORR-n"),
    ),
    Case(
        "one of many, twice over",
        (n(3_000_000), row("a", "sex=male", "count", "1500001", 3_000_000),
         row("b", "sex=female", "count", "1500001", 3_000_000)),
        {"patients": "n", "exclusive": [{"variables": ["sex"]},
                                        {"variables": ["sex"], "levels": ["male", "female"]}]},
        ("3000000 = 1500001 + 1500001",),
        ("a", "b", "n"),
    ),
    Case(
        "a percentage that no count gives, of any number",
        (n(42), *PLAIN, *cell("x=yes", 17, "44.2", 42), *cell("x=no", 25, "59.5", 42)),
        {"patients": "n"},
        ("“44.2” does not agree with the other numbers",),
        ("x=yes-p",),
    ),
    Case(
        "p values that are none",
        (row("p0", "x", "p_value", "<0.000", comparator="<"), row("p1", "y", "p_value", "-0.22"),
         row("p2", "z", "p_value", "5.2")),
        {},
        ("“<0.000”", "“-0.22”", "“5.2”"),
        ("p0", "p1", "p2"),
    ),
    Case(
        "sessions 4 × 1 and 8 × 2 have no mean of 1.5",
        (row("one", "sessions=1", "count", "4"), row("two", "sessions=2", "count", "8"),
         row("mean", "sessions", "mean", "1.5"), row("most", "cycles", "max", "10"),
         row("middle", "cycles", "median", "10.5")),
        {"whole_numbers": ["cycles"]},
        ("mean “1.5”, and 1.66… from the table", "median “10.5” above max “10”"),
        ("mean", "middle", "most"),
    ),
    Case(
        "quartiles in the wrong order, and a mean that no 28 whole numbers have",
        (n(28), row("q1", "age", "q1", "70"), row("q3", "age", "q3", "60"),
         row("mean", "items", "mean", "3.48")),
        {"patients": "n", "whole_numbers": ["items"]},
        ("q1 “70” above q3 “60”", "mean “3.48” of 28 whole numbers"),
        ("q1", "q3", "mean"),
    ),
)  # fmt: skip
