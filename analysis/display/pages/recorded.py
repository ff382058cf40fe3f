"""What is not estimated and why, what stands in for it, and who is left out."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.cohort.summary import why_left_out
from analysis.display.format import escaped, patients, thousands
from analysis.estimates.rows import pick
from analysis.study.endpoints import Endpoint
from analysis.study.keys import Statistic


def endpoints(cohort: Cohort, estimates: pd.DataFrame) -> Markdown:
    """Say it of every endpoint, as a list; nothing where there is nothing to say."""
    study = cohort.study
    said = [
        f"{titled(study.endpoint(name))} is not estimated: {why}."
        for name, why in cohort.unrecorded.items()
    ]
    for name in cohort.endpoints():
        title = titled(study.endpoint(name))
        if words := cohort.stand_ins.get(name):
            said.append(f"{title} is estimated {words}.")
        left_out = pick(estimates, analysis_id="survival", group="", variable=name)
        for row in pick(left_out, statistic=Statistic.LEFT_OUT).to_dict("records"):
            said.append(
                f"{title} is without {thousands(row['value'])} of {patients(int(row['n']))}: "
                f"{why_left_out(cohort, name)}."
            )
    return Markdown("\n".join(f"- {sentence}" for sentence in said))


def remarks(cohort: Cohort) -> Markdown:
    """Say what should be looked at in the data, as a list; nothing where there is nothing."""
    if not cohort.remarks:
        return Markdown("")
    listed = "\n".join(f"- {escaped(remark)}" for remark in cohort.remarks)
    return Markdown(f"**Please look at the data.** They may be right as they are.\n\n{listed}")


def titled(endpoint: Endpoint) -> str:
    """Give an endpoint by its name and abbreviation: 'Overall survival (OS)'."""
    same = endpoint.words == endpoint.name
    return endpoint.name if same else f"{endpoint.words} ({endpoint.name})"
