"""Which files of the project a notebook or a module is computed by: its imports, and theirs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.build.files import Files

PACKAGE = "analysis"

# Read by the modules of this package, and kept outside it because people edit it.
DATA_OF_PACKAGE = {f"{PACKAGE}/article": "data/article", f"{PACKAGE}/audit": "data/article"}


class Imports:
    """The imports of the project at `root`, each file read once and then held to what it was.

    Written out because those who look for imports (modulefinder, grimp) follow them into every
    library, or need the package to be importable; here only its files are to be read.
    """

    def __init__(self, root: Path, files: Files | None = None) -> None:
        self._root = root
        self._files = files or Files()
        self._of_file: dict[Path, list[Path]] = {}

    def imported(self, code: str) -> list[Path]:
        """Give the modules of the project that a piece of code imports itself.

        Raises
        ------
        SyntaxError
            When the code is not Python.
        """
        return sorted(self._imported(code))

    def files_behind(self, code: str, within: str = "") -> list[Path]:
        """Give the files of the project that a piece of code is computed by, sorted.

        The modules that it imports, those that they import and so on, wherever in the file the
        import stands, and the other files of their packages, such as templates. `within` is the
        folder of a package whose imports of others are not followed; then it is its modules alone.

        Raises
        ------
        SyntaxError
            When the code is not Python.
        """
        found: set[Path] = set()
        waiting = self._imported(code)
        while waiting:
            path = waiting.pop()
            if path not in found and path.is_relative_to(self._root / within):
                found.add(path)
                if path not in self._of_file:
                    self._files.watch(path)
                    self._of_file[path] = self._imported(path.read_text(encoding="utf-8"))
                waiting += self._of_file[path]
        if within:
            return sorted(found)
        packages = {path.parent for path in found}
        data = {
            self._root / DATA_OF_PACKAGE[name]
            for package in packages
            if (name := package.relative_to(self._root).as_posix()) in DATA_OF_PACKAGE
        }
        for folder in packages | data:
            found.update(_data_in(folder))
        return sorted(found)

    def _imported(self, code: str) -> list[Path]:
        names: set[str] = set()
        for node in _statements(ast.parse(code)):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                # What follows `import` is a module of the package or a name in it.
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        # Importing a.b.c runs a and a.b first.
        modules = {
            self._root.joinpath(*parts[:length])
            for name in names
            for parts in [name.split(".")]
            if parts[0] == PACKAGE
            for length in range(1, len(parts) + 1)
        }
        files = [path for m in modules for path in (m / "__init__.py", m.with_suffix(".py"))]
        return [path for path in files if path.is_file()]


def all_files(root: Path) -> list[Path]:
    """Give every file that `Imports.files_behind` could give."""
    found = [path for path in (root / PACKAGE).rglob("*.py") if "__pycache__" not in path.parts]
    packages = {path.parent for path in found}
    data = {root / folder for folder in DATA_OF_PACKAGE.values()}
    return sorted({*found, *(path for folder in packages | data for path in _data_in(folder))})


def modules_in(root: Path, files: Iterable[Path]) -> list[str]:
    """Give the names under which Python files of the project are imported."""
    return [
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in files
        if path.suffix == ".py" and path.name != "__init__.py"
    ]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    # An expression cannot import, and most of a tree is expressions.
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from _statements(child)


def _data_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not (path / "__init__.py").is_file():
            yield from _data_in(path)
        elif path.is_file() and path.suffix != ".py":
            yield path
