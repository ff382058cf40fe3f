"""Two reports side by side in a real browser: what changes is read at once, also on a phone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser

from analysis.__main__ import PROJECT
from analysis.build.comparison import Asked, build_comparison
from analysis.build.inputs import hashes_in
from analysis.cohort.read import dataset_folder
from tests.browser.conftest import HOSTILE, built, hostile_dataset
from tests.browser.test_accessibility import found_in
from tests.browser.test_pages import CONTRAST, PHONE, visit

KINDS = ["variant", "datasets"]


@pytest.fixture(scope="module", params=KINDS)
def page_folder(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the folder of a page: a base beside its variant, or beside a hostile dataset."""
    reports = tmp_path_factory.mktemp("reports")
    project = replace(PROJECT, reports=reports)
    synthetic = dataset_folder("synthetic")
    shutil.copytree(built("synthetic", tmp_path_factory), reports / "synthetic")
    before = hashes_in(reports / "synthetic", hidden=True)
    other = Asked(synthetic, {"time_zero": "radiotherapy"})
    if request.param == "datasets":
        other = Asked(hostile_dataset(tmp_path_factory.mktemp("data") / "hostile"), {})
    name = build_comparison(project, Asked(synthetic, {}), other).name
    assert hashes_in(reports / "synthetic", hidden=True) == before
    return reports / name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_can_be_read_on_a_phone(browser: Browser, page_folder: Path, theme: Any) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=theme)
    page = context.new_page()
    path = page_folder / "index.html"
    said, asked = visit(page, path)
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 1
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(CONTRAST) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))
    for image in page.locator("figure.plot img").all():
        drawn = image.evaluate("image => image.clientWidth / image.naturalWidth")
        assert drawn > 0.8 * 0.96
    context.close()


def test_what_changes_comes_first_and_links_lead_to_both_reports(
    browser: Browser, page_folder: Path
) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    visit(page, page_folder / "index.html")
    changes = page.locator("h2#what-changes").bounding_box()
    assert changes is not None
    assert changes["y"] < 1000
    links = page.locator("main table.prose a").all()
    assert len(links) == 2
    for link in links:
        target = (page_folder / (link.get_attribute("href") or "")).resolve()
        assert target.is_file()
    text = page.locator("main").inner_text()
    if "--" in page_folder.name:
        assert "These are different patients." in text
        assert HOSTILE in text
    else:
        assert "where it is below 0.05" in page.locator("main").text_content()  # type: ignore[operator]
        assert "Time counted from the first day of radiotherapy" in text
    assert page.locator("a[href='comparison.csv']").count() == 1
    page.close()


def test_curves_lie_over_each_other_beside_each_other(browser: Browser, page_folder: Path) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    visit(page, page_folder / "index.html")
    figures = page.locator(".overlaid figure").all()
    assert figures
    for figure in figures:
        assert "(solid, n = " in figure.locator("figcaption").inner_text()
        alt = figure.locator("img").get_attribute("alt") or ""
        # Both curves, each with its numbers at risk.
        assert alt.count(" at risk at 0 months") == 2
    if len(figures) > 1:
        first, second = (figure.bounding_box() for figure in figures[:2])
        assert first is not None
        assert second is not None
        assert first["y"] == second["y"]
        assert second["x"] > first["x"] + first["width"] - 1
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_axe_finds_nothing(
    browser: Browser, page_folder: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    assert found_in(browser, page_folder / "index.html", scheme, width) == {}
