"""What an article leaves open: of each hazard ratio, what was attained and what is proved.

Attained is what exact cohorts have, those of an ensemble and the witnesses that were pushed down
and up. Proved is outside of what no cohort can be. What was attained lies within what is proved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates.rows import KEY, pick
from analysis.estimates.spread import MEMBER
from analysis.study.keys import NO, YES, Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis.bounds import curve, means
from analysis.synthesis.bounds.form import CurveProved, Proved
from analysis.synthesis.bounds.run import INFINITE, Interval, intervals
from analysis.synthesis.targets import MissingClaim, Targets

ANALYSIS = "prognosis"
# A ratio is determined when what was attained differs by less than this, the second digit.
SECOND_DIGIT = 0.1
_RATIOS = [Statistic.HAZARD_RATIO.value, Statistic.HR_LOWER.value, Statistic.HR_UPPER.value]


class Openness(StrEnum):
    """How much the attained range leaves open, most settled first."""

    DETERMINED = "determined"
    DIRECTION = "direction only"
    SIZE = "size only"
    OPEN = "open"
    # One cohort alone says nothing of the others.
    UNKNOWN = "not known"


class Violation(ValueError):
    """Something was attained outside of what is proved: one of the two is wrong."""


def hazard_ratios(
    own: pd.DataFrame,
    members: pd.DataFrame,
    witnesses: pd.DataFrame,
    proved: Sequence[Proved],
    targets: Targets,
    confidence: float = 0.95,
    exact: bool = True,
) -> pd.DataFrame:
    """Give one row a hazard ratio of two groups that the article compares.

    Parameters
    ----------
    own
        Estimates of the cohort of the report.
    members, witnesses
        Estimates of cohorts, with `MEMBER`; none has no rows.
    proved
        Bounds; those on given days are of the cohort of the report.
    exact
        Whether the cohort of the report has the printed numbers. If not, it is none of those by
        which something was attained, and nothing is proved of it.

    Returns
    -------
    DataFrame
        In the order of `own`:

        - `factor`, `endpoint` (keys), `n_yes`, `n_no`, `events_yes`, `events_no`;
        - `ratio`, `lower`, `upper`: of the cohort, with its confidence limits;
        - `cohorts` (int): how many members, `above_1`: of how many the ratio is above 1;
        - `attained`: stretches of ratios, apart where 1 lies between (list of pairs);
        - `any_days`, `own_days`: stretches that are proved; None where nothing was asked;
        - `openness`: of the attained; unknown without members;
        - `log_ratio`, `error`: natural logarithm of the ratio of the cohort, its standard error;
          `log_ratio_low`, `log_ratio_high`, `error_low`, `error_high`: as attained;
        - `usual_log_ratio`, `usual_error`: from the printed p value, the events and the sizes of
          the groups, the sign from the medians (nan where they are alike).

    Raises
    ------
    Violation
        When a ratio was attained that is proved to be impossible.

    References
    ----------
    Parmar MK, Torri V, Stewart L. Stat Med 1998;17:2815-34. Tierney JF and others. Trials
    2007;8:16.
    """
    bounds = {
        (each.question.factor, each.question.endpoint, bool(each.question.days)): intervals(each)
        for each in proved
    }
    z = float(stats.norm.isf((1 - confidence) / 2))
    of_members, of_witnesses = _ratios(members, z), _ratios(witnesses, z)
    mine = pick(own, analysis_id=ANALYSIS, group_level="", variable_level="")
    mine = mine[mine["statistic"] == Statistic.HAZARD_RATIO]
    rows = []
    for factor, endpoint in zip(mine["group"], mine["variable"], strict=True):
        here = pick(own, analysis_id=ANALYSIS, group=factor, variable=endpoint)
        whole = {
            (level, statistic): float(value)
            for level, statistic, value in zip(
                here["group_level"], here["statistic"], here["value"], strict=True
            )
        }
        ratio, lower, upper = (whole.get(("", name), math.nan) for name in _RATIOS)
        found = pd.concat(
            [_of(of_members, factor, endpoint), _of(of_witnesses, factor, endpoint)],
            ignore_index=True,
        )
        values = [*found["ratio"].dropna(), *([ratio] if exact and ratio > 0 else [])]
        attained = _by_side(values)
        any_days = bounds.get((factor, endpoint, False))
        own_days = bounds.get((factor, endpoint, True))
        _see(factor, endpoint, values, any_days)
        _see(factor, endpoint, [ratio] if exact else [], own_days)
        error = _error(lower, upper, z)
        of_others = list(found["error"].dropna())
        errors = [*of_others, *([error] if exact or not of_others else [])]
        sizes = [whole.get((level, Statistic.N.value), math.nan) for level in (YES, NO)]
        events = [whole.get((level, Statistic.EVENTS.value), math.nan) for level in (YES, NO)]
        usual = _usual(targets, factor, endpoint, (sizes[0], sizes[1]), sum(events))
        ours = _of(of_members, factor, endpoint)["ratio"].dropna()
        rows.append(
            {
                "factor": factor,
                "endpoint": endpoint,
                "n_yes": sizes[0],
                "n_no": sizes[1],
                "events_yes": events[0],
                "events_no": events[1],
                "ratio": ratio,
                "lower": lower,
                "upper": upper,
                "cohorts": len(ours),
                "above_1": int((ours > 1).sum()),
                "attained": attained,
                "any_days": any_days,
                "own_days": own_days,
                "openness": openness(attained) if len(ours) else Openness.UNKNOWN,
                "log_ratio": math.log(ratio) if ratio > 0 else math.nan,
                "error": error,
                "log_ratio_low": math.log(min(values)) if values else math.nan,
                "log_ratio_high": math.log(max(values)) if values else math.nan,
                "error_low": min(errors),
                "error_high": max(errors),
                "usual_log_ratio": usual[0],
                "usual_error": usual[1],
            }
        )
    return pd.DataFrame(rows)


def openness(attained: Sequence[Interval]) -> Openness:
    """Say how much stretches of ratios leave open.

    A ratio below 1 is turned round, so that 0.61 and 0.64 lie as far apart as 1.56 and 1.64.

    >>> openness([(1.64, 1.67)]), openness([(1.64, 2.1)]), openness([(0.71, 0.73), (1.35, 1.4)])
    (<Openness.DETERMINED: 'determined'>, <Openness.DIRECTION: 'direction only'>, \
<Openness.SIZE: 'size only'>)
    """
    turned = [(1 / high, 1 / low) if high < 1 else (low, high) for low, high in attained]
    narrow = all(high - low < SECOND_DIGIT for low, high in turned)
    if len(attained) == 1:
        low, high = attained[0]
        if narrow:
            return Openness.DETERMINED
        return Openness.DIRECTION if low > 1 or high < 1 else Openness.OPEN
    return Openness.SIZE if narrow else Openness.OPEN


def others(
    own: pd.DataFrame,
    members: pd.DataFrame,
    witnesses: pd.DataFrame,
    named: pd.DataFrame,
    exact: bool = True,
) -> pd.DataFrame:
    """Give what was attained of the other statistics that witnesses were pushed for.

    Parameters
    ----------
    own
        Estimates of the cohort of the report, of each set of parameters that `named` has, in a
        column `parameters` ("" for the report's).
    members, witnesses
        Likewise, with `MEMBER`.
    named
        The witnesses: name, `KEY`, parameters, direction, value.
    exact
        Whether the cohort of the report has the printed numbers, and so attains something.

    Returns
    -------
    DataFrame
        One row a statistic, in the order of `named`: `KEY`, parameters, `value` of the cohort,
        `low` and `high` attained, the names of the witnesses (`lowest`, `highest`; "" where a
        member reaches farther), and `cohorts`.
    """
    rows = []
    tables = [_values(table) for table in (own, members, witnesses)]
    for (parameters, *key), of_it in named.fillna("").groupby(["parameters", *KEY], sort=False):
        about = dict(zip(KEY, map(str, key), strict=True)) | {"parameters": str(parameters)}
        mine, ours, theirs = (table.get(tuple(about.values()), []) for table in tables)
        ends = {
            str(direction): (float(value), str(name))
            for direction, value, name in zip(
                of_it["direction"], of_it["value"], of_it["name"], strict=True
            )
        }
        everything = [
            *(mine if exact else ()),
            *ours,
            *theirs,
            *(value for value, _ in ends.values()),
        ]
        low, high = min(everything), max(everything)
        rows.append(
            about
            | {
                "value": mine[0] if mine else math.nan,
                "low": low,
                "high": high,
                "lowest": _who(ends.get("min"), low),
                "highest": _who(ends.get("max"), high),
                "cohorts": len(ours),
            }
        )
    columns = [*KEY, "parameters", "value", "low", "high", "lowest", "highest", "cohorts"]
    return pd.DataFrame(rows, columns=columns)


def _values(table: pd.DataFrame) -> dict[tuple[str, ...], list[float]]:
    """Give the values of a table, without those that are not known, by `KEY` and parameters."""
    found: dict[tuple[str, ...], list[float]] = {}
    if table.empty:
        return found
    known = table.dropna(subset="value")
    keys = known[[*KEY, "parameters"]].itertuples(index=False, name=None)
    for key, value in zip(keys, known["value"], strict=True):
        found.setdefault(key, []).append(float(value))
    return found


def with_limits(
    others: pd.DataFrame, proved: Sequence[Proved], curves: pd.DataFrame
) -> pd.DataFrame:
    """Put the limits that are proved beside what was attained.

    Rates have those of curves, differences of restricted means those of the medians of both groups;
    of all else nothing is proved.

    Returns
    -------
    `others` with `proved_low` and `proved_high`, nan for none.

    Raises
    ------
    Violation
        When something was attained outside.
    """
    points = {
        (each.question.factor, each.question.endpoint): each.question.points
        for each in proved
        if not each.question.days
    }
    rates = {
        (row["endpoint"], row["month"]): (row["survival low"], row["survival high"])
        for row in curves.to_dict("records")
    }
    limits = []
    for row in others.to_dict("records"):
        found = (math.nan, math.nan)
        if row["statistic"] == Statistic.RATE and row["group"] == "":
            found = rates.get((row["variable"], float(row["variable_level"])), found)
        elif row["statistic"] == Statistic.RMST_DIFFERENCE:
            known = points.get((row["group"], row["variable"]))
            if known is not None:
                days = float(row["variable_level"]) * DAYS_PER_MONTH
                low, high = means.difference(known, days)
                found = (low / DAYS_PER_MONTH, high / DAYS_PER_MONTH)
        if row["low"] < found[0] or row["high"] > found[1]:
            raise Violation(
                f"{row['group']} {row['variable']}, {row['statistic']}: {row['low']:.4f} to "
                f"{row['high']:.4f} was attained outside of what is proved."
            )
        limits.append(found)
    return others.assign(
        proved_low=[low for low, _ in limits], proved_high=[high for _, high in limits]
    )


def curves(proved: Sequence[CurveProved]) -> pd.DataFrame:
    """Give the limits of curves at months: one row an endpoint and month.

    Returns
    -------
    DataFrame
        `endpoint`, `month`, and for `survival` (per cent), `events` (until the month) and `at risk`
        (just before it) the columns `… low` and `… high`; nan where there is no limit.
    """
    found: dict[tuple[str, float], dict[str, float]] = {}
    ends = {"at least": "low", "at most": "high"}
    for each in proved:
        bound = each.bound
        row = found.setdefault((each.question.endpoint, bound.month), {})
        row[f"{bound.what} {ends[bound.side]}"] = bound.value
    columns = [f"{what} {end}" for what in curve.ASKED for end in ends.values()]
    order = list(dict.fromkeys(endpoint for endpoint, _ in found))
    rows = [
        {"endpoint": endpoint, "month": month} | limits
        for (endpoint, month), limits in sorted(
            found.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]
    return pd.DataFrame(rows, columns=["endpoint", "month", *columns])


def _who(end: tuple[float, str] | None, reached: float) -> str:
    return end[1] if end is not None and math.isclose(end[0], reached, rel_tol=1e-9) else ""


def _ratios(estimates: pd.DataFrame, z: float) -> dict[tuple[str, str], pd.DataFrame]:
    """Give ratio and standard error of each cohort, by factor and endpoint."""
    if estimates.empty:
        return {}
    chosen = pick(estimates, analysis_id=ANALYSIS, group_level="", variable_level="")
    chosen = chosen[chosen["statistic"].isin(_RATIOS)]
    wide = chosen.pivot_table(
        index=["group", "variable", MEMBER], columns="statistic", values="value", sort=False
    ).reindex(columns=_RATIOS)
    wide.columns = pd.Index(["ratio", "lower", "upper"])
    with np.errstate(divide="ignore", invalid="ignore"):
        wide["error"] = (np.log(wide["upper"]) - np.log(wide["lower"])) / (2 * z)
    return {
        (str(factor), str(endpoint)): rows.reset_index(drop=True)
        for (factor, endpoint), rows in wide.groupby(level=["group", "variable"], sort=False)
    }


def _of(ratios: Mapping[tuple[str, str], pd.DataFrame], factor: str, endpoint: str) -> pd.DataFrame:
    nobody = pd.DataFrame({"ratio": [], "error": []}, dtype=float)
    return ratios.get((factor, endpoint), nobody)[["ratio", "error"]]


def _by_side(values: Sequence[float]) -> list[Interval]:
    """Give the stretches of values below 1 and from 1 on; one where all are alike."""
    if values and max(values) - min(values) < SECOND_DIGIT:
        return [(min(values), max(values))]
    below = [value for value in values if value < 1]
    above = [value for value in values if value >= 1]
    return [(min(side), max(side)) for side in (below, above) if side]


def _see(
    factor: str, endpoint: str, values: Sequence[float], proved: Sequence[Interval] | None
) -> None:
    if proved is None:
        return
    for value in values:
        if not math.isnan(value) and not any(low <= value <= high for low, high in proved):
            raise Violation(
                f"{factor}, {endpoint}: a hazard ratio of {value:.4f} was attained outside of what "
                "is proved."
            )


def _error(lower: float, upper: float, z: float) -> float:
    if not (lower > 0 and upper < INFINITE):
        return math.nan
    return (math.log(upper) - math.log(lower)) / (2 * z)


def _usual(
    targets: Targets, factor: str, endpoint: str, sizes: tuple[float, float], events: float
) -> tuple[float, float]:
    """Give log hazard ratio and standard error from p, events and sizes of the groups."""
    try:
        p = targets.printed("prognosis", endpoint, "p_value", "", factor)
        medians = [
            targets.printed("prognosis", endpoint, "median", "", factor, level).value
            for level in (YES, NO)
        ]
    except MissingClaim:
        return math.nan, math.nan
    variance = events * sizes[0] * sizes[1] / (sizes[0] + sizes[1]) ** 2
    if not variance > 0:
        return math.nan, math.nan
    z = float(stats.norm.isf(p.value / 2))
    # Whose median is shorter has the greater hazard.
    sign = math.nan if medians[0] == medians[1] else math.copysign(1.0, medians[1] - medians[0])
    return sign * z / math.sqrt(variance), 1 / math.sqrt(variance)
