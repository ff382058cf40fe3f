"""Work that is spread over the cores of this machine, or over a Dask cluster."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.study.errors import ReadableError

# Seconds within which a scheduler and a worker of it must answer.
PATIENCE = 5

# Seconds that a cluster may be without a worker while it computes: who ended is started anew by its
# nanny within a few.
ALONE = 15

# What turns data into numbers; a cluster must have the same.
LIBRARIES = (
    "pandas",
    "numpy",
    "scipy",
    "lifelines",
    "statsmodels",
    "formulaic",
    "surpyval",
    "numba",
    "ortools",
)


class SchedulerError(ReadableError, RuntimeError):
    """A Dask cluster cannot be used; says why and what to do."""

    status = 1


class ProcessKilledError(ReadableError, RuntimeError):
    """A process of this machine that computed has ended."""

    status = 1


def reach(scheduler: str) -> None:
    """See that a Dask cluster answers and has this version of the project.

    Raises
    ------
    SchedulerError
        When it does not, within seconds.
    """
    with client_of(scheduler):
        pass


def wait_for(client: Any, futures: Sequence[Any], address: str) -> None:
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
def client_of(address: str) -> Iterator[Any]:
    """Give a client of a Dask cluster that answers and has this version of the project.

    Raises
    ------
    SchedulerError
        When there is none.
    """
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


def fingerprint(without: Sequence[str] = ()) -> str:
    """Give the SHA-256 of this package's code, without some of its rooms, and what computes."""
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parents[1]
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] in without:
            continue
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
