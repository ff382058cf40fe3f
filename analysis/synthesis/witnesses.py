"""The witnesses of an ensemble: found one by one, kept as they come, written when all are there.

A witness hangs on its name, the seed and the parents alone, so that any number of cores finds the
same, and a run that ends early is gone on with by the next.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, cast

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from joblib.externals.loky.process_executor import TerminatedWorkerError

from analysis.cohort import collection
from analysis.cohort.collection import MEMBER
from analysis.cohort.faults import DatasetFaults
from analysis.estimates import ensemble as stored
from analysis.estimates import prognosis
from analysis.estimates.rows import KEY
from analysis.study.cluster import ProcessKilledError, fingerprint
from analysis.study.errors import ReadableError
from analysis.study.in_place import clear_away, remove, staged
from analysis.study.spreadsheets import write_csv
from analysis.synthesis import ensemble, extremes, margins, search, states
from analysis.synthesis.ensemble import APART, Source, Ways
from analysis.synthesis.extremes import DIRECTIONS, Parent
from analysis.synthesis.moves import Walk
from analysis.synthesis.pushed import Pushed
from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.search import Progress

# The first so many members that were found are pushed from.
PARENTS = 2
WITNESSES = "witnesses"
_WORK, _ABOUT, _TABLES = ".work-witnesses", "witness.json", "tables"


@dataclass(frozen=True)
class Asked:
    """Which witnesses: of which statistics, from which seed, by whose ways."""

    pushed: Sequence[Pushed]
    seed: int
    source: Source
    ledger: str = ""
    parents: int = PARENTS


@dataclass(frozen=True)
class Witness:
    """A witness as it is kept; `value` is what the report gives for the statistic."""

    name: str
    pushed: Pushed
    direction: str
    value: float
    parent: int
    tables: Mapping[str, pa.Table]
    estimates: pd.DataFrame
    multivariable: pd.DataFrame


@dataclass(frozen=True)
class NoWitness:
    """That none was found that can be filled in, and why."""

    name: str
    reason: str


class Unfinished(ReadableError, RuntimeError):
    """Witnesses are lacking; says how many there are, and why no more."""

    status = 1


def named(pushed: Pushed, direction: str) -> str:
    """Give the name of a witness: `sex-os-hr-max`."""
    return f"{pushed.name}-{direction}"


def make(
    asked: Asked, pushed: Pushed, direction: str, parents: Sequence[Parent]
) -> Witness | NoWitness:
    """Find one witness; the same wherever it is done."""
    ways = ensemble.ways_of(asked.source, asked.ledger)
    plan, targets = ways.plan, ways.targets
    walk = Walk(targets, plan.sought(targets), plan.asked(targets))
    rng = np.random.default_rng(extremes.seed_of(asked.seed, pushed, direction))
    reached = extremes.reach(walk, pushed, direction, parents, rng)
    name, refused = named(pushed, direction), "no exact cohort was met"
    for parent, state in extremes.states_of(walk, pushed, reached, rng):
        try:
            rest = plan.rest(targets, state.histories, state.labels, rng, parent.rest)
            tables = plan.fill(targets, state.histories, state.labels, rng, rest)
            judged = plan.judge(tables, targets)
            unmet = judged.unmet(ways.excused)
        except (Unreachable, DatasetFaults, margins.ConflictingClaims) as reason:
            refused = str(reason)
            continue
        if unmet:
            refused = unmet[0]
            continue
        value = pushed.value(judged.derived, ways.options)
        if math.isnan(value):
            refused = "the statistic cannot be estimated there"
            continue
        return Witness(
            name,
            pushed,
            direction,
            value,
            parent.number,
            collection.to_arrow(tables),
            judged.estimates[[*KEY, "value", "unit"]],
            prognosis.estimate(judged.derived, ways.multivariable)[[*KEY, "value", "unit"]],
        )
    return NoWitness(name, refused)


def run(asked: Asked, out: Path, progress: Progress, workers: int = 0) -> str:
    """Find the witnesses that are not there yet, and write all; say what there is.

    Those of other statistics stay, where they are of the same numbers and choices.

    Raises
    ------
    Unfinished
        When one could not be found. Those that were are written, and named in `witnesses.csv`.
    NotReached
        When no cohort was found to begin with.
    """
    ways = ensemble.ways_of(asked.source, asked.ledger)
    work = _work_folder(asked, ways, out)
    tasks = [(pushed, direction) for pushed in asked.pushed for direction in DIRECTIONS]
    left = [task for task in tasks if not (work / named(*task) / _ABOUT).exists()]
    lacking: list[NoWitness] = []
    if left:
        parents = _parents(asked, ways, work, progress)
        began = time.monotonic()
        for number, made in enumerate(_each(asked, left, parents, workers), start=1):
            if isinstance(made, NoWitness):
                lacking.append(made)
                progress(f"{made.name}: {made.reason}")
                continue
            _keep(work, made)
            pace = (time.monotonic() - began) / number
            progress(
                f"{made.name}: {made.value:.4g}; {len(tasks) - len(left) + number} of "
                f"{len(tasks)} witnesses, {pace * (len(left) - number):.0f} s left"
            )
    there = [task for task in tasks if (work / named(*task) / _ABOUT).exists()]
    if there:
        others = [name for name in _published(ways, out) if name not in {named(*t) for t in tasks}]
        _publish(there, others, work, out)
    if lacking:
        reasons = "".join(f"\n  - {one.name}: {one.reason}" for one in lacking)
        raise Unfinished(
            f"{len(there)} of {len(tasks)} witnesses are written. No cohort was found for:{reasons}"
        )
    return f"{len(there)} witnesses, each of which meets every published number."


def _each(
    asked: Asked,
    tasks: Sequence[tuple[Pushed, str]],
    parents: Sequence[Parent],
    workers: int,
) -> Iterator[Witness | NoWitness]:
    if workers == 1:
        yield from (make(asked, *task, parents) for task in tasks)
        return
    try:
        parallel = joblib.Parallel(
            workers or joblib.cpu_count(), return_as="generator_unordered", batch_size=1
        )
        yield from parallel(joblib.delayed(make)(asked, *task, parents) for task in tasks)
    except TerminatedWorkerError as error:
        raise ProcessKilledError(
            "A process that looked for witnesses was killed, which systems do when there is no "
            "memory left. Those that were found are kept. Fewer at a time need less: WORKERS=1."
        ) from error


def _parents(asked: Asked, ways: Ways, work: Path, progress: Progress) -> list[Parent]:
    """Give the first members that are found, from the ensemble's work or by their seeds."""
    found = []
    for number in range(1, asked.parents + 1):
        folder = work / f"parent-{number}"
        if not folder.exists():
            progress(f"member {number}, to push from: looking for it")
            one = search.find(
                ways.plan,
                ways.targets,
                asked.seed + number - 1,
                lambda words: None,
                ways.excused,
                checked=number > 1,
            )
            with staged(work, folder.name) as new:
                states.to_table(one.state).to_parquet(new / "state.parquet", index=False)
                one.rest.to_parquet(new / "rest.parquet", index=False)
        state = states.from_table(pd.read_parquet(folder / "state.parquet"))
        found.append(Parent(number, state, pd.read_parquet(folder / "rest.parquet")))
    return found


