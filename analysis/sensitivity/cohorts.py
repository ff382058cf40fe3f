"""In how many cohorts a conclusion changes, of those that meet the same published numbers.

A conclusion that changes under a variant of one synthetic cohort may hang on what was drawn at
random. Counted over the members of an ensemble, what changes in all of them is told from what
changes in one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.cohort import collection
from analysis.cohort.folder import ENSEMBLE
from analysis.cohort.read import read_dataset
from analysis.estimates.ensemble import choices
from analysis.estimates.spread import MEMBER
from analysis.sensitivity.compare import CHANGED, changed, compare
from analysis.sensitivity.run import run
from analysis.sensitivity.variants import Variant
from analysis.study import cluster
from analysis.study.errors import ReadableError
from analysis.study.in_place import remove, staged
from analysis.study.parameters import Parameters
from analysis.study.study import Study

COMMAND = "make ensemble-conclusions"
# So many members are asked unless told otherwise: each takes as long as a sensitivity page.
ASKED = 16
TABLE, ABOUT = "conclusions.parquet", "conclusions.json"
COLUMNS = [MEMBER, *CHANGED]

_WORK, _ONE, _FAILED = ".conclusions", "changed", "failed.json"

Progress = Callable[[str], None]


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


class CannotCount(ReadableError, RuntimeError):
    """Conclusions of members cannot be counted; says why."""

    status = 1


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
        if made[-1] != _digest_of_cohorts(folder, members):
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
    return _digest(known)


def count(
    study: Study,
    claims: str,
    base: Parameters,
    variants: Sequence[Variant],
    members: int,
    progress: Progress,
    folder: Path = ENSEMBLE,
    workers: int = 0,
    scheduler: str = "",
) -> str:
    """Find what changes in the first members, and write `TABLE` and `ABOUT`; say what was found.

    Each member is kept as it comes: a run that ends early is gone on with by the next. The bytes
    are the same on any number of workers.

    Parameters
    ----------
    study
        What the members are read as.
    claims, base, variants
        As in `read_cohorts`.
    members
        How many are asked; of an ensemble of fewer, all.
    workers, scheduler
        As in `run.run`.

    Raises
    ------
    CannotCount
        When there is no ensemble.
    analysis.study.errors.ReadableError
        When a member cannot be read, or a process or the cluster is lost. Members that were done
        are kept, and the files are as they were.
    """
    there = collection.names(folder, "members")[:members]
    if not there:
        raise CannotCount(f"There is no ensemble of cohorts yet; `{collection.COMMAND}` finds one.")
    of = [claims, choices(base), digest_of(variants), cluster.fingerprint()]
    # What was made by other code, or of something else, is not gone on with.
    work = folder / _WORK / _digest(of)[:16]
    work.mkdir(parents=True, exist_ok=True)
    for other in sorted(work.parent.iterdir()):
        if other != work:
            remove(other)
    parts, failed = [], dict.fromkeys((variant.name for variant in variants), 0)
    for done, name in enumerate(there, start=1):
        kept = f"{name}-{_digest_of_cohort(folder, name)[:16]}"
        if not (work / kept).is_dir():
            _keep(work, kept, study, folder, name, base, variants, workers, scheduler)
        rows = pd.read_parquet(work / kept / f"{_ONE}.parquet")
        parts.append(rows.assign(**{MEMBER: int(name)}))
        for variant in json.loads((work / kept / _FAILED).read_text(encoding="utf-8")):
            failed[variant] += 1
        progress(f"{done} of {len(there)} members: {len(rows)} conclusions change in member {name}")
    found = pd.concat(parts, ignore_index=True)[COLUMNS].astype({MEMBER: "int32"})
    about = {
        "claims": claims,
        "base": choices(base),
        "variants": digest_of(variants),
        "members": len(there),
        "cohorts": _digest_of_cohorts(folder, len(there)),
        "failed": {name: number for name, number in failed.items() if number},
    }
    _write(folder, found, about)
    every = int((Cohorts(len(there), found).counts["cohorts"] == len(there)).sum())
    return (
        f"{len(there)} members asked under {len(variants)} variants; {every} "
        f"conclusion{' changes' if every == 1 else 's change'} in all of them. "
        f"Written to {folder.name}/{TABLE}."
    )


def _keep(
    work: Path,
    kept: str,
    study: Study,
    folder: Path,
    name: str,
    base: Parameters,
    variants: Sequence[Variant],
    workers: int,
    scheduler: str,
) -> None:
    """Keep what changes in one member, whole or not at all."""
    was_there = (folder / name).is_dir()
    try:
        recorded = read_dataset(collection.unpacked(folder, name), study)
    finally:
        if not was_there:
            remove(folder / name)
    try:
        found = run(recorded, variants, base, workers, scheduler)
    except ValueError as error:
        raise CannotCount(f"Member {name} of the ensemble: {error}") from error
    rows = changed(compare(found.estimates))
    with staged(work, kept) as new:
        collection.write_table(pa.Table.from_pandas(rows, preserve_index=False), new, _ONE)
        (new / _FAILED).write_text(json.dumps(sorted(found.failed)), encoding="utf-8")


def _write(folder: Path, found: pd.DataFrame, about: Mapping[str, Any]) -> None:
    """Put both files in place. Between the two, what was told of one is not true of the other."""
    with staged(folder / _WORK, "written") as new:
        collection.write_table(
            pa.Table.from_pandas(found, preserve_index=False), new, Path(TABLE).stem
        )
        table = hashlib.sha256((new / TABLE).read_bytes()).hexdigest()
        text = json.dumps({**about, "table": table}, indent=1) + "\n"
        (new / ABOUT).write_bytes(text.encode())
        for name in (TABLE, ABOUT):
            (new / name).replace(folder / name)
    remove(folder / _WORK / "written")


def _digest_of_cohorts(folder: Path, members: int) -> str:
    return _digest([_digest_of_cohort(folder, str(number)) for number in range(1, members + 1)])


def _digest_of_cohort(folder: Path, name: str) -> str:
    """Give the SHA-256 of the tables of a member, whoever else is stored with it."""
    asked = [(MEMBER, "==", int(name))]
    cells = {}
    for path in sorted((folder / "members").glob("*.parquet")):
        table = pq.read_table(path, filters=asked)
        cells[path.stem] = table.to_pydict()
    return _digest(cells)


def _digest(known: object) -> str:
    text = json.dumps(known, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
