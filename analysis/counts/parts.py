"""Count a dataset part by part: on the cores of this machine, or on a Dask cluster.

Each part is counted together with the witnesses (see `profile`), whose counts are then taken away:
what is left is that of the part, made as it would be with all patients in memory. Where a part and
the witnesses do not agree with the witnesses alone on what is recorded and how times are made,
further witnesses are taken; a part that still does not agree is refused.

What was counted of a part is a file called by the content of all that it follows from. A process
that is killed leaves none, or a whole one, so that whoever counts again has the same sum.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
from joblib.externals.loky.process_executor import TerminatedWorkerError

from analysis.cohort import derive, eligibility
from analysis.cohort.faults import DatasetFaults, Fault, fewer
from analysis.cohort.model import Cohort
from analysis.cohort.read import read_dataset
from analysis.counts import store
from analysis.counts.about import About, Apart, added, screening_of
from analysis.counts.profile import keys_of
from analysis.counts.split import Split
from analysis.counts.table import KEY, Counts, add, count
from analysis.estimates.weights import N
from analysis.study.cluster import (
    ProcessKilledError,
    SchedulerError,
    client_of,
    fingerprint,
    wait_for,
)
from analysis.study.errors import ReadableError
from analysis.study.parameters import Parameters
from analysis.study.study import Study

# So often a part is counted anew after a process that counted was killed.
ATTEMPTS = 3
# So often further witnesses are taken.
_ROUNDS = 3
# Of the patients of all parts so many are told by name of each thing that a part alone has.
_OF_EACH = 2
# Counts of so many parts are read at a time.
_ADDED = 8
# So many faults of one cause, file and column are told of a part; more are counted.
_TOLD = 1_000
# Seconds between two looks whether the process that gives work is still there.
_WATCH = 0.5
# A worker of Dask has several threads; the state of numpy's errors is that of the process.
_ONE_AT_A_TIME = threading.Lock()

Progress = Callable[[str], None]


class NotByParts(ReadableError):
    """A dataset cannot be counted part by part; says why."""


@dataclass(frozen=True)
class Counted:
    """What became of one part.

    Attributes
    ----------
    path
        The file of its counts; None where it has faults.
    faults
        What is wrong with its rows.
    signature
        What was decided on the part with the witnesses, in JSON.
    only
        For each thing of which something is found in the part, keys of patients of whom it is.
    seconds, peak_mb
        Of the process that counted.
    """

    path: Path | None
    faults: tuple[Fault, ...] = ()
    signature: str = ""
    only: Mapping[str, tuple[int, ...]] | None = None
    seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Whole:
    """The counts of all parts, and what they took."""

    counts: Counts
    parts: tuple[Counted, ...]


def count_parts(
    found: Split,
    study: Study,
    parameters: Parameters,
    results: Path,
    workers: int = 0,
    scheduler: str = "",
    progress: Progress = lambda _: None,
) -> Whole:
    """Count all parts of a dataset, and add them up.

    Neither the number of parts or workers nor where they run changes a count.

    Parameters
    ----------
    found
        From `split.split`.
    study, parameters
        What the dataset is read as, and under which choices, as for `read.load`.
    results
        A folder for what was counted of each part; what is there of another call is taken if it
        follows from the same.
    workers
        Processes on this machine; 0 is one a core.
    scheduler
        Address of a Dask cluster in place of this machine; it must see the same folders.
    progress
        Is told each part that is counted.

    Raises
    ------
    DatasetFaults
        With the faults of all parts.
    NotByParts
        When a part decides something otherwise than the others, whatever witnesses are taken.
    """
    results.mkdir(parents=True, exist_ok=True)
    # Workers of a cluster have a nanny.
    parent = 0 if scheduler else os.getpid()
    for _ in range(_ROUNDS):
        found.keep_witnesses()
        alone = _witnesses(found, study, parameters)
        tasks = [
            _Task(found, study, parameters, results, alone, part, parent)
            for part in range(found.parts)
        ]
        if scheduler:
            parts = _on_cluster(tasks, scheduler)
        else:
            parts = _here(tasks, workers or joblib.cpu_count(), progress)
        faults = [*alone.faults, *(fault for part in parts for fault in part.faults)]
        if faults:
            raise DatasetFaults(found.folder.name, faults)
        further = _further(alone, parts)
        if not further - found.witnesses:
            break
        progress(f"{len(further - found.witnesses)} further patients are read with every part.")
        found = replace(found, witnesses=found.witnesses | further)
    _refuse_apart(alone, parts)
    counts = alone.counts
    paths = [part.path for part in parts if part.path is not None]
    # Few at a time: what they have together is little more than one of them has.
    for first in range(0, len(paths), _ADDED):
        counts = add(counts, *map(store.read, paths[first : first + _ADDED]))
    if not counts.about.patients:
        nobody = eligibility.nobody(screening_of(counts.about), counts.about.read)
        raise DatasetFaults(found.folder.name, [nobody])
    return Whole(counts, tuple(parts))


# One part -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Alone:
    """The witnesses: their counts, what was decided on them, what is found, and is wrong."""

    counts: Counts = field(default_factory=Counts)
    signature: str = ""
    only: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class _Task:
    found: Split
    study: Study
    parameters: Parameters
    results: Path
    alone: _Alone
    part: int
    parent: int


def _witnesses(found: Split, study: Study, parameters: Parameters) -> _Alone:
    try:
        counts, cohort, missing = _counted(found, study, parameters, None, found.of_witnesses())
    except DatasetFaults as refused:
        # All other rows are checked too, beside these: everything that is wrong is told at once.
        return _Alone(faults=tuple(refused.faults))
    return _Alone(counts, _signature(counts, cohort, missing), _things(cohort))


def _counted(
    found: Split,
    study: Study,
    parameters: Parameters,
    part: int | None,
    witnesses: dict[str, pa.Table],
) -> tuple[Counts, Cohort, dict[str, Any]]:
    own = found.own(part, witnesses)
    dataset = read_dataset(found.folder, study, own)
    cohort = derive.cohort(replace(dataset, imputed={}), parameters)
    decided = {
        "missing": sorted(cohort.recording.missing),
        "needs": {name: list(of) for name, of in sorted(cohort.recording.needs.items())},
    }
    return count(cohort, dataset.description, dataset.imputed), cohort, decided


def _count(task: _Task) -> Counted:
    if task.parent not in (0, os.getpid()):
        _end_with(task.parent)
    with _ONE_AT_A_TIME:
        began = time.process_time()
        done = _count_one(task)
        return replace(done, seconds=time.process_time() - began, peak_mb=_peak_mb())


@functools.cache
def _end_with(parent: int) -> None:
    """Let this process end when the one that gave it work has ended, which joblib's do not."""

    def watch() -> None:
        while psutil.pid_exists(parent):
            time.sleep(_WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _peak_mb() -> float:
    """Give the most memory that this process has had; nan where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, kilobytes elsewhere.
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _count_one(task: _Task) -> Counted:
    found = task.found
    digest = hashlib.sha256(found.digest(task.part).encode())
    for part_of in (
        sorted(found.witnesses),
        task.parameters.model_dump(mode="json"),
        (found.folder / "dataset.yaml").read_text("utf-8", errors="replace"),
        fingerprint(),
        sorted([*place, *texts.items()] for place, texts in found.spellings.items()),
    ):
        digest.update(json.dumps(part_of, sort_keys=True, default=str).encode())
    name = digest.hexdigest()[:32]
    path, decided = task.results / f"{name}.parquet", task.results / f"{name}.json"
    if path.exists() and decided.exists():
        said = json.loads(decided.read_text("utf-8"))
        return Counted(path, (), said["signature"], said["only"])
    witnesses = found.of_witnesses()
    alone = task.alone.counts
    try:
        both, cohort, missing = _counted(found, task.study, task.parameters, task.part, witnesses)
    except DatasetFaults as refused:
        # Those of the witnesses are told once, not with each part.
        of_part = set(refused.faults) - set(task.alone.faults)
        return Counted(None, tuple(fewer(sorted(of_part), _TOLD)))
    signature, only = _signature(both, cohort, missing), _things(cohort)
    if both.about.facts == alone.about.facts:
        # Where they do not agree nothing is kept: further witnesses are taken, or it is refused.
        _write(lambda to: store.write(_without(both, alone), to), path)
        said = json.dumps({"signature": signature, "only": only})
        _write(lambda to: to.write_text(said, encoding="utf-8"), decided)
        return Counted(path, (), signature, only)
    return Counted(None, (), signature, only)


def _write(write: Callable[[Path], object], path: Path) -> None:
    """Write a file that is there whole or not at all."""
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    write(aside)
    aside.replace(path)


def _signature(counts: Counts, cohort: Cohort, decided: dict[str, Any]) -> str:
    """Say everything that is decided on all patients together, and not on each."""
    facts = counts.about.facts
    return json.dumps(
        {
            "facts": None if facts is None else facts.model_dump(mode="json"),
            "steps": [
                [step.name, step.criterion, step.assessed, step.status]
                for step in counts.about.screening
            ],
            "recorded": sorted(name for name in cohort.patients if cohort.records(str(name))),
            **decided,
        },
        sort_keys=True,
        default=str,
    )


def _things(cohort: Cohort) -> dict[str, tuple[int, ...]]:
    """Give patients of each thing that is found in a cohort, as far as it may be in few of them."""
    found: dict[str, pd.Index] = {}
    for name in map(str, cohort.patients.columns):
        found[f"a record of {name}"] = cohort.patients.index[cohort.patients[name].notna()]
    for name in cohort.endpoints():
        times = cohort.times(name)
        found[f"a time of {name}"] = pd.Index(times["patient_id"])
        broken = (times["days"] % 1 != 0).to_numpy()
        found[f"a time of {name} that is no whole number of days"] = pd.Index(
            times["patient_id"][broken]
        )
    for name in ("radiotherapy", "immunotherapy"):
        ids = getattr(cohort, name)["patient_id"]
        found[f"several rows of {name}"] = pd.Index(ids[ids.duplicated()])
    first = [str(each) for ids in found.values() for each in ids[:_OF_EACH]]
    keys = iter(keys_of(pd.Series(first, dtype=object)))
    told = {thing: tuple(int(next(keys)) for _ in ids[:_OF_EACH]) for thing, ids in found.items()}
    return {thing: of for thing, of in told.items() if of}


def _further(alone: _Alone, parts: Sequence[Counted]) -> set[int]:
    """Give keys of patients in whom there is what is found in a part, and in no witness."""
    found: dict[str, tuple[int, ...]] = {}
    for part in parts:
        for thing, keys in (part.only or {}).items():
            if thing not in alone.only:
                found.setdefault(thing, tuple(keys))
    return {key for keys in found.values() for key in keys}


def _refuse_apart(alone: _Alone, parts: Sequence[Counted]) -> None:
    for place, part in enumerate(parts):
        if part.signature == alone.signature and part.path is not None:
            continue
        one, other = json.loads(alone.signature), json.loads(part.signature)
        apart = [_apart(name, one[name], other[name]) for name in one if one[name] != other[name]]
        raise NotByParts(
            f"Part {place + 1} of {len(parts)} decides otherwise than all patients together may: "
            f"{'; '.join(apart)}. Take fewer parts (PARTITIONS=), or read the dataset whole."
        )


def _apart(name: str, one: Any, other: Any) -> str:
    if isinstance(one, list) and isinstance(other, list):
        left = [each for each in one if each not in other]
        right = [each for each in other if each not in one]
        return f"{name} ({left or right})"
    if isinstance(one, dict) and isinstance(other, dict):
        return f"{name} ({[key for key in one if one.get(key) != other.get(key)]})"
    return name


# Taking away --------------------------------------------------------------------------------------


def _without(both: Counts, alone: Counts) -> Counts:
    """Take the counts of the witnesses from those of a part and the witnesses."""
    rest = pd.concat([both.table, alone.table.assign(**{N: -alone.table[N]})], ignore_index=True)
    rest = pd.DataFrame(rest.groupby(KEY, as_index=False, observed=True)[N].sum())
    if (rest[N] < 0).any():
        raise Apart("Witnesses are counted otherwise beside a part than alone.")
    kept = rest[rest[N] > 0].reset_index(drop=True)
    minuend, subtrahend = both.about, _negative(alone.about)
    about = added(minuend, subtrahend).model_copy(
        update={"levels": minuend.levels, "changing": minuend.changing}
    )
    negative = [
        name for name, number in (("read", about.read), ("patients", about.patients)) if number < 0
    ]
    if negative:
        raise Apart(f"Witnesses are counted otherwise beside a part than alone: {negative}.")
    return Counts(kept.astype({"days": np.float64, N: np.int64}), about)


def _negative(about: About) -> About:
    def less(tally: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
        return {name: {level: -n for level, n in of.items()} for name, of in tally.items()}

    return about.model_copy(
        update={
            "read": -about.read,
            "patients": -about.patients,
            "screening": tuple(
                step.model_copy(
                    update={
                        name: -getattr(step, name) for name in ("entered", "excluded", "remaining")
                    }
                )
                for step in about.screening
            ),
            "not_at_risk": less(about.not_at_risk),
            "outcomes": less(about.outcomes),
            "recorded": {name: -n for name, n in about.recorded.items()},
            "imputed": {name: -n for name, n in about.imputed.items()},
        }
    )


# Where it runs ------------------------------------------------------------------------------------


def _here(tasks: Sequence[_Task], workers: int, progress: Progress) -> list[Counted]:
    """Count on processes of this machine; what was not counted when one was killed, anew."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with joblib.parallel_config("loky", n_jobs=min(workers, len(tasks))):
                done = joblib.Parallel(return_as="generator")(
                    joblib.delayed(_count)(task) for task in tasks
                )
                found = []
                for place, part in enumerate(done, start=1):
                    progress(f"part {place} of {len(tasks)}: {part.seconds:.1f} s")
                    found.append(part)
                return found
        except TerminatedWorkerError as error:
            if attempt == ATTEMPTS:
                raise ProcessKilledError(
                    f"Processes that counted were killed {ATTEMPTS} times, which systems do when "
                    "there is no memory left. More and smaller parts (PARTITIONS=), or fewer at a "
                    "time (WORKERS=1), need less. What was counted is kept."
                ) from error
            progress("A process that counted was killed; what it had is counted anew.")
    raise AssertionError


def _on_cluster(tasks: Sequence[_Task], address: str) -> list[Counted]:
    from distributed import CancelledError, KilledWorker

    with client_of(address) as client:
        try:
            # A task whose worker ends is given to another one by the scheduler.
            futures = [client.submit(_count, task, pure=False) for task in tasks]
            wait_for(client, futures, address)
            found: list[Counted] = client.gather(futures)
            return found
        except KilledWorker as error:
            raise SchedulerError(
                f"Workers of the cluster at {address} ended again and again; have they enough "
                "memory? More and smaller parts need less (PARTITIONS=)."
            ) from error
        except (CancelledError, OSError) as error:
            raise SchedulerError(f"The cluster at {address} went away: {error}") from error
