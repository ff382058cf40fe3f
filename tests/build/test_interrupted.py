"""Whenever a command is interrupted: it ends at once, leaves nothing, and the next one succeeds."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from analysis.build.inputs import hashes_in
from analysis.build.manifest import FILE
from analysis.build.project import AUDIT_NOTEBOOK, ROOT, SENSITIVITY_NOTEBOOK
from tests.build.conftest import ESTIMATES, PARAMETERS, write_notebook
from tests.build.test_same_bytes import copy
from tests.build.test_sensitivity import CELL as VARIANTS_CELL
from tests.build.test_sensitivity import FILE as VARIANTS
from tests.build.test_sensitivity import PARAMETERS as VARIANTS_PARAMETERS
from tests.datasets import write_dataset

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals of Unix")

# Seconds in which everything must have ended.
SOON = 5
# Processes are found by this name in their environment, whoever is their parent by then.
MARK = "MARK_OF_THIS_TEST"

# The search takes seconds, and the moments that matter are those of writing.
SYNTHESIS = """
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
import itertools, sys
from types import SimpleNamespace
import pandas as pd
from analysis.audit import engine
from analysis.synthesis import search
from analysis.zhai_2025.synthesis.__main__ import main
tables = {name: pd.read_csv(f"data/four/{name}.csv") for name in ("patients", "follow_up")}
found = SimpleNamespace(tables=tables, attempts=1, evaluations=1)
search.find = lambda *given: found
engine.answers_of = lambda *given: set()
for seed in itertools.islice(itertools.count(), int(sys.argv[1])):
    assert main(["--seed", str(seed)]) == 0
"""


@dataclass(frozen=True)
class Place:
    """A project of its own with small notebooks, in which commands are started."""

    folder: Path

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def start(self, arguments: list[str], mark: str = "", said: int | None = None) -> Process:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), MARK: mark},
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )

    def run(self, arguments: list[str]) -> None:
        assert self.start(arguments).wait(timeout=120) == 0


Process = subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = copy(tmp_path_factory.mktemp("interrupted") / "a {project}")
    shutil.rmtree(folder / "notebooks" / "sensitivity")
    for path in (folder / "notebooks").glob("*.ipynb"):
        if path.stem != AUDIT_NOTEBOOK:
            path.unlink()
    for name in ("01_first", "02_second", "03_third"):
        cell = ESTIMATES.format(name=name, file=f"{name}.parquet")
        write_notebook(folder / "notebooks" / f"{name}.ipynb", cell, "import time\ntime.sleep(0.3)")
    reading = PARAMETERS + 'estimates = ""\n'
    write_notebook(
        folder / "notebooks" / "index.ipynb", "print(bool(estimates))", parameters=reading
    )
    path = folder / "notebooks" / f"{SENSITIVITY_NOTEBOOK}.ipynb"
    write_notebook(path, VARIANTS_CELL, parameters=VARIANTS_PARAMETERS)
    (folder / "variants.yaml").write_text(VARIANTS, encoding="utf-8")
    write_dataset(folder / "data" / "four")
    shutil.copytree(ROOT / "data" / "ledgers" / "template", folder / "mine")
    shutil.rmtree(folder / "data" / "synthetic")
    return Place(folder)


def report(place: Place, number: int) -> list[str]:
    """Give the command of a build, which has something else to do for each number."""
    remark(place.folder / "data" / "four" / "dataset.yaml", number)
    return ["-m", "analysis", "report", "--dataset", "four", "--workers", "2"]


def remark(path: Path, number: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"# {number}\n")


def sensitivity(place: Place, number: int) -> list[str]:
    remark(place.folder / "data" / "four" / "dataset.yaml", number)
    options = ["--dataset", "four", "--variants", "variants.yaml", "--workers", "2"]
    return ["-m", "analysis", "sensitivity", *options]


def audit(place: Place, number: int) -> list[str]:
    remark(place.folder / "mine" / "structure.yaml", number)
    return ["-m", "analysis", "audit", "--ledger", "mine/claims.csv"]


def synthesis(place: Place, number: int) -> list[str]:
    return ["-c", SYNTHESIS, str(1 if number == 0 else 9999)]


def without_manifest(folder: Path) -> dict[str, str]:
    return {name: hash_ for name, hash_ in hashes_in(folder).items() if name != FILE}


def report_is_whole(folder: Path) -> bool:
    outputs = json.loads((folder / FILE).read_text(encoding="utf-8"))["outputs"]
    return bool(without_manifest(folder) == outputs)


def cohort_is_whole(folder: Path) -> bool:
    """Tell whether all files are there, and are of one draw."""
    tables = [path.read_text(encoding="utf-8") for path in folder.glob("*.csv")]
    described = (folder / "dataset.yaml").read_text(encoding="utf-8")
    seeds = [re.search(r"SEED=(\d+)", table.splitlines()[0]) for table in tables]
    seeds.append(re.search(r"^seed: (\d+)$", described, re.MULTILINE))
    return len(seeds) == 3 and len({seed and seed[1] for seed in seeds}) == 1


def left(mark: str) -> list[str]:
    """Give what still runs of what was started under a mark."""
    running = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                running.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return running


def interrupt(process: Process, number: signal.Signals) -> None:
    """Send a signal as it comes: Ctrl-C of a terminal to all, others to the command alone."""
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


@pytest.mark.parametrize(
    ("command", "moments", "longest", "name"),
    [
        (report, 10, 4.0, "four"),
        (sensitivity, 5, 4.5, "sensitivity-four"),
        (audit, 4, 3.5, "audit-mine"),
        (synthesis, 6, 2.5, ""),
    ],
)
def test_interrupted_at_any_moment_it_ends_and_leaves_the_last_whole(
    place: Place,
    tmp_path: Path,
    command: Callable[[Place, int], list[str]],
    moments: int,
    longest: float,
    name: str,
) -> None:
    place.run(command(place, 0))
    folder = place.reports / name if name else place.folder / "data" / "synthetic"
    undisturbed = without_manifest(folder)
    chance = random.Random(command.__name__)
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    said = tmp_path / "said"
    for moment in range(1, moments + 1):
        mark = f"{tmp_path}-{moment}"
        number = numbers[moment % 3]
        with said.open("wb") as file:
            process = place.start(command(place, moment), mark, file.fileno())
        time.sleep(chance.uniform(0.2, longest))
        ended_before = process.poll() is not None
        interrupt(process, number)
        began = time.monotonic()
        status = process.wait(timeout=SOON)
        while running := left(mark):
            assert time.monotonic() < began + SOON, (number, running)
            time.sleep(0.02)
        words = said.read_text(encoding="utf-8")
        assert "resource_tracker" not in words
        # While Python itself starts, nobody is there to say anything.
        if status != -number:
            assert "Traceback" not in words
            assert ended_before or (status, words.splitlines()[-1][:12]) == (130, "Interrupted;")
        assert report_is_whole(folder) if name else cohort_is_whole(folder), (number, words)
    place.run(command(place, 0))
    assert without_manifest(folder) == undisturbed
    assert list(folder.parent.glob(".*")) == []
