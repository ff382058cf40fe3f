"""Every number in a table or a figure of any page is a row of `estimates.csv`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
from lxml import html

from analysis.display.beyond import CAPTION, CAPTION_DETERMINED
from analysis.estimates import drawn
from analysis.study.printed import half_up
from analysis.zhai_2025.parameters import Parameters
from tests.marks import headings_of

# What stands beside a dataset's own numbers and is not of it: the medians of other trials and the
# article's numbers with the differences from them; rules on patients in words; what many cohorts
# have and what is proved of all (`tests/synthesis/test_left_open.py`).
NOT_OF_THE_DATASET = {
    "supplementary_table_1", "earlier_trials", "earlier_trials_as_printed",
    "earlier_trials_papers", "readings", "verdicts", "abstract", "plausibility_rules",
    *(f"table_{number}_verdicts" for number in range(1, 6)),
    "left_open_os", "left_open_pfs", "left_open", "left_open_others", "left_open_curves",
    "for_meta_analysis", "what_matters",
}  # fmt: skip
# The figure that draws only what is printed, by the article or by others.
OF_THE_ARTICLE = {"earlier_trials"}
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
DECIMALS = range(6)


@dataclass
class Printed(HTMLParser):
    """Cells of tables without their footnotes, and alternative texts, each with its figure."""

    found: list[tuple[str, str]] = field(default_factory=list)
    figure: str = ""
    cell: list[str] | None = None
    in_foot: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "figure":
            self.figure = given.get("id") or ""
        elif tag == "tfoot":
            self.in_foot = True
        elif tag == "td" and not self.in_foot:
            self.cell = []
        elif tag == "img":
            self.found.append((self.figure, given.get("alt") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self.figure = ""
        elif tag == "tfoot":
            self.in_foot = False
        elif tag == "td" and self.cell is not None:
            self.found.append((self.figure, "".join(self.cell)))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)


def numbers_on(page: Path) -> list[tuple[str, str]]:
    """Give each number of a page with the name of its table or figure."""
    parser = Printed()
    text = page.read_text(encoding="utf-8")
    # The list of rows has all digits, and is held to the estimates elsewhere (`test_links`).
    text = re.sub(r'(?s)<section class="rows">.*?</section>', "", text)
    parser.feed(without_cohorts(text) if "cohorts" in text else text)
    return [
        (figure, number.replace(",", ""))
        for figure, text in parser.found
        if figure not in NOT_OF_THE_DATASET
        for number in NUMBER.findall(text)
    ]


def without_cohorts(text: str) -> str:
    """Give a page without the columns that say in how many cohorts something is so."""
    tree = html.fromstring(text)
    for table in tree.xpath("//figure//table"):
        headed = headings_of(table)
        for row in table.xpath("./tbody/tr"):
            for place, cell in enumerate(list(row.xpath("./td|./th"))):
                if re.search(r"in \d+ cohorts", headed.get(place, "")):
                    row.remove(cell)
    return str(html.tostring(tree, encoding="unicode"))


def as_printed(estimates: pd.DataFrame) -> set[str]:
    """Give what the rows are with as many decimals as a page may print, halves up."""
    values = [abs(value) for value in estimates["value"].dropna()]
    # The ranges of what is open in synthetic patients stand in the row of each.
    for end in ("ensemble_lowest", "ensemble_highest"):
        if end in estimates:
            values += [abs(value) for value in estimates[end].dropna()]
    # Of how many patients a number is stands in its row, and of what level its interval.
    values += [float(n) for n in estimates["n"].dropna().unique()]
    values += [100 * Parameters().confidence]
    # The cuts between groups are parameters, and stand in the words of the groups.
    values += [value for _, value in Parameters() if isinstance(value, int | float)]
    # So are the years of a calendar, and the doses and fractions of a regimen.
    named = estimates[estimates["analysis_id"].isin([drawn.CALENDAR, drawn.REGIMENS])]
    levels = named["variable_level"].dropna().str.fullmatch(r"\d{4}|[\d.]+/[\d.]+")
    values += [
        float(part)
        for level in named.loc[levels.index[levels], "variable_level"]
        for part in level.split("/")
    ]
    return {f"{half_up(value, decimals):f}" for value in values for decimals in DECIMALS}


def strangers(report: Path, estimates: pd.DataFrame) -> tuple[list[tuple[str, str, str]], int]:
    """Give the printed numbers that are of no row, and how many numbers there are."""
    known = as_printed(estimates)
    printed = [(page.name, *one) for page in report.glob("*.html") for one in numbers_on(page)]
    return [one for one in printed if one[2] not in known], len(printed)


def test_every_printed_number_is_a_row(any_report: Path) -> None:
    found, count = strangers(any_report, pd.read_csv(any_report / "estimates.csv"))
    assert found == []
    assert count > 100


def test_a_number_without_its_row_is_found(report: Path) -> None:
    estimates = pd.read_csv(report / "estimates.csv")
    without = estimates[estimates["analysis_id"] != "prognosis"]
    found, _ = strangers(report, without)
    assert {figure for _, figure, _ in found} >= {"table_5", "table_5_hazards"}


# Beyond the article ------------------------------------------------------------------------------


def captions(page: Path) -> dict[str, str]:
    """Give the caption of each figure of a page that is drawn, by its name."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(
        r'<figure class="plot" id="([^"]+)">.*?<figcaption[^>]*>(.*?)</figcaption>', text, re.DOTALL
    )
    return {name: unescape(re.sub("<[^>]+>", "", caption)) for name, caption in found}


def test_every_figure_of_synthetic_patients_says_so(report: Path) -> None:
    said = {
        name: CAPTION in caption or CAPTION_DETERMINED in caption
        for page in report.glob("*.html")
        for name, caption in captions(page).items()
    }
    assert {name for name, marked in said.items() if not marked} == OF_THE_ARTICLE
    assert len(said) > 15
