"""The committed synthetic cohort against the ledger of published numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.comparison import compare
from analysis.audit.engine import proved_claims
from analysis.audit.structure import read_structure
from analysis.cohort.read import load
from analysis.estimates import (
    characteristics,
    eligibility,
    marker,
    response,
    survival,
    toxicity,
    treatment,
)
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY


@pytest.fixture(scope="module")
def comparison() -> pd.DataFrame:
    parameters = Parameters()
    cohort = load("synthetic", STUDY, parameters)
    estimates = pd.concat(
        [
            analysis.estimate(cohort, parameters)
            for analysis in (
                eligibility,
                characteristics,
                treatment,
                response,
                survival,
                toxicity,
                marker,
            )
        ]
    )
    return compare(read_ledger(), estimates).set_index("claim_id")


@pytest.mark.parametrize("table", ["Table 1", "Table 2", "Table 3", "Table 4"])
def test_every_number_of_a_table(comparison: pd.DataFrame, table: str) -> None:
    claims = comparison[comparison["locator"].str.startswith(f"{table}:")]
    missed = claims[~claims["agrees"]]
    assert missed.empty, missed[["printed", "reproduced"]].to_string()
    assert len(claims) > 50


def test_every_number_of_the_text(comparison: pd.DataFrame) -> None:
    text = comparison[
        ~comparison["locator"].str.startswith("Table")
        & (comparison["analysis_id"] != "prognosis")
        & ~comparison["analysis_id"].str.startswith("grade5")
    ]
    missed = text[~text["agrees"]]
    proved = proved_claims(read_ledger(), read_structure())
    assert set(missed.index) == set(proved), missed[["printed", "reproduced"]].to_string()


def test_comparison_can_fail(comparison: pd.DataFrame) -> None:
    ledger = read_ledger()
    claim = ledger[ledger["claim_id"] == "t1-sex-male-n"]
    estimates = pd.DataFrame(
        [claim.iloc[0][["analysis_id", "group", "group_level", "variable", "variable_level",
                        "statistic"]].fillna("").to_dict() | {"value": 99.0}]
    )  # fmt: skip
    found = compare(claim, estimates)
    assert found["reproduced"].tolist() == ["99"]
    assert not found["agrees"].any()
