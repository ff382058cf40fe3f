"""A report appears whole or not at all: it is made aside and put in place by renaming."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

# Linux: <fcntl.h> and <linux/fs.h>.
_HERE, _RENAME_EXCHANGE = -100, 2

_MADE_ASIDE = re.compile(r"\.(?P<state>building|old)-(?P<name>.+)-(?P<pid>\d+)")


@contextlib.contextmanager
def staged(reports: Path, name: str) -> Iterator[Path]:
    """Give an empty folder that becomes `reports/<name>` when the block ends without an error.

    After an error nothing is left of it, and the report that was there is as it was.
    """
    reports.mkdir(parents=True, exist_ok=True)
    staging = reports / f".building-{name}-{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        put_in_place(staging, reports / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def put_in_place(staging: Path, report: Path) -> None:
    """Rename a finished folder to its report, in place of the one that is there."""
    if report.exists() and _exchange(staging, report):
        return
    old = report.with_name(f".old-{report.name}-{os.getpid()}")
    if report.exists():
        report.rename(old)
    try:
        staging.rename(report)
    except OSError:
        if old.exists():
            old.rename(report)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change their names in one step, so that neither is ever missing.

    Gives False where the system cannot. Python has no function for it.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    first, second = (os.fsencode(path.absolute()) for path in (one, other))
    return bool(rename(_HERE, first, _HERE, second, _RENAME_EXCHANGE) == 0)


def clear_away(reports: Path) -> None:
    """Remove what builds left behind that were killed, and put back a report they had moved."""
    for folder in sorted(reports.glob(".*-*")):
        made = _MADE_ASIDE.fullmatch(folder.name)
        if made is None or psutil.pid_exists(int(made["pid"])):
            continue
        report = reports / made["name"]
        if made["state"] == "old" and not report.exists():
            folder.rename(report)
        else:
            shutil.rmtree(folder, ignore_errors=True)
