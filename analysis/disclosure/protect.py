"""The estimates of a cohort as they may leave: rounded, suppressed or not there, by rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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
from analysis.study.keys import Statistic
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
_EXTREMES = {Statistic.MIN: 0.25, Statistic.MAX: 0.75}
QUARTILES = {Statistic.MIN: Statistic.LOWER_QUARTILE, Statistic.MAX: Statistic.UPPER_QUARTILE}
_RATES = frozenset({Statistic.RATE, Statistic.RATE_LOWER, Statistic.RATE_UPPER})
# Of groups whose patients and events are all seen.
_MODELS = frozenset({Statistic.HAZARD_RATIO, Statistic.HR_LOWER, Statistic.HR_UPPER})
_TESTS = frozenset({Statistic.P_VALUE, Statistic.HR_P, Statistic.PROPORTIONALITY_P})

# An extract of a table, and what became of each of its rows.
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


def _analysis(
    rows: pd.DataFrame, cohort: Cohort, rules: RuleSet
) -> tuple[list[_Row], list[tuple[Rule, str]]]:
    hidden = _hidden(rows, rules)
    kept: list[_Row] = []
    left: list[tuple[Rule, str]] = []
    columns = ["group", "group_level", "variable", "variable_level"]
    counted = {
        tuple(row[name] for name in columns): row
        for row in records(rows[rows["statistic"] == Statistic.COUNT])
    }
    for place, row in zip(rows.index, records(rows), strict=True):
        statistic = Statistic(row["statistic"])
        n: int | None = None if pd.isna(row["n"]) else int(row["n"])
        small_n = n is not None and n <= rules.suppress_up_to
        shown_n = None if n is None or small_n else rounded(n, rules)
        one = {name: row[name] for name in KEY} | {
            "value": float("nan"), "unit": row["unit"], "n": shown_n, "status": SUPPRESSED,
        }  # fmt: skip

        def keep(value: float, rule: Rule, one: _Row = one, **other: Any) -> None:
            status = NOT_REACHED if math.isnan(value) else RELEASED
            kept.append(one | {"value": value, "status": status, "rule": rule.value} | other)

        def hide(rule: Rule, one: _Row = one, **other: Any) -> None:
            kept.append(one | {"rule": rule.value} | other)

        if statistic in _DECLARED:
            keep(row["value"], Rule.DECLARED)
        elif statistic in _COUNTS | _TOTALS | {Statistic.AT_RISK}:
            if rule := hidden.get(place):
                hide(rule)
            else:
                keep(rounded(int(row["value"]), rules), Rule.ROUNDED)
        elif statistic in _OF_COUNTS:
            count = counted.get(tuple(row[name] for name in columns))
            if count is None or n is None:
                left.append((Rule.NO_RULE, statistic.value))
            elif small_n or hidden.get(_place_of(rows, count)):
                hide(Rule.BESIDE)
            else:
                keep(_of_count(statistic, count, n, rules, cohort.parameters), Rule.PERCENT)
        elif statistic in _MEDIANS:
            _median(row, rows, hidden, rules, keep, hide)
        elif statistic in _EXTREMES:
            values = _values(cohort, row)
            if values is None:
                left.append((Rule.NO_RULE, statistic.value))
            elif len(values) < least_for_quartile(rules):
                hide(Rule.FEW, statistic=QUARTILES[statistic].value)
            else:
                quartile = float(np.quantile(values, _EXTREMES[statistic]))
                keep(_digits(quartile), Rule.QUARTILE, statistic=QUARTILES[statistic].value)
        elif statistic in _RATES:
            # Read off the curve that may be seen, below.
            continue
        elif statistic in _MODELS | _TESTS:
            if _beside_hidden(row, rows, hidden):
                hide(Rule.BESIDE)
            elif statistic in _MODELS:
                keep(_digits(row["value"]), Rule.TEST)
            else:
                keep(float(half_up(row["value"], P_DECIMALS)), Rule.TEST)
        else:
            left.append((Rule.NO_RULE, statistic.value))
    return kept, left


def _place_of(rows: pd.DataFrame, count: _Row) -> Any:
    same = np.logical_and.reduce([rows[name] == count[name] for name in KEY])
    return rows.index[same][0]


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


def _of_count(
    statistic: Statistic, count: _Row, n: int, rules: RuleSet, parameters: Parameters
) -> float:
    shown, total = rounded(int(count["value"]), rules), rounded(n, rules)
    shown = min(shown, total)
    if statistic == Statistic.PERCENT:
        return float(half_up(100 * shown / total, 1))
    lower, upper = proportion_limits(shown, total, parameters)
    limit = lower if statistic == Statistic.CI_LOWER else upper
    return float(half_up(100 * limit, 1))


def _median(
    row: _Row,
    rows: pd.DataFrame,
    hidden: dict[Any, Rule],
    rules: RuleSet,
    keep: Callable[..., None],
    hide: Callable[..., None],
) -> None:
    n: int = 0 if pd.isna(row["n"]) else int(row["n"])
    if n < least_for_median(rules):
        hide(Rule.FEW)
    elif row["unit"] != "months":
        keep(_digits(row["value"]), Rule.QUANTITY)
    else:
        same = np.logical_and.reduce(
            [rows[name] == row[name] for name in ("group", "group_level", "variable")]
        )
        of_events = rows.index[same & (rows["statistic"] == Statistic.EVENTS)]
        if any(place in hidden for place in of_events):
            hide(Rule.BESIDE)
        else:
            keep(_to_half_months(row["value"]), Rule.TIME)


def _to_half_months(months: float) -> float:
    return months if math.isnan(months) else float(half_up(months / MONTHS_TO, 0)) * MONTHS_TO


def _digits(value: float) -> float:
    """Give a number with so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    place = DIGITS - 1 - math.floor(math.log10(abs(value)))
    return (
        float(half_up(value, place))
        if place >= 0
        else float(half_up(value / 10**-place, 0) * 10**-place)
    )


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


def _beside_hidden(row: _Row, rows: pd.DataFrame, hidden: dict[Any, Rule]) -> bool:
    """Tell whether a test or a model is of groups of which a count is hidden."""
    same = rows["variable"].eq(row["variable"]) & rows["group"].eq(row["group"])
    if row["variable_level"]:
        same &= rows["variable_level"].eq(row["variable_level"])
    counts = rows.index[same & rows["statistic"].isin([s.value for s in _COUNTS])]
    return not len(counts) or any(place in hidden for place in counts)


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
    level = row["variable_level"]
    if row["statistic"] not in {*_COUNTS, *_OF_COUNTS} or not level:
        return True
    levels = study.variable(row["variable"]).levels
    known = level in levels or level in ("yes", "no") or bool(Cut.read(level)) or level.isdigit()
    return known or level in _RESPONSE_LEVELS


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
