"""What Table 5 and the relapse curves take for granted, tested and drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.display import format as fmt
from analysis.display import labels
from analysis.display.figures.assumptions import (
    cumulative_incidence,
    schoenfeld_residuals,
    smooth_effect,
)
from analysis.display.figures.drawing import Drawing
from analysis.display.tables import Table, plain_table
from analysis.estimates import competing, hazards, survival
from analysis.estimates.factors import times_by
from analysis.estimates.rows import pick, value_of
from analysis.parameters import Parameters
from analysis.sensitivity.variants import Variant

_RELAPSES = {"IRFS": "In-field relapse", "ORFS": "Out-of-field relapse"}

# So many panels of residuals fill a page and can still be read.
MOST_PANELS = 6


def proportionality(estimates: pd.DataFrame, parameters: Parameters) -> Table | None:
    """Give p of the test of proportional hazards of every factor and endpoint.

    `estimates` are those of the base.
    """
    tests = pick(estimates, analysis_id="prognosis", statistic="proportionality_p")
    if tests.empty:
        return None
    endpoints = list(dict.fromkeys(tests["variable"]))
    rows = []
    for factor, name in labels.factors(parameters).items():
        one = pick(tests, group=factor).set_index("variable")
        if not one.empty:
            rows.append(
                {"Prognostic factor": name}
                | {
                    labels.endpoint(endpoint): fmt.p_value(one["value"].get(endpoint))
                    for endpoint in endpoints
                }
            )
    notes = [
        "p of the score test that the hazard ratio does not change with time (Grambsch and "
        f"Therneau 1994; 1 less Kaplan-Meier survival as the time scale). {fmt.MISSING}, not "
        "estimable."
    ]
    return plain_table(pd.DataFrame(rows), stub="Prognostic factor", notes=notes)


def residuals(
    cohort: Cohort, estimates: pd.DataFrame, parameters: Parameters, most: int = MOST_PANELS
) -> Drawing | None:
    """Draw the residuals of the factors whose test of proportional hazards has the smallest p."""
    tests = pick(estimates, analysis_id="prognosis", statistic="proportionality_p")
    tests = tests.dropna(subset="value").sort_values("value", kind="stable").head(most)
    panels, ratios, p_values = {}, {}, {}
    for test in tests.to_dict("records"):
        factor, endpoint = test["group"], test["variable"]
        found = hazards.schoenfeld(times_by(cohort, f"factor_{factor}", endpoint))
        if found.empty:
            continue
        title = f"{labels.factors(parameters)[factor]}, {endpoint}"
        panels[title] = (found, hazards.smoothed(found, parameters))
        ratios[title] = value_of(
            estimates,
            analysis_id="prognosis",
            group=factor,
            variable=endpoint,
            statistic="hazard_ratio",
            variable_level="",
        )
        p_values[title] = test["value"]
    if not panels:
        return None
    return schoenfeld_residuals(panels, ratios, p_values, confidence=parameters.confidence)


def afp(
    estimates: pd.DataFrame, variants: Sequence[Variant], parameters: Parameters
) -> Drawing | None:
    """Draw the hazard ratio along AFP, of the variant that changes nothing but `afp_model`.

    `estimates` are those of all variants. Without such a variant there is no curve.
    """
    names = [v.name for v in variants if dict(v.changes) == {"afp_model": "spline"}]
    rows = estimates[estimates["variant"].isin(names[:1])]
    rows = pick(rows, analysis_id="prognosis", group="afp_under_1000")
    rows = rows[rows["variable_level"] != ""]
    if rows.empty:
        return None
    panels = {}
    for endpoint, own in rows.groupby("variable", sort=False):
        wide = own.pivot(index="variable_level", columns="statistic", values="value").reset_index()
        columns = {"variable_level": "level", "hr_lower": "lower", "hr_upper": "upper"}
        panels[labels.endpoint(str(endpoint))] = wide.rename(columns=columns)[
            ["level", "hazard_ratio", "lower", "upper"]
        ]
    return smooth_effect(
        panels,
        xlabel="AFP (ng/mL)",
        reference=parameters.afp_cutoff,
        confidence=parameters.confidence,
    )


def incidence(cohort: Cohort, parameters: Parameters) -> Drawing | None:
    """Draw relapse and death without it, and what censoring the dead makes of relapse.

    Parameters
    ----------
    cohort
        Derived under `relapse_death` "competing", so that deaths without relapse are marked.
    """
    times = cohort.time_to_event
    panels = {}
    for endpoint, name in _RELAPSES.items():
        own = times[times["endpoint"] == endpoint]
        if own.empty or not own["competing"].any():
            continue
        cause = np.select(
            [own["event"], own["competing"]],
            [competing.RELAPSE, competing.DEATH],
            competing.CENSORED,
        )
        first = own.assign(cause=cause)[["days", "cause"]]
        alone = survival.curve(own.assign(competing=False), parameters)
        panels[name] = {
            "relapse, death competing": competing.incidence(first, competing.RELAPSE, parameters),
            "death without relapse": competing.incidence(first, competing.DEATH, parameters),
            "relapse, the dead censored (1 − Kaplan-Meier)": pd.DataFrame(
                {"days": alone["days"], "incidence": 1 - alone["survival"]}
            ),
        }
    if not panels:
        return None
    return cumulative_incidence(
        panels,
        last_month=parameters.figure_months,
        confidence=parameters.confidence,
        told_months=parameters.rate_months,
    )
