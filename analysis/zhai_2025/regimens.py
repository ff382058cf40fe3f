"""Regimens of radiotherapy of the article's patients, with the line at which EQD2 is cut."""

from __future__ import annotations

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.regimens import regimens
from analysis.estimates.drawn import REGIMENS
from analysis.estimates.rows import pick


def figure(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw doses and fractions; `said` is what the figure says (`estimates.drawn.of_regimens`)."""
    if not cohort.records("rt_dose_gy", "rt_fractions"):
        return None
    cut = cohort.study.factor("eqd2").cut
    assert cut is not None
    return regimens(
        pick(said, analysis_id=REGIMENS),
        eqd2_gy=cut.value,
        alpha_beta=cohort.parameters.alpha_beta,
    )
