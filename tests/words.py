"""What of a table of estimates has no words for people, or no place where it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import ATTRIBUTIONS, CATEGORIES, CRITERIA
from analysis.estimates import arms, fatal_events, points, ratios, subgroups, toxicity
from analysis.study.clinical import RESPONSES
from analysis.study.endpoints import Endpoint
from analysis.study.variables import YES_NO, Cut

# What the rows of figures are called, which are drawn and not compared.
DRAWN = (
    points.SURVIVAL_CURVE,
    points.FACTOR_CURVE,
    points.FACTOR_AT_RISK,
    points.INCIDENCE_CURVE,
    points.RESIDUALS,
    points.RESIDUALS_SMOOTHED,
)
# Cases are numbered, and their table makes its heads of the numbers and of the events.
CASES = re.compile(rf"{fatal_events.CASE}\d+")
# Doses to organs are named after what a dataset records: the table writes them out.
ORGAN_DOSES = re.compile(r"[a-z_]+_(max_dose|mean_dose|v[\d.]+)_(gy|ml|percent)")
# Groups that are no factor's.
OTHER_GROUPS = {
    "": {""},
    "criterion": {"", *CRITERIA},
    ratios.ALL_FACTORS: {""},
}
# Levels whose words are their own, and which no variable declares.
OWN_WORDS = {
    *CATEGORIES,
    *RESPONSES,
    *ATTRIBUTIONS,
    toxicity.ANY,
    "out-of-field only",
    "in-field only",
    "in-field and out-of-field",
}


def wordless(cohort: Cohort, estimates: pd.DataFrame) -> list[str]:
    """Give what has no words or no place, one line each."""
    keys = ["analysis_id", "group", "group_level", "variable", "variable_level"]
    found = (
        line
        for row in estimates[keys].drop_duplicates().itertuples(index=False)
        for line in _faults(cohort, *map(str, row))
    )
    return sorted(set(found))


def _faults(
    cohort: Cohort, analysis: str, group: str, group_level: str, variable: str, level: str
) -> Iterator[str]:
    study = cohort.study
    if analysis not in (*study.titles, *DRAWN) and not CASES.fullmatch(analysis):
        yield f"no place: {analysis}"
    for name, part in zip(_parts(group), _parts(group_level, len(_parts(group))), strict=True):
        if not _group(cohort, name, part):
            yield f"no words for the group {name} / {part}"
    endpoint = study.endpoint(variable)
    if endpoint != Endpoint(variable, variable):
        if not _are_words(endpoint.words) or not endpoint.event_words:
            yield f"no words for the endpoint {variable}"
    elif variable in study.variables:
        if not _are_words(study.variables[variable].words):
            yield f"no words for the variable {variable}"
        if analysis not in DRAWN and not _level(cohort, variable, level):
            yield f"no words for the level {variable} / {level}"
    elif study.event(variable) == variable and not _is_recorded_term(cohort, variable):
        is_dose = bool(CASES.fullmatch(analysis) and ORGAN_DOSES.fullmatch(variable))
        if not is_dose:
            yield f"no words for {variable}"


def _parts(text: str, count: int = 0) -> list[str]:
    """Part what two groupings are joined by; a comparison of all arms has no level of theirs."""
    parts = text.split(arms.AND)
    return [""] * (count - len(parts)) + parts


def _group(cohort: Cohort, group: str, level: str) -> bool:
    study = cohort.study
    if group in OTHER_GROUPS:
        return level in OTHER_GROUPS[group]
    if group == subgroups.SUBGROUP:
        return level in study.subgroups
    if not study.has_factor(group):
        return False
    factor = study.factor(group)
    known = level == "" or (level in factor.groups and _are_words(factor.group(level)))
    # The sign and the number of a cut are words only with the quantity before them.
    return known and _are_words(factor.label) and group in (factor.key, factor.name)


def _level(cohort: Cohort, variable: str, level: str) -> bool:
    study = cohort.study
    declared = study.variables[variable]
    words = declared.level(level)
    lists = {text for known in study.open_lists.values() for text in known}
    recorded = set()
    if variable in cohort.patients and not declared.quantity:
        recorded = set(cohort.patients[variable].dropna().astype(str))
    has_words = (
        level == ""
        or level in declared.levels
        or level in YES_NO
        or Cut.read(level) is not None
        or level in OWN_WORDS | lists | recorded
        or bool(re.fullmatch(r"[\d.]+", level))
        or _is_recorded_term(cohort, level)
    )
    return has_words and (level == "" or _are_words(words))


def _is_recorded_term(cohort: Cohort, text: str) -> bool:
    return text in set(cohort.adverse_events["term"])


def _are_words(text: str) -> bool:
    """Tell an identifier, or a cut as a key has it, from words."""
    return bool(text) and "_" not in text and not re.match(r"[<>]=?\d", text)
