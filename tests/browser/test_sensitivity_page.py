"""The page of the sensitivity analyses in a real browser: complete, linked, legible, and inert."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from playwright.sync_api import Browser

from analysis.__main__ import PROJECT
from analysis.build.sensitivity import build_sensitivity
from analysis.cohort.read import dataset_folder
from analysis.estimates.sparse import as_read
from tests.browser.conftest import HOSTILE, hostile_dataset
from tests.browser.test_accessibility import found_in
from tests.browser.test_pages import CONTRAST, PHONE, visit

VARIANTS = """\
title: "{text}"
question: "{text} Does it?"
variants:
  - why: "{text}"
    name: "{name}"
    change: {{ afp_cutoff: 400 }}
  - change: {{ age_cutoff: [50, 65] }}
  - change: {{ afp_model: spline }}
  - change: {{ population: ecog > 4 }}
"""

TEXTS = {"synthetic": ("Cut-offs", "of IMbrave150"), "hostile": (HOSTILE, HOSTILE[:70])}


@pytest.fixture(scope="module", params=TEXTS)
def page_folder(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the folder of a page of few variants, whose texts may be scripts."""
    reports, declared = (tmp_path_factory.mktemp(name) for name in ("reports", "variants"))
    text, name = TEXTS[request.param]
    file = declared / "cut_offs.yaml"
    file.write_text(VARIANTS.format(text=text, name=name), encoding="utf-8")
    folder = dataset_folder("synthetic")
    if request.param == "hostile":
        folder = hostile_dataset(tmp_path_factory.mktemp("data") / "hostile")
    build_sensitivity(replace(PROJECT, reports=reports), folder, {}, variants=declared)
    return next(reports.glob("sensitivity-*"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_can_be_read_on_a_phone(browser: Browser, page_folder: Path, theme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    path = page_folder / "index.html"
    said, asked = visit(page, path)
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 1
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(CONTRAST) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))
    context.close()


def test_every_variant_has_a_section_that_links_lead_to(
    browser: Browser, page_folder: Path
) -> None:
    page = browser.new_page()
    visit(page, page_folder / "index.html")
    declared = pd.read_csv(page_folder / "variants.csv")
    assert page.locator("section.variants details:not(.of-group)").count() == len(declared) == 5
    for link in page.locator("main a[href^='#variant-']").all():
        target = (link.get_attribute("href") or "")[1:]
        assert page.locator(f"[id='{target}']").count() == 1
    for name in ("comparison.csv", "estimates.csv", "variants.csv"):
        assert page.locator(f"a[href='{name}']").count() == 1
        assert (page_folder / name).is_file()
    # A link to a variant opens its fold.
    page.evaluate("document.querySelector('details.part').open = true")
    first = page.locator("details.part a[href^='#variant-']").first
    section = page.locator(f"[id='{(first.get_attribute('href') or '')[1:]}']")
    assert not section.is_visible()
    first.click()
    assert section.is_visible()
    # The last variant leaves nobody: it is told, and the others are computed.
    assert declared["failed"].notna().tolist() == [False] * 4 + [True]
    assert "not computed" in (page.locator(".not-recorded").first.text_content() or "")
    page.close()


def test_figures_are_described_and_tables_are_named(browser: Browser, page_folder: Path) -> None:
    page = browser.new_page()
    visit(page, page_folder / "index.html")
    images = page.locator("img").all()
    for image in images:
        assert len(image.get_attribute("alt") or "") > 20
        assert image.evaluate("image => image.naturalWidth") > 0
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    for figure in page.locator("figure").all():
        assert figure.locator("figcaption").inner_text().strip()
    for table in page.locator("main table").all():
        assert table.locator("th[scope=col]").count() > 0
    page.close()


def test_changed_conclusions_can_be_filtered(browser: Browser, page_folder: Path) -> None:
    page = browser.new_page()
    visit(page, page_folder / "index.html")
    rows = page.locator("figure#conclusions tbody tr")
    if rows.count():
        page.evaluate("document.querySelector('details.part').open = true")
        page.fill("figure#conclusions input", "younger than")
        shown = [row.inner_text() for row in rows.all() if row.is_visible()]
        assert 0 < len(shown) < rows.count()
        assert all("younger than" in text for text in shown)
        said = page.locator("figure#conclusions output").inner_text()
        assert said == f"{len(shown)} of {rows.count()} rows"
    page.close()


def test_three_screens_say_it_before_the_details(browser: Browser, page_folder: Path) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    visit(page, page_folder / "index.html")
    details = page.locator("h2#details")
    assert details.evaluate("heading => heading.getBoundingClientRect().top") <= 3 * 800
    assert page.locator("details[open]").count() == 0
    # All that follows is folded, so that it fits a screen or two more.
    assert page.evaluate("document.documentElement.scrollHeight") <= 5 * 800
    named = page.locator("figure#conclusions_under_variants img").get_attribute("alt") or ""
    # The variants of one number share a row; one that has a name of its own has none.
    assert "4 rows of variants" in named or "3 rows of variants" in named
    assert "cannot be judged: " in named
    for figure in page.locator("figure[id^='specification_']").all():
        image = figure.locator("img").get_attribute("alt") or ""
        caption = (figure.locator("figcaption").text_content() or "").partition(":")[0]
        assert image.removeprefix("Synthetic patients. ").startswith(f"{caption}. ")
    page.close()


def test_paper_gets_the_whole_list(browser: Browser, page_folder: Path) -> None:
    page = browser.new_page()
    visit(page, page_folder / "index.html")
    page.emulate_media(media="print")
    lists = page.locator("figure#conclusions")
    if lists.count():
        assert not lists.locator(".filter").is_visible()
        hidden = "box => box.scrollHeight - box.clientHeight"
        assert lists.locator(".scroll").evaluate(hidden) <= 1
    page.close()


def test_every_number_of_the_comparison_is_an_estimate(page_folder: Path) -> None:
    estimates = as_read(pd.read_csv(page_folder / "estimates.csv", keep_default_na=False))
    comparison = pd.read_csv(page_folder / "comparison.csv", keep_default_na=False)
    key = ["variant", "analysis_id", "group", "group_level", "variable", "variable_level"]
    known = estimates.set_index([*key, "statistic"])["value"]
    # A cut that moves gives a group another key; the page sets both beside each other.
    moved = comparison.assign(group=comparison["variant_group"])
    for side, of in (("value", moved), ("base", comparison.assign(variant="base"))):
        cells = of[of[side] != ""].set_index([*key, "statistic"])[side]
        assert (known.loc[cells.index] == cells).all()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_axe_finds_nothing(
    browser: Browser, page_folder: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    assert found_in(browser, page_folder / "index.html", scheme, width) == {}
