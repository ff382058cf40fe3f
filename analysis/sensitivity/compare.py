"""Base against variants, cell by cell, and which conclusions change.

A cell is a point estimate with its limits. Every number here is a row of the estimates that
`run` gives, found again by its variant and key.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimates.rows import KEY
from analysis.estimates.sparse import WARNING, as_read
from analysis.sensitivity.variants import BASE
from analysis.study.keys import NOT_REACHED, Statistic

# The level that readers of the article go by; that of intervals is a parameter.
SIGNIFICANT = 0.05

# Tests of an effect. That of a Wald hazard ratio says what its interval says, and a test of
# proportional hazards is about a model: neither is a conclusion of its own.
TESTS = (Statistic.P_VALUE, Statistic.P_ASSOCIATION, Statistic.P_PAIRED)

# What cells are found by: a factor is the same wherever its cut lies.
SAME_CELL = [name if name != "group" else "factor" for name in KEY]

P_CROSSES = "p crosses 0.05"
INTERVAL_CROSSES = "interval crosses 1"
RANKING = "ranking changes"
NOT_ESTIMABLE = "not estimable"
NOW_ESTIMABLE = "now estimable"

# Sums in another order differ in their last digits and in nothing that anybody could report.
SAME = 1e-9

COLUMNS = [
    "variant",
    "factor",
    *KEY,
    "variant_group",
    "base",
    "base_lower",
    "base_upper",
    "value",
    "lower",
    "upper",
    "unit",
    "base_method",
    "method",
    "base_note",
    "note",
    "base_warning",
    "warning",
    "differs",
    "conclusion",
]

# What a changed conclusion is found by in another cohort.
CHANGED = ["variant", *SAME_CELL, "conclusion", "way"]

# The note of a side that lacks a cell: what only a variant has, such as the points of a curve of
# AFP, is another quantity and no conclusion that changed.
ABSENT = "none"

_WITH_LIMITS = (
    Statistic.PERCENT,
    Statistic.MEDIAN,
    Statistic.RATE,
    Statistic.RMST,
    Statistic.RMST_DIFFERENCE,
    Statistic.HAZARD_RATIO,
)
# A limit to its estimate, by side.
_ESTIMATE_OF = {
    side: {statistic.limits[place].value: statistic.value for statistic in _WITH_LIMITS}
    for place, side in enumerate(("lower", "upper"))
}

_NUMBERS = ["value", "lower", "upper"]

_Bools = npt.NDArray[np.bool_]


def cells(estimates: pd.DataFrame) -> pd.DataFrame:
    """Put limits beside their estimates.

    Parameters
    ----------
    estimates
        Columns `variant`, `factor` and `rows.COLUMNS`.

    Returns
    -------
    DataFrame
        One row a variant and point statistic, in the order of the estimates: `variant`,
        `SAME_CELL`, `group`, `value, lower, upper, unit, method, note, warning`; a limit that is
        not given is nan. The p value of a test of few events is the exact one.
    """
    estimates = as_read(estimates)
    statistics = estimates["statistic"]
    keys = ["variant", *SAME_CELL]
    limit = statistics.isin([name for names in _ESTIMATE_OF.values() for name in names])
    found = estimates.loc[~limit, [*keys, "group", "value", "unit", "method", "note", "warning"]]
    for side, names in _ESTIMATE_OF.items():
        own = statistics.isin(list(names))
        limits = estimates[own].assign(statistic=statistics[own].map(names))
        found = found.merge(
            limits[[*keys, "value"]].rename(columns={"value": side}), on=keys, how="left"
        )
    return found


def compare(estimates: pd.DataFrame) -> pd.DataFrame:
    """Set each cell of each variant against that of the base.

    Parameters
    ----------
    estimates
        Columns `variant`, `factor` and `rows.COLUMNS`, from `run.run`, with the base.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a variant and cell, in the order of the variants; cells that only a
        variant has follow those of the base. A cell is found by the factor, wherever its cut lies:
        `group` is its key in the base, `variant_group` in the variant. A side that lacks the cell
        has nan and the note "none". `differs`: the estimate or a limit is another number.
        `conclusion` is "" or what changes: a p value of `TESTS` crosses 0.05; the interval of a
        hazard ratio holds 1 in one and not in the other, neither being of few events; the medians
        of two levels change their order (on the row of the first level of the factor that is
        concerned); a p value or hazard ratio of the base has no value in the variant, or one that
        had none in the base has one.
    """
    found = cells(estimates).set_index(SAME_CELL)
    base = found[found["variant"] == BASE].drop(columns="variant")
    parts = [
        _beside(base, variant.drop(columns="variant")).assign(variant=name)
        for name, variant in found[found["variant"] != BASE].groupby("variant", sort=False)
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(parts, ignore_index=True)
    pairs = (("base", "value"), ("base_lower", "lower"), ("base_upper", "upper"))
    table["differs"] = np.any([~_same(table[old], table[new]) for old, new in pairs], axis=0)
    table["conclusion"] = _conclusion(table)
    table.loc[list(_reversals(table)), "conclusion"] = RANKING
    return table[COLUMNS]


def conclusions(comparison: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of a comparison in which a conclusion changes."""
    return comparison[comparison["conclusion"] != ""]


