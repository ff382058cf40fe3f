"""Progress of a build: a bar in a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO


def say(words: str) -> None:
    """Say at once what is under way, on standard error: nobody waits before a mute terminal."""
    print(words, file=sys.stderr, flush=True)


class Progress:
    """Say which notebook runs and how long each took.

    `stream` is where it is said, standard error unless told otherwise.
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._started: dict[str, float] = {}
        # Imported only when a page is made: what is said before must be said at once.
        from tqdm import tqdm

        self._bar = (
            tqdm(
                total=total,
                file=self._stream,
                unit="notebook",
                bar_format="{n}/{total} |{bar:24}| {elapsed} {postfix}",
            )
            if self._stream.isatty()
            else None
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def start(self, name: str, what: str = "runs") -> None:
        """Note that a notebook runs from now, or what else becomes of it."""
        self._started[name] = time.monotonic()
        if self._bar is None:
            print(f"{name} {what}", file=self._stream, flush=True)
        self._show_running()

    def finish(self, name: str, outcome: str = "") -> None:
        """Note that a notebook is done, or how it ended."""
        seconds = time.monotonic() - self._started.pop(name)
        line = f"{name:24}{seconds:6.1f} s  {outcome}".rstrip()
        if self._bar is None:
            print(line, file=self._stream, flush=True)
        else:
            self._bar.write(line, file=self._stream)
            self._bar.update()
        self._show_running()

    def _show_running(self) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(", ".join(self._started))
