"""The table of fatal adverse events: a case a part, and nothing of a dataset runs in the page."""

from __future__ import annotations

from pathlib import Path

from analysis.cohort.read import load
from analysis.display.pages import toxicity
from analysis.estimates import whole
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset

P = Parameters()
HOSTILE = "<script>alert(1)</script>"


def test_without_a_fatal_event_the_table_says_so(tmp_path: Path) -> None:
    cohort = load(write_dataset(tmp_path), STUDY, P)
    table = toxicity.grade_5_table(whole.estimate(cohort, P), cohort.study)
    assert table is not None
    assert table.cells.to_numpy().tolist() == [["Events of grade 5", "none"]]


def test_a_dataset_without_events_has_no_table() -> None:
    cohort = load("hepatocellular", STUDY, P)
    assert toxicity.grade_5_table(whole.estimate(cohort, cohort.parameters), cohort.study) is None


def test_the_table_shows_each_case_and_escapes_what_it_shows(tmp_path: Path) -> None:
    events = datasets.FATAL_EVENTS.replace("Colitis", HOSTILE)
    folder = write_dataset(tmp_path, adverse_events=events, organ_doses=datasets.ORGAN_DOSES)
    cohort = load(folder, STUDY, P)
    table = toxicity.grade_5_table(whole.estimate(cohort, P), cohort.study)
    assert table is not None
    assert HOSTILE not in table.shown.as_raw_html()
    shown = table.cells.groupby("case", sort=False)["Value"].agg(list).to_dict()
    # A term that Table 4 does not have comes after those it has.
    assert shown == {
        "Case 1: Oesophageal fistula": [
            "tislelizumab", "sorafenib", "50 Gy", "20 fractions", "5.3 months", "21 days", "33 Gy",
            "4.2 mL",
        ],
        f"Case 2: {HOSTILE}": [
            "immunotherapy", "toripalimab", "lenvatinib", "60 Gy", "30 fractions", "10.8 months",
            "11 days", "7.5 Gy",
        ],
    }  # fmt: skip
