"""From records to analysis variables: ages, doses, responses, endpoints, groups.

Every function takes recorded tables and gives new columns; nothing is estimated here. A
variable whose sources are not recorded is missing, never guessed. What only one study needs is
derived by the study (`Study.derivations`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort import at_risk, eligibility
from analysis.cohort.at_risk import RECORDED
from analysis.cohort.declared import misfits
from analysis.cohort.description import FILE
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.rules import first_treatment
from analysis.cohort.schema import CATEGORIES, CAUSES_OF_DEATH
from analysis.study.columns import known_texts, levels_of
from analysis.study.endpoints import Endpoint
from analysis.study.keys import YES
from analysis.study.parameters import Parameters
from analysis.study.study import Study
from analysis.study.variables import in_levels, texts, yes_no

OVERALL_SURVIVAL = "OS"


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
    study = dataset.study.under(parameters)
    patients = tables["patients"].set_index("patient_id", drop=False).rename_axis(None)
    patients = patients.assign(**_baseline(patients, study))
    radiotherapy = _radiotherapy(tables["radiotherapy"], parameters)
    patients = patients.assign(**_irradiation(patients.index, radiotherapy))
    patients = patients.assign(**_immunotherapy(patients.index, tables["immunotherapy"], study))
    patients = patients.assign(**_timing(patients, tables, parameters))
    for derivation in study.derivations:
        patients = patients.assign(**derivation(patients, tables, parameters))
    if faults := misfits(study, dataset.description, patients):
        raise DatasetFaults(dataset.name, faults)
    study = study.among(patients)
    _refuse_other_levels(dataset.name, patients, study)
    if study.arm is not None:
        patients = patients.assign(**_arm(patients, study))

    applied = parameters.apply_eligibility and dataset.description.eligibility_applies
    screening, admitted = eligibility.screen(patients, study, applied)
    screening, asked = eligibility.restrict(dataset.name, patients.loc[admitted], study, screening)
    patients = patients.loc[asked]
    # What a dataset recorded may have the name of what is derived from follow-up.
    recorded, ids = patients, patients.index

    def theirs(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["patient_id"].isin(ids)].reset_index(drop=True)

    follow_up = theirs(tables["follow_up"]).set_index("patient_id").reindex(ids)
    patients = patients.assign(**_outcome(follow_up, theirs(tables["time_to_event"])))
    patients = patients.assign(
        **{factor.column: factor.values(patients) for factor in study.factors}
    )
    times = _time_to_event(
        recorded, follow_up, theirs(tables["time_to_event"]), tables["follow_up"].empty, study
    )
    times = _with_deaths(dataset.name, times, study)
    times, not_at_risk = at_risk.among(dataset.name, times, patients, study)
    events = theirs(tables["adverse_events"])
    groups = {term: study.event_group_of(term) for term in events["term"].dropna().unique()}
    return Cohort(
        name=dataset.name,
        study=study,
        title=dataset.description.title,
        notice=dataset.description.notice,
        synthetic=dataset.description.synthetic,
        patients=patients,
        radiotherapy=theirs(radiotherapy),
        immunotherapy=theirs(tables["immunotherapy"]),
        assessments=_responses(theirs(tables["assessments"]), parameters),
        adverse_events=events.assign(group=events["term"].map(groups)),
        organ_doses=theirs(tables["organ_doses"]),
        time_to_event=times,
        not_at_risk=not_at_risk,
        screening=screening,
        recorded_tables=frozenset(name for name, frame in tables.items() if not frame.empty),
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
    columns = {"age_years": age.fillna(patients["age_years"])}
    for name, column in study.patient_columns.items():
        known = known_texts(column)
        if levels := levels_of(column):
            columns[name] = in_levels(patients[name], levels)
        elif known:
            columns[name] = in_levels(patients[name], _with_others(known, patients[name]))
    return columns


def _with_others(known: Sequence[str], values: pd.Series) -> tuple[str, ...]:
    """Give the texts that are known, in their order, and then those that a dataset adds."""
    return (*known, *sorted({str(value) for value in values.dropna()} - set(known)))


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


def _irradiation(ids: pd.Index, radiotherapy: pd.DataFrame) -> dict[str, pd.Series]:
    # A patient's dose is that of the site with the highest EQD2, the site meant to be controlled.
    strongest = (
        radiotherapy.sort_values(["eqd2_gy", "dose_gy", "site"], kind="stable")
        .groupby("patient_id")
        .last()
        .reindex(ids)
    )
    by_patient = radiotherapy.groupby("patient_id")
    return {
        "rt_start": by_patient["start_date"].min().reindex(ids),
        "rt_end": by_patient["end_date"].max().reindex(ids),
        "rt_dose_gy": strongest["dose_gy"],
        "rt_fractions": strongest["fractions"],
        "bed_gy": strongest["bed_gy"],
        "eqd2_gy": strongest["eqd2_gy"],
    }


def _immunotherapy(
    ids: pd.Index, immunotherapy: pd.DataFrame, study: Study
) -> dict[str, pd.Series]:
    by_patient = immunotherapy.groupby("patient_id")
    last_agent = (
        immunotherapy.sort_values(["start_date", "end_date"], kind="stable")
        .groupby("patient_id")["agent"]
        .last()
        .reindex(ids)
    )
    agents = by_patient["agent"].nunique().reindex(ids)
    known = _with_others(study.open_lists.get("immunotherapy.agent", ()), immunotherapy["agent"])
    return {
        "ici_start": by_patient["start_date"].min().reindex(ids),
        "ici_end": by_patient["end_date"].max().reindex(ids),
        "ici_cycles": by_patient["cycles"].sum().reindex(ids).astype("Int64"),
        "ici_agent": in_levels(last_agent, known),
        "ici_switched": yes_no((agents > 1).astype("boolean").mask(agents.isna())),
    }


def _timing(
    patients: pd.DataFrame, tables: dict[str, pd.DataFrame], parameters: Parameters
) -> dict[str, pd.Series]:
    both = patients["rt_start"].notna() & patients["ici_start"].notna()
    # Days without either treatment between the two courses; none when they overlap.
    gap = pd.concat(
        [
            (patients["ici_start"] - patients["rt_end"]).dt.days,
            (patients["rt_start"] - patients["ici_end"]).dt.days,
        ],
        axis=1,
    ).max(axis=1)
    mode = pd.Series(np.where(gap > 0, "sequential", "concurrent"), index=patients.index)
    zero = {
        "first treatment": patients["patient_id"].map(first_treatment(tables)),
        "radiotherapy": patients["rt_start"],
        "immunotherapy": patients["ici_start"],
        "second treatment": at_risk.second_treatment(patients),
    }[parameters.time_zero]
    return {
        "interval_days": gap.clip(lower=0).where(both),
        "treatment_mode": in_levels(mode.where(both), ("concurrent", "sequential")),
        "time_zero": zero,
    }


# Response ------------------------------------------------------------------------------------


def best_response(baseline_mm: pd.Series, best_mm: pd.Series, new_lesion: pd.Series) -> pd.Series:
    """Give CR, PR, SD or PD from sums of diameters and new lesions (RECIST 1.1; mRECIST).

    CR: all target lesions have disappeared (mRECIST: no viable part is left). PR: the sum is
    30 % smaller or more. PD: a new lesion, or the sum is 20 % and 5 mm larger or more.
    Sources: Eisenhauer 2009, Lencioni and Llovet 2010.
    """
    change = best_mm - baseline_mm
    # A thousandth of a percent keeps 30 % exactly from depending on binary fractions.
    ratio = (change / baseline_mm * 100).round(3)
    category = pd.Series("SD", index=baseline_mm.index, dtype=object)
    category = category.mask(ratio <= -30, "PR").mask(best_mm == 0, "CR")
    category = category.mask((ratio >= 20) & (change.round(3) >= 5), "PD")
    category = category.mask(new_lesion == YES, "PD")
    return category.where(baseline_mm.notna() & best_mm.notna() | (new_lesion == YES))


def _responses(assessments: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    derived = best_response(
        assessments["baseline_sum_mm"], assessments["best_sum_mm"], assessments["new_lesion"]
    )
    recorded = assessments["category"]
    first, second = (
        (recorded, derived) if parameters.response_source == "recorded" else (derived, recorded)
    )
    change = (assessments["best_sum_mm"] / assessments["baseline_sum_mm"] - 1) * 100
    return assessments.assign(
        response=in_levels(first.fillna(second), CATEGORIES),
        disagrees=derived.notna() & recorded.notna() & (derived != recorded),
        change_percent=change,
    )


# Outcome -------------------------------------------------------------------------------------


def _outcome(follow_up: pd.DataFrame, recorded_times: pd.DataFrame) -> dict[str, pd.Series]:
    inside, outside = (
        follow_up["in_field_relapse_date"].notna(),
        follow_up["out_field_relapse_date"].notna(),
    )
    progressed = follow_up["progression_date"].notna() | inside | outside
    pattern = pd.Series(pd.NA, index=follow_up.index, dtype=object)
    pattern = pattern.mask(outside & ~inside, "out-of-field only")
    pattern = pattern.mask(inside & ~outside, "in-field only")
    pattern = pattern.mask(inside & outside, "in-field and out-of-field")
    contact = follow_up["last_contact_date"].notna() | follow_up["death_date"].notna()
    died, died_known = follow_up["death_date"].notna(), contact
    if not contact.any():
        overall = recorded_times[recorded_times["endpoint"] == OVERALL_SURVIVAL]
        event = overall.set_index("patient_id")["event"].reindex(follow_up.index)
        died, died_known = event == YES, event.notna()
    return {
        **{column: follow_up[column] for column in follow_up.columns if column.endswith("_date")},
        "death": _known(died, died_known),
        "cause_of_death": in_levels(follow_up["cause_of_death"], CAUSES_OF_DEATH),
        "progression": _known(progressed, contact),
        "in_field_relapse": _known(inside, contact),
        "failure_pattern": in_levels(
            pattern, ("out-of-field only", "in-field only", "in-field and out-of-field")
        ),
    }


def _known(holds: pd.Series, recorded: pd.Series) -> pd.Series:
    return yes_no(holds.astype("boolean").mask(~recorded.astype(bool)))


def _time_to_event(
    patients: pd.DataFrame,
    follow_up: pd.DataFrame,
    recorded_times: pd.DataFrame,
    without_follow_up: bool,
    study: Study,
) -> pd.DataFrame:
    """Give the times of every endpoint: from dates, from durations of patients, or as recorded."""
    # Columns that both have, such as the key of the table, are those of follow-up.
    dates = patients.drop(columns=[c for c in follow_up.columns if c in patients]).join(follow_up)
    parts = []
    for endpoint in study.endpoints:
        of_follow_up = set(endpoint.events) & set(follow_up.columns)
        if endpoint.duration:
            parts.append(_from_durations(endpoint, patients))
        elif endpoint.events and not (without_follow_up and of_follow_up):
            parts.append(_from_dates(endpoint, dates, study.chosen))
    found = {name for part in parts for name in part["endpoint"].unique()}
    recorded = recorded_times[~recorded_times["endpoint"].isin(found)]
    return pd.concat([*parts, _recorded_times(recorded)], ignore_index=True)


def _recorded_times(times: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": times["patient_id"],
            "endpoint": times["endpoint"],
            "days": times["days"].astype("int64"),
            "event": times["event"] == YES,
            "event_source": RECORDED,
            "censor_source": RECORDED,
            "competing": False,
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
    source = pd.Series("", index=dates.index, dtype=object)
    for name in reversed(endpoint.events):
        source = source.mask(event & (events[name] == first), name)
    censored_by = pd.Series(censor_source, index=dates.index, dtype=object)
    for name in endpoint.competing:
        # On the same day the event is what was asked for, and comes first.
        earlier = dates[name].notna() & ~(event & (first <= dates[name]))
        earlier &= ~(competing & (ends <= dates[name]))
        ends, event = ends.mask(earlier, dates[name]), event & ~earlier
        competing, censored_by = competing | earlier, censored_by.mask(earlier, name)
    day = (ends - time_zero).dt.days
    known = day.notna()
    return pd.DataFrame(
        {
            "patient_id": dates.index[known],
            "endpoint": endpoint.name,
            "days": day[known].astype("int64").to_numpy(),
            "event": event[known].to_numpy(dtype=bool),
            "event_source": source[known].where(event[known], "").to_numpy(),
            "censor_source": censored_by[known].mask(event[known], "").to_numpy(),
            "competing": competing[known].to_numpy(dtype=bool),
        }
    )


def _from_durations(endpoint: Endpoint, patients: pd.DataFrame) -> pd.DataFrame:
    days = patients[endpoint.duration].astype("float64") * endpoint.per_day
    ended = patients[endpoint.duration_event].astype(object)
    known = days.notna() & ended.notna()
    event = known & ended.isin(list(endpoint.event_is))
    return pd.DataFrame(
        {
            "patient_id": patients.index[known],
            "endpoint": endpoint.name,
            "days": np.floor(days[known].to_numpy() + 0.5).astype("int64"),
            "event": event[known].to_numpy(dtype=bool),
            "event_source": np.where(event[known], endpoint.duration_event, ""),
            "censor_source": np.where(event[known], "", endpoint.duration),
            "competing": np.asarray(ended[known].isin(list(endpoint.competing)), dtype=bool),
        }
    )


def _with_deaths(dataset: str, times: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Take death without the event as the endpoint's `death_choice` says.

    Such a death counts on its own day, however long before it the event was last looked for, since
    it would have been known on any day. Whoever lives is censored as the parameters say.
    """
    times = times.copy()
    for endpoint in study.endpoints:
        choice = endpoint.death_choice and getattr(study.chosen, endpoint.death_choice)
        of_endpoint = times["endpoint"] == endpoint.name
        if choice in ("", "censored") or not of_endpoint.any():
            continue
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
