"""Count over the members of an ensemble which conclusions change: `analysis.sensitivity.cohorts`.

Apart from what reads the counts, so that pages which show them do not hang on how.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from analysis.cohort import collection
from analysis.cohort.folder import ENSEMBLE
from analysis.cohort.read import read_dataset
from analysis.estimates.ensemble import choices
from analysis.estimates.spread import MEMBER
from analysis.sensitivity.cohorts import (
    ABOUT,
    COLUMNS,
    TABLE,
    Cohorts,
    digest,
    digest_of,
    digest_of_cohort,
    digest_of_cohorts,
)
from analysis.sensitivity.compare import changed, compare
from analysis.sensitivity.run import run
from analysis.sensitivity.variants import Variant
from analysis.study import cluster
from analysis.study.errors import ReadableError
from analysis.study.in_place import remove, staged
from analysis.study.parameters import Parameters
from analysis.study.study import Study

_WORK, _ONE, _FAILED = ".conclusions", "changed", "failed.json"

Progress = Callable[[str], None]


class CannotCount(ReadableError, RuntimeError):
    """Conclusions of members cannot be counted; says why."""

    status = 1


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
    work = folder / _WORK / digest(of)[:16]
    work.mkdir(parents=True, exist_ok=True)
    for other in sorted(work.parent.iterdir()):
        if other != work:
            remove(other)
    parts, failed = [], dict.fromkeys((variant.name for variant in variants), 0)
    for done, name in enumerate(there, start=1):
        kept = f"{name}-{digest_of_cohort(folder, name)[:16]}"
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
        "cohorts": digest_of_cohorts(folder, len(there)),
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
