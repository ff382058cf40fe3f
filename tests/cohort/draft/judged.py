"""What a draft says of each column, held against what the column is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import pandas as pd

from analysis.cohort.draft.guess import guess
from analysis.cohort.draft.write import draft
from analysis.cohort.faults import Fault
from analysis.cohort.intake import cells as read
from analysis.cohort.intake.declaration import Part
from analysis.cohort.intake.fields import read_yaml
from analysis.cohort.intake.mapping import mapped_table
from analysis.cohort.intake.sheet import Sheet
from analysis.cohort.schema import tables_of
from analysis.study.columns import Table, kind, levels_of
from analysis.study.own import OWN
from analysis.study.study import Study
from analysis.zhai_2025.study import STUDY
from tests.cohort.draft.workbooks import Workbook


@dataclass
class Judged:
    """Which columns of the source are proposed rightly, and which wrongly without a question."""

    text: str
    right: set[tuple[str, str]] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def drafted(sheets: list[Sheet], study: Study = STUDY) -> str:
    """Give the text of the draft of some sheets."""
    sources = [{"file": "book.xlsx", "sheet": sheet.name} for sheet in sheets]
    return draft(guess(sheets, study), "A book", sources, "book.xlsx").text


def asked_lines(text: str) -> dict[tuple[str, int], set[str]]:
    """Give, by table and part, the columns of the schema whose line in force has a question."""
    found: dict[tuple[str, int], set[str]] = {}
    table, part = "", -1
    for line in text.splitlines():
        head = re.fullmatch(r"  (\w+):", line)
        if head:
            table, part = head[1], -1
        elif re.match(r"    (- |  )\S", line) and table:
            part += line.startswith("    - ")
            here = found.setdefault((table, part), set())
            named = re.match(r"    (?:- |  )(\w+):", line)
            if named and "# ?" in line:
                here.add(named[1])
        elif line and not line.startswith(" "):
            table = ""
    return found


def judge(book: Workbook, study: Study = STUDY) -> Judged:
    """Draft a workbook, and hold every line that asks nothing against the truth."""
    judged = Judged(drafted(book.sheets, study))
    declared = read_yaml(judged.text)
    asked = asked_lines(judged.text)
    sheets = {sheet.name: sheet for sheet in book.sheets}
    own = declared.get("study") == "own"
    schema = _schema(OWN if own else study)
    conventions = _conventions(declared)
    for table, parts in (declared.get("tables") or {}).items():
        for place, given in enumerate(parts):
            part = Part.model_validate(given)
            where = part.source.sheet if part.source else None
            sheet = sheets[where] if where else book.sheets[0]
            if not part.source and declared["source"].get("rows_until_blank"):
                sheet = _until_blank(sheet, declared["source"]["rows_until_blank"])
            elif part.source and part.source.rows_until_blank:
                sheet = _until_blank(sheet, part.source.rows_until_blank)
            open_here = asked.get((table, place), set())
            for column, header in _headers(part, sheet):
                # The identifier is that of every table.
                target = f"{'patients' if column == 'patient_id' else table}.{column}"
                true = book.of.get((sheet.name, header), set())
                if target in true:
                    (judged.asked if column in open_here else judged.right).add(
                        (sheet.name, header)
                    )
                elif column not in open_here:
                    judged.wrong.append(f"{sheet.name}: {header} is taken for {target}")
            judged.wrong += _wrong_values(
                book, table, part, sheet, schema[table], conventions, open_here
            )
    return judged


@cache
def _schema(study: Study) -> dict[str, Table]:
    return tables_of(study)


def _headers(part: Part, sheet: Sheet) -> Iterator[tuple[str, str]]:
    places: list[str] = list(part.repeat) or [""]
    if part.columns:
        found = [re.fullmatch(part.columns, str(name)) for name in sheet.frame.columns]
        places = [match[1] for match in found if match]
    for column, made in part.made.items():
        for source in {made.at(place).source for place in places}:
            if source is not None:
                yield column, source


def _until_blank(sheet: Sheet, column: str) -> Sheet:
    frame = sheet.frame
    rows = list(frame.index)
    last = next(
        (
            i
            for i, row in enumerate(rows)
            if (i and row > rows[i - 1] + 1) or pd.isna(frame[column].iloc[i])
        ),
        len(rows),
    )
    return Sheet(sheet.name, frame.iloc[:last], sheet.labels, sheet.titles, sheet.dated)


def _conventions(declared: dict) -> read.Conventions:
    missing = declared.get("missing") or []
    by_column = missing if isinstance(missing, dict) else {"*": missing}
    return read.Conventions(
        missing={name: frozenset(texts) for name, texts in by_column.items()},
        dates=tuple(declared.get("dates") or ()),
        decimal=tuple(declared.get("decimal") or ()),
        yes=frozenset(declared.get("yes") or ()),
        no=frozenset(declared.get("no") or ()),
    )


def _wrong_values(
    book: Workbook,
    table: str,
    part: Part,
    sheet: Sheet,
    schema: object,
    conventions: read.Conventions,
    open_here: set[str],
) -> list[str]:
    """Read the part as the report will, and compare with what was recorded."""
    faults: list[Fault] = []
    written = mapped_table(schema, [(part, sheet, False)], conventions, faults)  # type: ignore[arg-type]
    if "patient_id" not in written.frame or "patient_id" in open_here:
        return []
    wrong = []
    for column in written.frame.columns:
        described = schema.schema.columns.get(column)  # type: ignore[attr-defined]
        target = f"{table}.{column}"
        if column in open_here or column == "patient_id" or described is None:
            continue
        if target not in book.true:
            continue
        cells = written.frame[column]
        limits = pd.Series(False, index=cells.index)
        if kind(described) == "date":
            own = written.formats.get(column)
            how = conventions if not own else read.Conventions(dates=tuple(own))
            values = read.days(cells, how)["day"].dt.strftime("%Y-%m-%d")
        elif kind(described) in ("number", "integer"):
            numbers = read.numbers(cells, conventions)
            limits = numbers["limit"].notna()
            values = numbers["value"].map(lambda v: _plain(v), na_action="ignore")
        elif levels_of(described) == ("yes", "no"):
            values = read.answers(cells, conventions)
        else:
            values = cells
        got = {
            (pid, str(value).casefold())
            for pid, value in zip(written.frame["patient_id"], values, strict=True)
            if isinstance(value, str)
        }
        true = {(pid, _as(value, described).casefold()) for pid, value in book.true[target]}
        strange = got - true
        if strange and not limits.any():
            wrong.append(f"{sheet.name}: {target} reads {sorted(strange)[:3]}")
    return wrong


def _as(value: str, described: object) -> str:
    if kind(described) in ("number", "integer"):  # type: ignore[arg-type]
        return _plain(float(value))
    return value


def _plain(value: float) -> str:
    return f"{Decimal(str(round(value, 6))).normalize():f}"
