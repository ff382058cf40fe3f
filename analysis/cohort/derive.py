"""From records to analysis variables: ages, doses, responses, endpoints, groups.

Every function takes recorded tables and gives new columns; nothing is estimated here. A
variable whose sources are not recorded is missing, never guessed. What only one study needs is
derived by the study (`Study.derivations`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from analysis.cohort import at_risk, eligibility
from analysis.cohort.at_risk import RECORDED
from analysis.cohort.axis import with_axis
from analysis.cohort.by_patient import (
    first_of_each,
    in_codes,
    in_words,
    met_in,
    of_each,
    of_rows,
    one_row_each,
    texts_of,
    with_columns,
)
from analysis.cohort.declared import misfits
from analysis.cohort.description import FILE
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.intake.sheet import coded
from analysis.cohort.intake.texts import Texts
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.recording import Recording
from analysis.cohort.schema import (
    CATEGORIES,
    CAUSES_OF_DEATH,
    NOT_EVALUABLE,
    REGION_VARIABLES,
)
from analysis.study.columns import known_texts, levels_of
from analysis.study.endpoints import Endpoint
from analysis.study.keys import YES
from analysis.study.months import without_noise
from analysis.study.parameters import Parameters
from analysis.study.study import Study
from analysis.study.variables import at_places, in_levels, sides, texts, yes_no

OVERALL_SURVIVAL = "OS"
# What tells a progression a second time, by its place.
RELAPSES = ("in_field_relapse_date", "out_field_relapse_date")


@dataclass(frozen=True)
class Admitted:
    """Who meets the criteria of a study, with everything that does not come from follow-up.

    Attributes
    ----------
    study
        With every cut where the parameters put it.
    recording
        What the dataset records.
    patients
        One row a patient admitted, index `patient_id`: recorded and derived columns.
    radiotherapy
        The courses of all patients, with their BED and EQD2.
    zero
        The day from which times are counted, of all patients.
    screening
        See `Cohort.screening`.
    """

    study: Study
    recording: Recording
    patients: pd.DataFrame
    radiotherapy: pd.DataFrame
    zero: Zero
    screening: pd.DataFrame


def admitted(dataset: Dataset, parameters: Parameters) -> Admitted:
    """Derive what is known at the beginning, and leave out who fails a criterion of eligibility.

    Raises
    ------
    DatasetFaults
        When the dataset does not record what a parameter asks for.
    """
    tables = dataset.tables
    study = dataset.study.under(parameters)
    patients = tables["patients"].copy(deep=False)
    patients.index = pd.Index(texts_of(patients["patient_id"]).array, dtype=object)
    ids = patients["patient_id"]
    recording = Recording.of(dataset.description, tables, study)
    patients = in_words(with_columns(patients, _baseline(patients, study)), without=["patient_id"])
    radiotherapy = _radiotherapy(tables["radiotherapy"], parameters)
    given = _immunotherapy(ids, tables["immunotherapy"], study)
    for made in (irradiation(ids, radiotherapy), given):
        patients = with_columns(patients, recording.known(made))
    patients = with_columns(patients, recording.known(_timing(patients)))
    zero = time_zero(patients, recording, parameters)
    patients = with_columns(patients, {"time_zero": zero.days})
    for derivation in study.derivations:
        derived = derivation(patients, tables, parameters)
        patients = with_columns(patients, recording.known(derived))
    if faults := misfits(study, dataset.description, patients):
        raise DatasetFaults(dataset.name, faults)
    study = study.among(patients)
    _refuse_other_levels(dataset.name, patients, study)
    if study.arm is not None:
        patients = with_columns(patients, _arm(patients, study))
    screening, kept = eligibility.screen(patients, study, parameters.apply_eligibility)
    return Admitted(study, recording, _of(patients, kept), radiotherapy, zero, screening)


def _of(patients: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Give some patients; all of them are the same table."""
    return patients if len(index) == len(patients) else patients.loc[index]


