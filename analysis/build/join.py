"""Join the estimates of all pages into one table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.build.errors import BuildError
from analysis.display.exported import SYNTHETIC, write_parquet
from analysis.estimates.rows import COLUMNS, KEY
from analysis.estimates.standing import STANDING
from analysis.study.spreadsheets import write_csv

# Beside the columns of every estimates table: those of synthetic patients, with and without an
# article.
_FURTHER: tuple[list[str], ...] = ([], [SYNTHETIC], [*STANDING, SYNTHETIC])


def join_estimates(folder: Path, pages: Iterable[str]) -> pd.DataFrame:
    """Give the rows of `<page>.parquet` in a folder, in the order of the pages.

    Raises
    ------
    BuildError
        When a page has other columns than an estimates table, or than the other pages, or two
        rows have the same key: a printed number must have one source.
    """
    parts = []
    columns: list[str] = []
    for page in pages:
        path = folder / f"{page}.parquet"
        if not path.is_file():
            continue
        part = pd.read_parquet(path)
        further = list(part.columns)[len(COLUMNS) :]
        if list(part.columns) != [*COLUMNS, *further] or further not in _FURTHER:
            raise BuildError(f"The estimates of {page} have the columns {list(part.columns)}.")
        if columns and list(part.columns) != columns:
            raise BuildError(
                f"The estimates of {page} have other columns than those of the pages before it: "
                "some say what stands behind a number, and some do not."
            )
        columns = list(part.columns)
        if not part.empty:
            parts.append(part.assign(page=page))
    if not parts:
        return pd.DataFrame(columns=columns or COLUMNS)
    joined = pd.concat(parts, ignore_index=True)
    twice = joined[joined.duplicated(KEY, keep=False)]
    if not twice.empty:
        listed = twice[["page", *KEY]].to_string(index=False)
        raise BuildError(f"These statistics were computed more than once:\n{listed}")
    return joined[columns]


def write_estimates(estimates: pd.DataFrame, report: Path) -> None:
    """Write `estimates.csv` and `estimates.parquet` into the folder of a report."""
    write_csv(estimates, report / "estimates.csv")
    write_parquet(estimates, report / "estimates.parquet")
