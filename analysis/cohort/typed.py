"""Text becomes dates, numbers and known words, and every cell is checked."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analysis.cohort.description import Description
from analysis.cohort.faults import DESCRIPTION, Fault
from analysis.cohort.intake import cells as cell
from analysis.cohort.intake.cells import Conventions
from analysis.cohort.intake.mapping import Written
from analysis.cohort.intake.sheet import coded
from analysis.cohort.intake.texts import Texts, in_ascii
from analysis.study.columns import (
    YES_NO,
    Table,
    empty,
    expected,
    is_optional,
    kind,
    known_texts,
    levels_of,
)

# How alike two texts are when one is taken for a slip of the other.
SLIP = 0.85
# How alike a header is that is shown where another one is missing.
ALIKE = 0.75
_NO_COLUMNS = "these columns, or their names under not_recorded in dataset.yaml"
_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# As many codes are shown of a column that has others than it should.
_CODES = 6
# What people write for 'not recorded' is short; longer texts need not be looked at.
_LONGEST = max(map(len, cell.USUAL))


@dataclass
class Typed:
    """A table with its types, and what was met on the way.

    Attributes
    ----------
    frame
        Every column of the schema; what could not be read is missing.
    imputed
        Column to `D` or `M` where a date was imputed, of the same index.
    limits
        Column to the sign of its limits (`study.limits`), where it has any.
    faults, notes
        What is wrong, and what should be known.
    dates
        Texts of dates of the whole dataset.
    commas
        Columns of which decimal commas were read as such.
    """

    frame: pd.DataFrame
    imputed: pd.DataFrame
    limits: dict[str, pd.Series] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dates: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    commas: list[str] = field(default_factory=list)


def typed(
    written: Written, table: Table, description: Description, dates: pd.Series | None = None
) -> Typed:
    """Turn the text of one table into dates and numbers, and check every cell.

    Parameters
    ----------
    written, table, description
        The text, its description, and what the dataset says of itself.
    dates
        Texts of dates of the whole dataset, which may show whether days or months come first.
    """
    frame = written.frame
    columns = table.schema.columns
    found = Typed(pd.DataFrame(index=frame.index), pd.DataFrame(index=frame.index))
    found.dates = dates if dates is not None else pd.Series(dtype=object)
    faults = found.faults
    doubled = sorted({str(name) for name in frame.columns if list(frame.columns).count(name) > 1})
    faults += [Fault(table.name, 0, name, "", "each column once") for name in doubled]
    frame = frame.loc[:, ~frame.columns.duplicated()]
    _look_at_names(frame, written, table, found)
    if frame.empty and not table.may_be_empty:
        faults.append(Fault(table.name, 0, "", "", f"at least one row: {table.one_row_is}"))

    nothing = empty(table)
    columns_made: dict[str, pd.Series] = {}
    for name, column in columns.items():
        if name in frame.columns:
            conventions = description.conventions
            if name in written.formats:
                conventions = replace(conventions, dates=written.formats[name])
            columns_made[name] = _read(frame[name], column, table, conventions, found)
        else:
            columns_made[name] = _nothing(nothing[name], frame.index)
            if not is_optional(column) and not description.lacks(table.name, name):
                near = _near(name, [str(each) for each in frame.columns], ALIKE)
                there = f" (there is {near})" if near else ""
                words = f"this column{there}, or its name under not_recorded in dataset.yaml"
                several = "" if near else _NO_COLUMNS
                faults.append(Fault(table.name, 0, name, "", words, several))
    found.frame = pd.DataFrame(columns_made, index=frame.index, copy=False)
    return found


def _nothing(column: pd.Series, index: pd.Index) -> pd.Series:
    if column.dtype == object:
        blank = np.full(len(index), -1, dtype=np.int8)
        return pd.Series(coded(blank, column), index=index)
    return column.reindex(index)


def _near(name: str, names: list[str], alike: float) -> str | None:
    near = difflib.get_close_matches(name, names, n=1, cutoff=alike)
    return near[0] if near else None


def _look_at_names(frame: pd.DataFrame, written: Written, table: Table, found: Typed) -> None:
    """Columns that are not of the schema: a slip of one that is missing, or of no use here."""
    columns = table.schema.columns
    others = [str(name) for name in frame.columns if name not in columns]
    if written.parts is not None and written.origins:
        made = {name for _, names in written.origins for name in names}
        for name in [each for each in others if each in made]:
            near = difflib.get_close_matches(name, columns, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            words = f"{meant}a column of {table.name}, or one that a factor or endpoint uses"
            place = f"tables.{table.name}.{name}"
            found.faults.append(Fault(DESCRIPTION, 0, place, "", words))
            others.remove(name)
    missing = [name for name in columns if name not in frame.columns]
    for name in list(others):
        meant_for = _near(name, missing, SLIP)
        if meant_for is not None and is_optional(columns[meant_for]):
            words = f"did you mean {meant_for}? If not, call it something less alike"
            found.faults.append(Fault(table.name, 0, name, "", words))
        if meant_for is not None:
            others.remove(name)
    if others:
        listed = ", ".join(_shown(name) for name in others[:8]) + (
            f" and {len(others) - 8} more" if len(others) > 8 else ""
        )
        one = len(others) == 1
        where = (
            ""
            if table.name != "patients"
            else (f" To compare patients by {'it' if one else 'one'}, declare it under `factors`.")
        )
        found.notes.append(
            f"{written.file}: {'the column' if one else 'the columns'} {listed} "
            f"{'is' if one else 'are'} not used.{where}"
        )


def _shown(name: str) -> str:
    text = name if len(name) <= 40 else f"{name[:37]}..."
    return text if text.isprintable() else ascii(text)


def _read(
    cells: pd.Series, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> pd.Series:
    """Give a column with its type; what is done to texts is done once to each distinct one."""
    given = Texts.of(cells)
    wanted = kind(column)
    if wanted in ("date", "number", "integer"):
        read = _as_days if wanted == "date" else _as_numbers
        values = read(given, column, table, conventions, found)
        found.faults += _out_of_range(values, given, column, table)
        return given.spread(values)
    words = _as_words(given, column, table, conventions, found)
    found.faults += _out_of_range(words.texts, given, column, table)
    return words.words()


# --- words ----------------------------------------------------------------------------------------


def _as_words(
    given: Texts, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> Texts:
    levels = levels_of(column)
    if not levels:
        given = _visible(given, table, found)
    if known := known_texts(column):
        return _one_spelling(_recognised(given, known, table.name, found.faults), table, found)
    if levels == YES_NO:
        given = given.changed(cell.answers(given.texts, conventions))
    if levels:
        return _in_levels(given, levels, table, conventions, found)
    # Of ids each spelling is another; of terms the study knows which is which.
    return given if given.name in ("patient_id", "term") else _one_spelling(given, table, found)


def _visible(given: Texts, table: Table, found: Typed) -> Texts:
    """Give texts as they look: accents composed, one space between words.

    What cannot be seen, such as a space of no width, makes two texts of what looks like one; a
    line break stands where a quote has swallowed rows. Both are faults.
    """
    words: dict[str, str] = {}

    def plain(text: str) -> str:
        if any(mark in text for mark in _LINE_BREAKS):
            words[text] = "text in one line; a quote before it may not be closed"
            return ""
        spaced = " ".join(text.split())
        hidden = sorted({f"U+{ord(each):04X}" for each in spaced if not each.isprintable()})
        if hidden:
            words[text] = f"text without what cannot be seen ({', '.join(hidden)})"
            return ""
        return unicodedata.normalize("NFC", spaced)

    # Letters of ASCII with single spaces are what they look like: so are most texts, such as ids.
    odd = ~in_ascii(given.texts)
    seen = given.texts.where(~odd) if odd.any() else given.texts
    seen[odd] = [plain(str(text)) for text in given.texts[odd]]
    # Of an id it is a name like any other.
    for text in sorted(_usual(given.texts)) if given.name != "patient_id" else ():
        found.notes.append(
            f"{given.name} ({table.name}): '{text}' is taken for a text in "
            f"{given.number_of(given.texts == text)} of {given.known()} cells. If it stands for "
            f"'not recorded', say `missing: ['{text}']` in dataset.yaml."
        )
    if words:
        for row, text in given.rows(given.texts.isin(words.keys())):
            found.faults.append(Fault(table.name, row, given.name, text, words[text]))
    return given.changed(seen.replace("", pd.NA)) if odd.any() else given


def _usual(texts: pd.Series) -> set[str]:
    return {
        text for text in texts.dropna() if len(text) <= _LONGEST and text.casefold() in cell.USUAL
    }


def _one_spelling(given: Texts, table: Table, found: Typed) -> Texts:
    """Give texts of a column that differ by capitals alone in the spelling that most of them have.

    Of spellings that are equally common it is the one that is met first.
    """
    counts = pd.Series(given.counts).groupby(given.texts, sort=False).sum()
    common: dict[str, str] = {}
    for text in counts.sort_values(ascending=False, kind="stable").index:
        common.setdefault(text.casefold(), text)
    spelt = {text: common[text.casefold()] for text in counts.index}
    others = {text: one for text, one in spelt.items() if text != one}
    if not others:
        return given
    listed = [f"'{_shown(text)}' as '{_shown(one)}'" for text, one in others.items()][:_CODES]
    found.notes.append(f"{given.name} ({table.name}): counted are {'; '.join(listed)}.")
    return given.changed(given.texts.map(spelt, na_action="ignore"))


def _in_levels(
    given: Texts,
    levels: tuple[str, ...],
    table: Table,
    conventions: Conventions,
    found: Typed,
) -> Texts:
    """Give the levels in whatever capitals they are written; another text is a fault."""
    spelt = {level.casefold(): level for level in levels}
    texts = [text for text in given.texts.dropna().unique() if text not in levels]
    written = {
        text: spelt[str(text).strip().casefold()]
        for text in texts
        if str(text).strip().casefold() in spelt
    }
    if written:
        given = given.changed(given.texts.map(lambda text: written.get(text, text)))
    others = [text for text in texts if text not in written]
    if not others:
        return given
    words = f"one of: {', '.join(levels)}"
    codes = "; or say what stands for them: " + _example(given.name, others, levels, conventions)
    strange = given.texts.isin(others)
    for row, text in given.rows(strange):
        if missing := _if_missing(text):
            found.faults.append(Fault(table.name, row, given.name, text, missing, missing))
        else:
            found.faults.append(Fault(table.name, row, given.name, text, words + codes))
    return given.changed(given.texts.mask(strange))


def _if_missing(text: str) -> str:
    """Say how to declare a text that people write for 'not recorded'; '' for any other."""
    if text.strip().casefold() not in cell.USUAL:
        return ""
    shown = text if len(text) <= 20 else text[:20]
    return f"a value; if '{shown}' stands for 'not recorded', say `missing: ['{shown}']`"


def _example(
    name: str, others: list[str], levels: tuple[str, ...], conventions: Conventions
) -> str:
    shown = [text for text in map(str, others) if not _if_missing(text)][:_CODES]
    if levels == YES_NO:
        return f"`yes: [...]` and `no: [...]`, of {', '.join(map(_quoted, shown))}"
    meant = ", ".join(f"{_quoted(text)}: …" for text in shown)
    return f"`{name}: {{from: {name}, values: {{{meant}}}}}` under tables"


def _quoted(text: str) -> str:
    shown = text if len(text) <= 20 else f"{text[:17]}..."
    return shown if shown.isalpha() and shown.isascii() else repr(shown)


def _recognised(given: Texts, known: tuple[str, ...], table: str, faults: list[Fault]) -> Texts:
    """Give the texts of an open list as they are known, in any case; a slip of one is a fault."""
    spelt = {text.lower(): text for text in known}
    written: dict[str, str] = {}
    for text in given.texts.dropna().unique():
        plain = str(text).strip()
        near = difflib.get_close_matches(plain.lower(), spelt, n=1, cutoff=SLIP)
        if plain.lower() in spelt:
            written[text] = spelt[plain.lower()]
        elif near:
            meant = spelt[near[0]]
            for row, _ in given.rows(given.texts == text):
                words = f"{meant}, if that is meant; what is another is declared in dataset.yaml"
                faults.append(Fault(table, row, given.name, plain, words))
            written[text] = meant
        else:
            written[text] = plain
    return given.changed(given.texts.map(written).astype(object))


# --- days -----------------------------------------------------------------------------------------


def _as_days(
    given: Texts, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> pd.Series:
    read = cell.days_of(given.texts, conventions)
    name = given.name
    if read["imputed"].notna().any():
        found.imputed[name] = given.spread(read["imputed"])
    unknown = read["unknown"].astype(bool)
    if unknown.any() and _blank_is_no_event(table.name, name):
        # Left out it would read as if it had not happened.
        for row, text in given.rows(unknown):
            mend = "a day, or `partial_dates: mid`: it happened, and a blank cell says it did not"
            found.faults.append(Fault(table.name, row, name, text, mend, mend))
    elif unknown.any():
        found.notes.append(
            f"{name} ({table.name}): {given.number_of(unknown)} of {given.known()} dates are not "
            "known to the day and are left out (`partial_dates: none`)."
        )
    words: dict[str, str] = {}
    for row, text in given.rows(read["day"].isna() & ~unknown):
        if text not in words:
            words[text] = _if_missing(text) or cell.why_no_day(text, found.dates)
        found.faults.append(Fault(table.name, row, name, text, words[text], words[text]))
    return read["day"]


def _blank_is_no_event(table: str, column: str) -> bool:
    if table == "immunotherapy":
        return column == "end_date"
    return table == "follow_up" and column not in ("last_imaging_date", "last_contact_date")


# --- numbers --------------------------------------------------------------------------------------


def _as_numbers(
    given: Texts, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> pd.Series:
    name = given.name
    if not conventions.decimal and cell.decimal_comma(given.texts):
        conventions = replace(conventions, decimal=(",",))
        found.commas.append(name)
    read = cell.numbers_of(given.texts, conventions)
    values, limit = read["value"], read["limit"]
    whole = kind(column) == "integer"
    may = table.name == "patients" and not whole and name != "age_years"
    if limit.notna().any():
        if may:
            found.limits[name] = cell.or_none(given.spread(limit))
        else:
            for row, text in given.rows(limit.notna()):
                said = f"{expected(column)}, and not a limit"
                found.faults.append(Fault(table.name, row, name, text, said))
    if whole:
        values = values.where(values % 1 == 0).astype("Int64")
    words: dict[str, str] = {}
    for row, text in given.rows(values.isna()):
        if text not in words:
            words[text] = _if_missing(text) or cell.why_no_number(text)
        more = words[text]
        usual = f"{expected(column)}; {more}" if more else expected(column)
        found.faults.append(Fault(table.name, row, name, text, usual, more))
    return values


def _out_of_range(
    values: pd.Series, given: Texts, column: pa.Column, table: Table
) -> Iterator[Fault]:
    """Check what was read of each distinct text, and the blank cells, by the description.

    Parameters
    ----------
    values
        What was read of each text of `given`; missing where it could not be read, which is said
        already.
    """
    name = given.name
    if not column.nullable:
        for row in given.blank_rows():
            yield Fault(table.name, int(row), name, "", f"a value; {expected(column)}")
    try:
        column.validate(pd.DataFrame({name: values}), lazy=True)
    except pa.errors.SchemaErrors as errors:
        for case in errors.failure_cases.itertuples():
            if case.index is None or pd.isna(case.index) or pd.isna(values[case.index]):
                continue
            words = str(case.check) if kind(column) == "date" else expected(column)
            this = np.zeros(len(values), dtype=bool)
            this[case.index] = True
            for row, text in given.rows(this):
                # -9 is a number, and out of range where it stands for none.
                missing = _if_missing(text)
                said = f"{words}; {missing}" if missing else words
                yield Fault(table.name, row, name, text, said, missing)


def texts_of_dates(tables: Mapping[str, Written], schema: Mapping[str, Table]) -> pd.Series:
    """Give the texts that stand where dates should, each once, of all tables."""
    texts: list[pd.Series] = [pd.Series(dtype=object)]
    for name, written in tables.items():
        frame = written.frame.loc[:, ~written.frame.columns.duplicated()]
        columns = schema[name].schema.columns
        for column in frame.columns:
            if column in columns and kind(columns[column]) == "date":
                texts.append(pd.Series(frame[column].dropna().unique(), dtype=object))
    return pd.concat(texts, ignore_index=True)
