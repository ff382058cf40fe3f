"""Two small datasets that are mutated: one of a study of its own, one with the article's tables."""

from __future__ import annotations

import datetime
import random

from tests import datasets

Files = dict[str, bytes]

_DECLARED = """\
title: Small
study: own
data_cutoff: 2023-06-30
not_recorded:
  adverse_events: [attribution]
  follow_up: [in_field_relapse_date, out_field_relapse_date]
factors:
  - {column: bilirubin, label: Bilirubin, unit: µmol/L, cut: 20}
  - {column: bclc, levels: {A: A, B: B, C: C}}
endpoints:
  - {name: LPFS, months: lpfs_months, event: {column: lpfs_status, is: 1}, competing: 2}
"""
_HEADERS = {
    "patients": "patient_id,sex,birth_date,age_years,enrolment_date,bilirubin,bclc,lpfs_months,"
    "lpfs_status",
    "radiotherapy": "patient_id,site,start_date,end_date,dose_gy,fractions",
    "immunotherapy": "patient_id,agent,start_date,end_date,cycles",
    "follow_up": "patient_id,progression_date,last_imaging_date,last_contact_date,death_date,"
    "cause_of_death",
    "adverse_events": "patient_id,term,grade,onset_date",
    "organ_doses": "patient_id,organ,metric,value",
    "time_to_event": "patient_id,endpoint,days,event",
}


def own() -> Files:
    """Give fourteen patients of a study of its own, by file."""
    drawn = random.Random(3)
    rows: dict[str, list[str]] = {name: [header] for name, header in _HEADERS.items()}
    for number in range(1, 15):
        _patient(f"P{number:02d}", number, drawn, rows)
    files = {f"{name}.csv": "\n".join([*lines, ""]).encode() for name, lines in rows.items()}
    return {"dataset.yaml": _DECLARED.encode(), **files}


def _patient(name: str, number: int, drawn: random.Random, rows: dict[str, list[str]]) -> None:
    start = datetime.date(2019, 1, 1) + datetime.timedelta(drawn.randint(0, 400))

    def day(after: int) -> str:
        return (start + datetime.timedelta(after)).isoformat()

    end, died = drawn.randint(200, 900), number % 2 == 1
    progressed = drawn.randint(100, end - 20) if number % 3 else None
    age = drawn.randint(40, 80)
    sex, stage = drawn.choice(["male", "female"]), drawn.choice("ABC")
    rows["patients"].append(
        f"{name},{sex},{day(-365 * age - 200)},{age},{day(-7)},{drawn.randint(50, 400) / 10},"
        f"{stage},{(progressed or end) / 30.4375:.1f},{1 if progressed else 2 if died else 0}"
    )
    rows["radiotherapy"].append(f"{name},primary tumour,{day(0)},{day(30)},50,25")
    agent, cycles = drawn.choice(["sintilimab", "toripalimab"]), drawn.randint(3, 9)
    rows["immunotherapy"].append(f"{name},{agent},{day(10)},{day(90)},{cycles}")
    rows["follow_up"].append(
        f"{name},{day(progressed) if progressed else ''},{day(end - 10)},{day(end)},"
        f"{day(end) if died else ''},{'tumour' if died else ''}"
    )
    if number % 3 == 0:
        rows["adverse_events"].append(f"{name},Nausea,{drawn.randint(1, 3)},{day(20)}")
    if number % 4 == 0:
        rows["adverse_events"].append(f"{name},Fatigue,{drawn.randint(1, 3)},{day(40)}")
    if number % 5 == 0:
        rows["organ_doses"] += [
            f"{name},liver,Dmean_Gy,{drawn.randint(50, 200) / 10}",
            f"{name},liver,Dmax_Gy,{drawn.randint(300, 600) / 10}",
            f"{name},liver,V20_percent,{drawn.randint(10, 60)}",
        ]
    for endpoint, days, event in (("OS", end, died), ("DFS", progressed or end, progressed)):
        rows["time_to_event"].append(f"{name},{endpoint},{days},{'yes' if event else 'no'}")


def article() -> Files:
    """Give the four patients with the article's tables, by file."""
    texts = {**datasets.FILES, "organ_doses.csv": datasets.ORGAN_DOSES}
    return {name: text.encode() for name, text in texts.items()}
