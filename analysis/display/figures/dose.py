"""Distribution of the radiotherapy dose, as given and as its biological equivalents."""

from __future__ import annotations

import pandas as pd

from analysis.display import theme
from analysis.display.figures.distribution import distributions
from analysis.display.figures.drawing import Drawing

COLUMNS = {"rt_dose_gy": "Physical dose", "bed_gy": "BED", "eqd2_gy": "EQD2"}


def dose_distribution(
    patients: pd.DataFrame,
    *,
    bin_width: float = 5.0,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw histograms of the dose with a strip of the patients and the median.

    `patients` has one row a patient with rt_dose_gy, bed_gy (biologically effective dose) and
    eqd2_gy (equivalent dose in 2 Gy fractions), all in Gy, missing where not recorded.
    """
    columns = {label: patients[column] for column, label in COLUMNS.items()}
    return distributions(columns, unit="Gy", bin_width=bin_width, width_mm=width_mm)
