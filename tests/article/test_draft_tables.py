"""Tables of kinds that journals print, each with what its numbers are."""

from __future__ import annotations

import pytest

from analysis.article.draft.claim import Claim
from analysis.article.draft.paper import Cell, Table, laid_out
from analysis.article.draft.table import Known, claims_of


def drafted(caption: str, *lines: str, headings: int = 1, patients: str = "") -> list[Claim]:
    """Give the claims of a table whose cells stand between bars; `>` goes on from the left."""
    rows = []
    for line in lines:
        cells: list[Cell] = []
        for text in line.split("|"):
            if text.strip() == ">":
                cells[-1] = Cell(cells[-1].text, colspan=cells[-1].colspan + 1)
            else:
                shown = text.strip(" ").replace("\\n", "\n")
                cells.append(Cell(shown.lstrip("_"), indent=len(shown) - len(shown.lstrip("_"))))
        rows.append(cells)
    table = Table("Table 1", caption, laid_out(rows), headings)
    return claims_of(table, Known((patients,) if patients else ()))


def facts(claims: list[Claim]) -> list[str]:
    """Give each claim in a line: `arm variable=level statistic printed/denominator`."""
    lines = []
    for claim in claims:
        group = f"[{claim.group_level}] " if claim.group_level else ""
        level = f"={claim.variable_level}" if claim.variable_level else ""
        of = f"/{claim.denominator}" if claim.denominator else ""
        ask = " ?" if claim.questions else ""
        lines.append(f"{group}{claim.variable}{level} {claim.statistic} {claim.printed}{of}{ask}")
    return lines


def test_sections_without_indent_end_when_all_patients_are_shared_out():
    assert facts(
        drafted(
            "Baseline",
            "Characteristic|Drug (N=80)|P",
            "ECOG score — no. (%)||",
            "0|40 (50)|0.6",
            "1|40 (50)|",
            "Diabetes|20 (25)|0.7",
            "Tumor size (cm)|5.1±2.2|0.63",
        )
    ) == [
        "[Drug] patients count 80",
        "[Drug] ecog_score=0 count 40/80",
        "[Drug] ecog_score=0 percent 50/80",
        "ecog_score=0 p_value 0.6",
        "[Drug] ecog_score=1 count 40/80",
        "[Drug] ecog_score=1 percent 50/80",
        "[Drug] diabetes=yes count 20/80",
        "[Drug] diabetes=yes percent 25/80",
        "diabetes p_value 0.7",
        "[Drug] tumor_size mean 5.1",
        "[Drug] tumor_size sd 2.2 ?",
        "tumor_size p_value 0.63",
    ]


def test_lines_of_a_cell_are_rows():
    assert facts(
        drafted(
            "Baseline",
            "Characteristic|Drug (N=80), n (%)|P",
            "Smoking\\nNever\\nEver|30 (37.5)\\n50 (62.5)|0.4",
        )
    ) == [
        "[Drug] patients count 80",
        "smoking p_value 0.4",
        "[Drug] smoking=never count 30/80",
        "[Drug] smoking=never percent 37.5/80",
        "[Drug] smoking=ever count 50/80",
        "[Drug] smoking=ever percent 62.5/80",
    ]


