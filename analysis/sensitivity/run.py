"""Estimates under every variant: on all cores, or on a Dask cluster, with the same result."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from joblib.externals.loky.process_executor import TerminatedWorkerError
from pydantic import ValidationError

from analysis.cohort import derive
from analysis.cohort.model import Cohort, Dataset
from analysis.estimates import whole
from analysis.estimates.rows import COLUMNS
from analysis.sensitivity.variants import BASE, Variant
from analysis.study.errors import ReadableError
from analysis.study.parameters import Parameters, refusals

# Seconds within which a scheduler and a worker of it must answer.
PATIENCE = 5

# Seconds that a cluster may be without a worker while it computes: who ended is started anew by its
# nanny within a few.
ALONE = 15

# So many chunks a worker: few, so that what variants share is computed once a chunk; not one,
# so that no worker waits long for the last.
CHUNKS_A_WORKER = 4

# What turns data into numbers; a cluster must have the same.
LIBRARIES = ("pandas", "numpy", "scipy", "lifelines", "statsmodels", "formulaic")

# A worker of Dask has several threads, but warnings and the error state of numpy, which the
# libraries change for a moment, are those of the process.
_ONE_AT_A_TIME = threading.Lock()


class SchedulerError(ReadableError, RuntimeError):
    """A Dask cluster cannot be used; says why and what to do."""

    status = 1


class ProcessKilledError(ReadableError, RuntimeError):
    """A process of this machine that computed variants has ended."""

    status = 1


@dataclass(frozen=True)
class Run:
    """What was computed under the variants.

    Attributes
    ----------
    estimates
        Columns `variant`, `factor` and `rows.COLUMNS`: the base first, under the name `BASE`, then
        the variants in their order. `factor` is the name of the factor whose key, with its cut, is
        the group; for any other group it is the group.
    failed
        Variant to reason, for those without estimates.
    """

    estimates: pd.DataFrame
    failed: dict[str, str]


def run(
    dataset: Dataset,
    variants: Sequence[Variant],
    base: Parameters,
    workers: int = 0,
    scheduler: str = "",
) -> Run:
    """Estimate everything under the base and under each variant.

    Neither the number of workers nor where they run changes a number or the order of the rows.

    Parameters
    ----------
    dataset
        As it was read.
    variants
        From `read_variants`.
    base
        The parameters that variants are changes of.
    workers
        Processes on this machine; 0 is one a core.
    scheduler
        Address of a Dask cluster, such as ``tcp://10.0.0.1:8786``, in place of this machine.

    Raises
    ------
    SchedulerError
        When the cluster cannot be reached or used.
    ValueError
        When there is no estimate under the base. A variant without one is told in `Run.failed`.
    """
    tasks, failed = {BASE: base}, {}
    for variant in variants:
        try:
            tasks[variant.name] = variant.parameters(base)
        except ValidationError as error:
            failed[variant.name] = "; ".join(refusals(error, variant.changes, type(base)))
    if scheduler:
        found = _on_cluster(dataset, [*tasks.values()], scheduler)
    else:
        found = _here(dataset, [*tasks.values()], workers or joblib.cpu_count())
    if isinstance(found[0], str):
        raise ValueError(f"Nothing can be estimated under the base: {found[0]}")
    parts = []
    for name, result in zip(tasks, found, strict=True):
        if isinstance(result, str):
            failed[name] = result
        else:
            parts.append(result.assign(variant=name))
    return Run(
        pd.concat(parts, ignore_index=True)[["variant", "factor", *COLUMNS]],
        {each.name: failed[each.name] for each in variants if each.name in failed},
    )


def reach(scheduler: str) -> None:
    """See that a Dask cluster answers and has this version of the project.

    Raises
    ------
    SchedulerError
        When it does not, within seconds.
    """
    with _client(scheduler):
        pass


_Found = pd.DataFrame | str


def _estimates(records: Dataset, tasks: Sequence[Parameters]) -> list[_Found]:
    """Give the estimates under each of some parameters, or why there are none."""
    with _ONE_AT_A_TIME:
        return [_estimate(records, parameters) for parameters in tasks]


def _estimate(records: Dataset, parameters: Parameters) -> _Found:
    try:
        cohort = derive.cohort(records, parameters)
        if cohort.patients.empty:
            return "nobody is left to be analysed"
        return whole.estimate(cohort, cohort.parameters).pipe(_with_factors, cohort)
    except ValueError as refused:
        return str(refused)
    except Exception as error:
        # One variant that meets a fault of ours must not cost the others; it is shown as such.
        return f"{type(error).__name__}: {error}"


def _with_factors(estimates: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Add the names of factors, which stay when a cut moves and their keys with it."""
    names = {factor.key: factor.name for factor in cohort.study.factors}
    return estimates.assign(factor=estimates["group"].map(names).fillna(estimates["group"]))


