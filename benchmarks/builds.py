"""How long builds take, against the same notebooks run one after another by Jupyter's commands."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
VARIANTS_FILE = "hundred.yaml"

SCRIPT = """
from pathlib import Path
from analysis.cohort.read import read_dataset
from analysis.sensitivity.run import run
from analysis.sensitivity.variants import read_variants
from analysis.zhai_2025.study import STUDY
if __name__ == "__main__":
    base = STUDY.parameters()
    variants = read_variants(base, Path("hundred.yaml"))
    run(read_dataset("synthetic", STUDY), variants, base, workers={})
"""


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


def seconds(folder: Path, *command: str, env: Mapping[str, str] = os.environ) -> float:
    """Run a command in the copy and give the seconds it took."""
    environment = {**env, "PYTHONPATH": str(folder)}
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Row:
    """What a kind of build took; `ratio` is against what `name` says, if anything."""

    name: str
    seconds: float
    ratio: float | None = None
    goal: str = ""


def seconds_of_builds(progress: Callable[[str], None]) -> list[Row]:
    """Time each kind of build, in one copy of the project, and set it against another."""
    rows: list[Row] = []

    def add(name: str, taken: float, against: float | None = None, goal: str = "") -> None:
        rows.append(Row(name, taken, None if against is None else taken / against, goal))
        progress(f"{name}: {taken:.2f} s")

    build = (sys.executable, "-m", "analysis")
    with project() as folder:

        def timed(*command: str) -> float:
            return seconds(folder, *command)

        def anew(*options: str) -> float:
            shutil.rmtree(folder / "reports", ignore_errors=True)
            return timed(*build, "report", *options)

        # Python compiles the modules of a new copy once, which is no part of a build.
        anew()
        commands = timed(sys.executable, "-m", "benchmarks.commands", str(folder))
        add("papermill and nbconvert, one command after another", commands)
        cold = {**os.environ, "WARM": "0"}
        add("the report, against these", anew(), commands, "0.08")
        one, two = anew("--workers", "1"), anew("--workers", "2")
        add("... two notebooks at a time against one", two, one, "0.5 is ideal")
        shutil.rmtree(folder / "reports")
        add("... with WARM=0, against these", seconds(folder, *build, "report", env=cold), commands)
        timed(*build, "report")
        add("nothing changed: make", timed("make"), goal="0.3 s")
        shutil.copytree(folder / "reports", folder / "unchanged")
        for change in CHANGES:
            add(f"after a change: {change}", timed(*build, "report", "--set", change), goal="5 s")
            shutil.rmtree(folder / "reports")
            shutil.copytree(folder / "unchanged", folder / "reports")

        single = statistics.mean(
            timed(*build, "report", "--workers", "1", "--set", f"afp_cutoff={500 + number}")
            for number in range(BUILDS_TIMED)
        )
        serial = VARIANTS * single
        add(f"{VARIANTS} serial builds of one parameter, {VARIANTS} times the mean of 3", serial)
        (folder / VARIANTS_FILE).write_text(
            "title: AFP\nquestion: Where is the line?\nvariants:\n"
            f"  - change: {{afp_cutoff: {{from: 1010, to: {1000 + 10 * VARIANTS}, step: 10}}}}\n",
            encoding="utf-8",
        )
        variants = [timed(sys.executable, "-c", SCRIPT.format(workers)) for workers in (1, 2)]
        add(f"{VARIANTS} variants of it, estimates, against these", variants[1], serial, "0.1")
        add("... in two processes against one", variants[1], variants[0], "0.5 is ideal")
        page = timed(*build, "sensitivity", "--variants", VARIANTS_FILE)
        add("... with their page (make sensitivity), against the serial builds", page, serial)
    return rows
