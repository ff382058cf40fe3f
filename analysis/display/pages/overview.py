"""The index: what the report is about, and which pages it has."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.display.format import escaped, listed, patients, thousands
from analysis.display.left_out import not_at_risk
from analysis.display.tables import Table, median_with_limits, percent, plain_table
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic
from analysis.study.study import Study

# Each page with what it needs of a dataset (all of these, see `Cohort.facts`) and what is on it;
# the same words stand in the metadata of its notebook.
_PAGES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("01_cohort", ("characteristics or eligibility",), "who is analysed, and how ill they were"),
    (
        "02_treatment",
        ("treatment",),
        "what was given, how much of it, in which order",
    ),
    ("03_response", ("response or marker",), "how often tumours shrank or a marker decreased"),
    ("04_survival", ("survival",), "how long patients lived, and how long without an event"),
    ("05_toxicity", ("adverse_events",), "what harm came with treatment, and how severe it was"),
    ("06_prognostic_factors", ("factors",), "which patients did better or worse"),
    (
        "07_replication",
        ("article",),
        "every published number beside this dataset's, with a verdict",
    ),
    (
        "10_plausibility",
        ("article", "synthetic", "everything"),
        "does a synthetic cohort look like patients?",
    ),
    (
        "11_left_open",
        ("article", "synthetic"),
        "what do the printed numbers say of what is not printed?",
    ),
    (
        "12_what_if",
        ("survival", "what_if"),
        "what comes out under other cut-offs, of other patients, by other methods?",
    ),
)


def introduction(estimates: pd.DataFrame, cohort: Cohort) -> Markdown:
    """Say what the report asks, of whom, and what it is held against."""
    study = cohort.study
    said = [f"**Question.** {escaped(study.question)}"] if study.question else []
    everyone = pick(estimates, analysis_id="characteristics", group="", variable="patients")
    # Where nothing else is recorded of patients, no page has counted them.
    n = int(everyone["value"].iloc[0]) if len(everyone) else len(cohort.patients)
    said.append(f"{patients(n)} are analysed." if n != 1 else "1 patient is analysed.")
    if study.article is not None:
        said.append(
            "Every number on these pages is computed from the dataset named above; the article's "
            "own numbers, and those of earlier trials, stand only where they are named as such, as "
            "what these are compared with."
        )
    else:
        said.append("Every number on these pages is computed from the dataset named above.")
    return Markdown(" ".join(said))


def pages(facts: frozenset[str]) -> Markdown:
    """List the pages of a report, each with what is on it."""
    shown = [
        f"- [{name.partition('_')[2].replace('_', ' ').capitalize()}]({name}.html): {words}"
        for name, needs, words in _PAGES
        if all(not facts.isdisjoint(need.split(" or ")) for need in needs)
    ]
    return Markdown("\n".join(shown))


def survival_caption(study: Study, endpoints: Sequence[str]) -> str:
    """Give the caption of the curves; which choices are behind them, their page says."""
    words = [study.endpoint(name).words for name in endpoints]
    said = listed([text[:1].lower() + text[1:] for text in words]) or "survival"
    bands = f"Bands, {percent(study.chosen)} CI; ticks, censored patients."
    return f"{said[:1].upper()}{said[1:]}. {bands}"


def table(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give patients, events and medians of each endpoint."""
    chosen = pick(estimates, analysis_id="survival", group="", variable_level="")
    rows = []
    for endpoint in study.endpoints:
        values = pick(chosen, variable=endpoint.name).set_index("statistic")["value"]
        if Statistic.EVENTS in values:
            rows.append(
                {
                    "Endpoint": f"{endpoint.words} ({endpoint.name})",
                    "Patients": thousands(values[Statistic.N]),
                    "Events": thousands(values[Statistic.EVENTS]),
                    f"Median, months ({percent(study.chosen)} CI)": median_with_limits(values),
                }
            )
    if not rows:
        return None
    medians = pd.DataFrame(rows).iloc[:, -1]
    return plain_table(
        pd.DataFrame(rows),
        stub="Endpoint",
        notes=[
            *(["NR, not reached."] if any("NR" in median for median in medians) else []),
            *not_at_risk(estimates, study),
        ],
    )
