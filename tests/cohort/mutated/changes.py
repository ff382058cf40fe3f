"""Ways in which files go wrong: in their form, in what they say, and in what cannot be true.

Each takes a source of random numbers and the files of a dataset, and gives the files changed; None
where it finds nothing to change. What is no file of bytes (a folder, a link) is a `Path` action.
"""

from __future__ import annotations

import csv
import datetime
import io
import random
import re
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from tests.cohort.mutated.base import Files

Change = Callable[[random.Random, Files], Files | None]
Rows = list[list[str]]


def _table(drawn: random.Random, files: Files, *names: str) -> str:
    return drawn.choice(names or tuple(name for name in files if name.endswith(".csv")))


def _read(raw: bytes) -> Rows:
    return list(csv.reader(io.StringIO(raw.decode(), newline="")))


def _written(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cell(drawn: random.Random, rows: Rows, filled: bool = True) -> tuple[int, int]:
    places = [
        (i, j)
        for i, row in enumerate(rows[1:], start=1)
        for j, cell in enumerate(row)
        if cell or not filled
    ]
    return drawn.choice(places)


def in_cell(change: Callable[[random.Random, str], str], pattern: str = "") -> Change:
    """Give a change of the text of one cell, of those that a pattern fits."""

    def changed(drawn: random.Random, files: Files) -> Files | None:
        name = _table(drawn, files)
        rows = _read(files[name])
        places = [
            (i, j)
            for i, row in enumerate(rows[1:], start=1)
            for j, cell in enumerate(row)
            if re.fullmatch(pattern or ".+", cell)
        ]
        if not places:
            return None
        i, j = drawn.choice(places)
        rows[i][j] = change(drawn, rows[i][j])
        return files | {name: _written(rows)}

    return changed


def to_rows(change: Callable[[random.Random, Rows], Rows | None], *names: str) -> Change:
    """Give a change of the rows of one table, the header first."""

    def changed(drawn: random.Random, files: Files) -> Files | None:
        name = _table(drawn, files, *names)
        if name not in files:
            return None
        rows = change(drawn, _read(files[name]))
        return None if rows is None else files | {name: _written(rows)}

    return changed


def to_bytes(change: Callable[[random.Random, bytes], bytes], *names: str) -> Change:
    """Give a change of the bytes of one file."""

    def changed(drawn: random.Random, files: Files) -> Files | None:
        name = _table(drawn, files, *names)
        return files | {name: change(drawn, files[name])}

    return changed


# Form ---------------------------------------------------------------------------------------------


def _separator_added(drawn: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    place = drawn.randrange(1, len(lines) - 1)
    cells = lines[place].split(b",")
    cells.insert(drawn.randrange(len(cells) + 1), b"")
    lines[place] = b",".join(cells)
    return b"\n".join(lines)


def _separator_lost(drawn: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    place = drawn.randrange(1, len(lines) - 1)
    cells = lines[place].split(b",")
    at = drawn.randrange(1, len(cells))
    lines[place] = b",".join([*cells[: at - 1], cells[at - 1] + cells[at], *cells[at + 1 :]])
    return b"\n".join(lines)


def _quote_opened(drawn: random.Random, raw: bytes) -> bytes:
    starts = [match.end() for match in re.finditer(rb"[,\n](?=.)", raw)]
    at = drawn.choice(starts)
    return raw[:at] + b'"' + raw[at:]


def _rows_swallowed(drawn: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    if len(lines) < 4:
        return raw
    first = drawn.randrange(1, len(lines) - 2)
    last = drawn.randrange(first + 1, len(lines) - 1)
    opened, closed = lines[first].split(b","), lines[last].split(b",")
    place = drawn.randrange(len(opened))
    opened[place] = b'"' + opened[place]
    closed[place] = closed[place] + b'"'
    lines[first], lines[last] = b",".join(opened), b",".join(closed)
    return b"\n".join(lines)


def _decimal_comma(drawn: random.Random, raw: bytes) -> bytes:
    points = list(re.finditer(rb"(?<=[,\n\d])(\d+)\.(\d+)(?=[,\n])", raw))
    numbers = points or list(re.finditer(rb"(?<=,)(\d+)(?=[,\n])", raw))
    if not numbers:
        return raw + b"\n"
    found = drawn.choice(numbers)
    return (
        raw[: found.start()]
        + found[0].replace(b".", b",")
        + b",5"[: 2 * (not points)]
        + raw[found.end() :]
    )


def _quoted_comma(_: random.Random, text: str) -> str:
    return text.replace(".", ",") if "." in text else f"{text},5"


def _spaced(drawn: random.Random, text: str) -> str:
    space = drawn.choice([" ", "  ", "\t", "\u00a0", "\u3000"])
    return drawn.choice([f"{space}{text}", f"{text}{space}", f"{space}{text}{space}"])


def _hidden(drawn: random.Random, text: str) -> str:
    mark = drawn.choice("\u200b\u200d\u00ad\ufeff\u202e\x01\x7f")
    at = drawn.randrange(len(text) + 1)
    return text[:at] + mark + text[at:]


def _blank_rows(drawn: random.Random, rows: Rows) -> Rows:
    blank = drawn.choice([[], [""] * len(rows[0]), [" "] * len(rows[0])])
    rows.insert(drawn.randrange(len(rows) + 1), blank)
    return rows


def _columns_shuffled(drawn: random.Random, rows: Rows) -> Rows:
    order = drawn.sample(range(len(rows[0])), len(rows[0]))
    return [[row[place] for place in order] for row in rows]


def _header(change: Callable[[random.Random, str], str]) -> Change:
    def changed(drawn: random.Random, rows: Rows) -> Rows:
        place = drawn.randrange(len(rows[0]))
        rows[0][place] = change(drawn, rows[0][place])
        return rows

    return to_rows(changed)


def _slip(drawn: random.Random, text: str) -> str:
    at = drawn.randrange(max(len(text) - 1, 1))
    return drawn.choice(
        [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + "x" + text[at:]]
    )


def _cased(drawn: random.Random, text: str) -> str:
    return drawn.choice([text.upper(), text.title(), text.lower()])


def _named_twice(drawn: random.Random, rows: Rows) -> Rows:
    one, other = drawn.sample(range(len(rows[0])), 2)
    rows[0][other] = rows[0][one]
    return rows


def _column_twice(drawn: random.Random, rows: Rows) -> Rows:
    place = drawn.randrange(len(rows[0]))
    return [[*row, row[place]] for row in rows]


def _without_header(_: random.Random, rows: Rows) -> Rows:
    return rows[1:]


def _without_name(drawn: random.Random, rows: Rows) -> Rows:
    rows[0][drawn.randrange(len(rows[0]))] = ""
    return rows


def _row_twice(drawn: random.Random, rows: Rows) -> Rows:
    rows.insert(drawn.randrange(1, len(rows) + 1), list(drawn.choice(rows[1:])))
    return rows


def _misspelt_file(drawn: random.Random, files: Files) -> Files | None:
    name = _table(drawn, files)
    stem = name.partition(".")[0]
    other = drawn.choice(
        [
            _slip(drawn, stem) + ".csv",
            stem.replace("_", " ") + ".csv",
            name + ".bak",
            stem + "s.csv",
        ]
    )
    if other == name:
        return None
    return {other if each == name else each: raw for each, raw in files.items()}


def _emptied(drawn: random.Random, files: Files) -> Files:
    name = _table(drawn, files)
    head = files[name].partition(b"\n")[0]
    return files | {name: drawn.choice([b"", b"\n", b"\n\n\n", b"   ", head[:3], b"\xef\xbb\xbf"])}


def _second_file(drawn: random.Random, files: Files) -> Files:
    name = _table(drawn, files)
    stem = name.partition(".")[0]
    return files | {
        drawn.choice([f"{stem}.tsv", f"{stem.upper()}.CSV", f"{stem}.txt"]): files[name]
    }


def _as_parquet(change: Callable[[random.Random, pa.Array], pa.Array]) -> Change:
    def changed(drawn: random.Random, files: Files) -> Files:
        name = _table(drawn, files)
        rows = _read(files[name])
        frame = pd.DataFrame(rows[1:], columns=rows[0]).replace("", None)
        columns = {column: pa.array(frame[column]) for column in frame}
        column = drawn.choice(list(columns))
        columns[column] = change(drawn, columns[column])
        raw = io.BytesIO()
        parquet.write_table(pa.table(columns), raw)
        left = {each: text for each, text in files.items() if each != name}
        return left | {name.replace(".csv", ".parquet"): raw.getvalue()}

    return changed


def _same_text(drawn: random.Random, cells: pa.Array) -> pa.Array:
    return drawn.choice(
        [cells, cells.cast(pa.large_string()), cells.dictionary_encode(), cells.cast(pa.binary())]
    )


def _strange(drawn: random.Random, cells: pa.Array) -> pa.Array:
    texts = cells.to_pylist()
    n = len(texts)
    other: list[pa.Array] = [
        pa.array([[text] for text in texts]),
        pa.array([{"a": text} for text in texts]),
        pa.array([[(text or "", 1)] for text in texts], pa.map_(pa.string(), pa.int64())),
        pa.array(range(n), pa.uint64()),
        pa.array([2**64 - 1] * n, pa.uint64()),
        pa.array([Decimal("1.50")] * n, pa.decimal128(38, 2)),
        pa.array([datetime.timedelta(days=1)] * n),
        pa.array([b"\xff\xfe"] * n),
        pa.array([datetime.time(1, 2)] * n),
        pa.array([datetime.datetime(2019, 1, 1, 12, tzinfo=datetime.UTC)] * n),
        pa.array([True] * n),
        pa.array([float("nan"), *[float("inf")] * (n - 1)]),
        pa.nulls(n),
        pa.array([datetime.datetime(1, 1, 1)] * n, pa.timestamp("us")),
        pa.array([datetime.date(9999, 12, 31)] * n),
    ]
    return drawn.choice(other)


# What is neither a number nor a date.
NOTHING = (
    "NA", "NaN", "nan", "None", "null", "<NA>", "Infinity", "-inf", "inf", "1e999",
    "-1e999", "0x10",
    "1_000", "--1", "1e", "+", "%", "0000-00-00", "2019-02-30", "2023-06-31", "2019-13-01",
    "00/00/0000", "2019-1-1-1", "2019-01-01T25:00", "2019-01-01T00:00:00+99:00", "#REF!", "TRUE",
    "a\nb", "x" * 250, "y" * 100_001, "\U0001f600", "²", "½", "≥", "<", "< 1e999", ">inf", "<nan",
    "-", "1 2", "1.2.3", "ten", "'5", "=1+1", "5 %", "(5)",
)  # fmt: skip
# What may be one, and what may not stand in its place.
PERHAPS = (
    "12345678901234567890", "-12345678901234567890", "99999999999999999999.5", "0001-01-01",
    "9999-12-31", "1677-01-01", "2262-04-12", "1900-01-01", "20190101", "31.12.2019", "12/13/2019",
    "2019-01-01 10:00", "2019-01-01T00:00:00+14:00", "１２", "٣", "1,5", "1.000,5", "<5", "≥ 5",
    "2019",
    "2019-05", "-0", "00012", "1e3", ".5", "5.", "+5", "1E-400", "二〇一九年", "2019年1月1日",
    "\u0e52", "２０１９-０１-０１", "=HYPERLINK(1)", "@x", "\u202e",
)  # fmt: skip
_TYPED = r"\d+(\.\d+)?|\d{4}-\d{2}-\d{2}"


def _nothing(drawn: random.Random, _: str) -> str:
    return drawn.choice(NOTHING)


def _perhaps(drawn: random.Random, _: str) -> str:
    return drawn.choice((*NOTHING, *PERHAPS))


def _encoded(drawn: random.Random, raw: bytes) -> bytes:
    encoding = drawn.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "utf-8-sig"])
    return raw.decode().encode(encoding)


def _line_ends(drawn: random.Random, raw: bytes) -> bytes:
    return raw.replace(b"\n", drawn.choice([b"\r\n", b"\r", b"\n\n", b"\r\r\n"]))


def _zero_byte(drawn: random.Random, raw: bytes) -> bytes:
    at = drawn.randrange(len(raw) + 1)
    return raw[:at] + b"\0" + raw[at:]


def _ill_byte(drawn: random.Random, raw: bytes) -> bytes:
    at = drawn.randrange(len(raw) + 1)
    return raw[:at] + drawn.choice([b"\xff", b"\x80", b"\xc3", b"\xed\xa0\x80"]) + raw[at:]


def _remark(drawn: random.Random, raw: bytes) -> bytes:
    return drawn.choice([b"# a remark\n", b"# one\n# two\n", b"#\n", b"# a\r"]) + raw


FORM: dict[str, Change] = {
    "a separator too many": to_bytes(_separator_added),
    "a separator lost": to_bytes(_separator_lost),
    "a quote opened": to_bytes(_quote_opened),
    "rows swallowed": to_bytes(_rows_swallowed),
    "a decimal comma": to_bytes(_decimal_comma),
    "a decimal comma in quotes": in_cell(_quoted_comma, r"\d+(\.\d+)?"),
    "spaces": in_cell(_spaced),
    "what cannot be seen": in_cell(_hidden),
    "blank rows": to_rows(_blank_rows),
    "columns in another order": to_rows(_columns_shuffled),
    "a heading in capitals": _header(_cased),
    "a heading with spaces": _header(_spaced),
    "a heading misspelt": _header(_slip),
    "a heading with what cannot be seen": _header(_hidden),
    "a heading twice": to_rows(_named_twice),
    "a column twice": to_rows(_column_twice),
    "no header": to_rows(_without_header),
    "a column without a name": to_rows(_without_name),
    "a row twice": to_rows(_row_twice),
    "capitals": in_cell(_cased, r"[A-Za-z ]+"),
    "a file misspelt": _misspelt_file,
    "a file emptied": _emptied,
    "a table in two files": _second_file,
    "Parquet": _as_parquet(_same_text),
    "no number and no day": in_cell(_nothing, _TYPED),
    "an encoding": to_bytes(_encoded),
    "line ends": to_bytes(_line_ends),
    "a zero byte": to_bytes(_zero_byte),
    "a byte that is no text": to_bytes(_ill_byte),
    "a remark": to_bytes(_remark),
}

# dataset.yaml -------------------------------------------------------------------------------------

_YAML = "dataset.yaml"
VALUES = (
    "[]", "{}", "[[]]", "{a: {b: {c: 1}}}", "null", "", "true", "12345678901234567890", "1e999",
    "2023-06-31", "0001-01-01", "9999-12-31", "'", '"', "!!python/object:os.system []", "*x",
    "&x y",    "[" * 200, "{" * 200, "? a", "- a", "|", ">", "%", "@", "`", "\x00", "\ud7ff", "no",
    "~", "[1, 2]",    "[{}]", "{patients: []}", "{patients: {}}", "{patients: [{}]}",
    "{patients: null}",
    "{patients: [{patient_id: {from: patient_id, times: 2}}]}",
    "{patients: [{patient_id: {from: sex, times: 1e999}}]}",
    "{patients: [{patient_id: patient_id, sex: {from: sex, take: '('}}]}",
    "{patients: [{repeat: [a, b], patient_id: patient_id}]}",
    "{patients: [{columns: '(', patient_id: patient_id}]}",
    "{patients: [{patient_id: '{}', columns: '.*'}]}", "{nobody: all}", "all",
    "{file: nothing.csv}", "{file: .}", "{file: /dev/zero}", "{sql: 'sqlite:///x'}",
    "{package: os}",
)  # fmt: skip
_KEYS = (
    "title", "study", "data_cutoff", "not_recorded", "factors", "endpoints", "arm", "agents",
    "subgroups", "preset", "source", "tables", "missing", "dates", "decimal", "yes", "no",
    "partial_dates", "seed", "synthetic", "notice", "question", "eligibility_applies", "sites",
)  # fmt: skip


def _key(drawn: random.Random, raw: bytes) -> bytes:
    return raw + f"{drawn.choice(_KEYS)}: {drawn.choice(VALUES)}\n".encode("utf-8", "replace")


def _key_replaced(drawn: random.Random, raw: bytes) -> bytes:
    lines = raw.decode().splitlines()
    places = [i for i, line in enumerate(lines) if re.match(r"\w+:", line)]
    at = drawn.choice(places)
    lines[at] = f"{lines[at].partition(':')[0]}: {drawn.choice(VALUES)}"
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


def _key_twice(drawn: random.Random, raw: bytes) -> bytes:
    lines = [line for line in raw.decode().splitlines() if re.match(r"\w+: \S", line)]
    return raw + f"{drawn.choice(lines)}\n".encode()


def _bomb(drawn: random.Random, raw: bytes) -> bytes:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    return (
        raw + "\n".join(drawn.sample(lines, len(lines)) if drawn.random() < 0.3 else lines).encode()
    )


def _deep(drawn: random.Random, raw: bytes) -> bytes:
    n = drawn.choice([20, 200, 20_000])
    return raw + drawn.choice([b"x: " + b"[" * n + b"]" * n, b"x: " + b"{a: " * n + b"}" * n])


def _character(drawn: random.Random, raw: bytes) -> bytes:
    at = drawn.randrange(len(raw))
    mark = drawn.choice(
        ["\t", ":", "-", "{", "}", "[", "]", "'", '"', "#", "&", "*", "!", "\x85", ","]
    )
    return raw[:at] + mark.encode() + raw[at + drawn.randrange(2) :]


DECLARED: dict[str, Change] = {
    "a key with another value": to_bytes(_key_replaced, _YAML),
    "a further key": to_bytes(_key, _YAML),
    "a character of YAML": to_bytes(_character, _YAML),
}
TRAPS: dict[str, Change] = {
    "a key twice": to_bytes(_key_twice, _YAML),
    "a bomb": to_bytes(_bomb, _YAML),
    "deep": to_bytes(_deep, _YAML),
    "a byte that is no text, in YAML": to_bytes(_ill_byte, _YAML),
}

# What it says -------------------------------------------------------------------------------------


def _another(drawn: random.Random, rows: Rows) -> Rows:
    place = drawn.randrange(1, len(rows[0]))
    drawn.choice(rows[1:])[place] = drawn.choice(rows[1:])[place]
    return rows


def _later(drawn: random.Random, text: str) -> str:
    days = drawn.choice([-4000, -400, -40, -1, 1, 40, 400, 4000])
    return (datetime.date.fromisoformat(text) + datetime.timedelta(days)).isoformat()


def _number(drawn: random.Random, text: str) -> str:
    number = float(text)
    return f"{drawn.choice([0, -number, number + 1, number * 2, number * 1e9, 1e-9, -0.0]):.10g}"


def _row_less(drawn: random.Random, rows: Rows) -> Rows:
    del rows[drawn.randrange(1, len(rows))]
    return rows


def _blank(_: random.Random, __: str) -> str:
    return ""


def _cut(drawn: random.Random, raw: bytes) -> bytes:
    return raw[: drawn.randrange(len(raw))]


def _flipped(drawn: random.Random, raw: bytes) -> bytes:
    at = drawn.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << drawn.randrange(7))]) + raw[at + 1 :]


