"""The committed ledger against itself, and the reader against ledgers with faults."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from analysis.article.comparators import read_comparators
from analysis.article.ledger import (
    CLAIMS,
    COLUMNS,
    KEY,
    NOT_REACHED,
    OPTIONAL,
    LedgerFaults,
    published,
    read_ledger,
)
from analysis.estimates import rows

# A number is a numeral or "NR"; Table 3 has 60 cells, 8 of which are dashes for p values not given.
NUMBERS_IN_TABLE = {"Table 1": 59, "Table 2": 62, "Table 3": 52, "Table 4": 140, "Table 5": 96}

# Levels that are printed as one percentage, with the levels whose counts they add up.
SUMMED = {
    ("characteristics", "viral_hepatitis", "yes"): ("hepatitis", ["HBV", "HCV"]),
    ("treatment", "therapy_line_group", ">=3"): ("therapy_line", ["3", "4", "5", "6"]),
    ("treatment", "targeted_therapy", "yes"): (
        "targeted_agent",
        ["sorafenib", "lenvatinib", "regorafenib", "apatinib"],
    ),
    ("adverse_events", "hypothyroidism", "any"): ("hypothyroidism", ["1", "2", "3", "4", "5"]),
    ("adverse_events", "pneumonitis", ">=2"): ("pneumonitis", ["2", "3", "4", "5"]),
    ("adverse_events", "thrombocytopenia", ">=3"): ("thrombocytopenia", ["3", "4", "5"]),
}

# Percentages that are not their count over its denominator, rounded half up.
KNOWN_EXCEPTIONS = {
    "d-antipd1-recist-dcr-pct": "97.5, where 105 of 108 is 97.2, as Table 3 has it",
    "d-viral-hepatitis-yes-pct": "87.1, where 94 of 108 is 87.0: the sum of 81.5 and 5.6, rounded",
    "d-prior-ici-yes-pct": "17, where 19 of 108 is 17.6: truncated, not rounded",
}


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    return read_ledger()


def half_up(value: Fraction, decimals: int) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def counts_of(ledger: pd.DataFrame, claim: pd.Series) -> list[int]:
    """Give every count that is printed, or adds up from printed ones, for a percentage."""
    count = ledger["statistic"].eq("count")
    same = (ledger[KEY[:-1]] == claim[KEY[:-1]]).all(axis=1)
    counts = ledger.loc[count & same, "value"].astype(int).tolist()
    summed = SUMMED.get((claim["analysis_id"], claim["variable"], claim["variable_level"]))
    if summed:
        variable, levels = summed
        parts = ledger[
            count
            & ledger["analysis_id"].eq(claim["analysis_id"])
            & ledger["variable"].eq(variable)
            & ledger["variable_level"].isin(levels)
        ].drop_duplicates(KEY)
        assert set(parts["variable_level"]) == set(levels), claim["claim_id"]
        counts.append(int(parts["value"].sum()))
    return counts


def disagrees(claim: pd.Series, count: int) -> bool:
    share = Fraction(100 * count, int(claim["denominator"]))
    if claim["comparator"] == ">":
        return not share > Fraction(claim["printed"])
    return str(half_up(share, claim["decimals"])) != claim["printed"]


@pytest.mark.parametrize(("table", "numbers"), NUMBERS_IN_TABLE.items())
def test_every_number_of_a_table_is_there(ledger, table, numbers):
    assert ledger["locator"].str.startswith(f"{table}: ").sum() == numbers


def test_the_text_has_over_150_numbers(ledger):
    assert (~ledger["locator"].str.match(r"Table \d: ")).sum() > 150


def test_each_locator_names_one_number(ledger):
    assert ledger["locator"].is_unique


def test_keys_are_those_of_the_estimates():
    assert KEY == rows.KEY


def test_claims_are_unique_and_in_order(ledger):
    assert ledger["claim_id"].is_unique
    assert ledger.index.equals(pd.RangeIndex(len(ledger)))


def test_decimals_and_value_are_those_of_the_printed_string(ledger):
    numbers = ledger[ledger["comparator"] != NOT_REACHED]
    bare = numbers["printed"].str.lstrip("<>=").str.replace(",", "")
    assert bare.str.partition(".")[2].str.len().tolist() == numbers["decimals"].tolist()
    assert bare.astype(float).tolist() == numbers["value"].tolist()


def test_medians_not_reached_have_no_value(ledger):
    not_reached = ledger[ledger["comparator"] == NOT_REACHED]
    assert not_reached["claim_id"].tolist() == ["s3.3-irfs-median", "t5-targeted-therapy-os-no"]
    assert not_reached[["value", "decimals"]].isna().all(axis=None)


def test_percentages_recompute_from_their_counts(ledger):
    percentages = ledger[ledger["statistic"] == "percent"]
    wrong = {
        claim["claim_id"]
        for _, claim in percentages.iterrows()
        if any(disagrees(claim, count) for count in counts_of(ledger, claim))
    }
    assert wrong == set(KNOWN_EXCEPTIONS)


def test_only_three_percentages_have_no_count_to_recompute_from(ledger):
    percentages = ledger[ledger["statistic"] == "percent"]
    alone = {
        (claim["variable"], claim["variable_level"])
        for _, claim in percentages.iterrows()
        if not counts_of(ledger, claim)
    }
    assert alone == {("any_event", ">=3"), ("afp_decrease", "yes"), ("afp_before", ">=400")}


def test_a_fact_printed_twice_is_two_rows_that_agree_or_are_known(ledger):
    exact = ledger[ledger["comparator"].eq("=") & ~ledger["claim_id"].isin(KNOWN_EXCEPTIONS)]
    assert exact.groupby(KEY)["printed"].nunique().eq(1).all()


def test_categories_that_exclude_each_other_add_up(ledger):
    of_table = ledger[
        ledger["locator"].str.match(r"Table [12]: ") & ledger["statistic"].eq("count")
    ]
    sums = of_table.groupby("variable")["value"].sum().drop("rt_site")
    # One patient had two agents.
    assert sums.pop("ici_agent") == 109
    assert (sums == 108).all()


def test_published_gives_the_first_claim(ledger):
    dcr = {
        "group": "criterion",
        "group_level": "RECIST 1.1",
        "variable": "response_overall",
        "variable_level": "DCR",
        "statistic": "percent",
    }
    assert published(ledger, **dcr)["locator"] == "Table 3: All / RECIST / DCR / %"
    # 12 is a number here and a string in the ledger, as in the estimates.
    assert published(ledger, variable="OS", statistic="rate", variable_level=12)["value"] == 74.7


def test_the_value_of_a_median_not_reached_is_nan(ledger):
    assert pd.isna(published(ledger, variable="IRFS", statistic="median")["value"])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"variable": "OS", "statistic": "median"}, "published statistics, not one"),
        ({"variable": "height"}, "0 published statistics"),
        ({"locator": "Abstract"}, "Not a key of the ledger: locator"),
    ],
)
def test_published_refuses_keys_that_do_not_choose_one(ledger, keys, message):
    with pytest.raises(KeyError, match=message):
        published(ledger, **keys)


# ----------------------------------------------------------------- ledgers with faults

A_NUMBER = "a number as printed (17.0, 1,000, <0.001, 28·1, NR, 12–18)"
A_COMPARATOR = "one of: =, <, <=, >, >=, about, not reached, range"


def raw_claims() -> pd.DataFrame:
    """Give the first claims of the ledger as text, in rows 2, 3, ... of a file."""
    return pd.read_csv(CLAIMS, dtype=str, keep_default_na=False, nrows=12)


def faults_of(claims: pd.DataFrame, folder: Path) -> list[str]:
    path = folder / "claims.csv"
    claims.to_csv(path, index=False)
    return faults_in(path)


def faults_in(path: Path) -> list[str]:
    with pytest.raises(LedgerFaults) as raised:
        read_ledger(path)
    assert all(fault in str(raised.value) for fault in raised.value.faults)
    return raised.value.faults


def test_every_fault_is_listed_with_its_row_and_column(tmp_path):
    claims = raw_claims()
    claims.loc[0, "printed"] = "about 108"
    claims.loc[1, "value"] = "2019"
    claims.loc[2, "decimals"] = "1"
    claims.loc[3, "claim_id"] = claims.loc[4, "claim_id"]
    claims.loc[5, "comparator"] = "roughly"
    claims.loc[6, "denominator"] = "0"
    claims.loc[7, "statistic"] = ""
    claims.loc[8, "value"] = "five"
    claims.loc[9, "printed"] = "<" + claims.loc[9, "printed"]
    claims.loc[9, "comparator"] = ">"
    claims.loc[10, "comparator"] = "not reached"
    not_reached = "expected no number, as the comparator is 'not reached'"
    assert (
        "\n".join(sorted(faults_of(claims, tmp_path)))
        == f"""\
