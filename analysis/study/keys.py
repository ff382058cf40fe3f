"""What an estimate and a published number are called: one key, one list of statistics.

The layout follows the Analysis Results Data idea of CDISC and of R's `cards` package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

# What a median is that the curve does not come down to, in estimates and in ledgers.
NOT_REACHED = "not reached"

YES, NO = "yes", "no"


class Statistic(StrEnum):
    """Every kind of number that is estimated, printed or searched for."""

    # Patients
    COUNT = "count"
    PERCENT = "percent"
    CI_LOWER = "ci_lower"
    CI_UPPER = "ci_upper"
    ENTERED = "entered"
    EXCLUDED = "excluded"
    REMAINING = "remaining"
    COUNT_WITHOUT = "count_without"
    NOT_RECORDED = "not_recorded"
    RESPONDERS = "responders"
    NON_RESPONDERS = "non_responders"
    # Quantities
    VALUE = "value"
    MEDIAN = "median"
    MEDIAN_LOWER = "median_lower"
    MEDIAN_UPPER = "median_upper"
    MIN = "min"
    MAX = "max"
    LOWER_QUARTILE = "lower_quartile"
    UPPER_QUARTILE = "upper_quartile"
    THRESHOLD_MIN = "threshold_min"
    THRESHOLD_MAX = "threshold_max"
    SMD = "smd"
    # Time to event
    N = "n"
    EVENTS = "events"
    RATE = "rate"
    RATE_LOWER = "rate_lower"
    RATE_UPPER = "rate_upper"
    AT_RISK = "at_risk"
    RMST = "rmst"
    RMST_LOWER = "rmst_lower"
    RMST_UPPER = "rmst_upper"
    RMST_DIFFERENCE = "rmst_difference"
    RMST_DIFFERENCE_LOWER = "rmst_difference_lower"
    RMST_DIFFERENCE_UPPER = "rmst_difference_upper"
    HAZARD_RATIO = "hazard_ratio"
    HR_LOWER = "hr_lower"
    HR_UPPER = "hr_upper"
    EVENTS_PER_FACTOR = "events_per_factor"
    # Points of curves, one at each time that the curve has
    SURVIVAL = "survival"
    SURVIVAL_LOWER = "survival_lower"
    SURVIVAL_UPPER = "survival_upper"
    CENSORED = "censored"
    CENSORED_BEFORE = "censored_before"
    INCIDENCE = "incidence"
    INCIDENCE_LOWER = "incidence_lower"
    INCIDENCE_UPPER = "incidence_upper"
    RESIDUAL = "residual"
    LOG_HAZARD_RATIO = "log_hazard_ratio"
    LOG_HAZARD_RATIO_LOWER = "log_hazard_ratio_lower"
    LOG_HAZARD_RATIO_UPPER = "log_hazard_ratio_upper"
    # Tests
    P_VALUE = "p_value"
    P_ASSOCIATION = "p_association"
    P_PAIRED = "p_paired"
    HR_P = "hr_p"
    PROPORTIONALITY_P = "proportionality_p"
    NONLINEARITY_P = "nonlinearity_p"
    # Of the same tests, exactly, where events are too few for them
    EXACT_P = "exact_p"
    HR_EXACT_P = "hr_exact_p"

    @property
    def limits(self) -> tuple[Statistic, Statistic]:
        """The lower and the upper limit of the interval of this statistic.

        >>> Statistic.MEDIAN.limits[0].value, Statistic.HAZARD_RATIO.limits[1].value
        ('median_lower', 'hr_upper')

        Raises
        ------
        ValueError
            When nobody gives an interval of it.
        """
        stem = _STEMS.get(self, self.value)
        return Statistic(f"{stem}_lower"), Statistic(f"{stem}_upper")

    @property
    def is_p(self) -> bool:
        """Whether it is the p value of a test."""
        return self in _P_VALUES


# Limits whose names are not that of their estimate.
_STEMS = {Statistic.HAZARD_RATIO: "hr", Statistic.PERCENT: "ci"}
_P_VALUES = frozenset(
    {
        Statistic.P_VALUE,
        Statistic.P_ASSOCIATION,
        Statistic.P_PAIRED,
        Statistic.HR_P,
        Statistic.PROPORTIONALITY_P,
        Statistic.NONLINEARITY_P,
        Statistic.EXACT_P,
        Statistic.HR_EXACT_P,
    }
)


@dataclass(frozen=True)
class Key:
    """What one number is about.

    Attributes
    ----------
    analysis_id
        The analysis: `characteristics`, `survival`, `prognosis`, …
    group, group_level
        What the patients are parted by, and the part; empty for all of them. Where a quantity is
        cut into groups, the cut belongs to the group: `bilirubin<17`.
    variable, variable_level
        What is measured, and the level or the time; a cut belongs to the level: `>=1000`.
    statistic
        The kind of number.
    """

    analysis_id: str
    group: str
    group_level: str
    variable: str
    variable_level: str
    statistic: Statistic

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Key:
        """Give the key of a row of estimates or of a ledger.

        >>> row = dict.fromkeys(KEY, "") | {"variable": "OS", "statistic": "median"}
        >>> str(Key.of(row))
        'OS / median'

        Raises
        ------
        ValueError
            When there is no such statistic.
        """
        *parts, statistic = ("" if row[name] is None else str(row[name]) for name in KEY)
        first, group, level, variable, of_variable = parts
        return cls(first, group, level, variable, of_variable, Statistic(statistic))

    def __str__(self) -> str:
        return " / ".join(part for part in astuple(self) if part)


KEY: tuple[str, ...] = tuple(Key.__dataclass_fields__)
