"""This cohort beside earlier trials: the article's Supplementary Table 1, rebuilt."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.display.figures.comparators import median_survival
from analysis.display.figures.drawing import Drawing
from analysis.display.format import MISSING, fixed
from analysis.display.tables import Table, plain_table
from analysis.estimates.rows import pick

_NUMBERS = {
    "orr_pct": "ORR, %",
    "dcr_pct": "DCR, %",
    "median_pfs_months": "Median PFS, months",
    "median_os_months": "Median OS, months",
    "grade3plus_ae_pct": "AEs grade ≥ 3, %",
}


def with_this_cohort(trials: pd.DataFrame, cohort: Cohort, estimates: pd.DataFrame) -> pd.DataFrame:
    """Put rows of this cohort, one a response criterion, above those of earlier trials.

    Values are estimates of the cohort; what it does not record stays missing. The columns are
    those of `article.comparators`, with `this_study` and limits of the medians.
    """
    survival = pick(estimates, analysis_id="survival", group="", variable_level="")
    response = pick(estimates, analysis_id="response", variable="response_overall")
    toxicity = pick(estimates, analysis_id="adverse_events", variable="any_event")
    shared = {
        "trial": "This cohort",
        "arm": cohort.title,
        "data_cut": "",
        "this_study": True,
        "median_pfs_months": _one(survival, variable="PFS", statistic="median"),
        "pfs_lower": _one(survival, variable="PFS", statistic="median_lower"),
        "pfs_upper": _one(survival, variable="PFS", statistic="median_upper"),
        "median_os_months": _one(survival, variable="OS", statistic="median"),
        "os_lower": _one(survival, variable="OS", statistic="median_lower"),
        "os_upper": _one(survival, variable="OS", statistic="median_upper"),
        "grade3plus_ae_pct": _one(toxicity, variable_level=">=3", statistic="percent"),
        "ae_basis": "any cause" if not toxicity.empty else None,
    }
    criteria = [name for name in dict.fromkeys(response["group_level"]) if name]
    ours = [
        shared
        | {
            "criterion": criterion,
            "orr_pct": _rate(response, criterion, "ORR"),
            "dcr_pct": _rate(response, criterion, "DCR"),
        }
        for criterion in criteria or [None]
    ]
    # Medians and adverse events do not depend on the criterion: they stand in the first row.
    for later in ours[1:]:
        for name in later:
            if name.startswith(("median", "pfs", "os", "grade", "ae_")):
                later[name] = None
    earlier = trials.assign(this_study=False)
    return pd.concat([pd.DataFrame(ours), earlier], ignore_index=True)


def _rate(response: pd.DataFrame, criterion: str | None, level: str) -> float:
    return _one(response, group_level=criterion, variable_level=level, statistic="percent")


def _one(rows: pd.DataFrame, **keys: object) -> float:
    chosen = pick(rows, **keys)
    return float(chosen["value"].iloc[0]) if len(chosen) == 1 else float("nan")


def trials_table(trials: pd.DataFrame) -> Table:
    """Give the comparison as a table; what a source does not report is left open."""
    cells = pd.DataFrame(
        {
            "Trial": trials["trial"],
            "Arm": trials["arm"],
            "Criterion": trials["criterion"].fillna(MISSING),
            "Data cut": trials["data_cut"].fillna("").replace("", MISSING),
            **{
                heading: [fixed(value, 1) for value in trials[column]]
                for column, heading in _NUMBERS.items()
            },
            "AE basis": trials["ae_basis"].fillna(MISSING),
            "Source": trials["source"].fillna("the estimates of this report"),
        }
    )
    notes = [
        "AE, adverse event; DCR, disease control rate; ORR, objective response rate; OS, overall "
        "survival; PFS, progression-free survival. A dash: not reported by the source.",
        "Trials differ in line of therapy, criteria and follow-up: a comparison of this kind "
        "describes, it does not test.",
    ]
    text = ["Arm", "Criterion", "Data cut", "AE basis", "Source"]
    return plain_table(cells, stub="Trial", notes=notes, left=text)


def method() -> Markdown:
    """Say where the comparison comes from."""
    return Markdown(
        "**Method.** The article's comparison (Supplementary Table 1) is not public. It is rebuilt "
        "here from the publications of the trials that the article names, with the response "
        "criterion and the data cut of each figure; what a source does not report is left open."
    )


def figure(trials: pd.DataFrame) -> Drawing:
    """Draw median PFS and OS of earlier trials with those of this cohort."""
    return median_survival(trials)
