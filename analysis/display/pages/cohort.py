"""Page 01: who is in, and Table 1."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.display.figures.distribution import distributions
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.flow import flow_diagram
from analysis.display.tables import Table, counts_table
from analysis.estimates import drawn
from analysis.estimates.rows import pick
from analysis.study.study import Study


def eligibility_method(cohort: Cohort) -> Markdown:
    """Say how patients were chosen for the analysis."""
    assessed = cohort.screening[cohort.screening["assessed"].astype(bool)]
    if not cohort.study.criteria or assessed.empty:
        return Markdown(
            "**Method.** All patients of the dataset are analysed; no criterion is applied to them."
        )
    said = (
        "**Method.** The criteria are applied one after another; a patient is counted at the first "
        "criterion that is not met. A criterion that the dataset has no record for excludes nobody "
        "and is greyed. A dataset that holds only patients who were enrolled shows no exclusions."
    )
    if "population" in set(assessed["name"]):
        said += " A part of the patients was asked for; that is a step of its own at the end."
    return Markdown(said)


def flow(cohort: Cohort) -> Drawing | None:
    """Draw who was screened, who was left out by which criterion, and who is analysed."""
    return None if cohort.screening.empty else flow_diagram(cohort.screening)


def ages(cohort: Cohort, said: pd.DataFrame, analysis_id: str = drawn.HISTOGRAM) -> Drawing | None:
    """Draw the distribution of age; `said` is what the figure says (`estimates.drawn`)."""
    if not cohort.records("age_years"):
        return None
    years = cohort.patients["age_years"].astype("float64")
    told = pick(said, analysis_id=analysis_id, variable="age_years")
    return distributions({"Age": (years, told)}, unit="years", decimals=None, width_mm=85)


def table_1(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 1: characteristics of the patients."""
    chosen = pick(estimates, analysis_id="characteristics")
    return counts_table(chosen, study.table_1, study, "Characteristic")
