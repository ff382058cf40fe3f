"""Rules about response, survival, causes of death and adverse events."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.cohort.derive import best_response
from analysis.cohort.schema import CATEGORIES, CAUSES_OF_DEATH, CRITERIA, REGIONS
from analysis.estimates.curves import curve, rate
from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis.plausibility.rule import (
    COHORT,
    Found,
    Known,
    Rule,
    counted,
    on_weekends,
    where,
)
from analysis.zhai_2025.endpoints import ENDPOINTS
from analysis.zhai_2025.synthesis import steady

# Figure 1A.
DIAMETER_AXIS_PERCENT = (-100, 100)
# First imaging is a month after treatment (Methods 2.4), which takes up to two months.
EARLY_DAYS = 120
# RECIST 1.1: at most five target lesions, of which the largest tumour is one.
TARGET_LESIONS = 5
_MM_PER_CM = 10
_KEY = ["patient_id", "region"]
_DATED = [endpoint.name for endpoint in ENDPOINTS if endpoint.events]


# Response ------------------------------------------------------------------------------------


def _category(known: Known) -> Iterator[Found]:
    rows = known.recorded["assessments"]
    found = best_response(rows["baseline_sum_mm"], rows["best_sum_mm"], rows["new_lesion"])
    shown = rows["criterion"] + ", " + rows["region"] + ", " + rows["category"]
    ids = rows["patient_id"]
    yield from where(
        (found != rows["category"]).set_axis(ids), "change of diameter does not fit", shown
    )


def _both_criteria(known: Known) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give assessments by RECIST and by mRECIST, row by row of the same patient and region."""
    rows = known.recorded["assessments"].set_index(_KEY)
    size, viable = (rows[rows["criterion"] == criterion].sort_index() for criterion in CRITERIA)
    return size, viable.reindex(size.index)


def _viable(known: Known) -> Iterator[Found]:
    size, viable = _both_criteria(known)
    order = {category: rank for rank, category in enumerate(CATEGORIES)}
    ids = size.index.get_level_values("patient_id")
    shown = size["category"] + " by RECIST 1.1, " + viable["category"] + " by mRECIST"
    worse = viable["category"].map(order) > size["category"].map(order)
    yield from where(worse.set_axis(ids), "worse by mRECIST", shown)
    for column in ("baseline_sum_mm", "best_sum_mm"):
        larger = viable[column] > size[column]
        yield from where(larger.set_axis(ids), f"viable part larger than the whole, {column}")


def _axis(known: Known) -> Iterator[Found]:
    rows = known.recorded["assessments"].set_index("patient_id")
    change = (rows["best_sum_mm"] / rows["baseline_sum_mm"] - 1) * 100
    yield from where(~change.between(*DIAMETER_AXIS_PERCENT), "change in percent", change.round(1))


def _afp_of_complete_responders(known: Known) -> Iterator[Found]:
    rows = known.recorded["assessments"]
    overall = rows[(rows["region"] == "overall") & (rows["criterion"] == CRITERIA[0])]
    complete = known.patients.index.isin(overall.loc[overall["category"] == "CR", "patient_id"])
    rising = known.patients["afp_after"] >= known.patients["afp_before"]
    yield from where(rising & complete, "complete response, yet AFP did not fall")


def _diameters(known: Known) -> Iterator[Found]:
    rows = known.recorded["assessments"]
    sums = rows[rows["criterion"] == CRITERIA[0]].pivot(
        index="patient_id", columns="region", values="baseline_sum_mm"
    )
    sums = sums.reindex(index=known.patients.index, columns=REGIONS)
    largest = known.patients["largest_tumour_cm"] * _MM_PER_CM
    whole, field = sums["overall"], sums["in-field"]
    # Sums are of whole mm.
    yield from where(whole < largest - 1, "sum below the largest tumour, mm", whole)
    yield from where(whole > TARGET_LESIONS * largest + 1, "sum of diameters, mm", whole)
    yield from where(field > whole, "more in the field than in all, mm", field)
    lonely = known.patients["measurable_lesions"] < 2
    yield from where(lonely & (whole > field), "one lesion, yet some outside the field")


def _early(known: Known) -> Iterator[Found]:
    rows = known.recorded["assessments"]
    worst = rows[(rows["region"] == "overall") & (rows["category"] == "PD")]["patient_id"]
    days = (known.patients["progression_date"] - known.start).dt.days
    days = days.reindex(pd.Index(worst.unique()))
    yield from where(
        ~(days <= EARLY_DAYS), "best response is progression; days to progression", days
    )


# Survival ------------------------------------------------------------------------------------


