"""What axe finds on the pages, by day and night, on a screen and on a phone; what a phone cuts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import OWN

AXE = next(Path(axe_playwright_python.__file__).parent.glob("axe*.js")).read_text("utf-8")
DESK, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
# The shade of what scrolls would keep axe from judging the contrast of what stands on it.
PLAIN = ".scroll { background: none !important; }"


# Of rows of a table that are marked up alike, axe is shown three: it takes a minute for thousands.
ALIKE = """() => {
    const marked = one => one.tagName + "." + one.getAttribute("class");
    for (const table of document.querySelectorAll("table")) {
        const seen = new Map();
        for (const row of Array.from(table.rows)) {
            const kind = [row, ...row.querySelectorAll("*")].map(marked).join();
            seen.set(kind, (seen.get(kind) || 0) + 1);
            // Not headings of groups, which cells of the rows that stay refer to.
            if (seen.get(kind) > 3 && !row.querySelector("[rowspan], th[id], td[id]")) row.remove();
        }
    }
}"""

# What hangs on colours, or on how wide the window is.
OF_LOOKS = ["color-contrast", "scrollable-region-focusable", "target-size"]


def violations(page: Page, path: Path) -> dict[str, Any]:
    """Open a page, and give what axe finds on it, by rule, with the first element."""
    page.goto(path.as_uri())
    page.add_style_tag(content=PLAIN)
    page.evaluate(ALIKE)
    page.evaluate(AXE)
    return violations_now(page)


def violations_now(page: Page, rules: Sequence[str] = ()) -> dict[str, Any]:
    """Give what axe finds on a page that is open, by all rules, or by some."""
    asked: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        asked["runOnly"] = {"type": "rule", "values": list(rules)}
    found = page.evaluate("asked => axe.run(document, asked)", asked)
    return {each["id"]: each["nodes"][0]["html"] for each in found["violations"]}


def found_in(browser: Browser, path: Path, scheme: Literal["light", "dark"], width: int) -> Any:
    """Give what axe finds on one page, opened for it."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    try:
        return violations(page, path)
    finally:
        page.close()


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", DESK), ("dark", PHONE)], ids=["desk", "phone"]
)
def test_axe_finds_nothing(
    any_report: Path, browser: Browser, scheme: Literal["light", "dark"], size: dict[str, int]
) -> None:
    """By day on a screen and by night on a phone; what hangs on looks also the other way round.

    The pages of other reports are the same templates, and are looked at in two ways of the four.
    """
    page = browser.new_page(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    other: Literal["light", "dark"] = "dark" if scheme == "light" else "light"
    try:
        paths = sorted(any_report.glob("*.html"))
        assert paths
        for path in paths:
            page.emulate_media(color_scheme=scheme)
            assert violations(page, path) == {}, path.name
            if any_report.name == OWN:
                # An open page follows at once, by its style sheet: it need not be opened again.
                page.emulate_media(color_scheme=other)
                assert violations_now(page, OF_LOOKS) == {}, (path.name, other)
    finally:
        page.close()


def test_axe_finds_a_fault(tmp_path: Path, browser: Browser) -> None:
    """A check that finds nothing must be able to find something."""
    path = tmp_path / "page.html"
    path.write_text("<html><body><img src='data:,'><p style='color:#ccc'>pale</p></body></html>")
    page = browser.new_page()
    try:
        assert {"image-alt", "color-contrast", "html-has-lang"} <= violations(page, path).keys()
    finally:
        page.close()


def test_a_phone_shows_whole_figures_at_a_size_that_can_be_read(
    any_report: Path, browser: Browser
) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    try:
        for path in sorted(any_report.glob("*.html")):
            page.goto(path.as_uri())
            sizes = page.eval_on_selector_all(
                "figure.plot img",
                """all => all.map(image => [
                    image.getBoundingClientRect().right, image.clientWidth, image.naturalWidth,
                    image.closest('.scroll').scrollWidth - image.closest('.scroll').clientWidth,
                ])""",
            )
            for right, shown, drawn, hidden in sizes:
                assert right <= PHONE["width"]
                assert hidden <= 0
                # Letters of seven points are drawn at a third more than on paper: 9 pixels remain.
                assert shown / drawn > 0.8 * 0.96, (path.name, shown, drawn)
    finally:
        page.close()


def test_figures_are_dark_by_night(report: Path, browser: Browser) -> None:
    """The paper of a figure is that of the page, in either colours."""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        try:
            page.goto((report / "04_survival.html").as_uri())
            figure = page.locator("figure.plot img").first
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
            corner = figure.screenshot()
            assert _corner(corner) == tuple(int(part) for part in paper[4:-1].split(","))
        finally:
            page.close()


def _corner(png: bytes) -> tuple[int, ...]:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB").getpixel((1, 1))  # type: ignore[return-value]
