"""What a page carries of a cohort, so that a reader can move the settings in it.

No identity and no date: the days of each patient are counted from a day of his or her own, the
first treatment, or enrolment. All else is what the settings act on: the columns that an expression
may name, the groups of the factors, the sites of radiotherapy, the days that endpoints are made of.
`display/what_if/*.js` derives from it what `cohort.derive` derives from the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort import collection
from analysis.cohort.by_patient import in_words
from analysis.cohort.derive import (
    Admitted,
    admitted,
    from_durations,
    irradiation,
    time_zero,
)
from analysis.cohort.model import Dataset
from analysis.study import expressions
from analysis.study.endpoints import CENSORED_AT, Endpoint
from analysis.study.keys import YES
from analysis.study.limits import limit_column, limits
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor, Grouped, Row

Carried = dict[str, Any]

_DOSES = ("rt_dose_gy", "rt_fractions", "bed_gy", "eqd2_gy")
_IDENTITY = "tells patients apart, and is not carried by this page"
_DATE = "is a date, and no date is carried by this page; `make` knows it"
_SIGNS = "says which values are limits; compare the values themselves"


def carried(dataset: Dataset, parameters: Parameters) -> Carried:
    """Give what a page carries, as JSON has it.

    Parameters
    ----------
    dataset
        Checked tables.
    parameters
        Those of the report; who is admitted by the study's criteria is carried, whichever part of
        these its `population` asks for.

    Returns
    -------
    dict
        Values by patient stand in lists of the same order. Days are whole, from each patient's own
        day; what is not recorded is None.

    Raises
    ------
    DatasetFaults
        As `derive.admitted`.
    """
    whole = _whole(dataset, parameters)
    dataset, found, by_site, dates = whole.dataset, whole.found, whole.by_site, whole.dates
    study, patients = found.study, found.patients
    columns = {str(name): _column(patients, str(name), by_site) for name in patients}
    return {
        "n": len(patients),
        "columns": columns,
        "sites": _sites(found),
        "zeros": whole.zeros(parameters),
        "dates": {name: whole.days(values) for name, values in dates.items()},
        "endpoints": [
            one
            for endpoint in _endpoints(found, dataset)
            if (one := _endpoint(endpoint, found, dataset, dates)) is not None
        ],
        "factors": [_factor(factor, patients, by_site, dates) for factor in study.factors],
        "tableOne": [
            _row(row, patients) for row in study.table_1 if _is_shown(row, patients, columns)
        ],
        "subgroups": dict(study.subgroups),
    }


def of_members(dataset: Dataset, parameters: Parameters, like: Carried) -> Iterator[Carried]:
    """Give what a page carries of other cohorts of the same study: no more than factors need.

    Parameters
    ----------
    dataset
        Several cohorts as one (`members`): what they share is derived once.
    parameters
        As of `carried`.
    like
        What the page carries of its own cohort; what is the same in both is not told again.
    """
    together = _whole(dataset, parameters)
    whose = collection.whose(together.found.patients.index)
    for name in whose.unique():
        yield _of_member(together.part(whose == name), parameters, like)


def _of_member(whole: _Whole, parameters: Parameters, like: Carried) -> Carried:
    found, by_site = whole.found, whole.by_site
    factors = [
        _factor(factor, found.patients, by_site, whole.dates) for factor in found.study.factors
    ]
    needed = {factor["column"] for factor in factors}
    columns = {
        name: {
            key: value
            for key, value in _column(found.patients, name, by_site).items()
            if like["columns"][name].get(key) != value
        }
        for name in map(str, found.patients)
        if name in needed
    }
    return {
        "n": len(found.patients),
        "sites": _sites(found),
        "dates": {name: whole.days(values) for name, values in whole.dates.items()},
        "zeros": {name: zero["days"] for name, zero in whole.zeros(parameters).items()},
        "columns": columns,
        "bySite": {one["name"]: one["bySite"] for one in factors if "bySite" in one},
    }


@dataclass(frozen=True)
class _Whole:
    """A cohort of which something is carried: tables in texts, who is admitted, sites, dates."""

    dataset: Dataset
    found: Admitted
    by_site: dict[str, list[pd.Series]]
    dates: dict[str, pd.Series]

    def days(self, values: pd.Series) -> list[int | None]:
        return _listed((values - self._origin).dt.days)

    def zeros(self, parameters: Parameters) -> Carried:
        """Give the days of each time zero, by its name, and why there are none."""
        return {
            choice: {
                "days": self.days(zero.days.reindex(self.found.patients.index)),
                "why": zero.why,
            }
            for choice in get_args(Parameters.model_fields["time_zero"].annotation)
            for zero in [_zero(self.found, parameters, choice)]
        }

    def part(self, chosen: npt.NDArray[np.bool_]) -> _Whole:
        """Give some of the patients, as if there were no others."""
        found = replace(self.found, patients=self.found.patients[chosen])
        # The strongest of more sites than any of them has is the last.
        sites = int(_courses(found).groupby("patient_id").size().max()) if _moves(found) else 0
        made = {
            name: [each[chosen] for each in values[:sites]] for name, values in self.by_site.items()
        }
        dates = {name: values[chosen] for name, values in self.dates.items()}
        return _Whole(self.dataset, found, _that_move(made) if sites else {}, dates)

    @cached_property
    def _origin(self) -> pd.Series:
        return _origin(self.found.patients, self.dates)


def _whole(dataset: Dataset, parameters: Parameters) -> _Whole:
    # In texts: what a page carries is little, and is told one by one.
    dataset = replace(dataset, tables={name: in_words(t) for name, t in dataset.tables.items()})
    found = admitted(dataset, parameters)
    return _Whole(dataset, found, _by_site(found, dataset), _dates(found, dataset))


def _zero(found: Admitted, parameters: Parameters, choice: str) -> Any:
    chosen = parameters.model_copy(update={"time_zero": choice})
    return time_zero(found.patients, found.recording, chosen)


def _dates(found: Admitted, dataset: Dataset) -> dict[str, pd.Series]:
    """Give the dates that settings act on: of endpoints, and of when a factor becomes known."""
    patients = found.patients
    follow_up = dataset.tables["follow_up"].set_index("patient_id").reindex(patients.index)
    needed: list[str] = []
    for endpoint in found.study.endpoints:
        if not endpoint.duration and endpoint.events:
            needed += [*endpoint.events, *_censorings(endpoint).values()]
            needed += [endpoint.time_zero] if endpoint.time_zero else []
    needed += [day for factor in found.study.factors for day in factor.known_from]
    # Of a column that both have, that of follow-up is meant.
    there = {**{str(name): patients[name] for name in patients},
             **{str(name): follow_up[name] for name in follow_up}}  # fmt: skip
    return {
        name: there[name]
        for name in dict.fromkeys(needed)
        if name in there and pd.api.types.is_datetime64_any_dtype(there[name])
    }


def _origin(patients: pd.DataFrame, dates: Mapping[str, pd.Series]) -> pd.Series:
    """Give the day from which the days of each patient are counted."""
    starts = [name for name in ("rt_start", "ici_start") if name in patients]
    origin = patients[starts].min(axis=1)
    if "enrolment_date" in patients:
        origin = origin.fillna(patients["enrolment_date"])
    for values in dates.values():
        origin = origin.fillna(values)
    return pd.to_datetime(origin)


# Columns ----------------------------------------------------------------------------------------


def _column(patients: pd.DataFrame, name: str, by_site: Mapping[str, list[pd.Series]]) -> Carried:
    values = patients[name]
    if name == "patient_id":
        return {"withheld": _IDENTITY}
    if pd.api.types.is_datetime64_any_dtype(values):
        return {"withheld": _DATE}
    base = name.removesuffix("_limit")
    if base != name and base in patients and limit_column(base) == name:
        return {"withheld": _SIGNS}
    if name in ("bed_gy", "eqd2_gy") and by_site:
        return {"made": name.removesuffix("_gy"), **_bare(patients, name)}
    shared = _bare(patients, name)
    if _is_number(values):
        signs = limits(patients, name)
        if signs.notna().any():
            shared["signs"] = _listed(signs)
        parts: list[Carried] = [{"numbers": _numbers(each)} for each in by_site.get(name, [values])]
    else:
        levels = _levels(values)
        if len(levels) > max(20, len(patients) // 2):
            return {"withheld": _IDENTITY}
        shared |= {"levels": levels, "asNumbers": _as_numbers(patients, name, levels)}
        parts = [{"codes": _codes(each, levels)} for each in by_site.get(name, [values])]
    return {**shared, "bySite": parts} if name in by_site else {**shared, **parts[0]}


def _bare(patients: pd.DataFrame, name: str) -> Carried:
    """Say why the column cannot stand for itself in an expression, as the report would."""
    try:
        expressions.holds(name, patients)
    except expressions.ExpressionError as error:
        return {"bare": str(error)}
    return {}


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _numbers(values: pd.Series) -> list[float | None]:
    return _listed(values.astype("Float64"))


def _levels(values: pd.Series) -> list[str]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(level) for level in values.cat.categories]
    return sorted({str(value) for value in values.dropna().unique()})


def _as_numbers(
    patients: pd.DataFrame, name: str, levels: Sequence[str]
) -> list[float | None] | None:
    """Give the numbers that levels are, where an expression may take them for such."""
    there = patients[name].dropna().astype(str)
    try:
        read = pd.to_numeric(pd.Series(there.unique(), dtype=object))
    except (TypeError, ValueError):
        return None
    known = dict(zip(there.unique(), read.astype("float64"), strict=True))
    return [known.get(level) for level in levels]


def _codes(values: pd.Series, levels: Sequence[str]) -> str | list[int]:
    """Give the places of values among levels, -1 for what is missing.

    Of few levels as one text, a sign a patient from "0" for what is missing, which is shorter.
    """
    place = {level: at for at, level in enumerate(levels)}
    codes = [-1 if pd.isna(value) else place[str(value)] for value in values]
    return "".join(chr(ord("1") + code) for code in codes) if len(levels) < 40 else codes


def _listed(values: pd.Series) -> list[Any]:
    """Give values as JSON has them: whole numbers without a point, None for what is missing."""

    def plain(value: Any) -> Any:
        if pd.isna(value):
            return None
        if isinstance(value, str):
            return value
        number = float(value)
        return int(number) if number.is_integer() else number

    return [plain(value) for value in values]


# Sites of radiotherapy --------------------------------------------------------------------------


def _courses(found: Admitted) -> pd.DataFrame:
    """Give the sites of which one can be the strongest, in the order of their names."""
    courses = found.radiotherapy
    courses = courses[courses["patient_id"].isin(found.patients.index)]
    several = courses["patient_id"].duplicated(keep=False)
    open_ = courses.loc[several & courses["eqd2_gy"].isna(), "patient_id"]
    return courses[~courses["patient_id"].isin(open_)].sort_values("site", kind="stable")


def _moves(found: Admitted) -> bool:
    """Tell whether there are doses on which alpha/beta acts."""
    return found.recording.has("eqd2_gy") and bool(found.patients["eqd2_gy"].notna().any())


def _sites(found: Admitted) -> Carried | None:
    if not _moves(found):
        return None
    courses = _courses(found)
    by_patient = courses.groupby("patient_id", sort=False)
    sites: Carried = {"there": [], "dose": [], "fractions": []}
    for place in range(int(by_patient.size().max())):
        one = by_patient.nth(place).set_index("patient_id").reindex(found.patients.index)
        there = found.patients.index.isin(by_patient.nth(place)["patient_id"])
        sites["there"].append([int(each) for each in there])
        sites["dose"].append(_listed(one["dose_gy"]))
        sites["fractions"].append(_listed(one["fractions"]))
    return sites


def _by_site(found: Admitted, dataset: Dataset) -> dict[str, list[pd.Series]]:
    """Give the columns that hang on which site is the strongest: one for each that it can be.

    Of a patient with fewer sites the last stands for the others.
    """
    if not _moves(found):
        return {}
    courses = _courses(found)
    place = courses.groupby("patient_id").cumcount()
    last = courses.groupby("patient_id")["patient_id"].transform("size") - 1
    made: dict[str, list[pd.Series]] = {}
    for site in range(int(last.max()) + 1):
        chosen = courses[(place == site) | ((place == last) & (last < site))]
        of_chosen = irradiation(found.patients["patient_id"], chosen)
        doses = {name: of_chosen[name] for name in _DOSES}
        patients = found.patients.assign(**found.recording.known(doses))
        for derivation in found.study.derivations:
            derived = derivation(patients, dataset.tables, found.study.chosen)
            patients = patients.assign(**found.recording.known(derived))
        for name in patients:
            made.setdefault(str(name), []).append(patients[name])
    return _that_move(made)


def _that_move(made: Mapping[str, list[pd.Series]]) -> dict[str, list[pd.Series]]:
    """Give the columns that are not the same whichever site is the strongest, and the doses."""
    return {
        name: values
        for name, values in made.items()
        if name in _DOSES or any(not values[0].equals(other) for other in values[1:])
    }


# Endpoints --------------------------------------------------------------------------------------


def _endpoints(found: Admitted, dataset: Dataset) -> list[Endpoint]:
    declared = [endpoint for endpoint in found.study.endpoints if not endpoint.competing]
    names = {endpoint.name for endpoint in found.study.endpoints}
    further = set(dataset.tables["time_to_event"]["endpoint"].dropna()) - names
    return [*declared, *(found.study.endpoint(name) for name in sorted(further))]


def _censorings(endpoint: Endpoint) -> dict[str, str]:
    return dict(CENSORED_AT) if endpoint.censoring_choice else {"": endpoint.censoring}


def _endpoint(
    endpoint: Endpoint, found: Admitted, dataset: Dataset, dates: Mapping[str, pd.Series]
) -> Carried | None:
    study, ids = found.study, found.patients.index
    table = dataset.tables["time_to_event"]
    recorded = table[(table["endpoint"] == endpoint.name) & table["patient_id"].isin(ids)]
    own = recorded.assign(event=recorded["event"] == YES)[["patient_id", "days", "event"]]
    events: tuple[str, ...] = ()
    why: dict[str, str] = {}
    if endpoint.duration:
        needed = (endpoint.duration, endpoint.duration_event)
        if not found.recording.why(*(f"patients.{column}" for column in needed)):
            own = from_durations(endpoint, found.patients)
    elif endpoint.events:
        events = endpoint.events
        for choice, column in _censorings(endpoint).items():
            chosen = study.chosen
            if endpoint.censoring_choice:
                chosen = chosen.model_copy(update={endpoint.censoring_choice: choice})
            why[column] = found.recording.why(*endpoint.needs(chosen))
        # What is not there has no days; that it is not recorded is said already.
        events = tuple(name for name in events if name in dates)
        why = {
            name: said if name in dates else said or "not recorded" for name, said in why.items()
        }
    own = own.set_index("patient_id").reindex(ids)
    times = None
    if own["days"].notna().any():
        times = {"days": _listed(own["days"]), "event": [int(one is True) for one in own["event"]]}
    if not events and times is None:
        return None
    return {
        "name": endpoint.name,
        "words": endpoint.words,
        "eventWords": endpoint.event_words,
        "events": list(events),
        "censoring": endpoint.censoring,
        "censoringChoice": endpoint.censoring_choice,
        "censorings": _censorings(endpoint) if endpoint.censoring_choice else {},
        "deathChoice": endpoint.death_choice,
        "timeZero": endpoint.time_zero,
        "inTable": endpoint.in_table,
        "standIn": endpoint.stand_in,
        "declared": endpoint in study.endpoints,
        "why": why,
        "recorded": times,
    }


# Factors and rows of Table 1 ----------------------------------------------------------------------


def _cut(cut: Any) -> Carried:
    return {"sign": cut.sign, "value": cut.value, "parameter": cut.parameter}


def _factor(
    factor: Factor,
    patients: pd.DataFrame,
    by_site: Mapping[str, list[pd.Series]],
    dates: Mapping[str, pd.Series],
) -> Carried:
    found: Carried = {
        "name": factor.name,
        "column": factor.variable.name,
        "variable": factor.variable.words,
        "unit": factor.variable.unit,
        "words": factor.words,
        "levels": list(factor.groups),
        "levelWords": [factor.group(level) for level in factor.groups],
        "binary": factor.is_binary,
        "knownFrom": list(factor.known_from),
        "standIn": factor.stand_in,
        "inTable": factor.in_table,
    }
    if factor.cut:
        return {**found, "cut": _cut(factor.cut)}
    name = factor.variable.name
    if name not in by_site and not _is_number(patients[name]):
        levels = _levels(patients[name])
        of_level = pd.DataFrame({name: pd.Series(levels, dtype=object)})
        groups = factor.values(of_level)
        place = {group: at for at, group in enumerate(factor.groups)}
        return {**found, "groups": [place.get(group, -1) for group in groups]}
    values = [patients.assign(**{name: each}) for each in by_site.get(name, [patients[name]])]
    codes = [_codes(factor.values(each), factor.groups) for each in values]
    return {**found, "bySite": codes} if name in by_site else {**found, "codes": codes[0]}


def _is_shown(row: Row, patients: pd.DataFrame, columns: Mapping[str, Carried]) -> bool:
    name = row.name
    there = name in patients and bool(patients[name].notna().any())
    return there and "withheld" not in columns[name]


def _row(row: Row, patients: pd.DataFrame) -> Carried:
    variable = row.variable if isinstance(row, Grouped) else row
    found: Carried = {
        "column": variable.name,
        "words": variable.words,
        "unit": variable.unit,
        "quantity": not isinstance(row, Grouped) and variable.quantity,
    }
    if isinstance(row, Grouped):
        return {**found, "cut": _cut(row.cut), "least": variable.least}
    values = patients[variable.name]
    return {**found, "levels": [] if _is_number(values) else
            [variable.level(level) for level in _levels(values)]}  # fmt: skip
