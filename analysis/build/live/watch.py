"""What a report is made from, looked at a few times a second for what was saved."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from analysis.build.imports import PACKAGE, all_files
from analysis.build.inputs import LOCK
from analysis.build.project import Project

# Size, and times of the last change, nanoseconds.
Stamps = dict[Path, tuple[int, int, int]]


class Watched:
    """The files that a report is made from, as they were when they were last looked at.

    They are looked at again and again, not waited for: that also sees what is saved on a network
    share or from outside a container, and 800 files take 4 ms.
    """

    def __init__(self, project: Project, folder: Path, further: Iterable[Path] = ()) -> None:
        self._project = project
        self._folder = folder
        self._further = tuple(further)
        self._stamps = self._look()

    def changed(self) -> list[Path]:
        """Give what was saved, came or went since the last time."""
        before, self._stamps = self._stamps, self._look()
        return sorted(
            path
            for path in before.keys() | self._stamps.keys()
            if before.get(path) != self._stamps.get(path)
        )

    def is_as_seen(self) -> bool:
        """Tell whether nothing was saved since the last time."""
        return self._look() == self._stamps

    def is_code(self, path: Path) -> bool:
        """Tell whether a file is one that a process which has imported it knows in vain."""
        return path.is_relative_to(self._project.root / PACKAGE) or path.name == LOCK

    def _look(self) -> Stamps:
        paths = {
            *all_files(self._project.root),
            *self._project.notebooks.glob("*.ipynb"),
            *(path for path in self._folder.rglob("*") if not path.name.startswith(".")),
            self._project.root / LOCK,
            *self._further,
        }
        found: Stamps = {}
        for path in paths:
            try:
                about = path.stat()
            except OSError:
                continue
            if path.is_file():
                found[path] = about.st_size, about.st_mtime_ns, about.st_ctime_ns
        return found