def cohort(dataset: Dataset, parameters: Parameters) -> Cohort:
    """Derive everything that is analysed from a checked dataset.

    Patients who fail a recorded eligibility criterion are left out when
    `parameters.apply_eligibility` is set, then those whom `parameters.population` does not ask
    for; `screening` counts them.

    Raises
    ------
    DatasetFaults
        When the dataset does not record what a parameter asks for, or the population is nobody.
    """
    tables = dataset.tables
    found = admitted(dataset, parameters)
    study, recording, patients, zero = found.study, found.recording, found.patients, found.zero
    radiotherapy = found.radiotherapy
    screening, asked = eligibility.restrict(dataset.name, patients, study, found.screening)
    patients = _of(patients, asked)
    # What a dataset recorded may have the name of what is derived from follow-up.
    recorded, ids = patients, patients["patient_id"]

    def theirs(frame: pd.DataFrame) -> pd.DataFrame:
        own = met_in(frame["patient_id"], ids)
        frame = frame.copy(deep=False) if own.all() else frame[own]
        frame.index = pd.RangeIndex(len(frame))
        return frame

    follow_up = in_words(one_row_each(ids, tables["follow_up"]))
    recorded_times = theirs(tables["time_to_event"])
    outcome = _outcome(ids, follow_up, recorded_times, recording)
    patients = with_columns(patients, outcome)
    patients = with_columns(
        patients, {factor.column: factor.values(patients) for factor in study.factors}
    )
    times, unrecorded, stand_ins = _time_to_event(
        recorded,
        follow_up,
        recorded_times,
        zero,
        recording,
        study,
        frozenset(endpoint.name for endpoint in dataset.description.endpoints),
    )
    for endpoint in study.endpoints:
        words = (stand_ins.get(endpoint.name, ""), imputed_days(endpoint, dataset.imputed, study))
        stand_ins[endpoint.name] = ", ".join(filter(None, words))
    born = sum(
        dataset.imputed.get(f"patients.{day}", 0) for day in ("birth_date", "enrolment_date")
    )
    stand_ins["age_years"] = f"with {born} dates imputed to the day" if born else ""
    stand_ins["time_zero"] = zero.stand_in
    stand_ins["follow_up"] = stand_ins.get(OVERALL_SURVIVAL, "")
    stand_ins["progression"] = _without(RELAPSES, recording)
    responses = _response_stand_in(recording)
    stand_ins |= dict.fromkeys(REGION_VARIABLES.values(), responses)
    times = _with_deaths(dataset.name, times, study)
    times, not_at_risk = map(in_words, at_risk.among(dataset.name, times, patients, study))
    if study.article is None:
        # There is no figure of an article to be like.
        study = replace(study, chosen=with_axis(parameters, times))
    events = theirs(tables["adverse_events"])
    term = Texts.of(events["term"])
    term = term.changed(study.spelt(term.texts))
    group = term.changed(term.texts.map(study.event_group_of, na_action="ignore"))
    events = with_columns(events, {"term": term.words(), "group": group.words()})
    return Cohort(
        name=dataset.name,
        study=study,
        title=dataset.description.title,
        notice=dataset.description.notice,
        synthetic=dataset.description.synthetic,
        patients=in_words(patients),
        radiotherapy=in_words(theirs(radiotherapy)),
        immunotherapy=in_words(theirs(tables["immunotherapy"])),
        assessments=in_words(_responses(theirs(tables["assessments"]), recording, parameters)),
        adverse_events=in_words(events),
        organ_doses=in_words(theirs(tables["organ_doses"])),
        time_to_event=times,
        not_at_risk=not_at_risk,
        screening=screening,
        recording=recording,
        unrecorded=unrecorded,
        read=len(tables["patients"]),
        data_cutoff=dataset.description.data_cutoff,
        what_if=dataset.description.is_carried,
        stand_ins={name: words for name, words in stand_ins.items() if words},
    )


# Baseline ------------------------------------------------------------------------------------


def completed_years(birth: pd.Series, day: pd.Series) -> pd.Series:
    """Give the age in completed years on a day; a birthday counts from the day itself."""
    had_birthday = (day.dt.month > birth.dt.month) | (
        (day.dt.month == birth.dt.month) & (day.dt.day >= birth.dt.day)
    )
    years = day.dt.year - birth.dt.year - (~had_birthday).astype(int)
    return years.where(birth.notna() & day.notna()).astype("Int64")


