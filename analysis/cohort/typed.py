"""Text becomes dates, numbers and known words, and every cell is checked."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
import pandera.pandas as pa

from analysis.cohort.description import Description
from analysis.cohort.faults import DESCRIPTION, Fault
from analysis.cohort.intake import cells as cell
from analysis.cohort.intake.cells import Conventions
from analysis.cohort.intake.mapping import Written
from analysis.cohort.intake.sheet import by_value
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
    for name, column in columns.items():
        if name in frame.columns:
            conventions = description.conventions
            if name in written.formats:
                conventions = replace(conventions, dates=written.formats[name])
            found.frame[name] = _parsed(frame[name], column, table, conventions, found)
        else:
            found.frame[name] = nothing[name].reindex(frame.index)
            if not is_optional(column) and not description.lacks(table.name, name):
                near = _near(name, [str(each) for each in frame.columns], ALIKE)
                there = f" (there is {near})" if near else ""
                words = f"this column{there}, or its name under not_recorded in dataset.yaml"
                several = "" if near else _NO_COLUMNS
                faults.append(Fault(table.name, 0, name, "", words, several))
    faults += _out_of_range(found.frame, frame, table)
    return found


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


def _parsed(
    cells: pd.Series, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> pd.Series:
    wanted = kind(column)
    if wanted == "text" and not levels_of(column):
        cells = _visible(cells, table, found)
    if wanted == "date":
        return _as_days(cells, column, table, conventions, found)
    if wanted in ("number", "integer"):
        return _as_numbers(cells, column, table, conventions, found)
    if known := known_texts(column):
        cells = _recognised(cells, known, table.name, found.faults)
        return _one_spelling(cells, table, found)
    levels = levels_of(column)
    if levels == YES_NO:
        cells = cell.answers(cells, conventions)
    if levels:
        cells = _in_levels(cells, levels, table, conventions, found)
    elif str(cells.name) not in ("patient_id", "term"):
        # Of ids each spelling is another; of terms the study knows which is which.
        cells = _one_spelling(cells, table, found)
    return cells.astype(object)


# --- words ----------------------------------------------------------------------------------------


def _visible(cells: pd.Series, table: Table, found: Typed) -> pd.Series:
    """Give texts as they look: accents composed, one space between words.

    What cannot be seen, such as a space of no width, makes two texts of what looks like one; a
    line break stands where a quote has swallowed rows. Both are faults.
    """
    words: dict[str, str] = {}
    usual: set[str] = set()

    def plain(text: str) -> str:
        if text.casefold() in cell.USUAL:
            usual.add(text)
        if any(mark in text for mark in _LINE_BREAKS):
            words[text] = "text in one line; a quote before it may not be closed"
            return ""
        spaced = " ".join(text.split())
        hidden = sorted({f"U+{ord(each):04X}" for each in spaced if not each.isprintable()})
        if hidden:
            words[text] = f"text without what cannot be seen ({', '.join(hidden)})"
            return ""
        return unicodedata.normalize("NFC", spaced)

    given = by_value(cells, lambda texts: texts.map(lambda text: plain(str(text)))).astype(object)
    # Of an id it is a name like any other.
    for text in sorted(usual) if cells.name != "patient_id" else ():
        found.notes.append(
            f"{cells.name} ({table.name}): '{text}' is taken for a text in "
            f"{int(cells.eq(text).sum())} of {int(cells.notna().sum())} cells. If it stands for "
            f"'not recorded', say `missing: ['{text}']` in dataset.yaml."
        )
    if words:
        for row in cells.index[cells.isin(words.keys())]:
            text = str(cells[row])
            found.faults.append(Fault(table.name, int(row), str(cells.name), text, words[text]))
    return given.replace("", pd.NA)


def _one_spelling(cells: pd.Series, table: Table, found: Typed) -> pd.Series:
    """Give texts of a column that differ by capitals alone in the spelling that most of them have.

    Of spellings that are equally common it is the one that is met first.
    """
    common: dict[str, str] = {}
    for text in cells.value_counts(sort=False).sort_values(ascending=False, kind="stable").index:
        common.setdefault(text.casefold(), text)
    spelt = {text: common[text.casefold()] for text in cells.dropna().unique()}
    others = {text: one for text, one in spelt.items() if text != one}
    if not others:
        return cells
    listed = [f"'{_shown(text)}' as '{_shown(one)}'" for text, one in others.items()][:_CODES]
    found.notes.append(f"{cells.name} ({table.name}): counted are {'; '.join(listed)}.")
    return cells.map(spelt, na_action="ignore")


def _in_levels(
    cells: pd.Series,
    levels: tuple[str, ...],
    table: Table,
    conventions: Conventions,
    found: Typed,
) -> pd.Series:
    """Give the levels in whatever capitals they are written; another text is a fault."""
    spelt = {level.casefold(): level for level in levels}
    texts = [text for text in cells.dropna().unique() if text not in levels]
    written = {
        text: spelt[str(text).strip().casefold()]
        for text in texts
        if str(text).strip().casefold() in spelt
    }
    if written:
        cells = by_value(cells, lambda values: values.replace(written)).astype(object)
    others = [text for text in texts if text not in written]
    if not others:
        return cells
    name = str(cells.name)
    words = f"one of: {', '.join(levels)}"
    codes = "; or say what stands for them: " + _example(name, others, levels, conventions)
    for row in cells.index[cells.isin(others)]:
        text = str(cells[row])
        if missing := _if_missing(text):
            found.faults.append(Fault(table.name, int(row), name, text, missing, missing))
        else:
            found.faults.append(Fault(table.name, int(row), name, text, words + codes))
    return cells.where(~cells.isin(others))


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


def _recognised(
    cells: pd.Series, known: tuple[str, ...], table: str, faults: list[Fault]
) -> pd.Series:
    """Give the texts of an open list as they are known, in any case; a slip of one is a fault."""
    spelt = {text.lower(): text for text in known}
    written: dict[str, str] = {}
    for text in cells.dropna().unique():
        plain = str(text).strip()
        near = difflib.get_close_matches(plain.lower(), spelt, n=1, cutoff=SLIP)
        if plain.lower() in spelt:
            written[text] = spelt[plain.lower()]
        elif near:
            meant = spelt[near[0]]
            for row in cells.index[cells == text]:
                words = f"{meant}, if that is meant; what is another is declared in dataset.yaml"
                faults.append(Fault(table, int(row), str(cells.name), plain, words))
            written[text] = meant
        else:
            written[text] = plain
    return cells.map(written).astype(object)


# --- days -----------------------------------------------------------------------------------------


def _as_days(
    cells: pd.Series, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> pd.Series:
    read = cell.days(cells, conventions)
    name = str(cells.name)
    if read["imputed"].notna().any():
        found.imputed[name] = read["imputed"]
    if read["unknown"].any() and _blank_is_no_event(table.name, name):
        # Left out it would read as if it had not happened.
        for row in cells.index[read["unknown"]]:
            mend = "a day, or `partial_dates: mid`: it happened, and a blank cell says it did not"
            found.faults.append(Fault(table.name, int(row), name, str(cells[row]), mend, mend))
    elif read["unknown"].any():
        n = int(read["unknown"].sum())
        found.notes.append(
            f"{name} ({table.name}): {n} of {int(cells.notna().sum())} dates are not known to the "
            "day and are left out (`partial_dates: none`)."
        )
    wrong = cells.notna() & read["day"].isna() & ~read["unknown"].astype(bool)
    words: dict[str, str] = {}
    for row in cells.index[wrong]:
        text = str(cells[row])
        if text not in words:
            words[text] = _if_missing(text) or cell.why_no_day(text, found.dates)
        found.faults.append(Fault(table.name, int(row), name, text, words[text], words[text]))
    return read["day"]


def _blank_is_no_event(table: str, column: str) -> bool:
    if table == "immunotherapy":
        return column == "end_date"
    return table == "follow_up" and column not in ("last_imaging_date", "last_contact_date")


# --- numbers --------------------------------------------------------------------------------------


def _as_numbers(
    cells: pd.Series, column: pa.Column, table: Table, conventions: Conventions, found: Typed
) -> pd.Series:
    name = str(cells.name)
    if not conventions.decimal and cell.decimal_comma(cells):
        conventions = replace(conventions, decimal=(",",))
        found.commas.append(name)
    read = cell.numbers(cells, conventions)
    values, limit = read["value"], read["limit"]
    whole = kind(column) == "integer"
    may = table.name == "patients" and not whole and name != "age_years"
    if limit.notna().any():
        if may:
            found.limits[name] = limit
        else:
            for row in cells.index[limit.notna()]:
                said = f"{expected(column)}, and not a limit"
                found.faults.append(Fault(table.name, int(row), name, str(cells[row]), said))
    if whole:
        values = values.where(values % 1 == 0).astype("Int64")
    words: dict[str, str] = {}
    for row in cells.index[cells.notna() & values.isna()]:
        text = str(cells[row])
        if text not in words:
            words[text] = _if_missing(text) or cell.why_no_number(text)
        more = words[text]
        usual = f"{expected(column)}; {more}" if more else expected(column)
        found.faults.append(Fault(table.name, int(row), name, text, usual, more))
    return values


def _out_of_range(typed: pd.DataFrame, frame: pd.DataFrame, table: Table) -> list[Fault]:
    faults = []
    try:
        table.schema.validate(typed, lazy=True)
    except pa.errors.SchemaErrors as errors:
        for case in errors.failure_cases.itertuples():
            if case.index is None or pd.isna(case.index) or case.column not in frame.columns:
                continue
            column = table.schema.columns[case.column]
            written = frame.loc[case.index, case.column]
            if pd.isna(written):
                words = f"a value; {expected(column)}"
            elif pd.isna(typed.loc[case.index, case.column]):
                continue  # Said already, when it could not be read.
            else:
                words = str(case.check) if kind(column) == "date" else expected(column)
            text = "" if pd.isna(written) else str(written)
            # -9 is a number, and out of range where it stands for none.
            missing = _if_missing(text)
            faults.append(
                Fault(
                    table.name,
                    int(case.index),
                    str(case.column),
                    text,
                    f"{words}; {missing}" if missing else words,
                    missing,
                )
            )
    return faults


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
