"""Every table once more by arm, with tests of their differences and standardised differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, kruskal, mannwhitneyu

from analysis.cohort.model import Cohort
from analysis.cohort.schema import REGION_VARIABLES
from analysis.estimates import (
    characteristics,
    marker,
    prognosis,
    response,
    survival,
    toxicity,
    treatment,
)
from analysis.estimates.intervals import fisher_p
from analysis.estimates.rows import COLUMNS, row, to_table
from analysis.study.keys import Statistic
from analysis.study.limits import limits
from analysis.study.parameters import Parameters
from analysis.study.variables import Grouped
from analysis.study.variables import Row as TableRow

# Between the names of two groupings, and between their levels, where rows have two.
AND = " & "
# Below this in any cell the chi-square of a table is an approximation that may not hold
# (Cochran WG. Biometrics 1954;10:417-51).
LEAST_EXPECTED = 5

Part = Callable[[Cohort, Parameters], pd.DataFrame]
Rows = list[dict[str, Any]]

PARTS: tuple[Part, ...] = (
    characteristics.estimate,
    treatment.estimate,
    response.estimate,
    marker.estimate,
    survival.estimate,
    toxicity.estimate,
    prognosis.estimate,
)


def estimate(
    cohort: Cohort, parameters: Parameters, parts: tuple[Part, ...] = PARTS
) -> pd.DataFrame:
    """Give the estimates of some analyses for the patients of each arm, and their comparison.

    Returns
    -------
    DataFrame
        The estimates table. `group` is the arm's variable, joined by `AND` with the grouping that a
        row has already, and `group_level` likewise; without a level, the p value of the
        comparison of all arms; `smd` stands under the arm that is held against the first. No rows
        without an arm.
    """
    arm = cohort.study.arm
    if arm is None:
        return to_table([], estimate)
    groups = cohort.patients[arm.variable.name]
    found = []
    for level in arm.levels:
        of_arm = cohort.of(cohort.patients.index[(groups == level).fillna(False).astype(bool)])
        if of_arm.patients.empty:
            continue
        for part in parts:
            rows = part(of_arm, parameters)
            # By arm within an arm there is nothing to compare.
            rows = rows[rows["group"] != arm.variable.name]
            found.append(_under(rows, arm.variable.name, level))
    comparison = to_table(_comparisons(cohort, parameters, parts), estimate)
    found = [table for table in found if not table.empty]
    return pd.concat([*found, comparison], ignore_index=True)[COLUMNS]


def of_arm(estimates: pd.DataFrame, name: str, level: str) -> pd.DataFrame:
    """Give the estimates of one arm under the keys that those of all patients have."""
    own = estimates[
        (estimates["group"].eq(name) & estimates["group_level"].eq(level))
        | (
            estimates["group"].str.startswith(name + AND)
            & estimates["group_level"].str.startswith(level + AND)
        )
    ]
    return own.assign(
        group=own["group"].str.removeprefix(name).str.removeprefix(AND),
        group_level=own["group_level"].str.removeprefix(level).str.removeprefix(AND),
    )


def _under(rows: pd.DataFrame, name: str, level: str) -> pd.DataFrame:
    grouped = rows["group"] != ""
    return rows.assign(
        group=name + (AND + rows["group"]).where(grouped, ""),
        group_level=level + (AND + rows["group_level"]).where(grouped, ""),
    )


def _comparisons(cohort: Cohort, parameters: Parameters, parts: tuple[Part, ...]) -> Rows:
    study = cohort.study
    rows: Rows = []
    if characteristics.estimate in parts:
        for asked in (*study.table_1, *study.characteristics):
            rows += _compared(cohort, characteristics.ANALYSIS, asked, parameters)
    if treatment.estimate in parts:
        for asked in (*study.table_2, *study.treatment):
            rows += _compared(cohort, treatment.ANALYSIS, asked, parameters)
    if response.estimate in parts and cohort.has("assessments.criterion", "assessments.region"):
        rows += _responses(cohort, parameters)
    if toxicity.estimate in parts and cohort.has("adverse_events"):
        rows += _events(cohort, parameters)
    keys = set()
    once = []
    for one in rows:
        key = tuple(one[name] for name in ("analysis_id", "group", "group_level", "variable",
                                           "variable_level", "statistic"))  # fmt: skip
        if key not in keys:
            keys.add(key)
            once.append(one)
    return once


def _arms(cohort: Cohort) -> pd.Series:
    assert cohort.study.arm is not None
    return cohort.patients[cohort.study.arm.variable.name].dropna()


def _compared(cohort: Cohort, analysis: str, asked: TableRow, parameters: Parameters) -> Rows:
    """Give the test of one row of a table, and the standardised differences from the first arm."""
    patients, arms = cohort.patients, _arms(cohort)
    if asked.name not in patients or asked.name == arms.name:
        return []
    is_quantity = not isinstance(asked, Grouped) and asked.quantity
    values = asked.values(patients) if isinstance(asked, Grouped) else patients[asked.name]
    both = pd.DataFrame({"arm": arms.astype(str), "value": values.reindex(arms.index)}).dropna()
    levels = [level for level in arms.cat.categories if (both["arm"] == level).any()]
    if len(levels) < 2:
        return []
    # A cut belongs to what it compares: two cuts of one variable are two comparisons.
    cut = str(asked.cut) if isinstance(asked, Grouped) else ""
    why = "no spread in either arm"
    if is_quantity:
        numbers = both["value"].astype("float64")
        samples = [numbers[both["arm"] == level] for level in levels]
        p, method, note = _of_quantity(samples)
        apart = [smd_of_quantity(sample, samples[0]) for sample in samples[1:]]
        if limits(patients, asked.name).reindex(both.index).notna().any():
            # A mean of limits is none; their ranks are those of the limits.
            note = "; ".join(filter(None, (note, "limits are ranked as they stand")))
            apart, why = [float("nan")] * len(apart), "some values are limits"
    else:
        table = pd.crosstab(both["value"].astype(str), both["arm"])[levels]
        p, method, note = _of_counts(table.to_numpy(), parameters)
        apart = [smd_of_counts(table[level], table[levels[0]]) for level in levels[1:]]
    keys: dict[str, Any] = {"group": str(arms.name), "variable_level": cut, "n": len(both)}
    rows = [row(analysis, asked.name, Statistic.P_VALUE, p, method=method, note=note, **keys)]
    rows += [
        row(
            analysis,
            asked.name,
            Statistic.SMD,
            value,
            group_level=level,
            method=f"standardised difference from {levels[0]}",
            note="" if np.isfinite(value) else why,
            **keys,
        )
        for level, value in zip(levels[1:], apart, strict=True)
    ]
    return rows


def _of_quantity(samples: list[pd.Series]) -> tuple[float, str, str]:
    if len(pd.concat(samples).unique()) < 2:
        return float("nan"), "", "no test: everybody has the same value"
    if len(samples) == 2:
        found = mannwhitneyu(*samples, method="asymptotic")
        return float(found.pvalue), "Wilcoxon rank-sum test, with continuity correction", ""
    return float(kruskal(*samples).pvalue), "Kruskal-Wallis test", ""


def _of_counts(table: np.ndarray[Any, Any], parameters: Parameters) -> tuple[float, str, str]:
    """Compare arms in a table of counts: Fisher's test of two by two, else Pearson's."""
    if table.shape[0] < 2:
        return float("nan"), "", "no test: everybody is in one level"
    if table.shape == (2, 2) and parameters.table_test == "exact":
        return fisher_p(table), "Fisher exact test, two-sided", ""
    found = chi2_contingency(table, correction=False)
    few = float(found.expected_freq.min()) < LEAST_EXPECTED
    note = f"expected counts below {LEAST_EXPECTED}" if few else ""
    return float(found.pvalue), "Pearson chi-square test, without continuity correction", note


def smd_of_quantity(values: pd.Series, reference: pd.Series) -> float:
    """Give the standardised difference of two means.

    References
    ----------
    Austin PC. Stat Med 2009;28:3083-107: the difference over the root of the mean variance.
    """
    spread = (values.var() + reference.var()) / 2
    apart = float(values.mean() - reference.mean())
    if not spread > 0:
        return 0.0 if apart == 0 else float("nan")
    return apart / float(np.sqrt(spread))


def smd_of_counts(counts: pd.Series, reference: pd.Series) -> float:
    """Give the standardised difference of two distributions over levels, 0 or more.

    Of two levels it is the difference of proportions over the root of their mean variance.

    References
    ----------
    Yang D, Dalton JE. A unified approach to measuring the effect size between two groups using
    SAS. SAS Global Forum 2012, paper 335: Mahalanobis distance of the proportions of all levels
    but one.
    """
    one, other = (part.to_numpy(dtype=float)[1:] / part.sum() for part in (counts, reference))
    apart = one - other
    spread = sum(np.diag(shares) - np.outer(shares, shares) for shares in (one, other)) / 2
    if np.allclose(apart, 0):
        return 0.0
    if np.linalg.matrix_rank(spread) < len(apart):
        # A level that neither arm spreads over separates them wholly, if at all.
        inverse = np.linalg.pinv(spread, hermitian=True)
        if not np.allclose(spread @ inverse @ apart, apart):
            return float("nan")
        return float(np.sqrt(apart @ inverse @ apart))
    return float(np.sqrt(apart @ np.linalg.solve(spread, apart)))


def _two_rows(
    cohort: Cohort,
    analysis: str,
    variable: str,
    level: str,
    holds: pd.Series,
    parameters: Parameters,
    grouping: tuple[str, str] = ("", ""),
) -> Rows:
    """Compare the share of patients of whom something holds between the arms."""
    arms = _arms(cohort)
    known = holds.dropna().index.intersection(arms.index)
    table = pd.crosstab(holds.loc[known].astype(bool), arms.loc[known].astype(str))
    p, method, note = float("nan"), "", "no test: one arm alone"
    if table.shape[1] > 1:
        p, method, note = _of_counts(table.to_numpy(), parameters)
    group, group_level = grouping
    return [
        row(
            analysis,
            variable,
            Statistic.P_VALUE,
            p,
            variable_level=level,
            group=str(arms.name) + (AND + group if group else ""),
            group_level=group_level,
            method=method,
            note=note,
            n=len(known),
        )
    ]


def _responses(cohort: Cohort, parameters: Parameters) -> Rows:
    rows: Rows = []
    for region, variable in REGION_VARIABLES.items():
        best = response.responses(cohort, region)
        for criterion in best.columns:
            known = best[criterion].dropna()
            for level, members in response.SUMMARIES.items():
                rows += _two_rows(
                    cohort,
                    response.ANALYSIS,
                    variable,
                    level,
                    known.isin(members),
                    parameters,
                    ("criterion", str(criterion)),
                )
    return rows


def _events(cohort: Cohort, parameters: Parameters) -> Rows:
    worst = toxicity.worst_grades(cohort)
    columns = {str(term): worst[term] for term in worst}
    columns[toxicity.ANY_EVENT] = toxicity.worst_of_all(cohort)
    levels = (toxicity.ANY, ">=3") if cohort.has("adverse_events.grade") else (toxicity.ANY,)
    return [
        one
        for term, grades in columns.items()
        for level in levels
        for one in _two_rows(
            cohort, toxicity.ANALYSIS, term, level, toxicity.LEVELS[level](grades), parameters
        )
    ]
