"""Page 05: adverse events by grade, and the severe ones one by one."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.display.figures.adverse_events import grades
from analysis.display.figures.drawing import Drawing
from analysis.display.format import british, fixed, thousands, with_unit
from analysis.display.tables import Table, case_variable, journal, number
from analysis.estimates.fatal_events import CASE
from analysis.estimates.rows import pick
from analysis.estimates.toxicity import ANALYSIS, ANY, ANY_EVENT, GRADES
from analysis.study.keys import Statistic
from analysis.study.study import Study

_GRADES = [str(grade) for grade in GRADES]


def method(cohort: Cohort) -> Markdown:
    """Say how adverse events are counted, as far as they are recorded."""
    graded = cohort.has("adverse_events.grade")
    once = (
        "Each patient counts once in a row, with the worst grade"
        if graded
        else "No grade is recorded: events of any grade are counted, each patient once in a row"
    )
    said = f"**Method.** {_CTCAE}. {once}"
    if cohort.study.event_groups:
        said += "; a row may hold several CTCAE terms"
    return Markdown(f"{said}. Percentages are of all patients.")


_CTCAE = "Common Terminology Criteria for Adverse Events (CTCAE) version 5.0"


def _graded(estimates: pd.DataFrame) -> pd.DataFrame:
    chosen = pick(estimates, analysis_id=ANALYSIS, group="")
    return _by_term(chosen[chosen["variable_level"].isin(_GRADES)])


def _by_term(chosen: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of terms; where no event happened, of which there is a term, that of any."""
    of_any = chosen["variable"] == ANY_EVENT
    if of_any.all() and not chosen["value"].any():
        return chosen
    return chosen[~of_any]


def _words(name: str, study: Study) -> str:
    return study.variable(name).words if name == ANY_EVENT else british(study.event(name))


def _of_any_grade(estimates: pd.DataFrame, study: Study) -> pd.DataFrame:
    chosen = pick(estimates, analysis_id=ANALYSIS, group="", variable_level=ANY)
    other = [events.name for events in study.named_events]
    return _by_term(chosen[~chosen["variable"].isin(other)])


def table_4(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 4: patients by adverse event and worst grade; of any, if none is recorded."""
    graded = _graded(estimates)
    levels = {grade: f"Grade {grade}" for grade in _GRADES}
    if graded.empty:
        graded, levels = _of_any_grade(estimates, study), {ANY: "Any grade"}
    if graded.empty:
        return None
    counts, shares = (
        pick(graded, statistic=statistic).pivot(
            index="variable", columns="variable_level", values="value"
        )
        for statistic in (Statistic.COUNT, Statistic.PERCENT)
    )
    rows = []
    spanners: dict[str, list[str]] = {}
    headings = {"event": "Adverse event"}
    for name in dict.fromkeys(graded["variable"]):
        cells = {"event": _words(name, study)}
        for level, words in levels.items():
            count, share = f"{words}: No.", f"{words}: %"
            cells[count] = thousands(counts.loc[name, level])
            cells[share] = fixed(shares.loc[name, level], 1)
            spanners[words] = [count, share]
            headings |= {count: "No.", share: "%"}
        rows.append(cells)
    worst = "Worst grade of each patient in each row"
    counted = "Any grade (none is recorded)" if ANY in levels else worst
    notes = [
        f"{counted}, CTCAE version 5.0; adverse events from any cause. %, of all patients "
        f"(N = {thousands(graded['n'].max())})."
    ]
    return journal(
        pd.DataFrame(rows), stub="event", headings=headings, spanners=spanners, notes=notes
    )


def figure(estimates: pd.DataFrame, study: Study) -> Drawing | None:
    """Draw patients by adverse event and worst grade."""
    chosen = pick(_graded(estimates), statistic=Statistic.COUNT)
    if chosen.empty:
        return None
    return grades(
        pd.DataFrame(
            {
                "label": [_words(name, study) for name in chosen["variable"]],
                "grade": chosen["variable_level"].astype(int),
                "count": chosen["value"].astype(int),
                "n": chosen["n"].astype(int),
            }
        )
    )


def grade_5_table(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give what is known of each patient with an event of grade 5; none is said in one row."""
    # Without grades, or terms, it is not known whether there was one.
    if pick(estimates, analysis_id=ANALYSIS, variable=ANY_EVENT, variable_level="5").empty:
        return None
    rows = []
    cases = estimates[estimates["analysis_id"].str.startswith(CASE)]
    for name, case in cases.groupby("analysis_id", sort=False):
        event = pick(case, variable="event")["variable_level"].iloc[0]
        heading = f"Case {str(name).removeprefix(CASE)}: {british(str(event))}"
        if case["variable"].eq("event").all():
            rows.append(
                {"case": heading, "Quantity": "Treatment and course", "Value": "not recorded"}
            )
        for entry in case[case["variable"] != "event"].to_dict("records"):
            months = entry["unit"] == "months"
            rows.append(
                {
                    "case": heading,
                    "Quantity": case_variable(entry["variable"], study),
                    "Value": entry["variable_level"]
                    or with_unit(number(entry["value"], 1 if months else None), entry["unit"]),
                }
            )
    if not rows:
        cells = pd.DataFrame({"Quantity": ["Events of grade 5"], "Value": ["none"]})
        return journal(cells, stub="Quantity", left=["Value"])
    notes = [
        "Events are CTCAE terms. Dose and fractions are those of the irradiated site with the "
        "highest EQD2; V with a number, the volume of the organ that had this dose in Gy or more. "
        "What is not recorded has no row."
    ]
    return journal(pd.DataFrame(rows), stub="Quantity", group="case", left=["Value"], notes=notes)