def _visits(known: Known) -> Iterator[Found]:
    follow_up = known.recorded["follow_up"].set_index("patient_id")
    for column in (
        "progression_date",
        "in_field_relapse_date",
        "out_field_relapse_date",
        "last_imaging_date",
    ):
        yield from on_weekends(follow_up[column], column)
    alive = follow_up["death_date"].isna()
    yield from on_weekends(follow_up.loc[alive, "last_contact_date"], "last contact")


def _steady(known: Known) -> Iterator[Found]:
    times = known.cohort.time_to_event
    for point in steady.steady(known.targets):
        own = times[times["endpoint"] == point.variable]
        if own.empty:
            continue
        found = rate(curve(own, known.parameters), point.day).value
        if not abs(found - point.survival) <= steady.TOLERANCE:
            months = f"{point.day / DAYS_PER_MONTH:.0f} months"
            yield (
                COHORT,
                f"{point.variable} at {months} is {found:.1%}, steadily {point.survival:.1%}",
            )


def _order(known: Known) -> Iterator[Found]:
    days = known.cohort.time_to_event.pivot(index="patient_id", columns="endpoint", values="days")
    days = days.reindex(columns=_DATED)
    for endpoint in ("PFS", "IRFS", "ORFS"):
        yield from where(
            days[endpoint] > days["OS"], f"{endpoint} longer than OS, days", days["OS"]
        )


def _tumour_deaths(known: Known) -> Iterator[Found]:
    patients = known.patients
    of_tumour = patients["cause_of_death"] == "tumour"
    before = patients["progression_date"] < patients["death_date"]
    yield from where(of_tumour & ~before, "died of the tumour without earlier progression")


def _causes(known: Known) -> Iterator[Found]:
    cause = known.patients["cause_of_death"]
    yield from where(cause.notna() != known.patients["death_date"].notna(), "death and cause")
    yield from counted(
        cause.notna().sum(), known.targets.printed("survival", "death", "count", "yes"), "deaths"
    )
    for level in CAUSES_OF_DEATH:
        printed = known.targets.printed("survival", "cause_of_death", "count", level)
        yield from counted((cause == level).sum(), printed, f"deaths due to {level}")


def _relapses(known: Known) -> Iterator[Found]:
    patients = known.patients
    inside, outside = patients["in_field_relapse_date"], patients["out_field_relapse_date"]
    progression = patients["progression_date"]
    yield from where(
        pd.concat([inside, outside], axis=1).min(axis=1) < progression, "relapse before progression"
    )
    yield from where(
        progression.notna() & inside.isna() & outside.isna(), "progression without a place"
    )
    for column, dates in (("progression", progression), ("in_field_relapse", inside)):
        printed = known.targets.printed("survival", column, "count", "yes")
        yield from counted(dates.notna().sum(), printed, f"patients with {column}")


# Adverse events ------------------------------------------------------------------------------


def _fatal(known: Known) -> Iterator[Found]:
    worst = known.recorded["adverse_events"].groupby("patient_id")["grade"].max()
    fatal = worst.reindex(known.patients.index).eq(5).fillna(False)
    of_event = known.patients["cause_of_death"] == "adverse event"
    yield from where(fatal != of_event, "grade 5 and cause of death do not agree")


def _severe(known: Known) -> Iterator[Found]:
    events = known.recorded["adverse_events"]
    severe = events.loc[events["grade"] >= 3, "patient_id"].nunique()
    share = 100 * severe / max(1, len(known.patients))
    printed = known.targets.printed("adverse_events", "any_event", "percent", ">=3")
    yield from counted(round(share, 6), printed, f"% of patients ({severe}) with grade >= 3")


def _attribution(known: Known) -> Iterator[Found]:
    events = known.recorded["adverse_events"].set_index("patient_id")
    blamed = events["attribution"].fillna("").str.contains("targeted therapy")
    without = known.patients.index[known.patients["targeted_agent"] == "none"]
    yield from where(
        blamed & events.index.isin(without),
        "targeted therapy is blamed, none given",
        events["term"],
    )


def _onset(known: Known) -> Iterator[Found]:
    events = known.recorded["adverse_events"]
    onset, ids = events["onset_date"], events["patient_id"]
    yield from where(onset.isna().set_axis(ids), "no onset", events["term"])
    early = onset < ids.map(known.start)
    late = onset > ids.map(known.patients["last_contact_date"])
    yield from where((early | late).set_axis(ids), "onset before treatment or after death", onset)


