"""What the search has to meet: the ledger's printed numbers, as intervals and as counts."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.article.ledger import KEY, observed, published
from analysis.study.keys import NOT_REACHED
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.printed import values

_COUNTED = ("count", "percent")


@dataclass(frozen=True)
class Printed:
    """A printed number and the values that are printed so: low <= value < high.

    They are those that round (half up) to it, or those beyond a bound ("more than 40%"). Both
    bounds are infinite for a median that is not reached.
    """

    claim: str
    locator: str
    text: str
    value: float
    low: float
    high: float

    @property
    def is_reached(self) -> bool:
        """Tell whether it is a number at all, or a median that is not reached."""
        return math.isfinite(self.value)

    def days(self) -> tuple[float, float]:
        """Give the bounds of a number of months in days."""
        return self.low * DAYS_PER_MONTH, self.high * DAYS_PER_MONTH

    def whole_days(self) -> range:
        """Give the whole days that round to a number of months."""
        low, high = self.days()
        return range(math.ceil(low), math.ceil(high))

    def holds(self, value: float) -> bool:
        """Tell whether a value is printed as this number."""
        return self.low <= value < self.high


class MissingClaim(LookupError):
    """A number that the search goes by is not in the ledger."""

    def __init__(self, keys: dict[str, str]) -> None:
        wanted = ", ".join(f"{name} {value}" for name, value in keys.items())
        super().__init__(f"The ledger has no row with {wanted}, which the search goes by.")


class Targets:
    """What the ledger says was observed, asked by key.

    Where the article prints a number more than once, the ledger's first claim is the target.
    """

    def __init__(self, ledger: pd.DataFrame) -> None:
        self.ledger = observed(ledger)
        # A search asks the same numbers thousands of times.
        self._printed: dict[tuple[str, ...], Printed] = {}
        self._counts: dict[frozenset[str], list[tuple[Printed, tuple[str, ...]]]] = {}
        self.n = int(self.value("characteristics", "patients", "count"))

    def printed(
        self,
        analysis_id: str,
        variable: str,
        statistic: str,
        level: str = "",
        group: str = "",
        group_level: str = "",
    ) -> Printed:
        """Give the printed number that the keys choose.

        Raises
        ------
        MissingClaim
            When the ledger has no such number.
        """
        key = (analysis_id, group, group_level, variable, level, statistic)
        if key not in self._printed:
            keys = dict(zip(KEY, key, strict=True))
            try:
                self._printed[key] = _printed(published(self.ledger, **keys))
            except KeyError as error:
                raise MissingClaim({name: text for name, text in keys.items() if text}) from error
        return self._printed[key]

    def value(self, analysis_id: str, variable: str, statistic: str, level: str = "") -> float:
        """Give the value of a printed number that stands under no group."""
        return self.printed(analysis_id, variable, statistic, level).value

    def count(self, analysis_id: str, variable: str, level: str = "yes") -> int:
        """Give a printed number of patients."""
        return int(self.value(analysis_id, variable, "count", level))

    def patient_counts(
        self, analyses: Collection[str]
    ) -> Iterator[tuple[Printed, tuple[str, ...]]]:
        """Give every printing of a number of patients, as a count or a percentage, with its key.

        `analyses` are ids of the analyses that count patients.
        """
        asked = frozenset(analyses)
        if asked not in self._counts:
            claims = self.ledger
            chosen = claims["analysis_id"].isin(list(asked)) & claims["statistic"].isin(_COUNTED)
            self._counts[asked] = [
                (_printed(claim), tuple(claim[KEY])) for _, claim in claims[chosen].iterrows()
            ]
        yield from self._counts[asked]

    def target_counts(self, analyses: Collection[str]) -> Iterator[tuple[Printed, tuple[str, ...]]]:
        """Give the one printing of each number of patients that the search goes by.

        A percentage is given only where no count is printed, and a bound ("more than 40%")
        is not.
        """
        first: dict[tuple[str, ...], tuple[Printed, tuple[str, ...]]] = {}
        for claim, key in self.patient_counts(analyses):
            if math.isfinite(claim.low) and math.isfinite(claim.high):
                first.setdefault(key, (claim, key))
        for (*subject, statistic), target in first.items():
            if statistic == "count" or (*subject, "count") not in first:
                yield target


def _printed(claim: pd.Series) -> Printed:
    """Give a row of the ledger with its bounds."""
    words = str(claim["claim_id"]), str(claim["locator"]), str(claim["printed"])
    if claim["comparator"] == NOT_REACHED:
        return Printed(*words, math.inf, math.inf, math.inf)
    stands_for = values(str(claim["printed"]), str(claim["comparator"]), ("half up",))
    low, high = (
        infinite if end is None else float(end)
        for end, infinite in ((stands_for.low, -math.inf), (stands_for.high, math.inf))
    )
    # What is counted is low <= value < high, so that an end that is open or closed otherwise moves
    # by the least there is.
    if stands_for.low is not None and not stands_for.low_closed:
        low = math.nextafter(low, math.inf)
    if stands_for.high is not None and stands_for.high_closed:
        high = math.nextafter(high, math.inf)
    return Printed(*words, float(claim["value"]), low, high)
