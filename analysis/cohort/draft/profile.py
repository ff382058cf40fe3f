"""What the cells of one column look like: numbers, dates, few codes or many texts."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from analysis.cohort.draft.vocabulary import MISSING, MISSING_NUMBERS, MISSING_SIGNS
from analysis.cohort.draft.words import code
from analysis.cohort.intake.cells import EXCEL

# A number as people write it: limits, a decimal comma, a mark behind it.
_NUMBER = re.compile(r"([<>≤≥]=?)?\s*([+-]?\d+(?:[.,]\d+)*)\s*(.*)")
# Shapes of dates and how `strptime` writes them; those of three numbers may begin with any.
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(shape), written)
    for shape, written in (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})", "%Y-%m-%d"),
        (r"(\d{4})/(\d{1,2})/(\d{1,2})", "%Y/%m/%d"),
        (r"(\d{4})\.(\d{1,2})\.(\d{1,2})", "%Y.%m.%d"),
        (r"(\d{4})年(\d{1,2})月(\d{1,2})日", "%Y年%m月%d日"),
        (r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-3]\d)", "%Y%m%d"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "?.?.%Y"),
        (r"(\d{1,2})/(\d{1,2})/(\d{4})", "?/?/%Y"),
        (r"(\d{1,2})-(\d{1,2})-(\d{4})", "?-?-%Y"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{2})", "?.?.%y"),
        (r"(\d{1,2})/(\d{1,2})/(\d{2})", "?/?/%y"),
        (r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", "%d-%b-%Y"),
        (r"(\d{1,2}) ([A-Za-z]{3}) (\d{4})", "%d %b %Y"),
        (r"(\d{1,2})([A-Za-z]{3})(\d{4})", "%d%b%Y"),
        (r"(\d{1,2}) ([A-Za-z]{4,}) (\d{4})", "%d %B %Y"),
        (r"([A-Za-z]{3}) (\d{1,2}), (\d{4})", "%b %d, %Y"),
        (r"([A-Za-z]{4,}) (\d{1,2}), (\d{4})", "%B %d, %Y"),
    )
)
_CLOCK = re.compile(r"[T ](\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?([+-]\d{2}:?\d{2}|Z)?$")
_PARTIAL = re.compile(
    r"\d{4}|\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|\d{4}年\d{1,2}月?|(UN|UNK|XX)[-/ ].*\d{4}", re.I
)
_SERIAL = re.compile(r"[1-6]\d{4}(\.\d+)?")
# Day 0 of Excel for dates from March 1900 on.
_DAY_ZERO = datetime.datetime(1899, 12, 30)
# Cells of few codes may be told; more of them, or longer ones, are texts about patients.
FEW = 8
_SHORT = 24


@dataclass(frozen=True)
class Number:
    """A number as it stands in a cell."""

    value: float
    limit: str
    comma: bool
    rest: str


def number(text: str) -> Number | None:
    """Read a number; None for what is none.

    Examples
    --------
    >>> number("<1,2"), number("A5")
    (Number(value=1.2, limit='<', comma=True, rest=''), None)
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None or len(found[2]) > 25:
        return None
    digits, comma = found[2], "," in found[2]
    if digits.count(",") + digits.count(".") > 1:
        # A thousands mark, and perhaps a decimal one: 1,234.5 and 1.234,5.
        last = max(digits.rfind(","), digits.rfind("."))
        mark = digits[last]
        digits = "".join(c for c in digits[:last] if c not in ",.") + "." + digits[last + 1 :]
        if found[2].count(mark) > 1:
            digits = digits.replace(".", "")
        comma = mark == ","
    return Number(float(digits.replace(",", ".")), found[1] or "", comma, found[3].strip())


@dataclass(frozen=True)
class Dates:
    """How the dates of a column are written.

    Attributes
    ----------
    shapes
        How often each way of writing is met; `?` stands for a day or a month.
    day_first, month_first
        For shapes with `?`, in how many cells only the one order is possible.
    partial, serial
        Cells without a day or a month, and numbers that look like Excel's days since 1900.
    hours
        Cells with a time of day other than midnight, or of a time zone.
    others
        Cells that are no dates.
    """

    shapes: Counter[str]
    day_first: Counter[str]
    month_first: Counter[str]
    partial: int
    serial: int
    hours: int
    others: Counter[str]

    @property
    def written(self) -> int:
        """Cells that are whole dates."""
        return sum(self.shapes.values())


