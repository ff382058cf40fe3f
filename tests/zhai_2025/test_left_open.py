"""Page 11 under any choice, and of patients who have not the article's numbers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display.pages import left_open as shown
from analysis.estimates import prognosis
from analysis.zhai_2025 import left_open
from analysis.zhai_2025.left_open import LeftOpen
from analysis.zhai_2025.study import STUDY

OWN = Path(__file__).parents[2] / "data" / "synthetic"
CHOICES: list[dict[str, Any]] = [
    {"factor_model": "multivariable"},
    {"factor_model": "penalised"},
    {"landmark_months": 3},
    {"afp_model": "spline"},
    {"afp_cutoff": 400.0},
    {"time_zero": "radiotherapy"},
    {"delayed_entry": "second treatment"},
    {"factor_test": "restricted mean"},
    {"mode_over_time": True},
    {"population": "pvtt == 'yes'"},
    {"confidence": 0.9},
]


def of(cohort: Cohort) -> LeftOpen:
    return left_open.of(cohort, prognosis.estimate(cohort, cohort.parameters))


def show(left: LeftOpen, cohort: Cohort) -> str:
    """Give all that the page shows of it, as text."""
    study = cohort.study
    tables = (
        shown.table(left.ratios, study),
        shown.meta_table(left.ratios, study),
        shown.others_table(left.others, study),
        shown.curves_table(left.curves, study),
        shown.matters_table(left.matters),
    )
    shown.figure(left.ratios, study, "OS")
    texts = [str(shown.summary(left.ratios).data), *left.missing]
    texts += [table.cells.to_string() for table in tables if table is not None]
    return "\n".join([*texts, shown.meta_csv(left.ratios).to_string()])


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
def test_under_other_choices_nothing_of_other_cohorts_stands_beside(chosen: dict[str, Any]) -> None:
    """A ratio after a landmark, or of a model of many factors, is not what was proved of."""
    cohort = load(OWN, STUDY, chosen)
    left = of(cohort)
    (said,) = left.missing
    assert all(f"{name} = {value}" in said for name, value in chosen.items())
    assert "the article’s own choices, and so is not shown" in said
    assert left.ratios["cohorts"].eq(0).all()
    assert left.ratios["any_days"].isna().all()
    assert not left.ratios["attained"].map(len).any()
    assert left.others.empty
    assert "not known" in show(left, cohort).casefold()


def test_what_moves_no_estimate_is_no_other_choice() -> None:
    cohort = load(OWN, STUDY, {"rate_months": (12, 36), "show_censored": True})
    assert of(cohort).missing == ()


def test_these_patients_are_held_to_what_is_proved() -> None:
    left = of(load(OWN, STUDY, {}))
    assert left.missing == ()
    for row in left.ratios.to_dict("records"):
        assert any(low <= row["ratio"] <= high for low, high in row["any_days"])
        assert any(low <= row["ratio"] <= high for low, high in row["attained"])


def test_patients_who_have_other_numbers_only_stand_beside(tmp_path: Path) -> None:
    """As after a cell of the data is changed: what is proved is not of them, and no fault."""
    folder = shutil.copytree(OWN, tmp_path / "edited")
    file = folder / "patients.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("SYN-001,male,", "SYN-001,female,"), encoding="utf-8")
    cohort = load(folder, STUDY, {})
    left = of(cohort)
    (said,) = [one for one in left.missing if "come out otherwise in these patients" in one]
    assert int(said.split(" ")[0]) > 1
    male = left.ratios[left.ratios["factor"] == "male"].set_index("endpoint").loc["OS"]
    assert not any(low <= male["ratio"] <= high for low, high in male["any_days"])
    assert not any(low <= male["ratio"] <= high for low, high in male["attained"])
    # Nor do they attain anything else; where the exact ones reach farthest, less is attained.
    exact = of(load(OWN, STUDY, {})).others
    assert (left.others["low"] >= exact["low"]).all()
    assert (left.others["high"] <= exact["high"]).all()
    assert "any" in show(left, cohort)
