"""The page of the audit in a real browser: every derivation can be opened and read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from analysis.__main__ import PROJECT
from analysis.article.ledger import CLAIMS
from analysis.audit import records
from analysis.build.audit import build_audit
from tests.browser.test_accessibility import found_in
from tests.browser.test_pages import CONTRAST, PHONE, visit


@pytest.fixture(scope="module")
def audit_folder(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    reports = tmp_path_factory.mktemp("reports")
    build_audit(replace(PROJECT, reports=reports), CLAIMS)
    return reports / "audit"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_audit_can_be_read(browser: Browser, audit_folder: Path, theme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    path = audit_folder / "index.html"
    said, asked = visit(page, path)
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]

    findings = records.from_json((audit_folder / "findings.json").read_text(encoding="utf-8"))
    assert page.locator("article.finding").count() == len(findings)
    details = page.locator("article.finding details")
    for number in range(details.count()):
        details.nth(number).locator("summary").click()
    shown = page.locator("article.finding ol li")
    assert shown.count() == sum(len(finding.proof.steps) for finding in findings)
    assert all(shown.nth(number).is_visible() for number in range(0, shown.count(), 7))
    # Nothing is wider than a telephone, and every text stands out from what is behind it.
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(CONTRAST) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))
    for name in ("findings.csv", "findings.json"):
        assert page.locator(f"a[href='{name}']").count() == 1
        assert (audit_folder / name).is_file()
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 390)])
def test_axe_finds_nothing(
    browser: Browser, audit_folder: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    assert found_in(browser, audit_folder / "index.html", scheme, width) == {}
