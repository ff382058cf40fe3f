"""Watch, build and serve until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.live.builder import BUILD, CANCEL
from analysis.build.live.server import News, Server
from analysis.build.live.watch import Watched
from analysis.build.project import Project

# Seconds between two looks at the files; an editor that saves in steps is waited for as long.
_LOOK = 0.15
# Seconds within which a process that is asked to end must have ended.
_ENDS = 4.0


async def live(
    project: Project,
    folder: Path,
    report: str,
    command: Sequence[str],
    further: Sequence[Path] = (),
    port: int = 0,
) -> None:
    """Serve the report of a dataset, and let it follow what is saved, until Ctrl-C.

    Parameters
    ----------
    project
        Where notebooks and reports are.
    folder
        The folder of the dataset.
    report
        The name of the report.
    command
        What starts the process that builds (see `builder.serve`).
    further
        Other files that are watched.
    port
        Of the loopback address; 0 is one that is free.
    """
    await _Live(project, folder, report, command, further, port).run()


class _Live:
    """One run: a server, the process that builds, and what is watched.

    Made while the loop of events runs, which the server listens in.
    """

    def __init__(
        self,
        project: Project,
        folder: Path,
        report: str,
        command: Sequence[str],
        further: Sequence[Path],
        port: int,
    ) -> None:
        self._news = News()
        self._project = project
        self._report = report
        self._command = command
        self._server = Server(project.reports, report, self._news, port)
        self._watched = Watched(project, folder, further)
        self._builder: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._building = False
        self._again = False
        self._began = 0.0

    async def run(self) -> None:
        """Serve until the process is asked to end."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        print(f"The report follows what you save: {self._server.address}", flush=True)
        print("Ctrl-C ends it.", flush=True)
        following = asyncio.create_task(self._follow())
        try:
            waiting = asyncio.create_task(ended.wait())
            await asyncio.wait({waiting, following}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        finally:
            following.cancel()
            await self._stop_builder()
            await self._server.close()

    async def _follow(self) -> None:
        await self._build()
        while True:
            await asyncio.sleep(_LOOK)
            changed = self._watched.changed()
            if not changed:
                if self._again and not self._building:
                    await self._build()
                continue
            while more := await self._later():
                changed += more
            shown = sorted({self._project.shown(path) for path in changed})
            self._say("working", words=f"{_listed(shown)} changed; building.")
            if any(self._watched.is_code(path) for path in changed):
                await self._stop_builder()
            if self._building:
                self._again = True
                await self._ask(CANCEL)
            else:
                await self._build()

    async def _later(self) -> list[Path]:
        await asyncio.sleep(_LOOK)
        return self._watched.changed()

    async def _build(self) -> None:
        self._again = False
        if self._builder is None:
            self._builder = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 24,
                # Ctrl-C in the terminal is for this process, which ends that one.
                start_new_session=True,
            )
            self._listener = asyncio.create_task(self._listen(self._builder))
            self._say("working", words="Importing the libraries, and building.")
        self._building, self._began = True, time.monotonic()
        await self._ask(BUILD, first=self._server.looked_at)

    async def _ask(self, kind: str, **what: Any) -> None:
        if self._builder is not None and self._builder.stdin is not None:
            self._builder.stdin.write((json.dumps({"kind": kind, **what}) + "\n").encode())
            with contextlib.suppress(ConnectionError):
                await self._builder.stdin.drain()

    async def _listen(self, builder: asyncio.subprocess.Process) -> None:
        assert builder.stdout is not None
        async for line in builder.stdout:
            event = json.loads(line)
            kind = event.pop("kind")
            getattr(self, f"_{kind}")(**event)
        if builder is self._builder:
            # It ended by itself: what it said of that is in the terminal.
            self._builder, self._building = None, False
            self._failed("The process that builds has ended; the terminal says why.")

    def _numbers(self, changes: list[str], count: int) -> None:
        self._say("numbers", changes=changes, count=count)

    def _page(self, page: str, path: str) -> None:
        self._server.early[f"{self._report}/{page}.html"] = Path(path)
        if not self._again:
            self._say("page", page=page)
            self._news.forget("page")

    def _built(self, report: str, reason: str) -> None:
        self._building = False
        self._server.early.clear()
        if self._again:
            return
        seconds = time.monotonic() - self._began
        words = f"Up to date since {time.strftime('%H:%M:%S')}"
        words += f" ({reason}; {seconds:.1f} s)." if reason else "."
        self._news.forget("failed")
        self._say("built", words=words, changed=bool(reason))

    def _failed(self, words: str) -> None:
        self._building = False
        self._server.early.clear()
        if self._again or not self._watched.is_as_seen():
            # What was under way is not asked for any more.
            return
        there = self._project.report(self._report).is_dir()
        self._news.forget("built")
        self._say("failed", words=words, there=there)
        print(words, file=sys.stderr, flush=True)

    def _say(self, kind: str, **what: Any) -> None:
        self._news.tell(kind, **what)
        if kind in ("working", "built"):
            print(what["words"], file=sys.stderr, flush=True)

    async def _stop_builder(self) -> None:
        builder, self._builder, self._building = self._builder, None, False
        if builder is None:
            return
        with contextlib.suppress(ProcessLookupError):
            builder.terminate()
        try:
            await asyncio.wait_for(builder.wait(), _ENDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                builder.kill()
            await builder.wait()
        if self._listener is not None:
            await self._listener


def _listed(names: Sequence[str]) -> str:
    most = ", ".join(names[:3])
    return most if len(names) <= 3 else f"{most} and {len(names) - 3} more"


@contextlib.contextmanager
def alone(project: Project, report: str) -> Any:
    """Hold a report for one run of `make live`.

    Raises
    ------
    BuildError
        When another run holds it.
    """
    project.reports.mkdir(parents=True, exist_ok=True)
    path = project.reports / f".live-{report}"
    with path.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BuildError(
                    f"Another “make live” serves {project.shown(project.report(report))}/ already.",
                    REFUSED,
                ) from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
