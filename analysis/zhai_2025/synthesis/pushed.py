"""The statistics of this article that witnesses are sought for, those asked for most first."""

from __future__ import annotations

from analysis.study.keys import Key, Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.synthesis import kernels
from analysis.synthesis.pushed import Pushed
from analysis.zhai_2025.factors import FACTORS
from analysis.zhai_2025.synthesis.factors import ENDPOINTS, NAMES

# Month until which means are restricted, and month of the rates, beyond those that are printed.
RESTRICTED, RATE = 24, 36
RATES_OF = ("OS", "PFS", "ORFS", "IRFS")
_WORDS = {factor.key: factor.name.replace("_", "-") for factor in FACTORS}
# In the order of Table 5.
_FACTORS = [factor.key for factor in FACTORS if factor.key in NAMES]
_OF_EACH = [(factor, endpoint) for factor in _FACTORS for endpoint in ENDPOINTS]


def _name(*parts: str) -> str:
    return "-".join(_WORDS.get(part, part).lower() for part in parts)


UNIVARIABLE = tuple(
    Pushed(
        _name(factor, endpoint, "hr"),
        Key("prognosis", factor, "", endpoint, "", Statistic.HAZARD_RATIO),
        {},
        kernels.LOG_RATIO,
        endpoint,
        factor,
    )
    for factor, endpoint in _OF_EACH
)
RATES = tuple(
    Pushed(
        _name(curve, f"rate-{RATE}"),
        Key("survival", "", "", curve, str(RATE), Statistic.RATE),
        {"rate_months": (12, 24, RATE)},
        kernels.RATE,
        curve,
        day=RATE * DAYS_PER_MONTH,
    )
    for curve in RATES_OF
)
MULTIVARIABLE = tuple(
    Pushed(
        _name(factor, endpoint, "adjusted-hr"),
        Key("prognosis", factor, "", endpoint, "", Statistic.HAZARD_RATIO),
        {"factor_model": "multivariable"},
        kernels.LOG_RATIO_OF_ALL,
        endpoint,
        factor,
    )
    for factor, endpoint in _OF_EACH
)
MEANS = tuple(
    Pushed(
        _name(factor, endpoint, "rmst-difference"),
        Key("prognosis", factor, "", endpoint, str(RESTRICTED), Statistic.RMST_DIFFERENCE),
        {"factor_test": "restricted mean"},
        kernels.MEANS_APART,
        endpoint,
        factor,
        RESTRICTED * DAYS_PER_MONTH,
    )
    for factor, endpoint in _OF_EACH
)
PUSHED = (*UNIVARIABLE, *RATES, *MULTIVARIABLE, *MEANS)
