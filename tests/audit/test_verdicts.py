"""A verdict says what was reproduced; it can also say that it was not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.comparison import compare
from analysis.audit.form import Finding, Proof, Verdict
from analysis.audit.verdicts import judge, summary, unmet
from analysis.estimates.rows import KEY
from analysis.zhai_2025.replication import redrawn, verdict_list


def claim(**changed: object) -> pd.DataFrame:
    base = {
        "claim_id": "c1",
        "printed": "12.6",
        "value": 12.6,
        "decimals": 1,
        "comparator": "=",
        "unit": "months",
        "locator": "Table 5: Male / MST / Yes",
        **dict.fromkeys(KEY, ""),
    }
    return pd.DataFrame([base | changed]).astype({"decimals": "Int64"})


def finding(verdict: Verdict, title: str) -> Finding:
    return Finding(
        rule="a rule",
        verdict=verdict,
        title=title,
        subject=("c1",),
        excluded=(),
        allowed=(),
        declared=(),
        explanations=(),
        proof=Proof(claims=(), steps=(), certificates=()),
    )


def estimate(value: float, note: str = "") -> pd.DataFrame:
    note = note or ("not reached" if np.isnan(value) else "")
    return pd.DataFrame([{**dict.fromkeys(KEY, ""), "value": value, "note": note}])


@pytest.mark.parametrize(
    ("changed", "value", "reproduced", "agrees"),
    [
        ({}, 12.55, "12.6", True),
        ({}, 12.549, "12.5", False),
        ({}, np.nan, "NR", False),
        ({"comparator": "not reached", "value": np.nan, "decimals": None}, np.nan, "NR", True),
        ({"comparator": "not reached", "value": np.nan, "decimals": None}, 30.0, "30", False),
        (
            {"comparator": "<", "printed": "<0.001", "value": 0.001, "decimals": 3},
            0.00099,
            "0.001",
            True,
        ),
        (
            {"comparator": "<", "printed": "<0.001", "value": 0.001, "decimals": 3},
            0.001,
            "0.001",
            False,
        ),
        ({"comparator": ">", "printed": ">40", "value": 40.0, "decimals": 0}, 40.7, "41", True),
        ({"comparator": ">", "printed": ">40", "value": 40.0, "decimals": 0}, 40.0, "40", False),
        ({"printed": "100", "value": 100.0, "decimals": 0}, 99.5, "100", True),
    ],
)
def test_compare(changed: dict[str, object], value: float, reproduced: str, agrees: bool) -> None:
    found = compare(claim(**changed), estimate(value)).iloc[0]
    assert (found["reproduced"], bool(found["agrees"])) == (reproduced, agrees)


@pytest.mark.parametrize("note", ["no patients", "no event while two groups were at risk"])
def test_what_nobody_could_give_is_not_called_not_reached(note: str) -> None:
    for said in ({}, {"comparator": "not reached", "value": np.nan, "decimals": None}):
        found = compare(claim(**said), estimate(np.nan, note))
        assert found["reproduced"].tolist() == ["–"]
        assert judge(found, {})["verdict"].tolist() == ["not estimated"]


def test_what_is_not_estimated_is_not_missed_and_says_so() -> None:
    verdicts = judge(compare(claim(variable="other"), estimate(1)), {})
    assert verdicts["verdict"].tolist() == ["not estimated"]
    assert unmet(verdicts) == [
        "not estimated: Table 5: Male / MST / Yes: printed 12.6, this dataset – "
        "(not estimated from this dataset)"
    ]
    assert (
        summary(verdicts)
        == "claims: 0 reproduced, 0 impossible (proved), 0 possible under another reading, "
        "0 missed, 1 not estimated"
    )


def test_a_proof_turns_missed_into_impossible_and_never_hides_what_is_reproduced() -> None:
    for verdict, words in (
        (Verdict.IMPOSSIBLE, "impossible (proved)"),
        (Verdict.READING, "possible under another reading"),
    ):
        answers = {"c1": finding(verdict, "it is not so")}
        judged = judge(compare(claim(), estimate(13)), answers).iloc[0]
        assert judged["verdict"] == words
        assert judged["reason"] == "it is not so"
        assert f'href="#{answers["c1"].name}"' in verdict_list(pd.DataFrame([judged])).data
        assert judge(compare(claim(), estimate(12.6)), answers)["verdict"][0] == "reproduced"


def test_pages_escape_what_a_ledger_says() -> None:
    hostile = "Table 5: <script>alert(1)</script> / MST / Yes"
    verdicts = judge(
        compare(claim(locator=hostile), estimate(13)),
        {"c1": finding(Verdict.READING, "<b>why</b>")},
    )
    for shown in (verdict_list(verdicts).data, redrawn(verdicts, "Table 5").data):
        assert "<script>alert" not in shown
        assert "<b>why" not in shown


def test_redrawn_tables_hold_every_number_of_the_article() -> None:
    ledger = read_ledger()
    verdicts = judge(compare(ledger, estimate(0)), {})
    for table in ("Table 1", "Table 2", "Table 3", "Table 4", "Table 5"):
        count = ledger["locator"].str.startswith(f"{table}: ").sum()
        assert redrawn(verdicts, table).data.count('<td class="number') == count
