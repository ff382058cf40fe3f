"""What is proposed of a source: lines, the parts of tables that they make, sheet by sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from analysis.cohort.draft.fit import Fit, Orders, orders_of
from analysis.cohort.draft.profile import Column
from analysis.cohort.intake.sheet import Sheet
from analysis.study.columns import Table

ID = "patient_id"


@dataclass(frozen=True)
class Line:
    """One column of the schema, and the column of the source that it is proposed to be.

    Attributes
    ----------
    column
        Of the schema.
    source
        Of the source; `{}` stands for what is repeated. None for a constant.
    how
        What the declaration says besides.
    why
        What speaks for it.
    questions
        What is open; a line without any is certain.
    active
        False: only proposed, in a comment.
    headers
        All columns of the source that it stands for.
    fits
        How each of them is read.
    """

    column: str
    source: str | None
    how: Mapping[str, Any]
    why: str
    questions: tuple[str, ...] = ()
    active: bool = True
    headers: tuple[str, ...] = ()
    fits: tuple[Fit, ...] = ()

    def asking(self, question: str) -> Line:
        """Give the line with one more question."""
        return replace(self, questions=tuple(dict.fromkeys((*self.questions, question))))


@dataclass(frozen=True)
class Part:
    """Lines that make rows of one table from one sheet."""

    table: str
    lines: tuple[Line, ...]
    repeat: tuple[str, ...] = ()
    columns: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Look:
    """One sheet, and what is proposed of it.

    Attributes
    ----------
    sheet
        As it was read.
    columns
        Those with a name of their own.
    twice
        Names that stand over several columns.
    parts
        What is proposed.
    identifying
        Columns that may tell who a patient is.
    ends_at
        The column that is blank where the patients end, '' where no rows follow them.
    remarks
        What is worth knowing of the sheet.
    told_by
        The column whose codes tell the rows of one patient apart.
    perhaps
        Columns that may be of a table of which nothing else was found, and what they would be.
    """

    sheet: Sheet
    columns: dict[str, Column]
    twice: tuple[str, ...]
    parts: list[Part] = field(default_factory=list)
    identifying: tuple[str, ...] = ()
    ends_at: str = ""
    remarks: list[str] = field(default_factory=list)
    told_by: str = ""
    perhaps: dict[str, str] = field(default_factory=dict)

    @cached_property
    def orders(self) -> Orders:
        """How dates are written in it."""
        return orders_of(self.columns.values())

    @property
    def proposed(self) -> set[str]:
        """Columns of the source that a line in force is about."""
        return {
            h for part in self.parts for line in part.lines if line.active for h in line.headers
        }

    @property
    def mentioned(self) -> set[str]:
        """Columns of the source that any line is about."""
        told = {self.told_by} if self.told_by else set()
        return {h for part in self.parts for line in part.lines for h in line.headers} | told


@dataclass
class Guess:
    """What is proposed of all sheets.

    Attributes
    ----------
    study
        'own' where the patients are not such as the study has.
    looks
        Sheet by sheet.
    tables
        The schema that lines are of.
    """

    study: str
    looks: list[Look]
    tables: Mapping[str, Table]
