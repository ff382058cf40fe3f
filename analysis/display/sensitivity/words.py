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
from analysis.display.tables import case_variable, number
from analysis.sensitivity.variants import Variant
from analysis.study.keys import NOT_REACHED, Statistic
from analysis.study.phrases import phrases
from analysis.study.printed import plain
from analysis.study.study import Study

_STATISTICS = {
    Statistic.N: "patients",
    Statistic.EVENTS: "events",
    Statistic.P_VALUE: "p",
    Statistic.P_ASSOCIATION: "p, association of the criteria",
    Statistic.P_PAIRED: "p, one criterion against the other",
    Statistic.HR_P: "p of the hazard ratio",
    Statistic.HAZARD_RATIO: "hazard ratio",
    Statistic.PROPORTIONALITY_P: "p, proportional hazards",
    Statistic.NONLINEARITY_P: "p, beyond a straight line",
    Statistic.RMST: "restricted mean",
    Statistic.RMST_DIFFERENCE: "difference of restricted means",
    Statistic.SMD: "standardised difference",
    Statistic.AT_RISK: "at risk",
    Statistic.COUNT_WITHOUT: "without response",
    Statistic.NON_RESPONDERS: "patients without response",
    Statistic.MIN: "least",
    Statistic.MAX: "most",
}

# Of statistics at a month, what stands before it.
_AT_MONTHS = {
    Statistic.RATE: "at",
    Statistic.AT_RISK: "at risk at",
    Statistic.CENSORED_BEFORE: "censored before",
}

# What a percentage or a count is of is said by the rest of the line.
_UNSAID = (Statistic.COUNT, Statistic.PERCENT, Statistic.VALUE)

# Analyses whose groups are prognostic factors.
BY_FACTOR = ("prognosis", "relapse_factors")
CASE = "grade5_case"


def parameter(name: str, study: Study) -> str:
    """Give the name of a parameter as words.

    >>> parameter("ecog_cutoff", Study("", "", abbreviations={"ECOG": "performance status"}))
    'ECOG cut-off'
    """
    capitals = {word.lower(): word for word in study.abbreviations}
    capitals |= {endpoint.name.lower(): endpoint.name for endpoint in study.endpoints}
    capitals |= {"ci": "CI", "cutoff": "cut-off"}
    words = " ".join(capitals.get(word, word) for word in name.split("_"))
    words = words.replace("child pugh", "Child-Pugh").replace("alpha beta", "alpha/beta")
    return words[:1].upper() + words[1:]


