"""What is not recorded, of whom a percentage is, and what of nobody: said in every table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort.read import load
from analysis.display import numbers
from analysis.display.pages import arms as by_arm
from analysis.display.pages import cohort as cohort_page
from analysis.display.pages import prognosis as prognosis_page
from analysis.display.pages import response as response_page
from analysis.display.pages import survival as survival_page
from analysis.display.tables import NOT_RECORDED, left_out_note
from analysis.estimates import characteristics, prognosis, response, survival, whole
from analysis.estimates.counts import range_rows
from analysis.estimates.rows import pick, to_table, value_of
from analysis.study.declarations import Line
from analysis.zhai_2025.study import STUDY
from tests.datasets import ASSESSMENTS, PATIENTS, write_dataset
from tests.own import write_own

# Two of four without a Child-Pugh score.
PARTLY = PATIENTS.replace("clinical,6,", "clinical,,").replace("pathological,7,", "pathological,,")


def test_what_is_not_recorded_is_a_row_of_estimates_and_a_line_of_table_1(tmp_path: Path) -> None:
    cohort = load(write_dataset(tmp_path, patients=PARTLY), STUDY, {"apply_eligibility": False})
    rows = characteristics.estimate(cohort, cohort.parameters)
    missing = pick(rows, statistic="not_recorded")
    assert missing[["variable", "value", "n"]].to_numpy().tolist() == [["child_pugh_score", 2.0, 4]]
    table = cohort_page.table_1(rows, cohort.study)
    assert table is not None
    own = table.cells[table.cells["variable"] == "Child-Pugh score (n = 2)"]
    assert own[["level", "No.", "%"]].to_numpy().tolist() == [
        ["5", "2", "100.0"],
        [NOT_RECORDED, "2", ""],
    ]
    shown = table.shown.as_raw_html()
    assert "Characteristic (N = 4)" in shown
    assert "Percentages are of the patients whose value is recorded" in shown


def test_with_everything_recorded_no_line_says_that_it_is_not() -> None:
    cohort = load("synthetic", STUDY, {})
    rows = whole.estimate(cohort, cohort.parameters)
    assert pick(rows, statistic="not_recorded").empty
    table = cohort_page.table_1(rows, cohort.study)
    assert table is not None
    assert NOT_RECORDED not in set(table.cells["level"])


def test_a_quantity_that_is_also_in_groups_says_it_once(tmp_path: Path) -> None:
    known = pd.Series([None] * 7 + ["12.5"] * 101)
    cohort = load(write_own(tmp_path, bilirubin=known), STUDY, {})
    rows = whole.estimate(cohort, cohort.parameters)
    for table in (
        cohort_page.table_1(rows, cohort.study),
        by_arm.table_1(rows, cohort.study),
    ):
        assert table is not None
        own = table.cells[table.cells["variable"].str.startswith("Bilirubin")]
        assert own["level"].tolist().count(NOT_RECORDED) == 1
        assert "7" in own[own["level"] == NOT_RECORDED].to_numpy().ravel().tolist()


def test_whom_a_comparison_leaves_out_is_said(tmp_path: Path) -> None:
    known = pd.Series([None] * 7 + ["12.5", "20.0"] * 50 + ["20.0"])
    cohort = load(write_own(tmp_path, bilirubin=known), STUDY, {})
    rows = prognosis.estimate(cohort, cohort.parameters)
    keys = {"group": "bilirubin<17", "variable": "OS"}
    if pick(rows, **keys).empty:
        keys["group"] = next(group for group in rows["group"] if group.startswith("bilirubin"))
    assert value_of(rows, statistic="not_recorded", **keys) == 7
    factors = prognosis_page.shown_factors(rows, cohort.study)
    assert "(7)" in left_out_note(rows, factors)
    table = prognosis_page.table_5(rows, cohort.study)
    assert table is not None
    assert left_out_note(rows, factors) in table.shown.as_raw_html().replace("&lt;", "<")


def test_rates_of_response_say_how_many_were_assessed(tmp_path: Path) -> None:
    some = "\n".join(line for line in ASSESSMENTS.splitlines() if not line.startswith(("A1", "A4")))
    cohort = load(write_dataset(tmp_path, assessments=f"{some}\n"), STUDY,
                  {"apply_eligibility": False})  # fmt: skip
    rows = response.estimate(cohort, cohort.parameters)
    missing = pick(rows, statistic="not_recorded", variable="response_overall")
    assert missing["value"].tolist() == [2.0, 2.0]
    table = response_page.table_3(rows, cohort.study)
    assert table is not None
    assert "All tumours: 2 of 4 patients assessed." in table.layout["notes"]
    detail = response_page.table_3_detail(rows, cohort.study)
    assert detail is not None
    assert "All tumours: 2 of 4 patients assessed" in set(detail.cells["region"])
    line = Line("", "response", "response_overall", "ORR", group="criterion",
                group_level="mRECIST")  # fmt: skip
    assert numbers.text_of(line, rows) == "1 (50.0% of 2)"


def test_ranges_say_how_many_they_are_of() -> None:
    rows = to_table(range_rows("a", "b", pd.Series([1.0, None, 3.0]), "Gy"), range_rows)
    line = Line("", "a", "b", kind="range", unit="Gy")
    assert numbers.text_of(line, rows) == "2 (1–3) Gy, n = 2"


@pytest.mark.parametrize(("level", "words"), [(0.95, "95%"), (0.9, "90%")])
def test_medians_in_sentences_name_the_level_of_their_interval(level: float, words: str) -> None:
    cohort = load("synthetic", STUDY, {"confidence": level})
    rows = survival.estimate(cohort, cohort.parameters)
    text = numbers.text_of(Line("", "survival", "OS", kind="survival", unit="months"), rows)
    assert text is not None
    assert f"({words} CI " in text
    assert text.endswith(" months")


def test_a_group_of_nobody_has_a_dash_and_a_p_value_its_reason(tmp_path: Path) -> None:
    everybody = PATIENTS.replace(",none,no,", ",main,no,")
    cohort = load(write_dataset(tmp_path, patients=everybody), STUDY, {"apply_eligibility": False})
    rows = prognosis.estimate(cohort, cohort.parameters)
    table = prognosis_page.table_5(rows, cohort.study)
    assert table is not None
    (cells,) = table.cells[table.cells["factor"] == "PVTT"].to_dict("records")
    assert cells["OS: No"] == "–"
    assert cells["OS: p"] == "–"
    assert "–, not estimable: no event while two groups were at risk" in table.shown.as_raw_html()


def test_a_rate_is_nought_after_the_last_death_and_a_dash_after_the_last_censoring() -> None:
    cohort = load("synthetic", STUDY, {"rate_months": (12, 72)})
    table = survival_page.table(survival.estimate(cohort, cohort.parameters), cohort.study)
    assert table is not None
    assert table.cells["72 months, % (95% CI)"].iloc[0] == "–"
    assert "–, beyond the last follow-up." in table.shown.as_raw_html()