row 10, column value: found 'five', expected 55, as printed '55'
row 10, column value: found 'five', expected a plain number, or nothing
row 11, column comparator: found '>', expected <, as printed '<3'
row 12, column decimals: found '1', {not_reached}
row 12, column printed: found '75.0', {not_reached}
row 12, column value: found '75.0', {not_reached}
row 2, column printed: found 'about 108', expected {A_NUMBER}
row 3, column value: found '2019', expected 2018, as printed '2018'
row 4, column decimals: found '1', expected 0, as printed '2021'
row 5, column claim_id: 'abs-ehm-yes-n' is given twice
row 6, column claim_id: 'abs-ehm-yes-n' is given twice
row 7, column comparator: found 'roughly', expected {A_COMPARATOR}
row 8, column denominator: found '0', expected a whole number above 0, or nothing
row 9, column statistic: found '', expected a text"""
    )


def test_missing_and_unknown_columns_are_listed_along_with_other_faults(tmp_path):
    claims = raw_claims().drop(columns=["printed", "note"]).assign(page="1")
    claims.loc[0, "comparator"] = "~"
    assert sorted(faults_of(claims, tmp_path)) == [
        "column page: unknown",
        "column printed: missing",
        f"row 2, column comparator: found '~', expected {A_COMPARATOR}",
    ]


def test_a_column_given_twice_is_a_fault(tmp_path):
    claims = raw_claims()
    claims.insert(0, "unit", "mm", allow_duplicates=True)
    assert faults_of(claims, tmp_path) == ["column unit: given twice"]


def test_rows_of_the_wrong_length_are_listed_along_with_other_faults(tmp_path):
    path = tmp_path / "claims.csv"
    claims = raw_claims()
    claims.loc[2, "comparator"] = "~"
    lines = claims.to_csv(index=False).splitlines()
    lines[1] += ",one cell too many"
    lines[2] = "one cell alone"
    path.write_text("\n".join(lines) + "\n")
    assert faults_in(path) == [
        "row 2: 17 cells, expected 16, one for each column",
        "row 3: 1 cells, expected 16, one for each column",
        f"row 4, column comparator: found '~', expected {A_COMPARATOR}",
    ]


def test_a_ledger_without_claims_is_a_fault(tmp_path):
    assert faults_of(raw_claims().head(0), tmp_path) == [
        "no claims: the file has no rows below its column names"
    ]
    empty = tmp_path / "empty.csv"
    empty.touch()
    needed = [column for column in COLUMNS if column not in OPTIONAL]
    assert faults_in(empty)[: len(needed)] == [f"column {column}: missing" for column in needed]


def test_a_file_that_is_not_text_is_a_fault(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_bytes(b"\xff\xfe\x00claim_id")
    (fault,) = faults_in(path)
    assert fault.startswith("not a CSV file in UTF-8")


# ----------------------------------------------------------------- comparator trials


def test_comparators_are_typed_and_unknown_cells_are_na():
    trials = read_comparators()
    assert len(trials) == 38
    assert trials["reference_in_article"].dtype == "Int64"
    assert trials.loc[0, ["trial", "arm", "orr_pct"]].tolist() == [
        "IMbrave150",
        "atezolizumab+bevacizumab",
        27.0,
    ]
    assert pd.isna(trials.loc[0, "reference_in_article"])
    assert trials["grade3plus_ae_pct"].notna().sum() == 13
    assert trials["printed_os_months"].dtype == "float64"
    assert trials.loc[trials["trial"] == "RTOG 1112", "criterion"].isna().all()
