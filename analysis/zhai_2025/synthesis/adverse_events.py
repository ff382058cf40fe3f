"""Adverse events as CTCAE terms with their onset, from the grades of the rows of Table 4."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates.toxicity import FATAL
from analysis.synthesis.kernels import Ints
from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.adverse_events import GROUPS
from analysis.zhai_2025.synthesis.outcomes import DIARRHOEA, FISTULA, Outcomes
from analysis.zhai_2025.synthesis.timeline import Course

# The term of a row that is used, with its weight; the first for the fatal event.
TERMS: dict[str, dict[str, float]] = {
    "dermatitis": {"Dermatitis radiation": 9, "Rash maculo-papular": 1},
    "gi": {"Diarrhea": 3, "Nausea": 5, "Vomiting": 2, "Gastritis": 2, "Abdominal pain": 2},
    "arrhythmia": {"Atrial fibrillation": 1, "Sinus tachycardia": 2},
    "tef": {"Esophageal fistula": 1},
    "renal": {"Creatinine increased": 1},
}
ATTRIBUTIONS: dict[str, dict[str, float]] = {
    "Dermatitis radiation": {"radiotherapy": 1},
    "Rash maculo-papular": {"immunotherapy": 1},
    "Diarrhea": {"targeted therapy": 3, "immunotherapy": 1, "undetermined": 1},
    "Pneumonitis": {"immunotherapy": 1},
    "Hypertension": {"targeted therapy": 1},
    "Adrenal insufficiency": {"immunotherapy": 1},
    "Hypothyroidism": {"immunotherapy": 1},
    "White blood cell decreased": {"radiotherapy": 4, "undetermined": 2},
    "Platelet count decreased": {"radiotherapy": 3, "undetermined": 2, "targeted therapy": 1},
}
_OTHERWISE = {"undetermined": 3.0, "radiotherapy": 1.0}


class Onset(NamedTuple):
    """When an event begins: days after the start of a treatment, on average.

    What is found in the laboratory is found on a working day. A targeted agent starts with the
    checkpoint inhibitor.
    """

    treatment: str
    days: float
    in_laboratory: bool = False


# Of radiation: during the course or soon after. Of checkpoint inhibitors: skin after weeks, lungs
# and glands after months (Postow, Sidlow and Hellmann 2018, N Engl J Med 378:158).
ONSETS: dict[str, Onset] = {
    "Dermatitis radiation": Onset("radiotherapy", 16),
    "Nausea": Onset("radiotherapy", 8),
    "Vomiting": Onset("radiotherapy", 10),
    "Gastritis": Onset("radiotherapy", 24),
    "Abdominal pain": Onset("radiotherapy", 20),
    "White blood cell decreased": Onset("radiotherapy", 14, in_laboratory=True),
    "Platelet count decreased": Onset("radiotherapy", 15, in_laboratory=True),
    "Anemia": Onset("radiotherapy", 18, in_laboratory=True),
    "Rash maculo-papular": Onset("immunotherapy", 35),
    "Diarrhea": Onset("immunotherapy", 60),
    "Hypertension": Onset("immunotherapy", 25),
    "Alanine aminotransferase increased": Onset("immunotherapy", 45, in_laboratory=True),
    "Aspartate aminotransferase increased": Onset("immunotherapy", 45, in_laboratory=True),
    "Creatinine increased": Onset("immunotherapy", 60, in_laboratory=True),
    "Atrial fibrillation": Onset("immunotherapy", 60),
    "Sinus tachycardia": Onset("immunotherapy", 60),
    "Pneumonitis": Onset("immunotherapy", 85),
    "Hypothyroidism": Onset("immunotherapy", 120, in_laboratory=True),
    "Adrenal insufficiency": Onset("immunotherapy", 170, in_laboratory=True),
}
# Of the gamma distribution of days to the onset: seldom at once, with a tail of late ones.
_SHAPE = 2.5
_DRAWS = 12
# From the onset of a fatal event to death, days.
FISTULA_KILLS = (1, 75)
DIARRHOEA_KILLS = (3, 28)


def adverse_events(
    profile: pd.DataFrame,
    courses: list[Course],
    starts: list[datetime.date],
    outcomes: Outcomes,
    targets: Targets,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Give the adverse events table: a row a patient (position) and term, with its worst grade.

    Raises
    ------
    Unreachable
        When treatment and death leave no day on which a fatal event can have begun.
    """
    events = _graded(profile, rng)
    days = _onset_days(events, courses, starts, outcomes, rng)
    worst = (events["grade"] == FATAL).to_numpy()
    for patient, day in fatal_onsets(courses, outcomes, targets, rng).items():
        days[worst & (events["patient_id"] == patient).to_numpy()] = day
    return events.assign(
        onset_date=[
            starts[i] + datetime.timedelta(days=int(day))
            for i, day in zip(events["patient_id"], days, strict=True)
        ]
    )


