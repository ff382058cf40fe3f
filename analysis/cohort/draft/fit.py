"""Whether the cells of a column can be what its name says, and how they are then read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandera.pandas as pa

from analysis.cohort.draft.profile import Column, missing_numbers
from analysis.cohort.draft.vocabulary import MISSING_NUMBERS, NO, NOT_HAPPENED, YES
from analysis.cohort.draft.words import Name, code
from analysis.cohort.intake.cells import EXCEL
from analysis.cohort.intake.units import factor, known
from analysis.study.columns import YES_NO, kind, known_texts, levels_of
from analysis.study.vocabulary import Spelling

# Stands where only she can say what belongs there; no schema takes it for a value.
UNANSWERED = "?"
_BIRTH, _ANY = (1890, 2012), (1980, 2100)
# Gy in one fraction, from the smallest to the largest that are given.
_A_FRACTION = (0.9, 34.0)
# What is longer is no code, but a text about a patient.
_LONGEST_CODE = 60
_COMBINED = re.compile(
    r"(\d+(?:\.\d+)?)\s*(c?gy)?\s*[/;,-]\s*(?:in\s+)?(\d+)\s*(fractions|fx|fr|f|次|x)?\.?", re.I
)
_LETTER_AND_NUMBER = re.compile(r"([A-Za-z]{1,5}|Child-Pugh [ABC])[\s:(-]*(\d+)[)\s]*")
_PREFIXES = {"a", "b", "c", "ps", "ecog", "g", "grade", "ctcae", "l", "line"}
_MARK = re.compile(r"[*†‡#↑↓+]{1,3}")
_NUMBER_IN = r"([<>≤≥]?\s*[\d.,]+)"


@dataclass(frozen=True)
class Orders:
    """How each shape of date with `?` is read in one sheet, and for which this is proved."""

    formats: Mapping[str, str]
    proved: frozenset[str]


@dataclass(frozen=True)
class Fit:
    """That cells can be it.

    Attributes
    ----------
    why
        What in them says so.
    how
        What the declaration needs besides the column: `values`, `take`, `unit`, `missing`.
    questions
        What they leave open.
    words
        Text of a cell to yes or no, where these are read.
    formats
        How its dates are written.
    """

    why: str
    how: Mapping[str, Any] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ()


def fit(
    target: str, schema: pa.Column, spelling: Spelling, column: Column, name: Name, orders: Orders
) -> Fit | None:
    """Tell how the cells of a column are read as one of the schema; None where they cannot be.

    Parameters
    ----------
    target
        `table.column`.
    schema
        Its description.
    spelling
        What people write in it.
    column, name
        That of the source, and its name taken apart.
    orders
        How dates are written in its sheet.
    """
    if column.filled == 0:
        return Fit("all cells are blank", questions=("blank for everybody: is it this?",))
    what = kind(schema)
    if what == "date":
        return _dates(target, column, orders)
    if what in ("integer", "number"):
        return _numbers(target, schema, spelling, column, name)
    if levels_of(schema):
        return _codes(levels_of(schema), spelling, column, name)
    if known_texts(schema):
        return _open(known_texts(schema), spelling, column)
    return _text(column)


# --- dates ----------------------------------------------------------------------------------------


def orders_of(columns: Iterable[Column]) -> Orders:
    """Find how days and months stand in the dates of a sheet."""
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    shapes: set[str] = set()
    for column in columns:
        if column.is_dates:
            first += column.dates.day_first
            second += column.dates.month_first
            shapes |= {shape for shape in column.dates.shapes if shape.startswith("?")}
    formats = {shape: ordered(shape, second[shape] > first[shape]) for shape in shapes}
    proved = {shape for shape in shapes if (first[shape] > 0) != (second[shape] > 0)}
    return Orders(formats, frozenset(proved))


def ordered(shape: str, month_first: bool) -> str:
    """Give the format of a shape: `?/?/%Y` is `%d/%m/%Y` or `%m/%d/%Y`."""
    one, two = ("%m", "%d") if month_first else ("%d", "%m")
    return shape.replace("?", one, 1).replace("?", two, 1)


def formats_of(column: Column, orders: Orders) -> tuple[dict[str, str], list[str]]:
    """Give how each shape in a column is read, and what is not proved about it."""
    formats: dict[str, str] = {}
    questions: list[str] = []
    found = column.dates
    if found.serial:
        formats[EXCEL] = EXCEL
    for shape in found.shapes:
        if not shape.startswith("?"):
            formats[shape] = shape
            continue
        first, second = found.day_first[shape], found.month_first[shape]
        formats[shape] = (
            ordered(shape, second > first)
            if first or second
            else orders.formats.get(shape, ordered(shape, False))
        )
        if first and second:
            questions.append(
                f"{first} can only have the day first, {second} only the month: which are right?"
            )
        elif not first and not second and shape not in orders.proved:
            written = _example(formats[shape])
            questions.append(f"day or month first? No date of the kind {written} tells")
        if "%y" in shape:
            questions.append("which century are years of two figures of?")
    return formats, questions


def _example(written: str) -> str:
    for old, new in (("%d", "DD"), ("%m", "MM"), ("%Y", "YYYY"), ("%y", "YY")):
        written = written.replace(old, new)
    return written


def _dates(target: str, column: Column, orders: Orders) -> Fit | None:
    found = column.dates
    words = dict(found.others)
    told = {t for t in words if code(t) in NOT_HAPPENED or t in MISSING_NUMBERS}
    whole = found.written + found.partial + found.serial
    months = sum(column.known[t] for t in column.known if re.search(r"\d[-/.年]\d", t))
    if whole == 0 or (found.written + found.serial == 0 and months < 0.8 * column.filled):
        return None
    strange = sum(n for text, n in words.items() if text not in told)
    if strange > 0.1 * whole:
        return None
    formats, questions = formats_of(column, orders)
    days = column.days(formats).dropna()
    if len(days):
        low, high = _BIRTH if target.endswith("birth_date") else _ANY
        year = int(days.dt.year.median())
        if "%y" not in "".join(formats) and not low <= year <= high:
            return None
    how: dict[str, Any] = {}
    if told:
        how["missing"] = sorted(told)
        questions.append(f"{_listed(sorted(told))} means that there is no date?")
    if strange:
        questions.append(f"{_cells(strange)} are no dates")
    if found.partial:
        questions.append(f"{_cells(found.partial)} lack a day or a month")
    if found.hours:
        questions.append(
            f"{_cells(found.hours)} have a time of day: is their day that of the place?"
        )
    if found.serial:
        questions.append(f"{_cells(found.serial)} look like Excel's days since 1900: are they?")
    told_formats = sorted({each for each in formats.values() if "%z" not in each})
    return Fit("dates", how, tuple(questions), formats=tuple(told_formats))


# --- numbers --------------------------------------------------------------------------------------


def _numbers(
    target: str, schema: pa.Column, spelling: Spelling, column: Column, name: Name
) -> Fit | None:
    low, high = _limits(schema)
    wanted = str((schema.metadata or {}).get("unit", ""))
    if column.is_dates and not column.plain_numbers:
        return None
    read = _read_numbers(target, column)
    if read is None:
        return None
    values, how, questions = read
    unit_in_cells = how.pop("unit", "")
    if target == "adverse_events.grade" and "0" in column.known:
        how |= {"values": {"0": ""}, "otherwise": "same"}
        values = [value for value in values if value != 0]
    aside = missing_numbers(column)
    if kind(schema) == "integer":
        outside = [t for t, v in column.plain_numbers.items() if not low <= v <= high]
        aside |= {t: column.known[t] for t in outside if t in MISSING_NUMBERS}
    if aside:
        how["missing"] = sorted(aside)
        values = [v for v in values if v not in {float(text) for text in aside}]
        told = ", ".join(f"{text} ({_cells(n)})" for text, n in sorted(aside.items()))
        questions.append(f"does {told} mean: not recorded?")
    if not values:
        return Fit("numbers", how, tuple(questions)) if "values" in how else None
    unit = name.unit or unit_in_cells
    scaled, more = _in_unit(values, unit, wanted, low, high, spelling)
    if scaled is None:
        return None
    how |= scaled
    questions += more
    if kind(schema) == "integer" and not scaled:
        broken = sum(value % 1 != 0 for value in values)
        if broken > 0.02 * len(values):
            return None
    limited = sum(column.known[t] for t, n in column.numbers.items() if n.limit)
    why = "numbers"
    if limited:
        why += f", {limited} of them limits such as <"
    return Fit(why, how, tuple(questions))


def _limits(schema: pa.Column) -> tuple[float, float]:
    for check in schema.checks:
        told = check.statistics or {}
        if "min_value" in told:
            return float(told["min_value"]), float(told["max_value"])
    return float("-inf"), float("inf")


def _read_numbers(
    target: str, column: Column
) -> tuple[list[float], dict[str, Any], list[str]] | None:
    """Give the numbers of a column, a value each cell, and how they are taken out of the texts."""
    plain = column.plain_numbers
    strange = column.filled - sum(column.known[text] for text in plain)
    how: dict[str, Any] = {}
    questions: list[str] = []
    chosen = plain
    if strange:
        combined = _of_combined(target, column)
        if combined is not None:
            return combined
        with_rest = {text: found.value for text, found in column.numbers.items()}
        rests = {found.rest for found in column.numbers.values() if found.rest}
        lettered = {
            text: found for text in column.known if (found := _LETTER_AND_NUMBER.fullmatch(text))
        }
        if column.share(with_rest) >= 0.95 and len(rests) <= 3:
            chosen = with_rest
            how["take"] = _NUMBER_IN
            units = {code(rest) for rest in rests if not _MARK.fullmatch(rest)}
            marks = sorted(rest for rest in rests if _MARK.fullmatch(rest))
            if marks:
                n = sum(column.known[t] for t, f in column.numbers.items() if f.rest in marks)
                questions.append(f"what does {' '.join(marks)} behind {_cells(n, 'number')} mean?")
            if len(units) == 1 and column.share(plain) == 0:
                (rest,) = [rest for rest in rests if not _MARK.fullmatch(rest)]
                how["unit"] = rest
            elif units:
                questions.append(f"what does {_listed(sorted(units))} behind numbers mean?")
        elif column.share(lettered) >= 0.95:
            chosen = {text: float(found[2]) for text, found in lettered.items()}
            how["take"] = r"(\d+)"
            letters = {found[1].lower().removeprefix("child-pugh ") for found in lettered.values()}
            if not letters <= _PREFIXES:
                questions.append(f"what does {_listed(sorted(letters))} before numbers mean?")
        elif column.share(plain) >= 0.9:
            questions.append(f"{_cells(strange)} are no numbers")
        else:
            return None
    if any(column.numbers[text].comma for text in chosen if text in column.numbers):
        thousands = [text for text in chosen if re.search(r",\d{3}(?!\d)", text)]
        if thousands:
            n = sum(column.known[text] for text in thousands)
            questions.append(
                f"is the comma of {_cells(n, 'number')} a decimal or a thousands mark?"
            )
    values = [value for text, value in chosen.items() for _ in range(column.known[text])]
    return values, how, questions


def _of_combined(
    target: str, column: Column
) -> tuple[list[float], dict[str, Any], list[str]] | None:
    """Read `54Gy/27f`: the dose, or the fractions."""
    if target not in ("radiotherapy.dose_gy", "radiotherapy.fractions"):
        return None
    found = {text: pair for text in column.known if (pair := _COMBINED.fullmatch(text.strip()))}
    if column.share(found) < 0.95:
        return None
    per = [
        float(pair[1]) * (0.01 if (pair[2] or "").lower() == "cgy" else 1) / float(pair[3])
        for pair in found.values()
        if float(pair[3])
    ]
    if sum(_A_FRACTION[0] <= each <= _A_FRACTION[1] for each in per) < 0.95 * len(per):
        return None
    how: dict[str, Any] = {}
    questions = []
    if len(found) < len(column.known):
        questions.append(f"{_cells(len(column.known) - len(found), 'text')} are of another form")
    units = {(pair[2] or "").lower() for pair in found.values()}
    named = all(pair[2] or pair[4] for pair in found.values())
    if target.endswith("dose_gy"):
        written = {
            found_in[0] if (found_in := re.search(r"\s*[cC]?[gG][yY]", t)) else "" for t in found
        }
        how["take"] = rf"([\d.]+){written.pop()}" if len(written) == 1 else r"^\s*([\d.]+)"
        if "cgy" in units:
            if units != {"cgy"}:
                return None
            how["unit"] = "cGy"
        values = {text: float(pair[1]) for text, pair in found.items()}
    else:
        slash = all(re.search(r"/\d+", text) for text in found)
        how["take"] = r"/(\d+)" if slash else r"[/;,-]\s*(?:in\s+)?(\d+)"
        values = {text: float(pair[3]) for text, pair in found.items()}
    if not named:
        questions.append("is it the dose and the number of fractions?")
    return [v for text, v in values.items() for _ in range(column.known[text])], how, questions


def _in_unit(
    values: Sequence[float], unit: str, wanted: str, low: float, high: float, spelling: Spelling
) -> tuple[dict[str, Any] | None, list[str]]:
    """Give which unit numbers are in; None where they can be in none."""

    def outside(times: float) -> int:
        # A number that stands a hair outside a limit is a rounded one.
        slack = 1e-9
        return sum(not low - slack <= value * times <= high + slack for value in values)

    def plausible(times: float) -> bool:
        if outside(times) > 0.02 * len(values):
            return False
        if spelling.usual is None:
            return True
        middle = sorted(values)[len(values) // 2] * times
        return spelling.usual[0] <= middle <= spelling.usual[1]

    span = f"{min(values):g} to {max(values):g}"
    alternatives = [
        other for other in known(wanted) if (times := factor(other, wanted)) and times != 1
    ]
    if unit:
        times = factor(unit, wanted)
        how = {} if times == 1 else {"unit": unit}
        if times is not None and plausible(float(times)):
            return how, []
        if times is not None and outside(float(times)) <= 0.1 * len(values):
            return how, [f"the numbers are {span}: {unit}, and all of them right?"]
        if plausible(1.0):
            return {}, [f"the name says {unit}, the numbers ({span}) fit {wanted or 'no unit'}"]
        return None, []
    if plausible(1.0):
        others = [o for o in alternatives if plausible(float(factor(o, wanted) or 0))]
        if not others:
            return {}, []
        return {}, [f"no unit is named: {wanted}, or {' or '.join(others[:2])}? They are {span}"]
    for other in alternatives:
        if plausible(float(factor(other, wanted) or 0)):
            return {"unit": other}, [f"no unit is named; {span} fit {other}: is that so?"]
    beyond = outside(1.0)
    if beyond <= 0.1 * len(values) and (spelling.usual is None or beyond):
        return {}, [f"{_cells(beyond, 'number')} outside {low:g} to {high:g}: {span}"]
    return None, []


# --- codes ----------------------------------------------------------------------------------------


def _codes(levels: tuple[str, ...], spelling: Spelling, column: Column, name: Name) -> Fit | None:
    if any(len(text) > _LONGEST_CODE for text in column.known):
        return None
    told = column.labels or name.legend
    meanings = {text: told.get(text, text) for text in column.known}
    yes_no = levels == YES_NO
    table = _level_of(levels, spelling.codes)
    found = {text: table.get(code(words)) for text, words in meanings.items()}
    unknown = sorted(text for text, level in found.items() if level is None)
    why = "values " + _listed(sorted(column.known)) if column.few else "values"
    if told:
        why = "what the file says of its codes"
    if yes_no and set(unknown) <= {"0", "1"} and unknown:
        words = {text: level for text, level in found.items() if level}
        only = not words
        words |= {"1": "yes", "0": "no"}
        words = {text: level for text, level in words.items() if text in column.known}
        asked = ("does 1 mean yes, and 0 no?",) if only else ()
        return Fit(why, {}, asked, words)
    if not unknown:
        if yes_no and not told:
            return Fit(why, {}, (), {t: str(level) for t, level in found.items()})
        values = {text: str(level) for text, level in found.items()}
        same = all(text == level for text, level in values.items())
        return Fit(why, {} if same else {"values": values})
    aside = [text for text in unknown if text in MISSING_NUMBERS and text not in ("9", "1")]
    if aside and len(aside) == len(unknown) and len(found) > len(aside):
        rest = Column(column.name, column.cells[~column.cells.isin(aside)], column.labels)
        fits = _codes(levels, spelling, rest, name)
        if fits is not None:
            asks = f"does {', '.join(aside)} mean: not recorded?"
            how = {**fits.how, "missing": aside}
            return replace(fits, how=how, questions=(asks, *fits.questions))
    distinct = len(column.known)
    digits = all(re.fullmatch(r"\d", text) or text in MISSING_NUMBERS for text in unknown)
    share = 1 - column.share(unknown)
    if digits and distinct <= len(levels) + (0 if yes_no else 1):
        pass
    elif not ((share >= 0.5 or len(unknown) <= 2) and share >= 0.3 and distinct <= len(levels) + 6):
        return None
    values = {text: str(level or UNANSWERED) for text, level in found.items()}
    asks = f"what do {len(unknown)} codes mean?"
    if column.few:
        times = ", ".join(f"{text} ({_cells(column.known[text])})" for text in unknown[:4])
        choice = ", ".join(levels) if len(levels) < 9 else "which level"
        asks = f"what does {times} mean: {choice}?"
    return Fit(why, {"values": values}, (asks,))


def _level_of(levels: Iterable[str], codes: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    levels = tuple(levels)
    words = {"yes": YES, "no": NO} if levels == YES_NO else codes
    found: dict[str, str] = {}
    for level in levels:
        for text in (level, *words.get(level, ())):
            found.setdefault(code(text), level)
            # `Stage IIIA`, `IIIA期` and, for one word, `grade`.
            if levels != YES_NO and text.isascii():
                found.setdefault("stage " + code(text), level)
                found.setdefault(code(text) + "期", level)
    return found


def _open(levels: tuple[str, ...], spelling: Spelling, column: Column) -> Fit | None:
    table = _level_of(levels, spelling.codes)
    found = {text: table.get(code(column.labels.get(text, text))) for text in column.known}
    unknown = [text for text, level in found.items() if level is None]
    share = 1 - column.share(unknown)
    numeric = sum(column.known[text] for text in column.plain_numbers)
    if column.is_dates or (numeric and not column.labels):
        return None
    values = {
        text: level
        for text, level in sorted(found.items())
        if level is not None and text.casefold() != level.casefold()
    }
    how: dict[str, Any] = {}
    if values:
        how = {"values": values, "otherwise": "same"} if unknown else {"values": values}
        for text, level in found.items():
            if level is not None and not unknown:
                values.setdefault(text, level)
    why = "values " + _listed([str(level) for level in found.values() if level][:3])
    if not unknown:
        return Fit(why, how)
    if share >= 0.8:
        return Fit(why, how, (f"{len(unknown)} texts are not known here: are they well spelt?",))
    yes_no = {code(text) for text in column.known} <= {code(word) for word in (*YES, *NO)}
    if len(column.known) > 30 or (share == 0 and yes_no):
        return None
    if share == 0:
        return Fit(f"{len(column.known)} texts", how, ("none of its texts is known here: is it?",))
    return Fit(why, how, (f"{len(unknown)} of {len(found)} texts are not known here",))


def _text(column: Column) -> Fit | None:
    if column.is_dates:
        return None
    return Fit(f"{len(column.known)} different texts")


def _cells(n: int, what: str = "cell") -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:6]) + (", …" if len(texts) > 6 else "")
