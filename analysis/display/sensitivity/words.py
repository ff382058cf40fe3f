"""Estimates in words: what a cell of the comparison is about, and its numbers as printed.

Text comes from data files and from files of variants; it is plain here, and escaped where it
becomes HTML.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from analysis.display import format as fmt
from analysis.display import labels
from analysis.display.tables import number
from analysis.parameters import Parameters

_NAMES = {
    "afp": "AFP",
    "beta": "/ beta",
    "child": "Child-Pugh",
    "ci": "CI",
    "cutoff": "cut-off",
    "ecog": "ECOG",
    "eqd2": "EQD2",
    "pfs": "PFS",
    "pugh": "",
    "sbrt": "SBRT",
}

_STATISTICS = {
    "n": "patients",
    "events": "events",
    "p_value": "p",
    "p_association": "p, association of the criteria",
    "p_paired": "p, one criterion against the other",
    "hr_p": "p of the hazard ratio",
    "hazard_ratio": "hazard ratio",
    "proportionality_p": "p, proportional hazards",
    "nonlinearity_p": "p, AFP beyond a straight line",
    "rmst": "restricted mean",
    "rmst_difference": "difference of restricted means",
    "at_risk": "at risk",
    "count_without": "without response",
    "non_responders": "patients without response",
    "min": "least",
    "max": "most",
}

_REGIONS = {
    "response_overall": "Response, all tumours",
    "response_in_field": "Response, in-field tumours",
}

_SURVIVAL = {
    "follow_up": "Follow-up",
    "in_field_relapse": "In-field relapse",
}

# Analyses whose groups are prognostic factors.
BY_FACTOR = ("prognosis", "relapse_factors")

# Where a number stands in the article.
PLACES = {
    "eligibility": "Who is in",
    "characteristics": "Table 1, patients",
    "treatment": "Table 2, treatment",
    "response": "Table 3, response",
    "afp_response": "AFP and response",
    "survival": "Figure 2, survival",
    "relapse_factors": "Relapse by factor",
    "adverse_events": "Table 4, adverse events",
    "prognosis": "Table 5, prognostic factors",
}


def parameter(name: str) -> str:
    """Give the name of a parameter as words.

    >>> parameter("afp_cutoff"), parameter("time_zero")
    ('AFP cut-off', 'Time zero')
    """
    words = " ".join(filter(None, (_NAMES.get(word, word) for word in name.split("_"))))
    return words[:1].upper() + words[1:]


def choice(value: object) -> str:
    """Give the value of a parameter as words: `400`, `immunotherapy`, `yes`, `EHM, PVTT`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        return ", ".join(choice(item) for item in value)
    return str(value)


def place(analysis_id: str) -> str:
    """Give the part of the article that an analysis belongs to."""
    if analysis_id.startswith("grade5_case"):
        return "Adverse events of grade 5"
    return PLACES.get(analysis_id, analysis_id.replace("_", " ").capitalize())


def subject(cell: Mapping[Any, Any], base: Parameters, variant: Parameters) -> str:
    """Give what a cell is about, in the words of the article's tables.

    Parameters
    ----------
    cell
        The key of an estimate (`estimates.rows.KEY`).
    base, variant
        Parameters of both sides: where a factor is cut at another value in the variant, both of
        its names are given.
    """
    analysis, statistic = cell["analysis_id"], cell["statistic"]
    if analysis in BY_FACTOR:
        return _of_factor(cell, base, variant)
    if analysis == "survival":
        return _of_survival(cell)
    if analysis in {"response", "afp_response"}:
        parts = [_REGIONS.get(cell["variable"], labels.variable(cell["variable"]))]
        parts += [cell["group_level"], cell["variable_level"]]
    elif analysis == "adverse_events":
        grade = cell["variable_level"]
        grade = grade if not grade or grade.isalpha() else f"grade {labels.level('grade', grade)}"
        parts = [labels.event(cell["variable"]).replace("_", " "), grade]
    elif analysis.startswith("grade5_case"):
        parts = [labels.case_variable(cell["variable"]), cell["variable_level"]]
    else:
        level = cell["variable_level"]
        parts = [
            labels.variable(cell["variable"]),
            labels.level(cell["variable"], level) if level else "",
        ]
    words = "" if statistic in {"count", "percent", "value"} else _statistic(statistic)
    return ", ".join(part for part in (*parts, words) if part)