def _told(
    known: Known, term: str, case: str, facts: dict[str, str], sites: set[str]
) -> Iterator[Found]:
    """Hold the patient with a grade 5 event of this term to what the Discussion tells."""
    events = known.recorded["adverse_events"]
    event = events[(events["grade"] == 5) & (events["term"] == term)]
    if len(event) != 1:
        yield COHORT, f"{len(event)} patients with {term} of grade 5"
        return
    patient_id = str(event["patient_id"].iloc[0])
    if patient_id not in known.patients.index:
        yield patient_id, "died of an adverse event, but is left out of the analysis"
        return
    patient = known.patients.loc[patient_id]
    told: dict[str, object] = {
        "rt_dose_gy": known.targets.value(case, "dose_gy", "value"),
        "rt_fractions": known.targets.value(case, "fractions", "value"),
        **facts,
    }
    for column, wanted in told.items():
        if patient[column] != wanted:
            yield patient_id, f"{column} is {patient[column]}, not {wanted}"
    irradiated = {str(site) for site in known.sites if known.sites.at[patient_id, site]}
    if irradiated != sites:
        yield patient_id, f"irradiated: {', '.join(sorted(irradiated))}"


def _diarrhoea(known: Known) -> Iterator[Found]:
    facts = {"targeted_agent": "lenvatinib"}
    sites = {"primary tumour", "PVTT"}
    yield from _told(known, "Diarrhea", "grade5_case_1", facts, sites)


def _fistula(known: Known) -> Iterator[Found]:
    case, term = "grade5_case_2", "Esophageal fistula"
    facts = {
        "targeted_agent": "regorafenib",
        "ici_agent": "toripalimab",
        "treatment_mode": "concurrent",
        "extrahepatic_metastasis": "yes",
        "progressed_before": "yes",
    }
    yield from _told(known, term, case, facts, {"other metastasis"})
    events = known.recorded["adverse_events"].set_index("patient_id")
    onset = events.loc[(events["grade"] == 5) & (events["term"] == term), "onset_date"]
    printed = known.targets.printed(case, "months_to_event", "value")
    months = (onset - known.patients["rt_end"].reindex(onset.index)).dt.days / DAYS_PER_MONTH
    yield from where(
        ~months.between(printed.low, printed.high, inclusive="left"),
        "months from radiotherapy to the fistula",
        months.round(1),
    )


RULES = (
    Rule(
        "response and diameters",
        "The best response is what the change in diameters and new lesions make it (RECIST 1.1, "
        "mRECIST).",
        _category,
    ),
    Rule(
        "response by both criteria",
        "By mRECIST, which measures the viable part, the response is never worse than by RECIST "
        "1.1, and the viable part is never larger than the whole.",
        _viable,
    ),
    Rule(
        "complete response and AFP",
        "AFP decreases in patients with a complete response by RECIST 1.1.",
        _afp_of_complete_responders,
    ),
    Rule("waterfall", "Diameters change within the axis of Figure 1A.", _axis),
    Rule(
        "sums of diameters",
        "The sum of diameters at baseline is at least the largest tumour and at most five of it; "
        "what lies in the field is part of it.",
        _diameters,
    ),
    Rule(
        "progression as best response",
        "Who has progression as best response progresses by the second imaging, within "
        f"{EARLY_DAYS} days.",
        _early,
    ),
    Rule(
        "visits on working days",
        "Progression, relapse, imaging and the last contact of the living fall on working days.",
        _visits,
    ),
    Rule(
        "steady course",
        "In the first year OS and PFS are within "
        f"{steady.TOLERANCE * 100:.0f} percentage points of a constant hazard up to the printed "
        "rate.",
        _steady,
    ),
    Rule("PFS within OS", "Progression-free and relapse-free survival do not exceed OS.", _order),
    Rule("deaths of the tumour", "Who died of the tumour had progressed before.", _tumour_deaths),
    Rule(
        "causes of death",
        "Every death has a cause, and each cause is as frequent as published.",
        _causes,
    ),
    Rule(
        "relapses",
        "A relapse is not before the progression, every progression has a place, and both are as "
        "frequent as published.",
        _relapses,
    ),
    Rule(
        "fatal adverse events",
        "Grade 5 is the death of an adverse event, and the other way round.",
        _fatal,
    ),
    Rule(
        "severe adverse events",
        "As many patients as published have an adverse event of grade 3 or more.",
        _severe,
    ),
    Rule(
        "onset of adverse events",
        "Every adverse event begins between the first treatment and the last contact.",
        _onset,
    ),
    Rule(
        "attribution",
        "Targeted therapy is blamed for an event only in who had it.",
        _attribution,
    ),
    Rule(
        "fatal diarrhoea",
        "The patient who died of diarrhoea had lenvatinib and the published dose on liver and PVTT "
        "(Discussion).",
        _diarrhoea,
    ),
    Rule(
        "fatal fistula",
        "The patient who died of a fistula had progressed, and had toripalimab and regorafenib "
        "with the published dose on metastases only; the fistula came as many months later as "
        "published (Discussion).",
        _fistula,
    ),
)
