"""What the search has to meet: the ledger's printed numbers, as intervals and as counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from analysis.article.ledger import KEY, NOT_REACHED, published

DAYS_PER_MONTH = 30.4375
_OF_PATIENTS = (
    "characteristics",
    "treatment",
    "response",
    "afp_response",
    "survival",
    "adverse_events",
)


@dataclass(frozen=True)
class Printed:
    """A printed number and the values that round (half up) to it: low <= value < high.

    Both bounds are infinite for a median that is not reached.
    """

    claim: str
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


class Targets:
    """The ledger, asked by key.

    Where the article prints a number more than once, the ledger's first claim is the target.
    """

    def __init__(self, ledger: pd.DataFrame) -> None:
        self._ledger = ledger
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
        KeyError
            When the ledger has no such number.
        """
        keys = (analysis_id, group, group_level, variable, level, statistic)
        claim = published(self._ledger, **dict(zip(KEY, keys, strict=True)))
        text, name = str(claim["printed"]), str(claim["claim_id"])
        if claim["comparator"] == NOT_REACHED:
            return Printed(name, text, math.inf, math.inf, math.inf)
        value = Decimal(str(claim["value"]))
        half = Decimal(5).scaleb(-int(claim["decimals"]) - 1)
        return Printed(name, text, float(value), float(value - half), float(value + half))

    def value(self, analysis_id: str, variable: str, statistic: str, level: str = "") -> float:
        """Give the value of a printed number that stands under no group."""
        return self.printed(analysis_id, variable, statistic, level).value

    def count(self, analysis_id: str, variable: str, level: str = "yes") -> int:
        """Give a printed number of patients."""
        return int(self.value(analysis_id, variable, "count", level))

    def patient_counts(self) -> Iterator[tuple[Printed, tuple[str, ...]]]:
        """Give every printed number of patients with its key.

        A percentage is given only where no count is printed, and a bound ("more than 40%")
        is not.
        """
        claims = self._ledger
        exact = claims[(claims["comparator"] == "=") & claims["analysis_id"].isin(_OF_PATIENTS)]
        keys = [tuple(key) for key in exact[KEY].itertuples(index=False)]
        printed = set(keys)
        for key in dict.fromkeys(keys):
            *subject, statistic = key
            counted = (*subject, "count") in printed
            if statistic == "count" or (statistic == "percent" and not counted):
                analysis_id, group, group_level, variable, level, _ = key
                yield (
                    self.printed(analysis_id, variable, statistic, level, group, group_level),
                    key,
                )
