"""What is decided on a whole column, so that every part of the rows is read as the whole is.

Whether commas are decimal, which spelling most texts have, what a table or a column holds at all:
`analysis.cohort` decides it on all rows. A part of them must not decide otherwise. So a few
patients, the *witnesses*, are read with every part: for each thing that may be found in a column,
somebody in whom it is found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.cohort.intake.cells import Conventions
from analysis.study.columns import Table, kind, levels_of

Keys = npt.NDArray[np.uint64]

# Patients of each thing that is found, and patients drawn at random for what nobody thought of.
_OF_EACH = 2
DRAWN = 64
# Different texts of a column of which each has a witness; there are not so many groups.
_MOST_TEXTS = 60
# Different texts of a column that are kept to find those that differ by capitals alone.
_MOST_SPELT = 100_000

# What a text of a number shows of its column (see `intake.cells.decimal_comma`, and the rules
# that ask whether all days are whole).
_OF_NUMBERS: Mapping[str, str] = {
    "decimal comma": r"[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)",
    "another comma": r"(?![+-]?\d+,\d+$).*,.*",
    "point": r"[+-]?\d+\.\d+",
    "fraction": r".*[.,]\d*[1-9]\d*",
}
# What a text of a date shows of the order of day and month (see `intake.cells.why_no_day`).
_LATE, _ANY = r"(1[3-9]|[2-9]\d)", r"\d{1,2}"
_OF_DATES: Mapping[str, str] = {
    f"{first}{mark}{second}{year}": f"{first}{mark}{second}{mark}{year}"
    for mark in (r"\.", "/", "-")
    for year in (r"\d{2}", r"\d{4}")
    for first, second in ((_LATE, _ANY), (_ANY, _LATE))
}


def keys_of(ids: pd.Series) -> Keys:
    """Give a number for each patient by the identifier, the same for all that may be one patient.

    Spaces, capitals and noughts do not count, so that an identifier that has lost its leading
    noughts is told beside its own. Blank cells have 0.
    """
    codes, distinct = pd.factorize(ids)
    text = pa.array(distinct, type=pa.string(), from_pandas=True)
    text = pc.utf8_lower(pc.utf8_normalize(text, form="NFKC"))
    plain = pc.replace_substring_regex(text, pattern=r"[\s\p{Z}\p{C}0]+", replacement="")
    known = plain.to_pandas().astype(object)
    hashed = pd.util.hash_array(known.fillna("").to_numpy(dtype=object), categorize=False)
    # 0 is that of nobody, who has the last place.
    keys = np.zeros(len(hashed) + 1, dtype=np.uint64)
    keys[:-1] = np.maximum(hashed, 1)
    return keys[codes]


@dataclass
class Profile:
    """What is found in the tables of a dataset, and in whom.

    Attributes
    ----------
    conventions
        Those of the dataset.
    found
        Table, column and thing to the keys of the first patients in whom it is found.
    drawn
        The smallest keys of patients: a random draw.
    spelt
        Table and column to its texts, as they look, with how often each is there, in the order met.
    many
        Columns of more texts than are kept.
    """

    conventions: Conventions
    found: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    drawn: Keys = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    spelt: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    many: set[tuple[str, str]] = field(default_factory=set)

    def look(self, table: Table, frame: pd.DataFrame, keys: Keys) -> None:
        """Look at some rows of a table, whose columns are those of the schema where it has them."""
        if table.name == "patients":
            known = np.unique(keys[keys > 0])
            self.drawn = np.unique(np.concatenate([self.drawn, known[:DRAWN]]))[:DRAWN]
        self._find(table.name, "", "", keys[:_OF_EACH])
        twice = pd.Series(keys).duplicated().to_numpy() & (keys > 0)
        self._find(table.name, "", "several rows", keys[twice][:_OF_EACH])
        for name in map(str, frame.columns):
            codes, values = pd.factorize(frame[name])
            there = codes >= 0
            self._find(table.name, name, "", keys[there][:_OF_EACH])
            column = table.schema.columns.get(name)
            if column is None or name == "patient_id" or not len(values):
                continue
            # Texts have their codes in the order in which they are met.
            met = np.maximum.accumulate(codes[there])
            first = keys[there][np.flatnonzero(np.diff(met, prepend=-1))]
            texts = pd.Series(values, dtype=object).astype(str)
            wanted = kind(column)
            if wanted in ("number", "integer"):
                self._shows(table.name, name, _OF_NUMBERS, texts, first)
            elif wanted == "date":
                self._shows(table.name, name, _OF_DATES, texts, first)
            else:
                for text, key in list(zip(texts, first, strict=True))[:_MOST_TEXTS]:
                    self._find(table.name, name, text.casefold(), np.array([key]))
                if not levels_of(column) and name != "term":
                    self._spell(table.name, name, texts, np.bincount(codes[there]))

    def _find(self, table: str, column: str, thing: str, keys: Keys) -> None:
        place = (table, column, thing)
        known = self.found.get(place, [])
        if len(known) < _OF_EACH and len(keys):
            self.found[place] = [*known, *map(int, keys)][:_OF_EACH]

    def _shows(
        self, table: str, column: str, things: Mapping[str, str], texts: pd.Series, first: Keys
    ) -> None:
        for thing, pattern in things.items():
            if len(self.found.get((table, column, thing), ())) < _OF_EACH:
                matches = texts.str.fullmatch(pattern).to_numpy(dtype=bool)
                self._find(table, column, thing, first[matches][:_OF_EACH])

    def _spell(
        self, table: str, column: str, texts: pd.Series, counts: npt.NDArray[np.int64]
    ) -> None:
        missing = self.conventions.missing
        blank = missing.get("*", frozenset()) | missing.get(column, frozenset())
        spelt = self.spelt.setdefault((table, column), {})
        for text, n in zip(texts, counts, strict=True):
            if text not in blank:
                shown = as_it_looks(text)
                spelt[shown] = spelt.get(shown, 0) + int(n)
        if len(spelt) > _MOST_SPELT:
            self.many.add((table, column))

    def with_others(self, others: Sequence[Profile]) -> Profile:
        """Give what is found in these tables and in others."""
        everything = [self, *others]
        return Profile(
            self.conventions,
            {place: keys for each in everything for place, keys in each.found.items()},
            np.unique(np.concatenate([each.drawn for each in everything]))[:DRAWN],
            {place: spelt for each in everything for place, spelt in each.spelt.items()},
            {place for each in everything for place in each.many},
        )

    def witnesses(self) -> set[int]:
        """Give the keys of the patients who are read with every part."""
        found = {key for keys in self.found.values() for key in keys}
        return (found | set(map(int, self.drawn))) - {0}

    def spellings(self) -> dict[tuple[str, str], dict[str, str]]:
        """Give each text that is spelt otherwise by most, as they spell it, by table and column.

        As `typed` does it on the whole column: by capitals alone, the first met of equally many.
        """
        found = {}
        for place, spelt in self.spelt.items():
            common: dict[str, str] = {}
            for text in sorted(spelt, key=lambda text: -spelt[text]):
                common.setdefault(text.casefold(), text)
            others = {
                text: common[text.casefold()] for text in spelt if common[text.casefold()] != text
            }
            if others:
                found[place] = others
        return found


def as_it_looks(text: str) -> str:
    """Give a text with one space between words and its accents composed, as `typed` reads it."""
    return unicodedata.normalize("NFC", " ".join(text.split()))
