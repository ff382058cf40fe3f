"""The numbers of the article's text, drawn from the estimates table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analysis.display import format as fmt
from analysis.display.tables import Table, median_range, plain_table
from analysis.estimates.rows import pick
from analysis.parameters import Parameters

Kind = Literal["count", "share", "range", "median", "survival", "p"]


@dataclass(frozen=True)
class Line:
    """One line: its words, the estimate it shows, and how it is written."""

    label: str
    analysis_id: str
    variable: str
    level: str = ""
    kind: Kind = "share"
    unit: str = ""
    decimals: int | None = None
    group: str = ""
    group_level: str = ""


def text_of(line: Line, estimates: pd.DataFrame) -> str | None:
    """Give a line's number as text, or None when it was not estimated."""
    rows = pick(
        estimates,
        analysis_id=line.analysis_id,
        variable=line.variable,
        variable_level=line.level,
        group=line.group,
        group_level=line.group_level,
    )
    if rows.empty:
        return None
    values = rows.set_index("statistic")["value"]
    if line.kind == "share":
        return fmt.count_percent(values["count"], values["percent"])
    if line.kind == "count":
        return fmt.with_unit(fmt.thousands(values["count"]), line.unit)
    if line.kind == "range":
        text = median_range(rows, line.variable, line.decimals)
        return None if text is None else fmt.with_unit(text, line.unit)
    if line.kind == "median":
        return fmt.with_unit(fmt.thousands(values["median"], line.decimals or 0), line.unit)
    if line.kind == "survival":
        text = fmt.median_months(values["median"], values["median_lower"], values["median_upper"])
        return fmt.with_unit(text, line.unit)
    return fmt.p_value(values["p_value"])


def numbers_table(lines: Iterable[Line], estimates: pd.DataFrame) -> Table | None:
    """Give a table of the lines that were estimated; None when there are none."""
    texts = {line.label: text_of(line, estimates) for line in lines}
    known = {label: text for label, text in texts.items() if text is not None}
    missing = [label for label, text in texts.items() if text is None]
    if not known:
        return None
    cells = pd.DataFrame({"Quantity": list(known), "Value": list(known.values())})
    notes = [f"Not recorded in this dataset: {', '.join(missing)}."] if missing else []
    return plain_table(cells, stub="Quantity", notes=notes)


def cohort(parameters: Parameters) -> tuple[Line, ...]:
    """Give the lines of section 3.1."""
    first, second = parameters.afp_cutoff, parameters.afp_second_cutoff
    return (
        Line("Patients", "characteristics", "patients", kind="count"),
        Line("Men", "characteristics", "sex", "male"),
        Line("Age, median (range)", "characteristics", "age_years", kind="range", unit="years"),
        Line(
            "AFP before treatment, median (range)",
            "characteristics",
            "afp_before",
            kind="range",
            unit="ng/mL",
        ),
        Line(f"AFP ≥ {first:,g} ng/mL", "characteristics", f"afp_{first:g}", f">={first:g}"),
        Line(f"AFP ≥ {second:,g} ng/mL", "characteristics", f"afp_{second:g}", f">={second:g}"),
        Line(
            "Largest tumour diameter, median (range)",
            "characteristics",
            "largest_tumour_cm",
            kind="range",
            unit="cm",
        ),
        Line("Progression on earlier treatment", "characteristics", "progressed_before", "yes"),
        Line(
            "Progression on an earlier checkpoint inhibitor", "characteristics", "prior_ici", "yes"
        ),
        Line("Portal vein tumour thrombosis", "characteristics", "pvtt", "yes"),
        Line("Thrombus in the main portal vein (VP4)", "characteristics", "vp4", "yes"),
        Line("Extrahepatic metastasis", "characteristics", "extrahepatic_metastasis", "yes"),
        Line("Viral hepatitis", "characteristics", "viral_hepatitis", "yes"),
    )


