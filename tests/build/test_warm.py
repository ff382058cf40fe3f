"""Kernels are forked where that is possible, and start by themselves where it is not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec

from analysis.build import kernels as kernels_of_a_build
from analysis.build import warm
from analysis.build.kernels import Kernels
from analysis.build.notebooks import NotebookFailed, execute
from analysis.build.project import ROOT
from analysis.study.interruption import UNSAID

CODE = """
import json, os, sys, threading
import matplotlib
print(json.dumps({
    "pandas": "pandas" in sys.modules,
    "backend": matplotlib.get_backend(),
    "parent": os.getppid(),
    "folder": os.getcwd(),
    "first": sys.path[0],
    "session": os.getsid(0) == os.getpid(),
    "own": {name: value for name, value in os.environ.items() if name.startswith("PYTHON")},
    "optimised": sys.flags.optimize,
    "state": int(__import__("numpy").random.get_state()[1][:4].sum()),
}))
"""

needs_fork = pytest.mark.skipif(not warm.can_fork(), reason="kernels cannot be forked here")


def run(folder: Path, code: str, *, forked: bool, name: str = "one") -> nbformat.NotebookNode:
    """Execute a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    source = folder / f"{name}.ipynb"
    nbformat.write(notebook, source)
    with Kernels(ROOT, folder, forked=forked) as kernels:
        return execute(name, source.read_text("utf-8"), folder / f"{name}_out.ipynb", {}, kernels)


def told(folder: Path, *, forked: bool, name: str = "one") -> dict[str, Any]:
    """Execute a notebook and give what it says about its process."""
    executed = run(folder, CODE, forked=forked, name=name)
    (output,) = executed.cells[-1].outputs
    said: dict[str, Any] = json.loads(output.text)
    return said


@needs_fork
def test_a_forked_kernel_has_the_libraries_and_is_else_as_a_new_process(tmp_path: Path) -> None:
    forked, new = (told(tmp_path, forked=kind) for kind in (True, False))
    assert forked["pandas"]
    assert not new["pandas"]
    assert forked["parent"] != os.getpid()
    for same in ("backend", "folder", "session", "own"):
        assert forked[same] == new[same], same
    assert forked["first"] == str(ROOT)


@needs_fork
def test_kernels_draw_other_random_numbers(tmp_path: Path) -> None:
    states = {told(tmp_path, forked=True, name=f"n{i}")["state"] for i in range(2)}
    assert len(states) == 2


def test_where_nothing_can_be_forked_kernels_start_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not warm.can_fork()
    monkeypatch.undo()
    monkeypatch.setattr(warm, "can_fork", lambda: False)
    assert not told(tmp_path, forked=True)["pandas"]


def test_where_no_process_to_fork_from_starts_kernels_start_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(warm.forkserver, "ensure_running", refuse)
    assert not told(tmp_path, forked=True)["pandas"]


def test_where_a_fork_fails_the_kernel_starts_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused:
        def __init__(self, *arguments: object) -> None:
            raise OSError("not permitted")

    monkeypatch.setattr(warm, "ForkedKernel", Refused)
    assert not told(tmp_path, forked=True)["pandas"]


def test_kernels_are_this_python_whatever_its_user_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = {"argv": ["/bin/false", "{connection_file}"], "display_name": "x", "language": "python"}
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    (tmp_path / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    start = tmp_path / "start.py"
    start.write_text("raise SystemExit('started')")
    monkeypatch.setenv("PYTHONSTARTUP", str(start))
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    said = told(tmp_path, forked=False)
    assert said["own"] == {**UNSAID, "PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1"}
    assert said["optimised"] == 0


needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@needs_unix
@pytest.mark.parametrize("forked", [True, False])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "it was killed"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "its kernel was stopped"),
        ("import os\nos._exit(3)", "its kernel ended with exit status 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "by the signal SIGSEGV"),
        ("raise MemoryError", "out of memory (MemoryError)"),
    ],
)
def test_a_kernel_that_is_lost_is_told_in_words_and_its_notebook_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forked: bool, code: str, words: str
) -> None:
    monkeypatch.setattr(kernels_of_a_build, "STOPPED", 1)
    with pytest.raises(NotebookFailed, match=re.escape(words)):
        run(tmp_path, code, forked=forked)
    kept = nbformat.read(tmp_path / "one_out.ipynb", as_version=4)
    assert code in [cell.source for cell in kept.cells]
    if "kernel" in words:
        assert words in kept.cells[0].source


@needs_unix
def test_memory_that_ran_out_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = iter(range(9))
    monkeypatch.setattr(kernels_of_a_build, "_killed_for_memory", lambda: next(killed))
    with pytest.raises(NotebookFailed, match="out of memory, the system has killed it"):
        run(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", forked=False)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import time\ntime.sleep(60)"])
def test_a_kernel_that_does_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def get_kernel_spec(self: object, name: str) -> KernelSpec:
        spec = told_spec(self, name)
        spec.argv = [sys.executable, "-c", code, "{connection_file}"]
        return spec

    told_spec = kernels_of_a_build.OwnPython.get_kernel_spec
    monkeypatch.setattr(kernels_of_a_build.OwnPython, "get_kernel_spec", get_kernel_spec)
    monkeypatch.setattr(kernels_of_a_build, "STARTS", 2)
    words = "did not answer for 2 s" if "sleep" in code else "ended with exit status 3"
    with pytest.raises(NotebookFailed, match=words):
        run(tmp_path, "1", forked=False)


@needs_unix
def test_kernels_listen_where_sockets_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert told(tmp_path, forked=False)["folder"] == str(tmp_path)
    assert list(deep.iterdir()) == []


@needs_unix
def test_folders_of_builds_that_were_killed_are_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"hcc-{ended.pid}-abc", f"hcc-{os.getpid()}-abc", "hcc-mine"):
        (tmp_path / name).mkdir()
    with Kernels(ROOT, tmp_path, forked=False):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {f"hcc-{os.getpid()}-abc", "hcc-mine"}
