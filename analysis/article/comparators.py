"""Outcomes of the earlier trials that the article compares itself with.

The article's own comparison (its Supplementary Table 1) is not public; these figures are those of
the trials' papers, each row with its paper and with where its figures were seen.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

COMPARATORS = Path(__file__).resolve().parents[2] / "data" / "article" / "comparators.csv"


def _text(*, nullable: bool = False) -> pa.Column:
    return pa.Column(pd.StringDtype(), nullable=nullable)


def _percent() -> pa.Column:
    return pa.Column(float, pa.Check.in_range(0, 100), nullable=True)


def _months() -> pa.Column:
    return pa.Column(float, pa.Check.gt(0), nullable=True)


SCHEMA = pa.DataFrameSchema(
    {
        "trial": _text(),
        "arm": _text(),
        "reference_in_article": pa.Column(pd.Int64Dtype(), pa.Check.ge(1), nullable=True),
        "criterion": _text(nullable=True),
        "orr_pct": _percent(),
        "dcr_pct": _percent(),
        "median_pfs_months": _months(),
        "median_os_months": _months(),
        "grade3plus_ae_pct": _percent(),
        "ae_basis": _text(nullable=True),
        "data_cut": _text(),
        "printed_pfs_months": _months(),
        "printed_os_months": _months(),
        "source": _text(),
        "doi": pa.Column(
            pd.StringDtype(), pa.Check.str_matches(r"^10\.\d{4,9}/\S+$", error="a DOI")
        ),
        "seen_in": _text(),
        "note": _text(nullable=True),
    },
    strict=True,
    coerce=True,
    # One arm may stand under several criteria and data cuts, but once under each.
    unique=["trial", "arm", "criterion", "data_cut"],
)


def read_comparators(path: Path | str = COMPARATORS) -> pd.DataFrame:
    """Read the comparator trials: one row a trial arm, response criterion and data cut.

    Returns
    -------
    DataFrame with string columns (`trial`, `arm`, `criterion`, `ae_basis`, `data_cut`, `source`,
    `doi`, `seen_in`, `note`), `reference_in_article` (Int64, the article's reference number),
    response and adverse event rates in % and medians in months (float64), of the papers and, with
    `printed_`, as the article's Discussion prints them. What a source does not report, or what was
    not seen of it, is NA.

    Raises
    ------
    pandera.errors.SchemaErrors
        Listing every column that is missing or unknown and every value out of range.
    """
    return SCHEMA.validate(pd.read_csv(path), lazy=True)
