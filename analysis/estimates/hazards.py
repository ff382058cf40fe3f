"""Hazard ratios under the name that they had; their modules are named by what is in them."""

from __future__ import annotations

from analysis.estimates.cox_regression import NOT_ESTIMABLE, Cox, cox
from analysis.estimates.follow_up import Intervals, intervals_of
from analysis.estimates.one_factor import ONE_SIDED, HazardRatio, hazard_ratio, log_hazard_ratio
from analysis.estimates.proportionality import (
    TOO_FEW_DAYS,
    Proportionality,
    proportionality,
    schoenfeld,
    smoothed,
)
from analysis.estimates.splines import natural_spline

__all__ = [
    "NOT_ESTIMABLE",
    "ONE_SIDED",
    "TOO_FEW_DAYS",
    "Cox",
    "HazardRatio",
    "Intervals",
    "Proportionality",
    "cox",
    "hazard_ratio",
    "intervals_of",
    "log_hazard_ratio",
    "natural_spline",
    "proportionality",
    "schoenfeld",
    "smoothed",
]
