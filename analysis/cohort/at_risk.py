"""Who is at risk of an endpoint, and from when: time zero, and delayed entry.

The rule: whoever had the event, or was last observed, before time zero is not at risk from it, and
is left out of that endpoint; with delayed entry the same holds of the day of entry. Nobody's time
is moved to day 0: R's `Surv` takes an interval that ends before its start as missing, and an ADaM
analysis has no time before its start. Who is left out is counted, by the reason.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from analysis.cohort.by_patient import in_words, met_in
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.study.study import Study
from analysis.study.variables import at_places

NO_TIME_ZERO = "no time zero"
NO_END = "no event and no date of censoring"
NO_TIME = "time or event not recorded"
NO_ENTRY = "no second treatment"
EVENT_BEFORE = "event before time zero"
OBSERVED_BEFORE = "last observed before time zero"
EVENT_BEFORE_ENTRY = "event before entry"
OBSERVED_BEFORE_ENTRY = "last observed before entry"
REASONS = (
    NO_TIME_ZERO,
    NO_END,
    NO_TIME,
    EVENT_BEFORE,
    OBSERVED_BEFORE,
    NO_ENTRY,
    EVENT_BEFORE_ENTRY,
    OBSERVED_BEFORE_ENTRY,
)
# Where times come from that were recorded as such.
RECORDED = "time_to_event"
# At risk from the beginning, the events of day 0 among them.
FROM_THE_START = -1


def second_treatment(patients: pd.DataFrame) -> pd.Series:
    """Give the later of the first days of both treatments; missing for who had one alone."""
    return patients[["rt_start", "ici_start"]].max(axis=1, skipna=False)


def among(
    dataset: str, times: pd.DataFrame, patients: pd.DataFrame, study: Study
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part times into those of patients at risk and those of others.

    Parameters
    ----------
    times
        One row a patient and endpoint, as `Cohort.time_to_event`; `days` may be negative.
    patients
        Index `patient_id`, with `time_zero` and the first days of the treatments.

    Returns
    -------
    times
        Of patients at risk. With delayed entry, `start` is the day after which a patient is at
        risk: the day of the second treatment, -1 where that is day 0 or earlier.
    not_at_risk
        `patient_id, endpoint, reason`, one of `REASONS`.

    Raises
    ------
    DatasetFaults
        With delayed entry, where times were recorded as such: nobody can tell when a patient
        entered; or where something competes with an endpoint, for which there is no estimator.
    """
    late = study.chosen.delayed_entry != "none"
    without = _without_time(times, patients, study)
    ended = times["event"] | times["competing"]
    before = times["days"] < 0
    reason = _reasons(times.index)
    reason = reason.mask(before & ended, EVENT_BEFORE).mask(before & ~ended, OBSERVED_BEFORE)
    if late:
        _refuse_unknown_entry(dataset, times, study)
        start = _start(times, patients, study)
        at_risk = reason.eq("")
        reason = reason.mask(at_risk & start.isna(), NO_ENTRY)
        over = at_risk & (times["days"] <= start)
        reason = reason.mask(over & ended, EVENT_BEFORE_ENTRY)
        reason = reason.mask(over & ~ended, OBSERVED_BEFORE_ENTRY)
        times = times.assign(start=start)
    kept = reason.eq("")
    out = in_words(times.loc[~kept, ["patient_id", "endpoint"]].assign(reason=reason[~kept]))
    times = times if kept.all() else times[kept].reset_index(drop=True)
    if late:
        times = times.astype({"start": times["days"].dtype})
    return times, pd.concat([out, *without], ignore_index=True)


def _reasons(index: pd.Index) -> pd.Series:
    """Give no reason to anybody, in codes of all reasons there are."""
    none = np.zeros(len(index), dtype=np.int8)
    return pd.Series(at_places(none, pd.Index(["", *REASONS])), index=index)


def lines(not_at_risk: pd.DataFrame) -> list[str]:
    """Say how many patients were left out of each endpoint, a line a reason.

    >>> lines(pd.DataFrame({"endpoint": ["PFS", "PFS"], "reason": [EVENT_BEFORE] * 2}))
    ['PFS: 2 left out, event before time zero']
    """
    counts = Counter(zip(not_at_risk["endpoint"], not_at_risk["reason"], strict=True))
    return [f"{name}: {n} left out, {reason}" for (name, reason), n in counts.items()]


def _zero_of(endpoint: str, study: Study) -> str:
    return study.endpoint(endpoint).time_zero or "time_zero"


def _start(times: pd.DataFrame, patients: pd.DataFrame, study: Study) -> pd.Series:
    second = second_treatment(patients)
    start = pd.Series(np.nan, index=times.index)
    for name in times["endpoint"].unique():
        own = times["endpoint"] == name
        day = (second - patients[_zero_of(name, study)]).dt.days
        start[own] = in_words(times[own])["patient_id"].map(day).astype("float64")
    return start.mask(start <= 0, FROM_THE_START)


def _refuse_unknown_entry(dataset: str, times: pd.DataFrame, study: Study) -> None:
    entry = study.chosen.delayed_entry
    faults = []
    for name in times["endpoint"].unique():
        endpoint = study.endpoint(name)
        if not endpoint.events or _recorded(times, name):
            expected = f"endpoints with dates; of {name} only lengths of time are recorded"
            faults.append(Fault("parameters", 0, "delayed_entry", entry, expected))
        elif endpoint.competing:
            expected = f"endpoints with which nothing competes; with {name} something does"
            faults.append(Fault("parameters", 0, "delayed_entry", entry, expected))
    if faults:
        raise DatasetFaults(dataset, faults)


def _without_time(times: pd.DataFrame, patients: pd.DataFrame, study: Study) -> list[pd.DataFrame]:
    """Give who has no time of an endpoint that others have, for want of a day or of a record."""
    found = []
    ids = patients["patient_id"] if "patient_id" in patients else patients.index.to_series()
    for name in times["endpoint"].unique():
        has = times.loc[times["endpoint"] == name, "patient_id"]
        absent = patients.index[~met_in(ids, has).to_numpy()]
        reason: object = NO_TIME
        if study.endpoint(name).events and not _recorded(times, name):
            begun = patients.loc[absent, _zero_of(name, study)].notna()
            reason = begun.map({True: NO_END, False: NO_TIME_ZERO}).to_numpy()
        found.append(pd.DataFrame({"patient_id": absent, "endpoint": name, "reason": reason}))
    return found


def _recorded(times: pd.DataFrame, endpoint: str) -> bool:
    """Tell whether the times of an endpoint were recorded as such."""
    own = times[times["endpoint"] == endpoint]
    return bool((own["event_source"] == RECORDED).any())