def _baseline(patients: pd.DataFrame, study: Study) -> dict[str, pd.Series]:
    """Give ages, and every text whose levels are declared as an ordered Categorical."""
    age = completed_years(patients["birth_date"], patients["enrolment_date"])
    columns = {"age_years": age.astype("Float64").fillna(patients["age_years"])}
    for name, column in study.patient_columns.items():
        known = known_texts(column)
        if levels := levels_of(column):
            columns[name] = in_levels(patients[name], levels)
        elif known:
            columns[name] = in_levels(patients[name], _with_others(known, patients[name]))
    return columns


def _with_others(known: Sequence[str], values: pd.Series) -> tuple[str, ...]:
    """Give the texts that are known, in their order, and then those that a dataset adds."""
    return (*known, *sorted({str(value) for value in values.dropna().unique()} - set(known)))


def _refuse_other_levels(name: str, patients: pd.DataFrame, study: Study) -> None:
    """Refuse a group that nobody declared: its patients would be as if it were not recorded."""
    faults = []
    for factor in study.factors:
        if factor.is_binary:
            continue
        found = texts(patients[factor.variable.name]).dropna()
        for value in sorted(set(found) - set(factor.levels)):
            expected = f"one of the levels declared in {FILE}: {', '.join(factor.levels)}"
            faults.append(Fault("patients.csv", 0, factor.variable.name, value, expected))
    if faults:
        raise DatasetFaults(name, faults)


def _arm(patients: pd.DataFrame, study: Study) -> dict[str, pd.Series]:
    assert study.arm is not None
    name = study.arm.variable.name
    return {name: in_levels(texts(patients[name]).astype(object), study.arm.levels)}


# Treatment -----------------------------------------------------------------------------------


def biologically_effective_dose(
    dose_gy: pd.Series, fractions: pd.Series, alpha_beta: float
) -> pd.Series:
    """Give BED = D (1 + d / (alpha/beta)) in Gy, d the dose per fraction (Fowler 1989)."""
    return dose_gy * (1 + dose_gy / fractions.astype("float64") / alpha_beta)


def equivalent_dose_2gy(dose_gy: pd.Series, fractions: pd.Series, alpha_beta: float) -> pd.Series:
    """Give EQD2 = BED / (1 + 2 / (alpha/beta)) in Gy (Withers 1983)."""
    return biologically_effective_dose(dose_gy, fractions, alpha_beta) / (1 + 2 / alpha_beta)


