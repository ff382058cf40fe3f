"""Run a script of R where there is R; where there is not, a test says that it is skipped."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run_r(script: str | Path, *arguments: str | Path, packages: tuple[str, ...]) -> None:
    """Run a script from the root of the repository; it has to end well."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    calls = "; ".join(f"library({package})" for package in packages)
    tried = subprocess.run(["Rscript", "-e", calls], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"not every package of R is installed: {', '.join(packages)}")
    command = ["Rscript", str(script), *map(str, arguments)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