def _scrambled(drawn: random.Random, raw: bytes) -> bytes:
    at = drawn.randrange(len(raw))
    end = min(len(raw), at + drawn.randrange(1, 40))
    return drawn.choice([raw[:at] + raw[end:], raw[:end] + raw[at:end] + raw[end:]])


def _file_less(drawn: random.Random, files: Files) -> Files:
    name = drawn.choice(list(files))
    return {each: raw for each, raw in files.items() if each != name}


def _column_less(drawn: random.Random, rows: Rows) -> Rows:
    place = drawn.randrange(len(rows[0]))
    return [row[:place] + row[place + 1 :] for row in rows]


def _rows_shuffled(drawn: random.Random, rows: Rows) -> Rows:
    return [rows[0], *drawn.sample(rows[1:], len(rows) - 1)]


def _headings_swapped(drawn: random.Random, rows: Rows) -> Rows:
    one, other = drawn.sample(range(len(rows[0])), 2)
    rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    return rows


def _header_only(_: random.Random, rows: Rows) -> Rows:
    return rows[:1]


VALUE: dict[str, Change] = {
    "a strange text": in_cell(_perhaps),
    "Parquet of a strange type": _as_parquet(_strange),
    "another value": to_rows(_another),
    "another day": in_cell(_later, r"\d{4}-\d{2}-\d{2}"),
    "another number": in_cell(_number, r"\d+(\.\d+)?"),
    "a row less": to_rows(_row_less),
    "a blank cell": in_cell(_blank),
    "a file cut": to_bytes(_cut),
    "a bit": to_bytes(_flipped),
    "bytes lost or twice": to_bytes(_scrambled),
    "a file less": _file_less,
    "a column less": to_rows(_column_less),
    "headings swapped": to_rows(_headings_swapped),
    "rows in another order": to_rows(_rows_shuffled),
    "a header alone": to_rows(_header_only),
}


