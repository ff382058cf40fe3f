"""The committed synthetic cohort against the ledger of published numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.comparison import compare
from analysis.cohort.read import load
from analysis.estimates import (
    characteristics,
    eligibility,
    response,
    survival,
    toxicity,
    treatment,
)
from analysis.parameters import Parameters

# Claims of Tables 1 to 4, the text and the captions that no cohort of counts can meet as they
# are printed, each with the reason.
KNOWN = {
    "s3.3-afp-mrecist-orr-p": "the printed p fits the table of disease control",
    "s3.3-afp-mrecist-dcr-p": "the printed p fits the table of objective response",
    "d-antipd1-recist-dcr-pct": "97.5 % where Table 3 has 97.2 %; no count of 108 gives 97.5",
    "d-prior-ici-yes-pct": "17.6 % cut off, not rounded",
    "d-viral-hepatitis-yes-pct": "the sum of two rounded percentages; 94 of 108 is 87.0 %",
}


@pytest.fixture(scope="module")
def comparison() -> pd.DataFrame:
    parameters = Parameters()
    cohort = load("synthetic", parameters)
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
            )
        ]
        + [response.estimate_afp(cohort, parameters)]
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
    assert set(missed.index) == set(KNOWN), missed[["printed", "reproduced"]].to_string()


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
