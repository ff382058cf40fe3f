"""How long `make live` takes from a file that is saved to its numbers, and to its page."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.builds import project

TIMES = 3
LOOKED_AT = "04_survival"
# What is saved, in which file: from one to the other, and back again.
CHANGES = (
    (
        "a parameter (`ci_type`)",
        f"notebooks/{LOOKED_AT}.ipynb",
        r"ci_type = \"log-log\"",
        r"ci_type = \"plain\"",
    ),
    ("a sentence of the page", f"notebooks/{LOOKED_AT}.ipynb", "# Survival", "# How long"),
    ("a cell of the data", "data/synthetic/patients.csv", "SYN-001,male,", "SYN-001,female,"),
)


@dataclass(frozen=True)
class Row:
    """Seconds from a file that is saved, the middle of some times; None of what is not told."""

    what: str
    numbers: float | None
    page: float | None
    report: float


def measure(progress: Callable[[str], None]) -> list[Row]:
    """Time each of `CHANGES` `TIMES` times, in a copy of the project that serves its report.

    Raises
    ------
    RuntimeError
        When a build fails, or a file has not what is to be changed.
    """
    with project() as folder:
        command = [sys.executable, "-m", "analysis", "live", "--dataset", "synthetic"]
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        live = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert live.stdout is not None
            address = urlsplit(re.findall(r"http\S+", live.stdout.readline())[0])
            assert address.port is not None
            events = _events(address.hostname or "", address.port, address.path)
            _until_built(events)
            progress("the report is built")
            page = HTTPConnection(address.hostname or "", address.port)
            page.request("GET", f"{address.path}reports/synthetic/{LOOKED_AT}.html")
            page.getresponse().read()
            return [_row(folder, events, *change, progress) for change in CHANGES]
        finally:
            live.send_signal(signal.SIGINT)
            live.wait(60)


def _row(
    folder: Path,
    events: Iterator[dict[str, Any]],
    what: str,
    name: str,
    old: str,
    new: str,
    progress: Callable[[str], None],
) -> Row:
    path = folder / name
    found: dict[str, list[float]] = {"numbers": [], "page": [], "built": []}
    for _ in range(TIMES):
        for before, after in ((old, new), (new, old)):
            text = path.read_text(encoding="utf-8")
            if before not in text:
                raise RuntimeError(f"{name} has no {before}.")
            began = time.perf_counter()
            path.write_text(text.replace(before, after, 1), encoding="utf-8")
            for kind, seconds in _until_built(events, began).items():
                found[kind].append(seconds)
            progress(f"{what}: {found['built'][-1]:.1f} s")
    numbers, page, built = (
        statistics.median(seconds) if seconds else None for seconds in found.values()
    )
    assert built is not None
    return Row(what, numbers, page, built)


def _until_built(events: Iterator[dict[str, Any]], began: float = 0.0) -> dict[str, float]:
    """Give the seconds until each kind of event, until all is built."""
    found: dict[str, float] = {}
    for event in events:
        kind = event["kind"]
        if kind == "failed":
            raise RuntimeError(event["words"])
        if kind == "numbers" or kind == "built" or event.get("page") == LOOKED_AT:
            found[kind] = time.perf_counter() - began
        if kind == "built":
            return found
    raise RuntimeError("“make live” has ended.")


def _events(host: str, port: int, path: str) -> Iterator[dict[str, Any]]:
    asked = HTTPConnection(host, port)
    asked.request("GET", f"{path}events")
    answer: HTTPResponse = asked.getresponse()
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def lines(rows: list[Row]) -> Iterator[str]:
    """Give the table as Markdown."""
    yield f"| saved, seconds to | its numbers (goal 0.5) | page {LOOKED_AT} (goal 2) | all pages |"
    yield "| --- | ---: | ---: | ---: |"
    for row in rows:
        numbers, page = ("–" if one is None else f"{one:.1f}" for one in (row.numbers, row.page))
        yield f"| {row.what} | {numbers} | {page} | {row.report:.1f} |"
