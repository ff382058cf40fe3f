"""Where processes of a build can listen to each other: not every folder can hold a socket."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import tempfile
from pathlib import Path

from analysis.build.guard import GUARD
from analysis.study.in_place import is_left_behind, remove

# Bytes that a kernel writes while it starts.
NEEDED = 16 * 1024

_OWN = re.compile(r"hcc-(?P<pid>\d+)-\w+")


def folder_of_this_build() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that only this user can read, in which kernels can listen.

    It is where temporary files are, if that will do: a path of a socket may have about 100
    characters, and not every file system has sockets. What this user's builds that were killed
    have left there is removed.

    Raises
    ------
    OSError
        When there is no such folder, with the reason that the first is none.
    """
    reasons: list[OSError] = []
    elsewhere = [os.environ.get("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp"]
    for where in (tempfile.gettempdir(), *(name for name in elsewhere if name)):
        _clear_away(Path(where))
        try:
            folder = tempfile.TemporaryDirectory(
                prefix=f"hcc-{os.getpid()}-", dir=where, ignore_cleanup_errors=True
            )
        except OSError as error:
            reasons.append(error)
            continue
        GUARD.folder(Path(folder.name))
        try:
            _try_out(Path(folder.name))
        except OSError as error:
            folder.cleanup()
            reasons.append(OSError(error.errno, error.strerror or str(error), where))
            continue
        return folder
    raise reasons[0]


def _try_out(folder: Path) -> None:
    """See that what a kernel needs can be had in a folder."""
    file = folder / "tried"
    file.write_bytes(bytes(NEEDED))
    file.unlink()
    if sys.platform != "win32":
        # As long as the names that Jupyter and multiprocessing give.
        path = folder / "listener-00000000"
        with socket.socket(socket.AF_UNIX) as tried:
            tried.bind(str(path))
        path.unlink()


def _clear_away(where: Path) -> None:
    """Remove the folders of this user's builds that were killed."""
    with contextlib.suppress(OSError):
        for folder in where.glob("hcc-*"):
            made = _OWN.fullmatch(folder.name)
            own = not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()
            if made and own and is_left_behind(folder, int(made["pid"])):
                remove(folder)