def _radiotherapy(table: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    dose, fractions = table["dose_gy"], table["fractions"]
    return table.assign(
        fraction_gy=dose / fractions.astype("float64"),
        bed_gy=biologically_effective_dose(dose, fractions, parameters.alpha_beta),
        eqd2_gy=equivalent_dose_2gy(dose, fractions, parameters.alpha_beta),
    )


def irradiation(ids: pd.Series, radiotherapy: pd.DataFrame) -> dict[str, pd.Series]:
    """Give the days and the doses of radiotherapy of each patient, missing without a course.

    Parameters
    ----------
    ids
        The identifier of each patient.
    radiotherapy
        A row a course, with its EQD2.
    """
    # A patient's dose is that of the site with the highest EQD2, the site meant to be controlled.
    # Where that of one of several sites is not known, nobody can tell which it is.
    of = radiotherapy["patient_id"]
    open_ = of.duplicated(keep=False) & radiotherapy["eqd2_gy"].isna()
    strongest = radiotherapy[~met_in(of, of[open_])]
    for column in ("eqd2_gy", "dose_gy", "site"):
        # Of equal doses that of the site whose name comes last.
        rank = _rank(strongest[column])
        most = of_rows(strongest["patient_id"], of_each(strongest["patient_id"], rank, "max"))
        # A course alone stays, whatever is missing of it.
        strongest = strongest[~(rank < most)]
    strongest = strongest[::-1]

    def of_strongest(column: str) -> pd.Series:
        return of_rows(ids, first_of_each(strongest["patient_id"], strongest[column]))

    return {
        "rt_start": of_rows(ids, of_each(of, radiotherapy["start_date"], "min")),
        "rt_end": of_rows(ids, _last_of_all(radiotherapy, "end_date")),
        "rt_dose_gy": of_strongest("dose_gy"),
        "rt_fractions": of_strongest("fractions"),
        "bed_gy": of_strongest("bed_gy"),
        "eqd2_gy": of_strongest("eqd2_gy"),
    }


def _rank(values: pd.Series) -> pd.Series:
    """Give numbers as they are, and the place of texts in alphabetical order (-1: missing)."""
    if pd.api.types.is_numeric_dtype(values):
        return values
    return values.astype("category").cat.codes


def _closed(courses: pd.DataFrame, column: str) -> pd.DataFrame:
    """Give the courses of patients of none of whose courses something is missing."""
    ids = courses["patient_id"]
    return courses[~met_in(ids, ids[courses[column].isna()])]


def _last_of_all(courses: pd.DataFrame, column: str) -> pd.Series:
    """Give the last day by patient; missing where that of one course is not known, or to come."""
    closed = _closed(courses, column)
    return of_each(closed["patient_id"], closed[column], "max")


def _immunotherapy(
    ids: pd.Series, immunotherapy: pd.DataFrame, study: Study
) -> dict[str, pd.Series]:
    of = immunotherapy["patient_id"]
    known = immunotherapy[immunotherapy["agent"].notna()]
    several = known["patient_id"].duplicated(keep=False).to_numpy()
    rows = np.arange(len(known))
    days = known.loc[several, ["start_date", "end_date"]].set_axis(rows[several])
    rows[several] = days.sort_values(["start_date", "end_date"], kind="stable").index
    last = known[["patient_id", "agent"]].iloc[rows[::-1]]
    last_agent = of_rows(ids, first_of_each(last["patient_id"], last["agent"]))
    place = _rank(known["agent"])
    first, second = (of_each(known["patient_id"], place, how) for how in ("min", "max"))
    switched = of_rows(ids, second) > of_rows(ids, first)
    levels = _with_others(study.open_lists.get("immunotherapy.agent", ()), immunotherapy["agent"])
    closed = _closed(immunotherapy, "cycles")
    cycles = of_rows(ids, of_each(closed["patient_id"], closed["cycles"], "sum"))
    return {
        "ici_start": of_rows(ids, of_each(of, immunotherapy["start_date"], "min")),
        "ici_end": of_rows(ids, _last_of_all(immunotherapy, "end_date")),
        "ici_cycles": cycles.astype("Int64"),
        "ici_agent": in_levels(last_agent, levels),
        "ici_switched": yes_no(switched.astype("boolean").mask(~met_in(ids, of))),
    }


def _timing(patients: pd.DataFrame) -> dict[str, pd.Series]:
    # A checkpoint inhibitor without a last day goes on.
    both = patients[["rt_start", "rt_end", "ici_start"]].notna().all(axis=1)
    # Days without either treatment between the two courses; none when they overlap.
    gap = pd.concat(
        [
            (patients["ici_start"] - patients["rt_end"]).dt.days,
            (patients["rt_start"] - patients["ici_end"]).dt.days,
        ],
        axis=1,
    ).max(axis=1)
    concurrent = (~(gap > 0)).astype("boolean").mask(~both)
    return {
        "interval_days": gap.clip(lower=0).where(both),
        "treatment_mode": sides(concurrent, "concurrent", "sequential"),
    }


@dataclass(frozen=True)
class Zero:
    """The day from which times are counted, by patient; what stands in for it; why there is none.

    `stand_in` says in words of a method from when times are counted in place of what was asked.
    """

    days: pd.Series
    stand_in: str = ""
    why: str = ""


def time_zero(patients: pd.DataFrame, recording: Recording, parameters: Parameters) -> Zero:
    """Give time zero: as the parameters have it, or what is nearest to it and is recorded."""
    columns = _STARTED_BY[parameters.time_zero]
    recorded = [column for column in columns if recording.has(column)]
    why = recording.why(*columns)
    if recorded == list(columns):
        second = parameters.time_zero == "second treatment"
        days = at_risk.second_treatment(patients) if second else patients[recorded].min(axis=1)
        return Zero(days)
    # What was asked for by name has no stand-in.
    asked = parameters.time_zero != "first treatment"
    if recorded and not asked:
        (column,) = recorded
        return Zero(patients[column], f"from {_STARTS[column]}, since {why}")
    if not asked and "enrolment_date" in patients and recording.has("enrolment_date"):
        return Zero(patients["enrolment_date"], "from enrolment, since no treatment is recorded")
    return Zero(pd.Series(pd.NaT, index=patients.index, dtype="datetime64[ns]"), why=why)


_STARTED_BY: Mapping[str, tuple[str, ...]] = {
    "first treatment": ("rt_start", "ici_start"),
    "radiotherapy": ("rt_start",),
    "immunotherapy": ("ici_start",),
    "second treatment": ("rt_start", "ici_start"),
}
# The ways to a time zero: each of these is enough for what the parameter asks.
ZEROS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    **{asked: (columns,) for asked, columns in _STARTED_BY.items()},
    "first treatment": (("rt_start",), ("ici_start",), ("enrolment_date",)),
}
_STARTS = {"rt_start": "the start of radiotherapy", "ici_start": "the start of immunotherapy"}


