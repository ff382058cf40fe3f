"""Rules on small ledgers: what each finds, what it leaves open, and its proof."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analysis.article.ledger import COLUMNS
from analysis.audit import checker
from analysis.audit.engine import Audit, answers, audit
from analysis.audit.finders.evidence import Evidence
from analysis.audit.finders.relations import relations_of
from analysis.audit.form import Finding, Infeasible, Verdict
from analysis.audit.structure import Structure
from analysis.study.printed import EVERY
from benchmarks.true_statements import PLAIN


def row(claim: str, statistic: str, printed: str, **keys: Any) -> dict[str, Any]:
    return (
        dict.fromkeys(COLUMNS, "")
        | {
            "claim_id": claim,
            "analysis_id": "a",
            "variable": claim,
            "statistic": statistic,
            "printed": printed,
            "comparator": "=",
            "denominator": None,
            "locator": f"Here: {claim}",
        }
        | keys
    )


def level(claim: str, printed: str, of: int | None, **keys: Any) -> dict[str, Any]:
    """Give a percentage of a level `x=<claim>`, or of what `keys` say."""
    return row(
        claim, "percent", printed, **({"variable": "x", "variable_level": claim} | keys),
        denominator=of,
    )  # fmt: skip


def audited(rows: list[dict[str, Any]], **declared: Any) -> Audit:
    found = audit(pd.DataFrame(rows), Structure.model_validate(declared))
    assert found.rejected == ()
    return found


def only(found: Audit, *verdicts: Verdict) -> Finding:
    (finding,) = [finding for finding in found.findings if finding.verdict in verdicts]
    return finding


PATIENTS = row("n", "count", "1000")


# Counts and percentages -------------------------------------------------------------------------


def test_a_percentage_of_no_printed_number_is_of_anything() -> None:
    patients = row("n", "count", "12")
    for printed in ("63.6", "64.9"):
        found = audited([patients, level("a", printed, None)], patients="n")
        assert found.findings == []
        assert not found.checks["count and percentage"]


def test_where_one_number_does_not_fit_the_others_it_is_the_one_named() -> None:
    key = {"variable": "x", "variable_level": "a"}
    rows = [
        row("n", "count", "40"),
        row("k", "count", "13", denominator=40, **key),
        level("p", "32.5", 40, **key),
        level("q", "36", 40, **key),
    ]
    # Of 36 patients 13 are 36 %: weights, and some without a value, are readings of it.
    finding = only(audited(rows, patients="n"), Verdict.READING)
    assert finding.subject == ("q",)
    assert set(answers(audited(rows, patients="n"))) == {"q"}
    rows[-1]["printed"] = "27"
    assert only(audited([*rows, *PLAIN], patients="n"), Verdict.IMPOSSIBLE).subject == ("q",)


def test_of_two_numbers_that_do_not_agree_neither_is_named() -> None:
    key = {"variable": "x", "variable_level": "a"}
    rows = [row("k", "count", "13", denominator=40, **key), level("p", "35.0", 40, **key)]
    found = audited(rows)
    assert only(found, Verdict.READING).subject == ()
    assert answers(found) == {}


@pytest.mark.parametrize(("count", "percent", "wrong"), [("18", "37.5", "k"), ("15", "35.0", "p")])
def test_a_sum_tells_which_of_two_numbers_does_not_agree(
    count: str, percent: str, wrong: str
) -> None:
    key = {"variable": "x", "variable_level": "a"}
    rows = [
        row("n", "count", "40"),
        row("k", "count", count, denominator=40, **key),
        level("p", percent, 40, **key),
        row("rest", "count", "12", denominator=40, variable="y", variable_level="b"),
        row("whole", "count", "27", denominator=40, variable="y", variable_level="all"),
    ]
    sums = [{"whole": "y=all", "parts": ["x=a", "y=b"]}]
    found = audited([*rows, *PLAIN], patients="n", sums=sums)
    assert any(finding.subject == (wrong,) for finding in found.findings)


def test_a_sum_that_one_other_digit_would_mend() -> None:
    rows = [
        row("n", "count", "40"),
        row("a", "count", "18", denominator=40, variable="x", variable_level="a"),
        row("b", "count", "27", denominator=40, variable="x", variable_level="b"),
    ]
    finding = only(
        audited(rows, patients="n", exclusive=[{"variables": ["x"]}]), Verdict.IMPOSSIBLE
    )
    assert finding.subject == ()
    assert finding.declared == (
        "every patient is in one level of x, as declared in structure.yaml",
    )
    assert finding.explanations == (
        "45 instead of “40” (Here: n) would add up",
        "13 instead of “18” (Here: a) would add up",
        "22 instead of “27” (Here: b) would add up",
    )


def test_a_ledger_that_cuts_off_is_read_as_one() -> None:
    rows = [row("n", "count", "40")]
    for k in (3, 7, 11, 13):
        key = {"variable": "x", "variable_level": str(k)}
        rows += [
            row(f"k{k}", "count", str(k), denominator=40, **key),
            level(f"p{k}", str(100 * k // 40), 40, **key),
        ]
    assert audited(rows, patients="n").findings == []


def test_more_than_is_no_number() -> None:
    key = {"variable": "x", "variable_level": "a"}
    count = row("k", "count", "13", denominator=40, **key)
    assert audited([count, level("p", "30", 40, comparator=">", **key)]).findings == []
    assert audited([count, level("p", "40", 40, comparator=">", **key)]).findings != []


# Sums -------------------------------------------------------------------------------------------


def joint(f: str) -> Audit:
    """Give three levels of about a third; f is the third of them and eight patients more."""
    rows = [
        PATIENTS,
        level("a", "33", 1000),
        level("b", "33", 1000),
        level("c", "30", 1000, comparator=">"),
        level("f", f, 1000, variable="y"),
        row("g", "count", "8", variable="y", variable_level="g", denominator=1000),
    ]
    sums = [{"whole": "y=f", "parts": ["x=c", "y=g"]}]
    subsets = [{"part": "y=g", "whole": "y=f"}]
    exclusive = [{"variables": ["x"]}]
    return audited(rows, patients="n", exclusive=exclusive, sums=sums, subsets=subsets)


def test_counts_that_only_together_cannot_hold() -> None:
    assert joint("33").findings == []
    found = joint("32")
    finding = only(found, Verdict.READING)
    assert finding.rule == "all counts together"
    certificate = finding.proof.certificates[0]
    assert isinstance(certificate, Infeasible)
    assert len(certificate.relations) == 2
    assert set(finding.declared) == {
        "every patient is in one level of x, as declared in structure.yaml",
        "the parts make up y, f, as declared in structure.yaml",
    }

    evidence = Evidence.of(found.ledger, found.structure)
    ledger = checker.Ledger(evidence.rows, found.structure)
    more = next(r for r in relations_of(evidence, EVERY) if r.part == "subsets")
    first, second = certificate.relations
    wider = first.model_copy(update={"terms": first.terms[1:]})
    for relations in ((first,), (first, second, more), (wider, second), (first, first)):
        changed = certificate.model_copy(update={"relations": relations})
        with pytest.raises(checker.Rejected):
            checker.conclude(ledger, [changed])


@pytest.mark.parametrize(
    ("printed", "impossible"), [(("5", "7"), False), (("5", "8"), True), (("4", "7"), True)]
)
def test_levels_add_up(printed: tuple[str, str], impossible: bool) -> None:
    rows = [
        row("n", "count", "12"),
        *(
            row(name, "count", text, variable="x", variable_level=name, denominator=12)
            for name, text in zip("ab", printed, strict=True)
        ),
    ]
    found = audited(rows, patients="n", exclusive=[{"variables": ["x"]}])
    assert bool(found.findings) == impossible


# Medians ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "median", "verdict"),
    [
        (108, "56.5", None),
        (108, "56.3", Verdict.READING),  # by interpolation
        (107, "56.5", Verdict.READING),  # 106 patients with an age would do
        (107, "56", None),
        (107, "56.0", None),
        (108, "56.4", Verdict.READING),
    ],
)
def test_medians_of_whole_numbers(n: int, median: str, verdict: Verdict | None) -> None:
    rows = [row("n", "count", str(n)), row("age", "median", median)]
    found = audited(rows, patients="n", whole_numbers=["age"])
    assert [finding.verdict for finding in found.findings] == ([verdict] if verdict else [])


def test_means_of_whole_numbers_in_few_patients() -> None:
    rows = [row("n", "count", "7"), row("age", "mean", "56.50")]
    found = audited(rows, patients="n", whole_numbers=["age"])
    assert only(found, Verdict.READING).allowed[0] == "1 of the 7 has no value"
    rows[1]["printed"] = "56.57"
    assert audited(rows, patients="n", whole_numbers=["age"]).findings == []


@pytest.mark.parametrize(
    ("median", "beyond", "verdict"),
    [
        ("406", "6", Verdict.NARROW),
        ("406", "7", None),
        ("406", "5", Verdict.READING),  # of those with a value, or of others
        ("390", "6", Verdict.NARROW),
        ("390", "7", Verdict.READING),
        ("390", "5", None),
    ],
)
def test_median_and_cut_off(median: str, beyond: str, verdict: Verdict | None) -> None:
    rows = [
        row("n", "count", "12"),
        row("afp", "median", median),
        row("high", "count", beyond, variable_level="yes", denominator=12),
    ]
    cuts = [{"variable": "afp", "level": "high=yes", "at_least": 400}]
    found = audited(rows, patients="n", cuts=cuts)
    assert [finding.verdict for finding in found.findings] == ([verdict] if verdict else [])


# Survival ---------------------------------------------------------------------------------------


def rate(month: int, printed: str, endpoint: str = "OS") -> dict[str, Any]:
    name = f"{endpoint}{month}"
    return row(name, "rate", printed, variable=endpoint, variable_level=str(month))


def median(printed: str, **keys: Any) -> dict[str, Any]:
    return row("median" + "".join(map(str, keys.values())), "median", printed,
               **({"variable": "OS"} | keys))  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "verdicts"),
    [
        ([rate(12, "70.0"), rate(24, "50.0")], []),
        ([rate(12, "70.0"), rate(24, "71.0")], [Verdict.READING]),
        ([rate(12, "70.0"), median("9.0")], [Verdict.READING]),
        ([rate(12, "70.0"), median("11.6")], [Verdict.READING]),  # months of other lengths
        ([rate(12, "70.0"), median("12.1")], []),
        ([rate(12, "30.0"), median("17.0")], [Verdict.READING]),
        ([rate(12, "50.0"), median("17.0")], []),  # a curve that stays at one half
        ([rate(12, "103.0")], [Verdict.READING]),
    ],
)
def test_rates_and_medians(rows: list[dict[str, Any]], verdicts: list[Verdict]) -> None:
    assert [finding.verdict for finding in audited(rows).findings] == verdicts


@pytest.mark.parametrize(
    ("printed", "events", "verdict"),
    [
        ("96.7", "1", Verdict.NARROW),
        ("96.8", "1", Verdict.NARROW),  # 31 at risk
        ("99.6", "1", Verdict.READING),  # more than 108 at risk
        ("96.7", "0", Verdict.READING),
        ("93.4", "2", None),
        ("93.4", "9", Verdict.UNDECIDED),
    ],
)
def test_heights_of_steps(printed: str, events: str, verdict: Verdict | None) -> None:
    rows = [
        row("n", "count", "108"),
        row("e", "count", events, variable="relapse", variable_level="yes", denominator=108),
        rate(24, printed, "IRFS"),
    ]
    found = audited(rows, patients="n", survival={"events": {"IRFS": "relapse=yes"}})
    assert [finding.verdict for finding in found.findings] == ([verdict] if verdict else [])


@pytest.mark.parametrize(("follow_up", "found"), [("18.8", True), ("17.05", False), ("12", False)])
def test_follow_up(follow_up: str, found: bool) -> None:
    rows = [
        row("n", "count", "108"),
        row("e", "count", "49", variable="death", variable_level="yes", denominator=108),
        median("17.0"),
        row("f", "median", follow_up, variable="follow_up"),
    ]
    survival = {"overall": "OS", "follow_up": "follow_up", "events": {"OS": "death=yes"}}
    raised = audited(rows, patients="n", survival=survival).findings
    assert bool([finding for finding in raised if finding.subject == ("f",)]) == found


def test_a_median_of_all_outside_of_two_groups_depends_on_censoring() -> None:
    groups = [
        median(printed, analysis_id="prognosis", group="male", group_level=name)
        for name, printed in (("yes", "15.0"), ("no", "12.0"))
    ]
    for overall, raised in (("13.0", False), ("17.0", True)):
        found = audited([median(overall), *groups], survival={"groups": "prognosis"})
        assert bool(found.findings) == raised
        assert all(finding.verdict == Verdict.READING for finding in found.findings)


# P values ---------------------------------------------------------------------------------------


def test_too_many_tables_are_not_decided() -> None:
    rows = [
        row("n", "count", "60000"),
        *(
            row(name, "count", "21000", variable=name, denominator=60000, variable_level="yes")
            for name in ("u", "v")
        ),
        row("p", "p_value", "0.044"),
    ]
    family = {
        "name": "two",
        "readings": ["association"],
        "values": [{"claim": "p", "margins": ["u", "v"]}],
    }
    finding = only(audited(rows, patients="n", p_values=[family]), Verdict.UNDECIDED)
    assert "21,001" in finding.title


# Drafts -----------------------------------------------------------------------------------------


def test_what_a_draft_is_not_sure_of_proves_nothing() -> None:
    rows = [row("p", "p_value", "5.2"), row("n", "count", "40")]
    assert only(audited(rows), Verdict.IMPOSSIBLE).subject == ("p",)
    twice = [row("a", "median", "9.1", variable="OS"), row("b", "median", "9.4", variable="OS")]
    assert set(only(audited(twice), Verdict.RESTATED).subject) == {"a", "b"}
    twice[1]["note"] = "? of what?"
    assert audited(twice).findings == []
    rows[0]["note"] = "? is this a p value?"
    finding = only(audited(rows), Verdict.READING)
    assert finding.allowed == ("what the draft of the ledger asks is answered otherwise (Here: p)",)
