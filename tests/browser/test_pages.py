"""Every page of the report in a real browser: complete, linked, legible, and inert."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from playwright.sync_api import Browser, Page

from analysis.__main__ import PROJECT
from analysis.build.project import INDEX, ROOT

PAGES = [INDEX, *PROJECT.analyses()]

PHONE = {"width": 390, "height": 844}

# Ratio of contrast of every visible text with what is behind it (WCAG 2.2, 1.4.3).
CONTRAST = """
() => {
  // A canvas knows every notation of a colour, and lays colours that let light through on others.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = (colours) => {
    for (const colour of ["white", ...colours]) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colours = [];
    for (let at = element; at; at = at.parentElement) {
      colours.unshift(getComputedStyle(at).backgroundColor);
    }
    return colours;
  };
  const faint = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes]
      .filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    const style = getComputedStyle(element);
    if (!text || !element.checkVisibility() || element.closest(".anchor, .skip, script")) continue;
    const colours = behind(element);
    const [one, two] = [luminance([...colours, style.color]), luminance(colours)];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) faint.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}
"""


# What stands in the elements that are seen.
SHOWN = """
all => all.filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => one.innerText)
"""


def made(report: Path, name: str) -> Path:
    """Give a page; a report has none where its dataset does not record what the page is about."""
    pages = json.loads((report / "manifest.json").read_text(encoding="utf-8"))["pages"]
    if name not in (INDEX, *pages):
        assert not (report / f"{name}.html").exists()
        pytest.skip(f"{report.name} records nothing for {name}")
    return report / f"{name}.html"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give an empty page that notes errors and requests in `said` and `asked`."""
    context = browser.new_context()
    page = context.new_page()
    yield page
    context.close()


