"""Kernels are forked where that is possible, and start by themselves where it is not."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from analysis.build import warm
from analysis.build.kernels import Kernels
from analysis.build.notebooks import execute
from analysis.build.project import ROOT

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
    "state": int(__import__("numpy").random.get_state()[1][:4].sum()),
}))
"""

needs_fork = pytest.mark.skipif(not warm.can_fork(), reason="kernels cannot be forked here")


def told(folder: Path, *, forked: bool, name: str = "one") -> dict[str, Any]:
    """Execute a notebook and give what it says about its process."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    source = folder / f"{name}.ipynb"
    nbformat.write(notebook, source)
    with Kernels(ROOT, folder, forked=forked) as kernels:
        executed = execute(
            name, source.read_text("utf-8"), folder / f"{name}_out.ipynb", {}, kernels
        )
    (output,) = executed.cells[-1].outputs
    said: dict[str, Any] = json.loads(output.text)
    return said


@needs_fork
def test_a_forked_kernel_has_the_libraries_and_is_else_as_a_new_process(tmp_path: Path) -> None:
    forked, new = (told(tmp_path, forked=kind) for kind in (True, False))
    assert forked["pandas"]
    assert not new["pandas"]
    assert forked["parent"] != os.getpid()
    for same in ("backend", "folder", "session"):
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
