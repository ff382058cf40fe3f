"""A study with what a dataset declares besides: factors, endpoints, an arm, agents, subgroups."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, cast

import pandas as pd
import pandera.pandas as pa
from pydantic import Field, create_model

from analysis.cohort.description import (
    FILE,
    Coded,
    DeclaredArm,
    DeclaredEndpoint,
    DeclaredFactor,
    Description,
)
from analysis.cohort.faults import DatasetFaults, Fault
from analysis.cohort.recording import NEEDS
from analysis.cohort.schema import FOLLOW_UP
from analysis.study.columns import category, date, kind, levels_of, number, quantity, text
from analysis.study.declarations import Arm
from analysis.study.endpoints import Endpoint
from analysis.study.expressions import ExpressionError, holds
from analysis.study.keys import NO, YES
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.own import OWN
from analysis.study.parameters import Parameters
from analysis.study.phrases import Phrase, Unit
from analysis.study.study import Study
from analysis.study.variables import Factor, Grouped, Row, Variable, texts

_PER_DAY = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": 12 * DAYS_PER_MONTH}
_NUMBERS = "a column of numbers"
# More groups than this are the values of a quantity, or a text in words of one's own.
MOST_LEVELS = 20
_LISTS = {
    "agents": "immunotherapy.agent",
    "sites": "radiotherapy.site",
    "techniques": "patients.rt_technique",
    "targeted_agents": "patients.targeted_agent",
}
# Columns of outcome, by which nobody can be compared who has not lived to it.
OUTCOMES = ("death", "cause_of_death", "progression", "in_field_relapse", "failure_pattern")
# Those of what is derived that are days.
DAYS = ("time_zero", "rt_start", "rt_end", "ici_start", "ici_end")
# Columns that are derived for every study, of which a factor may be made.
DERIVED = ("age_years", "time_zero", *(name for name in NEEDS if name not in OUTCOMES))


def declare(dataset: str, base: Study, description: Description) -> Study:
    """Give the study of a dataset: the base, or one of its own, with what `dataset.yaml` adds.

    Raises
    ------
    DatasetFaults
        When what is declared does not go together, such as two factors of one name.
    """
    if description.study not in (None, base.name, OWN.name):
        fault = Fault(FILE, 0, "study", description.study, f"{base.name} or {OWN.name}")
        raise DatasetFaults(dataset, [fault])
    faults: list[Fault] = []
    study = _about(base, description, faults)
    study = _with_lists(study, description)
    study = _with_factors(study, description, faults)
    study = _with_endpoints(study, description, faults)
    study = _with_arm(study, description, faults)
    study = replace(
        study,
        subgroups={**study.subgroups, **description.subgroups},
        reported=tuple(description.subgroups),
    )
    if faults:
        raise DatasetFaults(dataset, faults)
    return _with_parameters(study, description)


def _about(base: Study, description: Description, faults: list[Fault]) -> Study:
    """Give the study that is added to: what it says is the article's only if that was asked for."""
    own = description.study == OWN.name
    if own and description.compare_with_article:
        words = "false with `study: own`, which has nothing of the article"
        faults.append(Fault(FILE, 0, "compare_with_article", "true", words))
    study = OWN if own else base
    if not description.is_screened:
        study = replace(study, criteria=())
    if own or not description.compare_with_article:
        return replace(
            study,
            title=description.title,
            subtitle="",
            question=description.question,
            article=None,
            credit=None,
        )
    return replace(study, question=description.question or study.question)


def _with_lists(study: Study, description: Description) -> Study:
    lists = dict(study.open_lists)
    for name, column in _LISTS.items():
        lists[column] = tuple(dict.fromkeys((*lists.get(column, ()), *getattr(description, name))))
    columns = dict(study.patient_columns)
    of_patients = "patients."
    for name, known in lists.items():
        column = name.removeprefix(of_patients)
        if name.startswith(of_patients) and column in columns and known:
            old = columns[column]
            columns[column] = pa.Column(
                object,
                checks=old.checks,
                nullable=True,
                required=old.required,
                description=old.description,
                metadata={**(old.metadata or {}), "known": known},
            )
    return replace(study, open_lists=lists, patient_columns=columns)


