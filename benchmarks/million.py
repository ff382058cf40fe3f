"""A million patients, from files to estimates: a process of its own, whose peak is known."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.cohort import derive
from analysis.cohort.read import read_dataset
from analysis.estimates import prognosis, survival
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from benchmarks import patients

SEED = 1
STEPS = (
    "read and check the files",
    "derive the cohort",
    "all of survival",
    "all of prognostic factors",
)


@dataclass(frozen=True)
class Step:
    """Seconds of one step, and the memory until its end in MB."""

    name: str
    seconds: float
    peak_mb: float


def steps(n: int, progress: Callable[[str], None]) -> list[Step]:
    """Time every step with `n` patients.

    Raises
    ------
    subprocess.CalledProcessError
        When the process fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "patients")
        patients.write(folder, n, SEED)
        progress(f"{n:,} patients written")
        command = [sys.executable, "-m", "benchmarks.million", str(folder)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return [Step(step, *each) for step, each in zip(STEPS, found, strict=True)]


def measured(folder: Path) -> list[tuple[float, float]]:
    """Give seconds of each step and the memory until its end."""
    parameters = Parameters()
    found = []

    def timed(step: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        made = step()
        found.append((time.perf_counter() - began, _peak_mb()))
        return made

    dataset = timed(lambda: read_dataset(folder, STUDY))
    cohort = timed(lambda: derive.cohort(dataset, parameters))
    timed(lambda: survival.estimate(cohort, parameters))
    timed(lambda: prognosis.estimate(cohort, parameters))
    return found


def _peak_mb() -> float:
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux kilobytes.
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
