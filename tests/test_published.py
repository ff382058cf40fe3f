"""The committed synthetic cohort against the ledger of published numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.article.ledger import observed, read_ledger
from analysis.audit.comparison import compare
from analysis.audit.engine import answers_of
from analysis.audit.structure import read_structure
from analysis.audit.verdicts import NOT_ESTIMATED, REPRODUCED, judge
from analysis.cohort.read import load
from analysis.estimates import (
    characteristics,
    eligibility,
    marker,
    prognosis,
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
    return compare(observed(read_ledger()), estimates).set_index("claim_id")


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
    proved = answers_of(read_ledger(), read_structure())
    assert set(missed.index) == set(proved), missed[["printed", "reproduced"]].to_string()


def test_comparison_can_fail(comparison: pd.DataFrame) -> None:
    ledger = read_ledger()
    claim = ledger[ledger["claim_id"] == "t1-sex-male-n"]
    estimates = pd.DataFrame(
        [claim.iloc[0][["analysis_id", "group", "group_level", "variable", "variable_level",
                        "statistic"]].fillna("").to_dict() | {"value": 99.0, "note": ""}]
    )  # fmt: skip
    found = compare(claim, estimates)
    assert found["reproduced"].tolist() == ["99"]
    assert not found["agrees"].any()


# What is cut elsewhere ---------------------------------------------------------------------------

CUTS = {
    "afp_cutoff": (1_000_000, ("afp_before", "<1000", ">=1000")),
    "afp_second_cutoff": (500, ("afp_before", ">=400")),
    "tumour_count_cutoff": (2, ("tumour_count", "<5", ">=5")),
    "age_cutoff": (65, ("age_years", "<60")),
    "eqd2_cutoff": (50, ("eqd2_gy", "<60")),
}


def verdicts_under(**chosen: float) -> pd.DataFrame:
    cohort = load("synthetic", STUDY, chosen)
    parts = (characteristics.estimate, survival.estimate, prognosis.estimate, marker.estimate)
    estimates = pd.concat([part(cohort, cohort.parameters) for part in parts])
    ledger = read_ledger()
    ledger = ledger[ledger["analysis_id"].isin(estimates["analysis_id"])]
    return judge(compare(ledger, estimates), {}).set_index("claim_id")


@pytest.fixture(scope="module")
def of_the_article() -> pd.DataFrame:
    return verdicts_under()


@pytest.mark.parametrize("parameter", CUTS)
def test_a_claim_about_one_cut_is_not_reproduced_by_another(
    of_the_article: pd.DataFrame, parameter: str
) -> None:
    """ "AFP < 1,000, median PFS 12.6" was reproduced by all patients, who had AFP < 1,000,000."""
    value, (variable, *sides) = CUTS[parameter]
    found = verdicts_under(**{parameter: value})
    by_cut = found["group"].isin([variable + side for side in sides])
    by_cut |= found["variable"].eq(variable) & found["variable_level"].isin(sides)
    if parameter == "afp_second_cutoff":
        by_cut |= found["variable"].eq("afp_after") & found["variable_level"].eq("<=400")
    assert by_cut.sum() >= 2
    assert set(found.loc[by_cut, "verdict"]) == {NOT_ESTIMATED}
    # Nothing else moves: what is not cut by it is what it was.
    others = of_the_article.loc[~by_cut, "verdict"]
    assert found.loc[~by_cut, "verdict"].equals(others)
    assert (others == REPRODUCED).sum() > 100
    assert set(of_the_article.loc[by_cut, "verdict"]) == {REPRODUCED}