# Response ------------------------------------------------------------------------------------


_RESPONSES = (*CATEGORIES, NOT_EVALUABLE)


def best_response(baseline_mm: pd.Series, best_mm: pd.Series, new_lesion: pd.Series) -> pd.Series:
    """Give CR, PR, SD or PD from sums of diameters and new lesions (RECIST 1.1; mRECIST).

    CR: all target lesions have disappeared (mRECIST: no viable part is left). PR: the sum is
    30 % smaller or more. PD: a new lesion, or the sum is 20 % and 5 mm larger or more.
    Sources: Eisenhauer 2009, Lencioni and Llovet 2010.
    """
    change = best_mm - baseline_mm
    # A thousandth of a percent keeps 30 % exactly from depending on binary fractions.
    ratio = (change / baseline_mm * 100).round(3)
    places = np.full(len(ratio), _RESPONSES.index("SD"), dtype=np.int8)
    grown = (ratio >= 20) & (change.round(3) >= 5)
    for holds, category in (
        (ratio <= -30, "PR"),
        (best_mm == 0, "CR"),
        (grown | (new_lesion == YES), "PD"),
    ):
        places[holds.to_numpy(dtype=bool)] = _RESPONSES.index(category)
    # Who has no word on new lesions is not known to have none.
    measured = baseline_mm.notna() & best_mm.notna() & new_lesion.notna()
    places[~(measured | (new_lesion == YES)).to_numpy(dtype=bool)] = -1
    return pd.Series(at_places(places, pd.Index(_RESPONSES)), index=baseline_mm.index)


# The least that a target lesion measures, by CT (RECIST 1.1: Eisenhauer 2009, section 3.1.1).
LEAST_LESION_MM = 10
CATEGORY = ("assessments.category",)
MEASURED = ("assessments.baseline_sum_mm", "assessments.best_sum_mm", "assessments.new_lesion")


def _responses(
    assessments: pd.DataFrame, recording: Recording, parameters: Parameters
) -> pd.DataFrame:
    derived = best_response(
        assessments["baseline_sum_mm"], assessments["best_sum_mm"], assessments["new_lesion"]
    )
    if not recording.has(*MEASURED):
        # Of one part alone only some categories follow, so that their shares would be wrong.
        derived = derived.mask(derived.notna())
    # What is too small for target lesions in mm is in another unit: no category follows from it.
    derived = derived.mask(assessments["baseline_sum_mm"] < LEAST_LESION_MM)
    recorded = in_levels(assessments["category"], _RESPONSES).cat.as_unordered()
    first, second = (
        (recorded, derived) if parameters.response_source == "recorded" else (derived, recorded)
    )
    change = (assessments["best_sum_mm"] / assessments["baseline_sum_mm"] - 1) * 100
    return with_columns(
        assessments,
        {
            "response": in_levels(
                first.where(first.notna(), second),
                _RESPONSES if recorded.eq(NOT_EVALUABLE).any() else CATEGORIES,
            ),
            "disagrees": derived.notna() & recorded.notna() & (derived != recorded),
            "change_percent": change,
        },
    )


