"""How the search goes about this article."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort import derive
from analysis.synthesis import judgement
from analysis.synthesis.curves import Histories
from analysis.synthesis.judgement import Judgement
from analysis.synthesis.search import Labels, Plan, Tables
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import cohort, description, factors, margins, outcomes
from analysis.zhai_2025.synthesis.plausibility import RULES


def plan(options: Parameters | None = None) -> Plan:
    """Give the plan under the options; the article's own when None."""
    chosen = options or Parameters()

    def rest(
        targets: Targets,
        histories: Histories,
        labels: Labels,
        rng: np.random.Generator,
        near: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        return cohort.rest(targets, outcomes.outcomes(targets, histories), labels, rng, near)

    def fill(
        targets: Targets,
        histories: Histories,
        labels: Labels,
        rng: np.random.Generator,
        given: pd.DataFrame | None = None,
    ) -> Tables:
        found = outcomes.outcomes(targets, histories)
        return cohort.tables(targets, found, labels, chosen, rng, given)

    def judge(tables: Tables, targets: Targets) -> Judgement:
        described = description.description(len(tables["patients"]), seed=0)
        dataset = judgement.read_back(tables, described, STUDY)
        derived = derive.cohort(dataset, chosen)
        return judgement.judge(dataset, derived, targets, chosen, RULES)

    return Plan(
        margins=margins.MARGINS,
        sought=factors.sought,
        asked=lambda targets: outcomes.asked(targets, factors.NAMES),
        begin=outcomes.begin,
        rest=rest,
        fill=fill,
        judge=judge,
    )
