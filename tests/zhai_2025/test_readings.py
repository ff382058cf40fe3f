"""Sentences that hold under one reading: computed from the dataset, and nobody accused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.article.ledger import PLANNED, observed, published, read_ledger
from analysis.audit.comparison import compare
from analysis.audit.engine import answers_of
from analysis.audit.structure import read_structure
from analysis.audit.verdicts import IMPOSSIBLE, NOT_ESTIMATED, READING, REPRODUCED, judge, summary
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display.beyond import MARK
from analysis.estimates import whole
from analysis.estimates.rows import value_of
from analysis.study.keys import Statistic
from analysis.zhai_2025 import readings
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.printed import marks
from analysis.zhai_2025.replication import verdict_list
from analysis.zhai_2025.study import STUDY
from tests.datasets import RADIOTHERAPY, write_dataset

LINES = "d-progressed-before-yes-pct"
DOSES = [
    "m2.3-hepatic-dose-min",
    "m2.3-hepatic-dose-max",
    "m2.3-hepatic-fractions-min",
    "m2.3-hepatic-fractions-max",
]
LABELS = ["s3.3-afp-mrecist-orr-p", "s3.3-afp-mrecist-dcr-p"]


@pytest.fixture(scope="module")
def article() -> Cohort:
    return load("synthetic", STUDY)


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    return read_ledger()


@pytest.fixture(scope="module")
def estimates(article: Cohort, ledger: pd.DataFrame) -> pd.DataFrame:
    rows = whole.estimate(article, article.parameters)
    return pd.concat([rows, readings.courses(article, ledger)], ignore_index=True)


def by_reading(ledger: pd.DataFrame, estimates: pd.DataFrame, cohort: Cohort) -> dict[str, str]:
    cells = readings.table(ledger, estimates, cohort).cells
    return dict(zip(cells["Read as"], cells["Holds"], strict=True))


# The ledger --------------------------------------------------------------------------------------


def test_the_dose_sentence_is_in_the_ledger_with_its_reading(ledger: pd.DataFrame) -> None:
    claims = ledger[ledger["analysis_id"] == PLANNED]
    assert claims["claim_id"].tolist() == DOSES
    assert claims["printed"].tolist() == ["50", "65", "20", "30"]
    assert claims["locator"].str.startswith("Methods 2.3: hepatic radiation, ").all()
    assert claims["reading"].str.contains("usual prescription, not the range").all()
    dose, fractions = (
        published(ledger, analysis_id="grade5_case_1", variable=variable)
        for variable in ("dose_gy", "fractions")
    )
    assert claims["note"].str.contains(f"{dose['printed']} Gy in {fractions['printed']} ").all()
    assert {dose["reading"], fractions["reading"]} == {
        "a stereotactic course, which stands apart from the usual prescription of Methods 2.3"
    }
    assert len(observed(ledger)) == len(ledger) - 4


def test_multiple_lines_is_a_reading_with_the_numbers_of_the_article(ledger: pd.DataFrame) -> None:
    claim = ledger.set_index("claim_id").loc[LINES]
    lines = {"analysis_id": "treatment", "variable": "therapy_line_group", "statistic": "percent"}
    later = published(ledger, **lines, variable_level=">=3")
    progressed = ledger.set_index("claim_id").loc["s3.1-progressed-before-yes-pct"]
    assert "one earlier line or more" in claim["reading"]
    assert f"{progressed['printed']} %" in claim["reading"]
    assert f"{later['printed']} %" in claim["note"]


# What the dataset has ----------------------------------------------------------------------------


def test_foci_of_the_liver_beside_the_prescription(article: Cohort, ledger: pd.DataFrame) -> None:
    rows = readings.courses(article, ledger)
    counts = {
        kind: value_of(rows, variable_level=kind, statistic=Statistic.COUNT)
        for kind in readings.KINDS
    }
    assert value_of(rows, statistic=Statistic.N) == 153
    assert counts[readings.PRESCRIBED] == 85
    # By hand, from the file.
    foci = article.radiotherapy
    foci = foci[foci["site"].isin(["primary tumour", "PVTT", "other tumour thrombus"])]
    dose, number = foci["dose_gy"].astype(float), foci["fractions"].astype(float)
    inside = (dose >= 50) & (dose <= 65) & (number >= 20) & (number <= 30)
    stereotactic = ~inside & (number <= 10) & (dose / number >= 5)
    fewer = ~inside & ~stereotactic & (number < 20)
    assert list(counts.values()) == [
        inside.sum(), stereotactic.sum(), fewer.sum(),
        153 - (inside | stereotactic | fewer).sum(),
    ]  # fmt: skip


def test_kinds_of_courses_follow_the_parameters(tmp_path: Path, ledger: pd.DataFrame) -> None:
    rows = RADIOTHERAPY + "A4,PVTT,2021-01-11,2021-01-22,50,10\nA4,lymph node,2021-01-11,,64,32\n"
    dataset = write_dataset(tmp_path, radiotherapy=rows)
    for fewest, kind in ((10, readings.STEREOTACTIC), (9, readings.SHORTER)):
        cohort = load(
            dataset, STUDY, Parameters(sbrt_max_fractions=fewest, apply_eligibility=False)
        )
        found = readings.courses(cohort, ledger)
        assert value_of(found, statistic=Statistic.N) == 4
        alone = value_of(found, variable_level=kind, statistic=Statistic.COUNT)
        assert alone == (2 if kind == readings.STEREOTACTIC else 1)
        assert value_of(found, variable_level=readings.PRESCRIBED, statistic="count") == 2
        table = readings.courses_table(found, cohort, ledger)
        assert table is not None
        assert table.cells["Course"][0] == "50–65 Gy in 20–30 fractions, as in Methods 2.3"
        assert f"at most {fewest} fractions" in table.cells["Course"][1]


def test_each_sentence_holds_under_one_reading(
    article: Cohort, ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    assert by_reading(ledger, estimates, article) == {
        "a usual prescription, stereotactic and hypofractionated courses apart": "yes",
        "the range of all courses": "no",
        "one earlier line or more (second line or later)": "yes",
        "two earlier lines or more (third line or later)": "no",
        "the labels as they stand": "no",
        "the two labels exchanged": "yes",
    }
    shown = readings.table(ledger, estimates, article)
    there = shown.cells["What there is"]
    assert there[0].endswith("85 of 153 foci here lie within it")
    assert there[2:4].tolist() == ["91 of 108, 84.3%", "44 of 108, 40.7%"]
    (note,) = shown.layout["notes"]
    assert "nothing here says that it is wrong" in note


def test_what_the_article_does_not_print_is_marked(
    article: Cohort, ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    shown = marks(article).table(readings.table, ledger, estimates, article)
    assert shown is not None
    there = shown.cells["What there is"]
    assert f"85{MARK} of 153{MARK} foci here" in there[0]
    assert "27.5 Gy in 5 fractions" in there[0]
    assert there[2] == "91 of 108, 84.3%"
    table = marks(article).table(readings.courses_table, estimates, article, ledger)
    assert table is not None
    assert list(table.cells.columns) == ["Course", f"Foci{MARK}", f"%{MARK}"]
    assert f"Of 153{MARK} irradiated" in table.layout["notes"][0]


def test_other_numbers_are_read_otherwise(
    article: Cohort, ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    """What holds is computed: in other patients, or of other sentences, it is something else."""
    other = estimates.copy()
    lines = other["variable"].eq("therapy_line_group") & other["statistic"].eq("count")
    other.loc[lines & other["variable_level"].eq(">=3"), "value"] = 90
    other.loc[lines & other["variable_level"].eq("2"), "value"] = 0
    found = by_reading(ledger, other, article)
    assert found["two earlier lines or more (third line or later)"] == "yes"
    wider = ledger.copy()
    for claim, value in (("dose-min", 20.0), ("fractions-min", 5.0)):
        wider.loc[wider["claim_id"] == f"m2.3-hepatic-{claim}", "value"] = value
    found = by_reading(wider, estimates, article)
    assert found["the range of all courses"] == "yes"


def test_what_is_not_recorded_is_left_open(tmp_path: Path, ledger: pd.DataFrame) -> None:
    dataset = "title: t\ncompare_with_article: true\nnot_recorded: {radiotherapy: all}\n"
    folder = write_dataset(tmp_path, dataset=dataset)
    (folder / "radiotherapy.csv").unlink()
    cohort = load(folder, STUDY)
    rows = readings.courses(cohort, ledger)
    assert rows.empty
    assert readings.courses_table(rows, cohort, ledger) is None
    found = whole.estimate(cohort, cohort.parameters)
    found = found[(found["variable"] != "therapy_line_group") & (found["statistic"] != "p_value")]
    table = readings.table(ledger, found, cohort)
    assert table.cells["Holds"].tolist() == ["yes", "no", "–", "–", "–", "–"]
    assert "foci here" not in table.cells["What there is"].to_csv()


# Verdicts ----------------------------------------------------------------------------------------


def test_verdicts_of_the_synthetic_cohort(ledger: pd.DataFrame, estimates: pd.DataFrame) -> None:
    rows = estimates[estimates["analysis_id"] != PLANNED]
    answers = answers_of(ledger, read_structure())
    verdicts = readings.reasoned(judge(compare(ledger, rows), answers)).set_index("claim_id")
    assert verdicts.loc[DOSES, "verdict"].eq(NOT_ESTIMATED).all()
    assert verdicts.loc[DOSES, "reason"].str.startswith("what is prescribed as a rule").all()
    assert set(verdicts.index[verdicts["verdict"] == NOT_ESTIMATED]) == set(DOSES)
    counts = verdicts["verdict"].value_counts()
    assert (counts[REPRODUCED], counts[IMPOSSIBLE], counts[READING]) == (569, 2, 3)
    assert summary(verdicts).endswith("0 missed, 4 not estimated")
    # What of the article's own sentences is read otherwise is not called impossible.
    assert verdicts.loc[LINES, "verdict"] == REPRODUCED
    assert verdicts.loc["d-grade5-case-1-dose", "verdict"] == REPRODUCED


def test_a_reason_of_others_stays(ledger: pd.DataFrame) -> None:
    verdicts = pd.DataFrame(
        {
            "analysis_id": [PLANNED, "survival", PLANNED],
            "verdict": [NOT_ESTIMATED, NOT_ESTIMATED, REPRODUCED],
            "reason": ["a", "b", ""],
        }
    )
    told = readings.reasoned(verdicts)["reason"].tolist()
    assert told[0].startswith("what is prescribed")
    assert told[1:] == ["b", ""]


def test_the_list_of_verdicts_shows_readings_and_can_be_linked(
    ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    chosen = ledger[ledger["claim_id"].isin([LINES, *LABELS])].copy()
    chosen.loc[chosen["claim_id"] == LINES, "reading"] += " <b>"
    shown = verdict_list(judge(compare(chosen, estimates), {})).data
    assert "Read as: multiple lines = one earlier line or more" in shown
    assert "&lt;b&gt;" in shown
    for claim in (LINES, *LABELS):
        assert f'<tr id="{readings.claim_anchor(claim)}"' in shown


# The labels of two p values ----------------------------------------------------------------------


def test_page_3_says_which_labels_are_exchanged(
    ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    said = str(readings.labels_note(ledger, estimates).data)
    assert "p = 0.337 for objective response and 0.263 for disease control" in said
    assert "gives 0.263 for objective response and 0.337 for disease control" in said
    assert (
        "all 4 p values of Results 3.3 are those of Fisher's test; as the labels stand, 2 " in said
    )
    assert f"(07_replication.html#{readings.claim_anchor(LABELS[0])})" in said


def test_the_audit_has_the_proof_that_page_3_links_to(ledger: pd.DataFrame) -> None:
    answers = answers_of(ledger, read_structure())
    for claim in LABELS:
        assert str(answers[claim].verdict) == READING
        assert any("exchanged" in allowed for allowed in answers[claim].allowed)


@pytest.mark.parametrize("levels", [["ORR"], ["ORR", "DCR"]])
def test_nothing_is_said_of_labels_where_other_p_values_come_out(
    levels: list[str], ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    other = estimates.copy()
    of_marker = other["analysis_id"].eq("afp_response") & other["statistic"].eq("p_value")
    other.loc[of_marker & other["variable_level"].isin(levels), "value"] = 0.5
    assert readings.labels_note(ledger, other).data == ""


def test_nothing_is_said_where_the_labels_fit_as_they_stand(
    ledger: pd.DataFrame, estimates: pd.DataFrame
) -> None:
    fitting = ledger.copy()
    for claim, printed in zip(LABELS, ("0.263", "0.337"), strict=True):
        fitting.loc[fitting["claim_id"] == claim, ["printed", "value"]] = [printed, float(printed)]
    assert readings.labels_note(fitting, estimates).data == ""
