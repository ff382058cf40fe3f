"""Which columns of the schema a name may be of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from analysis.cohort.draft.vocabulary import IDENTIFYING, NAMES_OF_PEOPLE
from analysis.cohort.draft.words import Name, Reader
from analysis.study.columns import Table, kind

# Words that a name may have or lack where its cells are dates anyway.
OF_DATES = {"date", "time", "day"}
# Tables of which a sheet with a row a patient has several columns of one kind: `RT1 start`.
REPEATED = ("radiotherapy", "immunotherapy")
_ASSESSED = "assessments"
_CRITERIA = {"recist": "RECIST 1.1", "mrecist": "mRECIST"}
_REGIONS = {"overall": "overall", "infield": "in-field"}
# Names too short to be looked for within longer ones.
_WEAK = {
    "id",
    "number",
    "subject",
    "start",
    "end",
    "new",
    "best",
    "baseline",
    "last",
    "death",
    "fu",
}


class Strength(IntEnum):
    """How much a name says."""

    PART = 1
    ASKED = 2
    SURE = 3


@dataclass(frozen=True)
class Match:
    """That a name may be of a column of the schema.

    Attributes
    ----------
    table, column
        Of the schema.
    strength
        How much the name says.
    question
        What it leaves open.
    group
        Which of several: the number in `RT2 start`; criterion and region of a response.
    """

    table: str
    column: str
    strength: Strength
    question: str = ""
    group: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """Table and column."""
        return f"{self.table}.{self.column}"


class Matcher:
    """Finds the columns of the schema by name.

    Parameters
    ----------
    tables
        The schema.
    reader
        Takes names apart, and knows what columns are called.
    """

    def __init__(self, tables: Mapping[str, Table], reader: Reader) -> None:
        self.tables = tables
        self.reader = reader
        self._found: dict[tuple[tuple[str, ...], str], list[Match]] = {}
        self.is_date = {
            f"{table.name}.{column}"
            for table in tables.values()
            for column, described in table.schema.columns.items()
            if kind(described) == "date"
        }

    def _bags(self, names: Iterable[str]) -> set[tuple[str, ...]]:
        return {tuple(sorted(self.reader.words(name))) for name in names}

    @cached_property
    def _spelt(self) -> Mapping[str, tuple[set, set, Mapping[tuple[str, ...], str]]]:
        """By target: names that are sure, those within its table, those with a question."""
        found = {}
        for target, spelling in self.reader.vocabulary.columns.items():
            table, _, column = target.partition(".")
            if table in self.tables and column in self.tables[table].schema.columns:
                asked = {
                    tuple(sorted(self.reader.words(name))): question
                    for name, question in spelling.asked.items()
                }
                found[target] = (self._bags(spelling.names), self._bags(spelling.within), asked)
        return found

    def is_identifying(self, name: Name, header: str) -> bool:
        """Tell whether a column tells who somebody is, or how to reach them."""
        words = f" {' '.join(name.words)} "
        return name.bag in self._people or any(f" {each} " in words for each in self._identifying)

    @cached_property
    def _people(self) -> set[tuple[str, ...]]:
        return self._bags(NAMES_OF_PEOPLE)

    @cached_property
    def _identifying(self) -> set[str]:
        return {" ".join(self.reader.words(each)) for each in IDENTIFYING}

    def matches(self, name: Name, within: str = "") -> list[Match]:
        """Give what a name may be, the surest first.

        Parameters
        ----------
        name
            Taken apart.
        within
            The table that its sheet is of, '' where that is not known.
        """
        key = (name.words, within)
        if key not in self._found:
            self._found[key] = self._matches(name, within)
        return self._found[key]

    def _matches(self, name: Name, within: str) -> list[Match]:
        whole = [m for target in self._spelt for m in self._of_target(target, name, within)]
        # Part of a name says something only where all of it says nothing.
        found = whole or [m for target in self._spelt for m in self._of_part(target, name)]
        return sorted(found, key=lambda each: -each.strength)

    def _of_target(self, target: str, name: Name, within: str) -> list[Match]:
        table, _, column = target.partition(".")
        sure, inside, asked = self._spelt[target]
        if within == table:
            sure = sure | inside
        words = list(name.words)
        group: tuple[str, ...] = ()
        question = ""
        if table == _ASSESSED and column not in ("patient_id", "criterion", "region"):
            criteria = [word for word in words if word in _CRITERIA]
            regions = [word for word in words if word in _REGIONS]
            if len(criteria) > 1 or len(regions) > 1:
                return []
            words = [word for word in words if word not in (*criteria, *regions)]
            if within != table:
                if not criteria and not regions and column != "category":
                    return []
                group = (
                    _CRITERIA[criteria[0]] if criteria else "",
                    _REGIONS[regions[0]] if regions else "",
                )
                question = _unsaid(group)
                if column == "category" and criteria and not words:
                    words = ["response"]
                if criteria or regions:
                    sure = sure | inside
        elif table in REPEATED and within != table:
            numbers = [word for word in words if word.isdigit()]
            if len(numbers) == 1 and len(words) > 1:
                words.remove(numbers[0])
                group = (numbers[0],)
        bags = [tuple(sorted(words))]
        if target in self.is_date:
            less = tuple(sorted(word for word in words if word not in OF_DATES))
            if less and less != bags[0]:
                bags.append(less)
        for bag in bags:
            if bag in sure:
                strength = Strength.ASKED if question else Strength.SURE
                return [Match(table, column, strength, question, group)]
        for bag in bags:
            if bag in asked:
                return [Match(table, column, Strength.ASKED, asked[bag] or question, group)]
        return []

    def _of_part(self, target: str, name: Name) -> list[Match]:
        table, _, column = target.partition(".")
        if table == _ASSESSED:
            return []
        words = set(name.words)
        parts = [
            bag
            for bag in self._spelt[target][0]
            if words.issuperset(bag) and not (len(bag) == 1 and bag[0] in _WEAK)
        ]
        if not parts:
            return []
        more = " ".join(word for word in name.words if word not in max(sorted(parts), key=len))
        return [Match(table, column, Strength.PART, f'its name also says "{more}"')]


def _unsaid(group: tuple[str, ...]) -> str:
    if not all(group):
        what = [w for w, told in zip(("criterion", "region"), group, strict=True) if not told]
        return f"which {' and '.join(what)}? The name does not say"
    return ""
