"""The ledger of published numbers: one row for every number the article prints about its patients.

A row carries the keys of the estimate that should reproduce it (after the Analysis Results Data
idea of CDISC and of R's `cards`), and the number as it was printed, since trailing zeros count.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.article.forms import ABOUT, RANGE, Form, form_of, has_sign
from analysis.study.errors import ReadableError
from analysis.study.keys import KEY as _KEY
from analysis.study.keys import NOT_REACHED
from analysis.study.spreadsheets import as_text

CLAIMS = Path(__file__).resolve().parents[2] / "data" / "article" / "claims.csv"

KEY = list(_KEY)
COLUMNS = [
    "claim_id",
    *KEY,
    "printed",
    "value",
    "decimals",
    "comparator",
    "unit",
    "denominator",
    "locator",
    "reading",
    "note",
]
# What a file may leave out; a cell of them may be empty too. Where it follows from the printed
# string, it is derived.
OPTIONAL = [
    "claim_id",
    "group",
    "group_level",
    "variable_level",
    "value",
    "decimals",
    "comparator",
    "unit",
    "denominator",
    "reading",
    "note",
]
COMPARATORS = ["=", "<", "<=", ">", ">=", ABOUT, NOT_REACHED, RANGE]
WITHOUT_NUMBER = (NOT_REACHED, RANGE)

_PLAIN = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"


def _filled(*, unique: bool = False) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(r"\S", error="a text"), unique=unique)


def _pattern(pattern: str, expected: str) -> pa.Column:
    return pa.Column(str, pa.Check.str_matches(pattern, error=expected))


SCHEMA = pa.DataFrameSchema(
    {
        **{column: pa.Column(str) for column in COLUMNS},
        "claim_id": _filled(unique=True),
        "analysis_id": _filled(),
        "variable": _filled(),
        "statistic": _filled(),
        "printed": _filled(),
        "value": _pattern(rf"^({_PLAIN})?$", "a plain number, or nothing"),
        "decimals": _pattern(r"^\d*$", "a whole number, or nothing"),
        "comparator": pa.Column(
            str, pa.Check.isin(COMPARATORS, error=f"one of: {', '.join(COMPARATORS)}")
        ),
        "denominator": _pattern(r"^([1-9]\d*)?$", "a whole number above 0, or nothing"),
        "locator": _filled(),
    },
    strict=True,
)


class LedgerFaults(ReadableError, ValueError):
    """Everything that is wrong with a ledger.

    Attributes
    ----------
    faults : list of str
        One sentence a fault, with its row and column. The line of column names is row 1.
    """

    def __init__(self, source: Path, faults: list[str]) -> None:
        self.faults = faults
        listed = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"{source}: {len(faults)} fault(s) in the ledger\n{listed}")


def read_ledger(path: Path | str = CLAIMS) -> pd.DataFrame:
    """Read a ledger of published numbers from a CSV file.

    What a row leaves open is derived from its printed string: `value`, `decimals`, `comparator`
    (where `=` stands for "as printed" too) and the unit of a printed percent sign. A `claim_id`
    that is left open is its locator in small letters.

    Returns
    -------
    DataFrame of `COLUMNS`, in the order of the file, where `value` is float64 (NaN when not
    reached), `decimals` and `denominator` are Int64 (NA when not given) and all others are str
    ("" when not applicable).

    Raises
    ------
    LedgerFaults
        With every fault of the file: rows of the wrong length, columns missing, unknown or given
        twice, repeated claim_id, values out of their vocabulary, and a printed string that
        disagrees with its value, decimals or comparator.
    FileNotFoundError
        When there is no such file.
    """
    source = Path(path)
    return _ledger(source, source.read_bytes()).copy()


# A page asks for it several times, and kernels are forked from a process that has read it.
@lru_cache(maxsize=4)
def _ledger(source: Path, content: bytes) -> pd.DataFrame:
    raw, faults = _read_cells(source, content)
    given = raw.copy()
    raw = _completed(raw)
    faults += _column_faults(raw)
    if set(COLUMNS) <= set(raw.columns):
        faults += _printed_faults(given)
    if raw.empty:
        faults.append("no claims: the file has no rows below its column names")
    if faults:
        raise LedgerFaults(source, faults)
    claims = raw[COLUMNS].reset_index(drop=True)
    return claims.assign(
        value=pd.to_numeric(claims["value"]).astype("float64"),
        decimals=pd.to_numeric(claims["decimals"]).astype("Int64"),
        denominator=pd.to_numeric(claims["denominator"]).astype("Int64"),
    )


def published(ledger: pd.DataFrame, **keys: object) -> pd.Series:
    """Give the claim about the one statistic that the keys choose.

    Keys are those of `KEY`; any that the statistic does not need may be left out. Where the
    article prints the number more than once, the first claim of the ledger is given.

    Raises
    ------
    KeyError
        When a key is unknown, or the keys choose no statistic, or more than one.
    """
    unknown = set(keys) - set(KEY)
    if unknown:
        raise KeyError(f"Not a key of the ledger: {', '.join(sorted(unknown))}")
    chosen = ledger
    for column, wanted in keys.items():
        chosen = chosen[chosen[column] == str(wanted)]
    statistics = chosen[KEY].drop_duplicates()
    if len(statistics) != 1:
        raise KeyError(f"{len(statistics)} published statistics, not one, for {keys}")
    return chosen.iloc[0]


# The analysis of numbers that say what is done as a rule: no patients' data have them.
PLANNED = "prescription"


def observed(ledger: pd.DataFrame) -> pd.DataFrame:
    """Give the claims about what was observed, without those that say what is prescribed."""
    return ledger[ledger["analysis_id"] != PLANNED]


def _read_cells(source: Path, content: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Give the file's cells as text, labelled with their row, and what breaks the table's shape."""
    try:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        header, *records = list(csv.reader(text, strict=True)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerFaults(source, [f"not a CSV file in UTF-8: {error}"]) from error
    rows = dict(enumerate(records, start=2))
    whole = {row: cells for row, cells in rows.items() if len(cells) == len(header)}
    faults = [
        f"row {row}: {len(cells)} cells, expected {len(header)}, one for each column"
        for row, cells in rows.items()
        if row not in whole
    ]
    raw = pd.DataFrame(whole.values(), columns=header, index=list(whole), dtype=object)
    twice = raw.columns.duplicated()
    faults += [f"column {column}: given twice" for column in raw.columns[twice]]
    return raw.loc[:, ~twice], faults


def _column_faults(raw: pd.DataFrame) -> list[str]:
    """Give what each column, by itself, has wrong."""
    try:
        SCHEMA.validate(raw, lazy=True)
    except pa.errors.SchemaErrors as error:
        return [_sentence(case) for case in error.failure_cases.to_dict("records")]
    return []


def _sentence(case: dict[str, object]) -> str:
    """Give one of pandera's failure cases in words."""
    check, found = case["check"], case["failure_case"]
    match check:
        case "column_in_dataframe":
            return f"column {found}: missing"
        case "column_in_schema":
            return f"column {found}: unknown"
        case "field_uniqueness":
            return f"row {case['index']}, column {case['column']}: {found!r} is given twice"
    return f"row {case['index']}, column {case['column']}: found {found!r}, expected {check}"


def _completed(raw: pd.DataFrame) -> pd.DataFrame:
    """Give the cells with all that follows from what is printed, and "" for what is left out."""
    cells = raw.apply(lambda column: column.map(_without_apostrophe))
    for column in OPTIONAL:
        if column not in cells:
            cells[column] = ""
    if "printed" in cells:
        for row, printed in cells["printed"].items():
            form = form_of(printed)
            if form is not None:
                for column, text in _derived(form, cells.loc[row]):
                    cells.loc[row, column] = text
    if "locator" in cells:
        _name_claims(cells)
    return cells


def _derived(form: Form, claim: pd.Series) -> Iterator[tuple[str, str]]:
    """Give the columns of a claim that are left open and follow from what is printed."""
    # "=" says no more than that a number is printed; the sign that is printed binds.
    if claim["comparator"] in ("", "=") and form.comparator != "=":
        yield "comparator", form.comparator
    elif not claim["comparator"]:
        yield "comparator", "="
    if form.number is not None and claim["comparator"] not in WITHOUT_NUMBER:
        if not claim["value"]:
            yield "value", form.value
        if not claim["decimals"]:
            yield "decimals", str(form.decimals)
    if form.percent and not claim["unit"]:
        yield "unit", "%"


def _name_claims(cells: pd.DataFrame) -> None:
    """Name the claims that have no name after where they stand."""
    taken = set(cells["claim_id"])
    for row, claim in cells.iterrows():
        stem = re.sub(r"[^a-z0-9]+", "-", str(claim["locator"]).lower()).strip("-")
        if claim["claim_id"] or not stem:
            continue
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        cells.loc[row, "claim_id"] = name


def _without_apostrophe(cell: str) -> str:
    """Take away what `write_csv` has put before a text that a spreadsheet would compute."""
    return cell[1:] if cell[:1] == "'" and as_text(cell[1:]) == cell else cell


def _printed_faults(raw: pd.DataFrame) -> list[str]:
    """Give the rows whose printed string and number disagree."""
    if "printed" not in raw:
        return []
    given = raw.apply(lambda column: column.map(_without_apostrophe))
    for column in ("value", "decimals", "comparator", "unit"):
        if column not in given:
            given[column] = ""
    return [
        f"row {row}, column {column}: found {claim[column]!r}, expected {expected}"
        for row, claim in given.iterrows()
        for column, expected in _disagreements(claim)
    ]


def _disagreements(claim: pd.Series) -> list[tuple[str, str]]:
    """Give the columns that do not follow from the printed string, with what was expected."""
    form, printed = form_of(claim["printed"]), repr(claim["printed"])
    if claim["comparator"] in WITHOUT_NUMBER:
        numbers = [column for column in ("value", "decimals") if claim[column]]
        numbers += ["printed"] if form is not None and form.number is not None else []
        given = claim["comparator"]
        return [(column, f"no number, as the comparator is {given!r}") for column in numbers]
    if form is None:
        return [("printed", "a number as printed (17.0, 1,000, <0.001, 28·1, NR, 12–18)")]
    faults = []
    if form.number is None:
        faults += [
            (column, f"nothing, as printed {printed}")
            for column in ("value", "decimals")
            if claim[column]
        ]
    else:
        if claim["value"] and not _same_number(claim["value"], form.number):
            faults.append(("value", f"{form.value}, as printed {printed}"))
        if claim["decimals"] and claim["decimals"] != str(form.decimals):
            faults.append(("decimals", f"{form.decimals}, as printed {printed}"))
    # A sign may be left to words ("more than 40%"), but one that is printed binds.
    bound = has_sign(claim["printed"]) or form.number is None
    if bound and claim["comparator"] not in ("", "=", form.comparator):
        faults.append(("comparator", f"{form.comparator}, as printed {printed}"))
    if form.percent and claim["unit"] not in ("", "%"):
        faults.append(("unit", f"%, as printed {printed}"))
    return faults


def _same_number(value: str, number: Fraction) -> bool:
    if not re.fullmatch(_PLAIN, value):
        return False
    return Fraction(Decimal(value)) == number
