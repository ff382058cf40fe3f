"""Page 10: whether a synthetic cohort looks like patients."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.display.figures.calendar import calendar
from analysis.display.figures.distribution import distributions
from analysis.display.figures.drawing import Drawing
from analysis.display.tables import Table, journal
from analysis.study.months import months


def rules_table(verdicts: pd.DataFrame) -> Table:
    """Give the rules of plausibility with their verdicts, by section.

    `verdicts` has one row a rule: section, name, sentence, breaches (how often it is broken),
    and the first of them in words.
    """
    said = zip(verdicts["breaches"], verdicts["first"], strict=True)
    cells = pd.DataFrame(
        {
            "section": verdicts["section"],
            "rule": verdicts["name"].str[:1].str.upper() + verdicts["name"].str[1:],
            "sentence": verdicts["sentence"],
            "verdict": [f"✗ broken {n} ×; {first}" if n else "✓ holds" for n, first in said],
        }
    )
    headings = {"rule": "Rule", "sentence": "What must hold", "verdict": "Verdict"}
    left = ("sentence", "verdict")
    return journal(cells, stub="rule", group="section", headings=headings, left=left)


def marker_distribution(cohort: Cohort) -> Drawing | None:
    """Draw the distributions of the marker before and after treatment, on a logarithmic axis."""
    marker = cohort.study.marker
    if marker is None or not cohort.records(marker.before, marker.after):
        return None
    columns = {
        f"{marker.words} before": cohort.patients[marker.before],
        f"{marker.words} after": cohort.patients[marker.after],
    }
    return distributions(columns, unit=marker.unit, decimals=None, log=True)


def sizes(cohort: Cohort, name: str) -> Drawing | None:
    """Draw the distribution of a quantity of size, in bins of two units."""
    if not cohort.records(name):
        return None
    variable = cohort.study.variable(name)
    return distributions(
        {variable.words: cohort.patients[name]},
        unit=variable.unit,
        bin_width=2,
        decimals=1,
        width_mm=85,
    )


def dates(cohort: Cohort) -> Drawing | None:
    """Draw enrolment by month, and the days of the week of visits and deaths."""
    if not cohort.records("enrolment_date", "last_contact_date"):
        return None
    patients = cohort.patients
    alive = patients["death_date"].isna()
    return calendar(
        patients["enrolment_date"],
        {
            "Deaths": patients["death_date"],
            "Progression": patients["progression_date"],
            "Last imaging": patients["last_imaging_date"],
            "Last contact (living)": patients["last_contact_date"].where(alive),
            "Treatment start": patients["time_zero"],
        },
    )


def follow_up_times(cohort: Cohort, endpoint: str) -> Drawing | None:
    """Draw when an endpoint was reached, and until when the others were followed."""
    if endpoint not in cohort.endpoints():
        return None
    times = cohort.times(endpoint)
    lengths, event = times["days"].map(months), times["event"]
    return distributions(
        {f"{endpoint}, events": lengths[event], f"{endpoint}, censored": lengths[~event]},
        unit="months",
        bin_width=3,
        summary=False,
    )