def askable(comparison: pd.DataFrame) -> pd.DataFrame:
    """Give the conclusions that could change: `variant` and `SAME_CELL`, each once.

    They are the tests and hazard ratios of the base, and the orders of medians, whose
    `group_level` is "" as in `changed`.
    """
    known = comparison["base_note"] != ABSENT
    medians = comparison["statistic"].eq(Statistic.MEDIAN) & comparison["group"].ne("")
    effects = comparison["statistic"].isin([*TESTS, Statistic.HAZARD_RATIO])
    found = comparison[known & (medians | effects)]
    level = found["group_level"].where(found["statistic"] != Statistic.MEDIAN, "")
    return found.assign(group_level=level)[["variant", *SAME_CELL]].astype(str).drop_duplicates()


def changed(comparison: pd.DataFrame) -> pd.DataFrame:
    """Give each conclusion that changes under what it is found by in another cohort.

    Returns
    -------
    DataFrame
        `CHANGED`, a row for each row of `conclusions`, on its index. An order is that of all
        levels of a factor: its `group_level` is "". `way` tells one side of the line from the
        other; of orders, and of what cannot be estimated on one side, it is "".
    """
    found = conclusions(comparison)
    kind = found["conclusion"]
    ways = np.select(
        [kind == P_CROSSES, kind == INTERVAL_CROSSES],
        [
            np.where(found["value"] < SIGNIFICANT, "below 0.05", "not below 0.05"),
            np.where(_excludes_1(found["lower"], found["upper"]), "without 1", "with 1"),
        ],
        default="",
    )
    level = found["group_level"].where(kind != RANKING, "")
    return found.assign(group_level=level, way=ways)[CHANGED].astype(str)


def specifications(estimates: pd.DataFrame) -> pd.DataFrame:
    """Give the effect of each prognostic factor under each variant, for specification curves.

    Returns
    -------
    DataFrame
        One row a variant (the base included), factor, level and endpoint: `variant, factor, level
        (of a factor that is no yes or no, against its reference), endpoint, hazard_ratio, lower,
        upper, p_value, method, test, note, sparse`; `method` is that of the hazard ratio, `test`
        that of the p value, `note` says why there is no hazard ratio, `sparse` (bool) that events
        are too few for its interval; the p value is the exact one then.
    """
    chosen = estimates[
        (estimates["analysis_id"] == "prognosis") & (estimates["variable_level"] == "")
    ]
    by = ["variant", "factor", "variable"]
    found = cells(chosen)
    ratios = found[found["statistic"] == Statistic.HAZARD_RATIO]
    tests = found[(found["statistic"] == Statistic.P_VALUE) & (found["group_level"] == "")]
    return (
        ratios.assign(sparse=few(ratios["warning"]))[
            [*by, "group_level", *_NUMBERS, "method", "note", "sparse"]
        ]
        .rename(columns={"value": "hazard_ratio", "group_level": "level"})
        .merge(
            tests[[*by, "value", "method"]].rename(columns={"value": "p_value", "method": "test"}),
            on=by,
            how="left",
            validate="many_to_one",
        )
        .rename(columns={"variable": "endpoint"})[
            [
                "variant",
                "factor",
                "level",
                "endpoint",
                "hazard_ratio",
                "lower",
                "upper",
                "p_value",
                "method",
                "test",
                "note",
                "sparse",
            ]
        ]
    )


