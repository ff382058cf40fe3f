"""Tables of ADaM of the synthetic cohort, with an arm drawn at random."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from analysis.cohort.read import load
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.study import STUDY
from tests.cohort.intake.hospital import recorded

ENDPOINTS = {"OS": "Overall Survival", "PFS": "Progression-free Survival (months)"}
ARMS = ("Placebo", "Xanomeline High Dose")
TITLES = {
    "USUBJID": "Unique Subject Identifier",
    "TRT01P": "Planned Treatment for Period 01",
    "CNSR": "Censor",
}
PRESET = "title: A trial\nsynthetic: true\npreset: adam\nsource: {file: adam}\n"
DECLARED = """\
title: A trial
synthetic: true
study: own
arm: {column: treatment, label: Planned Treatment for Period 01}
"""
Tables = dict[str, pd.DataFrame]


def _days(texts: pd.Series) -> list[datetime.date | None]:
    return [datetime.date.fromisoformat(text) if isinstance(text, str) else None for text in texts]


@cache
def tables() -> Tables:
    """Give ADSL, ADTTE, ADRS and ADAE."""
    patients = recorded("patients")
    cohort = load("synthetic", STUDY)
    ids = "TRIAL-" + patients["patient_id"]
    called = dict(zip(patients["patient_id"], ids, strict=True))
    arms = np.random.default_rng(5).choice(ARMS, len(ids))
    adsl = pd.DataFrame(
        {
            "STUDYID": "TRIAL",
            "USUBJID": ids,
            "SEX": patients["sex"].str[0].str.upper(),
            "AGE": cohort.patients["age_years"].to_numpy(float),
            "AGEU": "YEARS",
            "RANDDT": _days(patients["enrolment_date"]),
            "TRT01P": arms,
        }
    )
    times = []
    for code, title in ENDPOINTS.items():
        found = cohort.times(code)
        per = DAYS_PER_MONTH if "months" in title else 1
        times.append(
            pd.DataFrame(
                {
                    "USUBJID": found["patient_id"].map(called).to_numpy(),
                    "PARAMCD": code,
                    "PARAM": title,
                    "AVAL": found["days"].to_numpy(float) / per,
                    "AVALU": "" if "months" in title else "DAYS",
                    # Censoring has reasons, which are numbered.
                    "CNSR": np.where(found["event"], 0.0, 1.0 + np.arange(len(found)) % 3),
                }
            )
        )
    best = recorded("assessments").query("criterion == 'RECIST 1.1' and region == 'overall'")
    best_of = pd.DataFrame(
        {"USUBJID": best["patient_id"].map(called), "PARAMCD": "BOR", "AVALC": best["category"]}
    )
    visits = best_of.assign(PARAMCD="OVRLRESP", AVALC="SD")
    adrs = pd.concat([visits, best_of]).assign(PARAM="Response by RECIST 1.1")
    events = recorded("adverse_events")
    worst = pd.DataFrame(
        {
            "USUBJID": events["patient_id"].map(called),
            "AEDECOD": events["term"],
            "ATOXGR": "Grade " + events["grade"],
            "ASTDT": _days(events["onset_date"]),
            "TRTEMFL": "Y",
        }
    )
    # The same term once more with a milder grade, the same again in capitals or not, and some from
    # before treatment.
    milder = worst[events["grade"].astype(int) > 1].assign(ATOXGR="Grade 1")
    before = worst.head(5).assign(ATOXGR="Grade 5", TRTEMFL="")
    again = worst.head(40).assign(AEDECOD=worst["AEDECOD"].head(20).str.upper())
    again["AEDECOD"] = again["AEDECOD"].fillna(worst["AEDECOD"])
    adae = pd.concat([before, milder, worst, again])
    return {"adsl": adsl, "adtte": pd.concat(times), "adrs": adrs, "adae": adae}


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _write_xpt(frame: pd.DataFrame, path: Path) -> None:
    titles = [TITLES.get(name, "") for name in frame.columns]
    dates = {name: "DATE9" for name in frame.columns if name.endswith("DT")}
    typed = frame.reset_index(drop=True)
    pyreadstat.write_xport(
        typed, str(path), column_labels=titles, variable_format=dates, table_name=path.stem.upper()
    )


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _write_csv, ".xpt": _write_xpt}


def write_adam(folder: Path, suffix: str, declared: str = PRESET, **changed: pd.DataFrame) -> Path:
    """Write the tables as files of one kind in a folder beside the `dataset.yaml`."""
    (folder / "adam").mkdir(parents=True)
    (folder / "dataset.yaml").write_text(declared, encoding="utf-8")
    for name, frame in {**tables(), **changed}.items():
        WRITERS[suffix](frame, folder / "adam" / f"{name}{suffix}")
    return folder


def write_same(folder: Path) -> Path:
    """Write the same patients in the columns of the project."""
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(DECLARED, encoding="utf-8")
    given = tables()
    adsl, adtte = given["adsl"], given["adtte"]
    patients = pd.DataFrame(
        {
            "patient_id": adsl["USUBJID"],
            "sex": adsl["SEX"].map({"M": "male", "F": "female"}),
            "age_years": adsl["AGE"],
            "enrolment_date": adsl["RANDDT"],
            "treatment": adsl["TRT01P"],
        }
    )
    in_months = adtte["PARAM"].str.contains("months")
    times = pd.DataFrame(
        {
            "patient_id": adtte["USUBJID"],
            "endpoint": adtte["PARAMCD"],
            "days": adtte["AVAL"].where(~in_months, adtte["AVAL"] * DAYS_PER_MONTH),
            "event": np.where(adtte["CNSR"] == 0, "yes", "no"),
        }
    )
    best = given["adrs"].query("PARAMCD == 'BOR'")
    responses = pd.DataFrame(
        {
            "patient_id": best["USUBJID"],
            "criterion": "RECIST 1.1",
            "region": "overall",
            "category": best["AVALC"],
        }
    )
    events = recorded("adverse_events").drop(columns="attribution")
    events["patient_id"] = "TRIAL-" + events["patient_id"]
    for name, frame in (
        ("patients", patients), ("time_to_event", times), ("assessments", responses),
        ("adverse_events", events),
    ):  # fmt: skip
        frame.to_csv(folder / f"{name}.csv", index=False)
    with (folder / "dataset.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "not_recorded: {adverse_events: [attribution], "
            "assessments: [baseline_sum_mm, best_sum_mm, new_lesion]}\n"
        )
    return folder
