"""Who was left out of an endpoint, and why, in a line below what is shown of it."""

from __future__ import annotations

import pandas as pd

from analysis.cohort import at_risk
from analysis.display.format import listed
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic
from analysis.study.parameters import zero_words
from analysis.study.study import Study


def not_at_risk(estimates: pd.DataFrame, study: Study) -> list[str]:
    """Say how many were left out of each endpoint, and why; nothing where nobody was."""
    chosen = pick(estimates, analysis_id="survival", statistic=Statistic.EXCLUDED)
    said = []
    for name in dict.fromkeys(chosen["variable"]):
        of_endpoint = pick(chosen, variable=name)
        words = _reasons(name, study)
        reasons = [
            f"{count:.0f} {words[reason]}"
            for reason, count in zip(
                of_endpoint["variable_level"], of_endpoint["value"], strict=True
            )
        ]
        said.append(f"{name}, {listed(reasons)}")
    if not said:
        return []
    return [f"Patients left out: {'; '.join(said)}."]


def _reasons(endpoint: str, study: Study) -> dict[str, str]:
    declared = study.endpoint(endpoint)
    # What stands in for the first treatment, where that is not recorded, is said in the method.
    chosen = study.chosen.time_zero != "first treatment"
    zero = zero_words(study.chosen) if chosen else "time zero"
    zero = date_words(declared.time_zero) if declared.time_zero else zero
    censored = date_words(declared.censored_at(study.chosen))
    entry = f"the {study.chosen.delayed_entry}"
    return {
        at_risk.NO_TIME_ZERO: f"without a date of {zero}",
        at_risk.NO_END: f"without the event and without a date of {censored}",
        at_risk.NO_TIME: "without a recorded time or event",
        at_risk.EVENT_BEFORE: f"with the event before {zero}",
        at_risk.OBSERVED_BEFORE: f"last observed before {zero}",
        at_risk.NO_ENTRY: f"without a date of {entry}",
        at_risk.EVENT_BEFORE_ENTRY: f"with the event by {entry}",
        at_risk.OBSERVED_BEFORE_ENTRY: f"last observed by {entry}",
    }


def date_words(column: str) -> str:
    """Give a column of dates as words: 'last contact'."""
    return column.removesuffix("_date").replace("_", " ")