def _beside(base: pd.DataFrame, variant: pd.DataFrame) -> pd.DataFrame:
    index = base.index.append(variant.index.difference(base.index, sort=False))
    old, new = base.reindex(index), variant.reindex(index)
    return pd.DataFrame(
        {
            "group": old["group"].fillna(new["group"]),
            "variant_group": new["group"].fillna(old["group"]),
            "base": old["value"],
            "base_lower": old["lower"],
            "base_upper": old["upper"],
            "value": new["value"],
            "lower": new["lower"],
            "upper": new["upper"],
            "unit": new["unit"].fillna(old["unit"]),
            "base_method": old["method"].fillna(""),
            "method": new["method"].fillna(""),
            "base_note": old["note"].fillna(ABSENT),
            "note": new["note"].fillna(ABSENT),
            "base_warning": old["warning"].fillna(""),
            "warning": new["warning"].fillna(""),
        },
        index=index,
    ).reset_index()


def _same(old: pd.Series, new: pd.Series) -> _Bools:
    return np.isclose(old, new, rtol=SAME, atol=0, equal_nan=True)


def _conclusion(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    is_test = table["statistic"].isin(TESTS)
    is_ratio = table["statistic"] == Statistic.HAZARD_RATIO
    effect = is_test | is_ratio
    before, now = table["base"].notna(), table["value"].notna()
    both = before & now
    significant = (table["base"] < SIGNIFICANT) != (table["value"] < SIGNIFICANT)
    excluding = _excludes_1(table["base_lower"], table["base_upper"]) != _excludes_1(
        table["lower"], table["upper"]
    )
    limited = table[["base_lower", "base_upper", "lower", "upper"]].notna().all(axis=1)
    # Of few events an interval is an approximation that cannot carry a conclusion.
    limited &= ~(few(table["base_warning"]) | few(table["warning"]))
    return np.select(
        [
            effect & before & ~now,
            effect & ~before & now & (table["base_note"] != ABSENT),
            is_test & both & significant,
            is_ratio & both & limited & excluding,
        ],
        [NOT_ESTIMABLE, NOW_ESTIMABLE, P_CROSSES, INTERVAL_CROSSES],
        default="",
    ).astype(object)


def few(warnings: pd.Series) -> pd.Series:
    """Tell which warnings say that events were too few for an approximation."""
    return warnings.fillna("").str.contains(WARNING, regex=False)


def _excludes_1(lower: pd.Series, upper: pd.Series) -> pd.Series:
    return (lower > 1) | (upper < 1)


def _reversals(table: pd.DataFrame) -> Iterator[int]:
    """Give, for factors of which two levels change places, the row of the first such level.

    A median that is not reached ranks above all others. One that does not exist for another
    reason ranks nowhere, and levels that become equal have not changed places.
    """
    medians = table[(table["statistic"] == Statistic.MEDIAN) & (table["group"] != "")]
    ranked = pd.DataFrame(
        {
            "base": medians["base"].mask(medians["base_note"] == NOT_REACHED, np.inf),
            "value": medians["value"].mask(medians["note"] == NOT_REACHED, np.inf),
        }
    ).dropna()
    keys = ("variant", "analysis_id", "factor", "variable")
    by = [medians.loc[ranked.index, key] for key in keys]
    for _, levels in ranked.groupby(by, sort=False):
        for (first, one), (_, other) in combinations(levels.iterrows(), 2):
            before = np.sign(_step(one["base"], other["base"]))
            after = np.sign(_step(one["value"], other["value"]))
            if before * after < 0:
                yield int(str(first))
                break


def _step(one: float, other: float) -> float:
    # Infinite less infinite is nothing: both are not reached.
    return 0.0 if one == other else one - other
