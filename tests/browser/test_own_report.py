"""A report that was not asked to compare says nothing of the article, and has no empty page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

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
        assert re.search(r'<figure class="(table|plot)', html), page.name
        for section in re.split(r"<h2 ", html)[1:]:
            assert section.count('class="not-recorded"') <= 2, page.name
