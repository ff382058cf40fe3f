"""Days and months: the one length of a month, and when two times are the same.

Times are days from time zero and are never rounded: whole where they come from dates, and months
times 30.4375 where months were recorded. That product is exact for whole months, since 30.4375 is
487/16: equal months are equal days, and 24 months recorded lie on the boundary of 24 months.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# A twelfth of 365.25 days.
DAYS_PER_MONTH = 30.4375

# Below this part of a time, or of a day, a difference is one of binary fractions: the tolerance of
# R's `survfit` and `coxph` (`timefix`).
TOLERANCE = float(np.sqrt(np.finfo(float).eps))


def months(days: float) -> float:
    """Give days as months of 30.4375 days.

    >>> months(365.25)
    12.0
    """
    return days / DAYS_PER_MONTH


def level_of(days: float) -> str:
    """Give a day as the level of a row of estimates, from which `float` gives it back.

    >>> level_of(365.0), level_of(63.91875)
    ('365', '63.91875')
    """
    return str(int(days)) if days == int(days) else str(float(days))


def without_noise(days: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Make times the same that differ by no more than the rounding of binary fractions.

    0.1 months three times and 0.3 months once are one time, and 0.1 weeks ten times are 7 days, as
    whoever recorded them meant; without this they would be no tie, and the second would be just
    before or just after its boundary.

    Parameters
    ----------
    days
        Days from time zero, not negative, shape (n,).

    Returns
    -------
    array
        The same, each within `TOLERANCE` of what was given: a whole day or month where there is one
        so near, else the smallest of the times that follow each other so closely.

    Examples
    --------
    >>> without_noise(np.array([12.3, 0.1 + 0.2, 0.3, 2.9999999999999996]))
    array([12.3,  0.3,  0.3,  3. ])
    """
    if (days % 1 == 0).all():
        return days
    near = TOLERANCE * np.maximum(days, 1)
    for unit in (1.0, DAYS_PER_MONTH):
        whole = np.rint(days / unit) * unit
        days = np.where(np.abs(days - whole) <= near, whole, days)
    distinct, place = np.unique(days, return_inverse=True)
    apart = np.diff(distinct, prepend=-np.inf) > TOLERANCE * np.maximum(distinct, 1)
    return distinct[apart][np.cumsum(apart) - 1][place]