def visit(page: Page, path: Path) -> tuple[list[str], list[str]]:
    """Open a page; give what its console said and the addresses that it asked for."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return said, asked


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_no_error_and_asks_for_nothing(page: Page, any_report: Path, name: str) -> None:
    path = made(any_report, name)
    said, asked = visit(page, path)
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("window.hacked") is None
    # The scripts of the template, and of a panel; none that a notebook or a data file brought.
    panels = page.locator(".what-if").count()
    assert page.locator("script").count() == 1 + panels
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_within_the_report_leads_somewhere(page: Page, report: Path, name: str) -> None:
    visit(page, report / f"{name}.html")
    addresses = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    for address in set(addresses):
        if address.startswith("https://"):
            continue
        file, fragment = urldefrag(address)
        target = Path(unquote(file.removeprefix("file://")))
        assert target.is_file(), address
        if fragment:
            assert ids_of(target)[fragment] == 1, address


@cache
def ids_of(path: Path) -> Counter[str]:
    return Counter(re.findall(r'id="([^"]*)"', path.read_text(encoding="utf-8")))


def test_navigation_leads_through_all_pages(page: Page, report: Path) -> None:
    visit(page, report / "index.html")
    for name in PAGES[1:]:
        page.click('a[rel="next"]')
        assert page.url == (report / f"{name}.html").as_uri()
        assert page.locator("nav.pages [aria-current]").get_attribute("href") == f"{name}.html"
    page.click("nav.pages a >> nth=0")
    assert page.url == (report / "index.html").as_uri()


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_a_page_without_scrolling_sideways(
    page: Page, any_report: Path, name: str
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visit(page, made(any_report, name))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_day_and_by_night(
    page: Page, report: Path, name: str, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visit(page, report / f"{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    assert page.evaluate(CONTRAST) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


def open_panels(page: Page) -> None:
    """Fold out the panels of a page, and wait for what their script shows."""
    page.evaluate("document.querySelectorAll('.what-if-fold').forEach(f => { f.open = true; })")
    for panel in page.locator(".what-if").all():
        panel.locator("figcaption", has_text=re.compile(r"\w")).first.wait_for()


@pytest.mark.parametrize("name", PAGES)
def test_figures_are_described_and_tables_are_named(
    page: Page, any_report: Path, name: str
) -> None:
    visit(page, made(any_report, name))
    images = "all => all.map(image => [image.getAttribute('alt') || '', image.naturalWidth])"
    for described, width in page.eval_on_selector_all("img", images):
        assert len(described) > 20
        assert "No description" not in described
        assert width > 0
    open_panels(page)
    # What is not laid out until it is scrolled to has text all the same.
    captions = """all => all.map(
        figure => Array.from(figure.querySelectorAll("figcaption"), one => one.textContent))"""
    for caption in page.eval_on_selector_all("figure", captions):
        assert len(caption) == 1
        assert caption[0].strip()
    heads = "all => all.map(table => table.querySelectorAll('th[scope=col]').length)"
    assert all(page.eval_on_selector_all("table.gt_table", heads))


@pytest.mark.parametrize("name", PAGES)
def test_code_is_folded_until_asked_for(page: Page, report: Path, name: str) -> None:
    visit(page, report / f"{name}.html")
    folded = page.locator("details.code").first
    assert not folded.locator("pre").is_visible()
    folded.locator("summary").click()
    assert folded.locator("pre").is_visible()
    assert folded.locator("summary").inner_text().strip() == "Parameters"


@pytest.mark.parametrize("name", PAGES)
def test_paper_gets_results_without_code_and_navigation(
    page: Page, report: Path, name: str
) -> None:
    visit(page, report / f"{name}.html")
    page.emulate_media(media="print", color_scheme="dark")
    for selector in ("nav.pages", "details.code", "button.theme", ".files"):
        assert page.eval_on_selector_all(selector, SHOWN) == [], selector
    assert page.locator("h1").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("name", PAGES)
def test_no_path_of_this_machine_is_told(any_report: Path, name: str) -> None:
    text = (made(any_report, name)).read_text(encoding="utf-8")
    for path in (ROOT, any_report.parent, Path.home()):
        assert f"{path}/" not in text


def test_colours_can_be_chosen_and_are_remembered(page: Page, report: Path) -> None:
    visit(page, report / "index.html")
    page.click("button.theme")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.click("button.theme")
    assert page.locator("html").get_attribute("data-theme") == "light"


def test_the_keyboard_reaches_the_content_first(page: Page, report: Path) -> None:
    visit(page, report / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_the_list_of_reports_leads_to_each(page: Page, report: Path) -> None:
    said, asked = visit(page, report.parent / "index.html")
    assert said == []
    assert len(asked) == 1
    page.click("ul.reports h2 a")
    assert page.url == (report / "index.html").as_uri()


def test_tables_open_by_themselves(page: Page, any_report: Path) -> None:
    files = sorted((any_report / "tables").glob("*.html"))
    assert files
    for file in files:
        said, asked = visit(page, file)
        assert said == []
        assert page.evaluate("window.hacked") is None
        assert asked[-1] == file.as_uri()


def test_lists_of_verdicts_can_be_filtered(page: Page, report: Path) -> None:
    names = [name for name in PAGES if "replication" in name]
    for name in names:
        visit(page, report / f"{name}.html")
        everything = page.locator("figure#verdicts tbody tr").count()
        page.fill("figure#verdicts input", "hepatitis")
        # In one go: each of a thousand rows would take a turn to the browser.
        shown = page.eval_on_selector_all("figure#verdicts tbody tr", SHOWN)
        assert 0 < len(shown) < everything
        assert all("hepatitis" in text.lower() for text in shown)
        said = page.locator("figure#verdicts output").inner_text()
        assert said == f"{len(shown)} of {everything} numbers"


def test_only_a_synthetic_cohort_is_asked_whether_it_looks_like_patients(any_report: Path) -> None:
    asked = any_report / "10_plausibility.html"
    assert asked.exists() == (any_report.name == "synthetic")
    if asked.exists():
        assert 'id="plausibility_rules"' in asked.read_text(encoding="utf-8")


# A report that was not asked to compare says nothing of the article, and has no empty page ------

# Said of the article's patients alone.
OF_THE_ARTICLE = (
    "Zhai", "the article", "108 patients", "PD-1", "2018 to 2021", "section 3", "Methods 2",
    "enrolment_first_year", "Supplementary", "earlier trials", "Replication", "Plausibility",
)  # fmt: skip


def text_of(page: Path) -> str:
    """Give what a page says: prose, captions, descriptions and parameters, without its code."""
    html = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", page.read_text(encoding="utf-8"))
    html = re.sub(r'(?s)<details class="code">.*?</details>', "", html)
    html = re.sub(r'alt="([^"]*)"', r">\1<", html)
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_nothing_is_said_of_the_article_that_was_not_asked_for(any_report: Path) -> None:
    said = {page.name: text_of(page) for page in any_report.glob("*.html")}
    found = {
        (name, words) for name, text in said.items() for words in OF_THE_ARTICLE if words in text
    }
    if any_report.name == "synthetic":
        assert {words for _, words in found} == set(OF_THE_ARTICLE)
    else:
        assert found == set()
        assert not {"07_replication.html", "10_plausibility.html"} & set(said)


def test_every_page_has_a_table_or_a_figure(any_report: Path) -> None:
    for page in any_report.glob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert re.search(r'<figure class="(table|plot)|<section[^>]* class="what-if"', html), (
            page.name
        )
        for section in re.split(r"<h2 ", html)[1:]:
            assert section.count('class="not-recorded"') <= 2, page.name
