"""Every number of every page leads to its row and back, in a browser, by mouse and by keys."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lxml import html
from playwright.sync_api import Browser, Page

from analysis.__main__ import PROJECT
from analysis.build.report import build_report
from analysis.display.addresses import address as addressed
from analysis.display.format import fixed
from analysis.display.links import broken
from analysis.estimates.groups import ANALYSIS
from analysis.study.keys import Key, Statistic
from analysis.study.printed import half_up
from tests.browser.conftest import OWN
from tests.browser.test_accessibility import AXE
from tests.marks import headings_of

# How many numbers lead to a row at least, on the pages of the synthetic report.
AT_LEAST = {
    "01_cohort": 90,
    "02_treatment": 95,
    "03_response": 130,
    "04_survival": 215,
    "05_toxicity": 170,
    "06_prognostic_factors": 590,
    "07_replication": 900,
    "11_left_open": 290,
    "index": 30,
}
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.]*\w)")
HAZARD_RATIO = Statistic.HAZARD_RATIO
# Columns of what is published, of other cohorts, of other trials, or counted from these.
OTHERS = re.compile(r"cohorts|Published|Difference|What there is")
# On the page of what is left open: of many cohorts, of proofs, or of the article's numbers.
LEFT_OPEN = re.compile(
    r"Attained|Above 1|at the ends|days|Log HR|SE|Events until|Proved|Survival|risk|Limits|side|"
    "over"
)
OF_TRIALS = {"supplementary_table_1", "earlier_trials_as_printed", "earlier_trials_papers"}

# Follows every number to its row and back by addresses, and the first of each table, and every
# 25th, by clicks: a click lays the page out anew, which takes its time on a long one.
VISIT = """() => {
    const box = document.querySelector("dialog.row");
    const place = link => decodeURIComponent(link.hash.slice(1));
    const seen = new Set();
    return Array.from(document.querySelectorAll("main a.n"), (link, at) => {
        const row = document.getElementById(place(link));
        const figure = link.closest("figure");
        const named = figure ? figure.id : place(link) + "@text";
        const listed = row && row.closest(".rows tbody");
        const to = listed && Array.from(row.querySelectorAll('a[href^="#"]')).find(one =>
            place(one) === named);
        const target = to && document.getElementById(place(to));
        const told = {
            number: link.textContent,
            figure: figure && figure.id,
            address: place(link),
            row: listed && row.cells[0].textContent,
            value: listed && row.cells[1].textContent,
            patients: listed && row.cells[2].textContent,
            how: Boolean(listed) && / line \\d+/.test(listed.rows[0].textContent),
            back: Boolean(target) && (target === link || target.contains(link) ||
                !figure && target.hash === link.hash),
        };
        if (seen.has(figure) && at % 25) return told;
        seen.add(figure);
        link.click();
        told.clicked = box.open && box.querySelector("h2").textContent === told.row &&
            box.textContent.includes(told.value) &&
            decodeURIComponent(location.hash.slice(1)) === place(link);
        Array.from(box.querySelectorAll('a[href^="#"]')).find(one => place(one) === named).click();
        const now = document.activeElement;
        told.clicked = told.clicked && !box.open && now.matches("a.n") &&
            place(now) === place(link) && now.closest("figure") === figure;
        return told;
    });
}"""


def is_shown(number: str, told: dict[str, Any]) -> bool:
    """Tell whether a number is the value of its row, or its number of patients."""
    digits = re.sub("[<>=, %]", "", number).replace("−", "-")
    value = told["value"].replace("−", "-").replace("%", "").split(" ")[0]
    if not re.search(r"\d", digits):
        # What is not reached, or cannot be estimated, has words for a value.
        return not re.match(r"-?\d", value)
    places = len(digits.partition(".")[2])
    numbers = [one for one in (value, told["patients"].replace(",", "")) if re.match(r"-?\d", one)]
    shown = half_up(float(digits), places)
    if number.startswith("<") and float(value) < float(digits):
        return True
    return any(half_up(float(one), places) == shown for one in numbers)


@pytest.fixture
def opened(browser: Browser) -> Any:
    pages: list[Page] = []

    def open_page(path: Path, address: str = "", **options: Any) -> Page:
        page = browser.new_page(**options)
        pages.append(page)
        page.goto(path.as_uri() + address)
        return page

    yield open_page
    for page in pages:
        page.close()


def test_every_number_leads_to_its_row_and_back(any_report: Path, opened: Any) -> None:
    counted = {}
    for path in sorted(any_report.glob("*.html")):
        page = opened(path)
        found = page.evaluate(VISIT) if page.query_selector("dialog.row") else []
        page.close()
        counted[path.stem] = len(found)
        for told in found:
            assert told["row"], told
            assert told["how"], told
            assert told["back"], told
            assert told.get("clicked", True), told
            if told["figure"] == "for_meta_analysis" and "." in told["number"]:
                assert told["number"] in _logarithms(any_report, told["address"]), told
            else:
                assert is_shown(told["number"], told), told
        assert not found or found[0]["clicked"]
    assert sum(counted.values()) > 10
    if any_report.name == OWN:
        assert {name: counted[name] for name in AT_LEAST if counted[name] < AT_LEAST[name]} == {}


def _logarithms(report: Path, address: str) -> set[str]:
    """Give the logarithm of a hazard ratio and its standard error as page 11 shows them."""
    rows = pd.read_csv(report / "for_meta_analysis.csv")
    found = [
        row
        for row in rows.to_dict("records")
        if addressed(Key(ANALYSIS, row["factor"], "", row["endpoint"], "", HAZARD_RATIO)) == address
    ]
    (row,) = found
    return {fixed(row[name], 3) for name in ("log_hazard_ratio", "standard_error")}


def test_rows_are_those_of_the_estimates(report: Path) -> None:
    """The list has the values, numbers of patients and addresses of the file."""
    table = pd.read_csv(report / "estimates.csv", dtype=str, keep_default_na=False)
    values: dict[str, set[str]] = {}
    under = pd.read_csv(report / "left_open_estimates.csv", dtype=str, keep_default_na=False)
    for row in (*table.to_dict("records"), *under.to_dict("records")):
        assert Key.of(row)
        value = f"{float(row['value']):.12g}".replace("-", "−") if row["value"] else ""
        values.setdefault(value, set()).add(row["n"])
    count = 0
    for path in report.glob("*.html"):
        for row in html.fromstring(path.read_bytes()).xpath('//*[@class="rows"]//tr[@id]'):
            value, patients = (row.xpath("./td")[at].text_content() for at in (0, 1))
            first = re.match(r"−?[\d.e+−]+(?=%|\s|$)", value)
            if first:
                assert patients.replace(",", "") in values[first[0]], (path.name, row.get("id"))
                count += 1
    assert count > 1000


def test_no_number_of_these_patients_is_left_without_a_link(report: Path) -> None:
    """In the tables of pages 01 to 06, what leads nowhere is published, of others, or a name."""
    for name in sorted(AT_LEAST):
        page = html.fromstring((report / f"{name}.html").read_bytes())
        for table in page.xpath('//table[contains(@class, "gt_table")]'):
            figure = table.xpath("ancestor::figure/@id")[0]
            headed = _columns(table)
            for row in table.xpath("./tbody/tr[td]"):
                cells = row.xpath("./th|./td")
                for place, cell in enumerate(cells):
                    free = "".join(cell.xpath(".//text()[not(ancestor::a)]"))
                    if cell.tag == "th" or not NUMBER.search(free) or figure in OF_TRIALS:
                        continue
                    heading = headed[len(headed) - len(cells) + place]
                    of_others = LEFT_OPEN if name == "11_left_open" else OTHERS
                    assert of_others.search(heading), (name, figure, heading, free)


def _columns(table: html.HtmlElement) -> list[str]:
    found = headings_of(table)
    return [found[place] for place in sorted(found)]


def test_the_article_beside_the_report(report: Path) -> None:
    """A fine line where both are alike; a sign that leads to the verdict where they are not."""
    verdicts = pd.read_csv(report / "verdicts.csv", dtype=str, keep_default_na=False)
    told = {f"claim-{row['claim_id']}": row for row in verdicts.to_dict("records")}
    signs = 0
    for path in report.glob("*.html"):
        page = html.fromstring(path.read_bytes())
        for link in page.xpath('//main//a[@class="other"]'):
            claim = told[link.get("href").removeprefix("07_replication.html#")]
            assert claim["verdict"] != "reproduced"
            assert claim["printed"] in link.get("aria-label")
            signs += 1
        for row in page.xpath('//*[@class="rows"]//tr[@class="same"]'):
            claims = row.xpath('.//a[contains(@href, "claim-")]/@href')
            of_row = {told[to.partition("#")[2]]["verdict"] for to in claims}
            assert "reproduced" in of_row
    assert signs >= 5


def test_page_07_begins_with_what_does_not_come_out(report: Path) -> None:
    page = html.fromstring((report / "07_replication.html").read_bytes())
    verdicts = pd.read_csv(report / "verdicts.csv", dtype=str, keep_default_na=False)
    estimated = verdicts[verdicts["verdict"] != "not estimated"]
    (said,) = page.xpath('//*[contains(@class, "exceptions")]')
    met = int((estimated["verdict"] == "reproduced").sum())
    assert f"{met} of {len(estimated)} published numbers" in said.text_content()
    proofs = said.xpath('.//li/a[text()="The proof"]/@href')
    assert len(proofs) == len(estimated) - met == 5
    for to in proofs:
        assert page.get_element_by_id(to[1:]).get("class") == "finding"
    spots = page.xpath('//*[contains(@class, "spots")]//td/a/@href')
    in_tables = verdicts["locator"].str.match(r"Table \d:")
    assert len(set(spots)) == len(spots) == int(in_tables.sum())
    assert {to[1:] for to in spots} == {f"claim-{one}" for one in verdicts["claim_id"][in_tables]}


def test_by_keys(report: Path, opened: Any) -> None:
    """Tab stops once in a table; arrows lead on, Enter opens, Escape comes back."""
    page = opened(report / "06_prognostic_factors.html")
    stops = page.evaluate("document.querySelectorAll('#table_5 a.n:not([tabindex=\"-1\"])').length")
    assert stops == 1
    first, second = (page.locator("#table_5 a.n").nth(at) for at in (0, 1))
    first.focus()
    page.keyboard.press("ArrowRight")
    assert second.evaluate("link => link === document.activeElement")
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.hash")
    assert below.endswith(".no.OS.median")
    assert below != second.evaluate("link => link.hash")
    page.keyboard.press("Enter")
    assert page.locator("dialog.row").evaluate("box => box.open")
    page.keyboard.press("Escape")
    assert not page.locator("dialog.row").evaluate("box => box.open")
    assert page.evaluate("document.activeElement.hash") == below


def test_axe_finds_nothing_in_the_box_of_a_row(report: Path, opened: Any) -> None:
    for scheme, width in (("light", 1200), ("dark", 390)):
        size = {"width": width, "height": 844}
        page = opened(report / "05_toxicity.html", color_scheme=scheme, viewport=size)
        page.locator("#table_4 a.n").first.click()
        box = page.locator("dialog.row")
        assert box.bounding_box()["width"] < width
        box.get_by_text("Those of this page").click()
        assert "alpha_beta = 10.0" in box.locator("details.parameters").inner_text()
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        assert [each["id"] for each in found["violations"]] == []
        page.close()


def test_an_address_opens_its_row(report: Path, opened: Any) -> None:
    """As it is sent by mail; without scripts the browser opens the list itself."""
    for scripts in (True, False):
        page = opened(report / "04_survival.html", "#OS.median", java_script_enabled=scripts)
        row = page.locator('[id="OS.median"]')
        row.wait_for(state="visible")
        assert "16.95" in row.inner_text()


def test_a_row_under_other_parameters_says_so(report: Path, opened: Any) -> None:
    """It is another row than that of the same name under those of the page."""
    page = opened(report / "11_left_open.html")
    ratio = page.locator("#left_open_others a.n[href*='factor_model-multivariable']").first
    ratio.click()
    box = page.locator("dialog.row")
    assert "factor_model=multivariable" in box.locator("h2").inner_text()
    assert "Those of this page, but factor_model=multivariable" in box.inner_text()
    own = ratio.get_attribute("href").replace("factor_model-multivariable.", "")
    values = [
        page.locator(f"[id='{to.removeprefix('#')}'] td").first.text_content()
        for to in (own, ratio.get_attribute("href"))
    ]
    assert values[0] != values[1]


def test_a_report_of_one_page_has_no_link_to_others(tmp_path: Path) -> None:
    built = replace(PROJECT, reports=tmp_path)
    build_report(built, PROJECT.root / "data" / "synthetic", {}, only="05_toxicity")
    (page,) = tmp_path.glob("*/*.html")
    assert broken(page.parent, [page.stem]) == []
    assert "07_replication.html" not in page.read_text(encoding="utf-8")
