"""The ledger of published numbers: one row for every number the article prints about its patients.

A row carries the keys of the estimate that should reproduce it (after the Analysis Results Data
idea of CDISC and of R's `cards`), and the number as it was printed, since trailing zeros count.
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.study.errors import ReadableError
from analysis.study.keys import KEY as _KEY
from analysis.study.keys import NOT_REACHED

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
COMPARATORS = ["=", "<", "<=", ">", ">=", NOT_REACHED]

_PRINTED = re.compile(
    r"(?P<sign><=|>=|<|>)?(?P<number>-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<fraction>\d+))?)"
)


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
        "value": _pattern(r"^(-?\d+(\.\d+)?)?$", "a plain number, or nothing"),
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
    raw, faults = _read_cells(source)
    faults += _column_faults(raw)
    if set(COLUMNS) <= set(raw.columns):
        faults += _printed_faults(raw)
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


def _read_cells(source: Path) -> tuple[pd.DataFrame, list[str]]:
    """Give the file's cells as text, labelled with their row, and what breaks the table's shape."""
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            header, *records = list(csv.reader(file, strict=True)) or [[]]
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


def _printed_faults(raw: pd.DataFrame) -> list[str]:
    """Give the rows whose printed string and number disagree."""
    return [
        f"row {row}, column {column}: found {claim[column]!r}, expected {expected}"
        for row, claim in raw.iterrows()
        for column, expected in _disagreements(claim)
    ]


def _disagreements(claim: pd.Series) -> list[tuple[str, str]]:
    """Give the columns that do not follow from the printed string, with what was expected."""
    printed = _PRINTED.fullmatch(claim["printed"])
    if claim["comparator"] == NOT_REACHED:
        numbers = [column for column in ("value", "decimals") if claim[column]]
        numbers += ["printed"] if printed else []
        return [(column, f"no number, as the comparator is {NOT_REACHED!r}") for column in numbers]
    if printed is None:
        return [("printed", "a number as printed (17.0, 1,000, <0.001)")]
    faults = []
    number = printed["number"].replace(",", "")
    if not _same_number(claim["value"], number):
        faults.append(("value", f"{number}, as printed {claim['printed']!r}"))
    decimals = len(printed["fraction"] or "")
    if claim["decimals"] != str(decimals):
        faults.append(("decimals", f"{decimals}, as printed {claim['printed']!r}"))
    # A sign may be left to words ("more than 40%"), but one that is printed binds.
    if printed["sign"] and claim["comparator"] != printed["sign"]:
        faults.append(("comparator", f"{printed['sign']}, as printed {claim['printed']!r}"))
    return faults


def _same_number(value: str, number: str) -> bool:
    try:
        return Decimal(value) == Decimal(number)
    except InvalidOperation:
        return False
