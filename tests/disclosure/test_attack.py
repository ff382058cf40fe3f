"""The attack finds what it can, and what it finds is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.attack import CELL, Puzzle, found, midpoints_behind, patients
from analysis.disclosure.curve import midpoint
from analysis.disclosure.protect import protect
from analysis.disclosure.rules import ACRO, OPENSAFELY, RULE_SETS
from analysis.estimates import whole
from analysis.estimates.points import survival_curves
from analysis.study.months import DAYS_PER_MONTH
from tests.disclosure.cohorts import cohort, protected

COHORTS = ("hepatocellular", "synthetic")


@pytest.mark.parametrize("name", COHORTS)
def test_it_finds_everybody_in_a_report(name: str) -> None:
    base = cohort(name)
    exact = pd.concat(
        [whole.estimate(base, base.parameters), survival_curves(base, base.parameters)]
    )
    assert patients(found(exact, None, 7)) == len(base.patients)


@pytest.mark.parametrize("name", COHORTS)
@pytest.mark.parametrize("rules", ["OpenSAFELY", "ACRO"])
def test_it_finds_nobody_in_a_release(name: str, rules: str) -> None:
    chosen = RULE_SETS[rules]
    assert found(protected(name, rules).rows, chosen, chosen.suppress_up_to).empty


@pytest.mark.parametrize("name", COHORTS)
def test_the_true_numbers_are_among_those_that_it_holds_possible(name: str) -> None:
    """An attack that ruled the truth out would find what is not there, and miss what is."""
    base = cohort(name)
    puzzle = Puzzle(protected(name).rows, OPENSAFELY)
    exact = whole.estimate(base, base.parameters)
    values = {
        tuple(str(part) for part in key): value
        for *key, value in exact[[*CELL, "value"]].itertuples(index=False)
    }
    truth = {key: int(values[key]) for key in puzzle.cells if key in values}
    for key in puzzle.cells:
        analysis, group, _, endpoint, month, statistic = key
        if analysis == "curve" and not group and statistic in ("events", "censored"):
            times = base.times(endpoint)
            months = np.ceil(times["days"] / DAYS_PER_MONTH).clip(lower=1).astype(int)
            ended = times["event"] == (statistic == "events")
            truth[key] = int(((months == int(month)) & ended).sum())
    assert len(truth) > 150
    assert puzzle.allows(truth)


def test_it_finds_what_rounding_to_one_gives_away() -> None:
    """Suppressed counts alone follow from the others: rounding is what protects them."""
    weak = replace(OPENSAFELY, round_to=1)
    rows = protect(cohort("synthetic"), weak).rows
    # A suppression that is taken back by its own sum.
    seen = (rows["variable"] == "pvtt") & (rows["statistic"] == "count")
    count = rows.loc[seen & (rows["variable_level"] == "no"), "value"].item()
    total = rows.loc[seen, "n"].iloc[0]
    rows.loc[seen & (rows["variable_level"] == "yes"), ["value", "n"]] = [total - 3, total]
    rows.loc[seen & (rows["variable_level"] == "no"), ["value", "status"]] = [np.nan, "suppressed"]
    told = found(rows, weak, 7)
    assert count > 7
    assert [(row.variable, row.variable_level, row.value) for row in told.itertuples()][:1] == [
        ("pvtt", "no", 3)
    ]


def test_numbers_that_no_cohort_has_are_told() -> None:
    rows = protected("hepatocellular").rows.copy()
    men = (rows["variable"] == "sex") & (rows["variable_level"] == "male")
    rows.loc[men & (rows["statistic"] == "count"), "value"] = 500
    with pytest.raises(ValueError, match="No cohort"):
        Puzzle(rows, OPENSAFELY).certain(7)


def test_the_midpoints_behind_a_curve_are_found_again() -> None:
    """By hand: 60 patients, events by midpoint 0, 3, 3, 9 and nobody censored."""
    events = midpoint(np.array([0, 2, 5, 8]), OPENSAFELY)
    survival, heights = 1.0, {}
    for month, (before, now) in enumerate(zip([0, *events[:-1]], events, strict=True)):
        survival *= 1 - (now - before) / (60 - before)
        heights[month] = round(100 * survival, 1)
    behind = midpoints_behind(heights, 60, OPENSAFELY)
    assert [limits[0] for limits in behind] == [(3, 3), (3, 3), (9, 9)]


def test_stricter_rules_leave_less() -> None:
    strict, usual = (protected("synthetic", rules.name).rows for rules in (ACRO, OPENSAFELY))
    assert (strict["status"] == "suppressed").sum() > (usual["status"] == "suppressed").sum()
