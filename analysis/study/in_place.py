"""A folder appears whole or not at all: it is made aside and put in place by renaming."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

# Linux, <fcntl.h> and <linux/fs.h>: names are relative to the working folder; exchange them.
_HERE, _RENAME_EXCHANGE = -100, 2
# macOS, <sys/stdio.h>.
_RENAME_SWAP = 2

_MADE_ASIDE = re.compile(r"\.(?P<state>building|old)-(?P<name>.+)-(?P<pid>\d+)")

# Clocks are set, and file systems round their times: so many seconds tell nothing.
_DOUBT = 60


@contextlib.contextmanager
def staged(parent: Path, name: str) -> Iterator[Path]:
    """Give an empty folder that becomes `parent/<name>` when the block ends without an error.

    After an error nothing is left of it, and the folder that was there is as it was.
    """
    parent.mkdir(parents=True, exist_ok=True)
    staging = parent / f".building-{name}-{os.getpid()}"
    remove(staging)
    staging.mkdir()
    try:
        yield staging
        put_in_place(staging, parent / name)
    finally:
        remove(staging)


def put_in_place(staging: Path, target: Path) -> None:
    """Rename a finished folder to its place, instead of the one that is there."""
    if target.exists() and _exchange(staging, target):
        return
    old = target.with_name(f".old-{target.name}-{os.getpid()}")
    if target.exists():
        target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change their names in one step, so that neither is ever missing.

    Gives False where the system cannot. Python has no function for it.
    """
    first, second = (os.fsencode(path.absolute()) for path in (one, other))
    try:
        system = ctypes.CDLL(None, use_errno=True)
        if hasattr(system, "renameat2"):
            return bool(system.renameat2(_HERE, first, _HERE, second, _RENAME_EXCHANGE) == 0)
        return bool(system.renamex_np(first, second, _RENAME_SWAP) == 0)
    except (AttributeError, OSError, TypeError):
        return False


def clear_away(parent: Path) -> None:
    """Remove what was left behind by processes that were killed, and put back what they had moved.

    Only what `staged` has made is touched, and nothing of a process that still runs.
    """
    for folder in sorted(parent.glob(".*-*")):
        made = _MADE_ASIDE.fullmatch(folder.name)
        if made is None or not is_left_behind(folder, int(made["pid"])):
            continue
        target = parent / made["name"]
        if made["state"] == "old" and not target.exists():
            folder.rename(target)
        else:
            remove(folder)


def is_left_behind(folder: Path, pid: int) -> bool:
    """Tell whether the process `pid` that made a folder has ended.

    Another process may have its number by now; such a one began after the folder was last changed.
    """
    try:
        return bool(psutil.Process(pid).create_time() > folder.lstat().st_mtime + _DOUBT)
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OSError):
        return False


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, or the link that stands in its place."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
