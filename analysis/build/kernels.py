"""Kernels of the notebooks: papermill's engine, with kernels that the build can end."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import sys
import threading
import time
from asyncio import to_thread, wait_for
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import Any
from weakref import WeakSet

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from analysis.build import sockets, warm
from analysis.build.guard import GUARD, end_kernels
from analysis.study.interruption import UNSAID

ENGINE = PROVISIONER = "report"

# Seconds within which a kernel must answer when it starts, and have sent what a cell has printed
# once the cell is done: a machine may be slow, and swap.
STARTS, SENDS = 60, 60
# Seconds after which a kernel that somebody has stopped is not waited for any more.
STOPPED = 10

# What Jupyter says of a kernel is said by `KernelLost`.
_SILENT = logging.getLogger(__name__)
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False

Process = Popen[bytes] | warm.ForkedKernel


class KernelLost(Exception):
    """A kernel could not start, or ended before its notebook; says why, in words.

    `notebook` is the notebook as far as it came.
    """

    def __init__(self, reason: str, notebook: NotebookNode) -> None:
        super().__init__(reason)
        self.notebook = notebook


class Kernels:
    """The kernels of one build, which start in `folder` and can import from `root`.

    They are this Python, whatever kernels a user has declared to Jupyter. They listen on sockets in
    a folder that only this user can read, not on open ports. Notebooks run in threads, and a
    thread that waits for its kernel cannot be interrupted: to stop a build, its kernels are ended.
    They are forked from a process that has imported the libraries and `modules`, which may read the
    `dataset` ahead, unless `forked` is False or this machine cannot.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        *,
        forked: bool = True,
        modules: Iterable[str] = (),
        dataset: str = "",
    ) -> None:
        self._root = root
        self._folder = folder
        self.forked = forked and warm.prepare(modules, dataset)
        self._sockets = sockets.folder_of_this_build()
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._running: set[Process] = set()
        self._forking = 0
        self._ended = False
        self._killed_before = _killed_for_memory()
        _THERE.add(self)

    def __enter__(self) -> Kernels:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
        self._sockets.cleanup()

    def execute(self, client: PapermillNotebookClient) -> None:
        """Run a notebook in a kernel of its own.

        Raises
        ------
        KernelLost
            When there is no kernel, or none any more.
        """
        file = Path(self._sockets.name) / f"{next(self._numbers)}.json"
        manager = Manager(
            kernel_name=client.kernel_name,
            connection_file=str(file),
            transport="tcp" if sys.platform == "win32" else "ipc",
            kernel_spec_manager=OwnPython(),
            log=_SILENT,
        )
        manager.kernels = self
        client.km = manager
        try:
            client.execute(env=self._environment(), cwd=str(self._folder))
        except (RuntimeError, CellTimeoutError) as error:
            # A kernel that has ended is met in many ways.
            raise KernelLost(self._why(manager, error), client.nb) from error
        finally:
            if manager.process is not None:
                self._forget(manager.process)

    @contextlib.contextmanager
    def forking(self) -> Iterator[None]:
        """Note that somebody waits for a kernel to be forked."""
        with self._lock:
            self._forking += 1
        try:
            yield
        finally:
            with self._lock:
                self._forking -= 1

    def register(self, process: Process) -> None:
        """Take care of a kernel that was started.

        Raises
        ------
        RuntimeError
            When all were ended in the meantime, as this one is then.
        """
        with self._lock:
            GUARD.kernel(process.pid)
            self._running.add(process)
            ended = self._ended
        if ended:
            end_kernels([process.pid])
            raise RuntimeError("The build was ended while a kernel started.")

    def end(self) -> None:
        """End every kernel at once, and the processes that it has started; none starts any more."""
        with self._lock:
            self._ended = True
            pids = [process.pid for process in self._running]
            if self._forking:
                warm.stop()
        end_kernels(pids)

    def _forget(self, process: Process) -> None:
        # What it has started is left when it was killed.
        end_kernels([process.pid])
        with self._lock:
            self._running.discard(process)
            GUARD.forget(process.pid)

    def _why(self, manager: Manager, error: Exception) -> str:
        """Say why a kernel was lost."""
        process = manager.process
        if process is None:
            return f"no kernel could be started: {error}"
        if manager.stopped:
            return f"its kernel was stopped, and did not go on for {STOPPED} s"
        # Jupyter has no other type for one that did not answer.
        died = isinstance(error, DeadKernelError) or "died" in str(error)
        status = _exit_status(process) if died else None
        if status is None:
            return f"its kernel did not answer for {STARTS} s"
        if status == -getattr(signal, "SIGKILL", 9):
            if _killed_for_memory() > self._killed_before:
                return "its kernel ended: out of memory, the system has killed it"
            return "its kernel ended: it was killed, which systems do when there is no memory left"
        if status < 0:
            return f"its kernel ended by the signal {signal.Signals(-status).name}"
        return f"its kernel ended with exit status {status}; was there enough memory, and disk?"

    def _environment(self) -> dict[str, str]:
        # What a user has set for a Python of his own (optimisation, start-up files, warnings) is
        # no part of the analysis.
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
        }
        return {
            **inherited,
            **UNSAID,
            "PYTHONPATH": str(self._root),
            "PYTHONNOUSERSITE": "1",
            # A figure appears where a notebook shows it, with its caption, and nowhere else.
            "MPLBACKEND": "agg",
            # The start-up files of the user's own IPython are no part of the analysis.
            "IPYTHONDIR": self._sockets.name,
            # The debugger of ipykernel warns of frozen modules at every start.
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }


