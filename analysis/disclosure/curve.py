"""Kaplan-Meier curves of which no step is a patient: midpoint rounding on a grid of months."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.disclosure.counts import rounded
from analysis.disclosure.rules import RuleSet
from analysis.estimates.weights import N, number_of, weights_of
from analysis.study.months import DAYS_PER_MONTH

_Counts = npt.NDArray[np.int64]


def midpoint(counts: _Counts, rules: RuleSet) -> _Counts:
    """Round counts up to a multiple, less half of it; none stays none.

    >>> from analysis.disclosure.rules import OPENSAFELY
    >>> midpoint(np.array([0, 1, 6, 7, 12, 13]), OPENSAFELY).tolist()
    [0, 3, 3, 9, 9, 15]

    References
    ----------
    OpenSAFELY's midpoint 6 rounding; its action kaplan-meier-function uses it for such curves.
    """
    base = rules.midpoint
    ceiling = -(-counts // base) * base
    return np.where(counts > 0, ceiling - base // 2, 0)


def stand_ins(times: pd.DataFrame, rules: RuleSet, until: float) -> pd.DataFrame:
    """Give times of patients that nobody is, whose curve may be seen.

    Parameters
    ----------
    times
        One row a patient: `days`, `event`, `competing`; with `n` a row stands for so many patients.
    rules
        Thresholds.
    until
        The last month that is shown.

    Returns
    -------
    DataFrame
        `days`, `event` and `competing` of the rounded number of patients. By the end of each
        month as many had the event, were censored, or had what competes, as the midpoint of their
        cumulative number; all others are censored at the last month after which more than
        `suppress_up_to` are left, or at `until`. Empty of so few patients. Every day is the last
        one of a month.
    """
    found = counted_stand_ins(times, rules, until)
    rows = found.loc[found.index.repeat(found[N])].drop(columns=N)
    return rows.reset_index(drop=True)


def counted_stand_ins(times: pd.DataFrame, rules: RuleSet, until: float) -> pd.DataFrame:
    """Give `stand_ins` as counts: those of the same month and end in one row, with `n`."""
    all_of_them = number_of(times)
    if all_of_them <= rules.suppress_up_to:
        return _table([])
    n = rounded(all_of_them, rules)
    months = np.ceil(times["days"].to_numpy(dtype=np.float64) / DAYS_PER_MONTH).astype(int)
    # What happens on the day of time zero is told with the first month.
    months = np.maximum(months, 1)
    event = times["event"].to_numpy(dtype=bool)
    competing = times["competing"].to_numpy(dtype=bool) & ~event
    last = int(months.max(initial=0))
    weights = weights_of(times)

    def by_month(those: npt.NDArray[np.bool_]) -> _Counts:
        of_those = None if weights is None else weights[those]
        # bincount adds weights as floats, which hold whole numbers exactly.
        return np.bincount(months[those], of_those, last + 1).astype(np.int64)

    cumulative = {
        name: midpoint(by_month(those).cumsum(), rules)
        for name, those in (
            ("event", event),
            ("competing", competing),
            ("censored", ~event & ~competing),
        )
    }
    gone = sum(cumulative.values(), start=np.zeros(last + 1, dtype=np.int64))
    # It ends with the last month after which enough are left; their number only falls.
    left = int(np.count_nonzero(n - gone > rules.suppress_up_to)) - 1
    end = int(min(left, until))
    rows: list[tuple[float, bool, bool, int]] = []
    for name, counts in cumulative.items():
        steps = np.diff(counts[: end + 1], prepend=0)
        rows += [
            (month * DAYS_PER_MONTH, name == "event", name == "competing", int(step))
            for month, step in enumerate(steps)
            if step
        ]
    rest = n - sum(row[-1] for row in rows)
    return _table([*rows, (end * DAYS_PER_MONTH, False, False, rest)] if rest else rows)


def _table(rows: list[tuple[float, bool, bool, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["days", "event", "competing", N])
    return frame.astype({"days": "float64", "event": bool, "competing": bool, N: "int64"})