# What cannot be true ------------------------------------------------------------------------------


def _days_after(text: str, days: int) -> str:
    return (datetime.date.fromisoformat(text) + datetime.timedelta(days)).isoformat()


def _column(rows: Rows, name: str) -> int:
    return rows[0].index(name)


def _ends(files: Files) -> dict[str, tuple[str, str]]:
    """Give the days of the last contact and of death ('' where alive), by patient."""
    rows = _read(files["follow_up.csv"])
    last, death = _column(rows, "last_contact_date"), _column(rows, "death_date")
    return {row[0]: (row[last], row[death]) for row in rows[1:]}


def _set(
    table: str, columns: tuple[str, ...], of: Callable[[random.Random, str, Files], str]
) -> Change:
    """Give a change of one cell to what cannot be, of a patient of whom that is known."""

    def changed(drawn: random.Random, files: Files) -> Files | None:
        name = f"{table}.csv"
        rows = _read(files[name])
        known = [row for row in rows[1:] if of(drawn, row[0], files)]
        columns_there = [column for column in columns if column in rows[0]]
        if not known or not columns_there:
            return None
        row, column = drawn.choice(known), drawn.choice(columns_there)
        row[_column(rows, column)] = of(drawn, row[0], files)
        return files | {name: _written(rows)}

    return changed


