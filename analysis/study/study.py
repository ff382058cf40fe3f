"""A study: everything that it declares, in one place. What is estimated and shown follows from it.

An article's is declared in a room of its own; a dataset's `dataset.yaml` adds to it, or declares
one of its own. Rooms that read, estimate and show are given a `Study` and know none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pandas as pd

from analysis.study.credit import Credit
from analysis.study.declarations import (
    Arm,
    Criterion,
    EventGroup,
    Line,
    Marker,
    NamedEvents,
    Sentence,
)
from analysis.study.endpoints import Endpoint
from analysis.study.parameters import Parameters
from analysis.study.terms import meant
from analysis.study.variables import Factor, Grouped, Row, Variable, found_levels
from analysis.study.vocabulary import Vocabulary

Derivation = Callable[[pd.DataFrame, Mapping[str, pd.DataFrame], Any], Mapping[str, pd.Series]]


@dataclass(frozen=True, eq=False)
class Study:
    """What a study declares.

    Attributes
    ----------
    name
        Of the declaration, as `dataset.yaml` names it.
    title, subtitle, question
        What the pages say they are about.
    article
        The folder of the ledger of published numbers; None for a study without an article.
    credit
        How the article is named and licensed.
    asks_for_tables
        Whether a table that a dataset neither has nor names as not recorded was forgotten; where
        not, it is not recorded.
    parameters
        The model of its parameters.
    chosen
        The parameters in force: cuts stand where they put them (see `under`).
    patient_columns, follow_up_columns
        Columns of the table of patients, and further ones of follow-up, as `study.columns`
        describes them.
    open_lists
        What is known of texts that a dataset may add to, by table and column.
    variables
        Words, levels and units of columns, recorded and derived.
    derivations, derived
        From patients, recorded tables and parameters to further columns, one after another; and
        what each of these columns is made of: `table.column`, or columns of the patients.
    criteria
        Of eligibility, in their order.
    characteristics, treatment
        What is counted besides `table_1` and `table_2`, which hold the rows of these tables in
        their order.
    stand_ins
        Column to the one that is shown in its place where a dataset does not record it.
    factors, endpoints
        What is compared, by what.
    marker, event_groups, named_events
        See `study.declarations`.
    case_variables
        Columns that describe the patient in a case of a fatal adverse event.
    abbreviations
        Abbreviation to what it stands for.
    lines, sentences
        By page, the numbers of its text and the sentences that are made of numbers.
    subgroups
        Name to expression; those of `reported` have rows in the report.
    arm
        The groups that everything is also given by.
    looks
        From a dataset and its cohort to remarks on what should be looked at, in sentences.
    titles
        What an analysis is called in comparisons.
    vocabulary
        What people call the columns of the patients, and write in them.
    """

    name: str
    title: str
    subtitle: str = ""
    question: str = ""
    article: Path | None = None
    credit: Credit | None = None
    asks_for_tables: bool = True
    parameters: type[Parameters] = Parameters
    chosen: Parameters = field(default_factory=Parameters)
    patient_columns: Mapping[str, Any] = field(default_factory=dict)
    follow_up_columns: Mapping[str, Any] = field(default_factory=dict)
    open_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    derivations: tuple[Derivation, ...] = ()
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    criteria: tuple[Criterion, ...] = ()
    characteristics: tuple[Row, ...] = ()
    table_1: tuple[Row, ...] = ()
    treatment: tuple[Row, ...] = ()
    table_2: tuple[Row, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    factors: tuple[Factor, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    marker: Marker | None = None
    event_groups: tuple[EventGroup, ...] = ()
    named_events: tuple[NamedEvents, ...] = ()
    case_variables: tuple[str, ...] = ()
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Callable[[Any], tuple[Line, ...]]] = field(default_factory=dict)
    sentences: Mapping[str, tuple[Sentence, ...]] = field(default_factory=dict)
    subgroups: Mapping[str, str] = field(default_factory=dict)
    reported: tuple[str, ...] = ()
    arm: Arm | None = None
    looks: tuple[Callable[[Any, Any], Iterable[str]], ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def under(self, chosen: Parameters) -> Self:
        """Give the study with every cut where the parameters put it."""
        return replace(
            self,
            chosen=chosen,
            characteristics=tuple(_under(row, chosen) for row in self.characteristics),
            table_1=tuple(_under(row, chosen) for row in self.table_1),
            treatment=tuple(_under(row, chosen) for row in self.treatment),
            table_2=tuple(_under(row, chosen) for row in self.table_2),
            factors=tuple(factor.under(chosen) for factor in self.factors),
            marker=None
            if self.marker is None
            else replace(self.marker, after_groups=self.marker.after_groups.under(chosen)),
        )

    def among(self, patients: pd.DataFrame) -> Self:
        """Give the study with the levels that these patients have, where it takes these."""
        arm = self.arm
        if arm is not None and not arm.levels:
            found = found_levels(patients[arm.variable.name])
            arm = Arm(replace(arm.variable, levels={level: level for level in found}))
        return replace(
            self, factors=tuple(factor.among(patients) for factor in self.factors), arm=arm
        )

    def variable(self, name: str) -> Variable:
        """Give a variable; one that is not declared has its name for words."""
        return self.variables.get(name) or Variable(name, name.replace("_", " ").capitalize())

    def factor(self, name: str) -> Factor:
        """Give a factor by its name or by its key.

        Raises
        ------
        KeyError
            When there is none.
        """
        for factor in self.factors:
            if name in (factor.name, factor.key):
                return factor
        raise KeyError(f"{self.name} declares no factor '{name}'.")

    def has_factor(self, name: str) -> bool:
        """Tell whether a name or key is that of a factor."""
        return any(name in (factor.name, factor.key) for factor in self.factors)

    def endpoint(self, name: str) -> Endpoint:
        """Give an endpoint; one that is not declared has its name for words."""
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        return Endpoint(name, name)

    def compares_by(self, endpoint: str) -> bool:
        """Tell whether patients may be compared by an endpoint, in place of another or undeclared.

        What a dataset records beyond the endpoints declared was recorded to be compared.
        """
        declared = {one.name for one in self.endpoints}
        asked = [one for one in self.endpoints if one.in_table]
        in_place = {name for one in asked for name in (one.name, one.stand_in)}
        return endpoint in in_place or endpoint not in declared

    def event(self, name: str) -> str:
        """Give the words for a row of adverse events; other CTCAE terms stand as they are."""
        for group in self.event_groups:
            if group.name == name:
                return group.label
        return name

    def spelt(self, terms: pd.Series) -> pd.Series:
        """Give CTCAE terms as the study spells them, whatever their capitals or synonyms.

        Of terms that nobody names, the spelling met first is that of all.
        """
        named = [term for group in self.event_groups for term in group.terms]
        named += [term for events in self.named_events for term in events.terms]
        known = {term.casefold(): term for term in named}
        spelt = {}
        for term in terms.dropna().unique():
            # A term of the study is that, whatever else it may be called.
            name = term if term.casefold() in known else meant(term)
            spelt[term] = known.setdefault(name.casefold(), name)
        return terms.map(spelt, na_action="ignore").astype(object)

    def event_group_of(self, term: str) -> str:
        """Give the row of adverse events that a CTCAE term counts in, or the term itself."""
        for group in self.event_groups:
            if term in group.terms:
                return group.name
        return term


def _under(row: Row, chosen: Parameters) -> Row:
    return row.under(chosen) if isinstance(row, Grouped) else row