def _response_stand_in(recording: Recording) -> str:
    """Say from which of the two sources of a category responses are, where one is not recorded."""
    sources = {"category as recorded": CATEGORY, "category from sums of diameters": MEASURED}
    why = {words: recording.why(*needed) for words, needed in sources.items()}
    recorded, derived = why
    if why[recorded] and not why[derived]:
        return f"{derived}, since {why[recorded]}"
    if why[derived] and not why[recorded]:
        return f"{recorded}, since {why[derived]}"
    return ""


# Outcome -------------------------------------------------------------------------------------


def _outcome(
    ids: pd.Series, follow_up: pd.DataFrame, recorded_times: pd.DataFrame, recording: Recording
) -> dict[str, pd.Series]:
    inside, outside = (
        follow_up["in_field_relapse_date"].notna(),
        follow_up["out_field_relapse_date"].notna(),
    )
    progressed = follow_up["progression_date"].notna() | inside | outside
    # In the order of the levels below; who had no relapse has no pattern.
    pattern = at_places(
        outside.to_numpy(dtype=np.int8) + 2 * inside.to_numpy(dtype=np.int8) - 1,
        pd.Index(["out-of-field only", "in-field only", "in-field and out-of-field"]),
        ordered=True,
    )
    died = follow_up["death_date"].notna()
    alive = follow_up["last_contact_date"].notna() & ~died
    # Where nobody is known to be alive, those who died are no share of anything.
    contact = (alive | died) & (bool(alive.any()) or bool(died.all()))
    found = recording.known(
        {
            "death": _known(died, contact),
            "cause_of_death": in_levels(follow_up["cause_of_death"], CAUSES_OF_DEATH),
            "progression": _known(progressed, contact),
            "in_field_relapse": _known(inside, contact),
            "failure_pattern": pd.Series(pattern, index=follow_up.index),
        }
    )
    if not recording.has("death"):
        overall = recorded_times[recorded_times["endpoint"] == OVERALL_SURVIVAL]
        event = of_rows(ids, first_of_each(overall["patient_id"], overall["event"]))
        found["death"] = _known(event == YES, event.notna())
    dates = {column: follow_up[column] for column in follow_up.columns if column.endswith("_date")}
    return {**dates, **found}


def _known(holds: pd.Series, recorded: pd.Series) -> pd.Series:
    return yes_no(holds.astype("boolean").mask(~recorded.astype(bool)))


def _time_to_event(
    patients: pd.DataFrame,
    follow_up: pd.DataFrame,
    recorded_times: pd.DataFrame,
    zero: Zero,
    recording: Recording,
    study: Study,
    declared: frozenset[str],
) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    """Give the times of every endpoint: from durations of patients, from dates, or as recorded.

    An endpoint whose dates are not recorded has no times, unless they are in `time_to_event`.
    `declared` are the endpoints that the dataset declares itself.

    Returns
    -------
    The times; endpoint to the reason why it has none; endpoint to what stands in for what is not
    recorded.
    """
    # Columns that both have, such as the key of the table, are those of follow-up.
    dates = with_columns(patients, {str(name): follow_up[name] for name in follow_up})
    parts: list[pd.DataFrame] = []
    unrecorded: dict[str, str] = {}
    stand_ins: dict[str, str] = {}
    as_recorded = set(recorded_times["endpoint"])
    for endpoint in study.endpoints:
        if endpoint.duration:
            needed = (endpoint.duration, endpoint.duration_event)
            why = recording.why(*(f"patients.{column}" for column in needed))
            found = from_durations(endpoint, patients)
        elif endpoint.events:
            why = _unrecorded(endpoint, zero, recording, study.chosen)
            found = _from_dates(endpoint, dates, study.chosen)
            why = why or _never_censored(endpoint, found, dates, study.chosen)
            stand_ins[endpoint.name] = _stand_ins(endpoint, zero, recording)
        else:
            continue
        if not why:
            parts.append(found)
        elif not (recording.has("follow_up") or study.asks_for_tables or endpoint.name in declared):
            # A study of its own without dates of follow-up has none to be missed.
            stand_ins[endpoint.name] = ""
        elif endpoint.name in as_recorded:
            stand_ins[endpoint.name] = "from times as recorded"
        else:
            unrecorded[endpoint.name] = why
    derived = {name for part in parts for name in part["endpoint"].unique()}
    recorded = recorded_times[~recorded_times["endpoint"].isin(derived)]
    times = _stacked([*parts, _recorded_times(recorded)])
    times["days"] = without_noise(times["days"].to_numpy(dtype=np.float64))
    return times, unrecorded, stand_ins


