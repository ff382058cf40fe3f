"""Regimens of radiotherapy of the article's patients, with the line at which EQD2 is cut."""

from __future__ import annotations

from analysis.cohort.model import Cohort
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.regimens import regimens


def figure(cohort: Cohort) -> Drawing | None:
    """Draw doses and fractions of radiotherapy."""
    if not cohort.records("rt_dose_gy", "rt_fractions"):
        return None
    cut = cohort.study.factor("eqd2").cut
    assert cut is not None
    return regimens(cohort.patients, eqd2_gy=cut.value, alpha_beta=cohort.parameters.alpha_beta)
