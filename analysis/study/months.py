"""Days and months: the one length of a month."""

from __future__ import annotations

# A twelfth of 365.25 days.
DAYS_PER_MONTH = 30.4375


def months(days: float) -> float:
    """Give days as months of 30.4375 days.

    >>> months(365.25)
    12.0
    """
    return days / DAYS_PER_MONTH