TREATMENT = (
    Line("First-line therapy", "treatment", "therapy_line_group", "1"),
    Line("Second-line therapy", "treatment", "therapy_line_group", "2"),
    Line("Third-line therapy or later", "treatment", "therapy_line_group", ">=3"),
    Line("Changed the checkpoint inhibitor", "treatment", "ici_switched", "yes"),
    Line(
        "Weeks between cycles, median",
        "treatment",
        "ici_interval_weeks",
        kind="median",
        unit="weeks",
    ),
    Line("ICI cycles, median (range)", "treatment", "ici_cycles", kind="range", unit="cycles"),
    Line("Irradiated foci", "treatment", "rt_foci", kind="count", unit="foci"),
    Line(
        "Radiation dose, median (range)",
        "treatment",
        "rt_dose_gy",
        kind="range",
        unit="Gy",
        decimals=0,
    ),
    Line("BED, median (range)", "treatment", "bed_gy", kind="range", unit="Gy", decimals=0),
    Line("EQD2, median (range)", "treatment", "eqd2_gy", kind="range", unit="Gy", decimals=0),
    Line("Radiotherapy for intrahepatic lesions", "treatment", "rt_on_intrahepatic", "yes"),
    Line("Stereotactic body radiotherapy", "treatment", "sbrt", "yes"),
    Line("Targeted therapy", "treatment", "targeted_therapy", "yes"),
    Line("Antiviral therapy", "treatment", "antiviral", "yes"),
)


def afp(parameters: Parameters) -> tuple[Line, ...]:
    """Give the lines on AFP of section 3.3."""
    cutoff = parameters.afp_second_cutoff
    return (
        Line("AFP fell", "afp_response", "afp_decrease", "yes"),
        Line(
            "AFP after treatment, median (range)",
            "afp_response",
            "afp_after",
            kind="range",
            unit="ng/mL",
        ),
        Line(
            f"AFP ≤ {cutoff:,g} ng/mL after treatment",
            "afp_response",
            f"afp_after_{cutoff:g}",
            f"<={cutoff:g}",
        ),
    )


def follow_up(parameters: Parameters) -> tuple[Line, ...]:
    """Give the lines on follow-up, deaths and failure of section 3.3."""
    medians = {
        "reverse Kaplan-Meier": "reverse Kaplan-Meier median",
        "all patients": "median of the times of all patients",
        "survivors": "median of the times of those alive",
    }
    return (
        Line(
            f"Follow-up, {medians[parameters.follow_up_definition]} (range)",
            "survival",
            "follow_up",
            kind="range",
            unit="months",
            decimals=1,
        ),
        Line("Died", "survival", "death", "yes"),
        Line("Died of tumour", "survival", "cause_of_death", "tumour", kind="count"),
        Line(
            "Died of an adverse event", "survival", "cause_of_death", "adverse event", kind="count"
        ),
        Line("Died of other disease", "survival", "cause_of_death", "other disease", kind="count"),
        Line("Progressed", "survival", "progression", "yes", kind="count"),
        Line(
            "Progressed outside the field only",
            "survival",
            "failure_pattern",
            "out-of-field only",
            kind="count",
        ),
        Line(
            "Progressed in the field only",
            "survival",
            "failure_pattern",
            "in-field only",
            kind="count",
        ),
        Line(
            "Progressed in the field and outside",
            "survival",
            "failure_pattern",
            "in-field and out-of-field",
            kind="count",
        ),
    )


TOXICITY = (
    Line("Any adverse event", "adverse_events", "any_event", "any"),
    Line("Any event of grade ≥ 3", "adverse_events", "any_event", ">=3"),
    Line("Grade 5 events", "adverse_events", "any_event", "5"),
    Line("Events attributed to immunotherapy", "adverse_events", "immune_related", "any"),
    Line(
        "Grade 5 events attributed to immunotherapy",
        "adverse_events",
        "ae_death_immune_related",
        "yes",
        kind="count",
    ),
    Line("Hypothyroidism, any grade", "adverse_events", "hypothyroidism", "any"),
    Line("Thrombocytopenia, grade ≥ 3", "adverse_events", "thrombocytopenia", ">=3"),
    Line("Pneumonitis, grade ≥ 2", "adverse_events", "pneumonitis", ">=2"),
    Line("Hepatitis B or C reactivation", "adverse_events", "viral_reactivation", "any"),
    Line("Radiation-induced liver injury", "adverse_events", "radiation_liver_injury", "any"),
    Line("Immune-related liver injury", "adverse_events", "immune_liver_injury", "any"),
)
