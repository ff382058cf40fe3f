"""How long builds take, against the same notebooks run one after another by Jupyter's commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.build.project import ROOT

COPIED = (
    "analysis",
    "benchmarks",
    "data",
    "notebooks",
    "requirements.lock",
    "pyproject.toml",
    "Makefile",
    "environment.yml",
)

# A change of each needs other pages again.
CHANGES = ("rate_months=12,36", "alpha_beta=5", "ci_type=plain", "afp_cutoff=400", "confidence=0.9")
BUILDS_TIMED = 3
VARIANTS = 100


@contextmanager
def project() -> Iterator[Path]:
    """Give a copy of the project, in which reports may be built, with the same environment."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        folder.mkdir()
        for name in COPIED:
            source = ROOT / name
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)
        (folder / ".venv").symlink_to(Path(sys.prefix))
        yield folder


def seconds(folder: Path, *command: str) -> float:
    """Run a command in the copy and give the seconds it took."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def builds(progress: Callable[[str], None]) -> dict[str, float]:
    """Time each kind of build once, in one copy of the project."""
    taken: dict[str, float] = {}

    def timed(name: str, *command: str) -> None:
        taken[name] = seconds(folder, *command)
        progress(f"{name}: {taken[name]:.2f} s")

    build = (sys.executable, "-m", "analysis.build")
    with project() as folder:
        # Python compiles the modules of a new copy once, which is no part of a build.
        seconds(folder, *build, "report")
        shutil.rmtree(folder / "reports")
        timed("commands", sys.executable, "-m", "benchmarks.commands", str(folder))
        for workers in ("1", "2"):
            shutil.rmtree(folder / "reports", ignore_errors=True)
            timed(f"full, {workers} at a time", *build, "report", "--workers", workers)
        timed("nothing changed, make", "make")
        timed("nothing changed, its command", *build, "report")
        for change in CHANGES:
            timed(change, *build, "report", "--set", change)
            seconds(folder, *build, "report")
        for number in range(BUILDS_TIMED):
            change = f"afp_cutoff={500 + number}"
            timed(f"serial build {number}", *build, "report", "--workers", "1", "--set", change)
        variants = folder / "hundred.yaml"
        variants.write_text(
            "title: AFP\nquestion: Where is the line?\nvariants:\n"
            f"  - change: {{afp_cutoff: {{from: 10, to: {10 * VARIANTS}, step: 10}}}}\n",
            encoding="utf-8",
        )
        for workers in ("1", "2"):
            script = (
                "from pathlib import Path; from analysis.sensitivity.run import run;"
                "from analysis.sensitivity.variants import read_variants;"
                f"run('synthetic', read_variants(Path('hundred.yaml')), workers={workers})"
            )
            timed(f"{VARIANTS} variants, {workers} at a time", sys.executable, "-c", script)
    return taken
