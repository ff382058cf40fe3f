"""Whatever ends a build, all that it has started ends with it.

A build that is killed can end nothing, and a kernel that computes, or is stopped, notices nothing.
So a process of its own waits at the end of a pipe that only the build holds open. When the build
is gone, whatever the reason, it ends the kernels with all that these have started, and removes
the folders that the build had for itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Seconds in which processes may end by themselves, and in which the guard is done.
_GRACE, _DONE = 0.5, 3

_KERNEL, _PROCESS, _FOLDER, _FORGET = "kernel", "process", "folder", "forget"


class Guard:
    """The process that guards this one, from the first time that it is told something."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def kernel(self, pid: int) -> None:
        """End this process, the first of a group of its own, and the rest of the group."""
        self._tell(_KERNEL, pid)

    def process(self, pid: int) -> None:
        """End this process."""
        self._tell(_PROCESS, pid)

    def folder(self, path: Path) -> None:
        """Remove this folder."""
        self._tell(_FOLDER, str(path.absolute()))

    def forget(self, pid: int) -> None:
        """Let a process be: it has ended, and its number may be that of another."""
        self._tell(_FORGET, pid)

    def end(self) -> None:
        """End and remove everything now, which takes a second at most."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                os.close(self._process.stdin.fileno())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_DONE)

    def _tell(self, word: str, value: int | str) -> None:
        # Windows knows no groups of processes; kernels watch their parent there.
        if sys.platform == "win32":
            return
        if self._process is None:
            self._process = subprocess.Popen(
                # It needs no library, and must not read the start-up files of anybody.
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C in the terminal is for the build.
                start_new_session=True,
            )
        assert self._process.stdin is not None
        # A line is shorter than what is written to a pipe in one piece, by whichever thread.
        with contextlib.suppress(OSError):
            os.write(self._process.stdin.fileno(), f"{json.dumps([word, value])}\n".encode())


GUARD = Guard()


def end_kernels(pids: Iterable[int]) -> None:
    """End processes at once that are the first of their groups, and the rest of the groups.

    The rest is asked to, not killed: joblib has a process there that clears up after the others.
    """
    for pid in pids:
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)
            continue
        for number in (signal.SIGTERM, signal.SIGCONT):
            # One that is stopped ends when it goes on.
            with contextlib.suppress(OSError):
                os.killpg(pid, number)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _guard() -> None:
    """Remember what is told, and when nothing can be told any more, end and remove it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    told: dict[str, set[Any]] = {_KERNEL: set(), _PROCESS: set(), _FOLDER: set()}
    for line in sys.stdin:
        word, value = json.loads(line)
        if word == _FORGET:
            told[_KERNEL].discard(value)
            told[_PROCESS].discard(value)
        else:
            told[word].add(value)
    kernels = told[_KERNEL]
    # First what starts kernels.
    for pid in told[_PROCESS]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    end_kernels(kernels)
    until = time.monotonic() + _GRACE
    while kernels and time.monotonic() < until:
        time.sleep(0.02)
        kernels = {pid for pid in kernels if _is_there(pid)}
    for pid in kernels:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    for folder in told[_FOLDER]:
        shutil.rmtree(folder, ignore_errors=True)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    _guard()
