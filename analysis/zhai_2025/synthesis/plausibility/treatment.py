"""Rules about radiotherapy, immune checkpoint inhibitors (ICI) and other drugs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.synthesis.plausibility.rule import (
    COHORT,
    Found,
    Known,
    Rule,
    counted,
    on_weekends,
    where,
)
from analysis.zhai_2025.patients import ICI_AGENTS, TARGETED_AGENTS

WEEK = 7
# From enrolment to the first treatment.
LONGEST_WAIT_DAYS = 28
# A progression is acted on at the next visit.
LONGEST_AFTER_PROGRESSION_DAYS = 42
# Cycles that toxicity put off or left out may take a course to twice its length.
LONGEST_DELAY = 2.0
# Conventional fractions are of about 2 Gy, stereotactic ones of 10 Gy at most; a course has from
# one to five fractions a week. What is less than 20 Gy in all does not hold a tumour.
FRACTION_GY = (1.8, 10.0)
LEAST_DOSE_GY = 20.0
MOST_FRACTIONS = 35


def _starts(known: Known) -> Iterator[Found]:
    wait = (known.start - known.patients["enrolment_date"]).dt.days
    yield from where(wait < 0, "treated before enrolment, days", wait)
    yield from where(wait > LONGEST_WAIT_DAYS, "days from enrolment to treatment", wait)


def _only_with(site: str, finding: str, words: str) -> Rule:
    def breaks(known: Known) -> Iterator[Found]:
        yield from where(
            known.sites[site] & ~known.is_yes(finding), f"{site} irradiated without it"
        )

    return Rule(
        f"{site} irradiated", f"Radiotherapy of {words} is given only to who has it.", breaks
    )


def _node_or_tumour(known: Known) -> Iterator[Found]:
    inside = known.sites["primary tumour"] | known.sites["PVTT"]
    yield from where(
        inside != known.is_yes("rt_on_intrahepatic"), "sites and intrahepatic radiotherapy disagree"
    )
    for name, column in known.sites.items():
        printed = known.targets.printed("treatment", "rt_site", "count", str(name))
        yield from counted(column.sum(), printed, f"patients with radiotherapy of {name}")


def _agents(known: Known) -> Iterator[Found]:
    given = known.recorded["immunotherapy"].drop_duplicates(["patient_id", "agent"])["agent"]
    targeted = known.patients["targeted_agent"]
    for variable, levels, column in (
        ("ici_agent", ICI_AGENTS, given),
        ("targeted_agent", TARGETED_AGENTS, targeted),
    ):
        for level in levels:
            printed = known.targets.printed("treatment", variable, "count", level)
            yield from counted((column == level).sum(), printed, f"patients with {level}")


def _switch(known: Known) -> Iterator[Found]:
    courses = known.recorded["immunotherapy"].sort_values(["patient_id", "start_date"])
    several = courses[courses["patient_id"].duplicated(keep=False)]
    printed = known.targets.printed("treatment", "ici_switched", "count", "yes")
    yield from counted(several["patient_id"].nunique(), printed, "patients whose ICI was switched")
    for patient_id, rows in several.groupby("patient_id"):
        order = list(rows["agent"])
        if order != ["camrelizumab", "toripalimab"]:
            yield str(patient_id), f"ICI switched: {' to '.join(order)}"
        elif rows["end_date"].iloc[0] >= rows["start_date"].iloc[1]:
            yield str(patient_id), "both ICI at a time"


def _timing(known: Known) -> Iterator[Found]:
    by_patient = {
        name: known.recorded[name]
        .groupby("patient_id")
        .agg({"start_date": "min", "end_date": "max"})
        for name in ("radiotherapy", "immunotherapy")
    }
    rt, ici = (frame.reindex(known.patients.index) for frame in by_patient.values())
    gap = pd.concat(
        [
            (ici["start_date"] - rt["end_date"]).dt.days,
            (rt["start_date"] - ici["end_date"]).dt.days,
        ],
        axis=1,
    ).max(axis=1)
    yield from where(
        gap > known.parameters.interval_max_weeks * WEEK, "days between the two treatments", gap
    )
    printed = known.targets.printed("treatment", "treatment_mode", "count", "concurrent")
    yield from counted((gap <= 0).sum(), printed, "patients treated concurrently by their dates")


def _cycles(known: Known) -> Iterator[Found]:
    courses = known.recorded["immunotherapy"]
    weeks = int(known.targets.value("treatment", "ici_interval_weeks", "median"))
    days = (courses["end_date"] - courses["start_date"]).dt.days
    cycles, most = courses["cycles"], days // (weeks * WEEK) + 1
    shown = cycles.astype(str) + " in " + days.astype(str) + " days"
    for wrong, what in (
        (cycles > most, "more cycles than there was time for"),
        (days > LONGEST_DELAY * weeks * WEEK * (cycles - 1), "few cycles for the time"),
    ):
        yield from where(
            wrong.set_axis(courses["patient_id"]), what, shown.set_axis(courses["patient_id"])
        )


def _ici_ends(known: Known) -> Iterator[Found]:
    patients = known.patients
    after = (patients["ici_end"] - patients["progression_date"]).dt.days
    yield from where(
        after > LONGEST_AFTER_PROGRESSION_DAYS, "ICI continued after progression, days", after
    )
    last = patients[["ici_end", "rt_end"]].max(axis=1)
    yield from where(last > patients["last_contact_date"], "treated after the last contact", last)


def _fractions(known: Known) -> Iterator[Found]:
    courses = known.recorded["radiotherapy"]
    first = courses["start_date"].to_numpy("datetime64[D]")
    last = courses["end_date"].to_numpy("datetime64[D]")
    days = pd.Series(np.busday_count(first, last + np.timedelta64(1, "D")), courses["patient_id"])
    fractions = courses["fractions"].set_axis(courses["patient_id"])
    shown = courses["site"].set_axis(courses["patient_id"]) + ", " + fractions.astype(str)
    shown = shown + " fractions on " + days.astype(str) + " working days"
    yield from where(days < fractions, "too few days for the fractions", shown)
    # Stereotactic fractions are given every other day; a week may be lost to side effects.
    yield from where(days > 2 * fractions + 5, "radiotherapy too long for its fractions", shown)


def _regimens(known: Known) -> Iterator[Found]:
    courses = known.recorded["radiotherapy"].set_index("patient_id")
    each = courses["dose_gy"] / courses["fractions"].astype("float64")
    low, high = FRACTION_GY
    yield from where(~each.round(6).between(low, high), "dose per fraction, Gy", each.round(2))
    yield from where(courses["dose_gy"] < LEAST_DOSE_GY, "dose, Gy", courses["dose_gy"])
    most = known.targets.printed("treatment", "rt_dose_gy", "max")
    yield from where(courses["dose_gy"] >= most.high, "dose, Gy", courses["dose_gy"])
    yield from where(courses["fractions"] > MOST_FRACTIONS, "fractions", courses["fractions"])


def _biological_dose(known: Known) -> Iterator[Found]:
    """Hold the groups of Table 5 to dose and fractions, by the formulas of Fowler and Withers."""
    ratio, courses = known.parameters.alpha_beta, known.recorded["radiotherapy"]
    dose, fractions = courses["dose_gy"], courses["fractions"].astype("float64")
    eqd2 = dose * (dose / fractions + ratio) / (2 + ratio)
    # A patient's dose is that of the site with the highest EQD2.
    strongest = courses.assign(eqd2=eqd2, each=dose / fractions).sort_values(["eqd2", "dose_gy"])
    strongest = strongest.groupby("patient_id").last().reindex(known.patients.index)
    weak = strongest["eqd2"].round(3) < known.parameters.eqd2_cutoff
    sbrt = (strongest["fractions"] <= known.parameters.sbrt_max_fractions) & (
        strongest["each"] >= known.parameters.sbrt_min_fraction_gy
    )
    yield from where(weak != known.is_yes("factor_eqd2"), "EQD2 group")
    yield from where(sbrt != known.is_yes("sbrt"), "SBRT or not")


def _working_days(known: Known) -> Iterator[Found]:
    for name in ("radiotherapy", "immunotherapy"):
        courses = known.recorded[name].set_index("patient_id")
        for column in ("start_date", "end_date"):
            yield from on_weekends(courses[column], f"{name}, {column}")
    enrolled = known.recorded["patients"].set_index("patient_id")["enrolment_date"]
    yield from on_weekends(enrolled, "enrolled")


def _in_time(known: Known) -> Iterator[Found]:
    cutoff = known.dataset.description.data_cutoff
    if cutoff is None:
        yield COHORT, "no data cut-off"
        return
    for table, column, dates in known.dates():
        yield from where(
            dates > pd.Timestamp(cutoff), f"{table}, {column} after the cut-off", dates
        )


RULES = (
    Rule(
        "treatment after enrolment",
        f"Treatment begins on the day of enrolment or within {LONGEST_WAIT_DAYS} days after it.",
        _starts,
    ),
    _only_with("PVTT", "pvtt", "a portal vein tumour thrombosis"),
    _only_with("other tumour thrombus", "ivc_thrombus", "another thrombus (of the caval vein)"),
    _only_with("other metastasis", "extrahepatic_metastasis", "an extrahepatic metastasis"),
    Rule(
        "sites of radiotherapy",
        "As many patients as published have radiotherapy of each site; tumour or PVTT make it "
        "intrahepatic.",
        _node_or_tumour,
    ),
    Rule("agents", "As many patients as published have each ICI and each targeted agent.", _agents),
    Rule(
        "one switch",
        "ICI is switched only from camrelizumab to toripalimab, and as often as published.",
        _switch,
    ),
    Rule(
        "concurrent or sequential",
        "By their dates the two treatments are no farther apart than Methods 2.2 admit, and "
        "overlap in as many patients as published.",
        _timing,
    ),
    Rule(
        "cycles of ICI",
        "There was time for the cycles at the published interval, and no more than twice the time.",
        _cycles,
    ),
    Rule(
        "end of ICI",
        f"ICI ends within {LONGEST_AFTER_PROGRESSION_DAYS} days after progression, and all "
        "treatment by the last contact.",
        _ici_ends,
    ),
    Rule(
        "days of radiotherapy",
        "Each course has a working day for every fraction, and is not more than twice as long and "
        "a week.",
        _fractions,
    ),
    Rule(
        "regimens of radiotherapy",
        f"Doses are in use: {FRACTION_GY[0]:g} to {FRACTION_GY[1]:g} Gy a fraction, "
        f"{LEAST_DOSE_GY:g} Gy or more in at most {MOST_FRACTIONS} fractions, no more than the "
        "published maximum.",
        _regimens,
    ),
    Rule(
        "biological dose",
        "SBRT and the group of EQD2 are what dose and fractions of the strongest site make them.",
        _biological_dose,
    ),
    Rule(
        "treatment on working days", "Enrolment and treatment fall on working days.", _working_days
    ),
    Rule("one data cut-off", "No date is later than the one data cut-off.", _in_time),
)
