"""Page 10: whether a synthetic cohort looks like patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.display.figures.calendar import calendar
from analysis.display.figures.distribution import distributions
from analysis.display.figures.drawing import Drawing
from analysis.display.tables import Table, journal
from analysis.estimates import drawn
from analysis.estimates.rows import pick
from analysis.study.keys import NO, YES
from analysis.study.months import months

# Beside the figures of other pages, which follow the parameters of the report.
ANALYSIS = "plausibility_histogram"


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


def estimates(cohort: Cohort, sizes: Mapping[str, float], endpoints: Sequence[str]) -> pd.DataFrame:
    """Give what the figures of this page say.

    `sizes` has the widths of the bars of quantities, `endpoints` those whose times are drawn.
    """
    marker = cohort.study.marker
    levels = {} if marker is None else dict.fromkeys((marker.before, marker.after))
    return pd.concat(
        [
            drawn.histograms(cohort, levels, ANALYSIS, log=True),
            drawn.histograms(cohort, {**drawn.AGES, **sizes}, ANALYSIS),
            drawn.of_regimens(cohort),
            drawn.of_dates(cohort),
            drawn.histograms_of_times(cohort, endpoints, 3.0, ANALYSIS),
        ]
    )


def marker_distribution(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw the distributions of the marker before and after treatment, on a logarithmic axis.

    `said` is what figures say, here and below (`estimates`).
    """
    marker = cohort.study.marker
    if marker is None or not cohort.records(marker.before, marker.after):
        return None
    columns = {
        f"{marker.words} {when}": (
            cohort.patients[name],
            pick(said, analysis_id=ANALYSIS, variable=name),
        )
        for when, name in (("before", marker.before), ("after", marker.after))
    }
    return distributions(columns, unit=marker.unit, decimals=None, log=True)


def sizes(cohort: Cohort, said: pd.DataFrame, name: str) -> Drawing | None:
    """Draw the distribution of a quantity of size."""
    if not cohort.records(name):
        return None
    variable = cohort.study.variable(name)
    return distributions(
        {
            variable.words: (
                cohort.patients[name],
                pick(said, analysis_id=ANALYSIS, variable=name),
            )
        },
        unit=variable.unit,
        decimals=1,
        width_mm=85,
    )


def dates(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw enrolment by month, and the days of the week of visits and deaths."""
    if not cohort.records("enrolment_date", "last_contact_date"):
        return None
    return calendar(
        pick(said, analysis_id=drawn.CALENDAR),
        {
            "death_date": "Deaths",
            "progression_date": "Progression",
            "last_imaging_date": "Last imaging",
            "last_contact_date": "Last contact (living)",
            "time_zero": "Treatment start",
        },
    )


def follow_up_times(cohort: Cohort, said: pd.DataFrame, endpoint: str) -> Drawing | None:
    """Draw when an endpoint was reached, and until when the others were followed."""
    if endpoint not in cohort.endpoints():
        return None
    times = cohort.times(endpoint)
    lengths, event = times["days"].map(months), times["event"]
    told = pick(said, analysis_id=ANALYSIS, variable=endpoint)
    return distributions(
        {
            f"{endpoint}, events": (lengths[event], pick(told, group_level=YES)),
            f"{endpoint}, censored": (lengths[~event], pick(told, group_level=NO)),
        },
        unit="months",
        summary=False,
    )
