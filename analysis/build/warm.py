"""Warm kernels: forked from a process that has imported the libraries, once for a build.

Importing pandas, lifelines and matplotlib takes longer than most notebooks. The parent is the
fork server of Python's multiprocessing; it has no threads when it forks, and ends with the build.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from multiprocessing import forkserver, resource_tracker
from multiprocessing.util import get_temp_dir
from pathlib import Path
from threading import Thread
from typing import Any

from analysis.build import sockets
from analysis.build.guard import GUARD
from analysis.cohort.folder import AHEAD
from analysis.study.environment import in_environment

PRELOAD = ("analysis.build.unneeded", "analysis.build.preload")


def can_fork() -> bool:
    """Tell whether kernels can be forked here.

    Not on Windows; nor on macOS, whose system libraries do not survive a fork once they are used;
    nor from a Python that leaves assertions out, as kernels would too.
    """
    return (
        sys.platform == "linux"
        and "forkserver" in multiprocessing.get_all_start_methods()
        and not sys.flags.optimize
    )


def prepare(modules: Iterable[str] = (), dataset: str = "") -> bool:
    """Start the process that kernels are forked from, and give whether there is one.

    `modules` are imported there beside the libraries; one that cannot be imported is left to the
    notebook that asks for it, which says why. They are told the `dataset` that notebooks will read.
    """
    if not can_fork():
        return False
    multiprocessing.get_context("forkserver").set_forkserver_preload([*PRELOAD, *modules])
    try:
        _temporary_files_of_multiprocessing()
        with _undisturbed(), in_environment({AHEAD: dataset}):
            forkserver.ensure_running()
    except OSError:
        return False
    for pid in _server():
        GUARD.process(pid)
    return True


@cache
def _temporary_files_of_multiprocessing() -> None:
    """Let multiprocessing have its sockets where sockets can be had, and leave none there.

    It asks once for the folder of temporary files, and makes one there that it keeps to the end.
    """
    with sockets.folder_of_this_build() as tried:
        where = str(Path(tried).parent)
    before, tempfile.tempdir = tempfile.tempdir, where
    try:
        GUARD.folder(Path(get_temp_dir()))
    finally:
        tempfile.tempdir = before


def stop() -> None:
    """End the process that kernels are forked from; whoever waits for one is told (EOFError)."""
    for pid in _server():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _server() -> list[int]:
    # Python has no other way to ask for it.
    pid = getattr(forkserver, "_forkserver")._forkserver_pid  # noqa: B009
    return [] if pid is None else [pid]


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let processes that are started here begin with Ctrl-C blocked, which is for the build."""
    # Its start would let signals in again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class ForkedKernel:
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, connection_file: str, cmd: list[str], options: Mapping[str, Any]) -> None:
        # What follows the name of the connection file are options of the kernel itself.
        arguments = ["-f", connection_file, *cmd[cmd.index(connection_file) + 1 :]]
        self._process = multiprocessing.get_context("forkserver").Process(
            target=_run, args=(arguments, dict(options["env"]), str(options["cwd"]))
        )
        with _undisturbed():
            self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Give the exit status, None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for the end and give the exit status."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and what it has started."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


def _run(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Become a kernel: what a start of Python does to a process is done here by hand."""
    # What was imported before the fork is neither looked through for garbage nor, by that, copied.
    gc.freeze()
    # Ctrl-C in the terminal is for the build, which then ends its kernels.
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    root = environment["PYTHONPATH"]
    sys.path[:] = [root, *(path for path in sys.path if path not in ("", root))]
    sys.argv = ["ipykernel_launcher", *arguments]

    from ipykernel.kernelapp import launch_new_instance

    from analysis.build.preload import forget_draws

    forget_draws()
    # A kernel that is told to end says at times which of its own tasks waited: nobody's concern.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    Thread(target=_end_with_the_build, daemon=True).start()
    launch_new_instance(argv=arguments)


def _end_with_the_build() -> None:
    # Jupyter would watch the process that forked the kernel, which may outlive a killed build. The
    # guard does not know of a kernel that was being forked when the build was killed.
    build = multiprocessing.parent_process()
    assert build is not None
    build.join()
    os._exit(1)
