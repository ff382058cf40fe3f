"""Does a synthetic cohort look like patients? Rules that a clinician can read and check.

Rules read recorded tables and what is derived from them, and nothing of the search that made
them; what an article prints comes from the ledger. Which rules there are is for each article.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.cohort.model import Cohort, Dataset
from analysis.study.parameters import Parameters
from analysis.synthesis.plausibility.rule import Breach, Known, Rule
from analysis.synthesis.targets import Targets

__all__ = ["Breach", "Known", "Rule", "check", "verdicts"]


def check(
    rules: Iterable[Rule],
    dataset: Dataset,
    cohort: Cohort,
    targets: Targets,
    parameters: Parameters,
) -> list[Breach]:
    """Give everything that breaks a rule, in the order of the rules.

    Parameters
    ----------
    dataset
        The tables as recorded; every table and column of the schema is needed.
    cohort
        What `analysis.cohort.derive.cohort` makes of them.
    targets
        The article's numbers.
    parameters
        The choices under which the cohort was derived.
    """
    known = Known.of(dataset, cohort, targets, parameters)
    return [
        Breach(rule.name, patient_id, what)
        for rule in rules
        for patient_id, what in rule.breaks(known)
    ]


def verdicts(sections: Mapping[str, Iterable[Rule]], breaches: list[Breach]) -> pd.DataFrame:
    """Give one row a rule: `section, name, sentence, breaches` (how many), `first` (of them)."""
    rows = []
    for section, rules in sections.items():
        for rule in rules:
            own = [breach for breach in breaches if breach.rule == rule.name]
            first = f"{own[0].patient_id or 'cohort'}: {own[0].what}" if own else ""
            rows.append(
                {
                    "section": section,
                    "name": rule.name,
                    "sentence": rule.sentence,
                    "breaches": len(own),
                    "first": first,
                }
            )
    return pd.DataFrame(rows)
