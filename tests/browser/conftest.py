"""Reports of the project's own notebooks, and a browser to open them in."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from analysis.__main__ import PROJECT
from analysis.build.report import build_report
from analysis.cohort.folder import dataset_folder
from tests.datasets import write_dataset

HOSTILE = "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("There is no Chromium: install it (apt install chromium) or set CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


OWN, OTHERS = "synthetic", ["hepatocellular", "hostile"]


@pytest.fixture(scope="session", params=[OWN])
def report(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the folder of the report on the synthetic cohort."""
    return built(request.param, tmp_path_factory)


@pytest.fixture(scope="session", params=[OWN, *OTHERS])
def any_report(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the folder of each report: synthetic, with much not recorded, with hostile text."""
    return built(request.param, tmp_path_factory)


_REPORTS: dict[str, Path] = {}


def built(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a report anew unless `reports/` has it and it is up to date; once for all workers."""
    if name not in _REPORTS:
        place = tmp_path_factory.getbasetemp()
        if "PYTEST_XDIST_WORKER" in os.environ:
            place = place.parent
        place = place / f"report-{name}"
        place.mkdir(exist_ok=True)
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "done").is_file():
                _build(name, place)
                (place / "done").touch()
        _REPORTS[name] = place / "reports" / name
    return _REPORTS[name]


def _build(name: str, place: Path) -> None:
    reports = place / "reports"
    dataset = dataset_folder(name)
    if name == "hostile":
        dataset = hostile_dataset(place / "data" / name)
    elif PROJECT.report(name).is_dir():
        shutil.copytree(PROJECT.report(name), reports / name)
    build_report(replace(PROJECT, reports=reports), dataset, {})


def hostile_dataset(folder: Path) -> Path:
    """Write four patients of a dataset whose every free text is a script."""
    write_dataset(folder)
    for path in folder.glob("*.csv"):
        path.write_text(path.read_text().replace("A1,", f"{HOSTILE},"), encoding="utf-8")
    (folder / "dataset.yaml").write_text(
        f'title: "{HOSTILE}"\nnotice: "{HOSTILE}"\ndata_cutoff: 2022-12-31\n', encoding="utf-8"
    )
    return folder
