"""What Table 5 and the relapse curves take for granted, tested and drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.display import format as fmt
from analysis.display.figures.assumptions import (
    cumulative_incidence,
    schoenfeld_residuals,
    smooth_effect,
)
from analysis.display.figures.drawing import Drawing
from analysis.display.tables import Table, plain_table
from analysis.estimates import competing, points
from analysis.estimates.rows import pick, value_of
from analysis.sensitivity.variants import Variant
from analysis.study.keys import Statistic
from analysis.study.study import Study
from analysis.study.variables import Factor

# So many panels of residuals fill a page and can still be read.
MOST_PANELS = 6


def proportionality(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give p of the test of proportional hazards of every factor and endpoint.

    `estimates` are those of the base.
    """
    tests = pick(estimates, analysis_id="prognosis", statistic=Statistic.PROPORTIONALITY_P)
    if tests.empty:
        return None
    endpoints = list(dict.fromkeys(tests["variable"]))
    rows = []
    for factor in study.factors:
        own = pick(tests, group=factor.key)
        for level, one in own.groupby("group_level", sort=False):
            values = one.set_index("variable")["value"]
            name = f"{factor.label}: {factor.group(str(level))}" if level else factor.label
            rows.append(
                {"Prognostic factor": name}
                | {study.endpoint(e).words: fmt.p_value(values.get(e)) for e in endpoints}
            )
    notes = [
        "p of the score test that the hazard ratio does not change with time (Grambsch and "
        f"Therneau 1994; 1 less Kaplan-Meier survival as the time scale). {fmt.MISSING}, not "
        "estimable."
    ]
    return plain_table(pd.DataFrame(rows), stub="Prognostic factor", notes=notes)


def least_proportional(
    estimates: pd.DataFrame, study: Study, most: int = MOST_PANELS
) -> list[tuple[Factor, str]]:
    """Give the factors of yes and no, and endpoints, whose tests have the smallest p."""
    tests = pick(
        estimates,
        analysis_id="prognosis",
        statistic=Statistic.PROPORTIONALITY_P,
        group_level="",
    )
    tests = tests[tests["group"].map(study.has_factor).astype(bool)]
    tests = tests.dropna(subset="value").sort_values("value", kind="stable").head(most)
    return [
        (study.factor(group), endpoint)
        for group, endpoint in zip(tests["group"], tests["variable"], strict=True)
    ]


def residuals(estimates: pd.DataFrame, drawn: pd.DataFrame, study: Study) -> Drawing | None:
    """Draw the residuals of some factors, with the smooth through them.

    `estimates` are those of the base, `drawn` what `estimates.points.residuals` gives.
    """
    panels, ratios, p_values = {}, {}, {}
    events = pick(drawn, analysis_id=points.RESIDUALS)
    smooths = pick(drawn, analysis_id=points.RESIDUALS_SMOOTHED)
    for (group, endpoint), own in events.groupby(["group", "variable"], sort=False):
        keys = {"analysis_id": "prognosis", "group": group, "variable": endpoint}
        title = f"{study.factor(str(group)).label}, {endpoint}"
        days = own["variable_level"].str.partition("/")[0].astype("float64")
        found = pd.DataFrame({"days": days, "residual": own["value"]}).reset_index(drop=True)
        smooth = pick(smooths, group=group, variable=endpoint)
        panels[title] = (found, _smoothed(smooth))
        ratios[title] = value_of(
            estimates, statistic=Statistic.HAZARD_RATIO, variable_level="", **keys
        )
        p_values[title] = value_of(
            estimates, statistic=Statistic.PROPORTIONALITY_P, variable_level="", **keys
        )
    if not panels:
        return None
    return schoenfeld_residuals(panels, ratios, p_values, confidence=study.chosen.confidence)


def _smoothed(rows: pd.DataFrame) -> pd.DataFrame:
    wide = rows.pivot(index="variable_level", columns="statistic", values="value")
    wide.index = wide.index.astype("float64")
    wide = wide.sort_index()
    names = {
        Statistic.LOG_HAZARD_RATIO: "log_hazard_ratio",
        Statistic.LOG_HAZARD_RATIO_LOWER: "lower",
        Statistic.LOG_HAZARD_RATIO_UPPER: "upper",
    }
    columns = {name: wide.get(str(statistic)) for statistic, name in names.items()}
    if wide.empty:
        return pd.DataFrame({name: [] for name in ("days", *names.values())}, dtype="float64")
    return pd.DataFrame({"days": wide.index, **columns}).reset_index(drop=True)


def spline(
    estimates: pd.DataFrame, variants: Sequence[Variant], factor: Factor, study: Study
) -> Drawing | None:
    """Draw the hazard ratio along a factor, of the variant that changes nothing but its model.

    `estimates` are those of all variants. Without such a variant there is no curve.
    """
    names = [v.name for v in variants if dict(v.changes) == {factor.spline: "spline"}]
    rows = estimates[estimates["variant"].isin(names[:1])]
    rows = pick(rows, analysis_id="prognosis", factor=factor.name)
    rows = rows[rows["variable_level"] != ""]
    if rows.empty or factor.cut is None:
        return None
    panels = {}
    for endpoint, own in rows.groupby("variable", sort=False):
        wide = own.pivot(index="variable_level", columns="statistic", values="value").reset_index()
        columns = {"variable_level": "level", "hr_lower": "lower", "hr_upper": "upper"}
        panels[study.endpoint(str(endpoint)).words] = wide.rename(columns=columns)[
            ["level", "hazard_ratio", "lower", "upper"]
        ]
    return smooth_effect(
        panels,
        xlabel=f"{factor.variable.words} ({factor.variable.unit})",
        reference=factor.cut.value,
        confidence=study.chosen.confidence,
    )


def incidence(drawn: pd.DataFrame, study: Study) -> Drawing | None:
    """Draw relapse and death without it, and what censoring the dead makes of relapse.

    `drawn` is what `estimates.points.incidences` gives of a cohort in which death competes.
    """
    rows = pick(drawn, analysis_id=points.INCIDENCE_CURVE)
    panels: dict[str, dict[str, pd.DataFrame]] = {}
    words = {
        competing.RELAPSE: "relapse, death competing",
        competing.DEATH: "death without relapse",
        competing.RELAPSE_ALONE: "relapse, the dead censored (1 − Kaplan-Meier)",
    }
    for endpoint, own in rows.groupby("variable", sort=False):
        event = study.endpoint(str(endpoint)).event_words
        panels[event[:1].upper() + event[1:]] = {
            words[str(cause)]: _incidence(of_cause)
            for cause, of_cause in own.groupby("group_level", sort=False)
        }
    if not panels:
        return None
    return cumulative_incidence(
        panels,
        last_month=study.chosen.axis[-1],
        confidence=study.chosen.confidence,
        told_months=study.chosen.rate_months,
    )


def _incidence(rows: pd.DataFrame) -> pd.DataFrame:
    wide = rows.pivot(index="variable_level", columns="statistic", values="value") / 100
    wide.index = wide.index.astype("float64")
    wide = wide.sort_index()
    found = pd.DataFrame({"days": wide.index, "incidence": wide[Statistic.INCIDENCE].to_numpy()})
    limits = wide[[Statistic.INCIDENCE_LOWER, Statistic.INCIDENCE_UPPER]]
    if limits.notna().any(axis=None):
        found["lower"], found["upper"] = (limits[name].to_numpy() for name in limits)
    return found
