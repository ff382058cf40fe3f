"""Page 05: adverse events by grade, and the grave ones one by one."""

from __future__ import annotations

import pandas as pd

from analysis.display.figures.adverse_events import grades
from analysis.display.figures.drawing import Drawing
from analysis.display.format import fixed, thousands, with_unit
from analysis.display.tables import Table, case_variable, journal, number
from analysis.estimates.fatal_events import CASE
from analysis.estimates.rows import pick
from analysis.estimates.toxicity import ANALYSIS, ANY_EVENT, GRADES
from analysis.study.keys import Statistic
from analysis.study.study import Study

_GRADES = [str(grade) for grade in GRADES]


def _graded(estimates: pd.DataFrame) -> pd.DataFrame:
    chosen = pick(estimates, analysis_id=ANALYSIS, group="")
    return chosen[chosen["variable_level"].isin(_GRADES) & (chosen["variable"] != ANY_EVENT)]


def table_4(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 4: patients by adverse event and worst grade."""
    graded = _graded(estimates)
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
        cells = {"event": study.event(name)}
        for grade in _GRADES:
            count, share = f"Grade {grade}: No.", f"Grade {grade}: %"
            cells[count] = thousands(counts.loc[name, grade])
            cells[share] = fixed(shares.loc[name, grade], 1)
            spanners[f"Grade {grade}"] = [count, share]
            headings |= {count: "No.", share: "%"}
        rows.append(cells)
    notes = [
        f"Worst grade a patient and row, CTCAE version 5.0; adverse events from any cause. %, of "
        f"all patients (N = {thousands(graded['n'].max())})."
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
                "label": chosen["variable"].map(study.event),
                "grade": chosen["variable_level"].astype(int),
                "count": chosen["value"].astype(int),
                "n": chosen["n"].astype(int),
            }
        )
    )


def grade_5_table(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give what is known of each patient with an event of grade 5; none is said in one row."""
    if pick(estimates, analysis_id=ANALYSIS).empty:
        return None
    rows = []
    cases = estimates[estimates["analysis_id"].str.startswith(CASE)]
    for name, case in cases.groupby("analysis_id", sort=False):
        event = pick(case, variable="event")["variable_level"].iloc[0]
        heading = f"Case {str(name).removeprefix(CASE)}: {event}"
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
