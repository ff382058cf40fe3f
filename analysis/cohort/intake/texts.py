"""A column of text as its distinct texts: whatever is done to text is done once to each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.by_patient import ID
from analysis.cohort.intake.sheet import coded, in_codes, matches

_IN_ASCII = r"^[!-~]+( [!-~]+)*$"
Which = pd.Series | npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Texts:
    """The distinct texts of a column, and which of them each row holds.

    Attributes
    ----------
    name
        Of the column.
    index
        The rows of the file.
    codes
        Of each row the place of its text; -1 where it is blank.
    texts
        In the order in which they are met. Of texts that were changed several may be the same, and
        what was changed into nothing is missing.
    listed
        The same as an index.
    cells
        The column as it was given, where its texts are as they were.
    """

    name: str
    index: pd.Index
    codes: npt.NDArray[np.integer]
    texts: pd.Series
    listed: pd.Index
    cells: pd.Series | None = None

    @classmethod
    def of(cls, cells: pd.Series) -> Texts:
        """Give the texts of a column of cells."""
        if in_codes(cells):
            # Of texts, which may be a million, none is touched.
            coded_cells: Any = cells.array
            codes, met = coded_cells.factorize()
            listed = cells.cat.categories
            if not np.array_equal(met.codes, np.arange(len(listed))):
                listed = listed[met.codes]
        else:
            codes, texts = pd.factorize(cells)
            listed = pd.Index(texts, dtype=object)
        found = pd.Series(listed, dtype=object)
        return cls(str(cells.name), cells.index, codes, found, listed, cells)

    def changed(self, texts: pd.Series) -> Texts:
        """Give the column with other texts in place of these."""
        return replace(self, texts=texts, listed=pd.Index(texts, dtype=object), cells=None)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """In how many rows each text stands."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))

    def known(self) -> int:
        """Count the rows that are not blank."""
        return self.number_of(self.texts.notna())

    def number_of(self, which: Which) -> int:
        """Count the rows that hold some of the texts."""
        return int(self.counts[np.asarray(which, dtype=bool)].sum())

    def rows(self, which: Which) -> Iterator[tuple[int, str]]:
        """Give the rows that hold some of the texts, each with its text."""
        # One place more, for the code of what is blank.
        asked = np.append(np.asarray(which, dtype=bool), False)
        if not asked.any():
            return
        for place in np.flatnonzero(asked[self.codes]):
            yield int(self.index[int(place)]), str(self.texts[int(self.codes[place])])

    def blank_rows(self) -> pd.Index:
        """Give the rows that hold no text."""
        return self.index[self.codes < 0]

    def spread(self, values: pd.Series) -> pd.Series:
        """Give to each row what was read of its text; blank rows get a missing value."""
        spread = values.array.take(self.codes, allow_fill=True)
        return pd.Series(spread, index=self.index, name=self.name)

    def words(self) -> pd.Series:
        """Give the column as codes of its texts, in alphabetical order so that they sort by it."""
        if self.name == ID and self.cells is not None and in_codes(self.cells):
            return self.cells
        words = coded(self.codes, self.listed, in_order=self.name != ID)
        return pd.Series(words, index=self.index, name=self.name)


def in_ascii(texts: pd.Series) -> pd.Series:
    """Tell which texts are letters and marks of ASCII with single spaces between them.

    Examples
    --------
    >>> in_ascii(pd.Series(["P 1", "P  1", " P1", "é", None], dtype=object)).tolist()
    [True, False, False, False, False]
    """
    return pd.Series(matches(texts, _IN_ASCII), index=texts.index)
