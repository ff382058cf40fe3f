"""Prognostic factors: medians by level, tests and hazard ratios, as the parameters choose them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.estimates import afp_spline, bootstrap, rmst
from analysis.estimates.factors import (
    ICI_REGIMEN,
    column_of,
    endpoints_of,
    factors_of,
    times_by,
)
from analysis.estimates.hazards import (
    NOT_ESTIMABLE,
    TOO_FEW_DAYS,
    HazardRatio,
    Intervals,
    cox,
    hazard_ratio,
    intervals_of,
    log_hazard_ratio,
    proportionality,
)
from analysis.estimates.landmark import (
    KNOWN_FROM,
    from_change,
    from_landmark,
    known_from,
    landmark_day,
)
from analysis.estimates.log_rank import Weighting, log_rank
from analysis.estimates.multiplicity import adjusted
from analysis.estimates.remembered import remembered
from analysis.estimates.rows import row, to_table
from analysis.estimates.survival import (
    DAYS_PER_MONTH,
    NO_ESTIMATE,
    curve,
    months,
    summary_rows,
)
from analysis.parameters import Parameters

ANALYSIS = "prognosis"
AFP = "afp_under_1000"
MODE = "concurrent"
ALL_FACTORS = "all_factors"

# What acts on times that are counted. Other parameters act through who is in, how patients are
# grouped and which days are counted, so that what does not change with them is not computed again.
# The first two change days too; they are here for the words of `survival.method_of`.
COUNTING = (
    "time_zero",
    "pfs_censoring",
    "ci_type",
    "confidence",
    "interval_source",
    "bootstrap_replicates",
    "bootstrap_seed",
    "landmark_months",
    "factor_test",
    "restricted_months",
)

WEIGHTINGS: dict[str, tuple[Weighting, str]] = {
    "log-rank": ("none", "log-rank test"),
    "Gehan-Wilcoxon": ("wilcoxon", "Gehan-Breslow-Wilcoxon test"),
    "Peto-Peto": ("peto", "Peto-Peto test"),
    "stratified log-rank": ("none", "log-rank test"),
    # Of patients who change group; there is no curve of a group, and no mean.
    "restricted mean": ("none", "log-rank test"),
}

ALIKE = "not estimable: all patients, or none, have the factor"

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Rows = list[dict[str, Any]]


def estimate(cohort: Cohort, parameters: Parameters) -> pd.DataFrame:
    """Estimate every prognostic factor of Table 5, and outcome by ICI regimen.

    Overall survival, and progression-free survival or, where that is not recorded,
    recurrence-free survival. Hazard ratios are of yes against no. The parameters of prognostic
    factors choose who is compared, by which test and in which model; the column `method` says so.

    Returns
    -------
    DataFrame
        The estimates table, `analysis_id` prognosis, `group` the factor. What a dataset does
        not record has no rows; what cannot be estimated is nan with a note. Besides the rows of
        every choice: with restricted means, `rmst` by level and `rmst_difference`; with all factors
        in one model, its patients, events and test of proportional hazards, `group` all_factors;
        with AFP as a spline, hazard ratios against `afp_cutoff`, `variable_level` the AFP in ng/mL.
    """
    factors, endpoints = factors_of(cohort), endpoints_of(cohort)
    together: Rows = []
    if parameters.factor_model != "univariate":
        together = [
            statistic
            for endpoint in endpoints
            for statistic in _together_rows(cohort, factors, endpoint, parameters)
        ]
    rows: Rows = []
    counting = Parameters(**parameters.model_dump(include=set(COUNTING)))
    for factor in factors:
        for endpoint in endpoints:
            times = compared_times(cohort, factor, endpoint, parameters)
            rows += _group_rows(times, factor, ("yes", "no"), endpoint, counting)
            if factor == AFP and parameters.afp_model == "spline":
                rows = [one for one in rows if not _is_of(one, factor, endpoint, "p_value")]
                rows += _spline_rows(times, cohort.patients["afp_before"], endpoint, parameters)
            elif together:
                rows += [one for one in together if _is_of(one, factor, endpoint)]
            else:
                rows += _ratio_rows(times, factor, endpoint, counting)
    if cohort.records(ICI_REGIMEN):
        levels = tuple(cohort.patients[ICI_REGIMEN].cat.categories)
        for endpoint in endpoints:
            times = compared_times(cohort, ICI_REGIMEN, endpoint, parameters)
            rows += _group_rows(times, ICI_REGIMEN, levels, endpoint, counting)
    rows += [one for one in together if one["group"] == ALL_FACTORS]
    return _adjusted(to_table(rows), factors, parameters)


def group_curves(
    cohort: Cohort, column: str, endpoint: str, parameters: Parameters
) -> dict[str, pd.DataFrame]:
    """Give the survival curve of each level of any categorical column of the patients.

    Returns
    -------
    dict
        Level to curve (see `survival.curve`), in the order of the levels, for levels that
        have patients with this endpoint; from the landmark, if there is one.

    Raises
    ------
    ValueError
        When the cohort has no such column or no such endpoint.
    """
    if not cohort.records(column):
        raise ValueError(f"{cohort.name} does not record {column!r}, so it has no curves by it.")
    if endpoint not in cohort.endpoints():
        raise ValueError(f"{cohort.name} has no endpoint {endpoint!r}.")
    times = compared_times(cohort, column.removeprefix("factor_"), endpoint, parameters)
    return {
        str(level): curve(group, parameters)
        for level, group in times.groupby("level", observed=True, sort=True)
    }


# Who is compared -------------------------------------------------------------------------------


def compared_times(
    cohort: Cohort, group: str, endpoint: str, parameters: Parameters
) -> pd.DataFrame:
    """Give the times by a factor, or by another column of the patients, that are compared.

    Returns
    -------
    DataFrame
        `patient_id`, `days`, `event` and `level`; with a landmark, of patients at risk at it, from
        it. `known` is the day on which a patient's level becomes known, where patients count from
        then on. A column for each stratum of a stratified test.
    """
    times = times_by(cohort, column_of(group), endpoint)
    if parameters.landmark_months:
        known = known_from(cohort, group).rename("known")
        day = landmark_day(parameters.landmark_months)
        times = from_landmark(times.join(known, on="patient_id"), day).drop(columns="known")
    if parameters.mode_over_time and _changes(cohort, group):
        times = times.join(known_from(cohort, group).rename("known"), on="patient_id")
    if parameters.factor_test == "stratified log-rank":
        strata = [name for name in parameters.strata if name != group]
        columns = [f"factor_{name}" for name in strata if cohort.records(f"factor_{name}")]
        times = times.join(cohort.patients[columns], on="patient_id")
    return times


def _changes(cohort: Cohort, group: str) -> bool:
    return group == MODE and cohort.records("time_zero", *KNOWN_FROM[MODE])


def _from(parameters: Parameters) -> str:
    months_ = parameters.landmark_months
    return f", from month {months_} (day {landmark_day(months_)})" if months_ else ""


# One factor ------------------------------------------------------------------------------------


@remembered
def _group_rows(
    times: pd.DataFrame, group: str, levels: Sequence[str], endpoint: str, parameters: Parameters
) -> Rows:
    """Give patients, events and medians by level, and the test of the factor."""
    said = _from(parameters) + (", by group in the end" if "known" in times else "")
    rows = [
        {**statistic, "method": statistic["method"] + said} if statistic["method"] else statistic
        for level in levels
        for statistic in summary_rows(
            times[times["level"] == level],
            endpoint,
            parameters,
            group=group,
            group_level=level,
            analysis_id=ANALYSIS,
        )
    ]
    if parameters.factor_test == "restricted mean" and "known" not in times:
        return rows + _mean_rows(times, group, levels, endpoint, parameters)
    return [*rows, _test_row(times, group, endpoint, parameters)]


def _test_row(
    times: pd.DataFrame, group: str, endpoint: str, parameters: Parameters
) -> dict[str, Any]:
    weighting, method = WEIGHTINGS[parameters.factor_test]
    strata = [str(name) for name in times if str(name).startswith("factor_")]
    if parameters.factor_test == "stratified log-rank":
        by = " and ".join(name.removeprefix("factor_") for name in strata)
        method += f", stratified by {by}" if by else ", no stratum recorded"
    if "known" in times:
        method += ", groups from the day of the second treatment (Mantel-Byar)"
    within = times.dropna(subset=strata)
    test = log_rank(from_change(within) if "known" in times else within, weighting, strata)
    return row(
        ANALYSIS,
        endpoint,
        "p_value",
        test.p_value,
        group=group,
        method=method + _from(parameters),
        n=len(within),
        note=test.note,
    )


def _mean_rows(
    times: pd.DataFrame, group: str, levels: Sequence[str], endpoint: str, parameters: Parameters
) -> Rows:
    """Give restricted means by level, and the test that they are the same."""
    month, rows = parameters.restricted_months, []
    found: dict[str, rmst.Mean] = {}
    keys: dict[str, Any] = {"group": group, "variable_level": month, "unit": "months"}
    for level in levels:
        of_level = times[times["level"] == level]
        mean = rmst.Mean(float("nan"), float("nan"))
        if not of_level.empty:
            mean = rmst.restricted_mean(curve(of_level, parameters), month * DAYS_PER_MONTH)
            found[level] = mean
        missing = "no patients" if of_level.empty else "beyond the last follow-up"
        rows += _mean_row_of(
            "rmst", mean, endpoint, parameters, missing, **keys, group_level=level, n=len(of_level)
        )
    missing = "no restricted mean of every group"
    if group != ICI_REGIMEN:
        apart = rmst.Mean(float("nan"), float("nan"))
        if len(found) == len(levels):
            apart = rmst.difference(found["yes"], found["no"])
        rows += _mean_row_of(
            "rmst_difference", apart, endpoint, parameters, missing, **keys, n=len(times)
        )
    p_value = rmst.equality(list(found.values())) if len(found) > 1 else float("nan")
    rows.append(
        row(
            ANALYSIS,
            endpoint,
            "p_value",
            p_value,
            group=group,
            method=f"test of restricted means at {month} months{_from(parameters)}",
            n=len(times),
            note=missing if np.isnan(p_value) else "",
        )
    )
    return rows


def _mean_row_of(
    statistic: str,
    mean: rmst.Mean,
    endpoint: str,
    parameters: Parameters,
    missing: str,
    **keys: Any,
) -> Rows:
    area = f"area below Kaplan-Meier curve{_from(parameters)}"
    limit = f"{area}, normal {100 * parameters.confidence:g}% interval"
    found = rmst.interval(mean, parameters)
    return [
        row(
            ANALYSIS,
            endpoint,
            statistic + suffix,
            months(days),
            method=method,
            note=missing if np.isnan(days) else "",
            **keys,
        )
        for suffix, days, method in (
            ("", found.value, area),
            ("_lower", found.lower, limit),
            ("_upper", found.upper, limit),
        )
    ]


@remembered
def _ratio_rows(times: pd.DataFrame, factor: str, endpoint: str, parameters: Parameters) -> Rows:
    """Give the hazard ratio of a factor alone, and the test that it is the same at all times."""
    pieces = from_change(times) if "known" in times else times
    found = hazard_ratio(pieces, "yes", parameters)
    method = "Cox regression, Efron ties"
    if "known" in times:
        method += ", from the day of the second treatment"

    samples = None
    if parameters.interval_source == "bootstrap" and not found.note:
        samples = _sampled_log_ratios(times, parameters)
    return _hazard_rows(
        found, factor, endpoint, method + _from(parameters), len(times), samples, parameters
    )


def _sampled_log_ratios(times: pd.DataFrame, parameters: Parameters) -> Numbers:
    """Give the log hazard ratios of bootstrap samples of patients, shape (samples,)."""
    patients = times.sort_values("patient_id", kind="stable").assign(place=range(len(times)))
    pieces = from_change(patients) if "known" in patients else patients

    def statistics(samples: Counts) -> Numbers:
        return np.array(
            [[log_hazard_ratio(pieces, "yes", counts[pieces["place"]])] for counts in samples]
        )

    once = np.ones(len(patients), dtype=np.int64)
    return bootstrap.replicates_by_count(once, statistics, parameters, n_jobs=None)[:, 0]


def _hazard_rows(
    found: HazardRatio,
    factor: str,
    endpoint: str,
    method: str,
    n: int,
    samples: Numbers | None,
    parameters: Parameters,
) -> Rows:
    lower, upper, limit, note = found.ratio.lower, found.ratio.upper, method, found.note
    if samples is not None:
        (low,), (high,) = bootstrap.percentiles(samples[:, np.newaxis], parameters)
        # Infinite where too many samples have all events in one group.
        lower, upper = (float(np.exp(end)) if np.isfinite(end) else np.nan for end in (low, high))
        limit = (
            f"{method}, {100 * parameters.confidence:g}% percentile interval of "
            f"{len(samples)} bootstrap samples"
        )
        left_out = int((~np.isfinite(samples)).sum())
        note = f"not estimable in {left_out} of {len(samples)} samples" if left_out else ""
    proportional = "score test of the factor with 1 - Kaplan-Meier" + _from(parameters)
    few = found.note or (TOO_FEW_DAYS if np.isnan(found.proportionality_p) else "")
    return [
        row(ANALYSIS, endpoint, statistic, value, group=factor, method=said, n=n, note=why)
        for statistic, value, said, why in (
            ("hazard_ratio", found.ratio.value, method, found.note),
            ("hr_lower", lower, limit, note),
            ("hr_upper", upper, limit, note),
            ("hr_p", found.p_value, method, found.note),
            ("proportionality_p", found.proportionality_p, proportional, few),
        )
    ]


# All factors together --------------------------------------------------------------------------


def _together_rows(
    cohort: Cohort, factors: Sequence[str], endpoint: str, parameters: Parameters
) -> Rows:
    """Give hazard ratios from one model of all factors, of patients in whom all are recorded."""
    complete, varied = _complete(cohort, factors, endpoint, parameters)
    ridge = parameters.penalty if parameters.factor_model == "penalised" else 0.0
    n, events = len(complete), int(complete["event"].sum())
    keys: dict[str, Any] = {"group": ALL_FACTORS, "n": n}
    rows = [
        row(ANALYSIS, endpoint, "n", n, unit="patients", **keys),
        row(ANALYSIS, endpoint, "events", events, unit="patients", **keys),
    ]
    method = f"Cox regression of {len(varied)} factors, Efron ties"
    if ridge:
        method += f", ridge penalty {ridge:g}"
    if "known" in complete:
        method += ", concurrent from the day of the second treatment"
    method += _from(parameters)
    follow_up = _covariates(complete, varied)
    fitted = cox(follow_up, ridge) if varied else None
    test = proportionality(follow_up, None if ridge else fitted)
    if varied:
        rows.append(row(ANALYSIS, endpoint, "events_per_factor", events / len(varied), **keys))
    no_test = "no test of a model with a penalty" if ridge else NOT_ESTIMABLE
    rows.append(
        row(
            ANALYSIS,
            endpoint,
            "proportionality_p",
            test.all,
            method="score test of all factors with 1 - Kaplan-Meier",
            note=no_test if np.isnan(test.all) else "",
            **keys,
        )
    )
    samples = None
    if parameters.interval_source == "bootstrap" and fitted is not None:

        def statistics(sample: pd.DataFrame) -> Numbers:
            again = cox(_covariates(sample, varied), ridge)
            return np.full(len(varied), np.nan) if again is None else again.coefficients

        samples = bootstrap.replicates(complete, statistics, parameters)
    for factor in factors:
        found = HazardRatio(NO_ESTIMATE, float("nan"), note=NOT_ESTIMABLE)
        place = varied.index(factor) if factor in varied else None
        if place is None:
            found = HazardRatio(NO_ESTIMATE, float("nan"), note=ALIKE)
        elif fitted is not None:
            found = HazardRatio(
                fitted.ratio(place, parameters), fitted.p_value(place), float(test.each[place])
            )
        of_factor = _hazard_rows(
            found,
            factor,
            endpoint,
            method,
            n,
            None if samples is None or place is None else samples[:, place],
            parameters,
        )
        if ridge and not found.note:
            of_factor[-1]["note"] = no_test
        rows += of_factor
    return rows


def _complete(
    cohort: Cohort, factors: Sequence[str], endpoint: str, parameters: Parameters
) -> tuple[pd.DataFrame, list[str]]:
    """Give the times of patients in whom all factors are recorded, and the factors that vary."""
    columns = [f"factor_{name}" for name in factors]
    times = cohort.time_to_event[cohort.time_to_event["endpoint"] == endpoint]
    times = times.join(cohort.patients[columns], on="patient_id").dropna(subset=columns)
    if parameters.landmark_months:
        known = pd.concat([known_from(cohort, name) for name in factors], axis=1).max(axis=1)
        day = landmark_day(parameters.landmark_months)
        times = from_landmark(times.join(known.rename("known"), on="patient_id"), day)
        times = times.drop(columns="known")
    if parameters.mode_over_time and MODE in factors and _changes(cohort, MODE):
        times = times.join(known_from(cohort, MODE).rename("known"), on="patient_id")
    # A factor that all have, or none, tells nothing apart.
    return times, [name for name in factors if times[f"factor_{name}"].nunique() > 1]


def _covariates(times: pd.DataFrame, factors: Sequence[str]) -> Intervals:
    if "known" in times:
        mode = f"factor_{MODE}"
        times = from_change(times.assign(level=times[mode]))
        times[mode] = times["level"]
    return intervals_of(
        times, pd.DataFrame({name: times[f"factor_{name}"].eq("yes") for name in factors})
    )


# AFP as it was measured ------------------------------------------------------------------------


def _spline_rows(
    times: pd.DataFrame, afp_before: pd.Series, endpoint: str, parameters: Parameters
) -> Rows:
    afp = times["patient_id"].map(afp_before).to_numpy(dtype=np.float64)
    reference = parameters.afp_cutoff
    keys: dict[str, Any] = {"group": AFP, "n": len(times)}
    method = "Cox regression on a natural cubic spline of log10 AFP (3 df), Efron ties"
    method += _from(parameters)
    found = afp_spline.spline(times, afp)
    missing = found if isinstance(found, str) else ""
    p_value, curved, proportional = (
        (float("nan"),) * 3
        if isinstance(found, str)
        else (found.p_value, found.nonlinearity_p, found.proportionality_p)
    )
    rows = [
        row(ANALYSIS, endpoint, statistic, value, method=f"{method}, {test}", note=missing, **keys)
        for statistic, value, test in (
            ("p_value", p_value, "likelihood-ratio test of no AFP"),
            ("nonlinearity_p", curved, "likelihood-ratio test of a straight line"),
            ("proportionality_p", proportional, "score test with 1 - Kaplan-Meier"),
        )
    ]
    rows += [
        row(
            ANALYSIS,
            endpoint,
            statistic,
            None,
            method=method,
            note=missing or "no one ratio: AFP is a spline",
            **keys,
        )
        for statistic in ("hazard_ratio", "hr_lower", "hr_upper", "hr_p")
    ]
    if isinstance(found, str):
        return rows
    for level in afp_spline.grid(afp):
        ratio = found.ratio(level, reference, parameters)
        rows += [
            row(
                ANALYSIS,
                endpoint,
                statistic,
                value,
                variable_level=f"{level:g}",
                method=f"{method}, against {reference:g} ng/mL",
                **keys,
            )
            for statistic, value in (
                ("hazard_ratio", ratio.value),
                ("hr_lower", ratio.lower),
                ("hr_upper", ratio.upper),
            )
        ]
    return rows


# All rows --------------------------------------------------------------------------------------


def _is_of(one: dict[str, Any], group: str, endpoint: str, statistic: str = "") -> bool:
    keys = (one["group"], one["variable"], statistic and one["statistic"])
    return keys == (group, endpoint, statistic)


def _adjusted(table: pd.DataFrame, factors: Sequence[str], parameters: Parameters) -> pd.DataFrame:
    """Adjust the tests of the factors, all endpoints as one family, for their number."""
    if parameters.p_adjustment == "none" or table.empty:
        return table
    table = table.copy()
    family = table["group"].isin(factors) & (table["statistic"] == "p_value")
    found = table.loc[family, "value"]
    said = f", {parameters.p_adjustment} adjustment for {int(found.notna().sum())} tests"
    table.loc[family, "value"] = adjusted(found, parameters.p_adjustment)
    table.loc[family, "method"] += said
    return table
