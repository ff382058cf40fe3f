"""Assemble the tables of a synthetic cohort from outcomes and factors that are found."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from analysis.cohort.schema import CRITERIA
from analysis.synthesis import margins
from analysis.synthesis.curves import NONE
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis import (
    adverse_events,
    baseline,
    irradiation,
    organ_doses,
    responses,
    timeline,
)
from analysis.zhai_2025.synthesis.factors import AFP, AGE, EQD2, REGIMENS, TUMOUR_COUNT
from analysis.zhai_2025.synthesis.margins import MARGINS
from analysis.zhai_2025.synthesis.outcomes import Outcomes

_DAY = datetime.timedelta(days=1)


def tables(
    targets: Targets,
    outcomes: Outcomes,
    labels: Mapping[str, Ints],
    options: Parameters,
    rng: np.random.Generator,
    given: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Give the tables of a dataset in which patients have these outcomes and factors.

    Parameters
    ----------
    given
        What `rest` has given of them, where it was asked already.

    Raises
    ------
    margins.ConflictingClaims
        When the factors leave no room for a published count.
    quantities.Unreachable
        When they leave no room for a published median or range.
    """
    profile = rest(targets, outcomes, labels, rng) if given is None else given
    profile = baseline.complete_responders_fall(profile, rng)
    chosen = irradiation.regimens(profile, targets, options, rng)
    starts, imaging = timeline.first_days(outcomes, targets, rng)
    courses = timeline.courses(profile, chosen, outcomes, starts, targets, options, rng)
    sizes_cm = baseline.tumour_sizes(targets, rng)
    ids = _patient_ids(starts, rng)
    patients = _patients(profile, targets, starts, sizes_cm, options, rng)
    tables = {
        "patients": patients,
        "radiotherapy": _radiotherapy(profile, chosen, courses, starts, options, rng),
        "immunotherapy": _immunotherapy(profile, courses, starts),
        "assessments": responses.assessments(profile, patients, rng),
        "adverse_events": adverse_events.adverse_events(
            profile, courses, starts, outcomes, targets, rng
        ),
        "organ_doses": organ_doses.organ_doses(targets, rng),
        "follow_up": _follow_up(outcomes, starts, imaging),
    }
    return {name: _named(table, ids) for name, table in tables.items()}