def _after_death(drawn: random.Random, patient: str, files: Files) -> str:
    death = _ends(files)[patient][1]
    return _days_after(death, drawn.choice([1, 7, 90])) if death else ""


def _before_treatment(drawn: random.Random, _: str, __: Files) -> str:
    return f"201{drawn.randrange(5)}-05-01"


def _after_contact(drawn: random.Random, patient: str, files: Files) -> str:
    return _days_after(_ends(files)[patient][0], drawn.choice([1, 30, 300]))


def _too_late(drawn: random.Random, _: str, __: Files) -> str:
    return f"20{drawn.randrange(24, 60)}-01-01"


def _more_than_all(drawn: random.Random, rows: Rows) -> Rows | None:
    found = [row for row in rows[1:] if row[2].endswith("_percent")]
    if not found:
        return None
    drawn.choice(found)[3] = str(drawn.randint(101, 999))
    return rows


def _mean_above_maximum(drawn: random.Random, rows: Rows) -> Rows | None:
    highest = {(row[0], row[1]): float(row[3]) for row in rows[1:] if row[2] == "Dmax_Gy"}
    found = [row for row in rows[1:] if row[2] == "Dmean_Gy" and (row[0], row[1]) in highest]
    if not found:
        return None
    row = drawn.choice(found)
    row[3] = f"{highest[row[0], row[1]] + drawn.randint(1, 50):g}"
    return rows


