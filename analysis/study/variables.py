"""What a study measures: variables, the cuts that make groups of them, and factors.

Declared once, a variable gives the key of its estimates, its words in tables, figures and prose,
and its place. Nothing here knows a study.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.study.keys import NO, YES
from analysis.study.limits import compares, limits
from analysis.study.printed import plain

Sign = Literal["<", "<=", ">=", ">"]

YES_NO: Mapping[str, str] = {YES: "Yes", NO: "No"}

_OPPOSITE: Mapping[str, Sign] = {"<": ">=", ">=": "<", "<=": ">", ">": "<="}
_SHOWN: Mapping[str, str] = {"<": "<", ">=": "≥", "<=": "≤", ">": ">"}
# Sums of decimals come out a few bits beside them: 60 Gy in 30 fractions is not below 60 Gy.
_DECIMALS = 6


@dataclass(frozen=True)
class Variable:
    """A column of the patients, recorded or derived.

    Attributes
    ----------
    name
        The column.
    words
        Its name in tables, as at the start of a line.
    levels
        Level to words, in the order of tables; empty for a quantity, or where the levels are those
        that are recorded.
    unit
        Of a quantity.
    decimals
        Of a quantity, as it is printed; None for as few as it needs, at most two.
    least
        Of a quantity in whole numbers, the smallest there is: below 5 is then 1–4.
    names
        Whether its levels are names that take a capital at the start of a line, such as agents.
    quantity
        Whether it is summed up by median and range; anything else is counted by level.
    """

    name: str
    words: str
    levels: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    decimals: int | None = None
    least: int | None = None
    quantity: bool = False
    names: bool = False

    def __hash__(self) -> int:
        return hash((self.name, self.words, tuple(self.levels)))

    @property
    def label(self) -> str:
        """Its words with its unit, unless they end in it: 'PSA, ng/mL', 'Cycles'.

        >>> Variable("psa", "PSA", unit="ng/mL").label, Variable("n", "Cycles", unit="cycles").label
        ('PSA, ng/mL', 'Cycles')
        """
        said = not self.unit or self.words.lower().split()[-1:] == [self.unit.lower()]
        return self.words if said else f"{self.words}, {self.unit}"

    def level(self, value: str) -> str:
        """Give the words for a level; one that is not declared stands as it was recorded.

        >>> count = Variable("nodes", "Number of nodes", least=1)
        >>> count.level("<5"), count.level(">=5"), count.level("<2"), count.level("many")
        ('1–4', '≥ 5', '1', 'many')
        """
        if value in self.levels:
            return self.levels[value]
        if cut := Cut.read(value):
            return cut.shown(self.least)
        if self.names:
            return value[:1].upper() + value[1:]
        return YES_NO.get(value, value)


@dataclass(frozen=True)
class Cut:
    """Where a quantity is divided in two.

    Attributes
    ----------
    sign, value
        The side that is asked for: `<` 1000.
    parameter
        The parameter that moves it, if there is one.
    """

    sign: Sign
    value: float
    parameter: str = ""

    @classmethod
    def read(cls, text: str) -> Cut | None:
        """Read what `str` wrote, or a person: '>= 400'; None for anything else.

        >>> Cut.read(">= 400"), Cut.read("yes")
        (Cut(sign='>=', value=400.0, parameter=''), None)
        """
        for sign in ("<=", ">=", "<", ">"):
            if text.startswith(sign):
                try:
                    value = float(text[len(sign) :].replace(",", ""))
                except ValueError:
                    return None
                return cls(sign, value) if np.isfinite(value) else None
        return None

    def __str__(self) -> str:
        return f"{self.sign}{plain(self.value)}"

    @property
    def other(self) -> Cut:
        """The other side."""
        return replace(self, sign=_OPPOSITE[self.sign])

    @property
    def sides(self) -> tuple[str, str]:
        """Both sides as levels, the one that is asked for first."""
        return str(self), str(self.other)

    def under(self, parameters: Any) -> Cut:
        """Give the cut where the parameters put it."""
        if not self.parameter:
            return self
        return replace(self, value=float(getattr(parameters, self.parameter)))

    def holds(self, values: pd.Series, signs: pd.Series | None = None) -> pd.Series:
        """Tell of which values it holds: dtype boolean, missing where the value is.

        Where `signs` says that a value is a limit (`study.limits`), it is missing unless the limit
        decides it.
        """
        numbers = values.astype("float64").round(_DECIMALS)
        if signs is not None and signs.notna().any():
            return compares(self.sign, self.value, numbers, signs)
        found = {
            "<": numbers < self.value,
            "<=": numbers <= self.value,
            ">": numbers > self.value,
            ">=": numbers >= self.value,
        }[self.sign]
        return found.astype("boolean").mask(values.isna())

    def shown(self, least: int | None = None) -> str:
        """Give the side in words: '≥ 1,000', or '1–4' of whole numbers from `least` on."""
        if least is not None and self.sign == "<" and self.value > least:
            last = int(np.ceil(self.value)) - 1
            return f"{least}–{last}" if last > least else f"{least}"
        return f"{_SHOWN[self.sign]} {_grouped(self.value)}"


def _grouped(value: float) -> str:
    whole, _, fraction = plain(value).partition(".")
    return f"{int(whole):,}" + (f".{fraction}" if fraction else "")


@dataclass(frozen=True)
class Grouped:
    """A quantity in two groups, as a row of a table: its levels are the sides of the cut."""

    variable: Variable
    cut: Cut

    @property
    def name(self) -> str:
        """The column it is made of, which is the variable of its estimates."""
        return self.variable.name

    def under(self, parameters: Any) -> Grouped:
        """Give it with its cut where the parameters put it."""
        return replace(self, cut=self.cut.under(parameters))

    def values(self, patients: pd.DataFrame) -> pd.Series:
        """Give the side of each patient, as an ordered Categorical."""
        name = self.variable.name
        holds = self.cut.holds(patients[name], limits(patients, name))
        return sides(holds, *self.cut.sides)


Row = Variable | Grouped


@dataclass(frozen=True)
class Factor:
    """What the outcome of patients is compared by: two groups, yes and no, or several levels.

    Attributes
    ----------
    name
        In parameters, and in the column `factor_<name>` of the patients.
    variable
        What it is made of.
    words
        In tables; where a cut makes the groups, the words follow from the variable and the cut.
    cut, level
        What makes a yes: a side of a cut, or a level of the variable; neither: the variable is a
        yes or no itself, or has several levels.
    levels
        Groups other than yes and no, in their order, the reference first.
    as_recorded
        Whether the levels are those that a dataset has, in alphabetical order.
    known_from
        Dates of patients on which it becomes known, the latest of them; empty: from the start.
    stand_in
        The factor that is taken where a dataset does not record this one.
    over_time, spline
        Parameters that have it change on the way (a yes or no), or taken as a curve ("spline").
    in_table
        Whether it is of the family of Table 5; one that is not has a table of its own.
    ratios
        Whether there are hazard ratios of one that is not in Table 5.
    """

    name: str
    variable: Variable
    words: str = ""
    cut: Cut | None = None
    level: str = ""
    levels: tuple[str, ...] = ()
    as_recorded: bool = False
    known_from: tuple[str, ...] = ()
    stand_in: str = ""
    over_time: str = ""
    spline: str = ""
    in_table: bool = True
    ratios: bool = False

    @property
    def key(self) -> str:
        """What its estimates are grouped by, with its cut: 'bilirubin<17'."""
        return f"{self.variable.name}{self.cut}" if self.cut else self.name

    @property
    def column(self) -> str:
        """The column of the patients that holds its groups."""
        return f"factor_{self.name}"

    @property
    def groups(self) -> tuple[str, ...]:
        """Its groups, in the order of tables."""
        return self.levels or (YES, NO)

    @property
    def is_binary(self) -> bool:
        """Whether its groups are yes and no."""
        return not (self.levels or self.as_recorded)

    @property
    def label(self) -> str:
        """Its words: 'AFP < 1,000 ng/mL'."""
        if self.words or self.cut is None:
            return self.words or self.variable.words
        return " ".join(filter(None, (self.variable.words, self.cut.shown(), self.variable.unit)))

    def group(self, value: str) -> str:
        """Give the words for a group."""
        return YES_NO[value] if self.is_binary else self.variable.level(value)

    def under(self, parameters: Any) -> Factor:
        """Give it with its cut where the parameters put it."""
        return self if self.cut is None else replace(self, cut=self.cut.under(parameters))

    def among(self, patients: pd.DataFrame) -> Factor:
        """Give it with the levels that the patients have, where it takes these."""
        if not self.as_recorded:
            return self
        return replace(self, levels=found_levels(patients[self.variable.name]))

    def values(self, patients: pd.DataFrame) -> pd.Series:
        """Give the group of each patient, as an ordered Categorical; missing: not recorded."""
        values = patients[self.variable.name]
        if self.cut:
            return yes_no(self.cut.holds(values, limits(patients, self.variable.name)))
        words = texts(values)
        if not self.is_binary:
            return in_levels(words.astype(object), self.levels)
        return yes_no((words == (self.level or YES)).astype("boolean").mask(values.isna()))


def texts(values: pd.Series) -> pd.Series:
    """Give numbers as levels are written, and texts as they are; what is missing stays missing.

    >>> list(texts(pd.Series([2.0, 1.5, None, 10.0])))
    ['2', '1.5', nan, '10']
    """
    if not pd.api.types.is_numeric_dtype(values):
        return values
    return values.astype(object).map(plain, na_action="ignore")


def found_levels(values: pd.Series) -> tuple[str, ...]:
    """Give the levels that there are: numbers and ranges by size, texts in alphabetical order.

    >>> found_levels(pd.Series([2.0, 10.0, None, 2.0])), found_levels(pd.Series(["b", "a"]))
    (('2', '10'), ('a', 'b'))
    >>> found_levels(pd.Series(["20-400", ">400", "<20"]))
    ('<20', '20-400', '>400')
    """
    known = values.dropna()
    if pd.api.types.is_numeric_dtype(known):
        return tuple(texts(known.sort_values()).unique())
    return tuple(in_order(texts(known).unique()))


def in_order(levels: Iterable[str]) -> list[str]:
    """Give levels in alphabetical order, but those that begin with a number by its size.

    What is below a number comes before it, what is above it after.
    """

    def place(level: str) -> tuple[float, int, str]:
        begins = re.match(r"\s*([<≤>≥]?)=?\s*(\d+(?:\.\d+)?)", level)
        if begins is None:
            return np.inf, 0, level
        sign = {"<": -1, "≤": -1, "": 0, "≥": 1, ">": 1}[begins[1]]
        return float(begins[2]), sign, level

    return sorted(levels, key=place)


def yes_no(holds: pd.Series) -> pd.Series:
    """Give answers of dtype boolean as yes, no or missing."""
    return sides(holds, YES, NO)


def sides(holds: pd.Series, one: str, other: str) -> pd.Series:
    """Give one level where something holds, another where it does not, missing where not known."""
    places = np.where(holds.fillna(False).astype(bool), 0, 1).astype(np.int8)
    places[holds.isna().to_numpy()] = -1
    return pd.Series(at_places(places, pd.Index([one, other]), ordered=True), index=holds.index)


def at_places(places: Any, levels: pd.Index, ordered: bool = False) -> pd.Categorical:
    """Give the level at each place of a list of levels; missing where the place is -1."""
    return pd.Categorical.from_codes(places, categories=levels, ordered=ordered)


def in_levels(values: pd.Series, levels: Sequence[str]) -> pd.Series:
    """Give values as an ordered Categorical with these levels."""
    return pd.Series(
        pd.Categorical(values, categories=list(levels), ordered=True), index=values.index
    )
