"""From records to analysis variables: ages, doses, responses, endpoints, groups.

Every function takes recorded tables and gives new columns; nothing is estimated here. A
variable whose sources are not recorded is missing, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort import ctcae, eligibility
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.rules import first_treatment
from analysis.cohort.schema import (
    CATEGORIES,
    CAUSES_OF_DEATH,
    ICI_AGENTS,
    RT_TECHNIQUES,
    TARGETED_AGENTS,
    YES_NO,
)
from analysis.parameters import Parameters

ENDPOINT_NAMES = {
    "OS": "Overall survival",
    "PFS": "Progression-free survival",
    "IRFS": "In-field relapse-free survival",
    "ORFS": "Out-of-field relapse-free survival",
    "RFS": "Recurrence-free survival",
}


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
    patients = tables["patients"].set_index("patient_id", drop=False).rename_axis(None)
    patients = patients.assign(**_baseline(patients, parameters))
    radiotherapy = _radiotherapy(tables["radiotherapy"], parameters)
    immunotherapy = tables["immunotherapy"]
    patients = patients.assign(**_irradiation(patients.index, radiotherapy, parameters))
    patients = patients.assign(**_immunotherapy(patients.index, immunotherapy))
    patients = patients.assign(**_timing(patients, tables, parameters))

    applied = parameters.apply_eligibility and dataset.description.eligibility_applies
    screening, admitted = eligibility.screen(patients, parameters, applied)
    screening, asked = eligibility.restrict(
        dataset.name, patients.loc[admitted], parameters, screening
    )
    patients = patients.loc[asked]
    ids = patients.index

    def theirs(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["patient_id"].isin(ids)].reset_index(drop=True)

    follow_up = theirs(tables["follow_up"]).set_index("patient_id").reindex(patients.index)
    patients = patients.assign(**_outcome(follow_up, theirs(tables["time_to_event"])))
    patients = patients.assign(**_factors(patients, parameters))
    if tables["follow_up"].empty:
        times = _recorded_times(theirs(tables["time_to_event"]))
    else:
        times = _time_to_event(patients["time_zero"], follow_up, parameters)
    times = _with_deaths(dataset.name, times, parameters)
    events = theirs(tables["adverse_events"])
    return Cohort(
        name=dataset.name,
        title=dataset.description.title,
        notice=dataset.description.notice,
        synthetic=dataset.description.synthetic,
        patients=patients,
        radiotherapy=theirs(radiotherapy),
        immunotherapy=theirs(immunotherapy),
        assessments=_responses(theirs(tables["assessments"]), parameters),
        adverse_events=events.assign(group=_each(events["term"], ctcae.group_of)),
        organ_doses=theirs(tables["organ_doses"]),
        time_to_event=times,
        screening=screening,
        recorded_tables=frozenset(name for name, frame in tables.items() if not frame.empty),
    )


# Small tools ---------------------------------------------------------------------------------


def _levels(values: pd.Series, levels: Sequence[str]) -> pd.Series:
    return pd.Series(
        pd.Categorical(values, categories=list(levels), ordered=True), index=values.index
    )


def _each(values: pd.Series, change: Callable[[Any], str]) -> pd.Series:
    # Asked once of each distinct value: a cohort has few, whatever its size.
    return values.map({value: change(value) for value in values.dropna().unique()})


def _yes_no(is_yes: pd.Series, recorded: pd.Series) -> pd.Series:
    words = pd.Series(np.where(is_yes.fillna(False).astype(bool), "yes", "no"), index=is_yes.index)
    return _levels(words.where(recorded.astype(bool)), YES_NO)


def _below(
    values: pd.Series, cutoff: float, below: str, above: str, *, below_first: bool = False
) -> pd.Series:
    words = pd.Series(np.where(values.fillna(np.inf) < cutoff, below, above), index=values.index)
    order = (below, above) if below_first else (above, below)
    return _levels(words.where(values.notna()), order)


def completed_years(birth: pd.Series, day: pd.Series) -> pd.Series:
    """Give the age in completed years on a day; a birthday counts from the day itself."""
    had_birthday = (day.dt.month > birth.dt.month) | (
        (day.dt.month == birth.dt.month) & (day.dt.day >= birth.dt.day)
    )
    years = day.dt.year - birth.dt.year - (~had_birthday).astype(int)
    return years.where(birth.notna() & day.notna()).astype("Int64")


def _second_of_two(groups: pd.Series) -> pd.Series:
    names = sorted(groups.dropna().unique())
    if len(names) != 2:
        return _yes_no(groups.isna() & False, groups.isna() & False)
    return _yes_no(groups == names[1], groups.notna())


# Baseline ------------------------------------------------------------------------------------


def _baseline(patients: pd.DataFrame, parameters: Parameters) -> dict[str, pd.Series]:
    age = completed_years(patients["birth_date"], patients["enrolment_date"])
    b, c = patients["hepatitis_b"], patients["hepatitis_c"]
    hepatitis = pd.Series(pd.NA, index=patients.index, dtype=object)
    hepatitis = hepatitis.mask((b == "no") & (c == "no"), "none")
    hepatitis = hepatitis.mask(c == "yes", "HCV").mask(b == "yes", "HBV")
    # One infection not recorded: 'HBV' is known, but who has none is not.
    if c.isna().all() or b.isna().all():
        hepatitis[:] = pd.NA
    before, after = patients["afp_before"], patients["afp_after"]
    high, second = f"{parameters.afp_cutoff:g}", f"{parameters.afp_second_cutoff:g}"
    change = (after - before) / before.where(before > 0) * 100
    return {
        "age_years": age.fillna(patients["age_years"]),
        "hepatitis": _levels(hepatitis, ("HBV", "HCV", "none")),
        "viral_hepatitis": _yes_no(hepatitis != "none", hepatitis.notna()),
        f"afp_{high}": _below(before, parameters.afp_cutoff, f"<{high}", f">={high}"),
        f"afp_{second}": _below(before, parameters.afp_second_cutoff, f"<{second}", f">={second}"),
        f"afp_after_{second}": _levels(
            pd.Series(
                np.where(
                    after.fillna(np.inf) <= parameters.afp_second_cutoff,
                    f"<={second}",
                    f">{second}",
                ),
                index=after.index,
            ).where(after.notna()),
            (f"<={second}", f">{second}"),
        ),
        "afp_change_percent": change,
        "afp_decrease": _yes_no(after < before, before.notna() & after.notna()),
        "tumour_count_group": _below(
            patients["tumour_count"].astype("float64"),
            parameters.tumour_count_cutoff,
            f"1-{parameters.tumour_count_cutoff - 1}",
            f">={parameters.tumour_count_cutoff}",
            below_first=True,
        ),
        "pvtt": _yes_no(patients["pvtt_extent"] != "none", patients["pvtt_extent"].notna()),
        "vp4": _yes_no(patients["pvtt_extent"] == "main", patients["pvtt_extent"].notna()),
        "therapy_line_group": _levels(
            _each(patients["therapy_line"], lambda line: ">=3" if line >= 3 else str(line)),
            ("1", "2", ">=3"),
        ),
        "targeted_therapy": _yes_no(
            patients["targeted_agent"] != "none", patients["targeted_agent"].notna()
        ),
        "sex": _levels(patients["sex"], ("male", "female")),
        "diagnosis": _levels(patients["diagnosis"], ("pathological", "clinical")),
        "rt_technique": _levels(patients["rt_technique"], RT_TECHNIQUES),
        "targeted_agent": _levels(patients["targeted_agent"], TARGETED_AGENTS),
        **{
            column: _levels(patients[column], YES_NO)
            for column in (
                "cirrhosis",
                "alcohol_use",
                "hepatitis_b",
                "hepatitis_c",
                "recurrent",
                "extrahepatic_metastasis",
                "ivc_thrombus",
                "progressed_before",
                "prior_ici",
                "antiviral",
                "records_complete",
            )
        },
    }


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


def _irradiation(
    ids: pd.Index, radiotherapy: pd.DataFrame, parameters: Parameters
) -> dict[str, pd.Series]:
    # A patient's dose is that of the site with the highest EQD2, the site meant to be controlled.
    strongest = (
        radiotherapy.sort_values(["eqd2_gy", "dose_gy", "site"], kind="stable")
        .groupby("patient_id")
        .last()
        .reindex(ids)
    )
    by_patient = radiotherapy.groupby("patient_id")
    treated = pd.Series(ids.isin(radiotherapy["patient_id"]), index=ids)
    inside = radiotherapy.loc[radiotherapy["site"].isin(["primary tumour", "PVTT"]), "patient_id"]
    few = (strongest["fractions"] <= parameters.sbrt_max_fractions).fillna(False)
    large = strongest["fraction_gy"] >= parameters.sbrt_min_fraction_gy
    return {
        "rt_start": by_patient["start_date"].min().reindex(ids),
        "rt_end": by_patient["end_date"].max().reindex(ids),
        "rt_dose_gy": strongest["dose_gy"],
        "rt_fractions": strongest["fractions"],
        "bed_gy": strongest["bed_gy"],
        "eqd2_gy": strongest["eqd2_gy"],
        "sbrt": _yes_no(few & large, treated),
        "rt_on_intrahepatic": _yes_no(pd.Series(ids.isin(inside), index=ids), treated),
    }


def _immunotherapy(ids: pd.Index, immunotherapy: pd.DataFrame) -> dict[str, pd.Series]:
    by_patient = immunotherapy.groupby("patient_id")
    last_agent = (
        immunotherapy.sort_values(["start_date", "end_date"], kind="stable")
        .groupby("patient_id")["agent"]
        .last()
        .reindex(ids)
    )
    regimen = last_agent.where(last_agent.isin(["toripalimab", "sintilimab"]), "other")
    agents = by_patient["agent"].nunique().reindex(ids)
    return {
        "ici_start": by_patient["start_date"].min().reindex(ids),
        "ici_end": by_patient["end_date"].max().reindex(ids),
        "ici_cycles": by_patient["cycles"].sum().reindex(ids).astype("Int64"),
        "ici_agent": _levels(last_agent, ICI_AGENTS),
        "ici_regimen": _levels(
            regimen.where(last_agent.notna()), ("toripalimab", "sintilimab", "other")
        ),
        "ici_switched": _yes_no(agents > 1, agents.notna()),
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
    }[parameters.time_zero]
    return {
        "interval_days": gap.clip(lower=0).where(both),
        "treatment_mode": _levels(mode.where(both), ("concurrent", "sequential")),
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
    category = category.mask(new_lesion == "yes", "PD")
    return category.where(baseline_mm.notna() & best_mm.notna() | (new_lesion == "yes"))


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
        response=_levels(first.fillna(second), CATEGORIES),
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
        overall = recorded_times[recorded_times["endpoint"] == "OS"].set_index("patient_id")
        event = overall["event"].reindex(follow_up.index)
        died, died_known = event == "yes", event.notna()
    return {
        **{column: follow_up[column] for column in follow_up.columns if column.endswith("_date")},
        "death": _yes_no(died, died_known),
        "cause_of_death": _levels(follow_up["cause_of_death"], CAUSES_OF_DEATH),
        "progression": _yes_no(progressed, contact),
        "in_field_relapse": _yes_no(inside, contact),
        "failure_pattern": _levels(
            pattern, ("out-of-field only", "in-field only", "in-field and out-of-field")
        ),
    }


def _recorded_times(times: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": times["patient_id"],
            "endpoint": times["endpoint"],
            "days": times["days"].astype("int64"),
            "event": times["event"] == "yes",
            "event_source": "time_to_event",
            "censor_source": "time_to_event",
        }
    )


# Which records end an endpoint; relapse endpoints censor the dead where relapse was last
# looked for, since a relapse must be seen on imaging (Methods 2.5; ADaM ADTTE: EVNTDESC, CNSR),
# unless `relapse_death` has it otherwise.
EVENTS: dict[str, tuple[str, ...]] = {
    "OS": ("death_date",),
    "PFS": (
        "progression_date",
        "in_field_relapse_date",
        "out_field_relapse_date",
        "death_date",
    ),
    "IRFS": ("in_field_relapse_date",),
    "ORFS": ("out_field_relapse_date",),
}


def censoring(parameters: Parameters) -> dict[str, str]:
    """Give the record at which each endpoint is censored."""
    column = {"last contact": "last_contact_date", "last imaging": "last_imaging_date"}
    relapse = column[parameters.relapse_censoring]
    return {
        "OS": "last_contact_date",
        "PFS": column[parameters.pfs_censoring],
        "IRFS": relapse,
        "ORFS": relapse,
    }


def _time_to_event(
    time_zero: pd.Series, follow_up: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    endpoints = []
    for endpoint, sources in EVENTS.items():
        censor_source = censoring(parameters)[endpoint]
        dates = follow_up[list(sources)]
        first = dates.min(axis=1)
        event = first.notna()
        day = (first.fillna(follow_up[censor_source]) - time_zero).dt.days
        source = pd.Series("", index=follow_up.index, dtype=object)
        for name in reversed(sources):
            source = source.mask(event & (dates[name] == first), name)
        known = day.notna()
        endpoints.append(
            pd.DataFrame(
                {
                    "patient_id": follow_up.index[known],
                    "endpoint": endpoint,
                    # Time zero may be moved after an early imaging; no time is negative.
                    "days": day[known].clip(lower=0).astype("int64").to_numpy(),
                    "event": event[known].to_numpy(),
                    "event_source": source[known].to_numpy(),
                    "censor_source": np.where(event[known], "", censor_source),
                }
            )
        )
    return pd.concat(endpoints, ignore_index=True)


RELAPSE_ENDPOINTS = ("IRFS", "ORFS")


def _with_deaths(dataset: str, times: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Take death without relapse as `relapse_death` says; column `competing` marks a competing one.

    Such a death counts on its own day, however long before it relapse was last looked for, since
    it would have been known on any day. Whoever lives is censored as `relapse_censoring` says.
    """
    times = times.assign(competing=False)
    relapse = times["endpoint"].isin(RELAPSE_ENDPOINTS)
    if parameters.relapse_death == "censored" or not relapse.any():
        return times
    overall = times[times["endpoint"] == "OS"].set_index("patient_id")
    if overall.empty:
        expected = (
            f'overall survival (OS), since relapse_death="{parameters.relapse_death}" asks who died'
        )
        raise DatasetFaults(dataset, [Fault("time_to_event.csv", 0, "endpoint", "", expected)])
    deaths = overall[overall["event"]]
    died = relapse & ~times["event"] & times["patient_id"].isin(deaths.index)
    of = deaths.loc[times.loc[died, "patient_id"]]
    times.loc[died, "days"] = of["days"].to_numpy()
    if parameters.relapse_death == "event":
        times.loc[died, "event"] = True
        times.loc[died, "event_source"] = of["event_source"].to_numpy()
        times.loc[died, "censor_source"] = ""
    else:
        times.loc[died, "competing"] = True
        times.loc[died, "censor_source"] = of["event_source"].to_numpy()
    return times


