"""Two reports side by side: every sentence and number from rows of both, and nothing else."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.read import load
from analysis.display import comparison
from analysis.display.page import Page
from analysis.estimates import points, whole
from analysis.sensitivity.compare import P_CROSSES
from analysis.sensitivity.pair import Pair, Side, is_key, read_side
from analysis.study.keys import Statistic
from analysis.zhai_2025.ensemble_of_pair import of_pair
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset


def side(name: str, dataset: str | Path, **chosen: object) -> Side:
    cohort = load(dataset, STUDY, Parameters(**chosen))
    parameters = cohort.parameters
    rows = [whole.estimate(cohort, parameters), points.survival_curves(cohort, parameters)]
    return Side(name, f"synthetic-{name}", cohort, pd.concat(rows, ignore_index=True))


@pytest.fixture(scope="module")
def base() -> Side:
    return side("base", "synthetic")


@pytest.fixture(scope="module")
def later(base: Side) -> Pair:
    return Pair(base, side("variant", "synthetic", time_zero="radiotherapy"))


def test_sentences_give_both_numbers_and_the_line_between_them(later: Pair) -> None:
    told, alone = comparison.sentences(later)
    assert alone == []
    assert told[:2] == [
        "ICI before and progression-free survival: p is 0.086 in the base and 0.035 in the "
        "variant, where it is below 0.05.",
        "ICI before and progression-free survival: the hazard ratio is 1.70 (0.92–3.14) in the "
        "base and 1.92 (1.04–3.57) in the variant, where the interval leaves out 1.",
    ]
    assert told[2] == (
        "Age < 60 years and overall survival: the medians have another order, yes 16.9, no 17.0 "
        "months in the base and yes 16.9, no 16.4 months in the variant."
    )
    said = comparison.changes(later).data
    assert f"{len(told)} of " in said
    assert "differ (" in said


def test_of_a_declared_variant_it_is_known_in_how_many_cohorts(later: Pair) -> None:
    pair, counted = of_pair(later)
    if isinstance(counted, str):
        pytest.skip("the conclusions of the ensemble are not counted for these variants")
    assert pair.variant == "time_zero=radiotherapy"
    told, alone = comparison.sentences(pair, counted)
    assert all(text.endswith(f" of {counted.members} cohorts.") for text in [*told, *alone])
    # Those of p and interval hang on what was drawn: they are no headline.
    assert all("in 1 of" in text or "in 0 of" in text for text in alone)
    assert "which is no finding" in comparison.changes(pair, counted).data


def test_a_variant_that_nobody_declared_is_said_to_be_of_one_cohort(base: Side) -> None:
    pair, counted = of_pair(Pair(base, side("variant", "synthetic", age_cutoff=63)))
    assert isinstance(counted, str)
    said = comparison.changes(pair, counted).data
    assert "All of this is of one synthetic cohort" in said
    assert "is no variant of the sensitivity analyses" in said


def test_every_cell_is_a_row_of_either_side(later: Pair) -> None:
    rows = later.rows
    key = ["analysis_id", "group_level", "variable", "variable_level", "statistic"]
    for of, group, value in (
        (later.first, "group", "base"),
        (later.second, "variant_group", "value"),
    ):
        known = of.estimates.set_index([*key, "group"])["value"]
        own = rows[rows[value].notna()].rename(columns={group: "asked"})
        asked = own.set_index([*key, "asked"])[value]
        asked.index = asked.index.set_names([*key, "group"])
        # Where events are few the exact p stands in the place of the other.
        exact = ~own["statistic"].map(lambda name: Statistic(name).is_p).to_numpy(dtype=bool)
        found = known.reindex(asked.index)
        assert np.array_equal(found[exact], asked[exact])
    assert not rows.duplicated(["factor", *key]).any()
    # Numbers of patients stand beside all that a reader looks at first.
    assert rows.loc[is_key(rows), ["base_n", "n"]].notna().all(axis=None)


def test_the_same_report_twice_has_nothing_to_say(base: Side) -> None:
    pair = Pair(base, dataclasses.replace(base, name="variant"))
    assert comparison.sentences(pair) == ([], [])
    assert "No conclusion changes" in comparison.changes(pair).data
    assert "Every number that both reports have is the same." in comparison.changes(pair).data
    assert not pair.rows["differs"].any()
    assert comparison.different_choices(pair) == []


def test_curves_that_are_the_same_are_folded_and_others_are_not(later: Pair, base: Side) -> None:
    page = Page("13_comparison")
    shown = comparison.overlaid(later, page).data
    assert "<details" not in shown
    assert shown.count("<figure") == 4
    assert "base (solid, n = 108) and variant (dashed, n = 108)" in shown
    same = Pair(base, side("variant", "synthetic", afp_cutoff=400))
    folded = comparison.overlaid(same, page).data
    assert folded.startswith('<div class="findings"><details><summary>4 curves the same in both')
    assert "All curves of survival are the same in both." in comparison.changes(same).data


def test_two_datasets_are_compared_in_what_both_record(base: Side, tmp_path: Path) -> None:
    four = side("four", write_dataset(tmp_path / "four"))
    pair = Pair(dataclasses.replace(base, name="synthetic"), four)
    assert not pair.of_one_dataset
    _, counted = of_pair(pair)
    assert counted == ""
    said = comparison.changes(pair).data
    assert "These are different patients." in said
    assert "One draw of such patients is no finding" in said
    assert "108 patients are analysed in synthetic, 4 in four" in said
    assert "numbers of synthetic alone" in comparison.all_numbers(pair).data
    key = comparison.key_numbers(pair).data
    assert '<td class="number">108</td>' in key
    assert '<td class="number">4</td>' in key


def test_text_of_a_dataset_is_escaped(base: Side, tmp_path: Path) -> None:
    script = "<script>alert(1)</script><img src=x>"
    text = f'title: "{script}"\nnotice: "{script}"\ndata_cutoff: 2022-12-31\nsynthetic: true\n'
    other = side("x", write_dataset(tmp_path / "x", dataset=text))
    pair = Pair(base, dataclasses.replace(other, name=script, report=script))
    page = Page("13_comparison")
    for shown in (
        comparison.introduction(pair),
        comparison.changes(pair),
        comparison.overlaid(pair, page),
        comparison.key_numbers(pair),
        comparison.all_numbers(pair),
    ):
        assert "<script" not in shown.data
        assert "<img src=x" not in shown.data


def test_a_p_value_on_the_line_is_told_as_it_is(base: Side) -> None:
    rows = base.estimates
    chosen = (
        rows["analysis_id"].eq("prognosis")
        & rows["variable"].eq("OS")
        & rows["statistic"].eq(Statistic.P_VALUE)
        & rows["group"].eq("pvtt")
    )
    ours, theirs = (
        dataclasses.replace(
            base, name=name, estimates=rows.assign(value=rows["value"].mask(chosen, p))
        )
        for name, p in (("base", 0.0499), ("variant", 0.0501))
    )
    told, _ = comparison.sentences(Pair(ours, theirs))
    assert [text.partition(":")[0] for text in told] == ["PVTT and overall survival"]
    assert "where it is not below 0.05" in told[0]
    assert Pair(ours, theirs).rows["conclusion"].eq(P_CROSSES).sum() == 1


def test_a_report_is_read_from_its_folder(base: Side, tmp_path: Path) -> None:
    base.estimates.to_parquet(tmp_path / "estimates.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"parameters": {"ci_type": "log"}}))
    found = read_side("variant", tmp_path, "synthetic", STUDY)
    assert found.cohort.parameters.ci_type == "log"
    assert found.report == tmp_path.name
    with pytest.raises(OSError, match="manifest"):
        read_side("variant", tmp_path / "none", "synthetic", STUDY)
