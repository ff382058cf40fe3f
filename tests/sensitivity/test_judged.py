"""What becomes of every conclusion under every variant, and variants that share a row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analysis.display.sensitivity import matrix
from analysis.sensitivity.compare import NOT_ESTIMABLE, compare, conclusions
from analysis.sensitivity.judged import Judgement, judged, series
from analysis.sensitivity.variants import Variant, read_variants
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.display.test_across import COUNTED
from tests.display.test_sensitivity import COMPARED, FAILED, VARIANTS, estimated, runs


def test_a_conclusion_holds_changes_or_cannot_be_judged() -> None:
    none = estimated(p=np.nan, ratio=(np.nan, np.nan, np.nan))
    found = judged(compare(runs(a=estimated(p=0.06), b=estimated(), c=none)))
    assert dict(zip(found["variant"], found["judgement"], strict=True)) == {
        "a": Judgement.CHANGES,
        "b": Judgement.HOLDS,
        "c": Judgement.UNKNOWN,
    }
    assert set(found["factor"]) == {"pvtt"}


def test_it_says_nothing_else_than_the_comparison() -> None:
    found = judged(COMPARED)
    flagged = conclusions(COMPARED)
    changed = set(flagged.loc[flagged["conclusion"] != NOT_ESTIMABLE, "variant"])
    assert set(found.loc[found["judgement"] == Judgement.CHANGES, "variant"]) == changed


@given(st.lists(st.sampled_from(["afp", "age", "zero", "named"]), min_size=1, max_size=12))
def test_rows_hold_every_variant_once_and_in_order(kinds: list[str]) -> None:
    made = []
    for number, kind in enumerate(kinds):
        changes = {
            "afp": {"afp_cutoff": 100.0 + number},
            "age": {"age_cutoff": 40 + number},
            "zero": {"time_zero": ["radiotherapy", "immunotherapy"][number % 2]},
            "named": {"age_cutoff": 40 + number},
        }[kind]
        name = f"Mine {number}" if kind == "named" else str(number)
        made.append(Variant(name, "G", "?", "", str(number), changes))
    rows = series(made, Parameters())
    assert [each for row in rows for each in row.variants] == made
    for row in rows:
        for name, value in row.changes.items():
            asked = {each.changes.get(name) for each in row.variants}
            assert asked == (set(value) if name in row.several else {value})
        # Words and names are never put together, numbers of one parameter are.
        if row.variants[0].name.startswith("Mine") or "time_zero" in row.changes:
            assert len(row.variants) == 1


def test_the_value_of_the_base_is_named_where_a_row_has_it() -> None:
    rows = series(read_variants(Parameters()), Parameters())
    named = [row.changes for row in rows if "restricted_months" in row.changes]
    assert named == [{"factor_test": "restricted mean", "restricted_months": (12, 24)}]


class TestFigure:
    def test_a_sign_of_its_own_for_each_answer(self) -> None:
        drawn = matrix.figure(COMPARED, VARIANTS, FAILED, STUDY)
        assert drawn is not None
        assert "2 rows of variants, 1 conclusion." in drawn.alt
        assert "changes: 1, under Time counted from the first day of radiotherapy (OS PVTT)." in (
            drawn.alt
        )
        # What could not be computed cannot be judged; what holds throughout has no row.
        assert "cannot be judged: 1." in drawn.alt
        shapes = {line.get_marker() for line in drawn.figure.axes[0].lines} - {"None", "", None}
        assert len(shapes) == 2
        said = matrix.caption(COMPARED, VARIANTS, FAILED, STUDY)
        assert "1 of 3 variants, under which every conclusion holds, are not drawn" in said

    def test_what_changes_in_all_cohorts_is_told_from_what_changes_in_some(self) -> None:
        drawn = matrix.figure(COMPARED, VARIANTS, FAILED, STUDY, COUNTED)
        assert drawn is not None
        # The order of the medians changes in all three.
        assert "changes, in all 3: 1" in drawn.alt

    def test_a_phone_has_it_too_and_the_same_bytes_each_time(self) -> None:
        for width in (180.0, 85.0):
            one, other = (
                matrix.figure(COMPARED, VARIANTS, FAILED, STUDY).again(width).svg()  # type: ignore[union-attr,misc]
                for _ in range(2)
            )
            assert one == other

    def test_text_of_files_is_text(self) -> None:
        hostile = Variant("<b>$x$</b>", "<i>", "?", "", "l", {"age_cutoff": 65})
        found = compare(runs(**{"<b>$x$</b>": estimated(p=0.06)}))
        drawn = matrix.figure(found, [hostile], {}, STUDY)
        assert drawn is not None
        assert "<b>$x$</b>" in drawn.alt
        drawn.svg()

    def test_nothing_that_was_asked_gives_nothing(self) -> None:
        none = compare(pd.concat([runs()]))
        assert matrix.figure(none, [], {}, STUDY) is None
