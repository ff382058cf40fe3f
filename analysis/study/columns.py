"""How a table of recorded data is described: columns of pandera with words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

YES_NO = ("yes", "no")

_EARLIEST, _LATEST = pd.Timestamp("1900-01-01"), pd.Timestamp("2100-12-31")


def _column(
    dtype: Any,
    description: str,
    check: pa.Check | None,
    *,
    unit: str = "",
    blank: bool = True,
    optional: bool = False,
    known: tuple[str, ...] = (),
    levels: tuple[str, ...] = (),
) -> pa.Column:
    return pa.Column(
        dtype,
        checks=check,
        nullable=blank,
        required=not optional,
        description=description,
        metadata={"unit": unit, "optional": optional, "known": known, "levels": levels},
    )


def category(levels: tuple[str, ...], description: str, **kwargs: Any) -> pa.Column:
    """Give a column of one of some texts."""
    check = pa.Check.isin(levels, error="one of: " + ", ".join(levels))
    return _column(object, description, check, levels=levels, **kwargs)


def open_list(known: tuple[str, ...], description: str, **kwargs: Any) -> pa.Column:
    """Give a column of texts of which some are known: those are recognised in any case.

    Others are taken as they are, unless they look like a slip of one that is known.
    """
    words = "text of 1 to 200 characters"
    if known:
        words += ", such as " + ", ".join(known)
    check = pa.Check.str_length(1, 200, error=words)
    return _column(object, description, check, known=known, **kwargs)


def text(description: str, **kwargs: Any) -> pa.Column:
    """Give a column of text."""
    check = pa.Check.str_length(1, 200, error="text of 1 to 200 characters")
    return _column(object, description, check, **kwargs)


def pattern(expression: str, words: str, description: str, **kwargs: Any) -> pa.Column:
    """Give a column of text that a regular expression matches."""
    return _column(object, description, pa.Check.str_matches(expression, error=words), **kwargs)


def date(description: str, **kwargs: Any) -> pa.Column:
    """Give a column of dates."""
    check = pa.Check.in_range(_EARLIEST, _LATEST, error="a date from 1900-01-01 to 2100-12-31")
    return _column("datetime64[ns]", description, check, **kwargs)


def number(low: float, high: float, unit: str, description: str, **kwargs: Any) -> pa.Column:
    """Give a column of numbers within limits."""
    check = pa.Check.in_range(low, high, error=f"a number from {low:g} to {high:g} {unit}".strip())
    return _column(float, description, check, unit=unit, **kwargs)


def quantity(unit: str, description: str, **kwargs: Any) -> pa.Column:
    """Give a column of numbers of which no limits are known."""
    check = pa.Check(np.isfinite, error="a number")
    return _column(float, description, check, unit=unit, **kwargs)


def integer(low: int, high: int, unit: str, description: str, **kwargs: Any) -> pa.Column:
    """Give a column of whole numbers within limits."""
    check = pa.Check.in_range(
        low, high, error=f"a whole number from {low} to {high} {unit}".strip()
    )
    return _column("Int64", description, check, unit=unit, **kwargs)


def patient_id() -> pa.Column:
    """Give the column that names the patient, in every table."""
    return text("Patient's identifier, the same in every table.", blank=False)


@dataclass(frozen=True)
class Table:
    """One file of a dataset: what a row is, its columns, and what makes a row unique.

    A table that `may_be_empty` has a header and no rows where nothing of it happened to anybody.
    """

    name: str
    one_row_is: str
    key: tuple[str, ...]
    schema: pa.DataFrameSchema
    optional: bool = False
    may_be_empty: bool = False


def table(
    name: str,
    one_row_is: str,
    key: tuple[str, ...],
    columns: dict[str, pa.Column],
    optional: bool = False,
    may_be_empty: bool = False,
) -> Table:
    """Give a table; duplicate rows are found by rules that can say which row they repeat."""
    schema = pa.DataFrameSchema(columns, name=name)
    return Table(name, one_row_is, key, schema, optional, may_be_empty)


def kind(column: pa.Column) -> str:
    """Give 'date', 'integer', 'number' or 'text' for a column."""
    name = str(column.dtype)
    if name.startswith("datetime"):
        return "date"
    return {"Int64": "integer", "float64": "number"}.get(name, "text")


def is_optional(column: pa.Column) -> bool:
    """Tell whether a dataset may leave the column out without saying so."""
    return bool((column.metadata or {}).get("optional"))


def known_texts(column: pa.Column) -> tuple[str, ...]:
    """Give the texts that an open list knows; none for any other column."""
    return tuple((column.metadata or {}).get("known", ()))


def levels_of(column: pa.Column) -> tuple[str, ...]:
    """Give the texts that a column may have, in their order; none for any other column."""
    return tuple((column.metadata or {}).get("levels", ()))


def expected(column: pa.Column) -> str:
    """Say in words what a cell of the column holds."""
    words = [str(check.error) for check in column.checks]
    if kind(column) == "date":
        words = ["a date written YYYY-MM-DD"]
    return "; ".join(words)


def empty(table: Table) -> pd.DataFrame:
    """Give a table of no rows with the columns and types of its description."""
    dtypes = {
        name: "object" if kind(column) == "text" else str(column.dtype)
        for name, column in table.schema.columns.items()
    }
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})
