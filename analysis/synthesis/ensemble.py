"""Many cohorts that each meet a ledger: the first are searched for, the others walked from them.

Each member comes from its number and the seed alone, whatever else is found, so that a larger
ensemble begins with a smaller one, and any number of cores finds the same. Each is kept as it
comes: a run that ends early is gone on with by the next.

The range of a statistic over the members is the range of what was found in this way. It is no
posterior: no prior is declared, and nothing says how often the walk comes where.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
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
from analysis.cohort.model import Cohort
from analysis.estimates import ensemble as stored
from analysis.estimates import prognosis
from analysis.estimates.rows import KEY
from analysis.study import cluster
from analysis.study.cluster import ProcessKilledError, SchedulerError
from analysis.study.errors import ReadableError
from analysis.study.in_place import clear_away, remove, staged
from analysis.study.parameters import Parameters
from analysis.synthesis import central, margins, search, states
from analysis.synthesis.moves import Stuck, Walk
from analysis.synthesis.quantities import Unreachable
from analysis.synthesis.search import NotReached, Plan, Progress, State
from analysis.synthesis.targets import Targets

# So many members are searched for, each by itself; the others are walked from them in turn.
FOUNDERS = 16
# Nearly every step of a walk can be filled in; after as many as these none is likely to be.
TRIES = 12
FOUND, WALKED = "found", "walked"

# Of what members are made; an ensemble that is gone on with must be of the same.
ROOMS = ("study", "article", "cohort", "estimates", "audit", "synthesis", "zhai_2025")
_WORK, _MEMBER, _TABLES = ".work", "member.json", "tables"
_REPORTED_EVERY = 5.0
_ONE_OF_ALL = re.compile(r"\d{6}")


@dataclass(frozen=True)
class Ways:
    """What an ensemble goes by in an article.

    Attributes
    ----------
    plan
        How one cohort is found.
    targets
        What every member must meet.
    excused
        Names of claims that no cohort is expected to meet.
    options
        The choices under which members are estimated.
    multivariable
        The same with all factors in one model.
    description
        What `dataset.yaml` of a cohort of so many patients holds.
    """

    plan: Plan
    targets: Targets
    excused: Collection[str]
    options: Parameters
    multivariable: Parameters
    description: Callable[[int], Mapping[str, object]]


# Gives the ways, from the path of a ledger or "" for the article's; by name, for other processes.
Source = Callable[[str], Ways]


@dataclass(frozen=True)
class Asked:
    """Which ensemble: of how many members, from which seed on, by whose ways."""

    members: int
    seed: int
    source: Source
    ledger: str = ""
    founders: int = FOUNDERS


@dataclass(frozen=True)
class Parent:
    """What a member is walked from."""

    number: int
    state: pd.DataFrame
    rest: pd.DataFrame


@dataclass(frozen=True)
class Made:
    """A member, as it is kept.

    Attributes
    ----------
    parent
        The number of the member that it was walked from; 0 of one that was found.
    tables
        Of the dataset, from `collection.to_arrow`.
    estimates, multivariable
        `KEY`, `value` and `unit`.
    patients
        One text a patient, the same for patients who share outcome days, events and all factors.
    state, rest
        Of one that others are walked from (see `Parent`).
    """

    number: int
    seed: int
    parent: int
    tables: Mapping[str, pa.Table]
    estimates: pd.DataFrame
    multivariable: pd.DataFrame
    patients: Sequence[str]
    state: pd.DataFrame | None = None
    rest: pd.DataFrame | None = None


class Stalled(ReadableError, RuntimeError):
    """A member could not be found; says how many there are, and why no more."""

    status = 1


@dataclass(frozen=True)
class _Failed:
    number: int
    reason: str


# One member -----------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _ways(source: Source, ledger: str) -> Ways:
    """Give the ways once a process: models and printed numbers are prepared for all members."""
    return source(ledger)


def make(asked: Asked, number: int, parent: Parent | None) -> Made | _Failed:
    """Find or walk to one member; the same wherever it is done."""
    ways = _ways(asked.source, asked.ledger)
    seed = asked.seed + number - 1
    try:
        if parent is None:
            return _found(ways, number, seed)
        return _walked(ways, number, seed, parent)
    except (NotReached, margins.ConflictingClaims) as reason:
        return _Failed(number, str(reason))


def _found(ways: Ways, number: int, seed: int) -> Made:
    found = search.find(
        ways.plan,
        ways.targets,
        seed,
        lambda words: None,
        ways.excused,
        checked=True,
        at_a_time=1,
    )
    made = _made(ways, number, seed, 0, found.tables, found.judged.derived, found.judged.estimates)
    return replace(made, state=states.to_table(found.state), rest=found.rest)


def _walked(ways: Ways, number: int, seed: int, parent: Parent) -> Made:
    plan, targets = ways.plan, ways.targets
    walk = Walk(targets, plan.sought(targets), plan.asked(targets))
    refused: list[str] = []
    for attempt in range(TRIES):
        rng = np.random.default_rng([seed, attempt, 2])
        try:
            state: State = walk.step(states.from_table(parent.state), rng)
            rest = plan.rest(targets, state.histories, state.labels, rng, parent.rest)
            tables = plan.fill(targets, state.histories, state.labels, rng, rest)
            judged = plan.judge(tables, targets)
            unmet = judged.unmet(ways.excused)
        except (Stuck, Unreachable, DatasetFaults, margins.ConflictingClaims) as reason:
            refused.append(str(reason))
            continue
        if not unmet:
            return _made(
                ways, number, seed, parent.number, tables, judged.derived, judged.estimates
            )
        refused += unmet
    raise NotReached(f"{TRIES} cohorts beside member {parent.number} do not meet all:", refused)


def _made(
    ways: Ways,
    number: int,
    seed: int,
    parent: int,
    tables: Mapping[str, pd.DataFrame],
    derived: Cohort,
    estimates: pd.DataFrame,
) -> Made:
    together = prognosis.estimate(derived, ways.multivariable)
    return Made(
        number,
        seed,
        parent,
        collection.to_arrow(tables),
        estimates[[*KEY, "value", "unit"]],
        together[[*KEY, "value", "unit"]],
        _patients(derived),
    )


def _patients(cohort: Cohort) -> list[str]:
    """Give a text for each patient that is the same for the same outcomes and factors."""
    times = cohort.time_to_event.sort_values(["patient_id", "endpoint"], kind="stable")
    ended = times["days"].astype(str) + "/" + times["event"].astype(str)
    known = ended.groupby(times["patient_id"]).agg(";".join).reindex(cohort.patients.index)
    for factor in cohort.study.factors:
        if factor.column in cohort.patients:
            known = known + ";" + cohort.patients[factor.column].astype(str)
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in known]


# All of them ----------------------------------------------------------------------------------


def run(
    asked: Asked,
    out: Path,
    progress: Progress,
    workers: int = 0,
    scheduler: str = "",
) -> str:
    """Find the members that are not there yet, and write the ensemble of all; say what there is.

    Parameters
    ----------
    out
        The folder of the ensemble. What is not the members' in it stays as it is.
    workers
        Processes on this machine; 0 is one a core.
    scheduler
        Address of a Dask cluster, in place of this machine.

    Raises
    ------
    Stalled
        When a member could not be found. Those that were are kept.
    margins.ConflictingClaims
        When published counts contradict each other.
    SchedulerError, ProcessKilledError
        When the cluster, or a process, is lost.
    """
    ways = _ways(asked.source, asked.ledger)
    work = _work_folder(asked, ways, out)
    there = _kept(work, asked.members)
    if len(there) < asked.members:
        progress("counts: looking for claims that contradict each other")
        margins.check(ways.plan.margins, ways.targets, ways.excused)
    if there:
        progress(f"{len(there)} of {asked.members} members are there")
    founders = min(asked.founders, asked.members)
    clock = _Clock(asked.members, len(there), progress)
    failed: list[_Failed] = []
    for numbers in (range(1, founders + 1), range(founders + 1, asked.members + 1)):
        left = [number for number in numbers if number not in there]
        if not left or failed:
            continue
        tasks = [(asked, number, _parent(work, number, founders)) for number in left]
        for made in _each(tasks, workers or joblib.cpu_count(), scheduler):
            if isinstance(made, _Failed):
                failed.append(made)
            else:
                _keep(work, made)
                clock.one_more()
    if failed:
        first = min(failed, key=lambda one: one.number)
        have = len(_kept(work, asked.members))
        before = first.number - 1
        raise Stalled(
            f"{have} of {asked.members} members are found, and kept. Member {first.number} is not: "
            f"{first.reason}\n"
            + (
                f"`make ensemble N={before}` writes those before it."
                if before
                else "No ensemble was written."
            )
        )
    return _publish(asked, ways, work, out)


def _parent(work: Path, number: int, founders: int) -> Parent | None:
    if number <= founders:
        return None
    of = (number - founders - 1) % founders + 1
    folder = work / _named(of)
    return Parent(
        of, pd.read_parquet(folder / "state.parquet"), pd.read_parquet(folder / "rest.parquet")
    )


def _each(
    tasks: Sequence[tuple[Asked, int, Parent | None]], workers: int, scheduler: str
) -> Iterator[Made | _Failed]:
    """Give what is made, in the order in which it is ready."""
    if scheduler:
        yield from _on_cluster(tasks, scheduler)
        return
    if workers == 1:
        yield from (make(*task) for task in tasks)
        return
    try:
        parallel = joblib.Parallel(
            workers, "loky", return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs"
        )
        yield from parallel(joblib.delayed(make)(*task) for task in tasks)
    except TerminatedWorkerError as error:
        raise ProcessKilledError(
            "A process that looked for members was killed, which systems do when there is no "
            "memory left. Those that were found are kept. Fewer at a time need less: WORKERS=1."
        ) from error


def _on_cluster(
    tasks: Sequence[tuple[Asked, int, Parent | None]], address: str
) -> Iterator[Made | _Failed]:
    from distributed import CancelledError, KilledWorker, as_completed

    with cluster.client_of(address) as client:
        try:
            futures = [client.submit(make, *task, pure=False) for task in tasks]
            for future in as_completed(futures):
                yield future.result()
        except KilledWorker as error:
            raise SchedulerError(
                f"Workers of the cluster at {address} ended again and again; "
                "have they enough memory? Members that were found are kept."
            ) from error
        except (CancelledError, OSError) as error:
            raise SchedulerError(
                f"The cluster at {address} went away: {error}. Members that were found are kept."
            ) from error


class _Clock:
    """Says every few seconds how many members there are, how fast, and how long it takes."""

    def __init__(self, members: int, there: int, progress: Progress) -> None:
        self.members, self.there, self.progress = members, there, progress
        self.before, self.began, self.said = there, time.monotonic(), -_REPORTED_EVERY

    def one_more(self) -> None:
        """Count a member."""
        self.there += 1
        now = time.monotonic()
        if now - self.said < _REPORTED_EVERY and self.there < self.members:
            return
        self.said = now
        rate = (self.there - self.before) / max(now - self.began, 1e-9)
        left = (self.members - self.there) / rate
        self.progress(
            f"{self.there} of {self.members} members, {60 * rate:.0f} a minute, "
            f"{left / 60:.0f} min left"
            if left >= 120
            else f"{self.there} of {self.members} members, {60 * rate:.0f} a minute, "
            f"{left:.0f} s left"
        )


# What is kept between runs --------------------------------------------------------------------


def _work_folder(asked: Asked, ways: Ways, out: Path) -> Path:
    """Give the folder for members of this kind; those of another kind are taken away."""
    # Founders count too: beyond them members are walked.
    of = {
        "claims": stored.ledger_digest(ways.targets.ledger),
        "parameters": stored.choices(ways.options),
        "seed": asked.seed,
        "founders": asked.founders,
        "code": cluster.fingerprint(ROOMS),
    }
    text = json.dumps(of, sort_keys=True)
    kind = hashlib.sha256(text.encode()).hexdigest()[:16]
    place = out / _WORK / kind
    place.mkdir(parents=True, exist_ok=True)
    for other in sorted(place.parent.iterdir()):
        if other.name != kind:
            remove(other)
    clear_away(place)
    return place


def _named(number: int) -> str:
    return f"{number:06d}"


def _kept(work: Path, members: int) -> set[int]:
    """Give the numbers of the whole members that are there."""
    found = {int(path.name) for path in work.iterdir() if _ONE_OF_ALL.fullmatch(path.name)}
    return {number for number in found if number <= members}


def _keep(work: Path, made: Made) -> None:
    """Keep a member, whole or not at all."""
    with staged(work, _named(made.number)) as folder:
        (folder / _TABLES).mkdir()
        for name, table in made.tables.items():
            collection.write_table(table, folder / _TABLES, name)
        made.estimates.to_parquet(folder / "estimates.parquet", index=False)
        made.multivariable.to_parquet(folder / "multivariable.parquet", index=False)
        if made.state is not None and made.rest is not None:
            made.state.to_parquet(folder / "state.parquet", index=False)
            made.rest.to_parquet(folder / "rest.parquet", index=False)
        about = {"seed": made.seed, "parent": made.parent, "patients": list(made.patients)}
        (folder / _MEMBER).write_text(json.dumps(about), encoding="utf-8")


# What is written ------------------------------------------------------------------------------


def _publish(asked: Asked, ways: Ways, work: Path, out: Path) -> str:
    """Write the members' files; until all are there, there is no ensemble."""
    numbers = range(1, asked.members + 1)
    abouts = {
        number: json.loads((work / _named(number) / _MEMBER).read_text(encoding="utf-8"))
        for number in numbers
    }
    cohorts = {number: _tables_of(work / _named(number)) for number in numbers}
    estimates = _together(work, numbers, "estimates.parquet")
    multivariable = _together(work, numbers, "multivariable.parquet")
    found = [number for number in numbers if not abouts[number]["parent"]]
    distances = central.distances(estimates, found)
    shared = central.shared({number: abouts[number]["patients"] for number in numbers})
    members = pd.DataFrame(
        {
            MEMBER: list(numbers),
            "seed": [abouts[number]["seed"] for number in numbers],
            "kind": [WALKED if abouts[number]["parent"] else FOUND for number in numbers],
            "parent": [str(abouts[number]["parent"] or "") for number in numbers],
            "central_distance": [round(distances[number], 4) for number in numbers],
            "shared": [shared[number] for number in numbers],
        }
    )
    patients = cohorts[1]["patients"].num_rows
    about = {
        "claims": stored.ledger_digest(ways.targets.ledger),
        "members": asked.members,
        "seed": asked.seed,
        "parameters": stored.choices(ways.options),
        "description": _as_json(ways.description(patients)),
    }
    clear_away(out)
    with staged(out / _WORK, "written") as new:
        (new / "members").mkdir()
        collection.write(new / "members", cast(Any, cohorts))
        for name, table in ((stored.ESTIMATES, estimates), (stored.MULTIVARIABLE, multivariable)):
            arrow = pa.Table.from_pandas(table, preserve_index=False)
            collection.write_table(arrow, new, Path(name).stem)
        _write(new / "members.csv", _csv(members))
        most = members["shared"].max()
        middle = central.most_central(members[members["kind"] == FOUND])
        _write(new / "README.md", _readme(members, patients, middle))
        # Without this file there is no ensemble: it goes first and comes last.
        (out / stored.ABOUT).unlink(missing_ok=True)
        remove(out / "members")
        (new / "members").replace(out / "members")
        for path in sorted(new.iterdir()):
            path.replace(out / path.name)
        last = out / _WORK / stored.ABOUT
        _write(last, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        last.replace(out / stored.ABOUT)
    remove(out / _WORK / "written")
    row = members.set_index(MEMBER).loc[middle]
    return (
        f"{asked.members} members, {len(found)} found and {asked.members - len(found)} walked, "
        f"each of which meets every published number. No two share more than {most} of {patients} "
        f"patients. The most central of those found is member {middle} (seed {row['seed']}, "
        f"distance {row['central_distance']:.2f})."
    )


def _tables_of(folder: Path) -> dict[str, pa.Table]:
    return {path.stem: pq.read_table(path) for path in sorted((folder / _TABLES).glob("*.parquet"))}


def _together(work: Path, numbers: Sequence[int], name: str) -> pd.DataFrame:
    parts = [
        pd.read_parquet(work / _named(number) / name).assign(**{MEMBER: number})
        for number in numbers
    ]
    return pd.concat(parts, ignore_index=True)[stored.COLUMNS].astype({MEMBER: "int32"})


def _as_json(description: Mapping[str, object]) -> dict[str, object]:
    # Which seed a cohort is of stands in members.csv.
    return {
        name: value if isinstance(value, str | bool | int | dict) else str(value)
        for name, value in description.items()
        if name != "seed"
    }


def _csv(members: pd.DataFrame) -> str:
    lines = [",".join(members.columns)]
    lines += [",".join(str(cell) for cell in row) for row in members.itertuples(index=False)]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


_OF_MEMBERS = (
    "its seed, whether it was found or walked and from whom, how far it is from the middle of "
    "those found, and the most patients that it shares with another"
)


def _readme(members: pd.DataFrame, patients: int, middle: int) -> str:
    found = int((members["kind"] == FOUND).sum())
    return f"""# {len(members)} cohorts that meet the same published numbers

No real patient is in this folder. Each of these {len(members)} cohorts of {patients} patients
reproduces every published number that any cohort can, and keeps every rule of plausibility.
{found} were found by a search of their own; {len(members) - found} were walked from them, by moves
that keep every digit. No two share more than {members["shared"].max()} of {patients} patients
(outcome days, events and all factors).

How far a statistic lies apart in them is the range of what this sampler found. It is no interval of
confidence and no posterior: no prior is declared. What lies outside may be possible too.

| file | what it holds |
| --- | --- |
| `members.csv` | one row a member: {_OF_MEMBERS} |
| `members/*.parquet` | the tables of the dataset, with a column `member` |
| `estimates.parquet` | every statistic of the report, of each member |
| `estimates_multivariable.parquet` | those of the prognostic factors in one model |
| `ensemble.json` | for which numbers, and under which choices |

The member nearest to the middle of those found is {middle}. `make DATASET=ensemble/{middle}`
unpacks it and builds its report. `make ensemble N={len(members)}` makes this folder anew
([docs/ensemble.md](../../docs/ensemble.md)).
"""