def _here(records: Dataset, tasks: Sequence[Parameters], workers: int) -> list[_Found]:
    try:
        return _on_all_cores(records, tasks, workers)
    except TerminatedWorkerError as error:
        raise ProcessKilledError(
            "A process that computed variants was killed, which systems do when there is no memory "
            "left. Fewer at a time need less: WORKERS=1."
        ) from error


def _on_all_cores(records: Dataset, tasks: Sequence[Parameters], workers: int) -> list[_Found]:
    whole_tasks = [place for place, task in enumerate(tasks) if not _spreads(task)]
    found: dict[int, _Found] = {}
    with joblib.parallel_config("loky", n_jobs=workers):
        places = _chunks(whole_tasks, workers)
        results = joblib.Parallel()(
            joblib.delayed(_estimates)(records, [tasks[place] for place in chunk])
            for chunk in places
        )
        for chunk, result in zip(places, results, strict=True):
            found.update(zip(chunk, result, strict=True))
        # These have all workers for their samples, one after another.
        for place, task in enumerate(tasks):
            if _spreads(task):
                (found[place],) = _estimates(records, [task])
    return [found[place] for place in range(len(tasks))]


def _spreads(parameters: Parameters) -> bool:
    return parameters.interval_source == "bootstrap"


def _chunks(places: Sequence[int], workers: int) -> list[Sequence[int]]:
    """Cut into runs of neighbours, which differ little from each other."""
    size = max(1, -(-len(places) // (workers * CHUNKS_A_WORKER)))
    return [places[start : start + size] for start in range(0, len(places), size)]


def _on_cluster(records: Dataset, tasks: Sequence[Parameters], address: str) -> list[_Found]:
    from distributed import CancelledError, KilledWorker

    with _client(address) as client:
        workers = sum(client.nthreads().values())
        places = _chunks(range(len(tasks)), workers)
        try:
            # A task whose worker ends is given to another one by the scheduler.
            futures = client.map(
                _estimates,
                [records] * len(places),
                [[tasks[place] for place in chunk] for chunk in places],
                pure=False,
            )
            _wait_for(client, futures, address)
            return [result for chunk in client.gather(futures) for result in chunk]
        except KilledWorker as error:
            raise SchedulerError(
                f"Workers of the cluster at {address} ended again and again; "
                "have they enough memory?"
            ) from error
        except (CancelledError, OSError) as error:
            raise SchedulerError(f"The cluster at {address} went away: {error}") from error


def _wait_for(client: Any, futures: Sequence[Any], address: str) -> None:
    """Wait until all is computed, as long as there is somebody who computes.

    A scheduler without workers waits for new ones, and says nothing.
    """
    seen = time.monotonic()
    while not all(future.done() for future in futures):
        time.sleep(0.1)
        # A scheduler that does not answer is as good as none.
        if client.sync(client.scheduler.ncores, callback_timeout=ALONE):
            seen = time.monotonic()
        elif time.monotonic() - seen > ALONE:
            raise SchedulerError(
                f"All workers of the cluster at {address} ended. Start some with "
                f"`dask worker {address}`; have they enough memory?"
            )


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    # Takes a second to import, which who has no cluster need not wait for.
    from distributed import Client

    try:
        _knock(address)
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SchedulerError(
            f"There is no Dask scheduler at {address} ({_first_line(error)}). Start one with "
            "`dask scheduler`, or leave SCHEDULER out to use this machine."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise SchedulerError(
                f"The scheduler at {address} has no worker. Start some with "
                f"`dask worker {address}`."
            ) from error
        ours = fingerprint()
        theirs = client.run(fingerprint, on_error="return")
        for worker, found in theirs.items():
            if found != ours:
                raise SchedulerError(
                    f"The worker at {worker} has not this version of the project and its "
                    f"libraries{f' ({_first_line(found)})' if isinstance(found, Exception) else ''}"
                    ". Start it in the same environment, with the project's folder in PYTHONPATH."
                )
        yield client


def _knock(address: str) -> None:
    """See that an address is one, and that somebody listens there.

    A client of Dask that finds nobody says so again, with a trace, when it is forgotten.

    Raises
    ------
    ValueError, OSError
        When it is none, or nobody does.
    """
    from distributed.comm.addressing import get_address_host_port

    host, port = get_address_host_port(address)
    socket.create_connection((host, port), timeout=PATIENCE).close()


def fingerprint() -> str:
    """Give the SHA-256 of this package's code and the versions of what computes."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parents[1]
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