def choice(value: object) -> str:
    """Give the value of a parameter as words: `400`, `immunotherapy`, `yes`, `EHM, PVTT`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return plain(value)
    if isinstance(value, list | tuple):
        return ", ".join(choice(item) for item in value)
    return str(value)


def variant(found: Variant, study: Study) -> str:
    """Give the name of a variant: the one that it was given, or what it chooses in words.

    >>> zero = {"time_zero": "radiotherapy"}
    >>> name = "time_zero=radiotherapy"
    >>> variant(Variant(name, "", "", "", name, zero), Study("", ""))
    'Time counted from the first day of radiotherapy'
    """
    if found.name != found.label:
        return found.name
    said = phrases(found.changes, type(study.chosen))
    return said[:1].upper() + said[1:]


def place(analysis_id: str, study: Study) -> str:
    """Give the part of the report that an analysis belongs to."""
    if analysis_id.startswith(CASE):
        return "Adverse events of grade 5"
    return study.titles.get(analysis_id, analysis_id.replace("_", " ").capitalize())


def subject(cell: Mapping[Any, Any], study: Study, variant: Study, where: str = "here") -> str:
    """Give what a cell is about, in the words of the report's tables.

    Parameters
    ----------
    cell
        A row of `sensitivity.compare.compare`.
    study, variant
        The study under the parameters of both sides: where a factor is cut at another value in the
        variant, both of its names are given.
    where
        What stands before the second of them.
    """
    if cell["analysis_id"] in BY_FACTOR:
        return _of_factor(cell, study, variant, where)
    name, kind = cell["variable"], Statistic(cell["statistic"])
    variable, level = study.variable(name), cell["variable_level"]
    endpoint = study.endpoint(name)
    if endpoint.words != name:
        parts = [f"{endpoint.words} ({name})"]
        if kind in _AT_MONTHS:
            return _joined(_group(cell, study), *parts, f"{_AT_MONTHS[kind]} {level} months")
        parts.append(variable.level(level) if level else "")
    elif cell["analysis_id"] == "adverse_events":
        named = study.event(name)
        words = variable.words if named == name and name in study.variables else named
        grade = variable.level(level)
        parts = [words, grade if not level or level.isalpha() else f"grade {grade}"]
    elif cell["analysis_id"].startswith(CASE):
        parts = [case_variable(name, study), level]
    else:
        parts = [variable.words, variable.level(level) if level else ""]
    words = "" if kind in _UNSAID else statistic(kind.value)
    return _joined(_group(cell, study), *parts, words)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _group(cell: Mapping[Any, Any], study: Study) -> str:
    """Give the words for what the patients are parted by, other than a factor."""
    level = str(cell["group_level"])
    if study.arm is not None and cell["group"] == study.arm.variable.name:
        return study.arm.variable.level(level)
    return level


def statistic(name: str) -> str:
    """Give the words for a statistic."""
    return _STATISTICS.get(Statistic(name), name.replace("_", " "))


def _of_factor(cell: Mapping[Any, Any], study: Study, variant: Study, where: str) -> str:
    said = statistic(cell["statistic"])
    if cell["variable_level"]:
        along = ""
        if study.has_factor(cell["factor"]):
            variable = study.factor(cell["factor"]).variable
            along = f"{variable.words} {_thousands(cell['variable_level'])} {variable.unit}"
        said += f" at {along or cell['variable_level']}".rstrip()
    return _joined(
        factor(cell["factor"], study, variant, where),
        cell["variable"],
        group_level(cell, study),
        said,
    )


def group_level(cell: Mapping[Any, Any], study: Study) -> str:
    """Give the level of a factor that a cell is about, or ""."""
    value = str(cell["group_level"])
    if not value or not study.has_factor(cell["factor"]):
        return value
    found = study.factor(cell["factor"])
    words = found.group(value)
    return words.lower() if found.is_binary else words


def factor(name: str, study: Study, variant: Study, where: str = "here") -> str:
    """Give a prognostic factor as Table 5 prints it, and as it is in the variant if it differs."""
    if not study.has_factor(name):
        return study.variable(name).words
    ours = study.factor(name).label
    theirs = variant.factor(name).label if variant.has_factor(name) else ours
    return ours if ours == theirs else f"{ours} ({where} {theirs})"


def _thousands(text: str) -> str:
    return number(float(text)) if re.fullmatch(r"\d+(\.\d+)?(e\+?\d+)?", text) else text


def shown(
    statistic: str, unit: str, value: float, lower: float, upper: float, note: str = ""
) -> str:
    """Give an estimate with its interval as the report prints it.

    `value` is nan for what cannot be estimated, or, if `note` says so, for a median that is not
    reached; `lower` and `upper` are nan where there is no interval.
    """
    if Statistic(statistic).is_p:
        return fmt.p_value(value)
    if statistic == Statistic.HAZARD_RATIO:
        return fmt.estimate(value, lower, upper)
    if statistic == Statistic.MEDIAN and unit == "months":
        if fmt.is_missing(value) and note != NOT_REACHED:
            return fmt.MISSING
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
    if Statistic(statistic).is_p or not (math.isfinite(base) and math.isfinite(value)):
        return ""
    if statistic == Statistic.HAZARD_RATIO:
        return f"× {fmt.fixed(value / base, 2)}"
    decimals = 1 if unit in {"%", "months"} else None
    apart = number(abs(value - base), decimals)
    sign = "" if not apart.strip("0.") else "+" if value > base else "−"
    text = f"{sign}{apart}"
    return {"%": f"{text} points", "months": f"{text} months"}.get(unit, text)
