"""How people write the names of columns and the codes in them; a study declares those of its own.

A name is written here once, in any of its forms: capitals, accents, punctuation, the order of
words, and what `words` holds for the same are no other name (see `analysis.cohort.draft.words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spelling:
    """What people call one column of the schema, and what they write in it.

    Attributes
    ----------
    names
        Names that mean this and nothing else.
    within
        Names that mean it in a sheet of its table alone: `start` among those of radiotherapy.
    asked
        Names that may mean it, each with the question that is then open.
    codes
        A level of the column to what people write for it.
    usual
        Between which a median lies, where this tells the unit.
    """

    names: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usual: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words that are taken for each other, and the spelling of each `table.column`."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, Spelling] = field(default_factory=dict)

    def __or__(self, other: Vocabulary) -> Vocabulary:
        """Give both together; what the other says of a column stands in the place of this."""
        return Vocabulary({**self.words, **other.words}, {**self.columns, **other.columns})