# The kernels of builds that are under way.
_THERE: WeakSet[Kernels] = WeakSet()


def end_all() -> None:
    """End the kernels of every build of this process: it fails, and its last report stays."""
    for kernels in list(_THERE):
        kernels.end()


class Manager(AsyncKernelManager):
    """Jupyter's manager of a kernel.

    Attributes
    ----------
    kernels
        The kernels of which it is one.
    process
        Its process, once it was started.
    stopped
        Whether it was given up because somebody had stopped it.
    """

    kernels: Kernels
    process: Process | None = None
    stopped = False


class OwnPython(KernelSpecManager):
    """The one kernel that there is: this Python."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give its specification, with the provisioner that is to start it."""
        return KernelSpec(
            name=kernel_name,
            display_name="Python 3",
            language="python",
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )


class Provisioner(LocalProvisioner):
    """Starts a kernel, by forking or as a process of its own, and sees whether it still runs."""

    _stopped_since: float | None = None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start the kernel that `cmd` would start (called by jupyter_client)."""
        manager: Any = self.parent
        if not (manager.kernels.forked and await self._fork(cmd, options)):
            await super().launch_kernel(cmd, **options)
        manager.process = self.process
        manager.kernels.register(self.process)
        return self.connection_info

    async def _fork(self, cmd: list[str], options: dict[str, Any]) -> bool:
        manager: Any = self.parent
        with manager.kernels.forking():
            forked = to_thread(warm.ForkedKernel, manager.connection_file, cmd, options)
            try:
                kernel = await wait_for(forked, STARTS)
            except TimeoutError:
                warm.stop()
                return False
            except (OSError, EOFError):
                return False
        self.process, self.pid = kernel, kernel.pid  # type: ignore[assignment]
        return True

    async def poll(self) -> int | None:
        """Give the exit status, None while it runs (called by jupyter_client every second)."""
        status: int | None = await super().poll()
        if status is None and self._is_given_up():
            manager: Any = self.parent
            manager.stopped = True
            end_kernels([manager.process.pid])
        return status

    def _is_given_up(self) -> bool:
        try:
            stopped = psutil.Process(self.pid).status() == psutil.STATUS_STOPPED
        except psutil.Error:
            stopped = False
        if not stopped:
            self._stopped_since = None
            return False
        if self._stopped_since is None:
            self._stopped_since = time.monotonic()
        return time.monotonic() - self._stopped_since >= STOPPED


class ReportEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's engine with the kernels of this build."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, kernels: Kernels, **options: Any
    ) -> None:
        """Execute the cells of a notebook (called by papermill)."""
        kernels.execute(
            PapermillNotebookClient(
                nb_man,
                kernel_name=kernel_name,
                log=_SILENT,
                record_timing=False,
                startup_timeout=STARTS,
                iopub_timeout=SENDS,
                extra_arguments=["--log-level=CRITICAL"],
            )
        )


def _exit_status(process: Process) -> int | None:
    """Give the exit status of a process that has just ended, None if it goes on."""
    until = time.monotonic() + 1
    while (status := process.poll()) is None and time.monotonic() < until:
        time.sleep(0.02)
    return status


def _killed_for_memory() -> int:
    """Give how many processes this system has killed for want of memory, as far as it counts."""
    try:
        counts = Path("/proc/vmstat").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"^oom_kill (\d+)$", counts, re.MULTILINE)
    return int(found[1]) if found else 0


papermill_engines.register(ENGINE, ReportEngine)
KernelProvisionerFactory.instance().provisioners[PROVISIONER] = EntryPoint(
    PROVISIONER, f"{__name__}:{Provisioner.__name__}", KernelProvisionerFactory.GROUP_NAME
)