def _unrecorded(
    endpoint: Endpoint, zero: Zero, recording: Recording, parameters: Parameters
) -> str:
    """Say why an endpoint of dates cannot be had; nothing where all that it needs is recorded."""
    needed = [*endpoint.needs(parameters)]
    needed += ["rt_start", "ici_start"] if parameters.delayed_entry != "none" else []
    why = recording.why(*needed)
    if not why and zero.why and not endpoint.time_zero:
        return f"there is no time zero: {zero.why}"
    return why


def imputed_days(endpoint: Endpoint, imputed: Mapping[str, int], study: Study) -> str:
    """Say how many of the dates that an endpoint is made of were imputed to the day."""
    columns = {*endpoint.events, *endpoint.competing, endpoint.censored_at(study.chosen)}
    starts = {endpoint.time_zero} if endpoint.time_zero else {"start_date"}
    n = sum(count for name, count in imputed.items() if name.partition(".")[2] in columns | starts)
    return f"with {n} {'date' if n == 1 else 'dates'} imputed to the day" if n else ""


def _stand_ins(endpoint: Endpoint, zero: Zero, recording: Recording) -> str:
    """Say what stands in for what is not recorded of an endpoint; nothing where all is."""
    told = [] if endpoint.time_zero else [zero.stand_in]
    told.append(_without(endpoint.optional, recording))
    return ", ".join(filter(None, told))


def _without(optional: Sequence[str], recording: Recording) -> str:
    gone = [column for column in optional if not recording.has(column)]
    which = "which is" if len(gone) == 1 else "which are"
    return f"without {' and '.join(gone)}, {which} not recorded" if gone else ""


def _never_censored(
    endpoint: Endpoint, times: pd.DataFrame, dates: pd.DataFrame, parameters: Parameters
) -> str:
    """Say why an endpoint cannot be had of the patients who have the event alone.

    Where nobody else has the date at which they are censored, all who are left had the event.
    """
    begun = dates[endpoint.time_zero or "time_zero"].notna()
    ended = times["event"] | times["competing"]
    if ended.all() and int(ended.sum()) < int(begun.sum()):
        column = endpoint.censored_at(parameters)
        return f"{column} is blank for every patient without the event"
    return ""


