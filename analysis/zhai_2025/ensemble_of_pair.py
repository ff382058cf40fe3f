"""In how many cohorts of the ensemble the same changes between two reports.

Apart from `ensemble`, which every page rests on: what sets two reports side by side is no part of
one.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.cohort.axis import held
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.pair import Pair
from analysis.sensitivity.variants import variants_of
from analysis.study.parameters import Parameters
from analysis.zhai_2025.ensemble import changes, of


def of_pair(pair: Pair) -> tuple[Pair, Cohorts | str]:
    """Give two reports with what changes between them in the members of the ensemble, if counted.

    That is known of a variant that is declared, against the base that it was counted from. The
    sentence that stands in its place is empty where `of` gives an empty one, and of two datasets.
    """
    cohort, other = pair.first.cohort, pair.second.cohort
    if not pair.of_one_dataset or (isinstance(of(cohort), str) and not of(cohort)):
        return pair, ""
    base = held(cohort.parameters)
    declared = variants_of(cohort.study, base)
    asked = _of_conclusions(other.parameters)
    name = next(
        (v.name for v in declared if _of_conclusions(v.parameters(base)) == asked),
        "",
    )
    if not name:
        return pair, (
            "In how many other cohorts that give the same published numbers this changes is not "
            "counted: it is no variant of the sensitivity analyses."
        )
    return replace(pair, variant=name), changes(cohort, base, declared)


def _of_conclusions(parameters: Parameters) -> dict[str, object]:
    """Give the choices on which conclusions hang: not how long an axis is."""
    return parameters.model_dump(exclude={"figure_months", "at_risk_every_months", "show_censored"})