# Prognostic factors --------------------------------------------------------------------------


def _factors(patients: pd.DataFrame, parameters: Parameters) -> dict[str, pd.Series]:
    afp = patients["afp_before"]
    count = patients["tumour_count"].astype("float64")
    age = patients["age_years"].astype("float64")
    eqd2 = patients["eqd2_gy"]
    factors = {
        "male": _yes_no(patients["sex"] == "male", patients["sex"].notna()),
        "age_under_60": _yes_no(age < parameters.age_cutoff, age.notna()),
        "alcohol_use": patients["alcohol_use"],
        "viral_hepatitis": patients["viral_hepatitis"],
        "cirrhosis": patients["cirrhosis"],
        "afp_under_1000": _yes_no(afp < parameters.afp_cutoff, afp.notna()),
        "tumours_5_or_more": _yes_no(count >= parameters.tumour_count_cutoff, count.notna()),
        "extrahepatic_metastasis": patients["extrahepatic_metastasis"],
        "pvtt": patients["pvtt"],
        "vp4": patients["vp4"],
        "prior_ici": patients["prior_ici"],
        "concurrent": _yes_no(
            patients["treatment_mode"] == "concurrent", patients["treatment_mode"].notna()
        ),
        "rt_intrahepatic": patients["rt_on_intrahepatic"],
        "sbrt": patients["sbrt"],
        # Rounded to a thousandth of a Gy, since 60 Gy in 30 fractions is not below 60 Gy.
        "eqd2_under_60": _yes_no(eqd2.round(3) < parameters.eqd2_cutoff, eqd2.notna()),
        "targeted_therapy": patients["targeted_therapy"],
        # For datasets that record hepatitis B and not C, and AFP as one of two groups.
        "hepatitis_b": patients["hepatitis_b"],
        "afp_group": _second_of_two(patients["afp_group"]),
    }
    return {f"factor_{name}": values for name, values in factors.items()}
