"""An export of REDCap with its data dictionary: codes, checkboxes, repeated instruments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.faults import DatasetFaults
from analysis.cohort.intake.files import read_sheets
from analysis.cohort.intake.redcap import choices_in, labelled
from analysis.cohort.read import load, read_dataset
from analysis.estimates import whole
from analysis.estimates.rows import KEY
from analysis.zhai_2025.study import STUDY
from tests.cohort.intake.hospital import recorded

SITES = ["primary tumour", "PVTT", "other tumour thrombus", "lymph node", "other metastasis"]
DICTIONARY = [
    ("record_id", "base", "text", "Record", ""),
    ("sex", "base", "radio", "Sex", "1, Male | 2, Female"),
    ("birth", "base", "text", "Born", ""),
    ("stage", "base", "dropdown", "Stage (AJCC)", "0, II | 1, IIIA | 2, IIIB | 3, IVA | 4, IVB"),
    ("cirrhosis", "base", "yesno", "Cirrhosis", ""),
    ("virus", "base", "checkbox", "Virus", "1, Hepatitis B | 2, Hepatitis C | -9, not known"),
    ("death", "base", "text", "Died on", ""),
    ("last_seen", "base", "text", "Last seen", ""),
    ("rt_site", "radiotherapy", "dropdown", "Site",
     " | ".join(f"{i}, {site}" for i, site in enumerate(SITES, start=1))),
    ("rt_start", "radiotherapy", "text", "Begin", ""),
    ("rt_end", "radiotherapy", "text", "End", ""),
    ("rt_gy", "radiotherapy", "text", "Dose", ""),
    ("rt_fx", "radiotherapy", "text", "Fractions", ""),
    ("ae_term", "adverse_events", "text", "Event", ""),
    ("ae_grade", "adverse_events", "radio", "Grade",
     "1, mild | 2, moderate | 3, severe | 4, 4 | 5, 5"),
]  # fmt: skip
DECLARED = """\
title: A registry
synthetic: true
preset: redcap
source: {file: export.csv, dictionary: dictionary.csv}
tables:
  patients:
    - patient_id: record_id
      sex: sex
      birth_date: birth
      ajcc_stage: stage
      cirrhosis: cirrhosis
      hepatitis_b: {from: virus___1, values: {Checked: 'yes', 1: 'yes', 0: 'no'}}
      hepatitis_c: virus___2
  follow_up:
    - {patient_id: record_id, death_date: death, last_contact_date: last_seen}
  radiotherapy:
    - where: {redcap_repeat_instrument: radiotherapy}
      patient_id: record_id
      site: rt_site
      start_date: rt_start
      end_date: rt_end
      dose_gy: rt_gy
      fractions: rt_fx
  adverse_events:
    - where: {redcap_repeat_instrument: adverse_events}
      patient_id: record_id
      term: ae_term
      grade: ae_grade
"""
SAME = """\
title: The same
synthetic: true
not_recorded:
  patients: [{absent}]
  follow_up: [progression_date, in_field_relapse_date, out_field_relapse_date, last_imaging_date,
    cause_of_death]
  adverse_events: [attribution, onset_date]
  immunotherapy: all
  assessments: all
