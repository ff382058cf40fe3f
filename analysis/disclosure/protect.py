"""The estimates of a cohort as they may leave: rounded, suppressed or not there, by rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.disclosure.counts import rounded, suppressed
from analysis.disclosure.curve import stand_ins
from analysis.disclosure.rules import (
    DIGITS,
    MONTHS_TO,
    P_DECIMALS,
    Rule,
    RuleSet,
    least_for_median,
    least_for_quartile,
)
from analysis.estimates import toxicity, whole
from analysis.estimates.curves import NO_ESTIMATE, curve, numbers_at_risk, rate
from analysis.estimates.factors import times_by
from analysis.estimates.fatal_events import CASE
from analysis.estimates.intervals import proportion_limits
from analysis.estimates.rows import KEY
from analysis.estimates.survival import at_risk_months
from analysis.study.keys import NO, YES, Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.parameters import Parameters
from analysis.study.printed import half_up
from analysis.study.study import Study
from analysis.study.terms import is_term
from analysis.study.variables import Cut

RELEASED, SUPPRESSED, NOT_REACHED = "released", "suppressed", "not reached"
COLUMNS = [*KEY, "value", "unit", "n", "status", "rule"]

# The curves that may be seen, by whole months.
CURVE = "curve"

# What all patients of an analysis are called among its variables, and the unit of their counts.
_EVERYBODY = "patients"

_COUNTS = frozenset(
    {
        Statistic.COUNT,
        Statistic.EXCLUDED,
        Statistic.NOT_RECORDED,
        Statistic.EVENTS,
        Statistic.N,
        Statistic.COUNT_WITHOUT,
        Statistic.RESPONDERS,
        Statistic.NON_RESPONDERS,
    }
)
_TOTALS = frozenset({Statistic.ENTERED, Statistic.REMAINING})
_OF_COUNTS = frozenset({Statistic.PERCENT, Statistic.CI_LOWER, Statistic.CI_UPPER})
_DECLARED = frozenset({Statistic.THRESHOLD_MIN, Statistic.THRESHOLD_MAX})
_MEDIANS = frozenset({Statistic.MEDIAN, Statistic.MEDIAN_LOWER, Statistic.MEDIAN_UPPER})
# What stands in place of an extreme: the part of the patients below it, and its name.
_EXTREMES = {
    Statistic.MIN: (0.25, Statistic.LOWER_QUARTILE),
    Statistic.MAX: (0.75, Statistic.UPPER_QUARTILE),
}
_RATES = frozenset({Statistic.RATE, Statistic.RATE_LOWER, Statistic.RATE_UPPER})
# Of groups whose patients and events are all seen.
_MODELS = frozenset({Statistic.HAZARD_RATIO, Statistic.HR_LOWER, Statistic.HR_UPPER})
_TESTS = frozenset({Statistic.P_VALUE, Statistic.HR_P, Statistic.PROPORTIONALITY_P})

# A row of a table by the names of its columns.
_Row = dict[str, Any]


@dataclass(frozen=True)
class Protected:
    """Estimates that may leave.

    Attributes
    ----------
    rows
        `COLUMNS`; `value` is nan where `status` is suppressed or not reached; `n` is rounded, and
        missing where it is small; `rule` is what was done.
    withheld
        One row an analysis and rule: `analysis_id, rule, statistics`, the kinds of numbers of which
        no row is there at all.
    """

    rows: pd.DataFrame
    withheld: pd.DataFrame


def protect(cohort: Cohort, rules: RuleSet) -> Protected:
    """Estimate everything of a cohort, and give what of it may leave.

    Raises
    ------
    ValueError
        When a number can be given of nobody.
    """
    parameters, study = cohort.parameters, cohort.study
    estimates = whole.estimate(cohort, parameters)
    kept: list[_Row] = []
    withheld: list[tuple[str, Rule, str]] = []
    for analysis, rows in estimates.groupby("analysis_id", sort=False):
        name = str(analysis)
        if name.startswith(CASE):
            withheld += [("cases of grade 5", Rule.SINGLE, s) for s in rows["statistic"]]
            continue
        found, left = _analysis(rows, cohort, rules)
        kept += found
        withheld += [(name, rule, statistic) for rule, statistic in left]
    kept = list(_without_texts(kept, study, withheld))
    kept += _curves(cohort, kept, rules)
    frame = pd.DataFrame(kept, columns=COLUMNS).astype({"value": "float64", "n": "Int64"})
    return Protected(frame, _summed_up(withheld))


def records(rows: pd.DataFrame) -> list[_Row]:
    """Give the rows of a table, each by the names of its columns."""
    names = [str(name) for name in rows.columns]
    return [
        dict(zip(names, values, strict=True)) for values in rows.itertuples(index=False, name=None)
    ]


@dataclass(frozen=True)
class _Analysis:
    """The estimates of one analysis, and which of their counts must not be seen."""

    cohort: Cohort
    rules: RuleSet
    rows: pd.DataFrame
    hidden: Mapping[Any, Rule]

    def places(self, row: _Row, *same: str, statistics: Iterable[Statistic] = ()) -> pd.Index:
        """Give the places of rows that have these columns as a row has them."""
        alike = np.logical_and.reduce([self.rows[name] == row[name] for name in same])
        if statistics:
            alike &= self.rows["statistic"].isin([each.value for each in statistics]).to_numpy()
        return self.rows.index[alike]

    def hides(self, places: pd.Index) -> bool:
        """Tell whether one of some counts must not be seen."""
        return any(place in self.hidden for place in places)


@dataclass(frozen=True)
class _Told:
    """What becomes of a number: what is told in its place, if anything, and by which rule."""

    rule: Rule
    value: float | None = None
    statistic: Statistic | None = None


def _analysis(
    rows: pd.DataFrame, cohort: Cohort, rules: RuleSet
) -> tuple[list[_Row], list[tuple[Rule, str]]]:
    """Give the rows of an analysis as they may leave, and the kinds of which none does."""
    about = _Analysis(cohort, rules, rows, _hidden(rows, rules))
    kept: list[_Row] = []
    left: list[tuple[Rule, str]] = []
    for place, row in zip(rows.index, records(rows), strict=True):
        statistic = Statistic(row["statistic"])
        if statistic in _RATES:
            # Read off the curves that may be seen, in the end.
            continue
        told = _HOW.get(statistic, _no_rule)(place, row, about)
        if told.rule is Rule.NO_RULE:
            left.append((told.rule, statistic.value))
            continue
        n = _n(row)
        kept.append(
            {name: row[name] for name in KEY}
            | {
                "statistic": (told.statistic or statistic).value,
                "value": float("nan") if told.value is None else told.value,
                "unit": row["unit"],
                "n": rounded(n, rules) if n > rules.suppress_up_to else None,
                "status": _status(told.value),
                "rule": told.rule.value,
            }
        )
    return kept, left


def _n(row: _Row) -> int:
    return 0 if pd.isna(row["n"]) else int(row["n"])


def _status(value: float | None) -> str:
    if value is None:
        return SUPPRESSED
    return NOT_REACHED if math.isnan(value) else RELEASED


# What becomes of each kind of number --------------------------------------------------------------


def _no_rule(place: Any, row: _Row, about: _Analysis) -> _Told:
    return _Told(Rule.NO_RULE)


def _declared(place: Any, row: _Row, about: _Analysis) -> _Told:
    return _Told(Rule.DECLARED, row["value"])


def _count(place: Any, row: _Row, about: _Analysis) -> _Told:
    if rule := about.hidden.get(place):
        return _Told(rule)
    return _Told(Rule.ROUNDED, float(rounded(int(row["value"]), about.rules)))


def _of_count(place: Any, row: _Row, about: _Analysis) -> _Told:
    """Give a percentage of rounded counts, or a limit of its interval."""
    keys = ("group", "group_level", "variable", "variable_level")
    counts = about.places(row, *keys, statistics=[Statistic.COUNT])
    n, rules = _n(row), about.rules
    if not len(counts):
        return _Told(Rule.NO_RULE)
    if n <= rules.suppress_up_to or about.hides(counts):
        return _Told(Rule.BESIDE)
    total = rounded(n, rules)
    shown = min(rounded(int(about.rows["value"][counts[0]]), rules), total)
    lower, upper = proportion_limits(shown, total, about.cohort.parameters)
    share = {Statistic.PERCENT: shown / total, Statistic.CI_LOWER: lower, Statistic.CI_UPPER: upper}
    return _Told(Rule.PERCENT, float(half_up(100 * share[row["statistic"]], 1)))


def _median(place: Any, row: _Row, about: _Analysis) -> _Told:
    if _n(row) < least_for_median(about.rules):
        return _Told(Rule.FEW)
    if row["unit"] != "months":
        return _Told(Rule.QUANTITY, _digits(row["value"]))
    keys = ("group", "group_level", "variable")
    if about.hides(about.places(row, *keys, statistics=[Statistic.EVENTS])):
        return _Told(Rule.BESIDE)
    months = row["value"]
    halves = months if math.isnan(months) else float(half_up(months / MONTHS_TO, 0)) * MONTHS_TO
    return _Told(Rule.TIME, halves)


def _extreme(place: Any, row: _Row, about: _Analysis) -> _Told:
    """Give a quartile in place of the smallest or the largest value."""
    values = _values(about.cohort, row)
    share, statistic = _EXTREMES[Statistic(row["statistic"])]
    if values is None:
        return _Told(Rule.NO_RULE)
    if len(values) < least_for_quartile(about.rules):
        return _Told(Rule.FEW, statistic=statistic)
    return _Told(Rule.QUARTILE, _digits(float(np.quantile(values, share))), statistic)


def _values(cohort: Cohort, row: _Row) -> Any:
    """Give the values of a quantity, None where they are no column of the patients."""
    patients, arm = cohort.patients, cohort.study.arm
    if row["variable"] not in patients:
        return None
    values = patients[row["variable"]]
    if row["group"]:
        if arm is None or row["group"] != arm.variable.name:
            return None
        values = values[patients[arm.variable.name].astype("string") == row["group_level"]]
    return values.dropna().to_numpy(dtype=np.float64)


def _model(place: Any, row: _Row, about: _Analysis) -> _Told:
    if _is_of_hidden(row, about):
        return _Told(Rule.BESIDE)
    return _Told(Rule.TEST, _digits(row["value"]))


def _p(place: Any, row: _Row, about: _Analysis) -> _Told:
    if _is_of_hidden(row, about):
        return _Told(Rule.BESIDE)
    return _Told(Rule.TEST, float(half_up(row["value"], P_DECIMALS)))


def _is_of_hidden(row: _Row, about: _Analysis) -> bool:
    """Tell whether a test or a model is of groups of which a count is hidden, or none is known."""
    keys = ["group", "variable", *(["variable_level"] if row["variable_level"] else [])]
    counts = about.places(row, *keys, statistics=_COUNTS)
    return not len(counts) or about.hides(counts)


def _digits(value: float) -> float:
    """Give a number with so many significant digits.

    >>> _digits(0.1234), _digits(57.4), _digits(178376.0)
    (0.12, 57.0, 180000.0)
    """
    if value == 0 or not math.isfinite(value):
        return value
    size = 10.0 ** (math.floor(math.log10(abs(value))) + 1 - DIGITS)
    # Divided, or multiplied, by a whole power of ten: 0.1 has no exact double.
    return (
        float(half_up(value / size, 0) * half_up(size, 0))
        if size >= 1
        else float(half_up(value, round(-math.log10(size))))
    )


_HOW: Mapping[Statistic, Callable[[Any, _Row, _Analysis], _Told]] = {
    **dict.fromkeys(_DECLARED, _declared),
    **dict.fromkeys((*_COUNTS, *_TOTALS, Statistic.AT_RISK), _count),
    **dict.fromkeys(_OF_COUNTS, _of_count),
    **dict.fromkeys(_MEDIANS, _median),
    **dict.fromkeys(_EXTREMES, _extreme),
    **dict.fromkeys(_MODELS, _model),
    **dict.fromkeys(_TESTS, _p),
}


# Which counts must not be seen --------------------------------------------------------------------


def _hidden(rows: pd.DataFrame, rules: RuleSet) -> dict[Any, Rule]:
    """Give the rows of counts that must not be seen, by their place, and why."""
    found: dict[Any, Rule] = {}
    of_patients = rows["unit"].eq(_EVERYBODY)
    counts = rows[rows["statistic"].isin([s.value for s in _COUNTS]) & of_patients]
    # The patients of groups part those who are compared; other counts are of the row's patients.
    of_groups = (counts["statistic"] == Statistic.N) & (counts["group"] != "")
    families = [
        (counts[~of_groups], ["group", "group_level", "variable", "statistic"]),
        (counts[of_groups], ["group", "variable", "statistic"]),
    ]
    for some, by in families:
        for _, family in some.groupby(by, sort=False):
            values = [int(value) for value in family["value"]]
            total = int(family["n"].max()) if family["n"].notna().any() else sum(values)
            if of_groups[family.index].all():
                total = sum(values)
            everybody = family["variable"].eq(_EVERYBODY).all() or (
                family["statistic"].eq(Statistic.N).all() and family["group"].eq("").all()
            )
            unseen = (
                [value <= rules.suppress_up_to for value in values]
                if everybody
                else suppressed(values, total, rules)
            )
            found |= dict.fromkeys(family.index[unseen], Rule.SMALL)
    small = rows["value"] <= rules.suppress_up_to
    of_total = rows["statistic"].isin([*(s.value for s in _TOTALS), Statistic.AT_RISK.value])
    # Of what is not patients, such as irradiated foci, there is no complement.
    of_total |= rows["statistic"].eq(Statistic.COUNT) & ~of_patients
    found |= dict.fromkeys(rows.index[of_total & small], Rule.SMALL)
    # Of patients who are too few to be counted nothing is counted.
    few = rows["n"].le(rules.suppress_up_to).fillna(False).astype(bool)
    for place in rows.index[few & rows["statistic"].isin([s.value for s in _COUNTS])]:
        found.setdefault(place, Rule.SMALL)
    return _with_groups(found, rows)


def _with_groups(found: dict[Any, Rule], rows: pd.DataFrame) -> dict[Any, Rule]:
    """Hide the events of groups whose number of patients is hidden."""
    patients = rows[(rows["statistic"] == Statistic.N) & (rows["group"] != "")]
    for place in set(patients.index) & set(found):
        same = np.logical_and.reduce(
            [rows[name] == rows[name][place] for name in ("group", "group_level", "variable")]
        )
        for other in rows.index[same & (rows["statistic"] == Statistic.EVENTS)]:
            found.setdefault(other, Rule.BESIDE)
    return found


# Texts --------------------------------------------------------------------------------------------


def _without_texts(
    kept: Sequence[_Row], study: Study, withheld: list[tuple[str, Rule, str]]
) -> Iterable[_Row]:
    """Leave out rows that name what only few patients have, in a text of the data."""
    for row in kept:
        if row["status"] == SUPPRESSED and not _is_declared(row, study):
            withheld.append((row["analysis_id"], Rule.TEXT, row["statistic"]))
        else:
            yield row


def _is_declared(row: _Row, study: Study) -> bool:
    """Tell whether the words of a row are those of the study, and no text of the data."""
    if row["analysis_id"].startswith(toxicity.ANALYSIS):
        named = {group.name for group in study.event_groups}
        named |= {events.name for events in study.named_events}
        name = row["variable"]
        return name in {*named, toxicity.ANY_EVENT} or is_term(name)
    levels = [(row["variable"], row["variable_level"])]
    if study.has_factor(row["group"]):
        levels.append((study.factor(row["group"]).variable.name, row["group_level"]))
    elif row["group"] and row["group"] != "criterion":
        levels.append((row["group"], row["group_level"]))
    return all(_is_level(study, name, level) for name, level in levels)


def _is_level(study: Study, variable: str, level: str) -> bool:
    """Tell whether a level is declared, or tells nothing by itself: yes, a cut, a score."""
    known = level in study.variable(variable).levels or level in ("", YES, NO)
    short = level.isdigit() and len(level) < _TELLING
    return known or short or bool(Cut.read(level)) or level in _RESPONSE_LEVELS


# Numbers of so many digits may be those of patients.
_TELLING = 4
_RESPONSE_LEVELS = frozenset({"CR", "PR", "SD", "PD", "NE", "ORR", "DCR"})


# Curves -------------------------------------------------------------------------------------------


def _curves(cohort: Cohort, kept: Sequence[_Row], rules: RuleSet) -> list[_Row]:
    """Give the curve of each endpoint, and of the groups of factors whose curves are asked for.

    With the rates read off them. Of late entries, and from a landmark, there is no rule.
    """
    parameters, study = cohort.parameters, cohort.study
    rows: list[_Row] = []
    chosen = {study.factor(name).key: study.factor(name).column for name in parameters.curves_of}
    if study.arm is not None:
        chosen[study.arm.variable.name] = study.arm.variable.name
    groups: dict[tuple[str, str, str], bool] = {}
    for row in kept:
        if row["statistic"] not in (Statistic.EVENTS, Statistic.N):
            continue
        if (row["analysis_id"] == "survival" and not row["group"]) or row["group"] in chosen:
            key = (row["group"], row["group_level"], row["variable"])
            groups[key] = groups.get(key, True) and row["status"] == RELEASED
    for (group, level, endpoint), seen in groups.items():
        times = cohort.times(endpoint)
        if group:
            times = times_by(cohort, chosen[group], endpoint)
            times = times[times["level"] == level]
        ruled = "start" not in times and not (group and parameters.landmark_months)
        few = len(times) <= rules.suppress_up_to
        key_of = {
            "group": group, "group_level": level, "variable": endpoint, "unit": "%",
            "n": None if few else rounded(len(times), rules),
        }  # fmt: skip
        at_risk = _at_risk(times, key_of, seen and ruled, rules, parameters)
        # A curve ends with the last number at risk that may be seen.
        seen_at = [int(row["variable_level"]) for row in at_risk if row["status"] == RELEASED]
        stood = stand_ins(times, rules, max(seen_at)) if seen_at else pd.DataFrame()
        estimated = None if stood.empty else curve(stood, parameters)
        if estimated is not None:
            rows += _points(estimated, key_of)
        if group:
            rows += at_risk
        else:
            rows += _rates(estimated, key_of | {"analysis_id": "survival"}, parameters)
    return rows


def _points(estimated: pd.DataFrame, key: _Row) -> list[_Row]:
    return [
        {**key, "analysis_id": CURVE, "variable_level": str(round(point["days"] / DAYS_PER_MONTH)),
         "statistic": statistic.value, "value": float(half_up(100 * point[column], 1)),
         "status": RELEASED, "rule": Rule.MIDPOINT.value}
        for point in records(estimated)
        for statistic, column in (
            (Statistic.SURVIVAL, "survival"),
            (Statistic.SURVIVAL_LOWER, "lower"),
            (Statistic.SURVIVAL_UPPER, "upper"),
        )
        if not math.isnan(point[column])
    ]  # fmt: skip


def _at_risk(
    times: pd.DataFrame, key: _Row, seen: bool, rules: RuleSet, parameters: Parameters
) -> list[_Row]:
    if times.empty:
        return []
    months = at_risk_months(parameters)
    rows = []
    for month, count in zip(months, numbers_at_risk(curve(times, parameters), months), strict=True):
        shown = seen and count > rules.suppress_up_to
        rows.append(
            {
                **key,
                "analysis_id": CURVE,
                "variable_level": str(month),
                "statistic": Statistic.AT_RISK.value,
                "unit": "patients",
                "value": rounded(count, rules) if shown else float("nan"),
                "status": RELEASED if shown else SUPPRESSED,
                "rule": (Rule.ROUNDED if shown else Rule.SMALL).value,
            }
        )
    return rows


def _rates(estimated: pd.DataFrame | None, key: _Row, parameters: Parameters) -> list[_Row]:
    rows = []
    for month in parameters.rate_months:
        day = month * DAYS_PER_MONTH
        within = estimated is not None and day <= estimated["days"].iloc[-1]
        found = rate(estimated, day) if within and estimated is not None else NO_ESTIMATE
        for statistic, value in zip(
            (Statistic.RATE, *Statistic.RATE.limits),
            (found.value, found.lower, found.upper),
            strict=True,
        ):
            why = Rule.MIDPOINT if within else Rule.SMALL if estimated is not None else Rule.BESIDE
            rows.append(
                {
                    **key,
                    "variable_level": str(month),
                    "statistic": statistic.value,
                    "value": float("nan") if math.isnan(value) else float(half_up(100 * value, 1)),
                    "status": SUPPRESSED if math.isnan(value) else RELEASED,
                    "rule": why.value,
                }
            )
    return rows


def _summed_up(withheld: Iterable[tuple[str, Rule, str]]) -> pd.DataFrame:
    found: dict[tuple[str, str], list[str]] = {}
    for analysis, rule, statistic in withheld:
        names = found.setdefault((analysis, rule.value), [])
        if statistic not in names:
            names.append(statistic)
    return pd.DataFrame(
        [
            {"analysis_id": analysis, "rule": rule, "statistics": ", ".join(names)}
            for (analysis, rule), names in found.items()
        ],
        columns=["analysis_id", "rule", "statistics"],
    )
