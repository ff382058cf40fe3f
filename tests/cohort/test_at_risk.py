"""Who is at risk from time zero, or from the second treatment; who is not is counted and named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort import at_risk
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.read import load
from analysis.display.left_out import not_at_risk
from analysis.display.pages import overview
from analysis.display.pages import survival as page
from analysis.estimates import survival
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic
from analysis.study.own import OWN
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.later import write_later

DAY = pd.Timestamp("2020-01-01")


def patients(**columns: list[int | None]) -> pd.DataFrame:
    """Give patients whose days are counted from one day."""
    frame = pd.DataFrame(
        {
            name: [DAY + pd.Timedelta(days=day) if day is not None else pd.NaT for day in days]
            for name, days in columns.items()
        }
    )
    return frame.set_axis([f"P{place}" for place in range(len(frame))])


def times(days: list[int], event: list[bool], **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "patient_id": [f"P{place}" for place in range(len(days))],
            "endpoint": "OS",
            "days": days,
            "event": event,
            "event_source": "",
            "censor_source": "",
            "competing": False,
        }
    )
    return frame.assign(**columns)


def test_before_time_zero_nobody_is_at_risk() -> None:
    given = times([-3, -1, 0, 5], [True, False, True, False])
    kept, out = at_risk.among("x", given, patients(time_zero=[0, 0, 0, 0]), OWN)
    assert kept["patient_id"].tolist() == ["P2", "P3"]
    assert "start" not in kept
    assert dict(zip(out["patient_id"], out["reason"], strict=True)) == {
        "P0": at_risk.EVENT_BEFORE,
        "P1": at_risk.OBSERVED_BEFORE,
    }


def test_what_competes_before_time_zero_is_an_event_before_it() -> None:
    given = times([-3], [False], competing=True)
    _, out = at_risk.among("x", given, patients(time_zero=[0]), OWN)
    assert out["reason"].tolist() == [at_risk.EVENT_BEFORE]


def test_late_entry_is_at_the_second_treatment() -> None:
    study = OWN.under(OWN.parameters(delayed_entry="second treatment"))
    who = patients(
        time_zero=[0, 0, 0, 0, 0, None],
        rt_start=[0, 10, 10, 0, 0, None],
        ici_start=[0, 0, 0, 10, None, 0],
    )
    given = times([0, 11, 10, 4, 50], [True, True, False, True, True])
    kept, out = at_risk.among("x", given, who, study)
    assert kept[["patient_id", "start"]].to_numpy().tolist() == [["P0", -1], ["P1", 10]]
    assert dict(zip(out["patient_id"], out["reason"], strict=True)) == {
        "P2": at_risk.OBSERVED_BEFORE_ENTRY,
        "P3": at_risk.EVENT_BEFORE_ENTRY,
        "P4": at_risk.NO_ENTRY,
        "P5": at_risk.NO_TIME_ZERO,
    }


def test_lengths_of_time_have_no_day_of_entry() -> None:
    study = OWN.under(OWN.parameters(delayed_entry="second treatment"))
    who = patients(time_zero=[0], rt_start=[0], ici_start=[0])
    with pytest.raises(DatasetFaults, match="only lengths of time are recorded"):
        at_risk.among("x", times([5], [True], event_source=at_risk.RECORDED), who, study)


def test_a_progression_before_immunotherapy_is_not_moved_to_day_0(tmp_path: Path) -> None:
    """Two patients progressed some days before immunotherapy, and were counted on its day 0."""
    folder = write_later(tmp_path / "later")
    cohort = load(folder, STUDY, {"time_zero": "immunotherapy", "apply_eligibility": False})
    assert len(cohort.times("PFS")) == len(cohort.patients) - 2
    assert len(cohort.times("OS")) == len(cohort.patients)
    found = survival.estimate(cohort, cohort.parameters)
    counted = pick(found, statistic=Statistic.EXCLUDED, variable="PFS")
    assert counted["value"].tolist() == [2]
    said = "Patients left out: PFS, 2 with the event before the start of immunotherapy"
    (line,) = not_at_risk(found, cohort.study)
    assert line.startswith(said)
    assert not any(name in line for name in cohort.patients.index)
    shown = page.table(found, cohort.study)
    assert shown is not None
    assert said in shown.shown.as_raw_html()
    on_index = overview.table(found, cohort.study)
    assert on_index is not None
    assert said in on_index.shown.as_raw_html()
    assert at_risk.lines(cohort.not_at_risk) == [
        "PFS: 2 left out, event before time zero",
        "ORFS: 2 left out, event before time zero",
    ]


def test_by_the_study_s_own_choices_nobody_is_left_out() -> None:
    cohort = load("synthetic", STUDY)
    assert cohort.not_at_risk.empty
    found = survival.estimate(cohort, cohort.parameters)
    assert pick(found, statistic=Statistic.EXCLUDED).empty
    assert not_at_risk(found, cohort.study) == []


@pytest.mark.parametrize("choice", ["event", "competing"])
def test_a_death_counts_however_long_before_it_relapse_was_looked_for(
    choice: str, tmp_path: Path
) -> None:
    """Last imaged before time zero, but known to have died after it: at risk of death."""
    cohort = load("synthetic", STUDY, {"time_zero": "second treatment", "relapse_death": choice})
    assert (cohort.times("IRFS")["days"] >= 0).all()
    assert len(cohort.times("IRFS")) == len(cohort.patients)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"time_zero": "second treatment"}, "nobody enters late"),
        ({"relapse_death": "competing"}, "cumulative incidences"),
        ({"interval_source": "bootstrap"}, "samples of patients"),
        ({"factor_test": "restricted mean"}, "restricted means"),
        ({"landmark_months": 3}, "landmark_months=3"),
        ({"mode_over_time": True}, "mode_over_time has nothing to change"),
    ],
)
def test_what_does_not_go_with_late_entry_is_refused(choices: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Parameters.model_validate({"delayed_entry": "second treatment", **choices})


def test_the_mode_is_known_at_the_second_treatment() -> None:
    with pytest.raises(ValueError, match="mode_over_time has nothing to change"):
        Parameters(time_zero="second treatment", mode_over_time=True)
