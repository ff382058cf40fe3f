"""What figures say of patients who are drawn one by one: counts, extremes, bars."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display.pages import plausibility, response, treatment
from analysis.estimates import drawn
from analysis.estimates.rows import pick, rounded, to_table, value_of
from analysis.study.keys import NO, YES, Statistic
from analysis.zhai_2025.study import STUDY

Rows = list[dict[str, object]]


def table(rows: Rows) -> pd.DataFrame:
    return to_table(rows, table)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return load("synthetic", STUDY)


@given(
    st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=60),
    st.one_of(st.none(), st.sampled_from([0.5, 2.0, 5.0])),
    st.booleans(),
)
def test_every_value_is_in_one_bar(
    values: list[float], width: float | None, on_log_axis: bool
) -> None:
    spread = np.ptp(values)
    # No more bars than can be drawn.
    if width and spread / width > 1000:
        width = None
    # Magnitudes as in a laboratory.
    column = pd.Series(values).round(3)
    rows = table(drawn.histogram_rows("x", column, width, log=on_log_axis))
    shown = column[column > 0] if on_log_axis else column
    assert value_of(rows, statistic=Statistic.N) == len(shown)
    assert value_of(rows, statistic=Statistic.EXCLUDED) == len(column) - len(shown)
    edges, counts = drawn.bars(rows)
    assert counts.sum() == len(shown)
    if len(shown):
        assert (np.diff(edges) > 0).all()
        assert edges[0] <= shown.min() <= shown.max() <= edges[-1]
        assert value_of(rows, statistic=Statistic.MEDIAN) == rounded(shown.median())


def test_changes_are_counted_at_their_lines_and_by_category() -> None:
    change = pd.Series([640.0, 900.0, 20.0, 0.0, -29.9, -30.0, np.nan])
    category = pd.Series(["PD", "PD", "PD", None, "SD", "PR", "CR"])
    rows = table(drawn.change_rows("x", change, category, (-30, 20), clip=500))
    counts = pick(rows, statistic=Statistic.COUNT).set_index("variable_level")["value"]
    assert counts.to_dict() == {
        "<0": 2, "<=-30": 1, ">=20": 3, "PD": 3, drawn.NOT_ASSESSED: 1, "SD": 1, "PR": 1, ">500": 2,
    }  # fmt: skip
    assert pick(rows, statistic=Statistic.VALUE)["value"].tolist() == [900, 640]
    assert value_of(rows, statistic=Statistic.EXCLUDED) == 1
    assert value_of(rows, statistic=Statistic.MEDIAN) == 10


def test_courses_are_those_of_the_tables(cohort: Cohort) -> None:
    rows = drawn.of_courses(cohort)
    died = int((cohort.patients["death"] == YES).sum())
    assert value_of(rows, variable="death", variable_level=YES) == died
    assert value_of(rows, variable="death", variable_level=NO) == len(cohort.patients) - died
    modes = cohort.patients["treatment_mode"].value_counts()
    assert (
        value_of(rows, variable="treatment_mode", variable_level="sequential")
        == (modes["sequential"])
    )


def test_figures_say_what_is_in_the_rows(cohort: Cohort) -> None:
    """No number is computed where it is shown: another row is another text."""
    said = pd.concat(
        [
            drawn.of_response(cohort),
            drawn.of_courses(cohort),
            drawn.histograms(cohort, drawn.DOSES),
            plausibility.estimates(cohort, {}, ("OS",)),
        ]
    )
    changed = said.assign(value=said["value"].where(said["statistic"].ne(Statistic.N), 4321))
    for figure in (
        lambda rows: response.tumour_change(cohort, rows, "RECIST 1.1"),
        lambda rows: response.marker_change(cohort, rows),
        lambda rows: response.marker_levels(cohort, rows),
        lambda rows: treatment.courses(cohort, rows),
        lambda rows: treatment.doses(cohort, rows),
        lambda rows: plausibility.marker_distribution(cohort, rows),
        lambda rows: plausibility.follow_up_times(cohort, rows, "OS"),
        lambda rows: plausibility.dates(cohort, rows),
    ):
        as_it_is, other = figure(said), figure(changed)
        assert as_it_is is not None
        assert other is not None
        assert "4,321" not in as_it_is.alt
        assert "4,321" in other.alt