def _with_factors(study: Study, description: Description, faults: list[Fault]) -> Study:
    columns, variables = dict(study.patient_columns), dict(study.variables)
    factors, rows = list(study.factors), list(study.table_1)
    for place, declared in enumerate(description.factors):
        where = f"factors.{place + 1}"
        recorded = columns.get(declared.column)
        asked = [declared.level] if declared.level else list(declared.levels)
        faults += _unknown_levels(where, asked, recorded)
        variable = _variable(declared, variables.get(declared.column), recorded)
        if recorded is None and not _is_derived(study, declared.column):
            columns[declared.column] = _column(declared)
        factor = Factor(
            declared.name or declared.column,
            variable,
            _words(declared, variable),
            cut=_cut(declared),
            level=declared.level or "",
            levels=_levels(declared),
            as_recorded=_is_as_recorded(declared, recorded),
        )
        faults += _of_outcome(f"{where}.column", declared.column, study)
        faults += _of_dates(f"{where}.column", declared.column, recorded)
        faults += _clashes(where, factor, factors, study)
        if factor.cut is not None and recorded is not None and not _is_number(recorded):
            faults.append(Fault(FILE, 0, f"{where}.cut", declared.cut or "", _NUMBERS))
        same = [i for i, other in enumerate(factors) if other.name == factor.name]
        if same:
            factors[same[0]] = factor
        else:
            factors.append(factor)
        variables[variable.name] = variable
        shown = {row.name for row in rows}
        if variable.name not in shown:
            rows.append(variable)
        if factor.cut is not None:
            rows.append(Grouped(variable, factor.cut))
    return replace(
        study,
        patient_columns=columns,
        variables=variables,
        factors=tuple(factors),
        table_1=tuple(_once(rows)),
    )