def fatal_onsets(
    courses: list[Course], outcomes: Outcomes, targets: Targets, rng: np.random.Generator
) -> dict[int, int]:
    """Give the day on which each of the two fatal events began, by patient.

    Both begin when the last dose of the checkpoint inhibitor has been given. The fistula comes as
    many months after the last fraction as printed.
    """
    after_radiotherapy = targets.printed("grade5_case_2", "months_to_event", "value").whole_days()
    fistula, diarrhoea = courses[FISTULA], courses[DIARRHOEA]
    earliest = {
        FISTULA: max(fistula.rt_end + after_radiotherapy[0], fistula.ici_end),
        DIARRHOEA: max(diarrhoea.rt_start + 1, diarrhoea.ici_end),
    }
    latest = {FISTULA: fistula.rt_end + after_radiotherapy[-1], DIARRHOEA: outcomes.time.max()}
    onsets = {}
    for patient, (soonest, longest) in ((FISTULA, FISTULA_KILLS), (DIARRHOEA, DIARRHOEA_KILLS)):
        death = int(outcomes.time[patient])
        low = max(earliest[patient], death - longest)
        high = min(int(latest[patient]), death - soonest)
        if low > high:
            raise Unreachable("a fatal event has no day between treatment and death")
        onsets[patient] = int(rng.integers(low, high + 1))
    return onsets


def _onset_days(
    events: pd.DataFrame,
    courses: list[Course],
    starts: list[datetime.date],
    outcomes: Outcomes,
    rng: np.random.Generator,
) -> Ints:
    """Give days from the first treatment, before death and not after last contact.

    No event begins before a treatment that it is attributed to.
    """
    patients = events["patient_id"].to_numpy()
    onsets = [ONSETS.get(term, Onset("immunotherapy", 60)) for term in events["term"]]
    rt_start, ici_start = (
        np.array([getattr(course, name) for course in courses])[patients]
        for name in ("rt_start", "ici_start")
    )
    by_radiation = np.array([onset.treatment == "radiotherapy" for onset in onsets])
    blamed = events["attribution"].str
    first = np.where(by_radiation, rt_start, ici_start)
    first = np.where(blamed.contains("radiotherapy"), np.maximum(first, rt_start), first)
    drugs = blamed.contains("immunotherapy|targeted therapy")
    first = np.where(drugs, np.maximum(first, ici_start), first)
    last = (outcomes.time - outcomes.died)[patients]
    first = np.minimum(first, last)

    law = stats.gamma(_SHAPE, scale=np.array([onset.days for onset in onsets]) / _SHAPE)
    # Of what remains of the patient's time; half a day, so that the last day has its share.
    share = law.cdf(last - first + 0.5)
    drawn = first + np.rint(law.ppf(share * rng.random((_DRAWS, len(events))))).astype(np.int64)
    in_laboratory = np.array([onset.in_laboratory for onset in onsets])
    weekday = (np.array([start.weekday() for start in starts])[patients] + drawn) % 7
    too_late = np.where(in_laboratory, np.maximum(weekday - 4, 0), 0)
    # The first draw that is a working day where it must be; failing that, the Friday before.
    chosen = np.argmin(too_late > 0, axis=0), np.arange(len(events))
    days: Ints = (drawn - too_late)[chosen]
    return days


def _graded(profile: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    targeted = (profile["targeted_agent"] != "none").to_numpy()
    rows: list[dict[str, Any]] = []
    for i in range(len(profile)):
        for group in GROUPS:
            worst = int(profile[f"grade {group.name}"].iloc[i])
            if worst == 0:
                continue
            weights = TERMS.get(group.name, {group.terms[0]: 1})
            terms = [next(iter(weights)) if worst == FATAL else _pick(weights, rng)]
            # A second, milder symptom of the same row.
            if len(weights) > 2 and rng.random() < 0.3:
                terms += [term for term in (_pick(weights, rng),) if term not in terms]
            for position, term in enumerate(terms):
                grade = worst if position == 0 else int(rng.integers(1, min(worst, 2) + 1))
                likely = ATTRIBUTIONS.get(term, _OTHERWISE)
                if not targeted[i]:
                    likely = {k: v for k, v in likely.items() if k != "targeted therapy"}
                attribution = _pick(likely or _OTHERWISE, rng)
                if grade == FATAL:
                    attribution = {
                        DIARRHOEA: "targeted therapy",
                        FISTULA: "immunotherapy and targeted therapy",
                    }[i]
                rows.append(
                    {
                        "patient_id": i,
                        "term": term,
                        "grade": grade,
                        "attribution": attribution,
                    }
                )
    return pd.DataFrame(rows)


def _pick(weights: dict[str, float], rng: np.random.Generator) -> str:
    shares = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=shares / shares.sum()))
