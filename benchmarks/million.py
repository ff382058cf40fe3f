"""A million patients: from files to estimates, beside lifelines and R on the same times.

Each program runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

from analysis.cohort import derive
from analysis.cohort.read import read_dataset
from analysis.estimates import curves, prognosis, survival
from analysis.estimates.factors import times_by
from analysis.estimates.hazards import hazard_ratio
from analysis.estimates.log_rank import log_rank
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from benchmarks import patients

SEED = 1
# The factor and endpoint that the three programs are given.
FACTOR, ENDPOINT = "pvtt", "OS"
WHOLE = (
    "read and check the files",
    "derive the cohort",
    "all of survival",
    "all of prognostic factors",
)
SHARED = (
    "one curve and its median, days",
    "one log-rank test, chi-square",
    "one Cox regression, hazard ratio",
)


@dataclass(frozen=True)
class Step:
    """Seconds and value of one step by program, and the project's memory until its end in MB."""

    name: str
    seconds: dict[str, float]
    values: dict[str, float]
    peak_mb: float = float("nan")


def steps(n: int, progress: Callable[[str], None]) -> list[Step]:
    """Time every step with `n` patients; R is left out where it is not installed.

    Raises
    ------
    subprocess.CalledProcessError
        When one of the programs fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, times = Path(name, "patients"), Path(name, "times.csv")
        patients.write(folder, n, SEED)
        progress(f"{n:,} patients written")
        ours = _run(
            [sys.executable, "-m", "benchmarks.million", "project", str(folder), str(times)]
        )
        progress("this project: done")
        others = {
            "lifelines": _run([sys.executable, "-m", "benchmarks.million", "lifelines", str(times)])
        }
        progress("lifelines: done")
        if shutil.which("Rscript"):
            script = Path(__file__).with_suffix(".R")
            others["R"] = _run(["Rscript", "--vanilla", str(script), str(times)])
            progress("R: done")
    whole = [
        Step(step, {"project": seconds}, {}, peak)
        for step, seconds, peak in zip(WHOLE, ours["whole"], ours["peak_mb"], strict=True)
    ]
    programs = {"project": ours, **others}
    return whole + [
        Step(
            step,
            {program: found["seconds"][i] for program, found in programs.items()},
            {program: found["values"][i] for program, found in programs.items()},
        )
        for i, step in enumerate(SHARED)
    ]


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def project(folder: Path, times_file: Path) -> dict[str, Any]:
    """Time this project's steps, and write the times that all programs are given."""
    parameters = Parameters()
    whole, peaks = [], []

    def timed(step: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        made = step()
        whole.append(time.perf_counter() - began)
        peaks.append(_peak_mb())
        return made

    dataset = timed(lambda: read_dataset(folder, STUDY))
    cohort = timed(lambda: derive.cohort(dataset, parameters))
    timed(lambda: survival.estimate(cohort, parameters))
    # Before all factors, which would leave this one's results remembered.
    times = times_by(cohort, f"factor_{FACTOR}", ENDPOINT)
    shared = _timed_all(
        lambda: curves.median(curves.curve(times, parameters)).value,
        lambda: log_rank(times).statistic,
        lambda: hazard_ratio(times, "yes", parameters).ratio.value,
    )
    level = (times["level"] == "yes").astype(int)
    times.assign(event=times["event"].astype(int), level=level)[["days", "event", "level"]].to_csv(
        times_file, index=False
    )
    timed(lambda: prognosis.estimate(cohort, parameters))
    return {"whole": whole, "peak_mb": peaks, **shared}


def by_lifelines(times_file: Path) -> dict[str, Any]:
    """Time lifelines on the times that this project wrote."""
    times = pd.read_csv(times_file)
    return _timed_all(
        lambda: KaplanMeierFitter().fit(times["days"], times["event"]).median_survival_time_,
        lambda: (
            multivariate_logrank_test(times["days"], times["level"], times["event"]).test_statistic
        ),
        lambda: np.exp(CoxPHFitter().fit(times, "days", "event").params_["level"]),
    )


def _timed_all(*measures: Callable[[], float]) -> dict[str, list[float]]:
    seconds, values = [], []
    for measure in measures:
        began = time.perf_counter()
        values.append(float(measure()))
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "values": values}


def _peak_mb() -> float:
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux kilobytes.
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    program, *paths = sys.argv[1:]
    run: dict[str, Callable[..., dict[str, Any]]] = {
        "project": project,
        "lifelines": by_lifelines,
    }
    print(json.dumps(run[program](*map(Path, paths))))
