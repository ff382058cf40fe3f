"""The article's figures, assembled from a cohort and its estimates.

Each function gives a `Drawing`, or None when the dataset does not record what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.cohort.derive import RELAPSE_ENDPOINTS
from analysis.cohort.model import Cohort
from analysis.display import labels, tables
from analysis.display.figures.adverse_events import grades
from analysis.display.figures.afp_before_after import afp_before_after
from analysis.display.figures.calendar import calendar
from analysis.display.figures.comparators import median_survival
from analysis.display.figures.distribution import distributions
from analysis.display.figures.dose import dose_distribution
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.flow import flow_diagram
from analysis.display.figures.forest import forests
from analysis.display.figures.kaplan_meier import survival_figure
from analysis.display.figures.regimens import regimens as regimen_circles
from analysis.display.figures.swimmer import swimmer
from analysis.display.figures.waterfall import waterfall
from analysis.estimates import factors, prognosis, survival
from analysis.estimates.response import responses
from analysis.estimates.rows import pick, value_of
from analysis.parameters import Parameters


def flow(cohort: Cohort) -> Drawing:
    """Draw who was screened, who was left out by which criterion, and who is analysed."""
    return flow_diagram(cohort.screening)


def ages(cohort: Cohort) -> Drawing | None:
    """Draw the distribution of age."""
    if not cohort.records("age_years"):
        return None
    years = cohort.patients["age_years"].astype("float64")
    return distributions({"Age": years}, unit="years", bin_width=5, width_mm=85)


def doses(cohort: Cohort) -> Drawing | None:
    """Draw dose, BED and EQD2."""
    return dose_distribution(cohort.patients) if cohort.records("rt_dose_gy") else None


def afp_distribution(cohort: Cohort) -> Drawing | None:
    """Draw the distributions of AFP before and after treatment, on a logarithmic axis."""
    if not cohort.records("afp_before", "afp_after"):
        return None
    columns = {
        "AFP before": cohort.patients["afp_before"],
        "AFP after": cohort.patients["afp_after"],
    }
    return distributions(columns, unit="ng/mL", decimals=None, log=True)


def tumour_sizes(cohort: Cohort) -> Drawing | None:
    """Draw the distribution of the largest tumour."""
    if not cohort.records("largest_tumour_cm"):
        return None
    columns = {"Largest tumour": cohort.patients["largest_tumour_cm"]}
    return distributions(columns, unit="cm", bin_width=2, decimals=1, width_mm=85)


def regimens(cohort: Cohort, parameters: Parameters) -> Drawing | None:
    """Draw doses and fractions of radiotherapy."""
    if not cohort.records("rt_dose_gy", "rt_fractions"):
        return None
    return regimen_circles(
        cohort.patients, eqd2_gy=parameters.eqd2_cutoff, alpha_beta=parameters.alpha_beta
    )


def dates(cohort: Cohort) -> Drawing | None:
    """Draw enrolment by month, and the days of the week of visits and deaths."""
    if not cohort.records("enrolment_date", "last_contact_date"):
        return None
    patients = cohort.patients
    alive = patients["death_date"].isna()
    return calendar(
        patients["enrolment_date"],
        {
            "Deaths": patients["death_date"],
            "Progression": patients["progression_date"],
            "Last imaging": patients["last_imaging_date"],
            "Last contact (living)": patients["last_contact_date"].where(alive),
            "Treatment start": patients["time_zero"],
        },
    )


def follow_up_times(cohort: Cohort, endpoint: str) -> Drawing | None:
    """Draw when an endpoint was reached, and until when the others were followed."""
    if endpoint not in cohort.endpoints():
        return None
    times = cohort.time_to_event[cohort.time_to_event["endpoint"] == endpoint]
    months, event = times["days"] / survival.DAYS_PER_MONTH, times["event"]
    return distributions(
        {f"{endpoint}, events": months[event], f"{endpoint}, censored": months[~event]},
        unit="months",
        bin_width=3,
        summary=False,
    )


def courses(cohort: Cohort) -> Drawing | None:
    """Draw treatment and outcome of every patient (swimmer plot)."""
    patients = cohort.patients
    if not cohort.records("rt_start", "ici_start", "last_contact_date"):
        return None
    columns = {
        "rt_start": "rt_start_day",
        "rt_end": "rt_end_day",
        "ici_start": "ici_start_day",
        "ici_end": "ici_end_day",
        "progression_date": "progression_day",
        "death_date": "death_day",
        "last_contact_date": "last_contact_day",
    }
    days = {
        day: (patients[column] - patients["time_zero"]).dt.days for column, day in columns.items()
    }
    return swimmer(patients[["patient_id", "treatment_mode"]].assign(**days))


def tumour_change(cohort: Cohort, criterion: str) -> Drawing | None:
    """Draw the best change of the sum of diameters of each patient (Figure 1A)."""
    chosen = cohort.assessments[
        (cohort.assessments["criterion"] == criterion) & (cohort.assessments["region"] == "overall")
    ].set_index("patient_id")
    if not chosen["change_percent"].notna().any():
        return None
    return waterfall(
        chosen["change_percent"],
        chosen["response"],
        ylabel=f"Change in sum of diameters ({criterion})",
    )


def afp_change(cohort: Cohort) -> Drawing | None:
    """Draw the change of AFP of each patient (Figure 1B), coloured by response where known."""
    if not cohort.records("afp_change_percent"):
        return None
    best = None
    if "assessments" in cohort.recorded_tables:
        overall = responses(cohort, "overall")
        best = overall.get("RECIST 1.1")
    return waterfall(
        cohort.patients["afp_change_percent"],
        best,
        ylabel="Change in AFP",
        reference_lines=(),
        clip=500,
    )


def afp_levels(cohort: Cohort, parameters: Parameters) -> Drawing | None:
    """Draw AFP before and after treatment."""
    if not cohort.records("afp_before", "afp_after"):
        return None
    return afp_before_after(cohort.patients, threshold=parameters.afp_second_cutoff)


def survival_curves(
    cohort: Cohort, estimates: pd.DataFrame, parameters: Parameters, endpoints: Sequence[str]
) -> Drawing | None:
    """Draw the curves of some endpoints with their numbers at risk (Figures 2A and 2B)."""
    present = [name for name in endpoints if name in cohort.endpoints()]
    if not present:
        return None
    grid = survival.at_risk_months(parameters)
    times = cohort.time_to_event
    curves = {
        name: survival.curve(times[times["endpoint"] == name], parameters) for name in present
    }
    overall = pick(estimates, analysis_id="survival", group="")
    return survival_figure(
        curves,
        {
            name: [
                int(value_of(overall, variable=name, statistic="at_risk", variable_level=month))
                for month in grid
            ]
            for name in present
        },
        grid,
        medians={name: _median(overall, variable=name) for name in present},
        ylabel=_probability(present, parameters),
        method="Aalen-Johansen" if _death_competes(present, parameters) else "Kaplan-Meier",
        confidence=parameters.confidence,
        width_mm=180,
    )


def _probability(endpoints: Sequence[str], parameters: Parameters) -> str:
    if _death_competes(endpoints, parameters):
        return "Without relapse, death competing"
    return "Survival" if len(endpoints) > 1 else labels.endpoint(endpoints[0])


def _death_competes(endpoints: Sequence[str], parameters: Parameters) -> bool:
    return parameters.relapse_death == "competing" and set(endpoints) <= set(RELAPSE_ENDPOINTS)


def survival_caption(parameters: Parameters, endpoints: Sequence[str]) -> str:
    """Give the caption of `survival_curves`, with each choice that is not the article's.

    >>> survival_caption(Parameters(relapse_death="event"), ["IRFS", "ORFS"])
    'In-field and out-of-field relapse-free survival, death an event.'
    """
    name = (
        "In-field and out-of-field relapse-free survival"
        if set(endpoints) <= set(RELAPSE_ENDPOINTS)
        else "Overall and progression-free survival"
    )
    chosen = dict.fromkeys(survival.times_chosen(endpoint, parameters) for endpoint in endpoints)
    named = [
        f"{text} ({endpoint})" if text and len(chosen) > 1 else text
        for endpoint in endpoints
        for text in [survival.times_chosen(endpoint, parameters)]
    ]
    said = "".join(dict.fromkeys(named))
    if _death_competes(endpoints, parameters):
        said += ": 1 minus the Aalen-Johansen incidence of relapse"
    if parameters.interval_source == "bootstrap":
        said += ". Bands hold the percentiles of bootstrap samples"
    return f"{name}{said}."


def _median(estimates: pd.DataFrame, **keys: object) -> tuple[float, float, float]:
    low, high = (
        value_of(estimates, statistic=f"median_{end}", **keys) for end in ("lower", "upper")
    )
    return value_of(estimates, statistic="median", **keys), low, high


def factor_curves(
    cohort: Cohort,
    estimates: pd.DataFrame,
    parameters: Parameters,
    factor: str,
    endpoint: str,
) -> Drawing | None:
    """Draw the curves of an endpoint by the levels of a factor of Table 5, or by ICI regimen."""
    column = factors.column_of(factor)
    if not cohort.records(column) or endpoint not in cohort.endpoints():
        return None
    curves = prognosis.group_curves(cohort, column, endpoint, parameters)
    if not curves:
        return None
    grid = survival.at_risk_months(parameters)
    rows = pick(estimates, analysis_id="prognosis", group=factor, variable=endpoint)
    title = labels.factors(parameters).get(factor, labels.variable(factor))
    landmark, test = parameters.landmark_months, labels.factor_test(parameters, factor)
    names = {level: labels.level(column, level).capitalize() for level in curves}
    return survival_figure(
        {names[level]: curve for level, curve in curves.items()},
        {names[level]: survival.numbers_at_risk(curve, grid) for level, curve in curves.items()},
        grid,
        medians={names[level]: _median(rows, group_level=level) for level in curves},
        ylabel=labels.endpoint(endpoint),
        xlabel=f"Time from month {landmark} (months)" if landmark else "Time (months)",
        p_value=value_of(rows, statistic="p_value"),
        p_label=test[:1].upper() + test[1:],
        title=title,
        confidence=parameters.confidence,
        width_mm=180,
    )


def factor_caption(parameters: Parameters, factor: str, endpoint: str) -> str:
    """Give the caption of `factor_curves`."""
    name = labels.factors(parameters).get(factor, labels.variable(factor))
    parts = [f"{labels.endpoint(endpoint)} by {name}.", labels.since_landmark(parameters)]
    if factor == "concurrent" and parameters.mode_over_time:
        parts.append("Curves by mode in the end; the p value counts it from when it was known.")
    return " ".join(part for part in parts if part)


def hazard_ratio_caption(estimates: pd.DataFrame) -> str:
    """Give the caption of `hazard_ratios`, with the model when it is not that of one factor."""
    caption = "Hazard ratios with and without each factor."
    methods = tables.methods_of(estimates, "hr_upper")
    return caption if methods == tables.ONE_FACTOR else f"{caption} {methods}."


def hazard_ratios(
    estimates: pd.DataFrame, parameters: Parameters, endpoints: Sequence[str]
) -> Drawing | None:
    """Draw the hazard ratio of every factor (forest plot)."""
    chosen = pick(estimates, analysis_id="prognosis")
    panels = {}
    for endpoint in endpoints:
        rows = []
        for name, label in labels.factors(parameters).items():
            one = pick(chosen, group=name, variable=endpoint, variable_level="")
            if one.empty:
                continue
            rows.append(
                {
                    "label": label,
                    "n_yes": value_of(one, group_level="yes", statistic="n"),
                    "n_no": value_of(one, group_level="no", statistic="n"),
                    "hazard_ratio": value_of(one, statistic="hazard_ratio"),
                    "lower": value_of(one, statistic="hr_lower"),
                    "upper": value_of(one, statistic="hr_upper"),
                    "p": value_of(one, statistic="hr_p"),
                }
            )
        if rows:
            panels[labels.endpoint(endpoint)] = pd.DataFrame(rows)
    return forests(panels, confidence=parameters.confidence) if panels else None


def adverse_events(estimates: pd.DataFrame) -> Drawing | None:
    """Draw patients by adverse event and worst grade."""
    chosen = pick(estimates, analysis_id="adverse_events", statistic="count")
    chosen = chosen[
        chosen["variable_level"].isin([str(grade) for grade in range(1, 6)])
        & (chosen["variable"] != "any_event")
    ]
    if chosen.empty:
        return None
    return grades(
        pd.DataFrame(
            {
                "label": chosen["variable"].map(labels.event),
                "grade": chosen["variable_level"].astype(int),
                "count": chosen["value"].astype(int),
                "n": chosen["n"].astype(int),
            }
        )
    )


def earlier_trials(trials: pd.DataFrame) -> Drawing:
    """Draw median PFS and OS of earlier trials with those of this cohort."""
    return median_survival(trials)
