"""Variants give the same bytes in one process, in two, and on a cluster that loses a worker."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster
from joblib.externals.loky.process_executor import TerminatedWorkerError

from analysis.cohort import derive
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.estimates import whole
from analysis.estimates.rows import COLUMNS
from analysis.sensitivity import run as module
from analysis.sensitivity.run import Run, run
from analysis.sensitivity.variants import BASE, Variant, read_variants
from analysis.study import cluster as clusters
from analysis.study.cluster import SchedulerError
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset

BASE_PARAMETERS = Parameters()
FEW = """\
title: Few
question: Which?
variants:
  - change: { afp_cutoff: [400, 200] }
  - change: { time_zero: radiotherapy }
  - change: { interval_source: bootstrap, bootstrap_replicates: 100 }
  - change: { alpha_beta: [3, 20] }
"""


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> list[Variant]:
    path = tmp_path_factory.mktemp("variants") / "few.yaml"
    path.write_text(FEW, encoding="utf-8")
    return read_variants(BASE_PARAMETERS, path)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return read_dataset(write_dataset(tmp_path_factory.mktemp("datasets") / "four"), STUDY)


@pytest.fixture(scope="module")
def alone(dataset: Dataset, variants: list[Variant]) -> Run:
    """Give what one process computes."""
    return run(dataset, variants, BASE_PARAMETERS, workers=1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Give a scheduler with two worker processes on this machine."""
    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=":0"
    ) as started:
        yield started


def bytes_of(found: Run) -> bytes:
    return found.estimates.to_csv(index=False).encode()


def test_two_processes_give_the_bytes_of_one(
    dataset: Dataset, variants: list[Variant], alone: Run
) -> None:
    assert list(alone.estimates["variant"].unique()) == [
        BASE,
        *(variant.name for variant in variants),
    ]
    assert alone.failed == {}
    assert bytes_of(run(dataset, variants, BASE_PARAMETERS, workers=2)) == bytes_of(alone)


def test_every_number_is_that_of_the_estimates_under_its_parameters(
    dataset: Dataset, variants: list[Variant]
) -> None:
    found = run(dataset, variants[:2], Parameters(ci_type="log"), workers=1).estimates
    for name, parameters in (
        (BASE, Parameters(ci_type="log")),
        *((each.name, each.parameters(Parameters(ci_type="log"))) for each in variants[:2]),
    ):
        expected = whole.estimate(derive.cohort(dataset, parameters), parameters)
        rows = found[found["variant"] == name].reset_index(drop=True)
        assert rows[COLUMNS].to_csv() == expected.to_csv()


def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(
    dataset: Dataset, variants: list[Variant], cluster: LocalCluster, alone: Run
) -> None:
    killed: list[str] = []

    def kill_a_busy_worker() -> None:
        with Client(cluster.scheduler_address, set_as_default=False) as watcher:
            processes = watcher.run(os.getpid)
            while not killed and not finished.is_set():
                busy = [worker for worker, tasks in watcher.processing().items() if tasks]
                if busy:
                    os.kill(processes[busy[0]], signal.SIGKILL)
                    killed.append(busy[0])
                time.sleep(0.01)

    finished = threading.Event()
    killer = threading.Thread(target=kill_a_busy_worker)
    killer.start()
    try:
        found = run(dataset, variants, BASE_PARAMETERS, scheduler=cluster.scheduler_address)
    finally:
        finished.set()
        killer.join()
    assert killed
    assert bytes_of(found) == bytes_of(alone)


def test_a_worker_of_another_version_is_refused(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2)
    clusters.reach(cluster.scheduler_address)
    monkeypatch.setattr(clusters, "LIBRARIES", ("pandas",))
    with pytest.raises(SchedulerError, match="has not this version of the project"):
        clusters.reach(cluster.scheduler_address)


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense://x:1", "localhost", "localhost:x", "[::1"],
)
def test_a_scheduler_that_is_not_there(
    address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    with pytest.raises(SchedulerError, match="There is no Dask scheduler at"):
        clusters.reach(address)
    gc.collect()
    assert capfd.readouterr().err == ""


def test_a_cluster_that_loses_all_workers_is_told(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "ALONE", 1)
    with LocalCluster(n_workers=1, processes=True, dashboard_address=":0") as cluster:
        threading.Timer(1, lambda: cluster.scale(0)).start()
        with pytest.raises(SchedulerError, match="All workers of the cluster at"):
            module._on_cluster(dataset, [BASE_PARAMETERS] * 999, cluster.scheduler_address)


def test_a_process_that_is_killed_is_told(
    dataset: Dataset, variants: list[Variant], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*given: object) -> None:
        raise TerminatedWorkerError("{SIGKILL(-9)}")

    monkeypatch.setattr(module, "_on_all_cores", killed)
    with pytest.raises(clusters.ProcessKilledError, match="no memory left"):
        run(dataset, variants, BASE_PARAMETERS, workers=2)


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    with (
        LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty,
        pytest.raises(SchedulerError, match="has no worker"),
    ):
        clusters.reach(empty.scheduler_address)


def test_variants_that_fail_are_told_and_the_others_computed(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "failing.yaml"
    path.write_text(
        "title: a\nquestion: b\nvariants:\n"
        "  - change: { age_max: 20 }\n"
        "  - change: { ecog_max: 1 }\n"
        "  - change: { mode_over_time: yes }\n"
        "  - change: { afp_cutoff: 400 }\n",
        encoding="utf-8",
    )
    whole_estimate = whole.estimate

    def estimate(cohort: Cohort, parameters: Parameters) -> object:
        if parameters.ecog_max == 1:
            raise KeyError("a fault of ours")
        return whole_estimate(cohort, parameters)

    monkeypatch.setattr(whole, "estimate", estimate)
    base = Parameters(landmark_months=1)
    found = run(dataset, read_variants(base, path), base, workers=1)
    assert list(found.estimates["variant"].unique()) == [BASE, "afp_cutoff=400"]
    assert list(found.failed) == ["age_max=20", "ecog_max=1", "mode_over_time=yes"]
    assert found.failed["age_max=20"] == "nobody is left to be analysed"
    assert found.failed["ecog_max=1"] == "KeyError: 'a fault of ours'"
    assert "do not go together" in found.failed["mode_over_time=yes"]


def test_a_base_without_estimates_is_refused(dataset: Dataset) -> None:
    with pytest.raises(ValueError, match="Nothing can be estimated under the base"):
        run(dataset, [], Parameters(age_max=20), workers=1)


@pytest.mark.parametrize("count", [1, 2, 7, 90])
@pytest.mark.parametrize("workers", [1, 2, 64])
def test_chunks_are_neighbours_and_all(count: int, workers: int) -> None:
    tasks = [Parameters()] * count
    chunks = module._chunks(tasks, workers)
    assert [place for chunk in chunks for place in chunk] == list(range(count))
    assert len(chunks) <= workers * module.CHUNKS_A_WORKER
    drawn = module._chunks([*tasks, Parameters(interval_source="bootstrap")], workers)
    assert drawn == [[count], *chunks]
