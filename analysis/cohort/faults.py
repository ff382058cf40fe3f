"""Faults of a dataset, told to the person who will mend them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from analysis.study.errors import ReadableError

Key = TypeVar("Key", bound=Hashable)

# The file in which a dataset describes itself.
DESCRIPTION = "dataset.yaml"


def nearest(given: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """Give the text that may have been meant, in whatever capitals; None if none is like it."""
    plain = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(given.casefold(), plain, n=1, cutoff=alike)
    return plain[near[0]] if near else None


def did_you_mean(given: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Ask for the text that may have been meant, after what was expected; '' if there is none.

    Examples
    --------
    >>> did_you_mean("SEX", ["id", "sex"]), did_you_mean("age", ["id", "sex"])
    ('; did you mean sex?', '')
    """
    near = nearest(given, known, alike)
    return f"; did you mean {near}?" if near else ""


def printable(text: str) -> str:
    """Give a text without what could steer a terminal: a hostile file is told of, not obeyed."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with a dataset.

    `row` is the line of the file as a text editor or spreadsheet counts it, 0 when the fault
    is not of one row. `column` is that of a table, or the key of `dataset.yaml`: `factors.1` is
    the first factor. Faults of one `cause` are told in one line, whatever their columns; where it
    is blank, those of one column of which the same is expected. `further` is how many cells of its
    cause are not listed beside it (`fewer`).
    """

    file: str
    row: int
    column: str
    value: str
    expected: str
    cause: str = ""
    further: int = 0

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", {self.column}" if self.file == DESCRIPTION else f", column {self.column}"
        found = f": found {_shown(self.value)}" if self.value else ""
        return printable(f"{place}{found}; expected {self.expected}")


class DatasetFaults(ReadableError, ValueError):
    """Everything that is wrong with a dataset, in one list (`faults`); told by cause."""

    def __init__(self, dataset: str, faults: list[Fault]) -> None:
        self.dataset = dataset
        self.faults = sorted(set(faults))
        causes = by_cause(self.faults)
        count = "1 fault" if len(causes) == 1 else f"{len(causes)} faults"
        lines = [f"The dataset {printable(dataset)} has {count}; nothing was built.", *causes]
        super().__init__("\n  ".join(lines))


# As many rows, columns, files and texts are shown of one cause.
_SHOWN = 4


def by_cause(faults: Sequence[Fault]) -> list[str]:
    """Give one line a cause: how many cells, the first rows, some of the texts, and the mend."""
    return [
        str(same[0]) if len(same) == 1 and not same[0].further else _together(same)
        for same in _grouped(faults, _cause).values()
    ]


def fewer(faults: Sequence[Fault], most: int) -> list[Fault]:
    """Keep the first so many faults of each cause in each file and column; count the others.

    Where a column of millions of rows is wrong, its rows are not all told, and need not be kept.
    """
    kept = []
    places = _grouped(sorted(faults), lambda each: (_cause(each), each.file, each.column))
    for same in places.values():
        *first, last = same[:most]
        further = last.further + sum(1 + each.further for each in same[most:])
        kept += [*first, replace(last, further=further)]
    return kept


def _cause(fault: Fault) -> tuple[str, ...]:
    # What is expected of cells is often the same in many columns: one mend helps all.
    place: tuple[str, ...] = (fault.file, fault.column)
    if fault.cause:
        place = () if fault.row else (fault.file,)
    one_row = () if fault.row else (fault.value,)
    return fault.cause or fault.expected, *place, *one_row


def _together(faults: list[Fault]) -> str:
    places = []
    for file, same in _grouped(faults, lambda fault: fault.file).items():
        columns = list(dict.fromkeys(fault.column for fault in same if fault.column))
        rows = sorted({fault.row for fault in same if fault.row})
        where = file
        if columns:
            # Of cells some columns show where to look; columns that are missing are all named.
            listed = _some(columns) if rows else ", ".join(columns)
            where += f", {'column' if len(columns) == 1 else 'columns'} {listed}"
        if rows:
            listed = _some(list(map(str, rows)), further=sum(fault.further for fault in same))
            where += f", {'row' if len(rows) == 1 else 'rows'} {listed}"
        places.append(where)
    texts = list(dict.fromkeys(fault.value for fault in faults if fault.value))
    further = sum(fault.further for fault in faults)
    if further and len(texts) > _SHOWN:
        # How many texts there are in cells that are counted alone is not known.
        some = ", ".join([*map(_shown, texts[:_SHOWN]), "and others"])
    else:
        some = _some([_shown(text) for text in texts])
    found = f": found {some}" if texts else ""
    expected = faults[0].cause or faults[0].expected
    where = _some(places, "; ")
    if any(fault.row for fault in faults):
        where = f"{len(faults) + further} cells ({where})"
    return printable(f"{where}{found}; expected {expected}")


def _grouped(faults: Iterable[Fault], key: Callable[[Fault], Key]) -> dict[Key, list[Fault]]:
    groups: dict[Key, list[Fault]] = {}
    for fault in faults:
        groups.setdefault(key(fault), []).append(fault)
    return groups


def _some(texts: list[str], mark: str = ", ", further: int = 0) -> str:
    left = len(texts) + further - _SHOWN
    more = f"{mark}and {left} more" if left > 0 else ""
    return mark.join(texts[:_SHOWN]) + more


def _shown(value: str) -> str:
    # repr keeps control characters of a hostile file from reaching the terminal.
    text = value if len(value) <= 60 else value[:57] + "..."
    return ascii(text) if not text.isprintable() else f"'{text}'"
