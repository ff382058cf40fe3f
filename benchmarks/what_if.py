"""What a panel adds to a page, and how long a reader waits after moving a setting."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from analysis.__main__ import PROJECT
from analysis.build.report import build_report
from analysis.cohort.folder import dataset_folder
from analysis.display.what_if.panel import MOST_BYTES
from analysis.display.what_if.script import PANEL_STYLE, SCRIPT

PAGES = ("04_survival", "06_prognostic_factors", "12_what_if")
MOVES = 200
GOAL_MS = 100

# Moves each slider in turn to another place, and waits until the page is laid out again.
_MOVE = """async moves => {
  for (const fold of document.querySelectorAll(".what-if-fold")) fold.open = true;
  const sliders = [...document.querySelectorAll(".what-if input[type=range]")];
  const taken = [];
  for (let move = 0; move < moves; move += 1) {
    const one = sliders[move % sliders.length];
    one.value = (Number(one.value) + 1 + (move * 7) % one.max) % (Number(one.max) + 1);
    const from = performance.now();
    one.dispatchEvent(new Event("input"));
    await new Promise(requestAnimationFrame);
    document.body.getBoundingClientRect();
    taken.push(performance.now() - from);
  }
  return taken;
}"""


@dataclass(frozen=True)
class Result:
    """Bytes that a panel adds to a page (goal `MOST_BYTES`), and milliseconds of a move."""

    page: str
    added: int
    median: float
    p95: float


def measure(progress: Callable[[str], None]) -> list[Result]:
    """Measure each page with a panel, of a report that is built for it, in a browser.

    Raises
    ------
    FileNotFoundError
        When there is no Chromium.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("There is no Chromium: install it, or set CHROMIUM.")
    found = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        progress("The report is built.")
        build_report(replace(PROJECT, reports=Path(folder)), dataset_folder("synthetic"), {})
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in PAGES:
            path = Path(folder) / "synthetic" / f"{name}.html"
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_selector(".what-if[data-ready]", state="attached")
            taken = page.evaluate(_MOVE, MOVES)
            progress(f"{name}: {MOVES} moves")
            found.append(
                Result(
                    name,
                    added(path.read_text(encoding="utf-8")),
                    statistics.median(taken),
                    statistics.quantiles(taken, n=20)[-1],
                )
            )
        browser.close()
    return found


def added(page: str) -> int:
    """Give how many bytes of a page are its panel: script, style, and what it carries."""
    carried = re.search(r"<section[^>]*data-cohort=.*?</section>", page, re.DOTALL)
    return len(SCRIPT.encode()) + len(PANEL_STYLE.encode()) + len(carried[0] if carried else "")


def lines(results: list[Result]) -> list[str]:
    """Give the results as Markdown."""
    head = (
        f"| panel | added, kB (goal {MOST_BYTES / 1000:.0f}) | a move, ms | p95 (goal {GOAL_MS}) |"
    )
    rows = [
        f"| {one.page} | {one.added / 1000:.0f} | {one.median:.0f} | {one.p95:.0f} |"
        for one in results
    ]
    return [head, "| --- | ---: | ---: | ---: |", *rows, ""]