def _unknown_levels(where: str, asked: list[str], recorded: pa.Column | None) -> list[Fault]:
    """Find levels that a column cannot have, such as Male where it has male."""
    possible = levels_of(recorded) if recorded is not None else ()
    found = []
    for level in asked if possible else ():
        if level not in possible:
            near = difflib.get_close_matches(level.lower(), possible, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            found.append(Fault(FILE, 0, where, level, f"one of: {', '.join(possible)}{meant}"))
    return found


def _clashes(where: str, factor: Factor, factors: list[Factor], study: Study) -> list[Fault]:
    """Give the faults of a factor beside those that there are: the study's, then those declared."""
    faults = []
    for place, other in enumerate(factors):
        is_declared = place >= len(study.factors)
        another = is_declared or other.variable.name != factor.variable.name
        if other.name == factor.name and (is_declared or another):
            words = f"a name of its own for each factor; this is that of {other.label}"
            faults.append(Fault(FILE, 0, f"{where}.name", factor.name, words))
        elif other.name != factor.name and other.key == factor.key:
            words = f"another cut: {other.label} is compared already, as the factor {other.name}"
            faults.append(Fault(FILE, 0, f"{where}.cut", str(factor.cut), words))
    cutoff = factor.cut.parameter if factor.cut else ""
    taken = cutoff in study.parameters.model_fields
    if taken and not any(other.name == factor.name for other in factors):
        words = f"another name: the study has a parameter {cutoff} already"
        faults.append(Fault(FILE, 0, f"{where}.name", factor.name, words))
    return faults


def _of_outcome(where: str, column: str, study: Study) -> list[Fault]:
    if column in (*OUTCOMES, *FOLLOW_UP.schema.columns, *study.follow_up_columns):
        words = "a column other than of outcome, which is not known when times begin"
        return [Fault(FILE, 0, where, column, words)]
    return []


def _of_dates(where: str, column: str, recorded: pa.Column | None) -> list[Fault]:
    """Find days, by which patients are in no groups."""
    if column in DAYS or (recorded is not None and kind(recorded) == "date"):
        return [Fault(FILE, 0, where, column, "a column of numbers or texts; this one has dates")]
    return []


def _is_number(column: pa.Column) -> bool:
    return kind(column) in ("number", "integer")


def _once(rows: list[Row]) -> list[Row]:
    found: list[Row] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return found


def _is_derived(study: Study, column: str) -> bool:
    """Tell whether a column is made by a derivation, and so is in no file."""
    return column in DERIVED or column in study.derived


def _words(declared: DeclaredFactor, variable: Variable) -> str:
    """Give the words of a factor; of one level against the rest they say which."""
    if declared.cut is not None:
        return ""
    words = declared.label or variable.words
    if declared.level in (None, YES) or words != variable.words:
        return words
    return f"{words}: {variable.level(declared.level)}"


def _variable(
    declared: DeclaredFactor, known: Variable | None, recorded: pa.Column | None
) -> Variable:
    """Give the variable of a factor, with the words declared for it, or else those it has."""
    base = known or Variable(declared.column, declared.column.replace("_", " ").capitalize())
    quantity = base.quantity or declared.cut is not None
    label = declared.label or base.words
    # The label of one level is what its patients are called, unless it names the variable alone.
    names_it = not declared.level or label.casefold() == base.words.casefold()
    return replace(
        base,
        words=label if names_it else base.words,
        levels=declared.levels or base.levels,
        unit=declared.unit or base.unit,
        quantity=quantity and not declared.levels,
    )


def _column(declared: DeclaredFactor) -> pa.Column:
    words = declared.label or declared.column
    if declared.cut is not None:
        return quantity(declared.unit or "", f"{words}.")
    if declared.levels:
        return category(tuple(declared.levels), f"{words}.")
    return text(f"{words}.")


def _cut(declared: DeclaredFactor) -> Any:
    cut = declared.cut_at()
    return None if cut is None else replace(cut, parameter=_cutoff(declared))


def _cutoff(declared: DeclaredFactor) -> str:
    return f"{declared.name or declared.column}_cutoff"


def _levels(declared: DeclaredFactor) -> tuple[str, ...]:
    """Give the levels with the reference first; none for a yes or no."""
    levels = list(declared.levels)
    if set(levels) == {YES, NO}:
        return ()
    if declared.reference in levels:
        levels.remove(declared.reference)
        levels.insert(0, declared.reference)
    return tuple(levels)


def _is_as_recorded(declared: DeclaredFactor, recorded: pa.Column | None) -> bool:
    if declared.cut is not None or declared.level or declared.levels:
        return False
    return recorded is None or kind(recorded) != "text" or not _is_yes_no(recorded)


def _is_yes_no(column: pa.Column) -> bool:
    return levels_of(column) == (YES, NO)


def _with_endpoints(study: Study, description: Description, faults: list[Fault]) -> Study:
    columns, follow_up = dict(study.patient_columns), dict(study.follow_up_columns)
    there = {**columns, **FOLLOW_UP.schema.columns, **follow_up}
    known_dates = {name for name, column in there.items() if kind(column) == "date"}
    known_dates |= {"rt_start", "rt_end", "ici_start", "ici_end"}
    endpoints = {endpoint.name: endpoint for endpoint in study.endpoints}
    for place, declared in enumerate(description.endpoints):
        where = f"endpoints.{place + 1}"
        endpoint = _endpoint(declared)
        if endpoint.name in {other.name for other in description.endpoints[:place]}:
            words = "a name of its own for each endpoint"
            faults.append(Fault(FILE, 0, f"{where}.name", endpoint.name, words))
        if endpoint.duration:
            known = columns.get(endpoint.duration)
            if known is not None and not _is_number(known):
                faults.append(Fault(FILE, 0, where, endpoint.duration, _NUMBERS))
            columns.setdefault(
                endpoint.duration, number(0, 36525, "", f"Duration of {declared.name}.")
            )
            columns.setdefault(endpoint.duration_event, text(f"What ended {declared.name}."))
        else:
            wanted = [*endpoint.events, endpoint.censoring, *endpoint.competing]
            wanted += [endpoint.time_zero] if endpoint.time_zero else []
            for name in wanted:
                if name not in known_dates and not name.endswith("_date"):
                    near = difflib.get_close_matches(name, known_dates, n=1)
                    meant = f"; did you mean {near[0]}?" if near else ""
                    faults.append(
                        Fault(FILE, 0, where, name, f"a column of dates, named …_date{meant}")
                    )
                elif name not in known_dates:
                    follow_up.setdefault(name, date(f"A date of {declared.name}."))
        endpoints[endpoint.name] = endpoint
    return replace(
        study,
        patient_columns=columns,
        follow_up_columns=follow_up,
        endpoints=tuple(endpoints.values()),
    )


def _endpoint(declared: DeclaredEndpoint) -> Endpoint:
    words = declared.label or declared.name
    unit = next((unit for unit in _PER_DAY if getattr(declared, unit)), None)
    said = declared.event_words or "the event"
    if unit is None:
        assert not isinstance(declared.event, Coded)
        return Endpoint(
            declared.name,
            words,
            tuple(declared.event),
            declared.event_words or _said(declared.event),
            censoring=declared.censored,
            competing=declared.competing,
            time_zero=declared.time_zero or "",
            in_table=declared.factors,
        )
    ended = declared.event
    if not isinstance(ended, Coded):
        ended = Coded.model_validate({"column": ended[0], "is": YES})
    return Endpoint(
        declared.name,
        words,
        event_words=said,
        competing=declared.competing,
        in_table=declared.factors,
        duration=getattr(declared, unit),
        duration_event=ended.column,
        event_is=ended.values,
        per_day=_PER_DAY[unit],
    )


def _said(columns: tuple[str, ...]) -> str:
    """Say which columns are the event: 'progression, or death'."""
    words = [name.removesuffix("_date").replace("_", " ") for name in columns]
    return ", or ".join(words)


def _with_arm(study: Study, description: Description, faults: list[Fault]) -> Study:
    declared = description.arm
    if declared is None:
        return study
    faults += _of_outcome("arm.column", declared.column, study)
    faults += _of_dates("arm.column", declared.column, study.patient_columns.get(declared.column))
    words = declared.label or declared.column.replace("_", " ").capitalize()
    variable = Variable(declared.column, words, declared.levels)
    columns = dict(study.patient_columns)
    faults += _unknown_levels("arm", list(declared.levels), columns.get(declared.column))
    if declared.column not in columns and not _is_derived(study, declared.column):
        columns[declared.column] = (
            category(tuple(declared.levels), f"{words}.") if declared.levels else text(f"{words}.")
        )
    factor = Factor(
        variable.name,
        variable,
        levels=tuple(declared.levels),
        as_recorded=not declared.levels,
        in_table=False,
        ratios=True,
    )
    others = [other for other in study.factors if other.name != factor.name]
    return replace(
        study,
        patient_columns=columns,
        variables={**study.variables, variable.name: variable},
        factors=(*others, factor),
        arm=Arm(variable),
    )


def _with_parameters(study: Study, description: Description) -> Study:
    """Give the study parameters that know its factors and subgroups, and move its own cuts."""
    fields: dict[str, Any] = {}
    for declared in description.factors:
        cut = declared.cut_at()
        if cut is not None:
            words = declared.label or declared.column
            fields[_cutoff(declared)] = (
                Annotated[
                    float,
                    Unit(declared.unit or ""),
                    Phrase(f"{words} cut at {{value}} {declared.unit or ''}".rstrip()),
                ],
                Field(cut.value, description=f"Where {words} is divided in two."),
            )
    names: Mapping[str, Any] = {
        "FACTORS": tuple(factor.name for factor in study.factors),
        "SUBGROUPS": dict(study.subgroups),
    }
    if not (fields or description.factors or description.subgroups or description.arm):
        return study
    model = _extended(study.parameters, fields)
    for name, value in names.items():
        setattr(model, name, value)
    return replace(study, parameters=model, chosen=model())


def _extended(base: type[Parameters], fields: dict[str, Any]) -> type[Parameters]:
    model: Any = create_model("Parameters", __base__=base, __module__=base.__module__, **fields)
    return cast(type[Parameters], model)


def misfits(study: Study, description: Description, patients: pd.DataFrame) -> list[Fault]:
    """Give what is declared and does not fit the patients, who have all columns but outcomes.

    Parameters
    ----------
    study
        That of the dataset.
    description
        What declares it.
    patients
        One row a patient, before anybody is left out.
    """
    faults: list[Fault] = []
    for place, factor in enumerate(description.factors, start=1):
        where = f"factors.{place}"
        faults += _misfit(where, factor, patients)
        if factor.level is not None:
            there = _values(patients[factor.column])
            if there and factor.level not in there:
                faults.append(Fault(FILE, 0, f"{where}.level", factor.level, _one_of(there)))
    if description.arm is not None:
        faults += _misfit("arm", description.arm, patients)
    for place, endpoint in enumerate(description.endpoints, start=1):
        codes = _endpoint(endpoint)
        if codes.duration:
            there = _values(patients[codes.duration_event])
            if there and not there & set(codes.event_is):
                told = ", ".join(codes.event_is)
                faults.append(Fault(FILE, 0, f"endpoints.{place}.event", told, _one_of(there)))
    for name in study.reported:
        try:
            holds(study.subgroups[name], patients)
        except ExpressionError as error:
            words = f"a part of the patients: {error}"
            faults.append(Fault(FILE, 0, f"subgroups.{name}", study.subgroups[name], words))
    return faults


def _misfit(
    where: str, declared: DeclaredFactor | DeclaredArm, patients: pd.DataFrame
) -> list[Fault]:
    cut = isinstance(declared, DeclaredFactor) and (declared.cut or declared.level)
    found = 0 if cut or declared.levels else len(_values(patients[declared.column]))
    if found > MOST_LEVELS:
        ways = "levels" if isinstance(declared, DeclaredArm) else "a cut, a level or levels"
        words = f"{ways}, since it has {found} different values"
        return [Fault(FILE, 0, where, declared.column, words)]
    return []


def _values(values: pd.Series) -> set[str]:
    return set(texts(values).dropna().unique())


def _one_of(there: set[str]) -> str:
    return "one of the values that there are: " + ", ".join(sorted(there)[:MOST_LEVELS])
