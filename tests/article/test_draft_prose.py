"""Numbers in sentences: the study's own, what they are, and what is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.article.draft.paper import CITED, Paragraph
from analysis.article.draft.prose import claims_in


def found(text: str, kind: str = "results") -> list[str]:
    """Give each drafted number as `statistic number/denominator`."""
    claims = claims_in([Paragraph(kind.capitalize(), kind, text)], [])
    return [
        f"{c.statistic} {c.comparator}{c.printed}" + (f"/{c.denominator}" if c.denominator else "")
        for c in claims
    ]


SENTENCES = {
    "Neutropenia of grade 3, 12 patients (30%), and grade 3–4 anemia in 5 (12.5%) (Table 2).": [
        "count 12",
        "percent 30",
        "count 5",
        "percent 12.5",
    ],
    "In group 1, 23 (57.5%) and in group 2, 17 (42.5%) responded.": [
        "count 23",
        "percent 57.5",
        "count 17",
        "percent 42.5",
    ],
    "Median PFS was 12.6 months (95% CI 10.8–14.5) and the 1-year OS rate was 74.7%.": [
        "median 12.6",
        "median_lower 10.8",
        "median_upper 14.5",
        "rate 74.7",
    ],
    "The hazard ratio was 0.58 (95% CI, 0.42 to 0.79; P<0.001).": [
        "hazard_ratio 0.58",
        "hr_lower 0.42",
        "hr_upper 0.79",
        "p_value <0.001",
    ],
    "Mean age was 61.5 ± 9.2 years; 12/40 (30%) smoked.": [
        "mean 61.5",
        "sd 9.2",
        "count 12/40",
        "n 40",
        "percent 30",
    ],
    "Forty-three (39.8%) had a fever, and two patients died.": [
        "count 43",
        "percent 39.8",
        "count 2",
    ],
    "More than 40% of patients relapsed.": ["percent >40"],
    "KPS was recorded for 45 patients.": ["count 45"],
    "From January 2018 to December 2021, 108 patients were treated.": [
        "threshold_min 2018",
        "threshold_max 2021",
        "count 108",
    ],
    "Figures 1 and 2 and Table 3 show this; SPSS version 26.0 was used in 2020.": [],
    "It was graded by CTCAE 5.0 and RECIST 1.1.": [],
}


@pytest.mark.parametrize(("text", "expected"), SENTENCES.items())
def test_sentences_of_results(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Sorafenib reached 9.2 months {CITED}.", []),
        (f"In our study PFS was 12.6 months vs. 2.1–4.9 months {CITED}.", ["value 12.6"]),
        (f"Compared with sorafenib (9%), our study had 52% {CITED}.", ["percent 52"]),
        ("KEYNOTE-224 reported a response of 17%.", []),
        ("Our response rate was 52.8%.", ["percent 52.8"]),
    ],
)
def test_numbers_of_others_are_left_out_of_the_discussion(text, expected):
    assert found(text, "discussion") == expected


def test_of_methods_ages_and_years_alone_are_taken():
    text = "Patients aged 18 to 75 years were included. They had 400 mg twice a day for 28 days."
    assert found(text, "methods") == ["threshold_min 18", "threshold_max 75"]


def test_a_number_of_a_table_is_linked_only_if_all_shows_it():
    from analysis.article.draft.claim import Claim

    table = [
        Claim("a", "", "", "pvtt", "yes", "percent", "63.9", "Table 1: PVTT / Yes / %", "%", "108"),
        Claim("a", "", "", "rash", "yes", "count", "2", "Table 1: Rash / Yes / No.", "", "108"),
    ]
    text = "PVTT was seen in 63.9% and a rash in 2 patients, fever in 63.9%."
    claims = claims_in([Paragraph("Results", "results", text)], table)
    assert (claims[0].variable, claims[0].questions) == ("pvtt", ())
    assert claims[1].questions == (
        "is this the number of “Table 1: Rash / Yes / No.”, or of what else?",
    )


@given(st.text(max_size=120), st.sampled_from(["results", "discussion", "methods", "abstract"]))
def test_any_text_is_read(text, kind):
    for claim in claims_in([Paragraph("X", kind, text)], []):
        assert claim.printed
