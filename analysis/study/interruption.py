"""Ctrl-C, and the request to end that a system sends: a process ends at once and says so."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import psutil

from analysis.study.environment import in_environment

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)
STDERR = 2

# Processes that clear up after others warn that there was something to clear up, which there is
# after every process that was ended: this goes to their environment.
WARNINGS = "PYTHONWARNINGS"
UNSAID = {WARNINGS: "ignore:resource_tracker"}


@contextlib.contextmanager
def ended_by_signals(words: str, last: Callable[[], object] = lambda: None) -> Iterator[None]:
    """While the block runs, a signal ends the process: it says `words`, does `last`, and is gone.

    So are the processes that it has started.

    Nothing is unwound. An exception that is raised at any moment is lost in a destructor, is turned
    into another one by a library that is being imported, and waits for every thread; what may be
    killed at any moment, as ours must, needs none. A second signal does not wait for `last`. These
    words are the last: processes that are started in the block do not warn of what is left to clear
    up, which they do.
    """

    def end(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        # What is buffered cannot be written if the signal came while it was.
        with contextlib.suppress(RuntimeError, OSError, ValueError):
            sys.stdout.flush()
        line = "\n" if sys.stderr.isatty() else ""
        with contextlib.suppress(OSError):
            os.write(STDERR, f"{line}{words}\n".encode())
            # What threads make of the end is nobody's concern.
            os.dup2(os.open(os.devnull, os.O_WRONLY), STDERR)
        try:
            last()
            _end_children()
        finally:
            os._exit(INTERRUPTED)

    before = {each: signal.signal(each, end) for each in SIGNALS}
    asked = os.environ.get(WARNINGS)
    try:
        with in_environment({WARNINGS: f"{asked},{UNSAID[WARNINGS]}"} if asked else UNSAID):
            yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end_children() -> None:
    """Ask all processes that this one has started to end.

    Asked, not killed: joblib has one that clears up after the others, which may hold patients.
    """
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.terminate()
            # One that is stopped ends when it goes on.
            child.resume()