def rest(
    targets: Targets,
    outcomes: Outcomes,
    labels: Mapping[str, Ints],
    rng: np.random.Generator,
    near: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give every patient a category of each of `VARIABLES` (see `margins.solve`)."""
    return margins.solve(
        MARGINS,
        targets,
        rng,
        _known(targets, outcomes, labels),
        lambda variable, level, i: _likelihood(variable, level, i, outcomes, labels),
        near,
    )


def _known(
    targets: Targets, outcomes: Outcomes, labels: Mapping[str, Ints]
) -> dict[tuple[str, str], Iterable[int]]:
    """Give what the searches have settled, in the words of `VARIABLES`."""
    cause = np.array(outcomes.cause)
    progressed, in_field = outcomes.progression != NONE, outcomes.in_field != NONE
    known: dict[tuple[str, str], Iterable[int]] = {
        ("sex", "male"): labels["male"],
        ("age_under_60", "yes"): labels[AGE],
        ("alcohol_use", "yes"): labels["alcohol_use"],
        ("cirrhosis", "yes"): labels["cirrhosis"],
        ("hepatitis", "none"): 1 - labels["viral_hepatitis"],
        ("afp_before_group", ">=1000"): 1 - labels[AFP],
        ("tumour_count_group", ">=5"): labels[TUMOUR_COUNT],
        ("extrahepatic_metastasis", "yes"): labels["extrahepatic_metastasis"],
        ("pvtt_extent", "none"): 1 - labels["pvtt"],
        ("pvtt_extent", "main"): labels["vp4"],
        ("prior_ici", "yes"): labels["prior_ici"],
        ("treatment_mode", "concurrent"): labels["concurrent"],
        ("rt_on_intrahepatic", "yes"): labels["rt_intrahepatic"],
        ("sbrt", "yes"): labels["sbrt"],
        ("eqd2_under_60", "yes"): labels[EQD2],
        ("targeted_agent", "none"): 1 - labels["targeted_therapy"],
        ("failure_pattern", "none"): ~progressed,
        ("failure_pattern", "in-field and out-of-field"): in_field,
    }
    for position, agent in enumerate(REGIMENS.levels[:2]):
        known["ici_agent", agent] = labels["ici_regimen"] == position
    for level in ("tumour", "adverse event", "other disease"):
        known["cause_of_death", level] = cause == level
    # A best response of progression progresses first.
    order = np.argsort(np.where(progressed, outcomes.progression, outcomes.time.max() + 1))
    for criterion in CRITERIA:
        worst = targets.printed(
            "response", "response_overall", "count", "PD", "criterion", criterion
        )
        labels_pd = np.zeros(targets.n, dtype=np.int64)
        labels_pd[order[: int(worst.value)]] = 1
        known[f"{criterion} overall", "PD"] = labels_pd
    return known


def _likelihood(
    variable: str, level: str, i: int, outcomes: Outcomes, labels: Mapping[str, Ints]
) -> float:
    """Say what goes with what in patients, where the article leaves it open."""
    free_of = outcomes.progression[i] if outcomes.progression[i] != NONE else outcomes.time[i]
    early = free_of < 180
    match variable, level:
        case (("RECIST 1.1 overall" | "mRECIST overall"), "CR"):
            return 0.15 if early else 2.0
        case (("RECIST 1.1 overall" | "mRECIST overall"), "SD"):
            return 2.0 if early else 0.7
        case "child_pugh_score", ("6" | "7"):
            return 2.0 if labels["cirrhosis"][i] else 0.3
        case "site PVTT", "yes":
            return 2.0
        case "site other tumour thrombus", "yes":
            return 2.0
        case "therapy_line", "1":
            return 2.0 if labels["extrahepatic_metastasis"][i] else 0.3
        case "therapy_line", ("4" | "5" | "6"):
            return 2.0 if labels["prior_ici"][i] else 0.8
        case "grade thrombocytopenia", ("3" | "4"):
            return 2.0 if labels["cirrhosis"][i] else 0.5
        case "grade hypothyroidism", ("1" | "2" | "3" | "4"):
            return 0.5 if early else 1.5
    return 1.0


def _patient_ids(starts: list[datetime.date], rng: np.random.Generator) -> list[str]:
    """Number patients in the order of their first treatment."""
    order = sorted(range(len(starts)), key=lambda i: (starts[i], rng.random()))
    ids = [""] * len(starts)
    for number, i in enumerate(order, start=1):
        ids[i] = f"SYN-{number:03d}"
    return ids


def _named(table: pd.DataFrame, ids: list[str]) -> pd.DataFrame:
    """Put identifiers in place of positions and sort by them."""
    named = table.assign(patient_id=[ids[i] for i in table["patient_id"]])
    return named.sort_values("patient_id", kind="stable").reset_index(drop=True)


def _patients(
    profile: pd.DataFrame,
    targets: Targets,
    starts: list[datetime.date],
    sizes_cm: Floats,
    options: Parameters,
    rng: np.random.Generator,
) -> pd.DataFrame:
    n = targets.n
    age = baseline.ages(profile, targets, options.age_cutoff, rng)
    cutoffs = (options.afp_second_cutoff, options.afp_cutoff)
    before = baseline.afp_before(profile, targets, cutoffs, rng)
    after = baseline.afp_after(profile, before, targets, cutoffs[0], rng)
    tumours = baseline.tumour_counts(profile, options.tumour_count_cutoff, rng)
    enrolment = [timeline.working_day_before(day, int(rng.integers(0, 8))) for day in starts]
    stage = [_stage(profile.iloc[i], float(sizes_cm[i]), int(tumours[i])) for i in range(n)]
    first_line = (profile["therapy_line"] == "1").to_numpy()
    advanced = np.array([name.startswith("IV") for name in stage])
    recurrent = ~first_line & (~advanced | (rng.random(n) < 0.6))
    return pd.DataFrame(
        {
            "patient_id": range(n),
            "sex": profile["sex"],
            "birth_date": [
                timeline.birth_date(day, int(years), rng)
                for day, years in zip(enrolment, age, strict=True)
            ],
            "enrolment_date": enrolment,
            "ecog": profile["ecog"],
            "diagnosis": profile["diagnosis"],
            "child_pugh_score": profile["child_pugh_score"],
            "cirrhosis": profile["cirrhosis"],
            "alcohol_use": profile["alcohol_use"],
            "hepatitis_b": _yes_no(profile["hepatitis"] == "HBV"),
            "hepatitis_c": _yes_no(profile["hepatitis"] == "HCV"),
            "afp_before": before,
            "afp_after": after,
            "tumour_count": tumours,
            "largest_tumour_cm": sizes_cm,
            "measurable_lesions": baseline.measurable_lesions(profile, tumours, rng),
            "ajcc_stage": stage,
            "recurrent": _yes_no(recurrent),
            "extrahepatic_metastasis": profile["extrahepatic_metastasis"],
            "pvtt_extent": profile["pvtt_extent"],
            "ivc_thrombus": profile["ivc_thrombus"],
            "therapy_line": profile["therapy_line"],
            "progressed_before": _yes_no(~first_line),
            "prior_ici": profile["prior_ici"],
            "rt_technique": profile["rt_technique"],
            "targeted_agent": profile["targeted_agent"],
            "antiviral": _yes_no(profile["hepatitis"] != "none"),
            "records_complete": "yes",
        }
    )


def _yes_no(is_yes: pd.Series | np.ndarray) -> list[str]:
    return ["yes" if value else "no" for value in is_yes]


def _stage(patient: pd.Series, size_cm: float, tumours: int) -> str:
    """Give the AJCC stage (8th edition) that the findings make."""
    if patient["extrahepatic_metastasis"] == "yes":
        return "IVB"
    if patient["site lymph node"] == "yes":
        return "IVA"
    if patient["pvtt_extent"] != "none" or patient["ivc_thrombus"] == "yes":
        return "IIIB"
    if tumours > 1:
        return "IIIA" if size_cm > 5 else "II"
    return "IB" if size_cm > 2 else "IA"


def _radiotherapy(
    profile: pd.DataFrame,
    chosen: list[irradiation.Regimen],
    courses: list[timeline.Course],
    starts: list[datetime.date],
    options: Parameters,
    rng: np.random.Generator,
) -> pd.DataFrame:
    given = irradiation.sites(profile, chosen, options, rng)
    rows = []
    for i, (sites, course) in enumerate(zip(given, courses, strict=True)):
        first = starts[i] + _DAY * course.rt_start
        rows += [
            {
                "patient_id": i,
                "site": site,
                "start_date": first,
                "end_date": timeline.last_fraction(first, fractions, course.missed),
                "dose_gy": dose,
                "fractions": fractions,
            }
            for site, (dose, fractions) in sites.items()
        ]
    return pd.DataFrame(rows)


def _immunotherapy(
    profile: pd.DataFrame,
    courses: list[timeline.Course],
    starts: list[datetime.date],
) -> pd.DataFrame:
    rows = []
    for i, course in enumerate(courses):
        first, last = starts[i] + _DAY * course.ici_start, starts[i] + _DAY * course.ici_end
        given = [(profile["ici_agent"].iloc[i], first, last, course.cycles)]
        if profile["ici_switched"].iloc[i] == "yes":
            # The allergic reaction ended the agent at its first dose.
            second = first + _DAY * timeline.CYCLE
            given = [
                ("camrelizumab", first, first, 1),
                (given[0][0], second, last, course.cycles - 1),
            ]
        rows += [
            {
                "patient_id": i,
                "agent": agent,
                "start_date": start,
                "end_date": end,
                "cycles": cycles,
            }
            for agent, start, end, cycles in given
        ]
    return pd.DataFrame(rows)


def _follow_up(outcomes: Outcomes, starts: list[datetime.date], imaging: Ints) -> pd.DataFrame:
    def dates(days: Ints, recorded: np.ndarray) -> list[datetime.date | None]:
        return [
            start + _DAY * int(day) if known else None
            for start, day, known in zip(starts, days, recorded, strict=True)
        ]

    progressed, everyone = outcomes.progression != NONE, np.ones(len(starts), dtype=bool)
    return pd.DataFrame(
        {
            "patient_id": range(len(starts)),
            "progression_date": dates(outcomes.progression, progressed),
            "in_field_relapse_date": dates(outcomes.in_field, outcomes.in_field != NONE),
            "out_field_relapse_date": dates(outcomes.progression, progressed),
            "last_imaging_date": dates(imaging, everyone),
            "last_contact_date": dates(outcomes.time, everyone),
            "death_date": dates(outcomes.time, outcomes.died == 1),
            "cause_of_death": outcomes.cause,
        },
        dtype=object,
    )