"""
KEPT = ["patient_id", "sex", "birth_date", "ajcc_stage", "cirrhosis", "hepatitis_b", "hepatitis_c"]


def write_dictionary(path: Path, api: bool = False) -> None:
    frame = pd.DataFrame(
        DICTIONARY,
        columns=[
            "Variable / Field Name",
            "Form Name",
            "Field Type",
            "Field Label",
            "Choices, Calculations, OR Slider Labels",
        ],
    )
    if api:
        frame.columns = pd.Index(
            ["field_name", "form_name", "field_type", "field_label",
             "select_choices_or_calculations"]
        )  # fmt: skip
    frame.to_csv(path, index=False)


def write_export(folder: Path) -> Path:
    """Write what REDCap exports of the synthetic cohort: raw codes, a row a record and a repeat."""
    folder.mkdir(parents=True, exist_ok=True)
    patients, follow_up = recorded("patients"), recorded("follow_up").set_index("patient_id")
    of = patients["patient_id"].map
    coded = {text: code for code, text in choices_in(DICTIONARY[3][4]).items()}
    yes = {"yes": "1", "no": "0"}
    base = pd.DataFrame(
        {
            "record_id": patients["patient_id"],
            "redcap_repeat_instrument": "",
            "redcap_repeat_instance": "",
            "sex": patients["sex"].map({"male": "1", "female": "2"}),
            "birth": patients["birth_date"],
            "stage": patients["ajcc_stage"].map(coded),
            "cirrhosis": patients["cirrhosis"].map(yes),
            "virus___1": patients["hepatitis_b"].map(yes),
            "virus___2": patients["hepatitis_c"].map(yes),
            "virus____9": "0",
            "death": of(follow_up["death_date"]),
            "last_seen": of(follow_up["last_contact_date"]),
        }
    )
    treated, events = recorded("radiotherapy"), recorded("adverse_events")
    repeats = [
        pd.DataFrame(
            {
                "record_id": treated["patient_id"],
                "redcap_repeat_instrument": "radiotherapy",
                "rt_site": (treated["site"].map(SITES.index) + 1).astype(str),
                "rt_start": treated["start_date"],
                "rt_end": treated["end_date"],
                "rt_gy": treated["dose_gy"],
                "rt_fx": treated["fractions"],
            }
        ),
        pd.DataFrame(
            {
                "record_id": events["patient_id"],
                "redcap_repeat_instrument": "adverse_events",
                "ae_term": events["term"],
                "ae_grade": events["grade"],
            }
        ),
    ]
    rows = pd.concat([base, *repeats]).sort_values("record_id", kind="stable")
    again = rows.groupby(["record_id", "redcap_repeat_instrument"]).cumcount() + 1
    rows["redcap_repeat_instance"] = again.astype(str).where(
        rows["redcap_repeat_instrument"] != "", ""
    )
    rows.to_csv(folder / "export.csv", index=False)
    write_dictionary(folder / "dictionary.csv")
    (folder / "dataset.yaml").write_text(DECLARED, encoding="utf-8")
    return folder


def write_same(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    patients, follow_up = recorded("patients"), recorded("follow_up")
    absent = ", ".join(name for name in patients.columns if name not in KEPT)
    (folder / "dataset.yaml").write_text(SAME.format(absent=absent), encoding="utf-8")
    patients[KEPT].to_csv(folder / "patients.csv", index=False)
    dates = ["patient_id", "death_date", "last_contact_date"]
    follow_up[dates].to_csv(folder / "follow_up.csv", index=False)
    recorded("radiotherapy").to_csv(folder / "radiotherapy.csv", index=False)
    events = recorded("adverse_events")[["patient_id", "term", "grade"]]
    events.to_csv(folder / "adverse_events.csv", index=False)
    return folder


def test_every_estimate_is_that_of_the_same_patients(tmp_path: Path) -> None:
    found, expected = (
        whole.estimate(cohort, cohort.parameters)[[*KEY, "value"]]
        for cohort in (
            load(write_export(tmp_path / "redcap"), STUDY),
            load(write_same(tmp_path / "same"), STUDY),
        )
    )
    both = found.merge(expected, on=KEY, how="outer", suffixes=("", "_same"), indicator="in")
    equal = np.isclose(both["value"], both["value_same"], rtol=1e-12, equal_nan=True)
    assert both[~equal | (both["in"] != "both")].empty, both[~equal].to_string()
    assert len(both) > 300


@pytest.mark.parametrize("api", [False, True])
def test_the_dictionary_says_what_codes_and_ticks_stand_for(tmp_path: Path, api: bool) -> None:
    folder = write_export(tmp_path)
    write_dictionary(folder / "dictionary.csv", api)
    (export,), (fields,) = (read_sheets(folder / name) for name in ("export.csv", "dictionary.csv"))
    sheet = labelled(export, fields)
    assert sheet.labels["sex"] == {"1": "Male", "2": "Female"}
    assert sheet.labels["cirrhosis"] == {"1": "yes", "0": "no"}
    assert sheet.labels["virus___1"]["1"] == "yes"
    assert sheet.titles["virus___2"] == "Virus: Hepatitis C"
    # REDCap writes the minus of a code as a bar.
    assert sheet.titles["virus____9"] == "Virus: not known"
    assert "birth" not in sheet.labels


def test_rows_of_repeated_instruments_are_no_patients(tmp_path: Path) -> None:
    tables = read_dataset(write_export(tmp_path), STUDY).tables
    assert len(tables["patients"]) == len(tables["follow_up"]) == 108
    assert len(tables["radiotherapy"]) == len(recorded("radiotherapy"))
    assert set(tables["radiotherapy"]["site"]) <= set(SITES)
    # Grades are numbers: their labels are words for them.
    assert tables["adverse_events"]["grade"].max() == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dictionary.csv", "dictionary.xlsx", "did you mean dictionary.csv?"),
        ("dictionary.csv", "export.csv", "a data dictionary of REDCap, with a column Variable"),
        ("instrument: adverse_events", "instrument: adverse_event", "did you mean adverse_events?"),
        ("sex: sex", "sex: Sex", "did you mean sex?"),
        ("ae_grade", "virus", "a column of export.csv; did you mean virus___"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = write_export(tmp_path)
    path = folder / "dataset.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    _, *lines = str(caught.value).splitlines()
    assert len(lines) == 1, lines
    assert said in lines[0]