@pytest.mark.parametrize(
    ("label", "cell", "expected"),
    [
        ("Sex (M/F)", "60/20", ["sex=M count 60/80", "sex=F count 20/80"]),
        ("Sex, male:female", "60:20", ["sex=male count 60/80", "sex=female count 20/80"]),
        ("Age (≥60 vs. <60)", "30/40", ["age=>=60 count 30/80 ?", "age=<60 count 40/80 ?"]),
        (
            "Responders",
            "26/40 (65)",
            ["responders=yes count 26/40", "responders n 40", "responders=yes percent 65/40"],
        ),
        ("Score", "12/40", ["score value 12 ?", "score value_2 40 ?"]),
        (
            "Age, median (IQR)",
            "61 (54–68)",
            ["age median 61", "age lower_quartile 54", "age upper_quartile 68"],
        ),
        (
            "Age, years",
            "61 (38–79)",
            ["age value 61 ?", "age value_lower 38 ?", "age value_upper 79 ?"],
        ),
        (
            "Median OS (95% CI), months",
            "NE (62.3–NE)",
            ["OS median NE", "OS median_lower 62.3", "OS median_upper NE"],
        ),
        (
            "3-year OS, % (95% CI)",
            "41.7 (38–45)",
            ["OS=36 rate 41.7", "OS=36 rate_lower 38", "OS=36 rate_upper 45"],
        ),
        ("Male, n (%)", "26 (65.0)", ["male=yes count 26/80", "male=yes percent 65.0/80 ?"]),
        ("Value", "–", []),
        ("Height, mean (SD)", "171 (9)", ["height mean 171", "height sd 9"]),
    ],
)  # fmt: skip
def test_cells_under_a_heading_with_its_patients(label, cell, expected):
    found = facts(drafted("Baseline", "Variable|Value (n = 80)", f"{label}|{cell}"))
    assert found == ["patients count 80", *expected]


def test_rates_at_times_and_medians_stand_under_their_endpoint():
    assert facts(
        drafted(
            "Survival of the groups",
            "Group|OS (%)|>|Median OS (95% CI), months|P",
            "|1-year|2-year||",
            "Drug|75.1|50.2|24.1 (20.0–28.2)|0.003",
            headings=2,
        )
    )[:5] == [
        "OS=12 rate 75.1",
        "OS=24 rate 50.2",
        "OS median 24.1",
        "OS median_lower 20.0",
        "OS median_upper 28.2",
    ]


def test_adverse_events_by_grade_and_arm():
    claims = drafted(
        "Adverse events, n (%)",
        "Event|Drug (n = 80)|>|Placebo (n = 40)|>",
        "|Any grade|Grade ≥ 3|Any grade|Grade ≥ 3",
        "Hematologic|>|>|>|>",
        "Anemia|20 (25.0)|4 (5.0)|9 (22.5)|0 (0)",
        headings=2,
    )
    assert facts(claims)[2:] == [
        "[Drug] anemia=any count 20/80",
        "[Drug] anemia=any percent 25.0/80",
        "[Drug] anemia=>=3 count 4/80",
        "[Drug] anemia=>=3 percent 5.0/80",
        "[Placebo] anemia=any count 9/40",
        "[Placebo] anemia=any percent 22.5/40",
        "[Placebo] anemia=>=3 count 0/40",
        "[Placebo] anemia=>=3 percent 0/40",
    ]


def test_stable_disease_is_no_standard_deviation():
    found = facts(
        drafted(
            "Response", "Response|All (n = 40), n (%)", "CR|4 (10.0)", "PR|6 (15.0)", "SD|10 (25.0)"
        )
    )
    assert "response=SD count 10/40" in found
    assert "response=PR percent 15.0/40" in found


def test_a_percentage_that_is_not_of_its_patients_is_asked():
    claims = drafted("Baseline", "Sex|All (n = 40), n (%)", "Male|25 (65.0)")
    assert claims[-1].questions == ("25 of 40 is no 65.0%: of how many patients?",)


def test_what_percentages_are_of_is_found_only_where_several_agree():
    rows = ["Variable|No.|%", "Sex||", "Male|26|65.0", "Female|14|35.0", "Diabetes|9|22.5"]
    assert all(c.denominator == "40" for c in drafted("Baseline", *rows, patients="40"))
    assert not any(c.denominator for c in drafted("Baseline", *rows[:3], patients="40"))
    assert not any(c.denominator for c in drafted("Baseline", *rows, patients="50"))


def test_a_column_of_words_behind_the_numbers_is_not_read():
    found = facts(drafted("Baseline", "Sex|n|Remark", "Male|26|two of 40 left", "Female|14|none"))
    assert found == ["male=yes count 26", "female=yes count 14"]
