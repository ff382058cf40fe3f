"""The sensitivity page of one synthetic cohort: every changed conclusion in k of N cohorts."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.display.beyond import Marks
from analysis.display.page import Page
from analysis.display.sensitivity import across, curves, tables
from analysis.estimates.rows import KEY
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.compare import CHANGED, changed, specifications
from analysis.sensitivity.run import Run
from analysis.zhai_2025.study import STUDY
from tests.display.test_sensitivity import COMPARED, FAILED, SCRIPT, VARIANTS, estimated, runs

HERE = changed(COMPARED)
# Of the three that change here: the first in all, the second in two, the third in none.
OF = {1: [0, 1], 2: [0, 1], 3: [0]}
ELSEWHERE = HERE.iloc[[0]].assign(variant="b")


def over(members: dict[int, list[int]], *further: tuple[int, pd.DataFrame]) -> Cohorts:
    parts = [HERE.iloc[places].assign(member=number) for number, places in members.items()]
    parts += [rows.assign(member=number) for number, rows in further]
    return Cohorts(len(members), pd.concat(parts, ignore_index=True)[["member", *CHANGED]])


COUNTED = over(OF, (1, ELSEWHERE), (2, ELSEWHERE), (3, ELSEWHERE))
MISSING = "It has not been counted yet; `make ensemble-conclusions` counts it."


def test_the_headline_is_what_changes_in_all_and_in_none() -> None:
    head = tables.summary(COMPARED, VARIANTS, FAILED, COUNTED).data
    rest = tables.compared(COMPARED, VARIANTS, FAILED, COUNTED).data
    # The one of this cohort, and one that does not change here.
    assert "<strong>2 conclusions change in all 3 cohorts" in head
    # p, ratio and order of medians, under two variants each.
    assert "Of 6 conclusions, each held against each variant, 3 change in none of the 3" in head
    assert "1 change in some of them, and 0 in one only" in head
    assert "In the cohort of this page 3 conclusions change, under 1 variant (" in rest
    assert "): 1 of them in all 3, 1 in some" in rest
    assert "1 in no more than one of the 3, which hangs on what was drawn at random" in rest


def test_what_changes_in_all_cohorts_is_named_with_both_numbers() -> None:
    said = tables.certain(COMPARED, VARIANTS, STUDY, COUNTED).data
    assert said == (
        '<ul class="brief"><li><a href="#variant-1">Time counted from the first day of '
        "radiotherapy</a>: PVTT, OS, median, months, yes 10.0; no 12.0 to yes 12.0; "
        "no 11.0‡</li></ul>"
    )


def test_each_row_says_in_how_many_and_those_of_one_cohort_are_folded() -> None:
    shown = tables.conclusions(COMPARED, VARIANTS, STUDY, COUNTED).data
    told, folded = shown.split('<details class="alone">')
    assert '<th scope="col">In k of 3 cohorts</th>' in told
    cells = [part.split("</td>")[0] for part in told.split('<td class="cohorts">')[1:]]
    assert cells == ["3 of 3", "2 of 3"]
    assert "1 conclusion‡ that changes in no more than one of the 3 cohorts" in folded
    assert folded.count("<tr data-verdict") == 1
    assert "0 of 3" in folded
    assert "In all 3 cohorts, and not in that of this page: Patients younger than 65" in folded


def test_variants_without_a_change_here_may_have_one_elsewhere() -> None:
    said = tables.unchanged(COMPARED, VARIANTS, FAILED, STUDY, COUNTED).data
    assert "Nothing changes at all in this cohort</strong> (1)" in said
    assert "Patients younger than 65 years against older ones</a> (in 3 of 3)" in said


def test_the_section_of_a_variant_counts_those_of_all_cohorts() -> None:
    shown = tables.differences(COMPARED, VARIANTS, FAILED, STUDY, COUNTED).data
    assert "3 conclusions changed, 1 of them in all 3 cohorts" in shown
    assert shown.count("<strong>") == 2
    for text in ("(in 3 of 3 cohorts)", "(in 2 of 3 cohorts)", "(in 0 of 3 cohorts)"):
        assert text in shown


def test_captions_and_ranges_say_it_too() -> None:
    said = across.of_factor(COMPARED, "pvtt", COUNTED)
    assert said.startswith(" On it 3 conclusions change, under 1 variant (")
    assert "): 1 of them in all 3, 1 in some, and 1 in no more than one of the 3" in said
    assert across.of_factor(COMPARED, "age", COUNTED) == (
        " No conclusion on it changes in this cohort."
    )
    found = runs(a=estimated(p=0.06, ratio=(1.2, 0.8, 2.0)), b=estimated(p=0.01))
    table = curves.ranges(specifications(found), STUDY, COUNTED)
    assert table is not None
    (cells,) = table.cells.to_dict("records")
    counts = COUNTED.changed[COUNTED.changed["statistic"].isin(["p_value", "hazard_ratio"])]
    every = {
        variant
        for variant, rows in counts.groupby("variant")
        if any(len(same) == 3 for _, same in rows.groupby("statistic"))
    }
    assert cells["Change it, in all 3"] == str(len(every))
    assert cells["In any"] == str(counts["variant"].nunique())


def test_where_nothing_was_counted_one_sentence_says_so() -> None:
    said = tables.summary(COMPARED, VARIANTS, FAILED, MISSING).data
    assert said.count(MISSING) == 1
    assert "In this one synthetic cohort 3 conclusions change" in said
    assert "none of them is a finding" in said
    shown = tables.conclusions(COMPARED, VARIANTS, STUDY, MISSING).data
    assert "in this one synthetic cohort" in shown
    assert "In k of" not in shown


def test_of_real_patients_nothing_of_it_appears() -> None:
    shown = [
        tables.summary(COMPARED, VARIANTS, FAILED),
        tables.compared(COMPARED, VARIANTS, FAILED),
        tables.certain(COMPARED, VARIANTS, STUDY),
        tables.conclusions(COMPARED, VARIANTS, STUDY),
        tables.unchanged(COMPARED, VARIANTS, FAILED, STUDY),
        tables.differences(COMPARED, VARIANTS, FAILED, STUDY),
    ]
    for each in shown:
        assert "cohort" not in each.data
    assert across.of_factor(COMPARED, "pvtt", "") == ""
    assert across.with_cohorts(COMPARED, "") is COMPARED
    found = runs(a=estimated(p=0.06))
    assert across.estimates_with_status(found, Marks()) is found
    assert across.comparison_with_status(COMPARED, found, "") is COMPARED


def test_what_a_file_of_conclusions_says_is_escaped() -> None:
    (own, *rest) = VARIANTS
    hostile = [own, *rest]
    rows = HERE.iloc[[0]].assign(variant="b", variable=SCRIPT, factor=SCRIPT, group_level=SCRIPT)
    counted = over({1: [0]}, (1, rows))
    for shown in (
        tables.summary(COMPARED, hostile, FAILED, counted),
        tables.certain(COMPARED, hostile, STUDY, counted),
        tables.conclusions(COMPARED, hostile, STUDY, counted),
    ):
        assert "<script" not in shown.data
        assert "<img" not in shown.data


@pytest.mark.parametrize("synthetic", [True, False])
def test_files_say_what_stands_behind_each_number(tmp_path, synthetic: bool) -> None:  # type: ignore[no-untyped-def]
    found = Run(runs(a=estimated(p=0.06, ratio=(1.5, 0.9, 2.3), medians=(12.0, 11.0), count=60),
                     b=estimated()), {})  # fmt: skip
    marks, counted = Marks(), ""
    if synthetic:
        # Of the base the article prints the p value.
        marks = Marks(lambda rows: rows["statistic"] == "p_value")
    page = Page("09_sensitivity", tmp_path, synthetic=synthetic)
    tables.write(page, found, COMPARED, VARIANTS, marks, COUNTED if synthetic else counted)
    estimates = pd.read_csv(tmp_path / "estimates.csv", keep_default_na=False)
    comparison = pd.read_csv(tmp_path / "comparison.csv", keep_default_na=False)
    if not synthetic:
        for table in (estimates, comparison):
            assert not {"status", "synthetic", "cohorts"} & set(table)
        return
    assert set(estimates["synthetic"]) == set(comparison["synthetic"]) == {"yes"}
    published = estimates[estimates["status"] == "published"]
    assert set(published["variant"]) == {"base"}
    assert set(published["statistic"]) == {"p_value"}
    assert len(estimates) == len(found.estimates)
    assert (
        estimates[["variant", *KEY]]
        .astype(str)
        .equals(found.estimates[["variant", *KEY]].astype(str))
    )
    flagged = comparison[comparison["conclusion"] != ""]
    assert sorted(flagged["cohorts"].astype(int)) == [0, 2, 3]
    assert set(comparison["cohorts_asked"]) == {3}
    assert (comparison.loc[comparison["conclusion"] == "", "cohorts"] == "").all()
    assert set(comparison["status"]) == {"open"}
    printed = comparison["statistic"] == "p_value"
    assert set(comparison.loc[printed, "base_status"]) == {"published"}
    assert set(comparison.loc[~printed, "base_status"]) == {"open"}
