"""Estimates under every variant: on all cores, or on a Dask cluster, with the same result."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import joblib
import pandas as pd
from joblib.externals.loky.process_executor import TerminatedWorkerError
from pydantic import ValidationError

from analysis.cohort import derive
from analysis.cohort.model import Cohort, Dataset
from analysis.estimates import whole
from analysis.estimates.rows import COLUMNS
from analysis.sensitivity.variants import BASE, Variant
from analysis.study.cluster import ProcessKilledError, SchedulerError, client_of, wait_for
from analysis.study.parameters import Parameters, refusals

# So many chunks a worker: few, so that what variants share is computed once a chunk; not one,
# so that no worker waits long for the last.
CHUNKS_A_WORKER = 4

# A worker of Dask has several threads, but warnings and the error state of numpy, which the
# libraries change for a moment, are those of the process.
_ONE_AT_A_TIME = threading.Lock()


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
        return whole.estimate(cohort, cohort.parameters).pipe(with_factors, cohort)
    except ValueError as refused:
        return str(refused)
    except Exception as error:
        # One variant that meets a fault of ours must not cost the others; it is shown as such.
        return f"{type(error).__name__}: {error}"


def with_factors(estimates: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
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
    places = _chunks(tasks, workers)
    with joblib.parallel_config("loky", n_jobs=workers):
        results = joblib.Parallel()(
            joblib.delayed(_estimates)(records, [tasks[place] for place in chunk])
            for chunk in places
        )
    return _in_order(places, results)


def _in_order(places: Sequence[Sequence[int]], results: Sequence[list[_Found]]) -> list[_Found]:
    found: dict[int, _Found] = {}
    for chunk, result in zip(places, results, strict=True):
        found.update(zip(chunk, result, strict=True))
    return [found[place] for place in range(len(found))]


def _chunks(tasks: Sequence[Parameters], workers: int) -> list[Sequence[int]]:
    """Cut into runs of neighbours, which differ little from each other.

    What draws samples takes as long as ten others: each is a run of its own, before them.
    """
    draws = [place for place, task in enumerate(tasks) if task.interval_source == "bootstrap"]
    others = [place for place in range(len(tasks)) if place not in draws]
    size = max(1, -(-len(others) // (workers * CHUNKS_A_WORKER)))
    runs = [others[start : start + size] for start in range(0, len(others), size)]
    return [*([place] for place in draws), *runs]


def _on_cluster(records: Dataset, tasks: Sequence[Parameters], address: str) -> list[_Found]:
    from distributed import CancelledError, KilledWorker

    with client_of(address) as client:
        workers = sum(client.nthreads().values())
        places = _chunks(tasks, workers)
        try:
            # A task whose worker ends is given to another one by the scheduler.
            futures = client.map(
                _estimates,
                [records] * len(places),
                [[tasks[place] for place in chunk] for chunk in places],
                pure=False,
            )
            wait_for(client, futures, address)
            return _in_order(places, client.gather(futures))
        except KilledWorker as error:
            raise SchedulerError(
                f"Workers of the cluster at {address} ended again and again; "
                "have they enough memory?"
            ) from error
        except (CancelledError, OSError) as error:
            raise SchedulerError(f"The cluster at {address} went away: {error}") from error