class Column:
    """One column of a sheet.

    Parameters
    ----------
    name
        The text of its header.
    cells
        Its cells, text or missing.
    labels, title, dated
        What the file itself says: words for codes, a title, that cells are dates.
    """

    def __init__(
        self,
        name: str,
        cells: pd.Series,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        dated: bool = False,
    ) -> None:
        self.name = name
        self.cells = cells
        self.labels = dict(labels or {})
        self.title = title
        self.dated = dated

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each text stands in a cell."""
        return Counter(self.cells.dropna().tolist())

    @cached_property
    def missing(self) -> Counter[str]:
        """Cells that say in words or signs that nothing is known."""
        return Counter({text: n for text, n in self.counts.items() if is_missing(text)})

    @cached_property
    def known(self) -> Counter[str]:
        """The other cells."""
        return Counter({text: n for text, n in self.counts.items() if text not in self.missing})

    @property
    def filled(self) -> int:
        """Cells that say something."""
        return sum(self.known.values())

    @property
    def few(self) -> bool:
        """Whether it holds codes, each of several patients, that may be told."""
        distinct = len(self.known)
        return (
            0 < distinct <= FEW
            and self.filled >= 3 * distinct
            and all(len(text) <= _SHORT for text in self.known)
        )

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        """The cells that are numbers."""
        read = {text: number(text) for text in self.known}
        return {text: found for text, found in read.items() if found is not None}

    @cached_property
    def plain_numbers(self) -> Mapping[str, float]:
        """The cells that are numbers and nothing more."""
        return {text: found.value for text, found in self.numbers.items() if not found.rest}

    def share(self, texts: Iterable[str]) -> float:
        """Give which share of the cells that say something are of these texts."""
        return sum(self.known[text] for text in texts) / self.filled if self.filled else 0.0

    @cached_property
    def dates(self) -> Dates:
        """How its dates are written."""
        shapes: Counter[str] = Counter()
        first: Counter[str] = Counter()
        second: Counter[str] = Counter()
        others: Counter[str] = Counter()
        partial = serial = hours = 0
        for text, n in self.known.items():
            shape, order = _shape(text)
            if shape:
                shapes[shape] += n
                clock = _CLOCK.search(text.strip())
                hours += n * bool(clock and (clock[2] or clock[1].strip("0:")))
                first[shape] += n * (order == "day")
                second[shape] += n * (order == "month")
            elif _PARTIAL.fullmatch(text.strip()):
                partial += n
            elif _SERIAL.fullmatch(text):
                serial += n
            else:
                others[text] += n
        return Dates(shapes, first, second, partial, serial, hours, others)

    @property
    def is_dates(self) -> bool:
        """Whether it holds dates and hardly anything else."""
        found = self.dates
        whole = found.written + found.partial
        if found.written == 0 and found.partial:
            # Years alone may be numbers.
            return False
        return self.filled > 0 and whole >= 0.8 * self.filled

    def days(self, formats: Mapping[str, str]) -> pd.Series:
        """Give the dates of its rows, missing where there is none.

        Parameters
        ----------
        formats
            How each shape is read.
        """
        read = {text: day(text, formats) for text in self.known}
        days = [read.get(text) for text in self.cells]
        return pd.Series(days, index=self.cells.index, dtype="datetime64[ns]")


@lru_cache(maxsize=20_000)
def is_missing(text: str) -> bool:
    """Tell whether a cell says that nothing is known.

    Examples
    --------
    >>> is_missing("N/A"), is_missing("未查"), is_missing("/"), is_missing("N")
    (True, True, True, False)
    """
    return text.strip().lower() in MISSING_SIGNS or code(text) in MISSING


def missing_numbers(column: Column) -> Counter[str]:
    """Give the numbers that may stand for missing: 999 among numbers below a hundred."""
    values = dict(column.plain_numbers)
    others = [value for text, value in values.items() if text not in MISSING_NUMBERS]
    if not others:
        return Counter()
    top, bottom = max(others), min(others)
    return Counter(
        {
            text: column.known[text]
            for text, value in values.items()
            if text in MISSING_NUMBERS
            and (value >= 5 * max(top, 1) or value < min(bottom, 0) or _stands_out(value, others))
        }
    )


def _stands_out(value: float, others: list[float]) -> bool:
    """Tell whether 9, 99 or 999 is the one of its kind: above all others, by half as much again."""
    return value >= 99 and value > 1.5 * max(others)


# Days stand in many columns, and each is looked at several times.
@lru_cache(maxsize=20_000)
def _shape(text: str) -> tuple[str, str]:
    """Give how a date is written, and which number must be the day: 'day' (the first), 'month'."""
    plain = text.strip()
    clock = _CLOCK.search(plain)
    if clock:
        plain = plain[: clock.start()]
    for pattern, written in _SHAPES:
        found = pattern.fullmatch(plain)
        if found is None:
            continue
        order = ""
        if written.startswith("?"):
            one, two = int(found[1]), int(found[2])
            if not (0 < one <= 31 and 0 < two <= 31) or min(one, two) > 12:
                return "", ""
            order = "day" if one > 12 else "month" if two > 12 else ""
        elif _parsed(plain, written) is None:
            return "", ""
        parts = clock[1].count(":") if clock else 0
        tail = {0: "", 1: " %H:%M", 2: " %H:%M:%S"}[parts]
        if clock and clock[0].startswith("T"):
            tail = tail.replace(" ", "T", 1)
        if clock and clock[2]:
            tail += "%z"
        return written + tail, order
    return "", ""


def day(text: str, formats: Mapping[str, str]) -> datetime.datetime | None:
    """Read a date in the format that stands for its shape."""
    if EXCEL in formats and _SERIAL.fullmatch(text):
        return _DAY_ZERO + datetime.timedelta(days=int(text.split(".")[0]))
    shape, _ = _shape(text)
    written = formats.get(shape, shape)
    return _parsed(text.strip(), written) if shape and "?" not in written else None


def _parsed(text: str, written: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, written).replace(tzinfo=None)
    except ValueError:
        return None
