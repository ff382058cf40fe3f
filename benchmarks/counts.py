"""Counting part by part: seconds and memory of one and two processes, and whether all is equal.

Each run is a process of its own, so that its peak of memory is its own; workers tell theirs.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.cohort import derive
from analysis.cohort.read import read_dataset
from analysis.counts import store
from analysis.counts.counted import Counted
from analysis.counts.estimates import NEEDS_PATIENTS, estimate
from analysis.counts.parts import count_parts
from analysis.counts.split import split
from analysis.counts.table import count_dataset
from analysis.estimates import prognosis, survival
from analysis.estimates.rows import COLUMNS
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from benchmarks import patients

SEED = 1
# Patients of one part: what it takes in memory follows from it.
A_PART = 25_000


@dataclass(frozen=True)
class Row:
    """One step: seconds on the clock and of the processor, peak of memory of a process, MB."""

    name: str
    seconds: float
    processor: float
    peak_mb: float
    said: str = ""


def measure(n: int, progress: Callable[[str], None]) -> list[Row]:
    """Count `n` patients whole, and in parts by one and by two processes.

    Raises
    ------
    subprocess.CalledProcessError
        When one of the programs fails.
    """
    parts = max(2, -(-n // A_PART))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        # By a process of its own: a child's peak is at least what its parent had when it began.
        _run(["write", str(place), str(n)])
        progress(f"{n:,} patients written")
        rows = []
        for program in ("whole", "1", "2"):
            rows += [Row(**row) for row in _run([program, str(place), str(parts)])]
            progress(f"{program}: done")
        (estimated,) = _run(["estimates", str(place), str(parts)])
        rows.append(Row(**estimated))
    return rows


def _run(arguments: list[str]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.counts", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _timed(name: str, step: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    began, used = time.perf_counter(), time.process_time()
    made = step()
    row = {
        "name": name,
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    return made, row


def whole(place: Path) -> list[dict[str, Any]]:
    """Read, derive and count all patients in memory, and estimate from them what counts give."""
    dataset, read = _timed(
        "whole: read and check the files", lambda: read_dataset(place / "patients", STUDY)
    )
    counts, counted = _timed(
        "whole: derive the cohort, and count it", lambda: count_dataset(dataset, Parameters())
    )
    store.write(counts, place / "whole.parquet")
    cohort = derive.cohort(dataset, Parameters())
    found, estimated = _timed(
        "estimates from the patients",
        lambda: pd.concat(
            [part.estimate(cohort, cohort.parameters) for part in (survival, prognosis)]
        ),
    )
    found.to_parquet(place / "estimates.parquet")
    return [read, counted, estimated]


def by_parts(place: Path, parts: int, workers: int) -> list[dict[str, Any]]:
    """Split the patients, and count the parts by some processes."""
    where = place / f"by_{workers}"
    (where / "parts").mkdir(parents=True)
    found, of_split = _timed(
        f"split into {parts} parts",
        lambda: split(place / "patients", STUDY, where / "parts", parts),
    )
    of_split["said"] = f"{found.bytes / parts / 1e6:.1f} MB a part, {found.rows:,} rows"
    done, counted = _timed(
        f"count the parts, {workers} at a time",
        lambda: count_parts(found, STUDY, Parameters(), where / "results", workers),
    )
    same = done.counts == store.read(place / "whole.parquet")
    seconds = [part.seconds for part in done.parts]
    counted |= {
        "processor": counted["processor"] + (sum(seconds) if workers > 1 else 0),
        "peak_mb": max(part.peak_mb for part in done.parts),
        "said": f"{sum(seconds) / parts:.1f} s a part, "
        + ("equal to the whole" if same else "NOT equal to the whole"),
    }
    return [of_split, counted] if workers == 1 else [counted]


def estimates(place: Path) -> list[dict[str, Any]]:
    """Estimate from counts, and hold it to the patients."""
    counts = store.read(place / "whole.parquet")
    found, row = _timed("estimates from counts", lambda: estimate(Counted.of(counts, STUDY)))
    expected = pd.read_parquet(place / "estimates.parquet").reset_index(drop=True)
    columns = [name for name in COLUMNS if name != "function"]
    needs = found["note"] == NEEDS_PATIENTS
    same = found.loc[~needs, columns].equals(expected.loc[~needs, columns])
    row["said"] = (
        f"{len(counts.table):,} counts, {(place / 'whole.parquet').stat().st_size / 1e6:.1f} MB; "
        f"{len(found)} estimates, {int(needs.sum())} need patients, "
        + ("all others equal to the last digit" if same else "NOT all others equal")
    )
    return [row]


if __name__ == "__main__":
    asked, folder, how_many = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if asked == "write":
        patients.write(folder / "patients", how_many, SEED)
        print(json.dumps([]))
    elif asked == "whole":
        print(json.dumps(whole(folder)))
    elif asked == "estimates":
        print(json.dumps(estimates(folder)))
    else:
        print(json.dumps(by_parts(folder, how_many, int(asked))))
