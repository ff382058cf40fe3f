"""Does a synthetic cohort look like patients? Rules that a clinician can read and check.

The rules read recorded tables and what is derived from them, and nothing of the search that made
them; what the article prints comes from the ledger.
"""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort, Dataset
from analysis.study.parameters import Parameters
from analysis.synthesis.plausibility import disease, distributions, outcome, treatment
from analysis.synthesis.plausibility.rule import Breach, Rule, Study
from analysis.synthesis.targets import Targets

__all__ = ["RULES", "Breach", "Rule", "check", "verdicts"]

SECTIONS: dict[str, tuple[Rule, ...]] = {
    "Patients and disease": disease.RULES,
    "Treatment": treatment.RULES,
    "Outcome": outcome.RULES,
    "Distributions": distributions.RULES,
}
RULES: tuple[Rule, ...] = tuple(rule for rules in SECTIONS.values() for rule in rules)


def check(
    dataset: Dataset, cohort: Cohort, targets: Targets, parameters: Parameters | None = None
) -> list[Breach]:
    """Give everything that breaks a rule, in the order of `RULES`.

    Parameters
    ----------
    dataset
        The tables as recorded; every table and column of the schema is needed.
    cohort
        What `analysis.cohort.derive.cohort` makes of them.
    targets
        The article's numbers.
    parameters
        The choices under which the cohort was derived; the article's when None.
    """
    study = Study.of(dataset, cohort, targets, parameters or Parameters())
    return [
        Breach(rule.name, patient_id, what)
        for rule in RULES
        for patient_id, what in rule.breaks(study)
    ]


def verdicts(breaches: list[Breach]) -> pd.DataFrame:
    """Give one row a rule: `section, name, sentence, breaches` (how many), `first` (of them)."""
    rows = []
    for section, rules in SECTIONS.items():
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