def _statistic(name: str) -> str:
    return _STATISTICS.get(name, name.replace("_", " "))


def _of_factor(cell: Mapping[Any, Any], base: Parameters, variant: Parameters) -> str:
    statistic = _statistic(cell["statistic"])
    if cell["variable_level"]:
        statistic += f" at AFP {_thousands(cell['variable_level'])} ng/mL"
    parts = [factor(cell["group"], base, variant), cell["variable"], level(cell), statistic]
    return ", ".join(part for part in parts if part)


def level(cell: Mapping[Any, Any]) -> str:
    """Give the level of a factor that a cell is about, or ""."""
    value = str(cell["group_level"])
    if not value:
        return ""
    if cell["group"] == "ici_regimen":
        return labels.level("ici_agent", value)
    return labels.level("", value).lower()


def factor(name: str, base: Parameters, variant: Parameters) -> str:
    """Give a prognostic factor as Table 5 prints it, and as it is in the variant if it differs."""
    if name == "ici_regimen":
        return "ICI regimen"
    ours, theirs = (
        labels.factors(parameters).get(name, labels.variable(name))
        for parameters in (base, variant)
    )
    return ours if ours == theirs else f"{ours} (here {theirs})"


def _of_survival(cell: Mapping[Any, Any]) -> str:
    variable, level, statistic = cell["variable"], cell["variable_level"], cell["statistic"]
    name = _SURVIVAL.get(variable, labels.ENDPOINTS.get(variable, labels.variable(variable)))
    name = f"{name} ({variable})" if variable in labels.ENDPOINTS else name
    if statistic in {"rate", "at_risk"}:
        what = f"at {level} months" if statistic == "rate" else f"at risk at {level} months"
        return f"{name}, {what}"
    parts = [name, labels.level(variable, level) if level else ""]
    parts += [] if statistic in {"count", "percent"} else [_statistic(statistic)]
    return ", ".join(part for part in parts if part)


def _thousands(text: str) -> str:
    return number(float(text)) if re.fullmatch(r"\d+(\.\d+)?(e\+?\d+)?", text) else text


def is_p(statistic: str) -> bool:
    """Tell whether a statistic is a p value."""
    return statistic.startswith("p_") or statistic.endswith("_p")


def shown(statistic: str, unit: str, value: float, lower: float, upper: float) -> str:
    """Give an estimate with its interval as the report prints it.

    `value` is nan for what cannot be estimated, or for a median that is not reached; `lower` and
    `upper` are nan where there is no interval.
    """
    if is_p(statistic):
        return fmt.p_value(value)
    if statistic == "hazard_ratio":
        return fmt.estimate(value, lower, upper)
    if statistic == "median" and unit == "months":
        bounded = not (fmt.is_missing(lower) and fmt.is_missing(upper))
        return fmt.median_months(value, lower, upper) if bounded else fmt.months(value)
    decimals = 1 if unit in {"%", "months"} else None
    text = number(value, decimals)
    if unit == "%":
        text = fmt.with_unit(text, unit)
    if fmt.is_missing(lower) and fmt.is_missing(upper):
        return text if unit in {"%", "patients", ""} else fmt.with_unit(text, unit)
    return f"{text} ({fmt.interval(lower, upper, decimals or 0)})"


def difference(statistic: str, unit: str, base: float, value: float) -> str:
    """Give how far a variant's estimate is from the base: a ratio of hazard ratios, else a sum.

    P values have no difference that means anything; neither has what one side lacks.
    """
    if is_p(statistic) or not (math.isfinite(base) and math.isfinite(value)):
        return ""
    if statistic == "hazard_ratio":
        return f"× {fmt.fixed(value / base, 2)}"
    decimals = 1 if unit in {"%", "months"} else None
    apart = number(abs(value - base), decimals)
    sign = "" if not apart.strip("0.") else "+" if value > base else "−"
    text = f"{sign}{apart}"
    return {"%": f"{text} points", "months": f"{text} months"}.get(unit, text)
