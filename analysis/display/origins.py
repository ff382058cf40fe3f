"""Which row of the estimates each number of a table or a sentence comes from.

Nothing that makes a table needs to say it. A table is made once more of estimates whose values are
codes, each of which stands for its row; where a code comes out, the row is read off. It is believed
only if that row's own value, written as it stands there, is the number that is shown. What has no
value, and what is zero, stays as it is in that round, since words may hang on it, and has a code in
a second one where it is shown.

Numbers that are the same whatever the estimates are belong to no row: cut-offs, months, levels of
intervals. P values keep the side of 0.05 on which they lie, and values their sign, so that words
which depend on these stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.display.format import SIGNIFICANCE
from analysis.display.tables import Place, Table, texts
from analysis.display.written import DIGITS, NUMBER, WITHOUT, is_written
from analysis.study.keys import KEY, Key, Statistic

_P_VALUES = tuple(statistic.value for statistic in Statistic if statistic.is_p)

# Where codes of values begin in each round, and after them those of numbers of patients: a number
# that is its own code in one round is not in the other. Codes of p values are thousandths on either
# side of 0.05, with one more digit in the second round.
_BEGIN = {"first": 10_000, "second": 10_000_000}
_BELOW, _ABOVE = range(1, 49), range(51, 1000)

Keys = tuple[Key | None, ...]


@dataclass(frozen=True)
class Origins:
    """Where the numbers of a table come from.

    Attributes
    ----------
    places
        By place (`tables.texts`), the keys of what `NUMBER` finds in a text, in order; None for
        what comes from no row. Places without any are left out.
    unread
        Numbers that change with the estimates, and of which no row was found.
    """

    places: Mapping[Place, Keys] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def of_table(shown: Table, make: Callable[..., Table | None], given: Sequence[Any]) -> Origins:
    """Give the rows that the numbers of a table come from.

    Parameters
    ----------
    shown
        What `make` made of what is `given`.
    given
        Frames among it that `is_estimates` knows are estimates.
    """
    own = texts(shown)
    found, unread = _read(list(own.values()), lambda one: _as(own, make(*one)), given)
    places = {place: keys for place, keys in zip(own, found, strict=True) if any(keys)}
    return Origins(places, tuple(unread))


def of_text(shown: str, make: Callable[..., str], given: Sequence[Any]) -> tuple[Keys, list[str]]:
    """Give the rows that the numbers of a text come from, and what no row was found of."""
    (found,), unread = _read([shown], lambda one: [make(*one)], given)
    return found, unread


def is_estimates(given: Any) -> bool:
    """Tell whether something is a frame of estimates: it has keys and values, and is no ledger."""
    return (
        isinstance(given, pd.DataFrame)
        and {"analysis_id", "value"} <= set(given.columns)
        and "claim_id" not in given
    )


def _as(own: Mapping[Place, str], other: Table | None) -> list[str | None]:
    """Give the texts of another table at the places of one; None of a part that has others."""
    found = {} if other is None else texts(other)

    def shape(of: Mapping[Place, str], kinds: tuple[str, ...]) -> set[Place]:
        return {place for place in of if place[0] in kinds}

    alike = {
        kind: shape(own, kinds) == shape(found, kinds)
        for kinds in (("head", "cell"), ("note",))
        for kind in kinds
    }
    return [found[place] if alike[place[0]] else None for place in own]


# Codes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Codes:
    """The rows of all frames that are given, with the code of each.

    Codes are in the order of what they stand for, so that the largest of some stays the largest.
    Row `by_value[k]` has the k-th code of values, row `by_n[k]` the k-th of numbers of patients.
    """

    rows: pd.DataFrame
    digits: pd.DataFrame
    by_value: np.ndarray
    by_n: np.ndarray

    @cached_property
    def held(self) -> dict[str, list[Any]]:
        """The columns of `rows` as lists: thousands of single cells are asked for."""
        return {str(name): list(column) for name, column in self.rows.items()}

    @classmethod
    def of(cls, frames: Sequence[pd.DataFrame]) -> _Codes:
        """Give codes to the rows of some frames."""
        columns = [*KEY, "value", "n"]
        rows = pd.concat([one.reindex(columns=columns) for one in frames], ignore_index=True)
        value = rows["value"].astype("float64")
        is_p, special = rows["statistic"].isin(_P_VALUES), value.isna() | value.eq(0)
        by_value, by_n = (
            np.argsort(rows[of].to_numpy("float64", na_value=np.nan), kind="stable")
            for of in ("value", "n")
        )
        low = is_p & value.lt(SIGNIFICANCE)
        digits = pd.DataFrame({"first": 0, "second": 0}, index=rows.index)
        for of_side, codes in ((low, _BELOW), (is_p & ~low, _ABOVE)):
            places = by_value[of_side.to_numpy()[by_value]]
            rank = np.arange(len(places))
            digits.loc[places, "first"] = codes.start + rank % len(codes)
            digits.loc[places, "second"] = codes.stop - 1 - rank // len(codes) % len(codes)
            # What has no code in the first round is told apart in the second alone.
            own = of_side & special
            digits.loc[own, "second"] = codes.start + np.arange(int(own.sum())) % len(codes)
        return cls(rows.assign(is_p=is_p, special=special), digits, by_value, by_n)

    def frame(self, frame: pd.DataFrame, start: int, digit: str) -> pd.DataFrame:
        """Give a frame with codes for values, those of special rows only in the second round."""
        here, many, begin = slice(start, start + len(frame)), len(self.rows), _BEGIN[digit]
        rows, digits = self.rows.iloc[here], self.digits.iloc[here]
        rank, rank_of_n = (np.argsort(order)[here] for order in (self.by_value, self.by_n))
        own = rows["value"].astype("float64")
        code = np.where(own.lt(0), rank - (begin + many - 1), begin + rank)
        code = np.where(rows["is_p"], digits[digit] / 1000, code)
        kept = rows["special"] & (digit == "first")
        n = rows["n"].astype("Int64")
        patients = pd.Series(begin + many + rank_of_n, rows.index, dtype="Int64")
        return frame.assign(
            value=np.where(kept, own, code), n=patients.where(n.notna() & n.ne(0), n).to_numpy()
        )

    def read(self, text: str, digit: str) -> tuple[list[int], str]:
        """Give the rows whose code a number is, and whether it is that of a value or of an n."""
        plain = re.sub(r"[<>=,−\s]", "", text)
        if plain.startswith("0."):
            coded = self.rows["is_p"] & self.digits[digit].eq(round(float(plain) * 1000))
            return list(self.digits.index[coded]), "value"
        many, place = len(self.rows), int(plain.partition(".")[0]) - _BEGIN[digit]
        if 0 <= place < many:
            return [int(self.by_value[many - 1 - place if "−" in text else place])], "value"
        place -= many
        return ([int(self.by_n[place])], "n") if 0 <= place < many else ([], "")

    def key(self, place: int) -> Key:
        """Give the key of a row."""
        return Key.of({name: self.held[name][place] for name in KEY})


def _coded(given: Sequence[Any], codes: _Codes, digit: str) -> list[Any]:
    made, start = [], 0
    for one in given:
        if is_estimates(one):
            made.append(codes.frame(one, start, digit))
            start += len(one)
        else:
            made.append(one)
    return made


# Reading ------------------------------------------------------------------------------------------


def _read(
    shown: Sequence[str],
    make: Callable[[Sequence[Any]], Sequence[str | None]],
    given: Sequence[Any],
) -> tuple[list[Keys], list[str]]:
    frames = [one for one in given if is_estimates(one)]
    if not frames or not sum(map(len, frames)):
        return [(None,) * len(NUMBER.findall(text)) for text in shown], []
    codes = _Codes.of(frames)
    first = [
        _rows(text, other, codes, "first")
        for text, other in zip(shown, make(_coded(given, codes, "first")), strict=True)
    ]
    if any(_needs_more(text, found, codes) for text, found in zip(shown, first, strict=True)):
        second = [
            _rows(text, other, codes, "second")
            for text, other in zip(shown, make(_coded(given, codes, "second")), strict=True)
        ]
    else:
        second = [[None] * len(found) for found in first]
    keys: list[Keys] = []
    unread: list[str] = []
    for text, one, two in zip(shown, first, second, strict=True):
        told: list[Key | None] = []
        for number, a, b in zip(NUMBER.findall(text), one, two, strict=True):
            places = _together(number, a, b, codes)
            if places is not None and len(places) == 1:
                told.append(codes.key(places[0]))
            else:
                told.append(None)
                if places is not None:
                    unread.append(f"{number} in “{text}”")
        keys.append(tuple(told))
    return keys, unread


def _needs_more(text: str, found: Sequence[list[int] | None], codes: _Codes) -> bool:
    """Tell whether a second round may say more of a text."""
    numbers = NUMBER.findall(text)
    return any(
        (places is not None and len(places) != 1) or (places is None and _may_stay(number, codes))
        for number, places in zip(numbers, found, strict=True)
    )


def _may_stay(number: str, codes: _Codes) -> bool:
    """Tell whether a number of a row may be the same in the first round: none, 0, or its code."""
    if number in WITHOUT or not re.search(r"[1-9]", number):
        return True
    return bool(codes.read(number, "first")[0])


def _together(
    number: str, first: list[int] | None, second: list[int] | None, codes: _Codes
) -> list[int] | None:
    """Give the rows that both rounds allow; None where the number is the same in both."""
    if first and second:
        return [place for place in first if place in second]
    if first is None and second:
        own, _ = codes.read(number, "first") if number not in WITHOUT else ([], "")
        return [p for p in second if p in own or codes.held["special"][p]]
    return second if first is None else first or second


def _rows(text: str, other: str | None, codes: _Codes, digit: str) -> list[list[int] | None]:
    """Give of each number the rows that it may come from; None where it stays the same."""
    numbers = NUMBER.findall(text)
    same: list[list[int] | None] = [None] * len(numbers)
    if other is None or other == text or not numbers:
        return same
    if text in WITHOUT:
        # Without a value there are no limits either: the first row is that of the number itself.
        coded = re.findall(DIGITS, other)
        return [_believed(text, coded[0], codes, digit)] if coded else same
    between = [re.escape(part) for part in NUMBER.split(text)]
    slots = [f"({re.escape(number)}|{DIGITS})" for number in numbers]
    pattern = between[0] + "".join(
        slot + part for slot, part in zip(slots, between[1:], strict=True)
    )
    fits = re.fullmatch(pattern, other, re.DOTALL)
    if fits is None:
        return [[] if re.search(r"\d", number) else None for number in numbers]
    return [
        None if coded == number else _believed(number, coded, codes, digit)
        for number, coded in zip(numbers, fits.groups(), strict=True)
    ]


def _believed(number: str, coded: str, codes: _Codes, digit: str) -> list[int]:
    places, column = codes.read(coded, digit)
    return [place for place in places if is_written(codes.held[column][place], number)]
