"""Synthetic adverse events begin when they can; the two fatal ones as the Discussion says."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.article.ledger import read_ledger
from analysis.audit.comparison import compare
from analysis.cohort.folder import DATA
from analysis.cohort.read import load
from analysis.estimates import fatal_events, toxicity
from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.adverse_events import GROUPS
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import adverse_events, organ_doses
from analysis.zhai_2025.synthesis.outcomes import DIARRHOEA, FISTULA, Outcomes

P = Parameters()
TARGETS = Targets(read_ledger())


@dataclass(frozen=True)
class Inputs:
    """What the generator gets, taken from the committed cohort; `ids` are its patients."""

    ids: list[str]
    profile: pd.DataFrame
    courses: list[Any]
    starts: list[datetime.date]
    outcomes: Outcomes

    def events(self, seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        return adverse_events.adverse_events(
            self.profile, self.courses, self.starts, self.outcomes, TARGETS, rng
        )

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(patient_id=[self.ids[i] for i in table["patient_id"]])


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    cohort = load("synthetic", STUDY, P)
    worst = toxicity.worst_grades(cohort)
    patients = cohort.patients
    fistula = worst.index[worst["tef"] == 5][0]
    diarrhoea = worst.index[worst["gi"] == 5][0]
    order = [fistula, diarrhoea, *(i for i in patients.index if i not in (fistula, diarrhoea))]
    assert (FISTULA, DIARRHOEA) == (0, 1)
    patients, worst = patients.loc[order], worst.loc[order]
    profile = worst.add_prefix("grade ").assign(targeted_agent=patients["targeted_agent"])

    def days(column: str) -> pd.Series:
        return (patients[column] - patients["time_zero"]).dt.days

    columns = {name: days(name) for name in ("rt_start", "rt_end", "ici_start", "ici_end")}
    return Inputs(
        ids=list(order),
        profile=profile.reset_index(drop=True),
        courses=[
            SimpleNamespace(**{name: int(values[i]) for name, values in columns.items()})
            for i in order
        ],
        starts=[day.date() for day in patients["time_zero"]],
        outcomes=Outcomes(
            time=days("last_contact_date").to_numpy(),
            died=patients["death_date"].notna().to_numpy().astype(np.int64),
            progression=days("progression_date").fillna(-1).to_numpy().astype(np.int64),
            imaging=days("last_imaging_date").to_numpy(),
            in_field=days("in_field_relapse_date").fillna(-1).to_numpy().astype(np.int64),
            cause=tuple(patients["cause_of_death"].astype(object).fillna("")),
        ),
    )


@pytest.mark.parametrize("seed", range(4))
def test_events_begin_within_treatment_and_follow_up(inputs: Inputs, seed: int) -> None:
    events = inputs.events(seed)
    i = events["patient_id"].to_numpy()
    day = (
        pd.to_datetime(events["onset_date"]) - pd.to_datetime(pd.Series(inputs.starts))[i].array
    ).dt.days.to_numpy()
    last = (inputs.outcomes.time - inputs.outcomes.died)[i]
    assert (day >= 0).all()
    assert (day <= last).all()
    rt_start = np.array([course.rt_start for course in inputs.courses])[i]
    ici_start = np.array([course.ici_start for course in inputs.courses])[i]
    blamed = events["attribution"].str
    assert (day >= rt_start)[blamed.contains("radiotherapy")].all()
    assert (day >= ici_start)[blamed.contains("immunotherapy|targeted therapy")].all()


def test_what_the_laboratory_finds_is_found_on_working_days(inputs: Inputs) -> None:
    events = pd.concat([inputs.events(seed) for seed in range(4)])
    weekday = pd.to_datetime(events["onset_date"]).dt.weekday
    found = {term for term, onset in adverse_events.ONSETS.items() if onset.in_laboratory}
    laboratory = events["term"].isin(found)
    assert weekday[laboratory].max() == 4
    # Weekends are not all moved to one day.
    assert weekday[laboratory].value_counts(normalize=True).max() < 0.3
    assert set(weekday[~laboratory]) == set(range(7))


def test_early_and_late_events_are_told_apart(inputs: Inputs) -> None:
    events = pd.concat([inputs.events(seed) for seed in range(8)], ignore_index=True)
    start = pd.Series(pd.to_datetime(inputs.starts))[events["patient_id"]].array
    day = (pd.to_datetime(events["onset_date"]) - start).dt.days
    rt_start = np.array([course.rt_start for course in inputs.courses])[events["patient_id"]]
    skin, thyroid = (events["term"] == term for term in ("Dermatitis radiation", "Hypothyroidism"))
    assert (day - rt_start)[skin].between(0, 70).mean() > 0.95
    assert 7 <= (day - rt_start)[skin].median() <= 28
    assert day[thyroid].median() > 75


def test_every_term_that_is_used_has_an_onset() -> None:
    used = {
        term
        for group in GROUPS
        for term in adverse_events.TERMS.get(group.name, {group.terms[0]: 1})
    }
    # The fistula is fatal, and has its day from the Discussion.
    assert used - set(adverse_events.ONSETS) == {"Esophageal fistula"}


@pytest.mark.parametrize("seed", range(4))
def test_claims_about_the_two_fatal_events_are_met(
    inputs: Inputs, seed: int, tmp_path: Path
) -> None:
    folder = shutil.copytree(DATA / "synthetic", tmp_path / "copy")
    written = {
        "adverse_events": inputs.events(seed),
        "organ_doses": organ_doses.organ_doses(TARGETS, np.random.default_rng(seed)),
    }
    for name, table in written.items():
        inputs.named(table).to_csv(folder / f"{name}.csv", index=False)
    description = yaml.safe_load((folder / "dataset.yaml").read_text("utf-8"))
    description["not_recorded"] = {}
    (folder / "dataset.yaml").write_text(yaml.safe_dump(description), "utf-8")

    estimates = fatal_events.estimate(load(folder, STUDY, P), P)
    ledger = read_ledger()
    claims = compare(
        ledger[ledger["analysis_id"].str.startswith(fatal_events.CASE)], estimates
    ).set_index("claim_id")
    assert len(claims) == 10
    missed = claims[~claims["agrees"]]
    assert missed.empty, missed[["printed", "reproduced"]].to_string()
    days = estimates[estimates["variable"] == "days_to_death"].set_index("analysis_id")["value"]
    assert 3 <= days["grade5_case_1"] <= 28
    assert 1 <= days["grade5_case_2"] <= 75


def test_a_death_too_early_for_the_fistula_is_refused(inputs: Inputs) -> None:
    time = inputs.outcomes.time.copy()
    time[FISTULA] = 300
    early = replace(inputs, outcomes=replace(inputs.outcomes, time=time))
    with pytest.raises(Unreachable):
        early.events(1)


def test_the_same_seed_gives_the_same_table(inputs: Inputs) -> None:
    pd.testing.assert_frame_equal(inputs.events(3), inputs.events(3))
    assert not inputs.events(3).equals(inputs.events(4))


def test_a_dose_printed_as_a_bound_is_drawn_below_it() -> None:
    drawn = [organ_doses.organ_doses(TARGETS, np.random.default_rng(seed)) for seed in range(50)]
    volumes = [float(table.set_index("metric").loc["V32_mL", "value"]) for table in drawn]
    bound = TARGETS.value("grade5_case_2", "oesophagus_v32_ml", "value")
    assert all(0 < volume < bound for volume in volumes)
    assert len(set(volumes)) > 10
    assert len({tuple(table[table["metric"] == "Dmax_Gy"]["value"]) for table in drawn}) == 1
