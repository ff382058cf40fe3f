"""What is not recorded takes one line of a section, and a section of nothing else is that line."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest

from analysis.display.absent import absent_line, absent_of
from analysis.display.html import to_html
from analysis.display.page import Page
from analysis.display.sections import in_force
from tests.display.test_html import REPORT, code, markdown, page, shows

PAGE = Page("03_response", "")


def gone(name: str, source: str, caption: str = "") -> str:
    return str(PAGE.not_recorded(name, source, caption).data)


def visible(html: str) -> str:
    main = html[html.index('<main id="content"') : html.index("</main>")]
    return re.sub(r"<[^>]+>", "", re.sub(r"(?s)<details.*?</details>", "", main))


def test_a_section_of_what_is_not_recorded_is_one_line() -> None:
    html = page(
        markdown("# Response"),
        markdown("## Marker\n\n**Method.** It fell when it was lower."),
        code("a", shows(html=gone("figure_1b", "AFP"))),
        code("b", shows(html=gone("levels", "AFP after treatment", "Levels."))),
        markdown("## Best response"),
        code("c", shows(html="<table><tr><td>kept</td></tr></table>")),
    )
    text = visible(html)
    assert "Marker: not recorded in this dataset (AFP; AFP after treatment)." in text
    assert "Method." not in text
    assert text.count("not recorded") == 1
    assert 'id="marker"' not in html
    assert 'id="figure_1b"' in html
    assert "kept" in text


def test_what_was_said_beside_it_stays() -> None:
    text = visible(
        page(
            markdown("## Endpoints"),
            code("a", shows(markdown="- OS is not estimated: death_date is not recorded.")),
            code("b", shows(html=gone("survival", "Times"))),
        )
    )
    assert "OS is not estimated" in text
    assert "Survival: not recorded" in text.replace("survival", "Survival")


def test_lines_within_a_section_are_one() -> None:
    html = page(
        markdown("## Best response\n\nWhat follows is of all."),
        code("a", shows(html=gone("table_3", "Responses"))),
        code("b", shows(html=gone("figure_1a", "Diameters"))),
        code("c", shows(html="<table><tr><td>kept</td></tr></table>")),
    )
    text = visible(html)
    assert "Not recorded in this dataset: Table 3 (responses); Figure 1A (diameters)." in text
    assert text.count("recorded") == 1
    assert "kept" in text
    assert 'id="best-response"' in html


def test_a_section_in_which_nothing_was_to_be_shown_is_left_out() -> None:
    html = page(
        markdown("# Survival"),
        markdown("## Beside earlier trials"),
        code("if study.article: ..."),
        markdown("## What to make of it"),
        code("state", shows(markdown="")),
        markdown("Intervals are wide."),
        markdown("## Endpoints"),
        code("said", shows(markdown="- OS is not estimated.")),
    )
    assert "earlier trials" not in html
    assert "Intervals are wide." in html
    assert "OS is not estimated." in html


@pytest.mark.parametrize(
    "shown", [{"html": "<figure></figure>"}, {"plain": "12"}, {"html": "<p>not recorded</p>"}]
)
def test_a_section_with_content_stays_as_it_is(shown: dict[str, str]) -> None:
    html = page(markdown("## Doses\n\n**Method.** Sums."), code("a", shows(**shown)))
    assert 'id="doses"' in html
    assert "Sums." in html


def test_the_notebook_that_is_kept_is_not_changed() -> None:
    cells = [markdown("## Doses"), code("a", shows(html=gone("dose", "Doses")))]
    notebook = nbformat.v4.new_notebook(cells=cells)
    before = nbformat.writes(notebook)
    to_html(notebook, "01_cohort", REPORT)
    assert nbformat.writes(notebook) == before


def test_what_a_line_was_made_of_is_read_back() -> None:
    absent = [("a", 'Table "1" <b>', "x & y"), ("b", "", "")]
    assert absent_of(absent_line(absent)) == absent
    assert "<b>" not in absent_line(absent)
    assert absent_of("<table></table>") == []


def test_parameters_without_use_are_not_shown() -> None:
    source = (
        '# A folder.\ndataset = "synthetic"\n# Who is in.\nage_max = 75  # years\n'
        "years = (\n    2018,\n    2021,\n)\n# Doses.\nalpha_beta = 10\neqd2 = 60  # Gy\n"
    )
    shown = in_force(source, {"age_max", "years", "eqd2"})
    assert shown == '# A folder.\ndataset = "synthetic"\n# Doses.\nalpha_beta = 10'
    assert in_force(source, set()) == source
    one_left = in_force(source, {"age_max"})
    assert "# Who is in.\nyears = (\n    2018" in one_left
    ast.parse(one_left)
