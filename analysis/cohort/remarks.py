"""What a dataset says twice and differently, or in what looks like another unit.

None of it is a fault: it may be as it is. Whoever knows the patients is asked to look. Remarks
count patients or cells and name no patient.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
import pandas as pd

from analysis.cohort.at_risk import RECORDED
from analysis.cohort.by_patient import first_of_each, in_words, of_rows
from analysis.cohort.derive import (
    LEAST_LESION_MM,
    OVERALL_SURVIVAL,
    completed_years,
)
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.schema import tables_of
from analysis.cohort.typed import SLIP
from analysis.study.columns import kind
from analysis.study.keys import YES

_DAY = pd.Timedelta(days=1)
# As many codes are shown of a column.
_MOST = 6

Remarks = Iterator[str]


def remarks(dataset: Dataset, cohort: Cohort) -> tuple[str, ...]:
    """Give everything that should be looked at, in sentences."""
    return (
        *dataset.notes,
        *chain.from_iterable(look(dataset, cohort) for look in (*LOOKS, *dataset.study.looks)),
    )


def _patients(n: int) -> str:
    return f"{n} patient" if n == 1 else f"{n} patients"


def _nines(dataset: Dataset, _: Cohort) -> Remarks:
    """Numbers such as 9999, in which 'not known' is often written."""
    for name, table in tables_of(dataset.study).items():
        frame = dataset.tables[name]
        for column, described in table.schema.columns.items():
            if kind(described) not in ("number", "integer") or column not in frame:
                continue
            values = frame[column].dropna().astype(float)
            nines = values[np.isin(values, [10**digits - 1 for digits in range(3, 9)])]
            if nines.empty:
                continue
            found = ", ".join(f"{value:g} in {n}" for value, n in nines.value_counts().items())
            yield (
                f"{column} ({name}): {found} of {len(values)} cells. If that stands for 'not "
                "known', say so under `missing` in dataset.yaml."
            )


def _categories(_: Dataset, cohort: Cohort) -> Remarks:
    """Response categories that do not follow from the sums beside them."""
    apart = cohort.assessments[cohort.assessments["disagrees"].astype(bool)]
    if not apart.empty:
        source = cohort.parameters.response_source
        yield (
            f"category (assessments): {len(apart)} of {len(cohort.assessments)} categories differ "
            "from what follows from sums of diameters and new lesions; the report takes those "
            f'{"that follow" if source == "derived" else "recorded"} (response_source="{source}").'
        )


def _lesions(_: Dataset, cohort: Cohort) -> Remarks:
    """Sums of diameters that are too small for millimetres."""
    sums = cohort.assessments["baseline_sum_mm"].dropna()
    small = int((sums < LEAST_LESION_MM).sum())
    if small:
        yield (
            f"baseline_sum_mm (assessments): {small} of {len(sums)} sums are below "
            f"{LEAST_LESION_MM} mm, the least that a target lesion measures (RECIST 1.1). Are they "
            "in cm? Responses of these are as recorded, since none can be derived."
        )


def _length_of_time(_: Dataset, cohort: Cohort) -> Remarks:
    """Times that end before treatment or an adverse event of the same patient."""
    times = cohort.times(OVERALL_SURVIVAL)
    times = times[(times["event_source"] == RECORDED) | (times["censor_source"] == RECORDED)]
    zero = cohort.patients["time_zero"].reindex(times["patient_id"])
    if times.empty or zero.isna().all():
        return
    end = zero + times["days"].to_numpy() * _DAY
    onset = cohort.adverse_events.groupby("patient_id")["onset_date"].max()
    seen = pd.concat(
        [
            cohort.patients["rt_end"],
            cohort.patients["ici_end"],
            onset.reindex(cohort.patients.index),
        ],
        axis=1,
    ).max(axis=1)
    later = int((seen.reindex(end.index) > end).sum())
    if later:
        yield (
            f"days (time_to_event): overall survival of {later} of {_patients(len(end))} ends "
            "before their last treatment or adverse event. Were months or weeks entered as days?"
        )


def _ages(dataset: Dataset, _: Cohort) -> Remarks:
    """Ages that do not follow from the dates beside them."""
    patients = dataset.tables["patients"]
    if not {"birth_date", "enrolment_date", "age_years"} <= set(patients):
        return
    age = completed_years(patients["birth_date"], patients["enrolment_date"])
    # An age in decimals has its completed years before the point.
    apart = age.astype("Float64") != np.floor(patients["age_years"].astype("Float64"))
    differ = int(apart.fillna(False).sum())
    if differ:
        yield (
            f"age_years (patients): differs in {_patients(differ)} from the completed years "
            "between birth_date and enrolment_date, which the report takes."
        )


def _ongoing(dataset: Dataset, _: Cohort) -> Remarks:
    """Courses without a last day, which are taken to go on."""
    courses = dataset.tables["immunotherapy"]
    without = int(courses["end_date"].isna().sum())
    if without and without < len(courses):
        yield (
            f"end_date (immunotherapy): {without} of {len(courses)} courses have no last day; they "
            "are taken to go on at last contact."
        )


def _treated_later(dataset: Dataset, _: Cohort) -> Remarks:
    """Living patients who were treated after the last day on which they were seen."""
    follow_up = dataset.tables["follow_up"]
    alive = follow_up[follow_up["death_date"].isna()]
    seen = first_of_each(alive["patient_id"], alive["last_contact_date"])
    later: set[str] = set()
    for name in ("radiotherapy", "immunotherapy"):
        courses = dataset.tables[name]
        last = courses[["start_date", "end_date"]].max(axis=1)
        ids = courses["patient_id"]
        later |= set(ids[last > of_rows(ids, seen)])
    if later:
        yield (
            f"last_contact_date (follow_up): treatment of {_patients(len(later))} goes on after "
            "it. It is the last day on which a patient was known to be alive."
        )


def _ids(dataset: Dataset, _: Cohort) -> Remarks:
    """Patients whose identifiers differ by capitals alone."""
    ids = dataset.tables["patients"]["patient_id"].astype(str)
    twice = ids[ids.str.casefold().duplicated(keep=False)]
    if not twice.empty:
        yield (
            f"patient_id (patients): those of {_patients(len(twice))} differ from another by "
            "capitals alone. Is one patient entered twice?"
        )


def _codes(_: Dataset, cohort: Cohort) -> Remarks:
    """Codes that end no duration: one is that of censoring, another may be a slip."""
    for endpoint in cohort.study.endpoints:
        if not endpoint.duration:
            continue
        ended = cohort.patients[endpoint.duration_event].dropna().astype(str)
        others = ended[~ended.isin([*endpoint.event_is, *endpoint.competing])].value_counts()
        if len(others) > 1:
            found = ", ".join(f"'{code}' in {n}" for code, n in others.head(_MOST).items())
            yield (
                f"{endpoint.duration_event} (patients): {found} of {len(ended)} are neither the "
                f"event of {endpoint.name} nor compete with it, and count as censored."
            )


def _twice(dataset: Dataset, cohort: Cohort) -> Remarks:
    """Endpoints that are recorded as durations and follow from dates."""
    recorded = in_words(dataset.tables["time_to_event"])
    derived = cohort.time_to_event[cohort.time_to_event["event_source"] != RECORDED]
    derived = derived[derived["censor_source"] != RECORDED]
    both = recorded.merge(derived, on=["patient_id", "endpoint"], suffixes=("", "_of_dates"))
    for endpoint, rows in both.groupby("endpoint", sort=False):
        apart = (rows["days"].astype(float) - rows["days_of_dates"]).abs() >= 1
        apart |= rows["event"].eq(YES) != rows["event_of_dates"]
        differ = f"they differ in {_patients(int(apart.sum()))}" if apart.any() else "they agree"
        yield (
            f"{endpoint}: recorded in time_to_event, and as dates, from which the report takes it; "
            f"{differ} of {len(rows)}."
        )


def _spelling(_: Dataset, cohort: Cohort) -> Remarks:
    """Terms of adverse events that are nearly those of the study's table."""
    groups = cohort.study.event_groups
    known = {term.casefold(): term for group in groups for term in group.terms}
    for term in sorted(set(cohort.adverse_events["term"].dropna())):
        if term.casefold() in known:
            continue
        near = difflib.get_close_matches(term.casefold(), known, n=1, cutoff=SLIP)
        if near:
            count = int((cohort.adverse_events["term"] == term).sum())
            yield (
                f"term (adverse_events): '{term}' ({_patients(count)}) has a row of its own. If "
                f"{known[near[0]]} is meant, write that."
            )


LOOKS: tuple[Callable[[Dataset, Cohort], Remarks], ...] = (
    _nines,
    _categories,
    _lesions,
    _length_of_time,
    _ages,
    _ongoing,
    _treated_later,
    _ids,
    _codes,
    _twice,
    _spelling,
)
