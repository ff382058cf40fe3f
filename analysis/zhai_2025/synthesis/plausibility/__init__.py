"""The rules by which a cohort of this article is judged to look like patients, or not."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort, Dataset
from analysis.synthesis import plausibility as machinery
from analysis.synthesis.plausibility.rule import Breach, Rule
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis.plausibility import disease, distributions, outcome, treatment

__all__ = ["RULES", "SECTIONS", "Breach", "Rule", "check", "verdicts"]

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

    See `analysis.synthesis.plausibility.check`; the article's parameters when None.
    """
    return machinery.check(RULES, dataset, cohort, targets, parameters or Parameters())


def verdicts(breaches: list[Breach]) -> pd.DataFrame:
    """Give one row a rule; see `analysis.synthesis.plausibility.verdicts`."""
    return machinery.verdicts(SECTIONS, breaches)