def _beyond_survival(drawn: random.Random, rows: Rows) -> Rows:
    overall = {row[0]: int(row[2]) for row in rows[1:] if row[1] == "OS"}
    row = drawn.choice([row for row in rows[1:] if row[1] != "OS"])
    row[2] = str(overall[row[0]] + drawn.choice([1, 10, 1000]))
    return rows


def _dies_twice(drawn: random.Random, rows: Rows) -> Rows:
    died = [row for row in rows[1:] if row[1] == "OS" and row[3] == "yes"]
    row = drawn.choice(died)
    row[2] = str(int(row[2]) - drawn.choice([45, 100, 150]))
    return rows


IMPOSSIBLE: dict[str, Change] = {
    "treated after death": _set("radiotherapy", ("start_date", "end_date"), _after_death),
    "immunotherapy after death": _set("immunotherapy", ("start_date", "end_date"), _after_death),
    "enrolled after death": _set("patients", ("enrolment_date",), _after_death),
    "an event after death": _set("adverse_events", ("onset_date",), _after_death),
    "progression after death": _set(
        "follow_up", ("progression_date", "last_imaging_date", "last_contact_date"), _after_death
    ),
    "progression after last contact": _set("follow_up", ("progression_date",), _after_contact),
    "death before treatment": _set("follow_up", ("death_date",), _before_treatment),
    "an event before treatment": _set("adverse_events", ("onset_date",), _before_treatment),
    "born after treatment": _set("patients", ("birth_date",), _after_contact),
    "after the cut-off": _set("follow_up", ("last_contact_date", "death_date"), _too_late),
    "more than all of an organ": to_rows(_more_than_all, "organ_doses.csv"),
    "a mean above the maximum": to_rows(_mean_above_maximum, "organ_doses.csv"),
}
# Of datasets that have times beside dates.
IMPOSSIBLE_TIMES: dict[str, Change] = {
    "observed beyond survival": to_rows(_beyond_survival, "time_to_event.csv"),
    "dead twice": to_rows(_dies_twice, "time_to_event.csv"),
}
