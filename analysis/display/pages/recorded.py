"""What is not estimated and why, and what stands in for it."""

from __future__ import annotations

from IPython.display import Markdown

from analysis.cohort.gains import gains
from analysis.cohort.model import Cohort
from analysis.display.format import escaped
from analysis.study.endpoints import Endpoint


def endpoints(cohort: Cohort) -> Markdown:
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
    return Markdown("\n".join(f"- {sentence}" for sentence in said))


def remarks(cohort: Cohort) -> Markdown:
    """Say what should be looked at in the data, as a list; nothing where there is nothing."""
    if not cohort.remarks:
        return Markdown("")
    listed = "\n".join(f"- {escaped(remark)}" for remark in cohort.remarks)
    return Markdown(f"**Please look at the data.** They may be right as they are.\n\n{listed}")


def more(cohort: Cohort) -> Markdown:
    """Say what one more column would add to the report, as a list; nothing where all is there."""
    said = gains(cohort)
    if not said:
        return Markdown("")
    listed = "\n".join(f"- {escaped(sentence)}" for sentence in said)
    return Markdown(f"**With one more column or table.**\n\n{listed}")


def titled(endpoint: Endpoint) -> str:
    """Give an endpoint by its name and abbreviation: 'Overall survival (OS)'."""
    same = endpoint.words == endpoint.name
    return endpoint.name if same else f"{endpoint.words} ({endpoint.name})"
