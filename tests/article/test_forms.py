"""What a printed string is, and ledgers whose rows leave out what follows from it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.article.forms import form_of
from analysis.article.ledger import CLAIMS, LedgerFaults, read_ledger
from analysis.audit.checker.ledger import digits
from analysis.study.printed import number_and_unit
from analysis.study.spreadsheets import write_csv

PRINTED = [
    # printed, comparator, value, decimals
    ("28·1", "=", "28.1", 1),
    (".05", "=", "0.05", 2),
    ("<.001", "<", "0.001", 3),
    ("< 0.001", "<", "0.001", 3),
    ("97.5%", "=", "97.5", 1),
    ("−25.6", "=", "-25.6", 1),
    ("–25.6", "=", "-25.6", 1),
    ("+0.3", "=", "0.3", 1),
    ("1\u2009000", "=", "1000", 0),
    ("1\u00a0254", "=", "1254", 0),
    ("1,234", "=", "1234", 0),
    ("1,234.5", "=", "1234.5", 1),
    ("12,5", "=", "12.5", 1),
    ("0,001", "=", "0.001", 3),
    ("5.81e-48", "=", "5.81e-48", 2),
    ("5.81 × 10−48", "=", "5.81e-48", 2),
    ("5.81×10^-48", "=", "5.81e-48", 2),
    ("~40", "about", "40", 0),
    ("≈40", "about", "40", 0),
    ("≤7", "<=", "7", 0),
    ("≥65", ">=", "65", 0),
    ("17.0", "=", "17.0", 1),
]


@pytest.mark.parametrize(("printed", "comparator", "value", "decimals"), PRINTED)
def test_numbers_as_journals_print_them(printed, comparator, value, decimals):
    form = form_of(printed)
    assert form is not None
    assert (form.comparator, form.value, form.decimals) == (comparator, value, decimals)


@pytest.mark.parametrize("printed", [row[0] for row in PRINTED])
def test_finders_and_checker_read_the_same_number(printed):
    assert form_of(printed).number == number_and_unit(printed)[0] == digits(printed)[0]
    assert number_and_unit(printed) == digits(printed)


@pytest.mark.parametrize("printed", ["NR", "NE", "N.R.", "not reached", "Not estimable"])
def test_words_for_no_number(printed):
    assert form_of(printed).comparator == "not reached"


@pytest.mark.parametrize("printed", ["12–18", "12-18", "38 to 79", "−3.2 to 1.5"])
def test_ranges_are_texts(printed):
    assert form_of(printed).comparator == "range"


@pytest.mark.parametrize(
    "printed", ["about 108", "12 of 40", "1.234,5", "26 (65%)", "", "p", "1e99999", "12 months"]
)
def test_whatever_else_is_no_number(printed):
    assert form_of(printed) is None


SPELLINGS = [
    lambda digits: digits,
    lambda digits: digits.replace(".", "·"),
    lambda digits: digits.replace("-", "−"),
    lambda digits: digits.removeprefix("0") if digits.startswith("0.") else digits,
    lambda digits: f"{digits}%",
]


@given(
    whole=st.integers(-999, 999),
    fraction=st.text("0123456789", max_size=4),
    spelled=st.sampled_from(SPELLINGS),
)
def test_every_spelling_of_a_number_is_the_number(whole, fraction, spelled):
    plain = f"{whole}.{fraction}" if fraction else f"{whole}"
    form = form_of(spelled(plain))
    assert form is not None
    assert form.number == Fraction(plain)
    assert form.decimals == len(fraction)
    assert Fraction(form.value) == form.number


@given(st.integers(1000, 999_999_999), st.sampled_from([",", "\u2009", "\u00a0", "\u202f"]))
def test_thousands(number, sign):
    printed = f"{number:,}".replace(",", sign)
    assert form_of(printed).number == number
    assert digits(printed)[0] == number


@given(st.text(max_size=30))
def test_any_text_is_a_form_or_none(text):
    form = form_of(text)
    assert form is None or form.number is None or Fraction(form.value) is not None


# ------------------------------------------------------------------------- ledgers


def written(rows: list[dict[str, str]], folder: Path) -> Path:
    path = folder / "claims.csv"
    write_csv(pd.DataFrame(rows), path)
    return path


def short(printed: str, **more: str) -> dict[str, str]:
    row = {"analysis_id": "a", "variable": "x", "statistic": "percent", "printed": printed}
    return {**row, "locator": "Table 1: Sex / Male", **more}


def test_a_short_row_is_completed(tmp_path):
    path = written([short("28·1"), short("<.001"), short("97.5%"), short("NR")], tmp_path)
    claims = read_ledger(path)
    assert claims["claim_id"].tolist() == [
        "table-1-sex-male",
        "table-1-sex-male-2",
        "table-1-sex-male-3",
        "table-1-sex-male-4",
    ]
    assert claims["comparator"].tolist() == ["=", "<", "=", "not reached"]
    assert claims["value"].tolist()[:3] == [28.1, 0.001, 97.5]
    assert claims["decimals"].tolist()[:3] == [1, 3, 1]
    assert claims["unit"].tolist() == ["", "", "%", ""]
    assert claims.loc[3, ["value", "decimals", "denominator"]].isna().all()


def test_an_equals_sign_says_no_more_than_that_a_number_is_printed(tmp_path):
    given = [
        ("28·1", "28.1", "1", "="),
        ("1 000", "1000", "0", "="),
        (".05", ".05", "2", "="),
        ("<.001", ".001", "3", "<"),
        ("5.81e-48", "5.81e-48", "2", "="),
        ("~40", "40", "0", "about"),
        ("NR", "", "", "not reached"),
    ]
    rows = [
        short(printed, value=value, decimals=decimals, comparator="=", unit="%")
        for printed, value, decimals, _ in given
    ]
    claims = read_ledger(written(rows, tmp_path))
    assert claims["comparator"].tolist() == [sign for *_, sign in given]


def test_what_is_given_must_agree(tmp_path):
    rows = [
        short("28·1", value="28.2"),
        short("<.001", decimals="2"),
        short("~40", comparator="<"),
        short("NR", value="3"),
        short("97.5%", unit="months"),
        short("12–18", value="12"),
    ]
    full = pd.DataFrame(rows).fillna("")
    path = tmp_path / "claims.csv"
    full.to_csv(path, index=False)
    with pytest.raises(LedgerFaults) as raised:
        read_ledger(path)
    assert sorted(raised.value.faults) == [
        "row 2, column value: found '28.2', expected 28.1, as printed '28·1'",
        "row 3, column decimals: found '2', expected 3, as printed '<.001'",
        "row 4, column comparator: found '<', expected about, as printed '~40'",
        "row 5, column value: found '3', expected nothing, as printed 'NR'",
        "row 6, column unit: found 'months', expected %, as printed '97.5%'",
        "row 7, column value: found '12', expected nothing, as printed '12–18'",
    ]


def test_the_articles_ledger_is_the_same_without_what_follows_from_it(tmp_path):
    whole = read_ledger()
    raw = pd.read_csv(CLAIMS, dtype=str, keep_default_na=False)
    signs = raw["comparator"].where(~raw["comparator"].isin(["=", "not reached"]), "")
    # Signs in words ("more than 40%") and "not achieved" are no part of the digits.
    kept = raw.drop(columns=["value", "decimals"]).assign(comparator=signs)
    path = tmp_path / "claims.csv"
    kept.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_ledger(path), whole)


def test_an_apostrophe_before_what_looks_like_a_formula_is_taken_away(tmp_path):
    path = written([short("-5%", note="=1+1")], tmp_path)
    assert "'-5%" in path.read_text()
    claims = read_ledger(path)
    assert (claims.loc[0, "printed"], claims.loc[0, "value"]) == ("-5%", -5.0)
    assert claims.loc[0, "note"] == "=1+1"
