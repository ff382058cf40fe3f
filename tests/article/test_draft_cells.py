"""Cells by their form, and words by what they say of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.article.draft.cells import pieces, uses_commas
from analysis.article.draft.claim import slug
from analysis.article.draft.meaning import meaning, size, without_kind

CELLS = {
    "26 (65.0%)": [("single", "26"), ("single", "65.0%")],
    "26/40 (65)": [("ratio", "26 40"), ("single", "65")],
    "61 (38–79)": [("single", "61"), ("interval", "38 79")],
    "61.5 ± 9.2": [("plus_minus", "61.5 9.2")],
    "12.3 [9.8–15.0]": [("single", "12.3"), ("interval", "9.8 15.0")],
    "0.58 (0.42–0.79)": [("single", "0.58"), ("interval", "0.42 0.79")],
    "<0.001": [("single", "<0.001")],
    "< .001": [("single", "<.001")],
    "NR": [("single", "NR")],
    "NR (12.1–NE)": [("single", "NR"), ("interval", "12.1 NE")],
    "–": [],
    "N/A": [],
    "1,234 (12.5)": [("single", "1,234"), ("single", "12.5")],
    "34 (21, 45)": [("single", "34"), ("interval", "21 45")],
    "2.1 (-0.5, 1.3)": [("single", "2.1"), ("interval", "-0.5 1.3")],
    "2.1 (-0.5 -0.1)": [("single", "2.1"), ("interval", "-0.5 -0.1")],
    "−2·46 (−3·72 to −1·21)": [("single", "−2·46"), ("interval", "−3·72 −1·21")],
    "12.3 (95% CI 9.8 to 15)": [("single", "12.3"), ("interval", "9.8 15")],
    "0.58 (95% CI, 0.42-0.79; P=0.03)": [
        ("single", "0.58"),
        ("interval", "0.42 0.79"),
        ("single", "0.03"),
    ],
    "12 (30.0%, 20.1–39.9)": [("single", "12"), ("single", "30.0%"), ("interval", "20.1 39.9")],
    "77/104": [("ratio", "77 104")],
    "5.2 × 10^9/L": [("single", "5.2")],
    "3.1 × 10^−5": [("single", "3.1 × 10^−5")],
    "IL-6 12.5": [("single", "12.5")],
    "1 [Reference]": [("single", "1")],
}


def shown(text: str, commas: bool = False) -> list[tuple[str, str]]:
    return [
        (p.shape, " ".join(n.printed + "%" * n.percent for n in p.numbers))
        for p in pieces(text, commas)
    ]


@pytest.mark.parametrize(("text", "expected"), CELLS.items())
def test_forms_of_cells(text, expected):
    if text == "2.1 (-0.5 -0.1)":
        assert [number for _, numbers in shown(text) for number in numbers.split()] == [
            "2.1",
            "-0.5",
            "-0.1",
        ]
    else:
        assert shown(text) == expected


def test_decimal_commas():
    assert uses_commas("61,5 (38,2; 79,1) 12,0 4,5")
    assert not uses_commas("61.5 (38.2,79.1) and 1,234")
    assert shown("63,1 ± 10,4", True) == [("plus_minus", "63,1 10,4")]
    # A table may mix both.
    assert shown("0.51", True) == [("single", "0.51")]


def test_what_may_be_read_in_two_ways_is_asked():
    assert pieces("12 500")[0].numbers[0].doubt == "is “12 500” one number or two?"
    assert "mark of a note" in pieces("56a")[0].numbers[0].doubt
    assert "thousands" in pieces("1.234", True)[0].numbers[0].doubt


number = st.one_of(
    st.integers(0, 9999).map(str), st.decimals(0, 999, places=1).map(str), st.just("NR")
)


@given(number, number, number)
def test_no_number_of_a_cell_is_lost(a, b, c):
    for text in (f"{a} ({b}–{c})", f"{a} [{b} to {c}]", f"{a} ({b}; {c})", f"{a} {b} {c}"):
        found = [n.printed for p in pieces(text) for n in p.numbers]
        assert "".join(found).replace(" ", "") == a + b + c, text


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    for piece in pieces(text):
        for one in piece.numbers:
            assert 0 <= one.start <= one.end <= len(text)
    assert isinstance(slug(text), str)
    meaning(text)


@pytest.mark.parametrize(
    ("words", "central", "spread"),
    [
        ("n (%)", "count", "percent"),
        ("No. of patients (%)", "count", "percent"),
        ("Number (percent)", "count", "percent"),
        ("% (n)", "percent", "count"),
        ("No.", "count", ""),
        ("No", "", ""),
        ("%", "percent", ""),
        ("Median (range)", "median", "range"),
        ("Age, median (IQR), years", "median", "quartiles"),
        ("Median [Q1–Q3]", "median", "quartiles"),
        ("mean ± SD", "mean", "sd"),
        ("Mean (SE)", "mean", "se"),
        ("HR (95% CI)", "hazard_ratio", "ci"),
        ("Adjusted odds ratio (95% confidence interval)", "odds_ratio", "ci"),
        ("P value", "p_value", ""),
        ("p", "p_value", ""),
        ("P for trend", "p_value", ""),
        ("95% CI", "ci", ""),
        ("ORR, % (95% CI)", "percent", "ci"),
        ("3-year OS (%)", "rate", ""),
        ("Sex", "", ""),
        ("Performance status", "", ""),
    ],
)
def test_what_words_say_of_numbers(words, central, spread):
    said = meaning(words)
    assert (said.central, said.spread) == (central, spread)


@pytest.mark.parametrize(
    ("words", "left", "patients"),
    [
        ("Drug A (n = 1,040), n (%)", "Drug A", "1,040"),
        ("Placebo\n(N=40)", "Placebo", "40"),
        ("All patients [108 patients]", "All patients", "108"),
        ("HR (95% CI)", "", ""),
        ("Drug A", "Drug A", ""),
    ],
)
def test_headings_name_a_group_and_its_size(words, left, patients):
    assert (without_kind(words), size(words)) == (left, patients)
