"""`make live`: a report in a browser follows what is saved, and nothing is left when it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.build.conftest import write_notebook
from tests.build.test_same_bytes import copy
from tests.datasets import write_dataset

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks of Unix")

# What a slow machine may take for what takes a second or two.
SECONDS = 90

PARAMETERS = 'dataset = "synthetic"\noutput = ""\nci_type = "log-log"\nalpha_beta = 10.0\n'
READ = """
from analysis.cohort.read import load
from analysis.display.page import Page
from analysis.display.figures.drawing import notice
from analysis.zhai_2025.study import STUDY
cohort = load(dataset, STUDY, globals())
page = Page({name!r}, output)
"""


class Run:
    """A run of `make live` in a folder, and what it said."""

    def __init__(self, folder: Path, dataset: Path) -> None:
        self.folder = folder
        self.process = self.start(folder, dataset)
        assert self.process.stdout is not None
        self.address = re.findall(r"http\S+", self.process.stdout.readline())[0]
        self.said: list[str] = []
        assert self.process.stderr is not None
        errors = self.process.stderr
        threading.Thread(target=lambda: self.said.extend(errors), daemon=True).start()

    @staticmethod
    def start(folder: Path, dataset: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "analysis", "live", "--dataset", str(dataset)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def started(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(SECONDS)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = copy(tmp_path_factory.mktemp("live") / "a project")
    for path in (folder / "notebooks").glob("*.ipynb"):
        path.unlink()
    first = READ.format(name="01_first")
    write_notebook(
        folder / "notebooks" / "01_first.ipynb",
        f"{first}print('women:', (cohort.patients['sex'] == 'female').sum())",
        "print('interval:', ci_type)",
        "page.figure('figure_1', notice('Nothing to see.'), 'A figure.')",
        parameters=PARAMETERS,
    )
    write_notebook(folder / "notebooks" / "index.ipynb", "print('index')", parameters=PARAMETERS)
    dataset = write_dataset(folder.parent / "four")
    started = Run(folder, dataset)
    yield started
    started.end()


@pytest.fixture(scope="module")
def page(browser: Browser, run: Run) -> Iterator[Page]:
    opened = browser.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(run.address)
    yield opened
    assert errors == []
    opened.close()


def report_in(page: Page) -> Frame:
    frame = page.frame(name="report")
    assert frame is not None
    return frame


def until(holds: Callable[[], bool], page: Page) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            if holds():
                return
        except Exception:
            # A page that is just being left has nothing to ask.
            pass
        page.wait_for_timeout(100)
    raise AssertionError(page.inner_text("header"))


def shows(page: Page, text: str) -> Callable[[], bool]:
    return lambda: text in report_in(page).inner_text("body")


def save(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_page_follows_a_parameter_a_cell_and_a_value(page: Page, run: Run) -> None:
    notebook = run.folder / "notebooks" / "01_first.ipynb"
    until(shows(page, "index"), page)
    report_in(page).goto(f"{run.address}reports/four/01_first.html")
    until(shows(page, "interval: log-log"), page)
    assert "women: 1" in report_in(page).inner_text("body")

    save(notebook, 'ci_type = \\"log-log\\"', 'ci_type = \\"plain\\"')
    until(shows(page, "interval: plain"), page)
    # Which numbers are others is told before any page is made.
    assert "→" in (page.text_content("#numbers ul") or "")

    save(notebook, "interval:", "limits by")
    until(shows(page, "limits by plain"), page)

    patients = run.folder.parent / "four" / "patients.csv"
    save(patients, "A4,male", "A4,female")
    until(shows(page, "women: 2"), page)
    # Where the reader was is where the reader is.
    assert page.url.endswith("#four/01_first.html")


def test_an_error_is_shown_and_heals_and_the_last_good_page_stays(page: Page, run: Run) -> None:
    notebook = run.folder / "notebooks" / "01_first.ipynb"
    # A page is shown before all of the report is in place.
    until(lambda: "Up to date" in page.inner_text("#state"), page)
    save(notebook, "limits by", "1 / 0, 'limits by")
    until(lambda: "01_first" in page.inner_text("#error"), page)
    assert page.locator("#error").is_visible()
    until(shows(page, "limits by plain"), page)
    save(notebook, "1 / 0, 'limits by", "limits by")
    until(lambda: not page.locator("#error").is_visible(), page)
    until(shows(page, "limits by plain"), page)


def test_the_figures_follow_the_code_that_draws_them(page: Page, run: Run) -> None:
    figure = "document.querySelector('figure.plot img').src"
    before = report_in(page).evaluate(figure)
    save(run.folder / "analysis/display/theme.py", 'MUTED = "#666666"', 'MUTED = "#123456"')
    until(lambda: bool(report_in(page).evaluate(figure) != before), page)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"Host": "example.org"}, 403),
        ("", {"Origin": "http://example.org"}, 403),
        ("events", {"Origin": "null"}, 403),
        ("reports/four/index.html", {"Host": "127.0.0.1:1"}, 403),
        ("reports/four/index.html", {}, 200),
        ("reports/../README.md", {}, 403),
        ("reports/.live-four", {}, 404),
        ("reports/%2e%2e/pyproject.toml", {}, 403),
        ("../reports/four/index.html", {}, 404),
    ],
)
def test_nobody_else_is_served(run: Run, path: str, headers: dict[str, str], status: int) -> None:
    asked = urlsplit(run.address)
    connection = HTTPConnection(asked.netloc, timeout=10)
    # As it is written: a library would take the dots away.
    connection.putrequest("GET", asked.path + path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    found = connection.getresponse().status
    connection.close()
    assert found == status


def test_it_listens_to_this_machine_alone(run: Run) -> None:
    listening = [
        each.laddr.ip
        for process in (psutil.Process(run.process.pid), *run.started())
        for each in process.net_connections(kind="tcp")
        if each.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_two_of_one_report_do_not_meet(run: Run) -> None:
    second = Run.start(run.folder, run.folder.parent / "four")
    _, said = second.communicate(timeout=SECONDS)
    assert second.returncode == 2
    assert "serves reports/four/ already" in said


def test_nothing_is_left_when_it_ends(run: Run, page: Page) -> None:
    started = run.started()
    assert started
    run.end()
    assert run.process.returncode == 0
    gone, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []
    assert len(gone) == len(started)
    assert [path.name for path in (run.folder / "reports").glob(".*")] == []
    until(lambda: "has ended" in page.inner_text("#state"), page)
