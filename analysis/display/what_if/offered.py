"""Which settings a panel offers, and how: all from the study's model of parameters.

What a panel computes is declared here by section; each field's widget, range, unit and words follow
from the model, and each cut-off from the factor that it cuts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

import pandas as pd
from annotated_types import Ge, Gt, Le, Lt

from analysis.cohort.model import Cohort
from analysis.study.parameters import POPULATION, Parameters
from analysis.study.phrases import Unit
from analysis.study.study import Study

# The names of the groups in which the fields stand.
PATIENTS, GROUPS, TIMES, METHODS = "Patients", "Cut-offs and dose", "Time", "Methods"


class Section(StrEnum):
    """What a panel can show."""

    ENDPOINTS = "endpoints"
    RELAPSE = "relapse"
    FACTORS = "factors"
    TABLE_1 = "table 1"


_BY_FACTOR = ("landmark_months", "factor_test", "p_adjustment")
# Choices for which a page has no estimator; the report has.
NOT_IN_A_PAGE = {"factor_test": ("restricted mean",)}
# Stops of a slider; a field beside it takes every other value.
_STOPS = {"confidence": (0.8, 0.9, 0.95, 0.99), "landmark_months": (0, 1, 2, 3, 4, 6, 9, 12, 18)}
_ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
_SHORT = 120


def offered(
    cohort: Cohort, sections: Sequence[Section], whole_family: bool = True
) -> list[dict[str, Any]]:
    """Give the fields of a panel, in their order, as JSON has them.

    `whole_family` tells whether every comparison of Table 5 is in the panel; where not, p values
    are not adjusted for their number.
    """
    study, parameters = cohort.study, cohort.parameters
    names: list[tuple[str, str]] = [(PATIENTS, POPULATION)]
    names += [(GROUPS, name) for name in _cuts(study, sections)]
    if cohort.records("eqd2_gy"):
        names.append((GROUPS, "alpha_beta"))
    names += [(TIMES, name) for name in _of_times(cohort, sections)]
    by_factor = [name for name in _BY_FACTOR if whole_family or name != "p_adjustment"]
    if Section.FACTORS in sections:
        names.append((TIMES, by_factor[0]))
    names += [(METHODS, name) for name in ("ci_type", "confidence")]
    if Section.FACTORS in sections:
        names += [(METHODS, name) for name in by_factor[1:]]
    return [
        {"group": group, **_field(name, parameters, cohort)} for group, name in dict.fromkeys(names)
    ]


def _cuts(study: Study, sections: Sequence[Section]) -> Iterable[str]:
    """Give the parameters of the cuts that a panel shows."""
    cuts = [factor.cut for factor in study.factors if factor.in_table]
    if Section.TABLE_1 in sections:
        cuts += [getattr(row, "cut", None) for row in study.table_1]
    return dict.fromkeys(cut.parameter for cut in cuts if cut and cut.parameter)


def _of_times(cohort: Cohort, sections: Sequence[Section]) -> list[str]:
    """Give the parameters by which times are counted, of the endpoints that a panel shows."""
    endpoints = [cohort.study.endpoint(name) for name in cohort.endpoints()]
    if Section.ENDPOINTS not in sections:
        endpoints = [endpoint for endpoint in endpoints if not endpoint.death_choice]
    names = ["time_zero"] if any(one.events and not one.time_zero for one in endpoints) else []
    names += [endpoint.censoring_choice for endpoint in endpoints if endpoint.events]
    names += [endpoint.death_choice for endpoint in endpoints]
    return [name for name in dict.fromkeys(names) if name]


def _field(name: str, parameters: Parameters, cohort: Cohort) -> dict[str, Any]:
    model = type(parameters)
    field = model.model_fields[name]
    unit = next((each.name for each in field.metadata if isinstance(each, Unit)), "")
    base = parameters.model_dump(mode="json")[name]
    label = _words(name, cohort.study)
    found: dict[str, Any] = {
        "name": name,
        "label": label.removesuffix(f" {unit}"),
        "help": field.description,
        "unit": "" if unit and unit in label.removesuffix(f" {unit}").lower() else unit,
        "base": base,
    }
    if name == POPULATION:
        return {**found, "kind": "text", "choices": ["all", *cohort.study.subgroups]}
    if get_origin(field.annotation) is Literal:
        without = [*NOT_IN_A_PAGE.get(name, ())]
        if name in {endpoint.death_choice for endpoint in cohort.study.endpoints}:
            without.append("competing")
        every = get_args(field.annotation)
        return {
            **found,
            "kind": "choice",
            "choices": [one for one in every if one not in without],
            "absent": [one for one in every if one in without],
        }
    low, high = (_limit(field.metadata, kinds) for kinds in ((Gt, Ge), (Lt, Le)))
    found |= {"kind": "number", "whole": field.annotation is int, "low": low, "high": high}
    return {**found, "stops": _stops(name, found, cohort)}


def _words(name: str, study: Study) -> str:
    """Give the words of a field: 'Age, cut-off', 'PFS censoring'."""
    for factor in study.factors:
        if factor.cut and factor.cut.parameter == name:
            return f"{factor.variable.words}, cut-off"
    if name == "alpha_beta":
        return "Alpha/beta ratio"
    names = {endpoint.name.lower(): endpoint.name for endpoint in study.endpoints} | {"ci": "CI"}
    first, *others = name.split("_")
    words = [names.get(first, first.capitalize()), *(names.get(one, one) for one in others)]
    return " ".join(words)


def _limit(metadata: Sequence[Any], kinds: tuple[type, type]) -> dict[str, Any] | None:
    """Give a limit of a number, and whether the limit itself is in."""
    for each in metadata:
        if isinstance(each, kinds):
            is_open = isinstance(each, kinds[0])
            value = getattr(
                each, kinds[0].__name__.lower() if is_open else kinds[1].__name__.lower()
            )
            return {"value": float(value), "open": is_open}
    return None


def _stops(name: str, field: dict[str, Any], cohort: Cohort) -> list[float]:
    """Give the values at which a slider stops: those of the data, or those that the model allows.

    A quantity over more than two powers of ten goes by round numbers.
    """
    if name in _STOPS:
        return _with_base(_STOPS[name], field)
    least, most = (field[end]["value"] if field[end] else math.nan for end in ("low", "high"))
    column = next(
        (f.variable.name for f in cohort.study.factors if f.cut and f.cut.parameter == name), ""
    )
    if column:
        values = pd.to_numeric(cohort.patients[column]).dropna().astype("float64")
        if not values.empty:
            least, most = float(values.min()), float(values.max())
    if math.isnan(least) or math.isnan(most) or least >= most:
        return []
    if most > 100 * max(least, 1):
        powers = range(max(0, math.floor(math.log10(max(least, 1)))), math.ceil(math.log10(most)))
        stops = [step * 10**power for power in powers for step in _ROUND]
    elif math.ceil(most) - math.floor(least) <= _SHORT:
        stops = [float(whole) for whole in range(math.ceil(least), math.floor(most) + 1)]
    else:
        step = (most - least) / 50
        digits = -math.floor(math.log10(step))
        stops = [round(least + step * place, digits) for place in range(51)]
    return _with_base([stop for stop in stops if least <= stop <= most], field)


def _with_base(stops: Sequence[float], field: dict[str, Any]) -> list[float]:
    allowed = [stop for stop in {*stops, field["base"]} if is_allowed(stop, field)]
    return sorted(int(stop) if float(stop).is_integer() else stop for stop in allowed)


def is_allowed(value: float, field: Mapping[str, Any]) -> bool:
    """Tell whether a number is one that a field takes."""
    low, high = field["low"], field["high"]
    above = low is None or value > low["value"] or (value == low["value"] and not low["open"])
    below = high is None or value < high["value"] or (value == high["value"] and not high["open"])
    return above and below and (not field["whole"] or float(value).is_integer())
