"""Sentences whose numbers are estimates of the dataset at hand.

A sentence is left out when the dataset does not record what it speaks of, so that prose never
says of one cohort what was true of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from IPython.display import Markdown

from analysis.display import labels
from analysis.display.format import p_text
from analysis.display.numbers import Line, text_of
from analysis.display.tables import methods_of
from analysis.estimates.rows import pick
from analysis.parameters import Parameters, Prognosis

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Sentence:
    """Words with a `{}` for each line's number."""

    words: str
    lines: tuple[Line, ...]


def state(sentences: Sequence[Sentence], estimates: pd.DataFrame) -> Markdown:
    """Give the sentences whose numbers are all known, as one paragraph."""
    known = []
    for sentence in sentences:
        numbers = [text_of(line, estimates) for line in sentence.lines]
        if all(number is not None for number in numbers):
            known.append(sentence.words.format(*numbers))
    return Markdown(" ".join(known))


def _rate(criterion: str, level: str) -> Line:
    return Line("", "response", "response_overall", level, group="criterion", group_level=criterion)


def _survival(endpoint: str) -> Line:
    return Line("", "survival", endpoint, kind="survival", unit="months")


COHORT = (
    Sentence(
        "Of {} patients, {} had progressed on earlier treatment.",
        (
            Line("", "characteristics", "patients", kind="count"),
            Line("", "characteristics", "progressed_before", "yes"),
        ),
    ),
    Sentence(
        "Portal vein tumour thrombosis was present in {} and extrahepatic metastasis in {}.",
        (
            Line("", "characteristics", "pvtt", "yes"),
            Line("", "characteristics", "extrahepatic_metastasis", "yes"),
        ),
    ),
    Sentence("Cirrhosis was present in {}.", (Line("", "characteristics", "cirrhosis", "yes"),)),
)

TREATMENT = (
    Sentence(
        "The median dose was {}, and {} had a targeted agent besides radiotherapy and checkpoint "
        "inhibitor: what follows is the outcome of the combination, not of any part of it.",
        (
            Line("", "treatment", "rt_dose_gy", kind="median", unit="Gy"),
            Line("", "treatment", "targeted_therapy", "yes"),
        ),
    ),
)

RESPONSE = (
    Sentence(
        "{} responded by RECIST 1.1 and {} by mRECIST.",
        (_rate("RECIST 1.1", "ORR"), _rate("mRECIST", "ORR")),
    ),
    Sentence(
        "The disease was controlled in {} and {}.",
        (_rate("RECIST 1.1", "DCR"), _rate("mRECIST", "DCR")),
    ),
    Sentence("AFP fell in {}.", (Line("", "afp_response", "afp_decrease", "yes"),)),
)

SURVIVAL = (
    Sentence("Median overall survival was {}.", (_survival("OS"),)),
    Sentence("Median progression-free survival was {}.", (_survival("PFS"),)),
    Sentence("Median recurrence-free survival was {}.", (_survival("RFS"),)),
    Sentence(
        "Of {} patients who progressed, {} relapsed in the radiation field.",
        (
            Line("", "survival", "progression", "yes", kind="count"),
            Line("", "survival", "in_field_relapse", "yes", kind="count"),
        ),
    ),
)

TOXICITY = (
    Sentence(
        "{} of the patients had an event of grade 3 or more, and {} one of grade 5.",
        (
            Line("", "adverse_events", "any_event", ">=3"),
            Line("", "adverse_events", "any_event", "5"),
        ),
    ),
)


def factor_methods(estimates: pd.DataFrame, parameters: Parameters) -> Markdown:
    """Say by which test and model the factors are compared where these are not the article's."""
    chosen = parameters.changed().keys() & Prognosis.model_fields.keys()
    if not chosen - {"curves_of"} and parameters.interval_source == "formula":
        return Markdown("")
    said = [
        f"Tests here: {methods_of(estimates, 'p_value')}.",
        f"Hazard ratios here: {methods_of(estimates, 'hr_upper')}.",
        labels.since_landmark(parameters),
    ]
    return Markdown(" ".join(part for part in said if part))


def significant_factors(estimates: pd.DataFrame, parameters: Parameters) -> Markdown:
    """Name the factors whose p value is below 0.05, and how many tests there were."""
    words = labels.factors(parameters)
    tests = pick(estimates, analysis_id="prognosis", statistic="p_value")
    tests = tests[tests["group"].isin(words) & tests["value"].notna()]
    if tests.empty:
        return Markdown("")
    below = tests[tests["value"] < SIGNIFICANCE]
    named = "; ".join(
        f"{words[row['group']]} for {labels.endpoint(row['variable']).lower()} "
        f"({p_text(row['value'])})"
        for row in below.to_dict("records")
    )
    found = f"below {SIGNIFICANCE}: {named}." if named else f"none below {SIGNIFICANCE}."
    return Markdown(f"{len(tests)} tests ({labels.factor_test(parameters)}); {found}")
