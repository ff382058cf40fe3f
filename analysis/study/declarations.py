"""What else a study declares: criteria, arms, adverse events, a marker, lines of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.study.keys import Statistic
from analysis.study.variables import Grouped, Variable

Threshold = tuple[Statistic, float, str]


@dataclass(frozen=True)
class Criterion:
    """One criterion of eligibility.

    Attributes
    ----------
    name
        What it is called in estimates.
    label
        From the parameters to its words.
    needs
        Columns of the patients that it asks.
    meets
        From the patients and the parameters to who meets it (missing: not recorded).
    thresholds
        From the parameters to its limits: statistic, value, unit.
    """

    name: str
    label: Callable[[Any], str]
    needs: tuple[str, ...]
    meets: Callable[[pd.DataFrame, Any], pd.Series]
    thresholds: Callable[[Any], tuple[Threshold, ...]] = lambda _: ()


@dataclass(frozen=True)
class EventGroup:
    """One row of the table of adverse events, and the CTCAE terms that count in it."""

    name: str
    label: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class NamedEvents:
    """Adverse events that are counted by themselves: of some terms, of one attribution, or both.

    `fatal` counts those of grade 5 alone.
    """

    name: str
    terms: tuple[str, ...] = ()
    attribution: str = ""
    fatal: bool = False

    def needs(self) -> tuple[str, ...]:
        """Give the columns by which these events are told from others."""
        asked = {"term": self.terms, "attribution": self.attribution, "grade": self.fatal}
        return tuple(f"adverse_events.{column}" for column, by in asked.items() if by)


@dataclass(frozen=True)
class Marker:
    """A tumour marker before and after treatment, whose fall is held against response.

    Attributes
    ----------
    name, words, unit
        `psa`, 'PSA', 'ng/mL': its analyses are called `psa_response`.
    before, after, change, decrease
        Columns of the patients: two values, the change in percent, whether it fell.
    after_groups
        A line that is drawn through the values after treatment.
    """

    name: str
    words: str
    unit: str
    before: str
    after: str
    change: str
    decrease: str
    after_groups: Grouped

    @property
    def analysis_id(self) -> str:
        """The name of its analyses."""
        return f"{self.name}_response"


@dataclass(frozen=True)
class Arm:
    """The groups that every table and curve is also given by, such as the arms of a trial."""

    variable: Variable

    @property
    def levels(self) -> tuple[str, ...]:
        """The arms, in their order; the first is the reference."""
        return tuple(self.variable.levels)


Kind = Literal["count", "share", "range", "median", "survival", "p"]


@dataclass(frozen=True)
class Line:
    """One number of a text: its words, the estimate it shows, and how it is written."""

    label: str
    analysis_id: str
    variable: str
    level: str = ""
    kind: Kind = "share"
    unit: str = ""
    decimals: int | None = None
    group: str = ""
    group_level: str = ""


@dataclass(frozen=True)
class Sentence:
    """Words with a `{}` for each line's number."""

    words: str
    lines: tuple[Line, ...]
