"""In how many cohorts a conclusion changes, of those that meet the same published numbers.

A conclusion that changes under a variant of one synthetic cohort may hang on what was drawn at
random. Counted over the members of an ensemble, what changes in all of them is told from what
changes in one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.cohort.folder import ENSEMBLE
from analysis.estimates.ensemble import choices
from analysis.estimates.spread import MEMBER
from analysis.sensitivity.compare import CHANGED, changed
from analysis.sensitivity.variants import Variant
from analysis.study.parameters import Parameters

COMMAND = "make ensemble-conclusions"
TABLE, ABOUT = "conclusions.parquet", "conclusions.json"
COLUMNS = [MEMBER, *CHANGED]


@dataclass(frozen=True)
class Cohorts:
    """What changes in each of the first members of an ensemble.

    Attributes
    ----------
    members
        How many were asked: members 1 to this.
    changed
        `COLUMNS`: a row a member, variant and conclusion that changes.
    failed
        Variant to the number of members in which it could not be computed; others are not named.
    """

    members: int
    changed: pd.DataFrame
    failed: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """`CHANGED` and `cohorts`: in how many members it changes, at least 1."""
        return (
            self.changed.groupby(CHANGED, sort=False)[MEMBER]
            .nunique()
            .rename("cohorts")
            .reset_index()
        )

    @cached_property
    def touched(self) -> Mapping[str, int]:
        """Variant to the number of members in which any conclusion changes under it, if any."""
        found = self.changed.groupby("variant", sort=False)[MEMBER].nunique()
        return {str(variant): int(count) for variant, count in found.items()}

    def of(self, comparison: pd.DataFrame) -> pd.Series:
        """Give in how many members each conclusion changes that changes in a comparison.

        The index is that of `compare.conclusions`; 0 of what changes in none of the members.
        """
        rows = changed(comparison)
        found = rows.merge(self.counts, on=CHANGED, how="left")["cohorts"]
        return found.fillna(0).astype(int).set_axis(rows.index)

    def elsewhere(self, comparison: pd.DataFrame) -> pd.DataFrame:
        """Give `counts` of what changes in members, and not in a comparison."""
        found = self.counts.merge(changed(comparison), on=CHANGED, how="left", indicator="_of")
        return found[found["_of"] == "left_only"].drop(columns="_of").reset_index(drop=True)


def read_cohorts(
    claims: str, base: Parameters, variants: Sequence[Variant], folder: Path = ENSEMBLE
) -> Cohorts | str:
    """Read what changes in the members, or say in a sentence why it is not known for a page.

    Parameters
    ----------
    claims
        Digest of the numbers that the members must meet (`estimates.ensemble.ledger_digest`).
    base, variants
        Those of the page.
    """
    anew = f"`{COMMAND}` counts them anew."
    path = folder / TABLE
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        members, failed = int(about["members"]), dict(about["failed"])
        table = about["table"], hashlib.sha256(path.read_bytes()).hexdigest()
        made = [about[name] for name in ("claims", "base", "variants", "cohorts")]
    except FileNotFoundError:
        return (
            "In how many other cohorts that give the same published numbers these conclusions "
            f"change has not been counted yet; `{COMMAND}` counts it."
        )
    except (OSError, ValueError, KeyError, TypeError):
        return f"The conclusions counted over the ensemble cannot be read; {anew}"
    asked = [claims, choices(base), digest_of(variants)]
    of = ("other published numbers", "other choices in the base", "other variants")
    for what, ours, theirs in zip(of, asked, made, strict=False):
        if ours != theirs:
            return f"The conclusions counted over the ensemble are of {what} than these; {anew}"
    try:
        if made[-1] != digest_of_cohorts(folder, members):
            return f"The conclusions counted over the ensemble are of other cohorts; {anew}"
        if table[0] != table[1]:
            raise ValueError("not the table that was written with it")
        rows = pd.read_parquet(path, columns=COLUMNS)
    except (OSError, ValueError, pa.ArrowException):
        return f"The conclusions counted over the ensemble cannot be read; {anew}"
    return Cohorts(members, rows, {str(name): int(count) for name, count in failed.items()})


def digest_of(variants: Sequence[Variant]) -> str:
    """Give the SHA-256 of what variants change, under their names; their reasons do not count."""
    known = {variant.name: dict(variant.changes) for variant in variants}
    return digest(known)


def digest_of_cohorts(folder: Path, members: int) -> str:
    """Give the SHA-256 of the tables of the first so many members."""
    return digest([digest_of_cohort(folder, str(number)) for number in range(1, members + 1)])


def digest_of_cohort(folder: Path, name: str) -> str:
    """Give the SHA-256 of the tables of a member, whoever else is stored with it."""
    asked = [(MEMBER, "==", int(name))]
    cells = {}
    for path in sorted((folder / "members").glob("*.parquet")):
        table = pq.read_table(path, filters=asked)
        cells[path.stem] = table.to_pydict()
    return digest(cells)


def digest(known: object) -> str:
    """Give the SHA-256 of anything that JSON can say."""
    text = json.dumps(known, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