def _stacked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Give times below each other; what is in codes in all of them stays in codes."""
    parts = [part for part in parts if len(part)] or list(parts[-1:])
    return pd.DataFrame(
        {name: _joined([part[name] for part in parts]) for name in map(str, parts[0].columns)},
        copy=False,
    )


def _joined(columns: Sequence[pd.Series]) -> Any:
    if not all(in_codes(column) for column in columns):
        return np.concatenate([column.to_numpy() for column in columns])
    listed = columns[0].cat.categories
    if all(column.cat.categories is listed for column in columns):
        # What pandas would compare text by text.
        return at_places(np.concatenate([column.cat.codes for column in columns]), listed)
    return union_categoricals([column.array for column in columns])


def _always(word: str, n: int) -> pd.Categorical:
    return at_places(np.zeros(n, dtype=np.int8), pd.Index([word]))


def _recorded_times(times: pd.DataFrame) -> pd.DataFrame:
    n = len(times)
    return pd.DataFrame(
        {
            "patient_id": times["patient_id"].array,
            "endpoint": times["endpoint"].array,
            "days": times["days"].to_numpy(dtype=np.float64),
            "event": (times["event"] == YES).to_numpy(dtype=bool),
            "event_source": _always(RECORDED, n),
            "censor_source": _always(RECORDED, n),
            "competing": np.zeros(n, dtype=bool),
        }
    )


def _from_dates(endpoint: Endpoint, dates: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    censor_source = endpoint.censored_at(parameters)
    time_zero = dates[endpoint.time_zero or "time_zero"]
    events = dates[list(endpoint.events)]
    first = events.min(axis=1)
    event = first.notna()
    competing = pd.Series(False, index=dates.index)
    ends = first.fillna(dates[censor_source])
    sources = ("", *endpoint.events)
    source = np.zeros(len(dates), dtype=np.int8)
    for place, name in reversed(list(enumerate(sources))[1:]):
        source[(events[name] == first).to_numpy()] = place
    censorings = ("", censor_source, *endpoint.competing)
    censored_by = np.ones(len(dates), dtype=np.int8)
    for place, name in enumerate(endpoint.competing, start=2):
        # On the same day the event is what was asked for, and comes first.
        earlier = dates[name].notna() & ~(event & (first <= dates[name]))
        earlier &= ~(competing & (ends <= dates[name]))
        ends, event = ends.mask(earlier, dates[name]), event & ~earlier
        competing = competing | earlier
        censored_by[earlier.to_numpy()] = place
    day = (ends - time_zero).dt.days
    known, ended = day.notna().to_numpy(), event.to_numpy(dtype=bool)
    source[~ended], censored_by[ended] = 0, 0
    return pd.DataFrame(
        {
            "patient_id": dates["patient_id"].array[known],
            "endpoint": _always(endpoint.name, int(known.sum())),
            "days": day[known].to_numpy(dtype=np.float64),
            "event": ended[known],
            "event_source": coded(source[known], pd.Index(sources)),
            "censor_source": coded(censored_by[known], pd.Index(censorings)),
            "competing": competing.to_numpy(dtype=bool)[known],
        }
    )


def from_durations(endpoint: Endpoint, patients: pd.DataFrame) -> pd.DataFrame:
    """Give the times of an endpoint that was recorded as a duration, as `Cohort.time_to_event`."""
    days = patients[endpoint.duration].astype("float64") * endpoint.per_day
    ended = patients[endpoint.duration_event].astype(object)
    known = days.notna() & ended.notna()
    event = known & ended.isin(list(endpoint.event_is))
    return pd.DataFrame(
        {
            "patient_id": patients["patient_id"].array[known],
            "endpoint": _always(endpoint.name, int(known.sum())),
            "days": days[known].to_numpy(),
            "event": event[known].to_numpy(dtype=bool),
            "event_source": sides(event[known], endpoint.duration_event, "").array.as_unordered(),
            "censor_source": sides(event[known], "", endpoint.duration).array.as_unordered(),
            "competing": np.asarray(ended[known].isin(list(endpoint.competing)), dtype=bool),
        }
    )


def _with_deaths(dataset: str, times: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Take death without the event as the endpoint's `death_choice` says.

    Such a death counts on its own day, however long before it the event was last looked for, since
    it would have been known on any day. Whoever lives is censored as the parameters say.
    """
    changed = False
    for endpoint in study.endpoints:
        choice = endpoint.death_choice and getattr(study.chosen, endpoint.death_choice)
        of_endpoint = times["endpoint"] == endpoint.name
        if choice in ("", "censored") or not of_endpoint.any():
            continue
        # Sources are written into rows: in codes there would have to be one for each of them.
        times, changed = times if changed else in_words(times).copy(), True
        overall = times[times["endpoint"] == OVERALL_SURVIVAL].set_index("patient_id")
        if overall.empty:
            expected = (
                f"overall survival ({OVERALL_SURVIVAL}), since "
                f'{endpoint.death_choice}="{choice}" asks who died'
            )
            raise DatasetFaults(dataset, [Fault("time_to_event.csv", 0, "endpoint", "", expected)])
        deaths = overall[overall["event"]]
        died = of_endpoint & ~times["event"] & times["patient_id"].isin(deaths.index)
        of = deaths.loc[times.loc[died, "patient_id"]]
        times.loc[died, "days"] = of["days"].to_numpy()
        if choice == "event":
            times.loc[died, "event"] = True
            times.loc[died, "event_source"] = of["event_source"].to_numpy()
            times.loc[died, "censor_source"] = ""
        else:
            times.loc[died, "competing"] = True
            times.loc[died, "censor_source"] = of["event_source"].to_numpy()
    return times