# What is kept between runs, and written ---------------------------------------------------------


def _work_folder(asked: Asked, ways: Ways, out: Path) -> Path:
    """Give the folder for witnesses of this kind; those of another kind are taken away."""
    of = {
        "claims": stored.ledger_digest(ways.targets.ledger),
        "parameters": stored.choices(ways.options),
        "seed": asked.seed,
        "parents": asked.parents,
        "code": fingerprint(APART),
    }
    kind = hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]
    place = out / _WORK / kind
    place.mkdir(parents=True, exist_ok=True)
    for other in sorted(place.parent.iterdir()):
        if other != place:
            remove(other)
    clear_away(place)
    return place


def _keep(work: Path, made: Witness) -> None:
    """Keep a witness, whole or not at all."""
    about = {"value": made.value, "parent": made.parent}
    with staged(work, made.name) as folder:
        (folder / _TABLES).mkdir()
        for name, table in made.tables.items():
            collection.write_table(table, folder / _TABLES, name)
        made.estimates.to_parquet(folder / stored.OF_WITNESSES, index=False)
        made.multivariable.to_parquet(folder / stored.MULTIVARIABLE_OF_WITNESSES, index=False)
        (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def _published(ways: Ways, out: Path) -> list[str]:
    """Name the witnesses that are written already, if they are of the same numbers and choices."""
    try:
        about = json.loads((out / stored.ABOUT).read_text(encoding="utf-8"))
        asked = json.loads(json.dumps(stored.choices(ways.options), default=str))
        if (about["claims"], about["parameters"]) != (
            stored.ledger_digest(ways.targets.ledger),
            asked,
        ):
            return []
        told = pd.read_csv(out / stored.WITNESSES, dtype=str, keep_default_na=False)
    except (OSError, ValueError, KeyError):
        return []
    return list(told["name"])


def _publish(
    tasks: Sequence[tuple[Pushed, str]], others: Sequence[str], work: Path, out: Path
) -> None:
    """Write the witnesses' files beside the members', after those `others` that stay."""
    names = [named(*task) for task in tasks]
    clear_away(out)
    with staged(work, "written") as new:
        (new / WITNESSES).mkdir()
        cohorts = {
            **{name: _stored_tables(out, name) for name in others},
            **{name: ensemble.tables_of(work / name) for name in names},
        }
        collection.write(new / WITNESSES, cast(Any, cohorts))
        for file in (stored.OF_WITNESSES, stored.MULTIVARIABLE_OF_WITNESSES):
            parts = [pd.read_parquet(work / name / file).assign(member=name) for name in names]
            if others:
                before = pd.read_parquet(out / file)
                parts.insert(0, before[before[MEMBER].isin(others)])
            together = pd.concat(parts, ignore_index=True)[[MEMBER, *KEY, "value", "unit"]]
            arrow = pa.Table.from_pandas(together, preserve_index=False)
            collection.write_table(arrow, new, Path(file).stem)
        table = _table(tasks, work)
        if others:
            # As they are written: a number keeps its digits.
            told = pd.read_csv(out / stored.WITNESSES, dtype=str, keep_default_na=False)
            table = pd.concat([told[told["name"].isin(others)], table], ignore_index=True)
        write_csv(table, new / stored.WITNESSES)
        (out / stored.WITNESSES).unlink(missing_ok=True)
        remove(out / WITNESSES)
        (new / WITNESSES).replace(out / WITNESSES)
        for file in (stored.OF_WITNESSES, stored.MULTIVARIABLE_OF_WITNESSES, stored.WITNESSES):
            (new / file).replace(out / file)
    remove(work / "written")


def _stored_tables(out: Path, name: str) -> dict[str, pa.Table]:
    asked = [(MEMBER, "==", name)]
    return {
        path.stem: pq.read_table(path, filters=asked).drop_columns([MEMBER])
        for path in sorted((out / WITNESSES).glob("*.parquet"))
    }


def _table(tasks: Sequence[tuple[Pushed, str]], work: Path) -> pd.DataFrame:
    rows = []
    for pushed, direction in tasks:
        name = named(pushed, direction)
        about = json.loads((work / name / _ABOUT).read_text(encoding="utf-8"))
        rows.append(
            {
                "name": name,
                **dict(zip(KEY, map(str, astuple(pushed.key)), strict=True)),
                "parameters": pushed.words,
                "direction": direction,
                "value": about["value"],
                "member_of": about["parent"],
            }
        )
    return pd.DataFrame(rows)
