"""The files that a build reads: each is hashed once, and held to what it was before the end.

Kernels and workers read the dataset and the code each at its own moment. A copy for all of them
would leave patients in a second place when a build is killed, so nothing is copied: a build whose
files did not stay as they were is refused. It does not help that a file has its content again,
since it may have had another in between. What counts is the time of the last change that the
system keeps, which no program can set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Size, time of the content and time of the last change of anything, nanoseconds.
Stamp = tuple[int, int, int]


class Files:
    """Files as they were when a build first asked for them.

    Windows and some network shares keep no time of the last change, and neither does a database
    server: what is changed there while a build runs, and then changed back with its date, is not
    noticed.
    """

    def __init__(self) -> None:
        self._stamps: dict[Path, Stamp | None] = {}
        self._hashes: dict[Path, str] = {}
        self._asked: dict[str, tuple[Callable[[], object], object]] = {}

    def hash(self, path: Path) -> str:
        """Give the SHA-256 of a file's bytes as they were when it was first asked for."""
        if path not in self._hashes:
            self.watch(path)
            self._hashes[path] = hash_of_file(path)
        return self._hashes[path]

    def hashes(self, root: Path, paths: Iterable[Path]) -> dict[str, str]:
        """Give the SHA-256 of files in a folder, by their path within it."""
        return {path.relative_to(root).as_posix(): self.hash(path) for path in paths}

    def watch(self, path: Path) -> None:
        """Hold a file to its last change, or a folder to the last file that came or went."""
        self._stamps.setdefault(path, _stamp(path))

    def ask(self, what: str, question: Callable[[], T]) -> T:
        """Give the answer to a question about what is no file, and hold it to this answer.

        `what` names it for people.
        """
        if what not in self._asked:
            self._asked[what] = (question, question())
        return self._asked[what][1]  # type: ignore[return-value]

    @property
    def held(self) -> frozenset[Path]:
        """The files and folders that are held to what they were."""
        return frozenset(self._stamps)

    def changed(self, shown: Callable[[Path], str] = str) -> list[str]:
        """Name what is not, or for a moment was not, as it was when it was first asked for."""
        files = [
            path
            for path, stamp in self._stamps.items()
            if _stamp(path) != stamp or (path in self._hashes and self._differs(path))
        ]
        answers = [what for what, (ask, answer) in self._asked.items() if ask() != answer]
        return [*(shown(path) for path in sorted(files)), *answers]

    def _differs(self, path: Path) -> bool:
        return hash_of_file(path) != self._hashes[path]


def hash_of_file(path: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(path: Path) -> Stamp | None:
    """Give what the system says of the last change of a file, None if there is no such file.

    Its number is left out: some network shares give a file another one when they like.
    """
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns
